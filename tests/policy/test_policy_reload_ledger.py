"""The rulebook in force and the ledger: what is kept comes back, also from a ledger that was away at the start."""

from __future__ import annotations

import asyncio
import errno
import shutil
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.ledger import policy_rows
from gateway.ledger.ledger import Ledger
from gateway.ledger.policy_rows import Now
from gateway.ledger.records import Decision
from gateway.ledger.writer import Writer
from gateway.rulebook_in_force import QUIET, RulebookInForce
from gateway.settings import PathSettings, Settings
from tests.policy.policy_folders import NOW, ROOT

KEY = bytes(range(32))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    for name in ("policies", "templates", "signatures"):
        shutil.copytree(ROOT / name, tmp_path / name)
    return Settings(paths=PathSettings(**{name: tmp_path / name for name in ("policies", "templates", "signatures")}))


def ledger_in(tmp_path: Path) -> Ledger:
    return Ledger(f"sqlite:///{tmp_path}/gateway.db", key=KEY, clock=lambda: datetime.now(UTC))


def no_mail(*_: object) -> Decision:
    raise AssertionError("no message here")


async def watched(in_force: RulebookInForce, ledger: Ledger, scene: Callable[[], Awaitable[None]]) -> None:
    writer = Writer(ledger, no_mail)
    writer.start()
    watch = asyncio.create_task(in_force.watch(writer, lambda: None))
    try:
        async with asyncio.timeout(15):
            await scene()
    finally:
        watch.cancel()
        await asyncio.gather(watch, return_exceptions=True)
        await writer.drain()
        ledger.close()


async def until(condition: Callable[[], object]) -> None:
    while not condition():  # noqa: ASYNC110 - it waits for what another thread or the ledger does
        await asyncio.sleep(0.02)


def changes(ledger: Ledger) -> list[tuple[str, str]]:
    with ledger.reading() as connection:
        return [(each.file, each.outcome) for each in policy_rows.changes(connection, 100)]


def test_last_good_files_come_back_from_a_ledger_that_was_away_at_the_start(settings: Settings, tmp_path: Path) -> None:
    city = settings.paths.policies / "city.yaml"
    good, text = city.read_bytes(), "name: {en: City\n"
    city.write_text(text)
    in_force = RulebookInForce(settings, KEY, ledger_in(tmp_path), lambda: NOW)
    in_force.read()
    assert in_force() is None
    assert "no policy is good" in in_force.health
    ledger = ledger_in(tmp_path)
    ledger.open()
    with ledger.writing() as connection:
        policy_rows.record(connection, {"policies/city.yaml": Now(good, None)}, "v1", NOW)
    asyncio.run(watched(in_force, ledger, lambda: until(in_force)))
    assert "policies/city.yaml line " in in_force.health


def test_a_change_is_in_force_recorded_and_told_and_the_next_start_knows(settings: Settings, tmp_path: Path) -> None:
    ledger = ledger_in(tmp_path)
    ledger.open()
    now = datetime.now(UTC)
    in_force = RulebookInForce(settings, KEY, ledger, lambda: now)
    in_force.read()
    first = in_force()
    assert first is not None
    file = settings.paths.policies / "human-resources.yaml"

    def waiting() -> int:
        with ledger.reading() as connection:
            return int(connection.exec_driver_sql("SELECT count(*) FROM notice WHERE kind = 'news'").scalar_one())

    async def scene() -> None:
        nonlocal now
        await until(lambda: changes(ledger))
        file.write_text(file.read_text().replace("416-555-0143", "416-555-0149"))
        await until(lambda: changes(ledger)[-1] == ("policies/human-resources.yaml", "took-effect"))
        assert in_force() is not first
        assert waiting() == 0, "perhaps somebody is still saving"
        now += QUIET + timedelta(seconds=1)
        await until(waiting)
        assert waiting() == 1

    asyncio.run(watched(in_force, ledger, scene))
    before = changes(ledger)
    file.write_text("division: [")
    again = RulebookInForce(settings, KEY, ledger, lambda: now)
    again.read()
    second = again()
    assert second is not None
    assert in_force() is not None
    assert second.policy.version == in_force().policy.version  # type: ignore[union-attr]
    assert second.policy.divisions["human-resources"].contacts.tty == "416-555-0149"
    assert changes(ledger) == before, "reading alone records nothing"


def test_a_fault_of_ours_in_the_reading_leaves_the_policy_in_force(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_force = RulebookInForce(settings, KEY, ledger_in(tmp_path), lambda: NOW)
    in_force.read()
    before = in_force()
    assert before is not None

    def broken(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("gateway.rulebook_in_force.settle_rulebook", broken)
    in_force.read()
    assert in_force() is before


@pytest.mark.parametrize(("what", "number"), [("iterdir", errno.EMFILE), ("open", errno.ENOMEM), ("open", None)])
def test_want_of_descriptors_or_memory_is_no_change_of_policy(what: str, number: int | None, settings: Settings, tmp_path: Path) -> None:
    """Nobody is told that a file is bad, and what was saved meanwhile is read when there is room again."""
    ledger = ledger_in(tmp_path)
    ledger.open()
    in_force = RulebookInForce(settings, KEY, ledger, lambda: NOW)
    in_force.read()
    before = in_force()
    file = settings.paths.policies / "human-resources.yaml"
    file.write_text(file.read_text().replace("416-555-0143", "416-555-0149"))

    def no_room(*_: object, **__: object) -> None:
        raise MemoryError if number is None else OSError(number, "no room")

    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(Path, what, no_room)
        in_force.read()
    assert in_force() is before
    assert in_force.health == "ok"
    asyncio.run(watched(in_force, ledger, lambda: until(lambda: in_force() is not before)))
    assert in_force.health == "ok"
