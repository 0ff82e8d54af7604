"""Formulas beside the simulation: what textbooks say about the parts of a run that they cover, and where the two part.

A mediator sees that the machine agrees with known mathematics where there is some, and is warned where it does not.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from sim.experiment import findings
from sim.experiment.journal import Outcome
from sim.experiment.summary import collected, usable
from sim.measure.statistics import ratio_error
from sim.scenario.scenario import Scenario

MARK = "twin"
FACTS = ("served", "waited_h", "busy_h")
PART_AT = 4.0
"""Formula and simulation part when they lie more than so many standard errors from one another."""
_FEWEST = 2


class Twin(NamedTuple):
    """One number by formula and by simulation."""

    name: str
    unit: str
    formula: float | None
    simulated: float | None
    se: float | None
    replications: int
    parts: bool
    law: str
    reason: str = ""

    @property
    def told(self) -> str:
        """One line."""
        if self.formula is None or self.simulated is None:
            return f"{self.name}: no formula beside it ({self.reason})"
        verdict = "they part" if self.parts else "they agree"
        return f"{self.name}: formula {self.formula:.4g}, simulated {self.simulated:.4g} {self.unit}: {verdict} ({self.law})"


def counted(history: Any, scenario: Scenario) -> list[tuple[str, str, str, float, float]]:
    """Counts of one replication for the sentences, and the figures of its desk."""
    facts = [(MARK, "fact", name, float(history.facts[name]), 1.0) for name in FACTS if name in history.facts]
    return [*findings.counted_goals(history, scenario), *facts]


def twins(scenario: Scenario, outcomes: Sequence[Outcome]) -> list[Twin]:
    """All formulas that a run has beside it, or the reason why there is none."""
    kept = usable(outcomes)
    if len(kept) < _FEWEST:
        return []
    return [*_rates(scenario, kept), *_desk(scenario, kept)]


def _judged(name: str, unit: str, formula: float, top: Any, bottom: Any, law: str) -> Twin:
    """Compare a formula with a ratio of sums over replications."""
    n = len(top)
    if not bottom.sum():
        return Twin(name, unit, formula, None, None, n, False, law, "nothing was counted: 0 of 0")
    simulated, se = float(top.sum() / bottom.sum()), ratio_error(top, bottom)
    gap = abs(simulated - formula)
    parts = gap > PART_AT * se and not math.isclose(simulated, formula, rel_tol=1e-9, abs_tol=1e-12)
    return Twin(name, unit, formula, simulated, se, n, parts, law)


# ---- acts ----------------------------------------------------------------------------------------------


def _rates(scenario: Scenario, kept: Sequence[Outcome]) -> Iterator[Twin]:
    law = "rates in force, offspring included: (I − N)⁻¹ μ, Hawkes & Oakes 1974"
    why = _no_rates(scenario)
    if why:
        yield Twin("violations_per_day", "a day", None, None, None, len(kept), False, law, why)
        return
    from sim.experiment.worlds import expected_of
    from sim.foundation.streams import streams_of
    from sim.truth.regimes import spells_of

    days = int(np.ceil(scenario.days))
    expected = expected_of(scenario, spells_of(scenario.conduct, streams_of(0, 0), days=days)).sum(axis=(1, 2))
    span = scenario.days - scenario.warm_up_h / 24
    groups = collected(kept).get("violations_per_day", {})
    whole = groups.get(("all", ""))
    if whole is not None:
        yield _judged("violations_per_day", "a day", float(expected.sum()) / span, whole.top, whole.bottom, law)
    for kind, mean in zip(scenario.agreement.kinds, expected.tolist(), strict=True):
        pairs = groups.get(("kind", kind.id))
        if pairs is not None and mean > 0:
            bottom = np.full(len(kept), span)  # a replication without such an act has no row of its own
            yield _judged(f"violations_per_day, {kind.id}", "a day", mean / span, pairs.top, bottom, law)


def _no_rates(scenario: Scenario) -> str:
    """Why no formula gives the number of acts; empty where one does."""
    conduct = scenario.conduct
    if conduct.replay is not None:
        return "acts are recorded ones"
    if conduct.adaptation:
        return "parties adapt to what is found"
    if conduct.chain is not None:
        return "the regime is drawn anew in each replication"
    return ""


# ---- the desk ------------------------------------------------------------------------------------------


def _desk(scenario: Scenario, kept: Sequence[Outcome]) -> Iterator[Twin]:
    facts = {group: pairs.top for (by, group), pairs in collected(kept).get(MARK, {}).items() if by == "fact"}
    staff = scenario.verification.staff
    if not all(name in facts for name in FACTS) or not facts["served"].sum():
        return
    mean_h, cv2 = _service(staff.service_law, staff.service_median_min / 60, staff.service_log_sd)
    yield _judged("work_on_a_report_h", "h", mean_h, facts["busy_h"], facts["served"], f"mean of the {staff.service_law} law")
    yield _wait(scenario, facts, mean_h, cv2)


def _wait(scenario: Scenario, facts: dict[str, Any], mean_h: float, cv2: float) -> Twin:
    """Mean wait for an analyst, as if reports came evenly by chance and the staff were always the same."""
    from sim.measure.theory.queues import wait_of_service

    law, name = "M/G/c, Allen & Cunneen 1990: reports come evenly, no one leaves", "wait_for_analyst_h"
    staff, n = scenario.verification.staff, len(facts["served"])
    horizon_h = scenario.days * 24 + scenario.follow_up_h
    why = ""
    if staff.night_analysts != staff.analysts:
        why = "shifts change the staff"
    elif staff.queue_limit is not None or staff.patience_mean_h is not None:
        why = "reports are refused or given up"
    rate = float(facts["served"].sum()) / (n * horizon_h)
    if not why and rate * mean_h >= staff.analysts:
        why = "the desk is overloaded"
    if why:
        return Twin(name, "h", None, None, None, n, False, law, why)
    return _judged(name, "h", wait_of_service(rate, mean_h, staff.analysts, cv2), facts["waited_h"], facts["served"], law)


def _service(law: str, median_h: float, log_sd: float) -> tuple[float, float]:
    """Mean hours and squared variation of the work on one report; of all but the lognormal law the scale is the mean."""
    if law == "lognormal":
        return median_h * math.exp(log_sd**2 / 2), math.expm1(log_sd**2)
    return median_h, {"exponential": 1.0, "erlang2": 0.5, "fixed": 0.0, "uniform": 1 / 3}[law]


# ---- as files hold them --------------------------------------------------------------------------------


def records(found: Sequence[Twin]) -> list[dict[str, Any]]:
    """Entries of summary.json."""
    return [one._asdict() for one in found]


def sentence(found: Sequence[dict[str, Any]]) -> str:
    """One sentence for the screen; empty where no formula stands beside the run."""
    known = [one for one in found if one["formula"] is not None and one["simulated"] is not None]
    apart = [one for one in known if one["parts"]]
    if not known:
        return ""
    said = f"Formulas beside the simulation: {len(known) - len(apart)} of {len(known)} agree within {PART_AT:g} standard errors."
    named = "; ".join(
        f"{one['name']}: formula {one['formula']:.4g}, simulated {one['simulated']:.4g} ({one['law']})" for one in apart
    )
    return f"{said} They part in {named}." if apart else said
