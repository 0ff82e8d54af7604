"""Costs a year of the design as flown and staffed, by payer and by what is paid for.

A mediator sees what a design costs and who pays for it, beside what it verifies; forces that answer are not counted.
"""
from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from sim.scenario.costs import Costs
from sim.scenario.monitoring import Monitoring, Posts
from sim.scenario.scenario import Scenario

_YEAR_H = 8766.0


class Cost(NamedTuple):
    """Euros a year that one payer pays for one thing."""

    payer: str
    line: str
    eur_year: float


def yearly_costs(facts: Mapping[str, float], scenario: Scenario) -> tuple[Cost, ...]:
    """Costs a year of one replication; none where the scenario states no prices.

    Parameters
    ----------
    facts : mapping
        `flown_h.UNIT`, `scenes.FAMILY` and `cued_scenes.FAMILY` of the counted days.
    scenario : Scenario
        The design and its prices (`study.costs`).

    Notes
    -----
    Hours and scenes of the counted days are scaled to a year of 365.25 days; people and sites are paid for the whole year,
    also where a ramp lets them come later. Scenes of companies are paid by the mission, archives of open sources by nobody.
    """
    prices = scenario.study.costs
    if prices is None:
        return ()
    year = _YEAR_H / (24.0 * scenario.days)
    items = [*_flights(facts, prices, scenario.monitoring, year), *_scenes(facts, prices, scenario.monitoring, year),
             *_sites(prices, scenario.monitoring), *_people(prices, scenario)]
    total = sum(item.eur_year for item in items)
    return (*items, Cost("mission", "headquarters", prices.headquarters_share * total))


def _flights(facts: Mapping[str, float], prices: Costs, design: Monitoring, year: float) -> Iterator[Cost]:
    for unit in design.drones:
        price = prices.large_drone_eur_h if unit.large else prices.small_drone_eur_h
        yield Cost(_payer(unit.owner), "flight hours", facts[f"flown_h.{unit.id}"] * year * price)


def _scenes(facts: Mapping[str, float], prices: Costs, design: Monitoring, year: float) -> Iterator[Cost]:
    physics = {means.id: means.physics for means in design.means}
    for family in design.satellites:
        price = prices.radar_scene_eur if physics[family.means] == "radar" else prices.optical_scene_eur
        paid = facts[f"scenes.{family.id}"] + prices.priority_factor * facts[f"cued_scenes.{family.id}"]
        yield Cost(_payer(family.owner), "scenes", paid * year * price)


def _sites(prices: Costs, design: Monitoring) -> Iterator[Cost]:
    physics = {means.id: means.physics for means in design.means}
    for post in design.posts:
        yield Cost(_payer(post.owner), "sites", post.sites * _site(post, physics[post.means], prices))


def _site(post: Posts, physics: str, prices: Costs) -> float:
    if post.site_eur_year is not None:
        return post.site_eur_year
    return prices.node_eur_year if physics == "acoustic" else prices.camera_site_eur_year


def _people(prices: Costs, scenario: Scenario) -> Iterator[Cost]:
    for group in scenario.monitoring.observers:
        each = prices.monitor_eur_year if group.monitor_eur_year is None else group.monitor_eur_year
        yield Cost("mission", "monitors", group.monitors * each)
    for unit in scenario.response.units:
        if unit.role == "team":
            each = prices.team_eur_year if unit.team_eur_year is None else unit.team_eur_year
            yield Cost("mission", "verification teams", unit.count * each)
    staff = scenario.verification.staff
    duty_h = (16.0 * staff.analysts + 8.0 * staff.night_analysts) * 365.25
    yield Cost("mission", "analysts", duty_h / prices.analyst_year_h * prices.analyst_eur_year)


def _payer(owner: str) -> str:
    """Who pays: the mission for what companies sell; open sources are free."""
    return "mission" if owner == "company" else owner
"""What a design costs a year, line by line and payer by payer: hours flown as flown, all else as ordered and manned.

A mediator can set what is confirmed against what is paid; forces that answer are not in it, nor is what parties spend.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from sim.ledger import History
from sim.scenario.monitoring import Monitoring
from sim.scenario.prices import Prices
from sim.scenario.scenario import Scenario

YEAR_D = 365.0
_FREE = "open-source"


class Item(NamedTuple):
    """One line of the bill: what it is for, who pays, and EUR a year."""

    line: str
    payer: str
    eur_year: float


def bill(history: History, scenario: Scenario) -> list[Item]:
    """Lines of the bill of one replication, headquarters of the mission last; empty where prices are not or not all stated.

    Drones cost the hours that they flew in this replication (all flights that began in its days, over a year); scenes what was
    ordered a day, those kept for cued looks at the price of priority; posts, patrols, analysts and teams their year.
    What open sources give is free. Prices: `monitoring.prices`.
    """
    prices = scenario.monitoring.prices
    if prices is None or unpriced(scenario):
        return []
    items = [*_flights(history, scenario, prices), *_standing(scenario.monitoring, prices), *_staff(scenario, prices)]
    own = sum(item.eur_year for item in items if item.payer == "mission")
    return [*items, Item("headquarters", "mission", prices.headquarters_share * own)]


def unpriced(scenario: Scenario) -> list[str]:
    """Keys of prices that the design needs and the price list lacks."""
    monitoring, prices = scenario.monitoring, scenario.monitoring.prices
    if prices is None:
        return []
    needed = [
        *(("site_year_eur", post.means, prices.site_year_eur) for post in monitoring.posts if post.owner != _FREE),
        *(("person_year_eur", row.means, prices.person_year_eur) for row in monitoring.observers if row.monitors),
        *(("look_eur", row.means, prices.look_eur) for row in monitoring.timetables if row.owner != _FREE),
    ]
    if scenario.verification.tasking.teams:
        needed += [("team_year_eur", u.id, prices.team_year_eur) for u in scenario.response.units if u.role == "team"]
    missing = [f"monitoring.prices.{table}.{means}" for table, means, known in needed if means not in known]
    return list(dict.fromkeys(missing))


def _payer(owner: str) -> str:
    """What a company gives is bought by the mission."""
    return "mission" if owner == "company" else owner


def _flights(history: History, scenario: Scenario, prices: Prices) -> Iterator[Item]:
    table = history.tables["assets"]
    flown = (table["airframe"] >= 0) & (table["start_h"] < scenario.days * 24)
    hours = np.where(flown, table["end_h"] - table["start_h"], 0.0)
    for unit in scenario.monitoring.drones:
        each = prices.large_flight_hour_eur if unit.large else prices.flight_hour_eur
        flown_h = float(hours[table["unit"] == unit.id].sum()) / scenario.days * YEAR_D
        yield Item(f"drones.{unit.id}", _payer(unit.owner), each * flown_h)


def _standing(monitoring: Monitoring, prices: Prices) -> Iterator[Item]:
    physics = {means.id: means.physics for means in monitoring.means}
    for family in monitoring.satellites:
        if family.mode == "tasked" and family.owner != _FREE:
            each = prices.radar_scene_eur if physics[family.means] == "radar" else prices.optical_scene_eur
            scenes = family.scenes_per_day * (family.standing_share + (1 - family.standing_share) * prices.priority_factor)
            yield Item(f"satellites.{family.id}", _payer(family.owner), each * scenes * YEAR_D)
    for post in monitoring.posts:
        if post.owner != _FREE:
            yield Item(f"posts.{post.id}", _payer(post.owner), prices.site_year_eur[post.means] * post.sites)
    for row in monitoring.observers:
        if row.monitors:
            yield Item(f"observers.{row.id}", "mission", prices.person_year_eur[row.means] * row.monitors)
    for times in monitoring.timetables:
        if times.owner != _FREE:
            looks = YEAR_D * 24 / times.gap_h * times.members
            yield Item(f"timetables.{times.id}", _payer(times.owner), prices.look_eur[times.means] * looks)


def _staff(scenario: Scenario, prices: Prices) -> Iterator[Item]:
    staff = scenario.verification.staff
    yield Item("analysts", "mission", prices.analyst_year_eur * (staff.analysts + staff.night_analysts))
    for unit in scenario.response.units if scenario.verification.tasking.teams else ():
        if unit.role == "team":
            yield Item(f"teams.{unit.id}", "mission", prices.team_year_eur[unit.id] * unit.count)


def cost_rows(history: History, scenario: Scenario) -> list[tuple[str, str, str, float, float]]:
    """Rows of `cost_eur_year` of one replication: all, by payer and by line."""
    items = bill(history, scenario)
    if not items:
        return []
    rows = [("cost_eur_year", "all", "", sum(item.eur_year for item in items), 1.0)]
    payers: dict[str, float] = {}
    for item in items:
        payers[item.payer] = payers.get(item.payer, 0.0) + item.eur_year
    rows += [("cost_eur_year", "payer", payer, eur, 1.0) for payer, eur in payers.items()]
    return rows + [("cost_eur_year", "line", item.line, item.eur_year, 1.0) for item in items]
