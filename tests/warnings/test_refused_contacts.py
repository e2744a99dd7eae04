"""The contact that a colleague names has an address that nobody has, as the next hop said: remembered as a hash, not for ever, not for long."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.ledger import refused_recipients
from gateway.ledger.refused_recipients import REMEMBERED, RefusedRecipients
from gateway.ledger.tables import finding, refused_recipient
from tests.warnings.staff_rig import Stage, absence, at, body, shipped, with_division, with_policy

ROBIN = "Robin Sample <robin.sample@toronto.example>"
MONDAY = at("2026-11-16")
OURS = ("toronto.example",)
NOUR = "nour.exmaple@toronto.example"


def away(contact: str) -> bytes:
    return absence(ROBIN, f"I am away until November 30, 2026. Please contact {contact}.\n")


@pytest.fixture(name="heard")
def _heard(stage: Stage) -> RefusedRecipients:
    """Without a directory, as most cities begin."""
    stage.rulebook = with_policy(with_division(shipped(), staff=("robin.sample@toronto.example",)), directory=None)
    return RefusedRecipients(stage.ledger.pseudonyms, lambda: stage.now)


def written(stage: Stage, heard: RefusedRecipients) -> None:
    with stage.ledger.writing() as connection:
        heard.write(connection)


def kinds(stage: Stage) -> list[tuple[str, list[str]]]:
    return [(each["kind"], each["detail"]) for each in stage.rows(finding)]


def test_an_address_that_was_refused(stage: Stage) -> None:
    """With the directory, in which it stands: who left may be listed still."""
    heard = RefusedRecipients(stage.ledger.pseudonyms, lambda: stage.now)
    heard.heard((), ("Noor.Example@Toronto.Example",), OURS)
    written(stage, heard)
    stage.writes(MONDAY, away("Noor Example, noor.example@toronto.example"))
    assert kinds(stage) == [("alternate-unknown", ["refused"])]
    assert "could not be found at the City" in body(stage.sent[0][1])


@pytest.mark.parametrize(
    ("contact", "why"),
    [
        (f"Nour, {NOUR} or noor.example@toronto.example", "one that can be reached is enough"),
        (f"Nour, {NOUR} or 416-555-0142", "a telephone is, too"),
        ("the team, hr@toronto.example", "a division's mailbox: its fault would not be Robin's"),
    ],
)
def test_no_finding(contact: str, why: str, stage: Stage, heard: RefusedRecipients) -> None:
    heard.heard((), (NOUR, "hr@toronto.example"), OURS)
    written(stage, heard)
    stage.writes(MONDAY, away(contact))
    assert kinds(stage) == [], why


def test_it_is_forgotten_when_it_is_accepted(stage: Stage, heard: RefusedRecipients) -> None:
    """By this process or by another one, which has to have read of it."""
    for forgetting in (heard, RefusedRecipients(stage.ledger.pseudonyms, lambda: stage.now)):
        heard.heard((), (NOUR,), OURS)
        written(stage, heard)
        assert len(stage.rows(refused_recipient)) == 1
        written(stage, forgetting)
        forgetting.heard((NOUR,), (), OURS)
        written(stage, forgetting)
        assert stage.rows(refused_recipient) == []
    stage.writes(MONDAY, away(NOUR))
    assert kinds(stage) == []


def test_refused_and_accepted_before_the_next_commit(stage: Stage, heard: RefusedRecipients) -> None:
    heard.heard((), (NOUR, "a@toronto.example"), OURS)
    heard.heard((NOUR,), (), OURS)
    written(stage, heard)
    assert len(stage.rows(refused_recipient)) == 1


def test_it_expires(stage: Stage, heard: RefusedRecipients) -> None:
    heard.heard((), (NOUR,), OURS)
    written(stage, heard)
    stage.until(stage.now + REMEMBERED + timedelta(seconds=1))
    stage.writes(stage.now, absence(ROBIN, f"I am away until January 30, 2027. Please contact {NOUR}.\n"))
    assert kinds(stage) == []
    heard.heard((), ("another@toronto.example",), OURS)
    written(stage, heard)
    assert len(stage.rows(refused_recipient)) == 1, "what has expired is deleted"


def test_only_ours_only_hashes_only_so_many(stage: Stage, heard: RefusedRecipients, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refused_recipients, "_BEYOND", refused_recipients._BEYOND.offset(700))
    heard.heard((), ("resident@example.org", "x@sub.toronto.example"), OURS)
    written(stage, heard)
    assert stage.rows(refused_recipient) == []
    for number in range(3000):
        if number % 500 == 0:
            stage.now += timedelta(seconds=1)
            written(stage, heard)
        heard.heard((), (f"guess-{number}@toronto.example",), OURS)
    written(stage, heard)
    rows = stage.rows(refused_recipient)
    assert 0 < len(rows) <= 1000
    assert all(len(row["recipient"]) == 32 and "guess" not in row["recipient"] for row in rows)


def test_nothing_is_written_while_nothing_is_heard(stage: Stage, heard: RefusedRecipients) -> None:
    """Accepted recipients cost no statement while nobody was refused."""
    written(stage, heard)
    heard.heard(("hr@toronto.example",), (), OURS)
    heard.write(None)  # type: ignore[arg-type]  # any use of the connection would fail
