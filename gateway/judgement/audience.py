"""Who writes: council before internal before public, and what counts as proof.

- *internal* is proven or it is not: the one From and the envelope sender lie in `organization_domains`, and either the listener
  vouches for its senders (`trusted_senders`) or our border authenticated the domain (RFC 8601). Domains are compared exactly, as
  `explain` does: a subdomain such as council.toronto.example is ours only where it is listed.
- *council* is whoever fits `council_senders`. Inside our own domains the pattern needs the same proof as staff. Outside them it is
  enough, unless our border looked at the message and did not find it authentic: so a councillor is recognised where no
  `authserv_ids` are configured, and a forged one gains nothing but what everybody gets.
- Everybody else is *public*; so is whoever merely writes one of our domains in From, and then nothing is sent
  (`unverified-internal-sender`). Paper that the mail room scans, voicemail, and a listed web form speak for the public, too.

Never decides by a display name.
"""

from __future__ import annotations

from gateway.judgement.authentication import Authentication
from gateway.judgement.canonical import fits_any, split
from gateway.message.model import Address, Envelope, Message
from gateway.policy.model import Audience, Policy


def the_sender(message: Message) -> Address | None:
    """The one mailbox in From; None where From is missing or names several (RFC 5322 §3.6.2)."""
    return message.sender


def claims_our_domain(message: Message, envelope: Envelope, policy: Policy) -> bool:
    """Whether any From mailbox or the envelope sender lies in our domains, proven or not."""
    domains = {each.domain for each in message.of("from")} | {split(envelope.mail_from)[1]}
    return not domains.isdisjoint(policy.organization_domains)


def is_proven_ours(message: Message, envelope: Envelope, policy: Policy, authentication: Authentication) -> bool:
    """Whether this is mail of our own domains beyond doubt; an automatic reply of staff leaves from the null reverse-path."""
    sender = the_sender(message)
    if sender is None or sender.domain not in policy.organization_domains:
        return False
    if envelope.mail_from and split(envelope.mail_from)[1] not in policy.organization_domains:
        return False
    return envelope.trusted_senders or authentication.passes(sender.domain)


def audience_of(message: Message, policy: Policy, authentication: Authentication, *, proven: bool, carried: bool) -> Audience:
    """`proven`: from our own domains beyond doubt. `carried`: a machine of ours passes on what somebody else said."""
    sender = the_sender(message)
    if sender is None or carried:
        return "public"
    if fits_any(policy.council_senders, sender.spec):
        return "council" if proven or _claim_holds(sender, policy, authentication) else "public"
    return "internal" if proven else "public"


def _claim_holds(sender: Address, policy: Policy, authentication: Authentication) -> bool:
    """A council address of another domain: nothing that our border found speaks against it."""
    if sender.domain in policy.organization_domains:
        return False
    return authentication.authserv_id is None or authentication.passes(sender.domain)
