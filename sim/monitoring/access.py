"""Access windows: when each satellite could look at each place, with every pass found and every edge exact.

A mediator sees here how often a place can be seen at all, before cloud, tasking and consent take their share.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.foundation import sky_mechanics
from sim.foundation.sky_mechanics import DAY_S
from sim.foundation.streams import F64, I64
from sim.monitoring import edges as edge_law
from sim.monitoring import orbits as orbit_law
from sim.monitoring import passes as pass_law
from sim.monitoring import tracks as track_law
from sim.monitoring.orbits import Orbit, revolution_numbers
from sim.monitoring.passes import Pass, Sites, View, passes_of, sites_of
from sim.monitoring.tracks import going, rows_at

TOLERANCE_S = 0.5
"""No window longer than this is missed; shorter ones may be, where a pass only grazes the limit."""
_MS_US = 1000
_LONGEST_DAYS = 3660.0
_DIGEST_BYTES = 20


class AccessRule(NamedTuple):
    """When a satellite is said to see a place.

    `off_nadir_max_deg` (from the centre of the Earth) and `elevation_min_deg` or `incidence_max_deg` (at the
    place, over the ellipsoid) hold at every instant of a window, as does `sun_elevation_min_deg`. A look is
    taken at the nearest approach, so the inner limits `off_nadir_min_deg` and `incidence_min_deg` and the
    `side` of the track are judged there, for the pass as a whole.
    """

    off_nadir_max_deg: float | None = None
    off_nadir_min_deg: float = 0.0
    side: Literal["both", "left", "right"] = "both"
    elevation_min_deg: float = 0.0
    sun_elevation_min_deg: float | None = None
    incidence_max_deg: float | None = None
    incidence_min_deg: float = 0.0


class Windows(NamedTuple):
    """Access windows sorted by (site, start); times in whole milliseconds, written in µs after the start.

    `best_us` is the nearest approach, moved into the window where the window was cut; `open_start` and
    `open_end` mark windows that the horizon cuts. `pass_number` counts the satellite's revolutions from its own
    epoch and is the same whatever else is computed.
    """

    satellite: NDArray[np.int32]
    site: NDArray[np.int32]
    pass_number: I64
    start_us: I64
    end_us: I64
    best_us: I64
    off_nadir_deg: F64
    open_start: NDArray[np.bool_]
    open_end: NDArray[np.bool_]


_ROW = np.dtype([("site", "<i4"), ("pass_number", "<i8"), ("start_us", "<i8"), ("end_us", "<i8"),
                 ("best_us", "<i8"), ("off_nadir_deg", "<f8"), ("open_start", "?"), ("open_end", "?")])


def access_windows(*, orbits: Sequence[Orbit], lat_deg: ArrayLike, lon_deg: ArrayLike, start: datetime | float,
                   days: float, rule: AccessRule) -> Windows:
    """Access windows of satellites over ground sites.

    Parameters
    ----------
    orbits : satellites; `satellite` of a window is the place in this sequence
    lat_deg, lon_deg : geodetic coordinates (n) on WGS84, at height zero
    start : begin of the horizon, aware datetime or Unix seconds
    days : length of the horizon

    Returns
    -------
    Windows
        Certified: none longer than 0.5 s is missed; edges lie within 5 ms of the orbit law itself. The Earth
        turns by mean sidereal time (within 40 m, or 5 ms, of the full reduction).

    Raises
    ------
    ValueError
        For a rule, a place or a horizon that makes no sense; the message names the value.
    SatelliteError
        For a satellite that SGP4 refuses, or of a period over 225 minutes or an eccentricity over 0.1, by name.
    """
    return load_or_make(None, orbits=orbits, lat_deg=lat_deg, lon_deg=lon_deg, start=start, days=days, rule=rule)


def load_or_make(cache_dir: Path | None, *, orbits: Sequence[Orbit], lat_deg: ArrayLike, lon_deg: ArrayLike,
                 start: datetime | float, days: float, rule: AccessRule) -> Windows:
    """Access windows as `access_windows`, each satellite kept in a file of its own under `cache_dir`.

    A file is named by the digest of its content's causes, so it is never stale; one that cannot be read, or
    in which a byte has changed, is made again.
    """
    start_s = unix_s(start)
    if not (math.isfinite(days) and 0 < days <= _LONGEST_DAYS):
        raise ValueError(f"days = {days} must lie above 0 and at most {_LONGEST_DAYS:.0f}")
    view = view_of(rule)
    lat, lon = (np.atleast_1d(np.asarray(c, dtype=np.float64)) for c in (lat_deg, lon_deg))
    if lat.shape != lon.shape or lat.ndim != 1:
        raise ValueError(f"lat_deg and lon_deg must be lists of one length, not {lat.shape} and {lon.shape}")
    sites = sites_of(lat, lon)
    rows = []
    for orbit in orbits:
        kept = None
        file = None
        if cache_dir is not None:
            digest = windows_digest(orbit=orbit, lat_deg=lat, lon_deg=lon, start=start_s, days=days, rule=rule)
            file = cache_dir / f"{digest}.npy"
            kept = _loaded(file)
        if kept is None:
            kept = _of_satellite(orbit, sites, view, rule, start_s, start_s + days * DAY_S)
            if file is not None:
                _stored(file, kept)
        rows.append(kept)
    return _joined(rows)


def unix_s(start: datetime | float) -> float:
    """Unix seconds of an aware datetime; raises ValueError for a naive one, whose zone nobody knows."""
    if isinstance(start, datetime):
        if start.tzinfo is None:
            raise ValueError(f"start = {start.isoformat()} has no time zone; write it in UTC")
        return start.timestamp()
    if not math.isfinite(start):
        raise ValueError(f"start = {start} is not an instant")
    return float(start)


def view_of(rule: AccessRule) -> View:
    """Limits that hold at every instant; raises ValueError naming the value that is out of range."""
    outer = 90.0 if rule.off_nadir_max_deg is None else rule.off_nadir_max_deg
    steep = 90.0 if rule.incidence_max_deg is None else rule.incidence_max_deg
    sun = rule.sun_elevation_min_deg
    for name, value, low, high in (
        ("off_nadir_max_deg", outer, 1e-3, 90.0), ("off_nadir_min_deg", rule.off_nadir_min_deg, 0.0, outer),
        ("elevation_min_deg", rule.elevation_min_deg, 0.0, 89.9), ("incidence_max_deg", steep, 0.1, 90.0),
        ("incidence_min_deg", rule.incidence_min_deg, 0.0, steep),
        ("sun_elevation_min_deg", 0.0 if sun is None else sun, -90.0, 90.0),
    ):
        if not low <= value <= high:
            raise ValueError(f"{name} = {value} must lie between {low} and {high}")
    if rule.side not in ("both", "left", "right"):
        raise ValueError(f"side = {rule.side!r} must be both, left or right")
    return View(max(rule.elevation_min_deg, 90 - steep), outer, sun)


# ---- one satellite -----------------------------------------------------------------------------------------


def _of_satellite(orbit: Orbit, sites: Sites, view: View, rule: AccessRule, start_s: float,
                  end_s: float) -> NDArray[Any]:
    """Windows of one satellite as rows, sorted by (site, start)."""
    found = passes_of(orbit, sites, view, start_s=start_s, end_s=end_s)
    number = revolution_numbers(orbit, found.origin_s + found.nearest_s, found.motion.place, sites.south[found.site])
    begin, close = start_s - found.origin_s, end_s - found.origin_s
    low, high = np.maximum(found.start_s, begin), np.minimum(found.end_s, close)
    which = np.flatnonzero(_wanted(found, sites, rule) & (high > low))
    which, low, high = _lit(found, sites, rule, which, low[which], high[which])
    rows = np.zeros(len(which), dtype=_ROW)
    best = np.clip(found.nearest_s[which], low, high)
    rows["site"], rows["pass_number"] = found.site[which], number[which]
    for name, seconds in (("start_us", low), ("end_us", high), ("best_us", best)):
        rows[name] = np.rint((seconds - begin) * 1000).astype(np.int64) * _MS_US
    place, _ = going(found.track, found.row[which], best)
    rows["off_nadir_deg"] = pass_law.off_nadir_deg(place, sites.place[found.site[which]])
    rows["open_start"] = (found.start_s[which] < begin) & (low == begin)
    rows["open_end"] = (found.end_s[which] > close) & (high == close)
    rows = rows[rows["end_us"] > rows["start_us"]]
    return rows[np.lexsort((rows["start_us"], rows["site"]))]


def _wanted(found: Pass, sites: Sites, rule: AccessRule) -> NDArray[np.bool_]:
    """Passes whose nearest approach lies beyond the inner limits and on the side that the satellite looks to."""
    ground = sites.place[found.site]
    keep = np.ones(len(found.site), dtype=np.bool_)
    if rule.off_nadir_min_deg > 0:
        keep &= pass_law.off_nadir_deg(found.motion.place, ground) >= rule.off_nadir_min_deg
    if rule.incidence_min_deg > 0:
        height = pass_law.elevation_deg(found.motion.place, ground, sites.up[found.site])
        keep &= height <= 90 - rule.incidence_min_deg
    if rule.side != "both":
        keep &= pass_law.left_of_track(found.motion, ground) == (rule.side == "left")
    return keep


def _lit(found: Pass, sites: Sites, rule: AccessRule, which: I64, low: F64, high: F64) -> tuple[I64, F64, F64]:
    """Cut windows to the light; a window around noon or midnight of a low sun may become one or two parts."""
    if rule.sun_elevation_min_deg is None or not len(which):
        return which, low, high
    level = rule.sun_elevation_min_deg

    def height(seconds: F64, part: I64) -> F64:
        up = sites.up[found.site[part]]
        sine = (sky_mechanics.sun_direction_ecef(found.origin_s + seconds) * up).sum(axis=1)
        return np.asarray(np.degrees(np.arcsin(np.clip(sine, -1, 1)))) - level

    # The sun climbs or sinks no faster than the Earth turns: its height half-way through an interval of the track settles
    # most windows in it, and its height half-way through a window most of the others.
    sure = _surely_lit(found, sites, level, which, low, high)
    open_ = np.flatnonzero(~sure)
    part, begin, end = which[open_], low[open_], high[open_]
    middle = height((begin + end) / 2, part)
    change = track_law.SUN_DEG_PER_S * (end - begin) / 2 + 0.01
    sure[open_] = middle > change
    parts = [(which[sure], low[sure], high[sure])]
    doubtful = np.abs(middle) <= change
    part, begin, end, middle = part[doubtful], begin[doubtful], end[doubtful], middle[doubtful]
    ends = [height(begin, part), middle, height(end, part)]
    cuts = (begin, *_sun_roots(height, part, begin, end, ends), end)
    bright = [(b > a) & (height((a + b) / 2, part) >= 0) for a, b in pairwise(cuts)]
    # A cut with light on both sides is none: what it parts is one window.
    bright[1] |= (cuts[2] <= cuts[1]) & bright[0]
    dark = np.zeros(len(part), dtype=np.bool_)
    edge = np.stack([dark, *bright, dark]).astype(np.int8)
    opens, closes = np.diff(edge, axis=0) == 1, np.diff(edge, axis=0) == -1
    (row, first), (_, last) = np.nonzero(opens.T), np.nonzero(closes.T)
    places = np.stack(cuts)
    parts.append((part[row], places[first, row], places[last, row]))
    made = tuple(np.concatenate(column) for column in zip(*parts, strict=True))
    return made[0], made[1], made[2]


def _surely_lit(found: Pass, sites: Sites, level: float, which: I64, low: F64, high: F64) -> NDArray[np.bool_]:
    """Windows that are bright by the sun's height half-way through the interval of the track in which each was found."""
    track, row = found.track, found.row[which]
    middle = (track.interval + 0.5) * track.step_s
    sun, up = rows_at(sky_mechanics.sun_direction_ecef(track.origin_s + middle), row), rows_at(sites.up, found.site[which])
    away = np.maximum(np.abs(low - middle[row]), np.abs(high - middle[row]))
    least = np.sin(np.radians(np.minimum(level + track_law.SUN_DEG_PER_S * away + 0.01, 90.0)))
    return np.asarray(sun[:, 0] * up[:, 0] + sun[:, 1] * up[:, 1] + sun[:, 2] * up[:, 2] > least)


def _sun_roots(height: Any, part: I64, low: F64, high: F64, ends: list[F64]) -> tuple[F64, F64]:
    """Up to two instants in a window at which the sun crosses the level (its start where there is none).

    The sun's height over a pass is a parabola to 0.001°; its roots are mended by Newton on the height itself.
    """
    half = (high - low) / 2
    bend, slope = (ends[0] + ends[2]) / 2 - ends[1], (ends[2] - ends[0]) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        core = -(slope + np.where(slope < 0, -1.0, 1.0) * np.sqrt(slope**2 - 4 * bend * ends[1])) / 2
        roots = [low + half * (1 + share) for share in (core / bend, ends[1] / core)]
    # Both roots of all windows go together, with the heights a second before and after.
    low, high, half = (np.tile(column, 2) for column in (low, high, half))
    root, thrice = np.concatenate(roots), np.tile(part, 6)
    found = np.isfinite(root)
    t = np.where(found, np.clip(root, low - half, high + half), low)
    for _ in range(3):
        before, now, after = np.split(height(np.concatenate((t - 1.0, t, t + 1.0)), thrice), 3)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = np.nan_to_num(now / ((after - before) / 2), nan=0.0, posinf=0.0, neginf=0.0)
        t = t - np.clip(step, -half, half)
    first, second = np.split(np.where(found, np.clip(t, low, high), low), 2)
    return np.minimum(first, second), np.maximum(first, second)


def _joined(rows: list[NDArray[Any]]) -> Windows:
    """Windows of all satellites, sorted by (site, start, satellite)."""
    whole = np.concatenate(rows) if rows else np.zeros(0, dtype=_ROW)
    satellite = np.repeat(np.arange(len(rows), dtype=np.int32), [len(part) for part in rows])
    order = np.lexsort((satellite, whole["start_us"], whole["site"]))
    fields = (np.ascontiguousarray(whole[name][order]) for name in _ROW.names or ())
    return Windows(satellite[order], *fields)


# ---- windows kept by content -------------------------------------------------------------------------------


def windows_digest(*, orbit: Orbit, lat_deg: ArrayLike, lon_deg: ArrayLike, start: datetime | float, days: float,
                   rule: AccessRule) -> str:
    """BLAKE2b of all that the windows of one satellite depend on: orbit (not its name), sites, horizon, rule, code."""
    made = blake2b(digest_size=20)
    made.update(_code_digest())
    made.update(repr((type(orbit).__name__, orbit[1:], unix_s(start), float(days), rule)).encode())
    for column in (lat_deg, lon_deg):
        made.update(b"|" + np.ascontiguousarray(column, dtype="<f8").tobytes())
    return made.hexdigest()


@lru_cache(maxsize=1)
def _code_digest() -> bytes:
    made = blake2b(digest_size=20)
    for module in (sky_mechanics, orbit_law, track_law, pass_law, edge_law):
        made.update(Path(str(module.__file__)).read_bytes())
    made.update(Path(__file__).read_bytes())
    return made.digest()


def _loaded(file: Path) -> NDArray[Any] | None:
    """Rows of a file whose digest, in its last bytes, holds; None for any other."""
    try:
        whole = file.read_bytes()
        if _digest(whole[:-_DIGEST_BYTES]) != whole[-_DIGEST_BYTES:]:
            return None
        rows = np.load(BytesIO(whole), allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return rows if isinstance(rows, np.ndarray) and rows.dtype == _ROW and rows.ndim == 1 else None


def _digest(content: bytes) -> bytes:
    return blake2b(content, digest_size=_DIGEST_BYTES).digest()


def _stored(file: Path, rows: NDArray[Any]) -> None:
    """Write aside, then rename: a killed run leaves no half file under a good name."""
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_suffix(f".{os.getpid()}.tmp")
    content = BytesIO()
    np.save(content, rows, allow_pickle=False)
    aside.write_bytes(content.getvalue() + _digest(content.getvalue()))
    os.replace(aside, file)
