"""The values that go into the ledger and come out of it; no SQL here, so that pure rooms may use them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from gateway.judgement.verdict import Examination, History, Verdict
from gateway.policy.changes import Difference

NoticeKind = Literal["acknowledgement", "copy", "warning", "thanks", "reminder", "digest", "survey", "news", "cover"]
NoticeState = Literal["waiting", "sent", "refused", "expired", "dropped"]


@dataclass(frozen=True, slots=True)
class Notice:
    """One mail that we write, ready to go. Address and octets are erased from the ledger when it settles."""

    key: str
    """What makes it one notice, e.g. `ack:<seconds>:<identity>`; unique in the ledger. The Message-ID derives from it."""
    kind: NoticeKind
    division: str
    mailbox: str
    """The division mailbox it speaks for."""
    message_id: str
    """With angle brackets; ours, so nothing personal."""
    mail_from: str
    """"" is the null reverse-path."""
    rcpt_to: str
    octets: bytes
    """CRLF line ends, at most 998 octets a line, no dot-stuffing."""
    not_before: datetime
    give_up_at: datetime
    sections: Mapping[str, Any] | None = None
    """Of a warning: what it is made of, so that one mail can take another's place while it waits. Erased with the octets."""

    @property
    def speaks_to_inquirer(self) -> bool:
        """Whether an answer to it belongs to the case; a warning that the same message caused has nothing to do with it."""
        return self.kind in ("acknowledgement", "copy")


@dataclass(frozen=True, slots=True)
class Decision:
    """What `intake` decided of one message; the ledger writes all of it in one transaction, or nothing."""

    verdict: Verdict
    notices: tuple[Notice, ...] = ()
    printed: dict[str, datetime | None] = field(default_factory=dict)
    """Mailbox of an opened case -> the answer date that its acknowledgement prints (None: none printed)."""


Decide = Callable[[Examination, History], Decision]
"""Runs in the writer's batch, in order of arrival; must be pure and quick."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What came of one message."""

    identity: str
    repeated: bool
    """True when this identity with these mailboxes was in the ledger already."""
    reason: str
    references: tuple[str, ...] = ()
    notices: int = 0
    """Written for it, leased or not."""
    survey: str | None = None
    """What became of an answer to a survey (`survey_known.Outcome`); None for every other message."""
    claimed: tuple[Claimed, ...] = ()
    """Those of them that were written under the sender's lease."""
    declaration: str | None = None
    """What became of a reply to a reminder; None for every other message."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """An outbox row under lease."""

    notice_id: int
    notice: Notice
    attempts: int
    """Earlier attempts, 0 the first time."""
    lease_token: str


@dataclass(frozen=True, slots=True)
class Lease:
    """Notices that are due when it is given may be this sender's as they are written: up to `room` of them."""

    token: str
    given_at: datetime
    """Aware."""
    until: datetime
    """Aware."""
    room: int


PolicyOutcome = Literal["took-effect", "refused", "good-again", "removed"]
"""took-effect: this version counts now · refused: it does not, its last good version does, if any · good-again: what was refused
is as it was before, and that counts all the while · removed: the file is gone, and what it said with it."""


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """One change of one policy file, as the ledger keeps it."""

    id: int
    at: datetime
    """Aware, UTC."""
    file: str
    outcome: PolicyOutcome
    division: str | None
    """None for what concerns every division."""
    version_before: str | None
    version_after: str | None
    author: str | None
    differences: tuple[Difference, ...]
    problems: tuple[str, ...]
    told: bool
    """Policy news was written of it, or there is nothing to tell."""
