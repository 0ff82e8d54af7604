"""Coverage of a design from its own histories: by sector, means and side, under both conventions for cut gaps.

A mediator gets sectors of 20 km or more and bins of 6 h; finer tables of gaps and windows do not leave the tool.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engine import Prepared, play
from sim.engine.chronicle import Chronicle, history_of
from sim.experiment.refusals import BadInput
from sim.measure.coverage_figures import (
    CONVENTIONS,
    DAY_US,
    F64,
    HOUR_US,
    I64,
    Figures,
    Looked,
    by_convention,
    gap_histogram,
    gaps_of,
    group_figures,
    looked,
    members,
    watched_bins,
)
from sim.measure.statistics import Estimate, mean_interval
from sim.monitoring.in_reach import within_reach
from sim.monitoring.looks import MADE, Looks

LEAST_KM = 20.0
BIN_H = 6
DEPTH_KM = 5.0
"""Depth off the line of the places that stand for a side, in the middle of where violations are placed (2 to 10 km)."""
SIDES = ("both", "A", "B")
"""both: looks at the line whatever they reach, as the measures of a run count them."""
ALL = "all"
ARMS = ("satellites", "drones", "posts", "observers", "timetables")
CONVENTION_NAMES: tuple[str, ...] = CONVENTIONS
UNITS = {name: "h" if name.endswith("_h") else "share" if name.endswith("_share") else "" for name in Figures._fields}


class Region(NamedTuple):
    """One sector, or neighbours taken together, of 20 km or more; `cells` are the rows of its cells."""

    id: str
    sectors: tuple[str, ...]
    length_km: float
    cells: I64


class Marey(NamedTuple):
    """The line against time in one history: by region and bin the share of cells that drones and observers looked at and the
    passes that were imaged, and the violations."""

    patrolled_share: F64
    passes: I64
    km: F64
    onset_h: F64
    side: NDArray[np.str_]
    seen: NDArray[np.bool_]


class Study(NamedTuple):
    """Coverage over some replications; regions end with the whole line and sea, named all."""

    name: str
    regions: tuple[Region, ...]
    means: tuple[str, ...]
    """Groups of looks: all, then each arm of the design ("all drones", …), then each means."""
    replications: int
    hours: float
    values: F64
    """(replications, sides, means, conventions, regions, figures); NaN where a figure has no value."""
    watched: F64
    """Means that look at a cell in each bin of 6 h, mean over cells and replications: (sides, regions, bins)."""
    gaps: F64
    """Gaps a replication by length in bins of 6 h: (sides, all and arms, conventions, regions, bins)."""
    gap_hours: F64
    """Hours in these gaps, as `gaps`."""
    marey: Marey

    def estimate(self, side: str, means: str, convention: str, region: int, figure: str) -> Estimate:
        """One figure with its noise interval over replications; without a value where no replication has one."""
        at = SIDES.index(side), self.means.index(means), CONVENTION_NAMES.index(convention), region
        one = np.asarray(self.values[(slice(None), *at, Figures._fields.index(figure))])
        return mean_interval(one[~np.isnan(one)])


    @property
    def arms(self) -> tuple[str, ...]:
        """All looks, and those of each arm."""
        return tuple(name for name in self.means if name == ALL or " " in name)


class _Part(NamedTuple):
    values: F64
    watched: F64
    gaps: F64
    gap_hours: F64


# ---- regions ---------------------------------------------------------------------------------------------------


def regions_of(prepared: Prepared) -> tuple[Region, ...]:
    """Sectors of 20 km or more, shorter ones joined with their neighbours, and all cells together at the end.

    Raises BadInput where even all of them together are shorter.
    """
    cells = prepared.cells
    pieces = [Region(name, (name,), float(cells.size_km[cells.sector == s].sum()), np.flatnonzero(cells.sector == s))
              for s, name in enumerate(cells.sectors)]
    land, sea = _long_enough(pieces[: cells.land_sectors]), _long_enough(pieces[cells.land_sectors :])
    found = _long_enough([*land, *sea])
    total = sum(one.length_km for one in found)
    if total < LEAST_KM:
        raise BadInput(f"area: the line is {total:.1f} km long; coverage is told by sectors of {LEAST_KM:.0f} km or more")
    return (*found, Region(ALL, cells.sectors, total, np.arange(len(cells.km))))


def _long_enough(pieces: list[Region]) -> list[Region]:
    """Join each piece that is too short with the next one, the last with the one before."""
    found: list[Region] = []
    for piece in pieces:
        short = bool(found) and found[-1].length_km < LEAST_KM
        found.append(_together(found.pop(), piece) if short else piece)
    while len(found) > 1 and found[-1].length_km < LEAST_KM:
        last = found.pop()
        found.append(_together(found.pop(), last))
    return found


def _together(a: Region, b: Region) -> Region:
    return Region(f"{a.id}+{b.id}", (*a.sectors, *b.sectors), a.length_km + b.length_km, np.concatenate((a.cells, b.cells)))


# ---- one history -----------------------------------------------------------------------------------------------


def study(prepared: Prepared, *, seed: int, replications: int,
          tell: Callable[[int, int], object] = lambda done, every: None) -> Study:
    """Coverage of a design, from the looks that its histories made.

    The histories are those of `run` with this seed, cued looks and diverted patrols included, so that under the boundary
    convention the row of all means, both sides and all sectors is what `summary.json` says.
    """
    regions = regions_of(prepared)
    names = tuple(m.id for m in prepared.scenario.monitoring.means)
    arms, due = arms_of(prepared), np.unique(prepared.layout.sensing.means)
    parts, marey = [], None
    for replication in range(replications):
        chronicle = play(prepared, seed=seed, replication=replication)
        marey = marey or _marey(chronicle, regions)
        parts.append(_measured(chronicle, regions, arms, due))
        tell(replication + 1, replications)
    if marey is None:
        raise ValueError(f"replications = {replications} must be at least 1")
    whole = [np.stack(column) for column in zip(*parts, strict=True)]
    watched, gaps, gap_hours = (column.mean(axis=0) for column in whole[1:])
    return Study(prepared.scenario.name, regions, (ALL, *arms, *(names[m] for m in due)), replications,
                 _horizon_us(prepared) / HOUR_US, whole[0], watched, gaps, gap_hours, marey)


def _horizon_us(prepared: Prepared) -> int:
    return int(np.ceil(prepared.scenario.days)) * DAY_US


def _measured(chronicle: Chronicle, regions: tuple[Region, ...], arms: dict[str, I64], due: I64) -> _Part:
    """All figures of one history."""
    groups = [region.cells for region in regions]
    values, watched, number, hours = [], [], [], []
    for looks, means, sensor in _by_side(chronicle):
        some = [(looks, means)]
        some += [(_only(looks, keep), means[keep]) for keep in (np.isin(sensor, rows) for rows in arms.values())]
        single = [(_only(looks, means == m), means[means == m]) for m in due.tolist()]
        values.append([[_numbers(group_figures(one, by, groups=groups, convention=c)) for c in CONVENTIONS]
                       for one, by in some + single])
        count = np.sum([watched_bins(one, bin_us=BIN_H * HOUR_US) for one, _ in single], axis=0)
        watched.append([count[group].mean(axis=0) for group in groups])
        found = [_histograms(one, groups, bins=count.shape[1]) for one, _ in some]
        number.append([one[0] for one in found])
        hours.append([one[1] for one in found])
    return _Part(*(np.array(column, dtype=np.float64) for column in (values, watched, number, hours)))


def _histograms(looks: Looked, groups: list[I64], *, bins: int) -> tuple[list[list[I64]], list[list[F64]]]:
    """Gaps by length under each convention, of each group: their numbers and their hours."""
    every = gaps_of(looks)
    counts = [[gap_histogram(by_convention(every, c), member=members(looks.places, group), bin_h=BIN_H, bins=bins)
               for group in groups] for c in CONVENTIONS]
    return [[one[0] for one in row] for row in counts], [[one[1] for one in row] for row in counts]


def arms_of(prepared: Prepared) -> dict[str, I64]:
    """Rows of the sensors of each arm that the design has: "all satellites", "all drones", …"""
    first, end = prepared.layout.first, len(prepared.layout.sensing.means)
    starts = [*first.values(), end]
    rows: dict[str, list[int]] = {}
    for number, item in enumerate(first):
        rows.setdefault(item.partition(".")[0], []).extend(range(starts[number], starts[number + 1]))
    return {f"all {arm}": np.array(rows[arm], dtype=np.int64) for arm in ARMS if arm in rows}


def _numbers(found: list[Figures]) -> list[list[float]]:
    return [[np.nan if value is None else float(value) for value in one] for one in found]


def _only(looks: Looked, keep: NDArray[np.bool_]) -> Looked:
    return looks._replace(place=looks.place[keep], start_us=looks.start_us[keep], end_us=looks.end_us[keep])


def _by_side(chronicle: Chronicle) -> Iterator[tuple[Looked, I64, I64]]:
    """Looks made at the line, and at places on either side of it, with means and sensor of each; in the order of `SIDES`."""
    prepared = chronicle.prepared
    cells, every = prepared.cells, chronicle.opened.watch.looks
    made = Looks._make(column[every.lost == MADE] for column in every)
    yield _looked(prepared, made, np.arange(len(made.cell)), made.start_us, made.end_us)
    for sign in (-1.0, 1.0):
        depth_km = np.where(cells.sea, 0.0, sign * DEPTH_KM)[made.cell]
        yield _looked(prepared, made, *within_reach(made, prepared.layout.sensing, depth_km=depth_km, km=cells.km[made.cell]))


def _looked(prepared: Prepared, made: Looks, rows: I64, start_us: I64, end_us: I64) -> tuple[Looked, I64, I64]:
    horizon = _horizon_us(prepared)
    inside = start_us < horizon
    rows, start_us, end_us = rows[inside], start_us[inside], end_us[inside]
    cell = made.cell[rows]
    # Sorted here as `looked` sorts, so that means and sensors go along.
    order = np.argsort(cell * (horizon + 1) + start_us, kind="stable")
    return (looked(cell[order], start_us[order], end_us[order], places=len(prepared.cells.km), horizon_us=horizon),
            made.means[rows[order]].astype(np.int64), made.sensor[rows[order]].astype(np.int64))


def _marey(chronicle: Chronicle, regions: tuple[Region, ...]) -> Marey:
    """Patrols, passes and violations of one history."""
    prepared, every = chronicle.prepared, chronicle.opened.watch.looks
    arms, none = arms_of(prepared), np.zeros(0, dtype=np.int64)
    patrols = np.concatenate([arms.get(f"all {arm}", none) for arm in ("drones", "observers")])
    parts = []
    for sensors in (patrols, arms.get("all satellites", none)):
        rows = np.flatnonzero((every.lost == MADE) & np.isin(every.sensor, sensors))
        parts.append(_looked(prepared, every, rows, every.start_us[rows], every.end_us[rows])[0])
    watched, bin_us = watched_bins(parts[0], bin_us=BIN_H * HOUR_US), BIN_H * HOUR_US
    bins = watched.shape[1]
    passes = np.bincount(parts[1].place * bins + parts[1].start_us // bin_us, minlength=parts[1].places * bins).reshape(-1, bins)
    acts = history_of(chronicle).tables["violations"]
    counted = acts["onset_h"] < _horizon_us(prepared) / HOUR_US
    km, onset, side, seen = (acts[name][counted] for name in ("km", "onset_h", "side", "detected_h"))
    return Marey(np.array([watched[r.cells].mean(axis=0) for r in regions]),
                 np.array([passes[r.cells].sum(axis=0) for r in regions]), km, onset, side, ~np.isnan(seen))


# ---- tables ----------------------------------------------------------------------------------------------------

HEADER = ("sector", "means", "side", "convention", "figure", "unit", "estimate", "noise_low", "noise_high", "replications",
          "reason", "status")


def table(found: Study) -> Iterator[tuple[str | float | int | None, ...]]:
    """Rows of the table of figures: every sector, means, side, convention and figure."""
    for r, region in enumerate(found.regions):
        for means in found.means:
            for side in SIDES:
                for convention in CONVENTIONS:
                    for figure in Figures._fields:
                        e = found.estimate(side, means, convention, r, figure)
                        yield (region.id, means, side, convention, figure, UNITS[figure], e.estimate, e.low, e.high, e.n,
                               e.reason if e.estimate is not None else "no gap that this convention counts", "SIMULATED")


WATCHED_HEADER = ("sector", "side", "from_h", "to_h", "means_watching", "status")
GAP_HEADER = ("sector", "means", "side", "convention", "longer_than_h", "at_most_h", "gaps", "hours_in_gaps", "status")


def watched_table(found: Study) -> Iterator[tuple[str | float, ...]]:
    """Rows of the heat map: means that look at a cell of each sector in each bin of 6 h, by side."""
    for s, side in enumerate(SIDES):
        for r, region in enumerate(found.regions):
            for b, count in enumerate(found.watched[s, r].tolist()):
                yield region.id, side, b * BIN_H, (b + 1) * BIN_H, count, "SIMULATED"


def gap_table(found: Study) -> Iterator[tuple[str | float | None, ...]]:
    """Rows of the distribution of gaps: number a replication and hours in them, by length in bins of 6 h."""
    last = found.gaps.shape[-1] - 1
    for s, a, c, r, b in zip(*np.nonzero(found.gaps), strict=True):
        yield (found.regions[r].id, found.arms[a], SIDES[s], CONVENTIONS[c], int(b) * BIN_H,
               None if b == last else (int(b) + 1) * BIN_H, float(found.gaps[s, a, c, r, b]),
               float(found.gap_hours[s, a, c, r, b]), "SIMULATED")
