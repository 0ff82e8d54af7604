"""What is so, and no monitor knows: the acts that the parties commit.

A mediator can see here the assumed world against which every design is judged.
"""
