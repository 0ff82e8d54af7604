"""Evidence: which grade the observations of a case support, and which side they name.

A mediator reads grades in one order only: indicative, probable, confirmed remotely, confirmed on site.
"""
from __future__ import annotations

from collections.abc import Callable, Sequence

from sim.records import NEVER, UNATTRIBUTED, Observation
from sim.scenario.agreement import GRADES

INDICATIVE, PROBABLE, CONFIRMED_REMOTE, CONFIRMED_ON_SITE = range(len(GRADES))
_LOOKS_FOR_REMOTE = 3


def kinds_of_evidence(evidence: Sequence[Observation]) -> int:
    """Number of physics classes; two operators of one class are one kind of evidence."""
    return len({seen.physics for seen in evidence})


def grade_of(evidence: Sequence[Observation], *, kinds: int, inspections: frozenset[int], now_us: int = 0,
             sure: bool | None = None) -> int:
    """Highest grade that some observations support now under the standard of `kinds` kinds of evidence, or of a posterior
    that is high enough (`sure`) where that is the standard.

    Probable asks that a party does not own all of them; confirmed-remote for three looks of two kinds with a dated, located
    image that may be shown to the accused by now; on-site for an inspection.
    """
    several = kinds_of_evidence(evidence)
    if inspections and any(seen.means in inspections for seen in evidence):
        return CONFIRMED_ON_SITE
    if (several < kinds if sure is None else not sure) or all(seen.party for seen in evidence):
        return INDICATIVE
    remote = (len(evidence) >= _LOOKS_FOR_REMOTE and several >= 2
              and any(seen.images and seen.shown_us <= now_us for seen in evidence))
    return CONFIRMED_REMOTE if remote else PROBABLE


def shared_us(evidence: Sequence[Observation], *, kinds: int, inspections: frozenset[int], grade: int,
              sure: Callable[[Sequence[Observation]], bool | None] = lambda known: None) -> int:
    """Instant from which the coalition, to which evidence is released bit by bit, can hold the grade too; NEVER if it cannot."""
    for when in sorted({seen.coalition_us for seen in evidence} - {NEVER}):
        known = [seen for seen in evidence if seen.coalition_us <= when]
        if grade_of(known, kinds=kinds, inspections=inspections, now_us=NEVER - 1, sure=sure(known)) >= grade:
            return when
    return NEVER


def side_of(evidence: Sequence[Observation]) -> int:
    """Side that most of the side evidence names; unattributed where there is none or it is evenly split."""
    votes = [sum(seen.side == side for seen in evidence) for side in (0, 1)]
    if votes[0] == votes[1]:
        return UNATTRIBUTED
    return int(votes[1] > votes[0])
