"""Policy files in the ledger: the last good version of each, and the record of every change. Never decides what is good.

The rows say what was known last; what differs from them is new. So a change is recorded once, whether this process saw it
happen, was restarted after it, or has neighbours on the same ledger that saw it too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from gateway.ledger.records import PolicyChange, PolicyOutcome
from gateway.ledger.tables import policy_change, policy_file
from gateway.policy.changes import Difference, differences
from gateway.policy.folders import Content, Unread


@dataclass(frozen=True, slots=True)
class Now:
    """One file as it stands now."""

    in_force: bytes | None
    """The version that counts; None: none does."""
    refused: Content | None
    """The newest version while that is refused, else None."""
    problems: tuple[str, ...] = ()
    """`FILE:LINE:COLUMN: severity: message`."""
    division: str | None = None
    author: str | None = None
    """Who last committed this version, where the folder is a git work tree."""


def last_good(connection: Connection) -> dict[str, bytes]:
    """The last good version of every file, by name."""
    found = connection.execute(select(policy_file.c.file, policy_file.c.content).where(policy_file.c.content.is_not(None)))
    return {row.file: bytes(row.content) for row in found}


def record(connection: Connection, files: Mapping[str, Now], version: str | None, now: datetime) -> list[PolicyChange]:
    """Write what is different from the last time, and return it. `files`: every file there is; `version`: of the policy in force,
    None when there is none, and then no file counts as removed. `now` is aware.

    What the first record of an empty ledger finds in force is no news to anybody.
    """
    known = {row.file: row for row in connection.execute(select(policy_file))}
    before = connection.execute(select(policy_change.c.version_after).order_by(policy_change.c.id.desc()).limit(1)).scalar()
    rows = []
    for name, file in files.items():
        row = known.get(name)
        content = bytes(row.content) if row is not None and row.content is not None else None
        if outcomes := _outcomes(content, row.refused if row is not None else None, file):
            rows += [_row(name, each, file, content, first=not known) for each in outcomes]
            _keep(connection, name, file, content, row is not None, now)
    for name in [] if version is None else sorted(known.keys() - files.keys()):
        connection.execute(delete(policy_file).where(policy_file.c.file == name))
        if known[name].content is not None:
            rows.append(_row(name, "removed", Now(None, None, division=_division(connection, name)), None, first=False))
    if not rows:
        return []
    stamped = [{**row, "at": now, "version_before": before, "version_after": version or before} for row in rows]
    written = connection.execute(insert(policy_change).returning(*policy_change.c, sort_by_parameter_order=True), stamped)
    return [_change(row) for row in written]


def changes(connection: Connection, limit: int) -> list[PolicyChange]:
    """The newest `limit` changes, oldest first."""
    found = connection.execute(select(policy_change).order_by(policy_change.c.id.desc()).limit(limit)).all()
    return [_change(row) for row in reversed(found)]


def took_effect(connection: Connection, since: datetime, until: datetime) -> list[PolicyChange]:
    """What changed the policy in force at or after `since` and before `until` (aware), oldest first."""
    effective = policy_change.c.outcome.in_(("took-effect", "removed"))
    found = select(policy_change).where(effective, policy_change.c.at >= since, policy_change.c.at < until).order_by(policy_change.c.id)
    return [_change(row) for row in connection.execute(found)]


def untold(connection: Connection) -> list[PolicyChange]:
    """Of which nobody was told yet, oldest first."""
    return [_change(row) for row in connection.execute(select(policy_change).where(~policy_change.c.told).order_by(policy_change.c.id))]


def mark_told(connection: Connection, ids: Sequence[int]) -> int:
    """How many of them nobody had been told of before."""
    marked: int = connection.execute(update(policy_change).where(policy_change.c.id.in_(ids), ~policy_change.c.told).values(told=True)).rowcount
    return marked


def _outcomes(content: bytes | None, refused: str | None, file: Now) -> list[PolicyOutcome]:
    found: list[PolicyOutcome] = ["took-effect"] if file.in_force is not None and file.in_force != content else []
    if file.refused is not None:
        return [*found, "refused"] if _digest(file.refused) != refused else found
    return found or (["good-again"] if refused is not None else [])


def _division(connection: Connection, name: str) -> str | None:
    """The one that a file which is gone described."""
    described = policy_change.c.file == name, policy_change.c.division.is_not(None)
    return connection.execute(select(policy_change.c.division).where(*described).order_by(policy_change.c.id.desc()).limit(1)).scalar()


def _keep(connection: Connection, name: str, file: Now, content: bytes | None, known: bool, now: datetime) -> None:
    values: dict[str, object] = {"refused": _digest(file.refused) if file.refused is not None else None}
    if file.in_force is not None and file.in_force != content:
        values |= {"content": file.in_force, "in_force_since": now}
    if known:
        connection.execute(update(policy_file).where(policy_file.c.file == name).values(**values))
    else:
        connection.execute(insert(policy_file).values(file=name, **values))


def _row(name: str, outcome: PolicyOutcome, file: Now, content: bytes | None, *, first: bool) -> dict[str, object]:
    newest = {"took-effect": file.in_force, "refused": file.refused}.get(outcome)
    return {
        "file": name,
        "outcome": outcome,
        "division": file.division,
        "author": file.author,
        "differences": [list(each) for each in differences(name, content, newest)] if isinstance(newest, bytes) else [],
        "problems": list(file.problems) if outcome == "refused" else [],
        "told": first and outcome == "took-effect",
    }


def _change(row: object) -> PolicyChange:
    values = dict(row._mapping)  # type: ignore[attr-defined]
    values["differences"] = tuple(Difference(*each) for each in values["differences"])
    values["problems"] = tuple(values["problems"])
    return PolicyChange(**values)


def _digest(content: Content) -> str:
    octets = content.reason.encode() if isinstance(content, Unread) else content
    return hashlib.sha256(octets).hexdigest()
