"""Caps, breakers and stops on the ledger: they hold across batches, restarts and two gateways on one ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from gateway.judgement.breaker import USUAL_WHEN_UNKNOWN
from gateway.judgement.verdict import AcknowledgementDecision, Double, Examination, History
from gateway.ledger import breakers, outbox_rows
from gateway.ledger.batch import record
from gateway.ledger.cap_state import cap_state, health
from gateway.ledger.ledger import Ledger
from gateway.ledger.outbox_rows import Settlement
from gateway.ledger.records import Decision
from gateway.ledger.tables import alert, mailbox_hour
from gateway.message.automatic import Automatic
from gateway.message.model import Envelope
from gateway.policy.model import Caps
from tests.ledger.given import HR, KEY, START, Clock, Rules, a_notice, an_answer, an_inquiry
from tests.ledger.rows import emptied, message, notice, record_together, rows

HOUR = timedelta(hours=1)
NO_CAPS = Caps(None, None, None, None)


class CapRules(Rules):
    """Obeys windows and breakers as `judge` does."""

    def __call__(self, examination: Examination, history: History) -> Decision:
        decision = super().__call__(examination, history)
        said = decision.verdict.acknowledgement
        if not said.send:
            return decision
        if HR in history.tripped:
            held = replace(decision.verdict, acknowledgement=replace(said, send=False, reason="breaker"))
            return Decision(held)
        made = a_notice(examination, self.clock(), not_before=history.not_before or self.clock())
        return replace(decision, notices=(made,))


@pytest.fixture
def rules(clock: Clock) -> Rules:
    return CapRules(clock, cap=10**6)


def from_domain(number: int, domain: str = "firm.example", **changes: Any) -> Examination:
    return an_inquiry(f"{domain}-{number}", f"p{number}@{domain}", **changes)


def places(ledger: Ledger) -> list[datetime]:
    return [each["slot_at"] for each in rows(ledger, notice) if each["slot_at"]]


def most_in_any(span: timedelta, found: Sequence[datetime]) -> int:
    return max((sum(start <= each < start + span for each in found) for start in found), default=0)


@pytest.mark.parametrize("together", [1, 3, 8])
def test_beyond_a_domains_cap_acknowledgements_wait_for_room(ledger: Ledger, rules: Rules, clock: Clock, together: int) -> None:
    caps = replace(NO_CAPS, domain=(3, HOUR))
    for start in range(0, 8, together):
        record_together(ledger, rules, clock, *(from_domain(number) for number in range(start, min(8, start + together))), caps=caps)
    assert [(each - START) / HOUR for each in places(ledger)] == [0, 0, 0, 1, 1, 1, 2, 2]
    assert [each["due_at"] for each in rows(ledger, notice)] == places(ledger), "the outbox leaves them alone until then"
    record_together(ledger, rules, clock, from_domain(1, "other.example"), from_domain(9, shared_domain=True), caps=caps)
    assert places(ledger)[-2:] == [START, START], "other domains and shared ones are not touched"


def test_beyond_the_gateways_cap_everything_waits(ledger: Ledger, rules: Rules, clock: Clock) -> None:
    caps = replace(NO_CAPS, gateway=(2, HOUR), domain=(1, 3 * HOUR))
    record_together(ledger, rules, clock, *(from_domain(1, f"d{number}.example") for number in range(3)), from_domain(2, "d0.example"), caps=caps)
    assert [(each - START) / HOUR for each in places(ledger)] == [0, 0, 1, 3]
    assert [(each.not_before, each.delayed_by) for each in rules.histories[2:]] == [
        (START + HOUR, "gateway-cap"),
        (START + 3 * HOUR, "domain-cap"),
    ]


def test_a_cap_holds_across_a_restart_and_for_a_second_gateway(ledger: Ledger, ledger_url: str, rules: Rules, clock: Clock) -> None:
    caps = replace(NO_CAPS, gateway=(2, HOUR))
    record_together(ledger, rules, clock, from_domain(1), from_domain(2), caps=caps)
    other = Ledger(ledger_url, key=KEY, clock=clock)
    other.open()
    record_together(other, rules, clock, from_domain(3), caps=caps)
    other.close()
    ledger.close()
    record_together(ledger, rules, clock, from_domain(4), from_domain(5), caps=caps)
    assert [(each - START) / HOUR for each in places(ledger)] == [0, 0, 1, 1, 2]


def test_what_was_counted_before_does_not_hide_a_place(ledger: Ledger, ledger_url: str, rules: Rules, clock: Clock) -> None:
    """A count is remembered while nobody else writes, and for later moments only. A cap of 100, so that one count does for some batches."""
    caps = replace(NO_CAPS, gateway=(100, HOUR))
    record_together(ledger, rules, clock, *(from_domain(number) for number in range(60)), caps=caps)
    clock.move(hours=2)
    record_together(ledger, rules, clock, from_domain(100), caps=caps)  # counts none
    clock.move(hours=-2)
    record_together(ledger, rules, clock, *(from_domain(number) for number in range(200, 240)), caps=caps)
    assert [each.delayed_by for each in rules.histories[-2:]] == [None, "gateway-cap"], "61 were there when the clock had gone back"
    clock.move(hours=4)
    record_together(ledger, rules, clock, from_domain(301), caps=caps)  # counts none
    other = Ledger(ledger_url, key=KEY, clock=clock)
    other.open()
    record_together(other, rules, clock, *(from_domain(number) for number in range(400, 499)), caps=caps)
    other.close()
    record_together(ledger, rules, clock, from_domain(500), caps=caps)
    assert rules.histories[-1].delayed_by == "gateway-cap", "the other gateway's count, too"


def test_what_does_not_go_out_gives_its_place_back(ledger: Ledger, rules: Rules, clock: Clock) -> None:
    caps = replace(NO_CAPS, domain=(1, HOUR))
    for number, state in enumerate(("refused", "expired", "dropped")):
        record_together(ledger, rules, clock, from_domain(number), caps=caps)
        [waiting] = [each for each in rows(ledger, notice) if each["state"] == "waiting"]
        with ledger.writing() as connection:
            if state == "dropped":
                outbox_rows.drop(connection, clock(), [waiting["id"]])
            else:
                outbox_rows.claim(connection, clock(), 1, HOUR, "a")
                outbox_rows.settle(connection, [Settlement(waiting["key"], "a", state, clock(), code=550)])  # type: ignore[arg-type]
    record_together(ledger, rules, clock, from_domain(9), caps=caps)
    assert places(ledger) == [START]


@given(
    st.lists(st.tuples(st.integers(0, 40), st.sampled_from(["a.example", "b.example"])), min_size=1, max_size=40),
    st.integers(1, 4),
    st.integers(1, 6),
    st.sets(st.integers(1, 39)),
)
@settings(max_examples=60)
def test_no_window_ever_holds_more_than_its_cap(
    kept_ledger: tuple[Ledger, Clock], arrivals: list[tuple[int, str]], of_domain: int, of_gateway: int, cuts: set[int]
) -> None:
    """Whatever the order and however it falls into batches; minutes between arrivals, windows of an hour."""
    ledger, clock = kept_ledger
    emptied(ledger)
    rules, caps = CapRules(clock, cap=10**6), replace(NO_CAPS, domain=(of_domain, HOUR), gateway=(of_gateway, HOUR))
    batch: list[Examination] = []
    for number, (minutes, domain) in enumerate(arrivals):
        batch.append(from_domain(number, domain))
        if number in cuts or number == len(arrivals) - 1:
            record_together(ledger, rules, clock, *batch, caps=caps)
            batch = []
            clock.move(minutes=minutes)
    found = rows(ledger, notice)
    assert len(found) == len(arrivals)
    assert most_in_any(HOUR, [each["slot_at"] for each in found]) <= of_gateway
    for domain in {each["correspondent_domain"] for each in found}:
        assert most_in_any(HOUR, [each["slot_at"] for each in found if each["correspondent_domain"] == domain]) <= of_domain


def refuse_all(ledger: Ledger, clock: Clock) -> None:
    with ledger.writing() as connection:
        claimed = outbox_rows.claim(connection, clock(), 99, HOUR, "a")
        outbox_rows.settle(connection, [Settlement(each.notice.key, "a", "refused", clock(), code=550) for each in claimed])


def test_after_a_refusal_a_correspondent_is_left_alone_for_seven_days(ledger: Ledger, rules: Rules, clock: Clock) -> None:
    record_together(ledger, rules, clock, an_inquiry("one"), an_inquiry("other", "other@example.org"))
    refuse_all(ledger, clock)
    told = []
    for number, days in enumerate((0, 6.9, 0.2)):
        clock.move(days=days)
        record_together(ledger, rules, clock, an_inquiry(f"n{number}"), an_inquiry(f"new{number}", f"new{number}@example.org"))
        told.append([each.refused_lately for each in rules.histories[-2:]])
    assert told == [[True, False], [True, False], [False, False]]


def usual_hours(ledger: Ledger, clock: Clock, an_hour: int) -> None:
    """Two weeks in which HR had so many in each of eight hours a day."""
    hour = (clock() - datetime(1970, 1, 1, tzinfo=clock().tzinfo)) // HOUR
    with ledger.writing() as connection:
        for day in range(1, 15):
            connection.execute(mailbox_hour.insert(), [{"mailbox": HR, "hour": hour - 24 * day + each, "wanted": an_hour} for each in range(8)])


BREAKER = replace(NO_CAPS, breaker=2.0)


@pytest.mark.parametrize("together", [1, 7, 40])
def test_a_breaker_opens_at_a_multiple_of_the_usual_rate(ledger: Ledger, rules: Rules, clock: Clock, together: int) -> None:
    usual_hours(ledger, clock, 15)
    for start in range(0, 40, together):
        batch = [from_domain(number, f"d{number}.example") for number in range(start, min(40, start + together))]
        record_together(ledger, rules, clock, *batch, caps=BREAKER)
    assert len(places(ledger)) == 30
    assert [each["reason"] for each in rows(ledger, message)] == ["new-inquiry"] * 30 + ["breaker"] * 10
    [raised] = rows(ledger, alert)
    assert (raised["mailbox"], raised["times"], raised["hourly_limit"]) == (HR, 10, 30.0)
    assert health(ledger) == "stopped for hr since 2026-11-16 15:12 UTC, far above its usual rate"


def test_a_breaker_closes_by_itself_after_an_hour_of_calm(ledger: Ledger, rules: Rules, clock: Clock) -> None:
    usual_hours(ledger, clock, 15)
    record_together(ledger, rules, clock, *(from_domain(number) for number in range(40)), caps=BREAKER)
    clock.move(minutes=30)
    record_together(ledger, rules, clock, from_domain(40), caps=BREAKER)
    assert rows(ledger, message)[-1]["reason"] == "breaker"
    clock.move(minutes=120)
    assert health(ledger) == "ok", "also before the next mail comes"
    record_together(ledger, rules, clock, from_domain(41), caps=BREAKER)
    assert rows(ledger, message)[-1]["reason"] == "new-inquiry"
    assert rows(ledger, alert) == []
    with ledger.reading() as connection:
        [rate] = cap_state(connection, BREAKER, clock()).mailboxes
    assert (rate.usual, rate.limit) == (15.0, 30.0), "the rush does not count as usual"


def test_a_breaker_stays_open_while_the_rush_lasts(ledger: Ledger, rules: Rules, clock: Clock) -> None:
    usual_hours(ledger, clock, 15)
    for hour in range(6):
        record_together(ledger, rules, clock, *(from_domain(number + 100 * hour) for number in range(40)), caps=BREAKER)
        clock.move(hours=1)
    assert len(places(ledger)) == 30


def test_a_person_resets_a_breaker(ledger: Ledger, rules: Rules, clock: Clock) -> None:
    usual_hours(ledger, clock, 15)
    record_together(ledger, rules, clock, *(from_domain(number) for number in range(40)), caps=BREAKER)
    with ledger.writing() as connection:
        assert breakers.reset(connection, HR)
        assert not breakers.reset(connection, HR)
    record_together(ledger, rules, clock, *(from_domain(number) for number in range(50, 80)), caps=BREAKER)
    assert len(places(ledger)) == 60


def test_a_mailbox_that_is_not_known_yet_has_room_for_its_first_busy_day(ledger: Ledger, rules: Rules, clock: Clock) -> None:
    caps = replace(NO_CAPS, breaker=1.1)
    many = int(USUAL_WHEN_UNKNOWN * 1.1)
    for start in range(0, many + 10, 200):
        record_together(ledger, rules, clock, *(from_domain(number) for number in range(start, min(many + 10, start + 200))), caps=caps)
    assert len(places(ledger)) == many


def test_a_breaker_can_be_lifted(ledger: Ledger, rules: Rules, clock: Clock) -> None:
    usual_hours(ledger, clock, 15)
    record_together(ledger, rules, clock, *(from_domain(number) for number in range(200)), caps=NO_CAPS)
    assert len(places(ledger)) == 200


def automatic_reply(name: str, to: str) -> Examination:
    envelope = Envelope("", (to,), "outbound", START, "outbound", trusted_senders=True)
    return an_answer(name, (to,), (), START, envelope=envelope, automatic=Automatic("auto_reply", "auto-submitted", "x"))


@pytest.mark.parametrize("together", [True, False])
def test_whom_we_acknowledged_is_told_when_a_machine_writes_to_them(ledger: Ledger, rules: Rules, clock: Clock, together: bool) -> None:
    inquiry, reply, stranger = an_inquiry(), automatic_reply("auto", "Canary.Resident@example.org"), automatic_reply("other", "stranger@example.org")
    for batch in [(inquiry, reply, stranger)] if together else [(inquiry,), (reply,), (stranger,)]:
        record_together(ledger, rules, clock, *batch)
    assert [each.acknowledged_for for each in rules.histories] == [frozenset(), {HR}, frozenset()]
    clock.move(days=2)
    record_together(ledger, rules, clock, automatic_reply("late", "canary.resident@example.org"))
    assert rules.histories[-1].acknowledged_for == frozenset(), "a reply days later is no second acknowledgement"


def test_a_double_acknowledgement_is_kept_and_shown(ledger: Ledger, rules: Rules, clock: Clock) -> None:
    def finding(examination: Examination, history: History) -> Decision:
        decision = rules(examination, history)
        return replace(decision, verdict=replace(decision.verdict, double=Double("hr", HR)))

    for name in ("a", "b"):
        record_together(ledger, finding, clock, automatic_reply(name, "x@example.org"))
    [raised] = rows(ledger, alert)
    assert (raised["slug"], raised["division"], raised["times"]) == ("double-acknowledgement", "hr", 2)
    assert health(ledger) == "the mailbox of hr answers automatically, too"
    clock.move(days=8)
    assert health(ledger) == "ok"


def test_nothing_personal_stands_in_an_alert() -> None:
    assert set(alert.columns.keys()) == {"mailbox", "slug", "division", "raised_at", "last_at", "times", "hourly_limit"}


def test_mail_that_is_no_inquiry_asks_no_window(ledger: Ledger, rules: Rules, clock: Clock) -> None:
    newsletter = an_inquiry(cases=(), is_inquiry=False, acknowledgement=AcknowledgementDecision(False, "list-header", ""))
    record_together(ledger, rules, clock, newsletter, caps=replace(NO_CAPS, gateway=(1, HOUR)))
    assert rules.histories[-1].not_before is None


def statements(ledger: Ledger, rules: Rules, clock: Clock, *examinations: Examination) -> int:
    """How many one batch takes."""
    seen: list[str] = []
    with ledger.writing() as connection:
        event.listen(connection, "before_cursor_execute", lambda *given: seen.append(given[2]))
        record(connection, examinations, rules, ledger.pseudonyms, now=clock(), caps=Caps())
    return len(seen)


def test_a_batch_takes_the_same_number_of_statements_whatever_its_size(ledger: Ledger, rules: Rules, clock: Clock) -> None:
    def mixed(name: str, size: int) -> list[Examination]:
        inquiries = [from_domain(number, f"{name}{number % 5}.example", further_addresses=(f"{name}{number}@b.example",)) for number in range(size)]
        answers = [an_answer(f"{name}a{n}", ("p1@x.example",), (each.message.message_id or "",), START) for n, each in enumerate(inquiries)]
        return [*inquiries, *answers, *(automatic_reply(f"{name}r{number}", f"p{number}@{name}1.example") for number in range(size))]

    record_together(ledger, rules, clock, *mixed("before", 3))
    assert statements(ledger, rules, clock, *mixed("few", 2)) == statements(ledger, rules, clock, *mixed("many", 60))
