"""Which cases a reply to a reminder may speak of, and what the replies of a batch declare. Decides nothing: that is `judgement.declared_reply`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from gateway.judgement.declared import CaseState, Change, Declaration
from gateway.judgement.verdict import Examination, History
from gateway.ledger import declarations
from gateway.ledger.keyed import Keyed
from gateway.ledger.records import Decision
from gateway.ledger.tables import reminder

_TOLD = select(reminder.c.message_hash, reminder.c.case_id).where(reminder.c.message_hash.in_(bindparam("hashes", expanding=True))).distinct()


class DeclaredKnown:
    """One batch's view. No statement for a batch without replies to mail of ours."""

    def __init__(self) -> None:
        self._told: dict[str, list[int]] = {}
        self._states: dict[int, CaseState] = {}
        self._changes: list[tuple[Change, str, datetime]] = []
        self._outcomes: dict[str, str] = {}
        self._declared: set[int] = set()

    @classmethod
    def load(cls, connection: Connection, examinations: Sequence[tuple[Examination, Keyed]]) -> DeclaredKnown:
        known = cls()
        hashes = {hash_ for each, keyed in examinations if each.declared_reply for hash_ in keyed.thread}
        for row in connection.execute(_TOLD, {"hashes": list(hashes)}) if hashes else ():
            known._told.setdefault(row.message_hash, []).append(row.case_id)
        known._states = declarations.states(connection, {case_id for told in known._told.values() for case_id in told}) if known._told else {}
        return known

    def told(self, history: History, examination: Examination, keyed: Keyed) -> History:
        """With the cases that the answered reminder told of; none for a message that was recorded before."""
        if examination.declared_reply is None or history.seen:
            return history
        reminded = next((self._told[each] for each in keyed.thread if each in self._told), ())
        return replace(history, told_of=tuple(self._states[each] for each in reminded if each in self._states and each not in self._declared))

    def learn(self, examination: Examination, decision: Decision) -> None:
        """Of a message that was not recorded before."""
        found: Declaration | None = decision.verdict.declaration
        if found is not None:
            self._outcomes[examination.identity] = found.outcome
            self._changes += [(each, found.who, examination.envelope.received_at) for each in found.changes]
            self._declared |= {each.case_id for each in found.changes}

    def outcome(self, identity: str) -> str | None:
        """What became of a reply; None for every other message."""
        return self._outcomes.get(identity)

    def write(self, connection: Connection) -> None:
        for change, who, at in self._changes:
            declarations.write(connection, self._states[change.case_id], change, who=who, why=None, now=at)
