"""Grades and sides that given reports support."""

from __future__ import annotations

import itertools

import pytest
from reports import HUMAN, OPTICAL, RADAR, THERMAL, H, seen

from sim.records import NEVER
from sim.verification.evidence import (
    CONFIRMED_ON_SITE,
    CONFIRMED_REMOTE,
    INDICATIVE,
    PROBABLE,
    grade_of,
    kinds_of_evidence,
    shared_us,
    side_of,
)

SITE = frozenset([9])


def grade(*physics: int, kinds: int = 2, image: int = -1, inspected: int = -1) -> int:
    reports = [seen(n, physics=p, images=n == image, means=9 if n == inspected else 0) for n, p in enumerate(physics)]
    found = {grade_of(order, kinds=kinds, inspections=SITE) for order in itertools.permutations(reports)}
    assert len(found) == 1  # the order in which reports came does not matter
    return found.pop()


@pytest.mark.parametrize(
    ("physics", "expected"),
    [
        ((OPTICAL,), INDICATIVE),
        ((OPTICAL, OPTICAL), INDICATIVE),
        ((OPTICAL, THERMAL), PROBABLE),
        ((OPTICAL, OPTICAL, OPTICAL), INDICATIVE),
        ((OPTICAL, THERMAL, RADAR), PROBABLE),
    ],
)
def test_kinds_of_evidence_make_the_grade(physics: tuple[int, ...], expected: int) -> None:
    assert grade(*physics) == expected


def test_two_operators_of_one_physics_are_one_kind() -> None:
    assert kinds_of_evidence([seen(1, means=3), seen(2, means=4)]) == 1


def test_confirmed_remotely_needs_three_looks_of_two_kinds_and_an_image() -> None:
    assert grade(OPTICAL, OPTICAL, RADAR, image=0) == CONFIRMED_REMOTE
    assert grade(OPTICAL, OPTICAL, RADAR) == PROBABLE
    assert grade(OPTICAL, RADAR, image=0) == PROBABLE
    assert grade(OPTICAL, OPTICAL, OPTICAL, image=0) == INDICATIVE
    assert grade(OPTICAL, OPTICAL, OPTICAL, image=0, kinds=1) == PROBABLE


def test_an_inspection_confirms_on_site() -> None:
    assert grade(HUMAN, inspected=0) == CONFIRMED_ON_SITE
    assert grade(OPTICAL, HUMAN, inspected=1, kinds=3) == CONFIRMED_ON_SITE


def test_a_stricter_standard_asks_for_more_kinds() -> None:
    assert grade(OPTICAL, THERMAL, kinds=3) == INDICATIVE
    assert grade(OPTICAL, THERMAL, RADAR, kinds=3) == PROBABLE
    assert grade(OPTICAL, kinds=1) == PROBABLE


@pytest.mark.parametrize(
    ("sides", "expected"), [((2,), 2), ((0,), 0), ((1, 2, 2), 1), ((0, 1), 2), ((0, 0, 1), 0), ((0, 1, 1, 2, 2, 2), 1), ((), 2)]
)
def test_side_that_most_of_the_evidence_names(sides: tuple[int, ...], expected: int) -> None:
    assert side_of([seen(n, side=s) for n, s in enumerate(sides)]) == expected


def test_confirmed_remotely_only_with_an_image_that_may_be_shown() -> None:
    """The same three looks are confirmed from the hour at which the accused may see the image, and never without it."""
    for shown_us, expected in ((0, CONFIRMED_REMOTE), (10 * H, CONFIRMED_REMOTE), (11 * H, PROBABLE), (NEVER, PROBABLE)):
        reports = [seen(0, physics=OPTICAL, images=True, shown_us=shown_us), seen(1, physics=THERMAL), seen(2, physics=RADAR)]
        assert grade_of(reports, kinds=2, inspections=frozenset(), now_us=10 * H) == expected


def test_what_one_party_alone_reports_stays_indicative() -> None:
    own = [seen(0, physics=OPTICAL, party=True), seen(1, physics=THERMAL, party=True)]
    assert grade_of(own, kinds=2, inspections=frozenset()) == INDICATIVE
    assert grade_of([*own, seen(2, physics=THERMAL)], kinds=2, inspections=frozenset()) == PROBABLE


def test_when_the_coalition_can_see_for_itself() -> None:
    """Probable evidence is shared once the second kind is released to it; never, where that is withheld."""
    first, late = seen(0, physics=OPTICAL, coalition_us=2 * H), seen(1, physics=THERMAL, coalition_us=9 * H)
    keys = {"kinds": 2, "inspections": frozenset[int](), "grade": PROBABLE}
    assert shared_us([first, late], **keys) == 9 * H
    assert shared_us([first, late._replace(coalition_us=NEVER)], **keys) == NEVER
