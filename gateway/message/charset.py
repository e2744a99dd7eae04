"""Octets of a declared charset to text, whatever was declared.

Decides which codec reads them; never raises, never loads a codec by a name that the sender made up.
"""

from __future__ import annotations

import re
from encodings.aliases import aliases

_NOT_TEXT = {"base64_codec", "bz2_codec", "hex_codec", "quopri_codec", "rot_13", "uu_codec", "zlib_codec", "mbcs", "tactis"}
_CODECS = {name: codec for name, codec in aliases.items() if codec not in _NOT_TEXT} | {
    codec: codec for codec in aliases.values() if codec not in _NOT_TEXT
}
# What senders declare is often the smaller set of what they write: the larger one reads both (as the WHATWG encoding labels do).
_WIDER = {
    "ascii": "utf_8",
    "latin_1": "cp1252",
    "iso8859_1": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "iso2022_jp": "iso2022_jp_ext",
    "iso8859_9": "cp1254",
}
_OWN_NAMES = {
    "iso_8859_8_i": "iso8859_8",
    "iso_8859_8_e": "iso8859_8",
    "iso_8859_6_i": "iso8859_6",
    "x_sjis": "cp932",
    "x_gbk": "gb18030",
    "x_euc_jp": "euc_jp",
    "windows_31j": "cp932",
    "windows_874": "cp874",
    "unicode_1_1_utf_8": "utf_8",
    "unicode_1_1_utf_7": "utf_7",
    "x_unicode_2_0_utf_7": "utf_7",
    "ks_c_5601": "cp949",
    "x_mac_roman": "mac_roman",
    "cp_850": "cp850",
    "utf8mb4": "utf_8",
}
_SINGLE_BYTE_WEST = {"cp1252", "iso8859_15", "mac_roman"}
_SURROGATES = re.compile("[\ud800-\udfff]")


def codec_for(declared: str | None) -> str | None:
    """The Python codec for a declared charset name, or None when it is absent or unknown."""
    name = re.sub(r"[^a-z0-9]+", "_", (declared or "")[:64].lower()).strip("_")
    codec = _OWN_NAMES.get(name) or _CODECS.get(name)
    return _WIDER.get(codec, codec) if codec else None


def is_ascii(octets: bytes) -> bool:
    """Whether they are read as ASCII, whatever was declared: no shift of a charset of seven bits is among them."""
    if not octets.isascii() or b"\x1b" in octets or b"+" in octets or b"\0" in octets:
        return False
    return b"~" not in octets or b"~{" not in octets  # two octets take long to look for


def decode_text(octets: bytes, declared: str | None) -> str:
    """Declared charset, then UTF-8, then windows-1252; undecodable octets become U+FFFD."""
    return octets.decode("ascii") if is_ascii(octets) else _decode(octets, codec_for(declared))


def _decode(octets: bytes, codec: str | None) -> str:
    if codec in (None, "utf_8"):
        if b"\x1b$" in octets:
            codec = "iso2022_jp_ext"  # ISO-2022-JP sent without saying so
        else:
            return _utf8_or_west(octets)
    elif codec in _SINGLE_BYTE_WEST:
        # UTF-8 labelled as Latin-1 is common; Latin-1 that happens to be valid UTF-8 is not.
        try:
            return octets.decode("utf-8")
        except UnicodeDecodeError:
            return octets.decode(codec, "replace")
    assert codec is not None
    try:
        return _SURROGATES.sub("\ufffd", octets.decode(codec))
    except UnicodeError:
        pass
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return _SURROGATES.sub("\ufffd", octets.decode(codec, "replace"))


def _utf8_or_west(octets: bytes) -> str:
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        text = octets.decode("utf-8", "replace")
    good = sum(character > "\x7f" for character in text) - text.count("\ufffd")
    # One broken octet in good UTF-8 (or a cut at the end) stays UTF-8; mostly broken is an undeclared windows-1252.
    return text if good >= text.count("\ufffd") else octets.decode("cp1252", "replace")
