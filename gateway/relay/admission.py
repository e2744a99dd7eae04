"""Who may relay here: by network, by domain, by a header field. Decides only; the session says so to the client.

Everything else is the next hop's to judge. The domain lists narrow an allow list that covers machines of strangers too, such as a
shared cloud's (docs/configuration.md).
"""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet

from gateway.delivery.reply import Reply, own
from gateway.message.domain_names import comparable
from gateway.relay.door import Listener
from gateway.relay.networks import within

_NOT_HERE = own(550, "7.1", "Relaying is not allowed for this client")
_NOT_THIS_SENDER = own(550, "7.1", "Relaying is not allowed for this sender")
_NOT_THIS_RECIPIENT = own(550, "7.1", "Relaying is not allowed to this recipient")

_ROUTED = re.compile(r'[%!@"]')
"""Local parts by which a trusting next hop would send mail on elsewhere: the percent hack, a bang path, a quoted address."""


def may_relay(listener: Listener, peer: str, names: AbstractSet[str] = frozenset()) -> Reply | None:
    """None when a client at this IP address, or with a certificate of these names, may relay, else the refusal.

    `names` are the lower-case DNS names of a certificate that has been verified; they are compared exactly, wildcards too.
    """
    if within(listener.allow, peer) or any(comparable(name) in names for name in listener.client_names):
        return None
    return _NOT_HERE


def may_send(listener: Listener, mail_from: str) -> Reply | None:
    """The same for the reverse-path ("" is the null one, which always may)."""
    if not listener.sender_domains or not mail_from:
        return None
    return None if _domain(mail_from) in _listed(listener.sender_domains) else _NOT_THIS_SENDER


def may_receive(listener: Listener, rcpt_to: str) -> Reply | None:
    """The same for a recipient. Exact domains only: no subdomain, no routing hidden in the local part; a bare `postmaster` may."""
    if not listener.recipient_domains or rcpt_to.lower() == "postmaster":
        return None
    local = rcpt_to.rpartition("@")[0]
    if _domain(rcpt_to) in _listed(listener.recipient_domains) and not _ROUTED.search(local):
        return None
    return _NOT_THIS_RECIPIENT


def _domain(address: str) -> str:
    return comparable(address.rpartition("@")[2]) if "@" in address else ""


def _listed(domains: tuple[str, ...]) -> frozenset[str]:
    return frozenset(comparable(domain) for domain in domains)
