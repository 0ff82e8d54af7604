"""What counts, defined once: measures of a history, statistics over replications, closed forms beside them.

A mediator finds here the exact definition of every number in the report.
"""
