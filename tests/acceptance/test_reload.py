"""An admin edits policy files while the service runs: what is good counts for the next message, what is bad never does.

The real process, mail in by SMTP, news and acknowledgements at a recording hop, and the record as `gateway policy log` tells it.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.conftest import GatewayFactory
from tests.harness.client import send
from tests.harness.gateway import REPOSITORY, GatewayProcess, run_gateway
from tests.harness.hop import RecordingHop
from tests.harness.ledger import rows
from tests.harness.mails import acknowledgements, inquiry, new_message_id, parsed, resident, wait_acknowledged
from tests.harness.waiting import wait_for

pytestmark = pytest.mark.front_door

HR_NEWS = "hr-service-lead@toronto.example"
AUDIT_NEWS = "audit-service-lead@toronto.example"


@dataclass
class City:
    """A running gateway whose policy files are its own, to be edited."""

    gateway: GatewayProcess
    notices: RecordingHop

    def file(self, name: str) -> Path:
        return self.gateway.folder / name

    def edit(self, name: str, old: str, new: str) -> None:
        """As an editor saves: written beside it, then renamed over it."""
        path = self.file(name)
        text = path.read_text()
        assert old in text, f"{old!r} is not in {name}"
        beside = path.with_suffix(".part")
        beside.write_text(text.replace(old, new))
        beside.replace(path)

    @property
    def changes(self) -> list[tuple[str, str]]:
        """File and outcome of each, oldest first."""
        return [(each["file"], each["outcome"]) for each in rows(self.gateway.database, "SELECT file, outcome FROM policy_change ORDER BY id")]

    def log(self, *options: str) -> str:
        done = run_gateway("policy", "log", "--config", str(self.gateway.config), *options, cwd=self.gateway.folder)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def wait_logged(self, file: str, outcome: str, times: int = 1) -> None:
        wait_for(lambda: self.changes.count((file, outcome)) >= times, f"{file} {outcome} (the last ones: {self.changes[-4:]})")

    def wait_in_force(self, *names: str) -> None:
        """Until the files count as they are now; what is recorded is in force already."""
        for name in names:
            now = self.file(name).read_bytes()

            def kept(name: str = name, now: bytes = now) -> bool:
                return [each["content"] for each in rows(self.gateway.database, "SELECT content FROM policy_file WHERE file = ?", name)] == [now]

            wait_for(kept, f"{name} is in force as saved")

    def ask(self, **how: str) -> str:
        """A resident writes to Human Resources (or `to`); the Message-ID."""
        message_id = new_message_id()
        to = how.get("to", "hr@toronto.example").encode()
        assert send(self.gateway.inbound, resident(message_id), to, inquiry(message_id, **how)).code == 250
        return message_id

    def said(self, message_id: str) -> str:
        """The text of its acknowledgement."""
        return plain(wait_acknowledged(self.notices, message_id)[0].octets)

    def reason(self) -> str:
        """Why the newest message was, or was not, acknowledged."""
        return str(rows(self.gateway.database, "SELECT reason FROM message ORDER BY id DESC LIMIT 1")[0]["reason"])

    def version(self) -> str:
        """Of the policy that decided the newest message."""
        return str(rows(self.gateway.database, "SELECT policy_version FROM message ORDER BY id DESC LIMIT 1")[0]["policy_version"])

    def news(self, address: str) -> list[Any]:
        return [parsed(each.octets) for each in self.notices.accepted if each.rcpt_to == [address.encode()]]

    def wait_news(self, address: str, subject: str) -> Any:
        """The mail to `address` whose subject is exactly this."""
        return wait_for(
            lambda: next((each for each in self.news(address) if each["Subject"] == subject), None),
            f"news to {address}: {subject} (got {[each['Subject'] for each in self.news(address)]})",
            within=30,
        )


def plain(octets: bytes) -> str:
    body = parsed(octets).get_body(("plain",))
    assert body
    return str(body.get_content())


@pytest.fixture
def city(tmp_path: Path, new_gateway: GatewayFactory, notices_hop: RecordingHop) -> City:
    folder = tmp_path / "city"
    for name in ("policies", "templates", "signatures"):
        shutil.copytree(REPOSITORY / name, folder / name)
    gateway = new_gateway(folder, settings={"paths": {name: name for name in ("policies", "templates", "signatures")}})
    gateway.start()
    running = City(gateway, notices_hop)
    wait_for(lambda: running.changes, "the files of the first start are recorded")
    return running


def test_a_good_edit_decides_the_next_message_and_is_told_once(city: City) -> None:
    assert "Your message reached" in city.said(city.ask())
    old_version = city.version()
    assert not city.news(HR_NEWS), "the first start is no news"

    city.edit("policies/human-resources.yaml", "arrived: Your message reached Human Resources", "arrived: Your words reached Human Resources")
    city.edit("policies/human-resources.yaml", "telephone: 416-555-0142\n  tty", "telephone: 416-555-0182\n  tty")
    city.wait_in_force("policies/human-resources.yaml")
    assert "Your words reached" in city.said(city.ask())
    assert city.version() != old_version

    mail = city.wait_news(HR_NEWS, "policies/human-resources.yaml took effect")
    text = mail.get_body(("plain",)).get_content()
    assert "contacts.telephone: 416-555-0142 → 416-555-0182" in " ".join(text.split())
    assert mail["Auto-Submitted"] == "auto-generated"
    [sent] = [each for each in city.notices.accepted if each.rcpt_to == [HR_NEWS.encode()]]
    assert sent.mail_from == b""
    assert not city.news(AUDIT_NEWS)
    assert "contacts.telephone: 416-555-0142 → 416-555-0182" in city.log()


def test_a_bad_edit_never_takes_effect_and_its_line_is_told(city: City) -> None:
    city.edit("policies/human-resources.yaml", "mailbox: hr@", "mailbocks: hr@")
    city.edit("policies/internal-audit.yaml", "telephone: ", "telephone: 1-")
    city.edit("policies/internal-audit.yaml", "telephone: 1-", "telephone: ")
    city.wait_logged("policies/human-resources.yaml", "refused")
    assert "Human Resources" in city.said(city.ask())
    details = wait_for(lambda: city.gateway.http("/readyz")[1], "the details")
    assert "policies/human-resources.yaml line" in details
    assert 'gateway_policy_refused{file="policies/human-resources.yaml"} 1.0' in city.gateway.http("/metrics")[1]

    mail = city.wait_news(HR_NEWS, "policies/human-resources.yaml refused, line 2")
    text = " ".join(mail.get_body(("plain",)).get_content().split())
    assert "policies/human-resources.yaml:4:1: error: unknown key 'mailbocks'; did you mean 'mailbox'?" in text

    city.edit("policies/human-resources.yaml", "mailbocks: hr@", "mailbox: hr@")
    city.wait_logged("policies/human-resources.yaml", "good-again")
    city.wait_news(HR_NEWS, "policies/human-resources.yaml good again")
    assert "gateway_policy_refused{" not in city.gateway.http("/metrics")[1]


def test_of_two_files_that_conflict_the_later_change_is_refused_and_others_take_effect(city: City) -> None:
    shutil.copy(city.file("policies/internal-audit.yaml"), city.file("policies/aaa.part"))
    text = city.file("policies/aaa.part").read_text().replace("division: internal-audit", "division: aaa").replace("internal-audit@", "hr@")
    city.file("policies/aaa.yaml").write_text(text.replace("reference: AU", "reference: YY"))
    city.edit("policies/executive-management.yaml", "rollout:", "acknowledgements: off\nrollout:")
    city.wait_logged("policies/aaa.yaml", "refused")
    city.wait_logged("policies/executive-management.yaml", "took-effect", times=2)
    assert "Human Resources" in city.said(city.ask()), "who had the mailbox first keeps it"
    mail = city.wait_news(AUDIT_NEWS, "policies/aaa.yaml refused, line 4")
    assert "is claimed already at policies/human-resources.yaml" in " ".join(mail.get_body(("plain",)).get_content().split())
    city.file("policies/human-resources.yaml").unlink()
    city.wait_logged("policies/aaa.yaml", "took-effect")
    assert "Internal Audit" in city.said(city.ask()), "the place is free now"
    city.wait_news(HR_NEWS, "policies/human-resources.yaml removed")


def test_without_city_yaml_everything_stays_as_it_was(city: City) -> None:
    text = city.file("policies/city.yaml").read_text()
    city.file("policies/city.yaml").unlink()
    city.wait_logged("policies/city.yaml", "refused")
    assert "Human Resources" in city.said(city.ask())
    for address in (HR_NEWS, AUDIT_NEWS):
        city.wait_news(address, "policies/city.yaml refused, line 1")
    city.file("policies/city.yaml").write_text(text.replace("name: {en: City of Toronto", "name: {en: Municipality of Toronto"))
    city.wait_in_force("policies/city.yaml")
    assert "Municipality of Toronto" in city.said(city.ask())


@pytest.mark.parametrize("damage", ["broken", "gone", "no folder"])
def test_after_a_crash_and_a_broken_file_the_last_good_policy_serves(city: City, damage: str) -> None:
    city.edit("policies/human-resources.yaml", "arrived: Your message reached", "arrived: Your words reached")
    city.wait_logged("policies/human-resources.yaml", "took-effect", times=2)
    city.gateway.kill()
    if damage == "broken":
        for name in ("city.yaml", "human-resources.yaml"):
            city.file(f"policies/{name}").write_text("name: {en: City\n")
        city.file("templates/acknowledgement/answer-date.en.j2").write_text("{% for x in division %}")
    elif damage == "gone":
        city.file("policies/city.yaml").unlink()
        city.file("signatures/corporate-identity.yaml").unlink()
        city.file("templates/page.html.j2").unlink()
    else:
        for name in ("policies", "templates", "signatures"):
            city.file(name).rename(city.file(f"{name}-away"))
    city.gateway.start()
    message_id = city.ask()
    assert "Your words reached Human Resources" in city.said(message_id)
    assert city.reason() == "new-inquiry"
    assert "refused" in city.gateway.http("/readyz")[1]
    city.wait_logged({"broken": "policies/city.yaml", "gone": "policies/city.yaml", "no folder": "policies/"}[damage], "refused")


def test_sighup_reads_at_once_and_does_not_stop_the_service(city: City) -> None:
    os.kill(city.gateway.pid, signal.SIGHUP)
    assert city.said(city.ask())
    assert city.gateway.process
    assert city.gateway.process.poll() is None


def test_the_author_of_a_commit_is_recorded(city: City) -> None:
    def git(folder: Path, *command: str) -> None:
        name = ("-c", "user.name=Ann Admin", "-c", "user.email=ann@toronto.example")
        subprocess.run(["git", "-C", str(folder), *name, *command], check=True, capture_output=True)

    here, elsewhere = city.gateway.folder, city.gateway.folder.with_name("elsewhere")
    git(here, "init", "-q", "-b", "main")
    git(here, "add", "policies")
    git(here, "commit", "-q", "-m", "As shipped")
    git(here, "clone", "-q", str(here), str(elsewhere))
    file = elsewhere / "policies/human-resources.yaml"
    file.write_text(file.read_text().replace("416-555-0143", "416-555-0149"))
    git(elsewhere, "commit", "-q", "-a", "-m", "New telephone")
    git(here, "pull", "-q", "--ff-only", str(elsewhere), "main")
    city.wait_logged("policies/human-resources.yaml", "took-effect", times=2)
    change = json.loads(city.log("--json", "--limit", "1"))[0]
    assert change["author"] == "Ann Admin"
    assert change["differences"] == [{"key": "contacts.tty", "old": "416-555-0143", "new": "416-555-0149"}]
    assert change["version_before"] != change["version_after"]


def off_everywhere(city: City) -> None:
    city.edit("policies/city.yaml", "acknowledgements: on", "acknowledgements: off")


def off_here(city: City) -> None:
    city.edit("policies/human-resources.yaml", "\nrollout:", "\nacknowledgements: off\nrollout:")


def observing(city: City) -> None:
    city.edit("policies/human-resources.yaml", "public: enforce", "public: observe")


def warning(city: City) -> None:
    city.edit("policies/human-resources.yaml", "public: enforce", "public: warn")


def test_a_stop_and_the_rollout_modes_hold_from_the_next_message_on(city: City) -> None:
    originals = {name: city.file(name).read_text() for name in ("policies/city.yaml", "policies/human-resources.yaml")}
    assert city.said(city.ask())
    version = city.version()
    for edit in (off_everywhere, off_here, observing, warning):
        edit(city)
        city.wait_in_force(*originals)
        silent = city.ask()
        assert city.reason() != "new-inquiry", edit.__name__
        assert city.version() != version
        for name, text in originals.items():
            city.file(name).write_text(text)
        city.wait_in_force(*originals)
        assert city.said(city.ask())
        assert city.version() == version, "the same files, the same version"
        assert not acknowledgements(city.notices, silent)


def test_a_city_wide_notice_appears_and_expires(city: City) -> None:
    until = datetime.now(ZoneInfo("America/Toronto")).replace(second=0) + timedelta(minutes=2)
    notice = (
        f'notice: {{until: {until:%Y-%m-%d %H:%M}, en: "Our offices are closed by the storm.", fr: "Nos bureaux sont fermés à cause de la tempête."}}'
    )
    city.edit("policies/city.yaml", "notice: none ", notice + "  ")
    city.wait_in_force("policies/city.yaml")
    assert "closed by the storm" in city.said(city.ask())
    city.edit("policies/city.yaml", f"until: {until:%Y-%m-%d %H:%M}", "until: 2026-01-01 12:00")
    city.wait_in_force("policies/city.yaml")
    assert "closed by the storm" not in city.said(city.ask())
