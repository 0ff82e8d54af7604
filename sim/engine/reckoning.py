"""The reckoning of a mission that confirms by posterior: its own looks and beliefs laid beside the reports of a case.

A mediator sees here that a mission may weigh its silence only where it looked, as it believes it looked, and up to now.
"""
from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sim.area.line import Cells
from sim.engine.knowledge import believed, correlation_of, false_alarms_of, nights_of, rates_of, sectors_of
from sim.engine.preparation import Prepared
from sim.foundation.scan import GLANCE, STARE, LookTable
from sim.foundation.streams import F64, I64, Streams
from sim.monitoring.detection import Door
from sim.monitoring.library import quantiles
from sim.monitoring.looks import MADE, Tables
from sim.records import CALIBRATED_AT, Cue, Observation
from sim.scenario.monitoring import PHYSICS
from sim.scenario.scenario import Scenario
from sim.verification.cases import Case
from sim.verification.evidence import side_of
from sim.verification.posterior import (
    NODES,
    Glimpses,
    Hits,
    Knowledge,
    Setting,
    lifetimes,
    noticed,
    posterior,
    silence,
    spread_over,
)
from sim.verification.proof import Proof, proof_of

_HOUR_US = 3_600_000_000
_DAY_US = 24 * _HOUR_US
_TOLD_AFTER = 3
"""Median delays of a sensor after which a look that nothing was heard of saw nothing."""


def knowledge_of(prepared: Prepared, streams: Streams, sds: Sequence[float]) -> Knowledge:
    """What the mission holds true with each disturbance, from one and the same luck."""
    beliefs = [believed(prepared, streams, sd=sd) for sd in sds]
    hidden = np.stack([one.hidden for one in beliefs])
    physics, ground = prepared.library.physics, prepared.library.ground[:, None, None]

    def law(pd: F64) -> F64:
        mean = np.minimum(pd / np.maximum(1 - hidden[:, physics], 1e-12), 1.0)
        return quantiles(mean, correlation_of(prepared), nodes=NODES) * ground

    at_sea = np.array([kind.domain == "sea" for kind in prepared.scenario.agreement.kinds])
    cells = np.where(at_sea, max(int(prepared.cells.sea.sum()), 1), max(int((~prepared.cells.sea).sum()), 1))
    share = np.stack([place_share(prepared.cells, at_sea, sectors_of(prepared, streams, sd=sd)) for sd in sds])
    rates = np.stack([rates_of(prepared, streams, sd=sd) for sd in sds])
    duration, trace = (np.stack([getattr(one, name) for one in beliefs]) for name in ("duration_h", "trace_h"))
    return Knowledge(law(np.stack([one.pd for one in beliefs])), law(np.stack([one.trace_pd for one in beliefs])), hidden,
                     np.stack([false_alarms_of(prepared, streams, sd=sd) for sd in sds]) / cells, rates[:, None] * share,
                     np.stack([nights_of(prepared, streams, sd=sd) for sd in sds]), lifetimes(duration) * _HOUR_US,
                     spread_over(trace) * _HOUR_US)


def place_share(cells: Cells, at_sea: np.ndarray[tuple[int], np.dtype[np.bool_]], weight: F64) -> F64:
    """Share of the acts of each kind that is expected in each cell, by the weight of its sector; (cells, kinds)."""
    size = np.bincount(cells.sector, minlength=len(cells.sectors))
    able = cells.sea[:, None] == at_sea[None]
    found = (weight / np.maximum(size, 1))[cells.sector][:, None] * able
    total = found.sum(axis=0)
    even = able / np.maximum(able.sum(axis=0), 1)
    return np.asarray(np.where(total > 0, found / np.maximum(total, 1e-300), even), dtype=np.float64)


def by_posterior(scenario: Scenario) -> bool:
    """Whether the mission confirms by posterior."""
    return scenario.verification.standard.rule == "posterior"


def tables_of(door: Door) -> tuple[LookTable, ...]:
    """The mission's own looks by physics class; none where the door keeps no tables."""
    tables: Tables | None = getattr(door, "tables", None)
    return () if tables is None else tables.tables


class Asked(NamedTuple):
    """A look that a case had ordered and that was made."""

    sensor: int
    start_us: int
    end_us: int


class Reckoning:
    """Posteriors of the cases of one mission, from its reports, its own looks up to now, and what it holds true."""

    def __init__(self, prepared: Prepared, streams: Streams, tables: tuple[LookTable, ...]) -> None:
        scenario = prepared.scenario
        self.prepared, self.tables, self.sensing = prepared, tables, prepared.layout.sensing
        own = scenario.verification.beliefs.disturbance_log_odds_sd
        self.know = knowledge_of(prepared, streams, (own, *CALIBRATED_AT))
        depth = believed(prepared, streams)
        self.depth_km, self.trace_sign = depth.depth_km, depth.trace_sign
        self.asked: dict[int, list[Asked]] = {}
        physics, able = prepared.library.physics, (self.know.act + self.know.trace).max(axis=(0, 3)) > 0
        self.telling = [[number for number in range(len(PHYSICS)) if able[physics == number, kind].any()]
                        for kind in range(able.shape[1])]
        """Physics classes whose silence tells something, by kind."""
        merging = scenario.verification.merging
        self.window_us, self.near_km = merging.window_h * _HOUR_US, merging.distance_km

    def note(self, cue: Cue, fate: int) -> None:
        """Keep a look that a case had ordered, if it was made."""
        if fate == MADE:
            self.asked.setdefault(cue.case, []).append(Asked(cue.sensor, cue.start_us, cue.end_us))

    def of(self, case: Case, evidence: Sequence[Observation], now: int) -> F64:
        """Posterior of a case on some of its evidence: the mission's own, then at each disturbance of `CALIBRATED_AT`."""
        told = sorted(evidence, key=lambda seen: (seen.seen_us, seen.id))
        if not told:
            return np.zeros(len(self.know.hidden))
        hits = Hits(*(np.array(column, dtype=np.int64) for column in zip(*(
            (seen.means, seen.physics, seen.onset_us < seen.seen_us, seen.case != 0) for seen in told), strict=True)))
        usual = tuple(np.ones(1) if seen.case else self._usual(case, seen) for seen in told)
        seen_by = set(hits.physics.tolist())
        quiet = {number: found for number in self.telling[case.kind] if number not in seen_by or case.key in self.asked
                 if (found := self._silence(case, number, told, now)) is not None}
        local_h = (case.onset_us / _HOUR_US + self.prepared.start_hour) % 24
        reach_km = 2 * (self.near_km + told[0].error_km)
        patch = (2 * self.window_us / _DAY_US) * max(1.0, reach_km / float(self.prepared.cells.size_km[case.cell]))
        setting = Setting(case.kind, case.cell, not 6 <= local_h < 18, patch)
        return posterior(self.know, setting, hits, usual, quiet)

    def proof(self) -> Proof:
        """What sights of a ghost breach would prove to this mission."""
        library, layout = self.prepared.library, self.prepared.layout
        patch = 2 * self.window_us / _DAY_US * max(1.0, 2 * self.near_km / float(self.prepared.cells.size_km.mean()))
        return proof_of(self.know, library.physics.astype(np.int64), np.unique(layout.sensing.means), classes=len(PHYSICS),
                        patch=patch, posterior_share=self.prepared.scenario.verification.standard.posterior_share)

    def _usual(self, case: Case, seen: Observation) -> F64:
        """Chance that an act is noticed at all by looks such as this one, as frequent as in the day before it; where the mission
        keeps no table of them, that of one proper look."""
        looks, _ = self._looks(case, seen.physics, (seen.seen_us - _DAY_US, seen.seen_us + 1, seen.seen_us))
        mine = looks.means == seen.means
        if not mine.any():
            law = self.know.trace if seen.onset_us < seen.seen_us else self.know.act
            return np.asarray(np.repeat(law[:, seen.means, case.kind][:, None], NODES, axis=1))
        return noticed(self.know, case.kind, Glimpses._make(column[mine] for column in looks), span_us=_DAY_US)

    def _silence(self, case: Case, physics: int, told: Sequence[Observation], now: int) -> F64 | None:
        """Logarithm of the chance that the looks of a class which reported nothing of a case saw nothing; None = no looks."""
        parts = [self._ordered(case, physics, told, now)]
        if all(seen.physics != physics for seen in told):
            until = min(now, int(case.onset_us + float((self.know.act_us + self.know.trace_us)[:, case.kind].max())) + 1)
            looks, sensor = self._looks(case, physics, (case.onset_us, until, case.onset_us))
            waited = _TOLD_AFTER * self.sensing.delay_median_us[sensor]
            heard = looks.begin_us + case.onset_us + waited <= now
            parts.append(Glimpses._make(column[heard] for column in looks))
        both = Glimpses._make(np.concatenate(columns) for columns in zip(*parts, strict=True))
        return silence(self.know, case.kind, both) if len(both.means) else None

    def _ordered(self, case: Case, physics: int, told: Sequence[Observation], now: int) -> Glimpses:
        """Looks that a case had ordered from means of one class, made, and not answered by any report."""
        if case.key not in self.asked:
            return _none(physics)
        rows = [one for one in self.asked[case.key]
                if int(self.prepared.library.physics[self.sensing.means[one.sensor]]) == physics
                and one.end_us + _TOLD_AFTER * float(self.sensing.delay_median_us[one.sensor]) <= now
                and not any(seen.case and one.start_us <= seen.seen_us <= one.end_us
                            and seen.means == self.sensing.means[one.sensor] for seen in told)]
        means = np.array([int(self.sensing.means[one.sensor]) for one in rows], dtype=np.int64)
        begin = np.array([one.start_us - case.onset_us for one in rows], dtype=np.float64)
        once = np.ones(len(rows))
        return Glimpses(means, np.full(len(rows), physics), begin, begin, once, once, np.zeros(len(rows)))

    def _looks(self, case: Case, physics: int, span: tuple[int, int, int]) -> tuple[Glimpses, I64]:
        """Looks of one class at the cell of a case between two instants, as the mission knows they were made, counted from the
        third; and their sensors."""
        table, (low, high, _) = self.tables[physics] if self.tables else None, span
        if table is None or not len(table.order):
            return _none(physics), np.zeros(0, dtype=np.int64)
        base, last = case.cell * table.span_us, table.span_us - 1
        rows = np.arange(*np.searchsorted(table.order, (base + min(max(low - int(table.longest_us[case.cell]), 0), last),
                                                        base + min(max(high, 0), last))).tolist())
        rows = rows[(table.end_us[rows] >= low) & (table.condition[rows] > 0)]
        rows = rows[self._reaches(case, table.sensor[rows].astype(np.int64))]
        return self._glimpses(table, rows, case, physics, span)

    def _glimpses(self, table: LookTable, rows: I64, case: Case, physics: int,
                  span: tuple[int, int, int]) -> tuple[Glimpses, I64]:
        """Rows of a table as trials or contacts expected, cut to a span of time."""
        low, high, zero = span
        at_once = table.law[rows] == GLANCE
        begin = np.where(at_once, table.start_us[rows], np.maximum(table.start_us[rows], low))
        end = np.where(at_once, begin, np.minimum(table.end_us[rows], high))
        inside = (begin >= low) & (begin < high) & (begin <= end)
        rows, begin, end = rows[inside], begin[inside], end[inside]
        sensor, glance, stare = table.sensor[rows].astype(np.int64), at_once[inside], table.law[rows] == STARE
        bins = np.where(stare, np.ceil((end - begin) / table.bin_us), 0.0)
        contacts = np.where(glance | stare, 0.0, self._rate(case, sensor) * (end - begin) / _HOUR_US)
        return Glimpses(self.sensing.means[sensor], np.full(len(rows), physics), (begin - zero).astype(np.float64),
                        (end - zero).astype(np.float64), np.where(glance, 1.0, bins), table.condition[rows], contacts), sensor

    def _rate(self, case: Case, sensor: I64) -> F64:
        return np.asarray(self.sensing.rate_per_h[sensor, int(self.prepared.library.target[case.kind])])

    def _reaches(self, case: Case, sensor: I64) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Whether sensors reach as far off the line as the case is believed to lie, on the side that it names."""
        side, off = side_of(case.evidence), float(self.depth_km[case.kind])
        offset, reach = self.sensing.offset_km[sensor], self.sensing.reach_km[sensor]
        if side > 1:
            return np.asarray(np.abs(np.abs(offset) - off) <= reach)
        depth = off if side == 1 else -off
        return np.asarray((np.abs(depth - offset) <= reach) | (np.abs(depth * self.trace_sign[case.kind] - offset) <= reach))


def _none(physics: int) -> Glimpses:
    whole, real = np.zeros(0, dtype=np.int64), np.zeros(0)
    return Glimpses(whole, whole + physics, real, real, real, real, real)
