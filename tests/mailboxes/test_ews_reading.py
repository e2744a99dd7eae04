"""What is read of an Exchange mailbox, by exchangelib itself against a fake server: each new message once, nothing old, octet for octet."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.mailboxes.mailbox import Arrival, AutomaticReply, CursorLost, Folder, Mailbox, MailboxFault
from tests.mailboxes.fake_ews import FakeExchange, opened
from tests.mailboxes.fake_ews_store import OutOfOffice, Store
from tests.mailboxes.servers import ADDRESS

MONDAY = datetime(2026, 11, 23, 14, 30, 5, tzinfo=UTC)
READS = {"SyncFolderItems", "GetItem", "GetUserOofSettings", "Subscribe", "GetStreamingEvents", "Unsubscribe"}


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[FakeExchange]:
    with FakeExchange(tmp_path) as exchange:
        yield exchange
        assert {operation for operation, _ in exchange.asked} <= READS


@pytest.fixture
def store(exchange: FakeExchange) -> Store:
    return exchange.stores[ADDRESS]


def mail(number: int) -> bytes:
    return f"Message-ID: <{number}@resident.example>\r\nSubject: bird feeder\r\n\r\nPlease \xe9\r\n".encode("latin-1")


async def all_changes(mailbox: Mailbox, cursor: str, limit: int = 50, folder: Folder = "inbox") -> tuple[list[Arrival], str]:
    found: list[Arrival] = []
    more = True
    while more:
        changes = await mailbox.changes(folder, cursor, limit)
        assert len(changes.arrivals) <= limit
        found += changes.arrivals
        cursor, more = changes.cursor, changes.more
    return found, cursor


async def now(mailbox: Mailbox, folder: Folder = "inbox") -> str:
    first = await mailbox.changes(folder, None, 50)
    assert not first.arrivals
    return first.cursor


def test_the_old_stays_unread_and_the_new_comes_octet_for_octet_with_the_servers_time(exchange: FakeExchange, store: Store):
    async def run() -> None:
        for number in range(3):
            exchange.deliver(mail(number))
        async with opened(exchange) as mailbox:
            places: dict[Folder, str] = {"inbox": await now(mailbox), "sent": await now(mailbox, "sent")}
            store.add("inbox", mail(7), received=MONDAY)
            exchange.deliver(mail(8), "sent")
            assert (await all_changes(mailbox, places["inbox"]))[0] == [Arrival(mail(7), len(mail(7)), MONDAY)]
            assert [each.octets for each in (await all_changes(mailbox, places["sent"], folder="sent"))[0]] == [mail(8)]

    asyncio.run(run())


def test_an_hour_without_mail_gives_nothing_and_read_marks_and_deletions_are_no_mail(exchange: FakeExchange, store: Store):
    async def run() -> None:
        old = store.add("inbox", mail(1))
        async with opened(exchange) as mailbox:
            cursor = await now(mailbox)
            assert await all_changes(mailbox, cursor) == ([], cursor)
            for change in ("ReadFlagChange", "Update", "Delete"):
                store.touch("inbox", old, change)
            assert (await all_changes(mailbox, cursor))[0] == []

    asyncio.run(run())


def test_a_burst_comes_in_pages_oldest_first_and_each_once(exchange: FakeExchange, store: Store):
    async def run() -> None:
        async with opened(exchange) as mailbox:
            cursor = await now(mailbox)
            for number in range(130):
                store.add("inbox", mail(number), received=MONDAY + timedelta(seconds=130 - number))
            first = await mailbox.changes("inbox", cursor, 40)
            assert [each.received_at for each in first.arrivals] == sorted(each.received_at for each in first.arrivals)
            rest, cursor = await all_changes(mailbox, first.cursor, 40)
            assert sorted(each.octets for each in (*first.arrivals, *rest)) == sorted(mail(number) for number in range(130))
            assert (await all_changes(mailbox, cursor))[0] == []

    asyncio.run(run())


def test_a_large_folder_is_listed_page_by_page_and_what_comes_meanwhile_is_new(exchange: FakeExchange, store: Store):
    async def run() -> None:
        for number in range(1200):
            store.add("inbox", mail(number), received=datetime.now(UTC) - timedelta(days=1200 - number))
        async with opened(exchange) as mailbox:
            first = await mailbox.changes("inbox", None, 50)
            assert not first.arrivals
            assert first.more
            exchange.deliver(mail(5000))
            found, cursor = await all_changes(mailbox, first.cursor)
            exchange.deliver(mail(5001))
            found += (await all_changes(mailbox, cursor))[0]
            assert [each.octets for each in found] == [mail(5000), mail(5001)]
            assert exchange.count("GetItem") == 2

    asyncio.run(run())


def test_history_goes_back_to_its_day_and_hands_over_to_the_present(exchange: FakeExchange, store: Store):
    async def run() -> None:
        for number in range(700):
            store.add("inbox", mail(number), received=MONDAY - timedelta(hours=number))
        found: list[bytes] = []
        cursor, more, since, pages = None, True, MONDAY - timedelta(hours=99), 0
        async with opened(exchange) as mailbox:
            while more:
                page = await mailbox.history("inbox", since, cursor, 30)
                assert len(page.arrivals) <= 30
                found += [each.octets for each in page.arrivals]
                cursor, more, pages = page.cursor, page.more, pages + 1
                if pages == 2:
                    exchange.deliver(mail(9000))
            assert cursor
            found += [each.octets for each in (await all_changes(mailbox, cursor))[0]]
        assert sorted(found) == sorted([*(mail(number) for number in range(100)), mail(9000)])

    asyncio.run(run())


def test_what_a_person_drags_back_years_later_is_told_with_its_own_time(exchange: FakeExchange, store: Store):
    async def run() -> None:
        async with opened(exchange) as mailbox:
            cursor = await now(mailbox)
            store.add("inbox", mail(1), received=MONDAY - timedelta(days=700))
            assert (await all_changes(mailbox, cursor))[0] == [Arrival(mail(1), len(mail(1)), MONDAY - timedelta(days=700))]

    asyncio.run(run())


def test_what_is_no_mail_or_not_given_is_passed_over_and_counted(exchange: FakeExchange, store: Store):
    async def run() -> None:
        async with opened(exchange) as mailbox:
            cursor = await now(mailbox)
            for number in range(4):
                exchange.deliver(mail(number))
                store.add("inbox", b"", kind=("Contact", "CalendarItem", "Task", "DistributionList")[number])
            store.add("inbox", mail(4), kind="MeetingRequest")
            for code in ("ErrorUnsupportedMimeConversion", "ErrorItemCorrupt", "ErrorItemNotFound", "ErrorContentConversionFailed"):
                store.add("inbox", b"", code=code)
            store.add("inbox", b"")
            changes = await mailbox.changes("inbox", cursor, 50)
            assert [each.octets for each in changes.arrivals] == [mail(number) for number in range(5)]
            assert changes.unreadable == 9

    asyncio.run(run())


def test_a_message_that_makes_the_server_fail_stops_the_mailbox_twice_and_no_longer(exchange: FakeExchange, store: Store):
    async def run() -> None:
        async with opened(exchange) as mailbox:
            cursor = await now(mailbox)
            exchange.deliver(mail(1))
            store.add("inbox", b"", code="ErrorInternalServerError")
            exchange.deliver(mail(2))
            for _ in range(2):
                with pytest.raises(MailboxFault, match="ErrorInternalServerError"):
                    await mailbox.changes("inbox", cursor, 50)
            changes = await mailbox.changes("inbox", cursor, 50)
            assert [each.octets for each in changes.arrivals] == [mail(1), mail(2)]
            assert changes.unreadable == 1

    asyncio.run(run())


def test_a_huge_message_is_known_by_its_header_and_a_large_one_by_its_beginning(exchange: FakeExchange, store: Store):
    async def run() -> None:
        async with opened(exchange) as mailbox:
            cursor = await now(mailbox)
            store.add("inbox", b"", header="Message-ID: <film@resident.example>\r\nSubject: my film\r\n", size=90 << 20)
            store.add("inbox", b"", size=90 << 20)
            large = mail(2) + b"x" * (3 << 20)
            store.add("inbox", large)
            changes = await mailbox.changes("inbox", cursor, 50)
            huge, cut = sorted(changes.arrivals, key=lambda each: -each.size)
            assert (huge.octets, huge.size) == (b"Message-ID: <film@resident.example>\r\nSubject: my film\r\n", 90 << 20)
            assert (cut.octets, cut.size) == (large[: 1 << 20], len(large))
            assert not huge.complete
            assert not cut.complete
            assert changes.unreadable == 1

    asyncio.run(run())


def test_a_moved_mailbox_and_a_place_of_another_protocol_are_lost_places(exchange: FakeExchange, store: Store):
    async def run() -> None:
        async with opened(exchange) as mailbox:
            cursor = await now(mailbox)
            exchange.deliver(mail(1))
            store.generation += 1
            for lost in (cursor, "123:456", '{"uidvalidity": 3}', "[]", '{"state": "", "since": "yesterday"}'):
                with pytest.raises(CursorLost):
                    await mailbox.changes("inbox", lost, 50)
            page = await mailbox.history("inbox", datetime.now(UTC) - timedelta(minutes=5), None, 50)
            assert [each.octets for each in page.arrivals] == [mail(1)]

    asyncio.run(run())


START, END = datetime(2026, 11, 22, 14, tzinfo=UTC), datetime(2126, 11, 23, 14, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kept", "seen"),
    [
        (OutOfOffice("Disabled", internal="<p>in</p>", external="out"), AutomaticReply(False, "out", "<p>in</p>")),
        (OutOfOffice("Enabled", internal="<p>in</p>", external="out é"), AutomaticReply(True, "out é", "<p>in</p>")),
        (OutOfOffice("Enabled", "Known", "in", "out"), AutomaticReply(True, "out", "in")),
        (OutOfOffice("Enabled", "None", "in", "never sent"), AutomaticReply(True, "", "in")),
        (OutOfOffice("Scheduled", internal="in", external="out", end="2126-11-23T14:00:00Z"), AutomaticReply(True, "out", "in", START, END)),
        (
            OutOfOffice("Scheduled", internal="in", external="out", start="2020-01-01T00:00:00Z", end="2020-01-02T00:00:00Z"),
            AutomaticReply(False, "out", "in", datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 1, 2, tzinfo=UTC)),
        ),
    ],
)
def test_automatic_replies(kept: OutOfOffice, seen: AutomaticReply, exchange: FakeExchange, store: Store):
    async def run() -> None:
        store.out_of_office = kept
        async with opened(exchange) as mailbox:
            assert await mailbox.automatic_reply() == seen

    asyncio.run(run())
