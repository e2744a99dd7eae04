"""Did a machine send this message by itself, and what kind of automatic mail is it?

Decides by structure and header fields first; words (subjects, phrases) only beside other evidence or where software's own fixed
wording stands. Weak signals never make a person's mail automatic. Decides nothing about answering: that is `judgement.may_respond`.
Evidence names a field or a fact, never an address, a name or a subject.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from gateway.message import absence_phrases as absences
from gateway.message import absence_reasons as reasons
from gateway.message import automatic_headers as headers
from gateway.message import automatic_phrases as phrases
from gateway.message import responder_phrases as responders
from gateway.message.automatic_kind import Automatic, AutomaticType
from gateway.message.automatic_phrases import fold
from gateway.message.automatic_signs import Signs, evidence
from gateway.message.bare_absences import (
    absence_by_formula,
    absence_in_own_words,
    absence_told_to_anybody,
    absence_under_its_subject,
    is_a_letter,
    people_write_it,
)
from gateway.message.bounces import bounce_by_words
from gateway.message.model import Message, Part
from gateway.message.text import plain_text
from gateway.message.words_of_a_person import speaks

__all__ = ["Automatic", "AutomaticType", "classify"]

_OPENS_WITHIN = 60
"""Characters of a greeting and of thanks, before the text says what it is about."""


def classify(message: Message, mail_from: str | None) -> Automatic:
    """The first type of `AutomaticType` that fits. `mail_from` is the envelope sender, "" the null reverse-path, None unknown (then Return-Path)."""
    signs = Signs(message, mail_from)
    return next((found for rule in _RULES if (found := rule(signs)) is not None), Automatic())


def _report(kind: str, type_: AutomaticType, rule: str, *embedded: str) -> Callable[[Signs], Automatic | None]:
    """RFC 6522: a multipart/report of this type, or one that holds such a part."""

    def look(signs: Signs) -> Automatic | None:
        root = signs.message.root
        if not root.content_type.startswith("multipart/"):
            return Automatic(type_, rule, f"Content-Type: {root.content_type}") if root.content_type in embedded else None
        declared = root.content_type == "multipart/report" and root.parameters.get("report-type", "").lower() == kind
        held = next((child.content_type for child in root.children if child.content_type in embedded), None)
        if declared or (held and (root.content_type == "multipart/report" or not _sent_on(signs))):
            return Automatic(type_, rule, f"multipart/report; report-type={kind}" if declared else f"part of type {held}")
        return None

    return look


def _sent_on(signs: Signs) -> bool:
    """A person passes a report on with words of their own: mail programs keep its parts beside them."""
    return not (signs.mail_system or signs.null_sender) and (signs.forwarded or speaks(signs.opening))


def _receipt_by_words(signs: Signs) -> Automatic | None:
    if phrases.GROUPWISE_STATUS_SUBJECT.match(signs.subject):
        return Automatic("receipt", "groupwise-status", "subject of a GroupWise status report")
    said = phrases.RECEIPT_TEXT.search(signs.opening) if phrases.RECEIPT_SUBJECT.match(signs.subject) and not signs.forwarded else None
    if said is None or speaks(f"{signs.opening[: said.start()]} {signs.opening[said.end() :]}"):  # the subject that it repeats may be a question
        return None
    return Automatic("receipt", "receipt-text", "subject and text of a receipt")


def _dmarc_report(signs: Signs) -> Automatic | None:
    if phrases.DMARC_REPORT_SUBJECT.match(signs.subject) and (
        signs.message.attachments or signs.message.root.content_type.startswith("application/")
    ):
        return Automatic("feedback_report", "dmarc-report", "subject of a DMARC aggregate report, with its file")
    return None


def _calendar_reply(signs: Signs) -> Automatic | None:
    for part in _outer_parts(signs.message.root):
        if part.content_type == "text/calendar":
            method = part.parameters.get("method", "") or _calendar_method(part.text or "")
            if method.upper() in ("REPLY", "COUNTER") and not (part.disposition == "attachment" and _sent_on(signs)):
                return Automatic("calendar_reply", "calendar-reply", f"text/calendar; method={method.upper()}")
    content_class = (signs.message.first("content-class") or "").lower()
    if "calendarmessage" in content_class and phrases.MEETING_ANSWER_SUBJECT.match(signs.subject):
        return Automatic("calendar_reply", "calendar-answer", "Content-Class: urn:content-classes:calendarmessage")
    return None


def _calendar_method(calendar: str) -> str:
    found = re.search(r"^METHOD:\s*([A-Za-z-]{1,20})", calendar[:8192], re.MULTILINE | re.IGNORECASE)
    return found[1] if found else ""


def _outer_parts(part: Part) -> list[Part]:
    """This part and those below it, but nothing of an embedded message."""
    if part.content_type.startswith("multipart/"):
        return [part, *(below for child in part.children for below in _outer_parts(child))]
    return [part]


def _journal_report(signs: Signs) -> Automatic | None:
    if "x-ms-journal-report" in signs.names:
        return Automatic("auto_generated", "journal-report", "X-MS-Journal-Report")
    return None


def _absence_with_evidence(signs: Signs) -> Automatic | None:
    """Software sent it, and it is about an absence."""
    evidence = signs.machine
    if evidence is None or signs.of_others or (signs.from_list and any(headers.LIST_SOFTWARE.fullmatch(local) for local in signs.from_locals)):
        return None
    marked = signs.noted_as_vacation
    named = (
        phrases.SOFTWARE_ABSENCE_SUBJECT.match(signs.subject)
        or phrases.ABSENCE_SUBJECT.match(signs.subject)
        or (signs.reply and absences.HOLIDAY_BEFORE_SUBJECT.match(signs.subject))
    )
    if not (signs.reply or signs.null_sender or named or signs.by_software) and not _generated_absence(signs):
        return None
    if signs.absent:
        return Automatic("out_of_office", "absence-text", f"{marked or evidence}; the text says that the writer is away")
    in_answer = signs.reply or signs.null_sender or signs.answers or signs.by_software
    # An acknowledgement may repeat what the reader wrote: there only the first words count.
    if in_answer and (signs.absent_at_first if signs.acknowledges else signs.absent_tersely):
        return Automatic("out_of_office", "vacation-responder" if marked else "absence-text", marked or f"{evidence}; the text names an absence")
    if in_answer and responders.NOT_READ_MEANWHILE.search(signs.opening) and not phrases.ACKNOWLEDGEMENT.match(signs.opening):
        return Automatic("out_of_office", "absence-text", f"{evidence}; the text says that the mailbox is not read for now")
    if in_answer and signs.tells_of_somebody:
        return Automatic("out_of_office", "absence-text", f"{evidence}; the text names an absence")
    if signs.acknowledges:
        return None
    if marked:
        return Automatic("out_of_office", "vacation-responder", marked)
    if named and in_answer:
        return Automatic("out_of_office", "absence-subject", f"{evidence}; subject of an absence")
    if in_answer and (phrases.ABSENCE_OF_ANOTHER.search(signs.opening) or signs.closed):
        return Automatic("out_of_office", "absence-text", f"{evidence}; the text names an absence")
    if signs.other_purpose:
        return None
    if phrases.EXCHANGE_SUBJECT.match(signs.subject) and ((_exchange(signs) and not signs.from_a_team) or signs.from_a_person):
        return Automatic("out_of_office", "exchange-automatic-reply", f"{evidence}; subject of an Exchange automatic reply")
    return _reply_of_a_person(signs)


def _reply_of_a_person(signs: Signs) -> Automatic | None:
    """What software answers in the name of a person, naming a day and no other purpose: that the person is not there till then, in whatever words."""
    answered = signs.reply or ((signs.null_sender or signs.old_responder) and (phrases.REPLIED.match(signs.subject) or signs.self_declared))
    if (
        answered
        and signs.from_a_person
        and phrases.DAY_NAMED.search(signs.opening)
        and not signs.from_list
        and not signs.names & headers.UNSUBSCRIBE
        and not signs.acknowledges
        and not signs.other_purpose
    ):
        return Automatic("out_of_office", "automatic-reply-of-a-person", "software answered from a person's own mailbox, and acknowledges nothing")
    return None


def _generated_absence(signs: Signs) -> bool:
    """Notifications pass on what people write; only one that opens with an absence, and comes from no list, is an absence."""
    passed_on = signs.from_list or signs.names & headers.UNSUBSCRIBE
    said = None if passed_on or phrases.REPORTED.search(signs.opening[:120]) else phrases.ABSENCE_OWN.search(signs.opening[:200])
    if said is None and signs.answers and signs.absent and not (passed_on or phrases.REPORTED.search(signs.opening[:120])):
        said = phrases.ABSENCE_OTHER_LANGUAGES.search(signs.opening[:200])  # Exchange says "auto-generated" of some answers
    return said is not None and (signs.from_a_person or (said.start() <= _OPENS_WITHIN and "@" not in signs.opening[: said.start()]))


def _exchange(signs: Signs) -> bool:
    suppress = (signs.message.first("x-auto-response-suppress") or "").lower()
    return bool(
        signs.message.first("x-ms-exchange-inbox-rules-loop")
        or "all" in suppress
        or "oof" in suppress
        or "x-ms-exchange-generated-message-source" in signs.names
    )


def _absence_without_headers(signs: Signs) -> Automatic | None:
    """Replies from before Auto-Submitted, and rules of mail programs: their own fixed wording, and a text that says the writer is away."""
    if signs.machine or signs.forwarded:
        return None
    if signs.by_domino:
        return Automatic("out_of_office", "domino-absence", "subject and fixed text of the Domino out-of-office agent")
    if signs.from_list or signs.names & headers.UNSUBSCRIBE:
        return None
    if signs.by_software and (signs.of_others or (people_write_it(signs) and is_a_letter(signs))):
        return None
    if signs.by_software and (
        signs.absent
        or ((phrases.ABSENCE_OF_ANOTHER.search(signs.opening) or signs.absent_tersely) and not absences.ABSENCE_OF_THE_READER.search(signs.opening))
        or (signs.closed and not signs.acknowledges)
    ):
        return Automatic("out_of_office", "automatic-subject-and-absence", "subject as software writes it; the text names an absence")
    if signs.tagged_by_software and phrases.ABSENCE_SUBJECT.match(signs.subject) and not (signs.quotes or signs.personal):
        return Automatic("out_of_office", "automatic-subject-and-absence", "subject of an absence, behind a tag as software writes it")
    if reasons.ABSENCE_BEHIND_SUBJECT.match(signs.subject) and signs.absent and not (signs.personal or signs.greets_its_reader):
        return Automatic("out_of_office", "absence-in-answer", "subject of an absence behind the subject of the question")
    written_by_outlook = phrases.AUTOREPLY_SUBJECT.match(signs.subject) and signs.opening and not signs.quotes
    if phrases.EXCHANGE_SUBJECT.match(signs.subject) and signs.opening and _of_nothing_else(signs):
        return Automatic("out_of_office", "exchange-automatic-reply", "subject of an Exchange automatic reply, from a person's own mailbox")
    if written_by_outlook or (phrases.SOFTWARE_ABSENCE_SUBJECT.match(signs.subject) and (signs.answers or _exchange(signs))):
        return Automatic("out_of_office", "automatic-subject-in-answer", "subject as software writes it, in answer to a message")
    if signs.old_responder and signs.absent:
        return Automatic("out_of_office", "old-vacation-responder", f"{signs.old_responder}; the text says that the writer is away")
    if signs.old_responder and signs.self_declared and (found := _reply_of_a_person(signs)):
        return found
    if signs.self_declared and signs.absent and not phrases.NOT_A_ROBOT.search(signs.opening[:300]):
        return Automatic("out_of_office", "declared-automatic-absence", "the text says that it is automatic, and that the writer is away")
    if signs.old_responder and signs.from_a_person and phrases.ABSENCE_TERSE.search(signs.opening) and not (signs.personal or signs.acknowledges):
        return Automatic("out_of_office", "old-vacation-responder", f"{signs.old_responder}; the text names an absence")
    found = absence_in_own_words(signs) if phrases.ABSENCE_SUBJECT.match(signs.subject) else absence_by_formula(signs)
    return found or absence_under_its_subject(signs) or absence_told_to_anybody(signs)


def _of_nothing_else(signs: Signs) -> bool:
    """From a person's own mailbox, and neither an acknowledgement nor any other purpose of automatic replies."""
    of_the_readers = absences.ABSENCE_OF_THE_READER.search(signs.opening)
    return signs.from_a_person and not (signs.quotes or signs.personal or signs.acknowledges or of_the_readers or signs.other_purpose)


def _voicemail(signs: Signs) -> Automatic | None:
    if signs.message.root.content_type == "multipart/voice-message":
        return Automatic("voicemail", "voice-message-type", "Content-Type: multipart/voice-message")
    mark = signs.table(headers.VOICE) if signs.names & headers.VOICE.keys() else None
    if mark:
        return Automatic("voicemail", "voice-header", mark)
    if not phrases.VOICE_SUBJECT.match(signs.subject) or signs.forwarded:
        return None
    senders = " ".join(address.key for address in signs.message.of("from"))
    by_machine = signs.machine or headers.VOICE_SENDERS.search(senders) or any(headers.NO_REPLY.fullmatch(local) for local in signs.from_locals)
    if not by_machine:
        return None
    audio = any(
        part.content_type.startswith("audio/") or (part.filename or "").lower().endswith((".wav", ".mp3", ".m4a", ".amr"))
        for part in _outer_parts(signs.message.root)
    )
    if audio or headers.VOICE_SENDERS.search(senders):
        return Automatic("voicemail", "voice-notification", "subject of a voice message, from a telephone system")
    return None


def _auto_reply(signs: Signs) -> Automatic | None:
    if signs.reply:
        return Automatic("auto_reply", "automatic-reply-header", signs.reply)
    if signs.forwarded and not signs.machine:
        return None
    receipt_of_a_form = not signs.answers and any(headers.NO_REPLY.fullmatch(local) for local in signs.from_locals)
    if signs.machine and (
        signs.by_software or (not receipt_of_a_form and not signs.names & headers.UNSUBSCRIBE and not signs.from_list and signs.acknowledges)
    ):
        words = "subject of an automatic reply" if signs.by_software else "the text acknowledges a message"
        return Automatic("auto_reply", "automatic-acknowledgement", f"{signs.machine}; {words}")
    if not signs.by_software or signs.from_list:
        return None
    in_answer = signs.answers and not (signs.quotes or phrases.REPLIED.match(signs.subject))
    if in_answer or signs.old_responder or signs.self_declared or signs.acknowledges or _exchange(signs):
        return Automatic("auto_reply", "automatic-subject", "subject as software writes it, and a second sign")
    return None


def _list(signs: Signs) -> Automatic | None:
    return Automatic("list", "mailing-list", signs.from_list) if signs.from_list else None


def _bulk(signs: Signs) -> Automatic | None:
    if signs.precedence("bulk", "junk"):
        return Automatic("bulk", "precedence-bulk", "Precedence: bulk or junk")
    unsubscribe = sorted(signs.names & headers.UNSUBSCRIBE)
    if unsubscribe:
        return Automatic("bulk", "list-unsubscribe", evidence(unsubscribe[0], ""))
    named = any(headers.NEWSLETTERS.fullmatch(local) for local in signs.from_locals)
    if named and not _writes_to_us(signs) and phrases.UNSUBSCRIBE_TEXT.search(fold(plain_text(signs.message))):
        return Automatic("bulk", "newsletter", "sender of a newsletter; the text tells how to unsubscribe")
    return None


def _writes_to_us(signs: Signs) -> bool:
    """From a mailbox whose newsletters are known people write, too: they answer, ask, or want to be unsubscribed."""
    return signs.answers or signs.quotes or "?" in signs.opening[:400] or phrases.UNSUBSCRIBE_TEXT.search(signs.subject) is not None


def _auto_generated(signs: Signs) -> Automatic | None:
    if signs.generated:
        return Automatic("auto_generated", "auto-generated-header", signs.generated)
    if signs.message.root.content_type == "multipart/report":
        return Automatic("auto_generated", "other-report", "Content-Type: multipart/report")
    if signs.null_sender:
        return Automatic("auto_generated", "null-reverse-path", signs.null_sender)
    if any(local in headers.ROBOTS for local in signs.from_locals):
        return Automatic("auto_generated", "system-sender", "sender is a mail or list system")
    if "root" in signs.from_locals and phrases.CRON_SUBJECT.match(signs.subject):
        return Automatic("auto_generated", "cron", "output of a scheduled job")
    if any(headers.NO_REPLY.fullmatch(local) for local in signs.from_locals) and signs.self_declared:
        return Automatic("auto_generated", "no-reply-notification", "no-reply sender; the text says that it is automatic")
    return None


_RULES: tuple[Callable[[Signs], Automatic | None], ...] = (
    _journal_report,
    _report("delivery-status", "bounce", "delivery-status-report", "message/delivery-status", "message/global-delivery-status"),
    bounce_by_words,
    _report(
        "disposition-notification", "receipt", "disposition-report", "message/disposition-notification", "message/global-disposition-notification"
    ),
    _receipt_by_words,
    _report("feedback-report", "feedback_report", "abuse-report", "message/feedback-report"),
    _report("tlsrpt", "feedback_report", "tls-report"),
    _dmarc_report,
    _calendar_reply,
    _voicemail,
    _absence_with_evidence,
    _absence_without_headers,
    _auto_reply,
    _list,
    _bulk,
    _auto_generated,
)
"""In the order of `AutomaticType`; a journal report first, so that it never counts as the message inside it, and a voice message before the
absence that its transcript may tell of."""
