"""TLS as gateway.toml sets it up: a client admitted by its certificate, and a new certificate on SIGHUP (docs/threats.md S1)."""

from __future__ import annotations

import signal
import ssl
from pathlib import Path

import pytest
from cryptography.x509 import DNSName

from tests.conftest import GatewayFactory
from tests.harness.certificates import LOOPBACK, Made, make_certificate
from tests.harness.client import SmtpClient
from tests.harness.hop import RecordingHop
from tests.harness.ports import free_port
from tests.harness.waiting import wait_for

pytestmark = pytest.mark.front_door


def encrypted(port: int, listener: Made, shown: Made) -> SmtpClient:
    client = SmtpClient(port)
    assert client.command(b"STARTTLS").code == 220
    context = ssl.create_default_context(cafile=str(listener.certificate))
    context.load_cert_chain(shown.certificate, shown.key)
    client.socket = context.wrap_socket(client.socket, server_hostname="127.0.0.1")
    client.command(b"EHLO again")
    return client


def test_a_named_client_and_a_new_certificate(new_gateway: GatewayFactory, hop: RecordingHop, tmp_path: Path):
    listener = make_certificate(tmp_path, "127.0.0.1", LOOPBACK)
    authority = make_certificate(tmp_path, "authority")
    shown = make_certificate(tmp_path, "mail", DNSName("mail.city.example"), issuer=authority)
    port = free_port()
    door = {"name": "inbound", "bind": f"127.0.0.1:{port}", "allow": [], "tls": "required", "certificate": str(listener.certificate)}
    door |= {"key": str(listener.key), "client_names": ["mail.city.example"], "client_ca": str(authority.certificate)}
    gateway = new_gateway(settings={"listener": [door]})
    gateway.start()
    with encrypted(port, listener, shown) as client:
        assert client.send(b"a@example.org", b"hr@toronto.example", b"x\r\n").code == 250
    renewed = make_certificate(tmp_path, "127.0.0.1", LOOPBACK)
    assert gateway.process
    gateway.process.send_signal(signal.SIGHUP)
    wait_for(lambda: "certificate-read" in gateway.output, "the certificate is read again")
    with encrypted(port, renewed, shown) as client:
        assert client.send(b"a@example.org", b"hr@toronto.example", b"x\r\n").code == 250
    assert len(hop.accepted) == 2
