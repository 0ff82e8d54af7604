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
        `flown_h.UNIT`, `scenes.FAMILY` and `cued_scenes.FAMILY` of the counted days; what stayed away used nothing.
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
        yield Cost(_payer(unit.owner), "flight hours", facts.get(f"flown_h.{unit.id}", 0.0) * year * price)


def _scenes(facts: Mapping[str, float], prices: Costs, design: Monitoring, year: float) -> Iterator[Cost]:
    physics = {means.id: means.physics for means in design.means}
    for family in design.satellites:
        price = prices.radar_scene_eur if physics[family.means] == "radar" else prices.optical_scene_eur
        paid = facts.get(f"scenes.{family.id}", 0.0) + prices.priority_factor * facts.get(f"cued_scenes.{family.id}", 0.0)
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
