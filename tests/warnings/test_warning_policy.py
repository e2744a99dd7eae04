"""When a member of staff is told, and when not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.ledger.tables import finding, service_case
from gateway.policy.model import Directory, Mode
from gateway.rulebook import Rulebook
from tests.warnings.staff_rig import HELP, Stage, absence, at, body, mail, shipped, with_division, with_policy

ROBIN = "Robin Sample <robin.sample@toronto.example>"
NOOR = "Noor Example <noor.example@toronto.example>"
POOR = "Thank you. I am away until Monday, November 30, 2026.\n"
MONDAY = at("2026-11-16")
SHORT = "Yes, that is fine.\n\nThanks,\nNoor\n"


@pytest.mark.parametrize(
    ("sender", "why", "city"),
    [
        ("Human Resources <hr@toronto.example>", "a division's mailbox", "warn"),
        ("Jobs <jobs@toronto.example>", "an alias of one", "warn"),
        ("No reply <no-reply@toronto.example>", "a machine", "warn"),
        ("Service lead <hr-service-lead@toronto.example>", "an address that the policy gives to a task", "warn"),
        ("Lee Elsewhere <lee.elsewhere@toronto.example>", "a division without a policy file: the City observes", "observe"),
        ("Alex Unlisted <alex.unlisted@toronto.example>", "not in the directory: City-wide, which observes", "observe"),
    ],
)
def test_nobody_is_told(sender: str, why: str, city: Mode, stage: Stage) -> None:
    stage.rulebook = with_city(city)
    stage.writes(MONDAY, absence(sender, POOR))
    stage.until(at("2026-12-10"))
    assert stage.kinds() == [], why
    assert [each["kind"] for each in stage.rows(finding)] == ["no-alternate"], "it is counted all the same"


def with_city(mode: Mode) -> Rulebook:
    """What holds for staff of no division."""
    city_wide = shipped().policy.city_wide
    assert city_wide is not None
    return with_policy(shipped(), city_wide=replace(city_wide, rollout={"internal": mode}))


@pytest.mark.parametrize("sender", ["Lee Elsewhere <lee.elsewhere@toronto.example>", "Alex Unlisted <alex.unlisted@toronto.example>"])
def test_the_city_s_own_values_hold_for_whoever_belongs_to_no_division(sender: str, stage: Stage) -> None:
    stage.rulebook = with_city("warn")
    stage.writes(MONDAY, absence(sender, POOR))
    assert [kind for kind, _, _ in stage.kinds()] == ["warning"]
    assert "please call 311" in body(stage.sent[0][1])


def test_observe_tells_nobody(stage: Stage) -> None:
    stage.rulebook = with_division(shipped(), rollout={"internal": "observe", "public": "enforce", "council": "enforce"})
    stage.writes(MONDAY, absence(ROBIN, POOR))
    assert stage.kinds() == []


@pytest.mark.parametrize("mode", ["warn", "enforce"])
def test_warn_and_enforce_tell(mode: str, stage: Stage) -> None:
    stage.rulebook = with_division(shipped(), rollout={"internal": mode})
    stage.writes(MONDAY, absence(ROBIN, POOR))
    assert stage.kinds() == [("warning", "robin.sample", "Mon 16")]


def test_a_resident_is_never_told(stage: Stage) -> None:
    stage.writes(MONDAY, absence("Anna <anna@example.org>", POOR, "hr@toronto.example"), direction="inbound")
    stage.writes(MONDAY, absence(ROBIN, POOR, "hr@toronto.example"), direction="inbound")  # From proves nothing
    assert stage.rows(finding) == []
    assert [each for each in stage.kinds() if each[0] != "acknowledgement"] == []


def test_the_cool_down_is_the_policy_s(stage: Stage) -> None:
    for day in range(24):
        stage.writes(MONDAY + timedelta(days=day), absence(ROBIN, "I am away until January 30, 2027.\n"))
    assert [each for each in stage.kinds() if each[0] == "warning"] == [("warning", "robin.sample", f"Mon {day:02}") for day in (16, 23, 30)] + [
        ("warning", "robin.sample", "Mon 07")
    ]


def test_signatures_count_by_business_days(stage: Stage) -> None:
    """Three within five business days; two, and a third a week later, are nobody's habit."""
    for day in ("2026-11-16", "2026-11-17", "2026-11-24"):
        stage.writes(at(day), mail(NOOR, SHORT))
    assert stage.kinds() == []
    for day in ("2026-11-26", "2026-11-30"):
        stage.writes(at(day), mail(NOOR, SHORT))
    assert stage.kinds() == [("warning", "noor.example", "Mon 30")]


@pytest.mark.parametrize(("written", "count"), [("at once", 1), ("2 messages in 3 days", 2), ("never", 0)])
def test_how_often_is_the_policy_s(written: str, count: int, stage: Stage) -> None:
    stage.rulebook = with_division(shipped(), signature={"warn_after": written})
    sent = []
    for number in range(1, 5):
        stage.writes(MONDAY + timedelta(minutes=number), mail(NOOR, SHORT))
        sent.append(len(stage.sent))
    assert sent == [int(bool(count) and number >= count) for number in range(1, 5)]


def test_an_agreed_exception_is_no_finding(stage: Stage) -> None:
    """Sam's name, title and telephone are withheld for safety."""
    for number in range(4):
        text = "Yes.\n\n-- \nHuman Resources\nCity of Toronto\nwww.toronto.example\n"
        stage.writes(MONDAY + timedelta(minutes=number), mail("Sam <sam.quiet@toronto.example>", text))
    assert stage.rows(finding) == []


def test_without_a_readable_directory_nobody_is_told_of_a_signature(stage: Stage) -> None:
    """It may hold an exception."""
    rulebook = with_division(shipped(), staff=("noor.example@toronto.example", "robin.sample@toronto.example"))
    stage.rulebook = with_policy(rulebook, directory=Directory({}, readable=False))
    for number in range(4):
        stage.writes(MONDAY + timedelta(minutes=number), mail(NOOR, SHORT))
    stage.writes(MONDAY + timedelta(minutes=9), absence(ROBIN, POOR))
    assert stage.kinds() == [("warning", "robin.sample", "Mon 16")]


def test_patterns_of_the_policy_say_who_belongs(stage: Stage) -> None:
    stage.rulebook = with_policy(with_division(shipped(), staff=("*.hr@toronto.example",)), directory=None)
    stage.writes(MONDAY, absence("Kim <kim.hr@toronto.example>", POOR))
    assert stage.kinds() == [("warning", "kim.hr", "Mon 16")]


def test_french_for_whoever_reads_french(stage: Stage) -> None:
    stage.writes(MONDAY, absence("Maï Tremblay <mai.tremblay@toronto.example>", "Je suis en congé jusqu'au 30 novembre 2026.\n"))
    [(_, warning)] = stage.sent
    assert body(warning).startswith("Bonjour Maï,")
    assert "ERREUR" in body(warning)


# ---- what only a gateway can see


def test_an_address_that_nobody_has(stage: Stage) -> None:
    stage.writes(MONDAY, absence(ROBIN, "I am away until November 30, 2026. Please contact Nour Example, nour.exmaple@toronto.example.\n"))
    assert [(each["kind"], each["detail"]) for each in stage.rows(finding)] == [("alternate-unknown", ["not-in-directory"])]


@pytest.mark.parametrize(
    "contact", ["hr@toronto.example", "noor.example@toronto.example", "partner@example.org", "416-555-0142 or nour.exmaple@toronto.example"]
)
def test_one_contact_that_can_be_reached_is_enough(contact: str, stage: Stage) -> None:
    stage.writes(MONDAY, absence(ROBIN, f"I am away until November 30, 2026. Please contact {contact}.\n"))
    assert [each["kind"] for each in stage.rows(finding)] in ([], ["alternate-unknown"] if contact.startswith("416") else [])


def test_the_contact_is_away_too(stage: Stage) -> None:
    stage.writes(MONDAY, absence(NOOR, "I am away until November 30, 2026. Please contact the team, hr@toronto.example.\n"))
    stage.writes(MONDAY, absence(ROBIN, "I am away until November 30, 2026. Please contact Noor Example, noor.example@toronto.example.\n"))
    assert [each["kind"] for each in stage.rows(finding)] == ["alternate-away"]
    assert "is away, too" in body(stage.sent[0][1])


def test_the_outer_text_is_poorer(stage: Stage) -> None:
    stage.writes(MONDAY, absence(ROBIN, "I am away until November 30, 2026. Please contact the team, hr@toronto.example.\n", NOOR))
    stage.writes(MONDAY, absence(ROBIN, POOR))
    assert [each["kind"] for each in stage.rows(finding)] == ["no-alternate", "external-poorer"]
    assert "to colleagues names a contact" in body(stage.sent[0][1]).replace("\n", " ")


def test_an_automatic_reply_is_no_answer(stage: Stage) -> None:
    stage.writes(MONDAY, mail("Anna <anna@example.org>", "When do you open?\n", "hr@toronto.example"), direction="inbound")
    good = "I am away until November 30, 2026. Please contact the team, hr@toronto.example.\n"
    stage.writes(MONDAY, absence(ROBIN, good, "anna@example.org", In_Reply_To="<1@toronto.example>"))
    assert [each["kind"] for each in stage.rows(finding)] == ["automatic-answer"]
    assert [each["responded_at"] for each in stage.rows(service_case)] == [None]
    assert "warning" not in {kind for kind, _, _ in stage.kinds()}


# ---- MISTAKE


def replied(to: str, text: str, sender: str = ROBIN) -> bytes:
    return mail(sender, f"{text}\n\n-- \nRobin Sample\n\n> If we are wrong: reply with the word MISTAKE.\n", HELP, "Re: Your reply", In_Reply_To=to)


@pytest.mark.parametrize("direction", ["outbound", "inbound"])
def test_a_reply_with_mistake_stops_it(direction: str, stage: Stage) -> None:
    stage.writes(MONDAY, absence(ROBIN, POOR))
    stage.writes(at("2026-11-16", "11:00"), replied(stage.sent[0][1].message_id, "MISTAKE"), direction=direction)
    for day in range(8, 30):
        stage.writes(MONDAY + timedelta(days=day), absence(ROBIN, POOR.replace("November 30, 2026", "January 9, 2027")))
    stage.until(at("2027-01-20"))
    assert [each for each in stage.kinds() if each[1] in ("robin.sample", "hr-service-lead")] == [("warning", "robin.sample", "Mon 16")]
    disputed = [each["kind"] for each in stage.rows(finding) if each["disputed_at"]]
    assert disputed == ["no-alternate"]


def test_a_mail_to_the_help_desk_with_mistake_stops_it_without_a_thread(stage: Stage) -> None:
    stage.writes(MONDAY, absence(ROBIN, POOR))
    stage.writes(at("2026-11-16", "11:00"), mail(ROBIN, "Mistake! Noor covers for me.\n", HELP))
    assert [bool(each["disputed_at"]) for each in stage.rows(finding) if each["kind"] == "no-alternate"] == [True]


@pytest.mark.parametrize("text", ["Thanks, I will change it.", "OK"])
def test_any_other_reply_disputes_nothing(text: str, stage: Stage) -> None:
    stage.writes(MONDAY, absence(ROBIN, POOR))
    stage.writes(at("2026-11-16", "11:00"), replied(stage.sent[0][1].message_id, text))
    assert not any(each["disputed_at"] for each in stage.rows(finding))


def test_somebody_else_s_mail_to_the_help_desk_disputes_nothing(stage: Stage) -> None:
    stage.writes(MONDAY, absence(ROBIN, POOR))
    stage.writes(at("2026-11-16", "11:00"), mail(NOOR, "MISTAKE\n", HELP))
    stage.writes(at("2026-11-16", "12:00"), mail("Anna <anna@example.org>", "MISTAKE\n", HELP), direction="inbound")
    assert not any(each["disputed_at"] for each in stage.rows(finding))


def test_a_reply_to_a_warning_belongs_to_no_case(stage: Stage) -> None:
    """The mail that was warned of had opened a case; the reply to the warning is no follow-up of it, nor an inquiry."""
    stage.rulebook = with_division(shipped(), signature={"warn_after": "at once"})
    stage.writes(MONDAY, mail(NOOR, "When is pay day?\n\nThanks,\nNoor\n", "hr@toronto.example"))
    warning = next(each for _, each in stage.sent if each.kind == "warning")
    before = stage.rows(service_case)
    stage.writes(at("2026-11-16", "11:00"), replied(warning.message_id, "MISTAKE", NOOR))
    assert stage.rows(service_case) == before
    assert [bool(each["disputed_at"]) for each in stage.rows(finding) if each["told_at"]] == [True]


def test_our_own_notices_are_never_warned_of(stage: Stage) -> None:
    stage.writes(MONDAY, absence(ROBIN, POOR))
    stage.writes(at("2026-11-16", "11:00"), stage.sent[0][1].octets, mail_from="")
    stage.until(at("2026-12-10"))
    assert [kind for kind, _, _ in stage.kinds()] == ["warning", "cover"]


def test_a_division_that_tells_no_contact(stage: Stage) -> None:
    division = shipped().policy.divisions["human-resources"]
    stage.rulebook = with_division(shipped(), out_of_office={**division.out_of_office, "tell_contact_after": None})
    stage.writes(MONDAY, absence(ROBIN, POOR))
    stage.until(at("2026-12-10"))
    assert stage.kinds() == [("warning", "robin.sample", "Mon 16")]
    assert "contact is told" not in body(stage.sent[0][1])


def test_no_help_desk_no_warning(stage: Stage) -> None:
    division = shipped().policy.divisions["human-resources"]
    stage.rulebook = with_division(shipped(), contacts=replace(division.contacts, staff_help=None))
    stage.writes(MONDAY, absence(ROBIN, POOR))
    assert stage.kinds() == []


def test_the_ledger_names_nobody(stage: Stage) -> None:
    """Neither name nor address, text, reason or date: not after all is sent."""
    reason = "canary operation"
    stage.writes(MONDAY, absence(ROBIN, f"I am away for an {reason} until Monday, November 30, 2026.\n"))
    stage.until(at("2026-12-10"))
    stage.writes(at("2026-12-10"), mail(NOOR, SHORT))
    with stage.ledger.writing() as connection:
        dump = "\n".join(connection.connection.dbapi_connection.iterdump())  # type: ignore[union-attr]
    for word in ("canary", "robin", "Robin", "2026-11-30", "November"):
        assert word not in dump, word
