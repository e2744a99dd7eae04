"""Reminders, declarations by reply and by command, through the running gateway's sockets on its own clock: one process, a week of November 2026."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gateway.cli import gateway as command
from tests.harness.client import send
from tests.harness.gateway import GatewayProcess
from tests.harness.hop import RecordingHop
from tests.harness.ledger import count, rows, wait_recorded
from tests.harness.mails import inquiry, parsed
from tests.harness.movable_clock import MovableClock
from tests.harness.waiting import wait_for
from tests.judgement.sample_policy import ZONE

pytestmark = pytest.mark.front_door

LEAD, DIRECTOR, HELP = (f"{name}@toronto.example" for name in ("hr-service-lead", "hr-director-office", "service-promise-help"))
CANARY = "Ondine Kanarie"


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-{text}").replace(tzinfo=ZONE).astimezone(UTC)


@dataclass
class Desk:
    """A gateway, who writes to it, and what it has sent to staff."""

    gateway: GatewayProcess
    hop: RecordingHop
    notices: RecordingHop
    clock: MovableClock
    references: dict[str, str] = field(default_factory=dict)
    taken: int = 0
    read: int = 0

    def inquiry(self, moment: str, name: str, *, to: str = "hr@toronto.example", fields: str = "", message_id: str = "") -> None:
        self.clock.set(at(moment))
        known = {"sender": f"{name}@example.org", "to": to, "name": CANARY, "subject": f"{CANARY} asks", "fields": fields}
        octets = inquiry(message_id or f"<{name}@example.org>", **known)
        self.relayed(self.gateway.inbound, f"{name}@example.org", to, octets)
        if not fields:
            [found] = rows(self.gateway.database, "SELECT reference FROM service_case ORDER BY id DESC LIMIT 1")
            self.references[name] = found["reference"]

    def staff(self, moment: str, sender: str, to: str, text: str, answers: str, *, port: int = 0) -> None:
        """`answers`: the Message-ID that it replies to."""
        self.clock.set(at(moment))
        head = f"From: {sender}\r\nTo: {to}\r\nSubject: Re: {CANARY} asks\r\nIn-Reply-To: {answers}\r\n"
        mime = f"Message-ID: <{self.taken}@mail.toronto.example>\r\nDate: {moment}\r\n"
        mime += "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
        self.relayed(port or self.gateway.outbound, sender, to, f"{head}{mime}\r\n{text}\r\n".encode())

    def relayed(self, port: int, sender: str, to: str, octets: bytes) -> None:
        assert send(port, sender.encode(), [to.encode()], octets).code == 250
        self.taken += 1
        wait_recorded(self.gateway.database, self.taken)

    def mail(self) -> EmailMessage:
        """The next one that came to staff."""
        found = wait_for(lambda: self._to_staff()[self.read :], f"a reminder\n{self.gateway.output[-2000:]}")
        self.read += 1
        assert found[0][0] == b"bounces@toronto.example"
        return found[0][1]

    def none_until(self, moment: str) -> None:
        """It has looked by then, and nothing more came or waits."""
        self.clock.set(at(moment))
        wait_for(lambda: self._looked() >= at(moment).timestamp(), "it looks again")
        assert rows(self.gateway.database, "SELECT 1 FROM notice WHERE kind = 'reminder' AND state = 'waiting'") == []
        assert len(self._to_staff()) == self.read, [str(each[1]) for each in self._to_staff()[self.read :]]

    def _looked(self) -> float:
        found = re.search(r"(?m)^gateway_reminders_looked_timestamp_seconds (\S+)", self.gateway.http("/metrics")[1])
        return float(found[1]) if found else 0.0

    def _to_staff(self) -> list[tuple[bytes, EmailMessage]]:
        contacts = (LEAD.encode(), DIRECTOR.encode())
        return [(each.mail_from, parsed(each.octets)) for each in self.notices.accepted if each.rcpt_to[0].strip(b"<>") in contacts]

    def counted(self, outcome: str) -> int:
        found = re.search(rf'gateway_declarations_total\{{outcome="{outcome}"\}} (\d+)', self.gateway.http("/metrics")[1])
        return int(found[1]) if found else 0

    def case(self, *arguments: str) -> Any:
        done = self._run(*arguments, "--json")
        assert done.exit_code == 0, done.stderr
        return json.loads(done.stdout)

    def _run(self, *arguments: str) -> Result:
        """In this process, beside the gateway that runs: a process for each would take most of the time."""
        return CliRunner().invoke(command, ["case", *arguments, "--config", str(self.gateway.config)], prog_name="gateway")

    def told(self, *arguments: str) -> str:
        done = self._run(*arguments)
        assert done.exit_code == 0, done.stderr
        return done.stdout

    def refused(self, *arguments: str) -> str:
        before = count(self.gateway.database, "declaration")
        done = self._run(*arguments)
        assert done.exit_code in (1, 2)
        assert done.stdout == ""
        assert count(self.gateway.database, "declaration") == before
        return done.stderr.strip().splitlines()[-1]


@pytest.fixture(scope="module", name="desk")
def _desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("desk")
    with RecordingHop() as hop, RecordingHop() as notices:
        clock = MovableClock(folder / "clock", at("02T09:00"))
        settings = {"notices": {"lease": "3s", "return_path": "bounces@toronto.example"}}
        gateway = GatewayProcess(folder, next_hop=hop.url, notices=notices.url, settings=settings)
        try:
            gateway.start(env=clock.environment, script=clock.script)
            yield Desk(gateway, hop, notices, clock)
        finally:
            gateway.kill()
            print(gateway.output[-5000:])


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def test_a_week(desk: Desk) -> None:
    """48 hours each: one mail on Tuesday for three, one on Wednesday for what is left, the missed one further on."""
    for moment, name in (("02T10:12", "ann"), ("02T10:20", "bea"), ("02T11:00", "cyd")):
        desk.inquiry(moment, name)
    desk.none_until("03T14:00")
    desk.clock.set(at("03T14:15"))
    first = desk.mail()
    assert (first["From"].addresses[0].addr_spec, first["To"], first["Auto-Submitted"]) == (HELP, LEAD, "auto-generated")
    assert first["Subject"] == "3 answers due: Human Resources / 3 réponses attendues : Ressources humaines"
    said = text_of(first)
    assert all(each in said for each in desk.references.values())
    assert "Wednesday, November 4, 2026, at 10:12 a.m." in " ".join(said.split())
    assert "example.org" not in str(first)
    assert CANARY not in str(first)

    # Bea is answered by mail, Cyd by telephone, which the lead says in a reply.
    desk.staff("03T15:00", "noor.example@toronto.example", "bea@example.org", "Yes, it is.", "<bea@example.org>")
    desk.staff("03T15:10", LEAD, HELP, f"{desk.references['cyd']} closed by telephone\n\n> quoted", str(first["Message-ID"]))
    shown = desk.case("show", desk.references["cyd"])
    assert (shown["answered_by"], shown["declared_channel"], shown["declared"][0]["declared_by"]) == ("declared", "telephone", "reminders, by reply")
    assert desk.case("show", desk.references["bea"])["answered_by"] == "mail"

    desk.clock.set(at("04T08:31"))
    second = desk.mail()
    assert desk.references["ann"] in second["Subject"]
    assert desk.references["bea"] not in text_of(second)
    assert desk.references["cyd"] not in text_of(second)
    desk.none_until("04T10:05")
    desk.clock.set(at("04T10:13"))
    third = desk.mail()
    assert third["To"] == DIRECTOR
    assert third["Subject"] == f"Date missed / Date dépassée : {desk.references['ann']}"

    replies = desk.references["cyd"] + " NO ANSWER NEEDED", str(first["Message-ID"])
    desk.staff("04T10:30", LEAD, HELP, *replies)
    assert desk.counted("used") == 1
    desk.staff("04T10:31", "ann@example.org", HELP, "KIND correspondence", str(second["Message-ID"]), port=desk.gateway.inbound)
    assert desk.counted("foreign") == 1
    desk.staff("04T10:32", LEAD, HELP, "CLOSED BY TELEPHONE", f"<spg.{'0' * 32}.{'0' * 24}@toronto.example>")
    assert desk.counted("forged") == 1
    desk.staff("04T10:33", LEAD, HELP, "CLOSED BY TELEPHONE", str(first["Message-ID"]))
    assert desk.counted("which-one") == 1
    assert count(desk.gateway.database, "declaration") == 1

    closed = desk.gateway.json("case", "close", desk.references["ann"], "--by", "counter", "--at", "2026-11-04T10:40", "--why", "came by")
    assert (closed["responded_at"], closed["declared"][0]["why"]) == ("2026-11-04T15:40:00+00:00", "came by")
    assert "answered already (counter, declared)" in desk.refused("close", desk.references["ann"], "--by", "letter")
    desk.none_until("05T16:00")
    assert desk.case("reopen", desk.references["ann"])["answered_by"] is None
    report = desk.gateway.json("report", "--since", "2026-11-01", "--until", "2026-11-30", "--format", "json")
    assert json.dumps(report).count(CANARY) == 0


def test_moved(desk: Desk) -> None:
    """The case goes with its reference and receipt; what the inquirer adds at the old place belongs to it, without another acknowledgement."""
    desk.inquiry("09T09:00", "dan")
    before = desk.case("show", desk.references["dan"])
    moved = desk.case("move", desk.references["dan"], "--to", "Strategic Communications", "--why", "a journalist")
    assert (moved["division"], moved["mailbox"], moved["opened_at"]) == ("strategic-communications", "media@toronto.example", before["opened_at"])
    assert moved["standard"] != before["standard"]
    cases, acknowledgements = count(desk.gateway.database, "service_case"), _acknowledgements(desk)
    desk.inquiry("09T11:00", "dan", fields="In-Reply-To: <dan@example.org>\r\n", message_id="<dan-again@example.org>")
    assert count(desk.gateway.database, "service_case") == cases
    assert _acknowledgements(desk) == acknowledgements
    desk.staff("09T12:00", "media-desk@toronto.example", "dan@example.org", "Here it is.", "<dan-again@example.org>")
    assert desk.case("show", desk.references["dan"])["answered_by"] == "mail"
    assert "already" in desk.refused("move", desk.references["dan"], "--to", "strategic-communications")
    back = desk.case("reopen", desk.references["dan"])
    assert {name: back[name] for name in ("division", "standard", "respond_by", "moved_from")} == {
        name: before[name] for name in ("division", "standard", "respond_by", "moved_from")
    }
    assert back["answered_by"] == "mail", "an answer by mail stays"


def test_what_closing_does_to_a_case_that_mail_has_answered_is_said(desk: Desk) -> None:
    """Nothing, and then it is not recorded; or something that the case itself does not show."""
    desk.inquiry("09T13:00", "gus")
    gus = desk.references["gus"]
    desk.staff("09T14:00", "noor.example@toronto.example", "gus@example.org", "Yes, it is.", "<gus@example.org>")
    assert desk.refused("close", gus, "--by", "telephone").endswith("; this changes nothing, and is not recorded")
    said = desk.told("close", gus, "--by", "telephone", "--at", "2026-11-09T13:30")
    assert "This came before the mail of 2026-11-09 14:00 EST, which counts as the answer no more; gateway case reopen takes it back." in said
    assert desk.case("reopen", gus)["answered_by"] == "mail"
    desk.inquiry("09T15:00", "gus", fields="In-Reply-To: <gus@example.org>\r\n", message_id="<gus-again@example.org>")
    desk.clock.set(at("09T15:30"))
    said = desk.told("close", gus, "--by", "telephone")
    assert "This answers the follow-up of 2026-11-09 15:00 EST; the first answer stays as it was." in said
    assert "answered 2026-11-09 14:00 EST by mail" in said


def _acknowledgements(desk: Desk) -> int:
    return len(rows(desk.gateway.database, "SELECT 1 FROM notice WHERE kind = 'acknowledgement'"))


def test_another_kind(desk: Desk) -> None:
    desk.inquiry("10T09:00", "eve")
    letter = desk.case("kind", desk.references["eve"], "--kind", "correspondence")
    assert (letter["kind"], letter["respond_by"]) == ("correspondence", "2026-11-21T05:00:00+00:00"), "10 days from the receipt"
    assert desk.case("reopen", desk.references["eve"])["kind"] == "inquiry"


_IMPOSSIBLE = (
    (("close", "{fay}", "--by", "letter", "--at", "2026-10-01"), "before it was received"),
    (("close", "{fay}", "--by", "letter", "--at", "2199-01-01"), "in the future"),
    (("close", "{fay}", "--by", "letter", "--at", "noon"), "is not a time"),
    (("close", "{fay}", "--by", "pigeon"), "'telephone'"),
    (("close", "{fay}", "--by", "letter", "--why", "wrote to ann@example.org"), "name no resident"),
    (("close", "{fay}", "--by", "letter", "--why", "x" * 201), "say it shorter"),
    (("close", "{typo}", "--by", "letter"), "did you mean {fay}"),
    (("close", "QQ-2222", "--by", "letter"), "no case has the reference QQ-2222"),
    (("move", "{fay}", "--to", "strategic-comunications"), "did you mean 'strategic-communications'"),
    (("kind", "{fay}", "--kind", "correspondance"), "did you mean 'correspondence'"),
)


def test_what_cannot_be_is_one_line(desk: Desk) -> None:
    desk.inquiry("11T09:00", "fay")
    fay = desk.references["fay"]
    names = {"fay": fay, "typo": fay[:-1] + ("2" if fay[-1] != "2" else "3")}
    for arguments, said in _IMPOSSIBLE:
        assert said.format(**names) in desk.refused(*(each.format(**names) for each in arguments))
