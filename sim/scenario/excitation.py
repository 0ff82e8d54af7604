"""How acts bring about other acts, as a matrix: whether a chain of retaliation dies out, and how many acts it adds.

A mediator is told before any run when the replies that a scenario assumes would never end.
"""
from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from sim.scenario.errors import Key
from sim.scenario.shape import Fault
from sim.scenario.sight import Sight

if TYPE_CHECKING:
    from sim.foundation.streams import F64
    from sim.scenario.conduct import Conduct

NEAR_CRITICAL = 0.9
_SUM = 1e-6


class Kernel(Protocol):
    """What a kernel must tell: whose acts have how many offspring of which kind."""

    @property
    def kinds(self) -> tuple[str, ...]: ...
    @property
    def to_kind(self) -> str | None: ...
    @property
    def ratio(self) -> float: ...


class _Read(NamedTuple):
    """A kernel as it stands in a file."""

    kinds: tuple[str, ...]
    to_kind: str | None
    ratio: float


def branching(kinds: Sequence[str], kernels: Iterable[Kernel]) -> F64:
    """Mean direct offspring of kind i of one act of kind j, both sides together, shape (kinds, kinds).

    Sides mirror one another, so the spectral radius of this matrix is that of the one by kind and side.
    """
    import numpy as np

    matrix, row = np.zeros((len(kinds), len(kinds))), {kind: i for i, kind in enumerate(kinds)}
    for kernel in kernels:
        for kind in kernel.kinds or kinds:
            matrix[row[kernel.to_kind or kind], row[kind]] += kernel.ratio
    return matrix


def spectral_radius(matrix: F64) -> float:
    """Largest eigenvalue in size: below 1, every family of acts dies out."""
    import numpy as np

    return float(np.max(np.abs(np.linalg.eigvals(matrix)))) if matrix.size else 0.0


def first_share(conduct: Conduct, rate: F64) -> F64:
    """Share of each kind's acts that no other act brings about, (I − N) λ / λ; 1 where rates do not count offspring."""
    import numpy as np

    if not conduct.rates_count_offspring or not conduct.excitation:
        return np.ones(len(rate))
    matrix = branching([how.id for how in conduct.kinds], conduct.excitation)
    return np.where(rate > 0, np.maximum(1 - matrix @ rate / np.where(rate > 0, rate, 1.0), 0.0), 1.0)


def kernels_read(sight: Sight) -> list[Kernel]:
    """Kernels of a scenario whose shape is right."""
    found: list[Kernel] = []
    committed = sight.ids("conduct.kinds") or []
    for path, row in sight.rows("conduct.excitation.*"):
        ratio, kinds, to = sight.number((*path, "ratio")), row.get("kinds", []), row.get("to_kind")
        named = [*kinds, *([] if to is None else [to])] if isinstance(kinds, list) else [None]
        if ratio is not None and all(name in committed for name in named):
            found.append(_Read(tuple(kinds), to, ratio))
    return found


def endless(sight: Sight) -> Iterator[Fault]:
    """Chains of replies die out: the spectral radius of the branching matrix is below 1."""
    kernels = kernels_read(sight)
    radius = spectral_radius(branching(sight.ids("conduct.kinds") or [], kernels)) if kernels else 0.0
    if radius >= 1 - 1e-12:
        ratios = ", ".join(f"{row.get('id')}.ratio {row.get('ratio'):g}" for _, row in sight.rows("conduct.excitation.*")
                           if isinstance(row.get("ratio"), int | float))
        yield Fault(("conduct", "excitation"), f"the spectral radius of the branching matrix must be < 1, it is {radius:.6g}: "
                    "replies would never end", ratios, "", "key")


def offspring_above_rates(sight: Sight) -> Iterator[Fault]:
    """Where rates count offspring, no kind has more offspring than acts."""
    kernels, names = kernels_read(sight), sight.ids("conduct.kinds") or []
    if not kernels or sight.value(("conduct", "rates_count_offspring")) is not True:
        return
    matrix = branching(names, kernels)
    if spectral_radius(matrix) >= 1 - 1e-12:
        return
    paths = [path for path, row in sight.rows("conduct.kinds.*") if isinstance(row.get("id"), str)]
    rates = [sight.number((*path, "incidents_per_day")) or 0.0 for path in paths]
    for path, rate, born in zip(paths, rates, (matrix @ rates).tolist(), strict=True):
        if born > rate * (1 + 1e-9):
            yield Fault((*path, "incidents_per_day"), f"counts offspring, of which alone {born:.6g} a day are to be expected",
                        "raise it, lower the ratio, or set conduct.rates_count_offspring = false", f"{rate:g}")


def domains(sight: Sight) -> Iterator[Fault]:
    """Acts at sea bring about acts at sea, acts on land acts on land."""
    at = {row.get("id"): sight.value((*path, "domain")) for path, row in sight.rows("agreement.kinds.*")}
    names = sight.ids("conduct.kinds") or []
    for path, row in sight.rows("conduct.excitation.*"):
        to = row.get("to_kind")
        kinds = row.get("kinds") if isinstance(row.get("kinds"), list) and row.get("kinds") else names
        for kind in [name for name in kinds or () if to in at and name in at and at[name] != at[to]]:
            yield Fault((*path, "to_kind"), f"{kind} is an act on {at[kind]}, {to} one on {at[to]}", "", f"{to}")
            break


def regimes(sight: Sight) -> Iterator[Fault]:
    """Dated changes rise in time, a chain knows what follows each regime, and a run has one or the other."""
    yield from _dates(sight)
    if sight.value(("conduct", "chain")) is None:
        return
    if any(True for _ in sight.rows("conduct.path.*")):
        yield Fault(("conduct", "chain"), "regimes are dated (conduct.path) or follow by chance (conduct.chain), not both",
                    "", "", "key")
    yield from _stays(sight)
    for path, row in sight.rows("conduct.chain.next_share.*"):
        shares = [n for name in row if (n := sight.number((*path, name))) is not None]
        if len(shares) == len(row) and abs(math.fsum(shares) - 1) > _SUM:
            yield Fault(path, f"the shares must sum to 1, they sum to {math.fsum(shares):.6g}", "", "", "key")
        if path[-1] in row:
            yield Fault((*path, str(path[-1])), "a regime does not follow itself", "lengthen its mean stay", "", "key")


def _dates(sight: Sight) -> Iterator[Fault]:
    before = 0.0
    for path, _ in sight.rows("conduct.path.*"):
        hour = sight.number((*path, "from_h"))
        if hour is not None and hour <= before:
            yield Fault((*path, "from_h"), f"must be > {before:g}: changes of the regime stand in order of time", "", f"{hour:g}")
        before = before if hour is None else hour


def _stays(sight: Sight) -> Iterator[Fault]:
    """Each regime that a chain can be in has a mean stay and followers."""
    chain: Key = ("conduct", "chain")
    names = [sight.value(("conduct", "regime"))]
    names += [name for _, name in sight.select("conduct.chain.next_share.*.#")]
    for part in ("mean_stay_d", "next_share"):
        table = sight.value((*chain, part))
        for name in dict.fromkeys(names if isinstance(table, dict) else ()):
            if name not in table:
                yield Fault((*chain, part), f"{name} is missing: the chain can be in this regime", "", "", "key")


def with_offspring(per_day: Sequence[Any], sight: Sight) -> float:
    """Acts a day with all that they bring about, from the rates of the kinds in the order of the file."""
    kernels, names = kernels_read(sight), sight.ids("conduct.kinds") or []
    counted = sight.value(("conduct", "rates_count_offspring")) is True
    if counted or not kernels or len(names) != len(per_day):
        return math.fsum(per_day)
    import numpy as np

    matrix = branching(names, kernels)
    grows = spectral_radius(matrix) >= 1 - 1e-12
    return math.inf if grows else float(np.linalg.solve(np.eye(len(names)) - matrix, np.array(per_day)).sum())


RULES = (endless, offspring_above_rates, domains, regimes)
