"""The outbox in the ledger: who may send which notice now, and what became of it. Never sends, never decides when to retry.

A row waits until `due_at`. Claiming moves `due_at` to the end of a lease and writes the claimer's token: other senders do not see
the row, and a sender that dies frees it by doing nothing. Settling deletes address and text in the same transaction.

    waiting ──claim──▶ waiting under lease ──2yz──▶ sent
       ▲                    │ ├──5yz──▶ refused
       └──retry, lease over─┘ ├──out of time──▶ expired
                              └──a person's word──▶ dropped
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Integer, Select, String, bindparam, delete, func, or_, select, update

from gateway.judgement.reasons import NO_SMTPUTF8
from gateway.ledger import dialect, reminder_rows
from gateway.ledger.prepared import Change, Query, Rows, Together
from gateway.ledger.records import Claimed, Lease, Notice, NoticeState
from gateway.ledger.tables import Instant, message, notice, outgoing, service_case

LONGEST_LEASE = 32
"""Times the first lease: a notice whose sender died with it, again and again, is offered ever more rarely (a poisoned row)."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of one attempt. `state` waiting: try again at `due_at`."""

    key: str
    """Of the notice. Not its row number: the ledger may have been replaced meanwhile, and the number be another notice's."""
    lease_token: str
    state: NoticeState
    at: datetime
    """Aware; for sent, the moment of the notice hop's 2yz."""
    due_at: datetime | None = None
    code: int | None = None
    problem: str | None = None
    """A class name or slug, never the text of a reply: that may quote the address."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One waiting notice, for people who care for the queue; without address, subject or text."""

    notice_id: int
    kind: str
    division: str
    mailbox: str
    internet_message_id: str
    created_at: datetime
    due_at: datetime
    give_up_at: datetime
    attempts: int
    last_code: int | None
    last_problem: str | None


_IS_WAITING = notice.c.state == "waiting"

_NOTICE = Rows(notice)
_OUTGOING = Rows(outgoing)
_RENEW = Change(
    update(notice).where(notice.c.key == bindparam("held"), notice.c.lease_token == bindparam("token"), _IS_WAITING).values(due_at=bindparam("until"))
)
_NEXT_DUE = Query(select(func.min(notice.c.due_at, type_=notice.c.due_at.type).label("due_at")).where(_IS_WAITING))

_CLAIMABLE = Query(
    select(notice, outgoing.c.mail_from, outgoing.c.rcpt_to, outgoing.c.octets)
    .join(outgoing, outgoing.c.notice_id == notice.c.id)
    .where(_IS_WAITING, notice.c.due_at <= bindparam("now"))
    .order_by(notice.c.due_at, notice.c.id)
    .limit(bindparam("room"))
    .with_for_update(skip_locked=True, of=notice)
)

_LEASE = Change(
    update(notice)
    .where(notice.c.id == bindparam("claimed"))
    .values(due_at=bindparam("until"), lease_token=bindparam("token"), attempts=notice.c.attempts + 1)
)

_GIVE_UP_PLACE = Together(
    # What does not go out takes no place in the windows of [caps]. Apart from the settlement: an update that names the column, even
    # with the value it has, writes its two indexes anew.
    {"key": String(), "token": String()},
    lambda settled: update(notice).where(notice.c.key == settled.c.key, _IS_WAITING, notice.c.lease_token == settled.c.token).values(slot_at=None),
)

_SETTLE = Together(
    {"key": String(), "token": String(), "state": String(), "at": Instant(), "due_at": Instant(), "code": Integer(), "problem": String()},
    lambda settled: (
        update(notice)
        .where(
            notice.c.key == settled.c.key,
            _IS_WAITING,
            # A 2yz is a fact, whoever holds the lease by now; anything else only its holder may write.
            or_(notice.c.lease_token == settled.c.token, settled.c.state == "sent"),
        )
        .values(
            state=settled.c.state,
            settled_at=settled.c.at,
            due_at=func.coalesce(settled.c.due_at, notice.c.due_at),
            lease_token=None,
            last_code=settled.c.code,
            last_problem=settled.c.problem,
        )
    ),
)

_ERASE = Together(
    {"key": String()},
    lambda settled: delete(outgoing).where(
        outgoing.c.notice_id.in_(select(notice.c.id).where(notice.c.key.in_(select(settled.c.key)), notice.c.state != "waiting"))
    ),
)

_ACKNOWLEDGE = Together(
    {"key": String(), "at": Instant()},
    lambda settled: (
        update(service_case)
        .where(
            service_case.c.notice_id == notice.c.id,
            notice.c.key == settled.c.key,
            notice.c.state == "sent",
            or_(service_case.c.acknowledged_at.is_(None), service_case.c.acknowledged_at > settled.c.at),
        )
        .values(acknowledged_at=settled.c.at, acknowledged_by="machine")
    ),
)

_SAY_NO_SMTPUTF8 = Together(
    # Known only now; reports and `trace` then tell of the message what became of it.
    {"key": String()},
    lambda settled: (
        update(message)
        .where(
            message.c.id.in_(
                select(notice.c.message_id).where(
                    notice.c.key.in_(select(settled.c.key)), notice.c.kind == "acknowledgement", notice.c.state.in_(("refused", "expired"))
                )
            )
        )
        .values(reason=NO_SMTPUTF8)
    ),
)


def row_of(
    each: Notice,
    now: datetime,
    *,
    message_id: int | None = None,
    correspondent: str | None = None,
    domain: str | None = None,
    lease: Lease | None = None,
) -> dict[str, Any]:
    """A notice as `enqueue` takes it. `correspondent`, `domain`: keyed hashes that caps count by; None: no cap counts it.

    `lease`: it is claimed as it is written, which spares its sender a second commit before it goes out.
    """
    return {
        "key": each.key,
        "kind": each.kind,
        "message_id": message_id,
        "division": each.division,
        "mailbox": each.mailbox,
        "internet_message_id": each.message_id,
        "correspondent": correspondent,
        "correspondent_domain": domain,
        "state": "waiting",
        "attempts": 1 if lease else 0,
        "due_at": lease.until if lease else each.not_before,
        "lease_token": lease.token if lease else None,
        "give_up_at": each.give_up_at,
        "created_at": now,
        "mail_from": each.mail_from,
        "rcpt_to": each.rcpt_to,
        "octets": each.octets,
        "sections": each.sections,
        "slot_at": each.not_before if each.kind == "acknowledgement" else None,
    }


def enqueue(connection: Connection, rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    """Write notices with their address and text; key -> notice id. IntegrityError when a key is there already."""
    if not rows:
        return {}
    envelope = ("mail_from", "rcpt_to", "octets", "sections")
    heads = [{name: value for name, value in row.items() if name not in envelope} for row in rows]
    first = dialect.first_free(connection, notice)
    _NOTICE.write(connection, [{"id": number, **head} for number, head in enumerate(heads, first)])
    _OUTGOING.write(connection, [{"notice_id": number, **{name: row[name] for name in envelope}} for number, row in enumerate(rows, first)])
    return {row["key"]: number for number, row in enumerate(rows, first)}


def unknown_keys(connection: Connection, keys: Sequence[str]) -> list[str]:
    """Those of these keys that no notice has, in their order."""
    known = set(connection.scalars(select(notice.c.key).where(notice.c.key.in_(keys))))
    return [key for key in keys if key not in known]


def claim(connection: Connection, now: datetime, room: int, lease: timedelta, token: str) -> list[Claimed]:
    """Up to `room` due notices, oldest due first, leased to `token` from `now` (aware) on."""
    rows = _CLAIMABLE.rows(connection, now=now, room=room) if room > 0 else []
    if untimely := reminder_rows.pointless(connection, [row.id for row in rows if row.kind == "reminder"]):
        # Nobody is reminded of what was just answered; the rest of such a mail is told anew.
        drop(connection, now, untimely)
        reminder_rows.forget(connection, untimely)
        rows = [row for row in rows if row.id not in untimely]
    if rows:
        leases = [{"claimed": row.id, "token": token, "until": now + lease * (_times(row.attempts) if row.lease_token else 1)} for row in rows]
        _LEASE.each(connection, leases)
    return [Claimed(row.id, _notice(row), row.attempts, token) for row in rows]


def renew(connection: Connection, keys: Sequence[str], until: datetime, token: str) -> None:
    """Keep leases of notices that are still being sent."""
    _RENEW.each(connection, [{"held": each, "token": token, "until": until} for each in keys])


def settle(connection: Connection, settlements: Sequence[Settlement]) -> None:
    """Write what became of them, in their order. A lost lease changes nothing, unless the notice was sent."""
    together, later = {each.key: each for each in reversed(settlements)}, []
    if len(together) < len(settlements):  # a ledger that was unwell may have taken an earlier attempt's after all
        later = [each for each in settlements if together[each.key] is not each]
    first = [each for each in settlements if together[each.key] is each]
    _GIVE_UP_PLACE.run(connection, [(each.key, each.lease_token) for each in first if each.state not in ("sent", "waiting")])
    _SETTLE.run(connection, [_settled(each) for each in first])
    _ERASE.run(connection, [(each.key,) for each in first if each.state != "waiting"])
    _ACKNOWLEDGE.run(connection, [(each.key, each.at) for each in first if each.state == "sent"])
    _SAY_NO_SMTPUTF8.run(connection, [(each.key,) for each in first if each.problem == NO_SMTPUTF8 and each.state != "waiting"])
    if later:
        settle(connection, later)


def next_due(connection: Connection) -> datetime | None:
    """When the next waiting notice (or an abandoned lease) falls due."""
    found: datetime | None = _NEXT_DUE.scalars(connection)[0]
    return found


def waiting_count(connection: Connection) -> int:
    """Notices that wait, those under lease included."""
    return connection.execute(select(func.count()).select_from(notice).where(_IS_WAITING)).scalar_one()


def waiting(connection: Connection, limit: int = 1000) -> list[Waiting]:
    """The queue, oldest due first."""
    columns = [notice.c[name] for name in Waiting.__slots__ if name != "notice_id"]
    found: Select[Any] = select(notice.c.id, *columns).where(_IS_WAITING).order_by(notice.c.due_at, notice.c.id).limit(limit)
    return [Waiting(*row) for row in connection.execute(found)]


def retry(connection: Connection, now: datetime, notice_ids: Sequence[int] | None = None) -> int:
    """Make waiting notices due at once; how many. Settled ones are erased and cannot be sent again.

    None: all that wait for another try and that nobody is sending. What was never tried waits for an open day or for room under a cap,
    which no next hop that is back has anything to do with; who names it by its number means it.
    """
    anyone = or_(notice.c.attempts > 0, notice.c.due_at <= now)
    chosen = _IS_WAITING & (anyone if notice_ids is None else notice.c.id.in_(notice_ids))
    free = or_(notice.c.lease_token.is_(None), notice.c.due_at <= now)
    due: int = connection.execute(update(notice).where(chosen, free).values(due_at=now)).rowcount
    return due


def drop(connection: Connection, now: datetime, notice_ids: Sequence[int]) -> int:
    """Settle waiting notices as dropped and erase them; how many. One that is being sent at this moment may still arrive."""
    waiting_ids = connection.execute(select(notice.c.id).where(_IS_WAITING, notice.c.id.in_(notice_ids))).scalars().all()
    if waiting_ids:
        connection.execute(update(notice).where(notice.c.id.in_(waiting_ids)).values(state="dropped", settled_at=now, lease_token=None, slot_at=None))
        connection.execute(delete(outgoing).where(outgoing.c.notice_id.in_(waiting_ids)))
    return len(waiting_ids)


def withdraw(connection: Connection, now: datetime, keys: Sequence[str]) -> int:
    """Drop waiting notices that have become pointless, by key; how many."""
    return drop(connection, now, connection.execute(select(notice.c.id).where(_IS_WAITING, notice.c.key.in_(keys))).scalars().all())


def _times(attempts: int) -> int:
    return min(1 << min(attempts, 16), LONGEST_LEASE)


def _settled(each: Settlement) -> tuple[Any, ...]:
    at = each.at if each.state != "waiting" else None
    return each.key, each.lease_token, each.state, at, each.due_at, each.code, each.problem


def _notice(row: Any) -> Notice:
    return Notice(
        key=row.key,
        kind=row.kind,
        division=row.division,
        mailbox=row.mailbox,
        message_id=row.internet_message_id,
        mail_from=row.mail_from,
        rcpt_to=row.rcpt_to,
        octets=bytes(row.octets),
        not_before=row.due_at,
        give_up_at=row.give_up_at,
    )
