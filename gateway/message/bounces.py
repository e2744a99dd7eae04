"""Is it a notice of non-delivery, though no report structure (RFC 3464) says so?

Decides by the sender and fixed words, one rule of `gateway.message.automatic`. A bounce opens no case: what a person may have written is none.
"""

from __future__ import annotations

from gateway.message import automatic_headers as headers
from gateway.message import bounce_phrases as bounces
from gateway.message.automatic_kind import Automatic
from gateway.message.automatic_signs import Signs, evidence
from gateway.message.words_of_a_person import speaks

_NOTICE_WITHIN = 800
"""Characters of a filter's notice in which it has said whom it did not reach, and why."""


def bounce_by_words(signs: Signs) -> Automatic | None:
    """Evidence names a field or a fact, never an address, a name or a subject."""
    marks = sorted(signs.names & headers.BOUNCE)
    if marks:
        return Automatic("bounce", "bounce-header", evidence(marks[0], ""))
    if signs.forwarded:
        return None
    by_subject = bounces.BOUNCE_SUBJECT.match(signs.subject)
    if not (signs.mail_system or signs.null_sender):
        if by_subject and _opens_with_a_recipient(signs):
            return Automatic("bounce", "bounce-opening", "subject and first words of a non-delivery notice")
        if (by_subject or bounces.NOTICE_SUBJECT.match(signs.subject)) and _is_a_filters_report(signs):
            return Automatic("bounce", "bounce-report-by-words", "subject, recipient and details of a non-delivery notice")
        return None
    if not (signs.from_a_daemon or signs.null_sender) and speaks(signs.opening):
        return None
    by_text = (signs.mail_system or by_subject) and bounces.BOUNCE_TEXT.search(signs.opening)
    by_daemon = signs.from_a_daemon and bounces.BOUNCE_OF_DAEMON.search(f"{signs.subject}. {signs.opening}")
    if by_subject or by_text or by_daemon:
        sender = "mail system as sender" if signs.mail_system else "null reverse-path"
        return Automatic("bounce", "bounce-text", f"{sender}, {'subject' if by_subject else 'words'} of a non-delivery notice")
    return None


def _opens_with_a_recipient(signs: Signs) -> bool:
    """First words of a notice about an address of the sender's own domain; who complains names the City's. A bounce opens no case: rather missed."""
    told = bounces.BOUNCE_OPENING.match(signs.opening)
    return told is not None and not (signs.from_a_person or speaks(signs.opening)) and _is_senders(signs, told["domain"])


def _is_a_filters_report(signs: Signs) -> bool:
    """Mail software names itself, an address of its own domain that was not reached, and a detail as only software writes; nothing of a person."""
    shown = signs.opening[:_NOTICE_WITHIN]
    named = signs.from_mail_software or bounces.MAIL_SOFTWARE.search(shown)
    if not named or signs.from_a_person or not bounces.NOTICE_DETAIL.search(shown) or bounces.GREETING.match(shown):
        return False
    writers = {each.key for each in signs.message.of("from")}
    others = [each["domain"] for each in bounces.NOTICE_RECIPIENT.finditer(shown) if f"{each['local']}@{each['domain']}" not in writers]
    return any(_is_senders(signs, each) for each in others) and not speaks(bounces.SYSTEMS_SPEAK.sub(" ", signs.opening))


def _is_senders(signs: Signs, domain: str) -> bool:
    return any(each.domain == domain or each.domain.endswith(f".{domain}") for each in signs.message.of("from"))
