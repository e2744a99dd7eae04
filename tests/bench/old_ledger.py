"""A ledger with so many cases that were answered long ago, made by SQL in a minute: realistic rows, invented hashes."""

from __future__ import annotations

import contextlib
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from gateway.ledger.ledger import Ledger
from tests.bench.letters import CITY, MAILBOXES

_YEAR = 365 * 24 * 3600 * 1_000_000
_TRACE = (
    '[["authentication","note","mx1.toronto.example: dmarc=pass, spf=pass, 1 DKIM signatures pass","RFC 8601"],'
    '["weak-signal","note","X-Mailer",""],["new-inquiry","note","",""]]'
)

_NUMBERS = "WITH RECURSIVE numbers(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < :cases) "
_AT = "(:now - :year + i * (:year / :cases) - 7200000000)"
_MAILBOX = "(CASE i % 6 " + " ".join(f"WHEN {at} THEN '{name}@{CITY}'" for at, name in enumerate(MAILBOXES)) + " END)"
_HASH = "lower(hex(randomblob(16)))"

_FILL = (
    f"""INSERT INTO message (id, identity, direction, door, listener, received_at, size, from_staff, is_inquiry, audience, kind, language, reason,
        correspondent, correspondent_domain, policy_version, trace)
        {_NUMBERS} SELECT i, {_HASH} || {_HASH}, 'inbound', 'relay', 'inbound', {_AT}, 4096, 0, 1, 'public', 'inquiry', 'en', 'new-inquiry',
        {_HASH}, {_HASH}, 'bench', :trace FROM numbers""",
    f"INSERT INTO sighting (message_id, mailbox, door, seen_at) {_NUMBERS} SELECT i, {_MAILBOX}, 'relay', {_AT} FROM numbers",
    f"INSERT INTO sender (message_id, hash) {_NUMBERS} SELECT i, {_HASH} FROM numbers WHERE i % 10 = 0",
    f"""INSERT INTO notice (id, key, kind, message_id, division, mailbox, internet_message_id, correspondent, correspondent_domain, state, attempts,
        due_at, give_up_at, last_code, created_at, settled_at, slot_at)
        {_NUMBERS} SELECT i, 'ack:' || {_HASH} || {_HASH}, 'acknowledgement', i, 'human-resources', {_MAILBOX}, '<' || {_HASH} || '@toronto.example>',
        {_HASH}, {_HASH}, 'sent', 1, {_AT}, {_AT} + 1, 250, {_AT}, {_AT}, {_AT} FROM numbers""",
    f"""INSERT INTO service_case (id, reference, message_id, division, mailbox, audience, kind, standard, stated_as, confidential, policy_version,
        correspondent, opened_at, acknowledge_by, respond_by, notice_id, acknowledged_at, acknowledged_by, responded_at)
        {_NUMBERS} SELECT i, 'OLD-' || printf('%09d', i), i, 'human-resources', {_MAILBOX}, 'public', 'inquiry', 'human-resources: inquiry',
        '48 hours', 0, 'bench', {_HASH}, {_AT}, {_AT} + 1, {_AT} + 2, i, {_AT}, 'machine', {_AT} + 3 FROM numbers""",
    f"INSERT INTO thread (hash, message_id, case_id) {_NUMBERS} SELECT {_HASH}, i, i FROM numbers",
    f"INSERT INTO thread (hash, message_id, case_id, notice_id) {_NUMBERS} SELECT {_HASH}, i, i, i FROM numbers",
    # So busy a month that the run itself is nothing unusual to the breakers.
    f"""INSERT INTO mailbox_hour (mailbox, hour, wanted)
        {_NUMBERS.replace(":cases", "2400")} SELECT {_MAILBOX}, :now / 3600000000 - 2 - i / 6, 2000 FROM numbers""",
)


def make_old_ledger(path: Path, cases: int) -> None:
    """At `path`, which must not exist yet. Its indexes grow with it: one built afterwards is packed full, and each new row would split a page."""
    path.parent.mkdir(parents=True, exist_ok=True)
    made = Ledger(f"sqlite:///{path}", key=bytes(32), clock=lambda: datetime.now(UTC))
    made.open()
    made.close()
    now = int(datetime.now(UTC).timestamp() * 1_000_000)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
        for pragma in ("synchronous = OFF", "journal_mode = OFF", "foreign_keys = OFF", "cache_size = -1000000"):
            database.execute(f"PRAGMA {pragma}").fetchall()
        for statement in _FILL:
            database.execute(statement, {"cases": cases, "now": now, "year": _YEAR, "trace": _TRACE})
