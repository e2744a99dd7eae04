"""What a mail to the surveys' address says: the rating, or why it cannot be counted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.judgement.survey import reply_of
from gateway.judgement.survey_verdict import SurveyReply
from gateway.message.body import newest_text
from gateway.message.parse import parse
from gateway.message.survey_token import answer_code
from gateway.policy.model import Bilingual, Survey
from tests.warnings.staff_rig import KEY, shipped, with_division

SURVEY = Survey("answers", {}, Bilingual("How?", "Comment?"), "average", "at least 4")
POLICY = with_division(shipped(), surveys=(SURVEY,)).policy
CODE = answer_code(KEY, ("human-resources", "answers"), "HR-1", date(2026, 12, 21))
IN_TIME = datetime(2026, 12, 21, 23, tzinfo=UTC)


def read(subject: str, text: str = "You can send this message as it is.\n", at: datetime = IN_TIME) -> SurveyReply:
    message = parse(f"Subject: {subject}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}".encode(), complete=True)
    return reply_of(message, newest_text(message), POLICY, (KEY,), at)


@pytest.mark.parametrize(
    ("subject", "text", "rating"),
    [
        (f"4 of 5 (code {CODE})", "", 4),
        (f"Re: 1 sur 5 (code {CODE})", "", 1),
        (f"FW: 5/5 {CODE}", "", 5),
        (f"RE: One question (code {CODE})", "3\n", 3),
        (
            "Re: One question about our answer",
            f"2 of 5.\n\nOn Monday, Human Resources wrote:\n> 5, very satisfied:\n> mailto:x?subject=5 of 5 (code {CODE})\n",
            2,
        ),
        (f"4 of 5 (code {CODE.upper()})", "", 4),
    ],
)
def test_a_rating(subject: str, text: str, rating: int) -> None:
    found = read(subject, text)
    assert (found.rating, found.refused) == (rating, None)
    assert found.code is not None
    assert found.code.code == CODE


@pytest.mark.parametrize(
    ("subject", "text", "refused"),
    [
        (f"7 of 5 (code {CODE})", "", "not-one-to-five"),
        (f"0 of 5 (code {CODE})", "", "not-one-to-five"),
        (f"45 of 5 (code {CODE})", "", "not-one-to-five"),
        (f"3.4 of 5 (code {CODE})", "", "no-rating"),
        (f"Thank you (code {CODE})", "All was well, 100 of 100.\n", "no-rating"),
        ("4 of 5", "", "no-code"),
        (f"4 of 5 (code {CODE[:-1]}{'0' if CODE[-1] != '0' else '1'})", "", "forged"),
        ("", "", "no-code"),
    ],
)
def test_what_cannot_be_counted(subject: str, text: str, refused: str) -> None:
    assert read(subject, text) == SurveyReply(refused=refused)  # type: ignore[arg-type]


def test_the_last_day_counts_in_every_zone_and_the_one_after_does_not() -> None:
    assert read(f"4 of 5 ({CODE})", at=datetime(2026, 12, 22, 11, tzinfo=UTC)).rating == 4
    assert read(f"4 of 5 ({CODE})", at=datetime(2026, 12, 23, tzinfo=UTC)).refused == "expired"


def test_a_survey_that_is_no_more() -> None:
    policy = replace(POLICY, divisions={})
    message = parse(f"Subject: 4 of 5 ({CODE})\r\n\r\n".encode(), complete=True)
    assert reply_of(message, newest_text(message), policy, (KEY,), IN_TIME).refused == "forged"


@given(st.text(max_size=80), st.text(max_size=80))
def test_every_mail_is_read(subject: str, text: str) -> None:
    line = subject.replace("\r", " ").replace("\n", " ").encode("utf-8", "replace").decode()
    assert read(line, text.encode("utf-8", "replace").decode()).rating is None
