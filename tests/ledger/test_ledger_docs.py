"""The page that lists what is kept is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import Table

from gateway.ledger.tables import metadata

PAGE = (Path(__file__).parents[2] / "docs" / "ledger.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_every_column_is_on_the_page_and_no_other(table: Table) -> None:
    section = re.search(rf"^### {table.name}:.*?\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert section, f"no section about {table.name}"
    told = {name for row in re.findall(r"^\| (`.*?) \|", section[1], re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
    assert told == {column.name for column in table.columns}
