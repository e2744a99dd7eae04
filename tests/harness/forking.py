"""One process that has imported the gateway, and forks one more for each start: importing takes most of a start's CPU, and is the same each time.

What is forked runs the real command from its entry on, in its own folder and environment, and ends as any process does. Not proved by it:
that a fresh interpreter finds and imports everything (tests/acceptance/test_start.py and test_demo.py start that).
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

PRELOADED = ("alembic.command", "alembic.config", "gateway.cli.serve")
NEEDED_AT_START = ("PYTHON", "LC_", "LANG", "TZ", "TMP", "OPENBLAS")
"""Variables that an interpreter looks at once: whoever sets one wants a fresh interpreter."""


class Forked:
    """As much of `subprocess.Popen` as the tests use."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self.returncode: int | None = None
        self.pid = self._told(None)

    def _told(self, timeout: float | None) -> int:
        """The next number that the parent process tells. Raises TimeoutError."""
        self._end.settimeout(timeout)
        line = self._end.recv(32)
        assert line, "the process that forks has ended"
        return int(line)

    def poll(self) -> int | None:
        if self.returncode is None and select.select([self._end], [], [], 0)[0]:
            self.wait()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit status, negative for a signal. Raises subprocess.TimeoutExpired."""
        if self.returncode is None:
            try:
                self.returncode = self._told(timeout)
            except TimeoutError:
                raise subprocess.TimeoutExpired("gateway", timeout or 0) from None
            self._end.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def may_be_forked(environment: Mapping[str, str]) -> bool:
    """Whether `environment` differs from ours in nothing that an interpreter looks at only once."""
    changed = {key for key in environment.keys() | os.environ.keys() if environment.get(key) != os.environ.get(key)}
    return not any(key.startswith(NEEDED_AT_START) for key in changed)


def fork(
    arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str], stdout: int, stderr: int, script: str = "", kept: Sequence[int] = ()
) -> Forked:
    """`gateway` with `arguments`, or the Python file `script` with them; its standard input is empty.

    `kept`: a listening socket that it gets as systemd passes one, or none.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    wanted = {"arguments": list(arguments), "cwd": str(cwd), "env": dict(env), "script": script}
    with theirs:
        socket.send_fds(_parent(), [json.dumps(wanted).encode()], [stdout, stderr, theirs.fileno(), *kept])
    return Forked(ours)


@cache
def _parent() -> socket.socket:
    """Where to ask for a fork. The process behind it ends when this socket is closed: with us, however we end."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end in (ours, theirs):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GATEWAY_")}
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.harness.forking", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            cwd=Path(__file__).parents[2],
            env=environment | {"OPENBLAS_NUM_THREADS": "1"},  # a thread would not survive the fork
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
    atexit.register(process.wait)
    atexit.register(ours.close)  # first
    return ours


def _serve(asked: socket.socket) -> dict[str, Any]:
    """Fork as asked. Returns only in a forked process, what it is to be."""
    woken, wakes = socket.socketpair()
    for end in (woken, wakes):
        end.setblocking(False)
    signal.set_wakeup_fd(wakes.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    running: dict[int, socket.socket] = {}
    while True:
        ready = select.select([asked, woken], [], [])[0]
        if woken in ready:
            with contextlib.suppress(BlockingIOError):
                woken.recv(4096)
            _tell_ends(running)
        if asked not in ready:
            continue
        message, descriptors, _, _ = socket.recv_fds(asked, 1 << 20, 4)
        if not message:
            os._exit(0)
        stdout, stderr, teller, *kept = descriptors
        if pid := os.fork():
            running[pid] = socket.socket(fileno=teller)
            running[pid].send(b"%d" % pid)
            for each in (stdout, stderr, *kept):
                os.close(each)
            continue
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.dup2(stdout, 1)
        os.dup2(stderr, 2)
        for ours in (asked, woken, wakes, *running.values()):
            ours.close()
        for each in (stdout, stderr, teller):
            os.close(each)
        wanted: dict[str, Any] = json.loads(message)
        if kept:
            _take(kept[0], wanted["env"])
        return wanted


def _take(kept: int, environment: dict[str, str]) -> None:
    """The first descriptor that systemd passes is 3, and the environment names the process that it is for."""
    if kept != 3:
        os.dup2(kept, 3)
        os.close(kept)
    environment |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"}


def _tell_ends(running: dict[int, socket.socket]) -> None:
    while running:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        with running.pop(pid) as end, contextlib.suppress(BrokenPipeError):
            end.send(b"%d" % os.waitstatus_to_exitcode(status))


def _become(wanted: Mapping[str, Any]) -> None:
    """The command itself; whatever it raises is the end of this process."""
    os.environ.clear()
    os.environ.update(wanted["env"])
    time.tzset()
    os.chdir(wanted["cwd"])
    importlib.reload(sys.modules["gateway.pausepoint"])  # reads its variable when it is imported
    sys.argv[:] = [wanted["script"] or "gateway", *wanted["arguments"]]
    if wanted["script"]:
        runpy.run_path(wanted["script"], run_name="__main__")
    else:
        from gateway.cli import main

        main()


if __name__ == "__main__":
    channel = socket.socket(fileno=int(sys.argv[1]))
    for name in PRELOADED:
        importlib.import_module(name)
    del os.environ["OPENBLAS_NUM_THREADS"]
    gc.collect()
    gc.freeze()  # or each collection in a fork would copy all that was imported
    _become(_serve(channel))
