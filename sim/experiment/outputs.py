"""Files that an experiment leaves beside its journal, and the note that says where they come from.

A mediator who receives such a folder sees which scenario, seed and code gave every table in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from sim.experiment import tables
from sim.experiment.identity import Identity, machine, versions
from sim.experiment.place import Folder, digest_of, fault_of
from sim.experiment.run_folder import as_json


def put_results(folder: Folder, identity: Identity, files: Mapping[str, bytes]) -> None:
    """Write files, the resolved scenario and `provenance.json`; the journal remembers the digest of the last."""
    path = folder.path
    whole = {**files, "scenario.resolved.toml": identity.resolved.encode()}
    with fault_of(path):
        for name, content in whole.items():
            tables.put(path / name, content)
        provenance = as_json(
            {
                "status": tables.STATUS,
                "name": identity.name,
                "run": identity.digest,
                "scenario": identity.scenario,
                "seed": identity.seed,
                "code": identity.code,
                "versions": versions(),
                "platform": machine(),
                "files": {name: digest_of(path / name) for name in whole},
            }
        )
        tables.put(path / "provenance.json", provenance)
    folder.journal.tell({"provenance": sha256(provenance).hexdigest()})
