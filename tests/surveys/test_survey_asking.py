"""Who is asked, and who is not: through the real rules and the real ledger, with a clock that is told the time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from gateway.judgement.survey import drawn, span_of
from gateway.ledger.ledger import Ledger
from gateway.ledger.records import Notice
from gateway.message.survey_token import opt_out_code
from gateway.policy.directory import read_directory
from gateway.policy.model import Bilingual, Survey
from gateway.rulebook import Rulebook
from tests.warnings.staff_rig import DIRECTORY, KEY, Stage, at, mail, shipped, with_division, with_policy

ROBIN = "Robin Sample <robin.sample@toronto.example>"
RESIDENT = "anna@example.org"
PUBLIC = Survey("answers", {"after": "an answer by a person", "audience": "public"}, Bilingual("How?", "Comment?"), "average", "at least 4")


@pytest.fixture(name="stage")
def _stage(tmp_path: Path) -> Iterator[Stage]:
    ledger = Ledger(f"sqlite:///{tmp_path}/gateway.db", key=KEY, clock=lambda: at("2026-11-16"))
    ledger.open()
    yield Stage(ledger, with_division(shipped(), surveys=(PUBLIC,)))
    ledger.close()


def exchange(stage: Stage, when: datetime, sender: str = RESIDENT, subject: str = "A posting", **more: Any) -> list[Notice]:
    """An inquiry and its answer a minute later; the survey mails so far to this person."""
    asker, inward = more.get("asker", sender), more.get("direction", "inbound")
    stage.writes(when, mail(asker, "Is it open?\n", "hr@toronto.example", subject), direction=inward)
    number = f"<{stage.number}@toronto.example>"
    stage.writes(when + timedelta(minutes=1), mail(more.get("answerer", ROBIN), "Yes.\n", sender, f"Re: {subject}", In_Reply_To=number))
    stage.until(when + timedelta(minutes=2))
    return [notice for _, notice in stage.sent if notice.kind == "survey" and notice.rcpt_to == sender]


def with_survey(stage: Stage, **changes: Any) -> None:
    asked = changes.pop("asked", {})
    stage.rulebook = with_division(stage.rulebook, surveys=(replace(PUBLIC, asked={**PUBLIC.asked, **asked}, **changes),))


def test_asked_again_only_after_the_span(stage: Stage) -> None:
    assert len(exchange(stage, at("2027-01-05"))) == 1
    assert len(exchange(stage, at("2027-04-04"))) == 1, "89 days later"
    assert len(exchange(stage, at("2027-04-06"))) == 2


def test_never_again_after_an_opt_out_from_whatever_address(stage: Stage) -> None:
    assert len(exchange(stage, at("2027-01-05"))) == 1
    code = opt_out_code(KEY, stage.ledger.pseudonyms.of_address(RESIDENT) or "")
    no_more = mail("Anna <anna@work.example>", "Please.\n", "survey@toronto.example", f"No more questions (code {code})")
    assert stage.writes(at("2027-01-06"), no_more, direction="inbound").survey == "opted-out"
    assert len(exchange(stage, at("2027-06-01"))) == 1
    assert len(exchange(stage, at("2027-06-02"), "bert@example.org")) == 1, "others are asked"


@pytest.mark.parametrize(
    ("written", "days"), [("once in 90 days", 90), ("once in 1 week", 7), ("Once in 2 years", 732), ("once an audit", 90), ("", 90)]
)
def test_the_span(written: str, days: int) -> None:
    assert span_of(replace(PUBLIC, asked={"per_person": written})).days == days


def test_one_in_four_cases_is_drawn() -> None:
    survey = replace(PUBLIC, asked={"one_in": "4"})
    hits = sum(drawn(survey, f"HR-{number}", KEY) for number in range(4000))
    assert 900 < hits < 1100
    assert drawn(survey, "HR-7", KEY) == drawn(survey, "HR-7", KEY)
    assert not any(drawn(replace(PUBLIC, asked={"one_in": "0"}), f"HR-{number}", KEY) for number in range(50))


def off(rulebook: Rulebook) -> Rulebook:
    return with_policy(rulebook, acknowledgements=False)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda book: with_division(book, rollout={"public": "warn"}), id="not enforced"),
        pytest.param(lambda book: with_division(book, acknowledgements=False), id="division stopped"),
        pytest.param(off, id="City stopped"),
        pytest.param(lambda book: with_policy(book, survey_answers=None), id="no address"),
        pytest.param(lambda book: with_division(book, surveys=(replace(PUBLIC, never_after_kinds=("inquiry",)),)), id="kind"),
        pytest.param(lambda book: with_division(book, surveys=(replace(PUBLIC, asked={**PUBLIC.asked, "audience": "council"}),)), id="audience"),
        pytest.param(
            lambda book: with_division(book, surveys=(replace(PUBLIC, asked={**PUBLIC.asked, "after": "an audit is finished"}),)), id="after"
        ),
        pytest.param(lambda book: with_division(book, surveys=(replace(PUBLIC, asked={**PUBLIC.asked, "who": "managers"}),)), id="who"),
        pytest.param(lambda book: with_policy(book, caps=replace(book.policy.caps, correspondent=(1, timedelta(days=1)))), id="cap"),
    ],
)
def test_nobody_is_asked(stage: Stage, change: Any) -> None:
    stage.rulebook = change(stage.rulebook)
    assert exchange(stage, at("2026-11-16")) == []


def test_nobody_is_asked_whose_mail_was_not_theirs(stage: Stage) -> None:
    assert exchange(stage, at("2026-11-16"), asker="noreply@example.org", sender="noreply@example.org") == []
    with stage.ledger.writing() as connection:
        connection.execute(text("UPDATE message SET reason = 'dmarc-fail'"))
    stage.writes(at("2026-11-17"), mail(RESIDENT, "Is it?\n", "hr@toronto.example"), direction="inbound")
    number = f"<{stage.number}@toronto.example>"
    with stage.ledger.writing() as connection:
        connection.execute(text("UPDATE message SET reason = 'dmarc-fail'"))
    stage.writes(at("2026-11-18"), mail(ROBIN, "Yes.\n", RESIDENT, In_Reply_To=number))
    assert [notice for _, notice in stage.sent if notice.kind == "survey"] == []


def test_a_confidential_matter_is_left_alone(stage: Stage) -> None:
    stage.rulebook = with_division(stage.rulebook, "equity-diversity-human-rights", surveys=(PUBLIC,))
    words = "I want to make a human rights complaint: I was harassed at work.\n"
    stage.writes(at("2026-11-16"), mail(RESIDENT, words, "equity@toronto.example", "Human rights complaint"), direction="inbound")
    number = f"<{stage.number}@toronto.example>"
    stage.writes(at("2026-11-17"), mail(ROBIN, "We will look at it.\n", RESIDENT, In_Reply_To=number))
    assert [notice for _, notice in stage.sent if notice.kind == "survey"] == []


def test_one_answer_to_a_follow_up_asks_no_second_time(stage: Stage) -> None:
    assert len(exchange(stage, at("2026-11-16"))) == 1
    with stage.ledger.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM survey_person")).scalar() == 1
    stage.writes(at("2026-11-19"), mail(ROBIN, "One more thing.\n", RESIDENT, In_Reply_To="<1@toronto.example>"))
    assert len([notice for _, notice in stage.sent if notice.kind == "survey"]) == 1


LEADERS = DIRECTORY + "max.lead@toronto.example,Max Lead,Manager of Parks,human-resources,,en,\n"


@pytest.mark.parametrize(
    ("unit", "who", "answered_by", "expected"),
    [
        ("Employee & Labour Relations", "managers and supervisors", ROBIN, 1),
        ("Occupational Health & Safety", "managers and supervisors", ROBIN, 0),
        ("Employee & Labour Relations", "supervisors", ROBIN, 0),
        ("Employee & Labour Relations", "managers and supervisors", "Noor Example <noor.example@toronto.example>", 0),
    ],
)
def test_units_and_titles_come_from_the_directory(stage: Stage, unit: str, who: str, answered_by: str, expected: int) -> None:
    directory, _ = read_directory(LEADERS.encode(), "directory.csv")
    asked = {"after": "an answer by a person", "audience": "internal", "who": who}
    surveys = (replace(PUBLIC, unit=unit, asked=asked), replace(PUBLIC, slug="other", unit="Another unit", asked=asked))
    stage.rulebook = with_policy(with_division(stage.rulebook, surveys=surveys, rollout={"internal": "enforce"}), directory=directory)
    found = exchange(stage, at("2026-11-16"), "max.lead@toronto.example", answerer=answered_by, direction="outbound")
    assert len(found) == expected
