"""A ledger of one's own for each test, on each engine that the gateway serves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest

from gateway.ledger.ledger import Ledger
from gateway.ledger.records import Decide
from gateway.ledger.writer import Writer
from tests.ledger.failing_calls import fail_at  # noqa: F401 - a fixture
from tests.ledger.given import KEY, Clock, Rules

T = TypeVar("T")

ENGINES = ("sqlite",)
"""PostgreSQL joins here when its dialect is there."""


@pytest.fixture(params=ENGINES)
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/var/gateway.db"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def rules(clock: Clock) -> Rules:
    return Rules(clock)


@pytest.fixture
def ledger(ledger_url: str, clock: Clock) -> Iterator[Ledger]:
    ledger = Ledger(ledger_url, key=KEY, clock=clock)
    ledger.open()
    yield ledger
    ledger.close()


@pytest.fixture
def with_writer(ledger: Ledger, rules: Rules) -> Callable[..., Any]:
    """Run an async function with a started writer, and drain it: `with_writer(lambda writer: …)`."""

    @asynccontextmanager
    async def started(decide: Decide) -> AsyncIterator[Writer]:
        writer = Writer(ledger, decide)
        writer.start()
        yield writer
        assert await writer.drain(10)

    def run(body: Callable[[Writer], Awaitable[T]], decide: Decide = rules) -> T:
        async def main() -> T:
            async with started(decide) as writer:
                return await body(writer)

        return asyncio.run(main())

    return run


@pytest.fixture(scope="module")
def kept_ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Ledger, Clock]]:
    clock = Clock()
    ledger = Ledger(f"sqlite:///{tmp_path_factory.mktemp('kept')}/gateway.db", key=KEY, clock=clock)
    ledger.open()
    yield ledger, clock
    ledger.close()
