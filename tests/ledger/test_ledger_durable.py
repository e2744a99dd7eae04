"""Nobody is told "recorded" before the disk has it. A kill cannot show that, since the kernel lives on: the system calls are watched."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOLD = "told: recorded"

LEDGER = f"""
import asyncio, os, sys
from gateway.ledger.ledger import Ledger
from gateway.ledger.writer import Writer
from tests.ledger.given import KEY, Clock, Rules, an_inquiry

async def main():
    ledger = Ledger(f"sqlite:///{{sys.argv[1]}}/gateway.db", key=KEY, clock=Clock())
    ledger.open()
    writer = Writer(ledger, Rules(Clock(), cap=10**6))
    writer.start()
    await writer.submit(an_inquiry("first"))
    os.write(2, b"start\\n")
    try:
        await writer.submit(an_inquiry("watched"))
        os.write(2, b"{TOLD}\\n")
    except Exception as error:
        os.write(2, (type(error).__name__ + str(error) + "\\n").encode())
    os._exit(0)

asyncio.run(main())
"""

WITHOUT_THREAD = f"""
import os, sys
from gateway.ledger.ledger import Ledger
from tests.ledger.given import KEY, Clock, Rules, an_inquiry
from tests.ledger.rows import record_together

ledger = Ledger(f"sqlite:///{{sys.argv[1]}}/gateway.db", key=KEY, clock=Clock())
ledger.open()
record_together(ledger, Rules(Clock()), Clock(), an_inquiry("first"))
os.write(2, b"start\\n")
try:
    record_together(ledger, Rules(Clock()), Clock(), an_inquiry("watched"))
    os.write(2, b"{TOLD}\\n")
except Exception as error:
    os.write(2, (type(error).__name__ + str(error) + "\\n").encode())
os._exit(0)
"""

JOURNAL = f"""
import os, sys
from pathlib import Path
from gateway.ledger.journal import Journal

journal = Journal(Path(sys.argv[1]))
journal.append({{}}, b"first")
os.write(2, b"start\\n")
try:
    journal.append({{}}, b"watched")
    os.write(2, b"{TOLD}\\n")
except Exception as error:
    os.write(2, (type(error).__name__ + str(error) + "\\n").encode())
os._exit(0)
"""


def watched(program: str, folder: Path, *options: str) -> tuple[list[str], str]:
    """The names of the system calls that write or sync, between "start" and the end; and what the program said."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed: Debian package strace")
    trace = folder / "trace"
    command = ["strace", "-f", "-o", str(trace), "-e", "trace=write,pwrite64,fsync,fdatasync", *options, sys.executable, "-c", program, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if "ptrace" in done.stderr:
        pytest.skip("tracing is not allowed here")
    calls = re.findall(r'^\d+ +(\w+)\((\d+)(?:, "([^"]*))?', trace.read_text(), re.MULTILINE)
    started = next(number for number, (_, _, text) in enumerate(calls) if text.startswith("start"))
    return [TOLD if text.startswith(TOLD) else name for name, _, text in calls[started + 1 :]], done.stderr


@pytest.mark.parametrize("program", [LEDGER, JOURNAL], ids=["ledger", "journal"])
def test_synced_between_the_last_write_and_the_word(tmp_path: Path, program: str) -> None:
    calls, _ = watched(program, tmp_path)
    before = calls[: calls.index(TOLD)]
    written = max(number for number, name in enumerate(before) if name == "pwrite64")
    assert {"fsync", "fdatasync"} & set(before[written:]), before


@pytest.mark.parametrize(
    ("program", "expected"),
    [pytest.param(WITHOUT_THREAD, "LedgerUnavailable.*io-error", id="ledger"), pytest.param(JOURNAL, "JournalFailed.*EIO", id="journal")],
)
def test_a_sync_that_fails_is_told(tmp_path: Path, program: str, expected: str) -> None:
    watched(program, tmp_path)
    before, _, after = (tmp_path / "trace").read_text().partition('"start')
    found = re.search(r"^(\d+) +(fsync|fdatasync)\(", after, re.MULTILINE)
    assert found, "there is a sync to fail"
    thread, sync = found.groups()
    nth = 1 + len(re.findall(rf"^{thread} +{sync}\(", before, re.MULTILINE))  # strace counts in each thread; these have one
    again = tmp_path / "again"
    again.mkdir()
    _, said = watched(program, again, "-e", f"inject={sync}:error=EIO:when={nth}+")
    assert re.search(expected, said), said
    assert TOLD not in said
