"""`make bench`: the gateway beside its neighbours, on this machine, in one table. docs/performance.md says what is measured, and how."""

from __future__ import annotations

import argparse
import json
import sys

from rich.console import Console
from rich.table import Table

from tests.bench.page import AIMS, COLUMNS, PAGE, Figures, aims, as_json, machine, markdown, write_page
from tests.bench.rows import ROWS, Bench, Effort, Figure

EXAMPLES = """\
examples:
  make bench                               everything, and the table of docs/performance.md (about 8 minutes)
  make bench BENCH_ARGS=--quick            shorter samples; the page stays as it is
  make bench BENCH_ARGS='--rows relay,job' some rows only
  EXIM=/opt/exim/usr/sbin/exim4 make bench with an Exim that is unpacked and not installed
"""


def main() -> int:
    parser = argparse.ArgumentParser("make bench", description=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one short sample of each, and no ledger of a million cases")
    parser.add_argument("--rows", default=",".join(ROWS), metavar="ROW,…", help=f"some of {', '.join(ROWS)}")
    parser.add_argument("--json", action="store_true", help="one JSON document in place of the tables")
    given = parser.parse_args()
    rows = given.rows.split(",")
    if unknown := [each for each in rows if each not in ROWS]:
        parser.error(f'there is no row "{unknown[0]}"; there are {", ".join(ROWS)}')
    where, progress = machine(), Console(stderr=True)
    figures: list[Figure] = []
    with (
        progress.status("starting") as status,
        Bench(Effort(1.0, 1, True) if given.quick else Effort(2.5, 3, False), status.update).running() as bench,
    ):
        for each in rows:
            found = ROWS[each](bench)
            figures += found
            for line in Figures(figures).lines()[-len(found) :]:
                progress.print("  ".join(filter(None, line)), highlight=False)
    whole = Figures(figures)
    if given.json:
        print(json.dumps(as_json(whole, where, bench.skipped), ensure_ascii=False, indent=1))
    else:
        _print(whole, where, bench)
    if not given.quick and rows == list(ROWS):
        write_page(markdown(whole, where, bench.skipped))
        progress.print(f"written into {PAGE}")
    return 0


def _print(found: Figures, where: str, bench: Bench) -> None:
    console = Console(width=None if sys.stdout.isatty() else 170)
    console.print(where)
    for name, why in bench.skipped.items():
        console.print(f"left out: {name} ({why})")
    for head, lines in ((COLUMNS, found.lines()), (AIMS, aims(found))):
        table = Table(*head)
        for line in lines:
            table.add_row(*line)
        console.print(table)


if __name__ == "__main__":
    sys.exit(main())
