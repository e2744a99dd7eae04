"""What a client sent comes out in its order, whatever the sizes of the pieces; large ones as they came."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from gateway.relay.data import EndOfData
from gateway.relay.inbox import HIGH_WATER, SMALL, Inbox

BASE64 = b"JVBERi0xLjcKJeLjz9MKMSAwIG9iago8PC9UeXBlL0NhdGFsb2cvUGFnZXMgMiAwIFI+PgpzdHJl\r\n"


class Reading(asyncio.Transport):
    """Knows only whether it is paused."""

    paused = False

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False

    def is_closing(self) -> bool:
        return False


def an_inbox() -> tuple[Inbox, Reading]:
    loop = asyncio.new_event_loop()
    inbox, reading = Inbox(loop), Reading()
    loop.close()
    inbox.attach(reading)
    return inbox, reading


SIZES = st.sampled_from([1, 2, 79, SMALL - 1, SMALL, HIGH_WATER])
STEPS = st.one_of(st.tuples(st.just("feed"), SIZES), st.sampled_from([("line", 0), ("take", 0)]))


@given(st.lists(STEPS))
def test_the_order_stays_and_nothing_is_lost(steps: list[tuple[str, int]]):
    inbox, reading = an_inbox()
    sent = got = b""
    for what, size in steps:
        if what == "feed":
            piece = (BASE64 * (size // len(BASE64) + 1))[len(sent) % len(BASE64) :][:size]
            sent += piece
            inbox.feed(piece)
        elif what == "take":
            got += inbox.take()
        elif (line := inbox.take_line(10 * HIGH_WATER)) is not None:
            got += line + b"\r\n"
        assert len(inbox) == len(sent) - len(got)
        assert reading.paused <= (len(inbox) > HIGH_WATER // 2)
        assert reading.paused >= (len(inbox) > HIGH_WATER)
    assert got + inbox.take() == sent


def test_a_large_piece_passes_as_it_came():
    inbox, end = an_inbox()[0], EndOfData()
    first, second = BASE64 * 1000 + b"JVBERi0x", BASE64[8:] + BASE64 * 1000 + b"JVBERi0x"
    inbox.feed(first)
    assert end.feed(inbox.take()) == first
    inbox.feed(second)
    assert end.feed(inbox.take()) is second, "it was copied"


def test_what_was_given_back_comes_first():
    inbox, _ = an_inbox()
    inbox.feed(b"x" * SMALL)
    inbox.give_back(b"RSET\r\n")
    assert inbox.peek() == b"RSET\r\n" + b"x" * SMALL
    assert inbox.take_line(100) == b"RSET"
    assert inbox.take() == b"x" * SMALL
