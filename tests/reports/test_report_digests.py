"""Digests: to whom, when, once; and what lies in the letter."""

from __future__ import annotations

import asyncio
import csv
import email
import email.policy
import io
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.digests import Digests
from gateway.ledger.ledger import Ledger
from gateway.ledger.tables import notice, outgoing
from gateway.ledger.writer import Writer
from gateway.notices.digest_times import owed
from gateway.rulebook import Rulebook
from tests.reports.month_rig import MONTH, ZONE, Place, mail, play

CITY_READERS = "digests: {weekly: [officer@toronto.example, officer@toronto.example], monthly: [officer@toronto.example, press@elsewhere.example]}\n"
HR_READERS = "digests: {monthly: hr-lead@toronto.example}\n"
MONDAY_MORNING = datetime(2025, 12, 1, 9, 0, tzinfo=ZONE)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("digests")
    policies = folder / "policies"
    shutil.copytree(MONTH / "policies", policies)
    with (policies / "city.yaml").open("a") as file:
        file.write(CITY_READERS)
    with (policies / "human-resources.yaml").open("a") as file:
        file.write(HR_READERS)
    made = Place(folder, policies)
    play(made, mail()[:20], made.rulebook(MONDAY_MORNING))
    return made


def rulebook_of(place: Place) -> Rulebook:
    return place.rulebook(MONDAY_MORNING)


@pytest.mark.parametrize(
    ("at", "periods"),
    [
        ("2025-12-01T08:29", []),  # Monday, before the office opens
        ("2025-12-01T08:30", ["city week-2025-11-24 officer", "city month-2025-11 officer", "human-resources month-2025-11 hr-lead"]),
        ("2025-11-30T12:00", []),  # Sunday: the week is not over, and nobody is there
        ("2025-11-28T12:00", ["city week-2025-11-17 officer", "city month-2025-10 officer", "human-resources month-2025-10 hr-lead"]),
        ("2026-01-01T12:00", []),  # a holiday
        ("2026-01-02T12:00", ["city week-2025-12-22 officer", "city month-2025-12 officer", "human-resources month-2025-12 hr-lead"]),
    ],
)
def test_who_is_owed_what(place: Place, at: str, periods: list[str]) -> None:
    now = datetime.fromisoformat(at).replace(tzinfo=ZONE)
    found = [f"{each.division or 'city'} {each.period} {each.recipient.partition('@')[0]}" for each in owed(rulebook_of(place).policy, now)]
    assert sorted(found) == sorted(periods)


def looked(place: Place, at: datetime, times: int = 1, ledger_file: str = "gateway.db") -> list[int]:
    """What each of so many looks of new processes sent."""

    async def look() -> list[int]:
        ledger: Ledger = place.ledger()
        rulebook = rulebook_of(place)
        writer = Writer(ledger, lambda *_: pytest.fail("no mail here"))
        writer.start()
        clock: Callable[[], datetime] = lambda: at.astimezone(UTC)  # noqa: E731 - a value of the right type
        made = [Digests(lambda: rulebook, ledger, writer, clock, "bounces@toronto.example", lambda: None) for _ in range(times)]
        sent = [await each.look() for each in made]
        sent.append(await made[0].look())
        await writer.drain()
        ledger.close()
        return sent

    return asyncio.run(look())


def letters(place: Place) -> list[tuple[str, str, EmailMessage]]:
    with place.ledger().reading() as connection:
        rows = connection.execute(
            select(outgoing, notice.c.key).join(notice, notice.c.id == outgoing.c.notice_id).where(notice.c.kind == "digest")
        ).all()
    return [(row.rcpt_to, row.mail_from, email.message_from_bytes(row.octets, policy=email.policy.default)) for row in rows]


def test_sent_once_with_page_and_table(place: Place, tmp_path: Path) -> None:
    assert looked(place, MONDAY_MORNING, times=3) == [3, 0, 0, 0]
    assert looked(place, MONDAY_MORNING + timedelta(hours=3)) == [0, 0]
    found = letters(place)
    assert sorted(to for to, _, _ in found) == ["hr-lead@toronto.example", "officer@toronto.example", "officer@toronto.example"]
    assert {mail_from for _, mail_from, _ in found} == {"bounces@toronto.example"}
    letter = next(letter for to, _, letter in found if to.startswith("hr-lead"))
    assert letter["From"].addresses[0].addr_spec == "hr@toronto.example"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Subject"] == "Human Resources, inquiries of November 2025"
    text = letter.get_body(("plain",))
    assert text is not None
    assert "Answered in time by a person:" in text.get_content()
    page, table = letter.iter_attachments()
    assert page.get_content_type() == "text/html"
    assert page.get_content().startswith("<!DOCTYPE html>")
    rows = list(csv.DictReader(io.StringIO(table.get_content())))
    received = next(row for row in rows if row["table"] == "division" and row["figure"] == "received" and row["step"] == "period")
    assert f"received {received['value']}".split()[1].isdigit()
    assert page.get_filename() == "service-promise-human-resources-2025-11-01-to-2025-11-30.html"


def test_a_gateway_younger_than_the_period_sends_nothing(place: Place, tmp_path: Path) -> None:
    young = Place(tmp_path, place.policies)
    ledger = young.ledger()
    ledger.open()
    ledger.close()
    assert looked(young, MONDAY_MORNING) == [0, 0]
