"""Whether procedures, contributions and rungs hold together: rules of decision and the numbers that each of them needs.

A mediator learns before any run that a body decides unanimously with fewer than all its members, or that votes have no owner.
"""

from __future__ import annotations

from collections.abc import Iterator

from sim.scenario.errors import show
from sim.scenario.shape import Fault
from sim.scenario.sight import Sight


def _numbers(sight: Sight) -> Iterator[Fault]:
    """Members and consents fit the rule by which a body decides."""
    for path, row in sight.rows("response.procedures.*"):
        rule, members, needed = row.get("rule"), sight.number((*path, "members")), sight.number((*path, "needed"))
        if members is None or needed is None:
            continue
        if rule == "unanimity" and needed != members:
            yield Fault((*path, "needed"), f"unanimity needs the consent of all members, {members:g}", "", f"{needed:g}")
        if rule in ("delegated", "automatic") and members != 1:
            yield Fault((*path, "members"), f"{rule} means that one authority decides: members = 1", "", f"{members:g}")
        if rule == "co-chairs" and members < 2:
            yield Fault((*path, "members"), "co-chairs are at least 2", "", f"{members:g}")


def _automatic(sight: Sight) -> Iterator[Fault]:
    """What starts by itself is not refused."""
    for path, row in sight.rows("response.procedures.*"):
        for name in ("refusal_share", "common_refusal_share"):
            if row.get("rule") == "automatic" and (share := sight.number((*path, name))):
                yield Fault((*path, name), "an automatic answer asks nobody, so nobody refuses it: 0", "", f"{share:g}")


def _votes(sight: Sight) -> Iterator[Fault]:
    """Votes belong to members of a body that weighs them."""
    for path, row in sight.rows("response.procedures.*"):
        weights, members = row.get("weights"), sight.number((*path, "members"))
        if not sight.fine((*path, "weights")) or not isinstance(weights, list) or not weights:
            continue
        if row.get("rule") != "weighted":
            yield Fault((*path, "weights"), 'votes count only where rule = "weighted"', "", show(weights))
        elif members is not None and len(weights) > members:
            yield Fault((*path, "weights"), f"has votes of {len(weights)} members, the body has {members:g}", "", show(weights))


def _contributions(sight: Sight) -> Iterator[Fault]:
    """A contribution is there before it is withdrawn."""
    for path, _ in sight.rows("response.contributions.*"):
        begin, end = sight.number((*path, "from_d")), sight.number((*path, "withdrawn_d"))
        if begin is not None and end is not None and begin > end:
            yield Fault((*path, "withdrawn_d"), f"must be >= from_d, {begin:g}", "", f"{end:g}")


def _effects(sight: Sight) -> Iterator[Fault]:
    """What an answer can do sums to 1 at most, and is modelled for parties that neither adapt nor hide."""
    here = ("response", "feedback")
    if not isinstance(sight.value(here), dict):
        return
    ends, calms = sight.number((*here, "end_share")), sight.number((*here, "calm_share"))
    if ends is not None and calms is not None and ends + calms > 1 + 1e-9:
        yield Fault((*here, "calm_share"), f"with end_share, shares must sum to 1 at most, they sum to {ends + calms:g}", "",
                    f"{calms:g}")
    for name in ("adaptation", "obstruction", "complaints", "deception", "confusers", "replay"):
        if sight.value(("conduct", name)):
            yield Fault(here, f"is not modelled together with conduct.{name}", "run one without the other", "", "key")


RULES = (_effects, _numbers, _automatic, _votes, _contributions)
