"""Our marks are known again in whatever shape they come back, and nobody else can make one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.message.model import Field, Message, Part
from gateway.message.own_token import MARK_FIELD, is_own_message_id, loop_token, made_at, notice_message_id, own_token_valid

SECRET = b"one secret"
LATEST = datetime(9999, 1, 1, tzinfo=UTC)


def with_tokens(*values: str) -> Message:
    return Message(fields=tuple(Field(MARK_FIELD, MARK_FIELD.lower(), value) for value in values), root=Part())


def test_the_same_key_gives_the_same_message_id() -> None:
    first = notice_message_id(SECRET, "ack:1", "toronto.example")
    assert first == notice_message_id(SECRET, "ack:1", "toronto.example")
    assert first != notice_message_id(SECRET, "ack:2", "toronto.example")
    assert "ack" not in first
    assert first.startswith("<")
    assert first.endswith("@toronto.example>")
    assert len(first) < 100


@given(st.text())
def test_ours_is_known_again(key: str) -> None:
    ours = notice_message_id(SECRET, key, "toronto.example")
    token = loop_token(SECRET, ours)
    for shape in (ours, ours.upper(), ours.strip("<>"), f" {ours} ", ours.replace("toronto.example", "rewritten.example")):
        assert is_own_message_id(SECRET, shape)
    assert own_token_valid(SECRET, with_tokens(token))
    assert own_token_valid(SECRET, with_tokens("forged", f" {token.upper()} "))


@given(st.text(), st.datetimes(timezones=st.just(UTC)))
def test_with_its_time_in_front_it_is_known_again_and_sorts_by_it(key: str, at: datetime) -> None:
    ours, later = (notice_message_id(SECRET, key, "toronto.example", each) for each in (at, min(at, LATEST) + timedelta(seconds=2)))
    for shape in (ours, ours.upper(), ours.strip("<>"), f" {ours} "):
        assert is_own_message_id(SECRET, shape)
        assert made_at(shape) == ours[5:13]
    assert ours <= later or at > LATEST
    assert not is_own_message_id(SECRET, later.replace(later[5:13], "ffffffff" if later[5:13] != "ffffffff" else "00000000"))
    assert len(ours) < 100


@pytest.mark.parametrize("other", ["", "<x@example.org>", "<spg.1@x>", notice_message_id(SECRET, "ack:1", "toronto.example")])
def test_others_have_no_time_in_front(other: str) -> None:
    assert made_at(other) == ""


@given(st.text())
def test_not_ours(value: str) -> None:
    assert not is_own_message_id(SECRET, value)
    assert not own_token_valid(SECRET, with_tokens(value))


def test_nothing_verifies_under_another_secret_or_in_another_place() -> None:
    ours = notice_message_id(SECRET, "ack:1", "toronto.example")
    token = loop_token(SECRET, ours)
    assert not is_own_message_id(b"another", ours)
    assert not own_token_valid(b"another", with_tokens(token))
    assert not is_own_message_id(SECRET, f"<spg.{token}@toronto.example>")
    assert not own_token_valid(SECRET, with_tokens(ours[5:62]))
    assert not own_token_valid(SECRET, with_tokens())


@pytest.mark.parametrize("place", [5, 36, 38, 61])
def test_one_changed_letter_is_not_ours(place: int) -> None:
    ours = notice_message_id(SECRET, "ack:1", "toronto.example")
    changed = ours[:place] + ("0" if ours[place] != "0" else "1") + ours[place + 1 :]
    assert not is_own_message_id(SECRET, changed)
