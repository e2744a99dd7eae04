"""What the ledger keeps of policy files: the last good version of each, and each change once, whoever saw it."""

from __future__ import annotations

from datetime import UTC, datetime

from gateway.ledger import policy_rows
from gateway.ledger.ledger import Ledger
from gateway.ledger.policy_rows import Now
from gateway.ledger.records import PolicyChange
from gateway.policy.changes import Difference
from gateway.policy.folders import Unread

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
CITY, PARKS = "policies/city.yaml", "policies/parks.yaml"
PROBLEM = "policies/parks.yaml:3:1: error: unknown key"


def record(ledger: Ledger, version: str | None, **files: Now) -> list[PolicyChange]:
    named = {f"policies/{name}.yaml": file for name, file in files.items()}
    with ledger.writing() as connection:
        return policy_rows.record(connection, named, version, NOW)


def good(text: str) -> Now:
    return Now(text.encode(), None, division="parks")


def refused(text: str, in_force: str | None) -> Now:
    return Now(in_force.encode() if in_force else None, text.encode(), (PROBLEM,), "parks")


def last_good(ledger: Ledger) -> dict[str, bytes]:
    with ledger.reading() as connection:
        return policy_rows.last_good(connection)


def untold(ledger: Ledger) -> list[tuple[str, str]]:
    with ledger.reading() as connection:
        return [(each.file, each.outcome) for each in policy_rows.untold(connection)]


def outcomes(changes: list[PolicyChange]) -> list[tuple[str, str]]:
    return [(each.file, each.outcome) for each in changes]


def test_the_first_record_is_kept_and_told_to_nobody_but_a_refusal_is(ledger: Ledger) -> None:
    changes = record(ledger, "v1", city=good("a: 1\n"), parks=refused("a: [\n", None))
    assert outcomes(changes) == [(CITY, "took-effect"), (PARKS, "refused")]
    assert untold(ledger) == [(PARKS, "refused")]
    assert last_good(ledger) == {CITY: b"a: 1\n"}


def test_a_change_is_recorded_once_with_keys_and_versions(ledger: Ledger) -> None:
    record(ledger, "v1", parks=good("a: 1\n"))
    [change] = record(ledger, "v2", parks=good("a: 2\n"))
    assert (change.outcome, change.version_before, change.version_after) == ("took-effect", "v1", "v2")
    assert change.differences == (Difference("a", "1", "2"),)
    assert change.division == "parks"
    assert record(ledger, "v2", parks=good("a: 2\n")) == [], "as after a restart, or in a neighbour on the same ledger"
    assert last_good(ledger) == {PARKS: b"a: 2\n"}


def test_a_refusal_is_told_once_and_so_is_its_end(ledger: Ledger) -> None:
    record(ledger, "v1", parks=good("a: 1\n"))
    [change] = record(ledger, "v1", parks=refused("a: [\n", "a: 1\n"))
    assert (change.outcome, change.problems) == ("refused", (PROBLEM,))
    assert record(ledger, "v1", parks=refused("a: [\n", "a: 1\n")) == []
    assert outcomes(record(ledger, "v1", parks=refused("a: {\n", "a: 1\n"))) == [(PARKS, "refused")], "another mistake"
    assert last_good(ledger) == {PARKS: b"a: 1\n"}
    assert outcomes(record(ledger, "v1", parks=good("a: 1\n"))) == [(PARKS, "good-again")]
    assert record(ledger, "v1", parks=good("a: 1\n")) == []


def test_a_file_that_cannot_be_read_is_refused_and_its_last_good_version_stays(ledger: Ledger) -> None:
    record(ledger, "v1", parks=good("a: 1\n"))
    [change] = record(ledger, "v1", parks=Now(b"a: 1\n", Unread("permission denied"), (PROBLEM,), "parks"))
    assert (change.outcome, change.differences) == ("refused", ())
    assert last_good(ledger) == {PARKS: b"a: 1\n"}


def test_what_took_effect_while_the_ledger_was_unwell_is_recorded_with_what_was_refused_since(ledger: Ledger) -> None:
    record(ledger, "v1", parks=good("a: 1\n"))
    assert outcomes(record(ledger, "v2", parks=refused("a: [\n", "a: 2\n"))) == [(PARKS, "took-effect"), (PARKS, "refused")]
    assert last_good(ledger) == {PARKS: b"a: 2\n"}


def test_a_removed_file_is_gone_but_not_while_nothing_is_in_force(ledger: Ledger) -> None:
    record(ledger, "v1", city=good("a: 1\n"), parks=good("a: 1\n"))
    assert record(ledger, None, city=refused("x", None)) != []
    assert sorted(last_good(ledger)) == [CITY, PARKS], "nothing good came of the files: what was good is kept for better days"
    [back, gone] = record(ledger, "v2", city=good("a: 1\n"))
    assert outcomes([back, gone]) == [(CITY, "good-again"), (PARKS, "removed")]
    assert gone.division == "parks"
    assert sorted(last_good(ledger)) == [CITY]


def test_told_is_told_once(ledger: Ledger) -> None:
    record(ledger, "v1", parks=good("a: 1\n"))
    changes = record(ledger, "v2", parks=good("a: 2\n"))
    with ledger.writing() as connection:
        assert policy_rows.mark_told(connection, [each.id for each in changes]) == 1
        assert policy_rows.mark_told(connection, [each.id for each in changes]) == 0
    assert untold(ledger) == []
    with ledger.reading() as connection:
        assert [each.outcome for each in policy_rows.changes(connection, 1)] == ["took-effect"]
