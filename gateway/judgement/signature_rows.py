"""Lines of a signature block whose fields stand beside each other, and the pieces of a line.

It decides where one piece ends and the next begins, and which lines a mail program broke at its margin. It never says what a piece is: that is
`gateway.judgement.signature_fields`.
"""

from __future__ import annotations

import re

_SEPARATOR = re.compile(r"\s*[|•·‧∙●▪◦¦]\s*|\t+|\s{3,}|\s(?:[–—/~l*+»›>:-]|--+|//|::)(?=\s|$)")
_EDGE = " ,;<>()*_"
_MARK = re.compile(r"[|¦•·‧∙●▪◦»]|(?<=\s)(?:[–—/~*+›-]|--+|//|::)(?=\s|$)")
_MARGIN = 62
"""No mail program breaks lines earlier than this many characters."""


def unwrapped(lines: list[str], longest: int) -> list[str]:
    """Fields beside each other, which a mail program broke at the margin, on one line again; the first line is then empty.

    No line gets longer than `longest` characters. Changes `lines`, and returns them.
    """
    for number in range(len(lines) - 1):
        line, following = lines[number].rstrip(), lines[number + 1].strip()
        marks = _MARK.findall(line) if following else []
        if len(marks) < 2:
            continue
        mark = max(set(marks), key=marks.count)
        is_broken = marks.count(mark) >= 2 and (
            line.endswith(mark) or following.startswith(mark) or len(line) + 1 + len(following.split(maxsplit=1)[0]) > _MARGIN
        )
        if is_broken and len(line) + len(following) < longest:
            lines[number], lines[number + 1] = "", f"{line} {following}"
    return lines


def split(text: str) -> list[tuple[int, str]]:
    """The pieces of a line between bars, dashes and the like, each with its column."""
    pieces, start = [], 0
    for match in [*_SEPARATOR.finditer(text), None]:
        end = match.start() if match else len(text)
        piece = text[start:end]
        if bare := piece.strip(_EDGE):
            pieces.append((start + len(piece) - len(piece.lstrip(_EDGE)), bare))
        start = match.end() if match else end
    return pieces


def by_commas(start: int, piece: str) -> list[tuple[int, str]]:
    """The parts of a piece between commas, each with its column."""
    return [(start + match.start(), match[0].strip()) for match in re.finditer(r"(?![\s,;])[^,;]+", piece)]
