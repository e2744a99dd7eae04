"""The running gateway where the machine's name server is silent: what needs no name flows, and the end does not wait for names."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

import pytest

from tests.harness.client import SmtpClient, send
from tests.harness.gateway import GatewayProcess
from tests.harness.hop import RecordingHop

pytestmark = [pytest.mark.front_door, pytest.mark.root]
SERVER = "127.77.0.53"
NAMED = 8
"""Clients that wait for a name; libuv resolves with four threads."""


@pytest.fixture
def silent_name_server() -> socket.socket:
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        server.bind((SERVER, 53))
    except PermissionError:
        pytest.skip("cannot bind port 53 here")
    return server


def test_names_are_not_resolved(tmp_path: Path, hop: RecordingHop, silent_name_server: socket.socket) -> None:
    if shutil.which("unshare") is None:
        pytest.skip("no unshare here")
    resolver = tmp_path / "resolv.conf"
    resolver.write_text(f"nameserver {SERVER}\noptions timeout:30 attempts:2\n")
    gateway = GatewayProcess(
        tmp_path,
        next_hop=hop.url,
        notices=hop.url,
        settings={
            "next_hop": {"outbound": "smtp://hop.city.example:25"},
            "timeouts": {"connect": "1s", "drain": "1s"},
            "relay": {"hostname": "g.example"},
        },
    )
    inside = ("unshare", "--mount", "sh", "-c", f'mount --bind {resolver} /etc/resolv.conf && exec "$@"', "sh")
    with silent_name_server:
        gateway.start(wrapper=inside)
        try:
            waiting = [SmtpClient(gateway.outbound, greet=False) for _ in range(NAMED)]
            for each in waiting:
                each.write(b"HELO client.example\r\nMAIL FROM:<hr@toronto.example>\r\n")
            assert send(gateway.inbound, b"resident@example.org", b"hr@toronto.example", b"Subject: x\r\n\r\nx\r\n").code == 250
            for each in waiting:
                assert [each.reply().code for _ in range(3)] == [220, 250, 451]
                each.close()
            silent_name_server.settimeout(1)
            assert b"hop" in silent_name_server.recv(512), "the name server was asked"
        finally:
            assert gateway.stop() == 0
