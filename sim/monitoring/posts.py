"""Posts, observers and timetables: means that stand or walk along the line, or are known only by when they look.

A mediator compares here cameras and microphones that never sleep with people who see by day and know what they saw.
"""
from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.area.light import Light, lit
from sim.area.line import Cells
from sim.foundation.geodesy import Place, distances_km
from sim.foundation.streams import F64, I64, Streams, mix64, name_key, uniform
from sim.monitoring import consent
from sim.monitoring.looks import CONSENT, JAMMED, MADE, NIGHT, OTHER, Looks, glances, no_looks, stares
from sim.monitoring.navigation import lost_at, spells_us
from sim.monitoring.startup import available_us, share_by_day, spread_order
from sim.scenario.drills import NavigationLost
from sim.scenario.monitoring import Means, Monitoring, Observers, Posts, Timetable

_HOUR_US = 3_600_000_000
_DAY_US = 24 * _HOUR_US


def cells_of_sectors(cells: Cells, sectors: tuple[str, ...], *, sea: bool = False) -> I64:
    """Rows of the cells of the sectors named; empty = all of the line (and of the sea areas, if asked)."""
    wanted = np.isin(cells.sector, [cells.sectors.index(s) for s in sectors]) if sectors else ~cells.sea | sea
    return np.flatnonzero(wanted)


def site_km(posts: Posts, cells: Cells) -> F64:
    """Places of the posts along the line: each in the middle of an equal share of the length of its sectors."""
    mine = cells_of_sectors(cells, posts.sectors)
    size = cells.size_km[mine]
    before = np.cumsum(size) - size
    mark = (np.arange(posts.sites) + 0.5) / posts.sites * size.sum()
    row = np.searchsorted(before, mark, side="right") - 1
    return np.asarray(cells.km[mine][row] - size[row] / 2 + mark - before[row], dtype=np.float64)


def post_looks(posts: Posts, sensor: int, means: int, what: Means, monitoring: Monitoring, cells: Cells, light: Light,
               streams: Streams, *, horizon_us: int, at: Place | None = None) -> Looks:
    """Looks of unattended posts: one stare for each cell, day and spell, lost to outages, light or consent.

    Along the line the range of each is the disc around its place; posts that all stand at one place, on a coast, look at
    the cells whose middle lies within their range of it.
    """
    mine = cells_of_sectors(cells, posts.sectors, sea=at is not None)
    if at is None:
        at_km = _sites(posts, cells, mine, monitoring.phase_seed)
        apart = np.abs(cells.km[mine] - at_km[:, None])
        site, cell = np.nonzero(apart <= posts.reach_km + cells.size_km[mine] / 2)
    else:
        at_km = np.full(posts.sites, -1.0)
        apart = np.tile(distances_km(np.column_stack((cells.lat_deg[mine], cells.lon_deg[mine])),
                                      [[at.lat_deg, at.lon_deg]])[:, 0], (posts.sites, 1))
        site, cell = np.nonzero(apart <= posts.reach_km)
    if not len(site):
        return no_looks()
    spells = tuple(s for s in consent.permissions(monitoring, posts.side, "posts") if s.depth_km >= posts.setback_km)
    starts_down, out = outage_edges(streams, posts, np.arange(posts.sites), horizon_us=horizon_us)
    sector = cells.sector[mine[apart.argmin(axis=1)]]
    gaps = monitoring.navigation_lost if what.needs_navigation else ()
    start, end = _spells(posts, what, light, sector, out, spells, horizon_us, gaps)
    down = ((out[:, None, :] <= start[:, :, None]).sum(axis=2) + starts_down[:, None]) % 2 == 1
    dark = light_loss(what, light, np.broadcast_to(sector[:, None], start.shape), start)
    if posts.ramp_d > 0:
        # A post is set up at one instant: until then it makes no look, and the spell in which it is set up begins with it.
        ready = available_us(from_d=posts.available_from_d, ramp_d=posts.ramp_d, members=posts.sites)[spread_order(posts.sites)]
        start = np.minimum(np.maximum(start, ready[:, None]), np.maximum(end, start))
    lost = np.where(consent.refused(spells, start), CONSENT, np.where(dark, NIGHT, np.where(down, OTHER, MADE)))
    lost[lost_at(gaps, start) & (lost == MADE)] = JAMMED
    pair, spell = np.nonzero((start < end)[site])
    where = site[pair]
    luck = np.array([name_key("post", posts.id, number) for number in range(posts.sites)], dtype=np.uint64)
    looks = stares(luck[where], mine[cell[pair]], start[where, spell], end[where, spell], sensor, means, lost[where, spell],
                   np.round(at_km * 1000).astype(np.int64)[where])
    return looks._replace(sensor=(sensor + where).astype(np.int32)) if posts.strewn_km else looks


def _sites(posts: Posts, cells: Cells, mine: I64, phase_seed: int) -> F64:
    """Place of each site along the line."""
    if not posts.strewn_km:
        return site_km(posts, cells)
    row = strewn_places(posts, phase_seed)[0] * len(mine)
    cell = mine[row.astype(np.int64)]
    return np.asarray(cells.km[cell] + (row % 1 - 0.5) * cells.size_km[cell], dtype=np.float64)


def strewn_places(posts: Posts, phase_seed: int) -> tuple[F64, F64]:
    """Places of posts strewn over a strip: share of the way along their sectors, and distance behind the line in km."""
    luck = uniform(mix64(name_key("strewn", phase_seed, posts.id), np.arange(2 * posts.sites, dtype=np.uint64)))
    return luck[::2], posts.setback_km + luck[1::2] * posts.strewn_km


def _spells(posts: Posts, what: Means, light: Light, sector: I64, out: I64, spells: tuple[consent.Permission, ...],
            horizon_us: int, gaps: tuple[NavigationLost, ...] = ()) -> tuple[I64, I64]:
    """Starts and ends of the spells of each post between all instants at which anything changes, a row a post."""
    begin = min(round(posts.available_from_d * _DAY_US), horizon_us)
    fixed = np.concatenate((np.arange(0, horizon_us + 1, _DAY_US), [begin],
                            np.array([t for s in spells for t in (s.from_us, s.to_us)], dtype=np.int64),
                            np.array(spells_us(gaps), dtype=np.int64).ravel()))
    columns = [np.broadcast_to(fixed, (len(sector), len(fixed))), out]
    if what.needs_light or what.needs_dark:
        columns.append(_sun_edges(light, sector, horizon_us))
    edges = np.sort(np.clip(np.hstack(columns), begin, horizon_us), axis=1)
    return edges[:, :-1], edges[:, 1:]


def _sun_edges(light: Light, sector: I64, horizon_us: int) -> I64:
    """Sunrises and sunsets of each post's sector, a row a post, filled up with the horizon."""
    named = {s: light.edges_us[light.edges_us // light.span_us == s] - s * light.span_us for s in np.unique(sector).tolist()}
    longest = max(len(edges) for edges in named.values())
    return np.array([np.pad(named[s], (0, longest - len(named[s])), constant_values=horizon_us) for s in sector.tolist()])


def light_loss(what: Means, light: Light, sector: I64, time_us: I64) -> NDArray[np.bool_]:
    """Looks lost because a means needs daylight or darkness."""
    if not (what.needs_light or what.needs_dark):
        return np.zeros(time_us.shape, dtype=bool)
    sunny = lit(light, sector, time_us)
    return ~sunny if what.needs_light else sunny


def outages(streams: Streams, posts: Posts, site: int, *, horizon_us: int) -> I64:
    """Edges of the alternating up and down times of one post: an odd number of edges gone by means down."""
    starts_down, edges = outage_edges(streams, posts, np.array([site]), horizon_us=horizon_us)
    return np.concatenate((np.zeros(int(starts_down[0]), dtype=np.int64), edges[0]))


def outage_edges(streams: Streams, posts: Posts, sites: I64, *, horizon_us: int) -> tuple[NDArray[np.bool_], I64]:
    """Which posts begin down, and the edges of their up and down times (exponential both), a row a post.

    In the steady state from the start; each post has its own luck, spell by spell, so a longer horizon or another post
    changes nothing.
    """
    if posts.available_share >= 1:
        return np.zeros(len(sites), dtype=bool), np.zeros((len(sites), 0), dtype=np.int64)
    down = posts.outage_mean_h * _HOUR_US
    up = down * posts.available_share / max(1 - posts.available_share, 1e-9)
    keys = mix64(streams.key("outage", posts.id), sites)
    starts_down = uniform(mix64(keys, 0)) >= posts.available_share
    count = 16
    while True:
        luck = uniform(mix64(keys[:, None], np.arange(1, count + 1, dtype=np.uint64)))
        is_up = (np.arange(count) % 2 == 0) ^ starts_down[:, None]
        edges = np.cumsum(np.maximum((-np.log1p(-luck) * np.where(is_up, up, down)).astype(np.int64), 1), axis=1)
        if edges[:, -1].min() > horizon_us:
            return starts_down, edges
        count *= 2


def observer_looks(people: Observers, sensor: int, means: int, monitoring: Monitoring, cells: Cells, light: Light,
                   streams: Streams, *, horizon_us: int) -> tuple[Looks, float]:
    """Looks of patrols, which leave and return by daylight and stop in cell after cell; also the hours of exposure."""
    mine = cells_of_sectors(cells, people.sectors)
    patrols = people.monitors * people.patrols_per_monitor_day
    stops = max(1, int(people.patrol_h / people.stop_h))
    turn = 2 * len(mine) - 2  # at the end of its sectors a patrol turns back
    spells = consent.permissions(monitoring, people.side, "observers")
    days = -(-horizon_us // _DAY_US)
    parts, hours = [], 0.0
    for day in range(int(people.available_from_d), days):
        generator = streams.generator("patrols", people.id, day)
        sent = patrols * share_by_day(from_d=people.available_from_d, ramp_d=people.ramp_d, day=day) if people.ramp_d else patrols
        count = int(sent) + int(generator.random() < sent % 1)
        if not count:
            continue
        draws = generator.random((count, 3))
        first = (draws[:, 0] * len(mine)).astype(np.int64)
        rise, sunset = _daylight(light, cells.sector[mine[first]], day * _DAY_US)
        slack = np.maximum(sunset - rise - round(stops * people.stop_h * _HOUR_US), 0)
        start0 = rise + (draws[:, 1] * slack).astype(np.int64)
        let_through = draws[:, 2] < people.access_share
        step = np.arange(stops)
        walk = (first[:, None] + step) % max(turn, 1)
        cell = mine[np.minimum(walk, turn - walk)].ravel()
        start = (start0[:, None] + (step * people.stop_h * _HOUR_US).astype(np.int64)).ravel()
        end = consent.cut_us(spells, start, start + round(people.stop_h * _HOUR_US))
        luck = mix64(name_key("patrol", people.id, day), np.arange(len(cell)))
        refused = np.repeat(~let_through, stops) | consent.refused(spells, start)
        night = ~lit(light, cells.sector[cell], start)
        lost = np.where(refused, CONSENT, np.where(night, NIGHT, MADE))
        hours += float((lost == MADE).sum()) * people.stop_h
        parts.append(glances(luck, cell, start, np.minimum(end, horizon_us), sensor, means, lost))
    looks = Looks._make(np.concatenate(c) for c in zip(*parts, strict=True)) if parts else no_looks()
    return looks, hours


def _daylight(light: Light, sector: I64, day_us: int) -> tuple[I64, I64]:
    """First sunrise of a day in each sector and the sunset after it, cut to the day; all of it where the sun does not rise."""
    row = np.searchsorted(light.edges_us, sector * light.span_us + max(day_us, 1))
    row += ~np.append(light.lit_after, True)[row]
    times = np.append(light.edges_us, [2**62, 2**62])
    rise, sunset = (np.minimum(times[row + step] - sector * light.span_us, day_us + _DAY_US) for step in (0, 1))
    return np.where(rise < day_us + _DAY_US, rise, day_us), sunset


def timetable_looks(table: Timetable, sensor: int, means: int, what: Means, cells: Cells, light: Light, streams: Streams, *,
                    horizon_us: int) -> Looks:
    """Looks at every cell at times given by a law, for systems known only by a revisit figure."""
    mine = cells_of_sectors(cells, table.sectors, sea=True)
    parts = []
    for cell in mine.tolist():
        for member in range(table.members):
            start = look_times(table, cell, member, streams, horizon_us=horizon_us)
            luck = mix64(name_key("timetable", table.id, member, cell), np.arange(len(start)))
            where = np.full(len(start), cell)
            lost = np.where(light_loss(what, light, cells.sector[where], start), NIGHT, MADE)
            parts.append(glances(luck, where, start, start + round(table.dwell_h * _HOUR_US), sensor, means, lost))
    looks = Looks._make(np.concatenate(c) for c in zip(*parts, strict=True)) if parts else no_looks()
    return looks if table.cells_per_day is None else _drawn(table, table.cells_per_day, looks, mine, streams)


def _drawn(table: Timetable, number: int, looks: Looks, mine: I64, streams: Streams) -> Looks:
    """Looks at the cells that the day drew: so many of them each day, anew and without regard to the days before."""
    day, keep = looks.start_us // _DAY_US, np.zeros(len(looks.cell), dtype=bool)
    for today in np.unique(day).tolist():
        luck = streams.generator("drawn cells", table.id, today).random(len(mine))
        chosen = mine[np.argsort(luck, kind="stable")[:number]]
        keep |= (day == today) & np.isin(looks.cell, chosen)
    return Looks._make(column[keep] for column in looks)


def look_times(table: Timetable, cell: int, member: int, streams: Streams, *, horizon_us: int) -> I64:
    """Times of the looks of one member at one cell, from a stationary start."""
    if table.law == "list":
        return np.array([round(t * _HOUR_US) for t in table.times_h if t * _HOUR_US < horizon_us], dtype=np.int64)
    shared = table.phase == "even"
    generator = streams.generator("timetable", table.id, cell, 0 if shared else member + 1)
    phase = float(generator.random()) + (member / table.members if shared else 0.0)
    if table.law == "fixed":
        first = (phase % 1.0) * table.gap_h
        count = max(0, int(np.ceil((horizon_us / _HOUR_US - first) / table.gap_h)))
        return np.round((first + np.arange(count) * table.gap_h) * _HOUR_US).astype(np.int64)
    return _renewal(table, streams.generator("timetable", table.id, cell, member, "gaps"), phase % 1.0, horizon_us)


def _renewal(table: Timetable, generator: np.random.Generator, phase: float, horizon_us: int) -> I64:
    """Renewal looks begun so long before the horizon that its start is in the steady state."""
    cycle_h = sum(table.alternating_h) if table.law == "alternating" else table.gap_h
    mean_h = cycle_h / max(len(table.alternating_h), 1) if table.law == "alternating" else cycle_h
    lead_h = 60 * cycle_h
    count = int((horizon_us / _HOUR_US + 2 * lead_h) / mean_h * 1.5) + 200
    times_h = np.cumsum(_gaps(table, generator, count)) - lead_h - phase * cycle_h
    return np.round(times_h[(times_h >= 0) & (times_h < horizon_us / _HOUR_US)] * _HOUR_US).astype(np.int64)


def _gaps(table: Timetable, generator: np.random.Generator, count: int) -> F64:
    """Gaps between looks by their law."""
    if table.law == "alternating":
        turn = np.array(table.alternating_h)
        return np.resize(turn, count)
    if table.law == "exponential":
        return generator.standard_exponential(count) * table.gap_h
    if table.law == "erlang":
        return generator.standard_gamma(table.shape, count) * table.gap_h / table.shape
    return generator.random(count) * 2 * table.gap_h
