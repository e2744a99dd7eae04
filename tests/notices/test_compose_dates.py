"""Dates, times, opening hours, French spacing and wrapping."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.notices import dates
from gateway.notices.passages import passage, plain_text
from gateway.notices.typography import typeset
from tests.notices.compose_cases import CALENDAR, TORONTO


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=TORONTO)


@pytest.mark.parametrize(
    ("at", "english", "french"),
    [
        (time(10, 12), "10:12 a.m.", "10 h 12"),
        (time(16), "4 p.m.", "16 h"),
        (time(12), "noon", "12 h"),
        (time(12, 1), "12:01 p.m.", "12 h 01"),
        (time(0, 5), "12:05 a.m.", "0 h 05"),
        (time(9, 5), "9:05 a.m.", "9 h 05"),
        (time(23, 59, 59), "11:59 p.m.", "23 h 59"),
    ],
)
def test_clock(at: time, english: str, french: str) -> None:
    assert (dates.clock(at, "en"), dates.clock(at, "fr")) == (english, french)


@pytest.mark.parametrize(
    ("due", "english", "french"),
    [
        (
            "2026-11-18 10:12:59",
            "Wednesday, November 18, 2026, at 10:12 a.m., Toronto time",
            "mercredi 18 novembre 2026, à 10 h 12, heure de Toronto",
        ),
        ("2026-11-27", "the end of Thursday, November 26, 2026", "jeudi 26 novembre 2026, à la fin de la journée"),
        ("2027-01-01", "the end of Thursday, December 31, 2026", "jeudi 31 décembre 2026, à la fin de la journée"),
        ("2026-02-01 12:00", "Sunday, February 1, 2026, at noon, Toronto time", "dimanche 1er février 2026, à 12 h, heure de Toronto"),
        (
            "2026-08-11 00:00:30",
            "Tuesday, August 11, 2026, just after midnight, Toronto time",
            "mardi 11 août 2026, à 0 h, heure de Toronto",
        ),
    ],
)
def test_deadline(due: str, english: str, french: str) -> None:
    assert dates.deadline(local(due), "en", TORONTO) == english
    assert dates.deadline(local(due), "fr", TORONTO) == french


@given(st.datetimes(local("2020-01-01").replace(tzinfo=None), local("2040-01-01").replace(tzinfo=None), timezones=st.just(TORONTO)))
def test_a_printed_deadline_is_never_later_than_the_promise(due: datetime) -> None:
    printed = dates.deadline(due, "en", TORONTO)
    if printed.startswith("the end of"):
        assert due.time() == time(0)
        assert f"{dates.last_day(due).day}, {dates.last_day(due).year}" in printed
    else:
        assert f" {due.day}, {due.year}" in printed
        assert f"{due.minute:02}" in printed or not due.minute


@pytest.mark.parametrize(
    ("zone", "english", "french"),
    [
        ("America/Toronto", "Toronto time", "heure de Toronto"),
        ("America/Edmonton", "Edmonton time", "heure d'Edmonton"),
        ("America/St_Johns", "St Johns time", "heure de St Johns"),
        ("UTC", "UTC", "UTC"),
        ("Etc/UTC", "UTC", "UTC"),
    ],
)
def test_zone_name(zone: str, english: str, french: str) -> None:
    assert (dates.zone_name(ZoneInfo(zone), "en"), dates.zone_name(ZoneInfo(zone), "fr")) == (english, french)


def test_near_names_the_date_when_a_weekday_would_mislead() -> None:
    now, soon, late = local("2026-11-16 09:00"), local("2026-11-20 16:30"), local("2026-11-27 16:30")
    assert dates.near(soon, now, "en") == "Friday at 4:30 p.m."
    assert dates.near(soon, now, "fr") == "vendredi à 16 h 30"
    assert dates.near(late, now, "en") == "Friday, November 27, at 4:30 p.m."
    assert dates.near(late, now, "fr") == "le vendredi 27 novembre à 16 h 30"


def test_opening_hours() -> None:
    assert dates.opening_hours(CALENDAR.hours, "en") == "Monday to Friday, 8:30 a.m. to 4:30 p.m."
    assert dates.opening_hours(CALENDAR.hours, "fr") == "du lundi au vendredi, de 8 h 30 à 16 h 30"
    split = {0: ((time(9), time(12)), (time(13), time(17))), 1: ((time(9), time(12)), (time(13), time(17))), 3: ((time(12), time(0)),), 6: ()}
    assert dates.opening_hours(split, "en") == "Monday to Tuesday, 9 a.m. to noon and 1 p.m. to 5 p.m.; Thursday, noon to midnight"
    assert dates.opening_hours(split, "fr") == "du lundi au mardi, de 9 h à 12 h et de 13 h à 17 h; le jeudi, de 12 h à minuit"
    assert dates.opening_hours({}, "en") == ""


@pytest.mark.parametrize("value", [date(2026, 1, 1), date(2026, 8, 31), date(2028, 2, 29)])
def test_day_agrees_with_babel(value: date) -> None:
    from babel.dates import format_date

    assert dates.day(value, "en") == format_date(value, "EEEE, MMMM d, y", "en_CA")
    assert dates.day(value, "fr").replace("1er", "1") == format_date(value, "EEEE d MMMM y", "fr_CA")


@pytest.mark.parametrize(
    ("typed", "language", "printed"),
    [
        ("à 10 h 12, ATS : 311", "fr", "à 10\u00a0h\u00a012, ATS\u00a0: 311"),
        ("de 8 h à 16 h 30.", "fr", "de 8\u00a0h à 16\u00a0h\u00a030."),
        ("Si vous attendez :", "fr", "Si vous attendez\u00a0:"),
        ("« Bonjour » et https://ville.example : oui; non? si!", "fr", "«\u00a0Bonjour\u00a0» et https://ville.example\u00a0: oui; non? si!"),
        ("24 heures sur 24", "fr", "24 heures sur 24"),
        ("Ask : when?", "en", "Ask : when?"),
        ("It closes at 4 p.m..", "en", "It closes at 4 p.m."),
        ("at 4 p.m. Then wait...", "en", "at 4 p.m. Then wait..."),
    ],
)
def test_typeset(typed: str, language: str, printed: str) -> None:
    assert typeset(typed, language) == printed
    assert typeset(printed, language) == printed


@given(st.text(st.sampled_from("àab 1 h 0312:\u00a0é16novembre2026p.m.")))
def test_wrapping_moves_line_breaks_and_nothing_else(words: str) -> None:
    read = passage(words, "fr")
    text = plain_text((read,))
    assert "".join(text.split()) == "".join("".join(block.lines) for block in read.blocks).replace(" ", "").replace("\u00a0", "").replace("\n", "")
    assert all(len(line) <= 72 or " " not in line for line in text.split("\n"))


def test_a_no_break_space_is_never_broken() -> None:
    words = " ".join(["de 8 h 30 à 16 h 30"] * 40)
    lines = plain_text((passage(words, "fr"),)).split("\n")
    assert not any(line.endswith("\u00a0") or line.startswith(("h", "\u00a0")) for line in lines)
    assert not any(line.endswith(" à") or line.startswith("30 ") for line in lines)


def test_a_value_cannot_begin_a_block() -> None:
    assert [block.is_list for block in passage("one\ntwo\n\n- a\n  more\n- b\n\n\n \nthree", "en").blocks] == [False, True, False]
    assert passage("- a\n  more\n- b", "en").blocks[0].lines == ("a more", "b")
