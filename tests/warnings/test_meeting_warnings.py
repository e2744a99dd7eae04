"""Invitations that leave open how to take part (Service Standard 4): told only where the policy asks for it, with lines that pass our own check."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.judgement.verdict import Examination, History
from gateway.ledger.tables import finding
from gateway.message.model import Envelope
from gateway.policy.model import Directory, StaffMember
from gateway.rulebook import Rulebook, Sighting
from tests.warnings.staff_rig import Stage, at, body, invitation, mail, shipped, with_division, with_policy

ROBIN = "Robin Sample <robin.sample@toronto.example>"
MONDAY = at("2026-11-16")
AT_ONCE = {"check": "warn", "warn_after": "at once"}
NOT_SAID = invitation(ROBIN, "ORGANIZER;CN=Robin:mailto:robin.sample@toronto.example")
SAID = invitation(ROBIN, "LOCATION:Metro Hall 302")


def kinds(stage: Stage) -> list[str]:
    return [each["kind"] for each in stage.rows(finding)]


def test_off_unless_the_policy_says_otherwise(stage: Stage) -> None:
    for _ in range(5):
        stage.writes(MONDAY, NOT_SAID)
    assert kinds(stage) == []
    assert stage.kinds() == []


def test_told_once_and_thanked(stage: Stage) -> None:
    stage.rulebook = with_division(shipped(), meetings=AT_ONCE)
    for _ in range(2):
        stage.writes(MONDAY, NOT_SAID)
    for hour in ("10:00", "11:00"):
        stage.writes(at("2026-11-16", hour), SAID)
    assert stage.kinds() == [("warning", "robin.sample", "Mon 16"), ("thanks", "robin.sample", "Mon 16")]
    assert kinds(stage) == ["meeting", "meeting"]
    warning, thanks = (body(each) for _, each in stage.sent)
    assert "Budget review" in warning
    assert "says how people take part" in thanks
    assert stage.rows(finding)[0]["mended_at"] is not None


def test_as_often_as_the_policy_says(stage: Stage) -> None:
    """Shipped: 3 messages in 5 business days, once the check is on."""
    division = shipped().policy.divisions["human-resources"]
    stage.rulebook = with_division(shipped(), meetings={**division.meetings, "check": "warn"})
    sent = []
    for hour in ("09:00", "10:00", "11:00"):
        stage.writes(at("2026-11-16", hour), NOT_SAID)
        sent.append(len(stage.sent))
    assert sent == [0, 0, 1]


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (SAID, "a place"),
        (invitation(ROBIN, "LOCATION:TBD"), "to follow"),
        (invitation(ROBIN, "ORGANIZER:mailto:noor.example@toronto.example"), "Noor's meeting, passed on"),
        (invitation(ROBIN, "TRANSP:TRANSPARENT"), "a note in the calendar"),
        (NOT_SAID.replace(b"METHOD:REQUEST", b"METHOD:CANCEL"), "a cancellation"),
        (NOT_SAID.replace(b"METHOD:REQUEST", b"METHOD:REPLY"), "an answer"),
        (invitation("Human Resources <hr@toronto.example>"), "a shared mailbox is nobody's own"),
    ],
)
def test_nobody_is_told(octets: bytes, why: str, stage: Stage) -> None:
    stage.rulebook = with_division(shipped(), meetings=AT_ONCE)
    stage.writes(MONDAY, octets)
    assert stage.kinds() == [], why


def test_one_mail_for_the_invitation_and_its_signature(stage: Stage) -> None:
    stage.rulebook = with_division(shipped(), meetings=AT_ONCE, signature={"warn_after": "at once"})
    stage.writes(MONDAY, invitation(ROBIN, text="Please come.\n\n-- \nRobin Sample\nHuman Resources"))
    [(_, warning)] = stage.sent
    assert "SIGNATURE TO PASTE" in body(warning)
    assert "LINE TO PASTE INTO AN INVITATION" in body(warning)


SLUGS = (*shipped().policy.divisions, "")


@pytest.mark.parametrize(("slug", "language"), [(slug, language) for slug in SLUGS for language in ("en", "fr")])
def test_each_line_that_is_offered_passes_our_own_check(slug: str, language: str) -> None:
    rulebook = rulebook_of(slug, language)
    judged = rulebook.judge_and_compose(examined(rulebook, NOT_SAID), History(), MONDAY)
    assert judged.told is not None
    lines = [line for each in judged.told.sections["meeting"].passages[1:] for block in each.blocks for line in block.lines if block.to_paste]
    found = []
    for line in lines:
        meeting = examined(rulebook, invitation(ROBIN, f"DESCRIPTION:{line.replace(',', chr(92) + ',')}")).meeting
        assert meeting is not None
        assert meeting["said"] is True
        found.append(meeting["how"])
    assert found == ["in_person", "on_camera", "both"]


def rulebook_of(slug: str, language: str) -> Rulebook:
    member = StaffMember("robin.sample@toronto.example", "Robin Sample", "Policy Analyst", slug, "", language)
    city_wide = shipped().policy.city_wide
    assert city_wide is not None
    divisions = {each.slug: replace(each, meetings=AT_ONCE) for each in shipped().policy.divisions.values()}
    city_wide = replace(city_wide, meetings=AT_ONCE, rollout={"internal": "warn"})
    return with_policy(shipped(), directory=Directory({member.address: member}), divisions=divisions, city_wide=city_wide)


def examined(rulebook: Rulebook, octets: bytes) -> Examination:
    envelope = Envelope("robin.sample@toronto.example", ("resident@example.org",), "outbound", MONDAY, "outbound", trusted_senders=True)
    return rulebook.examine(Sighting(b"Message-ID: <one@toronto.example>\r\n" + octets, True, len(octets), envelope))


def test_a_plain_mail_mends_no_invitation(stage: Stage) -> None:
    stage.rulebook = with_division(shipped(), meetings=AT_ONCE)
    stage.writes(MONDAY, NOT_SAID)
    stage.writes(at("2026-11-16", "10:00"), mail(ROBIN, "See you on Monday.\n"))
    assert [each["mended_at"] for each in stage.rows(finding) if each["kind"] == "meeting"] == [None]
