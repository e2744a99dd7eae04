"""Tables that commands print, read by a program or in a file."""

from __future__ import annotations

import pytest

from gateway.cli.tables import show, table


def test_a_row_is_one_line_and_nothing_of_it_is_cut_off(capsys: pytest.CaptureFixture[str]) -> None:
    made = table("division", "said")
    made.add_row("strategic-communications", "word " * 60)
    show(made)
    [row] = [line for line in capsys.readouterr().out.splitlines() if "strategic-communications" in line]
    assert row.count("word") == 60
