"""Replay: a table of real events put through a design, as the assumed truth, without saying who did what.

A mediator names the file, the days and the meaning of its columns; what share of the truth the record holds is assumed aloud.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from sim.scenario.fields import Id, Km, Part, Share, Text, key

FEWEST = 30
"""Real events below which no share is ever shown."""


class Columns(Part):
    """Which column of the table holds what."""

    date: Text = key("column of the day, as 2015-06-01, or of day and time, as 2015-06-01T14:30", "date")
    time: Text | None = key("column of the local time of day, as 14:30; absent or empty = only the day is known", None)
    latitude: Text | None = key("column of the latitude in degrees", None)
    longitude: Text | None = key("column of the longitude in degrees", None)
    km: Text | None = key("column of the kilometre along the line, in place of latitude and longitude", None)
    kind: Text | None = key("column that tells the kind; see kinds", None)
    side: Text | None = key("column that tells the side; see sides", None)
    date_precision: Text | None = key("column that tells how exact the day is; see exact_dates", None)
    place_precision: Text | None = key("column that tells how exact the place is; see exact_places", None)


class Replay(Part):
    """A table of real events in place of drawn ones."""

    file: Text = key("table of events (CSV with a header), in the scenario's folder, the shipped ones or below --data")
    from_: Text = Field(alias="from", description="first day of the table that is run, as 2015-06-01; it falls on the start")
    to: Text = key("last day of the table that is run")
    columns: Columns = key("which column holds what", Columns())
    kind: Id | None = key("kind of all events, where no column tells it", None)
    kinds: dict[Text, Id] = key("value of the column of kinds -> kind of violation", {})
    sides: Annotated[tuple[Text, ...], Field(max_length=2)] = key(
        "the two values of the column of sides; which of them is called A is drawn anew in each replication and not kept", ())
    exact_dates: tuple[Text, ...] = key("values of date_precision for which the day is exact", ())
    exact_places: tuple[Text, ...] = key("values of place_precision for which the place is exact enough", ())
    off_line_km: Km = key("distance off the line beyond which an event is no event of this area", 20.0)
    capture_share: Annotated[float, Field(ge=0.01, le=1.0)] = key(
        "q: share of true events that the record is assumed to hold; the others are drawn beside recorded ones", 0.5)
    capture_low_share: Annotated[float, Field(ge=0.01, le=1.0)] = key("least q over which results are to be shown", 0.2)
    capture_high_share: Annotated[float, Field(ge=0.01, le=1.0)] = key("greatest q over which results are to be shown", 0.8)
    spread_d: Annotated[int, Field(ge=0, le=365)] = key("days, before or after, within which an unrecorded event lies", 3)
    spread_km: Km = key("distance along the line within which an unrecorded event lies", 10.0)
    min_events: Annotated[int, Field(ge=FEWEST, le=1_000_000)] = key("recorded events below which no share is shown", FEWEST)
    side_a_share: Share = key("share of events by party A, where no column tells the side", 0.5)


def day_of(text: object) -> date | None:
    """Day that a text names, None where it names none."""
    try:
        return date.fromisoformat(text) if isinstance(text, str) and len(text) == 10 else None
    except ValueError:
        return None
