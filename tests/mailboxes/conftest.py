"""Servers that the tests of several files talk to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mailboxes.fake_graph import FakeGraph, fake_graph


@pytest.fixture
def graph(tmp_path: Path) -> Iterator[FakeGraph]:
    """A running fake Microsoft 365."""
    with fake_graph(tmp_path) as server:
        yield server
