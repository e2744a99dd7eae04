"""Whatever is wrong with a notice, reading it back finds it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import telemetry
from gateway.judgement.verdict import History
from gateway.ledger.records import Notice
from gateway.message.model import Envelope
from gateway.notices.compose import acknowledgement_notice
from gateway.notices.parse_back import check
from gateway.rulebook import Rulebook, Sighting
from tests.judgement import sample_policy
from tests.notices.compose_cases import (
    POLICY,
    RECEIVED,
    REFERENCES,
    SECRET,
    TWO_DAYS,
    case,
    compose_acknowledgement,
    decision,
    examination,
    shipped_texts,
)

GOOD = compose_acknowledgement(
    examination(), decision(case("human-resources", RECEIVED + TWO_DAYS)), references=REFERENCES, policy=POLICY, texts=shipped_texts(), secret=SECRET,
    now=RECEIVED, give_up_after=TWO_DAYS,
)  # fmt: skip


def swapped(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    assert GOOD.octets.count(old) >= 1
    return lambda octets: octets.replace(old, new, 1)


DAMAGE = {
    "a second To": swapped(b"\r\nDate:", b"\r\nTo: other@example.org\r\nDate:"),
    "a Bcc": swapped(b"\r\nDate:", b"\r\nBcc: other@example.org\r\nDate:"),
    "two addresses": swapped(b"To: resident@example.org", b"To: resident@example.org, other@example.org"),
    "another address": swapped(b"To: resident@example.org", b"To: other@example.org"),
    "a folded second address": swapped(b"To: resident@example.org", b"To: resident@example.org,\r\n other@example.org"),
    "no Auto-Submitted": swapped(b"Auto-Submitted: auto-replied\r\n", b""),
    "Auto-Submitted no": swapped(b"Auto-Submitted: auto-replied", b"Auto-Submitted: no"),
    "no token": lambda octets: b"\r\n".join(line for line in octets.split(b"\r\n") if not line.startswith(b"X-Service-Promise-Token")),
    "a Reply-To": swapped(b"\r\nDate:", b"\r\nReply-To: other@example.org\r\nDate:"),
    "a receipt request": swapped(b"\r\nDate:", b"\r\nDisposition-Notification-To: other@example.org\r\nDate:"),
    "fields in another order": swapped(b"Precedence: bulk\r\n", b""),
    "another sender": swapped(b"<hr@toronto.example>", b"<mayor@toronto.example>"),
    "another Message-ID": swapped(b"Message-ID: <spg.", b"Message-ID: <xpg."),
    "a bare LF": swapped(b"Hello,", b"Hello\n,"),
    "a bare CR": swapped(b"Hello,", b"Hello\r,"),
    "a NUL": swapped(b"Hello,", b"Hello\0,"),
    "an octet over 127": swapped(b"Hello,", b"Hello\xe9,"),
    "a control character in a field": swapped(b"Subject: We", b"Subject: W\x08e"),
    "a long line": swapped(b"Hello,", b"H" * 999),
    "a long line of quoted-printable": swapped(b"Hello,", b"H" * 77),
    "no end of line at the end": lambda octets: octets[:-2],
    "a line that is no field": swapped(b"\r\nDate:", b"\r\nnot a field\r\nDate:"),
    "a continuation of blanks": swapped(b"\r\nDate:", b"\r\n \r\nDate:"),
    "a third part": swapped(b"--\r\n", b"\r\nContent-Type: text/plain\r\n\r\nx\r\n"),
    "text after the last part": lambda octets: octets + b"more\r\n",
    "an attachment in place of HTML": swapped(b"Content-Type: text/html", b"Content-Type: application/octet-stream"),
    "an empty part": lambda octets: octets[: octets.index(b"Hello")] + octets[octets.index(b"\r\n--=_", octets.index(b"Hello")) :],
    "no body": lambda octets: octets.partition(b"\r\n\r\n")[0] + b"\r\n",
    "nothing": lambda octets: b"",
    "too much": lambda octets: octets + b"x\r\n" * 100_000,
}


def test_a_good_notice_passes() -> None:
    assert check(GOOD) is None


BEYOND_ASCII = replace(GOOD, rcpt_to="Zoe\u0308@example.org", octets=GOOD.octets.replace(b"To: resident", "To: Zoe\u0308".encode(), 1))


def test_a_resident_may_have_an_address_beyond_ascii() -> None:
    assert check(BEYOND_ASCII) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"octets": BEYOND_ASCII.octets.replace("Zoe\u0308".encode(), "Zo\u00eb".encode())},
        {"rcpt_to": "Zo\u00eb@example.org"},
        {"octets": BEYOND_ASCII.octets.replace(b"Subject: We", "Subject: W\u00e9".encode())},
        {"octets": BEYOND_ASCII.octets.replace(b"Hello,", "H\u00e9llo,".encode())},
        {"octets": BEYOND_ASCII.octets.replace("\u0308".encode(), b"\xcc")},
        {"octets": BEYOND_ASCII.octets.replace("\u0308".encode(), b"\xc2\x85"), "rcpt_to": "Zoe\x85@example.org"},
        {"octets": BEYOND_ASCII.octets.replace("\u0308".encode(), "\u202e".encode()), "rcpt_to": "Zoe\u202e@example.org"},
        {"octets": BEYOND_ASCII.octets.replace("Zoe\u0308".encode(), b"Zoe"), "rcpt_to": "Zoe\u0308@example.org"},
        {"kind": "survey"}, {"kind": "warning"},
    ],
)  # fmt: skip
def test_no_more_of_it_than_that_address_is_beyond_ascii(changes: dict[str, Any]) -> None:
    complaint = check(replace(BEYOND_ASCII, **changes))
    assert complaint
    assert "example.org" not in complaint


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_found(name: str) -> None:
    octets = DAMAGE[name](GOOD.octets)
    assert octets != GOOD.octets
    complaint = check(replace(GOOD, octets=octets))
    assert complaint
    assert "example.org" not in complaint


@pytest.mark.parametrize(
    "changes",
    [
        {"rcpt_to": "other@example.org"}, {"rcpt_to": "resident@example.org\r\n"}, {"mail_from": "hr@toronto.example"},
        {"mailbox": "x@toronto.example"},
        {"message_id": "<x@y>"}, {"kind": "survey"},
    ],
)  # fmt: skip
def test_what_is_recorded_must_be_what_is_written(changes: dict[str, str]) -> None:
    assert check(replace(GOOD, **changes))  # type: ignore[arg-type]


@given(st.binary(max_size=200), st.integers(0, len(GOOD.octets)), st.integers(0, 40))
def test_never_raises(octets: bytes, place: int, removed: int) -> None:
    for each in (octets, GOOD.octets[:place] + octets + GOOD.octets[place + removed :]):
        complaint = check(notice_with(each))
        assert complaint is None or isinstance(complaint, str)


HEADER, BODY = GOOD.octets.split(b"\r\n\r\n", 1)
FIELDS = re.split(rb"\r\n(?![ \t])", HEADER)
THREADING = (b"In-Reply-To", b"References")


@pytest.mark.parametrize("at", range(len(FIELDS)), ids=[field.partition(b":")[0].decode() for field in FIELDS])
def test_each_field_must_be_there_once_and_in_its_place(at: int) -> None:
    field = FIELDS[at]
    name = field.partition(b":")[0]
    without = FIELDS[:at] + FIELDS[at + 1 :]
    changed = {
        "missing": without if name not in THREADING else [*FIELDS, b"X-Other: x"],
        "twice": [*FIELDS[: at + 1], field, *FIELDS[at + 1 :]],
        "elsewhere": [*without, field] if at + 1 < len(FIELDS) else [field, *without],
        "renamed": [*FIELDS[:at], b"X-" + field, *FIELDS[at + 1 :]],
        "empty": [*FIELDS[:at], name + b": ", *FIELDS[at + 1 :]],
        "behind a stranger": [*FIELDS[:at], b"Bcc: other@example.org", *FIELDS[at:]],
    }
    passed = [what for what, fields in changed.items() if check(notice_with(b"\r\n".join(fields) + b"\r\n\r\n" + BODY)) is None]
    assert not passed


def notice_with(octets: bytes) -> Notice:
    return replace(GOOD, octets=octets)


def test_a_notice_that_fails_its_check_is_counted_and_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever composed it: the case is opened and measured, nothing goes out."""
    rulebook = Rulebook(sample_policy.POLICY, shipped_texts(), SECRET, TWO_DAYS)
    letter = b"From: resident@example.org\r\nTo: hr@toronto.example\r\nSubject: A question\r\nMessage-ID: <1@example.org>\r\n\r\nHello, when?\r\n"
    envelope = Envelope("resident@example.org", ("hr@toronto.example",), "inbound", RECEIVED)
    examination = rulebook.examine(Sighting(letter, True, len(letter), envelope))
    assert len(rulebook.judge_and_compose(examination, History(), RECEIVED).decision.notices) == 1

    monkeypatch.setattr("gateway.rulebook.acknowledgement_notice", with_a_bcc)
    counted = telemetry.NOTICES.labels("acknowledgement", "malformed")
    before = counted._value.get()
    judged = rulebook.judge_and_compose(examination, History(), RECEIVED)
    assert judged.decision.notices == ()
    assert judged.verdict.acknowledgement.reason == "notice-malformed"
    assert judged.verdict.opens
    assert counted._value.get() == before + 1


def with_a_bcc(*given: Any, **named: Any) -> Notice:
    return notice_with(acknowledgement_notice(*given, **named).octets.replace(b"\r\nDate:", b"\r\nBcc: other@example.org\r\nDate:"))
