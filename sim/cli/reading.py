"""Verbs that run no scenario: check, explain, report, new, prove.

A mediator learns what a file says, what is wrong with it and where every number comes from.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sim.cli import screen
from sim.cli.options import pair
from sim.cli.work import checked_files, given, load, reporter
from sim.experiment.refusals import BadInput, BadPlace, BadUsage


def check_files(
    files: Sequence[str],
    sets: Sequence[str],
    data: Sequence[str],
    *,
    strict: bool,
    as_json: bool,
    json_errors: bool,
) -> int:
    """Check each file and tell all that is wrong; exit code 0 or 3."""
    from sim.scenario.errors import ScenarioErrors

    checked_files(files)
    results: list[dict[str, Any]] = []
    code = 0
    for name in files:
        try:
            results.append(_checked(name, sets, data, strict=strict))
        except ScenarioErrors as errors:
            results.append({"file": name, "valid": False, "errors": [p._asdict() for p in errors.problems]})
            if not as_json:
                screen.say_faults(errors, as_json=json_errors)
        code = code if results[-1]["valid"] else 3
        if not as_json and results[-1].get("text"):
            _say(results[-1])
    if as_json:
        shown = [{k: v for k, v in one.items() if k != "text"} for one in results]
        screen.say_json({"valid": code == 0, "files": shown})
    return code


def _checked(name: str, sets: Sequence[str], data: Sequence[str], *, strict: bool) -> dict[str, Any]:
    from sim.scenario.check import remarks, run_time_s, strict_faults

    loaded = load(name, sets, data, to_run=False)
    faults = strict_faults(loaded) if strict else []
    seconds, count = run_time_s(loaded), loaded.scenario.study.replications
    text = f"{name}: valid; {count} replications take roughly {max(1, round(seconds))} s on one core"
    if faults:
        text = f"{name}: {len(faults)} numbers have no source (--strict)"
    return {
        "file": name,
        "valid": not faults,
        "remarks": remarks(loaded),
        "strict": faults,
        "run_time_s": seconds,
        "text": text,
    }


def _say(result: dict[str, Any]) -> None:
    screen.say(result["text"])
    for line in result["strict"]:
        screen.warn(f"error: {line}")
    for line in result["remarks"]:
        screen.say(f"warning: {line}")


def explain_file(file: str, key: str | None, sets: Sequence[str], data: Sequence[str], *, as_json: bool) -> None:
    """Print every value, or those at and below a key."""
    from sim.scenario.explain import explain

    checked_files([file])
    lines = explain(load(file, sets, data, to_run=False), key)
    if as_json:
        screen.say_json({"file": file, "lines": lines})
        return
    screen.say("\n".join(lines))


def report_run(path: Path, lang: str, *, quiet: bool) -> None:
    """Make the report of a finished run again."""
    from sim.experiment.place import refreshed, verify

    verify(path)
    from sim.report.languages import languages

    if lang not in languages():
        raise BadUsage(f"--lang {lang}: there is no such catalogue, only {', '.join(languages())}")
    given(lambda: refreshed(path, reporter(lang)))
    if not quiet:
        screen.say(str(path / "report.html"))


def write_starter(name: str, base: str) -> None:
    """Write NAME.toml in the current folder; an existing file is never touched."""
    from sim.scenario.starter import starter

    text = starter(base.removesuffix(".toml").rpartition("/")[2], name)
    path = Path(f"{name}.toml")
    try:
        with open(path, "x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise BadPlace(f"{path}: exists already and was left alone") from None
    except OSError as error:
        raise BadPlace(f"{path}: {error.strerror}") from None
    screen.say(f"{path} written; next: ceasefire check {path}")


def prove_family(
    family: str | None, sets: Sequence[str], n: int | None, seed: int | None, *, list_all: bool, as_json: bool
) -> None:
    """Print a proof, simulated beside exact, or the list of families."""
    from sim.experiment.prove import list_families, prove

    families = list_families()
    if list_all:
        screen.say_json(families) if as_json else screen.say("\n".join(sorted(families)))
        return
    if family is None:
        raise BadUsage("prove needs a FAMILY; ceasefire prove --list names them")
    if family.replace("_", "-") not in [name.replace("_", "-") for name in families]:
        from sim.scenario.errors import did_you_mean

        raise BadUsage(f"{family}: no such family of proofs {did_you_mean(family, families)}".strip())
    setup = {key: _toml_value(key, text) for key, text in map(pair, sets)}
    try:
        found = prove(family, setup, n=n, seed=1 if seed is None else seed)
    except ValueError as error:
        raise BadInput(f"prove {error}") from None
    screen.say_json(found) if as_json else screen.say(_proof_table(found))


def _toml_value(key: str, text: str) -> Any:
    import tomllib

    try:
        tree = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        raise BadInput(f"--set {key}={text}: is not a TOML value") from None
    if set(tree) != {"value"}:
        raise BadInput(f"--set {key}={text}: is more than one TOML value")
    return tree["value"]


def _proof_table(found: dict[str, Any]) -> str:
    rows = [("name", "exact", "simulated", "standard error"), *_proof_rows(found["exact"], found["simulated"], "")]
    return "\n".join([f"{found['family']}: {json.dumps(found['setup'])}", *screen.columns(rows)])


def _proof_rows(exact: dict[str, Any], simulated: dict[str, Any], within: str) -> list[tuple[str, str, str, str]]:
    """One row a name; the names of a nested table follow it after a stroke."""
    rows = []
    for name, value in exact.items():
        beside = simulated.get(name)
        if isinstance(value, dict):
            rows += _proof_rows(value, beside or {}, f"{within}{name}/")
        elif isinstance(beside, list):
            cell = dict(enumerate(beside))
            rows += _proof_rows({f"[{i}]": v for i, v in enumerate(value)},
                                {f"[{i}]": cell[i] for i in cell if cell[i] is not None}, f"{within}{name}")
        else:
            cells = (_number(beside["estimate"]), _number(beside["se"])) if beside else ("", "")
            rows.append((f"{within}{name}", _number(value), *cells))
    return rows


def _number(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


__all__ = ["check_files", "explain_file", "prove_family", "report_run", "write_starter"]
