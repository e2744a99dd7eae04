"""The looks of the table in `may_respond`: each examines one thing and says what speaks against an answer, or None.

What they say is evidence for `trace` and `explain`: the field or fact, never a resident's address, name or subject. They look at no
other look's finding, and ask nothing of history.
"""

from __future__ import annotations

from collections.abc import Callable

from gateway.judgement import signals
from gateway.judgement.audience import claims_our_domain, the_sender
from gateway.judgement.canonical import canonical, form_for_reply, is_deliverable, split
from gateway.judgement.circumstances import Circumstances, division_of, person_to_answer
from gateway.judgement.verdict import AutomaticType
from gateway.message.keywords import auto_submitted_keyword, keywords
from gateway.message.model import MeasuredOnly

Look = Callable[[Circumstances], str | None]

# ---- whose mail it is


def no_division_mailbox(at: Circumstances) -> str | None:
    return _no_division(at) if not at.addressed and at.envelope.direction == "inbound" else None


def _no_division(at: Circumstances) -> str:
    many = len(at.envelope.rcpt_to)
    return "1 recipient, no division" if many == 1 else f"{many} recipients, none of a division"


def survey_answer(at: Circumstances) -> str | None:
    """A person's mail to the surveys' address and to no division; a machine's says nothing that anybody meant."""
    answers = at.policy.survey_answers
    if answers is None or at.addressed or at.automatic.is_automatic or at.own_notice or at.envelope.mail_from in ("", "<>"):
        return None
    return "to the address of the surveys" if any(canonical(each) == answers.address for each in at.envelope.rcpt_to) else None


def outgoing(at: Circumstances) -> str | None:
    return _no_division(at) if not at.addressed and at.envelope.direction == "outbound" else None


def null_sender(at: Circumstances) -> str | None:
    return "MAIL FROM:<>" if at.envelope.mail_from in ("", "<>") else None


def own_notice(at: Circumstances) -> str | None:
    return "its Message-ID or X-Service-Promise-Token is one that we made" if at.own_notice else None


def journal_report(at: Circumstances) -> str | None:
    for name in signals.JOURNAL_FIELDS:
        if at.message.all(name):
            return name
    if any("exjournalreport" in value.casefold() for value in at.message.all("Content-Identifier")):
        return "Content-Identifier: ExJournalReport"
    return None


def measured_only(why: MeasuredOnly) -> Look:
    """What the door knows: nothing may be sent because of this sighting."""

    def look(at: Circumstances) -> str | None:
        return f"door: {at.envelope.door}" if at.envelope.measured_only == why else None

    return look


# ---- marks of automatic mail


def auto_submitted(at: Circumstances) -> str | None:
    """RFC 3834 §5: a keyword other than "no", whatever comments or parameters surround it, in any occurrence (unknown keywords: RFC 5436)."""
    for value in at.message.all("Auto-Submitted"):
        keyword = auto_submitted_keyword(value)
        if keyword not in ("", "no"):
            return f"Auto-Submitted: {keyword}"
    return None


def list_header(at: Circumstances) -> str | None:
    return next((name for name in signals.LIST_FIELDS if at.message.all(name)), None)


def precedence(at: Circumstances) -> str | None:
    for name in ("Precedence", "X-Precedence"):
        for value in at.message.all(name):
            found = next((word for word in map(str.lower, keywords(value)) if word in signals.PRECEDENCES), None)
            if found is not None:
                return f"{name}: {found}"
    return None


def of_type(kind: AutomaticType) -> Look:
    """By what the message is as a whole, MIME structure included."""

    def look(at: Circumstances) -> str | None:
        return f"{at.automatic.rule or kind}: {at.automatic.evidence or kind}" if at.automatic.type == kind else None

    return look


def auto_response_suppress(at: Circumstances) -> str | None:
    for value in at.message.all("X-Auto-Response-Suppress"):
        asked = [word for word in keywords(value) if word.lower() in signals.SUPPRESSING_TOKENS]
        if asked:
            return f"X-Auto-Response-Suppress: {', '.join(asked)}"
    return None


def answer_unwanted(at: Circumstances) -> str | None:
    return _carried_mark(at, signals.UNWANTED_MARKS)


# ---- the sender


def spam_verdict(at: Circumstances) -> str | None:
    return _carried_mark(at, signals.SPAM_MARKS)


def system_sender(at: Circumstances) -> str | None:
    return _from_of_class(at, "system-sender")


def no_reply_sender(at: Circumstances) -> str | None:
    found = _from_of_class(at, "no-reply-sender")
    return None if found is None or person_to_answer(at.message) else found


def unlisted_form(at: Circumstances) -> str | None:
    found = _from_of_class(at, "no-reply-sender")
    return f"{found}, and Reply-To" if found else None


def role_sender(at: Circumstances) -> str | None:
    return _from_of_class(at, "role-sender") or _reply_of_class(at, "role-sender")


def system_return_path(at: Circumstances) -> str | None:
    local, domain = split(canonical(at.reply_to))
    if signals.is_bounce_handler(local, domain) and not is_from(at, at.reply_to):
        return "the envelope sender is an address that handles bounces"
    found, handler = at.returns_to
    return f"MAIL FROM: {signals.sender_pattern(handler)}" if found is not None else None


def own_mailbox(at: Circumstances) -> str | None:
    written = not at.asked and any(each.division.slug in at.writing_divisions for each in at.addressed)
    return "sender and recipient are mailboxes of one division" if written else None


def division_sender(at: Circumstances) -> str | None:
    if at.writing_divisions:
        return f"From: a mailbox of {min(at.writing_divisions)}"
    returns_to = division_of(at.reply_to, at.policy)
    return f"MAIL FROM: a mailbox of {returns_to.slug}" if returns_to else None


def copy_from_colleague(at: Circumstances) -> str | None:
    return "from staff, the division's mailbox stands in Cc only" if at.addressed and not at.asked else None


def not_one_sender(at: Circumstances) -> str | None:
    if the_sender(at.message) is not None:
        return None
    fields, mailboxes = len(at.message.all("from")), sum(bool(each.domain) for each in at.message.of("from"))
    return f"{fields} From fields" if fields != 1 else f"{mailboxes} mailboxes in From"


def invalid_return_path(at: Circumstances) -> str | None:
    if not is_deliverable(at.reply_to):
        return "the envelope sender is no address that mail can be sent to"
    return "the envelope sender is an address that not every server takes" if form_for_reply(at.reply_to) is None else None


def unverified_internal_sender(at: Circumstances) -> str | None:
    if at.proven_ours or not claims_our_domain(at.message, at.envelope, at.policy):
        return None
    if not at.policy.authserv_ids:
        return "our own domain in From or MAIL FROM, on a listener that does not vouch for its senders"
    return "our own domain in From or MAIL FROM, not authenticated by the topmost listed Authentication-Results"


def dmarc_fail(at: Circumstances) -> str | None:
    found = at.authentication
    return f"Authentication-Results: {found.authserv_id}; dmarc=fail" if found.dmarc == "fail" else None


# ---- loops


def own_loop_header(at: Circumstances) -> str | None:
    named = (division_of(word.strip("<>,;"), at.policy) for value in at.message.all("X-Loop") for word in value.split())
    found = next((division for division in named if division is not None), None)
    return f"X-Loop names a mailbox of {found.slug}" if found else None


def too_many_hops(at: Circumstances) -> str | None:
    hops = len(at.message.all("Received"))
    return f"{hops} Received lines" if hops > signals.HOP_LIMIT else None


def answers_our_notice(at: Circumstances) -> str | None:
    return "In-Reply-To or References name a Message-ID that we made" if at.answers_own_notice else None


# ---- what the policy says


def paper_letter(at: Circumstances) -> str | None:
    return "From is listed under letters_arrive_from" if at.from_mail_room else None


def stopped_city_wide(at: Circumstances) -> str | None:
    return None if at.policy.acknowledgements else "acknowledgements: off"


def refused_as(slug: str) -> Look:
    """No division acknowledges such mail, and the first of them refuses for this reason."""

    def look(at: Circumstances) -> str | None:
        if not at.refusals or None in at.refusals or at.refusals[0] != slug:
            return None
        division = at.asked[0][0].division.slug
        return f"neither To nor Cc names a mailbox of {division}" if slug == "not-addressed" else f"{division}: {at.audience}"

    return look


def _carried_mark(at: Circumstances, marks: tuple[signals.Mark, ...]) -> str | None:
    for mark in marks:
        if any(signals.carries(mark, value) for value in at.message.all(mark.field)):
            return mark.field
    return None


def _from_of_class(at: Circumstances, wanted: signals.SenderClass) -> str | None:
    return next((f"From: {signals.sender_pattern(local)}" for found, local in at.writers if found == wanted), None) if at.writers else None


def _reply_of_class(at: Circumstances, wanted: signals.SenderClass) -> str | None:
    found, local = at.returns_to
    return f"MAIL FROM: {signals.sender_pattern(local)}" if found == wanted else None


def is_from(at: Circumstances, address: str) -> bool:
    """Whether an address is the one in From, by any spelling."""
    sender = the_sender(at.message)
    return sender is not None and canonical(sender.spec) == canonical(address)
