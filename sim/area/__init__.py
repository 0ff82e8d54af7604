"""The area that all can see: the line of contact cut into sectors and cells, daylight, and the sky.

A mediator finds here the ground, the light and the weather that no party and no mission can choose.
"""
