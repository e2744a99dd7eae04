"""A mistake on the command line is answered with one line on standard error, exit 2, and nothing else; a reader that left, with nothing."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("report", "--since", "2026-11-10", "--until", "2026-10-01"), "before it starts on 2026-11-10"),
        (("measure", "set", "internal-audit", "administrative-time", "--period", "2026-Q3"), "Missing argument 'VALUE'"),
        (("reprot",), "No such command 'reprot'"),
    ],
)
def test_one_line(arguments, said):
    answer = subprocess.run([sys.executable, "-m", "gateway", *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert said in answer.stderr
    assert len(answer.stderr.splitlines()) == 1


def test_a_reader_that_has_seen_enough():
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as closed:
        answer = subprocess.run(
            [sys.executable, "-m", "gateway", "schema", "policy"], stdout=closed, stderr=subprocess.PIPE, text=True, timeout=60, check=False
        )
    assert (answer.returncode, answer.stderr) == (141, "")
