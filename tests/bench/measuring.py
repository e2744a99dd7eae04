"""One measurement: a job for the source, what the sink saw of it, and what the peer's processes used. Figures only, no judgement."""

from __future__ import annotations

import json
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, TypeVar

from tests.bench.peers import Peer, cpu_seconds
from tests.bench.source import Job
from tests.harness.gateway import REPOSITORY

PATIENCE = 60.0
"""Seconds for the last message to reach the sink."""

_numbers = count(1)

T = TypeVar("T")


class Failed(Exception):
    """The peer did not do what it was asked; the text says what."""


@dataclass(frozen=True, slots=True)
class Sample:
    """`rate`: messages a second, from the first MAIL until all has arrived. `cpu`: milliseconds a message, None where it is not known.
    Latencies in milliseconds, sorted: `relay` from MAIL to the 250, `reply` from the final dot to the automatic reply at the sink."""

    rate: float
    cpu: float | None
    relay: tuple[float, ...]
    reply: tuple[float, ...]


class Sink:
    """A talk with the sink."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._file = self._socket.makefile("rwb")
        self._file.readline()

    def ask(self, command: bytes) -> bytes:
        self._file.write(command + b"\r\n")
        self._file.flush()
        return self._file.readline()

    def close(self) -> None:
        self._file.close()
        self._socket.close()


def run(job: Job) -> dict[str, Any]:
    """The source's own account. Raises Failed."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.source"], input=job.to_json(), capture_output=True, text=True, cwd=REPOSITORY, check=False
    )
    if done.returncode:
        raise Failed(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "the source failed")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def sample(peer: Peer, sink_port: int, job: Job) -> Sample:
    """Run `job` against the peer, with senders of its own. Raises Failed when not everything arrived."""
    number = next(_numbers)
    job = replace(job, port=peer.port, run=f"{time.time_ns():x}", first=number * 1_000_000)
    sink = Sink(sink_port)
    try:
        sink.ask(b"XRESET")
        used = cpu_seconds(peer.processes)
        said = run(job)
        seen = _arrived(peer, sink, job)
        used = cpu_seconds(peer.processes) - used
    finally:
        sink.close()
    sent = said["sent"]
    began, ended = said["began"], max(said["ended"], seen["last"])
    return Sample(
        rate=job.messages / (ended - began),
        cpu=used / job.messages * 1000 if peer.processes else None,
        relay=tuple(sorted((taken - since) * 1000 for since, _, taken in sent.values())),
        reply=tuple(sorted((seen["replies"][each] - dot) * 1000 for each, (_, dot, _) in sent.items())) if peer.replies else (),
    )


def _arrived(peer: Peer, sink: Sink, job: Job) -> Any:
    """What the sink saw, once it is all."""
    end = time.monotonic() + PATIENCE
    while True:
        seen = json.loads(sink.ask(b"XTIMES"))
        if seen["messages"] >= job.messages * peer.at_sink and (not peer.replies or len(seen["replies"]) >= job.messages):
            return seen
        if time.monotonic() > end:
            raise Failed(f"{seen['messages']} messages and {len(seen['replies'])} replies arrived for {job.messages} that were sent")
        time.sleep(0.05)


def sized(peer: Peer, sink_port: int, job: Job, seconds: float) -> Job:
    """The same job with as many messages as the peer does in about so many seconds; this also warms the peer up."""
    probe = replace(job, messages=max(3 * job.connections, 40), rate=0.0)
    rate = sample(peer, sink_port, probe).rate
    rate = sample(peer, sink_port, replace(probe, messages=max(probe.messages, int(rate * 0.5)))).rate
    return replace(job, messages=max(probe.messages, int(rate * seconds)))


def interleaved(measures: Sequence[Callable[[], T]], rounds: int) -> list[list[T]]:
    """All samples of each, one after the other in turn, so that what else the machine does meets all alike."""
    found: list[list[T]] = [[] for _ in measures]
    for _ in range(rounds):
        for measure, samples in zip(measures, found, strict=True):
            samples.append(measure())
    return found


def percentile(values: Sequence[float], share: float) -> float:
    """Of sorted values."""
    return values[min(len(values) - 1, int(len(values) * share))]


def median(samples: Sequence[Sample]) -> Sample:
    """Of each figure on its own; the latencies of all rounds together."""
    cpu = [each.cpu for each in samples if each.cpu is not None]
    return Sample(
        rate=statistics.median(each.rate for each in samples),
        cpu=statistics.median(cpu) if cpu else None,
        relay=tuple(sorted(value for each in samples for value in each.relay)),
        reply=tuple(sorted(value for each in samples for value in each.reply)),
    )
