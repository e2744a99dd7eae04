"""Front doors for the relay's tests; what they start, they end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.harness.client import SmtpClient
from tests.harness.hop import RecordingHop
from tests.relay.rig import FrontDoor


@pytest.fixture
def open_door() -> Iterator[Callable[..., FrontDoor]]:
    """Opens front doors: `open_door(hop.url, limits=…, allow=…)`."""
    with ExitStack() as doors:
        yield lambda hops, **how: doors.enter_context(FrontDoor(hops, **how))


@pytest.fixture(params=["asyncio", "uvloop"])
def door(request: pytest.FixtureRequest, hop: RecordingHop, open_door: Callable[..., Any]) -> FrontDoor:
    """A plain front door before `hop`, on either event loop."""
    return open_door(hop.url, loop=request.param)


@pytest.fixture
def client(door: FrontDoor) -> Iterator[SmtpClient]:
    """A client that has said EHLO."""
    with SmtpClient(door.port) as client:
        yield client
