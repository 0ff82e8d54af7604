"""The foundation knows numbers and knows no ceasefire.

A mediator finds here only the tools that every later statement rests on: clocks, distances, luck and queues.
"""
