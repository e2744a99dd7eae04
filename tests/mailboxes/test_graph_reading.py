"""A mailbox in Microsoft 365: each new message is given once, whatever Graph tells besides, and nothing old is new."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar

import pytest

from gateway.mailboxes import graph_folder
from gateway.mailboxes.graph import GraphReading, open_mailbox
from gateway.mailboxes.mailbox import Arrival, Changes, CursorLost, Folder, Mailbox, MailboxFault
from gateway.message.model import PREFIX_LIMIT
from tests.mailboxes.fake_graph import FakeGraph

T = TypeVar("T")
LIMIT = 7
NOW = datetime.now(UTC)


def run(graph: FakeGraph, work: Callable[[GraphReading], Awaitable[T]]) -> T:
    """In a process of its own, as it were: nothing is remembered from one to the next."""

    async def opened() -> T:
        mailbox = open_mailbox(graph.mailbox())
        try:
            return await work(mailbox)
        finally:
            await mailbox.close()

    return asyncio.run(opened())


async def to_the_end(mailbox: Mailbox, cursor: str, folder: Folder = "inbox") -> tuple[list[Arrival], str]:
    arrivals: list[Arrival] = []
    for _ in range(500):
        changes = await mailbox.changes(folder, cursor, LIMIT)
        assert len(changes.arrivals) <= LIMIT
        assert list(changes.arrivals) == sorted(changes.arrivals, key=lambda each: each.received_at)
        arrivals += changes.arrivals
        assert not changes.more or changes.cursor != cursor
        cursor = changes.cursor
        if not changes.more:
            return arrivals, cursor
    raise AssertionError("no end")


def begun(graph: FakeGraph, folder: Folder = "inbox") -> str:
    """A cursor that stands at now, its list read."""

    async def work(mailbox: Mailbox) -> str:
        first = await mailbox.changes(folder, None, LIMIT)
        assert not first.arrivals
        arrivals, cursor = await to_the_end(mailbox, first.cursor, folder)
        assert not arrivals
        return cursor

    return run(graph, work)


def seen(graph: FakeGraph, cursor: str, folder: Folder = "inbox") -> tuple[list[bytes], str]:
    arrivals, cursor = run(graph, lambda mailbox: to_the_end(mailbox, cursor, folder))
    return [each.octets for each in arrivals], cursor


def message(name: str | int) -> bytes:
    return f"Subject: {name}\r\n\r\nDear City\r\n".encode()


@pytest.mark.parametrize("folder", ["inbox", "sent"])
def test_a_folder_is_read_from_now_on_and_each_message_once(folder: Folder, graph: FakeGraph):
    for number in range(20):
        graph.put(message(f"old {number}"), folder, NOW - timedelta(minutes=1 + number))
    graph.delay = 0.005
    cursor = begun(graph, folder)
    graph.put(message("in the other folder"), "sent" if folder == "inbox" else "inbox")
    new = [graph.put(message(number), folder) for number in range(40)]
    arrivals, cursor = run(graph, lambda mailbox: to_the_end(mailbox, cursor, folder))
    assert Counter(each.octets for each in arrivals) == Counter(each.octets for each in new)
    assert {each.received_at for each in arrivals} == {each.received_at for each in new}
    assert graph.most_at_once == 4
    graph.put(message("last"), folder)
    assert seen(graph, cursor, folder)[0] == [message("last")]


def test_what_comes_while_the_first_list_is_read_is_new(graph: FakeGraph):
    async def work(mailbox: Mailbox) -> list[bytes]:
        first = await mailbox.changes("inbox", None, LIMIT)
        graph.put(message("meanwhile"), received_at=datetime.now(UTC) + timedelta(seconds=1))
        arrivals, cursor = await to_the_end(mailbox, first.cursor)
        # Taken by the server before the watch began, and a while on its way to the folder.
        graph.put(message("long on its way"), received_at=NOW - timedelta(minutes=5))
        graph.put(message("rescued from junk, years old"), received_at=NOW - timedelta(days=900))
        later, _ = await to_the_end(mailbox, cursor)
        return [each.octets for each in [*arrivals, *later]]

    assert run(graph, work) == [message("meanwhile"), message("long on its way")]


@pytest.mark.parametrize("obeys", [True, False])
def test_what_happens_to_a_message_is_no_arrival(obeys: bool, graph: FakeGraph):
    graph.obeys_change_type = obeys
    old = graph.put(message("old"), received_at=NOW - timedelta(days=3))
    before = graph.put(message("half an hour old"), received_at=NOW - timedelta(minutes=30))
    cursor = begun(graph)
    new, moved, gone = (graph.put(message(each)) for each in ("new", "moved", "gone"))
    graph.put(message("draft"), is_draft=True)
    graph.store.move(moved, "archive")
    graph.store.move(moved, "inbox")
    graph.store.delete(gone)

    async def work(mailbox: Mailbox) -> list[bytes]:
        await mailbox.changes("inbox", None, LIMIT)
        arrivals, after = await to_the_end(mailbox, cursor)
        for each in (old, before, new, moved):
            graph.store.update(each)
        graph.store.move(moved, "archive")
        graph.store.move(moved, "inbox")
        again, _ = await to_the_end(mailbox, after)
        assert not again
        return [each.octets for each in arrivals]

    assert sorted(run(graph, work)) == [message("moved"), message("new")]
    assert any("receivedDateTime,isDraft" in each and "delta" not in each for each in graph.asked) != obeys  # nor is it asked for


def test_the_same_question_has_the_same_answer(graph: FakeGraph):
    """The ledger did not take it: the watcher asks again."""
    cursor = begun(graph)
    graph.put(message("new"))

    async def work(mailbox: Mailbox) -> list[int]:
        return [len((await mailbox.changes("inbox", cursor, LIMIT)).arrivals) for _ in range(3)]

    assert run(graph, work) == [1, 1, 1]


def test_a_page_that_is_larger_than_asked_for_is_given_in_portions(graph: FakeGraph):
    graph.obeys_page_size = False
    cursor = begun(graph)
    for number in range(30):
        graph.put(message(number))
    found = list[bytes]()
    for _ in range(5):  # each portion in another process
        changes = run(graph, partial(GraphReading.changes, folder="inbox", cursor=cursor, limit=LIMIT))
        found += [each.octets for each in changes.arrivals]
        cursor = changes.cursor
    assert not changes.more
    assert Counter(found) == Counter(message(number) for number in range(30))


def test_a_filtered_query_that_falls_silent_has_been_replaced_by_then(graph: FakeGraph, monkeypatch: pytest.MonkeyPatch):
    """Graph's own limit is 5,000 messages; ours 2,000."""
    monkeypatch.setattr(graph_folder, "RENEW_AFTER", 10)
    graph.most_told = 25
    cursor, found = begun(graph), list[bytes]()
    for turn in range(12):
        for number in range(6):
            graph.put(message(6 * turn + number))
        octets, cursor = seen(graph, cursor)
        found += octets
    assert Counter(found) == Counter(message(number) for number in range(72))


def test_a_large_message_is_read_to_the_limit(graph: FakeGraph):
    cursor = begun(graph)
    graph.put(b"Subject: large\r\n\r\n" + b"x" * (3 * PREFIX_LIMIT))
    graph.put(b"Subject: just so\r\n\r\n".ljust(PREFIX_LIMIT, b"x"))
    arrivals, _ = run(graph, lambda mailbox: to_the_end(mailbox, cursor))
    by_name = {each.octets[9:14]: each for each in arrivals}
    assert not by_name[b"large"].complete
    assert len(by_name[b"large"].octets) == PREFIX_LIMIT
    assert by_name[b"just "].complete


async def whole_past(graph: FakeGraph, since: datetime) -> tuple[list[bytes], str]:
    """Each page by another process."""
    found, cursor = list[bytes](), None
    for _ in range(200):
        mailbox = open_mailbox(graph.mailbox())
        page: Changes = await mailbox.history("inbox", since, cursor, LIMIT)
        await mailbox.close()
        assert len(page.arrivals) <= LIMIT
        found += [each.octets for each in page.arrivals]
        assert not page.more or page.cursor != cursor
        cursor = page.cursor
        if not page.more:
            return found, cursor
    raise AssertionError("no end")


@pytest.mark.parametrize("top", [999, 5])
def test_the_past_comes_in_order_of_time_and_what_arrives_meanwhile_is_not_missed(top: int, graph: FakeGraph, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(graph_folder, "LARGEST_TOP", top)
    since = NOW - timedelta(days=30)
    graph.put(message("too old"), received_at=since - timedelta(seconds=1))
    at_once = [graph.put(message(f"moved here at once {number}"), received_at=since + timedelta(days=2)) for number in range(25)]
    later = [graph.put(message(f"later {number}"), received_at=since + timedelta(days=3 + number % 20, seconds=number)) for number in range(30)]
    graph.put(message("draft"), received_at=since + timedelta(days=4), is_draft=True)
    found, cursor = asyncio.run(whole_past(graph, since))
    assert found[:25] == [each.octets for each in at_once]
    assert found[25:] == [each.octets for each in sorted(later, key=lambda each: each.received_at)]
    graph.put(message("meanwhile"))
    octets, cursor = seen(graph, cursor)
    assert message("meanwhile") in octets
    assert message("too old") not in octets
    assert seen(graph, cursor)[0] == []


def test_an_empty_past_ends_at_once(graph: FakeGraph):
    assert asyncio.run(whole_past(graph, NOW - timedelta(days=30)))[0] == []


def lost(graph: FakeGraph, cursor: str) -> CursorLost:
    with pytest.raises(CursorLost) as raised:
        seen(graph, cursor)
    return raised.value


def test_a_place_that_graph_has_forgotten_is_found_again_by_the_past(graph: FakeGraph):
    cursor = begun(graph)
    graph.put(message("new"), received_at=NOW + timedelta(seconds=5))
    graph.store.tokens.clear()
    assert "SyncStateNotFound" in lost(graph, cursor).said
    graph.trouble("delta", status=410, code="", times=1)
    assert "410" in lost(graph, cursor).said
    found, cursor = asyncio.run(whole_past(graph, NOW - timedelta(days=1)))
    assert found == [message("new")]
    graph.put(message("newer"))
    assert message("newer") in seen(graph, cursor)[0]


def test_a_place_of_another_kind_of_server_or_another_one_is_lost(graph: FakeGraph):
    cursor = begun(graph)
    elsewhere = json.dumps({**json.loads(cursor), "link": "https://graph.elsewhere.example/v1.0/next"})
    for each in ("7:41", "{}", "[1]", elsewhere, json.dumps({**json.loads(cursor), "since": 7})):
        assert lost(graph, each).why == "fault"
    graph.trouble("delta", status=400, code="ErrorInvalidUrlQuery")
    assert "400" in lost(graph, cursor).said


def test_the_token_goes_nowhere_else(graph: FakeGraph):
    """Wherever a link of the answer leads."""
    cursor = begun(graph)
    for number in range(20):
        graph.put(message(number))
    for root in ("https://localhost:1", graph.url.replace("https:", "http:"), f"{graph.url}0", f"{graph.url}@elsewhere.example"):
        graph.link_root = root
        with pytest.raises(MailboxFault, match=r"malformed: .* another server"):
            seen(graph, cursor)


def test_a_message_that_cannot_be_given_is_passed_over_and_one_that_is_gone_not_counted(graph: FakeGraph):
    cursor = begun(graph)
    bad, gone, good = (graph.put(message(each)) for each in ("bad", "gone", "good"))
    graph.trouble(f"{bad.immutable[-8:]}.*value$", status=500, code="ErrorMimeContentConversionFailed")
    graph.trouble(f"{gone.immutable[-8:]}.*value$", status=404, code="ErrorItemNotFound")
    changes = run(graph, lambda mailbox: mailbox.changes("inbox", cursor, LIMIT))
    assert ([each.octets for each in changes.arrivals], changes.unreadable) == ([good.octets], 1)


@pytest.mark.parametrize("kind", ["status", "cut", "drop"])
def test_a_message_that_breaks_the_answer_is_passed_over_only_where_others_are_given(kind: str, graph: FakeGraph):
    cursor = begun(graph)
    bad = graph.put(message("bad"))
    graph.trouble(f"{bad.immutable[-8:]}.*value$", kind=kind)

    async def work(mailbox: Mailbox) -> Changes:
        for _ in range(4):
            with pytest.raises(MailboxFault):
                await mailbox.changes("inbox", cursor, LIMIT)
        graph.put(message("good"))
        return await mailbox.changes("inbox", cursor, LIMIT)

    changes = run(graph, work)
    assert ([each.octets for each in changes.arrivals], changes.unreadable) == ([message("good")], 1)


def test_a_server_that_gives_no_message_at_all_loses_none(graph: FakeGraph):
    cursor = begun(graph)
    for number in range(5):
        graph.put(message(number))
    outage = graph.trouble("value$")

    async def work(mailbox: Mailbox) -> int:
        for _ in range(5):
            with pytest.raises(MailboxFault):
                await mailbox.changes("inbox", cursor, LIMIT)
        outage.times = 0
        return len((await mailbox.changes("inbox", cursor, LIMIT)).arrivals)

    assert run(graph, work) == 5


def test_an_entry_without_a_time_is_asked_for_it(graph: FakeGraph):
    """A query that was begun by somebody else may tell of changes with the id alone."""
    graph.obeys_change_type = False
    cursor = begun(graph)
    new = graph.put(message("new"))
    with graph.store.lock:
        graph.store.log[-1] = ("inbox", "updated", new.number)
    assert seen(graph, cursor)[0] == [message("new")]
