"""The journal: durable when it says so, readable whatever was torn, empty of people when the ledger has it."""

from __future__ import annotations

import errno
import os
import random
import resource
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from gateway.ledger.errors import JournalFailed
from gateway.ledger.journal import SEGMENT, Journal
from tests.ledger.disks import fill, small_disk
from tests.ledger.given import RESIDENT

SMALL = 8 << 20
HEADER = {"mail_from": RESIDENT, "rcpt_to": ["hr@toronto.example"], "size": 7}
OCTETS = b"Subject: canary secret\r\n\r\nSPGr\0\xff canary text\r\n"


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "journal", reserve=SMALL)
    journal.open()
    yield journal
    journal.close()


def on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def waiting(journal: Journal) -> list[bytes]:
    return [each.octets for each in journal.replay()]


def test_what_was_appended_comes_back_oldest_first(journal: Journal) -> None:
    for number in range(50):
        journal.append({**HEADER, "number": number}, OCTETS * number)
    records = list(journal.replay())
    assert [each.header["number"] for each in records] == list(range(50))
    assert [each.octets for each in records] == [OCTETS * number for number in range(50)]
    assert journal.pending == 50
    assert waiting(journal) == waiting(journal), "reading forgets nothing"


def test_forgetting_leaves_nothing_of_anybody_on_the_disk(journal: Journal, tmp_path: Path) -> None:
    for _ in range(3):
        journal.append(HEADER, OCTETS)
    first, *others = journal.replay()
    journal.forget(first)
    assert on_disk(tmp_path).count(b"canary.resident") == 2
    for each in others:
        journal.forget(each)
        journal.forget(each)
    assert b"canary" not in on_disk(tmp_path)
    assert journal.pending == 0
    assert set(on_disk(tmp_path)) == {0}


def test_a_process_that_dies_leaves_its_records_to_the_next(tmp_path: Path) -> None:
    child = (
        "import os, sys; from pathlib import Path; from gateway.ledger.journal import Journal;"
        "journal = Journal(Path(sys.argv[1]));"
        "[journal.append({'number': number}, b'x' * 1000) for number in range(20)]; os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", child, str(tmp_path / "journal")], check=False, capture_output=True).returncode == -9
    journal = Journal(tmp_path / "journal")
    assert [each.header["number"] for each in journal.replay()] == list(range(20))
    journal.append({"number": 20}, b"later")
    assert [each.header["number"] for each in journal.replay()] == list(range(21)), "older ones first"
    for each in journal.replay():
        journal.forget(each)
    journal.close()
    again = Journal(tmp_path / "journal")
    assert list(again.replay()) == []
    again.close()


def test_the_segments_of_a_living_process_are_left_alone(journal: Journal, tmp_path: Path) -> None:
    journal.append(HEADER, b"mine")
    second = Journal(tmp_path / "journal", reserve=SMALL)
    second.open()
    second.append(HEADER, b"yours")
    assert waiting(second) == [b"yours"]
    assert waiting(journal) == [b"mine"]
    second.close()


def test_a_segment_that_another_worker_took_away_meanwhile_is_no_trouble(tmp_path: Path) -> None:
    """Two workers that start together: one puts a spare segment away while the other has it on its list. It said "unusable" until an outage."""
    (tmp_path / "000007.segment").symlink_to(tmp_path / "put-away")
    journal = Journal(tmp_path)
    journal.open()
    assert journal.health == "ok"
    journal.close()


def _torn(journal: Journal) -> tuple[Path, bytes]:
    """A segment with three records, and its octets up to the last of them."""
    for octets in (b"first" * 3, b"second" * 3, b"third" * 3):
        journal.append({"n": 1}, octets)
    journal.close()
    [path] = [path for path in sorted(journal._folder.iterdir()) if path.read_bytes().strip(b"\0")]
    return path, path.read_bytes()


def test_a_process_that_ends_after_we_began_leaves_its_records_to_us(journal: Journal, tmp_path: Path) -> None:
    """A worker that drains while its successor serves already; else they would wait for the next start."""
    before = Journal(tmp_path / "journal", reserve=0)
    before.append({"number": 1}, b"old")
    journal.append({"number": 2}, b"new")
    assert [each.header for each in journal.replay()] == [{"number": 2}]
    before.close()
    assert sorted(each.header["number"] for each in journal.replay()) == [1, 2]
    for each in list(journal.replay()):
        journal.forget(each)
    assert waiting(journal) == []


def test_a_tail_torn_at_any_octet_loses_only_what_was_not_durable(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal", reserve=SEGMENT)
    path, whole = _torn(journal)
    end = len(whole.rstrip(b"\0"))
    ends = [whole.find(each * 3) + 3 * len(each) for each in (b"first", b"second", b"third")]
    for cut in range(end + 1):
        torn = bytearray(end + 64)
        torn[:cut] = whole[:cut]
        path.write_bytes(torn)
        adopted = Journal(tmp_path / "journal", reserve=0)
        expected = sum(1 for each in ends if each <= cut)
        found = waiting(adopted)
        assert found == [b"first" * 3, b"second" * 3, b"third" * 3][:expected], f"cut at {cut}"
        adopted.close()
        path.touch()


def test_damage_in_the_middle_costs_one_record(tmp_path: Path) -> None:
    path, whole = _torn(Journal(tmp_path / "journal", reserve=SEGMENT))
    start, end = whole.find(b"SPGr"), len(whole.rstrip(b"\0"))
    for place in range(start, end):
        damaged = bytearray(whole[: end + 64])
        damaged[place] ^= 0x55
        path.write_bytes(damaged)
        adopted = Journal(tmp_path / "journal", reserve=0)
        assert len(waiting(adopted)) >= 2, f"damaged at {place}"
        adopted.close()


@given(junk=st.binary(max_size=300))
@settings(max_examples=50)
def test_any_file_in_the_folder_is_survived(tmp_path_factory: pytest.TempPathFactory, junk: bytes) -> None:
    folder = tmp_path_factory.mktemp("journal")
    (folder / "000001.segment").write_bytes(b"SPGRJNL1" + junk)
    journal = Journal(folder, reserve=0)
    journal.append(HEADER, OCTETS)
    assert waiting(journal) == [OCTETS]
    journal.close()


def test_a_message_cannot_forge_a_record(journal: Journal, tmp_path: Path) -> None:
    journal.append({"forged": False}, b"x")
    path = next(path for path in (tmp_path / "journal").iterdir() if path.read_bytes().strip(b"\0"))
    copied = path.read_bytes().rstrip(b"\0")[32:]
    journal.append({"forged": True}, copied * 5)
    journal.append({"forged": False}, b"y")
    assert [each.header["forged"] for each in journal.replay()] == [False, True, False]


def test_not_even_when_the_record_around_it_is_damaged(tmp_path: Path) -> None:
    """Behind damage, the next thing that looks like a record is sought: what a message brought along must not be found."""
    foreign = _one_record(tmp_path / "foreign", {"forged": True}, b"x")
    journal = Journal(tmp_path / "journal", reserve=0)
    journal.append({"forged": False}, foreign.rstrip(b"\0")[32:])
    journal.append({"forged": False}, b"behind")
    journal.close()
    [path] = (tmp_path / "journal").iterdir()
    damaged = bytearray(path.read_bytes())
    damaged[damaged.find(b"SPGr")] = 0
    path.write_bytes(damaged)
    adopted = Journal(tmp_path / "journal", reserve=0)
    assert [(each.header["forged"], each.octets) for each in adopted.replay()] == [(False, b"behind")]
    adopted.close()


def _one_record(folder: Path, header: dict[str, bool], octets: bytes) -> bytes:
    journal = Journal(folder, reserve=0)
    journal.append(header, octets)
    journal.close()
    [path] = folder.iterdir()
    return path.read_bytes()


def test_a_reused_segment_shows_nothing_of_its_earlier_use(journal: Journal) -> None:
    for turn in range(10):
        for number in range(3):
            journal.append({"turn": turn}, bytes([turn]) * (5000 >> turn) + bytes([number]))
        old = list(journal.replay())
        assert {each.header["turn"] for each in old} == {turn}
        for each in old:
            journal.forget(each)
    journal.append({"turn": "new"}, b"kept")
    for each in old:
        journal.forget(each)
    assert waiting(journal) == [b"kept"], "forgetting a record of an earlier use must not touch a new one"


def test_more_than_the_reserve_grows_and_shrinks(journal: Journal, tmp_path: Path) -> None:
    big = random.Random(1).randbytes(1 << 20)
    for number in range(20):
        journal.append({"number": number}, big)
    assert journal.pending == 20
    for each in journal.replay():
        assert each.octets == big
        journal.forget(each)
    assert sum(path.stat().st_size for path in (tmp_path / "journal").iterdir()) <= SMALL + SEGMENT


def test_a_record_bigger_than_a_segment_has_one_of_its_own(journal: Journal) -> None:
    journal.append(HEADER, bytes(SEGMENT + 1))
    journal.append(HEADER, b"small")
    assert [len(each) for each in waiting(journal)] == [SEGMENT + 1, 5]


def test_its_limit_protects_the_disk(tmp_path: Path) -> None:
    journal = Journal(tmp_path, reserve=SEGMENT, limit=2 * SEGMENT)
    for _ in range(6):
        journal.append(HEADER, bytes(1 << 20))
    with pytest.raises(JournalFailed, match="EDQUOT"):
        journal.append(HEADER, bytes(1 << 20))
    assert journal.pending == 6
    journal.close()


@pytest.mark.root
def test_a_full_disk_does_not_stop_it_while_the_reserve_lasts(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", megabytes=12) as disk:
        journal = Journal(disk / "journal", reserve=SMALL)
        journal.open()
        fill(disk / "ballast")
        with pytest.raises(JournalFailed, match="ENOSPC"):
            _append_for_ever(journal)
        taken = journal.pending
        assert taken * 100_000 > SMALL * 0.9
        assert [each.header["number"] for each in journal.replay()] == list(range(taken))
        (disk / "ballast").unlink()
        journal.append({"number": taken}, b"room again")
        assert journal.pending == taken + 1
        journal.close()


def _append_for_ever(journal: Journal) -> None:
    for number in count():
        journal.append({"number": number}, bytes(100_000))


def test_a_limit_on_file_size_is_an_error_not_a_signal(tmp_path: Path) -> None:
    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))

    child = (
        "import sys; from pathlib import Path; from gateway.ledger.journal import Journal; from gateway.ledger.errors import JournalFailed\n"
        "try: Journal(Path(sys.argv[1])).append({}, b'x')\n"
        "except JournalFailed as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", child, str(tmp_path)], preexec_fn=limited, capture_output=True, text=True, check=True)
    assert "EFBIG" in done.stdout


@pytest.mark.parametrize("call", ["pwrite", "fdatasync", "open", "posix_fallocate"])
def test_each_system_call_fails_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    """A record is either promised and comes back, or it is not promised; and the next one finds a way."""
    real = getattr(os, call)
    for nth in range(1, 12):
        calls = 0

        def failing(*arguments: object, nth: int = nth) -> object:
            nonlocal calls
            calls += 1
            if calls == nth:
                raise OSError(errno.EIO, "made by the test")
            return real(*arguments)

        journal = Journal(tmp_path / f"{call}{nth}", reserve=SEGMENT)
        monkeypatch.setattr(os, call, failing)
        promised = []
        for number in range(4):
            try:
                journal.append({"number": number}, OCTETS)
                promised.append(number)
            except JournalFailed:
                continue
        monkeypatch.setattr(os, call, real)
        assert len(promised) >= 3
        assert [each.header["number"] for each in journal.replay()] == promised
        journal.close()
        again = Journal(tmp_path / f"{call}{nth}", reserve=SEGMENT)
        assert {each.header["number"] for each in again.replay()} >= set(promised)
        again.close()


def test_many_threads_share_a_sync(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    syncs = 0
    real = os.fdatasync
    slow = threading.Event()

    def counting(handle: int) -> None:
        nonlocal syncs
        syncs += 1
        slow.wait(0.02)
        real(handle)

    monkeypatch.setattr(os, "fdatasync", counting)
    threads = [threading.Thread(target=_append, args=(journal, 5)) for _ in range(16)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(waiting(journal)) == 80
    assert syncs < 60


def _append(journal: Journal, times: int) -> None:
    for _ in range(times):
        journal.append(HEADER, OCTETS)


def test_files_are_for_their_owner_only(journal: Journal, tmp_path: Path) -> None:
    journal.append(HEADER, OCTETS)
    assert {oct(path.stat().st_mode & 0o777) for path in (tmp_path / "journal").iterdir()} == {"0o600"}
    assert oct((tmp_path / "journal").stat().st_mode & 0o777) == "0o700"


def test_a_deleted_folder_is_noticed_and_what_waits_is_written_anew(tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    journal = Journal(folder, reserve=1 << 20)
    journal.append({"number": 1}, b"one")
    shutil.rmtree(folder)
    journal.append({"number": 2}, b"two")
    journal.close()
    survivor = Journal(folder, reserve=1 << 20)
    assert [each.octets for each in survivor.replay()] == [b"one", b"two"]
    survivor.close()


def test_damaged_records_are_said_to_be_lost(tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    journal = Journal(folder, reserve=1 << 20)
    for number in range(5):
        journal.append({"number": number}, b"content-%d" % number)
    journal.close()
    (segment,) = (each for each in folder.glob("*.segment") if b"content-1" in each.read_bytes())
    octets = segment.read_bytes()
    segment.write_bytes(octets.replace(b"content-1", b"contend-1"))
    survivor = Journal(folder, reserve=1 << 20)
    with capture_logs() as logs:
        assert len(list(survivor.replay())) == 4
    assert [(each["event"], each["observations"]) for each in logs if each["event"] == "observation-lost"] == [("observation-lost", 1)]
    survivor.close()


def test_what_it_says_of_itself(tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("no folder")
    journal = Journal(tmp_path / "journal", reserve=1 << 20)
    assert journal.health == "ok"
    with pytest.raises(JournalFailed):
        journal.open()
    assert journal.health.startswith("unusable: ")
    (tmp_path / "journal").unlink()
    journal.append({}, b"x")
    assert journal.health == "1 observations wait for the ledger"
    journal.close()
