"""Clients that may relay by the name in their certificate, and a listener's certificate that is replaced while it serves (docs/threats.md S1)."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from cryptography.x509 import DNSName
from structlog.testing import capture_logs

from gateway.relay.certificate import Certificate
from tests.harness.certificates import LOOPBACK, Made, make_certificate
from tests.harness.client import SmtpClient
from tests.harness.hop import RecordingHop
from tests.relay.rig import FrontDoor

OpenDoor = Callable[..., FrontDoor]
RCPT = b"hr@toronto.example"
ELSEWHERE = (ip_network("192.0.2.0/24"),)
LOOPS = pytest.mark.parametrize("loop", ["asyncio", "uvloop"])


@dataclass
class Authority:
    folder: Path
    own: Made

    def client(self, *names: str) -> Made:
        return make_certificate(self.folder, names[0].replace("*", "any"), *(DNSName(name) for name in names), issuer=self.own)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    folder = tmp_path_factory.mktemp("authority")
    return Authority(folder, make_certificate(folder, "authority"))


@pytest.fixture(scope="module")
def listener(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make_certificate(tmp_path_factory.mktemp("listener"), "127.0.0.1", LOOPBACK)


def encrypted(client: SmtpClient, listener: Made, shown: Made | None = None) -> None:
    assert client.command(b"STARTTLS").code == 220
    context = ssl.create_default_context(cafile=str(listener.certificate))
    if shown:
        context.load_cert_chain(shown.certificate, shown.key)
    client.socket = context.wrap_socket(client.socket, server_hostname="127.0.0.1")
    client.command(b"EHLO again")


@pytest.fixture
def strict_door(open_door: OpenDoor, hop: RecordingHop, listener: Made, authority: Authority) -> Callable[..., FrontDoor]:
    def make(loop: str = "asyncio", **how: object) -> FrontDoor:
        fields = {
            "allow": ELSEWHERE,
            "tls": "opportunistic",
            "certificate": listener.certificate,
            "key": listener.key,
            "client_names": ("Mail.City.example",),
            "client_ca": authority.own.certificate,
        }
        return open_door(hop.url, loop=loop, **(fields | how))

    return make


@LOOPS
def test_a_named_client_may_relay(loop: str, strict_door: Callable[..., FrontDoor], hop: RecordingHop, listener: Made, authority: Authority):
    door = strict_door(loop)
    with SmtpClient(door.port) as client:
        assert client.keywords == {"STARTTLS"}
        assert client.command(b"MAIL FROM:<a@example.org>").code == 550
        encrypted(client, listener, authority.client("mail.city.example", "other.example"))
        assert client.send(b"a@example.org", RCPT, b"x\r\n").code == 250


@pytest.mark.parametrize("names", [None, ("mail.city.example.org",), ("*.city.example",), ("city.example",)])
def test_others_may_not(
    names: tuple[str, ...] | None, strict_door: Callable[..., FrontDoor], hop: RecordingHop, listener: Made, authority: Authority
):
    door = strict_door()
    with SmtpClient(door.port) as client:
        encrypted(client, listener, authority.client(*names) if names else None)
        assert client.command(b"MAIL FROM:<a@example.org>").code == 550
    assert not hop.connections


@LOOPS
def test_a_certificate_of_somebody_elses_authority_is_worth_nothing(
    loop: str, strict_door: Callable[..., FrontDoor], hop: RecordingHop, listener: Made, tmp_path: Path
):
    door = strict_door(loop)
    forged = make_certificate(tmp_path, "forged", DNSName("mail.city.example"))
    with SmtpClient(door.port) as client, suppress(OSError):
        encrypted(client, listener, forged)
        assert client.command(b"MAIL FROM:<a@example.org>").code != 250
    door.wait_no_sessions()
    assert not hop.connections


@LOOPS
def test_an_expired_certificate_is_worth_nothing(
    loop: str, strict_door: Callable[..., FrontDoor], hop: RecordingHop, listener: Made, authority: Authority, tmp_path: Path
):
    door = strict_door(loop)
    expired = make_certificate(tmp_path, "expired", DNSName("mail.city.example"), issuer=authority.own, days=-1)
    with SmtpClient(door.port) as client, suppress(OSError):
        encrypted(client, listener, expired)
        assert client.command(b"MAIL FROM:<a@example.org>").code != 250
    door.wait_no_sessions()
    assert not hop.connections


def test_the_network_suffices_without_a_certificate(strict_door: Callable[..., FrontDoor], hop: RecordingHop, listener: Made):
    door = strict_door(allow=(ip_network("127.0.0.0/8"),))
    with SmtpClient(door.port) as client:
        encrypted(client, listener)
        assert client.send(b"a@example.org", RCPT, b"x\r\n").code == 250


@LOOPS
def test_a_new_certificate_counts_from_the_next_handshake(loop: str, hop: RecordingHop, open_door: OpenDoor, tmp_path: Path):
    first = make_certificate(tmp_path, "127.0.0.1", LOOPBACK)
    old = Made(tmp_path / "old.pem", first.key, first.signer)
    old.certificate.write_bytes(first.certificate.read_bytes())
    door = open_door(hop.url, loop=loop, tls="required", certificate=first.certificate, key=first.key)

    async def reload() -> None:
        door.server.reload_certificate()

    with SmtpClient(door.port) as before:
        encrypted(before, old)
        second = make_certificate(tmp_path, "127.0.0.1", LOOPBACK)
        door.run(reload())
        assert before.send(b"a@example.org", RCPT, b"x\r\n").code == 250, "who is connected stays so"
    with SmtpClient(door.port) as after:
        encrypted(after, second)
    second.key.write_text("half a fil")
    door.run(reload())
    with SmtpClient(door.port) as still:
        encrypted(still, second)


@pytest.mark.parametrize(("days", "said"), [(0, ["certificate-read"]), (2, ["certificate-read", "certificate-expired"])])
def test_a_certificate_that_has_expired_is_used_and_said(days: int, said: list[str], tmp_path: Path):
    made = make_certificate(tmp_path, "127.0.0.1", LOOPBACK)
    made.certificate.write_bytes(b"issued for us\n" + made.certificate.read_bytes())
    certificate = Certificate(made.certificate, made.key)
    before = certificate.context
    with capture_logs() as logs:
        certificate.reload("inbound", datetime.now(UTC) + timedelta(days=days))
    assert [each["event"] for each in logs] == said
    assert certificate.context is not before
