"""Which figures are withheld, so that no group under `hide_groups_under` can be read off the report, or worked out of it by subtraction.

Everything that a report prints of its cases is a sum over a block of cells: some groups, in some steps of time. A small sum is withheld,
and with it others, until there is another way in which the cases could lie that gives every printed sum just the same, and this one
differently. Such a way is found as a move of single cases between cells: from one group to another in the same step, from one step to
another in the same group, or two such moves crosswise; every sum that a move changes is withheld. What proves the protection is thus
the move itself, whatever else is printed. Pure.

Withheld as a whole are lines, points of trends, clocks and volumes; totals that are large enough stand. A total of nought speaks for
its parts: that nobody of a group was missed is no secret where nobody at all was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal, NamedTuple

from gateway.reports.tally import CLOCKS, ClockName, Group

TOTAL, BEFORE = -1, -2
"""Columns besides the steps 0, 1 …: the whole period, and the period before."""
_FAR_GROUPS, _NEAR_STEPS = 12, 16
"""Groups of other divisions, and steps, that are tried for a crosswise move: more cost time and gain little."""

Cell = tuple[int, int]


class Printed(NamedTuple):
    """One sum that a report prints."""

    what: Literal["line", "acknowledge", "respond", "volume"]
    division: str | None
    """None: City-wide."""
    group: Group | None
    kind: str | None
    column: int


@dataclass(frozen=True)
class Cells:
    """How many cases there are, by group and step, and in the period before."""

    groups: Sequence[Group]
    received: Sequence[Sequence[int]]
    """[group][step]"""
    received_before: Sequence[int]
    promised: Mapping[ClockName, Sequence[bool]]
    """Whether a case of the group is promised the clock."""


class Withheld:
    """The answer: ask it of each sum."""

    def __init__(self, hidden: frozenset[Printed]) -> None:
        self._hidden = hidden

    def line(self, division: str | None, group: Group | None = None) -> bool:
        return Printed("line", division, group, None, TOTAL) in self._hidden

    def point(self, division: str | None, group: Group | None, step: int) -> bool:
        """A point goes with its line, and with each of its clocks."""
        clocks = () if group else tuple(Printed(clock, division, None, None, step) for clock in CLOCKS)
        here = Printed("line", division, group, None, step)
        return self.line(division, group) or any(each in self._hidden for each in (here, *clocks))

    def clocks(self, division: str | None) -> tuple[ClockName, ...]:
        """Of the line of a division or the City."""
        return tuple(clock for clock in CLOCKS if Printed(clock, division, None, None, TOTAL) in self._hidden)

    def volume(self, division: str | None, kind: str, *, before: bool) -> bool:
        return Printed("volume", division, None, kind, BEFORE if before else TOTAL) in self._hidden


def withhold(cells: Cells, hide_groups_under: int) -> Withheld:
    """`hide_groups_under`: 0 and 1 withhold nothing."""
    return Withheld(frozenset(_Search(cells, hide_groups_under).run())) if hide_groups_under > 1 else Withheld(frozenset())


class _Search:
    """Sums go by number here: sets of numbers are many times quicker than sets of what they stand for."""

    def __init__(self, cells: Cells, under: int) -> None:
        self._under = under
        self._steps = len(cells.received[0]) if cells.received else 0
        self._printed: list[Printed] = []
        self._sums: list[int] = []
        self._cells_of: list[list[Cell]] = []
        self._n: dict[Cell, int] = {}
        self._in: dict[Cell, frozenset[int]] = {}
        self._add_all(cells)
        self._weights = [_weight(each) + 1e-6 * n for each, n in zip(self._printed, self._sums, strict=True)]
        numbers = range(len(cells.groups))
        own = [each.division for each in cells.groups]
        self._near = [[each for each in numbers if each != group and own[each] == own[group]] for group in numbers]
        self._far = [[each for each in numbers if own[each] != own[group]] for group in numbers]
        self._hidden: set[int] = set()

    def run(self) -> set[Printed]:
        small = sorted((n, number) for number, n in enumerate(self._sums) if 0 < n < self._under)
        self._hidden = {number for _, number in small}
        for _, number in small:
            self._hidden |= self._cheapest(number)
        return {self._printed[number] for number in self._hidden}

    def _add_all(self, cells: Cells) -> None:
        numbers: dict[Printed, int] = {}
        for number, group in enumerate(cells.groups):
            promised = tuple(clock for clock in CLOCKS if cells.promised[clock][number])
            for column, n in (*enumerate(cells.received[number]), (BEFORE, cells.received_before[number])):
                of_cell = []
                for each in _sums_over(group, promised, column):
                    if each not in numbers:
                        numbers[each] = len(numbers)
                        self._printed.append(each)
                        self._sums.append(0)
                        self._cells_of.append([])
                    of_cell.append(numbers[each])
                self._add((number, column), n, frozenset(of_cell))

    def _add(self, cell: Cell, n: int, sums: frozenset[int]) -> None:
        self._n[cell], self._in[cell] = n, sums
        for each in sums:
            self._sums[each] += n
            self._cells_of[each].append(cell)

    def _cheapest(self, wanted: int) -> frozenset[int]:
        """What the best move changes besides. A move to nowhere, which changes every total, is always there."""
        source = max(self._cells_of[wanted], key=lambda cell: (self._n[cell], cell))
        best, best_cost = self._in[source], float("inf")
        for phase in self._moves(source):
            moves = [(changed, room) for changed, room in phase if room and wanted in changed]
            if any(changed <= self._hidden for changed, _ in moves):
                return frozenset()  # it is protected by what is withheld already
            for changed, room in moves:
                if (cost := self._cost(changed, room)) < best_cost:
                    best, best_cost = changed, cost
        return best

    def _cost(self, changed: frozenset[int], room: int) -> float:
        """What more would be withheld. A sum that is known to within less than a small group is as good as known: room is worth something."""
        return sum(map(self._weights.__getitem__, changed - self._hidden)) + 0.5 * max(self._under - 1 - room, 0)

    def _moves(self, source: Cell) -> Iterator[Iterator[tuple[frozenset[int], int]]]:
        """Sums that change, and by how many cases the source may lie higher or lower; those that are likely to cost little come first."""
        group, column = source
        near, far = self._near[group], self._far[group]
        if column == BEFORE:
            yield self._to_groups(source, near + far)
            return
        steps = [each for each in sorted(range(self._steps), key=lambda each: abs(each - column)) if each != column]
        yield self._crosswise(source, near, steps[:_NEAR_STEPS])
        yield self._to_steps(source, steps)
        yield self._to_groups(source, near + far)
        yield self._crosswise(source, far[:_FAR_GROUPS], steps[:_NEAR_STEPS])

    def _to_groups(self, source: Cell, others: Sequence[int]) -> Iterator[tuple[frozenset[int], int]]:
        for other in others:
            beside = other, source[1]
            yield self._in[source] ^ self._in[beside], self._n[source] + self._n[beside]

    def _to_steps(self, source: Cell, steps: Sequence[int]) -> Iterator[tuple[frozenset[int], int]]:
        for step in steps:
            beside = source[0], step
            yield self._in[source] ^ self._in[beside], self._n[source] + self._n[beside]

    def _crosswise(self, source: Cell, others: Sequence[int], steps: Sequence[int]) -> Iterator[tuple[frozenset[int], int]]:
        """From the source to another group, and in another step back again: the totals of both groups and of both steps stay."""
        n, sums = self._n, self._in
        for other, step in product(others, steps):
            beside, then, back = (other, source[1]), (source[0], step), (other, step)
            room = min(n[source], n[back]) + min(n[beside], n[then])
            yield sums[source] ^ sums[beside] ^ sums[then] ^ sums[back], room


def _weight(sum_: Printed) -> float:
    """What it costs to withhold a sum: the more it says, the more."""
    if sum_.group:
        level = 1.0
    elif sum_.what == "volume":
        level = 2.0 if sum_.division else 8.0
    else:
        level = 6.0 if sum_.division else 60.0
    return level * (3.0 if sum_.column == TOTAL else 1.0)


def _sums_over(group: Group, promised: Iterable[ClockName], column: int) -> Iterator[Printed]:
    """Every sum that a case of the group in that column is part of."""
    for division in (None, group.division):
        yield Printed("volume", division, None, group.kind, BEFORE if column == BEFORE else TOTAL)
    if column == BEFORE:
        return
    for each in (column, TOTAL):
        yield Printed("line", None, None, None, each)
        yield Printed("line", group.division, None, None, each)
        yield Printed("line", group.division, group, None, each)
        for clock, division in product(promised, (None, group.division)):
            yield Printed(clock, division, None, None, each)
