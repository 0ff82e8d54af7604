"""Why a run was not done, each reason with the exit code that the command line gives for it.

A mediator reads one line that names the place or the limit and says what to do next.
"""

from __future__ import annotations


class Refusal(Exception):
    """A reason to stop that is not a bug of ours."""

    code = 1


class BadUsage(Refusal):
    """The command was not put in a way that can be carried out."""

    code = 2


class BadInput(Refusal):
    """Something that should be read is missing, unreadable or not what it should be."""

    code = 3


class LimitReached(Refusal):
    """A declared limit was reached, or a part of the work had to be given up."""

    code = 4


class BadPlace(Refusal):
    """The place to write to cannot take the results."""

    code = 5


class BadIntegrity(Refusal):
    """A folder holds another run, or results that do not match their digests."""

    code = 6


class InUse(Refusal):
    """Another process is working in the folder."""

    code = 75


class Interrupted(Refusal):
    """Stopped by the user; what was finished is kept."""

    code = 130
