"""Where the signature block of a message begins, and which names its sender goes by.

It decides by what stands before the block (`-- ` of RFC 3676 §4.3, a closing such as "Regards,"), by the sender's own name, or by the shape of the
last lines. It never says whether a signature is good: that is `gateway.judgement.signature`. Pure, total, linear.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from gateway.message.contact_points import contact_points
from gateway.message.model import Message

Introduced = Literal["delimiter", "closing", "name", "shape"]


class SignatureBlock(NamedTuple):
    """`start`: number of the first line. `lines`: without the delimiter, and without a closing that shares the line with the name."""

    start: int
    lines: tuple[str, ...]
    introduced: Introduced


_DELIMITER = re.compile(r"(?:--|—|__)\s?$")
_LONGEST_DELIMITER = 3
_CLOSING = re.compile(
    r"(?:with |all |good |many |my |kind(?:est)? |best |warm(?:est)? |sincere |thanks and |thank you and |merci et |avec mes |mes |bien |très |mit "
    r"|viele )*"
    r"(?:regards|wishes|thanks|thank you|thx|sincerely|yours(?: faithfully)?|truly|respectfully|gratitude|appreciation|cheers|cordially"
    r"|best|warmly|take care|all the best|in "
    r"service|talk soon|in solidarity|gratefully|(?:be|stay) (?:well|safe)|have a (?:great|good|nice|lovely) (?:day|week|weekend|evening)"
    r"|cordialement|à vous|salutations|(?:meilleures|sincères|cordiales) salutations|merci|bonne (?:journée|semaine|fin de semaine)"
    r"|amicalement|sincèrement|respectueusement"
    r"|au plaisir|freundlichen grüßen|grüße|saludos|atentamente|cordiali saluti|saluti|atenciosamente|obrigad[oa]|miigwech|respect)"
    r"(?: (?:again|in advance|so much|very much|a lot|kindly|and (?:kind |best |warm )?regards|for your (?:patience|understanding|time"
    r"|help)|truly|sincerely|beaucoup|d['’]avance"
    r"|distinguées|les meilleures|à vous|et (?:bonne journée|cordialement|salutations)|cordiales))*"
    r"(?P<mark>\s*[,.!;:–—-]*)\s*",
    re.IGNORECASE,
)
# fmt: off
_CLOSING_BEGINS = frozenset((
    "wit", "all", "goo", "man", "my ", "kin", "bes", "war", "sin", "tha", "mer", "ave", "mes", "bie", "mit", "vie",
    "reg", "wis", "thx", "you", "tru", "res", "gra", "app", "che", "cor", "tak", "in ", "tal", "be ", "sta", "hav",
    "sal", "mei", "bon", "ami", "au ", "fre", "ate", "obr", "mii",
))
# fmt: on
"""How `_CLOSING` begins, where it begins in ASCII."""
_WORD = re.compile(r"[^\W\d_]{2,}")
_BETWEEN_NAMES = re.compile(r"[._+\d-]+")
_TOKEN = r"(?:[A-ZÀ-ÖØ-ÞŁŚŽŠČĆĐĞİ](?:[\w'’.-]*[\w.])?|(?:de|du|des|da|di|la|le|van|von|der|den|el|al|bin|ibn|dos|st\.?|y|e|d['’]\w+)(?= ))"
_NAME = re.compile(rf"(?:(?:Mr|Mrs|Ms|Mx|Dr|M|Mme|Mlle|Prof)\.?\s)?{_TOKEN}(?:[ ,]{{1,2}}{_TOKEN}){{0,4}}$")
_NON_LATIN_NAME = re.compile(r"[^\W\d_A-Za-zÀ-ɏ]{1,20}(?:[ ·][^\W\d_A-Za-zÀ-ɏ]{1,20}){0,3}$")
_ASIDE = re.compile(r"\([^()]{0,80}\)|\[[^\[\]]{0,80}\]|[*_~]")
_PRONOUNS = re.compile(
    r"\b(?:she|he|they|ze|xe|elle|il|iel|any|all)\s?[/|,]\s?(?:her|him|them|they|she|he|hir|zir|la|lui|elle|il|iel|pronouns).{0,30}$", re.IGNORECASE
)
_CREDENTIALS = re.compile(
    r"(?:,\s?|\s)(?:(?:P\.?\s?Eng|M\.?B\.?A|M\.?P\.?A|M\.?P\.?P|M\.?A|M\.?Sc|B\.?A|B\.?Sc|B\.?Ed|LL\.?[BM]|J\.?D|Ph\.?\s?D|R\.?N|M\.?D|CPA"
    r"|CA|CIA|CISA|CFE|CHRP|CHRL|CHRE|PMP"
    r"|RPP|MCIP|OAA|OALA|CPP|SHRM-\w+|ing|avocate?|urb|Esq|Jr|Sr|II|III)\.?(?=[\s,/]|$))+.*$"
)
_SENTENCE = re.compile(r"(?:\S+\s+){11,}\S+[.?!]$")
_INTRODUCES = re.compile(
    r":$|\b(?:contact|contactez|contacter|reach|call|email|communiquez avec|communiquer avec|joindre|appeler|to|or|at|and|ou|et|au|à)$|\?$",
    re.IGNORECASE,
)
_GREETING = re.compile(
    r"(?:hi|hello|dear|good (?:morning|day|afternoon|evening)|bonjour|bonsoir|cher|chère|greetings|hey|allô|salut)\b.{0,60}$", re.IGNORECASE
)
_WEB = re.compile(
    r"\b(?:https?://|www\.)\S+|^[ |*]{0,4}(?:[a-z0-9-]{2,63}\.){1,4}(?:ca|com|org|net|gov|info|example)(?:/\S*)?$",
    re.IGNORECASE | re.MULTILINE,
)
_PIECE_END = re.compile(r"\s?[|¦•·‧∙●▪◦]\s?|\s(?:[–—/~*+»›>:-]|--+|//|::)\s|\t|, |\s<|\son behalf of\b")
_BETWEEN_FIELDS = re.compile(r"[|¦•·‧∙●▪◦»]|\s(?:[–—/~*+›-]|--+|//|::)(?=\s)")
_FRAME = " |¦•·*_~>"
_LAST_WORD = re.compile(r"[^\W\d_]{4,}[.!?]$")
_MAY_REACH = re.compile(r"[@\d]|\w\.\w")
_LABELS = re.compile(
    r"(?:\W|\b(?:t|c|m|p|o|f|e|d|tel|tél|phone|telephone|téléphone|cell|cellular|cellulaire|mobile|office|direct|fax|work|home|main|line|desk|pager"
    r"|e-?mail|courriel|mail|web|ext|extension|poste|bureau|ligne|or|ou|and|et)\b)*+",
    re.IGNORECASE,
)
_CITY = re.compile(r"(?:City|Town|Region|Ville|Municipality|Municipalité) (?:of|de|d’|d')\s?[A-ZÀ-Þ][\w’' -]{1,30}")
_LONGEST_LINE = 110
_LONGEST_CLOSING = 14
"""Blanks in a closing with a name on its line: most prose has more in a line."""
_LINES_LOOKED_AT = 60


def sender_names(message: Message) -> tuple[frozenset[str], ...]:
    """The names the sender goes by, each as a set of lower-cased words: from display names, and from local parts such as `robin.sample`."""
    found = []
    for address in (*message.of("from"), *message.of("sender"))[:4]:
        found.append(_words(_ASIDE.sub(" ", address.display_name)))
        found.append(_words(_BETWEEN_NAMES.sub(" ", address.local)))
    return tuple(dict.fromkeys(names for names in found if names))


def is_name_of(line: str, names: Sequence[frozenset[str]]) -> bool:
    """Whether a short line is the sender's name: at least one of its words, and no words that are not (initials and credentials aside)."""
    anywhere = _words(line[:200])
    if "@" in line or not any(anywhere & name for name in names):
        return False
    written = bare_name(line)
    if not written.isascii() and (aside := _ASIDE.search(line)) and _NON_LATIN_NAME.match(written):
        written = aside[0]  # 王小明 (Xiaoming Wang)
    words = _words(written)
    return bool(words) and any(words & name and (words <= name or (len(words & name) >= 2 and len(words) <= len(name) + 2)) for name in names)


def is_closing(line: str) -> bool:
    """Whether a line is a closing ("Regards,") and nothing else."""
    return all(_CLOSING.fullmatch(each) for each in line[:_LONGEST_LINE].split(" / ", maxsplit=1))


def bare_name(line: str) -> str:
    """A line without pronouns, pronunciation, credentials and emphasis marks."""
    text = _ASIDE.sub(" ", line[:200]).strip(" -–—,|\t")
    return _CREDENTIALS.sub("", _PRONOUNS.sub("", text)).strip(" -–—,|\t")


def looks_like_name(line: str) -> bool:
    """Whether a line could be a person's or a team's name: a few capitalised words and nothing else. Single names and initials are names."""
    text = bare_name(line)
    return len(text) <= 60 and bool(_NAME.match(text) or _NON_LATIN_NAME.match(text))


def find_signature(lines: Sequence[str], names: Sequence[frozenset[str]]) -> SignatureBlock | None:
    """The block at the end of newest text, or None. `lines` are right-stripped; `names` come from `sender_names`."""
    for find in (_by_delimiter, _by_closing, _by_name, _by_surname, _by_shape):
        block = find(lines, names)
        if block and any(line.strip() for line in block.lines):
            return block
    return None


def _by_delimiter(lines: Sequence[str], names: Sequence[frozenset[str]]) -> SignatureBlock | None:
    found = [number for number, line in enumerate(lines) if 0 < len(line) <= _LONGEST_DELIMITER and _DELIMITER.match(line)]
    last = next((number for number in range(len(lines) - 1, -1, -1) if lines[number].strip()), 0) if found else 0
    found = [number for number in found if number < last][-2:]
    if not found:
        return None
    # Two blocks in two languages may each have their delimiter; a lone dash far above is somebody's list.
    start = found[0] if len(found) == 2 and found[1] - found[0] <= 15 else found[-1]
    above = _by_closing(lines[:start], names) if start else None
    if above and len([line for line in above.lines if line.strip()]) > 1:
        return SignatureBlock(above.start, (*above.lines, *lines[start + 1 :]), "closing")
    above = _by_name(lines[:start], names) if start else None
    if above and _ways(above.lines) and not any(is_name_of(line, names) for line in lines[start + 1 :][:_LINES_LOOKED_AT]):
        # The company's own lines stand below a second delimiter.
        return SignatureBlock(above.start, (*above.lines, *lines[start + 1 :]), "name")
    return SignatureBlock(start, tuple(line for line in lines[start + 1 :] if not _DELIMITER.match(line)), "delimiter")


def _by_closing(lines: Sequence[str], names: Sequence[frozenset[str]]) -> SignatureBlock | None:
    for number in range(len(lines) - 1, max(-1, len(lines) - _LINES_LOOKED_AT), -1):
        line = lines[number].strip()
        if (begins := line[:3]).isascii() and begins.lower() not in _CLOSING_BEGINS:
            continue
        if (halves := line.partition(" / "))[2] and len(line) <= _LONGEST_LINE and _CLOSING.fullmatch(halves[0]):
            line = halves[2]  # in two languages
        closing = _CLOSING.match(line) if len(line) <= _LONGEST_LINE and line.count(" ") <= _LONGEST_CLOSING else None
        if not closing:
            continue
        rest = line[closing.end() :]
        if rest and (closing["mark"].strip() or is_name_of(rest, names)) and looks_like_name(rest) and not _GREETING.match(rest):
            if number + 1 == len(lines) or _is_tail(lines[number + 1 :]):
                return SignatureBlock(number, (rest, *lines[number + 1 :]), "closing")
        elif not rest and _names_somebody(lines[number + 1 :], names):
            return SignatureBlock(number + 1, tuple(lines[number + 1 :]), "closing")
    return None


def _names_somebody(lines: Sequence[str], names: Sequence[frozenset[str]]) -> bool:
    following = [line.strip() for line in lines if line.strip()][:3]
    return (
        bool(following)
        and (is_name_of(following[0], names) or _is_barred(following[0]) or (_is_short(following[0]) and not _INTRODUCES.search(following[0])))
        and _is_tail(lines)
    )


def _is_tail(lines: Sequence[str]) -> bool:
    """At most one longer sentence in the first lines: a note, not the mail going on."""
    first = [line.strip() for line in lines if line.strip()][:4]
    return sum(bool(_SENTENCE.match(line)) or (len(line) > _LONGEST_LINE and not _is_barred(line)) for line in first) <= 1


def _is_barred(line: str) -> bool:
    """Whether the fields of a block stand beside each other, as no prose has them."""
    return len(line) <= 4 * _LONGEST_LINE and len(_BETWEEN_FIELDS.findall(line)) >= 2


def _by_name(lines: Sequence[str], names: Sequence[frozenset[str]]) -> SignatureBlock | None:
    """The first line of the tail that is the sender's name, when no prose follows; two blocks in two languages are one."""
    for number in _naming(lines, names):
        first = _PIECE_END.split(lines[number].strip(_FRAME), maxsplit=1)[0]
        if not is_name_of(first, names) or len(lines[number]) > 2 * _LONGEST_LINE or (number == 0 and _goes_on(lines)):
            continue
        if _is_barred(lines[number]) or not any(_SENTENCE.match(line.strip()) for line in _above_contacts(lines[number + 1 :][:12])):
            start = _first_of_paragraph(lines, number)
            return SignatureBlock(start, tuple(lines[start:]), "name")
    return None


def _by_surname(lines: Sequence[str], names: Sequence[frozenset[str]]) -> SignatureBlock | None:
    """The last line with the sender's surname behind another first name (Bob for Robert), when nothing leads to it and a block stands there."""
    for number in reversed(_naming(lines, names)):
        line = lines[number].strip(_FRAME)
        first = _PIECE_END.split(line, maxsplit=1)[0].strip()
        if len(line) > _LONGEST_LINE or not _has_surname(first, names) or _INTRODUCES.search(_line_above(lines, number)):
            continue
        block = tuple(lines[number:])
        if _ways(block) and not any(_SENTENCE.match(each.strip()) for each in _above_contacts(block[1:13])):
            return SignatureBlock(number, block, "name")
    return None


def _has_surname(text: str, names: Sequence[frozenset[str]]) -> bool:
    words = _WORD.findall(bare_name(text).casefold())
    return len(words) == 2 and looks_like_name(text) and any(len(name) >= 2 and words[1] in name for name in names)


def _line_above(lines: Sequence[str], number: int) -> str:
    return next((line.strip() for line in reversed(lines[max(0, number - 3) : number]) if line.strip()), "")


def _naming(lines: Sequence[str], names: Sequence[frozenset[str]]) -> list[int]:
    """Those of the last lines that hold a word of a name somewhere: no other can be one, and most text holds none."""
    if not names:
        return []
    above = max(0, len(lines) - _LINES_LOOKED_AT)
    tail = "\n".join(lines[above:]).casefold()
    return sorted({above + number for word in frozenset.union(*names) for number in _lines_with(word, tail)})


def _lines_with(word: str, text: str) -> Iterator[int]:
    number = done = 0
    while (at := text.find(word, done)) >= 0:
        number += text.count("\n", done, at)
        yield number
        done = text.find("\n", at)
        if done < 0:
            return


def _first_of_paragraph(lines: Sequence[str], number: int) -> int:
    """Where lines stand right above the name that could be a team's, a city's or a person's, or are a telephone or address: the first of them."""
    start = number
    while start and (above := lines[start - 1].strip()) and _belongs_above_a_name(above):
        start -= 1
    return start


def _belongs_above_a_name(line: str) -> bool:
    return looks_like_name(line) or _CITY.fullmatch(line) is not None or (len(line.split()) <= 4 and _is_bare_contact(line))


def _is_bare_contact(line: str) -> bool:
    """Whether a telephone or an address stands there with no more than its label: "please contact Ana (ana@…)." ends the letter, it signs nothing."""
    points = contact_points(line)
    around = [line[end:start] for end, start in zip([0, *(each.end for each in points)], [*(each.start for each in points), len(line)], strict=True)]
    return bool(points) and all(_LABELS.fullmatch(each) for each in around)


def _above_contacts(lines: Sequence[str]) -> Sequence[str]:
    """The lines before the block's first telephone or address on a line of its own: what stands below (land acknowledgement, hours) is no letter."""
    for number, line in enumerate(lines):
        if number and (_is_short(line) or _is_barred(line)) and not _SENTENCE.match(line.strip()) and contact_points(line):
            return lines[:number]
    return lines


def _goes_on(lines: Sequence[str]) -> bool:
    return any(len(line) > 60 for line in lines[1:6])


def _by_shape(lines: Sequence[str], names: Sequence[frozenset[str]]) -> SignatureBlock | None:
    """The last lines, when they are short or barred, no sentences, and enough of a block; one note may stand below them."""
    start = end = _end_of_shape(lines)
    for number in range(end - 1, max(-1, end - 30), -1):
        line = lines[number].strip()
        is_other = line and (not _is_short(line) or _GREETING.match(line) or _INTRODUCES.search(line) or _ends_a_letter(lines, number))
        if is_other and not _is_barred(line):
            break
        if line:
            start = number
    block = tuple(lines[start:end])
    if not block or _INTRODUCES.search(next((line.strip() for line in reversed(lines[:start]) if line.strip()), "")):
        return None
    is_long = len(block) >= 3 or (_is_barred(block[0]) and len(block) == len([line for line in block if line]))
    return SignatureBlock(start, tuple(lines[start:]), "shape") if is_long and _is_shaped(block) else None


def _end_of_shape(lines: Sequence[str]) -> int:
    """Where the last lines end: above a last paragraph of prose (a land acknowledgement, hours), when a contact stands right above that."""
    end = len(lines)
    first = next((number + 1 for number in range(end - 1, max(-1, end - 12), -1) if not lines[number].strip()), 0)
    if not first or not (_SENTENCE.match(lines[first].strip()) or len(lines[first]) > _LONGEST_LINE or lines[-1].rstrip().endswith(".")):
        return end
    above = first - 1
    while above and not lines[above - 1].strip():
        above -= 1
    last = lines[above - 1].rstrip() if above else ""
    if not _is_short(last) or last.endswith((".", ":", "?", "!")) or not _MAY_REACH.search(last):
        return end
    return above if _WEB.search(last) or contact_points(last) else end


def _is_shaped(block: Sequence[str]) -> bool:
    """Two kinds of ways to reach somebody, or one and the organization on a line of its own."""
    ways = _ways(block)
    return ways >= 2 or (ways == 1 and any(_CITY.fullmatch(piece.strip(" *_|")) for line in block for piece in _PIECE_END.split(line)))


def _ends_a_letter(lines: Sequence[str], number: int) -> bool:
    """A sentence with an empty line below it, and below that all that a block needs."""
    line = lines[number].rstrip()
    is_sentence = line.endswith((".", "!", "?")) and (len(line.split()) >= 3 or _LAST_WORD.search(line) is not None)
    return is_sentence and number + 1 < len(lines) and not lines[number + 1].strip() and _is_shaped(lines[number + 1 :][:_LINES_LOOKED_AT])


def _ways(block: Sequence[str]) -> int:
    """How many kinds of telephone, address, web page stand in it."""
    text = "\n".join(block)
    kinds = {point.kind for point in contact_points(text)} | ({"web"} if _WEB.search(text) else set())
    return len(kinds - {"911", "311"})


def _is_short(line: str) -> bool:
    return len(line) <= 90 and not (line.endswith((".", "?", "!")) and len(line.split()) > 6)


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.casefold()))
