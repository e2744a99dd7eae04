"""Watchers without sockets: a mailbox in memory, the real intake, rules and ledger, and a clock in which an hour takes two seconds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Table, select

from gateway.intake import Intake
from gateway.ledger import watch_rows
from gateway.ledger.journal import Journal
from gateway.ledger.ledger import Ledger
from gateway.ledger.watch_rows import LeaseLost
from gateway.ledger.writer import Writer
from gateway.mailboxes.mailbox import Arrival, AutomaticReply, Changes, CursorLost, Folder, MailboxFault
from gateway.mailboxes.reading import Surroundings
from gateway.mailboxes.watcher import Watcher
from gateway.rulebook import Rulebook
from gateway.settings.mailboxes import MaildirMailbox
from tests.warnings.staff_rig import KEY, shipped

START = datetime(2026, 11, 16, 15, 0, tzinfo=UTC)
"""Monday, 10:00 in Toronto."""
SPEED = 2000.0


class FastClock:
    """Runs SPEED times as fast as the world."""

    def __init__(self, speed: float = SPEED) -> None:
        self._speed = speed
        self._began = time.monotonic()

    def __call__(self) -> datetime:
        return START + timedelta(seconds=(time.monotonic() - self._began) * self._speed)

    async def pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._speed)


@dataclass
class MemoryMailbox:
    """Says what it is told to."""

    clock: FastClock
    kept: dict[Folder, list[Arrival]] = field(default_factory=lambda: {"inbox": [], "sent": []})
    fault: MailboxFault | None = None
    reply: AutomaticReply | None = None
    asked: list[datetime] = field(default_factory=list)
    """When it was asked for changes of the inbox."""
    forgets: int = 0
    """So many times it has lost the place."""
    closed: int = 0

    def deliver(self, octets: bytes, folder: Folder = "inbox", at: datetime | None = None) -> None:
        self.kept[folder].append(Arrival(octets, len(octets), at or self.clock()))

    async def changes(self, folder: Folder, cursor: str | None, limit: int) -> Changes:
        if folder == "inbox":
            self.asked.append(self.clock())
        self._stumble()
        if cursor is None:
            return Changes((), str(len(self.kept[folder])))
        if self.forgets:
            self.forgets -= 1
            raise CursorLost("the place is gone")
        return self._page(folder, int(cursor), limit)

    async def history(self, folder: Folder, since: datetime, cursor: str | None, limit: int) -> Changes:
        self._stumble()
        first = next((number for number, each in enumerate(self.kept[folder]) if each.received_at >= since), len(self.kept[folder]))
        return self._page(folder, int(cursor) if cursor else first, limit)

    async def wait(self, seconds: float) -> None:
        self._stumble()
        await self.clock.pause(seconds)

    async def automatic_reply(self) -> AutomaticReply | None:
        self._stumble()
        return self.reply

    async def close(self) -> None:
        self.closed += 1

    def _page(self, folder: Folder, start: int, limit: int) -> Changes:
        found = self.kept[folder][start : start + limit]
        return Changes(tuple(found), str(start + len(found)), more=start + len(found) < len(self.kept[folder]))

    def _stumble(self) -> None:
        if self.fault is not None:
            raise self.fault


@dataclass
class Scene:
    """A ledger with its writer and intake, and watchers on it."""

    ledger: Ledger
    writer: Writer
    intake: Intake
    clock: FastClock
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def around(self, token: str = "one") -> Surroundings:
        rulebook = shipped()
        return Surroundings(
            self.intake, self.writer, self.ledger.pseudonyms, token, rulebook.policy.organization_domains, lambda: rulebook.policy.zone, self.clock,
            self.clock.pause, lambda: 0.5,
        )  # fmt: skip

    async def hold(self, *names: str, token: str = "one", seconds: float = 10**6) -> frozenset[str]:
        now = self.clock()
        return await self.writer.call(lambda connection: watch_rows.claim(connection, names, token, now, now + timedelta(seconds=seconds)))

    async def watch(self, mailbox: MemoryMailbox, name: str = "hr", token: str = "one", **settings: Any) -> Watcher:
        """With its lease held."""
        await self.hold(name, token=token)
        watcher = Watcher(watched(name, **settings), lambda: mailbox, self.around(token))
        self.tasks.append(asyncio.create_task(_until_lost(watcher)))
        return watcher

    def rows(self, table: Table) -> list[dict[str, Any]]:
        with self.ledger.reading() as connection:
            return [dict(row._mapping) for row in connection.execute(select(table).order_by(*table.primary_key))]

    async def until(self, holds: Callable[[], object], what: str, within: float = 15.0) -> None:
        """Bounded by real seconds."""
        end = time.monotonic() + within
        while not holds():
            assert time.monotonic() < end, f"not within {within:g} s: {what}"
            await asyncio.sleep(0.005)


async def _until_lost(watcher: Watcher) -> None:
    with suppress(LeaseLost):
        await watcher.run()


def watched(name: str = "hr", **settings: Any) -> MaildirMailbox:
    given = {"address": "hr@toronto.example", "watch": ("inbox", "sent"), "poll_every": "60s", **settings}
    return MaildirMailbox(name=name, source="maildir", folder=Path("unused"), **given)


@asynccontextmanager
async def scene(folder: Path, rulebook: Rulebook | None = None, speed: float = SPEED) -> AsyncIterator[Scene]:
    clock = FastClock(speed)
    ledger = Ledger(f"sqlite:///{folder}/gateway.db", key=KEY, clock=clock)
    ledger.open()
    intake = Intake(lambda: rulebook or shipped(), Journal(folder / "journal", reserve=1 << 16), clock, 2.0, wake=lambda: None)
    writer = Writer(ledger, intake.decide)
    intake.use(writer)
    writer.start()
    made = Scene(ledger, writer, intake, clock)
    try:
        yield made
    finally:
        for each in made.tasks:
            each.cancel()
        await asyncio.gather(*made.tasks, return_exceptions=True)
        assert await writer.drain(10)
        ledger.close()


def run(folder: Path, body: Callable[[Scene], Awaitable[None]], **how: Any) -> None:
    """The body, in a scene of its own."""

    async def main() -> None:
        async with scene(folder, **how) as made:
            await body(made)

    asyncio.run(main())


def letter(number: int, *, return_path: bool = True, sender: str = "", **fields: str) -> bytes:
    author = sender or f"resident{number}@example.org"
    header = {
        "From": author, "To": "hr@toronto.example", "Subject": "A question about a posting", "Date": "Mon, 16 Nov 2026 10:00:00 -0500",
        "Message-ID": f"<{number}@example.org>", **{name.replace("_", "-"): value for name, value in fields.items()},
    }  # fmt: skip
    top = f"Return-Path: <{author}>\r\n" if return_path else ""
    return (
        top + "".join(f"{name}: {value}\r\n" for name, value in header.items()) + "\r\nHello,\r\n\r\nis the posting still open?\r\n\r\nThank you\r\n"
    ).encode()
