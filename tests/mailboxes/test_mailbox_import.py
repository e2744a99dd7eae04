"""The past of a mailbox: measured, never answered, counted once however often the import is stopped."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import insert

from gateway.cli import gateway
from gateway.ledger import watch_rows
from gateway.ledger.tables import absence, finding, message, notice, service_case, watch_cursor
from gateway.ledger.watch_rows import Place
from gateway.mailboxes import importing as importing_module
from gateway.mailboxes.importing import Import
from gateway.mailboxes.mailbox import Changes, Folder, MailboxFault
from tests.harness.certificates import make_certificate
from tests.harness.gateway import REPOSITORY, run_gateway, toml
from tests.mailboxes.watch_rig import START, MemoryMailbox, Scene, letter, run, watched
from tests.warnings.staff_rig import shipped

SINCE = START - timedelta(days=100)


@pytest.fixture(autouse=True)
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing_module, "TOGETHER", 10)


def filled(scene: Scene, letters: int) -> MemoryMailbox:
    """A letter a day, and an answer to every second one two hours later."""
    mailbox = MemoryMailbox(scene.clock)
    for number in range(letters):
        at = SINCE + timedelta(days=number + 0.5)
        mailbox.deliver(letter(number, Date=f"{at:%a, %d %b %Y %H:%M:%S} +0000"), at=at)
        if number % 2 == 0:
            answer = {"To": f"resident{number}@example.org", "In_Reply_To": f"<{number}@example.org>", "Subject": "Re: A question about a posting"}
            sent = letter(1000 + number, sender="hr@toronto.example", return_path=False, **answer)
            mailbox.deliver(sent, "sent", at=at + timedelta(hours=2))
    return mailbox


def importing(scene: Scene, mailbox: MemoryMailbox, told: list[int] | None = None) -> Import:
    counted = told if told is not None else []
    return Import(watched(), mailbox, scene.ledger, shipped(), lambda messages, _: counted.append(messages), scene.clock.pause)


def test_everything_is_measured_and_nothing_is_sent(tmp_path: Path) -> None:
    async def body(scene: Scene) -> None:
        told: list[int] = []
        assert await importing(scene, filled(scene, 30), told).run(SINCE, again=False) == 45
        cases = scene.rows(service_case)
        assert len(cases) == 30
        answered = [row for row in cases if row["responded_at"]]
        assert len(answered) == 15
        assert {row["responded_at"] - row["opened_at"] for row in answered} == {timedelta(hours=2)}
        assert Counter(row["reason"] for row in scene.rows(message)) == {"imported": 30, "outgoing": 15}
        assert scene.rows(notice) == []
        assert told == sorted(told)
        assert told[-1] == 45
        assert await importing(scene, filled(scene, 30)).run(SINCE, again=False) == 45, "it is done"
        assert await importing(scene, filled(scene, 30)).run(SINCE, again=True) == 45
        assert len(scene.rows(message)) == 45

    run(tmp_path, body)


def test_it_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    async def body(scene: Scene) -> None:
        mailbox = filled(scene, 30)
        asked: list[Folder] = []
        whole = mailbox.history

        async def failing(folder: Folder, since: datetime, cursor: str | None, limit: int) -> Changes:
            asked.append(folder)
            if len(asked) == 3:
                raise MailboxFault("credentials", "revoked")
            return await whole(folder, since, cursor, limit)

        mailbox.history = failing  # type: ignore[method-assign]
        with pytest.raises(MailboxFault):
            await importing(scene, mailbox).run(SINCE, again=False)
        already = len(scene.rows(message))
        assert 0 < already < 45
        told: list[int] = []
        assert await importing(scene, mailbox, told).run(SINCE, again=False) == 45
        assert told[-1] <= 45 - already + 10, "only an unfinished page is read again"
        assert len(scene.rows(message)) == 45

    run(tmp_path, body)


def test_it_ends_where_the_watch_began(tmp_path: Path) -> None:
    """What the watcher has yet to see gets its acknowledgement there: the import must not come before it."""

    async def body(scene: Scene) -> None:
        mailbox = filled(scene, 30)
        await scene.hold("hr")
        began = SINCE + timedelta(days=20)
        place = Place("0", began)
        for folder in ("inbox", "sent"):
            await scene.writer.call(partial(watch_rows.move, name="hr", folder=folder, to=place, now=scene.clock(), token="one"))
        assert await importing(scene, mailbox).run(SINCE, again=False) == 30
        assert {row["purpose"] for row in scene.rows(watch_cursor)} == {"watch", "import"}

    run(tmp_path, body)


def test_staff_mail_of_the_past_warns_nobody_and_makes_nobody_absent_or_present(tmp_path: Path) -> None:
    async def body(scene: Scene) -> None:
        mailbox = MemoryMailbox(scene.clock)
        for number in range(12):
            mailbox.deliver(
                letter(number, sender="robin.sample@toronto.example", To="a@example.org", return_path=False), "sent", at=START - timedelta(days=1)
            )
        away = {"Subject": "Automatic reply: x", "Auto-Submitted": "auto-replied", "To": "a@example.org"}
        mailbox.deliver(letter(50, sender="robin.sample@toronto.example", return_path=False, **away), "sent", at=START - timedelta(days=1))
        away_now: dict[str, Any] = {
            "person": scene.ledger.pseudonyms.of_address("robin.sample@toronto.example"),
            "until": START + timedelta(days=9),
            "alternates": [],
        }
        with scene.ledger.writing() as connection:
            connection.execute(insert(absence), [away_now])
        await importing(scene, mailbox).run(SINCE, again=False)
        assert len(scene.rows(message)) == 13
        assert {row["told_at"] for row in scene.rows(finding)} == {None}
        assert scene.rows(notice) == []
        assert [row["until"] for row in scene.rows(absence)] == [START + timedelta(days=9)], "what was said last week changes nothing today"

    run(tmp_path, body)


# ---- the commands


def configured(folder: Path, **further: Any) -> Path:
    for leaf in ("tmp", "new", "cur"):
        (folder / "Maildir" / leaf).mkdir(parents=True)
    section = {"name": "hr", "address": "hr@toronto.example", "source": "maildir", "folder": "Maildir"}
    paths = {name: str(REPOSITORY / name) for name in ("policies", "templates", "signatures")}
    (folder / "gateway.toml").write_text(toml({"mailbox": [section], "paths": paths, **further}))
    return folder / "Maildir"


@pytest.mark.front_door
def test_the_commands_say_how_it_is(tmp_path: Path) -> None:
    made = make_certificate(tmp_path, "short-lived", issuer=make_certificate(tmp_path, "authority"))
    listener = {"name": "in", "bind": "127.0.0.1:0", "tls": "opportunistic", "certificate": str(made.certificate), "key": str(made.key)}
    maildir = configured(tmp_path, next_hop={"inbound": "smtp://127.0.0.1:9"}, listener=[listener])
    for number in range(30):
        path = maildir / "new" / f"{int(time.time()) - 86400}.M{number}.host"
        path.write_bytes(letter(number))
        os.utime(path, (time.time() - 86400,) * 2)
    since = f"{time.strftime('%Y-%m-%d', time.gmtime(time.time() - 3 * 86400))}"
    done = run_gateway("mailbox", "import", "hr", "--since", since, "--json", cwd=tmp_path)
    assert (done.returncode, json.loads(done.stdout)["messages"]) == (0, 30), done.stderr
    assert "30 messages" in done.stderr, "progress goes to standard error"
    [listed] = json.loads(run_gateway("mailbox", "list", "--json", cwd=tmp_path).stdout) or [None]
    assert listed is not None
    wrong = run_gateway("mailbox", "import", "equity", "--since", since, cwd=tmp_path)
    assert (wrong.returncode, wrong.stderr.strip()) == (2, "error: no mailbox is called equity; gateway.toml has: hr")
    ahead = CliRunner().invoke(gateway, ["mailbox", "import", "hr", "--since", "2199-01-01", "--config", str(tmp_path / "gateway.toml")])
    assert (ahead.exit_code, ahead.stdout, "2199-01-01 has not come yet" in ahead.stderr) == (2, "", True)
    doctor = run_gateway("doctor", "--json", cwd=tmp_path)
    checks = {each["name"]: each for each in json.loads(doctor.stdout)}
    assert doctor.returncode == 1
    assert [name for name, each in checks.items() if each["do"]] == ["listener in", "next_hop.inbound"]
    assert checks["listener in"]["do"].startswith("renew it")
    assert checks["ledger"]["said"].startswith("schema 00")
    assert "can be read" in checks["mailbox hr"]["said"]


@pytest.mark.front_door
def test_what_is_wrong_in_a_section_is_said_with_its_line(tmp_path: Path) -> None:
    configured(tmp_path)
    (tmp_path / "gateway.toml").write_text(
        '[[mailbox]]\nname = "hr"\naddress = "hr"\nsource = "maildir"\nfolder = "Maildir"\n'
        '\n[[mailbox]]\nname = "other"\naddress = "a@b.example"\nsource = "pop3"\n'
    )
    done = run_gateway("mailbox", "list", cwd=tmp_path)
    assert done.returncode == 2
    said = done.stderr.strip().splitlines()
    assert said[0] == 'gateway.toml:3:1: error: mailbox.address: write the mailbox\'s address, such as "hr@toronto.example"'
    assert said[1].startswith("gateway.toml:10:1: error: mailbox.source: write one of")
