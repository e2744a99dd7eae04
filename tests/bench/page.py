"""The table and the aims: on the terminal, as JSON, and in docs/performance.md between its two marks."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, NamedTuple

from tests.bench.measuring import percentile
from tests.bench.rows import Figure
from tests.harness.gateway import REPOSITORY

PAGE = REPOSITORY / "docs" / "performance.md"
BEGIN, END = "<!-- bench: begin -->\n", "<!-- bench: end -->\n"
AIMS = ("aim", "bound", "measured", "met")
COLUMNS = ("", "peer", "msg/s", "× sink", "× Pigeonhole", "CPU ms", "relay p50", "p99", "reply p50", "p99", "peak MB")

_SINK, _GATEWAY, _PIGEONHOLE = "aiosmtpd sink", "gateway", "Postfix + Pigeonhole"


class Figures:
    """All lines, and look-ups among them."""

    def __init__(self, figures: Sequence[Figure]) -> None:
        self.all = figures

    def rate(self, what: str, peer: str) -> float | None:
        return next((each.sample.rate for each in self.all if (each.what, each.peer) == (what, peer) and each.sample), None)

    def times(self, what: str, peer: str, other: str) -> float | None:
        mine, theirs = self.rate(what, peer), self.rate(what, other)
        return mine / theirs if mine and theirs else None

    def late(self, what: str, peer: str, share: float, of: str) -> float | None:
        """A percentile in milliseconds; `of` is relay or reply."""
        values = next((getattr(each.sample, of) for each in self.all if (each.what, each.peer) == (what, peer) and each.sample), ())
        return percentile(values, share) if values else None

    def lines(self) -> list[tuple[str, ...]]:
        return [self._line(each) for each in self.all]

    def _line(self, each: Figure) -> tuple[str, ...]:
        found = each.sample
        if found is None:
            return (each.what, each.peer, f"failed: {each.problem}", *[""] * 8)
        paced = each.row in ("latency", "memory")
        return (
            each.what,
            each.peer + (f" (once: {each.problem})" if each.problem else ""),
            "" if paced else f"{found.rate:,.0f}",
            "" if paced else _number(self.times(each.what, each.peer, _SINK), 2),
            "" if paced else _number(self.times(each.what, each.peer, _PIGEONHOLE), 1),
            _number(found.cpu, 2),
            *(_number(percentile(values, share) if values else None, 1) for values in (found.relay, found.reply) for share in (0.5, 0.99)),
            _number(each.memory, 0),
        )


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:,.{digits}f}"


class Aim(NamedTuple):
    """One of issue 6; `least` or `most` bounds the value."""

    text: str
    value: float | None
    least: float = 0.0
    most: float = float("inf")

    @property
    def line(self) -> tuple[str, str, str, str]:
        """Aim, bound, value, whether it is met."""
        assert self.value is not None
        bound = f"at least {self.least:g}" if self.least else f"at most {self.most:,.1f}"
        return self.text, bound, f"{self.value:,.2f}", "yes" if self.least <= self.value <= self.most else "no"


def aims(found: Figures) -> list[tuple[str, str, str, str]]:
    """Those whose rows were measured."""
    low, high = "whole job, 4 KB, 20 messages a second", "whole job, 4 KB, 70 % of its own best"
    once = "whole job, 4 KB, one message a connection"
    alone = found.late("4 KB at 50 a second, nothing else", _GATEWAY, 0.99, "relay")
    beside = next((each for each in found.all if each.memory is not None), None)
    listed: list[Aim] = []
    for size, least in (("4 KB", 1.5), ("40 KB", 4.0)):
        listed.append(Aim(f"relay, {size}, × the sink", found.times(f"relay only, {size}", _GATEWAY, _SINK), least=least))
    for size, least in (("4 KB", 1.0), ("40 KB of text", 2.5), ("40 KB with an attachment", 2.5)):
        listed.append(Aim(f"whole job, {size}, × the sink", found.times(f"whole job, {size}", _GATEWAY, _SINK), least=least))
        listed.append(Aim(f"whole job, {size}, × Pigeonhole", found.times(f"whole job, {size}", _GATEWAY, _PIGEONHOLE), least=8.0))
    listed.append(Aim("one message a connection, × Pigeonhole", found.times(once, _GATEWAY, _PIGEONHOLE), least=2.0))
    listed.append(Aim("acknowledgement at low load, p50 in ms", found.late(low, _GATEWAY, 0.5, "reply"), most=3.0))
    for what, name in ((low, "low"), (high, "70 %")):
        theirs = found.late(what, _PIGEONHOLE, 0.99, "reply")
        if theirs is not None:
            listed.append(Aim(f"acknowledgement at {name} load, p99 in ms (Pigeonhole's)", found.late(what, _GATEWAY, 0.99, "reply"), most=theirs))
    if beside is not None and beside.sample is not None and alone is not None:
        listed.append(Aim("50 × 25 MB at once, peak in MB", beside.memory, most=400.0))
        listed.append(Aim("4 KB beside them, p99 in ms above idle", percentile(beside.sample.relay, 0.99) - alone, most=100.0))
    grown = [each.sample.rate for each in found.all if each.row == "growth" and each.sample]
    if len(grown) > 1:
        listed.append(Aim("ledgers of 10³ to 10⁶ cases, % slower", (1 - min(grown) / max(grown)) * 100, most=20.0))
    return [each.line for each in listed if each.value is not None]


def machine() -> str:
    """What the figures were measured on, and when."""
    cpu = re.search(r"model name\s*: (.*)", open("/proc/cpuinfo", encoding="utf-8").read())  # noqa: SIM115, PTH123
    load = os.getloadavg()[0]
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=REPOSITORY, check=False).stdout.strip()
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores ({cpu[1].strip() if cpu else platform.machine()}), "
        f"Linux {platform.release()}, Python {platform.python_version()}, commit {commit or 'unknown'}, load average before {load:.1f}"
    )


def markdown(found: Figures, where: str, skipped: Mapping[str, str]) -> str:
    """The part of the page that is written by the bench."""
    lines = [f"{where}.", ""]
    lines += [f"Not installed, so not measured: {name} ({why})." for name, why in skipped.items()]
    for head, rows in ((AIMS, aims(found)), (COLUMNS, found.lines())):
        lines += ["", f"| {' | '.join(head)} |", "|" + "---|" * len(head), *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join(lines) + "\n"


def write_page(text: str) -> None:
    """Between the marks; the rest of the page is written by hand."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    PAGE.write_text(before + BEGIN + text + END + rest.partition(END)[2])


def as_json(found: Figures, where: str, skipped: Mapping[str, str]) -> dict[str, Any]:
    """All of it; latencies as percentiles in milliseconds."""

    def short(values: Sequence[float]) -> dict[str, float]:
        return {f"p{share * 100:g}": round(percentile(values, share), 3) for share in (0.5, 0.9, 0.99, 0.999)} if values else {}

    lines = [
        asdict(each)
        | {"sample": {"rate": each.sample.rate, "cpu": each.sample.cpu, "relay": short(each.sample.relay), "reply": short(each.sample.reply)}}
        if each.sample
        else asdict(each)
        for each in found.all
    ]
    stated = [dict(zip(AIMS, each, strict=True)) for each in aims(found)]
    return {"machine": where, "figures": lines, "aims": stated, "skipped": dict(skipped)}
