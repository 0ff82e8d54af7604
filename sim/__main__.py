"""`python -m sim` is the same as the command `ceasefire`.

A mediator on a machine without our command on its path can use this door.
"""

from sim.cli import main

if __name__ == "__main__":
    main()
