"""How many sessions one client address has at a time, as Postfix's smtpd_client_connection_count_limit has it. Counts, nothing else.

Postfix exempts its own networks; here a wide network in `allow` may be a shared cloud, so only clients that are named one by one
are exempt (a single address in `allow`, and loopback): from such a smart host comes the mail of a whole city. A limit for them would
only slow it down, and `max_connections` bounds them all the same. IPv6 clients count by /64, for each of them owns one.
"""

from __future__ import annotations

from collections import Counter
from ipaddress import IPv6Address, ip_network

from gateway.relay.networks import Networks, client_address


class Crowd:
    """The clients of one listener."""

    def __init__(self, limit: int, allow: Networks) -> None:
        self._limit = limit
        self._named = frozenset(network.network_address for network in allow if network.num_addresses == 1)
        self._present: Counter[object] = Counter()

    def enter(self, peer: str) -> bool:
        """Whether this address may have one session more; then `leave` once."""
        who = self._counted_as(peer)
        if who is None:
            return True
        if self._present[who] >= self._limit:
            return False
        self._present[who] += 1
        return True

    def leave(self, peer: str) -> None:
        who = self._counted_as(peer)
        if who is not None:
            self._present[who] -= 1
            if not self._present[who]:
                del self._present[who]

    def _counted_as(self, peer: str) -> object:
        """None for one that is not counted."""
        address = client_address(peer)
        if address is None or address.is_loopback or address in self._named:
            return None
        return ip_network((address, 64), strict=False) if isinstance(address, IPv6Address) else address
