"""What the rules of `may_respond` look at: one message with everything that was found out about it, as values.

Gathers; decides nothing about sending. Here it is also settled which divisions are addressed, and where a reply would go.
"""

from __future__ import annotations

from typing import Literal

from gateway.judgement.audience import the_sender
from gateway.judgement.authentication import Authentication
from gateway.judgement.canonical import canonical, fits_any, is_deliverable, mailbox_of, split
from gateway.judgement.mail_providers import PUBLIC_MAIL_PROVIDERS
from gateway.judgement.signals import SenderClass, is_bounce_handler, sender_class
from gateway.judgement.verdict import Automatic, Case
from gateway.message.model import Envelope, Message
from gateway.message.once import once
from gateway.message.value import value
from gateway.policy.model import Audience, Division, Policy

Named = Literal["to", "cc", "nowhere"]

MOST_FURTHER_ADDRESSES = 4
"""A header may name any number of people; a person has few addresses."""


@value(frozen=True, slots=True)
class Addressed:
    """One division that the next hop accepted as recipient, once however many of its addresses were used."""

    division: Division
    named: Named
    """Where the header names one of its addresses: To (or Resent-To), else Cc or Bcc, else nowhere."""


@value(frozen=True)
class Circumstances:
    """One message, its envelope, and what was found out about both."""

    message: Message
    envelope: Envelope
    policy: Policy
    automatic: Automatic
    authentication: Authentication
    audience: Audience
    proven_ours: bool
    trusted_source: bool
    """The policy lists the source, and nothing contradicts that it is that source."""
    own_notice: bool
    """Its Message-ID or token is one that we made."""
    answers_own_notice: bool
    addressed: tuple[Addressed, ...]
    """All divisions, in recipient order."""
    asked: tuple[tuple[Addressed, Case], ...]
    """Those of them that this message puts something to: not the sender's own mailbox, not a copy from a colleague."""
    reply_to: str
    """Where an acknowledgement would go; "" = nowhere."""
    writing_divisions: frozenset[str]
    """Slugs of those whose mailbox stands in From."""
    from_mail_room: bool
    """The sender scans letters for an addressed division."""

    @once
    def refusals(self) -> tuple[str | None, ...]:
        """Of each division asked: why it does not acknowledge such mail; None when it does."""
        return tuple(refusal(addressed, self.audience) for addressed, _ in self.asked)

    @once
    def writers(self) -> tuple[tuple[SenderClass, str], ...]:
        """Of each machine in From: its class, and its local part in canonical form."""
        local_parts = (split(canonical(each.spec))[0] for each in self.message.of("from"))
        return tuple((found, local) for local in local_parts if (found := sender_class(local)) is not None)

    @once
    def returns_to(self) -> tuple[SenderClass | None, str]:
        """The same of where an acknowledgement would go; None for a person."""
        local = split(canonical(self.reply_to))[0]
        return sender_class(local), local


def refusal(addressed: Addressed, audience: Audience) -> str | None:
    """Why one addressed division does not acknowledge mail of this audience; None when it does."""
    division = addressed.division
    if addressed.named == "nowhere":
        return "not-addressed"
    if not division.acknowledgements:
        return "stopped-for-division"
    if audience not in division.acknowledgement.sent_to:
        return "audience-not-acknowledged"
    mode = division.rollout.get(audience, "observe")
    return None if mode == "enforce" else f"rollout-{mode}"


def addressed_divisions(message: Message, envelope: Envelope, policy: Policy) -> tuple[Addressed, ...]:
    """The divisions among the accepted recipients, in their order (aliases, plus-addresses, any case)."""
    divisions = [division for recipient in envelope.rcpt_to if (division := division_of(recipient, policy)) is not None]
    if not divisions:
        return ()
    to, elsewhere = _named(message, policy, "to", "resent-to"), _named(message, policy, "cc", "resent-cc", "bcc", "resent-bcc")
    found: dict[str, Addressed] = {}
    for division in divisions:
        if division.slug not in found:
            named: Named = "to" if division.slug in to else "cc" if division.slug in elsewhere else "nowhere"
            found[division.slug] = Addressed(division, named)
    return tuple(found.values())


def _named(message: Message, policy: Policy, *fields: str) -> frozenset[str]:
    named = (division_of(address.spec, policy) for name in fields for address in message.of(name))
    return frozenset(division.slug for division in named if division is not None)


def division_of(address: str, policy: Policy) -> Division | None:
    """The division whose mailbox or alias an address is, by any spelling of it."""
    return policy.by_mailbox.get("@".join(split(address))) or policy.by_mailbox.get(mailbox_of(address))


def divisions_in_from(message: Message, policy: Policy) -> frozenset[str]:
    """Slugs of the divisions whose mailbox stands in From.

    The envelope sender does not count here: a forwarding alias may have put itself there, and the inquiry is a resident's still.
    """
    return frozenset(division.slug for each in message.of("from") if (division := division_of(each.spec, policy)) is not None)


def is_trusted_source(message: Message, policy: Policy, authentication: Authentication, *, proven_ours: bool) -> bool:
    """Whether From fits `trusted_sources`, and where we can know whether it is true, it is."""
    sender = the_sender(message)
    if sender is None or not fits_any(policy.trusted_sources, sender.spec):
        return False
    if sender.domain in policy.organization_domains:
        return proven_ours
    return not policy.authserv_ids or authentication.passes(sender.domain)


def is_from_mail_room(message: Message, addressed: tuple[Addressed, ...]) -> bool:
    """Whether the sender is one that scans letters for an addressed division."""
    sender = the_sender(message)
    return sender is not None and any(fits_any(each.division.letters_arrive_from, sender.spec) for each in addressed)


def reply_address(message: Message, envelope: Envelope, authentication: Authentication, *, trusted_source: bool, proven_ours: bool) -> str:
    """The envelope sender (RFC 3834 §4); for a listed source that is proven, the person in its Reply-To.

    An unproven source could name a victim in Reply-To.
    """
    sender = the_sender(message)
    if trusted_source and sender is not None and (proven_ours or authentication.passes(sender.domain)):
        return person_to_answer(message) or envelope.mail_from
    return envelope.mail_from


def person_to_answer(message: Message) -> str | None:
    """The one mailbox in Reply-To, when a person may stand behind it."""
    named = message.of("reply-to")
    return named[0].spec if len(named) == 1 and _may_be_a_person(named[0].spec) else None


def _may_be_a_person(address: str) -> bool:
    local, domain = split(canonical(address))
    return is_deliverable(address) and sender_class(local) is None and not is_bounce_handler(local, domain)


def inquirer_of(message: Message, reply_to: str) -> str:
    """The correspondent for cases and caps: where the reply goes, in canonical form.

    Where the envelope names nobody, or a machine to which no person's answer will be sent, it is who the answer will be sent to:
    Reply-To, else From. Nothing is sent by us then, so no cap can be evaded. "" when none of them names anybody.
    """
    local, domain = split(canonical(reply_to))
    sender = the_sender(message)
    if sender is None or (reply_to and sender_class(local) is None and not is_bounce_handler(local, domain)):
        return canonical(reply_to)
    return canonical(person_to_answer(message) or sender.spec)


def further_addresses(at: Circumstances, inquirer: str) -> tuple[str, ...]:
    """Where else than to `inquirer` a person's answer may go, and from where else the same person may write: envelope sender, From, Reply-To;
    canonical.

    Never a division's mailbox, never a machine's; of a source that speaks for others only its Reply-To. Reply-To first: there mail
    programs send an answer (RFC 5322 §3.6.2).
    """
    sender = the_sender(at.message)
    named = [each.spec for each in at.message.of("reply-to")]
    if not at.trusted_source:
        named += [sender.spec if sender else "", at.envelope.mail_from]
    # Mostly all are the inquirer's.
    others = [each for each in dict.fromkeys(named) if canonical(each) != inquirer]
    persons = (canonical(each) for each in others if _may_be_a_person(each) and division_of(each, at.policy) is None)
    return tuple(dict.fromkeys(persons))[:MOST_FURTHER_ADDRESSES]


def is_shared_domain(domain: str, policy: Policy) -> bool:
    """Whether strangers to each other write from it: our own organization's domains, and public mail providers'."""
    return domain in policy.organization_domains or domain in PUBLIC_MAIL_PROVIDERS
