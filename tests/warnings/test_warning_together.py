"""Several findings of one person: one mail for all that waits for the same day, never two warnings in one day, nothing lost on the way."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.ledger import outbox_rows
from gateway.ledger.tables import finding
from gateway.rulebook import Rulebook
from tests.warnings.staff_rig import HELP, Stage, absence, at, body, invitation, mail, shipped, with_division

ROBIN = "Robin Sample <robin.sample@toronto.example>"
POOR = "Thank you. I am away until Monday, November 30, 2026.\n"
GOOD = "Thank you. I am away until Monday, November 30, 2026. Please contact Noor Example, noor.example@toronto.example.\n"
FORGOTTEN = "I am away until November 2, 2026. Please contact Noor Example, noor.example@toronto.example.\n"
UNSIGNED = "Yes, that is fine.\n\nThanks,\nRobin\n"
SIGNED = (
    "Yes, that is fine.\n\n-- \nRobin Sample\nPolicy Analyst\nHuman Resources\nCity of Toronto\nTelephone: 416-555-0142\n"
    "Email: robin.sample@toronto.example\n"
)
SATURDAY, SUNDAY, MONDAY, TUESDAY = at("2026-11-14"), at("2026-11-15"), at("2026-11-16"), at("2026-11-17")
ABOUT_AWAY, ABOUT_SIGNATURE = "An automatic reply went out", "The signature of your mail"


@pytest.fixture(name="at_once")
def _at_once(stage: Stage) -> Stage:
    stage.rulebook = told_at_once()
    stage.now = at("2026-11-13")
    return stage


def told_at_once() -> Rulebook:
    return with_division(shipped(), signature={"warn_after": "at once"}, meetings={"check": "warn", "warn_after": "at once"})


def warnings(stage: Stage) -> list[str]:
    return [flat(body(each)) for _, each in stage.sent if each.kind == "warning"]


def flat(text: str) -> str:
    return " ".join(text.split())


def told(stage: Stage) -> list[tuple[str, bool]]:
    return [(each["kind"], bool(each["told_at"])) for each in stage.rows(finding)]


def test_what_waits_for_the_same_day_is_one_mail(at_once: Stage) -> None:
    """Saturday's reply and Sunday's signature, on Monday: greeting and farewell once, both quoted, both to paste."""
    at_once.writes(SATURDAY, absence(ROBIN, POOR))
    at_once.writes(SUNDAY, mail(ROBIN, UNSIGNED))
    at_once.until(at("2026-11-27"))
    assert at_once.kinds() == [("warning", "robin.sample", "Mon 16"), ("cover", "hr-service-lead", "Wed 18")]
    [text] = warnings(at_once)
    assert ABOUT_AWAY in text
    assert ABOUT_SIGNATURE in text
    assert text.count("Hello Robin,") == text.count("WHAT HAPPENS NEXT") == 1
    assert "I am away until Monday, November 30, 2026." in text
    assert "416-555-0142" in text
    assert "that cover is missing" in text, "what Saturday's warning said of the contact still holds"
    assert told(at_once) == [("no-alternate", True), ("signature", True)]
    assert len({each["notice_id"] for each in at_once.rows(finding)}) == 1


def test_two_in_one_commit_are_one_mail(at_once: Stage) -> None:
    at_once.write_together(MONDAY, [absence(ROBIN, POOR), mail(ROBIN, UNSIGNED)])
    assert at_once.kinds() == [("warning", "robin.sample", "Mon 16")]
    assert ABOUT_AWAY in warnings(at_once)[0]
    assert ABOUT_SIGNATURE in warnings(at_once)[0]


def test_never_two_in_one_day(at_once: Stage) -> None:
    """Told of the signature at nine; the reply of that afternoon waits for the next open day, and a third finding joins it."""
    at_once.writes(MONDAY, mail(ROBIN, UNSIGNED))
    at_once.writes(at("2026-11-16", "14:00"), absence(ROBIN, POOR))
    at_once.writes(at("2026-11-16", "15:00"), absence(ROBIN, "I am away until November 2, 2026.\n"))
    at_once.until(at("2026-11-17"))
    assert at_once.kinds() == [("warning", "robin.sample", "Mon 16"), ("warning", "robin.sample", "Tue 17")]
    second = warnings(at_once)[1]
    assert "does not say who can help people" in second
    assert "may have been forgotten" in second
    assert ABOUT_SIGNATURE not in second


@pytest.mark.parametrize(("day", "leaves"), [("2026-11-20", "Mon 23"), ("2027-02-12", "Tue 16")], ids=["a week-end", "a holiday, too"])
def test_the_next_day_is_an_open_one(day: str, leaves: str, at_once: Stage) -> None:
    at_once.writes(at(day), mail(ROBIN, UNSIGNED))
    at_once.writes(at(day, "14:00"), absence(ROBIN, "I will be back on March 30, 2027.\n"))
    at_once.until(at(day) + timedelta(days=5))
    assert [each[2] for each in at_once.kinds() if each[0] == "warning"] == [f"Fri {day[-2:]}", leaves]


def test_what_is_mended_meanwhile_is_left_out_of_the_mail(at_once: Stage) -> None:
    at_once.writes(SATURDAY, absence(ROBIN, POOR))
    at_once.writes(SATURDAY, mail(ROBIN, UNSIGNED))
    at_once.writes(SUNDAY, absence(ROBIN, GOOD))
    at_once.until(at("2026-11-27"))
    assert at_once.kinds() == [("warning", "robin.sample", "Mon 16")]
    assert ABOUT_AWAY not in warnings(at_once)[0]
    assert ABOUT_SIGNATURE in warnings(at_once)[0]
    assert told(at_once) == [("no-alternate", False), ("signature", True)], "nobody was told of what was mended in time"


def test_all_mended_meanwhile_nothing_is_said(at_once: Stage) -> None:
    at_once.writes(SATURDAY, absence(ROBIN, POOR))
    at_once.writes(SATURDAY, mail(ROBIN, UNSIGNED))
    at_once.writes(SUNDAY, absence(ROBIN, GOOD))
    at_once.writes(SUNDAY, mail(ROBIN, SIGNED))
    at_once.until(at("2026-11-27"))
    assert at_once.kinds() == []


def test_the_newest_reply_is_what_is_told_of(at_once: Stage) -> None:
    """On Sunday the forgotten date is gone, and so is the contact: Monday's mail speaks of Sunday's reply alone."""
    at_once.writes(SATURDAY, absence(ROBIN, FORGOTTEN))
    at_once.writes(SUNDAY, absence(ROBIN, POOR))
    at_once.until(at("2026-11-27"))
    assert at_once.kinds() == [("warning", "robin.sample", "Mon 16"), ("cover", "hr-service-lead", "Wed 18")]
    assert "may have been forgotten" not in warnings(at_once)[0]
    assert told(at_once) == [("return-date-past", False), ("no-alternate", True)]


def test_the_contact_is_told_once(at_once: Stage) -> None:
    """Two replies, each with a finding of its own that leaves people without a contact."""
    at_once.writes(at("2026-11-16", "08:00"), absence(ROBIN, POOR))
    at_once.writes(TUESDAY, absence(ROBIN, "I am away until Monday, November 30, 2026. Please contact nobody.here@toronto.example.\n"))
    at_once.until(at("2026-12-10"))
    assert [each[0] for each in at_once.kinds()] == ["warning", "warning", "cover"]


def test_what_is_being_sent_is_not_replaced(at_once: Stage) -> None:
    at_once.writes(SATURDAY, absence(ROBIN, POOR))
    with at_once.ledger.writing() as connection:
        due = outbox_rows.next_due(connection)
        assert due == at("2026-11-16", "08:30")
        [claimed] = outbox_rows.claim(connection, due, 10, timedelta(seconds=30), "sender")
    at_once.now = due + timedelta(seconds=1)
    with at_once.ledger.writing() as connection:
        outbox_rows.renew(connection, [claimed.notice.key], due + timedelta(hours=9), "sender")
    at_once.writes(at("2026-11-16", "09:00"), mail(ROBIN, UNSIGNED))
    with at_once.ledger.writing() as connection:
        outbox_rows.settle(connection, [outbox_rows.Settlement(claimed.notice.key, "sender", "sent", at_once.now)])
    at_once.until(at("2026-11-17"))
    assert at_once.kinds() == [("warning", "robin.sample", "Tue 17")], "the one in hand was sent by its sender; this one is tomorrow's"
    assert ABOUT_AWAY not in warnings(at_once)[0]


def test_mistake_disputes_all_that_the_mail_told_and_nothing_else(at_once: Stage) -> None:
    """The reply is to Monday's mail, and Tuesday's has been read since."""
    at_once.writes(SATURDAY, absence(ROBIN, POOR))
    at_once.writes(SUNDAY, mail(ROBIN, UNSIGNED))
    at_once.writes(TUESDAY, invitation(ROBIN))
    reply = mail(ROBIN, "MISTAKE\n", HELP, "Re: Your reply", In_Reply_To=at_once.sent[0][1].message_id)
    at_once.writes(at("2026-11-17", "10:00"), reply)
    at_once.until(at("2026-12-10"))
    assert [each[2] for each in at_once.kinds()] == ["Mon 16", "Tue 17"], "and the contact is told nothing"
    disputed = {each["kind"]: bool(each["disputed_at"]) for each in at_once.rows(finding) if each["told_at"]}
    assert disputed == {"no-alternate": True, "signature": True, "meeting": False}


def test_thanks_once_though_the_reply_answered_a_resident(at_once: Stage) -> None:
    """The mended reply goes to somebody whose case is open: a fact about the case, and no fault of the reply."""
    at_once.writes(MONDAY, absence(ROBIN, POOR))
    at_once.writes(MONDAY, mail("Anna <anna@example.org>", "When do you open?\n", "hr@toronto.example"), direction="inbound")
    answer: dict[str, Any] = {"In_Reply_To": f"<{at_once.number}@toronto.example>"}
    for hour in ("10:00", "11:00"):
        at_once.writes(at("2026-11-16", hour), absence(ROBIN, GOOD, "anna@example.org", **answer))
    assert [each[0] for each in at_once.kinds() if each[1] == "robin.sample"] == ["warning", "thanks"]
    assert told(at_once) == [("no-alternate", True), ("automatic-answer", False), ("automatic-answer", False)]


def test_a_text_that_fails_costs_only_itself(at_once: Stage) -> None:
    """A broken template for the second finding: the warning that waits goes out as it was."""
    at_once.writes(SATURDAY, absence(ROBIN, POOR))
    sound = at_once.rulebook
    broken = {name: each for name, each in sound.texts.templates.items() if not name.startswith("warning/signature-found")}
    at_once.rulebook = replace(sound, texts=replace(sound.texts, templates=broken))
    at_once.writes(SUNDAY, mail(ROBIN, UNSIGNED))
    at_once.rulebook = sound
    at_once.until(MONDAY)
    assert at_once.kinds() == [("warning", "robin.sample", "Mon 16")]
    assert ABOUT_AWAY in warnings(at_once)[0]
    assert told(at_once) == [("no-alternate", True), ("signature", False)]


def test_what_is_kept_of_a_waiting_warning_is_erased_with_it(at_once: Stage) -> None:
    at_once.writes(SATURDAY, absence(ROBIN, POOR.replace("away", "away for a canary operation")))
    at_once.writes(SUNDAY, mail(ROBIN, UNSIGNED))
    at_once.until(at("2026-12-10"))
    with at_once.ledger.writing() as connection:
        dump = "\n".join(connection.connection.dbapi_connection.iterdump())  # type: ignore[union-attr]
    assert "canary" not in dump
    assert "Robin" not in dump
