"""Many histories, honestly compared and never lost: replications, run folders, comparisons and sweeps.

A mediator gets one folder for each run, with every number's noise, and can stop and resume it at any moment.
"""
