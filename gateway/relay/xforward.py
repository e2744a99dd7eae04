"""XFORWARD (Postfix, XFORWARD_README): the true client's attributes, from an allowed client to the next hop's log. Pure.

What a client sends is checked and passed on with the octets it used. It is for logs alone: admission, limits and our Received
line go by the connection. As with Postfix it holds for one transaction.
"""

from __future__ import annotations

import re
from ipaddress import ip_address

from gateway.delivery.reply import own
from gateway.relay.envelope import Refused

NAMES = ("NAME", "ADDR", "PORT", "PROTO", "HELO", "IDENT", "SOURCE")
_UNKNOWN = (b"[UNAVAILABLE]", b"[TEMPUNAVAIL]")
_LIMIT = 255
"""Octets of one value, decoded."""

_SYNTAX = own(501, "5.4", "Syntax: XFORWARD attribute=value ...")
_ATTRIBUTE = re.compile(rb"([A-Za-z]+)=((?:[\x21-\x2a\x2c-\x7e]|\+[0-9A-Fa-f]{2})+)\Z")
_UNSAFE = re.compile(r"[^!-*,-<>-~]")


def read(argument: bytes) -> dict[str, bytes]:
    """Attributes by upper-case name, their values as written (xtext, RFC 3461 §4). Raises Refused."""
    found: dict[str, bytes] = {}
    for each in argument.split():
        match = _ATTRIBUTE.match(each)
        if match is None or (name := match[1].decode("ascii").upper()) not in NAMES or not _is_good(name, match[2]):
            raise Refused(_SYNTAX)
        found[name] = match[2]
    if not found:
        raise Refused(_SYNTAX)
    return found


def of_client(peer: str, port: int, helo: str, protocol: str) -> dict[str, bytes]:
    """For a client that sent none: what we know of it ourselves."""
    literal = f"IPV6:{peer}" if ":" in peer else peer
    known = {"NAME": "[UNAVAILABLE]", "ADDR": literal, "PORT": str(port), "PROTO": protocol, "HELO": helo[:_LIMIT], "SOURCE": "REMOTE"}
    return {name: xtext(value) for name, value in known.items() if value}


def xtext(text: str) -> bytes:
    """RFC 3461 §4."""
    return _UNSAFE.sub(lambda found: "".join(f"+{octet:02X}" for octet in found[0].encode("utf-8", "replace")), text).encode("ascii")


def _is_good(name: str, value: bytes) -> bool:
    decoded = re.sub(rb"\+([0-9A-Fa-f]{2})", lambda found: bytes.fromhex(found[1].decode("ascii")), value)
    if len(decoded) > _LIMIT or re.search(rb"[\x00-\x1f\x7f]", decoded):
        return False
    if value.upper() in _UNKNOWN:
        return True
    if name == "ADDR":
        return _is_address(decoded)
    if name == "PORT":
        return decoded.isdigit() and int(decoded) <= 65535
    return name != "SOURCE" or decoded.upper() in (b"LOCAL", b"REMOTE")


def _is_address(octets: bytes) -> bool:
    text = octets.decode("latin-1")
    six = text[:5].upper() == "IPV6:"
    try:
        return ip_address(text[5:] if six else text).version == (6 if six else 4)
    except ValueError:
        return False
