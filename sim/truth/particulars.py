"""Particulars of acts that only some terms ask for: the class of weapon, notice given beforehand, harm to civilians.

A mediator finds here what makes an act lawful or graver and that no sensor reports; each is drawn by the id of the act.
"""
from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.area.line import Cells
from sim.area.terms import Announced
from sim.foundation.streams import F64, I64, mix_name, uniform
from sim.records import Acts
from sim.scenario.agreement import Agreement
from sim.scenario.area import Ground
from sim.scenario.conduct import Conduct, KindConduct
from sim.truth.acts import laws_of, normal, weapon_numbers

_HOUR_US = 3_600_000_000.0


class Told(NamedTuple):
    """Acts that were announced, by row, and the announcements as all can read them."""

    act: I64
    announced: Announced


def weapons(conduct: Conduct, agreement: Agreement, acts: Acts) -> I64:
    """Class of the weapon of each act, by its place in `weapon_classes`; −1 where its kind has none."""
    laws, row = laws_of(conduct, agreement), _rows(conduct, agreement)
    return weapon_numbers(acts.id, laws.weapon_share[row[acts.kind]])


def told(conduct: Conduct, agreement: Agreement, acts: Acts) -> Told:
    """Acts that a party announces: a share of each kind, a lognormal time before onset; late ones are announced too."""
    share, median, log_sd = (_column(conduct, agreement, name)[acts.kind] for name in
                             ("notified_share", "notice_median_h", "notice_log_sd"))
    rows = np.flatnonzero(acts.happens & (share > 0))
    rows = rows[_luck(acts, rows, "announced") < share[rows]]
    ahead = median[rows] * np.exp(log_sd[rows] * normal(_luck(acts, rows, "notice")))
    when = acts.onset_us[rows] - np.minimum(ahead * _HOUR_US, 2.0**61).astype(np.int64)
    return Told(rows, Announced(acts.kind[rows], acts.side[rows], acts.km[rows], acts.onset_us[rows], acts.end_us[rows], when))


def harmed(conduct: Conduct, agreement: Agreement, ground: Ground, cells: Cells, acts: Acts) -> NDArray[np.bool_]:
    """Whether an act harmed civilians: by whether it lands in a town, as often as the ground says, or in the countryside.

    Both are drawn by the id of the act. At sea there are no towns.
    """
    harm = np.array([_harm(how) for how in conduct.kinds]).reshape(-1, 2)[_rows(conduct, agreement)[acts.kind]]
    found = np.zeros(len(acts.id), dtype=bool)
    rows = np.flatnonzero(harm.any(axis=1))
    town = (_luck(acts, rows, "settlement") < ground.urban_share) & ~cells.sea[acts.cell[rows]]
    found[rows] = _luck(acts, rows, "harm") < np.where(town, harm[rows, 0], harm[rows, 1])
    return found


def _harm(how: KindConduct) -> tuple[float, float]:
    return how.harm_share.get("town", 0.0), how.harm_share.get("countryside", 0.0)


def _luck(acts: Acts, rows: I64, purpose: str) -> F64:
    """Fractions of some acts by name; none for none."""
    return uniform(mix_name(acts.id[rows], purpose)) if len(rows) else np.zeros(0)


def _rows(conduct: Conduct, agreement: Agreement) -> I64:
    """Row of conduct of each kind of the agreement; 0 for one that nobody commits."""
    row = {how.id: number for number, how in enumerate(conduct.kinds)}
    return np.array([row.get(kind.id, 0) for kind in agreement.kinds], dtype=np.int64)


def _column(conduct: Conduct, agreement: Agreement, name: str) -> F64:
    """A number of each kind of the agreement."""
    how = {kind.id: kind for kind in conduct.kinds}
    return np.array([float(getattr(how[kind.id], name)) if kind.id in how else 0.0 for kind in agreement.kinds])
