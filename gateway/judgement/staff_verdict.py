"""What is known, found and decided of one message from staff: values only, for `findings`, `warn`, the ledger and `explain`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

FindingKind = Literal[
    "no-alternate", "return-date-past", "no-return-date", "external-poorer", "alternate-away", "names-each-other", "alternate-unknown",
    "automatic-answer", "signature", "meeting",
]  # fmt: skip
"""docs/staff-checks.md says what each means."""

AWAY_KINDS: frozenset[FindingKind] = frozenset(
    ("no-alternate", "return-date-past", "no-return-date", "external-poorer", "alternate-away", "names-each-other", "alternate-unknown")
)
"""What is wrong with an out-of-office reply; `automatic-answer` is a fact about a case, and nobody's fault."""
COVER_KINDS: frozenset[FindingKind] = frozenset(("no-alternate", "alternate-away", "names-each-other", "alternate-unknown"))
"""Somebody who writes now reaches nobody."""

Topic = Literal["away", "signature", "meeting"]
"""What a part of a warning is about."""


def topic_of(kind: FindingKind) -> Topic:
    """The part of a warning in which a finding of this kind is told."""
    return "signature" if kind == "signature" else "meeting" if kind == "meeting" else "away"


Reason = Literal[
    "told", "nothing-found", "not-often-enough", "told-lately", "disputed", "observe", "shared-mailbox", "no-help-desk",
    "directory-unreadable", "seen-before", "not-written", "history",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Belonging:
    """Who of our staff wrote a message, and to which division they belong."""

    address: str
    """Canonical; the directory's main one where it knows the person."""
    name: str
    """The directory's, else the display name of From; may be ""."""
    division: str | None
    """Slug; None: City-wide."""
    known_by: Literal["directory", "pattern", "city-wide"]
    title: str = ""
    unit: str = ""
    division_name: str = ""
    """As the directory writes it: that division may have no policy file."""
    language: str = ""
    """ISO 639-1, "" where the directory does not say."""
    exceptions: frozenset[str] = frozenset()
    shared: bool = False
    """A machine, a division's mailbox, or another that is nobody's own."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that one message from staff lacks."""

    kind: FindingKind
    detail: tuple[str, ...] = ()
    """Slugs that say more: what explains it, which fields are missing. Never a text, an address or a date."""


@dataclass(frozen=True, slots=True)
class KnownFinding:
    """An earlier finding of the same person."""

    finding_id: int
    kind: FindingKind
    at: datetime
    told_at: datetime | None = None
    """When the warning that told of it left, or is to leave."""
    mended: bool = False
    disputed: bool = False
    notices: tuple[tuple[str, bool], ...] = ()
    """Keys of the notices that it caused, and whether they still wait."""

    def waits_in(self, waiting: WaitingWarning | None) -> bool:
        return waiting is not None and (waiting.key, True) in self.notices


@dataclass(frozen=True, slots=True)
class WaitingWarning:
    """A warning to the same person that nobody has begun to send: what is found meanwhile goes into one mail with it."""

    key: str
    sections: Mapping[str, Mapping[str, Any]]
    """Topic -> what it says of that, as `notices.warning_sections` wrote it."""


@dataclass(frozen=True, slots=True)
class StaffHistory:
    """What the ledger knows of the writer of this message, and of the contacts that it offers."""

    findings: tuple[KnownFinding, ...] = ()
    """Of this person, as far back as any rule looks."""
    away: frozenset[str] = frozenset()
    """Offered addresses (as `Alternate.email` has them) whose owners are away now."""
    naming_back: frozenset[str] = frozenset()
    """Those of them whose own reply names this person."""
    inside_named: bool | None = None
    """Whether this absence's latest reply to colleagues named a contact; None: none was seen."""
    refused: frozenset[str] = frozenset()
    """Offered addresses that nobody has, as the next hop said lately."""
    waiting: WaitingWarning | None = None
    last_warned: datetime | None = None
    """When the last warning to this person left; now, while one is being sent."""
    disputable: tuple[KnownFinding, ...] = ()
    """What the warning that this message answers told of."""


@dataclass(frozen=True, slots=True)
class StaffVerdict:
    """What was found, and what is done about it."""

    findings: tuple[Finding, ...] = ()
    why: Reason = "nothing-found"
    """Told, or why not."""
    told: tuple[FindingKind, ...] = ()
    """What the warning tells of; empty: there is none."""
    not_before: datetime | None = None
    """Aware; a warning or a thank-you leaves no earlier. None: neither is written."""
    quiet_until: datetime | None = None
    """Before it the same is not told again."""
    cover_at: datetime | None = None
    """When the division's contact is told that cover is missing, if nothing changes; None: never."""
    thanks: tuple[Topic, ...] = ()
    """What the person put right after they were told."""
    mended: tuple[int, ...] = ()
    """finding_ids that this message sets right."""
    disputed: tuple[int, ...] = ()
    """finding_ids that this message calls a mistake."""
    withdrawn: tuple[str, ...] = ()
    """Keys of waiting notices that have become pointless, or whose place another takes."""
    carried: tuple[int, ...] = ()
    """finding_ids of a withdrawn warning that the new one tells of."""
    carried_sections: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Of these: topic -> what `WaitingWarning.sections` has of it."""
    untold: tuple[int, ...] = ()
    """finding_ids of a withdrawn warning that nobody is told of now."""

    @property
    def warns(self) -> bool:
        """Whether a warning is written: of this message, or of what is left of one that waited."""
        return bool(self.told or self.carried)
