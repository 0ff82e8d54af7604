"""Response: liaison, decisions, the ladder, and the teams and units that answer.

A mediator finds here who decides, how long it takes, and how far the units really have to go.
"""
