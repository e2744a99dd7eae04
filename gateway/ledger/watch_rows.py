"""Watched mailboxes in the ledger: who watches, how far each folder was read, how each mailbox is. Names are those of `[[mailbox]]`.

A watcher holds a mailbox under a lease, and its token fences every move of a cursor: one that has lost its lease (it slept, its disk hung)
cannot move what its successor reads. A cursor moves after the messages it passes are recorded; in between, a kill lets them be seen twice.
Never decides when to look or what to record.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, bindparam, delete, insert, or_, select, update

from gateway.ledger.tables import automatic_reply, watch, watch_cursor

Purpose = Literal["watch", "import"]


class LeaseLost(Exception):
    """Somebody else watches this mailbox now."""


@dataclass(frozen=True, slots=True)
class Place:
    """How far one folder was read."""

    cursor: str
    began_at: datetime
    """watch: when it was first watched; what the server received before is history · import: the date it goes back to. Aware."""
    last_received_at: datetime | None = None
    """The newest receipt among what was read."""
    moved_at: datetime | None = None
    messages: int = 0
    """Read so far."""


@dataclass(frozen=True, slots=True)
class Condition:
    """How a mailbox is."""

    since: datetime
    why: str = ""
    """"" while well, else the slug of a MailboxFault."""
    said: str = ""
    alerts: Mapping[str, datetime] = field(default_factory=dict)
    """why -> when people were last told of it."""
    looked_at: datetime | None = None
    """The last look that went well."""


@dataclass(frozen=True, slots=True)
class Watched:
    """One mailbox with all that is known of it."""

    name: str
    condition: Condition
    held: bool
    """Somebody watches it now."""
    places: Mapping[tuple[str, str], Place] = field(default_factory=dict)
    """(folder, purpose) -> place."""


_FREE = or_(
    watch.c.lease_token.is_(None),
    watch.c.lease_token == bindparam("token"),
    watch.c.lease_until < bindparam("now", type_=watch.c.lease_until.type),
    # Nobody takes one for so long: its holder's clock was wrong, and if it died meanwhile the mailbox would be nobody's until that day.
    watch.c.lease_until > bindparam("beyond", type_=watch.c.lease_until.type),
)
_CLAIM = (
    update(watch)
    .where(watch.c.watched.in_(bindparam("names", expanding=True)), _FREE)
    .values(lease_token=bindparam("token"), lease_until=bindparam("until", type_=watch.c.lease_until.type))
    .returning(watch.c.watched)
)
_RELEASE = update(watch).where(watch.c.lease_token == bindparam("token")).values(lease_token=None, lease_until=None)


def claim(connection: Connection, names: Collection[str], token: str, now: datetime, until: datetime) -> frozenset[str]:
    """Take or renew what is free or ours; the names that `token` holds until `until`. Mailboxes that are new get their row."""
    known = set(connection.execute(select(watch.c.watched)).scalars())
    if new := [name for name in names if name not in known]:
        connection.execute(insert(watch), [{"watched": name, "why": "", "said": "", "since": now, "alerts": {}} for name in new])
    asked = {"names": list(names), "token": token, "now": now, "until": until, "beyond": until + 2 * (until - now)}
    held = connection.execute(_CLAIM, asked) if names else ()
    return frozenset(row.watched for row in held)


def release(connection: Connection, token: str) -> None:
    """All that `token` holds is free at once."""
    connection.execute(_RELEASE, {"token": token})


def place(connection: Connection, name: str, folder: str, purpose: Purpose) -> Place | None:
    """None before the first look."""
    row = connection.execute(select(watch_cursor).where(*_of(name, folder, purpose))).one_or_none()
    return None if row is None else _place(row)


def move(connection: Connection, name: str, folder: str, to: Place, now: datetime, *, token: str) -> None:
    """The watcher has recorded everything before `to`. Raises LeaseLost, and nothing is written."""
    holds = connection.execute(select(watch.c.watched).where(watch.c.watched == name, watch.c.lease_token == token).with_for_update())
    if holds.one_or_none() is None:
        raise LeaseLost
    _write(connection, name, folder, "watch", to, now)


def move_import(connection: Connection, name: str, folder: str, to: Place, now: datetime) -> None:
    """The same for an import, which nobody else does at the same time."""
    _write(connection, name, folder, "import", to, now)


def forget_import(connection: Connection, name: str) -> None:
    """The next import begins anew."""
    connection.execute(delete(watch_cursor).where(watch_cursor.c.watched == name, watch_cursor.c.purpose == "import"))


def set_condition(connection: Connection, name: str, condition: Condition) -> None:
    """How the mailbox `name` is, as its watcher found it."""
    alerts = {why: at.isoformat() for why, at in condition.alerts.items()}
    values = {"why": condition.why, "said": condition.said, "since": condition.since, "looked_at": condition.looked_at, "alerts": alerts}
    connection.execute(update(watch).where(watch.c.watched == name).values(**values))


def condition(connection: Connection, name: str) -> Condition | None:
    """As its last holder left it; None where there was none."""
    row = connection.execute(select(watch).where(watch.c.watched == name)).one_or_none()
    return None if row is None else _condition(row)


def every(connection: Connection, now: datetime) -> dict[str, Watched]:
    """All that were ever watched, by name. `now`: aware."""
    places: dict[str, dict[tuple[str, str], Place]] = {}
    for row in connection.execute(select(watch_cursor)):
        places.setdefault(row.watched, {})[row.folder, row.purpose] = _place(row)
    found = {}
    for row in connection.execute(select(watch)):
        held = row.lease_until is not None and row.lease_until >= now
        found[row.watched] = Watched(row.watched, _condition(row), held, places.get(row.watched, {}))
    return found


def reply_checked(connection: Connection, name: str) -> str:
    """Hash of the automatic reply that was checked last; "" where none was switched on."""
    return connection.execute(select(automatic_reply.c.checked).where(automatic_reply.c.watched == name)).scalar() or ""


def set_reply_checked(connection: Connection, name: str, checked: str, now: datetime) -> None:
    """`checked`: hash of the automatic reply that was judged now; "" when none is switched on."""
    values = {"checked": checked, "checked_at": now}
    if connection.execute(update(automatic_reply).where(automatic_reply.c.watched == name).values(**values)).rowcount == 0:
        connection.execute(insert(automatic_reply), [{"watched": name, **values}])


def _write(connection: Connection, name: str, folder: str, purpose: Purpose, to: Place, now: datetime) -> None:
    values: dict[str, Any] = {
        "cursor": to.cursor, "began_at": to.began_at, "last_received_at": to.last_received_at, "moved_at": now, "messages": to.messages,
    }  # fmt: skip
    if connection.execute(update(watch_cursor).where(*_of(name, folder, purpose)).values(**values)).rowcount == 0:
        connection.execute(insert(watch_cursor), [{"watched": name, "folder": folder, "purpose": purpose, **values}])


def _of(name: str, folder: str, purpose: Purpose) -> Sequence[Any]:
    return watch_cursor.c.watched == name, watch_cursor.c.folder == folder, watch_cursor.c.purpose == purpose


def _place(row: Any) -> Place:
    return Place(row.cursor, row.began_at, row.last_received_at, row.moved_at, row.messages)


def _condition(row: Any) -> Condition:
    alerts = {why: datetime.fromisoformat(at) for why, at in row.alerts.items()}
    return Condition(row.since, row.why, row.said, alerts, row.looked_at)
