"""Replay: recorded events as the assumed truth, with the unrecorded ones that a stated capture share implies beside them.

A mediator sees what a design makes of days that were as bad as real ones, without a word on who did what on any of them.
"""
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from sim.area.line import Cells, vertices
from sim.foundation.geodesy import Place, polyline_distance_km
from sim.foundation.streams import F64, I64, U64, Streams, mix64, mix_name, uniform
from sim.records import Acts
from sim.scenario.agreement import Agreement
from sim.scenario.conduct import Conduct
from sim.scenario.events import OFF_AREA, OUTSIDE, Event, last_day, read_events
from sim.scenario.replay import Replay
from sim.scenario.scenario import Scenario
from sim.truth.acts import HOUR_US, Births, acts_of, laws_of
from sim.truth.offspring import draws_of
from sim.truth.regimes import spells_of
from sim.truth.violations import Truth, hours_of

_DAY_US = 86_400_000_000


class EventsMissing(FileNotFoundError):
    """A table of events that lies in none of the folders allowed."""


class Recorded(NamedTuple):
    """Recorded events that lie in the area and the days of the run; one row an event."""

    row: I64
    """Number of the row in its table, the name under which its luck is drawn."""
    kind: I64
    """Row of the kind in `conduct.kinds`."""
    side: I64
    """0 or 1, the place of its side in `conduct.replay.sides`; −1 where no column tells it."""
    day: I64
    hour: F64
    """Local hour, NaN where only the day is known."""
    cell: I64
    km: F64
    off_km: F64
    """Distance off the line, on whichever side; NaN where only the kilometre is known."""
    last_day: int
    """Last day of the replay within the run, the first being 0."""
    counts: dict[str, int]
    """How many events of the table were not used, by reason."""


def recorded_of(scenario: Scenario, cells: Cells, data_dirs: Sequence[Path], days: int) -> Recorded | None:
    """Events of the table that a scenario replays; None where it replays none.

    Raises
    ------
    ScenarioErrors
        Where the table cannot be read.
    EventsMissing
        Where it lies in none of the folders.
    """
    replay = scenario.conduct.replay
    if replay is None:
        return None
    table = read_events(event_file(replay.file, data_dirs), replay)
    start_h = (scenario.start.hour + scenario.start.minute / 60 + scenario.area.utc_offset_h) % 24
    line, counts = vertices(scenario.area), dict(table.counts)
    kinds = {how.id: row for row, how in enumerate(scenario.conduct.kinds)}
    rows: list[tuple[int, int, int, int, float, int, float, float]] = []
    for event in table.events:
        if not 0 <= event.day < days or event.day * 24 + event.hour < start_h:
            counts[OUTSIDE] += 1
            continue
        km, off_km = _beside(event, line)
        cell = _cell(cells, km) if not off_km > replay.off_line_km else -1
        if cell < 0:
            counts[OFF_AREA] += 1
        else:
            rows.append((event.row, kinds[event.kind], event.side, event.day, event.hour, cell, km, off_km))
    columns = list(zip(*rows, strict=True)) if rows else [()] * 8
    row, kind, side, day, at = (np.array(columns[i], dtype=np.int64) for i in (0, 1, 2, 3, 5))
    hour, along, off = (np.array(columns[i], dtype=np.float64) for i in (4, 6, 7))
    return Recorded(row, kind, side, day, hour, at, along, off, min(last_day(replay), days - 1), counts)


def event_file(name: str, data_dirs: Sequence[Path]) -> Path:
    """Find a table of events in the folders allowed, in order; raises EventsMissing."""
    for folder in data_dirs:
        for path in (folder / name, *sorted(folder.rglob(Path(name).name))):
            if path.is_file() and path.resolve().is_relative_to(folder.resolve()):
                return path
    raise EventsMissing(f"{name}: in none of {', '.join(str(d) for d in data_dirs) or 'no folders (give --data DIR)'}")


def _beside(event: Event, line: tuple[Place, ...]) -> tuple[float, float]:
    """Kilometre along the line and distance off it of an event."""
    if not np.isnan(event.km):
        return event.km, float("nan")
    found = polyline_distance_km(line, Place(lat_deg=event.latitude_deg, lon_deg=event.longitude_deg))
    return found.along_km, found.distance_km


def _cell(cells: Cells, km: float) -> int:
    """Cell of the line that holds a kilometre; −1 where no sector does."""
    inside = np.flatnonzero(~cells.sea & (np.abs(cells.km - km) <= cells.size_km / 2 + 1e-6))
    return int(inside[0]) if len(inside) else -1


def replayed(conduct: Conduct, agreement: Agreement, cells: Cells, streams: Streams, recorded: Recorded, *, days: int,
             local_start_h: float) -> Truth:
    """Acts of one replication: every recorded event once, and beside each Poisson many unrecorded ones with mean 1/q − 1.

    Hours that the table does not tell are drawn from the night share of the kind; which of two sides is called A is drawn
    anew in each replication. All luck is named by the row of the event, so that a larger q takes acts away and adds none.
    """
    assert conduct.replay is not None
    key = streams.key("replay")
    ids = mix64(key, recorded.row) if len(recorded.row) else np.zeros(0, dtype=np.uint64)
    draws, laws = draws_of(ids), laws_of(conduct, agreement)
    hour = hours_of(laws.night_share[recorded.kind], draws, local_start_h)
    known = ~np.isnan(recorded.hour)
    hour = np.where(known, recorded.hour - local_start_h, hour)
    onset = recorded.day * _DAY_US + (hour * HOUR_US).astype(np.int64)
    side = _sides(conduct, recorded, ids, streams)
    seen = Births(ids, recorded.kind, side, recorded.cell, recorded.km, onset, np.ones(len(ids), dtype=bool))
    unseen, more = _unrecorded(conduct.replay, recorded, seen, cells, laws.night_share, local_start_h)
    births = Births._make(np.concatenate(pair) for pair in zip(seen, unseen, strict=True))
    acts = _placed(acts_of(laws, cells, births, np.concatenate((draws, more))), recorded.off_km)
    order = np.lexsort((acts.id, acts.onset_us))
    order = order[acts.onset_us[order] < days * _DAY_US]
    return Truth(Acts._make(column[order] for column in acts), spells_of(conduct, streams, days=days), -1)


def _placed(acts: Acts, off_km: F64) -> Acts:
    """Acts with the recorded distance off the line, where it is known, in place of the drawn one."""
    known = np.flatnonzero(~np.isnan(off_km))
    for depth in (acts.depth_km, acts.trace_depth_km):
        depth[known] = np.where(np.signbit(depth[known]), -1.0, 1.0) * off_km[known]
    return acts


def _sides(conduct: Conduct, recorded: Recorded, ids: U64, streams: Streams) -> I64:
    """Sides by the key of this replication, which is not kept; by chance, event by event, where the table tells none."""
    assert conduct.replay is not None
    if not len(ids):
        return recorded.side
    turned = int(conduct.key_a > conduct.key_b)  # names of parties, so that swapped sides mirror
    coin = (streams.key("replay", "sides") & 1) ^ turned
    luck, share = uniform(mix_name(ids, "side")), conduct.replay.side_a_share
    drawn = np.where(luck < share, 0, 1) if not turned else np.where(luck < 1 - share, 1, 0)
    return np.where(recorded.side < 0, drawn, recorded.side ^ coin)


def _unrecorded(replay: Replay, recorded: Recorded, seen: Births, cells: Cells, night_share: F64,
                local_start_h: float) -> tuple[Births, F64]:
    """Unrecorded events: of the kind and side of a recorded one, some days before or after it and some way along the line,
    turned back at the first and last day and at the ends of the line.
    """
    if not len(seen.id):
        return seen, draws_of(seen.id)
    luck = uniform(mix_name(seen.id, "unrecorded"))
    count = np.searchsorted(_poisson(1 / replay.capture_share - 1), luck, side="right")
    row = np.repeat(np.arange(len(count)), count)
    number = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    if not len(row):
        return Births._make(column[:0] for column in seen), draws_of(seen.id[:0])
    ids = mix64(mix_name(seen.id[row], "unrecorded", "event"), number)
    draws = draws_of(ids)
    shift = np.floor(uniform(mix_name(ids, "days")) * (2 * replay.spread_d + 1)).astype(np.int64) - replay.spread_d
    day = _turned(recorded.day[row] + shift, recorded.last_day)
    onset = day * _DAY_US + (hours_of(night_share[seen.kind[row]], draws, local_start_h) * HOUR_US).astype(np.int64)
    away = (2 * uniform(mix_name(ids, "way")) - 1) * replay.spread_km
    cell, km = _along(cells, seen.km[row] + away)
    return Births(ids, seen.kind[row], seen.side[row], cell, km, onset, np.ones(len(ids), dtype=bool)), draws


def _poisson(mean: float) -> F64:
    """Distribution function of a Poisson number at 0, 1, 2 …"""
    from scipy.special import pdtr

    return np.asarray(pdtr(np.arange(int(mean + 12 * np.sqrt(mean) + 30)), mean), dtype=np.float64)


def _turned(day: I64, last: int) -> I64:
    """Days turned back at the first and the last one."""
    whole = day % (2 * (last + 1))
    return np.where(whole <= last, whole, 2 * last + 1 - whole)


def _along(cells: Cells, km: F64) -> tuple[I64, F64]:
    """Cell and place along the line, turned back at its ends; between sectors the nearest cell."""
    land = np.flatnonzero(~cells.sea)
    land = land[np.argsort(cells.km[land], kind="stable")]
    low, high = (cells.km - cells.size_km / 2)[land], (cells.km + cells.size_km / 2)[land]
    span = high[-1] - low[0]
    turned = (km - low[0]) % (2 * span)
    there = low[0] + np.minimum(turned, 2 * span - turned)
    row = np.searchsorted((high[:-1] + low[1:]) / 2, there, side="right")
    return land[row], np.clip(there, low[row], high[row])
