"""The PROXY protocol's header, versions 1 and 2 (HAProxy, proxy-protocol.txt): which client a load balancer speaks for. Pure.

Only listed balancers are asked for it (`proxy_from`), and they must send it: the header is never guessed at, so no client
can bring one of its own.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

_SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
_V1_LIMIT = 107
_V2_LIMIT = 4096
"""Octets after the fixed part: addresses and TLVs, which nobody needs here."""

_V1 = re.compile(rb"PROXY (?:UNKNOWN(?: [\x20-\x7e]*)?|TCP([46]) ([0-9A-Fa-f.:]{2,39}) ([0-9A-Fa-f.:]{2,39}) (\d{1,5}) (\d{1,5}))\r\n")


@dataclass(frozen=True, slots=True)
class Announced:
    """A whole header. `length` octets of the stream are its own."""

    length: int
    client: tuple[str, int] | None
    """Address and port; None: the connection is the balancer's own (health checks, UNKNOWN, LOCAL)."""


def read(stream: bytes) -> Announced | None:
    """The header at the beginning of `stream`; None while it is incomplete. Raises ValueError when it is none."""
    if stream[: len(_SIGNATURE)] == _SIGNATURE[: len(stream)]:
        return _version_2(stream)
    end = stream.find(b"\r\n")
    if not stream.startswith(b"PROXY "[: len(stream)]) or end > _V1_LIMIT - 2 or (end < 0 and len(stream) >= _V1_LIMIT):
        raise ValueError("no PROXY header")
    return _version_1(stream[: end + 2]) if end >= 0 else None


def _version_1(line: bytes) -> Announced:
    found = _V1.fullmatch(line)
    if found is None:
        raise ValueError("no PROXY header of version 1")
    if found[1] is None:
        return Announced(len(line), None)
    source, port = ip_address(found[2].decode("ascii")), int(found[4])
    ip_address(found[3].decode("ascii"))
    if source.version != int(found[1]) or port > 65535 or int(found[5]) > 65535:
        raise ValueError("no PROXY header of version 1")
    return Announced(len(line), (str(source), port))


def _version_2(stream: bytes) -> Announced | None:
    if len(stream) < 16:
        return None
    version, family, length = stream[12], stream[13], int.from_bytes(stream[14:16], "big")
    if version not in (0x20, 0x21) or length > _V2_LIMIT:
        raise ValueError("no PROXY header of version 2")
    if len(stream) < 16 + length:
        return None
    if version == 0x20 or family not in (0x11, 0x21):
        return Announced(16 + length, None)
    return Announced(16 + length, _addresses(family, stream[16 : 16 + length]))


def _addresses(family: int, block: bytes) -> tuple[str, int]:
    form = "!4s4sHH" if family == 0x11 else "!16s16sHH"
    if len(block) < struct.calcsize(form):
        raise ValueError("no PROXY header of version 2")
    source, _, port, _ = struct.unpack_from(form, block)
    return str(IPv4Address(source) if family == 0x11 else IPv6Address(source)), port
