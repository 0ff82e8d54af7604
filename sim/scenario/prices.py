"""Prices of monitoring: what a year of each person, site, flight hour and scene costs, each to be stated with its source.

A mediator compares designs at one price list; without one no cost is given rather than a guess.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sim.scenario.fields import Id, NonNegative, Part, Share, key


class Prices(Part):
    """The price list of a design, EUR."""

    person_year_eur: dict[Id, NonNegative] = key("a monitor in the field for a year, by the means that patrols use", {})
    site_year_eur: dict[Id, NonNegative] = key("one post for a year, its people included, by the means at it", {})
    look_eur: dict[Id, NonNegative] = key("one look of a means that is known by its timetable only, by means", {})
    flight_hour_eur: NonNegative = key("flight hour of a drone that keeps no stand-off", 0.0)
    large_flight_hour_eur: NonNegative = key("flight hour of a large drone", 0.0)
    optical_scene_eur: NonNegative = key("one ordered scene of an optical or thermal satellite", 0.0)
    radar_scene_eur: NonNegative = key("one ordered scene of a radar satellite", 0.0)
    priority_factor: Annotated[float, Field(ge=1.0, le=100.0)] = key(
        "price of a scene kept for cued looks over that of a planned one", 1.0)
    analyst_year_eur: NonNegative = key("an analyst on the day or night shift for a year", 0.0)
    team_year_eur: dict[Id, NonNegative] = key("a verification team on call for a year, by the unit (response.units)", {})
    headquarters_share: Share = key("what headquarters add to all that the mission pays", 0.0)
