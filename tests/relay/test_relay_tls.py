"""TLS at the front door and towards the next hop; nothing sent in plain text ever counts as sent inside it (docs/threats.md S4)."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.delivery.timeouts import Timeouts
from gateway.relay import connection as connection_module
from tests.harness.certificates import LOOPBACK, make_certificate
from tests.harness.client import SmtpClient
from tests.harness.hop import RecordingHop
from tests.relay.rig import FrontDoor, raw_hop, read_until

OpenDoor = Callable[..., FrontDoor]
RCPT = b"hr@toronto.example"
LOOPS = pytest.mark.parametrize("loop", ["asyncio", "uvloop"])


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A throw-away certificate for 127.0.0.1 and its key."""
    made = make_certificate(tmp_path_factory.mktemp("tls"), "127.0.0.1", LOOPBACK)
    return made.certificate, made.key


def encrypt(client: SmtpClient, certificate: tuple[Path, Path]) -> None:
    assert client.command(b"STARTTLS").code == 220
    client.socket = ssl.create_default_context(cafile=str(certificate[0])).wrap_socket(client.socket, server_hostname="127.0.0.1")


# --- the front door


@LOOPS
def test_starttls(loop: str, certificate: tuple[Path, Path], hop: RecordingHop, open_door: OpenDoor):
    door = open_door(hop.url, loop=loop, tls="opportunistic", certificate=certificate[0], key=certificate[1], received=True)
    with SmtpClient(door.port) as client:
        assert "STARTTLS" in client.keywords
        encrypt(client, certificate)
        assert client.command(b"MAIL FROM:<a@example.org>").code == 503, "what was said before the handshake is forgotten"
        keywords = client.command(b"EHLO again").lines
        assert not any(b"STARTTLS" in line or b"AUTH" in line for line in keywords)
        assert client.command(b"STARTTLS").code == 503
        body = b"x" * 3_000_000 + b"\r\n"
        assert client.send(b"a@example.org", RCPT, body).code == 250
        assert client.command(b"QUIT").code == 221
    octets = hop.wait_accepted()[0].octets
    assert octets.endswith(b"\r\n" + body)
    assert b"with ESMTPS id" in octets


@LOOPS
def test_required_tls(loop: str, certificate: tuple[Path, Path], hop: RecordingHop, open_door: OpenDoor):
    door = open_door(hop.url, loop=loop, tls="required", certificate=certificate[0], key=certificate[1])
    with SmtpClient(door.port) as client:
        assert client.command(b"MAIL FROM:<a@example.org>").lines == (b"530 5.7.0 Send STARTTLS first",)
        encrypt(client, certificate)
        client.command(b"EHLO again")
        assert client.send(b"a@example.org", RCPT, b"x\r\n").code == 250


@LOOPS
def test_plain_text_behind_starttls_is_never_obeyed(loop: str, certificate: tuple[Path, Path], hop: RecordingHop, open_door: OpenDoor):
    door = open_door(hop.url, loop=loop, tls="opportunistic", certificate=certificate[0], key=certificate[1])
    with SmtpClient(door.port) as client:
        client.write(b"STARTTLS\r\nMAIL FROM:<injected@example.org>\r\n")
        assert client.reply().code == 421
        with pytest.raises(ConnectionError):
            client.reply()
    assert not hop.lines(b"MAIL")


@LOOPS
def test_a_handshake_that_fails_ends_the_session(loop: str, certificate: tuple[Path, Path], hop: RecordingHop, open_door: OpenDoor):
    door = open_door(hop.url, loop=loop, tls="opportunistic", certificate=certificate[0], key=certificate[1])
    with SmtpClient(door.port) as client:
        client.command(b"STARTTLS")
        client.write(b"MAIL FROM:<injected@example.org>\r\n")
        assert not re.search(rb"^250", client.socket.recv(1000), re.MULTILINE)
    door.wait_no_sessions()
    assert not hop.lines(b"MAIL")


@LOOPS
def test_gone_inside_tls_after_the_dot(loop: str, certificate: tuple[Path, Path], hop: RecordingHop, open_door: OpenDoor):
    door = open_door(hop.url, loop=loop, tls="opportunistic", certificate=certificate[0], key=certificate[1])
    with SmtpClient(door.port) as client:
        encrypt(client, certificate)
        client.command(b"EHLO again")
        client.begin(b"a@example.org", RCPT)
        client.command(b"DATA")
        client.write(b"x\r\n.\r\n")
        client.reset()
    assert len(door.wait_seen()) == 1
    door.wait_no_sessions()


@LOOPS
def test_a_handshake_does_not_hold_the_end(
    loop: str, certificate: tuple[Path, Path], hop: RecordingHop, open_door: OpenDoor, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(connection_module, "FAREWELL", 0.1)
    door = open_door(hop.url, loop=loop, tls="opportunistic", certificate=certificate[0], key=certificate[1])
    with SmtpClient(door.port) as silent, SmtpClient(door.port) as half:
        for each in (silent, half):
            assert each.command(b"STARTTLS").code == 220
        half.write(b"\x16\x03\x01")
        assert door.run(door.server.drain(10)) == 0, "nothing had to be cut when the time was over"


# --- the next hop


def tls_hop(
    certificate: tuple[Path, Path], *, implicit: bool = False, behind: bytes = b"", lines: list[bytes] | None = None
) -> Callable[[socket.socket], None]:
    """A next hop that offers STARTTLS (or begins with TLS), sends `behind` in plain text after its 220, and takes one message."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    heard = lines if lines is not None else []

    def encrypted(connection: socket.socket) -> None:
        for answer in (b"250-hop\r\n250 8BITMIME\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"):
            heard.append(read_until(connection, b"\r\n"))
            connection.sendall(answer)
        heard.append(read_until(connection, b"\r\n.\r\n"))
        connection.sendall(b"250 done\r\n")
        read_until(connection, b"never")

    def play(connection: socket.socket) -> None:
        if implicit:
            with context.wrap_socket(connection, server_side=True) as inside:
                inside.sendall(b"220 hop\r\n")
                encrypted(inside)
            return
        connection.sendall(b"220 hop\r\n")
        heard.append(read_until(connection, b"\r\n"))
        connection.sendall(b"250-hop\r\n250-STARTTLS\r\n250 DSN\r\n")
        heard.append(read_until(connection, b"\r\n"))
        connection.sendall(b"220 go\r\n" + behind)
        with context.wrap_socket(connection, server_side=True) as inside:
            encrypted(inside)

    return play


@LOOPS
@pytest.mark.parametrize("tls", ["opportunistic", "required"])
def test_starttls_to_the_next_hop(tls: str, loop: str, certificate: tuple[Path, Path], open_door: OpenDoor):
    heard: list[bytes] = []
    with raw_hop(tls_hop(certificate, lines=heard)) as url:
        door = open_door(f"{url}?tls={tls}&ca={certificate[0]}", loop=loop)
        with SmtpClient(door.port) as client:
            assert client.keywords == {"8BITMIME"}, "what the next hop says inside TLS counts"
            assert client.send(b"a@example.org", RCPT, b"x\r\n").code == 250
    assert heard[:3] == [b"EHLO gateway.example\r\n", b"STARTTLS\r\n", b"EHLO gateway.example\r\n"]


@LOOPS
def test_smtps_to_the_next_hop(loop: str, certificate: tuple[Path, Path], open_door: OpenDoor):
    with raw_hop(tls_hop(certificate, implicit=True)) as url:
        door = open_door(f"{url.replace('smtp:', 'smtps:')}?ca={certificate[0]}", loop=loop)
        with SmtpClient(door.port) as client:
            assert client.send(b"a@example.org", RCPT, b"x\r\n").code == 250


@LOOPS
def test_required_tls_takes_no_certificate_it_cannot_verify(loop: str, certificate: tuple[Path, Path], open_door: OpenDoor):
    heard: list[bytes] = []
    with raw_hop(tls_hop(certificate, lines=heard)) as url:
        door = open_door(f"{url}?tls=required", loop=loop)
        with SmtpClient(door.port) as client:
            assert client.command(b"MAIL FROM:<a@example.org>").code == 451
    assert not any(line.startswith(b"MAIL") for line in heard)


def test_required_tls_never_falls_back_to_plain_text(hop: RecordingHop, open_door: OpenDoor):
    door = open_door(f"{hop.url}?tls=required")
    with SmtpClient(door.port) as client:
        assert client.command(b"MAIL FROM:<a@example.org>").code == 451
    assert not hop.lines(b"MAIL")


def test_opportunistic_tls_does_without(hop: RecordingHop, open_door: OpenDoor):
    door = open_door(f"{hop.url}?tls=opportunistic")
    with SmtpClient(door.port) as client:
        assert client.send(b"a@example.org", RCPT, b"x\r\n").code == 250


def tls_broken(answer: bytes, then: Callable[[socket.socket], None]) -> Callable[[socket.socket], None]:
    """A next hop that offers STARTTLS and cannot do it; in plain text it takes one message."""

    def play(connection: socket.socket) -> None:
        connection.sendall(b"220 hop\r\n")
        with connection.makefile("rb") as lines:
            for line in lines:
                if line.startswith(b"EHLO"):
                    connection.sendall(b"250-hop\r\n250 STARTTLS\r\n")
                elif line.startswith(b"STARTTLS"):
                    connection.sendall(answer)
                    then(connection)
                else:
                    connection.sendall(b"354 go\r\n" if line.startswith(b"DATA") else b"" if line == b"x\r\n" else b"250 ok\r\n")

    return play


def nothing(_: socket.socket) -> None:
    pass


def leave(connection: socket.socket) -> None:
    connection.shutdown(socket.SHUT_RDWR)


@LOOPS
@pytest.mark.parametrize(
    ("answer", "then"),
    [(b"454 4.7.0 TLS not available\r\n", nothing), (b"220 go\r\n", leave), (b"220 go\r\n\0\0\0", nothing)],
    ids=["refused", "leaves in the handshake", "plain text behind"],
)
def test_a_next_hop_whose_tls_is_broken(answer: bytes, then: Callable[[socket.socket], None], loop: str, open_door: OpenDoor):
    """Where TLS is opportunistic mail goes on without (RFC 7435); where it is required, none does, and none is refused for good."""
    with raw_hop(tls_broken(answer, then)) as url:
        for tls, code in (("opportunistic", 250), ("required", 451)):
            door = open_door(f"{url}?tls={tls}", loop=loop, timeouts=Timeouts(connect=2, command=2))
            with SmtpClient(door.port) as client:
                assert client.send(b"a@example.org", RCPT, b"x\r\n").code == code if b"\0" not in answer else 451


@LOOPS
def test_a_next_hop_that_closes_at_starttls_is_passed_over(loop: str, hop: RecordingHop, open_door: OpenDoor):
    with raw_hop(tls_broken(b"421 4.3.2 Closing\r\n", leave)) as url:
        door = open_door([f"{url}?tls=opportunistic", hop.url], loop=loop, timeouts=Timeouts(connect=2, command=2))
        with SmtpClient(door.port) as client:
            assert client.send(b"a@example.org", RCPT, b"x\r\n").code == 250


@LOOPS
@pytest.mark.parametrize("behind", [b"250-hop\r\n250 DSN\r\n", b"250-hop\r\n", b"250-hop"])
def test_plain_text_behind_the_next_hops_220_is_never_believed(behind: bytes, loop: str, certificate: tuple[Path, Path], open_door: OpenDoor):
    with raw_hop(tls_hop(certificate, behind=behind)) as url:
        door = open_door(f"{url}?tls=required&ca={certificate[0]}", loop=loop, timeouts=Timeouts(connect=2, command=2))
        with SmtpClient(door.port) as client:
            assert client.keywords == set()
            assert client.command(b"MAIL FROM:<a@example.org>").code == 451
