"""Verification: from reports to cases, from cases to findings, from findings to verdicts.

A mediator finds here how many reports are needed, how long they wait, and what may be concluded from silence.
"""
