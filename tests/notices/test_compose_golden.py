"""Every variant as a file that a colleague can read: tests/notices/golden/<variant>.<language>.txt.

They are compared octet for octet. After a wanted change: GATEWAY_WRITE_GOLDEN=1, then read the difference.
"""

from __future__ import annotations

import email
import email.policy
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from gateway.judgement.verdict import AcknowledgementDecision, Case
from gateway.notices.parse_back import check
from gateway.policy.model import Bilingual, Policy
from tests.notices.compose_cases import (
    POLICY,
    RECEIVED,
    REFERENCES,
    SECRET,
    TORONTO,
    TWO_DAYS,
    case,
    compose_acknowledgement,
    decision,
    examination,
    message,
    shipped_texts,
    with_acknowledgement,
)

GOLDEN = Path(__file__).parent / "golden"
FRIDAY = datetime(2026, 11, 13, 16, 0, tzinfo=TORONTO)
SATURDAY = datetime(2026, 11, 14, 9, 0, tzinfo=TORONTO)
NOTICE = Bilingual(
    "City offices are closed on Tuesday because of the snowstorm.", "Les bureaux municipaux sont fermés mardi en raison de la tempête de neige."
)


@dataclass(frozen=True)
class Variant:
    cases: tuple[Case, ...]
    received: datetime = RECEIVED
    policy: Policy = POLICY
    quoted: str = ""
    languages: tuple[str, ...] = ("en", "fr")

    def decided(self, language: str) -> AcknowledgementDecision:
        return decision(*self.cases, language=language, quote_subject=bool(self.quoted))


VARIANTS: Mapping[str, Variant] = {
    "answer-date": Variant(
        (case("human-resources", RECEIVED + TWO_DAYS),), quoted="Question about a job posting", languages=("en", "fr", "both", "ta", "ar")
    ),
    "letter-ten-days": Variant((case("human-resources", datetime(2026, 11, 27, tzinfo=TORONTO)),)),
    "closed-day": Variant((case("human-resources", FRIDAY + TWO_DAYS),), FRIDAY),
    "closed-already": Variant((case("internal-audit", SATURDAY + timedelta(days=1)),), SATURDAY),
    "closed-far-ahead": Variant((case("internal-audit", datetime(2026, 12, 26, tzinfo=TORONTO)),), datetime(2026, 12, 15, 9, 5, tzinfo=TORONTO)),
    "no-date-with-aim": Variant((case("executive-management"),)),
    "no-date-own-words-after-hours": Variant((case("strategic-communications"),), RECEIVED.replace(hour=20, minute=0)),
    "own-words-without-date-where-one-is-promised": Variant((case("strategic-communications", RECEIVED.replace(hour=16, minute=30)),)),
    "no-date": Variant((case("internal-audit"),)),
    "in-confidence": Variant((case("equity-diversity-human-rights", RECEIVED + TWO_DAYS, confidential=True),), quoted="Harassed by my manager"),
    "in-confidence-no-date-beside-another-division": Variant(
        (case("human-resources", RECEIVED + TWO_DAYS), case("equity-diversity-human-rights", confidential=True))
    ),
    "three-divisions": Variant((case("human-resources", RECEIVED + TWO_DAYS), case("executive-management"), case("internal-audit"))),
    "two-divisions-the-other-is-earlier": Variant((case("executive-management"), case("human-resources", RECEIVED + TWO_DAYS))),
    "two-divisions-the-other-promises-sooner": Variant(
        (case("human-resources", RECEIVED + TWO_DAYS), case("internal-audit", RECEIVED + timedelta(days=1)))
    ),
    "council": Variant((case("human-resources", RECEIVED + TWO_DAYS, audience="council"),)),
    "council-no-date": Variant((case("executive-management", audience="council"),)),
    "city-wide-notice": Variant(
        (case("human-resources", RECEIVED + TWO_DAYS),),
        policy=with_acknowledgement("human-resources", notice=NOTICE, notice_until=RECEIVED + timedelta(hours=1)),
    ),
    "city-wide-notice-in-confidence": Variant(
        (case("equity-diversity-human-rights", RECEIVED + TWO_DAYS, confidential=True),),
        policy=with_acknowledgement("human-resources", notice=NOTICE, notice_until=RECEIVED + timedelta(hours=1)),
    ),
}
CASES = [(name, language) for name, variant in VARIANTS.items() for language in variant.languages]


def composed(name: str, language: str) -> str:
    """The notice as its reader's program shows it: the fields that people see, then the plain text."""
    variant = VARIANTS[name]
    notice = compose_acknowledgement(
        examination(variant.received, message(variant.quoted)),
        variant.decided(language),
        references=REFERENCES,
        policy=variant.policy,
        texts=shipped_texts(),
        secret=SECRET,
        now=variant.received,
        give_up_after=TWO_DAYS,
    )
    assert check(notice) is None
    read = email.message_from_bytes(notice.octets, policy=email.policy.default)
    body = read.get_body(("plain",))
    assert body is not None
    fields = "".join(f"{field}: {read[field]}\n" for field in ("From", "To", "Date", "Subject", "Content-Language"))
    return f"{fields}\n{body.get_content()}".replace("\r\n", "\n")


@pytest.mark.parametrize(("name", "language"), CASES)
def test_reads_as_agreed(name: str, language: str) -> None:
    path = GOLDEN / f"{name}.{language}.txt"
    text = composed(name, language)
    if os.environ.get("GATEWAY_WRITE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_no_golden_file_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.glob("*.txt")} == {f"{name}.{language}" for name, language in CASES}


@pytest.mark.parametrize(("name", "language"), CASES)
def test_written_for_people_and_their_screen_readers(name: str, language: str) -> None:
    text = composed(name, language)
    body = text.partition("\n\n")[2]
    assert all(len(line) <= 72 for line in body.split("\n") if "://" not in line)
    assert not any(mark in body for mark in ("---", "***", "___", " | ", "..", "  "))
    assert body.count("\n-- \n") == 1
    assert not re.search(r"(?<![:\d])12(?::00)? [ap]\.m\.", body)
    assert "{" not in text


def test_the_notice_goes_when_its_time_is_over() -> None:
    late = replace(VARIANTS["city-wide-notice"], received=RECEIVED + timedelta(hours=1))
    notice = compose_acknowledgement(
        examination(late.received), late.decided("en"), references=REFERENCES, policy=late.policy, texts=shipped_texts(), secret=SECRET,
        now=late.received, give_up_after=TWO_DAYS,
    )  # fmt: skip
    assert b"snowstorm" not in notice.octets
