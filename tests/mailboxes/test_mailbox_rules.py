"""What a message in a mailbox is taken for, how long a pause is, when people are told: pure rules, by tables."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ledger.watch_rows import Condition
from gateway.mailboxes import condition as conditions
from gateway.mailboxes import configured_reply
from gateway.mailboxes.arrivals import relay_knows_more, return_path, sighting_of
from gateway.mailboxes.mailbox import Arrival, AutomaticReply, MailboxFault
from gateway.mailboxes.pauses import pause_after
from gateway.message.model import Envelope
from gateway.message.parse import parse
from tests.mailboxes.watch_rig import START, letter, watched

OURS = ("toronto.example",)


def envelope(octets: bytes, folder: str = "inbox", *, began: datetime | None = START, at: datetime = START, **settings: str) -> Envelope:
    return sighting_of(Arrival(octets, len(octets), at), folder, watched(**settings), began_at=began).envelope  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("lines", "path"),
    [
        ("Return-Path: <anna@example.org>", "anna@example.org"),
        ("Return-Path: anna@example.org", "anna@example.org"),  # as Exchange writes it
        ("return-path:\r\n <anna@example.org>", "anna@example.org"),
        ("Return-Path: <>", ""),
        ("Return-Path: <MAILER-DAEMON>", ""),
        ("Return-Path: <anna@example.org>\r\nReturn-Path: <other@example.org>", "anna@example.org"),
        ("Return-Path: <>\r\nReturn-Path: <other@example.org>", ""),
        ("Return-Path: <anna@example.org>, <bert@example.org>", None),
        ("Return-Path: anna", None),
        ("Return-Path:", None),
        ("X-Return-Path: <anna@example.org>", None),
    ],
)
def test_the_envelope_sender_is_the_topmost_return_path(lines: str, path: str | None) -> None:
    header = parse(f"{lines}\r\nFrom: anna@example.org\r\n\r\n".encode())
    assert return_path(header) == path


def test_an_inbox_knows_its_own_address_and_nobody_elses() -> None:
    found = envelope(letter(1, To="hr@toronto.example, equity@toronto.example"))
    assert (found.mail_from, found.rcpt_to, found.direction) == ("resident1@example.org", ("hr@toronto.example",), "inbound")
    assert (found.door, found.listener, found.trusted_senders, found.measured_only) == ("mailbox", "hr", False, "")


def test_sent_items_are_the_owners_to_all_who_are_named() -> None:
    found = envelope(letter(1, sender="robin@toronto.example", To="a@example.org", Cc="b@example.org, A@example.org", Bcc="c@example.org"), "sent")
    assert (found.mail_from, found.direction, found.trusted_senders) == ("hr@toronto.example", "outbound", True)
    assert found.rcpt_to == ("a@example.org", "b@example.org", "A@example.org", "c@example.org")


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("jøran".encode(), ""),
        ("jøran".encode("latin-1"), "no-return-path"),  # in UTF-8 it would be an address that nobody wrote
    ],
)
def test_a_return_path_beyond_ascii_is_as_it_lies_there(written: bytes, why: str) -> None:
    found = envelope(b"Return-Path: <" + written + b"@example.org>\r\n" + letter(1, return_path=False))
    assert (found.mail_from, found.measured_only) == ("jøran@example.org", why)


@pytest.mark.parametrize(
    ("given_path", "setting", "sender", "why"),
    [
        (True, "record", "resident1@example.org", ""),
        (False, "record", "resident1@example.org", "no-return-path"),
        (False, "acknowledge_from", "resident1@example.org", ""),
    ],
)
def test_without_return_path(given_path: bool, setting: str, sender: str, why: str) -> None:
    found = envelope(letter(1, return_path=given_path), without_return_path=setting)
    assert (found.mail_from, found.measured_only) == (sender, why)


def test_a_bounce_stays_one_whatever_the_admin_says() -> None:
    octets = b"Return-Path: <>\r\n" + letter(1, return_path=False)
    assert envelope(octets, without_return_path="acknowledge_from").mail_from == ""


@pytest.mark.parametrize(("minutes", "why"), [(-60 * 24, "before-watch"), (-16, "before-watch"), (-14, ""), (0, ""), (60, "")])
def test_what_is_older_than_the_watch_is_history(minutes: int, why: str) -> None:
    assert envelope(letter(1), at=START + timedelta(minutes=minutes)).measured_only == why


def test_what_is_imported_is_nothing_else() -> None:
    assert envelope(letter(1, return_path=False), began=None).measured_only == "imported"


@pytest.mark.parametrize(
    ("octets", "folder", "waits"),
    [
        (letter(1), "inbox", False),
        (letter(1, return_path=False), "inbox", True),
        (letter(1, sender="robin@toronto.example"), "inbox", True),
        (letter(1, sender="robin@toronto.example", return_path=False), "sent", False),
    ],
    ids=["known", "no return path", "our own sender", "sent"],
)
def test_what_the_relay_knows_more_of_waits_for_it(octets: bytes, folder: str, waits: bool) -> None:
    sighting = sighting_of(Arrival(octets, len(octets), START), folder, watched(), began_at=START)  # type: ignore[arg-type]
    assert relay_knows_more(sighting, OURS) == waits


@given(st.binary(max_size=300))
def test_whatever_lies_there_makes_a_sighting(octets: bytes) -> None:
    for folder in ("inbox", "sent"):
        assert sighting_of(Arrival(octets, len(octets), START), folder, watched(), began_at=START).octets == octets


# ---- pauses


@pytest.mark.parametrize(
    ("why", "attempts", "shortest", "longest"),
    [
        ("unreachable", 1, 0.5, 1), ("unreachable", 5, 8, 16), ("unreachable", 50, 150, 300), ("throttled", 1, 0.5, 1), ("malformed", 3, 2, 4),
        ("credentials", 1, 60, 75), ("credentials", 3, 240, 300), ("credentials", 50, 900, 1125), ("forbidden", 1, 60, 75),
    ],
)  # fmt: skip
def test_pauses_grow_and_spread(why: str, attempts: int, shortest: float, longest: float) -> None:
    fault = MailboxFault(why, "x")  # type: ignore[arg-type]
    found = [pause_after(fault, attempts, chance) for chance in (0.0, 0.5, 0.999)]
    assert found == sorted(found)
    assert shortest <= found[0] < found[-1] <= longest


@given(st.floats(min_value=0, max_value=10**6), st.integers(min_value=1, max_value=10**6), st.floats(min_value=0, max_value=0.999))
def test_retry_after_is_the_least(retry_after: float, attempts: int, chance: float) -> None:
    assert pause_after(MailboxFault("throttled", "x", retry_after), attempts, chance) >= max(retry_after, 0.5)


# ---- when people are told


def story(*steps: tuple[float, str]) -> list[str]:
    """(minute, why; "" well) -> what people were told, in order."""
    told, now = [], Condition(START - timedelta(days=30))
    for minute, why in steps:
        at = START + timedelta(minutes=minute)
        if why:
            now, tell = conditions.failed(now, MailboxFault(why, "x"), at)  # type: ignore[arg-type]
        else:
            now, tell = conditions.well(now, at)
        if tell:
            told.append(f"{minute:g} {why or 'well'}")
    return told


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ([(0, "credentials"), (1, "credentials"), (60, "credentials"), (90, "")], ["0 credentials", "90 well"]),
        ([(0, "unreachable"), (1, "")], []),
        ([(0, "unreachable"), (2, "throttled"), (4, "unreachable"), (5, "unreachable"), (6, "")], ["4 unreachable", "6 well"]),
        ([(0, "unreachable"), (5, "unreachable"), (6, "credentials"), (7, "")], ["5 unreachable", "6 credentials", "7 well"]),
        ([(0, "certificate"), (1439, "certificate"), (1441, "certificate"), (2000, "certificate")], ["0 certificate", "1441 certificate"]),
        ([(0, "credentials"), (1, ""), (2, "credentials"), (3, ""), (4, "credentials"), (30, "credentials")], ["0 credentials", "1 well"]),
        ([(0, "credentials"), (1, ""), (2, "credentials"), (63, "credentials"), (64, "")], ["0 credentials", "1 well", "63 credentials", "64 well"]),
        ([(0, "credentials"), (1, ""), (100, "credentials"), (101, "")], ["0 credentials", "1 well", "100 credentials", "101 well"]),
        ([(0, "")], []),
    ],
    ids=["once", "a hiccup", "it lasts", "another word", "daily", "flapping", "flapping, then for long", "another outage", "well"],
)
def test_people_are_told_once(steps: list[tuple[float, str]], told: list[str]) -> None:
    assert story(*steps) == told


def test_words_for_those_who_look() -> None:
    hiccup = Condition(START, "unreachable", "no route")
    assert conditions.in_words(hiccup, START + timedelta(minutes=1)) == "ok"
    assert conditions.in_words(hiccup, START + timedelta(minutes=4)) == "unreachable: no route (since 2026-11-16 15:00 UTC)"
    assert conditions.in_words(Condition(START, "credentials", "refused"), START).startswith("credentials: refused")


# ---- automatic replies that are ready

ZONE = ZoneInfo("America/Toronto")


@pytest.mark.parametrize(
    ("reply", "counts"),
    [
        (None, False),
        (AutomaticReply(enabled=False, external="x"), False),
        (AutomaticReply(enabled=True), False),
        (AutomaticReply(enabled=True, internal=" \r\n"), False),
        (AutomaticReply(enabled=True, external="x"), True),
        (AutomaticReply(enabled=True, external="x", ends_at=START - timedelta(days=1)), False),
        (AutomaticReply(enabled=True, external="x", starts_at=START + timedelta(days=9), ends_at=START + timedelta(days=19)), True),
    ],
)
def test_which_replies_count(reply: AutomaticReply | None, counts: bool) -> None:
    assert (configured_reply.in_force(reply, START) is not None) == counts


def test_a_reply_is_judged_anew_when_it_changes_and_on_another_day() -> None:
    first = AutomaticReply(enabled=True, external="away")
    same = configured_reply.fingerprint(first, START, ZONE)
    assert configured_reply.fingerprint(first, START + timedelta(hours=10), ZONE) == same
    assert configured_reply.fingerprint(first, START + timedelta(hours=15), ZONE) != same, "another day in Toronto"
    assert configured_reply.fingerprint(AutomaticReply(enabled=True, internal="away"), START, ZONE) != same


def test_colleagues_first_and_an_empty_text_is_sent_to_nobody() -> None:
    both = AutomaticReply(enabled=True, external="<p>Je suis absent.</p>", internal="I am away, é")
    inside, outside = configured_reply.sightings(both, watched(), OURS[0], "k", START, ZONE)
    assert (inside.envelope.rcpt_to, outside.envelope.rcpt_to) == (("colleague@toronto.example",), ("anybody@outside.invalid",))
    read = [parse(each.octets) for each in (inside, outside)]
    assert [each.root.content_type for each in read] == ["text/plain", "text/html"]
    assert (read[0].root.text or "").strip() == "I am away, é"
    [only] = configured_reply.sightings(AutomaticReply(enabled=True, external="x"), watched(), OURS[0], "k", START, ZONE)
    assert only.envelope.measured_only == "configured-reply"
