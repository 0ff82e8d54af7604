"""The verb `truth`: the world of a scenario alone, as pictures, tables and one screen of words.

A mediator sees what is assumed to happen, where and under which sky, before any design is judged against it.
"""
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sim.cli import screen
from sim.cli.work import Asked, checked_files, digests_of, given, load, luck, one_thread
from sim.experiment.refusals import LimitReached

if TYPE_CHECKING:
    from sim.experiment.identity import Identity
    from sim.experiment.place import Folder
    from sim.experiment.worlds import Worlds
    from sim.scenario.scenario import Scenario

FOLDER = Path("truth")
SUMMARY = "truth.json"
_ESTIMATES = (("gini", "Gini coefficient of acts over cells of the line", ""),
              ("top_tenth", "share of acts in the busiest tenth of the cells", ""),
              ("clear_sky_share", "share of looks that the sky lets through", ""),
              ("daylight_h_per_day", "hours of sun a day, mean over sectors", " h"),
              ("clear_daylight_h_per_day", "hours of sun under a clear sky a day", " h"))


class Seen(NamedTuple):
    """A world written down: where, whether it was there already, and what it says."""

    path: Path
    already: bool
    summary: dict[str, Any]

    @property
    def code(self) -> int:
        """Exit code: 4 if a world was cut short by a declared limit."""
        return LimitReached.code if self.summary["capped"] else 0


def show_truth(file: str, asked: Asked) -> int:
    """Draw the worlds of a scenario into a folder and say what they hold; the exit code."""
    one_thread()
    checked_files([file])
    loaded = load(file, asked.sets, asked.data)
    seed, count = luck(asked, loaded)
    found = given(lambda: _seen(loaded.scenario, seed, count, digests_of(loaded), asked))
    if asked.json:
        screen.say_json({"folder": str(found.path), "already_done": found.already, "code": found.code, **found.summary})
    elif not asked.quiet:
        for line in world_screen(found):
            screen.say(line)
    return found.code


def _seen(scenario: Scenario, seed: int, count: int, digests: dict[str, str], asked: Asked) -> Seen:
    from sim.experiment.identity import identify, with_study
    from sim.experiment.place import opened, verify
    from sim.experiment.worlds import worlds_of
    from sim.scenario.canonical import dump_toml

    whole, bare = with_study(scenario, seed=seed, replications=count), identify(scenario, seed=seed, digests=digests)
    # How many worlds are drawn changes every mean, so here it is part of the name.
    identity = bare._replace(scenario=f"{bare.scenario}, {count} worlds", resolved=dump_toml(whole))
    path = FOLDER / identity.folder if asked.out is None else Path(asked.out)
    worlds = None
    if not (path / "journal.sqlite").exists():
        worlds = worlds_of(whole, seed=seed, replications=count)  # bad input writes nothing
    with opened(path, identity, force=asked.force, kind="truth") as folder:
        if folder.journal.about()["state"] == "complete":
            verify(path)
            return Seen(path, True, _read(path))
        return _written(folder, identity, worlds or worlds_of(whole, seed=seed, replications=count))


def _read(path: Path) -> dict[str, Any]:
    import json

    found: dict[str, Any] = json.loads((path / SUMMARY).read_bytes())
    return found


def _written(folder: Folder, identity: Identity, worlds: Worlds) -> Seen:
    """Write figures, tables, summary and scenario, then close the books."""
    from sim.experiment import tables
    from sim.experiment.identity import machine, versions
    from sim.experiment.place import digest_of, fault_of, files_in, settled
    from sim.experiment.run_folder import as_json
    from sim.report.worldtables import tables_of_world
    from sim.report.worldview import figures_of_world
    from sim.scenario.canonical import dump_toml

    path, summary = folder.path, summary_of(identity, worlds)
    folder.begin_change()
    with fault_of(path):
        for table in tables_of_world(worlds):
            tables.put(path / f"{table.name}.csv", tables.csv_bytes(table.header, table.rows))
        for drawn in figures_of_world(worlds):
            tables.put(path / f"{drawn.name}.svg", drawn.svg.encode())
        tables.put(path / SUMMARY, as_json(summary))
        tables.put(path / "scenario.resolved.toml", dump_toml(worlds.stage.scenario).encode())
        listed = {name: digest_of(path / name) for name in files_in(path) if name != "journal.sqlite"}
        about = {"status": tables.STATUS, "name": identity.name, "truth": identity.digest, "scenario": identity.scenario,
                 "seed": identity.seed, "code": identity.code, "worlds": len(worlds.incidents), "versions": versions(),
                 "platform": machine(), "files": listed}
        tables.put(path / "provenance.json", as_json(about))
    settled(folder, {"state": "complete"})
    return Seen(path, False, summary)


def summary_of(identity: Identity, worlds: Worlds) -> dict[str, Any]:
    """What `truth.json` holds."""
    from sim.experiment.findings import CAVEAT
    from sim.experiment.tables import STATUS
    from sim.report.worldtables import by_kind_and_side, regimes, said_of

    said, scenario = said_of(worlds), worlds.stage.scenario
    kinds, spells = by_kind_and_side(worlds), regimes(worlds)
    estimates = (said.gini, said.top_tenth, said.clear, said.daylight_h, said.clear_day_h)
    return {
        "status": STATUS, "caveat": CAVEAT, "name": scenario.name, "title": scenario.title, "truth": identity.digest,
        "scenario": identity.scenario, "seed": identity.seed, "worlds": len(worlds.incidents), "days": scenario.days,
        "warm_up_h": scenario.warm_up_h, "level": 0.95, "capped": list(worlds.capped),
        "counts": [dict(zip(kinds.header[:-1], row[:-1], strict=True)) for row in kinds.rows],
        "regimes": [dict(zip(spells.header[:-1], row[:-1], strict=True)) for row in spells.rows],
        "figures": {name: {"meaning": meaning, **found._asdict()}
                    for (name, meaning, _), found in zip(_ESTIMATES, estimates, strict=True)},
        "hot_spots_of_first_world": {"gini": said.gini_spots, "top_tenth": said.top_tenth_spots},
    }


def world_screen(found: Seen) -> list[str]:
    """One screen: expected beside drawn, regimes, concentration, sky, light, and what it is not."""
    from sim.experiment.findings import figure

    s = found.summary
    head = f"{s['title'] or s['name']}: the world alone, {s['worlds']} worlds, seed {s['seed']}, {s['days']:g} days"
    lines = [head] + (["already done: nothing was drawn, nothing was written"] if found.already else [])
    lines += [f"CAPPED: {reason}" for reason in s["capped"][:3]]
    lines += ["", *_kind_rows(s["counts"]), "", "regimes of the first world: " + _spells(s["regimes"])]
    rows = []
    for name, _, unit in _ESTIMATES:
        value = s["figures"][name]
        rows.append((value["meaning"], "none" if value["estimate"] is None else figure(value["estimate"]) + unit,
                     "" if value["low"] is None else f"{figure(value['low'])} to {figure(value['high'])}"))
    return [*lines, "", *screen.columns(rows), "", screen.folded(s["caveat"]), f"folder: {found.path}"]


def _kind_rows(counts: Sequence[dict[str, Any]]) -> list[str]:
    from sim.experiment.findings import figure

    rows = [("kind", "side", "expected", "first world", "mean", "95 % interval", "counts", "n")]
    for row in counts:
        low, high = row["acts_mean_low_95"], row["acts_mean_high_95"]
        span = "" if low is None else f"{figure(low)} to {figure(high)}"
        rows.append((row["kind"], row["side"], figure(row["expected_acts"]), str(row["acts_first_world"]),
                     figure(row["acts_mean"]), span, figure(row["counts_mean"]), str(row["worlds"])))
    return screen.columns(rows, right=(2, 3, 4, 6, 7))


def _spells(rows: Sequence[dict[str, Any]]) -> str:
    shown = [f"{row['regime']} from {row['from_h'] / 24:g} d to {row['to_h'] / 24:g} d" for row in rows[:6]]
    return ", ".join(shown) + (f" and {len(rows) - 6} more spells" if len(rows) > 6 else "")


__all__ = ["Seen", "show_truth", "summary_of", "world_screen"]
