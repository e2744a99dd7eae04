"""For how long what is kept; every table has a rule, and a rule's time is the policy's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, update

from gateway.ledger import forgetting as forgetting_module
from gateway.ledger import holds, look_ups
from gateway.ledger.closed_periods import ClosedPeriod, write
from gateway.ledger.forgetting import Forgetting, KeptBy
from gateway.ledger.ledger import Ledger
from gateway.ledger.retention import RULES, cutoffs, forget_some
from gateway.ledger.tables import absence, finding, look_up, mailbox_hour, message, metadata, refused_recipient
from gateway.ledger.writer import Writer
from gateway.policy.keeping import kept_since, read_span
from tests.harness.waiting import PATIENCE
from tests.ledger.given import START, Clock, Rules, an_answer, an_inquiry
from tests.ledger.rows import record_together, rows

ZONE = ZoneInfo("America/Toronto")
OF_A_MESSAGE = ("sighting", "sender", "notice", "outgoing", "service_case", "thread", "finding", "reopening")


def test_every_table_has_a_rule() -> None:
    assert set(RULES) == set(metadata.tables), "say in gateway/ledger/retention.py for how long rows of a new table are kept"


@pytest.mark.parametrize("name", sorted(RULES))
def test_what_goes_with_its_message_hangs_on_it(name: str) -> None:
    """The database deletes them; a table whose rule says so and has no such key would keep its rows for ever."""
    if "goes with" not in RULES[name].until:
        return
    parents = {key.column.table.name for key in metadata.tables[name].foreign_keys if key.ondelete == "CASCADE"}
    assert parents & {"message", "service_case"}


@pytest.mark.parametrize(
    ("text", "day"),
    [("90 days", "2026-08-18"), ("13 months", "2025-10-16"), ("2 years", "2024-11-16"), ("3 weeks", "2026-10-26"),
     ("9999 years", "0001-01-02")]
)  # fmt: skip
def test_spans(text: str, day: str) -> None:
    assert str(kept_since(text, START, ZONE).date()) == day


@pytest.mark.parametrize("text", ["", "soon", "0 days", "13", "-1 months", "13 months or so", "99999 days"])
def test_spans_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match="write it like 90 days"):
        read_span(text)


def forget(ledger: Ledger, now: datetime, keep: dict[str, str] | None = None, most: int = 1) -> dict[str, int]:
    erased: dict[str, int] = {}
    with ledger.writing() as connection:
        due = cutoffs(connection, keep or {}, now, ZONE)
    while True:
        with ledger.writing() as connection:
            some = forget_some(connection, due, most)
        if not some:
            return without_counts(erased)
        erased |= {name: erased.get(name, 0) + n for name, n in some.items()}


def without_counts(erased: dict[str, int]) -> dict[str, int]:
    """The breakers' hours are nobody's data, and gone after four weeks in every test here."""
    return {name: n for name, n in erased.items() if name != "mailbox_hour"}


def fill(ledger: Ledger, rules: Rules, clock: Clock) -> None:
    """An answered inquiry of September, an open one of November."""
    september = START - timedelta(days=60)
    clock.now = september
    record_together(ledger, rules, clock, an_inquiry("old", at=september, further_addresses=("other@example.org",)))
    record_together(
        ledger, rules, clock, an_answer("answer", ("canary.resident@example.org",), ("<old@example.org>",), september + timedelta(hours=1))
    )
    clock.now = START
    record_together(ledger, rules, clock, an_inquiry("new"))


def close(ledger: Ledger, month: str) -> None:
    with ledger.writing() as connection:
        write(connection, [ClosedPeriod(month, "", START, "p", "c", b"{}", "h")])


def test_a_message_goes_with_everything_that_hangs_on_it(ledger: Ledger, rules: Rules, clock: Clock) -> None:
    fill(ledger, rules, clock)
    now = START + timedelta(days=370)
    assert forget(ledger, now) == {"message": 2}
    assert [row["received_at"] for row in rows(ledger, message)] == [START]
    left = {row["id"] for row in rows(ledger, message)}
    for name in OF_A_MESSAGE:
        assert {row["message_id"] for row in rows(ledger, metadata.tables[name]) if "message_id" in row} <= left, name
    assert forget(ledger, now + timedelta(days=90)) == {"message": 1}
    assert not any(rows(ledger, metadata.tables[name]) for name in OF_A_MESSAGE)


def test_a_month_that_is_not_closed_is_kept_for_13_months(ledger: Ledger, rules: Rules, clock: Clock) -> None:
    fill(ledger, rules, clock)
    keep = {"cases": "10 days"}
    assert forget(ledger, START + timedelta(days=5), keep) == {}
    close(ledger, "2026-09")
    assert forget(ledger, START + timedelta(days=5), keep) == {"message": 2}
    assert forget(ledger, START + timedelta(days=20), keep) == {}, "November is open"


def test_what_is_reopened_later_counts_later(ledger: Ledger, rules: Rules, clock: Clock) -> None:
    fill(ledger, rules, clock)
    with ledger.writing() as connection:
        connection.execute(
            insert(metadata.tables["reopening"]).values(case_id=1, message_id=3, reopened_at=START, respond_by=START + timedelta(days=2))
        )
    assert forget(ledger, START + timedelta(days=370)) == {"message": 1}, "the answer; the case of the follow-up stays"


def test_findings_go_before_their_message(ledger: Ledger, rules: Rules, clock: Clock) -> None:
    fill(ledger, rules, clock)
    with ledger.writing() as connection:
        connection.execute(insert(finding).values(message_id=1, person="p", division="d", kind="signature", detail=[], at=START - timedelta(days=60)))
        connection.execute(update(message).where(message.c.id == 2).values(findings={"compliant": False}))
    assert forget(ledger, START + timedelta(days=29)) == {}
    assert forget(ledger, START + timedelta(days=31)) == {"finding": 1, "message.findings": 1}
    assert len(rows(ledger, message)) == 3


def test_small_tables(ledger: Ledger) -> None:
    hour = int(START.timestamp() // 3600)
    with ledger.writing() as connection:
        for until in (-1, 1):
            connection.execute(insert(absence).values(person=f"p{until}", until=START + timedelta(days=until), alternates=[]))
        for days in (13, 15):
            connection.execute(insert(refused_recipient).values(recipient=f"r{days}", refused_at=START - timedelta(days=days)))
        for hours in (28 * 24 - 1, 28 * 24 + 1):
            connection.execute(insert(mailbox_hour).values(mailbox="hr@toronto.example", hour=hour - hours, wanted=1))
        look_ups.note(connection, START - timedelta(days=800), "clerk", "correspondent", "h")
        look_ups.note(connection, START, "clerk", "correspondent", "h")
    assert forget(ledger, START) == {"absence": 1, "refused_recipient": 1, "look_up": 1}
    assert len(rows(ledger, look_up)) == len(rows(ledger, mailbox_hour)) == 1


def run_once(ledger: Ledger, with_writer: Callable[..., Any], now: datetime, keep: dict[str, str] | None = None) -> tuple[dict[str, int], str | None]:
    async def body(writer: Writer) -> tuple[dict[str, int], str | None]:
        forgetting = Forgetting(writer, lambda: KeptBy(keep or {}, ZONE, timedelta(0)), lambda: now)
        return without_counts(await forgetting.once()), forgetting.held

    found: tuple[dict[str, int], str | None] = with_writer(body)
    return found


def test_the_daily_run(ledger: Ledger, rules: Rules, clock: Clock, with_writer: Callable[..., Any]) -> None:
    fill(ledger, rules, clock)
    assert run_once(ledger, with_writer, START + timedelta(days=370)) == ({"message": 2}, None)


def test_nothing_goes_under_a_hold(ledger: Ledger, rules: Rules, clock: Clock, with_writer: Callable[..., Any]) -> None:
    fill(ledger, rules, clock)
    with ledger.writing() as connection:
        holds.set_hold(connection, START, "clerk", "request 17")
    later = START + timedelta(days=370)
    assert run_once(ledger, with_writer, later) == ({}, "request 17")
    with ledger.writing() as connection:
        assert holds.release(connection, START) == 1
    assert run_once(ledger, with_writer, later, {"hold": "litigation"}) == ({}, "litigation")
    assert run_once(ledger, with_writer, later)[0] == {"message": 2}


def test_a_run_without_a_good_policy_erases_nothing(ledger: Ledger, rules: Rules, clock: Clock, with_writer: Callable[..., Any]) -> None:
    fill(ledger, rules, clock)
    later = START + timedelta(days=1000)
    assert with_writer(lambda writer: Forgetting(writer, lambda: None, lambda: later).once()) == {}


@pytest.mark.parametrize("at", ["the start", "a later look"])
def test_a_clock_that_leaps_erases_nothing_at_once(at: str, ledger: Ledger, rules: Rules, clock: Clock, with_writer: Callable[..., Any]) -> None:
    """What it shows a day later is believed; in between it may have been put right."""
    fill(ledger, rules, clock)
    shown = [START + timedelta(days=20)]

    async def body(writer: Writer) -> list[tuple[bool, str | None]]:
        forgetting, found = Forgetting(writer, lambda: KeptBy({}, ZONE, timedelta(0)), lambda: shown[0]), []
        await forgetting.begin()
        if at == "a later look":
            assert not await forgetting.leapt()
        for days in (900, 901, 21, 900):
            shown[0] = START + timedelta(days=days)
            found.append((await forgetting.leapt(), forgetting.held))
        return found

    found = with_writer(body)
    assert [leapt for leapt, _ in found] == [True, False, False, True]
    assert found[0][1] == f"the clock is {900 if at == 'the start' else 880} days ahead of the newest record"


def test_the_runs_of_a_clock_that_leapt(
    ledger: Ledger, rules: Rules, clock: Clock, with_writer: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(ledger, rules, clock)
    monkeypatch.setattr(forgetting_module, "FIRST_AFTER", 0.0)
    left: list[int] = []

    async def body(writer: Writer) -> None:
        looked = asyncio.Event()

        def kept_by() -> KeptBy:
            looked.set()
            return KeptBy({}, ZONE, timedelta(0))

        forgetting = Forgetting(writer, kept_by, lambda: START + timedelta(days=900))
        run = asyncio.create_task(forgetting.run())
        async with asyncio.timeout(PATIENCE):
            while forgetting.held is None:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.01)
        left.append(len(rows(ledger, message)))
        assert not looked.is_set()
        run.cancel()

    with_writer(body)
    assert left == [3]


def test_deleted_rows_are_overwritten(ledger: Ledger, rules: Rules, clock: Clock, ledger_url: str) -> None:
    """Also in the free pages of the file and in its log."""
    fill(ledger, rules, clock)
    hashes = [row["correspondent"].encode() for row in rows(ledger, message)] + [
        row["hash"].encode() for row in rows(ledger, metadata.tables["thread"])
    ]
    forget(ledger, START + timedelta(days=1000))
    ledger.erase_remains()
    path = ledger_url.removeprefix("sqlite:///")
    for suffix in ("", "-wal"):
        with open(path + suffix, "rb") as file:  # noqa: PTH123
            octets = file.read()
        assert not [each for each in hashes if each in octets]


def test_steps_are_small_enough(ledger: Ledger, rules: Rules, clock: Clock, with_writer: Callable[..., Any]) -> None:
    """A thousand messages go, and whoever writes beside it waits for one step at most."""
    clock.now = START
    record_together(ledger, rules, clock, *(an_inquiry(f"m{number}", sender=f"s{number}@example.org") for number in range(400)))
    waits: list[float] = []

    async def body(writer: Writer) -> dict[str, int]:
        forgetting = Forgetting(writer, lambda: KeptBy({}, ZONE, timedelta(0)), lambda: START + timedelta(days=500))
        run = asyncio.create_task(forgetting.once())
        loop = asyncio.get_running_loop()
        while not run.done():
            before = loop.time()
            await writer.call(lambda _: None)
            waits.append(loop.time() - before)
            await asyncio.sleep(0.005)
        return await run

    assert without_counts(with_writer(body)) == {"message": 400}
    assert sorted(waits)[len(waits) // 2] < 0.05
