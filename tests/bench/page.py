"""The table and the aims: on the terminal, as JSON, and in docs/performance.md between its two marks."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from tests.bench.measuring import percentile
from tests.bench.rows import Figure
from tests.harness.gateway import REPOSITORY

PAGE = REPOSITORY / "docs" / "performance.md"
BEGIN, END = "<!-- bench: begin -->\n", "<!-- bench: end -->\n"
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


def aims(found: Figures) -> list[tuple[str, str, str]]:
    """Aim, what was measured, and whether it is met; only those whose rows were measured."""
    low, high = "whole job, 4 KB, 20 messages a second", "whole job, 4 KB, 70 % of its own best"
    once = "whole job, 4 KB, one message a connection"
    alone = found.late("4 KB at 50 a second, nothing else", _GATEWAY, 0.99, "relay")
    beside = next((each for each in found.all if each.memory is not None), None)
    listed: list[tuple[str, float | None, Callable[[float], bool], str]] = [
        (
            f"relay, {size}: at least {least} × the sink",
            found.times(f"relay only, {size}", _GATEWAY, _SINK),
            lambda is_, least=least: is_ >= least,
            "×",
        )
        for size, least in (("4 KB", 1.5), ("40 KB", 4.0))
    ]
    listed += [
        (
            f"whole job, {size}: at least {least} × the sink",
            found.times(f"whole job, {size}", _GATEWAY, _SINK),
            lambda is_, least=least: is_ >= least,
            "×",
        )
        for size, least in (("4 KB", 1.0), ("40 KB of text", 2.5), ("40 KB with an attachment", 2.5))
    ]
    for size in ("4 KB", "40 KB of text", "40 KB with an attachment"):
        ratio = found.times(f"whole job, {size}", _GATEWAY, _PIGEONHOLE)
        listed.append((f"whole job, {size}: at least 8 × Pigeonhole", ratio, lambda is_: is_ >= 8, "×"))
    listed.append(("one message a connection: at least 2 × Pigeonhole", found.times(once, _GATEWAY, _PIGEONHOLE), lambda is_: is_ >= 2, "×"))
    listed.append(("acknowledgement, low load: p50 at most 3 ms", found.late(low, _GATEWAY, 0.5, "reply"), lambda is_: is_ <= 3, " ms"))
    for what, name in ((low, "low load"), (high, "70 % load")):
        theirs = found.late(what, _PIGEONHOLE, 0.99, "reply")
        if theirs is not None:
            text = f"acknowledgement, {name}: p99 at most Pigeonhole's {theirs:.1f} ms"
            listed.append((text, found.late(what, _GATEWAY, 0.99, "reply"), lambda is_, theirs=theirs: is_ <= theirs, " ms"))
    if beside is not None and beside.sample is not None and alone is not None:
        more = percentile(beside.sample.relay, 0.99) - alone
        listed.append(("50 × 25 MB: at most 400 MB in all", beside.memory, lambda is_: is_ <= 400, " MB"))
        listed.append(("50 × 25 MB: 4 KB beside them at most 100 ms more at p99", more, lambda is_: is_ <= 100, " ms"))
    grown = [each.sample.rate for each in found.all if each.row == "growth" and each.sample]
    if len(grown) > 1:
        listed.append(("ledgers of 10³ to 10⁶ cases: within 20 %", (1 - min(grown) / max(grown)) * 100, lambda is_: is_ <= 20, " %"))
    return [(text, f"{value:.2f}{unit}", "yes" if good(value) else "no") for text, value, good, unit in listed if value is not None]


def machine() -> str:
    """What the figures were measured on, and when."""
    cpu = re.search(r"model name\s*: (.*)", open("/proc/cpuinfo", encoding="utf-8").read())  # noqa: SIM115, PTH123
    load = os.getloadavg()[0]
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=REPOSITORY, check=False).stdout.strip()
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores ({cpu[1].strip() if cpu else platform.machine()}), Linux {platform.release()}, "
        f"Python {platform.python_version()}, commit {commit or 'unknown'}, load average before {load:.1f}"
    )


def markdown(found: Figures, where: str, skipped: Mapping[str, str]) -> str:
    """The part of the page that is written by the bench."""
    lines = [f"{where}.", ""]
    lines += [f"Not installed, so not measured: {name} ({why})." for name, why in skipped.items()]
    for head, rows in ((("aim", "measured", "met"), aims(found)), (COLUMNS, found.lines())):
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
    stated = [{"aim": aim, "measured": measured, "met": met == "yes"} for aim, measured, met in aims(found)]
    return {"machine": where, "figures": lines, "aims": stated, "skipped": dict(skipped)}
