"""The area: line of contact, sectors, sea areas, ground and climate, which all can see.

A mediator finds here what nobody can choose: where the line runs, how long the nights are and how often it is overcast.
"""

from typing import Annotated, Literal

from pydantic import Field

from sim.scenario.fields import Days, Id, Km, Lat, Lon, Monthly, Part, PositiveKm, Share, Text, key


class Sector(Part):
    """A named stretch of the line of contact."""

    id: Id
    name: Text = key("name shown in tables and figures", "")
    from_km: Km = key("start along the drawn line, from its first vertex")
    to_km: PositiveKm = key("end along the drawn line")


class Sea(Part):
    """A sea area, cut into cells of its own size."""

    id: Id
    name: Text = key("name shown in tables and figures", "")
    west_deg: Lon = key("western edge")
    south_deg: Lat = key("southern edge")
    east_deg: Lon = key("eastern edge")
    north_deg: Lat = key("northern edge")
    cell_km: Annotated[float, Field(gt=1.0, le=500.0)] = key("size of a sea cell", 25.0)


class Place(Part):
    """A real air base, port or town with its coordinates."""

    id: Id
    name: Text = key("name as published", "")
    lon_deg: Lon = key("longitude")
    lat_deg: Lat = key("latitude")


class Climate(Part):
    """Cloud, wind and icing by month, and how fast the sky changes along the line."""

    cloud_share: Monthly = key("mean cloud cover by month, January first")
    cloud_logit_sd: Annotated[float, Field(ge=0.0, le=10.0)] = key(
        "spread of cloud cover on the logit scale, at one place and moment", 2.6)
    front_refresh_d: Annotated[float, Field(gt=1e-3, le=1000.0)] = key("mean life of a weather front over the line", 1.18)
    local_refresh_d: Annotated[float, Field(gt=1e-3, le=1000.0)] = key("mean life of the local sky of a sector", 0.22)
    front_weight: Share = key("share of the variance of cloud that the front carries", 0.64)
    correlation_km: PositiveKm = key("distance over which fronts decorrelate", 710.0)
    correlation_power: Annotated[float, Field(ge=1.0, le=2.0)] = key(
        "p of the correlation exp(-(distance / correlation_km)^p) of fronts: 2 smooth fronts, 1 a chain along the line", 2.0)
    strong_wind_share: Monthly = key("share of time with wind above 10 m/s at flying height, by month")
    icing_share: Monthly = key("share of time with icing at flying height, by month")


class Ground(Part):
    """Shares of ground cover along the line."""

    open_share: Share = key("open fields", 0.55)
    tree_belt_share: Share = key("tree belts between fields", 0.15)
    forest_share: Share = key("forest", 0.12)
    urban_share: Share = key("towns and villages", 0.13)
    water_share: Share = key("water", 0.05)


class Area(Part):
    """What all can see."""

    line: Annotated[tuple[tuple[Lon, Lat], ...], Field(min_length=2, max_length=5000)] = key(
        "vertices of the line of contact, longitude and latitude, in one direction")
    side_a: Literal["left", "right"] = key("side of the drawn line, seen along its direction, that party A holds", "left")
    length_factor: Annotated[float, Field(ge=1.0, le=5.0)] = key(
        "digitised kilometres per drawn kilometre; rates per km are multiplied by it", 1.31)
    cell_km: Annotated[float, Field(ge=0.5, le=100.0)] = key("length of a cell of the line", 5.0)
    sectors: Annotated[tuple[Sector, ...], Field(min_length=1, max_length=500)] = key("named stretches of the line")
    seas: Annotated[tuple[Sea, ...], Field(max_length=50)] = key("sea areas", ())
    places: tuple[Place, ...] = key("bases, ports and towns that other sections name by id", ())
    climate: Climate
    ground: Ground = key("shares of ground cover", Ground())
    utc_offset_h: Annotated[float, Field(ge=-14.0, le=14.0)] = key("local clock, for working shifts and day-or-night shares", 2.0)


__all__ = ["Area", "Climate", "Days", "Ground", "Place", "Sea", "Sector"]
