"""After a new key nobody is forgotten: repeats, threads, caps, staff and references are known as before; and no key is lost on the way."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from gateway.ledger import key_file
from gateway.ledger.key_file import KeyNotKept, UnusableKey, drop_old_keys, old_keys, read_or_create_key, rotate
from gateway.ledger.ledger import Ledger
from gateway.ledger.lookup import HistoryReader
from gateway.ledger.pseudonym import Pseudonyms
from gateway.ledger.reads import timeline
from gateway.ledger.tables import absence, finding, message, notice, service_case
from tests.harness.neighbours import need_root
from tests.ledger.given import KEY, RESIDENT, START, Clock, Rules, an_answer, an_inquiry
from tests.ledger.rows import record_together, rows

NEW, NEWER = b"n" * 32, b"m" * 32
ONE, TWO = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def rotated(ledger: Ledger, ledger_url: str, clock: Clock) -> Ledger:
    """The same ledger after two rotations."""
    return Ledger(ledger_url, key=NEWER, clock=clock, old_keys=(NEW, KEY))


def test_threads_caps_and_repeats_are_known(ledger: Ledger, rotated: Ledger, rules: Rules, clock: Clock) -> None:
    record_together(ledger, rules, clock, an_inquiry("one", further_addresses=("second@example.org",)))
    clock.move(hours=1)
    later = clock.now
    [again] = record_together(rotated, rules, clock, an_inquiry("one"))
    assert again.repeated
    record_together(rotated, rules, clock, an_inquiry("two", at=later, thread=("<one@example.org>",)))
    followed = rules.histories[-1]
    assert [each.reference for each in followed.thread_cases] == [row["reference"] for row in rows(ledger, service_case)]
    assert followed.thread_cases[0].from_inquirer
    assert followed.acknowledgements_to_correspondent == 1
    record_together(rotated, rules, clock, an_answer("answer", (RESIDENT,), ("<one@example.org>",), later))
    assert [row["responded_at"] for row in rows(ledger, service_case)] == [later]


def test_an_answer_to_a_further_address_is_known(ledger: Ledger, rotated: Ledger, rules: Rules, clock: Clock) -> None:
    record_together(ledger, rules, clock, an_inquiry("one", further_addresses=("second@example.org",)))
    record_together(rotated, rules, clock, an_answer("answer", ("second@example.org",), ("<one@example.org>",), START))
    assert rows(ledger, service_case)[0]["responded_at"] == START


def test_a_refusal_is_known(ledger: Ledger, rotated: Ledger, rules: Rules, clock: Clock) -> None:
    record_together(ledger, rules, clock, an_inquiry("one"))
    with ledger.writing() as connection:
        connection.execute(update(notice).values(state="refused", settled_at=START))
    record_together(rotated, rules, clock, an_inquiry("two"))
    assert rules.histories[-1].refused_lately


def test_rows_that_were_asked_for_bear_the_new_hash_and_no_others(ledger: Ledger, rotated: Ledger, rules: Rules, clock: Clock) -> None:
    record_together(ledger, rules, clock, an_inquiry("one"), an_inquiry("theirs", sender="other@example.net"))
    record_together(rotated, rules, clock, an_inquiry("two"))
    by = {key: [Pseudonyms(key).of_address(each) for each in (RESIDENT, "other@example.net")] for key in (KEY, NEWER)}
    assert [row["correspondent"] for row in rows(ledger, message)] == [by[NEWER][0], by[KEY][1], by[NEWER][0]]


def test_one_person_is_away_once(ledger: Ledger, rotated: Ledger, rules: Rules, clock: Clock) -> None:
    with ledger.writing() as connection:
        for key in (KEY, NEW, NEWER):
            connection.execute(insert(absence).values(person=Pseudonyms(key).of_address(RESIDENT), until=START, alternates=[]))
    record_together(rotated, rules, clock, an_inquiry("two"))
    assert Pseudonyms(NEWER).of_address(RESIDENT) in {row["person"] for row in rows(ledger, absence)}


def test_look_ups_find_all_keys_and_change_nothing(ledger: Ledger, rotated: Ledger, rules: Rules, clock: Clock, ledger_url: str) -> None:
    record_together(ledger, rules, clock, an_inquiry("one"))
    with ledger.writing() as connection:
        connection.execute(insert(finding).values(
            message_id=1, person=Pseudonyms(KEY).of_address("anna@toronto.example"), division="d", kind="signature", detail=[], at=START
        ))  # fmt: skip
    before = {name: rows(ledger, table) for name, table in message.metadata.tables.items()}
    for question in (RESIDENT, "<one@example.org>", "anna@toronto.example"):
        with rotated.reading() as connection:
            assert timeline(connection, rotated.pseudonyms, question), question
    reader = HistoryReader(Ledger(ledger_url, key=NEWER, clock=clock, old_keys=(NEW, KEY)))
    assert reader.of(an_inquiry("two", thread=("<one@example.org>",))).thread_cases
    assert before == {name: rows(ledger, table) for name, table in message.metadata.tables.items()}


def test_the_key_file(tmp_path: Path) -> None:
    path = tmp_path / "gateway.key"
    first = read_or_create_key(path)
    rotate(path, ONE)
    second = read_or_create_key(path)
    rotate(path, TWO)
    assert old_keys(path) == [(TWO, second), (ONE, first)]
    assert len({first, second, read_or_create_key(path)}) == 3
    assert {each.name: each.stat().st_mode & 0o777 for each in tmp_path.iterdir()} == {"gateway.key": 0o600, "gateway.key.old": 0o600}
    assert drop_old_keys(path, ONE + timedelta(days=1)) == 1
    assert old_keys(path) == [(TWO, second)]


@pytest.mark.root
def test_keys_that_root_makes_belong_to_the_service(tmp_path: Path) -> None:
    need_root()
    os.chown(tmp_path, 4242, 4243)
    read_or_create_key(tmp_path / "gateway.key")
    rotate(tmp_path / "gateway.key", ONE)
    owners = {each.name: (each.stat().st_uid, each.stat().st_gid, each.stat().st_mode & 0o777) for each in tmp_path.iterdir()}
    assert owners == dict.fromkeys(("gateway.key", "gateway.key.old"), (4242, 4243, 0o600))


@pytest.mark.root
def test_a_key_that_a_group_may_read_stays_so(tmp_path: Path) -> None:
    """A folder of root's, and a service that reads by its group: after a rotation by root it could not start again."""
    need_root()
    path = tmp_path / "gateway.key"
    read_or_create_key(path)
    os.chown(path, 4242, 4243)
    path.chmod(0o640)
    rotate(path, ONE)
    rotate(path, TWO)
    owners = {each.name: (each.stat().st_uid, each.stat().st_gid, each.stat().st_mode & 0o777) for each in tmp_path.iterdir()}
    assert owners == dict.fromkeys(("gateway.key", "gateway.key.old"), (4242, 4243, 0o640))


def test_a_power_cut_loses_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "gateway.key"
    first = read_or_create_key(path)
    kept = key_file._replace

    def cut(to: Path, octets: bytes, key: Path) -> None:
        if to == path:
            raise OSError(28, "No space left on device")
        kept(to, octets, key)

    monkeypatch.setattr(key_file, "_replace", cut)
    with pytest.raises(KeyNotKept, match="the key was not changed"):
        rotate(path, ONE)
    assert read_or_create_key(path) == first
    monkeypatch.undo()
    rotate(path, TWO)
    assert old_keys(path) == [(TWO, first)], "once"


@pytest.mark.parametrize("content", ["nonsense\n", "2026-01-01T00:00:00+00:00 00\n", f"2026-01-01 {'0' * 64}\n"])
def test_old_keys_that_cannot_be_read(tmp_path: Path, content: str) -> None:
    path = tmp_path / "gateway.key"
    (tmp_path / "gateway.key.old").write_text(content)
    (tmp_path / "gateway.key.old").chmod(0o600)
    with pytest.raises(UnusableKey, match="restore it from a backup"):
        old_keys(path)
    (tmp_path / "gateway.key.old").chmod(0o644)
    with pytest.raises(UnusableKey, match="chmod 600"):
        old_keys(path)
