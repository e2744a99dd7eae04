"""Erasure and access of one correspondent: nothing is forgotten, nothing of anybody else goes, and the rules go on as before."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from gateway.ledger import erasure, look_ups
from gateway.ledger.ledger import Ledger
from gateway.ledger.reads import timeline
from gateway.ledger.tables import HASH, absence, finding, message, metadata, notice, refused_recipient, service_case, survey_person
from gateway.ledger.writer import Writer
from tests.harness.waiting import wait_for
from tests.ledger.given import RESIDENT, START, Clock, Rules, an_answer, an_inquiry
from tests.ledger.rows import record_together, rows

OF_AN_ADDRESS = {
    "message.correspondent", "sender.hash", "notice.correspondent", "service_case.correspondent", "finding.person", "absence.person",
    "refused_recipient.recipient", "survey_person.person", "look_up.asked_of", "erasure.correspondent",
}  # fmt: skip
OF_SOMETHING_ELSE = {
    "message.correspondent_domain", "notice.correspondent_domain",  # of a domain
    "thread.hash", "reminder.message_hash",  # of a Message-ID
    "automatic_reply.checked", "survey_code.code",  # of a text of ours
}  # fmt: skip


def test_it_is_known_what_each_hash_is_of() -> None:
    """Who adds a column for a hash adds it to erasure, access and re-keying, and then here."""
    found = {f"{table.name}.{column.name}" for table in metadata.tables.values() for column in table.columns if column.type is HASH}
    assert found == OF_AN_ADDRESS | OF_SOMETHING_ELSE


def who(ledger: Ledger, address: str = RESIDENT) -> str:
    found = ledger.pseudonyms.of_address(address)
    assert found
    return found


def erase(ledger: Ledger, now: datetime, asked_at: datetime | None = None) -> int:
    if asked_at is None:
        with ledger.writing() as connection:
            erasure.ask(connection, [who(ledger)], now)
    unlinked = 0
    while True:
        with ledger.writing() as connection:
            some = erasure.erase_some(connection, who(ledger), asked_at or now, now, 1)
        if not some:
            return unlinked
        unlinked += some


def all_about(ledger: Ledger, rules: Rules, clock: Clock) -> None:
    """An answered inquiry of the resident, one of somebody else in the same words, and a row in every table that can bear the hash."""
    record_together(ledger, rules, clock, an_inquiry("one", further_addresses=("canary.second@example.org",)))
    record_together(ledger, rules, clock, an_inquiry("theirs", sender="other@example.net"))
    record_together(ledger, rules, clock, an_answer("answer", (RESIDENT,), ("<one@example.org>",), START + timedelta(hours=1)))
    with ledger.writing() as connection:
        connection.execute(update(notice).values(state="sent", settled_at=START))
        connection.execute(insert(finding).values(message_id=2, person=who(ledger), division="d", kind="signature", detail=[], at=START))
        connection.execute(insert(absence).values(person=who(ledger), until=START, alternates=[]))
        connection.execute(insert(absence).values(person="colleague", until=START, alternates=[who(ledger), "x"]))
        connection.execute(insert(refused_recipient).values(recipient=who(ledger), refused_at=START))
        connection.execute(insert(survey_person).values(person=who(ledger), asked_at=START))
        look_ups.note(connection, START, "clerk", "correspondent", who(ledger))


def bearing(ledger: Ledger, hash_: str) -> set[str]:
    """Every column of the ledger that bears it, whatever its type."""
    return {
        f"{name}.{column}" for name, table in metadata.tables.items() for row in rows(ledger, table) for column, at in row.items() if hash_ in str(at)
    }


def test_nothing_bears_the_hash_afterwards(ledger: Ledger, rules: Rules, clock: Clock, ledger_url: str) -> None:
    all_about(ledger, rules, clock)
    assert bearing(ledger, who(ledger)) == OF_AN_ADDRESS - {"sender.hash", "erasure.correspondent"} | {"absence.alternates"}
    others = {name: len(rows(ledger, metadata.tables[name])) for name in ("message", "service_case", "sighting", "notice")}
    assert erase(ledger, START + timedelta(days=10)) == 1
    assert bearing(ledger, who(ledger)) == set()
    assert others == {name: len(rows(ledger, metadata.tables[name])) for name in others}, "the figures count them still"
    assert [row["alternates"] for row in rows(ledger, absence)] == [["x"]]
    assert timeline_of(ledger, RESIDENT) == timeline_of(ledger, "<one@example.org>") == ()
    assert timeline_of(ledger, "other@example.net"), "of nobody else"
    ledger.erase_remains()
    assert who(ledger).encode() not in Path(ledger_url.removeprefix("sqlite:///")).read_bytes()


def timeline_of(ledger: Ledger, question: str) -> tuple[Any, ...]:
    with ledger.reading() as connection:
        return timeline(connection, ledger.pseudonyms, question)


def test_the_further_address_of_a_sender_counts(ledger: Ledger, rules: Rules, clock: Clock) -> None:
    record_together(ledger, rules, clock, an_inquiry("one", sender="first@example.org", further_addresses=(RESIDENT,)))
    with ledger.writing() as connection:
        connection.execute(update(service_case).values(responded_at=START))
        connection.execute(update(notice).values(state="sent"))
    assert erase(ledger, START + timedelta(days=10)) == 1
    assert bearing(ledger, who(ledger)) == bearing(ledger, who(ledger, "first@example.org")) == set()


@pytest.mark.parametrize(("answered", "days", "goes"), [(False, 10, 0), (True, 3, 0), (True, 10, 1), (False, 120, 1)])
def test_what_the_rules_need_waits(ledger: Ledger, rules: Rules, clock: Clock, answered: bool, days: int, goes: int) -> None:
    """An inquiry that waits for its answer, and the last days; the daily run finishes it."""
    record_together(ledger, rules, clock, an_inquiry("one"))
    with ledger.writing() as connection:
        connection.execute(update(notice).values(state="sent"))
        connection.execute(update(service_case).values(responded_at=START if answered else None))
    now = START + timedelta(days=days)
    assert erase(ledger, now) == goes
    assert bool(rows(ledger, metadata.tables["erasure"])) == (not goes)
    if not goes:
        with ledger.writing() as connection:
            connection.execute(update(service_case).values(responded_at=now))
        assert erase(ledger, now + timedelta(days=8), asked_at=now) == 1
        assert rows(ledger, metadata.tables["erasure"]) == []


def test_an_erased_correspondent_is_answered_and_acknowledged_like_anybody(ledger: Ledger, rules: Rules, clock: Clock) -> None:
    """An answer to what waits is found; a repeat of these days is one; a new inquiry is new."""
    record_together(ledger, rules, clock, an_inquiry("one"))
    with ledger.writing() as connection:
        connection.execute(update(notice).values(state="sent"))
    erase(ledger, START + timedelta(days=1))
    [again] = record_together(ledger, rules, clock, an_inquiry("one"))
    assert again.repeated
    at = START + timedelta(days=2)
    record_together(ledger, rules, clock, an_answer("answer", (RESIDENT,), ("<one@example.org>",), at))
    assert [row["responded_at"] for row in rows(ledger, service_case)] == [at]
    erase(ledger, START + timedelta(days=30), asked_at=START + timedelta(days=1))
    clock.now = START + timedelta(days=31)
    [new] = record_together(ledger, rules, clock, an_inquiry("two", at=clock.now))
    assert new.references
    assert new.notices == 1


def test_a_person_who_wants_no_surveys_is_not_asked_after_erasure(ledger: Ledger) -> None:
    with ledger.writing() as connection:
        connection.execute(insert(survey_person).values(person=who(ledger), asked_at=START, opted_out_at=START))
    erase(ledger, START)
    assert [(row["asked_at"], row["opted_out_at"]) for row in rows(ledger, survey_person)] == [(None, START)]


def test_access_tells_every_row(ledger: Ledger, rules: Rules, clock: Clock) -> None:
    all_about(ledger, rules, clock)
    with ledger.writing() as connection:
        erasure.ask(connection, [who(ledger)], START)
        connection.execute(insert(notice).values(
            key="digest:1", kind="digest", division="d", mailbox="m", internet_message_id="<d@x>", correspondent=who(ledger), state="sent",
            due_at=START, give_up_at=START, created_at=START,
        ))  # fmt: skip
    found = [(each.what, each.detail.get("kind")) for each in timeline_of(ledger, RESIDENT.upper())]
    wanted = {
        "seen",
        "addressed",
        "case-opened",
        "answered",
        "found",
        "away",
        "stands-in",
        "no-such-recipient",
        "asked-to-rate",
        "looked-up",
        "erasure-asked",
    }
    assert wanted <= {what for what, _ in found}
    assert ("notice-written", "digest") in found
    assert sum(what == "seen" for what, _ in found) == 3, "their mail, the answer, and the mail that their finding is of"


def test_more_messages_than_one_statement_takes(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.ledger.reads._AT_ONCE", 2)
    with ledger.writing() as connection:
        for number in range(5):
            connection.execute(insert(message).values(
                identity=f"i{number}", direction="inbound", door="relay", listener="l", received_at=START, from_staff=False, is_inquiry=True,
                audience="public", kind="inquiry", language="en", reason="r", policy_version="p", trace=[], correspondent=who(ledger),
            ))  # fmt: skip
        assert len(connection.execute(select(message)).all()) == 5
    assert len(timeline_of(ledger, RESIDENT)) == 5


def test_what_a_reader_held_is_erased_once_it_is_gone(ledger: Ledger, rules: Rules, ledger_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing else need be written for that: the writer's thread tries again each second."""
    log = Path(ledger_url.removeprefix("sqlite:///") + "-wal")

    def size() -> int:
        return log.stat().st_size

    tried: list[bool] = []
    erase_remains = ledger.erase_remains

    def remembered() -> bool:
        tried.append(erase_remains())
        return tried[-1]

    monkeypatch.setattr(ledger, "erase_remains", remembered)
    writer = Writer(ledger, rules)
    writer.start()

    async def forget_beside_a_reader() -> None:
        await writer.submit(an_inquiry("one"))
        with ledger.reading() as connection:
            assert connection.execute(select(message.c.id)).all()
            await writer.call(lambda written: written.execute(update(message).values(evidence="gone")))
            await asyncio.to_thread(wait_for, lambda: tried, "it was tried")
            assert size()
        await asyncio.to_thread(wait_for, lambda: not size(), "the log is empty")
        assert await writer.drain()

    asyncio.run(forget_beside_a_reader())
    assert tried[0] is False
    assert tried[-1] is True
