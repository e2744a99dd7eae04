"""The values of what people declare of cases: a case as it stands, the change that a declaration makes, and what a reply to a reminder says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from gateway.policy.model import Audience

What = Literal["close", "move", "kind", "reopen"]
Outcome = Literal["taken", "forged", "foreign", "not-understood", "which-one", "used"]


@dataclass(frozen=True, slots=True)
class Said:
    """One line."""

    what: Literal["close", "move", "kind"]
    argument: str
    """Channel, words that name a division ("" for none), or kind."""
    reference: str | None


@dataclass(frozen=True, slots=True)
class DeclaredReply:
    """What a reply to a mail of ours says."""

    said: tuple[Said, ...]
    forged: bool = False
    """It names a Message-ID in our form that we did not make."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """What came of it."""

    outcome: Outcome
    changes: tuple[Change, ...] = ()
    who: str = ""
    """Which contact of the division, in words."""

    @property
    def by_contact(self) -> bool:
        """Whether somebody of the division wrote it, understood or not."""
        return self.outcome not in ("forged", "foreign")


@dataclass(frozen=True, slots=True)
class FollowUp:
    """The inquirer wrote again after the answer, and waits."""

    id: int
    reopened_at: datetime
    respond_by: datetime | None


@dataclass(frozen=True, slots=True)
class Undoable:
    """The last declaration that still holds, with the values from before it."""

    id: int
    what: What
    case: Mapping[str, Any]
    follow_up_id: int | None = None
    follow_up: Mapping[str, Any] = field(default_factory=dict)
    answered: tuple[int, datetime] | None = None
    """The first mail by staff in the thread after a declared answer, and its receipt: it answers, once the declaration is taken back."""


@dataclass(frozen=True, slots=True)
class CaseState:
    """A case as the ledger has it; all times aware. Says nothing of the inquirer."""

    case_id: int
    reference: str
    division: str
    mailbox: str
    audience: Audience
    kind: str
    standard: str
    stated_as: str
    confidential: bool
    policy_version: str
    opened_at: datetime
    acknowledge_by: datetime | None
    respond_by: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    responded_at: datetime | None
    responded_by: int | None
    """The message that answers; None of a declared answer."""
    declared_channel: str | None
    moved_from: tuple[str, ...] = ()
    follow_up: FollowUp | None = None
    """While one is open."""
    siblings: frozenset[str] = frozenset()
    """Mailboxes of the other cases of the same message."""
    last: Undoable | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """Values to write, by column; whatever is not named stays."""

    case_id: int
    what: What
    at: datetime
    channel: str | None = None
    case: Mapping[str, Any] = field(default_factory=dict)
    follow_up_id: int | None = None
    follow_up: Mapping[str, Any] = field(default_factory=dict)
    undoes: int | None = None
    """Of a reopening: the declaration that it takes back."""
