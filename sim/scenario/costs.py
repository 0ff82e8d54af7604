"""Costs: what people, hours, scenes and sites cost a year, so that designs can be compared at one budget.

A mediator sees here every price behind a total; each has its source, its grade and its range like any other number.
"""

from typing import Annotated

from pydantic import Field

from sim.scenario.fields import NonNegative, Part, key


class Costs(Part):
    """Prices; an item of the design that states its own goes before."""

    monitor_eur_year: NonNegative = key("one unarmed monitor for a year, all in")
    team_eur_year: NonNegative = key("one verification team for a year")
    analyst_eur_year: NonNegative = key("one analyst for a year")
    analyst_year_h: Annotated[float, Field(gt=0.0, le=8784.0)] = key("hours that one analyst is on duty in a year")
    large_drone_eur_h: NonNegative = key("one flight hour of a large drone, crew and upkeep included")
    small_drone_eur_h: NonNegative = key("one flight hour of a small drone of long range")
    optical_scene_eur: NonNegative = key("one optical scene ordered from a company")
    radar_scene_eur: NonNegative = key("one radar scene ordered from a company")
    priority_factor: Annotated[float, Field(ge=1.0, le=100.0)] = key("factor on the price of a scene ordered at short notice")
    camera_site_eur_year: NonNegative = key("one camera site for a year")
    node_eur_year: NonNegative = key("one acoustic node for a year")
    headquarters_share: Annotated[float, Field(ge=0.0, le=10.0)] = key("headquarters, as a share on top of all other costs", 0.0)
