"""PROXY headers: only from listed balancers, and then always; admission and Received go by the client they announce (docs/threats.md S1)."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.relay import connection
from gateway.relay.proxy_protocol import Announced, read
from tests.harness.client import SmtpClient
from tests.harness.hop import RecordingHop
from tests.relay.rig import FrontDoor

OpenDoor = Callable[..., FrontDoor]
RCPT = b"hr@toronto.example"
SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
BALANCER = (ip_network("127.0.0.1/32"),)
CITY = (ip_network("198.51.100.0/24"), ip_network("2001:db8::/32"))


def version_2(client: str, port: int = 4711, *, command: int = 0x21, tlv: bytes = b"") -> bytes:
    source = ip_address(client)
    other = ip_address("192.0.2.1" if source.version == 4 else "2001:db8::25")
    block = source.packed + other.packed + struct.pack("!HH", port, 25) + tlv
    return SIGNATURE + bytes((command, 0x11 if source.version == 4 else 0x21)) + struct.pack("!H", len(block)) + block


GOOD = [
    (b"PROXY TCP4 198.51.100.7 192.0.2.1 4711 25\r\n", ("198.51.100.7", 4711)),
    (b"PROXY TCP6 2001:db8::7 2001:db8::25 4711 25\r\n", ("2001:db8::7", 4711)),
    (b"PROXY UNKNOWN\r\n", None),
    (b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", None),
    (version_2("198.51.100.7"), ("198.51.100.7", 4711)),
    (version_2("2001:db8::7", tlv=b"\x04\x00\x01x"), ("2001:db8::7", 4711)),
    (version_2("198.51.100.7", command=0x20), None),
    (SIGNATURE + b"\x21\x00\x00\x00", None),
]
BAD = [
    b"EHLO x\r\n",
    b"PROXY TCP4 198.51.100.7 192.0.2.1 4711\r\n",
    b"PROXY TCP4 2001:db8::7 192.0.2.1 4711 25\r\n",
    b"PROXY TCP6 198.51.100.7 192.0.2.1 4711 25\r\n",
    b"PROXY TCP4 198.51.100.777 192.0.2.1 4711 25\r\n",
    b"PROXY TCP4 198.51.100.7 192.0.2.1 70000 25\r\n",
    b"PROXY TCP4  198.51.100.7 192.0.2.1 4711 25\r\n",
    b"proxy TCP4 198.51.100.7 192.0.2.1 4711 25\r\n",
    b"PROXY " + b"x" * 200,
    SIGNATURE + b"\x31\x11\x00\x0c" + bytes(12),
    SIGNATURE + b"\x22\x11\x00\x0c" + bytes(12),
    SIGNATURE + b"\x21\x11\x00\x04" + bytes(4),
    SIGNATURE + b"\x21\x11\xff\xff",
]


@pytest.mark.parametrize(("header", "client"), GOOD)
def test_a_header_is_read_however_it_arrives(header: bytes, client: tuple[str, int] | None):
    assert [read(header[:end]) for end in range(len(header))] == [None] * len(header)
    assert read(header + b"EHLO x\r\n") == Announced(len(header), client)


@pytest.mark.parametrize("header", BAD)
def test_what_is_none(header: bytes):
    with pytest.raises(ValueError, match=r"."):
        read(header)


@given(
    st.one_of(
        st.binary(max_size=200), st.binary(max_size=60).map(lambda tail: b"PROXY " + tail), st.binary(max_size=60).map(lambda tail: SIGNATURE + tail)
    )
)
def test_reading_is_total(stream: bytes):
    with suppress(ValueError):
        found = read(stream)
        assert found is None or 0 < found.length <= len(stream)


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
@pytest.mark.parametrize(("header", "client"), [each for each in GOOD if each[1]])
def test_the_announced_client_relays(header: bytes, client: tuple[str, int], loop: str, hop: RecordingHop, open_door: OpenDoor):
    hop.script.keywords = (*hop.script.keywords, b"XFORWARD NAME ADDR PORT")
    door = open_door(hop.url, loop=loop, allow=CITY, proxy_from=BALANCER, received=True)
    with SmtpClient(door.port, greet=False) as balanced:
        balanced.write(header + b"EHLO client.example\r\n")
        assert [balanced.reply().code, balanced.reply().code] == [220, 250]
        assert balanced.send(b"a@example.org", RCPT, b"x\r\n").code == 250
    literal = f"IPv6:{client[0]}" if ":" in client[0] else client[0]
    assert f"([{literal}])".encode() in hop.accepted[0].raw
    assert f"ADDR={literal.replace('IPv6', 'IPV6')} PORT=4711".encode() in hop.lines(b"XFORWARD")[0]


@pytest.mark.parametrize("header", [b"PROXY TCP4 203.0.113.9 192.0.2.1 4711 25\r\n", b"PROXY UNKNOWN\r\n", version_2("198.51.100.7", command=0x20)])
def test_admission_goes_by_the_announced_client(header: bytes, hop: RecordingHop, open_door: OpenDoor):
    """UNKNOWN and LOCAL are the balancer itself, which may not relay unless `allow` has it."""
    door = open_door(hop.url, allow=CITY, proxy_from=BALANCER)
    with SmtpClient(door.port, greet=False) as balanced:
        balanced.write(header)
        assert balanced.reply().code == 220
        balanced.command(b"EHLO x")
        assert balanced.command(b"MAIL FROM:<a@example.org>").lines[0].startswith(b"550 5.7.1")
    assert not hop.connections


def test_from_anybody_else_a_header_is_no_command(hop: RecordingHop, open_door: OpenDoor):
    door = open_door(hop.url, proxy_from=(ip_network("192.0.2.0/24"),))
    for header in (b"PROXY TCP4 198.51.100.7 192.0.2.1 4711 25\r\n", version_2("198.51.100.7") + b"\r\n"):
        with SmtpClient(door.port) as client:
            assert client.command(header.rstrip()).code == 500


@pytest.mark.parametrize("header", [b"EHLO x\r\n", BAD[1]])
def test_a_balancer_without_a_header_is_hung_up_on(header: bytes, hop: RecordingHop, open_door: OpenDoor):
    door = open_door(hop.url, proxy_from=BALANCER)
    with socket.create_connection(("127.0.0.1", door.port), 10) as raw:
        raw.sendall(header)
        with suppress(ConnectionResetError):
            assert raw.recv(100) == b""


def test_a_balancer_that_says_nothing(hop: RecordingHop, open_door: OpenDoor, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(connection, "ANNOUNCEMENT", 0.2)
    door = open_door(hop.url, proxy_from=BALANCER)
    with socket.create_connection(("127.0.0.1", door.port), 10) as raw:
        assert raw.recv(100) == b""
    door.wait_no_sessions()
