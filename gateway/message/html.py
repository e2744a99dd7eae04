"""The visible text of an HTML body, and the few looks of it that rules ask for (fonts, backgrounds, links).

It decides what a reader would see: hidden elements, comments, scripts and style sheets are left out; what a mail program marks as quoted comes out
with `> ` before it, so that one classifier of lines (`gateway.message.quoting`) serves plain text and HTML alike.

It never fetches, runs or repairs anything, never raises, and never recurses. Time is linear in the input, which is cut at 512 KiB (below 1 s on one
core for any input of that size). Tree builders were measured and left: 28 KB of `<p><font color=N>` cost lexbor 443 MB, and inscriptis
silently loses text that is nested deeper than 255 elements. A reading needs no tree, only a stack of what is open.
"""

from __future__ import annotations

import html as entities
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

HTML_LIMIT = 512 * 1024
"""Characters of one HTML body that are read."""
MARK_OF_ORIGINAL = "-----Original Message-----"
"""The line that stands where a mail program's own mark-up says that the older message begins."""

LookKind = Literal["font", "background_image", "background_colour", "link"]


class Look(NamedTuple):
    """Something of the appearance. `lines` are the texts of the lines it covers, `value` a family, a colour or an address."""

    kind: LookKind
    value: str
    lines: tuple[str, ...]


class HtmlReading(NamedTuple):
    """`readable` is False when the HTML has text but none of it can be shown, or when it was cut: then nothing may be concluded from it."""

    text: str
    looks: tuple[Look, ...]
    readable: bool


# Every alternative consumes all that it looked at, so that no input is looked at twice.
_TOKEN = re.compile(
    r"<!--(?P<comment>.*?)(?:-->|\Z)"
    r"|<[!?][^>]*+(?:>|\Z)"
    r"|<(?P<end>/?)(?P<tag>[a-zA-Z][^\s/><]*+)(?P<attributes>(?:[^<>\"']++|\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z))*+)>?",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"([^\s=/\"'<>]++)(?:\s*+=\s*+(\"[^\"]*+\"?|'[^']*+'?|[^\s\"'>]++))?")
_ATTRIBUTES_READ = 40
_INVISIBLE = dict.fromkeys([0x00AD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF])
_SPACES = re.compile(r"[^\S\t\xa0]+")
_RAW = frozenset({"script", "style", "title", "textarea", "template", "noembed", "noframes", "xmp"})
_VOID = frozenset("area base br col embed frame hr img input link meta param source track wbr".split())
_PARAGRAPHS = frozenset("p h1 h2 h3 h4 h5 h6 ul ol dl table blockquote pre".split())
_BLOCKS = _PARAGRAPHS | frozenset(
    "address article aside body center dd details div dt fieldset figcaption figure footer form header html li main nav section summary tr".split()
)
_CLOSED_BY = {"p": _BLOCKS, "li": {"li"}, "td": {"td", "th", "tr"}, "th": {"td", "th", "tr"}, "tr": {"tr"}, "dd": {"dd", "dt"}, "dt": {"dd", "dt"}}
_HIDDEN_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|(?<![\w-])color\s*:\s*transparent"
    r"|(?:font-size\s*:\s*(?:0(?:\.0+)?(?:px|pt|r?em|%)?|1(?:\.0+)?(?:px|pt))|opacity\s*:\s*0(?:\.0+)?|max-height\s*:\s*0(?:px)?)\s*(?:!|;|$)"
)
_QUOTE_CLASS = re.compile(
    r"\b(?:yahoo_quoted|yahoo-quoted|moz-cite-prefix|protonmail_quote|tutanota_quote|zmail_extra|front-blockquote|gmail_attr|OutlookMessageHeader)\b"
)
_QUOTE_ID = re.compile(r"(?:x_)*(?:mail-editor-reference-message-container|OLK_SRC_BODY_SECTION|yahoo_quoted_\w+|isForwardContent|isReplyContent)$")
_ORIGINAL_ID = re.compile(r"(?:x_)*divRplyFwdMsg$")
_ORIGINAL_STYLE = re.compile(r"border:\s*none;\s*border-top:\s*solid\s+#\w{6}\s+1\.0pt;\s*padding:\s*3\.0pt", re.IGNORECASE)
_NO_MARGIN = re.compile(r"margin(?:-bottom)?\s*:\s*0(?:\.0+)?(?:px|pt|cm|in|em)?\s*(?:0\S*\s*)*(?:;|$)")
_FONT_FAMILY = re.compile(r"font-family\s*:\s*([^;]{1,200})|(?<![\w-])font\s*:[^;]{0,80}?\d(?:px|pt|em|%)(?:/\S+)?\s+([^;]{1,100})")
_URL = re.compile(r"background(?:-image)?\s*:[^;]{0,200}?url\(")
_COLOUR = re.compile(r"background(?:-color)?\s*:\s*(#\w{3,8}|rgba?\([^)]{1,40}\)|[a-z]{3,20})\b")
_RULE = re.compile(r"([^{}@]{1,400}+)\{([^{}]{1,2000}+)\}")
_AT_BLOCK = re.compile(r"@[a-z-]++[^{};]{0,200}+\{(?:[^{}]{0,2000}+\{[^{}]{0,2000}+\}){0,200}+[^{}]{0,2000}+\}")
_STYLE_LIMIT = 64 * 1024
_LOOKS_KEPT = 200
_ELEMENTS_KEPT = 500
_SIMPLE_SELECTOR = re.compile(r"([a-z][a-z0-9]*)?(?:\.([\w-]+))?$")


def html_to_text(html: str) -> str:
    """The visible text; quoted parts keep a `> `. Total: anything gives a string. Linear time, input cut at `HTML_LIMIT`."""
    return read_html(html).text


def read_html(html: str) -> HtmlReading:
    """Text and looks of an HTML body. Total and bounded like `html_to_text`."""
    reader = _Reader()
    reader.read(html[:HTML_LIMIT])
    text = "\n".join(line.text for line in reader.lines).strip("\n")
    lost = reader.saw_hidden_text and not text.strip()
    return HtmlReading(text, tuple(reader.looks()), readable=not lost and len(html) <= HTML_LIMIT)


@dataclass(slots=True)
class _Open:
    """An element that is open now."""

    tag: str
    hidden: bool
    quoted: bool
    first_line: int
    font: str
    keeps_breaks: bool
    paragraph: bool
    link: str = ""
    link_text_from: int = 0
    background: tuple[LookKind, str] | None = None


class _Own(NamedTuple):
    """What an element says of itself, whatever stands around it."""

    hidden: bool
    quoted: bool
    font: str
    keeps_breaks: bool
    paragraph: bool
    link: str
    background: tuple[LookKind, str] | None
    begins_original: bool


@dataclass(slots=True)
class _Line:
    text: str
    quoted: bool


@dataclass
class _Reader:
    lines: list[_Line] = field(default_factory=list)
    saw_hidden_text: bool = False
    _open: list[_Open] = field(default_factory=list)
    _counts: Counter[str] = field(default_factory=Counter)
    _buffer: list[str] = field(default_factory=list)
    _buffer_quoted: bool = False
    _styles: dict[str, str] = field(default_factory=dict)
    _covered: dict[tuple[LookKind, str], list[tuple[int, int]]] = field(default_factory=dict)
    """What is seen on which lines, as half-open ranges of line numbers."""
    _style_budget: int = _STYLE_LIMIT
    _read: dict[tuple[str, str], _Own] = field(default_factory=dict)
    """By tag and attributes as written: mail programs write the same few thousands of times."""

    def read(self, html: str) -> None:
        position = 0
        while token := _TOKEN.search(html, position):
            self._text(html[position : token.start()])
            position = token.end()
            tag = (token["tag"] or "").lower()
            if not tag:
                continue
            if token["end"]:
                self._close(tag)
            elif tag in _RAW:
                position = self._raw(html, tag, position)
            else:
                self._start(tag, token["attributes"])
        self._text(html[position:])
        while self._open:
            self._pop()
        self._break()

    def looks(self) -> list[Look]:
        found = []
        for (kind, value), ranges in self._covered.items():
            texts = tuple(line.text for first, last in ranges for line in self.lines[first:last] if line.text and not line.quoted)
            if texts:
                found.append(Look(kind, value, texts))
        return found

    # ---- tokens

    def _raw(self, html: str, tag: str, position: int) -> int:
        end = re.compile(f"</{tag}", re.IGNORECASE).search(html, position)
        stop = end.start() if end else len(html)
        if tag == "style":
            sheet = html[position : min(stop, position + self._style_budget)]
            self._style_budget -= len(sheet)
            self._styles.update(_style_sheet(sheet))
            self._read.clear()
        return stop

    def _start(self, tag: str, attributes: str) -> None:
        while self._open and tag in _CLOSED_BY.get(self._open[-1].tag, ()):
            self._pop()
        if tag == "br":
            self._break(always=True)
        elif tag == "hr":
            self._break(blank=True)
        elif tag in {"td", "th"} and self._buffer:
            self._write("\t")
        if tag in _VOID:
            return
        own = self._own(tag, attributes)
        opened = self._opened(tag, own)
        if tag in _BLOCKS:
            self._break(blank=opened.paragraph)
        if own.begins_original:
            self._break()
            self.lines.append(_Line(MARK_OF_ORIGINAL, quoted=False))
        if opened.quoted and not self._quoted:
            self._break()
        opened.first_line = len(self.lines)
        opened.link_text_from = len(self._buffer)
        self._open.append(opened)
        self._counts[tag] += 1

    def _opened(self, tag: str, own: _Own) -> _Open:
        parent = self._open[-1] if self._open else None
        return _Open(
            tag=tag,
            hidden=own.hidden or (parent is not None and parent.hidden),
            quoted=own.quoted or (parent is not None and parent.quoted),
            first_line=0,
            font=own.font or (parent.font if parent else ""),
            keeps_breaks=own.keeps_breaks or (parent is not None and parent.keeps_breaks),
            paragraph=own.paragraph,
            link=own.link,
            background=own.background,
        )

    def _own(self, tag: str, written: str) -> _Own:
        known = self._read.get((tag, written))
        if known is None:
            known = self._read_element(tag, _attributes(written))
            if len(self._read) < _ELEMENTS_KEPT:
                self._read[tag, written] = known
        return known

    def _read_element(self, tag: str, attributes: dict[str, str]) -> _Own:
        classes = attributes.get("class", "")
        sheet = [self._styles.get("." + each.lower(), "") for each in classes.split()[:8]]
        style = ";".join([self._styles.get(tag, ""), *sheet, attributes.get("style", "").lower()])
        return _Own(
            hidden="hidden" in attributes or tag == "head" or bool(_HIDDEN_STYLE.search(style)),
            quoted=_is_quote(tag, classes, attributes, style),
            font=_font(tag, attributes, style),
            keeps_breaks=tag == "pre" or "white-space:pre" in style.replace(" ", ""),
            paragraph=tag in _PARAGRAPHS and "MsoNormal" not in classes and not _NO_MARGIN.search(style),
            link=entities.unescape(attributes.get("href", ""))[:500].strip() if tag == "a" else "",
            background=_background(attributes, style),
            begins_original=bool(_ORIGINAL_ID.match(attributes.get("id", "")) or _ORIGINAL_STYLE.search(attributes.get("style", ""))),
        )

    def _close(self, tag: str) -> None:
        if not self._counts[tag]:
            return
        while self._open:
            if self._pop() == tag:
                return

    def _pop(self) -> str:
        closed = self._open.pop()
        self._counts[closed.tag] -= 1
        if closed.link and not closed.hidden:
            self._end_link(closed)
        if closed.tag in _BLOCKS or (closed.quoted and not self._quoted):
            self._break(blank=closed.paragraph)
        if closed.background and not closed.hidden:
            self._cover(closed.background, closed.first_line, len(self.lines) + bool(self._buffer))
        return closed.tag

    def _end_link(self, closed: _Open) -> None:
        scheme, _, rest = closed.link.partition(":")
        target = rest.partition("?")[0].strip()
        shown = "".join(self._buffer[closed.link_text_from :]) if closed.first_line == len(self.lines) else target
        if scheme.lower() == "mailto" and "@" in target and "@" not in shown:
            self._buffer.append(f" <{target}>")
        elif scheme.lower() == "tel" and not any(each.isdigit() for each in shown):
            self._buffer.append(f" {target}")
        # An icon that is a link has no line of its own: it belongs to the text before it.
        before = next((number for number in range(len(self.lines) - 1, max(-1, len(self.lines) - 4), -1) if self.lines[number].text), len(self.lines))
        self._cover(("link", closed.link), len(self.lines) if self._buffer else before, len(self.lines) + 1)

    # ---- text

    @property
    def _quoted(self) -> bool:
        return bool(self._open) and self._open[-1].quoted

    def _text(self, raw: str) -> None:
        if not raw:
            return
        top = self._open[-1] if self._open else None
        text = entities.unescape(raw) if "&" in raw else raw
        text = text if text.isascii() else text.translate(_INVISIBLE)
        if top and top.hidden:
            self.saw_hidden_text = self.saw_hidden_text or bool(text.strip())
            return
        if top and top.keeps_breaks:
            for number, line in enumerate(text.split("\n")):
                if number:
                    self._break(always=True)
                self._write(line)
            return
        self._write(_collapsed(text.replace("\t", " ")))

    def _write(self, text: str) -> None:
        if not self._buffer:
            text = text.lstrip(" \t")
            self._buffer_quoted = self._quoted
        if not text:
            return
        self._buffer.append(text)
        self._buffer_quoted = self._quoted
        top = self._open[-1] if self._open else None
        if top and top.font and text.strip():
            self._cover(("font", top.font), len(self.lines), len(self.lines) + 1)

    def _cover(self, look: tuple[LookKind, str], first: int, last: int) -> None:
        if look not in self._covered and len(self._covered) >= _LOOKS_KEPT:
            return
        ranges = self._covered.setdefault(look, [])
        if ranges and ranges[-1][1] >= first:
            ranges[-1] = (min(first, ranges[-1][0]), max(last, ranges[-1][1]))
        elif len(ranges) < _LOOKS_KEPT:
            ranges.append((first, last))

    def _break(self, *, always: bool = False, blank: bool = False) -> None:
        """Ends the line, if there is one (`always`: an empty one too); `blank` sees to an empty line after it."""
        text = "".join(self._buffer).replace("\xa0", " ")
        spaces_only = bool(self._buffer) and not text.strip()
        self._buffer.clear()
        text = _collapsed(text).rstrip()
        if text:
            self.lines.append(_Line(f"> {text}" if self._buffer_quoted else text, self._buffer_quoted))
        elif always or spaces_only:
            self.lines.append(_Line("", quoted=False))
        if blank and self.lines and self.lines[-1].text:
            self.lines.append(_Line("", quoted=False))


def _collapsed(text: str) -> str:
    """Runs of white space as one space; most text has none."""
    return text if text.isprintable() and "  " not in text else _SPACES.sub(" ", text)


def _attributes(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for number, match in enumerate(_ATTRIBUTE.finditer(text)):
        if number == _ATTRIBUTES_READ:
            break
        found.setdefault(match[1].lower(), entities.unescape((match[2] or "").strip("\"'")[:4000]))
    return found


def _style_sheet(text: str) -> dict[str, str]:
    """Declarations by plain class or tag selector. Rules for other screens (`@media`) are not ours; `@font-face` says nothing of use."""
    text = re.sub(r"<!--|-->|/\*.{0,2000}?\*/", " ", text, flags=re.DOTALL).lower()
    found: dict[str, str] = {}
    for selectors, declarations in _RULE.findall(_AT_BLOCK.sub(" ", text)):
        for selector in selectors.split(",")[:20]:
            simple = _SIMPLE_SELECTOR.match(selector.strip())
            if simple and (simple[1] or simple[2]):
                name = "." + simple[2] if simple[2] else simple[1]
                found[name] = (found.get(name, "") + ";" + declarations)[:4000]
    return found


def _is_quote(tag: str, classes: str, attributes: dict[str, str], style: str) -> bool:
    if tag == "blockquote":
        return attributes.get("type", "").lower() == "cite" or "quote" in classes or "cite" in attributes or "border-left" in style
    return bool(_QUOTE_CLASS.search(classes) or _QUOTE_ID.match(attributes.get("id", "")))


def _font(tag: str, attributes: dict[str, str], style: str) -> str:
    """The first family named, in lower case: the others are what the writer did not choose."""
    families = _FONT_FAMILY.findall(style)
    chosen = (families[-1][0] or families[-1][1]) if families else attributes.get("face", "").lower() if tag == "font" else ""
    return chosen.split(",")[0].strip(" \"'")


def _background(attributes: dict[str, str], style: str) -> tuple[LookKind, str] | None:
    if attributes.get("background") or _URL.search(style):
        return ("background_image", "")
    colour = attributes.get("bgcolor", "").lower() or (found[1] if (found := _COLOUR.search(style)) else "")
    return ("background_colour", colour) if colour else None
