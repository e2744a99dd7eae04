"""Leases, settling and erasure, as two senders see them."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import update

from gateway.ledger import outbox_rows
from gateway.ledger.ledger import Ledger
from gateway.ledger.outbox_rows import LONGEST_LEASE, Settlement
from gateway.ledger.records import Claimed, NoticeState
from gateway.ledger.writer import Writer
from tests.ledger.given import EQUITY, HR, RESIDENT, START, Clock, Rules, a_notice, an_inquiry
from tests.ledger.rows import notice, outgoing_count, record_together, rows, service_case

LEASE = timedelta(seconds=30)
KEY_OF_ONE = a_notice(an_inquiry()).key


def claim(ledger: Ledger, clock: Clock, token: str = "a", room: int = 10) -> list[Claimed]:
    with ledger.writing() as connection:
        return outbox_rows.claim(connection, clock(), room, LEASE, token)


def settle(ledger: Ledger, *settlements: Settlement) -> None:
    with ledger.writing() as connection:
        outbox_rows.settle(connection, settlements)


def test_a_claimed_notice_is_as_it_was_written(ledger: Ledger, rules: Rules, clock: Clock) -> None:
    inquiry = an_inquiry()
    record_together(ledger, rules, clock, inquiry)
    [claimed] = claim(ledger, clock)
    assert claimed.notice == a_notice(inquiry)
    assert (claimed.attempts, claimed.lease_token) == (0, "a")


def test_the_oldest_due_come_first_and_no_more_than_there_is_room(ledger: Ledger, rules: Rules, clock: Clock) -> None:
    for number in (3, 1, 2):
        rules.clock = Clock(START - timedelta(minutes=number))
        record_together(ledger, rules, clock, an_inquiry(f"n{number}"))
    rules.clock = Clock(START + timedelta(seconds=1))
    record_together(ledger, rules, clock, an_inquiry("not due"))
    with ledger.reading() as connection:
        assert outbox_rows.next_due(connection) == START - timedelta(minutes=3)
        assert outbox_rows.waiting_count(connection) == 4
    first = claim(ledger, clock, room=2)
    assert [each.notice.not_before for each in first] == [START - timedelta(minutes=3), START - timedelta(minutes=2)]
    assert len(claim(ledger, clock)) == 1
    assert claim(ledger, clock, room=0) == []


def test_a_lease_hides_from_others_until_it_lapses(ledger: Ledger, rules: Rules, clock: Clock) -> None:
    record_together(ledger, rules, clock, an_inquiry())
    assert claim(ledger, clock, "a")
    assert claim(ledger, clock, "b") == []
    clock.move(seconds=29)
    with ledger.writing() as connection:
        outbox_rows.renew(connection, [KEY_OF_ONE], clock() + LEASE, "a")
        outbox_rows.renew(connection, [KEY_OF_ONE], clock() + timedelta(days=1), "b")
    clock.move(seconds=29)
    assert claim(ledger, clock, "b") == []
    clock.move(seconds=1)
    [claimed] = claim(ledger, clock, "b")
    assert claimed.attempts == 1


def test_a_notice_whose_senders_die_is_offered_ever_more_rarely(ledger: Ledger, rules: Rules, clock: Clock) -> None:
    record_together(ledger, rules, clock, an_inquiry())
    spans = []
    for _ in range(9):
        assert claim(ledger, clock)
        due = rows(ledger, notice)[0]["due_at"]
        spans.append((due - clock()) / LEASE)
        clock.now = due
    assert spans == [1, 2, 4, 8, 16, *[LONGEST_LEASE] * 4]


@pytest.mark.parametrize("state", ["sent", "refused", "expired", "dropped"])
def test_settling_erases_address_and_text_in_the_same_transaction(ledger: Ledger, rules: Rules, clock: Clock, state: NoticeState) -> None:
    record_together(ledger, rules, clock, an_inquiry())
    claim(ledger, clock)
    at = START + timedelta(seconds=2)
    settle(ledger, Settlement(KEY_OF_ONE, "a", state, at, code=250))
    [settled] = rows(ledger, notice)
    assert (settled["state"], settled["settled_at"], settled["last_code"], settled["lease_token"]) == (state, at, 250, None)
    assert outgoing_count(ledger) == 0
    clock.move(days=9)
    assert claim(ledger, clock) == []


def test_a_retry_keeps_everything_and_waits(ledger: Ledger, rules: Rules, clock: Clock) -> None:
    record_together(ledger, rules, clock, an_inquiry())
    claim(ledger, clock)
    settle(ledger, Settlement(KEY_OF_ONE, "a", "waiting", START, START + timedelta(minutes=1), 451))
    assert outgoing_count(ledger) == 1
    assert claim(ledger, clock) == []
    clock.move(minutes=1)
    [claimed] = claim(ledger, clock)
    assert claimed.attempts == 1
    assert rows(ledger, notice)[0]["settled_at"] is None


@pytest.mark.parametrize(("state", "expected"), [("waiting", "waiting"), ("refused", "waiting"), ("expired", "waiting"), ("sent", "sent")])
def test_who_lost_the_lease_may_only_say_that_it_was_sent(
    ledger: Ledger, rules: Rules, clock: Clock, state: NoticeState, expected: NoticeState
) -> None:
    record_together(ledger, rules, clock, an_inquiry())
    claim(ledger, clock, "a")
    clock.move(minutes=1)
    claim(ledger, clock, "b")
    settle(ledger, Settlement(KEY_OF_ONE, "a", state, clock(), clock()))
    assert rows(ledger, notice)[0]["state"] == expected
    assert outgoing_count(ledger) == (1 if expected == "waiting" else 0)


def test_a_settled_notice_is_not_settled_again(ledger: Ledger, rules: Rules, clock: Clock) -> None:
    record_together(ledger, rules, clock, an_inquiry())
    claim(ledger, clock)
    settle(ledger, Settlement(KEY_OF_ONE, "a", "refused", START, code=550))
    settle(ledger, Settlement(KEY_OF_ONE, "a", "sent", START, code=250))
    assert rows(ledger, notice)[0]["state"] == "refused"


def test_a_settlement_for_a_ledger_that_is_gone_touches_nothing_in_the_new_one(ledger: Ledger, rules: Rules, clock: Clock) -> None:
    """Row numbers start again at 1 there: what is settled must be the notice, not the number."""
    record_together(ledger, rules, clock, an_inquiry("in the new ledger"))
    settle(ledger, Settlement(KEY_OF_ONE, "a", "sent", START, code=250))
    assert rows(ledger, notice)[0]["state"] == "waiting"
    assert rows(ledger, service_case)[0]["acknowledged_at"] is None
    assert outgoing_count(ledger) == 1


def test_sent_acknowledges_every_case_it_speaks_for(ledger: Ledger, rules: Rules, clock: Clock) -> None:
    record_together(ledger, rules, clock, an_inquiry(mailboxes=(HR, EQUITY)), an_inquiry("other"))
    claim(ledger, clock)
    at = START + timedelta(seconds=7)
    settle(ledger, Settlement(KEY_OF_ONE, "a", "sent", at, code=250), Settlement(a_notice(an_inquiry("other")).key, "a", "refused", at, code=550))
    assert [(each["acknowledged_at"], each["acknowledged_by"]) for each in rows(ledger, service_case)] == [(at, "machine")] * 2 + [(None, None)]


def test_retry_and_drop_by_a_person(ledger: Ledger, rules: Rules, clock: Clock) -> None:
    record_together(ledger, rules, clock, *(an_inquiry(f"n{number}") for number in range(3)))
    claim(ledger, clock, room=2)
    settle(ledger, Settlement(a_notice(an_inquiry("n0")).key, "a", "waiting", START, START + timedelta(hours=1), 451))
    with ledger.writing() as connection:
        [first, *_] = outbox_rows.waiting(connection)
        assert (first.kind, first.mailbox, first.attempts) == ("acknowledgement", HR, 0)
        assert RESIDENT not in repr(outbox_rows.waiting(connection))
        assert outbox_rows.retry(connection, clock()) == 2, "the one that is being sent is left alone"
        assert outbox_rows.drop(connection, clock(), [3, 99]) == 1
        assert outbox_rows.retry(connection, clock(), [3]) == 0
    assert [each["state"] for each in rows(ledger, notice)] == ["waiting", "waiting", "dropped"]
    assert outgoing_count(ledger) == 2
    assert [each.notice_id for each in claim(ledger, clock)] == [1]


def test_retry_of_all_leaves_what_waits_for_its_day_or_for_room(ledger: Ledger, rules: Rules, clock: Clock) -> None:
    record_together(ledger, rules, clock, an_inquiry())
    with ledger.writing() as connection:
        connection.execute(update(notice).values(due_at=START + timedelta(days=1)))
        assert outbox_rows.retry(connection, clock()) == 0
        assert outbox_rows.retry(connection, clock(), [1]) == 1
    assert [each.notice_id for each in claim(ledger, clock)] == [1]


def test_after_settling_no_octet_of_anybody_is_on_the_disk(ledger: Ledger, ledger_url: str, rules: Rules, clock: Clock) -> None:
    """Free pages and the write-ahead log are searched too."""
    folder = Path(ledger_url.removeprefix("sqlite:///")).parent

    def everything() -> bytes:
        return b"".join(path.read_bytes() for path in folder.iterdir())

    async def main() -> None:
        writer = Writer(ledger, Rules(clock, cap=10**6, octets=b"canary text " * 800))
        writer.start()
        await asyncio.gather(*(writer.submit(an_inquiry(f"n{number}")) for number in range(40)))
        assert b"canary.resident" in everything()
        assert b"canary text" in everything()
        for _ in range(4):
            claimed = await writer.call(lambda connection: outbox_rows.claim(connection, clock(), 10, LEASE, "a"))
            done = [Settlement(each.notice.key, "a", "sent", clock(), code=250) for each in claimed]
            await writer.call(partial(outbox_rows.settle, settlements=done))
        assert await writer.drain(10)

    asyncio.run(main())
    assert outgoing_count(ledger) == 0
    assert b"canary" not in everything()
