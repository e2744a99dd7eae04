"""What can go wrong with ledger and journal, as callers see it. Texts name parts and causes, never data of a message.

LedgerFault
├── LedgerUnavailable   nothing was written; try again later (intake journals meanwhile)
│   └── NewerLedger     the schema is newer than this gateway; only a newer gateway helps
├── RecordingFailed     this one item cannot be written; its neighbours were
└── JournalFailed       the local journal could not make a record durable
"""

from __future__ import annotations


class LedgerFault(Exception):
    """Root of this room's errors."""


class LedgerUnavailable(LedgerFault):
    """The ledger takes no writes now. `why` is a slug: locked, read-only, disk-full, io-error, corrupt, replaced, newer …"""

    def __init__(self, why: str) -> None:
        super().__init__(f"the ledger takes no writes: {why}")
        self.why = why


class NewerLedger(LedgerUnavailable):
    """The ledger was written by a newer gateway; its schema revision is unknown here."""

    def __init__(self, revision: str) -> None:
        super().__init__("newer")
        self.args = (f"the ledger has schema {revision}, which this gateway does not know; start the newer gateway, or name another ledger url",)


class RecordingFailed(LedgerFault):
    """One item was refused by the ledger or by the rules; the text names only the class of the fault."""

    def __init__(self, fault: str) -> None:
        super().__init__(f"could not be recorded: {fault}")


class JournalFailed(LedgerFault):
    """The journal could not make a record durable, or cannot be opened."""
