"""Streaming notifications and threads of an Exchange mailbox: it wakes in time, survives what streams do, and can always be closed."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from exchangelib.protocol import CachingProtocol

from gateway.mailboxes import ews_listening
from gateway.mailboxes.mailbox import Mailbox, MailboxFault
from tests.harness.waiting import wait_for
from tests.mailboxes.fake_ews import FakeExchange, Trouble, open_to, opened
from tests.mailboxes.fake_ews_store import Store

MAIL = b"Subject: street light\r\n\r\nout\r\n"
SOON, LONG = 3.0, 30.0


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[FakeExchange]:
    with FakeExchange(tmp_path) as exchange:
        yield exchange
        wait_for(lambda: not [each for each in threading.enumerate() if each.name.startswith("ews-")], "threads are left", within=5)
    assert not CachingProtocol._protocol_cache


async def seconds(work: Awaitable[object]) -> float:
    began = time.monotonic()
    await work
    return time.monotonic() - began


async def listening(mailbox: Mailbox) -> None:
    """The first wait ends once the stream is there: what came before it may have been told to nobody."""
    assert await seconds(mailbox.wait(LONG)) < SOON


async def listening_anew(mailbox: Mailbox, exchange: FakeExchange) -> None:
    async with asyncio.timeout(LONG):
        while exchange.count("Subscribe") < 2 or exchange.count("GetStreamingEvents") < 2:
            await mailbox.wait(LONG)


def run(exchange: FakeExchange, scene: Callable[[Mailbox], Awaitable[None]], **different: object) -> None:
    async def play() -> None:
        async with opened(exchange, **different) as mailbox:
            await scene(mailbox)

    asyncio.run(play())


def test_new_mail_in_either_folder_wakes_and_nothing_new_lets_sleep(exchange: FakeExchange):
    async def scene(mailbox: Mailbox) -> None:
        await listening(mailbox)
        for folder in ("inbox", "sent"):
            asyncio.get_running_loop().call_later(0.1, exchange.deliver, MAIL, folder)
            assert await seconds(mailbox.wait(LONG)) < SOON
        assert await seconds(mailbox.wait(0.3)) >= 0.3
        assert exchange.count("Subscribe") == 1

    run(exchange, scene)
    assert not exchange.subscriptions, "the server was not told that nobody listens any more"


def test_mail_that_comes_while_nobody_waits_is_not_slept_through(exchange: FakeExchange):
    async def scene(mailbox: Mailbox) -> None:
        await listening(mailbox)
        cursor = (await mailbox.changes("inbox", None, 50)).cursor
        exchange.deliver(MAIL)
        assert await seconds(mailbox.wait(LONG)) < SOON
        assert len((await mailbox.changes("inbox", cursor, 50)).arrivals) == 1

    run(exchange, scene)


def test_a_dropped_subscription_is_made_anew(exchange: FakeExchange):
    async def scene(mailbox: Mailbox) -> None:
        await listening(mailbox)
        exchange.forget_subscriptions()
        assert await seconds(mailbox.wait(LONG)) < SOON  # look now: something may have been missed
        await listening_anew(mailbox, exchange)
        asyncio.get_running_loop().call_later(0.1, exchange.deliver, MAIL)
        assert await seconds(mailbox.wait(LONG)) < SOON

    run(exchange, scene)


def test_a_stream_that_ends_in_its_time_goes_on_with_the_same_subscription(exchange: FakeExchange, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ews_listening, "STEADY", 0.1)
    exchange.stream_seconds = 0.4

    async def scene(mailbox: Mailbox) -> None:
        await listening(mailbox)
        async with asyncio.timeout(LONG):
            while exchange.count("GetStreamingEvents") < 3:
                await mailbox.wait(LONG)
        assert exchange.count("Subscribe") == 1

    run(exchange, scene)


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble("refusal", "Subscribe", code="ErrorSubscriptionDelegateAccessNotSupported"),
        Trouble("refusal", "Subscribe", code="ErrorExceededSubscriptionCount"),
        Trouble("drop", "GetStreamingEvents"),
        Trouble("page", "GetStreamingEvents"),
    ],
    ids=lambda trouble: f"{trouble.operation}-{trouble.kind}-{trouble.code}",
)
def test_without_streams_it_is_polled_and_the_server_is_left_in_peace(trouble: Trouble, exchange: FakeExchange):
    exchange.troubles = [trouble]

    async def scene(mailbox: Mailbox) -> None:
        began, waits = time.monotonic(), 0
        while time.monotonic() - began < 1.5:
            await mailbox.wait(0.5)
            waits += 1
        assert waits <= 10
        assert exchange.count("Subscribe") <= 2
        assert await mailbox.automatic_reply()

    run(exchange, scene)


def test_a_refused_login_is_tried_only_when_somebody_asks(exchange: FakeExchange, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Else listening would lock the account while the watcher waits."""
    monkeypatch.setattr(ews_listening, "LONGEST_PAUSE", 0.05)

    async def scene(mailbox: Mailbox) -> None:
        await listening(mailbox)
        exchange.troubles = [Trouble("http", status=401)]
        with pytest.raises(MailboxFault, match="credentials"):
            await mailbox.changes("inbox", None, 50)
        refused = len(exchange.asked)
        await asyncio.sleep(0.5)
        assert len(exchange.asked) == refused
        exchange.troubles = []
        assert await mailbox.automatic_reply()
        await listening_anew(mailbox, exchange)

    run(exchange, scene)


@pytest.mark.parametrize("silent", ["SyncFolderItems", "GetStreamingEvents", "Subscribe", ""])
def test_a_silent_server_holds_up_neither_the_loop_nor_close(silent: str, exchange: FakeExchange):
    async def play() -> None:
        exchange.troubles = [Trouble("hang", silent)]
        mailbox = open_to(exchange)
        asking = asyncio.ensure_future(mailbox.changes("inbox", None, 50))
        await asyncio.to_thread(wait_for, lambda: exchange.asked, "a question")
        assert await seconds(mailbox.wait(0.3)) < SOON
        assert await seconds(mailbox.close()) < SOON
        if silent in ("SyncFolderItems", ""):
            with pytest.raises(MailboxFault, match="unreachable"):
                await asyncio.wait_for(asking, SOON)
        with pytest.raises(MailboxFault, match="closed"):
            await mailbox.changes("inbox", None, 50)
        assert await seconds(mailbox.wait(0.1)) < SOON
        await mailbox.close()

    asyncio.run(play())


def test_a_caller_who_gives_up_sets_the_thread_free_and_asks_anew(exchange: FakeExchange):
    async def scene(mailbox: Mailbox) -> None:
        exchange.troubles = [Trouble("hang", times=1)]
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(mailbox.changes("inbox", None, 50), 1)
        assert await seconds(mailbox.changes("inbox", None, 50)) < SOON

    run(exchange, scene)


TROUBLED = [
    Trouble("hang"),
    Trouble("http", status=503, headers={"Retry-After": "600"}),
    Trouble("fault", code="ErrorServerBusy", back_off_milliseconds=600_000),
    Trouble("refusal", code="ErrorExceededConnectionCount"),
]


@pytest.mark.parametrize("trouble", TROUBLED, ids=lambda trouble: f"{trouble.kind}-{trouble.code}")
def test_troubled_mailboxes_of_one_service_account_slow_no_other(trouble: Trouble, exchange: FakeExchange):
    """Six mailboxes in trouble, which ask and listen: more than one account's pool has sessions for (max_connections is 4)."""
    troubled = [f"division-{number}@toronto.example" for number in range(6)]
    exchange.stores |= {address: Store(address) for address in troubled}
    exchange.troubles = [Trouble(**{**vars(trouble), "mailbox": address}) for address in troubled]

    async def ask(mailbox: Mailbox) -> None:
        while True:
            try:
                await mailbox.changes("inbox", None, 50)
            except MailboxFault:
                await asyncio.sleep(0.05)

    async def play() -> None:
        others = [open_to(exchange, name=f"division-{number}", address=address) for number, address in enumerate(troubled)]
        tasks = [asyncio.ensure_future(each) for other in others for each in (ask(other), other.wait(LONG))]
        await asyncio.to_thread(wait_for, lambda: len({mailbox for _, mailbox in exchange.asked}) == len(troubled), "questions")
        async with opened(exchange) as mailbox:
            cursor = (await asyncio.wait_for(mailbox.changes("inbox", None, 50), SOON)).cursor
            await listening(mailbox)
            for _ in range(10):
                exchange.deliver(MAIL)
                changes = await asyncio.wait_for(mailbox.changes("inbox", cursor, 50), SOON)
                cursor = changes.cursor
                assert len(changes.arrivals) == 1
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        assert await seconds(asyncio.gather(*(each.close() for each in others))) < SOON
        assert not exchange.count("GetItem", troubled[0])
        assert exchange.count("GetItem") == 10

    asyncio.run(play())
