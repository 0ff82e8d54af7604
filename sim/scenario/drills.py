"""What may befall a mission as a whole: satellite navigation fails, or monitors are hurt and patrols stand down.

A mediator tries here whether the design still works on its worst days.
"""

from sim.scenario.fields import Hours, Id, Km, Part, PositiveHours, Share, Text, key


class Security(Part):
    """The rule by which patrols and teams stand down after a casualty among monitors."""

    kinds: tuple[Id, ...] = key("kinds of act that endanger a patrol nearby")
    casualty_share: Share = key("chance of a casualty where such an act meets a patrol at its stop", 0.01)
    near_km: Km = key("distance within which an act endangers a patrol", 1.0)
    pause_h: PositiveHours = key("patrols and inspections stand down for this time after a casualty", 72.0)


class NavigationLost(Part):
    """A spell in which satellite navigation cannot be used along the line."""

    id: Id
    title: Text = key("words used in tables", "")
    from_h: Hours = key("start of the spell, after the ceasefire takes effect", 0.0)
    to_h: Hours = key("end of the spell", 1e6)
    drone_watch_lost_share: Share = key("share of the search legs of drones that are lost in it", 0.6)
