"""The small world of first_detections.py as a Mesa 3 model with a one-minute step, beside the exact search.

Run it in an environment of its own that holds mesa, from the root of the project:
`PYTHONPATH=. python tests/speed/peers_mesa.py --write`. It prints the ratio and what stepping misses.
"""

from __future__ import annotations

import datetime as dt
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from access_work import by_turns  # noqa: E402
from first_detections import (  # noqa: E402
    ACTS,
    PASS_H,
    REACH_KM,
    ROUNDS,
    SECTOR_KM,
    SEGMENT_KM,
    SMALL_ACTS,
    SMALL_DAYS,
    SMALL_DRONES,
    SPEED_KMH,
    Small,
    measure,
    small_first_h,
    small_world,
)


def stepped_h(small: Small) -> Any:
    """First sights (hours, inf = never) of a Mesa model: drones and segments are agents, each minute all of them look."""
    import mesa

    class Drone(mesa.Agent):
        def __init__(self, model: Any, sector: int, phase_h: float) -> None:
            super().__init__(model)
            self.sector, self.phase_h = sector, phase_h

        def step(self) -> None:
            clock = (self.model.time_h + self.phase_h) % 24
            if clock >= 20:
                return
            gone = clock * SPEED_KMH % (2 * SECTOR_KM)
            place = min(gone, 2 * SECTOR_KM - gone)
            going = self.model.going[self.sector]
            for act in [a for a, km in going.items() if abs(km - place) <= REACH_KM]:
                self.model.found[act] = self.model.time_h
                del going[act]

    class Segment(mesa.Agent):
        def __init__(self, model: Any, number: int, passes: list[float]) -> None:
            super().__init__(model)
            self.number, self.passes = number, passes[::-1]

        def step(self) -> None:
            while self.passes and self.passes[-1] + PASS_H <= self.model.time_h:
                self.passes.pop()
            if not self.passes or self.passes[-1] > self.model.time_h:
                return
            sector, place = divmod(self.number, round(SECTOR_KM / SEGMENT_KM))
            going = self.model.going[sector]
            for act in [a for a, km in going.items() if int(km // SEGMENT_KM) == place]:
                self.model.found[act] = self.model.time_h
                del going[act]

    class Line(mesa.Model):
        def __init__(self) -> None:
            super().__init__(rng=1)
            self.time_h, self.minute = 0.0, 0
            self.going: dict[int, dict[int, float]] = {s: {} for s in range(int(small.sector.max()) + 1)}
            self.found: dict[int, float] = {}
            self.coming = sorted((float(t), a) for a, t in enumerate(small.onset_h))[::-1]
            for sector, phase in zip(small.sector.tolist(), small.phase_h.tolist(), strict=True):
                Drone(self, sector, phase)
            for number in range(int(small.pass_segment[-1]) + 1):
                Segment(self, number, small.pass_h[small.pass_segment == number].tolist())

        def step(self) -> None:
            while self.coming and self.coming[-1][0] <= self.time_h:
                act = self.coming.pop()[1]
                self.going[int(small.act_sector[act])][act] = float(small.act_km[act])
            for acts in self.going.values():
                for act in [a for a in acts if small.end_h[a] <= self.time_h]:
                    del acts[act]
            self.agents.do("step")
            self.minute += 1
            self.time_h = self.minute / 60

    model = Line()
    for _ in range(int((SMALL_DAYS * 24 + 24) * 60)):
        model.step()
    found = np.full(SMALL_ACTS, np.inf)
    found[list(model.found)] = list(model.found.values())
    return found


def measured() -> dict[str, dict[str, Any]]:
    """Our price in bare timeouts, and the stepping model beside us with what it misses."""
    speed = measure()
    result: dict[str, dict[str, Any]] = {"first_detections": {
        "acts": ACTS, "us_each": round(speed.find_s / ACTS * 1e6, 3), "bare_timeouts_each": round(speed.timeouts_each, 2),
        "goal_timeouts": 1.5}}
    try:
        name = version("mesa")
    except PackageNotFoundError:
        print("mesa: not installed, left out")
        return result
    small = small_world()
    taken = by_turns({"own": lambda: small_first_h(small), "mesa": lambda: stepped_h(small)}, rounds=3)
    exact, stepped = small_first_h(small), stepped_h(small)
    both = np.isfinite(exact) & np.isfinite(stepped)
    late_s = (stepped[both] - exact[both]) * 3600
    result["mesa"] = {
        "version": name, "drones": SMALL_DRONES, "acts": SMALL_ACTS, "days": SMALL_DAYS, "step_s": 60,
        "own_ms": round(taken["own"] * 1e3, 2), "mesa_ms": round(taken["mesa"] * 1e3),
        "ratio": round(taken["mesa"] / taken["own"]), "goal": 500, "found_exactly": int(np.isfinite(exact).sum()),
        "missed_by_stepping": int((np.isfinite(exact) & ~both).sum()),
        "invented_by_stepping": int((np.isfinite(stepped) & ~both).sum()), "late_median_s": round(float(np.median(late_s)), 1),
        "late_most_s": round(float(late_s.max()))}
    return result


if __name__ == "__main__":
    result = measured()
    lines = ["# First detections: written by tests/speed/peers_mesa.py --write, medians of CPU time by turns.",
             f'date = "{dt.datetime.now(tz=dt.UTC).date().isoformat()}"',
             f'machine = "{platform.machine()}, shared virtual machine"',
             f'python = "{platform.python_version()}"', f'numpy = "{np.__version__}"', f'simpy = "{version("simpy")}"',
             f"rounds = {ROUNDS}"]
    for section, figures in result.items():
        lines += ["", f"[{section}]"] + [f'{k} = "{v}"' if isinstance(v, str) else f"{k} = {v}" for k, v in figures.items()]
    print("\n".join(lines))
    if "--write" in sys.argv:
        (HERE / "first_detections.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
