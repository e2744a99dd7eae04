"""Reads the directory of staff (CSV, or LDIF by RFC 2849) into values: who belongs where, and with whom something was agreed.

Decides what a line means; never who is warned. A line that cannot be used is a warning and is left out; a file that cannot be
used at all is an error, and the directory is then not `readable`: nobody may be told that something is missing which they may
have agreed to leave out.
"""

from __future__ import annotations

import base64
import binascii
import csv
import io
import re
from collections.abc import Iterator, Mapping

from gateway.policy.diagnostics import Diagnostic
from gateway.policy.model import Directory, StaffMember

LARGEST = 64 << 20
"""Octets; a city of 40,000 has about 6 MiB."""

_MOST_WARNINGS = 20
_ADDRESS = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+")
_COLUMNS = {
    "address": "address", "mail": "address", "email": "address", "e-mail": "address",
    "aliases": "aliases", "proxyaddresses": "aliases", "mailalternateaddress": "aliases",
    "name": "name", "displayname": "name", "cn": "name",
    "title": "title",
    "division": "division", "department": "division",
    "unit": "unit", "ou": "unit",
    "language": "language", "preferredlanguage": "language",
    "exceptions": "exceptions",
}  # fmt: skip
"""Column of the CSV file, or attribute of an LDIF record, in lower case -> what it means; everything else is passed over."""

_FIELDS = ("name", "title", "division", "organization", "phone", "email", "website")
_EXCEPTIONS: Mapping[str, tuple[str, ...]] = {
    **{each: (each,) for each in _FIELDS},
    "safety": ("name", "title", "phone", "email"),
    "single name": ("name",),
    "accessibility": ("image_background", "decorative_font", "wrong_order"),
    "all": ("all",),
}
"""Word of the column -> the fields and violations of `SignatureCheck` that it excuses."""

Row = tuple[int, Mapping[str, str]]
"""Line number and values by meaning."""


def read_directory(octets: bytes, shown: str) -> tuple[Directory, tuple[Diagnostic, ...]]:
    """`shown`: what the file is called in diagnostics. An unknown word among the exceptions excuses everything, and is a warning:
    it may have been meant to protect somebody. Never raises for anything the file holds."""
    if len(octets) > LARGEST:
        return _unusable(shown, f"larger than {LARGEST >> 20} MiB; is it really a directory of staff?")
    try:
        text = octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return _unusable(shown, "not UTF-8 text: save it as UTF-8", octets.count(b"\n", 0, error.start) + 1)
    rows = list(_ldif(text) if _is_ldif(text) else _csv(text))
    if not any("address" in row for _, row in rows):
        return _unusable(shown, "no column called address (or, in LDIF, no attribute called mail)")
    members: dict[str, StaffMember] = {}
    found: list[Diagnostic] = []
    for line, row in rows:
        found += [Diagnostic(shown, line, 1, "warning", said) for said in _take(row, members)]
    return Directory(members), tuple(found[:_MOST_WARNINGS])


def unread_directory(shown: str, why: str) -> tuple[Directory, tuple[Diagnostic, ...]]:
    """For a file that is named in the configuration and cannot be read."""
    return _unusable(shown, f"cannot be read: {why}")


def _unusable(shown: str, said: str, line: int = 1) -> tuple[Directory, tuple[Diagnostic, ...]]:
    return Directory({}, readable=False), (Diagnostic(shown, line, 1, "error", said),)


def _take(row: Mapping[str, str], members: dict[str, StaffMember]) -> Iterator[str]:
    """Adds the person of one row under each of their addresses; yields complaints."""
    address = row.get("address", "").strip().casefold()
    if not _ADDRESS.fullmatch(address):
        yield "no address here; this line is left out"
        return
    excused, unknown = _excused(row.get("exceptions", ""))
    if unknown:
        yield f"'{unknown[:40]}' is not a known exception ({', '.join(_EXCEPTIONS)}); until it is, nothing is asked of this signature"
    member = StaffMember(
        address=address,
        name=_plain(row.get("name", "")),
        title=_plain(row.get("title", "")),
        division=_plain(row.get("division", "")),
        unit=_plain(row.get("unit", "")),
        language=row.get("language", "").strip().casefold()[:2],
        exceptions=excused,
    )
    if address in members and members[address].address == address:
        yield "this address stands here twice; the first line counts"
        return
    members[address] = member
    for alias in re.split(r"[\s;,]+", row.get("aliases", "").casefold()):
        plain = alias.removeprefix("smtp:")
        if _ADDRESS.fullmatch(plain):
            members.setdefault(plain, member)


def _excused(written: str) -> tuple[frozenset[str], str]:
    """What is excused, and the first word that is not known."""
    excused: set[str] = set()
    unknown = ""
    for word in (part.strip().casefold() for part in re.split(r"[;,|]", written)):
        if word in _EXCEPTIONS:
            excused.update(_EXCEPTIONS[word])
        elif word:
            excused.add("all")
            unknown = unknown or word
    return frozenset(excused), unknown


def _plain(value: str) -> str:
    return " ".join(value.split())[:200]


def _csv(text: str) -> Iterator[Row]:
    """Comma or semicolon (as spreadsheets in French write it), by the first line."""
    head = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text), delimiter=";" if head.count(";") > head.count(",") else ",")
    names: list[str | None] = []
    try:
        for cells in reader:
            if not names:
                names = [_COLUMNS.get(cell.strip().casefold()) for cell in cells]
            elif any(cell.strip() for cell in cells):
                yield reader.line_num, {name: cell for name, cell in zip(names, cells, strict=False) if name}
    except csv.Error:
        return


def _is_ldif(text: str) -> bool:
    first = next((line for line in text.splitlines() if line.strip() and not line.startswith("#")), "")
    return bool(re.match(r"(?:version|dn)::?\s", first, re.IGNORECASE))


def _ldif(text: str) -> Iterator[Row]:
    """Records between empty lines; a line that begins with a space goes on with the one above; `::` is base64 (RFC 2849)."""
    record: dict[str, str] = {}
    start = 1
    for number, line in _unfolded(text):
        if not line.strip():
            if "address" in record:  # groups and devices have none
                yield start, record
            record = {}
            continue
        start = start if record else number
        name, _, value = line.partition(":")
        meaning = _COLUMNS.get(name.partition(";")[0].strip().casefold())
        if meaning:
            value = _decoded(value)
            record[meaning] = f"{record[meaning]} {value}" if meaning == "aliases" and meaning in record else record.get(meaning) or value
    if "address" in record:
        yield start, record


def _unfolded(text: str) -> Iterator[tuple[int, str]]:
    held, start = "", 1
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith(" ") and held:
            held += line[1:]
            continue
        if not held.startswith("#"):
            yield start, held
        held, start = line, number
    yield start, held


def _decoded(value: str) -> str:
    if not value.startswith(":"):
        return value.strip()
    try:
        return base64.b64decode(value[1:].strip(), validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""
