"""The command line with a small world in place of the engine; run as a program by the tests.

FAKE_CODE stands for the digest of the code; FAKE_REPORT = 1 writes the real report.
"""

from __future__ import annotations

import os
import sys

import fake_engine

import sim.cli.work
from sim.cli import main
from sim.experiment import identity, machinery


def patch() -> None:
    machinery.real = lambda: fake_engine.FAKE
    machinery.catalogue = fake_engine.catalogue
    code = os.environ.get("FAKE_CODE", "fake code")
    identity.code_digest = lambda: code  # type: ignore[assignment]
    if not os.environ.get("FAKE_REPORT"):
        sim.cli.work.reporter = lambda lang="en": None  # type: ignore[assignment, return-value]


if __name__ == "__main__":
    patch()
    main(sys.argv[1:])
