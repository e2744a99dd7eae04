"""The content of an opaque S/MIME signature (RFC 8551 §3.5.2), so that a signed mail can be read like any other.

It unwraps `SignedData` (RFC 5652 §5) by its tags and lengths alone. It verifies nothing, decrypts nothing and changes nothing: whether the
signature holds is for the reader's mail program. Encrypted content gives None.
"""

from __future__ import annotations

_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_DATA = bytes.fromhex("06092a864886f70d010701")
_OCTET_STRING, _CONSTRUCTED_OCTET_STRING, _EXPLICIT = 0x04, 0x24, 0xA0
_INDEFINITE = -1
_CHUNKS_READ = 4096


def signed_content(octets: bytes) -> bytes | None:
    """The MIME entity that was signed, or None when there is none to be had. Total; reads each octet once."""
    outer = octets.find(_SIGNED_DATA, 0, 64)
    inner = octets.find(_DATA, outer + len(_SIGNED_DATA), outer + 1024) if outer >= 0 else -1
    if inner < 0:
        return None
    tag, _, start = _header(octets, inner + len(_DATA))
    if tag != _EXPLICIT:
        return None
    return _octet_string(octets, start)


def _octet_string(octets: bytes, position: int) -> bytes | None:
    """An OCTET STRING in one piece, or in pieces (BER, X.690 §8.7)."""
    tag, length, start = _header(octets, position)
    if tag == _OCTET_STRING and length >= 0:
        return octets[start : start + length]
    if tag != _CONSTRUCTED_OCTET_STRING:
        return None
    end = len(octets) if length == _INDEFINITE else start + length
    pieces: list[bytes] = []
    while start < end and len(pieces) < _CHUNKS_READ:
        tag, length, content = _header(octets, start)
        if tag != _OCTET_STRING or length < 0:
            break
        pieces.append(octets[content : content + length])
        start = content + length
    return b"".join(pieces) or None


def _header(octets: bytes, position: int) -> tuple[int, int, int]:
    """Tag, length (-1: indefinite) and where the content begins; tag -1 when there is nothing more."""
    if position + 2 > len(octets):
        return -1, 0, position
    tag, first = octets[position], octets[position + 1]
    if first < 0x80:
        return tag, first, position + 2
    count = first & 0x7F
    if count == 0:
        return tag, _INDEFINITE, position + 2
    if count > 4:
        return -1, 0, position
    return tag, int.from_bytes(octets[position + 2 : position + 2 + count], "big"), position + 2 + count
