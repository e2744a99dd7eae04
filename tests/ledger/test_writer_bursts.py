"""What comes in a burst is committed together, and nothing that was gathered for it is left behind."""

from __future__ import annotations

import asyncio
from typing import Any

from gateway.ledger import writer as writer_module
from gateway.ledger.ledger import Ledger
from gateway.ledger.writer import Writer
from tests.ledger.given import Rules, an_inquiry
from tests.ledger.rows import message, rows


def test_a_burst_is_one_commit(ledger: Ledger, rules: Rules, with_writer: Any, monkeypatch: Any) -> None:
    commits: list[int] = []
    writing = ledger.writing

    def counted() -> Any:
        commits.append(1)
        return writing()

    monkeypatch.setattr(ledger, "writing", counted)
    monkeypatch.setattr(writer_module, "LONGEST_BURST", 60.0)  # thirty rounds may take long on a busy machine

    async def body(writer: Writer) -> list[Any]:
        waiting = []
        for number in range(30):
            waiting.append(writer.submit(an_inquiry(f"burst-{number}")))
            await asyncio.sleep(0)  # a round of the loop between any two
        return await asyncio.gather(*waiting)

    assert len(with_writer(body)) == 30
    assert len(commits) == 1


def test_a_loop_that_was_closed_holds_up_no_other(ledger: Ledger, rules: Rules) -> None:
    writer = Writer(ledger, rules)
    writer.start()
    abandoned = asyncio.new_event_loop()

    async def leave() -> None:
        writer.submit(an_inquiry("left"))

    abandoned.run_until_complete(leave())
    abandoned.close()

    async def come() -> None:
        async with asyncio.timeout(10):
            await writer.submit(an_inquiry("came"))
        assert await writer.drain(10)

    asyncio.run(come())
    assert len(rows(ledger, message)) == 2
