"""What a run used up that somebody pays for: hours flown by unit and scenes taken by family, in the counted days.

A mediator finds here the amounts behind the costs of a design.
"""
from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from sim.monitoring.design import Layout, Watch, scenes_planned
from sim.monitoring.looks import MADE
from sim.records import Cue
from sim.scenario.monitoring import Monitoring

_HOUR_US = 3_600_000_000


def spent(monitoring: Monitoring, layout: Layout, watch: Watch, looked: Iterable[tuple[Cue, int]],
          days_us: float) -> dict[str, float]:
    """Hours flown by unit (`flown_h.ID`), scenes on the standing plan and cued ones by family (`scenes.ID`, `cued_scenes.ID`).

    A cued look at one instant is a scene; one with a length is a stare of a drone. A scene that was called off is not paid.
    """
    flown = {f"flown_h.{one.unit.id}": sum((s.end_us - s.start_us) / _HOUR_US for s in one.sorties
                                           if s.airframe >= 0 and s.start_us < days_us) for one in watch.flying}
    cued = Counter(cue.sensor for cue, fate in looked if fate == MADE and cue.start_us == cue.end_us and cue.start_us < days_us)
    scenes = {f"scenes.{family}": float(n) for family, n in scenes_planned(monitoring, layout, before_us=days_us).items()}
    off = {one.sensor: one.orders.called_off for one in watch.bought}
    rows = {family.id: layout.first[f"satellites.{family.id}"] for family in monitoring.satellites}
    return flown | scenes | {f"cued_scenes.{family}": float(cued[row] - off.get(row, 0)) for family, row in rows.items()}
