"""Erasure of one correspondent: their hashes, and what ties them to a message, go; what stays are counts that name nobody.

What the rules still need stays until they need it no more, and the daily run carries the erasure out then: the last days, by which caps,
stops and repeats are known, and an inquiry that waits for its answer, which could not be found without its thread.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, String, and_, cast, delete, exists, func, insert, literal, or_, select, union, update

from gateway.ledger.sending import STOP_AFTER_REFUSAL
from gateway.ledger.spans import in_any_span
from gateway.ledger.tables import (
    absence,
    declaration,
    erasure,
    finding,
    look_up,
    message,
    notice,
    refused_recipient,
    reopening,
    sender,
    service_case,
    survey_person,
    thread,
)

RULES_LOOK_BACK = STOP_AFTER_REFUSAL
"""How far the rules look back at a correspondent, unless a cap looks further."""

ANSWER_AWAITED = timedelta(days=90)
"""So long after an inquiry's answer was due it is still looked for."""


_WRITTEN = in_any_span(notice.c.created_at)


def ask(connection: Connection, hashes: Collection[str], now: datetime) -> None:
    """Remember what is to be erased: all that came before `now` (aware)."""
    connection.execute(delete(erasure).where(erasure.c.correspondent.in_(hashes)))
    connection.execute(insert(erasure), [{"correspondent": each, "asked_at": now} for each in hashes])


def asked(connection: Connection) -> list[tuple[str, datetime]]:
    """Erasures that are not complete."""
    return [(row.correspondent, row.asked_at) for row in connection.execute(select(erasure).order_by(erasure.c.asked_at))]


def erase_some(connection: Connection, who: str, asked_at: datetime, now: datetime, most: int, look_back: timedelta = RULES_LOOK_BACK) -> int:
    """Unlink up to `most` messages of the hash `who`, in the caller's transaction; 0 when only such are left as the rules need.

    With the last of them go the other rows about the person, and then the erasure itself.
    """
    needed_since = min(asked_at, now - look_back)
    ids = list(connection.execute(select(message.c.id).where(_of(who, asked_at), ~_needed(needed_since, now)).limit(most)).scalars())
    if ids:
        _unlink(connection, ids)
        return len(ids)
    _forget_person(connection, who, needed_since)
    if not any(awaited(connection, who, asked_at)):
        connection.execute(update(look_up).where(look_up.c.asked_of == who).values(asked_of=None))
        connection.execute(delete(erasure).where(erasure.c.correspondent == who))
    return 0


def awaited(connection: Connection, who: str, asked_at: datetime) -> tuple[int, int, int]:
    """Messages of `who`, mails to them, and findings that are still tied to them."""
    tied = (
        select(func.count()).select_from(message).where(_of(who, asked_at)),
        select(func.count()).select_from(notice).where(_WRITTEN, notice.c.correspondent == who, notice.c.created_at <= asked_at),
        select(func.count()).select_from(finding).where(finding.c.person == who, finding.c.at <= asked_at),
    )
    messages, notices, findings = (connection.execute(each).scalar_one() for each in tied)
    return messages, notices, findings


def _of(who: str, asked_at: datetime) -> Any:
    wrote = select(message.c.id).where(in_any_span(message.c.received_at), message.c.correspondent == who)
    also = select(sender.c.message_id).where(sender.c.hash == who)
    return and_(message.c.id.in_(union(wrote, also)), message.c.received_at <= asked_at)


def _needed(since: datetime, now: datetime) -> Any:
    of_message = service_case.c.message_id == message.c.id
    last_date = func.coalesce(service_case.c.respond_by, service_case.c.opened_at, type_=service_case.c.opened_at.type)
    unanswered = exists().where(of_message, service_case.c.responded_at.is_(None), last_date > now - ANSWER_AWAITED)
    again = exists().where(
        of_message, reopening.c.case_id == service_case.c.id, reopening.c.responded_at.is_(None), reopening.c.reopened_at > now - ANSWER_AWAITED
    )
    waits = exists().where(notice.c.message_id == message.c.id, notice.c.state == "waiting")
    return or_(message.c.received_at > since, unanswered, again, waits)


def _unlink(connection: Connection, ids: Sequence[int]) -> None:
    """Not deleted: the figures of its month count it."""
    cases = select(service_case.c.id).where(service_case.c.message_id.in_(ids))
    connection.execute(delete(thread).where(or_(thread.c.message_id.in_(ids), thread.c.case_id.in_(cases))))
    connection.execute(update(declaration).where(declaration.c.case_id.in_(cases)).values(why=None))  # people's words
    connection.execute(delete(sender).where(sender.c.message_id.in_(ids)))
    connection.execute(delete(finding).where(finding.c.message_id.in_(ids)))
    nobody = {"correspondent": None, "correspondent_domain": None}
    connection.execute(
        update(notice).where(notice.c.message_id.in_(ids)).values(**nobody, key=_erased(notice), internet_message_id=literal(""))
    )  # fmt: skip
    connection.execute(update(service_case).where(service_case.c.message_id.in_(ids)).values(correspondent=None, reference=_erased(service_case)))
    connection.execute(
        update(message).where(message.c.id.in_(ids)).values(**nobody, identity=_erased(message), evidence=None, trace=[], findings=None)
    )


def _erased(table: Any) -> Any:
    """Unique, and says nothing."""
    return literal("erased-") + cast(table.c.id, String)


def _forget_person(connection: Connection, who: str, since: datetime) -> None:
    """Rows about them that hang on no message of theirs."""
    connection.execute(delete(absence).where(absence.c.person == who))
    for row in connection.execute(select(absence.c.person, absence.c.alternates)).all():
        if who in row.alternates:
            others = [each for each in row.alternates if each != who]
            connection.execute(update(absence).where(absence.c.person == row.person).values(alternates=others))
    # That somebody wants no surveys must be known for good, or they would be asked again.
    connection.execute(delete(survey_person).where(survey_person.c.person == who, survey_person.c.opted_out_at.is_(None)))
    connection.execute(update(survey_person).where(survey_person.c.person == who).values(asked_at=None))
    connection.execute(delete(refused_recipient).where(refused_recipient.c.recipient == who))
    connection.execute(delete(finding).where(finding.c.person == who, finding.c.at <= since))
    written = and_(_WRITTEN, notice.c.correspondent == who, notice.c.state != "waiting", notice.c.created_at <= since)
    connection.execute(update(notice).where(written).values(correspondent=None, correspondent_domain=None))
