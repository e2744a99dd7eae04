"""A Maildir as people and programs treat it: flags change, files move and vanish, clocks are wrong, old mail is put back."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.mailboxes.mailbox import Changes, CursorLost, MailboxFault
from gateway.mailboxes.maildir import MaildirMailboxReader, open_mailbox
from gateway.mailboxes.maildir_cursor import WINDOW, FutureCursor
from gateway.settings.mailboxes import MaildirMailbox
from tests.harness.waiting import wait_for


class Box:
    """A Maildir on disk, and a reader of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for leaf in ("tmp", "new", "cur"):
            (folder / leaf).mkdir(parents=True)
        self.reader = MaildirMailboxReader({"inbox": folder, "sent": None})
        self.number = 0

    def put(self, text: str, *, leaf: str = "new", name: str | None = None, flags: str = "", mtime: float | None = None) -> Path:
        self.number += 1
        path = self.folder / leaf / f"{name or f'{int(time.time())}.M{self.number}.host'}{flags}"
        path.write_bytes(text.encode())
        if mtime is not None:
            os.utime(path, (mtime, mtime))
        return path

    def changes(self, cursor: str | None, limit: int = 100) -> Changes:
        return asyncio.run(self._changes(cursor, limit))

    async def _changes(self, cursor: str | None, limit: int) -> Changes:
        try:
            return await self.reader.changes("inbox", cursor, limit)
        finally:
            await self.reader.close()

    def history(self, since: datetime, cursor: str | None = None, limit: int = 100) -> Changes:
        return asyncio.run(self.reader.history("inbox", since, cursor, limit))


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    box = Box(tmp_path / "box")
    yield box
    asyncio.run(box.reader.close())


def texts(changes: Changes) -> list[str]:
    return [each.octets.decode() for each in changes.arrivals]


def test_it_begins_at_now_and_gives_what_comes_once(box: Box) -> None:
    box.put("old")
    box.put("old, too", leaf="cur", flags=":2,S")
    first = box.changes(None)
    assert first.arrivals == ()
    box.put("one")
    box.put("two", leaf="cur", flags=":2,")
    second = box.changes(first.cursor)
    assert (sorted(texts(second)), second.more) == (["one", "two"], False)
    assert box.changes(second.cursor).arrivals == ()


def test_flags_and_folders_of_a_message_do_not_matter(box: Box) -> None:
    start = box.changes(None)
    path = box.put("one")
    seen = box.changes(start.cursor)
    moved = path.rename(box.folder / "cur" / f"{path.name}:2,S")
    assert box.changes(seen.cursor).arrivals == ()
    moved.rename(moved.with_name(moved.name + "F"))
    assert box.changes(seen.cursor).arrivals == ()


def test_pages_lose_nothing(box: Box) -> None:
    cursor = box.changes(None).cursor
    for number in range(25):
        box.put(str(number))
    found: list[str] = []
    while True:
        page = box.changes(cursor, limit=4)
        found += texts(page)
        cursor = page.cursor
        if not page.more:
            break
    assert sorted(found, key=int) == [str(number) for number in range(25)]


def test_receipt_is_the_time_of_the_file(box: Box) -> None:
    start = box.changes(None)
    box.put("one", mtime=1_790_000_000.5)
    [arrival] = box.changes(start.cursor).arrivals
    assert arrival.received_at == datetime.fromtimestamp(1_790_000_000.5, UTC)
    assert (arrival.size, arrival.complete) == (3, True)


def test_only_a_prefix_of_a_large_message_is_read(box: Box) -> None:
    start = box.changes(None)
    box.put("x" * (1 << 20) + "yz")
    [arrival] = box.changes(start.cursor).arrivals
    assert (len(arrival.octets), arrival.size, arrival.complete) == (1 << 20, (1 << 20) + 2, False)


def test_a_clock_that_is_years_ahead_overlooks_nothing(box: Box) -> None:
    cursor = box.changes(None).cursor
    box.put("future", name=f"{int(time.time()) + 10**8}.M1.host")
    found = box.changes(cursor)
    assert texts(found) == ["future"]
    box.put("one")
    assert texts(box.changes(found.cursor)) == ["one"]


def test_what_an_agent_brings_late_counts_by_when_it_came(box: Box) -> None:
    """A synchroniser sets mtime to the time of receipt, days ago; the name says that it came now."""
    cursor = box.changes(None).cursor
    box.put("late", mtime=time.time() - 10 * 86400)
    assert texts(box.changes(cursor)) == ["late"]


def test_names_of_another_form_count_by_their_time(box: Box) -> None:
    box.put("old", name="msg.aaaa", mtime=time.time() - 3 * 86400)
    cursor = box.changes(None).cursor
    box.put("new", name="msg.bbbb")
    found = box.changes(cursor)
    assert texts(found) == ["new"]
    box.put("restored", name="msg.cccc", mtime=time.time() - 9 * 86400)
    assert box.changes(found.cursor).arrivals == (), "somebody put it back"


def test_a_file_that_vanishes_or_cannot_be_read_stops_nothing(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    cursor = box.changes(None).cursor
    gone, stays = box.put("gone"), box.put("stays")
    (box.folder / "new" / f"{int(time.time())}.M77.host").mkdir()
    listing = box.reader._list

    def vanishing(folder):
        found = listing(folder)
        gone.unlink(missing_ok=True)
        if stays.exists():
            stays.rename(box.folder / "cur" / f"{stays.name}:2,S")  # read by a person in this very moment
        return found

    monkeypatch.setattr(box.reader, "_list", vanishing)
    found = box.changes(cursor)
    assert (texts(found), found.unreadable) == (["stays"], 1)


def test_what_is_no_maildir_is_said(tmp_path: Path) -> None:
    reader = MaildirMailboxReader({"inbox": tmp_path / "nowhere", "sent": None})
    with pytest.raises(MailboxFault, match="new, cur and tmp") as caught:
        asyncio.run(reader.changes("inbox", None, 10))
    assert caught.value.why == "missing"


@pytest.mark.parametrize("cursor", ["", "{}", "nonsense", '{"at": "x", "seen": {}}', "[1]", '{"at": 1, "seen": 3}'])
def test_a_cursor_that_is_none_is_a_lost_one(box: Box, cursor: str) -> None:
    with pytest.raises(CursorLost):
        box.changes(cursor)


def test_without_sent_items_there_are_none(box: Box) -> None:
    first = asyncio.run(box.reader.changes("sent", None, 10))
    assert asyncio.run(box.reader.changes("sent", first.cursor, 10)).arrivals == ()
    assert asyncio.run(box.reader.history("sent", datetime(2020, 1, 1, tzinfo=UTC), None, 10)).arrivals == ()


def test_history_is_in_order_of_receipt_and_hands_over_to_changes(box: Box) -> None:
    base = int(time.time()) - 30 * 86400
    for number in (3, 1, 2, 0, 4):
        box.put(str(number), name=f"{int(base + number)}.M{number}.host", mtime=base + number * 3600)
    first = box.history(datetime.fromtimestamp(base + 3600, UTC), limit=2)
    box.put("meanwhile")
    second = box.history(datetime.fromtimestamp(base + 3600, UTC), first.cursor, limit=2)
    assert (texts(first), first.more, texts(second), second.more) == (["1", "2"], True, ["3", "4"], True)
    third = box.history(datetime.fromtimestamp(base + 3600, UTC), second.cursor, limit=2)
    assert (texts(third), third.more) == (["meanwhile"], False)
    box.put("afterwards")
    assert "afterwards" in texts(box.changes(third.cursor))


def test_a_change_is_noticed_at_once_and_nothing_stays_behind(box: Box) -> None:
    async def scene() -> float:
        reader = open_mailbox(MaildirMailbox(name="hr", address="hr@toronto.example", source="maildir", folder=box.folder))
        cursor = (await reader.changes("inbox", None, 10)).cursor
        await asyncio.sleep(0.3)  # the notifier begins in a thread of its own
        began = time.monotonic()
        waiting = asyncio.create_task(reader.wait(20))
        await asyncio.sleep(0)
        box.put("one")
        await waiting
        took = time.monotonic() - began
        assert texts(await reader.changes("inbox", cursor, 10)) == ["one"]
        await reader.wait(0.05)
        await reader.close()
        return took

    assert asyncio.run(scene()) < 5
    wait_for(lambda: not [each for each in threading.enumerate() if each.name == "maildir"], "its thread has ended")


Moments = st.floats(min_value=0, max_value=10 * WINDOW)


@settings(max_examples=200)
@given(
    st.lists(
        st.tuples(st.text(min_size=1, max_size=5), st.floats(min_value=-WINDOW / 2, max_value=WINDOW / 2)),
        max_size=30,
        unique_by=lambda each: each[0],
    )
)
def test_names_that_come_within_the_window_are_seen_exactly_once(names: list[tuple[str, float]]) -> None:
    """Each comes at its own time, by a clock that is wrong by up to half of the window."""
    now, place, seen = 1_790_000_000.0, FutureCursor.beginning((), 1_790_000_000.0), []
    present: list[tuple[str, float]] = []
    for name, wrong_by in names:
        now += 600.0
        present.append((name, now + wrong_by))
        place = FutureCursor.read(place.text)
        fresh = [each for each in present if not place.has_seen(*each)]
        seen += [name for name, _ in fresh]
        place = place.after(fresh, now)
    assert seen == [name for name, _ in names]
