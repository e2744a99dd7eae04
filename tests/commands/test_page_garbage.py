"""The page's port and clients that speak no HTTP: answered or closed, nothing in the log, and the page is there for the next one."""

from __future__ import annotations

import asyncio
import logging

import pytest

from gateway.web.server import Readiness, serve_web

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
