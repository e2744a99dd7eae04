"""Hashes, references and the key file."""

from __future__ import annotations

import os
import re
import threading
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ledger import history as history_module
from gateway.ledger.key_file import UnusableKey, read_or_create_key
from gateway.ledger.ledger import Ledger
from gateway.ledger.pseudonym import Pseudonyms
from gateway.ledger.references import candidates
from gateway.message.own_token import notice_message_id
from gateway.message.thread import subject_references
from tests.ledger.given import HR, KEY, Clock, Rules, an_inquiry
from tests.ledger.rows import record_together, rows, service_case

PSEUDONYMS = Pseudonyms(KEY)


@given(st.text())
def test_every_text_has_a_hash_that_tells_nothing(text: str) -> None:
    for found in (PSEUDONYMS.of_address(text), PSEUDONYMS.of_domain(text), PSEUDONYMS.of_message_id(text)):
        assert found is None or re.fullmatch("[0-9a-f]{32}", found)


def test_same_person_same_hash() -> None:
    same = {PSEUDONYMS.of_address(each) for each in ("Anna@Example.org", "anna@example.org ", "prvs=1234abcdef=anna@example.org")}
    assert len(same) == 1
    assert PSEUDONYMS.of_address("anna@example.org") != PSEUDONYMS.of_address("anna@example.net")
    assert PSEUDONYMS.of_address("anna@example.org") != PSEUDONYMS.of_message_id("anna@example.org")
    assert PSEUDONYMS.of_address("anna@example.org") != Pseudonyms(b"x" * 32).of_address("anna@example.org")
    assert PSEUDONYMS.of_domain("anna@example.org") == PSEUDONYMS.of_domain("bert@EXAMPLE.ORG")
    assert PSEUDONYMS.of_message_id("<a@b>") == PSEUDONYMS.of_message_id(" a@b ") != PSEUDONYMS.of_message_id("<A@b>")
    assert (PSEUDONYMS.of_address(""), PSEUDONYMS.of_domain("nobody"), PSEUDONYMS.of_message_id("<>")) == (None, None, None)


def test_a_message_id_of_ours_keeps_its_time_in_front() -> None:
    at = datetime(2026, 11, 22, 8, tzinfo=UTC)
    ours, later, elsewhere = (notice_message_id(KEY, "ack:1", "x.example", each) for each in (at, at + timedelta(seconds=1), None))
    first, second, third = (PSEUDONYMS.of_message_id(each) or "" for each in (ours, later, elsewhere))
    assert first[:8] == f"{int(at.timestamp()):08x}" < second[:8]
    assert first[8:] != second[8:]
    assert [len(each) for each in (first, second, third)] == [32, 32, 32]
    assert third[:8] != ours[5:13]
    assert first != Pseudonyms(b"x" * 32).of_message_id(ours)


def test_references_are_short_first_and_found_again_in_a_subject() -> None:
    first = list(islice(candidates(KEY, "identity", HR, "HR"), 30))
    assert [len(each) for each in first] == [7, 8, *[9] * 28]
    assert first == list(islice(candidates(KEY, "identity", "HR@toronto.example", "HR"), 30))
    assert len({tuple(islice(candidates(KEY, name, HR, "HR"), 3)) for name in "abcdefgh"}) == 8
    assert len(set(first)) == 30
    for each in first:
        assert subject_references(f"Re: Your inquiry [{each}]") == (each,)


def test_taken_references_are_passed_over(ledger: Ledger, rules: Rules, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the short ones had run out: six messages that are offered the same ones, in one batch and across batches."""
    taken = [f"HR-{letters}" for letters in ("2222", "22222", "222222", "333333", "444444", "666666", "777777")]
    monkeypatch.setattr(history_module, "candidates", lambda *_: iter(taken))
    record_together(ledger, rules, clock, *(an_inquiry(f"n{number}") for number in range(2)))
    record_together(ledger, rules, clock, *(an_inquiry(f"n{number}") for number in range(2, 6)))
    assert [each["reference"] for each in rows(ledger, service_case)] == taken[:6]


def test_the_key_file_is_made_once_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "state" / "key"
    found: list[bytes] = []
    threads = [threading.Thread(target=lambda: found.append(read_or_create_key(path))) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert oct(path.stat().st_mode & 0o777) == "0o600"
    assert [each.name for each in path.parent.iterdir()] == ["key"], "no half-made file stays behind"


@pytest.mark.parametrize(
    ("octets", "mode", "said"), [(b"short", 0o600, "32 octets"), (b"l" * 33, 0o600, "32 octets"), (b"k" * 32, 0o644, "chmod 600")]
)
def test_a_key_file_that_cannot_be_trusted_is_refused(tmp_path: Path, octets: bytes, mode: int, said: str) -> None:
    path = tmp_path / "key"
    path.write_bytes(octets)
    path.chmod(mode)
    with pytest.raises(UnusableKey, match=said):
        read_or_create_key(path)
    assert path.read_bytes() == octets


def test_a_place_where_no_key_can_be_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UnusableKey, match="error: ") as caught:
        read_or_create_key(tmp_path / "file" / "key")
    assert os.linesep not in str(caught.value)
