"""The acknowledgement, from a decision to the octets that leave.

Decides language by language what is said, in which order of parts, and under which header fields; never whether anything
is sent (`judgement/`), and never anything by the clock: `now` comes in. Nothing of the resident's mail is repeated but its
cleaned subject, and that only where the decision allows it. If a template fails, built-in words go out in its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.judgement.verdict import AcknowledgementDecision, Examination
from gateway.ledger.records import Notice
from gateway.message.model import Message
from gateway.message.own_token import loop_token, notice_message_id, seconds
from gateway.notices import mime, subject, wording
from gateway.notices.letters import Letters
from gateway.notices.passages import one_line
from gateway.notices.typography import typeset
from gateway.policy.model import Bilingual, Policy
from gateway.policy.sentences import Texts

MOST_REFERENCES = 20
"""Message-IDs in References: the thread's first and its latest (RFC 5322 §3.6.4 sets no limit, header sizes do)."""


class NoticeRefused(ValueError):
    """This notice cannot be written; the text says why and names nobody."""


@dataclass(frozen=True, slots=True)
class Composed:
    """An acknowledgement as it reads; what `explain` and `check --preview` show."""

    subject: str
    text: str
    """Plain text with `\\n`, signature included."""
    html: str
    language: str
    """Value of Content-Language (RFC 3282), e.g. `en` or `en, fr, ta`."""
    printed_respond_by: datetime | None
    """The answer date that the text promises, aware; None = it promises none."""
    reference: str
    encoded: tuple[str, str]
    """`text` and `html` in quoted-printable."""
    failed: tuple[str, ...] = ()
    """Texts that could not be rendered, for which built-in words stand: file name and kind of error, never a value."""


def acknowledgement_text(
    examination: Examination,
    decision: AcknowledgementDecision,
    *,
    references: Mapping[str, str],
    policy: Policy,
    texts: Texts,
    now: datetime,
    letters: Letters | None = None,
) -> Composed:
    """The words. `references`: mailbox -> case reference; a mailbox that is not in it gets none printed. `letters`: what was written
    before by this policy and these texts.

    Raises NoticeRefused when the decision names no lead case or a division that the policy does not have.
    """
    try:
        about = wording.matter(decision, examination.envelope.received_at, references, policy, now)
    except (KeyError, ValueError):
        raise NoticeRefused("the decision names no division of this policy") from None
    alike = wording.likeness(about, decision.language)
    said = {each: wording.said(about, each) for each in alike.languages}
    letter = (letters or Letters(policy, texts)).of(alike, said)
    text, html = letter.filled(said)
    return Composed(
        subject=_subject(about, examination.message, decision, alike.languages),
        text=text.text,
        html=html.text,
        language=letter.language,
        printed_respond_by=about.respond_by,
        reference=about.reference,
        encoded=(text.encoded, html.encoded),
        failed=letter.failed,
    )


def acknowledgement_notice(
    composed: Composed,
    examination: Examination,
    decision: AcknowledgementDecision,
    *,
    policy: Policy,
    secret: bytes,
    now: datetime,
    give_up_after: timedelta,
) -> Notice:
    """The notice that goes into the outbox: from the lead division's mailbox, from the null reverse-path (RFC 3834 §3.3, §4).

    Raises NoticeRefused when it cannot be written (no recipient that may stand in a header, no lead case).
    """
    lead, recipient = decision.lead, decision.recipient or ""
    if lead is None or lead.division not in policy.divisions:
        raise NoticeRefused("the decision names no division of this policy")
    division = policy.divisions[lead.division]
    if not mime.is_recipient(recipient):
        raise NoticeRefused("the recipient's address cannot stand in a header")
    if not mime.is_address(division.mailbox):
        raise NoticeRefused("the division's mailbox cannot stand in a header")
    received_at = examination.envelope.received_at
    # Time first: new rows stand beside each other in the ledger's index, however many years of them there are.
    key = f"ack:{seconds(received_at)}:{examination.identity}"
    message_id = notice_message_id(secret, key, division.mailbox.rpartition("@")[2], received_at)
    confidential = any(case.confidential for case in (lead, *decision.others))
    sender = (policy.city if confidential else division.name).in_language(composed.language[:2])
    header = "".join(
        (
            mime.mailbox_field("From", one_line(sender), division.mailbox),
            mime.to_field(recipient),
            f"Date: {mime.date_value(now.astimezone(division.calendar.zone))}\r\n",
            f"Message-ID: {message_id}\r\n",
            mime.text_field("Subject", composed.subject),
            *_thread_fields(examination.message),
            mime.automatic_fields("auto-replied", loop_token(secret, message_id), composed.language),
        )
    )
    body = mime.two_encoded_parts(*composed.encoded, message_id)
    return Notice(
        key=key, kind="acknowledgement", division=division.slug, mailbox=division.mailbox, message_id=message_id, mail_from="", rcpt_to=recipient,
        octets=(header + body).encode(), not_before=max(now, decision.not_before or now),
        give_up_at=_give_up_at(composed, now + give_up_after),
    )  # fmt: skip


def _give_up_at(composed: Composed, patience: datetime) -> datetime:
    """Who reads "you will have an answer by Monday" on Tuesday is worse off than without it."""
    return min(patience, composed.printed_respond_by or patience)


def _subject(about: wording.Matter, message: Message, decision: AcknowledgementDecision, languages: tuple[str, ...]) -> str:
    """Words first, the reference last. RFC 3834 §3.1.5 would repeat the resident's subject to anybody; a forged sender is not anybody."""
    rules = about.division.acknowledgement
    quoted = subject.quotable(message.subject) if decision.quote_subject and not about.confidential else ""
    pattern: Bilingual = rules.subject if quoted else rules.fixed_subject
    line = typeset(pattern.in_language(languages[0]), languages[0]) if len(languages) == 1 else subject.in_both(rules.fixed_subject.en, pattern.fr)
    return subject.filled(line, {"subject": quoted, "reference": about.reference})


def _thread_fields(message: Message) -> list[str]:
    """In-Reply-To and References by RFC 5322 §3.6.4: the parent's own, else its one In-Reply-To, then the parent itself."""
    earlier = message.references or (message.in_reply_to if len(message.in_reply_to) == 1 else ())
    parent = (message.message_id,) if message.message_id else ()
    usable = tuple(each for each in dict.fromkeys((*earlier, *parent)) if mime.is_message_id(each))
    if len(usable) > MOST_REFERENCES:
        usable = (usable[0], *usable[1 - MOST_REFERENCES :])
    found = [mime.ids_field("In-Reply-To", parent)] if parent and mime.is_message_id(parent[0]) else []
    return [*found, mime.ids_field("References", usable)] if usable else found
