"""Monitoring: who may look where and when, and what they report.

A mediator finds here satellites, drones, posts and observers under consent, weather and daylight, and the one door through
which anything about the truth reaches the mission.
"""
