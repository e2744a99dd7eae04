"""AUTH to a next hop: a password from a file, inside verified TLS, and in nothing that anybody reads."""

from __future__ import annotations

import asyncio
import socket
import ssl
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.delivery.credentials import Credentials
from gateway.delivery.hop import Unavailable
from gateway.delivery.next_hop import parse_next_hop
from gateway.delivery.pool import Pool
from gateway.delivery.session import SmtpSession
from gateway.delivery.submit import submit
from gateway.delivery.timeouts import Timeouts
from tests.harness.certificates import LOOPBACK, Made, make_certificate
from tests.relay.rig import raw_hop, read_until

TIMEOUTS = Timeouts(connect=5, command=5, data_end=5)
SECRET = "pä55 w=rd"
PLAIN = b"AUTH PLAIN " + b64encode(f"\0notices@city\0{SECRET}".encode())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make_certificate(tmp_path_factory.mktemp("auth"), "127.0.0.1", LOOPBACK)


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text(SECRET + "\n")
    return path


def hop_with_auth(made: Made, heard: list[bytes], offers: bytes, *answers: bytes) -> Callable[[socket.socket], None]:
    """smtps: a greeting, EHLO with `offers`, then `answers` to AUTH and what follows it, then a message."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(made.certificate, made.key)

    def play(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as inside:
            inside.sendall(b"220 hop\r\n")
            heard.append(read_until(inside, b"\r\n"))
            inside.sendall(b"250-hop\r\n" + offers)
            for answer in (*answers, b"250 mail\r\n", b"250 rcpt\r\n", b"354 go\r\n"):
                heard.append(read_until(inside, b"\r\n"))
                inside.sendall(answer)
            heard.append(read_until(inside, b"\r\n.\r\n"))
            inside.sendall(b"250 done\r\n")
            read_until(inside, b"never")

    return play


def send_through(url: str, made: Made, password_file: Path) -> int:
    async def run() -> int:
        hop = parse_next_hop(f"{url.replace('smtp://', 'smtps://notices%40city@')}?ca={made.certificate}&password_file={password_file}")
        assert SECRET not in repr(hop)
        pool = Pool((hop,), TIMEOUTS, "gateway.example")
        try:
            return (await submit(pool, "", "a@example.org", b"Subject: x\r\n\r\nx\r\n")).code
        finally:
            await pool.close()

    return asyncio.run(run())


def test_plain(made: Made, password_file: Path):
    heard: list[bytes] = []
    with raw_hop(hop_with_auth(made, heard, b"250 AUTH LOGIN PLAIN\r\n", b"235 2.7.0 Ok\r\n")) as url:
        assert send_through(url, made, password_file) == 250
    assert heard[1] == PLAIN + b"\r\n"


@pytest.mark.parametrize("offers", [b"250 AUTH LOGIN\r\n", b"250 AUTH=LOGIN\r\n", b"250-AUTH GSSAPI login\r\n250 DSN\r\n"])
def test_login(offers: bytes, made: Made, password_file: Path):
    heard: list[bytes] = []
    with raw_hop(hop_with_auth(made, heard, offers, b"334 VXNlcm5hbWU6\r\n", b"334 UGFzc3dvcmQ6\r\n", b"235 2.7.0 Ok\r\n")) as url:
        assert send_through(url, made, password_file) == 250
    assert heard[1:4] == [b"AUTH LOGIN\r\n", b64encode(b"notices@city") + b"\r\n", b64encode(SECRET.encode()) + b"\r\n"]


@pytest.mark.parametrize(
    ("offers", "answer", "cause"),
    [
        (b"250 AUTH PLAIN\r\n", b"535 5.7.8 pass55 is wrong\r\n", "refused AUTH: 535"),
        (b"250 AUTH PLAIN\r\n", b"454 4.7.0 later\r\n", "refused AUTH: 454"),
        (b"250 AUTH PLAIN\r\n", b"334 \r\n", "refused AUTH: 334"),
        (b"250 AUTH LOGIN\r\n", b"504 5.5.4 no\r\n", "refused AUTH: 504"),
        (b"250 AUTH GSSAPI\r\n", b"", "offers no AUTH PLAIN or LOGIN"),
        (b"250 DSN\r\n", b"", "offers no AUTH PLAIN or LOGIN"),
    ],
)
def test_a_refusal_is_no_refusal_of_a_message(offers: bytes, answer: bytes, cause: str, made: Made, password_file: Path):
    heard: list[bytes] = []
    with raw_hop(hop_with_auth(made, heard, offers, answer)) as url, pytest.raises(Unavailable) as failure:
        send_through(url, made, password_file)
    assert failure.value.cause == cause
    assert failure.value.reply.code == 451
    assert not any(line.startswith(b"MAIL") for line in heard)


@pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff\xfe", b"a\0b"])
def test_a_file_that_has_no_password(content: bytes | None, made: Made, tmp_path: Path):
    path = tmp_path / "none"
    if content is not None:
        path.write_bytes(content)
    heard: list[bytes] = []
    with raw_hop(hop_with_auth(made, heard, b"250 AUTH PLAIN\r\n")) as url, pytest.raises(Unavailable, match="password file"):
        send_through(url, made, path)


def test_the_file_is_read_for_each_connection(made: Made, password_file: Path):
    heard: list[bytes] = []
    with raw_hop(hop_with_auth(made, heard, b"250 AUTH PLAIN\r\n", b"235 Ok\r\n")) as url:
        password_file.write_text("new\nand a comment")
        assert send_through(url, made, password_file) == 250
    assert heard[1] == b"AUTH PLAIN " + b64encode(b"\0notices@city\0new") + b"\r\n"


def test_never_in_plain_text():
    async def run() -> None:
        session = SmtpSession(TIMEOUTS)
        with pytest.raises(Unavailable, match="no TLS"):
            await session.authenticate(Credentials("u", SECRET))
        session.abort()

    asyncio.run(run())
    assert SECRET not in repr(Credentials("u", SECRET))


@pytest.mark.parametrize(
    "url",
    [
        "smtp://u:5ecret@mx?tls=required",
        "smtp://u:5ecret@mx:99999",
        "smtp://u:5ec/ret5ecret@mx",
        "smpt://u:5ecret@mx",
        "smtps://u:5ecret@mx?password_file=/p",
        "smtp://u@mx?password_file=/p",
        "smtp://u@mx?tls=opportunistic&password_file=/p",
        "smtp://u@mx?tls=required",
        "smtp://mx?tls=required&password_file=/p",
        "smtp://@mx?tls=required&password_file=/p",
    ],
)
def test_what_would_give_a_password_away_is_refused_without_showing_it(url: str):
    with pytest.raises(ValueError, match=r".") as error:
        parse_next_hop(url)
    assert "5ecret" not in str(error.value)
