"""Proofs: known answers beside what the engine finds when it is given the same setup.

A mediator sees that the machine which judges a ceasefire also gives the textbook answers, wherever a textbook has one.
"""
from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from sim.engine import prepare
from sim.experiment.proof_files import ProofFile, Run, Values, applies, completed, members, named, read_proof, scenario_of, worked
from sim.experiment.readings import Estimate, in_window, read_off
from sim.experiment.stages import STAGES, Sample
from sim.measure.theory import FAMILIES, keys_of
from sim.scenario.shipped import shipped


class Outcome(NamedTuple):
    """One name of a proof as simulated: the tables in which it stands, and its estimate."""

    within: str
    name: str
    estimate: Estimate


def list_families() -> dict[str, dict[str, Any]]:
    """Families of proofs: the keys of their setups, the names that can be simulated, and how many events by default."""
    return {family.replace("_", "-"): _about(family) for family in FAMILIES}


def _about(family: str) -> dict[str, Any]:
    file = _file(family)
    proof = read_proof(file) if file.is_file() else ProofFile({}, {}, ())
    names = [name.partition("[")[0] for run in proof.runs for name in run.data["simulated"]]
    return {"keys": keys_of(family), "simulated": list(dict.fromkeys(names)), "n": proof.proof.get("n") if names else None}


def _file(family: str) -> Path:
    return shipped("scenarios") / "proofs" / f"{family.replace('_', '-')}.toml"


def prove(family: str, setup: Mapping[str, Any], *, n: int | None = None, seed: int = 1) -> dict[str, Any]:
    """Work out a setup exactly, and simulate it with the engine.

    Parameters
    ----------
    family
        Name of a family, with hyphens or underscores.
    setup
        Keys of the family; lists are proven member by member.
    n
        Events to simulate for each answer; by default as the family's file says.
    seed
        Root seed.

    Returns
    -------
    dict
        `family`, `setup`, `n`, `simulated` (name → estimate and se; nested like the exact names) and `exact`.

    Raises
    ------
    ValueError
        For an unknown family, an unknown key or a value that makes no sense; the text names it, and what is known.
    """
    name = family.replace("-", "_")
    if name not in FAMILIES:
        raise ValueError(f"{family} is no family of proofs; the families are {', '.join(list_families())}")
    if n is not None and (isinstance(n, bool) or not isinstance(n, int) or n < 2):
        raise ValueError(f"n = {n!r}: must be a whole number of at least 2")
    exact = _exact(name, dict(setup))
    file = _file(name)
    if not file.is_file():
        raise ValueError(f"{family}: the proof file {file.name} is missing")
    proof = read_proof(file)
    found: dict[str, Any] = {}
    try:
        for number, run in enumerate(proof.runs):
            outcomes = _simulated(proof, run, number, dict(setup), exact, n=n, seed=seed)
            for outcome in _pooled(outcomes) if run.data.get("pooled") else outcomes:
                _place(found, outcome, exact)
    except (TypeError, KeyError, ArithmeticError) as error:
        raise ValueError(f"{_said(setup)}: cannot be simulated ({error}); the keys are {', '.join(keys_of(name))}") from None
    size = n if n is not None else proof.proof.get("n", 0)
    return {"family": name.replace("_", "-"), "setup": dict(setup), "n": size if found else 0, "simulated": found, "exact": exact}


def _exact(family: str, setup: Values) -> dict[str, Any]:
    """Closed forms; whatever they refuse becomes a ValueError that names the keys."""
    known = keys_of(family)
    for key, value in setup.items():
        if key not in known:
            raise ValueError(f"{key} = {value!r}: {family.replace('_', '-')} has no such key; its keys are {', '.join(known)}")
        if not _finite(value):
            raise ValueError(f"{key} = {value!r}: must be finite")
    given = _said(setup)
    try:
        return FAMILIES[family](**setup)
    except ValueError as error:
        raise ValueError(f"{given}: {error}; the keys are {', '.join(known)}") from None
    except (TypeError, KeyError, IndexError, AttributeError, ArithmeticError, RecursionError) as error:
        raise ValueError(f"{given}: cannot be worked out ({error}); the keys are {', '.join(known)}") from None


def _said(setup: Mapping[str, Any]) -> str:
    """Setup in one line, for messages."""
    return ", ".join(f"{key} = {value!r}" for key, value in setup.items()) or "an empty setup"


def _finite(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_finite, value))
    if isinstance(value, dict):
        return all(map(_finite, value.values()))
    return not isinstance(value, float) or math.isfinite(value)


def _simulated(file: ProofFile, run: Run, number: int, setup: Values, exact: Mapping[str, Any], *, n: int | None,
               seed: int) -> Iterator[Outcome]:
    """Run one world of a proof for every member of the setup that it belongs to."""
    rows = list(members(file, run, setup))
    size = max(run.n // len(rows), 2) if n is None else n
    for place, member in enumerate(rows):
        values = completed(file, run, member.values, n=size)
        if not applies(run, setup, values):
            continue
        wanted = {named(text, values): reading for text, reading in run.data["simulated"].items()}
        wanted = {name: reading for name, reading in wanted.items() if _known(exact, member.within, name)}
        if not wanted:
            continue
        samples = _samples(file, run, values, n=size, seed=seed, first=(number * 64 + place) * 1_000_000)
        for name, reading in wanted.items():
            how = {"reading": reading} if isinstance(reading, str) else reading
            at = how.get("at", 0)
            kept = samples
            if "window" in how:
                window = int(worked(how["window"], values))
                kept = [in_window(sample, least=int(values["m"]), window=window) for sample in samples]
            found = read_off(kept, how, at=worked(at, values) if isinstance(at, str) else at, unit_h=values["unit_h"])
            if found is not None:
                scale = float(worked(how["times"], values)) if "times" in how else 1.0
                table, bare = _parted(exact, name)
                yield Outcome(table or member.within, bare, Estimate(found.estimate * scale, found.se * abs(scale)))


def _pooled(outcomes: Iterator[Outcome]) -> Iterator[Outcome]:
    """Each name once: the mean over the members of a run, which are independent and count alike."""
    by_name: dict[tuple[str, str], list[Estimate]] = {}
    for outcome in outcomes:
        by_name.setdefault((outcome.within, outcome.name), []).append(outcome.estimate)
    for (within, name), parts in by_name.items():
        whole = Estimate(math.fsum(e.estimate for e in parts) / len(parts), math.hypot(*(e.se for e in parts)) / len(parts))
        yield Outcome(within, name, whole)


def _samples(file: ProofFile, run: Run, values: Values, *, n: int, seed: int, first: int) -> list[Sample]:
    """Replications of one world until as many events as wanted may be expected."""
    scenario, stage = scenario_of(file, run, values), STAGES[run.stage]
    prepared = prepare(scenario)
    count = max(math.ceil(n / values["events"]), 1 if run.unit == "violation" else 2)
    samples = []
    for r in range(count):
        if run.data.get("fresh") and r:  # what is laid out by the seed of phases, and not by the replication, anew each time
            monitoring = scenario.monitoring.model_copy(update={"phase_seed": first + r})
            prepared = prepare(scenario.model_copy(update={"monitoring": monitoring}))
        samples.append(stage(prepared, seed=seed, replication=first + r, unit=run.unit, only=run.data.get("only")))
    return samples


class _Spot(NamedTuple):
    """Where a name stands: a table, or a list and the place in it."""

    table: str
    place: int


def _spot(name: str) -> _Spot:
    """`absorb[1]` is the second of a list, `p_one` no list."""
    table, _, rest = name.partition("[")
    return _Spot(table, int(rest.removesuffix("]"))) if rest else _Spot(name, -1)


def _stands(exact: Mapping[str, Any], within: str, name: str) -> bool:
    table = exact.get(within)
    return bool(within) and isinstance(table, dict) and name in table


def _parted(exact: Mapping[str, Any], name: str) -> tuple[str, str]:
    """Table and name of `table/name`; a name that holds a stroke of its own, such as findings a year, stands by itself."""
    table, _, bare = name.rpartition("/")
    return ("", name) if name in exact else (table, bare)


def _known(exact: Mapping[str, Any], within: str, name: str) -> bool:
    """Whether the exact answers hold a name, in the table of its member, as a place of a list, or by itself."""
    table, bare = _parted(exact, name)
    if table:
        return _stands(exact, table, bare)
    spot = _spot(name)
    if spot.place >= 0:
        return isinstance(exact.get(spot.table), list) and spot.place < len(exact[spot.table])
    return _stands(exact, within, name) or exact.get(name) is not None


def _place(found: dict[str, Any], outcome: Outcome, exact: Mapping[str, Any]) -> None:
    """Put an estimate where its exact name stands: in the table of its member, in a list, beside the others, or both."""
    estimate, spot = outcome.estimate._asdict(), _spot(outcome.name)
    if spot.place >= 0:
        found.setdefault(spot.table, [None] * len(exact[spot.table]))[spot.place] = estimate
        return
    if _stands(exact, outcome.within, outcome.name):
        found.setdefault(outcome.within, {})[outcome.name] = estimate
    if outcome.name in exact and not isinstance(exact[outcome.name], dict):
        found[outcome.name] = estimate
