"""What the writer of a message wrote now: the newest visible text, and the signature block in it.

It decides which parts are text to a reader (plain text before HTML, unless it is empty), and takes out quotes, older messages, disclaimers and
footers. It never changes a message, never raises, and says `readable=False` rather than pretend that an unreadable message is an empty one: no
finding may rest on it. Bounded: at most 512 KiB of text, under 2 s for any message.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.message.html import HtmlReading, Look, read_html
from gateway.message.mime import TEXT_LIMIT
from gateway.message.model import Message, Part
from gateway.message.parse import parse
from gateway.message.quoting import newest_lines
from gateway.message.signature_block import Introduced, find_signature, sender_names
from gateway.message.smime import signed_content
from gateway.message.value import value

_TEXT_LIMIT = 512 * 1024
_WRAPPINGS_READ = 3
_LINES_LIMIT = 20_000
_INVISIBLE = tuple(map(chr, [0x00AD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF]))
_SPACE_LIKE = tuple(map(chr, [0x00A0, 0x2002, 0x2003, 0x2007, 0x2009, 0x202F, 0x3000]))
_UNREADABLE_TYPES = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime", "multipart/encrypted"})
_PLACE_OF_TEXT = re.compile(
    r"\W*(?:this (?:e-?mail|message) (?:requires|contains|is in) .{0,40}html|your (?:e-?mail|mail) (?:client|program|reader).{0,80}html)",
    re.IGNORECASE,
)
_INSTEAD_OF_TEXT = ("image/", "application/ms-tnef")
_ENCRYPTED = "-----BEGIN PGP MESSAGE-----"


@value(frozen=True, slots=True)
class NewestText:
    """`lines` are the newest lines without quotes and disclaimers, the signature included; `text` is the same, joined."""

    text: str
    lines: tuple[str, ...]
    signature: tuple[str, ...] = ()
    """Lines of the signature block, without its delimiter; () when there is none."""
    signature_start: int | None = None
    """Its first line's index in `lines`."""
    introduced: Introduced | None = None
    """What the block was known by."""
    readable: bool = True
    """False for encrypted or opaque parts, HTML with nothing to see, an image alone, or text beyond the bounds."""
    looks: tuple[Look, ...] = ()
    """Fonts, backgrounds and links of the HTML, with the text of the lines they cover."""

    @property
    def body(self) -> tuple[str, ...]:
        """The lines above the signature block."""
        return self.lines if self.signature_start is None else self.lines[: self.signature_start]


def newest_text(message: Message) -> NewestText:
    """Total and bounded; see the module's docstring."""
    parts = list(_shown(message.root))
    texts: list[str] = []
    looks: list[Look] = []
    readable = True
    for part in parts:
        text, reading, sound = _text_of(part)
        texts.append(text)
        looks.extend(reading.looks if reading else ())
        readable = readable and sound
    whole = "\n\n".join(texts)
    lines = _visible(whole[:_TEXT_LIMIT]).splitlines()
    readable = readable and len(whole) <= _TEXT_LIMIT and len(lines) <= _LINES_LIMIT and _ENCRYPTED not in whole
    readable = readable and (bool(whole.strip()) or not any(part.content_type.startswith(_INSTEAD_OF_TEXT) for part in message.root.walk()))
    newest = newest_lines(lines[:_LINES_LIMIT])
    block = find_signature(newest, sender_names(message))
    return NewestText(
        text="\n".join(newest),
        lines=tuple(newest),
        signature=block.lines if block else (),
        signature_start=block.start if block else None,
        introduced=block.introduced if block else None,
        readable=readable,
        looks=tuple(looks),
    )


def _visible(text: str) -> str:
    if not text.isascii():  # `translate` would ask for each character
        for each in _SPACE_LIKE:
            text = text.replace(each, " ")
        for each in _INVISIBLE:
            text = text.replace(each, "")
    return text


def _shown(part: Part) -> Iterator[Part]:
    """Leaves and alternatives that a mail program shows in place; attachments and enclosed messages are not the writer's text."""
    stack = [part]
    wrappings = 0
    while stack:
        each = stack.pop()
        signed = signed_content(each.octets) if each.octets and wrappings < _WRAPPINGS_READ else None
        if signed:
            wrappings += 1
            stack.append(parse(signed).root)
        elif each.content_type == "multipart/alternative" or each.content_type in _UNREADABLE_TYPES:
            yield each
        elif each.content_type in {"multipart/digest", "message/rfc822"} or _is_attached(each):
            continue
        elif each.children:
            stack.extend(reversed(each.children))
        elif each.content_type in {"text/plain", "text/html"} and each.text is not None:
            yield each


def _is_attached(part: Part) -> bool:
    return part.disposition == "attachment" or (part.filename is not None and not part.content_type.startswith("multipart/"))


def _text_of(part: Part) -> tuple[str, HtmlReading | None, bool]:
    """Text, the HTML reading if there is one, and whether it may be relied on."""
    if part.content_type in _UNREADABLE_TYPES:
        return "", None, False
    leaves = [part] if not part.children else list(_leaves(part))
    if any(_is_cut(leaf.text or "") for leaf in leaves):
        return "", None, False
    plain = "\n\n".join(leaf.text or "" for leaf in leaves if leaf.content_type == "text/plain")
    html = "\n".join(leaf.text or "" for leaf in leaves if leaf.content_type == "text/html")
    reading = read_html(html) if html.strip() else None
    if plain.strip() and not (reading and reading.text.strip() and _PLACE_OF_TEXT.match(plain)):
        return plain, reading, True
    return (reading.text, reading, reading.readable) if reading else ("", None, True)


def _is_cut(text: str) -> bool:
    """Whether `parse` may have stopped reading here: then the end, with the signature, was not seen."""
    return len(text) * 4 >= TEXT_LIMIT and len(text.encode("utf-8", "replace")) >= TEXT_LIMIT - 4


def _leaves(alternative: Part) -> Iterator[Part]:
    """The text leaves of an alternative; one that holds a whole multipart/mixed (Apple Mail) is walked."""
    for child in alternative.children:
        if child.children:
            yield from (leaf for leaf in _shown(child) if not leaf.children)
        elif not _is_attached(child):
            yield child
