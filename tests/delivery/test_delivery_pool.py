"""Kept connections, and what is known of a next hop's extensions (docs/relay.md)."""

from __future__ import annotations

import asyncio

import pytest

from gateway.delivery import pool as pool_module
from gateway.delivery.deadline import Deadline
from gateway.delivery.next_hop import parse_next_hops
from gateway.delivery.pool import Pool
from gateway.delivery.timeouts import Timeouts
from tests.harness.hop import RecordingHop
from tests.harness.ports import free_port

TIMEOUTS = Timeouts(connect=2, command=2, data_end=2)


async def until(condition, within: float = 10.0) -> None:
    end = asyncio.get_running_loop().time() + within
    while not condition():
        assert asyncio.get_running_loop().time() < end
        await asyncio.sleep(0.01)


def test_a_session_is_used_again_and_never_shared(hop: RecordingHop):
    async def run() -> None:
        pool = Pool(parse_next_hops(hop.url), TIMEOUTS, "gateway.example")
        first = await pool.acquire()
        second = await pool.acquire()
        assert first is not second
        assert not first.reused
        pool.release(first)
        assert await pool.acquire() is first
        assert first.reused
        first.abort()
        pool.release(first)
        assert await pool.acquire() is not first
        second.quit()
        await pool.close()

    asyncio.run(run())


def test_one_that_died_while_kept_is_not_given_out(hop: RecordingHop):
    async def run() -> None:
        pool = Pool(parse_next_hops(hop.url), TIMEOUTS, "gateway.example")
        first = await pool.acquire()
        pool.release(first)
        await asyncio.to_thread(hop.stop_listening)
        await asyncio.to_thread(hop.listen)
        await until(lambda: first.closed)
        second = await pool.acquire()
        assert second is not first
        second.quit()
        await pool.close()

    asyncio.run(run())


def test_one_that_rested_long_enough_leaves_politely(hop: RecordingHop, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pool_module, "KEPT_FOR", 0.05)

    async def run() -> None:
        pool = Pool(parse_next_hops(hop.url), TIMEOUTS, "gateway.example")
        pool.release(await pool.acquire())
        await until(lambda: hop.lines(b"QUIT"))
        await pool.close()

    asyncio.run(run())


def test_extensions_are_asked_once_and_again_when_old(hop: RecordingHop, monkeypatch: pytest.MonkeyPatch):
    async def run() -> None:
        pool = Pool(parse_next_hops(hop.url), TIMEOUTS, "gateway.example")
        found = await asyncio.gather(*(pool.extensions() for _ in range(10)))
        assert all("DSN" in each for each in found)
        assert hop.connections == 1
        hop.script.keywords = (b"SIZE 77",)
        assert "DSN" in await pool.extensions()
        monkeypatch.setattr(pool_module, "FRESH_FOR", 0.0)
        assert (await pool.extensions()).keywords == {"SIZE": "77"}
        await asyncio.to_thread(hop.stop_listening)
        assert not (await pool.extensions()).keywords
        await pool.close()

    asyncio.run(run())


def test_a_next_hop_that_failed_is_tried_last_for_a_while(hop: RecordingHop):
    with RecordingHop() as second:

        async def run() -> None:
            pool = Pool(parse_next_hops([hop.url, second.url]), TIMEOUTS, "gateway.example")
            await asyncio.to_thread(hop.stop_listening)
            (await pool.fresh()).quit()
            await asyncio.to_thread(hop.listen)
            (await pool.fresh()).quit()
            assert (hop.connections, second.connections) == (0, 2)
            await asyncio.to_thread(second.stop_listening)
            (await pool.fresh()).quit()
            assert hop.connections == 1
            await pool.close()

        asyncio.run(run())


def test_a_hanging_next_hop_does_not_hold_ehlo_for_long():
    async def run() -> None:
        async def silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await gone.wait()
            writer.close()

        gone = asyncio.Event()
        server = await asyncio.start_server(silent, "127.0.0.1", free_port())
        port = server.sockets[0].getsockname()[1]
        pool = Pool(parse_next_hops(f"smtp://127.0.0.1:{port}"), Timeouts(connect=0.2, command=30), "gateway.example")
        async with asyncio.timeout(2):
            assert not (await pool.extensions()).keywords
        gone.set()
        server.close()
        await pool.close()

    asyncio.run(run())


def test_a_deadline_moves_both_ways():
    async def run() -> None:
        loop, expired = asyncio.get_running_loop(), []
        deadline = Deadline(loop, lambda: expired.append(loop.time()))
        start = loop.time()
        deadline.set(30)
        deadline.set(0.1)
        deadline.set(0.2)
        await until(lambda: expired)
        assert 0.2 <= expired[0] - start < 5
        deadline.set(0.05)
        deadline.clear()
        await asyncio.sleep(0.1)
        assert len(expired) == 1
        deadline.set(0.01)
        deadline.close()
        await asyncio.sleep(0.05)
        assert len(expired) == 1

    asyncio.run(run())
