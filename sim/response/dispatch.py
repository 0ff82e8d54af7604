"""Dispatch: which units go on an order, when the answer has its strength, and what becomes of units that are recalled.

A mediator sees for every order who was sent, who turned back because a contribution was withdrawn, and who took its place.
"""
from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from sim.foundation.clock import Clock, Rank, low40
from sim.foundation.geodesy import Place
from sim.foundation.streams import key_of
from sim.records import NEVER, Order
from sim.records import Response as Answer
from sim.response.force import Errand, Force, cleared_us
from sim.scenario.response import Rung

_DECISION, _UNIT = Rank.DECISION, Rank.UNIT
_AGAIN = 1000
"""Numbers of units sent in place of others begin here."""


class Stay(NamedTuple):
    """When the last unit of an answer is on station (NEVER where none will be), and when the first leaves again; in µs."""

    there_us: int
    left_us: int


def nowhere(_: int) -> str:
    """No sector, where nobody asks for one."""
    return ""


class Dispatcher:
    """Sends teams and units on orders and keeps note of them."""

    def __init__(self, clock: Clock, force: Force, *, place_of: Callable[[int], Place], sector_of: Callable[[int], str],
                 on_arrival: Callable[[Answer], None], kinds: tuple[str, ...] = ()) -> None:
        self.clock, self.force, self.kinds = clock, force, kinds
        self.place_of, self.sector_of, self.on_arrival = place_of, sector_of, on_arrival
        self.answers: list[Answer] = []
        self.reached: dict[int, int] = {}
        """Order → instant at which its answer was on station, with all units that it got; NEVER while none is to come."""
        self.recalled = 0

    def send(self, order: Order, rung: Rung, number: int = 0) -> Stay | None:
        """Send units until the answer has its strength or nobody is left; None where nobody goes.

        `number` counts the units of the order, those sent before included.
        """
        role = "team" if rung.action == "inspection" else "posture"
        place, sector = self.place_of(order.cell), self.sector_of(order.cell)
        kind = self.kinds[order.kind] if self.kinds else ""
        # One team is an inspection; a posture answer adds units up.
        left = order.strength if role == "posture" else 1e-9
        sent: list[Answer] = []
        while left > 0:
            errand = Errand(rung.id, sector, order.accepted, tuple(answer.unit for answer in sent), kind)
            move = self.force.dispatch(order.id, self.clock.now, domain=rung.domain, role=role, place=place, errand=errand)
            if move is None:
                break
            key = key_of(order.id, "unit", number) if number else order.id
            sent.append(self._moved(Answer(key, order.id, order.case, move.unit, order.cell, self.clock.now, move.moved_us,
                                           move.on_station_us, move.left_us, move.distance_km), order, rung, number))
            left, number = left - self.force.units[move.unit].capacity, number + 1
        return self._stay(order, sent, rung.clear_km2) if sent else None

    def _stay(self, order: Order, sent: list[Answer], clear_km2: float) -> Stay:
        """When the answer of an order stands, with the units sent now and before."""
        coming = [answer for answer in sent if answer.on_station_us >= 0]
        there_us = max((answer.on_station_us for answer in coming), default=NEVER)
        if clear_km2 > 0:
            there_us = cleared_us([(a.on_station_us, self.force.units[a.unit].clears_km2_per_day) for a in coming], clear_km2)
            # The answer stands, in every table too, when the lane is clear.
            for answer in coming[-1:]:
                self.answers[self.answers.index(answer)] = answer._replace(
                    on_station_us=there_us if there_us < NEVER else -1, left_us=max(answer.left_us, min(there_us, NEVER - 1)))
        known = self.reached.get(order.id, NEVER)
        self.reached[order.id] = there_us if known == NEVER else max(known, there_us if there_us < NEVER else known)
        return Stay(there_us, min(answer.left_us for answer in sent))

    def _moved(self, answer: Answer, order: Order, rung: Rung, number: int) -> Answer:
        """Note a unit that was sent: it arrives, or is recalled on the way when its contribution is withdrawn."""
        gone_us = self.force.withdrawn_us[answer.unit]
        if gone_us <= answer.on_station_us:
            answer = answer._replace(on_station_us=-1, left_us=gone_us,
                                     moved_us=answer.moved_us if answer.moved_us < gone_us else -1)
            self.recalled += 1
            again = order._replace(strength=self.force.units[answer.unit].capacity)
            self.clock.at(gone_us, _DECISION, low40(answer.id), self.send, again, rung, _AGAIN + number)
        else:
            answer = answer._replace(left_us=min(answer.left_us, gone_us))
            self.clock.at(answer.on_station_us, _UNIT, low40(answer.id), self.on_arrival, answer)
        self.answers.append(answer)
        return answer
