"""Logs and metrics: what operators see. Neither ever names a resident (docs/promises.md, P8).

Three walls stand between a message and the log: callers pass event names and counts only; `_mask` replaces whatever looks
like an address; exceptions are logged as class and place, without their text, because the text of an exception may quote mail.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from functools import partial
from typing import Any, Literal

import structlog
from prometheus_client import Counter, Gauge, Histogram
from structlog.typing import Processor

_ADDRESS = re.compile(r"[^\s<>\"',;:()\[\]]+@[^\s<>\"',;:()\[\]]+")
Event = MutableMapping[str, Any]

MESSAGES = Counter("gateway_messages", "Messages relayed with 2yz and handed to intake", ["direction", "outcome"])
DECISIONS = Counter("gateway_decisions", "Acknowledgement decisions by reason", ["reason"])
NOTICES = Counter("gateway_notices", "Notices by what became of them", ["kind", "result"])
FAULTS = Counter("gateway_faults", "Faults inside the gateway; mail flows all the same", ["where", "fault"])
JOURNALED = Counter("gateway_journaled", "Observations that went to the journal instead of the ledger")
REPLAYED = Counter("gateway_replayed", "Journal records replayed into the ledger")
BREAKER_TRIPS = Counter("gateway_breaker_trips", "Breakers that opened: no acknowledgements for the division until its rate is usual", ["division"])
BREAKERS_OPEN = Gauge("gateway_breakers_open", "Divisions whose acknowledgements a breaker holds back now")
DOUBLES = Counter("gateway_double_acknowledgements", "Automatic replies of a division's own mailbox to somebody we acknowledged", ["division"])
MAILBOX_UP = Gauge("gateway_mailbox_up", "1 while a mailbox that this process watches can be read", ["mailbox"])
MAILBOX_LOOKED = Gauge("gateway_mailbox_looked_timestamp_seconds", "When a watched mailbox was last read to its end", ["mailbox"])
MAILBOX_LAG = Gauge("gateway_mailbox_lag_seconds", "From the server's receipt of the newest recorded message to its record", ["mailbox"])
MAILBOX_ARRIVALS = Counter("gateway_mailbox_arrivals", "Messages found in watched mailboxes", ["mailbox", "folder"])
MAILBOX_UNREADABLE = Counter("gateway_mailbox_unreadable", "Messages that a mailbox listed and would not give", ["mailbox"])
MAILBOX_FAULTS = Counter("gateway_mailbox_faults", "Looks at watched mailboxes that failed", ["mailbox", "why"])
SURVEY_ANSWERS = Counter("gateway_survey_answers", "Mail to the surveys' address by what became of it", ["outcome"])
DECLARATIONS = Counter("gateway_declarations", "Replies to reminders by what became of them", ["outcome"])
REMINDERS_LOOKED = Gauge("gateway_reminders_looked_timestamp_seconds", "When it was last looked who is owed a reminder")
WAITING = Gauge("gateway_outbox_waiting", "Notices waiting to be sent")
POLICY_REFUSED = Gauge("gateway_policy_refused", "1 for a policy file whose newest version is refused", ["file"])
LEDGER_UP = Gauge("gateway_ledger_up", "1 while the ledger takes writes")
INTAKE_SECONDS = Histogram(
    "gateway_intake_seconds", "From the next hop's 250 to the commit", buckets=(0.001, 0.002, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 2, 5)
)


def fault(where: str, error: BaseException, **facts: object) -> None:
    """One log line and one count for something of ours that failed; never the text of the exception."""
    FAULTS.labels(where, type(error).__name__).inc()
    structlog.get_logger().error("fault", where=where, fault=type(error).__name__, at=_place(error), **facts)


def configure(form: Literal["auto", "json", "text"] = "auto", level: str = "info", *, without: frozenset[str] = frozenset()) -> None:
    """Set structlog and the standard library's logging to one stream on standard error. `without`: events that the caller tells in its own words."""
    as_json = form == "json" or (form == "auto" and not sys.stderr.isatty())
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_exception_text,
        _mask,
    ]
    renderer: Processor = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    threshold = logging.getLevelName(level.upper())
    structlog.configure(
        processors=[partial(_unless, without), *shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=_SafeLoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer]
        )
    )
    logging.raiseExceptions = False
    logging.basicConfig(handlers=[handler], level=max(threshold, logging.WARNING), force=True)
    # aiosmtpd prints every command, and so every address, at INFO.
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)


def _unless(without: frozenset[str], _: object, __: str, event: Event) -> Event:
    if event.get("event") in without:
        raise structlog.DropEvent
    return event


class _SafeLogger(structlog.WriteLogger):
    """Writes a line, and never raises: a full log disk must not stop mail."""

    def msg(self, message: str) -> None:
        try:
            super().msg(message)
        except (OSError, ValueError):
            FAULTS.labels("log", "unwritable").inc()

    log = debug = info = warn = warning = error = critical = fatal = failure = msg


class _SafeLoggerFactory:
    def __call__(self, *_: object) -> _SafeLogger:
        return _SafeLogger(sys.stderr)


def _without_exception_text(_: object, __: str, event: Event) -> Event:
    info = event.pop("exc_info", None)
    error = info if isinstance(info, BaseException) else info[1] if isinstance(info, tuple) else sys.exc_info()[1] if info else None
    if error is not None:
        event["fault"], event["at"] = type(error).__name__, _place(error)
    return event


def _place(error: BaseException) -> str:
    """Where it happened, innermost last: `file.py:line in function`, three frames at most."""
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    return " > ".join(f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} in {frame.name}" for frame in frames)


def _mask(_: object, __: str, event: Event) -> Event:
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = _ADDRESS.sub("[address]", value)
    return event
