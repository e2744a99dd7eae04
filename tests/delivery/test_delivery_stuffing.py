"""Dot-stuffing both ways (RFC 5321 §4.5.2)."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.delivery.stuffing import Unstuffer, stuff, unstuff

OCTETS = st.lists(st.sampled_from([b"\r\n", b"\r", b"\n", b".", b"..", b"a"]), max_size=30).map(b"".join)


@pytest.mark.parametrize(
    ("plain", "wire"),
    [
        (b"", b""),
        (b".", b"..\r\n"),
        (b"a\r\n.\r\n", b"a\r\n..\r\n"),
        (b"\n.\n\r\n", b"\n.\n\r\n"),
        (b"no end", b"no end\r\n"),
    ],
)
def test_examples(plain: bytes, wire: bytes):
    assert stuff(plain) == wire


@given(OCTETS)
def test_there_and_back(plain: bytes):
    wire = stuff(plain)
    assert b"\r\n.\r\n" not in b"\r\n" + wire
    assert unstuff(wire) == (plain if not plain or plain.endswith(b"\r\n") else plain + b"\r\n")


@given(OCTETS, st.lists(st.integers(1, 4), max_size=40))
def test_in_pieces_as_in_one(wire: bytes, sizes: list[int]):
    unstuffer, at, found = Unstuffer(), 0, b""
    for size in [*sizes, len(wire)]:
        found += unstuffer.feed(wire[at : at + size])
        at += size
    assert found == unstuff(wire) == re.sub(rb"(\A|\r\n)\.", rb"\1", wire)
