"""The page's port and its clients: those that speak no HTTP, and those that want more of it than it shows (docs/threats.md P2)."""

from __future__ import annotations

import asyncio
import logging

import pytest

from gateway.web import server
from gateway.web.server import Readiness, serve_web
from tests.harness.waiting import PATIENCE

NONSENSE = [
    b"\x16\x03\x01\x02\x00\x01",
    b"EHLO x\r\nMAIL FROM:<a@example.org>\r\n",
    b"NOOP\r\n" * 500,
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    b"\0" * 50 + b"\r\n",
    b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\nGARBAGE\r\n\r\n",
]


async def status() -> Readiness:
    return Readiness(relays=True)


async def figures() -> dict[str, int]:
    return {}


async def ask(port: int, octets: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(octets)
        return await asyncio.wait_for(reader.read(), 1)
    except (ConnectionError, TimeoutError):
        return b""
    finally:
        writer.close()


def test_nonsense_fills_no_log(caplog: pytest.LogCaptureFixture) -> None:
    async def scene() -> None:
        runner = await serve_web("127.0.0.1:0", status, figures)
        try:
            port = runner.addresses[0][1]
            for octets in NONSENSE:
                await ask(port, octets)
            assert b" 200 OK\r\n" in await ask(port, b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        finally:
            await runner.cleanup()

    asyncio.run(scene())
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []


REFUSED = [
    (b"POST / HTTP/1.1\r\nContent-Length: 0\r\n", b" 405 "),
    (b"DELETE /metrics HTTP/1.1\r\n", b" 405 "),
    (b"GET /../../etc/passwd HTTP/1.1\r\n", b" 404 "),
    (b"GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\n", b" 404 "),
    (b"GET /static/../gateway.key HTTP/1.1\r\n", b" 404 "),
    (b"GET http://evil.example/var/gateway.db HTTP/1.1\r\n", b" 404 "),
]


def test_the_page_tells_what_it_tells_and_changes_nothing() -> None:
    async def scene() -> None:
        runner = await serve_web("127.0.0.1:0", evil_status, figures)
        port = runner.addresses[0][1]
        try:
            for octets, code in REFUSED:
                assert code in (await ask(port, octets + b"Host: evil.example\r\nConnection: close\r\n\r\n")).partition(b"\r\n")[0], octets
            page = await ask(port, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        finally:
            await runner.cleanup()
        assert b"<script>" not in page
        assert b"&lt;script&gt;" in page
        for part in (b"default-src 'none'", b"frame-ancestors 'none'", b"nosniff", b"no-store"):
            assert part in page.partition(b"\r\n\r\n")[0]

    asyncio.run(scene())


async def evil_status() -> Readiness:
    return Readiness(relays=True, details={"policy": "refused: <script>alert(1)</script>"})


def test_connections_that_ask_nothing_take_no_more_than_their_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "CONNECTIONS", 3)
    asked = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

    async def scene() -> None:
        runner = await serve_web("127.0.0.1:0", status, figures)
        try:
            port = runner.addresses[0][1]
            silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
            async with asyncio.timeout(PATIENCE):
                while await ask(port, asked):  # noqa: ASYNC110 - until all three are taken
                    await asyncio.sleep(0.01)
                silent[0][1].close()
                while b" 200 OK" not in await ask(port, asked):  # noqa: ASYNC110 - until one is free
                    await asyncio.sleep(0.01)
            for _, writer in silent:
                writer.close()
        finally:
            await runner.cleanup()

    asyncio.run(scene())
