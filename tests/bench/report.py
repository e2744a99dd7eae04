"""`make bench-report`: what a report over twelve months costs, and how that grows with the history; into docs/performance.md."""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from tests.bench.page import PAGE, machine

SIZES = (10_000, 100_000, 1_000_000)
ROUNDS = 3
BEGIN, END = "<!-- bench-report: written by make bench-report -->\n", "<!-- bench-report: end -->\n"
_HEAD = "| messages | history made | report, whole City | one division | peak memory |"


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one size. Seconds of processor time (a report is one process that waits for nothing), MB."""

    messages: int
    made: float
    city: float
    division: float
    memory: float


def main() -> int:
    parser = argparse.ArgumentParser("make bench-report")
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), metavar="N,…", help="messages of the last twelve months")
    parser.add_argument("--json", action="store_true", help="JSON in place of the table; the page stays as it is")
    given = parser.parse_args()
    sizes = [int(each) for each in given.sizes.split(",")]
    where, console = machine(), Console(stderr=True)
    costs = []
    with tempfile.TemporaryDirectory(prefix="gateway-bench-") as folder, console.status("starting") as status:
        for size in sizes:
            status.update(f"{size:,} messages")
            costs.append(measured(Path(folder) / str(size), size))
            console.print(costs[-1])
    text = markdown(costs, where)
    if given.json:
        print(
            json.dumps(
                {"machine": where, "growth": growth(costs), "figures": [{name: getattr(each, name) for name in Cost.__slots__} for each in costs]}
            )
        )
    else:
        print(text)
        if tuple(sizes) == SIZES:
            write(text)
    return 0


def measured(folder: Path, messages: int) -> Cost:
    """Reports are read from a warm page cache, as they mostly are; the best of some runs, since what else the machine does is no cost of ours."""
    made, _ = run("demo", "--history", str(messages), "--folder", str(folder))
    since = str(time.localtime().tm_year - 1)
    whole = ("report", "--json", "--config", str(folder / "gateway.toml"), "--since", f"{since}-12", "--until", time.strftime("%Y-%m-%d"))
    city = [run(*whole) for _ in range(ROUNDS)]
    one = [run(*whole, "--division", "human-resources") for _ in range(ROUNDS)]
    return Cost(messages, made, min(each[0] for each in city), min(each[0] for each in one), max(each[1] for each in (*city, *one)))


def run(*arguments: str) -> tuple[float, float]:
    """Seconds of processor time, and peak resident memory in MB, of one command."""
    process = subprocess.Popen([sys.executable, "-m", "gateway", *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"gateway {' '.join(arguments)} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def growth(costs: list[Cost]) -> float | None:
    """The exponent: 1 is in proportion, 0 is not at all. From the two largest, where the start of a command counts least."""
    if len(costs) < 2:
        return None
    small, large = costs[-2:]
    return math.log(large.city / small.city) / math.log(large.messages / small.messages)


def markdown(costs: list[Cost], where: str) -> str:
    exponent = growth(costs)
    lines = [f"{where}. Seconds are of processor time, of the whole command.", "", _HEAD, "|---|---|---|---|---|"]
    for each in costs:
        made = f"{each.made:.1f} s ({each.messages / each.made:,.0f}/s)"
        city = f"{each.city:.2f} s ({each.messages / each.city:,.0f} rows/s)"
        lines.append(f"| {each.messages:,} | {made} | {city} | {each.division:.2f} s | {each.memory:.0f} MB |")
    lines += ["", f"Growth exponent from the last size but one to the last: {exponent:.2f}." if exponent is not None else ""]
    return "\n".join(lines) + "\n"


def write(text: str) -> None:
    """Between the marks, behind whatever else the page has."""
    page = PAGE.read_text() if PAGE.exists() else "# Performance\n"
    if BEGIN not in page:
        page = f"{page.rstrip()}\n\n## Reports\n\n{BEGIN}{END}"
    PAGE.write_text(re.sub(f"{re.escape(BEGIN)}.*?{re.escape(END)}", lambda _: BEGIN + text + END, page, flags=re.DOTALL))


if __name__ == "__main__":
    sys.exit(main())
