"""A canary resident: name, address and subject are in no log, no trace and no settled row, whatever goes wrong (docs/promises.md, P8)."""

from __future__ import annotations

import base64
import sqlite3
from contextlib import closing

import pytest

from tests.conftest import GatewayFactory
from tests.harness import ledger
from tests.harness.client import SmtpClient, send
from tests.harness.gateway import GatewayProcess
from tests.harness.hop import CLOSE, RecordingHop, Script, say
from tests.harness.mails import inquiry, new_message_id, wait_acknowledged
from tests.harness.waiting import wait_for

pytestmark = pytest.mark.front_door

NAME, LOCAL, DOMAIN = "Kanarienvogel Quux", "kanarienvogel.quux", "canary-domain.example"
SUBJECT, BODY = "Zanzibarian yellow feather", "xylophonic plumage 046 454 286"
TELEPHONE = "416-555-0873"
ADDRESS = f"{LOCAL}@{DOMAIN}"
CANARIES = (NAME, "Kanarienvogel", LOCAL, DOMAIN, SUBJECT, "Zanzibarian", BODY, "xylophonic", TELEPHONE)


def letter(message_id: str, **other: str) -> bytes:
    return inquiry(message_id, **{"sender": ADDRESS, "name": NAME, "subject": SUBJECT, "text": f"Hello, {BODY}?\r\n"} | other)


def seen_in(octets: bytes) -> list[str]:
    """Canaries in these octets, as they are, in UTF-16 or in base64 (each of its three alignments)."""
    low = octets.lower()
    found = []
    for canary in CANARIES:
        plain = canary.encode()
        aligned = [base64.b64encode(b"\0" * shift + plain)[4 if shift else 0 : -4] for shift in range(3)]
        if plain.lower() in low or plain.decode().lower().encode("utf-16-le") in low or any(len(each) > 8 and each in octets for each in aligned):
            found.append(canary)
    return found


def assert_no_canary(gateway: GatewayProcess) -> None:
    assert not seen_in(gateway.output.encode())
    assert not seen_in("".join(gateway.http(path)[1] for path in ("/metrics", "/readyz", "/")).encode())
    # An observation that took too long waits in the journal for its replay; then it must be gone from there too.
    wait_for(lambda: not remembered(gateway), "all state files forget the resident")


def remembered(gateway: GatewayProcess) -> dict[str, list[str]]:
    """Canaries by state file."""
    found = {path.name: seen_in(path.read_bytes()) for path in (gateway.folder / "var").rglob("*") if path.is_file()}
    return {name: canaries for name, canaries in found.items() if canaries}


@pytest.fixture
def gateway(new_gateway: GatewayFactory) -> GatewayProcess:
    return new_gateway(settings={"log": {"level": "debug"}, "timeouts": {"command": "1s", "data_end": "1s", "intake": "300ms"}})


def mail(gateway: GatewayProcess, octets: bytes, to: bytes = b"hr@toronto.example") -> int:
    return send(gateway.inbound, ADDRESS.encode(), to, octets).code


def test_after_an_acknowledgement(gateway: GatewayProcess, notices_hop: RecordingHop):
    gateway.start()
    message_id = new_message_id()
    assert mail(gateway, letter(message_id)) == 250
    wait_acknowledged(notices_hop, message_id)
    ledger.wait_settled(gateway.database)
    trace = gateway.cli("trace", message_id)
    assert trace.returncode == 0, trace.stderr
    assert not seen_in((trace.stdout + trace.stderr).encode())
    wait_for(lambda: not ledger.count(gateway.database, "outgoing"), "address and text are erased")
    gateway.stop()  # the write-ahead log is folded into the ledger
    gateway.start()
    assert_no_canary(gateway)


def test_after_every_refusal_and_loss_of_the_next_hop(gateway: GatewayProcess, hop: RecordingHop):
    gateway.start()
    for stage in ("greeting", "mail", "rcpt", "data", "end"):
        for trouble in (say(f"550 5.1.1 <{ADDRESS}> {NAME} {SUBJECT}: refused"), CLOSE):
            hop.cut()
            hop.script = Script()
            setattr(hop.script, stage, trouble)
            assert mail(gateway, letter(new_message_id())) >= 400
    with SmtpClient(gateway.inbound) as client:
        for line in ("MAIL FROM:<{a}", "MAIL FROM:<{a}> NONSENSE=1", "VRFY {a}", "{a} NAME", "RCPT TO:<{a}>", "HELO {a}"):
            client.command(line.format(a=ADDRESS).encode())
    assert_no_canary(gateway)


def test_after_a_notices_hop_that_refuses(gateway: GatewayProcess, notices_hop: RecordingHop):
    notices_hop.script.rcpt = say(f"550 5.1.1 <{ADDRESS}>: no such {NAME}")
    gateway.start()
    assert mail(gateway, letter(new_message_id())) == 250
    ledger.wait_recorded(gateway.database, 1)
    ledger.wait_settled(gateway.database)
    assert [row["state"] for row in ledger.acknowledgements(gateway.database)] == ["refused"]
    gateway.stop()
    gateway.start()
    assert_no_canary(gateway)


@pytest.mark.parametrize("broken", ["nul-and-8-bit", "crashes-parsers", "no-header"])
def test_after_mail_that_parsers_choke_on(gateway: GatewayProcess, broken: str):
    odd = {
        "nul-and-8-bit": letter(new_message_id()).replace(b"Hello", b"\0\xff\xfe" + NAME.encode()),
        "crashes-parsers": letter(new_message_id(), fields=f"Content-Type: x/y; a*\r\nTo: {NAME} <{LOCAL}@\r\nReferences: <{ADDRESS}\r\n"),
        "no-header": f"{NAME} {SUBJECT}\r\n{ADDRESS}\r\n".encode(),
    }
    gateway.start()
    assert mail(gateway, odd[broken]) == 250
    ledger.wait_recorded(gateway.database, 1)
    wait_for(lambda: not ledger.count(gateway.database, "outgoing"), "nothing waits")
    gateway.stop()
    gateway.start()
    assert_no_canary(gateway)


def test_after_the_journal_was_replayed(gateway: GatewayProcess, notices_hop: RecordingHop):
    gateway.start()
    message_id = new_message_id()
    with closing(sqlite3.connect(gateway.database, isolation_level=None, timeout=30)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert mail(gateway, letter(message_id)) == 250
        other.execute("ROLLBACK")
    wait_acknowledged(notices_hop, message_id)
    ledger.wait_settled(gateway.database)
    gateway.stop()
    gateway.start()
    assert_no_canary(gateway)


AWAY = f"""\
From: {NAME} <{LOCAL}@toronto.example>
To: {ADDRESS}
Subject: Automatic reply: {SUBJECT}
Auto-Submitted: auto-replied
Message-ID: <{{id}}@toronto.example>
Date: Mon, 16 Nov 2026 10:00:00 -0500

I am out of the office, {BODY}. Call {TELEPHONE}.
"""


def test_after_everything_that_can_be_asked(gateway: GatewayProcess, notices_hop: RecordingHop, hop: RecordingHop):
    """An inquiry, its answer, a follow-up, staff who are away; then every command that tells what is kept, and an erasure."""
    gateway.start()
    first, text = new_message_id(), f"Hello, {BODY}, {TELEPHONE}?\r\n"
    assert mail(gateway, letter(first, text=text)) == 250
    wait_acknowledged(notices_hop, first)
    answer = letter(new_message_id(), sender="anna@toronto.example", text=text, fields=f"In-Reply-To: {first}\r\n")
    assert send(gateway.outbound, b"anna@toronto.example", ADDRESS.encode(), answer).code == 250
    assert mail(gateway, letter(new_message_id(), text=text, fields=f"In-Reply-To: {first}\r\n")) == 250
    away = AWAY.format(id="away").replace("\n", "\r\n").encode()
    assert send(gateway.outbound, f"{LOCAL}@toronto.example".encode(), ADDRESS.encode(), away).code == 250
    ledger.wait_recorded(gateway.database, 4)
    assert ledger.rows(gateway.database, "SELECT 1 FROM service_case WHERE responded_at IS NOT NULL")
    told = [
        gateway.cli("trace", ADDRESS, "--json"),
        gateway.cli("trace", "--lookups"),
        gateway.cli("findings", "list", "--person", f"{LOCAL}@toronto.example"),
        gateway.cli("report", "--format", "html", "--since", "2026"),
        gateway.cli("forget", "--correspondent", ADDRESS),
    ]
    assert [each.returncode for each in told] == [0] * len(told), [each.stderr for each in told]
    assert not [each.args for each in told if seen_in((each.stdout + each.stderr).encode())]
    # A warning may wait for an open day, with the address it goes to; nobody may wait for that here.
    waiting = [str(row["id"]) for row in ledger.rows(gateway.database, "SELECT id FROM notice WHERE state = 'waiting'")]
    if waiting:
        assert gateway.cli("outbox", "drop", *waiting).returncode == 0
    gateway.stop()
    gateway.start()
    assert_no_canary(gateway)
