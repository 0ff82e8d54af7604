"""What the analyst wrote: frozen, closed, checked data, one room per section of a scenario file.

A mediator finds every number of a scenario here with its unit, its bounds and its meaning.
"""
