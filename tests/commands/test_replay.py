"""`gateway replay` through the real command, on a month of mail that a colleague can read (tests/replay-mail/README.md)."""

from __future__ import annotations

import json
import re
import subprocess
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.harness.gateway import run_gateway

MONTH = Path(__file__).parents[1] / "replay-mail"
QUESTION = """\
From: {sender}
To: {to}
Subject: A question
Date: {date}
Message-ID: <{name}@example.org>

Hello, does the deadline on Friday mean the end of the day?
"""
START = datetime.fromisoformat("2026-11-16T09:00:00-05:00")


def replay(*words: str | Path, cwd: Path = MONTH, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return run_gateway("replay", *words, cwd=cwd, env=environment, within=120)


@cache
def replayed(*words: str | Path) -> dict[str, Any]:
    """Each question is asked once: do not change what comes back, nor the mail in between."""
    answer = replay(*words, "--policies", "policies", "--json")
    assert (answer.returncode, answer.stderr) == (0, "")
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


def expected(name: str) -> str:
    return (MONTH / name).read_text(encoding="utf-8")


def masked(text: str) -> str:
    """Without versions, which the shipped templates change, and without the reasons' explanations (docs/reasons.md)."""
    text = re.sub(r'version( |": ")[0-9a-f]{16}', r"version\1…", text)
    return re.sub(r"^( *\d+  [a-z-]+): .*", r"\1: …", text, flags=re.MULTILINE)


def write(folder: Path, name: str, at: datetime | None, sender: str = "pat@example.org", to: str = "hr@toronto.example", more: str = "") -> Path:
    text = QUESTION.format(sender=sender, to=to, name=name, date=format_datetime(at) if at else "one of these days")
    path = folder / f"{name}.eml"
    path.write_text(more + text, encoding="utf-8")
    return path


def test_the_summary_of_a_month() -> None:
    answer = replay("mail", "--policies", "policies")
    assert (masked(answer.stdout), answer.stderr, answer.returncode) == (expected("expected-month.txt"), "", 0)


def test_what_other_policies_would_do_differently() -> None:
    answer = replay("mail", "--policies", "policies", "--against", "policies-changed")
    assert (masked(answer.stdout), answer.stderr, answer.returncode) == (expected("expected-difference.txt"), "", 0)


def test_the_same_as_one_json_document() -> None:
    found = replayed("mail", "--against", "policies-changed")
    assert json.loads(masked(json.dumps(found))) == json.loads(expected("expected-difference.json"))


def test_every_message_has_one_reason_and_each_row_counts() -> None:
    found = replayed("mail", "--against", "policies-changed")
    for policy in (found["replayed"], found["against"]):
        assert sum(policy["reasons"].values()) == found["messages"]["seen"]
        assert sum(each["acknowledgements"] for each in policy["cases"]) == policy["acknowledgements"] == policy["reasons"]["new-inquiry"]
    assert found["differences"]["messages"] == len(found["changes"])
    more = found["differences"]["acknowledgements_added"] - found["differences"]["acknowledgements_dropped"]
    assert found["against"]["acknowledgements"] - found["replayed"]["acknowledgements"] == more


def test_the_same_policies_differ_in_nothing() -> None:
    found = replayed("mail", "--against", "policies")
    assert found["changes"] == []
    assert set(found["differences"].values()) == {0}


def test_without_against_there_is_nothing_to_differ() -> None:
    found = replayed("mail/november.mbox")
    assert (found["against"], found["differences"], found["changes"], found["messages"]["seen"]) == (None, None, [], 9)


def test_sources_may_be_mixed_and_are_one_history() -> None:
    apart = replayed("mail/letters", "mail/november.mbox", "mail/staff")
    assert apart["replayed"] == replayed("mail")["replayed"]


def test_it_writes_nothing(tmp_path: Path) -> None:
    """Neither a ledger nor a key nor anything else, and it needs no right to."""
    config = tmp_path / "gateway.toml"
    rooms = "\n".join(f'{name} = "{MONTH / place}"' for name, place in {"templates": "../../templates", "signatures": "../../signatures"}.items())
    config.write_text(f'[ledger]\nurl = "sqlite:///ledger.db"\n[paths]\npolicies = "{MONTH / "policies"}"\nstate = "state"\n{rooms}\n')
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    answer = replay(MONTH / "mail", "--config", config, cwd=tmp_path, environment={"TMPDIR": str(temporary)})
    assert answer.returncode == 0, answer.stderr
    assert sorted(each.name for each in tmp_path.rglob("*")) == ["gateway.toml", "tmp"]


def test_the_correspondent_cap_slides_over_the_time_of_the_mail(tmp_path: Path) -> None:
    """Ten a day: the eleventh within a day gets none, and the next morning there is room again, all in one batch."""
    for number in range(11):
        write(tmp_path, f"day-one-{number:02}", START + timedelta(minutes=number))
    for number in range(3):
        write(tmp_path, f"day-two-{number:02}", START + timedelta(days=1, minutes=number, seconds=30))
    found = replayed(tmp_path)
    assert found["replayed"]["reasons"] == {"new-inquiry": 13, "correspondent-cap": 1}


def test_a_thread_that_was_answered_long_ago_opens_a_new_case(tmp_path: Path) -> None:
    """History and the moment of judging are those of the mail, not of today: 29 days after the answer it still belongs to it."""
    asked, answered = write(tmp_path, "asked", START), START + timedelta(days=1)
    write(tmp_path, "answer", answered, "robin@toronto.example", "pat@example.org", "In-Reply-To: <asked@example.org>\n")
    write(tmp_path, "soon", answered + timedelta(days=29), more="In-Reply-To: <asked@example.org>\n")
    assert asked.exists()
    assert replayed(tmp_path)["replayed"]["reasons"] == {"follow-up": 1, "new-inquiry": 1, "outgoing": 1}
    write(tmp_path, "late", answered + timedelta(days=31), more="In-Reply-To: <asked@example.org>\n")
    found = replayed(tmp_path, tmp_path / "late.eml")["replayed"]  # twice: a copy is seen before
    assert found["reasons"] == {"new-inquiry": 2, "follow-up": 1, "outgoing": 1, "seen-before": 1}
    assert [(each["opened"], each["answered"], each["answered_late"]) for each in found["cases"]] == [(2, 1, 0)]


def test_many_batches_are_one_history(tmp_path: Path) -> None:
    """More mail than is held at one time: a follow-up finds its case in an earlier batch."""
    write(tmp_path, "first", START)
    for number in range(250):
        write(tmp_path, f"other-{number}", START + timedelta(minutes=number + 1), f"resident{number}@example.org")
    write(tmp_path, "last", START + timedelta(days=1), more="In-Reply-To: <first@example.org>\n")
    assert replayed(tmp_path)["replayed"]["reasons"] == {"new-inquiry": 251, "follow-up": 1}


def test_what_cannot_be_read_is_counted_and_the_rest_is_judged(tmp_path: Path) -> None:
    write(tmp_path, "good", START)
    (tmp_path / "gone.eml").symlink_to("nowhere")
    answer = replay(tmp_path, "--policies", "policies", "--json")
    assert answer.stderr == f"{tmp_path}/gone.eml: error: cannot be read: no such file or directory\n"
    found = json.loads(answer.stdout)
    assert (answer.returncode, found["messages"]["seen"], found["messages"]["unreadable"]) == (1, 1, 1)


def test_any_octets_are_a_message(tmp_path: Path) -> None:
    """As on the wire: judged, never a traceback."""
    for name, octets in {"empty": b"", "zeros": b"\0" * 5000, "latin": b"Subject: \xe9\xff\n\n\xff", "cut": b"From: a@b\nTo"}.items():
        (tmp_path / f"{name}.eml").write_bytes(octets)
    found = replayed(tmp_path)
    assert (found["messages"]["seen"], found["messages"]["undated"]) == (4, 4)
    assert "not-examined" not in found["replayed"]["reasons"]


def test_mail_without_a_time_comes_last(tmp_path: Path) -> None:
    write(tmp_path, "a-undated", None)
    write(tmp_path, "b-dated", START)
    found = replayed(tmp_path)["messages"]
    assert (found["undated"], found["first"]) == (1, "2026-11-16T09:00:00-05:00")
    assert datetime.fromisoformat(found["last"]) > datetime.now().astimezone() - timedelta(minutes=5)


def test_a_terminal_is_not_at_the_mercy_of_a_message(tmp_path: Path) -> None:
    path = write(tmp_path, "evil", START)
    path.write_bytes(path.read_bytes().replace(b"<evil@example.org>", b"<evil\xc2\x9b2Jowned@example.org>"))
    answer = replay(tmp_path, "--policies", "policies", "--against", "policies-changed")
    assert "acknowledgement changed" in answer.stdout
    assert not [each for each in answer.stdout if not each.isprintable() and each != "\n"]


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["mail/nowhere", "--policies", "policies"], 1, "mail/nowhere: error: cannot be read: no such file or directory"),
        (["README.md", "policies", "expected-month.txt"], 1, "README.md: error: is neither an mbox nor a message"),
        (["mail", "--policies", "nowhere"], 2, "paths.policies: error: there is no folder nowhere"),
        (["mail", "--against", "nowhere"], 2, "paths.policies: error: there is no folder nowhere"),
        (["mail", "--against", "../policies/broken/duplicate-key"], 1, "duplicate-key/"),
        ([], 2, "Missing argument 'SOURCE...'"),
    ],
)
def test_how_it_fails(words: list[str], status: int, said: str) -> None:
    answer = replay(*words)
    assert (answer.returncode, answer.stdout) == (status, "")
    assert said in answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_folder_without_mail_is_pointed_out(tmp_path: Path) -> None:
    answer = replay(tmp_path, "--policies", "policies")
    assert (answer.returncode, answer.stdout.splitlines()[0]) == (0, "0 messages")
    assert answer.stderr.startswith(f"warning: no messages in {tmp_path}")
