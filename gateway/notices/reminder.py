"""The mail that reminds a division of an answer it promised, or tells its next contact of a date that was missed. Pure.

Decides how it is said, in both languages; never when or to whom (`judgement/reminders.py`). It names nobody who wrote: reference,
time, date and kind are enough to find the message. Nothing goes out when a template fails: `gateway check` and a fault count tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from gateway.judgement.reminders import MISSED, Item, Reminder
from gateway.ledger.records import Notice
from gateway.message.own_token import loop_token, notice_message_id
from gateway.notices import dates, frame, mime
from gateway.notices.html import html_body
from gateway.notices.passages import Passage, one_line, passage, plain_text
from gateway.policy.model import Bilingual, Division, Policy
from gateway.policy.sentences import LANGUAGES, REMINDER_VARIABLES, Texts

MOST_LINES = 40
"""Inquiries that one mail lists; of more it says how many."""

SENDER = Bilingual("Service Promise notes", "Notes Promesse de service")
_TEAM = Bilingual("Service Promise Team", "Équipe Promesse de service")
_FUNCTION = Bilingual("Staff help desk", "Soutien au personnel")
_DIVISION = Bilingual("Service Promise", "Promesse de service")


def reminder_notice(
    reminder: Reminder, policy: Policy, texts: Texts, *, key: str, secret: bytes, mail_from: str, now: datetime, give_up_at: datetime
) -> Notice:
    """`now` and `give_up_at` are aware; `mail_from` is the reverse-path, "" for none. Raises ValueError for an address that cannot stand in a
    header, TextFailed for a template."""
    division = policy.divisions[reminder.division]
    mailbox = sender_of(division)
    message_id = notice_message_id(secret, key, mailbox.rpartition("@")[2])
    shown = tuple(_passage(reminder, division, policy, texts, language) for language in LANGUAGES)
    failed: list[str] = []
    signature_text, signature_html = frame.unlinked_signatures({each: _signature(division, policy, each) for each in LANGUAGES}, texts, failed)
    page = frame.page(html_body(shown, signature_html), LANGUAGES[0], policy.city.en, texts, failed)
    header = "".join(
        (
            mime.mailbox_field("From", SENDER.en, mailbox),
            mime.mailbox_field("To", "", reminder.recipient),
            f"Date: {mime.date_value(now.astimezone(division.calendar.zone))}\r\n",
            f"Message-ID: {message_id}\r\n",
            mime.text_field("Subject", one_line(subject(reminder, division))),
            mime.automatic_fields("auto-generated", loop_token(secret, message_id), ", ".join(LANGUAGES)),
        )
    )
    body = mime.two_parts(f"{plain_text(shown)}\n\n-- \n{signature_text}\n", page, message_id)
    return Notice(
        key=key, kind="reminder", division=division.slug, mailbox=mailbox, message_id=message_id, mail_from=mail_from,
        rcpt_to=reminder.recipient, octets=(header + body).encode("ascii"), not_before=now, give_up_at=give_up_at,
    )  # fmt: skip


def sender_of(division: Division) -> str:
    """Where a reply goes: the help desk, since in the division's mailbox it would look like an inquiry."""
    return division.contacts.staff_help or division.mailbox


def subject(reminder: Reminder, division: Division) -> str:
    """`Answer due Wednesday, November 18, 2026: HR-4K7M` · `5 answers due: Human Resources` · `Date missed: HR-4K7M`, in both languages."""
    first, many = reminder.items[0].promised, len(reminder.items)
    missed = MISSED in reminder.items[0].occasions
    if many > 1:
        en, fr = ("dates missed", "dates dépassées") if missed else ("answers due", "réponses attendues")
        return f"{many} {en}: {division.name.en} / {many} {fr} : {division.name.fr}"
    if missed:
        return f"Date missed / Date dépassée : {first.reference}"
    day = {each: dates.day(dates.last_day(first.respond_by.astimezone(division.calendar.zone)), each) for each in LANGUAGES}
    return f"Answer due {day['en']} / Réponse attendue le {day['fr']} : {first.reference}"


def _passage(reminder: Reminder, division: Division, policy: Policy, texts: Texts, language: str) -> Passage:
    several = len(reminder.items) > 1
    values = {
        **dict.fromkeys(REMINDER_VARIABLES, ""),
        "division": division.name.in_language(language),
        "mailbox": division.mailbox,
        "missed": _yes(MISSED in reminder.items[0].occasions),
        "more": str(len(reminder.items) - MOST_LINES) if len(reminder.items) > MOST_LINES else "",
        "other_division": next((each for each in policy.divisions if each != division.slug), division.slug),
        "reference": reminder.items[0].promised.reference,
        "several": _yes(several),
    }
    items = "".join(_rendered("item", language, {**values, **_item(each, division, language)}, texts) for each in reminder.items[:MOST_LINES])
    parts = (_rendered("opening", language, values, texts), items, _rendered("closing", language, values, texts))
    return passage("\n\n".join(parts), language)


def _item(item: Item, division: Division, language: str) -> dict[str, str]:
    zone = division.calendar.zone
    promised = item.promised
    return {
        "reference": promised.reference,
        "follow_up": _yes(bool(promised.follow_up)),
        "received": dates.moment(promised.received_at.astimezone(zone), language),
        "due": dates.deadline(promised.respond_by.astimezone(zone), language, zone),
        "kind": "" if promised.confidential else _kind(promised.kind, division, language),
    }


def _kind(kind: str, division: Division, language: str) -> str:
    named = next((rule.name.in_language(language) for rule in division.kinds if rule.kind == kind), "")
    if named or kind != "inquiry":
        return one_line(named or kind)
    return "inquiry" if language == "en" else "demande"


def _rendered(name: str, language: str, values: Mapping[str, str], texts: Texts) -> str:
    return texts.render(f"reminder/{name}.{language}.j2", values)


def _signature(division: Division, policy: Policy, language: str) -> dict[str, str]:
    contacts = division.contacts
    home = policy.city_wide.website if policy.city_wide else division.website
    found = {
        "team": _TEAM.in_language(language),
        "function": _FUNCTION.in_language(language),
        "division": _DIVISION.in_language(language),
        "organization": policy.city.in_language(language),
        "telephone": contacts.general_from_outside or contacts.general,
        "email": sender_of(division),
        "website": home.in_language(language),
        "language": language,
    }
    return {name: one_line(value) for name, value in found.items()}


def _yes(holds: bool) -> str:
    return "yes" if holds else ""
