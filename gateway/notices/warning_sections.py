"""What a warning says of one topic, apart from greeting and farewell: so that two that wait for the same day become one mail.

Decides what is kept of a warning that waits, and how it is read back. It is kept beside the mail itself and erased with it. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, get_args

from gateway.judgement.staff_verdict import FindingKind, Topic
from gateway.notices.passages import Block, Passage

TOPICS: tuple[Topic, ...] = get_args(Topic)
"""In the order in which a mail speaks of them."""


@dataclass(frozen=True, slots=True)
class Section:
    """One topic of a warning."""

    kinds: tuple[FindingKind, ...]
    """What it tells of."""
    language: str
    """ISO 639-1, of whoever reads it."""
    passages: tuple[Passage, ...]
    farewell: Mapping[str, str]
    """What it gives the closing words to say: variables of templates/warning/closing."""


def as_kept(sections: Mapping[Topic, Section]) -> dict[str, Any]:
    """JSON values."""
    return {topic: asdict(each) for topic, each in sections.items()}


def read_back(kept: Mapping[str, Any]) -> dict[Topic, Section]:
    """The inverse of `as_kept`. Raises KeyError or TypeError for what another version wrote."""
    return {topic: _section(kept[topic]) for topic in TOPICS if topic in kept}


def _section(kept: Mapping[str, Any]) -> Section:
    passages = tuple(Passage(each["language"], tuple(_block(**block) for block in each["blocks"])) for each in kept["passages"])
    return Section(tuple(kept["kinds"]), kept["language"], passages, dict(kept["farewell"]))


def _block(lines: list[str], **what: bool) -> Block:
    return Block(tuple(lines), **what)
