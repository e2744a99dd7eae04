"""Ways to reach somebody that stand in a text: email, telephone, extension, 311.

It finds and normalises them. It never decides whose they are: that is for the rules that read the words around them.
Numbers are read as in Canada (phonenumbers, region CA). Placeholders (`416-XXX-XXXX`, `name@…`) are not found at all.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

import phonenumbers

ContactKind = Literal["email", "phone", "fax", "extension", "311", "911"]
CITY_LINE = "311"


class ContactPoint(NamedTuple):
    """`value`: an address in lower case, a number as `416-555-0142 ext. 12` (abroad: international form), or as short as it was given."""

    kind: ContactKind
    value: str
    start: int
    end: int

    @property
    def digits(self) -> str:
        return "".join(each for each in self.value if each.isdigit())


_EMAIL = re.compile(
    r"(?<![\w.+%-])([\w.+%'&-]{1,64})(?:@|\s?[\[(]\s?(?:at|@|arobase|à)\s?[\])]\s?)([\w-]{1,63}(?:\.[\w-]{1,63}){1,6})", re.IGNORECASE
)
_EXTENSION_WORD = r"(?:extension|extn?\.?|poste|p\.|#|x\.?)"
_EXTENSION_AFTER = re.compile(rf"[\s,;]{{0,3}}\(?\s?{_EXTENSION_WORD}\s?:?\s?#?(\d{{1,6}})(?!\d)\)?", re.IGNORECASE)
_NUMBER = re.compile(
    r"(?<![\w.@/-])(?:"
    r"\+(?!1[\s.(-])\d{1,3}(?:[\s.()-]{0,3}\d){6,12}"
    r"|(?:\+?1[\s.-]{0,2})?(?:\(\s?\d{3}\s?\)[\s.-]{0,3}|\d{3}(?:[\s./-]|\s-\s))(?:\d{3}(?:[\s.-]|\s-\s)?\d{4}|\d{3}-[A-Z]{4}|[A-Z]{3}-?[A-Z]{4})"
    r"|1[\s.-]8\d\d[\s.-][A-Z0-9-]{7,9}"
    r"|0\d(?:[\s.]\d\d){4}"
    r"|[2-9]\d\d[.-]\d{4}"
    r"|(?:\+?1)?[2-9]\d\d[2-9]\d{6}"
    r")(?!(?!x\d)[\w@]|[.-]\d)"
)
_EXTENSION = re.compile(
    r"(?<![\w.@-])(?:(?:ext(?:ension|n)?|poste|local)\b\.?\s?(?:number|numéro|no\.?)?\s?:?\s?#?|x\.?\s?)(\d(?:-?\d){2,5})(?![\w-])", re.IGNORECASE
)
_SHORT_NUMBER = re.compile(r"(?:(?:\bat|@|\bcall|\bdial|\bon|,)\s{1,2}|[(:]\s{0,2})(\d-\d{4})(?![\w-])", re.IGNORECASE)
_CITY_LINE = re.compile(r"(?<![\w.@#:/-])(?:3-1-1|311)(?![\w@]|[.:-]\d)")
_CITY_LINE_BEFORE = re.compile(
    r"(?:call|dial|phone|ring|give|ask|contact|reach|try|through|via|use|visit|composez|composer|appelez|appeler|contactez|joignez|joindre"
    r"|communiquez avec|service|centre"
    r"|(?:tel|tél|telephone|téléphone|phone)\.?\s?:?|toronto(?:['’]s)?|le|au|du|or|ou|at|@|:|\?|\(|avec|by dialling|by dialing|line)\s{0,2}$",
    re.IGNORECASE,
)
_CITY_LINE_AFTER = re.compile(r"\s{0,2}(?:toronto|,?\s?(?:for|pour|any ?time|24|at any|from)\b)", re.IGNORECASE)
_NOT_A_LINE = re.compile(r"(?:room|suite|unit|ext\.?|extension|poste|salle|bureau|pièce|apt\.?|page|section|form|item|#)\s{0,2}$", re.IGNORECASE)
_STREET_AFTER = re.compile(
    r"\s{1,2}(?:[A-Z][\w'.-]{1,20}\s){1,3}(?:st|street|ave|avenue|rd|road|blvd|drive|dr|way|crescent|court|rue|boul)\b", re.IGNORECASE
)
_EMERGENCY = re.compile(r"(?<![\w.@#:/-])(?:9-1-1|911)(?![\w@-]|[.:]\d)")
_FAX_BEFORE = re.compile(
    r"(?:\bfax(?:ed)?|facsimile|télécopieur|télécopie|téléc|\bf)\s?\.?\s?(?:number|no\.?|#|is|to|at|au|à)?\s?[:.]?\s{0,3}(?:\(?\+?1?[\s.-]?)?$",
    re.IGNORECASE,
)
_CUE_BEFORE = re.compile(r"(?:tel|tél|phone|call|cell|mobile|dial|number|numéro|appel|compos|\bat|\bau|\bor|[pctm]\s?:|:)\D{0,12}$", re.IGNORECASE)
_PLACEHOLDER_LOCAL = re.compile(
    r"x{2,}|(?:your|votre)?[._-]?(?:name|nom|email|courriel)|first(?:name)?[._-]?last(?:name)?|pr[eé]nom[._-]?nom|someone|somebody"
    r"|colleague|collegue|insert.*|user(?:name)?",
    re.IGNORECASE,
)
_PLACEHOLDER_DIGITS = re.compile(r"1?(?:(\d)\1{6,}|(?:123)?(?:123|555|000)(?:4567|1234|5555|0000)|555555\d{4}|1234567890)$")
_MACHINE_LOCAL = re.compile(r"(?:do[._-]?not|no)[._-]?reply|ne[._-]?pas[._-]?repondre|mailer-daemon|postmaster", re.IGNORECASE)
_NORTH_AMERICAN = re.compile(r"(?:\+?1[\s.-]{0,2})?\(?\s?([2-9]\d\d)\s?\)?[\s./-]{0,3}(\d{3})[\s.-]{0,3}(\d{4})")
"""The usual forms, without the long way through phonenumbers; no exchange begins with 0 or 1 (`416-000-0000` is a placeholder)."""
_NO_DIGITS = re.compile(r"\D+")
_LOCAL = re.compile(r"\d{3}[.-]\d{4}")
_FRENCH = re.compile(r"0\d(?:[\s.]\d\d){4}")
_DASHES = dict.fromkeys([*range(0x2010, 0x2016), 0x2212], "-")
_LONGEST_TEXT = 20_000
_FEWEST_DIGITS = 3
"""Of any number: 311, an extension, 416-ACCESS1."""


def contact_points(text: str) -> tuple[ContactPoint, ...]:
    """All of them, in order, without overlaps. Linear time; only the first 20,000 characters are read."""
    text = text[:_LONGEST_TEXT]
    found: list[ContactPoint] = []
    if not text.isascii():
        text = text.translate(_DASHES)
    elif len(text) - len(text.encode("ascii").translate(None, b"0123456789")) < _FEWEST_DIGITS:
        return tuple(_emails(text))
    for points in (_emails(text), _phones(text), _extensions(text), _short_lines(text)):
        found.extend(point for point in points if not any(point.start < each.end and each.start < point.end for each in found))
    return tuple(sorted(found, key=lambda point: point.start))


def _emails(text: str) -> list[ContactPoint]:
    found: list[ContactPoint] = []
    if not ("@" in text or "(" in text or "[" in text):
        return found
    for match in _EMAIL.finditer(text):
        local = match[1].strip(".'")
        if not _PLACEHOLDER_LOCAL.fullmatch(local) and not _MACHINE_LOCAL.match(local):
            found.append(ContactPoint("email", f"{local}@{match[2].rstrip('.')}".lower(), match.start(), match.end()))
    return found


def _phones(text: str) -> list[ContactPoint]:
    found = []
    for match in _NUMBER.finditer(text):
        value = _normalised(match[0])
        bare = match[0].isdigit()  # with a plus it is a number, as E.164 writes it
        if value is None or (bare and not _CUE_BEFORE.search(text[max(0, match.start() - 40) : match.start()])):
            continue
        end = match.end()
        extension = _EXTENSION_AFTER.match(text, end)
        if extension:
            value, end = f"{value} ext. {extension[1]}", extension.end()
        kind: ContactKind = "fax" if _FAX_BEFORE.search(text[max(0, match.start() - 30) : match.start()]) else "phone"
        found.append(ContactPoint(kind, value, match.start(), end))
    return found


def _normalised(written: str) -> str | None:
    """National form with hyphens for North America, international elsewhere; None for what no telephone could have."""
    if _PLACEHOLDER_DIGITS.match(_NO_DIGITS.sub("", written)) or "XXX" in written:
        return None
    if _LOCAL.fullmatch(written):
        return written.replace(".", "-")
    if _FRENCH.fullmatch(written):
        return re.sub(r"[\s.]", " ", written)
    if north_american := _NORTH_AMERICAN.fullmatch(written):
        area, exchange, line = north_american.groups()
        return None if exchange[0] in "01" else f"{area}-{exchange}-{line}"
    try:
        number = phonenumbers.parse(written, "CA", keep_raw_input=False)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    national = str(number.national_number)
    if number.country_code == 1 and len(national) == 10:
        return f"{national[:3]}-{national[3:6]}-{national[6:]}"
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def _extensions(text: str) -> list[ContactPoint]:
    found = [ContactPoint("extension", f"ext. {match[1]}", match.start(), match.end()) for match in _EXTENSION.finditer(text)]
    return found + [ContactPoint("extension", f"ext. {match[1]}", match.start(1), match.end()) for match in _SHORT_NUMBER.finditer(text)]


def _short_lines(text: str) -> list[ContactPoint]:
    if not ("11" in text or "1-1" in text):
        return []
    found = [ContactPoint("911", "911", match.start(), match.end()) for match in _EMERGENCY.finditer(text)]
    for match in _CITY_LINE.finditer(text):
        before, after = text[max(0, match.start() - 30) : match.start()], text[match.end() : match.end() + 60]
        offered = _CITY_LINE_BEFORE.search(before) or _CITY_LINE_AFTER.match(after) or not (before.strip() or after.strip(" .!,;"))
        if offered and not _NOT_A_LINE.search(before) and not _STREET_AFTER.match(after):
            found.append(ContactPoint("311", CITY_LINE, match.start(), match.end()))
    return found
