"""Policy news: what became of a changed policy file, for the people who look after it. Pure: values in, a notice out.

Decides how it is said; never what is in force (`policy/last_good.py`) nor who is told. In English, as every diagnostic is:
it is read by staff, beside the file. It leaves from the null reverse-path: nobody waits for a bounce of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.ledger.records import Notice, PolicyChange
from gateway.message.own_token import loop_token, notice_message_id
from gateway.notices import dates, mime
from gateway.notices.html import html_body, plain_page, plain_signature
from gateway.notices.passages import one_line, passage, plain_text
from gateway.policy.changes import Difference, joined

MOST_DIFFERENCES = 20
MOST_PROBLEMS = 30
"""Of one file in one mail; `gateway policy log` and `gateway check` have all."""

LONGEST = 160
"""Characters of one old or new value in a mail."""

SENDER = "Service Promise Gateway"


def as_one(changes: Iterable[PolicyChange]) -> list[PolicyChange]:
    """Changes in the order in which they happened, as what is true of each file in the end: what counts now, and what was refused
    since. What cancels out is left away."""
    effects: dict[str, PolicyChange] = {}
    refusals: dict[str, PolicyChange] = {}
    for each in changes:
        refusal = refusals.pop(each.file, None)
        if each.outcome == "refused" or (each.outcome == "good-again" and refusal is None):
            refusals[each.file] = each
        elif each.outcome != "good-again":
            earlier = effects.pop(each.file, None)
            effect = _together(earlier, each) if earlier is not None else each
            if effect is not None:
                effects[each.file] = effect
    return [*effects.values(), *refusals.values()]


def _together(earlier: PolicyChange, later: PolicyChange) -> PolicyChange | None:
    if not earlier.outcome == later.outcome == "took-effect":
        return later
    both = joined(earlier.differences, later.differences)
    return replace(later, differences=both, version_before=earlier.version_before) if both else None


def policy_news(
    changes: Sequence[PolicyChange],
    *,
    key: str,
    recipient: str,
    mailbox: str,
    division: str,
    city: str,
    zone: ZoneInfo,
    secret: bytes,
    now: datetime,
    give_up_after: timedelta,
) -> Notice:
    """One mail for one reader. `mailbox`: of the division it speaks for, or the reader's own where it concerns all.

    `changes`: one for each file, at least one. `now` is aware. Raises ValueError for an address that cannot stand in a header.
    """
    message_id = notice_message_id(secret, key, mailbox.rpartition("@")[2])
    told = (passage("\n\n".join(_told(each, zone) for each in changes) + "\n\n" + _advice(changes), "en"),)
    signature = [SENDER, one_line(city)]
    text = f"{plain_text(told)}\n\n-- \n" + "\n".join(signature) + "\n"
    header = "".join(
        (
            mime.mailbox_field("From", SENDER, mailbox),
            mime.mailbox_field("To", "", recipient),
            f"Date: {mime.date_value(now.astimezone(zone))}\r\n",
            f"Message-ID: {message_id}\r\n",
            mime.text_field("Subject", one_line(subject(changes))),
            mime.automatic_fields("auto-generated", loop_token(secret, message_id), "en"),
        )
    )
    body = mime.two_parts(text, plain_page(html_body(told, plain_signature(signature, "en")), "en"), message_id)
    return Notice(
        key=key, kind="news", division=division, mailbox=mailbox, message_id=message_id, mail_from="", rcpt_to=recipient,
        octets=(header + body).encode("ascii"), not_before=now, give_up_at=now + give_up_after,
    )  # fmt: skip


def subject(changes: Sequence[PolicyChange]) -> str:
    """`policies/human-resources.yaml took effect` · `policies/human-resources.yaml refused, line 12` · `Policy files: 2 took effect, 1 refused`."""
    if len(changes) == 1:
        return f"{changes[0].file} {_outcome(changes[0])}"
    counts = {word: sum(change.outcome == outcome for change in changes) for outcome, word in _WORDS.items()}
    return "Policy files: " + ", ".join(f"{count} {word}" for word, count in counts.items() if count)


_WORDS = {"took-effect": "took effect", "refused": "refused", "good-again": "good again", "removed": "removed"}


def _outcome(change: PolicyChange) -> str:
    line = _line(change.problems[0]) if change.outcome == "refused" and change.problems else ""
    return f"{_WORDS[change.outcome]}{f', line {line}' if line else ''}"


def _line(problem: str) -> str:
    """Of `FILE:LINE:COLUMN: severity: message`; the file's own name may hold colons, so it is read from the severity backwards."""
    place = problem.partition(": error: ")[0].rsplit(":", 2)
    return place[1] if len(place) == 3 else ""


def _told(change: PolicyChange, zone: ZoneInfo) -> str:
    """One file, as a source that `passage` reads."""
    at = dates.moment(change.at.astimezone(zone), "en")
    by = f" Last committed by {one_line(change.author)}." if change.author else ""
    if change.outcome == "refused":
        problems = _items((one_line(each) for each in change.problems), MOST_PROBLEMS, "gateway check")
        return f"{change.file} was refused on {at}. Its last good version, if there is one, stays in force.{by}\n\n{problems}"
    if change.outcome == "removed":
        return f"{change.file} was removed on {at}. What it said no longer holds; mail to its mailboxes is relayed and not acknowledged.{by}"
    if change.outcome == "good-again":
        return f"{change.file} is good again since {at}: it is the version that has been in force all the while.{by}"
    version = f"Policy version {change.version_after}" + (f", before it {change.version_before}" if change.version_before else "")
    changed = _items(map(_difference, change.differences), MOST_DIFFERENCES, "gateway policy log") or "No value changed: comments or layout only."
    return f"{change.file} took effect on {at}. {version}.{by}\n\n{changed}"


def _difference(each: Difference) -> str:
    if each.old is None:
        return f"{each.key}: {_short(each.new)} (new)"
    if each.new is None:
        return f"{each.key}: removed (it was {_short(each.old)})"
    return f"{each.key}: {_short(each.old)} → {_short(each.new)}"


def _short(value: str | None) -> str:
    line = one_line(value or "")
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"


def _items(lines: Iterable[str], most: int, command: str) -> str:
    found = list(lines)
    more = [f"… and {len(found) - most} more; see {command}"] if len(found) > most else []
    return "\n".join(f"- {line}" for line in (*found[:most], *more))


def _advice(changes: Sequence[PolicyChange]) -> str:
    said = []
    if any(each.outcome == "refused" for each in changes):
        said.append("Correct the file and save it: it is read again within seconds, and you are told. To try a file first: gateway check.")
    if any(each.outcome == "took-effect" for each in changes):
        said.append("It holds for messages that arrive from now on. A date that was promised before stays as it was.")
    return " ".join(said)
