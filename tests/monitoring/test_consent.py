"""Consent: spells in time order, who may base where, and the track of a drone under the terms in force."""

from __future__ import annotations

import math

import short_line as world
from short_line import H

from sim.monitoring.consent import at, changes_us, permissions, track_offset_km

SPELLS = (
    world.allowed(id="late", from_h=300.0, standoff_km=20.0, reclear_h=3.0),
    world.allowed(id="early", to_h=100.0, standoff_km=15.0, means=("drones",)),
    world.allowed("B", id="other", may_base=False),
)


def test_spells_are_in_time_order_by_side_and_means() -> None:
    design = world.monitoring(consent=SPELLS)
    found = permissions(design, "A", "drones")
    assert [(s.from_us, s.to_us, s.standoff_km) for s in found] == [(0, 100 * H, 15.0), (300 * H, 1_000_000 * H, 20.0)]
    assert found[1].reclear_us == 3 * H
    assert len(permissions(design, "A", "posts")) == 1
    assert not permissions(design, "B", "drones")[0].may_base


def test_permission_at_an_instant() -> None:
    found = permissions(world.monitoring(consent=SPELLS), "A", "drones")
    assert [s and s.standoff_km for s in (at(found, t) for t in (0, 100 * H - 1, 100 * H, 299 * H, 300 * H))] == [
        15.0,
        15.0,
        None,
        None,
        20.0,
    ]
    assert at((), 0) is None


def test_track_keeps_the_stand_off_in_force_or_the_next_that_will_be() -> None:
    design = world.monitoring(consent=SPELLS)
    assert track_offset_km(design, "A", 0, large=True) == -15.0
    assert track_offset_km(design, "A", 200 * H, large=True) == -20.0
    assert track_offset_km(design, "A", 0, large=False) == 0.0
    assert math.isnan(track_offset_km(design, "B", 0, large=True))
    assert math.isnan(track_offset_km(world.monitoring(consent=()), "A", 0, large=False))


def test_track_stays_within_the_depth_allowed() -> None:
    design = world.monitoring(consent=(world.allowed("B", standoff_km=15.0, depth_km=6.0),))
    assert track_offset_km(design, "B", 0, large=True) == 6.0


def test_changes_are_the_ends_of_spells() -> None:
    assert changes_us(world.monitoring(consent=SPELLS), "A", "drones") == (0, 100 * H, 300 * H, 1_000_000 * H)
