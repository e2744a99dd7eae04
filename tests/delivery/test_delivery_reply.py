"""Replies as values: safe, with their lines kept, and an enhanced code that cannot contradict (docs/threats.md S7)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.delivery.reply import LINE_LIMIT, Reply, own, parse


@pytest.mark.parametrize(
    ("lines", "encoded"),
    [
        ([b"250 2.1.0 Ok"], b"250 2.1.0 Ok\r\n"),
        ([b"250"], b"250 \r\n"),
        ([b"550-5.1.1 first", b"550 5.1.1 second"], b"550-5.1.1 first\r\n550 5.1.1 second\r\n"),
        ([b"550 2.1.0 contradicts"], b"550 5.1.0 contradicts\r\n"),
        ([b"250 5.1.1"], b"250 2.1.1\r\n"),
        ([b"354 2.0.0 go"], b"354 2.0.0 go\r\n"),
        ([b"550 5.1.1x is no code"], b"550 5.1.1x is no code\r\n"),
        ([b"550 caf\xe9 \x1b[31m\x00\r"], b"550 caf? ?[31m??\r\n"),
        ([b"550-one", b"451 last counts"], b"451-one\r\n451 last counts\r\n"),
    ],
)
def test_from_the_wire_to_the_wire(lines: list[bytes], encoded: bytes):
    assert parse(lines).encode() == encoded


@pytest.mark.parametrize("line", [b"", b"25", b"abc hello", b"199 no", b"600 no", b"\xb2\xb3\xb9 no", b"+25 no"])
def test_what_is_no_reply(line: bytes):
    with pytest.raises(ValueError, match="reply code"):
        parse([line])


def test_a_long_line_is_cut():
    assert len(parse([b"250 " + b"x" * 2000]).encode()) == LINE_LIMIT


def test_our_own_codes_agree():
    assert own(451, "4.1", "x").encode() == b"451 4.4.1 x\r\n"
    assert own(451, "4.1", "x").status == "4.4.1"
    assert parse([b"421 4.7.0 x"]).as_code(451).encode() == b"451 4.7.0 x\r\n"
    assert parse([b"250 Ok"]).status is None


def test_a_reply_does_not_print_what_a_next_hop_said():
    assert "resident" not in repr(parse([b"550 5.1.1 <resident@example.org> unknown"]))


@given(st.integers(200, 599), st.lists(st.text(max_size=700), max_size=4))
def test_nothing_forges_a_line(code: int, lines: list[str]):
    encoded = Reply(code, tuple(lines)).encode()
    wire = encoded.split(b"\r\n")
    assert wire.pop() == b""
    assert len(wire) == max(1, len(lines))
    for at, line in enumerate(wire, 1):
        assert line.startswith(b"%d%s" % (code, b" " if at == len(wire) else b"-"))
        assert len(line) <= LINE_LIMIT - 2
        assert all(32 <= octet < 127 for octet in line)
    assert parse(wire).encode() == encoded


@pytest.mark.parametrize(
    ("line", "nobody"),
    [
        (b"550 5.1.1 <x@toronto.example>: Recipient address rejected: User unknown in local recipient table", True),
        (b"550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup", True),
        (b"550 5.1.6 Mailbox has moved", True),
        (b"550 No such user here", True),
        (b"550 Unknown user", True),
        (b"550 Recipient does not exist", True),
        (b"450 4.1.1 User unknown, for now", False),
        (b"550 5.7.1 User unknown to you", False),
        (b"550 5.7.133 Sender not authenticated for group", False),
        (b"550 5.4.1 Recipient address rejected: Access denied", False),
        (b"552 5.2.2 Mailbox full", False),
        (b"550 Mailbox unavailable", False),
        (b"550 Sender address unknown", False),
        (b"554 5.7.1 Greylisted", False),
        (b"250 2.1.5 No such user, but taken", False),
    ],
)
def test_whether_nobody_is_there(line: bytes, nobody: bool) -> None:
    assert parse([line]).nobody_there is nobody
