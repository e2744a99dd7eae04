"""The sender, with a hop that does what the test says."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from gateway.ledger import ledger as ledger_module
from gateway.ledger.ledger import Ledger
from gateway.ledger.records import Notice
from gateway.ledger.tables import message, notice, service_case
from gateway.ledger.writer import Writer
from gateway.notices import outbox as outbox_module
from gateway.notices.outbox import Outbox
from tests.ledger.given import HR, KEY, START, Clock, Rules, an_inquiry
from tests.ledger.rows import outgoing_count, record_together, rows


@dataclass(frozen=True)
class Said:
    code: int
    status: str | None = None


@dataclass
class Hop:
    """Answers by the first matching name in the recipient; 250 without one."""

    answers: dict[str, Any] = field(default_factory=dict)
    got: list[Notice] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    hold: asyncio.Event | None = None

    async def __call__(self, given: Notice) -> Said:
        self.got.append(given)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if self.hold is not None:
                await self.hold.wait()
            answer = next((answer for name, answer in self.answers.items() if name in given.rcpt_to), 250)
            if isinstance(answer, BaseException):
                raise answer
            await asyncio.sleep(0)
            return answer if isinstance(answer, Said) else Said(answer)
        finally:
            self.at_once -= 1


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    monkeypatch.setattr(ledger_module, "REST", 0.0)
    monkeypatch.setattr(outbox_module, "LOOK_EVERY", 0.05)
    ledger = Ledger(f"sqlite:///{tmp_path}/gateway.db", key=KEY, clock=clock)
    ledger.open()
    yield ledger
    ledger.close()


@dataclass
class Stage:
    ledger: Ledger
    clock: Clock
    hop: Hop
    writer: Writer
    outbox: Outbox
    running: asyncio.Task[None]

    async def write(self, *senders: str, **changes: Any) -> None:
        for each in senders:
            await self.writer.submit(an_inquiry(each, f"{each}@example.org"))
        self.outbox.wake()

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        for _ in range(2000):
            if condition():
                return
            await asyncio.sleep(0.005)
        pytest.fail(f"never: {what}; notices are {Counter(self.states().values())}")

    def states(self) -> dict[str, str]:
        return {each["key"]: each["state"] for each in rows(self.ledger, notice)}

    async def until_states(self, **expected: int) -> None:
        await self.until(lambda: Counter(self.states().values()) == Counter(expected), f"{expected}")


def play(ledger: Ledger, clock: Clock, body: Callable[[Stage], Awaitable[None]], hop: Hop | None = None, **options: Any) -> Hop:
    """Run `body` beside a running outbox, then stop it in good order."""
    hop = hop or Hop()

    async def main() -> None:
        writer = Writer(ledger, Rules(clock, cap=10**6))
        writer.start()
        outbox = Outbox(writer, hop, clock, chance=lambda: 0.5, **options)
        stage = Stage(ledger, clock, hop, writer, outbox, asyncio.create_task(outbox.run()))
        try:
            await body(stage)
            await outbox.stop(2)
            async with asyncio.timeout(5):
                await stage.running
        finally:
            stage.running.cancel()
            assert await writer.drain(10)

    asyncio.run(main())
    return hop


def test_a_written_notice_is_sent_once_and_acknowledges_its_case(ledger: Ledger, clock: Clock) -> None:
    async def body(stage: Stage) -> None:
        await stage.write("anna")
        await stage.until_states(sent=1)

    hop = play(ledger, clock, body)
    [sent] = hop.got
    assert (sent.mail_from, sent.rcpt_to, sent.mailbox) == ("", "anna@example.org", HR)
    [case] = rows(ledger, service_case)
    assert (case["acknowledged_at"], case["acknowledged_by"]) == (START, "machine")
    assert outgoing_count(ledger) == 0


@pytest.mark.parametrize("answer", [421, 451, 354, OSError("canary"), TimeoutError(), ZeroDivisionError("canary")])
def test_what_is_not_final_is_tried_again_with_the_same_message_id(ledger: Ledger, clock: Clock, answer: Any) -> None:
    hop = Hop({"anna": answer})

    async def body(stage: Stage) -> None:
        await stage.write("anna")
        await stage.until(lambda: rows(ledger, notice)[0]["last_code"] is not None or rows(ledger, notice)[0]["last_problem"] is not None, "tried")
        await asyncio.sleep(0.15)
        assert len(hop.got) == 1, "not before its time"
        hop.answers.clear()
        clock.move(minutes=1)
        await stage.until_states(sent=1)

    play(ledger, clock, body, hop)
    assert len({each.message_id for each in hop.got}) == 1
    assert len(hop.got) == 2
    assert "canary" not in repr(rows(ledger, notice))


def test_a_permanent_refusal_is_recorded_and_not_retried(ledger: Ledger, clock: Clock) -> None:
    async def body(stage: Stage) -> None:
        await stage.write("anna", "bert")
        await stage.until_states(refused=1, sent=1)
        clock.move(days=1)
        await asyncio.sleep(0.15)

    hop = play(ledger, clock, body, Hop({"anna": 550}))
    assert len(hop.got) == 2
    refused = next(each for each in rows(ledger, notice) if each["state"] == "refused")
    assert refused["last_code"] == 550
    assert [each["acknowledged_by"] for each in rows(ledger, service_case)] == [None, "machine"]
    assert outgoing_count(ledger) == 0


def test_why_an_address_beyond_ascii_was_refused_is_told_of_the_message(ledger: Ledger, clock: Clock) -> None:
    """Another address that is refused in the same words has no such excuse."""
    ascii_only = Said(553, "5.6.7")

    async def body(stage: Stage) -> None:
        await stage.write("åse", "anna")
        await stage.until_states(refused=2)

    play(ledger, clock, body, Hop({"åse": ascii_only, "anna": ascii_only}))
    assert {(each["last_code"], each["last_problem"]) for each in rows(ledger, notice)} == {(553, None), (553, "no-smtputf8")}
    assert {(each["reason"], each["is_inquiry"]) for each in rows(ledger, message)} == {("new-inquiry", True), ("no-smtputf8", True)}


def test_a_next_hop_that_stands_in_for_one_with_smtputf8_is_not_the_last_word(ledger: Ledger, clock: Clock) -> None:
    hop = Hop({"åse": Said(451, "4.6.7")})

    async def body(stage: Stage) -> None:
        await stage.write("åse")
        await stage.until(lambda: rows(ledger, notice)[0]["last_problem"] == "no-smtputf8", "tried")
        hop.answers.clear()
        clock.move(minutes=2)
        await stage.until_states(sent=1)

    play(ledger, clock, body, hop)
    assert [each["reason"] for each in rows(ledger, message)] == ["new-inquiry"]


def test_it_gives_up_after_its_time_with_a_record(ledger: Ledger, clock: Clock) -> None:
    def row() -> dict[str, Any]:
        return rows(ledger, notice)[0]

    async def body(stage: Stage) -> None:
        await stage.write("anna")
        for tried in range(1, 100):
            await stage.until(partial(lambda tried: len(stage.hop.got) == tried and row()["lease_token"] is None, tried), f"attempt {tried} settled")
            if row()["state"] != "waiting":
                return
            clock.now = row()["due_at"]

    hop = play(ledger, clock, body, Hop({"anna": 451}))
    assert len(hop.got) == 52, "at once, after 1, 5, 15 and 30 minutes, then every hour for two days"
    assert (row()["state"], row()["last_code"], row()["attempts"]) == ("expired", 451, 52)
    assert outgoing_count(ledger) == 0


def test_what_is_too_late_is_not_sent_at_all(ledger: Ledger, clock: Clock) -> None:
    """The gateway was away for longer than the notice is worth."""
    record_together(ledger, Rules(Clock(START - timedelta(days=3))), clock, an_inquiry())

    async def body(stage: Stage) -> None:
        await stage.until_states(expired=1)

    assert play(ledger, clock, body).got == []


def test_a_poisoned_notice_and_a_silent_hop_hold_up_nobody(ledger: Ledger, clock: Clock) -> None:
    class Poison(Exception):
        """What a bug of ours might raise."""

    names = [f"p{number}" for number in range(30)]

    async def body(stage: Stage) -> None:
        await stage.write("poison", *names)
        await stage.until_states(sent=30, waiting=1)

    hop = play(ledger, clock, body, Hop({"poison": Poison()}), at_once=3)
    assert hop.most_at_once <= 3
    poisoned = next(each for each in rows(ledger, notice) if each["state"] == "waiting")
    assert poisoned["last_problem"] == "Poison"


def test_a_backlog_is_sent_a_bounded_number_at_once(ledger: Ledger, clock: Clock) -> None:
    async def body(stage: Stage) -> None:
        stage.hop.hold = asyncio.Event()
        await stage.write(*(f"p{number}" for number in range(25)))
        await stage.until(lambda: stage.hop.at_once == 10, "ten at once")
        await asyncio.sleep(0.1)
        assert stage.hop.at_once == 10
        stage.hop.hold.set()
        await stage.until_states(sent=25)

    hop = play(ledger, clock, body)
    assert hop.most_at_once == 10
    assert len(hop.got) == 25


def test_stopping_lets_running_ones_finish_and_settles_them(ledger: Ledger, clock: Clock) -> None:
    async def body(stage: Stage) -> None:
        stage.hop.hold = asyncio.Event()
        await stage.write("anna")
        await stage.until(lambda: stage.hop.at_once == 1, "being sent")
        asyncio.get_running_loop().call_later(0.1, stage.hop.hold.set)

    play(ledger, clock, body)
    assert [each["state"] for each in rows(ledger, notice)] == ["sent"]


def test_stopping_begins_nothing_more(ledger: Ledger, clock: Clock) -> None:
    async def body(stage: Stage) -> None:
        stage.hop.hold = asyncio.Event()
        await stage.write(*(f"p{number}" for number in range(25)))
        await stage.until(lambda: stage.hop.at_once == 10, "ten at once")
        asyncio.get_running_loop().call_later(0.1, stage.hop.hold.set)

    assert len(play(ledger, clock, body).got) == 10
    assert Counter(each["state"] for each in rows(ledger, notice)) == Counter(sent=10, waiting=15)
    assert {each["lease_token"] for each in rows(ledger, notice)} == {None}, "the next sender need not wait"


def test_what_stopping_cuts_off_is_sent_again_by_the_next(ledger: Ledger, clock: Clock) -> None:
    async def cut_off(stage: Stage) -> None:
        stage.hop.hold = asyncio.Event()
        await stage.write("anna")
        await stage.until(lambda: stage.hop.at_once == 1, "being sent")
        await stage.outbox.stop(0.05)

    first = play(ledger, clock, cut_off)
    assert [(each["state"], each["last_problem"]) for each in rows(ledger, notice)] == [("waiting", "cut-off")]

    async def body(stage: Stage) -> None:
        await stage.until_states(sent=1)

    second = play(ledger, clock, body)
    assert second.got[0].message_id == first.got[0].message_id


def test_what_was_sent_while_the_ledger_is_locked_is_settled_later_and_not_sent_again(ledger: Ledger, clock: Clock, tmp_path: Path) -> None:
    async def body(stage: Stage) -> None:
        stage.hop.hold = asyncio.Event()
        await stage.write("anna")
        await stage.until(lambda: stage.hop.at_once == 1, "being sent")
        with closing(sqlite3.connect(tmp_path / "gateway.db", isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            stage.hop.hold.set()
            await stage.until(lambda: stage.ledger.state.why == "locked", "locked out")
            clock.move(minutes=10)
            other.execute("ROLLBACK")
        await stage.until_states(sent=1)

    hop = play(ledger, clock, body)
    assert len(hop.got) == 1
    assert rows(ledger, service_case)[0]["acknowledged_at"] == START


def test_a_lease_that_lapsed_all_the_same_does_not_make_us_send_twice(ledger: Ledger, clock: Clock) -> None:
    async def body(stage: Stage) -> None:
        stage.hop.hold = asyncio.Event()
        await stage.write("anna")
        await stage.until(lambda: stage.hop.at_once == 1, "being sent")
        clock.move(minutes=10)
        stage.outbox.wake()
        await stage.until(lambda: rows(ledger, notice)[0]["attempts"] == 2, "claimed again, by ourselves")
        stage.hop.hold.set()
        await stage.until_states(sent=1)

    assert len(play(ledger, clock, body).got) == 1


def test_a_long_attempt_keeps_its_lease(ledger: Ledger) -> None:
    """Two senders on one ledger, in real time: the lease is shorter than the attempt."""

    def real() -> datetime:
        return datetime.now(UTC)

    hop = Hop()

    async def main() -> None:
        writer = Writer(ledger, Rules(Clock(real())))
        writer.start()
        hop.hold = asyncio.Event()
        outboxes = [Outbox(writer, hop, real, lease=timedelta(seconds=0.3)) for _ in range(2)]
        running = [asyncio.create_task(each.run()) for each in outboxes]
        await writer.submit(an_inquiry("long"))
        await asyncio.sleep(1.2)
        hop.hold.set()
        for each in outboxes:
            await each.stop(2)
        await asyncio.gather(*running)
        assert await writer.drain(10)

    asyncio.run(main())
    assert len(hop.got) == 1
    [row] = rows(ledger, notice)
    assert (row["state"], row["attempts"]) == ("sent", 1), "renewed, never claimed again"


def test_two_senders_never_send_the_same_notice(ledger: Ledger, clock: Clock) -> None:
    async def body(stage: Stage) -> None:
        second = Outbox(stage.writer, stage.hop, clock)
        running = asyncio.create_task(second.run())
        await stage.write(*(f"p{number}" for number in range(60)))
        second.wake()
        await stage.until_states(sent=60)
        await second.stop(1)
        await running

    hop = play(ledger, clock, body)
    assert len(hop.got) == 60
    assert len({each.key for each in hop.got}) == 60
