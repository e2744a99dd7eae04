"""Two processes that both write: nobody waits long, and who gives up does so after its patience."""

from __future__ import annotations

import pytest

from gateway.ledger.write_lock import LOOK_EVERY, REMEMBERED, STEP_BACK, WriteLock


class Busy(Exception):
    """Somebody else holds it."""


class Scene:
    """A lock that others hold until `free_at`, and a clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = self.free_at = 0.0
        self.slept: list[float] = []
        self.lock = WriteLock(0.5, lambda: self.now, self.sleep)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def begin(self) -> None:
        if self.now < self.free_at:
            raise Busy

    def take(self) -> list[float]:
        """How it slept meanwhile."""
        self.slept = []
        self.lock.take(self.begin, lambda error: isinstance(error, Busy))
        return self.slept


def test_alone_nobody_sleeps() -> None:
    scene = Scene()
    assert scene.take() == scene.take() == []


def test_who_waits_has_it_soon_after_it_is_free() -> None:
    scene = Scene()
    scene.free_at = 0.0201
    scene.take()
    assert scene.free_at <= scene.now <= scene.free_at + LOOK_EVERY


def test_who_met_others_steps_back_for_them_and_forgets_it() -> None:
    scene = Scene()
    scene.free_at = 0.001
    scene.take()
    assert scene.take() == [STEP_BACK]
    assert STEP_BACK >= 2 * LOOK_EVERY  # the others look at least once meanwhile
    scene.now += REMEMBERED
    assert scene.take() == []


def test_patience_ends() -> None:
    scene = Scene()
    scene.free_at = 60.0
    with pytest.raises(Busy):
        scene.take()
    assert 0.5 <= scene.now <= 0.5 + LOOK_EVERY


def test_what_is_no_waiting_is_passed_on_at_once() -> None:
    def broken() -> None:
        raise OSError("disk")

    scene = Scene()
    with pytest.raises(OSError, match="disk"):
        scene.lock.take(broken, lambda error: isinstance(error, Busy))
    assert scene.slept == []
