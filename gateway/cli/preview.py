"""What a division's acknowledgement would say, in both languages, with worked dates: `check --show DIVISION --preview`.

The same code as for live mail reads an invented message; nothing is written and nothing is sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from gateway.judgement.standard import promise
from gateway.judgement.verdict import AcknowledgementDecision
from gateway.message.model import Envelope
from gateway.notices.compose import acknowledgement_text
from gateway.notices.survey import codes, survey_letter
from gateway.policy.calendar import closing, spoken_date
from gateway.policy.model import Audience, Division
from gateway.rulebook import Rulebook, Sighting

_RESIDENT = "resident@example.org"
_AUDIENCES: tuple[Audience, ...] = ("public", "council", "internal")


def preview(rulebook: Rulebook, division: Division, now: datetime) -> dict[str, Any]:
    """`acknowledgement` (language -> subject and text, for a plain message of the public at `now`), `surveys`, and `dates` (worked examples)."""
    return {
        "acknowledgement": {language: _acknowledgement(rulebook, division, now, language) for language in ("en", "fr")},
        "surveys": list(_surveys(rulebook, division, now)),
        "dates": list(_worked_dates(division, now)),
    }


def as_text(found: dict[str, Any]) -> str:
    """The same for a reader."""
    letters = [f"Subject: {each['subject']}\n\n{each['text']}" for each in (*found["acknowledgement"].values(), *found["surveys"])]
    dates = [
        f"{each['audience']}, {each['kind']}: received {each['received']}"
        + "".join(f"\n    {name.replace('_', ' ')} {each[name]}" for name in ("acknowledge_by", "respond_by") if each[name])
        for each in found["dates"]
    ]
    return "\n".join((*letters, "Worked dates", *dates))


def _acknowledgement(rulebook: Rulebook, division: Division, now: datetime, language: str) -> dict[str, str]:
    octets = f"From: {_RESIDENT}\r\nTo: {division.mailbox}\r\nSubject: ?\r\nMessage-ID: <preview@example.org>\r\n\r\n?\r\n".encode()
    envelope = Envelope(_RESIDENT, (division.mailbox,), "inbound", now)
    examination = rulebook.examine(Sighting(octets, True, len(octets), envelope))
    decision = AcknowledgementDecision(True, "new-inquiry", "", lead=examination.cases[0], recipient=_RESIDENT, language=language)
    references = {division.mailbox: f"{division.reference_prefix}-4K7M"}
    composed = acknowledgement_text(examination, decision, references=references, policy=rulebook.policy, texts=rulebook.texts, now=now)
    return {"subject": composed.subject, "text": composed.text}


def _surveys(rulebook: Rulebook, division: Division, now: datetime) -> Iterator[dict[str, str]]:
    """Each question in both languages, with codes that count for nothing."""
    answers = rulebook.policy.survey_answers
    for survey in division.surveys if answers else ():
        assert answers is not None
        used = codes(bytes(32), division, survey, "preview", "0" * 32, answers, now)
        for language in ("en", "fr"):
            letter = survey_letter(survey, division, used, language, policy=rulebook.policy, texts=rulebook.texts)
            yield {"survey": survey.slug, "language": language, "subject": letter.subject, "text": letter.text}


def _worked_dates(division: Division, now: datetime) -> Iterator[dict[str, Any]]:
    """Every audience and kind of the division's standards, at three moments that show the rules at work."""
    for audience in _AUDIENCES:
        for kind in _kinds(division, audience):
            for received in _moments(division, now):
                promised = promise(division, audience, kind, received)
                yield {
                    "audience": audience,
                    "kind": kind,
                    "received": _spoken(received),
                    "acknowledge_by": _spoken(promised.acknowledge.at) if promised.acknowledge else None,
                    "respond_by": _spoken(promised.respond.at) if promised.respond else None,
                }


def _kinds(division: Division, audience: Audience) -> list[str]:
    named = [kind for each in division.standards if audience in each.audiences for kind in sorted(each.kinds or ())]
    return list(dict.fromkeys(named)) or [division.default_kind]


def _moments(division: Division, now: datetime) -> list[datetime]:
    """Now; ten minutes before and twenty after closing on the last business day before the next holiday."""
    calendar = division.calendar
    local = now.astimezone(calendar.zone)
    coming = (day for day in sorted(calendar.holidays) if day > local.date() and calendar.hours.get(day.weekday()))
    day = next(coming, local.date() + timedelta(days=7)) - timedelta(days=1)
    while (end := closing(day, calendar)) is None:
        day -= timedelta(days=1)
    return [local, end - timedelta(minutes=10), end + timedelta(minutes=20)]


def _spoken(at: datetime) -> str:
    return f"{spoken_date(at.date())}, {at:%H:%M %Z}"
