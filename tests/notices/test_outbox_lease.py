"""Notices that are due as they are written belong to the sender of this process from the first moment."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from unittest.mock import Mock

import pytest

from gateway.ledger import outbox_rows
from gateway.ledger.ledger import Ledger
from gateway.ledger.records import Lease
from gateway.ledger.tables import notice
from gateway.ledger.writer import Writer
from gateway.notices.outbox import Outbox
from tests.ledger.given import KEY, START, Clock, Rules, an_inquiry
from tests.ledger.rows import rows
from tests.notices.test_outbox import Hop

LEASE = timedelta(seconds=30)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger(f"sqlite:///{tmp_path}/gateway.db", key=KEY, clock=Clock())
    ledger.open()
    yield ledger
    ledger.close()


@pytest.fixture
def nothing_is_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is sent all the same was written under the lease."""
    monkeypatch.setattr(outbox_rows, "claim", lambda *_: [])


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(2000):
        if condition():
            return
        await asyncio.sleep(0.005)
    pytest.fail("the notices are never settled")


class Running(Clock):
    """As a real one: a notice is composed some time after its batch began, and due at that time."""

    def __call__(self) -> datetime:
        self.move(milliseconds=1)
        return self.now


async def sending(ledger: Ledger, hop: Hop, *senders: str) -> None:
    """Write one inquiry of each sender beside a running outbox, until all notices are settled."""
    clock = Running()
    writer = Writer(ledger, Rules(clock, cap=10**6))
    outbox = Outbox(writer, hop, clock, lease=LEASE)
    writer.use(outbox)
    waiting = [writer.submit(an_inquiry(each, f"{each}@example.org")) for each in senders]
    writer.start()
    await asyncio.gather(*waiting)
    running = asyncio.create_task(outbox.run())
    await until(lambda: {each["state"] for each in rows(ledger, notice)} == {"sent"})
    await outbox.stop(2)
    assert outbox.lease() is None, "one that ends takes nothing more"
    await running
    assert await writer.drain(10)


@pytest.mark.usefixtures("nothing_is_claimed")
def test_it_is_sent_without_being_claimed(ledger: Ledger) -> None:
    hop = Hop()
    asyncio.run(sending(ledger, hop, "anna", "boris"))
    assert sorted(each.rcpt_to for each in hop.got) == ["anna@example.org", "boris@example.org"]
    assert [each["attempts"] for each in rows(ledger, notice)] == [1, 1]


def test_what_is_only_settled_is_not_looked_for(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = Mock(side_effect=outbox_rows.claim)
    monkeypatch.setattr(outbox_rows, "claim", looks)
    hop = Hop()
    asyncio.run(sending(ledger, hop, *(f"n{number}" for number in range(40))))
    assert len(hop.got) == 40
    assert looks.call_count == 1, "the one at the start"


def test_a_sender_that_dies_frees_it_after_the_lease_and_what_had_no_room_is_free_at_once(ledger: Ledger) -> None:
    class Dead:
        def lease(self) -> Lease:
            return Lease("dead", START, START + LEASE, 1)

        def take(self, claimed: object) -> None:
            pass

    async def write() -> None:
        writer = Writer(ledger, Rules(Clock(), cap=10**6))
        writer.use(Dead())
        both = [writer.submit(an_inquiry(each, f"{each}@example.org")) for each in ("anna", "boris")]
        writer.start()
        await asyncio.gather(*both)
        assert await writer.drain(10)

    asyncio.run(write())
    with ledger.writing() as connection:
        [beyond_its_room] = outbox_rows.claim(connection, START, 10, LEASE, "other")
        assert (beyond_its_room.notice.rcpt_to, beyond_its_room.attempts) == ("boris@example.org", 0)
        freed = outbox_rows.claim(connection, START + LEASE, 10, LEASE, "a third")
    assert ("anna@example.org", 1) in {(each.notice.rcpt_to, each.attempts) for each in freed}
