"""The summary of `gateway replay`: what the policies did with a body of mail. Pure: values in, values out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from gateway.judgement.reasons import reason
from gateway.judgement.verdict import Verdict
from gateway.ledger.scratch import CaseTally
from gateway.reports.difference import printable, spoken


@dataclass
class Mail:
    """What was read, whatever the policies say of it. `seen` is the sum of all reasons."""

    seen: int = 0
    repeated: int = 0
    """Of those seen, copies of an earlier one."""
    undated: int = 0
    """Of those seen, without a readable time: judged as if they came now."""
    unreadable: int = 0
    """Files, folders or messages that could not be read; not among those seen."""
    first: datetime | None = None
    last: datetime | None = None

    def add(self, received_at: datetime, *, repeated: bool) -> None:
        self.seen += 1
        self.repeated += repeated
        self.first = self.first or received_at
        self.last = received_at

    def document(self, zone: ZoneInfo) -> dict[str, Any]:
        times = {name: at.astimezone(zone).isoformat() if at else None for name, at in (("first", self.first), ("last", self.last))}
        return asdict(self) | times


@dataclass
class Tally:
    """What one policy folder did with it."""

    folder: str
    version: str
    reasons: Counter[str] = field(default_factory=Counter)
    acknowledgements: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """By division, audience and kind of the lead case."""

    def add(self, verdict: Verdict) -> None:
        said = verdict.acknowledgement
        self.reasons[said.reason] += 1
        if said.send and said.lead:
            self.acknowledgements[said.lead.division, said.lead.audience, said.lead.kind] += 1

    def document(self, cases: Iterable[CaseTally]) -> dict[str, Any]:
        return {
            "folder": self.folder,
            "version": self.version,
            "reasons": dict(sorted(self.reasons.items(), key=lambda each: (-each[1], each[0]))),
            "acknowledgements": self.acknowledgements.total(),
            "cases": [{**asdict(each), "acknowledgements": self.acknowledgements[each.division, each.audience, each.kind]} for each in cases],
        }


def as_text(found: Mapping[str, Any]) -> str:
    """The summary for a person: the mail, what was decided, the cases, what the other folder would change."""
    lines = list(_mail(found["messages"]))
    lines += _policy(found["replayed"])
    if found["against"]:
        lines += ["", *_against(found)]
    return "\n".join(lines)


def _mail(mail: Mapping[str, Any]) -> Iterator[str]:
    span = f", {spoken(mail['first'])} to {spoken(mail['last'])}" if mail["seen"] else ""
    yield f"{mail['seen']} messages{span}"
    notes = {
        "repeated": "copies of an earlier one",
        "undated": "without a readable time, judged as if they came now",
        "unreadable": "could not be read",
    }
    yield from (f"  {mail[name]} {said}" for name, said in notes.items() if mail[name])


def _policy(done: Mapping[str, Any]) -> Iterator[str]:
    yield f"Policies {printable(done['folder'])} (version {done['version']}): {done['acknowledgements']} acknowledgements"
    yield from (f"  {count:7}  {slug}: {reason(slug).explanation}" for slug, count in done["reasons"].items())
    yield from _cases(done["cases"])


_COLUMNS = {
    "opened": "cases",
    "acknowledgements": "acknowledged",
    "answered": "answered",
    "answered_late": "late",
    "overdue": "overdue",
}


def _cases(cases: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    rows = [[*(str(each[name]) for name in ("division", "audience", "kind")), *(str(each[name]) for name in _COLUMNS)] for each in cases]
    if not rows:
        return
    rows.insert(0, ["division", "audience", "kind", *_COLUMNS.values()])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        words = [each.ljust(width) if number < 3 else each.rjust(width) for number, (each, width) in enumerate(zip(row, widths, strict=True))]
        yield "  " + "  ".join(words)


def _against(found: Mapping[str, Any]) -> Iterator[str]:
    counts, other = found["differences"], found["against"]
    folder = f"{printable(other['folder'])} (version {other['version']})"
    yield f"{folder} would treat {counts['messages']} of {found['messages']['seen']} messages differently:"
    changes = (f"{counts[f'acknowledgements_{each}']} {each}" for each in ("added", "dropped", "changed"))
    yield f"  acknowledgements  {', '.join(changes)}"
    yield f"  due dates         {counts['due_dates_moved']} moved"
    yield f"  kinds             {counts['kinds_changed']} changed"
    yield f"  cases             {counts['cases_opened']} more, {counts['cases_not_opened']} fewer"
    before, after = found["replayed"]["reasons"], other["reasons"]
    slugs = sorted(slug for slug in before | after if before.get(slug) != after.get(slug))
    yield from (f"  {slug}: {before.get(slug, 0)} → {after.get(slug, 0)}" for slug in slugs)
    if other["cases"] != found["replayed"]["cases"]:
        yield "  Cases would then be:"
        yield from _cases(other["cases"])
