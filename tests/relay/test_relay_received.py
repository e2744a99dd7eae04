"""The Received line (RFC 5321 §4.4): no `for`, one line forged by nobody."""

from __future__ import annotations

from datetime import UTC, datetime
from email.parser import BytesParser
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.relay.received import marker_field, protocol, received_field

NOW = datetime(2026, 11, 16, 15, 0, 0, tzinfo=UTC)


def field(helo: str = "client.example", peer: str = "192.0.2.7") -> bytes:
    return received_field(helo=helo, peer=peer, hostname="gateway.example", protocol="ESMTP", number="4K7M", now=NOW)


def test_the_form():
    assert field() == (
        b"Received: from client.example ([192.0.2.7])\r\n\tby gateway.example with ESMTP id 4K7M;\r\n\tMon, 16 Nov 2026 15:00:00 +0000\r\n"
    )
    assert b"([IPv6:2001:db8::1])" in field(peer="2001:db8::1")


@given(st.text(max_size=600))
def test_no_helo_name_makes_a_second_field(helo: str):
    octets = field(helo)
    message = BytesParser(policy=default).parsebytes(octets + b"\r\n")
    assert message.keys() == ["Received"]
    assert all(len(line) < 998 for line in octets.split(b"\r\n"))
    assert octets.isascii()


@pytest.mark.parametrize(
    ("extended", "encrypted", "utf8", "word"),
    [
        (False, False, False, "SMTP"),
        (True, False, False, "ESMTP"),
        (True, True, False, "ESMTPS"),
        (True, False, True, "UTF8SMTP"),
        (True, True, True, "UTF8SMTPS"),
    ],
)
def test_the_with_keyword(extended: bool, encrypted: bool, utf8: bool, word: str):
    assert protocol(extended=extended, encrypted=encrypted, utf8=utf8) == word


def test_a_marker_is_one_ascii_field():
    assert marker_field("X-Gateway: seen") == b"X-Gateway: seen\r\n"
    assert marker_field("") == b""
    for wrong in ("no colon", "X: a\r\nBcc: b", ": x", "X-É: y", "X: é", "X Y: z"):
        with pytest.raises(ValueError, match="header field"):
            marker_field(wrong)
