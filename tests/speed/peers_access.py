"""Access beside its peers, in one process: CPU time for each satellite, cell and day, and accuracy against SGP4 every second.

Run it in an environment of its own that holds the peers, from the root of the project, on a quiet machine:
`PYTHONPATH=. python tests/speed/peers_access.py --write` (peers: tatc sgp4-predict skyfield brahe, beside numpy and sgp4;
names after the script pick peers). Both sides do the same work, twice: `ratio` without light, `ratio_lit` with the rule
that the sun stands 10° over the target. Only TAT-C has such a rule. A user of the others takes daylight from the sun's
height at each place, which costs them next to nothing here, and either searches daylight alone or cuts what was found to
it: the quicker way counts. A peer that is not installed is named and left out. Slow peers get a small part of the work;
the sizes are printed.
"""

from __future__ import annotations

import datetime as dt
import platform
import sys
from collections.abc import Callable, Iterator
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "monitoring")]

from access_work import CONE, HIGH, HIGH_LIT, LIT, START, by_turns, cells, fleet, ours, yardstick  # noqa: E402
from dense_reference import Limits, fly, ground, reference_windows  # noqa: E402

from sim.foundation.sky_mechanics import sun_direction_ecef, up_vectors  # noqa: E402
from sim.monitoring.orbits import satrec_of  # noqa: E402

ROUNDS = 5
SUN_DEG = 10.0
PAD_S = 180.0
"""Longer than any pass over 57°: a search of daylight begins and ends that far outside, so that no pass comes halved."""
Windows = list[tuple[int, int, float, float]]
"""Satellite, place, first and last second."""
Spans = list[list[tuple[float, float]]]
"""Of each place: first and last seconds."""


class Peer(NamedTuple):
    """A tool: its distribution, how large a part of the work it gets, its windows for it (with light asked for or not), and
    our own rules for the same work (without and with light)."""

    package: str
    satellites: int
    places: int
    days: float
    find: Callable[[int, int, float, bool], Windows]
    setup: str
    rules: tuple[Any, Any] = (HIGH, HIGH_LIT)


def sun_height_deg(place: int, places: int, seconds: Any) -> Any:
    """Height of the sun's centre at a place."""
    lat, lon = (column[place:place + 1] for column in cells(places))
    sine = (sun_direction_ecef(START.timestamp() + np.asarray(seconds, dtype=np.float64)) * up_vectors(lat, lon)).sum(axis=1)
    return np.degrees(np.arcsin(sine))


@lru_cache(maxsize=8)
def daylight(places: int, days: float) -> Spans:
    """When the sun stands high enough, by the minute and then by secants; worked out once, as all satellites share it."""
    made: Spans = []
    minutes = np.arange(round(days * 1440) + 1) * 60.0
    for place in range(places):
        over = sun_height_deg(place, places, minutes) >= SUN_DEG
        turns = minutes[:-1][np.diff(over)]
        low, high = turns, turns + 60.0
        for _ in range(5):
            a, b = (sun_height_deg(place, places, t) - SUN_DEG for t in (low, high))
            low, high = high, np.where(np.abs(b - a) > 1e-12, high - b * (high - low) / np.where(a == b, 1.0, b - a), high)
        ends = np.concatenate(([0.0] if over[0] else [], high, [minutes[-1]] if over[-1] else []))
        made.append(list(zip(ends[::2].tolist(), ends[1::2].tolist(), strict=True)))
    return made


def spans(places: int, days: float, light: bool) -> Spans:
    """What each place is searched for: the whole horizon, or its daylight and a little more."""
    if not light:
        return [[(0.0, days * 86400.0)]] * places
    return [[(max(a - PAD_S, 0.0), min(b + PAD_S, days * 86400.0)) for a, b in one] for one in daylight(places, days)]


def common_spans(places: int, days: float, light: bool) -> list[tuple[float, float]]:
    """The same for tools that take all places at once: the daylight of any of them, day by day."""
    if not light:
        return [(0.0, days * 86400.0)]
    every = sorted(span for place in spans(places, days, True) for span in place)
    made = [every[0]]
    for a, b in every[1:]:
        made[-1:] = [(made[-1][0], max(made[-1][1], b))] if a <= made[-1][1] else [made[-1], (a, b)]
    return made


def cut(found: Windows, places: int, days: float, light: bool) -> Windows:
    """Windows cut to daylight, where light is asked for."""
    if not light:
        return found
    sun = daylight(places, days)
    return [(k, i, max(a, c), min(b, d)) for k, i, a, b in found for c, d in sun[i] if max(a, c) < min(b, d)]


def when(second: float) -> dt.datetime:
    """An instant of the horizon."""
    return START + dt.timedelta(seconds=second)


def lines(count: int) -> list[tuple[str, str]]:
    """Element sets of the fleet as two lines (format of the NORAD element sets, checksum modulo 10)."""
    made = []
    for one in fleet(count):
        epoch = 6.0 + (one.epoch_unix_s - START.timestamp()) / 86400
        first = f"1 {one.number}U 26001A   26{epoch:012.8f}  .00000000  00000-0  10000-4 0    1"
        second = (f"2 {one.number} {one.inclination_deg:8.4f} {one.node_deg:8.4f} {round(one.eccentricity * 1e7):07d} "
                  f"{one.perigee_deg:8.4f} {one.anomaly_deg:8.4f} {one.mean_motion_rev_day:11.8f}    1")
        made.append((_checked(first), _checked(second)))
    return made


def _checked(line: str) -> str:
    return line + str(sum(int(c) if c.isdigit() else c == "-" for c in line) % 10)


def _seconds(time: dt.datetime) -> float:
    return (time - START).total_seconds()


def with_tatc(satellites: int, places: int, days: float, light: bool, day_by_day: bool = False) -> Windows:
    from tatc.analysis import collect_observations
    from tatc.schemas import Instrument, Point, Satellite, TwoLineElements

    eye = Instrument(name="eye", field_of_regard=60.0, nadir_reference="geocentric",
                     min_target_solar_elevation=SUN_DEG if light else None)
    fleet_ = [Satellite(name=f"T{k}", orbit=TwoLineElements(tle=list(pair)), instruments=[eye])
              for k, pair in enumerate(lines(satellites))]
    points = [Point(id=i, latitude=a, longitude=b) for i, (a, b) in enumerate(zip(*cells(places), strict=True))]
    place = {round(float(a), 6): i for i, a in enumerate(cells(places)[0])}
    rows: Windows = []
    for a, b in common_spans(places, days, light and day_by_day):
        found = collect_observations(points, fleet_, when(a), when(b))
        rows += [(int(str(s)[1:]), place[round(p.y, 6)], _seconds(a), _seconds(b))
                 for s, p, a, b in zip(found.satellite, found.geometry, found.start, found.end, strict=True)]
    return rows


def with_sgp4_predict(satellites: int, places: int, days: float, light: bool) -> Windows:
    import sgp4_predict as sp

    found: Windows = []
    wanted = [[sp.Interval(when(a), when(b)) for a, b in one] for one in spans(places, days, light)]
    for k, pair in enumerate(lines(satellites)):
        one = sp.Predictor.from_tle(sp.Tle(f"T{k}", *pair))
        for i, (a, b) in enumerate(zip(*cells(places), strict=True)):
            there = sp.GeodeticPoint(float(a), float(b), 0.0)
            for span in wanted[i]:
                for t in one.transits_iter(there, span, 57.0, min_step=dt.timedelta(seconds=5), max_step=dt.timedelta(seconds=60),
                                           skip_leading_partial=False, clamp_to_interval=True):
                    found.append((k, i, _seconds(t.start), _seconds(t.end)))
    return cut(found, places, days, light)


def with_skyfield(satellites: int, places: int, days: float, light: bool) -> Windows:
    from skyfield.api import EarthSatellite, load, wgs84

    scale = load.timescale(builtin=True)
    found: Windows = []
    wanted = [[(scale.from_datetime(when(a)), scale.from_datetime(when(b))) for a, b in one]
              for one in spans(places, days, light)]
    for k, pair in enumerate(lines(satellites)):
        one = EarthSatellite(*pair, f"T{k}", scale)
        for i, (a, b) in enumerate(zip(*cells(places), strict=True)):
            for t0, t1 in wanted[i]:
                times, events = one.find_events(wgs84.latlon(float(a), float(b)), t0, t1, altitude_degrees=57.0)
                at = [_seconds(t.utc_datetime()) for t in times]
                found += [(k, i, a0, b0) for a0, b0 in zip([t for t, e in zip(at, events, strict=True) if e == 0],
                                                           [t for t, e in zip(at, events, strict=True) if e == 2],
                                                           strict=False)]
    return cut(found, places, days, light)


def with_brahe(satellites: int, places: int, days: float, light: bool, step_s: float = 30.0) -> Windows:
    import brahe as bh

    bh.set_global_eop_provider_from_static_provider(bh.StaticEOPProvider.from_zero())
    begin = bh.Epoch(START.year, START.month, START.day, 0, 0, 0.0)
    there = [bh.PointLocation(float(b), float(a), 0.0).with_id(i) for i, (a, b) in enumerate(zip(*cells(places), strict=True))]
    config = bh.AccessSearchConfig(initial_time_step=step_s, adaptive_step=False, parallel=False)
    found: Windows = []
    for k, pair in enumerate(lines(satellites)):
        flown = bh.SGPPropagator.from_tle(*pair)
        for a, b in common_spans(places, days, light):
            seen = bh.location_accesses(there, flown, begin + a, begin + b, bh.ElevationConstraint(57.0), config=config)
            for one in seen:
                found.append((k, int(one.location_id), one.window_open - begin, one.window_close - begin))
    return cut(found, places, days, light)


def _ours(rule: Any) -> Callable[[int, int, float], Windows]:
    def find(satellites: int, places: int, days: float) -> Windows:
        found = ours(satellites, places, days, rule)
        columns = (found.satellite, found.site, found.start_us / 1e6, found.end_us / 1e6)
        return list(zip(*(c.tolist() for c in columns), strict=True))

    return find


PEERS = {
    "tatc": Peer("tatc", 6, 200, 5, with_tatc, "collect_observations, its own rule of light over the whole horizon", (CONE, LIT)),
    "tatc-by-day": Peer("tatc", 6, 200, 5, lambda s, p, d, light: with_tatc(s, p, d, light, True),
                        "the same, asked for daylight alone, day by day", (CONE, LIT)),
    "sgp4-predict": Peer("sgp4-predict", 6, 20, 5, with_sgp4_predict, "transits_iter tuned to 5..60 s"),
    "skyfield": Peer("skyfield", 6, 10, 5, with_skyfield, "find_events"),
    "brahe": Peer("brahe", 6, 10, 5, with_brahe, "location_accesses, 30 s, one thread"),
    "brahe-5s": Peer("brahe", 6, 10, 5, lambda s, p, d, light: with_brahe(s, p, d, light, 5.0),
                     "the same at 5 s, where it misses fewer windows"),
}
GOALS = {"tatc": 50, "tatc-by-day": 50, "sgp4-predict": 200, "skyfield": 500, "brahe": 1000, "brahe-5s": 1000}


def there(names: dict[str, Peer]) -> Iterator[tuple[str, Peer]]:
    """Peers that are installed; the others are named."""
    picked = [word for word in sys.argv[1:] if not word.startswith("-")] or list(names)
    for name, peer in names.items():
        if name not in picked:
            continue
        try:
            version(peer.package)
            yield name, peer
        except PackageNotFoundError:
            print(f"{name}: not installed, left out")


def accuracy(found: Windows, wanted: Windows) -> dict[str, float]:
    """Windows missed and invented against the reference, and the errors of edges in milliseconds."""
    left = list(wanted)
    errors: list[float] = []
    extra = 0
    for one in found:
        match = next((w for w in left if w[:2] == one[:2] and w[2] < one[3] + 1 and one[2] < w[3] + 1), None)
        if match is None:
            extra += 1
            continue
        left.remove(match)
        errors += [abs(match[2] - one[2]) * 1e3, abs(match[3] - one[3]) * 1e3]
    edges = np.array(errors or [np.nan])
    return {"windows": len(wanted), "missed": len(left), "extra": extra, "median_ms": round(float(np.median(edges)), 3),
            "most_ms": round(float(edges.max()), 3)}


def reference(satellites: int, places: int, days: float, limits: Limits) -> Windows:
    """SGP4 once a second, edges by bisection on SGP4 itself."""
    jd = (START.timestamp() / 86400 + 2440587.5, 0.0)
    made: Windows = []
    for k, one in enumerate(fleet(satellites)):
        satrec = satrec_of(one)
        track = fly(satrec, jd, np.arange(int(days * 86400) + 1))
        for i, (a, b) in enumerate(zip(*cells(places), strict=True)):
            seen = reference_windows(satrec, jd, track, ground(float(a), float(b)), limits)
            made += [(k, i, float(x), float(y)) for x, y in zip(seen.start_s, seen.end_s, strict=True)]
    return made


def measured() -> dict[str, Any]:
    """All figures: our own absolute time, and each peer beside us in the same rounds."""
    taken = by_turns({"whole": lambda: ours(60, 200, 30, LIT), "dark_too": lambda: ours(60, 200, 30, CONE),
                      "yardstick": yardstick}, rounds=ROUNDS)
    whole, bare = taken["whole"], taken["yardstick"]
    result: dict[str, Any] = {"ours": {
        "cpu_s": round(whole, 3), "us_per_satellite_cell_day": round(whole / 0.36, 3), "goal_cpu_s": 1.0,
        "of_yardstick": round(whole / bare, 2), "cpu_dark_too_s": round(taken["dark_too"], 3),
        "dark_too_of_yardstick": round(taken["dark_too"] / bare, 2)}}
    size = (6, 10, 5)
    high, cone = reference(*size, Limits(57.0, 90.0)), reference(*size, Limits(0.0, 30.0))
    wanted = {HIGH: high, HIGH_LIT: cut(high, 10, 5, True), CONE: cone, LIT: cut(cone, 10, 5, True)}
    result["ours"] |= {name: accuracy(_ours(rule)(*size), wanted[rule])
                       for name, rule in (("high", HIGH), ("high_lit", HIGH_LIT), ("cone", CONE), ("cone_lit", LIT))}
    print(result["ours"])
    for name, peer in there(PEERS):
        result[name] = beside(name, peer, wanted)
        print(name, result[name])
    return result


def beside(name: str, peer: Peer, wanted: dict[Any, Windows]) -> dict[str, Any]:
    """One peer and us by turns, with and without light."""
    part = (peer.satellites, peer.places, peer.days)
    size = peer.satellites * peer.places * peer.days
    taken = by_turns({"own": lambda: ours(6, 200, 30, peer.rules[0]), "own_lit": lambda: ours(6, 200, 30, peer.rules[1]),
                      "peer": lambda: peer.find(*part, False), "peer_lit": lambda: peer.find(*part, True)}, rounds=ROUNDS)
    own, lit = (taken[work] / (6 * 200 * 30) * 1e6 for work in ("own", "own_lit"))
    whole, day = (taken[work] / size * 1e6 for work in ("peer", "peer_lit"))
    # What was found without light can be cut to daylight for next to nothing: no way with light counts as slower.
    quicker = min(whole, day)
    judged = accuracy(peer.find(6, 10, 5, False), wanted[peer.rules[0]])
    in_light = accuracy(peer.find(6, 10, 5, True), wanted[peer.rules[1]])
    return {"version": version(peer.package), "setup": peer.setup, "satellite_cell_days": size,
            "us_per_satellite_cell_day": round(whole, 1), "own_us": round(own, 3), "ratio": round(whole / own),
            "lit_us_per_satellite_cell_day": round(quicker, 1), "own_lit_us": round(lit, 3), "ratio_lit": round(quicker / lit),
            "goal": GOALS[name], **judged, "lit": in_light}


def as_toml(result: dict[str, Any]) -> str:
    """Figures with date, machine class and versions; no name of any machine."""
    head = {"date": dt.datetime.now(tz=dt.UTC).date().isoformat(), "machine": f"{platform.machine()}, shared virtual machine",
            "python": platform.python_version(), "numpy": np.__version__, "sgp4": version("sgp4"), "rounds": ROUNDS}
    flat = [f"{k} = {v!r}".replace("'", '"') for k, v in head.items()]
    text = ["# Access beside its peers: written by tests/speed/peers_access.py --write, medians of CPU time by turns.", *flat]
    for name, figures in result.items():
        text += ["", f"[{name}]"] + [f"{k} = {_value(v)}" for k, v in figures.items()]
    return "\n".join(text) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = {_value(v)}" for k, v in value.items()) + " }"
    return f'"{value}"' if isinstance(value, str) else repr(value)


if __name__ == "__main__":
    figures = as_toml(measured())
    print(figures)
    if "--write" in sys.argv:
        (HERE / "peers_access.toml").write_text(figures, encoding="utf-8")
