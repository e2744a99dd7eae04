"""Every reason for which an acknowledgement is sent or not: a closed set, each with a sentence for a division admin.

`effect` says what becomes of the message besides: a *counted* one opens its cases all the same and is measured, an *excluded* one
opens none and is listed in the reports with this reason. Notes decide nothing. docs/reasons.md shows a sample of each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Effect = Literal["send", "excluded", "counted", "note"]


@dataclass(frozen=True, slots=True)
class Reason:
    """One slug of `acknowledgement.reason`, or of a note in the trace."""

    effect: Effect
    explanation: str
    source: str
    """RFC section, specification, or the document of this project that asks for it."""

    @property
    def opens_cases(self) -> bool:
        """Whether a message with this reason is an inquiry that is measured."""
        return self.effect in ("send", "counted")


NO_SMTPUTF8 = "no-smtputf8"
"""The reason that a message gets in place of its own, when its acknowledgement could not be sent for this."""

REASONS: dict[str, Reason] = {
    "new-inquiry": Reason("send", "A new inquiry to a division that acknowledges such mail.", "RFC 3834 §2"),
    # ---- excluded: no case is opened
    "configured-reply": Reason(
        "excluded",
        "No message, but the automatic reply that a member of staff has switched on, checked before anybody reads it.",
        "Service Standard 2",
    ),
    "survey-answer": Reason("excluded", "Mail to the address of the surveys; only its rating is counted, not who sent it.", "docs/surveys.md"),
    "no-division-mailbox": Reason("excluded", "None of the recipients is a mailbox of a division.", "docs/reasons.md"),
    "outgoing": Reason("excluded", "Outgoing mail to people outside; it is no inquiry to a division.", "docs/reasons.md"),
    "null-sender": Reason(
        "excluded", "The message has no return address, as delivery reports and automatic replies have none.", "RFC 3834 §2; RFC 5321 §4.5.5"
    ),
    "own-notice": Reason("excluded", "This is a mail that the gateway wrote itself and that came back.", "RFC 3834 §2"),
    "journal-report": Reason(
        "excluded", "A journal copy that the mail server makes for the archive; nobody wrote it to the division.", "MS-OXCMAIL; Exchange journaling"
    ),
    "auto-submitted": Reason("excluded", "The message says itself that a machine sent it (Auto-Submitted).", "RFC 3834 §2, §5"),
    "list-header": Reason("excluded", "The message came through a mailing list or newsletter (a List- header).", "RFC 5230 §4.6; RFC 2369; RFC 2919"),
    "precedence": Reason("excluded", "The message is marked as bulk, junk, list or automatic mail (Precedence).", "RFC 3834 §2"),
    "bounce": Reason("excluded", "A report that mail could not be delivered.", "RFC 3464"),
    "receipt": Reason("excluded", "A receipt that says a message was read, displayed or deleted.", "RFC 8098"),
    "feedback-report": Reason("excluded", "An abuse report of a mail provider.", "RFC 5965"),
    "calendar-reply": Reason("excluded", "The answer of a calendar to a meeting invitation.", "RFC 6047"),
    "out-of-office": Reason("excluded", "An out-of-office reply.", "RFC 3834 §1"),
    "auto-reply": Reason("excluded", "An automatic reply of another system.", "RFC 3834 §2"),
    "mailing-list": Reason("excluded", "The message came through a mailing list.", "RFC 5230 §4.6; RFC 2919"),
    "bulk-mail": Reason("excluded", "A newsletter or other bulk mail.", "RFC 3834 §2"),
    "auto-generated": Reason("excluded", "A machine wrote this message.", "RFC 3834 §5.1"),
    "spam-verdict": Reason("excluded", "The spam filter marked the message; an answer would confirm the address.", "RFC 3834 §2"),
    "system-sender": Reason("excluded", "The sender's address belongs to a mail or list system, not to a person.", "RFC 5230 §4.6; RFC 3834 §2"),
    "no-reply-sender": Reason("excluded", "The sender's address says that nobody reads answers to it.", "RFC 3834 §2"),
    "own-mailbox": Reason("excluded", "A division's mailbox wrote to itself.", "RFC 5230 §4.5"),
    "copy-from-colleague": Reason(
        "excluded", "A colleague sent the division a copy (Cc) for information; a copy starts no clock.", "Service Promise policy"
    ),
    "before-watch": Reason(
        "excluded", "It lay in the mailbox before the gateway watched it; gateway mailbox import would count it.", "docs/mailboxes.md"
    ),
    "not-examined": Reason("excluded", "A fault in the gateway kept the message from being examined; it was relayed unchanged.", "docs/reasons.md"),
    # ---- counted: the case is opened and measured, nothing is sent
    "voicemail": Reason("counted", "A voicemail that arrived as mail: an inquiry by telephone, which a mail cannot answer.", "Service Standard 1"),
    "unlisted-form": Reason(
        "counted",
        "The sender's address is one that nobody reads, but Reply-To names somebody: probably a web form. "
        "List its address under trusted_sources to have it acknowledged.",
        "RFC 3834 §2, §4",
    ),
    "role-sender": Reason(
        "counted", "The sender's address is one that systems use (postmaster, root …), though a person may stand behind it.", "RFC 5230 §4.6"
    ),
    "system-return-path": Reason(
        "counted", "Replies to this message go to a machine that handles bounces, not to the person.", "RFC 3834 §4; RFC 5230 §4.6"
    ),
    "division-sender": Reason(
        "counted",
        "Another division's mailbox wrote; mailboxes are never acknowledged, so that two of them cannot write to each other.",
        "RFC 5230 §4.5",
    ),
    "imported": Reason("counted", "Imported from the mailbox's past, to be measured; nothing is ever sent for it.", "docs/mailboxes.md"),
    "no-return-path": Reason(
        "counted", "The mailbox keeps no Return-Path of this message, so nobody knows where a reply may go.", "RFC 3834 §4; docs/mailboxes.md"
    ),
    "not-one-sender": Reason("counted", "The message names no sender in From, or more than one.", "RFC 5322 §3.6.2; RFC 3834 §2"),
    "invalid-return-path": Reason("counted", "The return address is not one that a reply could be sent to.", "RFC 3834 §2, §4; RFC 2606 §2"),
    "unverified-internal-sender": Reason(
        "counted", "The message carries one of our own addresses as sender, but nothing proves that it came from us.", "RFC 8601 §5"
    ),
    "dmarc-fail": Reason(
        "counted",
        "The sender's domain says that this message is not from it (DMARC failed); an answer could reach somebody who did not write.",
        "RFC 7489 §6.6",
    ),
    "own-loop-header": Reason("counted", "The message passed through one of our own mailboxes before (X-Loop).", "RFC 3834 §2"),
    "too-many-hops": Reason("counted", "The message passed through more than 50 mail servers, which is a sign of a loop.", "RFC 5321 §6.3"),
    "auto-response-suppress": Reason(
        "counted", "The sender's system asks for no automatic reply (X-Auto-Response-Suppress).", "MS-OXCMAIL 2.1.3.2.20"
    ),
    "answer-unwanted": Reason("counted", "The message asks for no automatic reply.", "RFC 3834 §2"),
    "paper-letter": Reason(
        "counted", "A paper letter that the mail room scanned; a mail to the scanner would not reach who wrote it.", "Service Promise policy"
    ),
    "stopped-city-wide": Reason(
        "counted", "All acknowledgements of the City are switched off (acknowledgements: off in city.yaml).", "Service Promise policy"
    ),
    "stopped-for-division": Reason("counted", "The acknowledgements of this division are switched off.", "Service Promise policy"),
    "not-addressed": Reason(
        "counted", "No address of the division stands in To or Cc: it was a blind copy, or came by way of a list.", "RFC 3834 §2; RFC 5230 §4.5"
    ),
    "audience-not-acknowledged": Reason(
        "counted", "The division does not acknowledge mail of this audience; it is measured all the same.", "Service Promise policy"
    ),
    "rollout-observe": Reason("counted", "The division only observes for this audience: mail is counted, nothing is sent.", "Service Promise policy"),
    "rollout-warn": Reason("counted", "The division warns staff for this audience, but sends no acknowledgements yet.", "Service Promise policy"),
    "answers-our-notice": Reason("counted", "The message answers a mail that the gateway wrote; that is never acknowledged again.", "RFC 3834 §2"),
    "follow-up": Reason("counted", "The message belongs to an inquiry that was acknowledged before; it opens no new case.", "Service Promise policy"),
    "seen-before": Reason("counted", "This very message was recorded already, for the same mailboxes.", "docs/reasons.md"),
    "already-acknowledged": Reason("counted", "This very message was acknowledged already; one message gets one acknowledgement.", "docs/reasons.md"),
    "refused-before": Reason(
        "counted",
        "An acknowledgement to this address was refused for good less than seven days ago; another would be refused, too.",
        "RFC 5321 §4.2.1; RFC 3834 §2",
    ),
    "breaker": Reason(
        "counted",
        "The division's mailbox wanted far more acknowledgements than usual; none is sent until its rate is usual again, or a person resets it.",
        "docs/caps.md",
    ),
    "domain-cap": Reason(
        "counted", "So many acknowledgements wait for the sender's domain that this one would go out when it is of no use any more.", "docs/caps.md"
    ),
    "gateway-cap": Reason("counted", "So many acknowledgements wait that this one would go out when it is of no use any more.", "docs/caps.md"),
    "found-late": Reason("counted", "The gateway saw the message so late that an acknowledgement would be of no use any more.", "docs/mailboxes.md"),
    "correspondent-cap": Reason("counted", "This sender has had as many acknowledgements as one may have within the time set.", "RFC 3834 §2"),
    NO_SMTPUTF8: Reason(
        "counted",
        "The return address has letters beyond ASCII, and the mail server that sends our notices does not take such addresses (SMTPUTF8).",
        "RFC 6531 §3.2",
    ),
    "notice-malformed": Reason("counted", "The acknowledgement failed the gateway's own check, so it was not sent.", "RFC 3834 §3"),
    "no-case": Reason("excluded", "No case was opened.", "docs/reasons.md"),
    # ---- notes in the trace: weak signals, weighed and not obeyed
    "authentication": Reason("note", "What our border found out about the sender (Authentication-Results).", "RFC 8601 §5"),
    "needs-smtputf8": Reason(
        "note",
        "The return address has letters beyond ASCII: the acknowledgement goes out only if the next hop for notices offers SMTPUTF8.",
        "RFC 6531 §3.2",
    ),
    "delayed": Reason("note", "A cap delays the acknowledgement; it goes out as soon as there is room, while it is still of use.", "docs/caps.md"),
    "measured-after-all": Reason("note", "A person answered mail that had been excluded: its cases were opened at its receipt.", "docs/reasons.md"),
    "double-acknowledgement": Reason(
        "note", "The division's mailbox answers automatically itself, so that people are acknowledged twice; switch one of them off.", "docs/caps.md"
    ),
    "trusted-source": Reason("note", "The policy lists this source; its marks of automatic mail are not obeyed.", "Service Promise policy"),
    "weak-signal": Reason("note", "A mark that machines use and people do, too; by itself it decides nothing.", "RFC 3834 §2"),
}


MEASURED_IF_ANSWERED = frozenset(("spam-verdict",))
"""Excluded for what a filter thought, not for what the message is: when a person answers it, it was an inquiry after all.

A DMARC failure needs no place here: its cases are opened at once.
"""


class Unlisted(LookupError):
    """A rule used a slug that is not in REASONS: a fault of ours."""


def reason(slug: str) -> Reason:
    """The reason of a slug. Raises Unlisted."""
    try:
        return REASONS[slug]
    except KeyError:
        raise Unlisted(slug) from None
