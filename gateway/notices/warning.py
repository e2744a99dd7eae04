"""What staff are told: the warning with its text to paste, the thank-you, and the word to a division's contact that cover is missing.

Decides how it is said, in the person's language; never whether or when (`judgement/warn.py`). Quotes one line, of the message in
hand only, and only to its author; no link, button or attachment, because a mail that says "click here" is what staff are trained
to report as phishing. Pure: values in, a notice out. Nothing is sent when a template fails: unlike an acknowledgement, it can wait.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from gateway.judgement.staff import division_for
from gateway.judgement.staff_verdict import Belonging, StaffVerdict, Topic, topic_of
from gateway.judgement.verdict import Examination
from gateway.ledger.records import Notice, NoticeKind
from gateway.message.own_token import loop_token, notice_message_id
from gateway.notices import frame, mime, warning_words
from gateway.notices.html import html_body
from gateway.notices.passages import Passage, one_line, passage, plain_text
from gateway.notices.warning_sections import TOPICS, Section, as_kept, read_back
from gateway.policy.model import Bilingual, Division, Policy
from gateway.policy.sentences import LANGUAGES, TextFailed, Texts

SENDER = Bilingual("Service Promise notes", "Notes Promesse de service")
_TEAM = Bilingual("Service Promise Team", "Équipe Promesse de service")
_FUNCTION = Bilingual("Staff help desk", "Soutien au personnel")
_DIVISION = Bilingual("Service Promise", "Promesse de service")

CITY = "city"
"""Stands where a notice names its division, if it speaks for none."""


class NotWritten(ValueError):
    """This mail cannot be written; the text names a rule or a file, never a person."""


@dataclass(frozen=True, slots=True)
class Told:
    """A mail to staff as it reads; what `explain` shows."""

    subject: str
    text: str
    """Plain text with `\\n`, signature included."""
    html: str
    language: str
    """Value of Content-Language (RFC 3282)."""
    sections: Mapping[Topic, Section] = field(default_factory=dict)
    """Of a warning: what it says of each topic."""
    failed: tuple[str, ...] = ()
    """Texts for which built-in words stand: file name and kind of error."""


@dataclass(frozen=True, slots=True)
class _Staff:
    """One person, and what holds for them."""

    person: Belonging
    division: Division
    language: str
    help_desk: str


def warning_text(examination: Examination, verdict: StaffVerdict, *, policy: Policy, texts: Texts) -> Told:
    """The words of a warning, with those of a waiting one whose place it takes. Raises NotWritten."""
    staff = _staff(examination, policy)
    own = _own_sections(examination, verdict, staff, policy, texts)
    said = {**_carried(verdict), **own}
    sections = {topic: said[topic] for topic in TOPICS if topic in said}
    if not sections:
        raise NotWritten("nothing to tell")
    language = staff.language
    farewell = {**warning_words.nothing(), **{name: value for each in sections.values() for name, value in each.farewell.items() if value}}
    greeting = {**warning_words.nothing(), "first_name": warning_words.first_name(staff.person.name)}
    shown = (
        _part("opening", language, greeting, texts),
        *(passage for each in sections.values() for passage in each.passages),
        _part("closing", language, farewell, texts),
    )
    subject = warning_words.subject([kind for each in sections.values() for kind in each.kinds], language)
    told = _framed(subject, shown, (language,), staff, policy, texts)
    return replace(told, sections=sections)


def _carried(verdict: StaffVerdict) -> dict[Topic, Section]:
    try:
        return read_back(verdict.carried_sections)
    except (KeyError, TypeError):
        raise NotWritten("a warning that waits was written by another version") from None


def _own_sections(examination: Examination, verdict: StaffVerdict, staff: _Staff, policy: Policy, texts: Texts) -> dict[Topic, Section]:
    """Of each topic that this message gives reason to write about."""
    if not verdict.told:
        return {}
    values = {each: warning_words.values(examination, verdict, staff.person, staff.division, policy, each) for each in LANGUAGES}
    own = values[staff.language]
    said = {topic: tuple(kind for kind in verdict.told if topic_of(kind) == topic) for topic in TOPICS}
    return {
        topic: Section(kinds, staff.language, _passages(topic, staff.language, values, texts), warning_words.farewell(topic, own))
        for topic, kinds in said.items()
        if kinds
    }


def _passages(topic: Topic, language: str, values: Mapping[str, Mapping[str, str]], texts: Texts) -> tuple[Passage, ...]:
    """What was found, then what there is to paste."""
    own = values[language]
    found = _part(f"{topic}-found", language, own, texts)
    if topic != "away":
        return (found, _part(topic, language, own, texts))
    if not own["offers_text"]:
        return (found,)
    other = next(each for each in LANGUAGES if each != language)
    return (found, *(_part("away-text", each, values[each], texts) for each in (language, other)), _part("voicemail", language, own, texts))


@dataclass(frozen=True)
class Writing:
    """Writes what one decision sends. `secret`: key of our Message-IDs; `now`: aware."""

    policy: Policy
    texts: Texts
    secret: bytes
    now: datetime
    give_up_after: timedelta

    def warning(self, examination: Examination, verdict: StaffVerdict) -> tuple[Told, Notice]:
        """To the person alone. Raises NotWritten."""
        told = warning_text(examination, verdict, policy=self.policy, texts=self.texts)
        staff = _staff(examination, self.policy)
        notice = self._notice("warning", told, examination, staff, verdict.not_before, staff.person.address)
        return told, replace(notice, sections=as_kept(told.sections))

    def thanks(self, examination: Examination, verdict: StaffVerdict) -> Notice:
        """Short, once, to the person alone. Raises NotWritten."""
        staff = _staff(examination, self.policy)
        name = warning_words.first_name(staff.person.name)
        values = {**warning_words.nothing(), "first_name": name, **{str(topic): "yes" for topic in verdict.thanks}}
        shown = (_part("thanks", staff.language, values, self.texts),)
        told = _framed(warning_words.thanks_subject(verdict.thanks[0], staff.language), shown, (staff.language,), staff, self.policy, self.texts)
        return self._notice("thanks", told, examination, staff, verdict.not_before, staff.person.address)

    def cover(self, examination: Examination, verdict: StaffVerdict) -> Notice | None:
        """To the division's contact, in both languages; None where nobody is to be told. Raises NotWritten."""
        staff = _staff(examination, self.policy)
        recipient = contact_of(staff.division)
        if recipient is None or verdict.cover_at is None or staff.person.address == recipient.casefold():
            return None
        values = {**warning_words.nothing(), "address": staff.person.address}
        shown = tuple(_part("cover", each, values, self.texts) for each in LANGUAGES)
        told = _framed(warning_words.cover_subject(), shown, LANGUAGES, staff, self.policy, self.texts)
        return self._notice("cover", told, examination, staff, verdict.cover_at, recipient)

    def _notice(self, kind: NoticeKind, told: Told, examination: Examination, staff: _Staff, not_before: datetime | None, to: str) -> Notice:
        leaves = max(self.now, not_before or self.now)
        if not mime.is_address(to) or not mime.is_address(staff.help_desk):
            raise NotWritten("an address that cannot stand in a header that every server takes")
        if to.rpartition("@")[2].casefold() not in self.policy.organization_domains:
            raise NotWritten("an address outside our own domains")
        key = f"{kind}:{examination.identity}"
        message_id = notice_message_id(self.secret, key, staff.help_desk.rpartition("@")[2])
        header = "".join(
            (
                mime.mailbox_field("From", SENDER.in_language(told.language[:2]), staff.help_desk),
                mime.mailbox_field("To", "", to),
                f"Date: {mime.date_value(leaves.astimezone(staff.division.calendar.zone))}\r\n",
                f"Message-ID: {message_id}\r\n",
                mime.text_field("Subject", one_line(told.subject)),
                mime.automatic_fields("auto-generated", loop_token(self.secret, message_id), told.language),
            )
        )
        octets = (header + mime.two_parts(told.text, told.html, message_id)).encode("ascii")
        return Notice(
            key=key, kind=kind, division=staff.person.division or CITY, mailbox=staff.help_desk, message_id=message_id, mail_from="",
            rcpt_to=to, octets=octets, not_before=leaves, give_up_at=leaves + self.give_up_after,
        )  # fmt: skip


def contact_of(division: Division) -> str | None:
    """Who arranges cover: whoever is reminded, else the stand-in."""
    contacts = division.contacts
    return contacts.reminders or (contacts.stand_in.email if contacts.stand_in else None)


def _staff(examination: Examination, policy: Policy) -> _Staff:
    person = examination.staff
    division = division_for(person, policy) if person else None
    if person is None or division is None or not division.contacts.staff_help:
        raise NotWritten("nobody to tell, or no help desk")
    language = person.language if person.language in LANGUAGES else "fr" if examination.language == "fr" else "en"
    return _Staff(person, division, language, division.contacts.staff_help)


def _part(name: str, language: str, values: Mapping[str, str], texts: Texts) -> Passage:
    try:
        return passage(texts.render(f"warning/{name}.{language}.j2", values), language)
    except TextFailed as error:
        raise NotWritten(str(error)) from None


def _framed(subject: str, shown: tuple[Passage, ...], languages: tuple[str, ...], staff: _Staff, policy: Policy, texts: Texts) -> Told:
    failed: list[str] = []
    signature_text, signature_html = frame.unlinked_signatures({each: _signature(staff, policy, each) for each in languages}, texts, failed)
    page = frame.page(html_body(shown, signature_html), languages[0], policy.city.in_language(languages[0]), texts, failed)
    spoken = ", ".join(dict.fromkeys((*languages, *(each.language for each in shown))))
    return Told(subject, f"{plain_text(shown)}\n\n-- \n{signature_text}\n", page, spoken, failed=tuple(failed))


def _signature(staff: _Staff, policy: Policy, language: str) -> dict[str, str]:
    """The seven fields that we ask of staff."""
    contacts = staff.division.contacts
    home = policy.city_wide.website if policy.city_wide else staff.division.website
    found = {
        "team": _TEAM.in_language(language),
        "function": _FUNCTION.in_language(language),
        "division": _DIVISION.in_language(language),
        "organization": policy.city.in_language(language),
        "telephone": contacts.general_from_outside or contacts.general,
        "email": staff.help_desk,
        "website": home.in_language(language),
        "language": language,
    }
    return {name: one_line(value) for name, value in found.items()}
