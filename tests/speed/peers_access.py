"""Access beside its peers, in one process: CPU time for each satellite, cell and day, and accuracy against SGP4 every second.

Run it in an environment of its own that holds the peers, from the root of the project, on a quiet machine:
`PYTHONPATH=. python tests/speed/peers_access.py --write` (peers: tatc sgp4-predict skyfield brahe, beside numpy and sgp4).
`ratio` sets a peer against our lit work (the goal; a peer without a rule of light would still have to test every window it
finds), `ratio_dark_too` against our own work without light. A peer that is not installed is named and left out. Slow peers
get a small part of the work; the sizes are printed.
"""

from __future__ import annotations

import datetime as dt
import platform
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "monitoring")]

from access_work import HIGH, LIT, START, by_turns, cells, fleet, ours, yardstick  # noqa: E402
from dense_reference import Limits, fly, ground, reference_windows  # noqa: E402

from sim.monitoring.orbits import satrec_of  # noqa: E402

ROUNDS = 5
Windows = list[tuple[int, int, float, float]]
"""Satellite, place, first and last second."""


class Peer(NamedTuple):
    """A tool: its distribution, how large a part of the work it gets, and its windows for it."""

    package: str
    satellites: int
    places: int
    days: float
    find: Callable[[int, int, float], Windows]
    setup: str


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


def with_tatc(satellites: int, places: int, days: float, lit: bool = False) -> Windows:
    from tatc.analysis import collect_observations
    from tatc.schemas import Instrument, Point, Satellite, TwoLineElements

    eye = Instrument(name="eye", field_of_regard=60.0, nadir_reference="geocentric",
                     min_target_solar_elevation=10.0 if lit else None)
    fleet_ = [Satellite(name=f"T{k}", orbit=TwoLineElements(tle=list(pair)), instruments=[eye])
              for k, pair in enumerate(lines(satellites))]
    points = [Point(id=i, latitude=a, longitude=b) for i, (a, b) in enumerate(zip(*cells(places), strict=True))]
    found = collect_observations(points, fleet_, START, START + dt.timedelta(days=days))
    place = {round(float(a), 6): i for i, a in enumerate(cells(places)[0])}
    return [(int(str(s)[1:]), place[round(p.y, 6)], _seconds(a), _seconds(b))
            for s, p, a, b in zip(found.satellite, found.geometry, found.start, found.end, strict=True)]


def with_sgp4_predict(satellites: int, places: int, days: float) -> Windows:
    import sgp4_predict as sp

    found: Windows = []
    span = sp.Interval(START, START + dt.timedelta(days=days))
    for k, pair in enumerate(lines(satellites)):
        one = sp.Predictor.from_tle(sp.Tle(f"T{k}", *pair))
        for i, (a, b) in enumerate(zip(*cells(places), strict=True)):
            for t in one.transits_iter(sp.GeodeticPoint(float(a), float(b), 0.0), span, 57.0, min_step=dt.timedelta(seconds=5),
                                       max_step=dt.timedelta(seconds=60), skip_leading_partial=False, clamp_to_interval=True):
                found.append((k, i, _seconds(t.start), _seconds(t.end)))
    return found


def with_skyfield(satellites: int, places: int, days: float) -> Windows:
    from skyfield.api import EarthSatellite, load, wgs84

    scale = load.timescale(builtin=True)
    t0, t1 = scale.from_datetime(START), scale.from_datetime(START + dt.timedelta(days=days))
    found: Windows = []
    for k, pair in enumerate(lines(satellites)):
        one = EarthSatellite(*pair, f"T{k}", scale)
        for i, (a, b) in enumerate(zip(*cells(places), strict=True)):
            times, events = one.find_events(wgs84.latlon(float(a), float(b)), t0, t1, altitude_degrees=57.0)
            at = [_seconds(t.utc_datetime()) for t in times]
            found += [(k, i, a0, b0) for a0, b0 in zip([t for t, e in zip(at, events, strict=True) if e == 0],
                                                       [t for t, e in zip(at, events, strict=True) if e == 2], strict=False)]
    return found


def with_brahe(satellites: int, places: int, days: float, step_s: float = 30.0) -> Windows:
    import brahe as bh

    bh.set_global_eop_provider_from_static_provider(bh.StaticEOPProvider.from_zero())
    begin = bh.Epoch(START.year, START.month, START.day, 0, 0, 0.0)
    there = [bh.PointLocation(float(b), float(a), 0.0).with_id(i) for i, (a, b) in enumerate(zip(*cells(places), strict=True))]
    config = bh.AccessSearchConfig(initial_time_step=step_s, adaptive_step=False, parallel=False)
    found: Windows = []
    for k, pair in enumerate(lines(satellites)):
        flown = bh.SGPPropagator.from_tle(*pair)
        seen = bh.location_accesses(there, flown, begin, begin + 86400.0 * days, bh.ElevationConstraint(57.0), config=config)
        for one in seen:
            found.append((k, int(one.location_id), one.window_open - begin, one.window_close - begin))
    return found


def _ours(rule: Any) -> Callable[[int, int, float], Windows]:
    def find(satellites: int, places: int, days: float) -> Windows:
        found = ours(satellites, places, days, rule)
        columns = (found.satellite, found.site, found.start_us / 1e6, found.end_us / 1e6)
        return list(zip(*(c.tolist() for c in columns), strict=True))

    return find


PEERS = {
    "tatc": Peer("tatc", 2, 200, 10, lambda s, p, d: with_tatc(s, p, d, True), "collect_observations, sun above 10°"),
    "sgp4-predict": Peer("sgp4-predict", 2, 20, 5, with_sgp4_predict,
                         "transits_iter tuned to 5..60 s; no rule of light of its own"),
    "skyfield": Peer("skyfield", 2, 10, 5, with_skyfield, "find_events; no rule of light of its own"),
    "brahe": Peer("brahe", 2, 10, 5, with_brahe, "location_accesses, 30 s, one thread; no rule of light of its own"),
    "brahe-5s": Peer("brahe", 2, 10, 5, lambda s, p, d: with_brahe(s, p, d, 5.0),
                     "the same at 5 s, where it misses fewer windows"),
}
GOALS = {"tatc": 50, "sgp4-predict": 200, "skyfield": 500, "brahe": 1000, "brahe-5s": 1000}


def there(names: dict[str, Peer]) -> Iterator[tuple[str, Peer]]:
    """Peers that are installed; the others are named."""
    for name, peer in names.items():
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
    taken = by_turns({"whole": lambda: ours(60, 200, 30, LIT), "yardstick": yardstick}, rounds=ROUNDS)
    whole, bare = taken["whole"], taken["yardstick"]
    result: dict[str, Any] = {"ours": {"cpu_s": round(whole, 3), "us_per_satellite_cell_day": round(whole / 0.36, 3),
                                       "goal_cpu_s": 1.0, "of_yardstick": round(whole / bare, 2)}}
    jd_reference = reference(2, 10, 5, Limits(57.0, 90.0))
    cone_reference = reference(2, 10, 5, Limits(0.0, 30.0))
    result["ours"] |= {"high": accuracy(_ours(HIGH)(2, 10, 5), jd_reference)}
    for name, peer in there(PEERS):
        size = peer.satellites * peer.places * peer.days
        taken = by_turns({"lit": lambda: ours(6, 200, 30, LIT), "dark_too": lambda: ours(6, 200, 30, HIGH),
                          "peer": lambda peer=peer: peer.find(peer.satellites, peer.places, peer.days)}, rounds=ROUNDS)
        own_us, dark_us = (taken[work] / (6 * 200 * 30) * 1e6 for work in ("lit", "dark_too"))
        peer_us = taken["peer"] / size * 1e6
        found = with_tatc(2, 10, 5) if name == "tatc" else peer.find(2, 10, 5)
        result[name] = {"version": version(peer.package), "setup": peer.setup, "satellite_cell_days": size,
                        "us_per_satellite_cell_day": round(peer_us, 1), "own_lit_us": round(own_us, 3),
                        "ratio": round(peer_us / own_us), "own_dark_too_us": round(dark_us, 3),
                        "ratio_dark_too": round(peer_us / dark_us), "goal": GOALS[name],
                        **accuracy(found, cone_reference if name == "tatc" else jd_reference)}
        print(name, result[name])
    return result


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
