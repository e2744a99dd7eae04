"""How a mailbox is, and when people are told of it: once for an outage, again after a day, once that it is well. Pure; `now` is aware.

What mends itself (a broken connection, throttling) is told only when it lasts; what needs a hand (a login that has expired) at once.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from gateway.ledger.watch_rows import Condition
from gateway.mailboxes.mailbox import MailboxFault
from gateway.mailboxes.pauses import REFUSED

TELL_AGAIN = timedelta(days=1)
MENDS_ITSELF = timedelta(minutes=3)
"""What lasts longer is told."""
ANOTHER_OUTAGE = timedelta(hours=1)
"""After so long in good health, or so long unwell again, it is told although the last time is less than a day ago."""


def failed(before: Condition, fault: MailboxFault, now: datetime) -> tuple[Condition, bool]:
    """The condition after a fault, and whether people are to be told now."""
    since = before.since if before.why else now
    unwell = replace(before, since=since, why=fault.why, said=fault.said)
    if not shown(unwell, now):
        return unwell, False
    told_at = before.alerts.get(fault.why)
    well_before = now - before.since if not before.why else timedelta(0)
    tell = told_at is None or now - told_at >= TELL_AGAIN or well_before >= ANOTHER_OUTAGE
    tell = tell or (told_at is not None and told_at < since and now - since >= ANOTHER_OUTAGE)
    return (replace(unwell, alerts={**before.alerts, fault.why: now}), True) if tell else (unwell, False)


def well(before: Condition, now: datetime) -> tuple[Condition, bool]:
    """The condition after a look that went well, and whether people who were told of an outage are to be told that it is over."""
    if not before.why:
        return replace(before, looked_at=now), False
    told = any(at >= before.since for at in before.alerts.values())
    lately = {why: at for why, at in before.alerts.items() if now - at < TELL_AGAIN}
    return Condition(now, alerts=lately, looked_at=now), told


def shown(condition: Condition, now: datetime) -> bool:
    """Whether it counts as unwell to those who look from outside."""
    return bool(condition.why) and (condition.why in REFUSED or now - condition.since >= MENDS_ITSELF)


def in_words(condition: Condition, now: datetime) -> str:
    """For /readyz and lists."""
    if not shown(condition, now):
        return "ok"
    return f"{condition.why}: {condition.said} (since {condition.since:%Y-%m-%d %H:%M} UTC)"
