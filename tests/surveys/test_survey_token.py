"""The code in the links: ours and nobody else's, for one survey, until its day."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.message.survey_token import AnswerCode, OptOutCode, answer_code, opt_out_code, read_code

KEY, OTHER = b"k" * 32, b"o" * 32
HERE = ("human-resources", "answers")
SURVEYS = [("human-resources", "other"), HERE]
DAY = date(2026, 12, 21)


@given(st.text(max_size=40), st.sampled_from(["[{}]", "Re: 4 of 5 (code {})", "> {}\n", "x {}."]), st.booleans())
def test_a_code_comes_back_whatever_stands_around(case: str, around: str, upper: bool) -> None:
    code = answer_code(KEY, HERE, case, DAY)
    found = read_code((KEY,), around.format(code.upper() if upper else code), SURVEYS)
    assert isinstance(found, AnswerCode)
    assert (found.code, found.asked) == (code, HERE)
    assert found.valid_until == datetime(2026, 12, 22, 12, tzinfo=UTC)


@given(st.integers(0, 49), st.sampled_from("0123456789abcdef"))
def test_a_changed_character_is_a_forgery(place: int, character: str) -> None:
    code = answer_code(KEY, HERE, "HR-1", DAY)
    forged = code[: place + 1] + character + code[place + 2 :]
    assert (read_code((KEY,), forged, SURVEYS) == "forged") == (forged != code)


@pytest.mark.parametrize(("secrets", "surveys"), [((OTHER,), SURVEYS), ((KEY,), SURVEYS[:1]), ((KEY,), [])])
def test_another_key_or_survey_does_not_know_it(secrets: tuple[bytes, ...], surveys: list[tuple[str, str]]) -> None:
    assert read_code(secrets, answer_code(KEY, HERE, "HR-1", DAY), surveys) == "forged"


def test_an_old_key_still_counts() -> None:
    assert isinstance(read_code((OTHER, KEY), answer_code(KEY, HERE, "HR-1", DAY), SURVEYS), AnswerCode)


def test_an_opt_out_names_its_person_and_nobody_else() -> None:
    code = opt_out_code(KEY, "ab" * 16)
    assert read_code((KEY,), f"No more questions (code {code})", SURVEYS) == OptOutCode("ab" * 16)
    assert read_code((KEY,), code.replace("ab", "cd", 1), SURVEYS) == "forged"
    with pytest.raises(ValueError, match="hash"):
        opt_out_code(KEY, "anna@example.org")


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    assert read_code((KEY,), text, SURVEYS) in (None, "forged")
