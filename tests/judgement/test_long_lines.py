"""Messages that were built to take long: judging one takes less than a second of CPU, whoever wrote it and whatever stands in it."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from gateway.judgement.examine import examine
from gateway.judgement.signature_fields import Known, read_block
from gateway.message.model import Envelope
from gateway.message.parse import parse
from tests.judgement.sample_policy import POLICY

NOW = datetime(2026, 11, 16, 15, 0, tzinfo=UTC)
FROM_STAFF = b"From: Alex Martin <alex.martin@toronto.example>\r\nTo: resident@example.org\r\nMessage-ID: <1@toronto.example>\r\n"
ABSENT = b"Auto-Submitted: auto-replied\r\nSubject: Out of office\r\n"
PLAIN, HTML = b"Content-Type: text/plain; charset=utf-8\r\n\r\n", b"Content-Type: text/html; charset=utf-8\r\n\r\n"
PIECES = {
    "telephone numbers": b"416-555-0100 ", "digits": b"1", "addresses": b"a@b.ca ", "half addresses": b"a@", "web addresses": b"www.a.ca ",
    "dots": b"a.", "bars": b" | ", "blanks": b"a    ", "labels": b"tel ", "brackets": b"(", "stars": b"*", "headers": b"From: a@b.ca\nSent: x\n",
    "separators": b"-- \n", "quotes": b"> ", "dates": b"November 3, 2026 ", "titles": b"Director, Human Resources ", "invisible": b"\xe2\x80\x8b",
}  # fmt: skip
MARKUP = {
    "tags": b"<p>&",
    "bold": b"<b><i>",
    "tables": b"<table><tr><td>",
    "quotes": b"<blockquote>",
    "styles": b"<p style='color:red'>",
    "half": b"<a ",
}


@pytest.fixture(scope="module", autouse=True)
def models_are_read() -> None:
    judge(FROM_STAFF + PLAIN + "Hello, voilà.".encode())


def judge(octets: bytes) -> float:
    """Seconds of CPU."""
    message = parse(octets)
    started = time.process_time()
    examine(
        message, Envelope("alex.martin@toronto.example", ("resident@example.org",), "outbound", NOW, trusted_senders=True), POLICY, secret=b"k" * 32
    )
    return time.process_time() - started


@pytest.mark.parametrize("name", PIECES)
def test_text(name: str) -> None:
    flood = PIECES[name] * (250_000 // len(PIECES[name]))
    assert judge(FROM_STAFF + PLAIN + flood) < 1
    assert judge(FROM_STAFF + PLAIN + b"Hello,\n\n-- \nAlex Martin\n" + flood) < 1
    assert judge(FROM_STAFF + ABSENT + PLAIN + flood) < 1


@pytest.mark.parametrize("name", MARKUP)
def test_markup(name: str) -> None:
    assert judge(FROM_STAFF + HTML + MARKUP[name] * (250_000 // len(MARKUP[name]))) < 1


def test_only_the_beginning_of_a_line_is_read() -> None:
    known = Known(("City of Toronto",), ("Human Resources",), ())
    line = "416-555-0100 | " + "x" * 500 + " | someone@toronto.example"
    assert {each.field for each in read_block([line], known).found} == {"phone"}
