"""Client addresses and the networks they lie in. Pure."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Networks = tuple[IPv4Network | IPv6Network, ...]


def within(networks: Networks, peer: str) -> bool:
    """Whether this IP address lies in one of them."""
    address = client_address(peer)
    return address is not None and any(address in network for network in networks)


def client_address(peer: str) -> IPv4Address | IPv6Address | None:
    """IPv4-mapped IPv6 counts as IPv4; None for what is no IP address."""
    try:
        address = ip_address(peer.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
