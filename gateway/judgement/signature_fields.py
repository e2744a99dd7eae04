"""Which fields of a signature block stand on which line.

It decides by what a piece of a line is (an address, a listed division, a word of a title), then by its place among the others. It does not say
whether that is enough: that is `gateway.judgement.signature`. Where a piece could be a title or a unit, it is taken for what is not there yet.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from gateway.judgement.no_field import ADDRESS, ATTACHED, DEGREE, LEGAL, NO_FIELD
from gateway.judgement.signature_contacts import FieldName, Found, contacts, without_contacts
from gateway.judgement.signature_rows import by_commas, split, unwrapped
from gateway.judgement.titles import AGENT, PERSON, POSTAL, RANKED, SURE_UNIT, TEAM_FUNCTION, TITLE, UNIT, UNIT_FIRST, UNIT_OF
from gateway.message.contact_points import contact_points
from gateway.message.signature_block import bare_name, is_closing, is_name_of, looks_like_name

_OFFICE_OF = re.compile(r"['’]s office\b|\boffice of\b|\bbureau (?:du|de la|de l['’]|des)\b", re.IGNORECASE)
_GOES_ON = re.compile(r"(?:['’]s)? (?!Canada\b|Ont\b|ON\b)[A-ZÀ-Þ][\w'’&-]{2,}(?! ?:)")
_LEADS_TO = re.compile(r"\w (?:de la|à la|of the|for the|at the|with the|for|pour la|at) $", re.IGNORECASE)
_TEAM = re.compile(r"\b(?:team|desk|office|services?|centre|center|unit|équipe|service|bureau|accueil|group|relations)\b", re.IGNORECASE)
_GROUP = re.compile(r"\b(?:team|desk|équipe)$", re.IGNORECASE)
"""No position of one person ends so."""
_DOING = re.compile(r"\w+ing (?:a|an|the|our|your|better|strong\w*|great\w*|safe\w*|healthy|together)\b", re.IGNORECASE)
"""What somebody says to be doing ("Building a great city"), not where."""
_CITY_LINE_AS_UNIT = re.compile(r"311 [A-ZÀ-Þ][\w'’-]+(?: [^\d:@|,]{1,40})?")
_ASIDE = re.compile(r"\([^()]{0,80}\)")
_CREDENTIAL = re.compile(r"\w.*[A-Z]|[./]|^(?:ing|urb|avocate?|Eng|Phil|Jr|Sr|Hons?|she|he|they|elle|il|iel)$")
_NO_POSITION = re.compile(
    r"\b(?:Inc|Ltd|Ltée|LLP|LLC|Corp|GmbH|S\.A|Foundation|Fondation|Stiftung)\b|<<|>>|\.(?:pdf|docx?|xlsx?|zip|png|jpe?g|url)\b", re.IGNORECASE
)
"""A company or a file: neither a title nor a unit of the organization."""
_FRAME = re.compile(r"^[\s|>#~=•·]+|^\s*\[\s(?!.*\])|\s+$")
"""What some set before each line of their block."""
_CODE = re.compile(r"\d{3}|^[^\W\d_]{0,3}[\W_]?\d[\w.-]*$")
"""The number of a room or a badge: in no title that has no word of one."""
_ENUMERATION = re.compile(r"[^\W\d_][^,;\d]{2,30}(?:, [^,;\d]{3,30}){1,4},? (?:&|and|et) [^,;\d]{3,40}")
_BAR = re.compile(r"[|•·‧∙●▪◦¦\t]|\s(?:[–—~*+»›>:-]|--+|//|::)\s[A-Za-zÀ-ɏ]")
_AFTER_A_NAME = re.compile(r"\s*(?:[|•·‧∙●▪◦¦]|\s(?:[–—~*+»›>:-]|--+|//|::)(?:\s|$)|,\s|\t|\s{3,}|\s(?=[\d+<])|\(|\s(?:on behalf of|au nom de)\b)")
_ROW = re.compile(r"\s*(?:\*\s?){5,100}\s*")
_WORDS_OF_PROSE = 10
_NO_HOLDER = re.compile(r"\b(?:\w{4,}ing|\w+zentrum|HPC)$", re.IGNORECASE)
"""Nor so: what is done in a unit, or a unit in one word."""
_COLUMN_AT_A_NUMBER = re.compile(
    r"\s*([A-ZÀ-Þ][\w&'’ -]{2,60}?)(?:\t+| {3,})\s*(?:tele?|tél|phone|telephone|téléphone|office|mobile|cell|direct|bureau)\b\.?\s?:?\s{0,3}[+(\d]",
    re.IGNORECASE,
)
_ENDS_TRIED = 12
_LINES_READ, _COLUMNS_READ = 60, 400
_POSITION = frozenset({"title", "division"})
_CONTACTS = frozenset({"phone", "email", "website"})


@dataclass(frozen=True)
class Known:
    """Names that the policy knows."""

    organizations: tuple[str, ...]
    divisions: tuple[str, ...]
    sender: tuple[frozenset[str], ...]
    is_person: bool = False
    """Whether the sender's address is surely a person's, so that a team's name is not the name."""


@dataclass(frozen=True)
class Block:
    """The fields of a block in order of their place, and the lines that hold none."""

    found: tuple[Found, ...]
    free_lines: tuple[int, ...]

    def has(self, field: FieldName) -> bool:
        return any(each.field == field for each in self.found)

    def first(self, field: FieldName) -> Found | None:
        """Where it surely stands first; for a division, None where another may stand above it."""
        places = [each for each in self.found if each.field == field]
        if field == "division" and places and not places[0].sure:
            return None
        return next((each for each in places if each.sure), None)


def read_block(lines: Sequence[str], known: Known) -> Block:
    """Reads at most 60 lines of a signature block, and 400 characters of a line. Pure and total."""
    found: list[Found] = []
    open_pieces: list[tuple[int, int, str]] = []
    lines = unwrapped(_without_banner([line[:_COLUMNS_READ] for line in lines[:_LINES_READ]]), _COLUMNS_READ)
    begun = is_own = False
    for number, line in enumerate(lines):
        text = _FRAME.sub("", line).strip("*_ ")
        if not text or ATTACHED.match(line) or (not begun and is_closing(text)):
            continue
        named = any(each.field == "name" for each in found)
        offset = 0 if named and (not is_own or found[-1].field != "name") else _own_name(text, known)
        if named and UNIT.search(text[:offset]):
            offset = 0
        is_own = is_own or offset > 0
        offset = offset or (0 if begun else _first_name(text, number, lines, known))
        begun = True
        if offset:
            found.append(Found("name", number, 0))
            if not named and _is_also_a_title(text[:offset], known):
                found.append(Found("title", number, 0, sure=False))
            text = text[offset:]
        on_line, rest = _pieces(text, number, offset, known)
        if offset and text.lstrip().startswith("<"):  # as the address stands in a header
            on_line = [each._replace(sure=each.field != "email") for each in on_line]
        found.extend(on_line)
        open_pieces.extend(rest)
    found = _above_contacts(found, lines)
    found.extend(_by_place(found, open_pieces, known, lines))
    taken = {each.line for each in found}
    free = tuple(number for number, line in enumerate(lines) if line.strip() and number not in taken)
    return Block(tuple(sorted(found, key=lambda each: (each.line, each.column))), free)


def _without_banner(lines: list[str]) -> list[str]:
    """Empty where prose stands under a row of asterisks, up to the next row: a notice that some archive or company adds. A frame holds no prose."""
    rows = [number for number, line in enumerate(lines) if number and _ROW.fullmatch(line)]
    for start, end in pairwise([*rows, len(lines)]):
        first = next((line for line in lines[start + 1 : end] if line.strip()), "")
        if len(first.split()) >= _WORDS_OF_PROSE and not _BAR.search(first):
            lines[start:end] = [""] * (end - start)
    return lines


def _own_name(text: str, known: Known) -> int:
    """How much of the line, from its beginning, is the sender's name; 0 if none. A block may hold it twice: a sign-off, and then in full."""
    slashes = [match.start() for match in re.finditer(r"\s/\s", text)]
    pieces: list[int] = sorted({*_ends_of_name(text), *(slashes if len(slashes) > 1 else ())})[:_ENDS_TRIED]
    for end in reversed(pieces):
        head = text[:end]
        if (
            "@" in head
            or any(each.isdigit() for each in head)
            or (" / " in head and not is_name_of(head.rpartition(" / ")[2], known.sender))
            or (end != pieces[0] and (_BAR.search(head) or TITLE.search(head) or UNIT.search(head) or _says_more(text[: pieces[0]], head, known)))
        ):
            continue
        if head.strip() and is_name_of(head, known.sender) and not _is_listed(head, known.divisions + known.organizations):
            return max(end, len(head))
    return 0


def _says_more(first: str, head: str, known: Known) -> bool:
    """Whether a comma leads from the full name to a word that is no credential: letters with a capital among them, or a point."""
    rest = _ASIDE.sub("", head[len(first) :]).strip()
    if not rest.startswith(",") or len(first.split()) < 2 or not is_name_of(first, known.sender):
        return False
    return any(not _CREDENTIAL.search(word) for word in re.findall(r"[^\s,()]{2,}", rest))


def _is_also_a_title(name: str, known: Known) -> bool:
    """A team's function, or a position right behind the name ("Robin Sample Planner")."""
    word = TITLE.search(name)
    return TEAM_FUNCTION.fullmatch(name.strip()) is not None or (word is not None and not any(word[0].casefold() in each for each in known.sender))


def _ends_of_name(text: str) -> list[int]:
    slash = [match.start() for match in re.finditer(r"\s/\s", text) if TITLE.search(text, match.end())]  # else the name in two languages
    return [*sorted([*slash, *(match.start() for match in _AFTER_A_NAME.finditer(text))]), len(text)]


def _first_name(text: str, number: int, lines: Sequence[str], known: Known) -> int:
    """How much of the block's first line is a name that we do not know, of a person or a team; 0 if none."""
    head = text[: _ends_of_name(text)[0]]
    if _is_listed(head, known.divisions + known.organizations) or contact_points(head):
        return 0
    bare = bare_name(head)
    if known.is_person and (_TEAM.search(bare) or AGENT.search(bare) or PERSON.search(bare)):
        return 0
    if looks_like_name(head) and not (TITLE.search(bare) or UNIT.search(bare)):
        return len(head)
    follows = any(line.strip() for line in lines[number + 1 :])
    return len(head) if follows and len(head) <= 60 and _TEAM.search(bare) and not TITLE.search(bare) and not _OFFICE_OF.search(bare) else 0


def _pieces(text: str, number: int, offset: int, known: Known) -> tuple[list[Found], list[tuple[int, int, str]]]:
    """What a line surely holds, and its pieces that may be a title or a unit."""
    found: list[Found] = []
    if (unit := _city_line_as_unit(text)) is not None:
        found.append(Found("division" if unit[2] else "title", number, offset + unit[0]))
        text = text[: unit[0]] + " " * (unit[1] - unit[0]) + text[unit[1] :]
    found.extend(contacts(text, number, offset))
    rest: list[tuple[int, int, str]] = []
    plain = without_contacts(text)
    lowered = plain.casefold()
    for name in known.organizations:
        place = lowered.find(name.casefold())
        if place >= 0:
            is_part = _is_part_of_a_name(plain, place, place + len(name))
            found.append(Found("organization", number, offset + place, sure=not is_part))
            if not is_part:
                plain = plain[:place] + " " * len(name) + plain[place + len(name) :]
            break
    is_none = NO_FIELD.match(text) is not None
    if _is_legal_footer(text, known):
        return found, []
    for start, piece in split(plain):
        if _is_listed(piece, known.divisions):
            found.append(Found("division", number, offset + start))
            continue
        for at, part in [(start, piece)] if _is_enumeration(piece) else by_commas(start, piece):
            kind = _kind(part, known)
            if kind:
                found.append(Found(kind, number, offset + at))
            elif (
                re.search(r"[^\W\d_]{2,}", part)
                and (not _CODE.search(part) or AGENT.search(part))
                and not POSTAL.search(piece)
                and len(part) <= 70
                and not (is_none or _is_no_field(piece))
            ):
                rest.append((number, offset + at, part))
    return found, rest


def _is_legal_footer(text: str, known: Known) -> bool:
    """Not where a unit or the sender stands behind the label: "Managing Director: Park Operations" is a title."""
    legal = LEGAL.match(text)
    value = text.partition(":")[2]
    if not legal:
        return False
    return not (TITLE.search(legal[0]) and (UNIT.search(value) or any(is_name_of(piece, known.sender) for _, piece in split(value))))


def _is_enumeration(piece: str) -> bool:
    """Tasks of one unit ("Environment, Climate & Forestry"), nobody's title among them."""
    return _ENUMERATION.fullmatch(piece) is not None and not any(
        word.search(part) for _, part in by_commas(0, piece) for word in (TITLE, AGENT, PERSON, POSTAL)
    )


def _is_part_of_a_name(text: str, start: int, end: int) -> bool:
    """Whether a unit's name goes on behind the organization's, or leads to it: "City of Toronto Archives", "Archives de la Ville de Toronto"."""
    if _GOES_ON.match(text, end):
        return not POSTAL.search(text, max(0, start - 20))
    return _LEADS_TO.search(text[:start]) is not None


def _city_line_as_unit(text: str) -> tuple[int, int, bool] | None:
    """Where "311 Toronto" stands as a piece of the line, and whether it is a unit: "311 Service Agent" is a title. Neither is a telephone."""
    if "311 " not in text:
        return None
    parts = ((at, part) for start, piece in split(text) for at, part in by_commas(start, piece))
    return next(((at, at + len(part), not TITLE.search(part)) for at, part in parts if _CITY_LINE_AS_UNIT.fullmatch(part)), None)


@lru_cache(maxsize=512)
def _is_no_field(piece: str) -> bool:
    is_address = ADDRESS.search(piece) is not None and not AGENT.search(piece)
    return is_address or NO_FIELD.search(piece) is not None or DEGREE.match(piece) is not None


def _kind(part: str, known: Known) -> FieldName | None:
    if _is_listed(part, known.divisions):
        return "division"
    if POSTAL.search(part) or len(part) > 90 or len(part.split()) > 12:
        return None
    if UNIT_OF.fullmatch(part) and len(TITLE.findall(part)) == 1:
        return "division"
    title = TITLE.match(part)
    is_office = _OFFICE_OF.search(part) and not (title and not part.startswith(("'s", "’s"), title.end()) and not RANKED.match(part))
    if is_office or UNIT_FIRST.match(part):
        return "division"
    if len(words := part.split()) == 2 and any(words[1] == name.split()[-1] for name in known.organizations):
        return "division"  # Ombudsman Toronto
    if TITLE.search(part) or TEAM_FUNCTION.fullmatch(part):
        return "title"
    is_unit = UNIT.search(part) is not None
    if is_unit and AGENT.search(part) and len(part.split()) <= 6:
        return "title"
    if any(_contains(part, name) for name in known.divisions) or (is_unit and not DEGREE.match(part) and not _DOING.match(part)):
        return "division"
    return None


def _above_contacts(found: Sequence[Found], lines: Sequence[str]) -> list[Found]:
    """Without words of titles and units below the telephone that stand in a sentence, or above it too; what else a sentence holds has no place."""
    contact = min((each.line for each in found if each.field in _CONTACTS), default=_LINES_READ)
    above = {each.field for each in found if each.line <= contact}
    said = {each.line for each in found if each.line > contact and _is_sentence(lines[each.line])}
    found = [each._replace(sure=each.sure and each.line not in said) for each in found if each.line not in said or each.field not in _POSITION]
    return [each for each in found if each.line <= contact or each.field in _CONTACTS or each.field not in above]


def _by_place(found: Sequence[Found], pieces: Sequence[tuple[int, int, str]], known: Known, lines: Sequence[str]) -> list[Found]:
    """A title or division without a telling word: what is not there yet, under the name; at most one each."""
    name_lines = [each.line for each in found if each.field == "name"] or [-1]
    contact = min((each.line for each in found if each.field in _CONTACTS and each.line > name_lines[0]), default=_LINES_READ)
    name_line = max(line for line in name_lines if line <= contact)
    have = {each.field for each in found}
    placed: list[Found] = []
    units = [
        each
        for each in found
        if each.field == "division" and not _is_listed(lines[each.line].strip(), known.divisions) and not _OFFICE_OF.search(lines[each.line])
    ]
    if "title" not in have and len({each.line for each in units}) > 1 and not SURE_UNIT.search(lines[units[0].line]):
        placed.append(Found("title", units[0].line, units[0].column, sure=False))
        have.add("title")
    for number, column, part in pieces:
        if known.is_person and column and _follows_a_unit(lines[number], column):
            continue
        if known.is_person and number == name_line and "division" in have and _GROUP.search(part):
            placed.append(Found("division", number, column, sure=False))
            continue
        if (
            not (name_line <= number <= min(name_line + 5, contact) or _is_column_at_a_number(lines[number], part, number - name_line))
            or _NO_POSITION.search(lines[number])
            or len(part.split()) > 8
            or _is_sentence(lines[number])
            or part.endswith((".", "!", "?", ":"))
            or part[:1] in '"“«('
        ):
            continue
        wanted = _wanted(part, have, known)
        if wanted:
            placed.append(Found(wanted, number, column, sure=False))
            have.add(wanted)
    return placed


def _follows_a_unit(line: str, column: int) -> bool:
    """Whether a slash joins what stands there to a team: a second unit."""
    before = line[:column].rstrip()
    return before.endswith(" /") and _GROUP.search(before[:-2].rstrip()) is not None


def _is_column_at_a_number(line: str, part: str, below: int) -> bool:
    """Whether the piece is the column beside a labelled telephone, in the lines under the name: an address above it does not end the block."""
    column = _COLUMN_AT_A_NUMBER.match(line) if 0 < below <= 5 else None
    return column is not None and column[1] == part


def _wanted(part: str, have: set[FieldName], known: Known) -> FieldName | None:
    """What is not there yet: a unit before a title, unless the words say a person. Nearly every title has a word of one; few units have."""
    if known.is_person and (_GROUP.search(part) or _NO_HOLDER.search(part)):
        return None if "division" in have else "division"
    order: tuple[FieldName, FieldName] = ("title", "division") if PERSON.search(part) or AGENT.search(part) else ("division", "title")
    return next((each for each in order if each not in have), None)


def _is_sentence(line: str) -> bool:
    return line.rstrip(" *_").endswith((".", "!", "?")) and len(line.split()) >= 5


def _is_listed(text: str, names: tuple[str, ...]) -> bool:
    return _plain(text) in _listed(names)


@lru_cache(maxsize=64)
def _listed(names: tuple[str, ...]) -> frozenset[str]:
    plain = [_plain(name) for name in names]
    return frozenset(form for name in plain for form in (name, f"{name} division", f"{name} department", f"division of {name}"))


def _contains(text: str, name: str) -> bool:
    return f" {_plain(name)} " in f" {_plain(text)} "


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", text.casefold().replace("&", " and ")))
