"""Twelve months of invented history, straight into the tables of a ledger of its own: for reports at scale, and to see what they look like.

Chance decides, by a seed, so that the same seed gives the same rows; the promises are those of the policy. Nobody is meant by any row: hashes
are random, and no address was ever behind them. Never call it on a ledger that holds real mail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gateway.judgement.standard import promise, standard_for
from gateway.ledger.figure_values import StaffMark
from gateway.ledger.ledger import Ledger
from gateway.ledger.tables import message, notice, reopening, service_case, sighting, thread
from gateway.policy.calendar import is_business_day
from gateway.policy.model import Audience, Policy

CHUNK = 10_000
"""Messages of one transaction."""

DAYS_BACK = 365
_SECOND = 1_000_000
_SLOT = 1800
"""Seconds: promises are worked out once for each half hour."""

INQUIRIES, ANSWERED = 0.45, 0.86
"""Share of the messages that open a case; of those, the share that a person answers sooner or later."""

_BY_HOUR = (1, 1, 1, 1, 1, 2, 5, 14, 38, 62, 66, 60, 48, 55, 60, 54, 40, 24, 15, 12, 10, 8, 5, 2)
_BY_WEEKDAY = (1.25, 1.1, 1.0, 1.0, 0.85, 0.22, 0.18)
_HOLIDAY = 0.25
_EXCLUDED = {
    "out-of-office": 22, "bulk-mail": 20, "mailing-list": 14, "auto-generated": 12, "auto-reply": 8, "bounce": 7, "calendar-reply": 6,
    "spam-verdict": 4, "receipt": 3, "follow-up": 4,
}  # fmt: skip
_NOT_SENT = {"new-inquiry": 90, "answer-unwanted": 4, "domain-cap": 1, "dmarc-fail": 3, "role-sender": 2}

Times = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Scope:
    slug: str
    mailbox: str
    audience: Audience
    kind: str


class History:
    """What is to be written, by time of receipt: one entry for each message."""

    def __init__(self, policy: Policy, messages: int, until: datetime, seed: int) -> None:
        """`until`: aware; the last of the twelve months ends there."""
        self._policy = policy
        self._chance = np.random.default_rng(seed)
        self.until = int(until.timestamp()) * _SECOND
        self._scopes = _scopes(policy)
        self.standards = [standard_for(policy.divisions[each.slug], each.audience, each.kind) for each in self._scopes]
        self._promised = lru_cache(maxsize=None)(self._promise)
        inquiries = max(1, int(messages * INQUIRIES))
        asked = np.sort(self._receipts(until, inquiries))
        self.scope = self._chance.choice(len(self._scopes), inquiries, p=self._weights())
        self.acknowledge_by, self.respond_by = self._dates(asked)
        answered = self._answers(asked)
        self.answered_at = np.where(answered < self.until, answered, -1)
        others = self._receipts(until, max(0, messages - inquiries - int((self.answered_at >= 0).sum())))
        at = np.concatenate([asked, self.answered_at[self.answered_at >= 0], others])[:messages]
        about = np.concatenate([np.arange(inquiries), np.nonzero(self.answered_at >= 0)[0], np.full(len(others), -1)])[:messages]
        kind = np.concatenate([np.zeros(inquiries), np.ones(int((self.answered_at >= 0).sum())), np.full(len(others), 2)])[:messages]
        order = np.argsort(at, kind="stable")
        self.at, self.about, self.role = at[order], about[order], kind[order].astype(int)
        self.answer_of = np.full(inquiries, -1)
        """Row of the message that answers each inquiry."""
        is_answer = np.nonzero(self.role == 1)[0]
        self.answer_of[self.about[is_answer]] = is_answer + 1
        self.answered_at[self.answer_of < 0] = -1

    def write(self, ledger: Ledger, progress: Callable[[int], None]) -> None:
        """In transactions of CHUNK messages. `progress`: how many are written."""
        version = self._policy.version
        for start in range(0, len(self.at), CHUNK):
            rows = _Rows(self, start, min(start + CHUNK, len(self.at)), version, self._scopes, self._chance)
            with ledger.writing() as connection:
                for table, columns, values in rows.every():
                    if values:
                        ledger.insert_many(connection, table, columns, values)
            progress(rows.end)

    def _receipts(self, until: datetime, n: int) -> Times:
        """By weekday, hour and holiday of the City."""
        zone = self._policy.zone
        calendar = self._policy.city_wide.calendar if self._policy.city_wide else next(iter(self._policy.divisions.values())).calendar
        today = until.astimezone(zone).date()
        days = [today - timedelta(days=back) for back in range(DAYS_BACK, 0, -1)]
        open_ = [_BY_WEEKDAY[day.weekday()] * (1 if is_business_day(day, calendar) or day.weekday() > 4 else _HOLIDAY) for day in days]
        starts = np.array([int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()) for day in days])
        hours = np.array(_BY_HOUR) / sum(_BY_HOUR)
        day = self._chance.choice(len(days), n, p=np.array(open_) / sum(open_))
        hour = self._chance.choice(24, n, p=hours)
        at: Times = (starts[day] + hour * 3600) * _SECOND + self._chance.integers(0, 3600 * _SECOND, n)
        return np.minimum(at, self.until - _SECOND)

    def _weights(self) -> NDArray[np.float64]:
        sizes = np.array([{"public": 8.0, "council": 1.0, "internal": 2.0}[each.audience] for each in self._scopes])
        sizes *= np.array([3.0 if each.kind == "inquiry" else 1.0 for each in self._scopes])
        return np.asarray(sizes / sizes.sum(), np.float64)

    def _dates(self, asked: Times) -> tuple[Times, Times]:
        """-1 where nothing is promised."""
        slots = asked // _SECOND // _SLOT
        offset = asked - slots * _SLOT * _SECOND
        found = np.array([self._promised(scope, slot) for scope, slot in zip(self.scope.tolist(), slots.tolist(), strict=True)], np.int64)
        elapsed = found[:, 2:] * offset[:, None]
        both = np.where(found[:, :2] >= 0, found[:, :2] + elapsed, -1)
        return both[:, 0], both[:, 1]

    def _promise(self, scope: int, slot: int) -> tuple[int, int, int, int]:
        """Both dates for the beginning of the half hour, and whether each goes with the minute."""
        of = self._scopes[scope]
        made = promise(self._policy.divisions[of.slug], of.audience, of.kind, datetime.fromtimestamp(slot * _SLOT, UTC))
        dates = [int(each.at.timestamp()) * _SECOND if each else -1 for each in (made.acknowledge, made.respond)]
        clocks = [made.standard.acknowledge, made.standard.respond] if made.standard else [None, None]
        return dates[0], dates[1], *(int(each is not None and each.unit == "hours") for each in clocks)  # type: ignore[return-value]

    def _answers(self, asked: Times) -> Times:
        """Most before the date, some after it, some never."""
        n = len(asked)
        promised = np.where(self.respond_by >= 0, self.respond_by, asked + 2 * 86400 * _SECOND) - asked
        share = self._chance.lognormal(-0.9, 0.75, n)
        at = asked + np.maximum((promised * share).astype(np.int64), 300 * _SECOND)
        return np.where(self._chance.random(n) < ANSWERED, at, self.until + 1)


class _Rows:
    """The rows of messages `start` to `end`."""

    def __init__(self, history: History, start: int, end: int, version: str, scopes: Sequence[_Scope], chance: np.random.Generator) -> None:
        self._history, self._start, self.end = history, start, end
        self._version, self._scopes = version, scopes
        n = end - start
        self._identities, self._hashes = chance.bytes(32 * n).hex(), chance.bytes(16 * n).hex()
        self._excluded = chance.choice(list(_EXCLUDED), n, p=_shares(_EXCLUDED)).tolist()
        self._reasons = chance.choice(list(_NOT_SENT), n, p=_shares(_NOT_SENT)).tolist()
        self._delays = (chance.lognormal(0.5, 0.8, n) * _SECOND).astype(int).tolist()
        self._luck = chance.random(n).tolist()

    def every(self) -> Iterator[tuple[Any, tuple[str, ...], list[tuple[Any, ...]]]]:
        """Tables in the order of their foreign keys, with columns and rows."""
        numbers = range(self._start, self.end)
        about, role = self._history.about.tolist(), self._history.role.tolist()
        asked = [(number, about[number]) for number in numbers if role[number] == 0]
        told = [(number, case) for number, case in asked if self._acknowledged(number, case)]
        yield message, _MESSAGE, [self._message(number, role[number], about[number]) for number in numbers]
        yield (
            sighting,
            _SIGHTING,
            [self._sighting(number, about[number]) for number in numbers if role[number] != 1],
        )
        yield notice, _NOTICE, [self._notice(number, case) for number, case in told]
        yield service_case, _CASE, [self._case(number, case) for number, case in asked]
        yield thread, _THREAD, [(self._hash(number, 32), number + 1, case + 1) for number, case in asked]
        yield reopening, _REOPENING, [row for number, case in asked if (row := self._reopened(number, case))]

    def _at(self, number: int) -> int:
        return int(self._history.at[number])

    def _hash(self, number: int, length: int) -> str:
        at = (number - self._start) * length
        return (self._identities if length == 64 else self._hashes)[at : at + length]

    def _sighting(self, number: int, case: int) -> tuple[Any, ...]:
        return (number + 1, self._scope(number, case).mailbox, "relay", self._at(number))

    def _scope(self, number: int, case: int) -> _Scope:
        """Of its case; what opens none is spread over all."""
        return self._scopes[int(self._history.scope[case])] if case >= 0 else self._scopes[number % len(self._scopes)]

    def _acknowledged(self, number: int, case: int) -> bool:
        scope = self._scopes[int(self._history.scope[case])]
        return scope.audience != "internal" and self._reasons[number - self._start] == "new-inquiry"

    def _message(self, number: int, role: int, case: int) -> tuple[Any, ...]:
        place = number - self._start
        scope = self._scope(number, case)
        reason = (self._reasons[place], "outgoing", self._excluded[place])[role]
        if role == 0 and scope.audience == "internal":
            reason = "audience-not-acknowledged"
        marks = int(StaffMark.SIGNATURE_CHECKED | (StaffMark.SIGNATURE_COMPLETE if self._luck[place] < 0.87 else StaffMark(0))) if role == 1 else None
        return (
            number + 1, self._hash(number, 64), "outbound" if role == 1 else "inbound", "relay", "outbound" if role == 1 else "inbound",
            self._at(number), 4096 + place, role == 1, role == 0, "internal" if role == 1 else scope.audience, scope.kind, "en", reason,
            self._hash(number, 32), self._version, "[]", scope.slug if role == 1 else None, marks,
        )  # fmt: skip

    def _notice(self, number: int, case: int) -> tuple[Any, ...]:
        at, scope = self._at(number), self._scopes[int(self._history.scope[case])]
        sent = at + self._delays[number - self._start]
        return (
            case + 1, f"ack:{self._hash(number, 64)}", "acknowledgement", number + 1, scope.slug, scope.mailbox, f"<spg.{case}@synthetic.example>",
            self._hash(number, 32), "sent", 1, at, at, 250, at, sent, at,
        )  # fmt: skip

    def _case(self, number: int, case: int) -> tuple[Any, ...]:
        history, at = self._history, self._at(number)
        scope = self._scopes[int(history.scope[case])]
        made = history.standards[int(history.scope[case])]
        answered = int(history.answered_at[case])
        told = self._acknowledged(number, case)
        acknowledged = at + self._delays[number - self._start] if told else answered
        return (
            case + 1, f"SY-{case + 1}", number + 1, scope.slug, scope.mailbox, scope.audience, scope.kind, made.label if made else "no standard",
            made.stated_as if made else "", False, self._version, self._hash(number, 32), at, _or_none(history.acknowledge_by[case]),
            _or_none(history.respond_by[case]), case + 1 if told else None, _or_none(acknowledged),
            None if acknowledged < 0 else "machine" if told else "person", _or_none(answered),
            int(history.answer_of[case]) if answered >= 0 else None, False,
        )  # fmt: skip

    def _reopened(self, number: int, case: int) -> tuple[Any, ...] | None:
        answered = int(self._history.answered_at[case])
        if answered < 0 or self._luck[number - self._start] > 0.03:
            return None
        at = answered + 3600 * _SECOND
        again = at + int(self._luck[number - self._start] / 0.03 * 2.4 * 86400 * _SECOND)
        by = (again, int(self._history.answer_of[case])) if again < self._history.until else (None, None)
        return (case + 1, number + 1, at, at + 2 * 86400 * _SECOND, *by)


_MESSAGE = (
    "id", "identity", "direction", "door", "listener", "received_at", "size", "from_staff", "is_inquiry", "audience", "kind", "language", "reason",
    "correspondent", "policy_version", "trace", "staff_division", "staff_marks",
)  # fmt: skip
_SIGHTING = ("message_id", "mailbox", "door", "seen_at")
_NOTICE = (
    "id", "key", "kind", "message_id", "division", "mailbox", "internet_message_id", "correspondent", "state", "attempts", "due_at", "give_up_at",
    "last_code", "created_at", "settled_at", "slot_at",
)  # fmt: skip
_CASE = (
    "id", "reference", "message_id", "division", "mailbox", "audience", "kind", "standard", "stated_as", "confidential", "policy_version",
    "correspondent", "opened_at", "acknowledge_by", "respond_by", "notice_id", "acknowledged_at", "acknowledged_by", "responded_at", "responded_by",
    "opened_by_answer",
)  # fmt: skip
_THREAD = ("hash", "message_id", "case_id")
_REOPENING = ("case_id", "message_id", "reopened_at", "respond_by", "responded_at", "responded_by")


def _scopes(policy: Policy) -> list[_Scope]:
    """Each division with the audiences and kinds that its standards name."""
    found: dict[_Scope, None] = {}
    for slug, division in sorted(policy.divisions.items()):
        for standard in division.standards:
            for audience in sorted(standard.audiences):
                for kind in sorted(standard.kinds or {"inquiry"}):
                    found[_Scope(slug, division.mailbox, audience, kind)] = None
    return list(found)


def _shares(of: dict[str, int]) -> list[float]:
    return [each / sum(of.values()) for each in of.values()]


def _or_none(value: int) -> int | None:
    return int(value) if value >= 0 else None
