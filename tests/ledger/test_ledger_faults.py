"""The ledger unwell in every way we can make it: nothing is half written, the caller is told, and it comes back by itself."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import threading
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from gateway.ledger import ledger as ledger_module
from gateway.ledger.errors import LedgerUnavailable, RecordingFailed
from gateway.ledger.ledger import Ledger
from gateway.ledger.writer import Writer
from tests.ledger.given import HR, KEY, Clock, Rules, a_notice, an_inquiry
from tests.ledger.rows import message, notice, record_together, rows, service_case


@pytest.fixture(autouse=True)
def no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise each fault would make the test wait."""
    monkeypatch.setattr(ledger_module, "REST", 0.0)


@pytest.fixture
def database(ledger_url: str) -> Path:
    return Path(ledger_url.removeprefix("sqlite:///"))


@pytest.mark.parametrize("name", ["SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_BUSY", "SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_READONLY"])
def test_each_database_call_fails_once(ledger: Ledger, rules: Rules, with_writer, fail_at, name: str) -> None:
    """Everything submitted is either recorded or reported as not recorded; submitted again it is there exactly once."""

    async def body(writer: Writer) -> int:
        at = 0
        while True:
            at += 1
            inquiries = [an_inquiry(f"{at}-{number}") for number in range(3)]
            failing = fail_at(at, name)
            answers = await asyncio.gather(*(writer.submit(each) for each in inquiries), return_exceptions=True)
            again = [each for each, answer in zip(inquiries, answers, strict=True) if isinstance(answer, LedgerUnavailable)]
            assert not [each for each in answers if isinstance(each, Exception) and not isinstance(each, LedgerUnavailable)], answers
            if failing.calls < at:
                failing.at = 0  # the reads below must not meet it
                return at
            assert again, f"call {at} failed and nobody was told"
            for each in await asyncio.gather(*(writer.submit(one) for one in again)):
                assert not each.repeated, "what was reported as failed had been written"

    points = with_writer(body, decide=Rules(Clock(), cap=10**6))
    assert points > 10, "the loop must have reached every statement and the commit"
    for table in (message, service_case, notice):
        assert len(rows(ledger, table)) == 3 * points


def test_a_lock_of_another_process_fails_the_batch_quickly_and_passes(ledger: Ledger, database: Path, with_writer) -> None:
    async def body(writer: Writer) -> None:
        await writer.submit(an_inquiry("before"))
        with closing(sqlite3.connect(database, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            started = time.monotonic()
            with pytest.raises(LedgerUnavailable) as caught:
                await writer.submit(an_inquiry("locked out"))
            assert time.monotonic() - started < 2
            assert caught.value.why == "locked"
            assert not ledger.state.ok
            other.execute("ROLLBACK")
        await writer.submit(an_inquiry("locked out"))
        assert ledger.state.ok

    with_writer(body)
    assert len(rows(ledger, message)) == 2


def test_while_unwell_nobody_waits_for_the_lock_again(ledger: Ledger, database: Path, with_writer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_module, "REST", 30.0)

    async def body(writer: Writer) -> None:
        with closing(sqlite3.connect(database, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            with pytest.raises(LedgerUnavailable):
                await writer.submit(an_inquiry("first"))
            started = time.monotonic()
            for number in range(20):
                with pytest.raises(LedgerUnavailable, match="locked"):
                    await writer.submit(an_inquiry(f"n{number}"))
            assert time.monotonic() - started < 0.4

    with_writer(body)


@pytest.mark.parametrize("what", ["database", "database and log", "log", "folder", "replaced by another"])
def test_deleted_or_replaced_while_open_is_noticed(ledger: Ledger, database: Path, with_writer, tmp_path: Path, what: str) -> None:
    """SQLite goes on writing into a file that has no name any more, and says nothing."""
    log = database.with_name(database.name + "-wal")

    def strike() -> None:
        if what in ("database", "database and log"):
            database.unlink()
        if what in ("log", "database and log"):
            log.unlink()
        if what == "folder":
            database.parent.rename(tmp_path / "gone")
        if what == "replaced by another":
            other = Ledger(f"sqlite:///{tmp_path}/other.db", key=KEY, clock=Clock())
            other.open()
            record_together(other, Rules(Clock()), Clock(), an_inquiry("of another ledger"))
            other.close()
            (tmp_path / "other.db").rename(database)

    async def body(writer: Writer) -> None:
        await writer.submit(an_inquiry("before"))
        strike()
        recorded = await writer.submit(an_inquiry("after"))
        assert not recorded.repeated

    with_writer(body)
    ledger.close()
    with closing(sqlite3.connect(database)) as onlooker:
        assert onlooker.execute("SELECT count(*) FROM message WHERE id = (SELECT max(message_id) FROM sighting)").fetchone() == (1,)
        assert onlooker.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_deleted_during_a_batch_is_reported_not_believed(ledger: Ledger, database: Path, with_writer) -> None:
    rules = Rules(Clock())

    def decide(examination, history):
        if len(rules.histories) == 0:
            database.unlink()
        return rules(examination, history)

    async def body(writer: Writer) -> None:
        with pytest.raises(LedgerUnavailable, match="replaced"):
            await writer.submit(an_inquiry())
        assert not (await writer.submit(an_inquiry())).repeated

    with_writer(body, decide)
    assert len(rows(ledger, message)) == 1


def test_a_file_at_its_limit_is_disk_full(ledger: Ledger, clock: Clock) -> None:
    with ledger.writing() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(LedgerUnavailable, match="disk-full"):
        record_together(ledger, Rules(clock, octets=bytes(100_000)), clock, an_inquiry())
    record_together(ledger, Rules(clock), clock, an_inquiry())
    assert len(rows(ledger, message)) == 1


@pytest.mark.root
def test_read_only_disk(tmp_path: Path, clock: Clock, rules: Rules) -> None:
    folder = tmp_path / "var"
    ledger = Ledger(f"sqlite:///{folder}/gateway.db", key=KEY, clock=clock)
    ledger.open()
    record_together(ledger, rules, clock, an_inquiry("before"))
    ledger.close()
    if subprocess.run(["mount", "--bind", str(folder), str(folder)], capture_output=True, check=False).returncode:
        pytest.skip("cannot mount here")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(folder)], check=True)
        with pytest.raises(LedgerUnavailable) as caught:
            record_together(ledger, rules, clock, an_inquiry("during"))
        assert caught.value.why in ("read-only", "cannot-open")
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
    record_together(ledger, rules, clock, an_inquiry("after"))
    assert len(rows(ledger, message)) == 2
    ledger.close()


@pytest.mark.parametrize("junk", [b"this is no database, but long enough to look like a file of some kind" * 20, bytes(4096) + b"x"])
def test_a_corrupt_file_is_left_as_it_is(ledger_url: str, database: Path, clock: Clock, rules: Rules, junk: bytes) -> None:
    database.parent.mkdir(parents=True)
    database.write_bytes(junk)
    ledger = Ledger(ledger_url, key=KEY, clock=clock)
    with pytest.raises(LedgerUnavailable, match="corrupt"):
        ledger.open()
    with pytest.raises(LedgerUnavailable, match="corrupt"):
        record_together(ledger, rules, clock, an_inquiry())
    assert database.read_bytes() == junk
    assert ledger.state.why == "corrupt"
    assert sorted(path.name for path in database.parent.iterdir()) == ["gateway.db"]


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "file").write_text("in the way")
    ledger = Ledger(f"sqlite:///{tmp_path}/file/gateway.db", key=KEY, clock=clock)
    with pytest.raises(LedgerUnavailable, match="cannot-open"):
        ledger.open()


def test_reading_creates_nothing(tmp_path: Path, clock: Clock) -> None:
    ledger = Ledger(f"sqlite:///{tmp_path}/gateway.db", key=KEY, clock=clock)
    with pytest.raises(LedgerUnavailable, match="missing"), ledger.reading():
        pytest.fail("there is nothing to read")
    assert list(tmp_path.iterdir()) == []


def test_the_file_is_for_its_owner_only(ledger: Ledger, database: Path, rules: Rules, clock: Clock) -> None:
    record_together(ledger, rules, clock, an_inquiry())
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in database.parent.iterdir() if path.name != "gateway.db-shm"} == {
        "gateway.db": "0o600",
        "gateway.db-wal": "0o600",
    }


def test_a_bad_row_harms_only_itself(ledger: Ledger, rules: Rules, with_writer) -> None:
    bad = an_inquiry("bad", audience=None)

    async def body(writer: Writer) -> list[Any]:
        futures = [writer.submit(an_inquiry("a")), writer.submit(bad), writer.submit(an_inquiry("b"))]
        return await asyncio.gather(*futures, return_exceptions=True)

    good, failed, also_good = with_writer(body)
    assert isinstance(failed, RecordingFailed)
    assert "IntegrityError" in str(failed)
    assert not good.repeated
    assert not also_good.repeated
    assert len(rows(ledger, message)) == 2


def test_rules_that_raise_harm_only_their_message(ledger: Ledger, with_writer) -> None:
    rules = Rules(Clock())

    def decide(examination, history):
        if examination.inquirer == "breaks@example.org":
            raise ZeroDivisionError("canary text of a message")
        return rules(examination, history)

    async def body(writer: Writer) -> list[Any]:
        futures = [writer.submit(an_inquiry("a")), writer.submit(an_inquiry("x", "breaks@example.org")), writer.submit(an_inquiry("b"))]
        return await asyncio.gather(*futures, return_exceptions=True)

    _, failed, _ = with_writer(body, decide)
    assert isinstance(failed, RecordingFailed)
    assert "canary" not in str(failed)
    assert failed.__cause__ is None
    assert len(rows(ledger, message)) == 2


def test_no_error_text_quotes_a_row(ledger: Ledger, clock: Clock) -> None:
    def without_sender(examination, history):
        decision = Rules(clock)(examination, history)
        return replace(decision, notices=(a_notice(examination, mail_from=None),))

    with pytest.raises(IntegrityError, match=r"outgoing\.mail_from") as caught:
        record_together(ledger, without_sender, clock, an_inquiry())
    assert "canary" not in str(caught.value)


def test_work_of_others_shares_the_commit_and_undoes_only_itself(ledger: Ledger, rules: Rules, with_writer) -> None:
    def breaks(connection):
        connection.execute(message.delete())
        raise KeyError("mine")

    async def body(writer: Writer) -> list[Any]:
        futures = [
            writer.submit(an_inquiry("a")),
            writer.call(breaks),
            writer.call(lambda connection: len(connection.execute(message.select()).all())),
        ]
        return await asyncio.gather(*futures, return_exceptions=True)

    recorded, broken, counted = with_writer(body)
    assert recorded.identity
    assert isinstance(broken, KeyError)
    assert counted == 1


def test_a_cancelled_submission_is_not_written(ledger: Ledger, rules: Rules, with_writer) -> None:
    held = threading.Event()

    async def body(writer: Writer) -> None:
        blocking = writer.call(lambda _: held.wait(10))
        await asyncio.sleep(0)
        cancelled = writer.submit(an_inquiry("given up"))
        cancelled.cancel()
        kept = writer.submit(an_inquiry("kept"))
        held.set()
        await asyncio.gather(blocking, kept)

    with_writer(body)
    assert len(rows(ledger, message)) == 1


def test_after_draining_everything_is_written_and_nothing_is_taken(ledger: Ledger, rules: Rules) -> None:
    async def main() -> None:
        writer = Writer(ledger, rules)
        writer.start()
        futures = [writer.submit(an_inquiry(f"n{number}", f"p{number}@example.org")) for number in range(500)]
        assert await writer.drain(10)
        assert all(each.done() for each in futures)
        with pytest.raises(LedgerUnavailable, match="ended"):
            await writer.submit(an_inquiry("late"))

    asyncio.run(main())
    assert len(rows(ledger, message)) == 500


def test_a_ledger_that_starts_unwell_is_opened_by_the_writer_later(ledger_url: str, database: Path, rules: Rules, clock: Clock) -> None:
    database.parent.parent.mkdir(parents=True, exist_ok=True)
    database.parent.write_text("a file where the folder should be")
    ledger = Ledger(ledger_url, key=KEY, clock=clock)

    async def main() -> None:
        writer = Writer(ledger, rules)
        writer.start()
        with pytest.raises(LedgerUnavailable):
            await writer.submit(an_inquiry())
        database.parent.unlink()
        assert (await writer.submit(an_inquiry())).references
        assert await writer.drain(10)

    asyncio.run(main())
    assert rows(ledger, service_case)[0]["mailbox"] == HR
    ledger.close()
