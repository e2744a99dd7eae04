"""What became of notices is written for all of them at once, as if one came after the other."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from gateway.ledger import outbox_rows
from gateway.ledger.ledger import Ledger
from gateway.ledger.outbox_rows import Settlement
from gateway.ledger.tables import notice, outgoing, service_case
from tests.ledger.given import KEY, START, Clock, Rules, an_inquiry
from tests.ledger.rows import record_together, rows

LEASE = timedelta(seconds=30)
LATER = START + timedelta(minutes=3)


def given(folder: Path) -> tuple[Ledger, list[str]]:
    """A ledger with 45 notices that are being sent, more than one statement takes, and their keys."""
    clock = Clock()
    ledger = Ledger(f"sqlite:///{folder}/gateway.db", key=KEY, clock=clock)
    ledger.open()
    record_together(ledger, Rules(clock, cap=10**6), clock, *(an_inquiry(f"n{each}", f"n{each}@example.org") for each in range(45)))
    with ledger.writing() as connection:
        claimed = outbox_rows.claim(connection, START, 100, LEASE, "mine")
    return ledger, [each.notice.key for each in claimed]


def what_became(keys: list[str]) -> list[Settlement]:
    def at(second: int) -> Any:
        return START + timedelta(seconds=second)

    several = [
        Settlement(keys[0], "mine", "waiting", at(1), LATER, code=451),
        Settlement(keys[1], "mine", "refused", at(2), code=550),
        Settlement(keys[2], "mine", "expired", at(3), problem="out-of-time"),
        Settlement(keys[3], "lost", "sent", at(4), code=250),
        Settlement(keys[4], "lost", "waiting", at(5), LATER, problem="Unavailable"),
        # An earlier attempt of the same notice, and a copy that another sender sent before.
        Settlement(keys[5], "mine", "waiting", at(6), LATER, code=421),
        Settlement(keys[5], "mine", "sent", at(7), code=250),
        Settlement(keys[6], "mine", "sent", at(9), code=250),
        Settlement(keys[6], "lost", "sent", at(8), code=251),
        Settlement("nobody's", "mine", "sent", at(9), code=250),
    ]
    return several + [Settlement(each, "mine", "sent", at(place), code=250) for place, each in enumerate(keys[7:40], 10)]


def content(ledger: Ledger) -> list[Any]:
    return [[sorted(map(str, each.items())) for each in rows(ledger, table)] for table in (notice, outgoing, service_case)]


def test_together_is_as_one_after_the_other(tmp_path: Path) -> None:
    (tmp_path / "together").mkdir()
    (tmp_path / "alone").mkdir()
    (together, keys), (alone, same) = given(tmp_path / "together"), given(tmp_path / "alone")
    assert len(keys) == 45
    with together.writing() as connection:
        outbox_rows.settle(connection, what_became(keys))
    with alone.writing() as connection:
        for each in what_became(same):
            outbox_rows.settle(connection, [each])

    states = {each["key"]: (each["state"], each["last_code"]) for each in rows(together, notice)}
    assert [states[each] for each in keys[:7]] == [
        ("waiting", 451),
        ("refused", 550),
        ("expired", None),
        ("sent", 250),
        ("waiting", None),
        ("sent", 250),
        ("sent", 250),
    ]
    assert [states[each][0] for each in keys[7:]] == ["sent"] * 33 + ["waiting"] * 5
    assert len(rows(together, outgoing)) == 2 + 5
    assert sum(each["acknowledged_at"] is not None for each in rows(together, service_case)) == 36
    assert content(together) == content(alone)
