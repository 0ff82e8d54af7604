"""Consent: spells in time order, who may base where, and the track of a drone under the terms in force."""

from __future__ import annotations

import math

import numpy as np
import short_line as world
from short_line import H

from sim.monitoring import consent
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


def test_notice_puts_off_flights_and_patrols_of_a_new_spell_only() -> None:
    """A spell from hour 48 with a day's notice begins at hour 72 for what flies and walks, at 48 for what stands; a spell
    from the first hour had its notice before."""
    late = world.monitoring(consent=(world.allowed(from_h=48.0, notice_h=24.0),))
    begins = {means: consent.permissions(late, "A", means)[0].from_us / H for means in ("drones", "observers", "posts", "teams")}
    assert begins == {"drones": 72, "observers": 72, "posts": 48, "teams": 48}
    assert consent.notice_us(late, "A", "teams") == 24 * H
    first = world.monitoring(consent=(world.allowed(notice_h=24.0),))
    assert consent.permissions(first, "A", "drones")[0].from_us == 0


def test_hours_of_the_day_become_a_spell_a_day() -> None:
    """Movement from 7 to 18 local time, in a run that begins at 2 in the morning: hours 5 to 16 of each day, within the spell."""
    daily = world.monitoring(consent=(world.allowed(daily_from_h=7.0, daily_to_h=18.0, from_h=10.0, to_h=60.0),))
    spells = [(s.from_us / H, s.to_us / H)
              for s in consent.permissions(consent.by_the_clock(daily, start_hour=2.0, days=5), "A", "observers")]
    assert spells == [(10, 16), (29, 40), (53, 60)]


def test_hours_over_midnight() -> None:
    night = world.monitoring(consent=(world.allowed(daily_from_h=22.0, daily_to_h=6.0),))
    spells = [(s.from_us / H, s.to_us / H)
              for s in consent.permissions(consent.by_the_clock(night, start_hour=0.0, days=2), "A", "drones")]
    assert spells[:3] == [(0, 6), (22, 30), (46, 54)]


def test_suspended_and_granted_again() -> None:
    """Two spells with a hole: nothing in the hole, all else as granted."""
    twice = world.monitoring(consent=(world.allowed(to_h=24.0), world.allowed(id="again", from_h=48.0)))
    spells = consent.permissions(twice, "A", "posts")
    times = np.array([0.0, 23.9, 24.0, 47.9, 48.0, 700.0]) * H
    assert consent.refused(spells, times.astype(np.int64)).tolist() == [False, False, True, True, False, False]
