"""What is monitored and kept, as a page: written from the schema and the rules of retention, so that it cannot fall behind them.

Decides only the order and the words around; every table and column is on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import get_args

from sqlalchemy import Column

from gateway.judgement.staff_verdict import FindingKind
from gateway.ledger.retention import RULES, Rule, Whose
from gateway.ledger.tables import HASH, metadata
from gateway.policy.keeping import DEFAULTS, kept

_HEADINGS: Mapping[Whose, str] = {
    "residents": "About people who write to the City",
    "residents and staff": "About people who write to the City, and staff",
    "staff": "About staff",
    "admins": "About people who run the gateway",
    "nobody": "About nobody",
}


def page(keep: Mapping[str, str] = DEFAULTS) -> str:
    """Markdown. `keep`: of the policy, for the times."""
    return "\n".join(_lines(keep)) + "\n"


def _lines(keep: Mapping[str, str]) -> Iterator[str]:
    yield "# What is monitored, and what is kept"
    yield ""
    yield "Written by `gateway schema kept` from the schema of the ledger and its rules of retention; a test keeps the two the same."
    yield "Times are those of `keep:` in city.yaml, here as the gateway brings them; `gateway schema kept --config FILE` writes yours."
    yield ""
    yield "**Looked at, as it passes**: every message between the public, Council and the divisions' mailboxes, and mail that staff send through the"
    yield "gateway: who it is from, whether a person or a machine wrote it, which promise it falls under, and whether it answers one. Of mail that"
    yield f"staff send, also: {', '.join(f'`{each}`' for each in sorted(get_args(FindingKind)))}."
    yield "[staff-checks.md](staff-checks.md) says what each is."
    yield ""
    yield "**Never kept**: the text, subject or attachments of a message; names; addresses and telephone numbers of residents; addresses of staff;"
    yield "the reason of an absence. What must be recognised again is kept as a keyed hash, marked # below: without the key it says nothing. A notice"
    yield "that waits to be sent is the one exception (`outgoing`); it is erased in the moment that it is sent or given up."
    for whose, heading in _HEADINGS.items():
        yield f"\n## {heading}\n"
        yield "| record | one is | kept | with |"
        yield "|---|---|---|---|"
        for name, rule in RULES.items():
            if rule.whose == whose:
                yield f"| `{name}` | {rule.what} | {_until(rule, keep)} | {_columns(name)} |"
    yield ""
    yield "What each field means: [ledger.md](ledger.md). How to ask what is kept of a person, and to have it erased: [privacy.md](privacy.md)."


def _until(rule: Rule, keep: Mapping[str, str]) -> str:
    return rule.until.format(**{what: kept(keep, what) for what in DEFAULTS})


def _columns(name: str) -> str:
    return ", ".join(f"`{column.name}`{_mark(column)}" for column in metadata.tables[name].columns)


def _mark(column: Column[object]) -> str:
    return "#" if column.type is HASH else ""
