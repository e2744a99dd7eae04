"""Whether an out-of-office reply offers another contact, and when its writer is back (Service Standard 2).

It decides for each way to reach somebody, by the words nearest before it, whether it is offered as the place to turn to: never the absent person's
own details, never the recipient's, never 911 alone. What cannot be read is never judged (`names_alternate` is then None although `is_ooo` is True).
Where the words leave it open, a contact counts as offered: a wrong warning costs more than a missed one. Whether a message *is* an out-of-office
reply is not decided here (`gateway.message.automatic`).

Findings: `no-alternate`, and beside it, where it explains more: `contact-without-a-way` (somebody is named, no way to reach them),
`placeholder-left` (a template was not filled in), `only-own-details`, `emergency-line-only`; `return-date-past` (before the local day of receipt:
the reply was forgotten).
"""

from __future__ import annotations

import re
from datetime import date

from gateway.judgement.absent_person import Absent, absent_person, offered_lines
from gateway.judgement.offered_contacts import Reading
from gateway.judgement.return_date import return_date
from gateway.judgement.sentences import units
from gateway.judgement.verdict import Automatic, OutOfOffice
from gateway.message.body import NewestText, newest_text
from gateway.message.model import Envelope, Message
from gateway.policy.model import Policy

_PLACEHOLDER = re.compile(
    r"\[\s?(?:insert|enter|your|name|nom|date|phone|tel|email|e-mail|alternate|contact|colleague|person|title|number|numéro|courriel"
    r"|personne|collègue)\b[^\]\n]{0,60}\]"
    r"|[<{]{1,2}\s?(?:insert|enter|name|nom|date|phone|email)\b[^>}\n]{0,60}[>}]{1,2}|\bX{3}[-. ]X{3,4}|\bX{4,}\b|_{5,}",
    re.IGNORECASE,
)
_REPEATED_SUBJECT = re.compile(
    r"\b((?:your|this|the|votre|ce) (?:message|e-?mail|courriel)(?: (?:titled|entitled|about|regarding"
    r"|intitulé))?\s?:?\s?)[\"“«'][^\"”»]{1,200}[\"”»']",
    re.IGNORECASE,
)
_TEXT_READ = 10_000


def check(message: Message, automatic: Automatic, envelope: Envelope, policy: Policy, *, newest: NewestText | None = None) -> OutOfOffice:
    """What an out-of-office reply says in its newest visible text. Any other message: `is_ooo` False and nothing else.

    `newest` spares a second reading of the body. Pure and total; under 1 s for any text.
    """
    if automatic.type != "out_of_office":
        return OutOfOffice()
    newest = newest or newest_text(message)
    if not newest.readable:
        return OutOfOffice(is_ooo=True)
    absent = absent_person(message, envelope, newest)
    text, whole = _read(newest, absent, message.subject)
    reading = Reading(absent)
    for unit in units(text.split("\n")):
        reading.read(unit)
    if not (reading.offers or whole):
        return OutOfOffice(is_ooo=True)
    received = envelope.received_at.astimezone(policy.zone).date()
    back = return_date(text, _written(message, received))
    findings = [] if reading.offers else _why_none(reading, newest.text)
    if back and back < received:
        findings.append("return-date-past")
    return OutOfOffice(is_ooo=True, names_alternate=reading.offers, alternates=reading.alternates(), return_date=back, findings=tuple(findings))


def _read(newest: NewestText, absent: Absent, subject: str) -> tuple[str, bool]:
    """The text in which an offer may stand, at most 10,000 characters of it, and whether that is all."""
    text = "\n".join(_without_foreign_words(line, subject) for line in offered_lines(newest, absent))
    return text[:_TEXT_READ], len(text) <= _TEXT_READ


def _why_none(reading: Reading, text: str) -> list[str]:
    reasons = {
        "contact-without-a-way": reading.names_somebody,
        "placeholder-left": bool(_PLACEHOLDER.search(text)),
        "only-own-details": reading.own_details,
        "emergency-line-only": reading.emergency_line,
    }
    return ["no-alternate", *(slug for slug, holds in reasons.items() if holds)]


def _written(message: Message, received: date) -> date:
    """The day on which the writer's "Monday" is to be read: the message's own Date, unless it is nowhere near its receipt."""
    own = message.date.date() if message.date else received
    return own if abs((own - received).days) <= 400 else received


def _without_foreign_words(line: str, subject: str) -> str:
    """A line without unfilled placeholders and without the resident's own words (the subject that an automatic reply repeats)."""
    if any(mark in line.lower() for mark in ("[", "<", "{", "___", "xxx")):
        line = _PLACEHOLDER.sub(" ", line)
    if any(mark in line for mark in "\"“«'"):
        line = _REPEATED_SUBJECT.sub(r"\1", line)
    repeated = subject.rpartition(": ")[2].strip()
    return line.replace(repeated, " ") if len(repeated) >= 12 else line
