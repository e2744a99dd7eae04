"""RFC 2047 encoded words to text, as real mail writes them.

Accepts missing padding, words inside quotation marks or glued to text, a character split over two words, a word cut off at
the end. Never raises; the result holds no control character and no line break.
"""

from __future__ import annotations

import binascii
import re

from gateway.message.charset import decode_text

_START = re.compile(r"=\?([A-Za-z0-9_.:()+-]{1,60}+)(?:\*[A-Za-z0-9-]*+)?\?([BbQq])\?")
_UNWANTED = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_NOT_BASE64 = bytes(octet for octet in range(256) if not (chr(octet).isascii() and chr(octet).isalnum()) and octet not in b"+/")


def clean(text: str) -> str:
    """Without control characters (each run becomes one space) and without space at the ends."""
    return _UNWANTED.sub(" ", text).strip()


def decode_words(value: str) -> str:
    """The value with its encoded words decoded, cleaned."""
    if "=?" not in value:
        return clean(value)
    pieces: list[str] = []
    run: list[tuple[str, str, str]] = []
    at = 0
    while (start := _START.search(value, at)) is not None:
        end = value.find("?=", start.end())
        text = value[start.end() :] if end < 0 else value[start.end() : end]
        between = value[at : start.start()]
        if not run or between.strip(" \t"):
            pieces += [_decode_run(run), between]
            run = []
        run.append((start[1].lower(), start[2].lower(), text))
        at = len(value) if end < 0 else end + 2
    pieces += [_decode_run(run), value[at:]]
    return clean("".join(pieces))


def _decode_run(run: list[tuple[str, str, str]]) -> str:
    """Adjacent words; those of one charset are joined as octets, since a character may be split between them (RFC 2047 §5 forbids, mail does)."""
    text, octets, charset, held = "", b"", "", ""
    for index, (word_charset, encoding, content) in enumerate(run):
        if word_charset != charset:
            text += decode_text(octets, charset)
            octets, charset, held = b"", word_charset, ""
        if encoding == "q":
            octets += _quoted(content)
            continue
        content, held = held + content, ""
        follows = run[index + 1][:2] if index + 1 < len(run) else None
        if follows == (charset, "b") and "=" not in content and len(content) % 4:
            held = content  # base64 cut in the middle of a group: goes on in the next word
        else:
            octets += base64_octets(content.encode("ascii", "ignore"))
    return text + decode_text(octets, charset)


def _quoted(content: str) -> bytes:
    return binascii.a2b_qp(content.encode("utf-8", "replace"), header=True)


def base64_octets(encoded: bytes) -> bytes:
    """Base64 without regard to foreign characters, line ends or missing padding."""
    kept = encoded.translate(None, _NOT_BASE64)
    if len(kept) % 4 == 1:
        kept = kept[:-1]
    return binascii.a2b_base64(kept + b"=" * (-len(kept) % 4))
