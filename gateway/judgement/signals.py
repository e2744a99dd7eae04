"""Marks by which machines are told from people, as data: addresses and header fields, each list in one place.

Nothing is decided here; `may_respond` says what a mark means. Marks by which a message itself counts as automatic are the
business of `gateway.message.automatic`.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

SenderClass = Literal["system-sender", "no-reply-sender", "role-sender", "system-return-path"]

MACHINE_LOCAL_PARTS = (
    "mailer-daemon*", "mailerdaemon*", "mail-daemon", "maildaemon", "daemon",
    "listserv", "listserver", "listproc", "majordomo", "mailman", "mailman-*", "sympa", "petidomo", "smartlist", "ezmlm",
    "owner-*", "*-bounces", "*-bounce", "bounce", "bounces", "bounce-*", "bounces-*", "bounce+*", "bounces+*", "bounce_*", "bounces_*",
    "*-errors", "errors-to", "autoresponder", "autoresponse", "autoresponse-*", "autoreply", "auto-reply", "automated-response",
    "microsoftexchange329e71ec*", "devnull*", "dev-null",
)  # fmt: skip
"""Mail and list systems: RFC 5230 §4.6, RFC 3834 §2, and what Sieve, Exim, Zimbra and vacation programs refuse."""

NO_REPLY_LOCAL_PARTS = (
    "noreply*", "no-reply*", "no_reply*", "no.reply*", "*-noreply", "*_noreply", "*.noreply", "*-no-reply", "*_no_reply", "*.no-reply",
    "*-no-reply-*", "noresponse*", "no-response*", "donotreply*", "do-not-reply*", "do_not_reply*", "do.not.reply*", "dont-reply*",
    "dontreply*", "*-donotreply", "*-do-not-reply", "nepasrepondre*", "ne-pas-repondre*", "ne_pas_repondre*", "ne.pas.repondre*",
    "*-nepasrepondre", "*-ne-pas-repondre", "pasdereponse*", "pas-de-reponse*", "sans-reponse*", "no-responder*", "noresponder*",
    "naoresponda*", "nao-responda*", "non-rispondere*", "nonrispondere*", "nicht-antworten*", "keine-antwort*",
    "notification", "notifications", "notification-*", "notifications-*", "*-notification", "*-notifications", "unmonitored*", "unattended*",
)  # fmt: skip
"""Addresses that say that nobody reads answers, in the languages Toronto's mail comes in."""

ROLE_LOCAL_PARTS = ("postmaster*", "hostmaster", "abuse", "root", "server", "mailer", "uucp", "cron", "www-data", "apache", "nobody", "*-request")
"""Used by systems, but often read, and now and then written from, by a person: RFC 5230 §4.6 warns of postmaster. Not `request`, not `owner`."""

BOUNCE_LOCAL_PARTS = ("*-owner", "*-return-*", "return-*", "returns+*", "errors+*")
"""Return paths only: bounce handlers of list and bulk mail programs. `shop-owner@…` in From is a person."""

BOUNCE_DOMAINS = ("amazonses.com", "bnc.salesforce.com", "mcsv.net", "mcdlv.net", "rsgsv.net", "sendgrid.net", "sparkpostmail.com", "mandrillapp.com")
"""Domains whose return paths lead to a bounce handler, never to a person."""


def _either(patterns: tuple[str, ...]) -> str:
    return "|".join(".*".join(re.escape(piece) for piece in pattern.split("*")) for pattern in patterns)


_LOCAL_PART = re.compile(
    f"(?P<machine>{_either(MACHINE_LOCAL_PARTS)})|(?P<noreply>{_either(NO_REPLY_LOCAL_PARTS)})|(?P<role>{_either(ROLE_LOCAL_PARTS)})"
)
_BOUNCE_LOCAL_PART = re.compile(_either(BOUNCE_LOCAL_PARTS))
_BOUNCE_DOMAIN = re.compile(rf"(?:.*\.)?(?:{_either(BOUNCE_DOMAINS)})")
_CLASSES: dict[str | None, SenderClass] = {"machine": "system-sender", "noreply": "no-reply-sender", "role": "role-sender"}


def sender_class(local: str) -> SenderClass | None:
    """What the local part of a sender says of who is behind it; None for a person. `local` without case, BATV and SRS undone."""
    found = _LOCAL_PART.fullmatch(local[:256])
    return _CLASSES[found.lastgroup] if found else None


def sender_pattern(local: str) -> str:
    """The pattern of the lists above that a system's local part fits, for evidence: `*-noreply`, never who stands before it."""
    listed = (*MACHINE_LOCAL_PARTS, *NO_REPLY_LOCAL_PARTS, *ROLE_LOCAL_PARTS)
    return next((pattern for pattern in listed if re.fullmatch(_either((pattern,)), local[:256])), "a system's address")


def is_bounce_handler(local: str, domain: str) -> bool:
    """Whether an envelope sender leads to a program that handles bounces."""
    return bool(_BOUNCE_LOCAL_PART.fullmatch(local[:256]) or _BOUNCE_DOMAIN.fullmatch(domain[:256]))


LIST_FIELDS = ("List-Id", "List-Help", "List-Subscribe", "List-Unsubscribe", "List-Post", "List-Owner", "List-Archive")
"""RFC 5230 §4.6: a message with any of them gets no automatic reply."""

PRECEDENCES = frozenset(("bulk", "junk", "list", "auto_reply", "auto-reply"))
"""Values of Precedence (and X-Precedence, as cPanel writes it) that stop us."""

SUPPRESSING_TOKENS = frozenset(("all", "oof", "autoreply"))
"""X-Auto-Response-Suppress: AutoReply means us, OOF is what senders of old write for it, All is all. DR, NDR, RN, NRN, None are about reports."""

JOURNAL_FIELDS = ("X-MS-Journal-Report", "X-MS-Exchange-Organization-Journal-Report")
"""Exchange puts one on each journal report (envelope journaling)."""

HOP_LIMIT = 50
"""Received lines beyond which a message is taken to loop; half of what RFC 5321 §6.3 lets MTAs allow at least."""


class Mark(NamedTuple):
    """A field that says something by its value; `pattern` is matched at the start, without case. "" = the field's presence is enough."""

    field: str
    pattern: str


UNWANTED_MARKS = (Mark("X-Ack", r"no\b"), Mark("X-IgnoreVacation", r"(?!no\b)\S"))
"""Mailman's and Cyrus's ways to ask for no automatic reply."""

SPAM_MARKS = (
    Mark("X-Spam-Flag", r"yes\b"),
    Mark("X-Spam-Status", r"yes\b"),
    Mark("X-Spam", r"(yes|true|spam)\b"),
    Mark("X-MS-Exchange-Organization-SCL", r"[5-9]\b"),
    Mark("X-Forefront-Antispam-Report", r"(.*;)?\s*(SCL:[5-9]|SFV:(SPM|SKS|SKB))\s*(;|$)"),
)
"""Verdicts of SpamAssassin, rspamd, Exchange and Microsoft 365."""

WEAK_MARKS = (
    Mark("Feedback-ID", ""),
    Mark("Disposition-Notification-To", ""),
    Mark("Return-Receipt-To", ""),
    Mark("X-Mailer", r".*(phpmailer|mailchimp|sendgrid|mailjet|bulk|swiftmailer|campaign|newsletter)"),
    Mark("X-Auto-Response-Suppress", ""),
    Mark("X-Loop", ""),
    Mark("Thread-Topic", r"autoresponse\b"),
    Mark("X-PHP-Originating-Script", ""),
)
"""Found on the mail of machines and of people; noted in the trace, never obeyed."""

_COMPILED = {mark: re.compile(mark.pattern, re.IGNORECASE) for marks in (UNWANTED_MARKS, SPAM_MARKS, WEAK_MARKS) for mark in marks}


def carries(mark: Mark, value: str) -> bool:
    """Whether a value of the mark's field has it."""
    return _COMPILED[mark].match(value.strip("\"' \t")) is not None
