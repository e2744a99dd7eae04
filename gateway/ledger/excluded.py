"""Excluded mail that a person answers (`reasons.MEASURED_IF_ANSWERED`): found by thread, and given its cases after all.

Loads set-wise, and only when a person's outbound mail is in the batch. What cases it gets is `judgement.judge`'s to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from gateway.judgement.reasons import MEASURED_IF_ANSWERED
from gateway.judgement.verdict import Examination, Unmeasured
from gateway.ledger.keyed import Keyed
from gateway.ledger.tables import message, sender, sighting, thread
from gateway.policy.model import Audience

_FOUND = (
    select(thread.c.hash, message.c.id, message.c.identity, message.c.received_at, message.c.audience, message.c.kind, message.c.correspondent)
    .join(message, message.c.id == thread.c.message_id)
    .where(
        thread.c.hash.in_(bindparam("hashes", expanding=True)),
        thread.c.case_id.is_(None),
        message.c.direction == "inbound",
        message.c.is_inquiry.is_(False),
        message.c.reason.in_(sorted(MEASURED_IF_ANSWERED)),
    )
)
_MAILBOXES = select(sighting.c.message_id, sighting.c.mailbox).where(
    sighting.c.message_id.in_(bindparam("messages", expanding=True)), sighting.c.mailbox != ""
)
_SENDERS = select(sender.c.message_id, sender.c.hash).where(sender.c.message_id.in_(bindparam("messages", expanding=True)))


@dataclass(slots=True)
class Excluded:
    """One such message."""

    row_id: int | None
    """None while only the batch has it."""
    own: str
    """Hash of its Message-ID."""
    identity: str
    received_at: datetime
    audience: Audience
    kind: str
    correspondent: str | None
    senders: set[str]
    mailboxes: list[str] = field(default_factory=list)

    @property
    def told(self) -> Unmeasured:
        return Unmeasured(self.identity, self.received_at, tuple(sorted(self.mailboxes)), self.audience, self.kind)


class ExcludedMail:
    """That of the threads of one batch."""

    def __init__(self) -> None:
        self._by_hash: dict[str, Excluded] = {}

    @classmethod
    def load(cls, connection: Connection, examinations: Sequence[tuple[Examination, Keyed]]) -> ExcludedMail:
        found = cls()
        hashes = {hash_ for each, keyed in examinations if may_answer(each) for hash_ in keyed.thread}
        if hashes:
            found._load(connection, hashes)
        return found

    def answered_by(self, examination: Examination, keyed: Keyed) -> Excluded | None:
        """The nearest in its thread whose sender is among the accepted recipients."""
        if not may_answer(examination):
            return None
        found = (self._by_hash.get(each) for each in keyed.thread)
        return next((each for each in found if each and each.mailboxes and not each.senders.isdisjoint(keyed.recipients)), None)

    def learn(self, examination: Examination, keyed: Keyed) -> None:
        """The batch itself excludes one."""
        if examination.envelope.direction == "inbound" and examination.acknowledgement.reason in MEASURED_IF_ANSWERED:
            mailboxes = [each.mailbox for each in examination.cases]
            self._by_hash.setdefault(
                keyed.own,
                Excluded(
                    None, keyed.own, examination.identity, examination.envelope.received_at, examination.audience, examination.kind,
                    keyed.correspondent, set(keyed.senders), mailboxes,
                ),
            )  # fmt: skip

    def forget(self, measured: Excluded) -> None:
        """It has its cases now."""
        del self._by_hash[measured.own]

    def _load(self, connection: Connection, hashes: Iterable[str]) -> None:
        for row in connection.execute(_FOUND, {"hashes": list(hashes)}):
            known = {row.correspondent} if row.correspondent else set()
            self._by_hash[row.hash] = Excluded(
                row.id, row.hash, row.identity, row.received_at, row.audience, row.kind, row.correspondent, known
            )  # fmt: skip
        by_id = {each.row_id: each for each in self._by_hash.values() if each.row_id is not None}
        if not by_id:
            return
        for seen in connection.execute(_MAILBOXES, {"messages": list(by_id)}):
            by_id[seen.message_id].mailboxes.append(seen.mailbox)
        for known_as in connection.execute(_SENDERS, {"messages": list(by_id)}):
            by_id[known_as.message_id].senders.add(known_as.hash)


def may_answer(examination: Examination) -> bool:
    """Whether a person of ours wrote it, outward."""
    return examination.envelope.direction == "outbound" and examination.from_staff and not examination.automatic.is_automatic
