"""Cases as people who declare something of them need them, and what they declared. Decides nothing: that is `judgement.declare`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, or_, select, update

from gateway.judgement.declared import CaseState, Change, FollowUp, Undoable, What
from gateway.ledger.tables import declaration, message, reopening, service_case, thread
from gateway.message.thread import REFERENCE_ALPHABET

_STATE = tuple(name for name in CaseState.__slots__ if name not in ("case_id", "follow_up", "siblings", "last", "moved_from"))
_INSTANTS = frozenset(("acknowledge_by", "respond_by", "acknowledged_at", "responded_at"))


@dataclass(frozen=True, slots=True)
class Declared:
    """One declaration, as it is shown."""

    what: What
    happened_at: datetime
    declared_at: datetime
    declared_by: str
    channel: str | None
    why: str | None
    undone_at: datetime | None


def find(connection: Connection, reference: str, *, lock: bool = False) -> CaseState | None:
    """The case with this reference (upper case, no brackets). `lock`: for a writer, until its transaction ends."""
    wanted = select(service_case.c.id).where(service_case.c.reference == reference)
    found = connection.execute(wanted.with_for_update() if lock else wanted).scalar()
    return states(connection, [found])[found] if found is not None else None


def states(connection: Connection, case_ids: Iterable[int]) -> dict[int, CaseState]:
    """By case id; a fixed number of statements."""
    rows = {row.id: row for row in connection.execute(select(service_case).where(service_case.c.id.in_(list(case_ids))))}
    if not rows:
        return {}
    waiting = select(reopening).where(reopening.c.case_id.in_(rows), reopening.c.responded_at.is_(None)).order_by(reopening.c.id)
    follow_ups = {row.case_id: FollowUp(row.id, row.reopened_at, row.respond_by) for row in connection.execute(waiting)}
    holding = select(declaration).where(declaration.c.case_id.in_(rows), declaration.c.what != "reopen", declaration.c.undone_at.is_(None))
    answers = _answers_by_mail(connection, list(rows))
    last = {row.case_id: _undoable(row, answers.get(row.case_id, ())) for row in connection.execute(holding.order_by(declaration.c.id))}
    messages = {row.message_id for row in rows.values()}
    others = select(service_case.c.id, service_case.c.message_id, service_case.c.mailbox).where(service_case.c.message_id.in_(messages))
    mailboxes = connection.execute(others).all()
    return {
        case_id: CaseState(
            case_id=case_id,
            **{name: getattr(row, name) for name in _STATE},
            moved_from=tuple(row.moved_from or ()),
            follow_up=follow_ups.get(case_id),
            siblings=frozenset(each.mailbox for each in mailboxes if each.message_id == row.message_id and each.id != case_id),
            last=last.get(case_id),
        )
        for case_id, row in rows.items()
    }


def resembling(connection: Connection, reference: str) -> list[str]:
    """References that exist and differ in one character, or in the order of two neighbours."""
    places = range(len(reference))
    letters = sorted({*REFERENCE_ALPHABET, *"ABCDEFGHIJKLMNOPQRSTUVWXYZ"})
    near = {f"{reference[:each]}{letter}{reference[each + 1 :]}" for each in places for letter in letters if reference[each] != "-"}
    near |= {f"{reference[:each]}{reference[each + 1]}{reference[each]}{reference[each + 2 :]}" for each in places[:-1]}
    found = select(service_case.c.reference).where(service_case.c.reference.in_(near)).order_by(service_case.c.reference).limit(3)
    return list(connection.execute(found).scalars())


def write(connection: Connection, state: CaseState, change: Change, *, who: str, why: str | None, now: datetime) -> bool:
    """One declaration with its effect, in the caller's transaction. False: a person's mail that answers was quicker, and nothing is written."""
    if change.case:
        changed = update(service_case).where(service_case.c.id == change.case_id)
        if change.what == "close":
            changed = changed.where(or_(service_case.c.responded_at.is_(None), service_case.c.responded_at > change.at))
        if not connection.execute(changed.values(**change.case)).rowcount:
            return False
    if change.follow_up_id is not None and change.follow_up:
        connection.execute(update(reopening).where(reopening.c.id == change.follow_up_id).values(**change.follow_up))
    if change.undoes is not None:
        connection.execute(update(declaration).where(declaration.c.id == change.undoes).values(undone_at=now))
    connection.execute(insert(declaration).values(_row(state, change, who, why, now)))
    return True


def declared(connection: Connection, case_id: int) -> list[Declared]:
    """Everything that was declared of a case, oldest first."""
    found = select(*(declaration.c[name] for name in Declared.__slots__)).where(declaration.c.case_id == case_id).order_by(declaration.c.id)
    return [Declared(*row) for row in connection.execute(found)]


def _row(state: CaseState, change: Change, who: str, why: str | None, now: datetime) -> dict[str, Any]:
    before: dict[str, Any] = {"case": {name: _kept(getattr(state, name)) for name in change.case}}
    if change.follow_up_id is not None and state.follow_up is not None:
        answer = {"responded_at": None, "responded_by": None, "declared_channel": None, "respond_by": _kept(state.follow_up.respond_by)}
        before |= {"follow_up_id": change.follow_up_id, "follow_up": {name: answer[name] for name in change.follow_up}}
    return {
        "case_id": change.case_id,
        "what": change.what,
        "happened_at": change.at,
        "declared_at": now,
        "declared_by": who,
        "channel": change.channel,
        "why": why,
        "before": before,
    }


def _kept(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else list(value) if isinstance(value, tuple) else value


def _answers_by_mail(connection: Connection, case_ids: list[int]) -> dict[int, list[tuple[int, datetime]]]:
    """Mail by persons of staff in the thread of each case, other than the inquirer's own; oldest first."""
    found = (
        select(thread.c.case_id, message.c.id, message.c.received_at)
        .join(message, message.c.id == thread.c.message_id)
        .join(service_case, service_case.c.id == thread.c.case_id)
        .where(thread.c.case_id.in_(case_ids), message.c.direction == "outbound", message.c.from_staff, message.c.automatic_type.is_(None))
        .where(message.c.correspondent.is_distinct_from(service_case.c.correspondent))
        .order_by(message.c.received_at)
    )
    answers: dict[int, list[tuple[int, datetime]]] = {}
    for row in connection.execute(found):
        answers.setdefault(row.case_id, []).append((row.id, row.received_at))
    return answers


def _undoable(row: Any, answers: Iterable[tuple[int, datetime]]) -> Undoable:
    before: Mapping[str, Any] = row.before
    answered = next((each for each in answers if each[1] > row.happened_at), None)
    return Undoable(row.id, row.what, _values(before["case"]), before.get("follow_up_id"), _values(before.get("follow_up", {})), answered)


def _values(kept: Mapping[str, Any]) -> dict[str, Any]:
    return {name: datetime.fromisoformat(value) if name in _INSTANTS and value is not None else value for name, value in kept.items()}
