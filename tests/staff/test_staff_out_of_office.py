"""Does an out-of-office reply name another contact? The table is the specification a colleague can read."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.judgement.out_of_office import check
from gateway.judgement.verdict import Automatic, OutOfOffice

HERE = Path(__file__).parent
CASES = yaml.safe_load((HERE / "out_of_office.yaml").read_text(encoding="utf-8"))
SECOND_LOOK = yaml.safe_load((HERE / "out_of_office_second_look.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["id"]))
def test_a_reply_is_read_as_a_careful_reader_would(case: dict[str, Any], message_of: Any, envelope_of: Any, zone_only: Any) -> None:
    found = check(message_of(case), Automatic("out_of_office"), envelope_of(case), zone_only)
    assert found.is_ooo
    assert found.names_alternate == case["gives"], found
    if "back" in case:
        assert found.return_date == case["back"], found
    if "findings" in case:
        assert list(found.findings) == case["findings"]
    for key in ("name", "email", "phone", "role"):
        if key in case:
            assert case[key] in [getattr(each, key) for each in found.alternates], found.alternates
    if "not_phone" in case:
        assert case["not_phone"] not in [each.phone for each in found.alternates]
    assert bool(found.alternates) == case["gives"]


@pytest.mark.parametrize("case", SECOND_LOOK, ids=lambda case: " ".join((case.get("text") or case["html"]).split())[:60])
def test_a_second_look(case: dict[str, Any], message_of: Any, envelope_of: Any, zone_only: Any) -> None:
    found = check(message_of(case), Automatic("out_of_office"), envelope_of(case), zone_only)
    assert found.names_alternate == case["gives"], found
    assert found.return_date == case.get("back", found.return_date)


def test_a_text_too_long_to_read_whole_gives_no_finding(message_of: Any, envelope_of: Any, zone_only: Any) -> None:
    case = {"text": "I am away, and here is a poem about it.\n" * 400}
    assert check(message_of(case), Automatic("out_of_office"), envelope_of(case), zone_only) == OutOfOffice(is_ooo=True)


def test_a_message_that_is_no_automatic_absence_gives_nothing(message_of: Any, envelope_of: Any, zone_only: Any) -> None:
    case = {"text": "I am away until Friday, contact Jane Doe at 416-555-0142"}
    for automatic in (Automatic(), Automatic("auto_reply"), Automatic("bounce")):
        assert check(message_of(case), automatic, envelope_of(case), zone_only) == OutOfOffice()


def test_what_cannot_be_read_is_not_judged(message_of: Any, envelope_of: Any, zone_only: Any) -> None:
    case = {"html": '<div style="display:none">I am away, call Jane at 416-555-0142</div>'}
    assert check(message_of(case), Automatic("out_of_office"), envelope_of(case), zone_only) == OutOfOffice(is_ooo=True)


def test_the_table_has_enough_of_both() -> None:
    assert len(CASES) >= 60
    assert min(sum(case["gives"] for case in CASES), sum(not case["gives"] for case in CASES)) >= 25
    assert len({case["id"] for case in CASES}) == len(CASES)
    assert all(isinstance(case.get("back"), date | None) for case in CASES)
