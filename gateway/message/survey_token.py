"""The code in a survey's links: authenticated, for one answer, until a day. Also the code that asks for no more questions.

Decides whether a code is ours and what it is for; never who was asked. The code of an answer is a digest that leads to no address; that
of an opt-out holds the keyed hash of the one person it was sent to. Whether a code was used, the ledger knows.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Literal

MOST_CODES = 16
"""Looked at in one message: ours has six."""

_EPOCH = datetime(1970, 1, 1, 12, tzinfo=UTC)
_ID = 20
_DAYS = 5
_PERSON = 32
_PROOF = 24
_ANSWER = re.compile(rf"\br([0-9a-f]{{{_ID}}})([0-9a-f]{{{_DAYS}}})([0-9a-f]{{{_PROOF}}})\b", re.IGNORECASE)
_OPT_OUT = re.compile(rf"\bn([0-9a-f]{{{_PERSON}}})([0-9a-f]{{{_PROOF}}})\b", re.IGNORECASE)
_LOOKS_LIKE = re.compile(r"\b[rn][0-9a-f]{40,60}\b", re.IGNORECASE)

Asked = tuple[str, str]
"""Division and survey, as slugs."""


@dataclass(frozen=True, slots=True)
class AnswerCode:
    """A code that we made."""

    code: str
    """Lower-cased."""
    asked: Asked
    valid_until: datetime
    """Aware: the end of its last day, with half a day to spare for zones west of UTC."""


@dataclass(frozen=True, slots=True)
class OptOutCode:
    """A request that we prepared for one person."""

    person: str
    """Keyed hash."""


def answer_code(secret: bytes, asked: Asked, case: str, last_day: date) -> str:
    """For one case (its reference). The same case always gives the same code."""
    opaque = _digest(secret, "survey-code", f"{asked[0]}\0{asked[1]}\0{case}", _ID)
    days = f"{(last_day - _EPOCH.date()).days:0{_DAYS}x}"
    return f"r{opaque}{days}{_proof(secret, asked, opaque, days)}"


def opt_out_code(secret: bytes, person: str) -> str:
    """Never runs out. Raises ValueError for what is no keyed hash."""
    if not re.fullmatch(f"[0-9a-f]{{{_PERSON}}}", person):
        raise ValueError("not a keyed hash")
    return f"n{person}{_digest(secret, 'survey-opt-out', person, _PROOF)}"


def read_code(secrets: Sequence[bytes], text: str, surveys: Iterable[Asked]) -> AnswerCode | OptOutCode | Literal["forged"] | None:
    """The first code in a text that is ours; "forged" where one only looks like it; None where there is none. `secrets`: keys in use, and before."""
    known = tuple(surveys)
    for found in islice(_OPT_OUT.finditer(text), MOST_CODES):
        person, proof = found[1].lower(), found[2].lower()
        if any(hmac.compare_digest(proof, _digest(each, "survey-opt-out", person, _PROOF)) for each in secrets):
            return OptOutCode(person)
    for found in islice(_ANSWER.finditer(text), MOST_CODES):
        opaque, days, proof = (each.lower() for each in found.groups())
        for asked in known:
            if any(hmac.compare_digest(proof, _proof(each, asked, opaque, days)) for each in secrets):
                return AnswerCode(found[0].lower(), asked, _EPOCH + timedelta(days=int(days, 16) + 1))
    return "forged" if _LOOKS_LIKE.search(text) else None


def _proof(secret: bytes, asked: Asked, opaque: str, days: str) -> str:
    return _digest(secret, "survey-answer", f"{asked[0]}\0{asked[1]}\0{opaque}\0{days}", _PROOF)


def _digest(secret: bytes, purpose: str, value: str, length: int) -> str:
    return hmac.new(secret, f"{purpose}\0{value}".encode(), hashlib.sha256).hexdigest()[:length]
