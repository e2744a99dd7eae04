"""Several processes behind the same addresses, and the parent that minds them. It decides when one is started anew and when all
must end; it touches no mail.

Each worker has its own listening sockets (SO_REUSEPORT: the kernel spreads the clients), and the parent keeps all of them open: who
waits in the queue of a worker that died is served by the one that takes its place. A worker whose parent is gone drains and ends.
"""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog

from gateway import sockets

AGAIN_AFTER = 1.0
"""Seconds until a worker that ended is replaced."""

SHORT_LIFE, MOST_SHORT_LIVES = 10.0, 5
"""A worker that ends within so many seconds, so many times in a row, is a fault that starting again does not cure: all end."""

WATCHED = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD})
WRONG_CONFIGURATION = 2

log = structlog.get_logger()


@dataclass(frozen=True)
class Place:
    """What one serving process is given; alone, it needs nothing."""

    number: int = 1
    sockets: sockets.Sockets = field(default_factory=dict)
    lifeline: int | None = None
    """A descriptor that becomes readable when the parent is gone."""
    ready: Callable[[], None] = lambda: None
    """To be called when it serves."""


def share_out(count: int, binds: Sequence[str], *, with_others: bool) -> Place:
    """Returns in each of `count` new processes, with its place. The parent stays here until all have ended: SystemExit.

    `with_others`: gateways already running may hold the same addresses. Raises OSError when an address is in use or not ours.
    """
    return _Parent(count, _sockets_of(count, binds, with_others=with_others)).stay()


def _sockets_of(count: int, binds: Sequence[str], *, with_others: bool) -> list[sockets.Sockets]:
    given = sockets.inherited()
    for bind in binds if not with_others else ():
        if bind not in given:
            _must_be_free(bind)
    return [{bind: given.get(bind) or sockets.shared(bind) for bind in binds} for _ in range(count)]


def _must_be_free(bind: str) -> None:
    """Two gateways that share an address by mistake would each get half of the mail."""
    host, _, port = bind.rpartition(":")
    with socket.create_server((host.strip("[]"), int(port)), family=socket.AF_INET6 if host.startswith("[") else socket.AF_INET):
        pass


@dataclass
class _Worker:
    number: int
    pid: int
    since: float
    short_lives: int = 0


class _Parent:
    def __init__(self, count: int, places: list[sockets.Sockets]) -> None:
        self._count = count
        self._places = places
        self._lifeline, self._held = os.pipe()
        self._workers: dict[int, _Worker] = {}
        self._due: list[tuple[float, int, int]] = []
        self._status: int | None = None

    def stay(self) -> Place:
        signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
        # The first one alone: it makes key and ledger, and says what is wrong with the configuration, once.
        reading, writing = os.pipe()
        if place := self._start(1, ready=writing):
            os.close(reading)
            return place
        os.close(writing)
        if os.read(reading, 1):
            self._due = [(0.0, number, 0) for number in range(2, self._count + 1)]
        else:
            self._end(0)  # its status becomes ours
        os.close(reading)
        while self._workers or self._due:
            if place := self._start_due():
                return place
            self._heed(self._next_signal())
        raise SystemExit(self._status or 0)

    def _start(self, number: int, short_lives: int = 0, ready: int | None = None) -> Place | None:
        """The place, in the new process; None in the parent."""
        pid = os.fork()
        if pid:
            self._workers[pid] = _Worker(number, pid, time.monotonic(), short_lives)
            return None
        os.close(self._held)
        for other in self._places[: number - 1] + self._places[number:]:
            for each in set(other.values()) - set(self._places[number - 1].values()):
                each.close()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, WATCHED)
        return Place(number, self._places[number - 1], self._lifeline, lambda: _tell(ready))

    def _start_due(self) -> Place | None:
        now = time.monotonic()
        due, self._due = [each for each in self._due if each[0] <= now], [each for each in self._due if each[0] > now]
        for _, number, short_lives in due:
            if place := self._start(number, short_lives):
                return place
        return None

    def _next_signal(self) -> int | None:
        if not self._due:
            return signal.sigwaitinfo(WATCHED).si_signo
        found = signal.sigtimedwait(WATCHED, max(0.0, min(self._due)[0] - time.monotonic()))
        return found.si_signo if found else None

    def _heed(self, number: int | None) -> None:
        if number in (signal.SIGTERM, signal.SIGINT):
            self._end(0)
        elif number == signal.SIGHUP:
            self._pass_on(signal.SIGHUP)
        elif number == signal.SIGCHLD:
            self._reap()

    def _end(self, status: int) -> None:
        """All drain; nobody is started any more."""
        self._status = status if self._status is None else self._status
        self._due = []
        self._pass_on(signal.SIGTERM)

    def _pass_on(self, number: int) -> None:
        for pid in self._workers:
            os.kill(pid, number)  # not reaped yet, so the pid is still its own

    def _reap(self) -> None:
        while self._workers:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            worker = self._workers.pop(pid, None)
            if worker is not None:
                self._ended(worker, os.waitstatus_to_exitcode(status))

    def _ended(self, worker: _Worker, code: int) -> None:
        """`code` as of subprocess: negative for a signal."""
        if self._status is not None:
            self._status = self._status or max(code, 0)
            return
        if code == WRONG_CONFIGURATION:
            self._end(code)
            return
        short_lives = worker.short_lives + 1 if time.monotonic() - worker.since < SHORT_LIFE else 0
        log.error("worker-ended", worker=worker.number, code=code, said="another one takes its place")
        if short_lives >= MOST_SHORT_LIVES:
            log.critical("workers-keep-ending", said="all end; whoever minds this service should start it again")
            self._end(1)
            return
        self._due.append((time.monotonic() + AGAIN_AFTER, worker.number, short_lives))


def _tell(ready: int | None) -> None:
    if ready is not None:
        os.write(ready, b".")
        os.close(ready)
