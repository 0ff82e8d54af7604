"""Release: when, and whether at all, what a means saw may be known to the mission, the coalition, the accused and the public.

A mediator sees here why a national satellite that saw everything may still prove nothing: its owner decides who is told.
"""
from __future__ import annotations

from math import exp
from statistics import NormalDist
from typing import NamedTuple, get_args

import numpy as np

from sim.foundation.streams import F64, luck_of
from sim.monitoring.consent import MeansClass
from sim.records import NEVER, Observation
from sim.scenario.agreement import Side
from sim.scenario.monitoring import Monitoring
from sim.scenario.sharing import Release

_HOUR_US = 3_600_000_000
_NORMAL = NormalDist()
_AUDIENCES = ("mission", "coalition", "accused", "public")
MISSION, COALITION, ACCUSED, PUBLIC = range(4)
Closed = tuple[tuple[int, int], ...]
"""Spells in µs."""


class Terms(NamedTuple):
    """On which terms each sensor's sights are released, one row a sensor; columns are the four audiences."""

    delay_us: F64
    share: F64
    log_sd: F64
    party: tuple[bool, ...]
    closed: tuple[Closed, ...]
    """Spells in which the side on which the sensor stands lets nothing be shown or published."""
    embargo: tuple[tuple[int, int], ...] = ()
    """For each sensor the spell, in µs, in which its owner releases nothing to anybody; an empty one where there is none."""


class Carrier(NamedTuple):
    """Who owns a sensor and on whose side it works; no side for satellites and timetables."""

    owner: str
    side: Side | None
    means: MeansClass | None


def terms_of(monitoring: Monitoring, first: dict[str, int], sensors: int) -> Terms | None:
    """Terms of all sensors, `first` being the first row of each item; None where all is released at once."""
    if not monitoring.release and all(c.may_publish for c in monitoring.consent):
        return None
    rows: dict[str, Release] = {row.id: row for row in monitoring.release}
    carriers = _carriers(monitoring, first, sensors)
    at_once = Release(id="mission")
    own = [rows.get(c.owner, at_once) for c in carriers]
    delay = np.array([[getattr(r, f"{name}_h") * _HOUR_US for name in _AUDIENCES] for r in own], dtype=np.float64)
    share = np.array([[getattr(r, f"{name}_share") for name in _AUDIENCES] for r in own], dtype=np.float64)
    return Terms(delay.reshape(sensors, 4), share.reshape(sensors, 4), np.array([r.delay_log_sd for r in own], dtype=np.float64),
                 tuple(c.owner == "party" for c in carriers), tuple(_closed(monitoring, c) for c in carriers),
                 tuple((round(r.embargo_from_h * _HOUR_US), round(r.embargo_to_h * _HOUR_US)) for r in own))


def _carriers(monitoring: Monitoring, first: dict[str, int], sensors: int) -> list[Carrier]:
    """Owner and side of each sensor row; observers and teams are the mission's own."""
    items: dict[str, Carrier] = {f"satellites.{f.id}": Carrier(f.owner, None, None) for f in monitoring.satellites}
    items |= {f"drones.{d.id}": Carrier(d.owner, d.side, "drones") for d in monitoring.drones}
    items |= {f"posts.{p.id}": Carrier(p.owner, p.side, "posts") for p in monitoring.posts}
    items |= {f"observers.{o.id}": Carrier("mission", o.side, "observers") for o in monitoring.observers}
    items |= {f"timetables.{t.id}": Carrier(t.owner, None, None) for t in monitoring.timetables}
    ranked = sorted(first.items(), key=lambda item: item[1])
    ends = [row for _, row in ranked[1:]] + [sensors]
    found: list[Carrier] = []
    for (name, row), end in zip(ranked, ends, strict=True):
        own = items.get(name, Carrier("mission", None, None))
        # The rows of a team are those for side A, side B and both.
        found += [Carrier("mission", side, "teams") for side in get_args(Side)] + [own] if name == "team" else [own] * (end - row)
    return found


def _closed(monitoring: Monitoring, carrier: Carrier) -> Closed:
    """Spells in which the consent that a sensor works under forbids to publish."""
    return tuple((round(c.from_h * _HOUR_US), round(c.to_h * _HOUR_US)) for c in monitoring.consent
                 if c.side == carrier.side and carrier.means in c.means and not c.may_publish)


def released(seen: Observation, terms: Terms, sensor: int) -> Observation:
    """Put off one observation until its owner releases it; `reported_us` is NEVER where the mission is not told.

    One luck decides for all four audiences, keyed by the observation: who is trusted less is told only what those
    trusted more are told.
    """
    luck, spread = luck_of(seen.id, "release"), float(terms.log_sd[sensor])
    factor = exp(spread * _NORMAL.inv_cdf(max(luck_of(seen.id, "release time"), 1e-12))) if spread else 1.0
    told = [seen.reported_us + round(delay * factor) if luck < share else NEVER
            for delay, share in zip(terms.delay_us[sensor].tolist(), terms.share[sensor].tolist(), strict=True)]
    if terms.embargo:
        begin, end = terms.embargo[sensor]
        told = [end if begin <= when < end else when for when in told]
    if any(begin <= seen.seen_us < end for begin, end in terms.closed[sensor]):
        told[ACCUSED] = told[PUBLIC] = NEVER
    mission = told[MISSION]
    coalition, accused, public = (max(when, mission) for when in told[1:])
    return seen._replace(reported_us=mission, coalition_us=coalition, shown_us=accused, public_us=public,
                         party=terms.party[sensor])


def shown_share(terms: Terms, sensors_that_image: F64) -> float:
    """Share of images that reach the mission and may be shown to the accused, over sensors weighted by their looks."""
    told = (sensors_that_image * terms.share[:, MISSION]).sum()
    shown = (sensors_that_image * np.minimum(terms.share[:, ACCUSED], terms.share[:, MISSION])).sum()
    return float(shown / told) if told > 0 else 1.0
