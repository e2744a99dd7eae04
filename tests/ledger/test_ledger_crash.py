"""kill -9 at any moment: what was told to be recorded is recorded, and what is recorded is whole."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import func, select

from gateway.ledger.ledger import Ledger
from gateway.ledger.tables import message, notice, outgoing, service_case, sighting, thread
from tests.ledger.given import KEY, Clock, Rules, an_inquiry
from tests.ledger.rows import record_together, rows

CHILD = """
import asyncio, os, sys
from gateway.ledger.ledger import Ledger
from gateway.ledger.writer import Writer
from tests.ledger.given import KEY, Clock, Rules, an_inquiry

async def main(url, kill_after):
    clock = Clock()
    ledger = Ledger(url, key=KEY, clock=clock)
    ledger.open()
    rules, decided = Rules(clock, cap=10**6), 0

    def decide(examination, history):
        nonlocal decided
        decided += 1
        if decided == kill_after:
            os.kill(os.getpid(), 9)
        return rules(examination, history)

    writer = Writer(ledger, decide)
    writer.start()

    async def one_after_the_other(session):
        for number in range(1000):
            name = f"{session}-{number}"
            await writer.submit(an_inquiry(name))
            os.write(1, (name + "\\n").encode())

    await asyncio.gather(*(one_after_the_other(session) for session in range(5)))

asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""


@pytest.mark.parametrize("kill_after", [1, 6, 50, 171])
def test_killed_while_writing(tmp_path: Path, kill_after: int) -> None:
    url = f"sqlite:///{tmp_path}/gateway.db"
    child = subprocess.run([sys.executable, "-c", CHILD, url, str(kill_after)], capture_output=True, timeout=60, check=False, cwd=Path.cwd())
    assert child.returncode == -9, child.stderr.decode()[-2000:]
    told = {line for line in child.stdout.decode().splitlines() if line[0].isdigit() and "-" in line and " " not in line}

    ledger = Ledger(url, key=KEY, clock=Clock())
    ledger.open()
    recorded = {each["identity"] for each in rows(ledger, message)}
    assert {an_inquiry(name).identity for name in told} <= recorded
    with ledger.reading() as connection:
        counts = {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (sighting, service_case, notice, outgoing)
        }
        assert connection.execute(select(func.count()).select_from(thread)).scalar_one() == 2 * len(recorded)
    assert set(counts.values()) == {len(recorded)}, "a message is there with all that belongs to it, or not at all"

    clock = Clock()
    answers = record_together(
        ledger, Rules(clock, cap=10**6), clock, *(an_inquiry(f"{session}-{number}") for session in range(5) for number in range(60))
    )
    assert sum(each.repeated for each in answers) == len(recorded)
    ledger.close()
