"""What is withheld cannot be worked out: an attacker with the whole report, linear algebra and patience gets nowhere."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from gateway.reports.tally import CLOCKS, ClockName, Group
from gateway.reports.withholding import Cells, Withheld, withhold

UNDER = 5


@dataclass(frozen=True)
class Sum:
    """One number that the report prints, or withholds: which cells it adds up, and what the answer is."""

    name: str
    cells: frozenset[tuple[int, int]]
    n: int
    shown: bool


def city(shape: list[list[list[int]]], before: list[int] | None = None, kinds: str = "") -> Cells:
    """`shape[division][group][step]`; groups of a division are promised now this, now both clocks; kinds recur across divisions."""
    groups, received = [], []
    for number, division in enumerate(shape):
        for inner, steps in enumerate(division):
            groups.append(Group(f"division-{number}", f"standard {inner}", ("public", "council", "internal")[inner % 3], f"kind-{inner % 2}"))
            received.append(steps)
    promised: dict[ClockName, list[bool]] = {"acknowledge": [int(each.standard[-1]) % 2 == 0 for each in groups], "respond": [True] * len(groups)}
    return Cells(groups, received, before or [0] * len(groups), promised)


def printed(cells: Cells, withheld: Withheld) -> list[Sum]:
    """Everything that assemble.py prints of the cells: lines, points, clocks, volumes."""
    steps = range(len(cells.received[0]))
    numbers = range(len(cells.groups))
    found = []

    def add(name: str, groups: list[int], columns: list[int], shown: bool) -> None:
        inside = frozenset(product(groups, columns))
        n = sum(cells.received_before[group] if column < 0 else cells.received[group][column] for group, column in inside)
        found.append(Sum(name, inside, n, shown))

    scopes: list[tuple[str | None, Group | None, list[int]]] = [(None, None, list(numbers))]
    scopes += [(each, None, [g for g in numbers if cells.groups[g].division == each]) for each in sorted({each.division for each in cells.groups})]
    scopes += [(each.division, each, [number]) for number, each in enumerate(cells.groups)]
    for division, group, inside in scopes:
        line = not withheld.line(division, group)
        hidden = () if group else withheld.clocks(division)
        add(f"{division} {group}", inside, list(steps), line)
        for clock in CLOCKS:
            with_clock = [g for g in inside if cells.promised[clock][g]]
            add(f"{division} {group} {clock}", with_clock, list(steps), line and clock not in hidden)
            for step in steps:
                add(f"{division} {group} {clock} {step}", with_clock, [step], not withheld.point(division, group, step))
        for step in steps:
            add(f"{division} {group} {step}", inside, [step], not withheld.point(division, group, step))
    for division in (None, *sorted({each.division for each in cells.groups})):
        for kind in sorted({each.kind for each in cells.groups}):
            inside = [g for g in numbers if cells.groups[g].kind == kind and division in (None, cells.groups[g].division)]
            add(f"{division} {kind}", inside, list(steps), not withheld.volume(division, kind, before=False))
            add(f"{division} {kind} before", inside, [-1], not withheld.volume(division, kind, before=True))
    return [each for each in found if each.cells]


def worked_out(sums: list[Sum]) -> list[str]:
    """Withheld small sums that follow from the printed ones by adding and subtracting: those in the row space of what is shown."""
    columns = {cell: number for number, cell in enumerate(sorted({cell for each in sums for cell in each.cells}))}
    shown = np.array([[cell in each.cells for cell in columns] for each in sums if each.shown], float)
    _, sizes, directions = np.linalg.svd(shown) if len(shown) else (None, np.zeros(0), np.eye(len(columns)))
    free = directions[int((sizes > 1e-9).sum()) :]  # every way in which the cells can move without a printed sum moving
    small = [each for each in sums if 0 < each.n < UNDER]
    return [each.name for each in small if not (np.abs(free[:, [columns[cell] for cell in each.cells]].sum(axis=1)) > 1e-9).any()]


def readable(sums: list[Sum]) -> list[str]:
    return [each.name for each in sums if each.shown and 0 < each.n < UNDER]


COUNTS = st.sampled_from([0, 0, 1, 2, 3, 4, 5, 7, 12, 40])


@st.composite
def cities(draw: st.DrawFn) -> Cells:
    steps = draw(st.integers(1, 5))
    shape = draw(st.lists(st.lists(st.lists(COUNTS, min_size=steps, max_size=steps), min_size=1, max_size=4), min_size=1, max_size=4))
    before = draw(st.lists(COUNTS, min_size=sum(map(len, shape)), max_size=sum(map(len, shape))))
    return city(shape, before)


@given(cities())
@example(city([[[1]], [[40]], [[40]]]))  # a small division beside large ones
@example(city([[[3, 40], [40, 40]]]))  # one small week
@example(city([[[40, 40]]]))
@example(city([[[2, 2]]]))  # all of the City is a small group
@example(city([[[4], [4]], [[4], [4]]]))
def test_no_small_group_is_read_or_worked_out(cells: Cells) -> None:
    sums = printed(cells, withhold(cells, UNDER))
    assert readable(sums) == []
    assert worked_out(sums) == []


def test_the_attack_works_where_nothing_protects() -> None:
    """It would notice: with one small division withheld alone, the City less the others gives it away."""
    cells = city([[[2]], [[40]], [[30]]])

    class Naive(Withheld):
        def line(self, division: str | None, group: Group | None = None) -> bool:
            return division == "division-0"

        def point(self, division: str | None, group: Group | None, step: int) -> bool:
            return division == "division-0"

        def volume(self, division: str | None, kind: str, *, before: bool) -> bool:
            return division == "division-0"

    assert worked_out(printed(cells, Naive(frozenset()))) != []


@st.composite
def small_cities(draw: st.DrawFn) -> Cells:
    shape = draw(st.lists(st.lists(st.lists(st.integers(0, 6), min_size=2, max_size=2), min_size=1, max_size=2), min_size=1, max_size=2))
    return city(shape)


@given(small_cities())
def test_no_small_group_follows_from_counts_being_no_less_than_nought(cells: Cells) -> None:
    """Among the ways in which single cases could lie elsewhere without a printed sum moving, each withheld small sum moves in one."""
    sums = printed(cells, withhold(cells, UNDER))
    columns = {cell: number for number, cell in enumerate(sorted({cell for each in sums for cell in each.cells if cell[1] >= 0}))}
    counts = np.array([cells.received[group][step] for group, step in columns])
    moves = np.array(list(product((-1, 0, 1), repeat=len(columns))))
    moves = moves[(moves + counts >= 0).all(axis=1)]

    def of(each: Sum) -> NDArray[np.int64]:
        found: NDArray[np.int64] = moves[:, [columns[cell] for cell in each.cells if cell in columns]].sum(axis=1)
        return found

    possible = np.all([of(each) == 0 for each in sums if each.shown], axis=0)
    small = [each for each in sums if 0 < each.n < UNDER]
    assert [each.name for each in small if not (of(each)[possible] != 0).any()] == []


def test_little_is_withheld_where_all_is_large() -> None:
    cells = city([[[40, 50], [60, 70]], [[80, 90]]], [40, 50, 60])
    assert all(each.shown for each in printed(cells, withhold(cells, UNDER)))


def test_totals_that_are_large_stand() -> None:
    cells = city([[[2, 1], [40, 50], [7, 8]], [[80, 90]]], [0, 0, 0, 0])
    withheld = withhold(cells, UNDER)
    assert not withheld.line(None)
    assert not withheld.line("division-0")
    assert [withheld.line("division-0", each) for each in cells.groups[:3]] == [True, False, True]


@pytest.mark.parametrize("under", [0, 1])
def test_a_city_may_withhold_nothing(under: int) -> None:
    cells = city([[[1, 0], [2, 3]], [[1, 1]]])
    assert all(each.shown for each in printed(cells, withhold(cells, under)))
