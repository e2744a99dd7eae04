"""The disk fills up: the log leaves its room to the rows, what cannot be written is said once, and with room it goes on by itself."""

from __future__ import annotations

import os
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gateway.ledger import dialect
from gateway.ledger import ledger as ledger_module
from gateway.ledger.errors import LedgerUnavailable
from gateway.ledger.ledger import Ledger
from tests.ledger.disks import fill, small_disk
from tests.ledger.given import KEY, Clock, Rules, an_inquiry
from tests.ledger.rows import message, record_together, rows


@pytest.fixture(autouse=True)
def no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise each fault would make the test wait."""
    monkeypatch.setattr(ledger_module, "REST", 0.0)


def test_the_log_is_written_back_between_batches(tmp_path: Path, rules: Rules, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialect, "_NEARLY_FULL", 0)
    path = tmp_path / "gateway.db"
    ledger = Ledger(f"sqlite:///{path}", key=KEY, clock=clock)
    ledger.open()
    record_together(ledger, rules, clock, an_inquiry("one"))
    identity = rows(ledger, message)[0]["identity"].encode()
    ledger.write_back()
    assert identity not in path.read_bytes(), "not for a few rows"
    monkeypatch.setattr(dialect, "_WRITE_BACK_PAGES", 1)
    record_together(ledger, rules, clock, an_inquiry("two"))
    ledger.write_back()
    assert identity in path.read_bytes()
    ledger.close()
    ledger.write_back()


@pytest.mark.root
def test_disk_full_and_room_again(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", megabytes=2) as disk:
        _fill_and_free(disk)


def _fill_and_free(disk: Path) -> None:
    clock = Clock()
    ledger = Ledger(f"sqlite:///{disk}/gateway.db", key=KEY, clock=clock)
    ledger.open()
    ballast = disk / "ballast"
    fill(ballast)
    with pytest.raises(LedgerUnavailable) as caught:
        _record_for_ever(ledger, clock)
    assert caught.value.why in ("disk-full", "io-error")
    with capture_logs() as logs:
        for _ in range(5):
            with suppress(LedgerUnavailable), ledger.writing():
                pass  # a look that writes nothing, as the outbox takes
    assert not ledger.state.ok
    assert logs == [], "a full disk is said once, not each time somebody looks"
    before = len(rows(ledger, message))
    ballast.unlink()
    record_together(ledger, Rules(clock), clock, an_inquiry("room again"))
    assert ledger.state.ok
    assert len(rows(ledger, message)) == before + 1
    ledger.close()


def _record_for_ever(ledger: Ledger, clock: Clock) -> None:
    for number in count():
        _record_many(ledger, clock, str(number), 1)


def _record_many(ledger: Ledger, clock: Clock, name: str, batches: int) -> None:
    """As the writer does it: some messages to a batch, and care after each."""
    for batch in range(batches):
        together = [an_inquiry(f"{name}-{batch}-{number}", f"{name}{batch}-{number}@example.org") for number in range(5)]
        record_together(ledger, Rules(clock, octets=bytes(3000)), clock, *together)
        ledger.write_back()


@pytest.mark.root
def test_a_small_disk_is_filled_by_rows_not_by_the_log(tmp_path: Path, clock: Clock) -> None:
    with small_disk(tmp_path / "disk", megabytes=6) as disk:
        ledger = Ledger(f"sqlite:///{disk}/gateway.db", key=KEY, clock=clock)
        ledger.open()
        with pytest.raises(LedgerUnavailable):
            _record_for_ever(ledger, clock)
        before = len(rows(ledger, message))
        assert before > 800, "six megabytes hold so many; with a log of its own length it was a hundred"
        ledger.close()


@pytest.mark.root
def test_a_few_megabytes_are_enough_after_a_disk_was_filled_by_others(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log was long when it came. What is freed is for rows, not for a log that grows longer still."""
    with small_disk(tmp_path / "disk", megabytes=12) as disk:
        ledger = Ledger(f"sqlite:///{disk}/gateway.db", key=KEY, clock=clock)
        ledger.open()
        ballast = disk / "ballast"
        with monkeypatch.context() as ample:
            ample.setattr(dialect, "_NEARLY_FULL", 0)
            _record_many(ledger, clock, "before", 30)
            fill(ballast)
        assert (disk / "gateway.db-wal").stat().st_size > 4_000_000
        with pytest.raises(LedgerUnavailable):
            _record_for_ever(ledger, clock)
        os.truncate(ballast, ballast.stat().st_size - (2 << 20))
        _record_many(ledger, clock, "after", 30)
        assert len(rows(ledger, message)) == 60 * 5
        ledger.close()
