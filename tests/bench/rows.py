"""What is measured, row by row. Each row starts its peers, measures them in turn and ends them; a peer that fails costs its own line only."""

from __future__ import annotations

import contextlib
import re
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.bench.letters import MAILBOXES, PERSONS, Shape
from tests.bench.measuring import Failed, Sample, interleaved, median, run, sample, sized
from tests.bench.old_ledger import make_old_ledger
from tests.bench.peers import Aiosmtpd, Exim, Gateway, Peer, Pigeonhole, Postfix, sink_command
from tests.bench.source import Job
from tests.harness.ports import free_port

KB, MB = 1024, 1024 * 1024
LARGE, LARGE_AT_ONCE = 25 * MB, 50
CASES = (1_000, 100_000, 1_000_000)


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. `memory` in MB."""

    row: str
    what: str
    peer: str
    sample: Sample | None = None
    memory: float | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Effort:
    """How thorough: seconds of load for each sample, samples of each, and whether the slow ends are left out."""

    seconds: float
    rounds: int
    quick: bool


Say = Callable[[str], None]


class Bench:
    """One run: a sink, a folder, and the peers of the row at hand."""

    def __init__(self, effort: Effort, say: Say) -> None:
        self.effort = effort
        self.skipped: dict[str, str] = {}
        self._say = say
        self._number = 0
        self._folder = Path()
        self._sink = 0

    @contextlib.contextmanager
    def running(self) -> Iterator[Bench]:
        """The sink and the folder, for all rows."""
        self._folder = Path(tempfile.mkdtemp(prefix="gateway-bench-"))
        self._folder.chmod(0o755)  # the users postfix and dovecot pass through it
        self._sink = free_port()
        sink = sink_command(self._sink)
        try:
            yield self
        finally:
            sink.terminate()
            sink.wait()
            shutil.rmtree(self._folder, ignore_errors=True)

    @contextlib.contextmanager
    def peers(self, *wanted: Peer) -> Iterator[list[Peer]]:
        """Those that can run, started."""
        with contextlib.ExitStack() as stack:
            started = []
            for peer in wanted:
                if lacks := type(peer).lacks():
                    self.skipped[peer.name] = lacks
                    continue
                self._say(f"starting {peer.name}")
                self._number += 1
                folder = self._folder / str(self._number)
                folder.mkdir()
                stack.callback(shutil.rmtree, folder, ignore_errors=True)
                stack.callback(peer.stop)
                peer.start(folder, self._sink)
                started.append(peer)
            yield started

    def compare(self, row: str, what: str, size: int, *wanted: Peer, shape: Shape = "text", rate: float = 0.0, **how: bool) -> list[Figure]:
        """The same load on each, interleaved. `rate`: a share of what the peer can do when below 1, messages a second from there on."""
        with self.peers(*wanted) as peers:
            jobs: list[tuple[Peer, Job]] = []
            figures = []
            for peer in peers:
                self._say(f"{what}: {peer.name}")
                boxes = MAILBOXES if peer.replies else PERSONS
                job = Job(peer.port, 0, size, boxes, "", shape, connections=5 if size >= MB else 20, **how)
                try:
                    jobs.append((peer, self._paced(sized(peer, self._sink, job, self.effort.seconds), rate)))
                except Failed as error:
                    figures.append(Figure(row, what, peer.name, problem=str(error)))
            for (peer, _), samples in zip(jobs, interleaved([self._measure(*each) for each in jobs], self.effort.rounds), strict=True):
                good = [each for each in samples if isinstance(each, Sample)]
                problem = next((str(each) for each in samples if isinstance(each, Failed)), "")
                figures.append(Figure(row, what, peer.name, median(good) if good else None, problem=problem))
            return figures

    def _paced(self, job: Job, rate: float) -> Job:
        if not rate:
            return job
        each_second = rate if rate >= 1 else rate * job.messages / self.effort.seconds
        return replace(job, rate=each_second, messages=max(40, int(each_second * self.effort.seconds)))

    def _measure(self, peer: Peer, job: Job) -> Callable[[], Sample | Failed]:
        def measure() -> Sample | Failed:
            try:
                return sample(peer, self._sink, job)
            except Failed as error:
                return error

        return measure

    # --- the rows

    def relay(self) -> list[Figure]:
        found = []
        for size, name in ((4 * KB, "4 KB"), (40 * KB, "40 KB"), (MB, "1 MB")):
            found += self.compare("relay", f"relay only, {name}", size, Aiosmtpd(), *_gateways(replies=False), Postfix())
        what = "relay only, 4 KB, commands one by one"
        return found + self.compare("relay", what, 4 * KB, Aiosmtpd(), Gateway(replies=False), pipeline=False)

    def job(self) -> list[Figure]:
        found = []
        shapes: tuple[tuple[int, Shape, str], ...] = (
            (4 * KB, "text", "4 KB"),
            (40 * KB, "text", "40 KB of text"),
            (40 * KB, "attachment", "40 KB with an attachment"),
        )
        for size, shape, name in shapes:
            peers = (Aiosmtpd(), *_gateways(replies=True), Pigeonhole(), Exim())
            found += self.compare("job", f"whole job, {name}", size, *peers, shape=shape)
        return found

    def connections(self) -> list[Figure]:
        return self.compare("connections", "whole job, 4 KB, one message a connection", 4 * KB, Gateway(replies=True), Pigeonhole(), keep=False)

    def latency(self) -> list[Figure]:
        found = []
        for rate, name in ((20.0, "20 messages a second"), (0.7, "70 % of its own best")):
            found += self.compare("latency", f"whole job, 4 KB, {name}", 4 * KB, Gateway(replies=True), Pigeonhole(), rate=rate)
        return found

    def memory(self) -> list[Figure]:
        """Small mail alone, then beside fifty large messages at once; peak memory of the gateway after both.

        The small mail has a listener and a sink of its own: what large mail does to a next hop is not measured.
        """
        port = free_port()
        other = sink_command(port)
        try:
            with self.peers(Gateway(replies=False, outbound=port)) as [peer]:
                assert isinstance(peer, Gateway)
                small = Job(peer.gateway.outbound, 200 if self.effort.quick else 400, 4 * KB, PERSONS, "", connections=30, rate=50.0)
                self._say("memory: small mail alone")
                _late(replace(small, messages=100, run="warm", first=700_000_000))
                alone = _late(replace(small, run="alone", first=710_000_000))
                self._say(f"memory: {LARGE_AT_ONCE} messages of {LARGE // MB} MB at once")
                beside, rate = self._beside_large_mail(peer, small)
                found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{peer.gateway.pid}/status").read_text())
        finally:
            other.terminate()
            other.wait()
        what = f"4 KB at 50 a second, beside {LARGE_AT_ONCE} × {LARGE // MB} MB at once"
        return [
            Figure("memory", "4 KB at 50 a second, nothing else", peer.name, Sample(small.rate, None, alone, ())),
            Figure("memory", what, peer.name, Sample(rate, None, beside, ()), memory=int(found[1]) / 1000 if found else None),
        ]

    def _beside_large_mail(self, peer: Gateway, small: Job) -> tuple[tuple[float, ...], float]:
        """Latencies of small mail while large mail is under way, sorted; large messages a second."""
        count = LARGE_AT_ONCE * (2 if self.effort.quick else 4)
        large = Job(peer.port, count, LARGE, PERSONS, "large", "attachment", connections=LARGE_AT_ONCE, first=900_000_000)
        said: list[dict[str, Any]] = []
        carrier = threading.Thread(target=lambda: said.append(run(large)))
        carrier.start()
        taken: list[float] = []
        number = 0
        while carrier.is_alive():
            number += 1
            taken += _late(replace(small, messages=50, run=f"beside{number}", first=800_000_000 + number * 1000))
        if not said:
            raise Failed("the large messages were not taken")
        return tuple(sorted(taken)), count / (said[0]["ended"] - said[0]["began"])

    def growth(self) -> list[Figure]:
        """The whole job with an empty year behind it, and with a full one."""
        cases = CASES[:2] if self.effort.quick else CASES
        peers = []
        for each in cases:
            self._say(f"growth: a ledger of {each:,} cases")
            ledger = self._folder / f"ledger-{each}" / "gateway.db"
            make_old_ledger(ledger, each)
            peers.append(_named(Gateway(replies=True, ledger=ledger), f"gateway, {each:,} cases"))
        return self.compare("growth", "whole job, 4 KB, old ledgers", 4 * KB, *peers)


def _gateways(*, replies: bool) -> tuple[Gateway, Gateway]:
    """As it is compared, one process; and as it may run where there is more than one processor."""
    return Gateway(replies=replies), Gateway(replies=replies, workers=2)


def _late(job: Job) -> tuple[float, ...]:
    """Milliseconds from MAIL to the 250, sorted."""
    return tuple(sorted((taken - since) * 1000 for since, _, taken in run(job)["sent"].values()))


def _named(peer: Gateway, name: str) -> Gateway:
    peer.name = name
    return peer


ROWS: dict[str, Callable[[Bench], list[Figure]]] = {
    "relay": Bench.relay,
    "job": Bench.job,
    "connections": Bench.connections,
    "latency": Bench.latency,
    "memory": Bench.memory,
    "growth": Bench.growth,
}
