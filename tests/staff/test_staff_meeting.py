"""Does an invitation say how to take part?"""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.judgement.meeting import check
from gateway.message.model import Message
from gateway.message.parse import parse


def _invitation(*lines: str, method: str = "REQUEST", parameter: str = "") -> Message:
    calendar = "\r\n".join(["BEGIN:VCALENDAR", *([f"METHOD:{method}"] if method else []), "BEGIN:VEVENT", *lines, "END:VEVENT", "END:VCALENDAR"])
    head = f"From: robin.sample@toronto.example\r\nSubject: Planning\r\nContent-Type: text/calendar; charset=utf-8{parameter}"
    return parse(f"{head}\r\n\r\n{calendar}\r\n".encode())


def test_no_invitation() -> None:
    assert check(parse(b"From: a@toronto.example\r\n\r\nLet us meet in person.")) is None
    assert check(_invitation("SUMMARY:x", method="REPLY")) is None
    assert check(_invitation("SUMMARY:x", method="CANCEL")) is None


@pytest.mark.parametrize(
    ("lines", "in_person", "on_camera", "conference"),
    [
        (["LOCATION:Metro Hall\\, Room 302"], True, False, False),
        (["LOCATION:Microsoft Teams Meeting", "DESCRIPTION:Join https://teams.microsoft.com/l/meetup-join/x"], False, False, True),
        (["LOCATION:Metro Hall 302; Microsoft Teams Meeting", "DESCRIPTION:https://teams.microsoft.com/l/x"], True, False, True),
        (["SUMMARY:Team day (in person)"], True, False, False),
        (["DESCRIPTION:This is not in person. Cameras on\\, please: https://zoom.us/j/1"], False, True, True),
        (["DESCRIPTION:Réunion en présentiel"], True, False, False),
        (['DESCRIPTION;ALTREP="data:text/html,a:b":Camera is required'], False, True, False),
        (["SUMMARY:A long summary that is fol", " ded in per", " son"], True, False, False),
        (["SUMMARY:Weekly"], False, False, False),
    ],
)
def test_what_an_invitation_says(lines: list[str], in_person: bool, on_camera: bool, conference: bool) -> None:
    found = check(_invitation(*lines))
    assert found is not None
    assert (found["in_person"], found["on_camera"], found["conference"]) == (in_person, on_camera, conference)
    assert found["stated"] == (in_person or on_camera)
    assert found["method"] == "REQUEST"


@pytest.mark.parametrize(
    ("lines", "how"),
    [
        (["LOCATION:Metro Hall\\, Room 302"], "in_person"),
        (["LOCATION:Hôtel de ville\\, salle du comité 2"], "in_person"),
        (["SUMMARY:Rencontre en personne"], "in_person"),
        (["LOCATION:Metro Hall 302", "DESCRIPTION:Audio only for those who dial in"], "in_person"),
        (["LOCATION:Microsoft Teams Meeting", "DESCRIPTION:https://teams.microsoft.com/l/x"], "on_camera"),
        (["SUMMARY:Budget (virtual)"], "on_camera"),
        (["DESCRIPTION:La rencontre se tiendra par visioconférence."], "on_camera"),
        (["LOCATION:En ligne", "CONFERENCE;VALUE=URI:https://meet.example/x"], "on_camera"),
        (["LOCATION:Metro Hall 302; Microsoft Teams Meeting", "DESCRIPTION:https://teams.microsoft.com/l/x"], "both"),
        (["DESCRIPTION:Hybrid: join us at City Hall or on the link"], "both"),
        (["DESCRIPTION:En présentiel ou à distance"], "both"),
        (["LOCATION:Conference call", "DESCRIPTION:Dial 416-555-0142\\, by phone"], None),
        (["DESCRIPTION:https://zoom.us/j/1 - no video\\, please"], None),
        (["DESCRIPTION:This meeting is not in person."], None),
        (["SUMMARY:Weekly"], None),
    ],
)
def test_how_a_guest_takes_part(lines: list[str], how: str | None) -> None:
    found = check(_invitation(*lines))
    assert found is not None
    assert found["how"] == how


def test_location_is_read_without_escapes() -> None:
    found = check(_invitation("LOCATION;LANGUAGE=en:Metro Hall\\, Room 302"))
    assert found is not None
    assert found["location"] == "Metro Hall, Room 302"


def test_the_method_may_stand_in_the_content_type_alone() -> None:
    assert check(_invitation("SUMMARY:x", method="", parameter="; method=request")) is not None


@pytest.mark.parametrize(
    ("lines", "how", "said"),
    [
        (["LOCATION:Metro Hall 302"], "in_person", True),
        (["ATTENDEE;CUTYPE=ROOM;CN=MH 302:mailto:mh302@toronto.example"], "in_person", True),
        (["LOCATION:Roll Call Room"], "in_person", True),
        (["SUMMARY:Vision Zero planning"], None, False),
        (["X-MICROSOFT-SKYPETEAMSMEETINGURL:https://teams.microsoft.com/l/x"], "on_camera", True),
        (["CONFERENCE;VALUE=URI;FEATURE=AUDIO,VIDEO:https://meet.example/x"], "on_camera", True),
        (["CONFERENCE;VALUE=URI;FEATURE=PHONE:tel:+1-416-555-0142"], None, True),
        (["CONFERENCE;VALUE=URI:tel:+1-416-555-0142"], None, True),
        (["DESCRIPTION:Join: https://can01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fteams.microsoft.com%2Fl%2Fx"], "on_camera", True),
        (["DESCRIPTION:I will call you"], None, True),
        (["LOCATION:Appel téléphonique"], None, True),
        (["LOCATION:TBD"], None, True),
        (["SUMMARY:Budget"], None, False),
        (["SUMMARY:Budget", "ORGANIZER;CN=Robin:MAILTO:Robin.Sample@toronto.example"], None, False),
        (["SUMMARY:Budget", "ORGANIZER;CN=Noor:mailto:noor.example@toronto.example"], None, None),
        (["SUMMARY:Robin is away", "DTSTART;VALUE=DATE:20261116"], None, None),
        (["SUMMARY:Robin is away", "TRANSP:TRANSPARENT"], None, None),
        (["SUMMARY:Focus", "X-MICROSOFT-CDO-BUSYSTATUS:FREE"], None, None),
        (["SUMMARY:Budget", "DTSTART:tomorrow at noon", "JUNK", "RRULE:FREQ=NEVER"], None, False),
        (["SUMMARY:Budget", "BEGIN:VALARM", "LOCATION:Metro Hall", "DESCRIPTION:In person", "END:VALARM"], None, False),
    ],
)
def test_what_is_asked_of_its_author(lines: list[str], how: str | None, said: bool | None) -> None:
    found = check(_invitation(*lines))
    assert found is not None
    assert (found["how"], found["said"]) == (how, said)


@pytest.mark.parametrize(
    "lines",
    [
        ["BEGIN:VEVENT"] * 30_000,
        [f"ATTENDEE;CN=a{i}:mailto:a{i}@example.org" for i in range(20_000)],
        ["DESCRIPTION:" + "http://" * 60_000],
        ["DESCRIPTION:" + "\\," * 100_000],
        ["DTSTART" + ";A=b" * 60_000 + ":20261116"],
        ['LOCATION;ALTREP="' + '"' * 200_000],
        ["SUMMARY:" + "video " * 40_000],
        ["CONFERENCE;FEATURE=" + "^" * 60_000 + ":x"] * 10,
        ["LOCATION:" + "\u2028\0\x1c" * 20_000],
    ],
)
def test_a_hostile_calendar_takes_bounded_time(lines: list[str]) -> None:
    message = _invitation(*lines)
    began = time.process_time()
    check(message)
    assert time.process_time() - began < 0.5


@given(
    st.lists(
        st.sampled_from(["BEGIN:VEVENT", "END:VEVENT", "BEGIN:VALARM", "END:X", "LOCATION", "DTSTART;X:", "ORGANIZER:", ":", " "])
        | st.text(max_size=40)
    )
)
def test_nothing_in_a_calendar_raises(lines: list[str]) -> None:
    check(_invitation(*lines))
