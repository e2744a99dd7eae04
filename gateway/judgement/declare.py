"""What a person may declare of a case, and what the case says after it: answered elsewhere, another division's, another kind, or undone.

Decides whether a declaration can be true, and works out the new values; never who may declare, and never writes. A declared answer
closes the same clocks as an answer by mail, and is counted apart from it. Whatever is declared, a case is judged by the standard at
its receipt, and nothing is sent to anybody.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from gateway.judgement.declared import CaseState, Change
from gateway.judgement.standard import case_for, promise
from gateway.policy.model import Division, Policy

CHANNELS = ("telephone", "counter", "letter", "email-elsewhere", "meeting", "no-answer-needed")
"""By which an answer may have been given; the last one says that none was called for."""

LONGEST_WHY = 200
"""Characters."""


class NotDeclared(ValueError):
    """It cannot be so. `slug` is for counting, the text is one line for whoever declares."""

    def __init__(self, slug: str, said: str) -> None:
        super().__init__(said)
        self.slug = slug


def closed(state: CaseState, channel: str, at: datetime, now: datetime, zone: ZoneInfo) -> Change:
    """Answered by `channel` at `at`, or nothing called for an answer. Both are aware; `zone` is for what is said. Raises NotDeclared."""
    _in_the_past(at, now, zone)
    if state.follow_up is not None:
        _after(at, state.follow_up.reopened_at, state, "the follow-up was received", zone)
        answer = {"responded_at": at, "responded_by": None, "declared_channel": channel}
        return Change(state.case_id, "close", at, channel, follow_up_id=state.follow_up.id, follow_up=answer)
    _after(at, state.opened_at, state, "it was received", zone)
    if state.responded_at is not None and (state.responded_by is None or state.responded_at <= at):
        how = "by mail" if state.responded_by is not None else f"({state.declared_channel}, declared)"
        raise NotDeclared("answered", f"{state.reference} is answered already {how}, at {_local(state.responded_at, zone)}")
    values: dict[str, Any] = {"responded_at": at, "responded_by": None, "declared_channel": channel}
    if state.acknowledged_at is None or state.acknowledged_at > at:
        values |= {"acknowledged_at": at, "acknowledged_by": "person"}
    return Change(state.case_id, "close", at, channel, values)


def moved(state: CaseState, to: Division, policy: Policy, at: datetime, now: datetime) -> Change:
    """With another division from its receipt on, under that one's standard. The case keeps its reference and its receipt. Raises NotDeclared."""
    _in_the_past(at, now, to.calendar.zone)
    _after(at, state.opened_at, state, "it was received", to.calendar.zone)
    if to.slug == state.division:
        raise NotDeclared("already-so", f"{state.reference} is with {to.slug} already")
    if to.mailbox in state.siblings:
        said = f"the message of {state.reference} has a case with {to.slug} of its own; close this one with --by no-answer-needed"
        raise NotDeclared("already-so", said)
    kind = state.kind if any(rule.kind == state.kind for rule in to.kinds) else to.default_kind
    values = _judged_anew(state, to, kind, policy)
    values |= {"division": to.slug, "mailbox": to.mailbox, "moved_from": [*state.moved_from, state.mailbox]}
    return Change(state.case_id, "move", at, case=values, **_follow_up_anew(state, to, kind))


def of_kind(state: CaseState, kind: str, policy: Policy, at: datetime, now: datetime) -> Change:
    """Of another kind from its receipt on, under the standard for that one. Raises NotDeclared."""
    division = policy.divisions.get(state.division)
    if division is None:
        raise NotDeclared("no-division", f"{state.reference}: no policy describes {state.division} any more")
    _in_the_past(at, now, division.calendar.zone)
    _after(at, state.opened_at, state, "it was received", division.calendar.zone)
    if kind == state.kind:
        raise NotDeclared("already-so", f"{state.reference} is {kind} already")
    return Change(state.case_id, "kind", at, case=_judged_anew(state, division, kind, policy), **_follow_up_anew(state, division, kind))


def undone(state: CaseState, now: datetime) -> Change:
    """As it was before the last declaration. An answer by mail is a fact and stays, or counts from now on. Raises NotDeclared."""
    if state.last is None:
        raise NotDeclared("nothing-to-undo", f"nothing that was declared of {state.reference} can be undone")
    if state.last.what == "close" and state.last.case and state.responded_by is not None:
        raise NotDeclared("answered", f"{state.reference} is answered by mail; the declaration counts no more")
    if state.last.what == "move" and state.last.case.get("mailbox") in state.siblings:
        raise NotDeclared("already-so", f"the message of {state.reference} has got a case of its own with {state.last.case.get('division')}")
    last = state.last
    case, follow_up = dict(last.case), dict(last.follow_up)
    if last.what == "close" and last.answered is not None:
        by, at = last.answered
        (follow_up or case).update(responded_at=at, responded_by=by)
        if case and case.get("acknowledged_at", at) is None:
            case |= {"acknowledged_at": at, "acknowledged_by": "person"}
    return Change(state.case_id, "reopen", now, None, case, last.follow_up_id, follow_up, undoes=last.id)


def known_kinds(division: Division) -> frozenset[str]:
    """Kinds that the policy names for it."""
    standards = (each for standard in division.standards for each in standard.kinds or ())
    return frozenset(("inquiry", division.default_kind, *(rule.kind for rule in division.kinds), *standards))


def named_division(words: str, divisions: Iterable[Division]) -> Division | None:
    """By slug, or by its name in either language; case, accents and hyphens do not matter."""
    wanted = _plain(words)
    return next((each for each in divisions if wanted in (_plain(each.slug), _plain(each.name.en), _plain(each.name.fr))), None)


def _plain(words: str) -> str:
    return " ".join(folded(words).replace("-", " ").split())


def folded(words: str) -> str:
    """Without case, accents and typographic marks."""
    apart = unicodedata.normalize("NFKD", words.replace("\u2019", "'").replace("\u2011", "-")).casefold()
    return "".join(each for each in apart if not unicodedata.combining(each))


def _judged_anew(state: CaseState, division: Division, kind: str, policy: Policy) -> dict[str, Any]:
    """What a confidential case was called stays confidential."""
    confidential = state.confidential or any(rule.confidential for rule in division.kinds if rule.kind == kind)
    made = case_for(division, state.audience, kind, policy, state.opened_at, confidential=confidential)
    return {
        "kind": kind,
        "standard": made.standard,
        "stated_as": made.stated_as,
        "confidential": confidential,
        "policy_version": policy.version,
        "acknowledge_by": made.acknowledge_by,
        "respond_by": made.respond_by,
    }


def _follow_up_anew(state: CaseState, division: Division, kind: str) -> dict[str, Any]:
    if state.follow_up is None:
        return {}
    made = promise(division, state.audience, kind, state.follow_up.reopened_at).respond
    return {"follow_up_id": state.follow_up.id, "follow_up": {"respond_by": made.at if made else None}}


def _in_the_past(at: datetime, now: datetime, zone: ZoneInfo) -> None:
    if at > now:
        raise NotDeclared("in-the-future", f"{_local(at, zone)} lies in the future; only what has happened can be declared")


def _after(at: datetime, start: datetime, state: CaseState, what: str, zone: ZoneInfo) -> None:
    if at < start:
        raise NotDeclared("before-receipt", f"{_local(at, zone)} is before {what} ({state.reference}: {_local(start, zone)})")


def _local(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M %Z}"
