"""Reminders against a real ledger: nobody is reminded of what was just answered, nobody twice, and what could not go out is told anew."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from gateway.judgement import declare
from gateway.ledger import declarations, outbox_rows
from gateway.ledger.ledger import Ledger
from gateway.ledger.outbox_rows import Settlement
from gateway.ledger.records import Claimed
from gateway.ledger.tables import declaration, notice, reminder, reopening, service_case
from gateway.notices.reminder import MOST_LINES
from gateway.policy.model import Contacts
from gateway.reminders import Reminders
from gateway.rulebook import Rulebook
from tests.warnings.staff_rig import HELP, Stage, absence, at, body, mail, opened, shipped, with_division

TUESDAY, WEDNESDAY = at("2026-11-17", "15:00"), at("2026-11-18", "08:31")
ASKED = "Anouk Canari <resident@example.org>"


@dataclass
class Straight:
    """In the writer's place: does the work at once, in a transaction of its own."""

    ledger: Ledger

    def call(self, work: Callable[[Connection], Any]) -> Any:
        done: Future[Any] = Future()
        try:
            with self.ledger.writing() as connection:
                done.set_result(work(connection))
        except Exception as error:  # noqa: BLE001 - as the writer does
            done.set_exception(error)
        return asyncio.wrap_future(done)


@dataclass
class Desk:
    stage: Stage
    rulebook: Rulebook
    woken: int = 0

    def asks(self, when: datetime, sender: str = ASKED) -> str:
        """One inquiry to Human Resources; its reference."""
        return self.stage.writes(when, mail(sender, "Is it open?", "hr@toronto.example"), direction="inbound").references[0]

    def look(self, now: datetime, *, others: Reminders | None = None) -> int:
        self.stage.now = now
        return asyncio.run((others or self.reminders()).look())

    def reminders(self) -> Reminders:
        stage = self.stage
        return Reminders(lambda: self.rulebook, stage.ledger, Straight(stage.ledger), lambda: stage.now, "", lambda: None)  # type: ignore[arg-type]

    def claim(self, now: datetime) -> list[Claimed]:
        with self.stage.ledger.writing() as connection:
            return [each for each in outbox_rows.claim(connection, now, 100, timedelta(seconds=30), "me") if each.notice.kind == "reminder"]

    def answer(self, reference: str, now: datetime) -> None:
        with self.stage.ledger.writing() as connection:
            connection.execute(update(service_case).where(service_case.c.reference == reference).values(responded_at=now, responded_by=1))

    def told(self) -> list[str]:
        return [each["occasion"] for each in self.stage.rows(reminder)]


@pytest.fixture(name="desk")
def _desk(tmp_path: Path) -> Iterator[Desk]:
    ledger = opened(tmp_path, at("2026-11-16"))
    yield Desk(Stage(ledger), shipped())
    ledger.close()


def text(claimed: Claimed) -> str:
    return " ".join(body(claimed.notice).split())


def test_answered_between_writing_and_sending(desk: Desk) -> None:
    """The mail that told of both is withdrawn as it is claimed; the next look tells of the other one alone."""
    first, second = desk.asks(at("2026-11-16", "10:00")), desk.asks(at("2026-11-16", "10:05"))
    assert desk.look(TUESDAY) == 1
    desk.answer(first, TUESDAY)
    assert desk.claim(TUESDAY) == []
    assert desk.told() == []
    assert desk.look(TUESDAY + timedelta(seconds=10)) == 1
    [claimed] = desk.claim(TUESDAY + timedelta(seconds=10))
    assert second in text(claimed)
    assert first not in text(claimed)
    assert [each["state"] for each in desk.stage.rows(notice) if each["kind"] == "reminder"] == ["dropped", "waiting"]


@pytest.mark.parametrize("what", ["moved", "declared"])
def test_declared_between_writing_and_sending(what: str, desk: Desk) -> None:
    reference = desk.asks(at("2026-11-16", "10:00"))
    assert desk.look(TUESDAY) == 1
    with desk.stage.ledger.writing() as connection:
        state = declarations.find(connection, reference)
        assert state is not None
        policy = desk.rulebook.policy
        if what == "moved":
            change = declare.moved(state, policy.divisions["internal-audit"], policy, TUESDAY, TUESDAY)
        else:
            change = declare.closed(state, "telephone", TUESDAY, TUESDAY, policy.zone)
        declarations.write(connection, state, change, who="somebody", why=None, now=TUESDAY)
    assert desk.claim(TUESDAY) == []
    assert desk.look(TUESDAY + timedelta(seconds=10)) == 0


def test_undone_after_an_answer_by_mail(desk: Desk) -> None:
    """The telephone call was another inquirer's: the mail that answered this one on the next day counts."""
    reference = desk.asks(at("2026-11-16", "10:00"))
    policy = desk.rulebook.policy
    called, answered = at("2026-11-16", "11:00"), at("2026-11-17", "09:00")

    def declared(change: Callable[[Any], Any]) -> Any:
        with desk.stage.ledger.writing() as connection:
            state = declarations.find(connection, reference)
            declarations.write(connection, state, change(state), who="somebody", why=None, now=answered)  # type: ignore[arg-type]
            return declarations.find(connection, reference)

    closed = declared(lambda state: declare.closed(state, "telephone", called, answered, policy.zone))
    assert (closed.responded_at, closed.responded_by, closed.acknowledged_at) == (called, None, at("2026-11-16", "10:00"))
    answer = mail("Noor Example <noor.example@toronto.example>", "Yes.", "resident@example.org", In_Reply_To="<1@toronto.example>")
    desk.stage.writes(answered, answer)
    undone = declared(lambda state: declare.undone(state, answered))
    assert (undone.responded_at, undone.responded_by) == (answered, 2)
    assert undone.last is None


def test_a_late_copy_of_a_moved_message_opens_nothing(desk: Desk) -> None:
    """As a watched mailbox sees it after the relay did."""
    stage, when = desk.stage, at("2026-11-16", "10:00")
    reference = desk.asks(when)
    policy = desk.rulebook.policy
    with stage.ledger.writing() as connection:
        state = declarations.find(connection, reference)
        assert state is not None
        change = declare.moved(state, policy.divisions["internal-audit"], policy, TUESDAY, TUESDAY)
        declarations.write(connection, state, change, who="somebody", why=None, now=TUESDAY)
    stage.number -= 1
    again = stage.writes(when, mail(ASKED, "Is it open?", "hr@toronto.example"), direction="inbound")
    assert (again.repeated, again.references, again.notices) == (True, (), 0)
    assert [each["mailbox"] for each in stage.rows(service_case)] == ["internal-audit@toronto.example"]
    assert [each["moved_from"] for each in stage.rows(service_case)] == [["hr@toronto.example"]]


def test_nothing_to_look_at_twice(desk: Desk) -> None:
    desk.asks(at("2026-11-16", "10:00"))
    assert [desk.look(TUESDAY), desk.look(TUESDAY), desk.look(TUESDAY + timedelta(hours=1))] == [1, 0, 0]
    assert desk.look(WEDNESDAY) == 1


def test_a_replica_that_was_slower_tells_nobody(desk: Desk) -> None:
    desk.asks(at("2026-11-16", "10:00"))
    desk.stage.now = TUESDAY
    slower = desk.reminders()
    wanted = slower._wanted(desk.rulebook.policy, TUESDAY)
    assert desk.look(TUESDAY) == 1
    with desk.stage.ledger.writing() as connection:
        assert slower._write(connection, wanted, desk.rulebook, TUESDAY) == 0, "it looks again in its transaction"
    row = {**desk.stage.rows(reminder)[0]}
    with pytest.raises(IntegrityError), desk.stage.ledger.writing() as connection:
        connection.execute(insert(reminder).values(**row))


def test_what_did_not_leave_before_closing_is_told_on_the_next_day(desk: Desk) -> None:
    desk.asks(at("2026-11-16", "10:00"))
    late = at("2026-11-17", "16:20")
    assert desk.look(late) == 1
    [claimed] = desk.claim(late)
    assert claimed.notice.give_up_at == at("2026-11-17", "16:30")
    with desk.stage.ledger.writing() as connection:
        outbox_rows.settle(connection, [Settlement(claimed.notice.key, "me", "expired", at("2026-11-17", "16:30"))])
    assert desk.look(at("2026-11-17", "16:40")) == 0
    assert desk.look(WEDNESDAY) == 1
    assert len(desk.told()) == 2


def test_a_follow_up_is_reminded_of_and_closed_by_declaration(desk: Desk) -> None:
    reference = desk.asks(at("2026-11-09", "10:00"))
    desk.answer(reference, at("2026-11-09", "12:00"))
    received = at("2026-11-16", "10:00")
    with desk.stage.ledger.writing() as connection:
        row = connection.execute(select(service_case)).one()
        values = {"case_id": row.id, "message_id": row.message_id, "reopened_at": received, "respond_by": at("2026-11-18", "10:00")}
        connection.execute(insert(reopening).values(**values))
    assert desk.look(TUESDAY) == 1
    [claimed] = desk.claim(TUESDAY)
    assert f"{reference} (inquiry), written again: received Monday, November 16, 2026, at 10 a.m." in text(claimed)
    zone = desk.rulebook.policy.zone
    with desk.stage.ledger.writing() as connection:
        state = declarations.find(connection, reference)
        assert state is not None
        change = declare.closed(state, "counter", TUESDAY, TUESDAY, zone)
        declarations.write(connection, state, change, who="somebody", why=None, now=TUESDAY)
        again = declarations.find(connection, reference)
    assert again is not None
    assert again.follow_up is None
    assert again.responded_by == 1, "the first answer stays what it was"
    assert desk.look(WEDNESDAY) == 0
    with desk.stage.ledger.writing() as connection:
        declarations.write(connection, again, declare.undone(again, WEDNESDAY), who="somebody", why=None, now=WEDNESDAY)
        undone = declarations.find(connection, reference)
    assert undone is not None
    assert undone.follow_up == state.follow_up
    assert desk.look(WEDNESDAY) == 1


def test_a_confidential_case_says_no_kind_and_a_long_list_is_cut(desk: Desk) -> None:
    for number in range(MOST_LINES + 2):
        desk.asks(at("2026-11-16", "10:00") + timedelta(seconds=number), f"Resident <resident{number}@example.org>")
    with desk.stage.ledger.writing() as connection:
        connection.execute(update(service_case).values(confidential=True))
    assert desk.look(TUESDAY) == 1
    [claimed] = desk.claim(TUESDAY)
    assert "2 more are not listed here." in text(claimed)
    assert text(claimed).count("received Monday") == MOST_LINES
    assert "(inquiry)" not in text(claimed)
    assert b"example.org" not in claimed.notice.octets


def test_an_address_that_cannot_stand_in_a_header_costs_only_that_mail(desk: Desk) -> None:
    contacts = replace(desk.rulebook.policy.divisions["human-resources"].contacts, reminders="bad address@toronto.example")
    assert isinstance(contacts, Contacts)
    desk.rulebook = with_division(desk.rulebook, contacts=contacts)
    desk.asks(at("2026-11-16", "10:00"))
    assert desk.look(TUESDAY) == 0
    assert desk.told() == []


@pytest.mark.parametrize(
    ("sender", "direction", "said", "outcome"),
    [
        ("hr-service-lead", "inbound", "NOT OURS Internal Audit", "taken"),
        ("hr-service-lead", "outbound", "KIND correspondence", "taken"),
        ("hr-director-office", "inbound", "AUCUNE RÉPONSE REQUISE", "taken"),
        ("noor.example", "outbound", "CLOSED BY TELEPHONE", "taken"),
        ("noor.example", "inbound", "CLOSED BY TELEPHONE", "foreign"),
        ("lee.elsewhere", "outbound", "CLOSED BY TELEPHONE", "foreign"),
        ("hr-service-lead", "outbound", "Thank you, I will see to it.", "not-understood"),
        ("hr-service-lead", "outbound", "NOT OURS the moon", "not-understood"),
        ("lee.elsewhere", "outbound", "Is this about us?", None),
    ],
    ids=str,
)
def test_who_may_declare_by_reply(sender: str, direction: str, said: str, outcome: str | None, desk: Desk) -> None:
    """A contact of the division by the address alone, since only who was reminded knows the Message-ID; a colleague only when proven."""
    desk.asks(at("2026-11-16", "10:00"))
    assert desk.look(TUESDAY) == 1
    [claimed] = desk.claim(TUESDAY)
    reply = mail(f"{sender}@toronto.example", f"{said}\n\nOn Tuesday we wrote:\n> NO ANSWER NEEDED\n", HELP, In_Reply_To=claimed.notice.message_id)
    recorded = desk.stage.writes(TUESDAY, reply, direction=direction)
    assert recorded.declaration == outcome
    assert recorded.references == ()
    assert len(desk.stage.rows(declaration)) == (outcome == "taken")


def test_a_line_to_the_gateway_wants_no_signature(desk: Desk) -> None:
    desk.stage.rulebook = desk.rulebook = with_division(desk.rulebook, signature={"warn_after": "at once"})
    desk.asks(at("2026-11-16", "10:00"))
    assert desk.look(TUESDAY) == 1
    [claimed] = desk.claim(TUESDAY)
    reply = mail("Noor Example <noor.example@toronto.example>", "CLOSED BY TELEPHONE\n", HELP, In_Reply_To=claimed.notice.message_id)
    assert desk.stage.writes(TUESDAY, reply).notices == 0


def test_an_automatic_reply_declares_nothing(desk: Desk) -> None:
    desk.asks(at("2026-11-16", "10:00"))
    assert desk.look(TUESDAY) == 1
    [claimed] = desk.claim(TUESDAY)
    reply = absence("hr-service-lead@toronto.example", "NO ANSWER NEEDED\n", HELP, In_Reply_To=claimed.notice.message_id)
    assert desk.stage.writes(TUESDAY, reply, direction="inbound").declaration is None
    assert desk.stage.rows(declaration) == []
