"""What another policy would do differently with one message, as a row of `gateway replay --against`. Pure: values in, values out.

Names no resident: of the message it says where it lies and its Message-ID, which whoever has the mail has already.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from gateway.judgement.verdict import Case, Verdict
from gateway.notices.compose import Composed

CLOCKS = {"acknowledge_by": "acknowledgement", "respond_by": "answer"}
"""Clock of a case -> what is due."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one policy does with a message; `composed` where an acknowledgement goes out."""

    verdict: Verdict
    composed: Composed | None


def difference(before: Outcome, after: Outcome, zone: ZoneInfo) -> dict[str, Any] | None:
    """The keys of docs/replay.md but for those of the message; None when nothing differs. Times in `zone`, ISO 8601 with offset."""
    acknowledgement, differs = _acknowledgement(before, after)
    ours = {case.mailbox: case for case in before.verdict.opens}
    theirs = {case.mailbox: case for case in after.verdict.opens}
    both = [(case, theirs[mailbox]) for mailbox, case in ours.items() if mailbox in theirs]
    row = {
        "acknowledgement": acknowledgement,
        "differs": differs,
        "before": _said(before.verdict),
        "after": _said(after.verdict),
        "due": [each for pair in both for each in _moved(*pair, zone)],
        "kinds": [{"mailbox": old.mailbox, "before": old.kind, "after": new.kind} for old, new in both if old.kind != new.kind],
        "cases": [
            *({"mailbox": mailbox, "change": "not opened"} for mailbox in ours if mailbox not in theirs),
            *({"mailbox": mailbox, "change": "opened"} for mailbox in theirs if mailbox not in ours),
        ],
    }
    anything = acknowledgement or row["due"] or row["kinds"] or row["cases"] or _reason(before) != _reason(after)
    return row if anything else None


def _reason(outcome: Outcome) -> str:
    return outcome.verdict.acknowledgement.reason


def _acknowledgement(before: Outcome, after: Outcome) -> tuple[str | None, list[str]]:
    """added · dropped · changed · None; and in which respects it changed."""
    old, new = before.composed, after.composed
    if old is None or new is None:
        return ("added" if new else "dropped" if old else None), []
    differs = [
        name
        for name, changed in (
            ("division", _division(before.verdict) != _division(after.verdict)),
            ("language", old.language != new.language),
            ("subject", old.subject != new.subject),
            ("text", (old.text, old.html) != (new.text, new.html)),
        )
        if changed
    ]
    return ("changed" if differs else None), differs


def _said(verdict: Verdict) -> dict[str, Any]:
    said = verdict.acknowledgement
    return {"send": said.send, "reason": said.reason, "division": _division(verdict), "language": said.language}


def _division(verdict: Verdict) -> str | None:
    lead = verdict.acknowledgement.lead
    return lead.division if lead else None


def _moved(before: Case, after: Case, zone: ZoneInfo) -> Iterator[dict[str, Any]]:
    for clock in CLOCKS:
        old, new = getattr(before, clock), getattr(after, clock)
        if old != new:
            yield {"mailbox": before.mailbox, "clock": clock, "before": _iso(old, zone), "after": _iso(new, zone)}


def _iso(at: datetime | None, zone: ZoneInfo) -> str | None:
    return at.astimezone(zone).isoformat() if at else None


class Differences:
    """How many rows, and of what."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def add(self, row: Mapping[str, Any]) -> None:
        self._counts["messages"] += 1
        if row["acknowledgement"]:
            self._counts[f"acknowledgements_{row['acknowledgement']}"] += 1
        self._counts["due_dates_moved"] += len(row["due"])
        self._counts["kinds_changed"] += len(row["kinds"])
        for each in row["cases"]:
            self._counts[f"cases_{each['change'].replace(' ', '_')}"] += 1
        self._counts["reasons_changed"] += row["before"]["reason"] != row["after"]["reason"]

    def document(self) -> dict[str, int]:
        """All counts, zeros included."""
        return {name: self._counts[name] for name in _COUNTS}


_COUNTS = (
    "messages",
    "acknowledgements_added",
    "acknowledgements_dropped",
    "acknowledgements_changed",
    "due_dates_moved",
    "kinds_changed",
    "cases_opened",
    "cases_not_opened",
    "reasons_changed",
)


def as_text(row: Mapping[str, Any]) -> str:
    """The row for a person; what the message itself says is shown without control characters."""
    where = f"{row['file']}#{row['position']}" if row["position"] else row["file"]
    lines = [f"{spoken(row['received'])}  {printable(where)}  {printable(row['message_id'] or 'no Message-ID')}"]
    lines += [f"    {line}" for line in _acknowledgement_lines(row)]
    lines += [f"    {CLOCKS[each['clock']]} due, {each['mailbox']}: {spoken(each['before'])} → {spoken(each['after'])}" for each in row["due"]]
    lines += [f"    kind, {each['mailbox']}: {each['before']} → {each['after']}" for each in row["kinds"]]
    lines += [f"    case {each['change']}: {each['mailbox']}" for each in row["cases"]]
    return "\n".join(lines)


def _acknowledgement_lines(row: Mapping[str, Any]) -> Iterator[str]:
    before, after = row["before"], row["after"]
    if row["acknowledgement"] == "added":
        yield f"acknowledgement added: {after['division']}, {after['language']} (was {before['reason']})"
    elif row["acknowledgement"] == "dropped":
        yield f"acknowledgement dropped: {after['reason']} (was {before['division']}, {before['language']})"
    elif row["acknowledgement"] == "changed":
        yield f"acknowledgement changed: {', '.join(_told(each, before, after) for each in row['differs'])}"
    elif before["reason"] != after["reason"]:
        yield f"reason: {before['reason']} → {after['reason']}"


def _told(respect: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    return f"{respect} ({before[respect]} → {after[respect]})" if respect in ("division", "language") else respect


def spoken(iso: str | None) -> str:
    """An ISO time to the minute; "none" for None."""
    return f"{datetime.fromisoformat(iso):%Y-%m-%d %H:%M}" if iso else "none"


def printable(text: str) -> str:
    """What a terminal may be shown: a file name or a Message-ID may hold anything."""
    return "".join(each if each.isprintable() else "?" for each in text)
