"""Where a message ends: the same answer however the stream is cut (docs/threats.md S3)."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.delivery.stuffing import unstuff
from gateway.message.model import PREFIX_LIMIT
from gateway.relay.data import EndOfData, Prefix, refusal

BODIES = [
    b"",
    b"\r\n",
    b"Subject: x\r\n\r\nbody\r\n",
    b"..\r\n",
    b"..dot\r\n..\r\n...\r\n",
    b"no dots, bare \n and \r and \x00\r\n",
    b"\r\r\n\n\r\n",
    b".not stuffed\r\n",
    b"\n..\n\r..\r\r\n",
    b"ends with a bare \r\r\n",
    b"ends with a bare \n\r\n",
]

BREAKS = [b"\r\n", b"\n", b"\r"]
LONE_DOTS = [before + b"." + after for before in BREAKS for after in BREAKS if (before, after) != (b"\r\n", b"\r\n")]


def fed(pieces: list[bytes]) -> tuple[bytes, EndOfData]:
    end = EndOfData()
    passed = b""
    for piece in pieces:
        assert not end.ended, "octets behind the end mark belong to the next command"
        passed += end.feed(piece)
    return passed, end


def cuts(stream: bytes) -> list[list[bytes]]:
    """The stream cut at each place, at each two neighbouring places, and octet by octet."""
    once = [[stream[:at], stream[at:]] for at in range(len(stream))]
    twice = [[stream[:at], stream[at : at + 1], stream[at + 1 :]] for at in range(len(stream) - 1)]
    return [*once, *twice, [stream[at : at + 1] for at in range(len(stream))]]


@pytest.mark.parametrize("body", BODIES)
def test_all_octets_pass_at_every_cut(body: bytes):
    for pieces in cuts(body + b".\r\n"):
        passed, end = fed(pieces)
        assert (passed, end.ended, end.rest, end.lone_dot) == (body, True, b"", False), pieces
        assert end.size == len(re.sub(rb"(\A|\r\n)\.", rb"\1", body)), pieces


@pytest.mark.parametrize("lone", LONE_DOTS)
@pytest.mark.parametrize("around", [(b"", b""), (b"text", b"more\r\n"), (b"text\r\n", b"\r\nmore\r\n")])
def test_a_lone_dot_is_seen_at_every_cut_and_never_passed_whole(lone: bytes, around: tuple[bytes, bytes]):
    body = around[0] + lone + around[1]
    stream = body if body.endswith(b"\r\n") else body + b"\r\n"
    stream += b".\r\n"
    # LF . CRLF at the very end of a stream: the CRLF is the last line break before the true end mark.
    for pieces in cuts(stream):
        passed, end = fed(pieces)
        assert end.ended, pieces
        assert end.lone_dot, pieces
        assert not any(each in b"\r\n" + passed for each in LONE_DOTS), pieces


def test_a_lone_dot_at_the_very_beginning_is_seen():
    for beginning in (b".\n", b".\r"):
        for pieces in cuts(beginning + b"x\r\n.\r\n"):
            assert fed(pieces)[1].lone_dot, pieces


def test_what_follows_the_end_mark_is_the_next_command():
    _, end = fed([b"body\r\n.\r\nMAIL FROM:<>\r\n"])
    assert end.rest == b"MAIL FROM:<>\r\n"


@given(st.lists(st.sampled_from([b"\r\n", b"\n", b"\r", b".", b"..", b"a", b"\x00"]), max_size=30), st.lists(st.integers(1, 5), max_size=40))
def test_the_cut_never_matters(parts: list[bytes], sizes: list[int]):
    stream = b"".join(parts)
    # The stream up to its first true end mark, which the reference finds on the whole.
    whole = b"\r\n" + stream + b"\r\n.\r\n"
    end_at = whole.index(b"\r\n.\r\n")
    stream, body = whole[2 : end_at + 5], whole[2 : end_at + 2]
    if end_at == 0:
        stream = b".\r\n"
    lone = re.search(rb"[\r\n]\.[\r\n]", whole[: end_at + 2]) is not None
    pieces, at = [], 0
    for size in [*sizes, len(stream)]:
        if at < len(stream):
            pieces.append(stream[at : at + size])
            at += size
    passed, end = fed(pieces)
    assert end.ended
    assert end.lone_dot is lone
    assert end.rest == b""
    if not lone:
        assert passed == body
        assert end.size == len(re.sub(rb"(\A|\r\n)\.", rb"\1", body))


@pytest.mark.parametrize("line", [b"..\r\n", b"..\r\n" + b"x" * 70 + b"\r\n", b"x" * 70 + b"\r\n"])
@pytest.mark.parametrize("size", [999, 256_000, 5 * PREFIX_LIMIT])
def test_the_prefix_is_whole_bounded_and_without_stuffing(line: bytes, size: int):
    body = line * (2 * PREFIX_LIMIT // len(line))
    end, prefix, passed = EndOfData(), Prefix(), b""
    for at in range(0, len(body), size):
        piece = end.feed(body[at : at + size])
        passed += piece
        prefix.feed(piece, end.stuffed)
    assert len(prefix) <= PREFIX_LIMIT * 4 // 3 + min(size, PREFIX_LIMIT)
    assert prefix.take(stuffed=end.stuffed > 0) == unstuff(passed)[:PREFIX_LIMIT]


HEADER = b"Received: a\r\nreceived : b\r\nRECEIVED: c\r\nSubject: Received: no\r\n\r\nReceived: body\r\n"


@pytest.mark.parametrize(
    ("octets", "fields", "refused"),
    [
        (HEADER, 1, "5.4.6"),
        (HEADER, 2, None),
        (b"\r\nReceived: a\r\nReceived: b\r\n\r\n", 1, None),
        (b"Received: a\nReceived: b\n\nx", 1, "5.4.6"),
        (b"", 0, None),
    ],
)
def test_a_loop_is_counted_in_the_header_only(octets: bytes, fields: int, refused: str | None):
    found = refusal(octets, fields, None)
    assert (found.status if found else None) == refused


@pytest.mark.parametrize(
    ("wanted", "octets", "admitted"),
    [
        ("X-Tenant: 4711", b"X-Tenant: 4711\r\n\r\n", True),
        ("X-Tenant: 4711", b"A: b\r\nx-tenant:4711 \r\nC: d\r\n\r\n", True),
        ("X-Tenant: 4711", b"X-Tenant: 47110\r\n\r\n", False),
        ("X-Tenant: 4711", b"X-Tenants: 4711\r\n\r\n", False),
        ("X-Tenant: 4711", b"Subject: x\r\n X-Tenant: 4711\r\n\r\n", False),
        ("X-Tenant: 4711", b"Subject: x\r\n\r\nX-Tenant: 4711\r\n", False),
        ("X-Tenant: 4711", b"\r\nX-Tenant: 4711\r\n", False),
        ("X-Tenant", b"X-Tenant: anything\r\n\r\n", True),
        ("X-Tenant", b"Subject: x\r\n\r\n", False),
    ],
)
def test_a_required_header_field(wanted: str, octets: bytes, admitted: bool):
    found = refusal(octets, 100, wanted)
    assert (found is None) is admitted
    assert admitted or (found is not None and (found.code, found.status) == (550, "5.7.1"))
