"""Observations told by hand, and a case book whose callbacks keep a list of what they were told."""

from __future__ import annotations

from typing import Any

from sim.foundation.clock import Clock, Rank, low40
from sim.records import Finding, Observation
from sim.scenario.agreement import Agreement, Kind
from sim.scenario.verification import Attribution, Merging, Staff, Standard, Verification
from sim.verification.cases import Case, CaseBook

H = 3_600_000_000
MINUTE = 60_000_000
OPTICAL, THERMAL, RADAR, HUMAN = 0, 1, 2, 5
TERMS = Agreement(
    kinds=(
        Kind(id="fire"),
        Kind(id="zone", grade="confirmed-remote", severity="significant"),
        Kind(id="hint", grade="indicative"),
        Kind(id="grave", severity="grave"),
        Kind(id="site", grade="confirmed-on-site"),
    )
)
FIRE, ZONE, HINT, GRAVE, SITE = range(5)


def seen(number: int, at_h: float = 0.0, *, km: float = 52.0, **keys: Any) -> Observation:
    """One report, made at once of what is seen, of fire at km 52 by an optical means that names nobody."""
    when = round(at_h * H)
    given = {
        "id": number,
        "seen_us": when,
        "onset_us": when,
        "reported_us": when,
        "cell": int(km // 5),
        "km": km,
        "kind": FIRE,
        "side": 2,
        "means": 0,
        "physics": OPTICAL,
        "images": False,
        "error_km": 0.0,
        "case": 0,
        "depth_km": float("nan"),
    } | keys
    return Observation(**given)


def section(
    *,
    service_min: float = 6.0,
    analysts: int = 2,
    night: int | None = None,
    kinds: int = 2,
    close_after_h: float = 24.0,
    attribution_h: float = 0.0,
    window_h: float = 1.0,
    distance_km: float = 3.0,
    **staff: Any,
) -> Verification:
    """A desk that takes six minutes for a report, and findings that follow confirmation at once."""
    desk = Staff(
        analysts=analysts,
        night_analysts=analysts if night is None else night,
        service_median_min=service_min,
        **({"service_law": "fixed"} | staff),
    )
    return Verification(
        staff=desk,
        standard=Standard(kinds=kinds, close_after_h=close_after_h),
        attribution=Attribution(delay_median_h=attribution_h, delay_log_sd=0.0),
        merging=Merging(window_h=window_h, distance_km=distance_km),
    )


class Office:
    """A case book on a clock of its own; `told` holds cases considered, findings made and cases closed, with their times."""

    def __init__(
        self,
        how: Verification | None = None,
        *,
        persistence_us: tuple[int, ...] = (0,) * 5,
        inspections: tuple[int, ...] = (9,),
        start_hour: float = 8.0,
    ) -> None:
        self.clock = Clock()
        self.considered: list[tuple[int, int, int]] = []
        self.findings: list[Finding] = []
        self.closed: list[tuple[int, str, int]] = []
        self.book = CaseBook(
            self.clock,
            TERMS,
            how or section(),
            start_hour=start_hour,
            persistence_us=persistence_us,
            inspections=frozenset(inspections),
            reach_cells=2,
            on_case=self._on_case,
            on_finding=self.findings.append,
            on_close=lambda c: self.closed.append((c.key, c.outcome, self.clock.now)),
        )

    def _on_case(self, case: Case) -> None:
        self.considered.append((case.key, case.grade, self.clock.now))

    def run(self, *reports: Observation, until_h: float = 500.0) -> Office:
        """Hear reports when they are made, and let the clock run."""
        for one in reports:
            self.clock.at(one.reported_us, Rank.REPORT, low40(one.id), self.book.report, one)
        self.clock.run(round(until_h * H))
        return self

    def cases(self) -> list[list[int]]:
        """Ids of the reports of each case."""
        return sorted(sorted(r.id for r in case.reports) for case in self.book.cases.values())
