"""`gateway explain` through the real command: what would happen, and nothing done."""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.reports.explanation_schema import BadLine, Explanation
from tests.harness.gateway import run_gateway

ROOT = Path(__file__).parents[2]
LETTER = """\
From: Pat <pat@example.org>
To: hr@toronto.example
Subject: A question
Date: Mon, 16 Nov 2026 10:12:00 -0500
Message-ID: <explain-1@example.org>

Hello, does the deadline on Friday mean the end of the day?
"""


def gateway(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return run_gateway(*words, cwd=ROOT)


def explained(*words: str | Path) -> dict[str, Any]:
    answer = gateway("explain", *words, "--json")
    assert answer.returncode == 0, answer.stderr
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    path = tmp_path / "letter.eml"
    path.write_text(LETTER, encoding="utf-8")
    return path


def test_a_question_is_acknowledged_with_the_date_that_its_division_promises(letter: Path) -> None:
    found = explained(letter)
    said = found["acknowledgement"]
    assert (found["division"], found["mailbox"], found["direction"], found["audience"], found["kind"]) == (
        "human-resources",
        "hr@toronto.example",
        "inbound",
        "public",
        "inquiry",
    )
    assert (said["send"], said["reason"], said["language"]) == (True, "new-inquiry", "en")
    assert (said["acknowledge_by"], said["respond_by"]) == (None, "2026-11-18T10:12:00-05:00")
    assert "by Wednesday, November 18, 2026, at 10:12 a.m." in " ".join(said["preview"].split())
    assert found["signature"] == {"checked": False, "compliant": None, "missing": [], "violations": []}
    assert found["out_of_office"] == {"is_ooo": False, "names_alternate": None, "alternates": [], "return_date": None, "findings": []}


def test_what_is_given_beats_what_the_message_says(letter: Path) -> None:
    found = explained(letter, "--mail-from", "", "--rcpt-to", "media@toronto.example", "--at", "2026-11-17T09:00")
    assert found["mailbox"] == "media@toronto.example"
    assert (found["acknowledgement"]["send"], found["acknowledgement"]["reason"]) == (False, "null-sender")


def test_mail_from_staff_is_read_as_outbound(letter: Path) -> None:
    letter.write_text(
        LETTER.replace("pat@example.org", "robin@toronto.example").replace("To: hr@toronto.example", "To: pat@example.org"), encoding="utf-8"
    )
    found = explained(letter)
    assert (found["direction"], found["audience"], found["cases"]) == ("outbound", "internal", [])
    assert found["signature"]["checked"] is True
    assert set(found["signature"]["missing"]) == {"name", "title", "division", "organization", "phone", "email", "website"}


def test_a_batch_answers_each_line_in_order_and_goes_on_after_a_bad_one(letter: Path) -> None:
    batch = letter.parent / "cases.jsonl"
    lines = [
        json.dumps({"id": "good", "file": "letter.eml", "mail_from": "pat@example.org", "rcpt_to": ["hr@toronto.example"], "listener": "inbound"}),
        "{not json",
        json.dumps({"id": "nowhere", "file": "missing.eml"}),
        json.dumps({"id": "odd", "file": "letter.eml", "rcpt_to": 7}),
        json.dumps({"id": "when", "file": "letter.eml", "at": "yesterday"}),
        json.dumps({"id": "\ud800", "file": "letter.eml", "at": "9999-12-31T23:00"}),
        "[" * 100_000,
        json.dumps({"id": "nul", "file": "a\0b"}),
        json.dumps({"id": "last", "file": "letter.eml", "at": "2026-11-13T16:00:00-05:00"}),
    ]
    batch.write_text("\n".join(lines) + "\n", encoding="utf-8-sig")
    answer = gateway("explain", "--batch", batch, "--json")
    found = [json.loads(line) for line in answer.stdout.splitlines()]
    assert answer.returncode == 1
    assert [each["id"] for each in found] == ["good", None, "nowhere", "odd", "when", "\ud800", None, "nul", "last"]
    assert ["error" in each for each in found] == [False, *[True] * 7, False]
    assert found[8]["acknowledgement"]["respond_by"] == "2026-11-15T16:00:00-05:00"


def test_any_octets_are_explained(tmp_path: Path) -> None:
    odd = tmp_path / "odd.eml"
    odd.write_bytes(bytes(range(256)) * 40)
    assert explained(odd)["acknowledgement"]["send"] is False


def test_for_people_the_answer_comes_first(letter: Path) -> None:
    answer = gateway("explain", letter)
    assert answer.stdout.splitlines()[0].endswith("an acknowledgement would be sent")
    assert "new-inquiry" in answer.stdout


def test_usage_is_exit_2_and_a_missing_file_exit_1(tmp_path: Path) -> None:
    assert gateway("explain").returncode == 2
    missing = gateway("explain", tmp_path / "none.eml")
    assert (missing.returncode, missing.stderr.count("\n")) == (1, 1)


def test_every_document_is_as_its_schema_says(tmp_path: Path) -> None:
    """A person's letter, machines', an invitation, mail from staff, and a line that cannot be read: no key is missing, none unknown."""
    mails = ("person-plain", "bounce-postfix", "ooo-gmail", "calendar-request", "voicemail-teams", "person-from-staff")
    lines: list[dict[str, str | int]] = [{"id": name, "file": str(ROOT / "tests" / "mails" / name / "mail.eml")} for name in mails[:-1]]
    (tmp_path / "staff.eml").write_text("From: Robin <robin@toronto.example>\nTo: a@example.org\nSubject: Hi\n\nThank you.\n", encoding="utf-8")
    lines += [{"id": mails[-1], "file": str(tmp_path / "staff.eml")}, {"id": 7, "file": "missing.eml"}]
    batch = tmp_path / "cases.jsonl"
    batch.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    found = [json.loads(line) for line in gateway("explain", "--batch", batch, "--json").stdout.splitlines()]
    assert [each["id"] for each in found] == [*mails, 7]
    assert found[3]["meeting"] is not None
    assert found[5]["staff"] is not None
    for each in found[:-1]:
        Explanation.model_validate(each, extra="forbid")
    BadLine.model_validate(found[-1], extra="forbid")
    published = json.loads(gateway("schema", "explain").stdout)
    assert set(published["$defs"]["Explanation"]["required"]) == set(found[0])


def test_a_time_without_offset_is_in_the_zone_of_the_division(letter: Path, tmp_path: Path) -> None:
    policies = shutil.copytree(ROOT / "policies", tmp_path / "policies")
    with (policies / "human-resources.yaml").open("a", encoding="utf-8") as file:
        file.write("\ntime_zone: America/St_Johns\n")
    answer = run_gateway("explain", letter, "--at", "2026-11-16T10:12", "--json", cwd=ROOT, env={"GATEWAY_PATHS__POLICIES": str(policies)})
    respond_by = datetime.fromisoformat(json.loads(answer.stdout)["cases"][0]["respond_by"])
    assert respond_by == datetime.fromisoformat("2026-11-18T10:12-03:30")


def test_the_evidence_for_a_blind_copy_is_what_is_missing(letter: Path) -> None:
    said = explained(letter, "--rcpt-to", "media@toronto.example")["acknowledgement"]
    assert (said["reason"], said["evidence"]) == ("not-addressed", "neither To nor Cc names a mailbox of strategic-communications")
