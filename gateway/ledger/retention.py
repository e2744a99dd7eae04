"""For how long each table's rows are kept, and the taking away of what is older, in steps so small that no mail waits for them.

Decides what is old; never what a hold forbids (holds.py), and never a month's messages before their figures are safe: a message goes
when it is older than `keep: cases` and its month is closed, or 13 months have passed. Deleted rows are overwritten (dialect.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, exists, func, select, tuple_, update

from gateway.judgement.breaker import REMEMBERED_HOURS
from gateway.ledger import tables
from gateway.ledger.refused_recipients import REMEMBERED
from gateway.ledger.survey_known import ASKED_KEPT
from gateway.ledger.tables import closed_period, finding, message, notice, policy_change, reopening, service_case
from gateway.policy.keeping import kept, kept_since

UNCLOSED = "13 months"
"""A month that nobody closed is kept for so long: its figures would be lost with its messages."""

Whose = Literal["residents", "staff", "residents and staff", "admins", "nobody"]


@dataclass(frozen=True, slots=True)
class Rule:
    """What becomes of one table's rows."""

    what: str
    """One row is this."""
    whose: Whose
    """Whom a row is about, by keyed hashes; "admins": by login or name of an author."""
    until: str
    """For people: a key of `keep:` in braces stands for its time."""
    by: Any = None
    """The column that says how old a row is; None: it goes with another row, or is overwritten."""
    key: str = ""
    """Of `keep:`; "" where `fixed` says it."""
    fixed: timedelta | None = None
    only: ColumnElement[bool] | None = None
    """Rows that do not fit stay."""


_WITH_MESSAGE = "goes with its message"

RULES: Mapping[str, Rule] = {
    "message": Rule(
        "a message that passed, and what was decided", "residents and staff",
        "{cases}; longer, up to 13 months, while its month is not closed; what it lacks as mail from staff, {findings}",
        message.c.received_at, "cases",
    ),
    "sighting": Rule("a division mailbox that a message reached", "nobody", _WITH_MESSAGE),
    "sender": Rule("a further address of who wrote an inquiry", "residents", _WITH_MESSAGE),
    "service_case": Rule("a case: what was promised, when it was acknowledged and answered", "residents", _WITH_MESSAGE),
    "reopening": Rule("a follow-up to an answered case", "nobody", _WITH_MESSAGE),
    "thread": Rule("a Message-ID under which a case is found again", "nobody", _WITH_MESSAGE),
    "notice": Rule(
        "a mail that the gateway wrote", "residents and staff", "goes with the message that caused it; without one, {cases}",
        notice.c.created_at, "cases", only=and_(notice.c.message_id.is_(None), notice.c.state != "waiting"),
    ),
    "outgoing": Rule("address and text of a notice that waits", "residents and staff", "until sent or given up"),
    "finding": Rule("what one mail from staff lacks", "staff", "{findings}", finding.c.at, "findings"),
    "absence": Rule("who of staff is away", "staff", "until the return date", tables.absence.c.until, fixed=timedelta(0)),
    "refused_recipient": Rule(
        "an address of the City that nobody has", "staff", f"{REMEMBERED.days} days", tables.refused_recipient.c.refused_at, fixed=REMEMBERED
    ),
    "survey_result": Rule("how often a survey was answered with one rating in one month", "nobody", "for good: counts only"),
    "survey_code": Rule(
        "the code of a survey that was answered", "nobody", "until the code runs out", tables.survey_code.c.valid_until, fixed=timedelta(0)
    ),
    "survey_person": Rule(
        "when a person was last asked, or that they want no surveys", "residents and staff", f"{ASKED_KEPT.days} days; an opt-out for good",
        tables.survey_person.c.asked_at, fixed=ASKED_KEPT, only=tables.survey_person.c.opted_out_at.is_(None),
    ),
    "measure_entry": Rule("a figure that a person entered, and what it corrected", "nobody", "for good"),
    "declaration": Rule("what a person declared of a case, by login", "admins", _WITH_MESSAGE),
    "reminder": Rule("of which case a division was reminded", "nobody", _WITH_MESSAGE),
    "closed_period": Rule("the figures of a closed month", "nobody", "for good: counts only"),
    "mailbox_hour": Rule(
        "how many acknowledgements a mailbox wanted in one hour", "nobody", "four weeks, that a usual rate is known by", tables.mailbox_hour.c.hour,
        fixed=timedelta(hours=REMEMBERED_HOURS),
    ),
    "alert": Rule("what those who look after a mailbox should know", "nobody", "until it is calm, or a person resets it"),
    "watch": Rule("how a watched mailbox is", "nobody", "one row for each mailbox, overwritten"),
    "watch_cursor": Rule("how far a watched folder was read", "nobody", "one row for each folder, overwritten"),
    "automatic_reply": Rule("which automatic reply of a watched mailbox was checked", "nobody", "one row for each mailbox, overwritten"),
    "policy_file": Rule("the last good version of a policy file", "nobody", "one row for each file, overwritten"),
    "policy_change": Rule(
        "what changed in a policy file, and by whom", "admins", "{policy_changes}", policy_change.c.at, "policy_changes",
        only=policy_change.c.told.is_(True),
    ),
    "look_up": Rule("who asked what is known of whom", "residents and staff", "{look_ups}", tables.look_up.c.at, "look_ups"),
    "hold": Rule(
        "why nothing was erased for a time", "admins", "{look_ups} after it was released", tables.hold.c.released_at, "look_ups",
        only=tables.hold.c.released_at.is_not(None),
    ),
    "erasure": Rule("an erasure that waits until a case is answered", "residents", "until it is carried out"),
}  # fmt: skip
"""A rule for every table, or `tests/ledger/test_retention.py` fails."""

_HOUR = timedelta(hours=1)
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


@dataclass(frozen=True, slots=True)
class Cutoffs:
    """Before which moment (aware) nothing is kept: by table, and of what messages say of staff."""

    by_table: Mapping[str, datetime]
    findings_in_messages: datetime


def cutoffs(connection: Connection, keep: Mapping[str, str], now: datetime, zone: ZoneInfo) -> Cutoffs:
    """By `keep:` of the policy. `now`: aware; `zone`: the City's, in which months and days are meant."""
    since = {name: _since(rule, keep, now, zone) for name, rule in RULES.items() if rule.by is not None}
    since["message"] = min(since["message"], figures_safe_before(connection, now, zone))
    return Cutoffs(since, since["finding"])


def figures_safe_before(connection: Connection, now: datetime, zone: ZoneInfo) -> datetime:
    """Messages received before this moment may go without a loss to the figures: their months are closed, or 13 months have passed."""
    by_age = kept_since(UNCLOSED, now, zone)
    oldest: datetime | None = connection.execute(select(func.min(message.c.received_at, type_=message.c.received_at.type))).scalar()
    if oldest is None:
        return by_age
    closed = set(connection.execute(select(closed_period.c.period).where(closed_period.c.division == "")).scalars())
    month = oldest.astimezone(zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    while f"{month:%Y-%m}" in closed:
        month = month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)
    return max(by_age, month)


def newest(connection: Connection) -> datetime | None:
    """When the newest message was received; None where there is none."""
    found: datetime | None = connection.execute(select(func.max(message.c.received_at))).scalar()
    return found


def count_old(connection: Connection, due: Cutoffs) -> dict[str, int]:
    """How many rows of each table are older, without what goes with them."""
    return {name: n for name in due.by_table if (n := connection.execute(_counted(name, due)).scalar_one())}


def forget_some(connection: Connection, due: Cutoffs, most: int) -> dict[str, int]:
    """Take away up to `most` rows of one table, in the caller's transaction: table -> rows; empty when nothing old is left."""
    for name in due.by_table:
        pk = list(tables.metadata.tables[name].primary_key)
        gone = connection.execute(delete(tables.metadata.tables[name]).where(tuple_(*pk).in_(_old(name, due).limit(most)))).rowcount
        if gone:
            return {name: gone}
    told = select(message.c.id).where(message.c.findings.is_not(None), message.c.received_at < due.findings_in_messages).limit(most)
    emptied = connection.execute(update(message).where(message.c.id.in_(told)).values(findings=None)).rowcount
    return {"message.findings": emptied} if emptied else {}


def _since(rule: Rule, keep: Mapping[str, str], now: datetime, zone: ZoneInfo) -> datetime:
    return now - rule.fixed if rule.fixed is not None else kept_since(kept(keep, rule.key), now, zone)


def _old(name: str, due: Cutoffs) -> Select[Any]:
    rule, table = RULES[name], tables.metadata.tables[name]
    before: Any = due.by_table[name]
    if rule.by is tables.mailbox_hour.c.hour:
        before = (before - _EPOCH) // _HOUR
    found = select(*table.primary_key).where(rule.by < before).order_by(rule.by)
    if rule.only is not None:
        found = found.where(rule.only)
    # Its reopening counts in a later month.
    return found.where(~exists().where(_REOPENED, reopening.c.reopened_at >= before)) if name == "message" else found


_REOPENED = and_(reopening.c.case_id == service_case.c.id, service_case.c.message_id == message.c.id)


def _counted(name: str, due: Cutoffs) -> Select[Any]:
    return select(func.count()).select_from(_old(name, due).subquery())
