"""The schema: what is kept, and by its absence what is not. No bodies, no subjects, no addresses of residents (docs/promises.md, P8).

The one exception is `outgoing`: address and text of a notice that still waits; its row is deleted in the transaction that
settles the notice. Correspondents and Message-IDs are keyed hashes (`pseudonym.py`). docs/ledger.md explains every column.

Times are whole microseconds since 1970 UTC in a 64-bit integer: both engines sort, compare and subtract them alike.
Long because the schema is read as one page.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    text,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Instant(TypeDecorator[datetime]):
    """An aware datetime, kept as microseconds since the epoch; read back in UTC. A naive one is a ValueError."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without zone")
        return (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else _EPOCH + value * _MICROSECOND


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

ROW = BigInteger().with_variant(Integer, "sqlite")  # SQLite's rowid must be declared INTEGER
HASH = String(32)
SPAN = 28 * 24 * 3600 * 1_000_000
"""Four weeks, in microseconds. Indexes of correspondents have the number of the span first: spans.py."""

message = Table(
    "message",
    metadata,
    Column("id", ROW, primary_key=True),
    Column("identity", String(64), nullable=False, unique=True),
    Column("direction", Text, nullable=False),
    Column("door", Text, nullable=False),
    Column("listener", Text, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("size", BigInteger),
    Column("automatic_type", Text),
    Column("automatic_rule", Text),
    Column("from_staff", Boolean, nullable=False),
    Column("is_inquiry", Boolean, nullable=False),
    Column("audience", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("evidence", Text),
    Column("correspondent", HASH),
    Column("correspondent_domain", HASH),
    Column("policy_version", Text, nullable=False),
    Column("trace", JSON, nullable=False),
    Column("findings", JSON(none_as_null=True)),
    Column("defects", JSON(none_as_null=True)),
    Column("staff_division", Text),  # of the person of staff who wrote it; null: not staff, or City-wide
    Column("staff_marks", SmallInteger),  # figures.StaffMark; null: not looked at
    # Reports count all messages of a period; without this they would read every trace.
    Index(None, "received_at", "reason"),
)
_HAS_MARKS = text("staff_marks > 0")
Index(
    "ix_message_staff", message.c.received_at, message.c.staff_division, message.c.staff_marks, sqlite_where=_HAS_MARKS, postgresql_where=_HAS_MARKS
)
Index("ix_message_correspondent", text(f"received_at / {SPAN}"), message.c.correspondent)
_HAS_FINDINGS = text("findings IS NOT NULL")  # what retention takes out of it again
Index("ix_message_findings", message.c.received_at, sqlite_where=_HAS_FINDINGS, postgresql_where=_HAS_FINDINGS)

sighting = Table(
    "sighting",
    metadata,
    Column("message_id", ROW, ForeignKey("message.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("mailbox", Text, primary_key=True),
    Column("door", Text, nullable=False),
    Column("seen_at", Instant, nullable=False),
    sqlite_with_rowid=False,
)

sender = Table(
    "sender",
    metadata,
    Column("message_id", ROW, ForeignKey("message.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("hash", HASH, primary_key=True, index=True),
    sqlite_with_rowid=False,
)

notice = Table(
    "notice",
    metadata,
    Column("id", ROW, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("message_id", ROW, ForeignKey("message.id", ondelete="CASCADE"), index=True),
    Column("division", Text, nullable=False),
    Column("mailbox", Text, nullable=False),
    Column("internet_message_id", Text, nullable=False),
    Column("correspondent", HASH),
    Column("correspondent_domain", HASH),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("due_at", Instant, nullable=False),
    Column("lease_token", Text),
    Column("give_up_at", Instant, nullable=False),
    Column("last_code", SmallInteger),
    Column("last_problem", Text),
    Column("created_at", Instant, nullable=False),
    Column("settled_at", Instant),
    Column("slot_at", Instant),  # an acknowledgement's place in the windows of [caps]; null for what takes none
)
Index("ix_notice_correspondent", text(f"created_at / {SPAN}"), notice.c.correspondent, notice.c.created_at)
_REFUSED = text("state = 'refused'")
Index("ix_notice_refused", notice.c.correspondent, notice.c.settled_at, sqlite_where=_REFUSED, postgresql_where=_REFUSED)
_HAS_SLOT = text("slot_at IS NOT NULL")
Index("ix_notice_slot", notice.c.slot_at, sqlite_where=_HAS_SLOT, postgresql_where=_HAS_SLOT)
Index("ix_notice_domain_slot", notice.c.correspondent_domain, notice.c.slot_at, sqlite_where=_HAS_SLOT, postgresql_where=_HAS_SLOT)
Index("ix_notice_waiting", notice.c.due_at, sqlite_where=text("state = 'waiting'"), postgresql_where=text("state = 'waiting'"))

outgoing = Table(
    "outgoing",
    metadata,
    Column("notice_id", ROW, ForeignKey("notice.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("mail_from", Text, nullable=False),
    Column("rcpt_to", Text, nullable=False),
    Column("octets", LargeBinary, nullable=False),
    Column("sections", JSON(none_as_null=True)),
)

service_case = Table(
    "service_case",
    metadata,
    Column("id", ROW, primary_key=True),
    Column("reference", Text, nullable=False, unique=True),
    Column("message_id", ROW, ForeignKey("message.id", ondelete="CASCADE"), nullable=False),
    Column("division", Text, nullable=False),
    Column("mailbox", Text, nullable=False),
    Column("audience", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("standard", Text, nullable=False),
    Column("stated_as", Text, nullable=False),
    Column("confidential", Boolean, nullable=False),
    Column("policy_version", Text, nullable=False),
    Column("correspondent", HASH),
    Column("opened_at", Instant, nullable=False),
    Column("acknowledge_by", Instant),
    Column("respond_by", Instant),
    Column("printed_respond_by", Instant),
    Column("notice_id", ROW, ForeignKey("notice.id", ondelete="SET NULL"), index=True),
    Column("acknowledged_at", Instant),
    Column("acknowledged_by", Text),
    Column("responded_at", Instant),
    Column("responded_by", ROW),  # a message; no foreign key, since its check would scan all cases for each message that is removed
    Column("opened_by_answer", Boolean, nullable=False, server_default=false()),
    Column("declared_channel", Text),  # by which a person declared the answer; counts while responded_by is null
    Column("moved_from", JSON(none_as_null=True)),  # mailboxes of divisions that it was with before
    UniqueConstraint("message_id", "mailbox"),
    Index(None, "opened_at"),
)
_UNANSWERED, _UNACKNOWLEDGED = text("responded_at IS NULL"), text("acknowledged_at IS NULL")
Index("ix_service_case_unanswered", service_case.c.respond_by, sqlite_where=_UNANSWERED, postgresql_where=_UNANSWERED)
Index("ix_service_case_unacknowledged", service_case.c.acknowledge_by, sqlite_where=_UNACKNOWLEDGED, postgresql_where=_UNACKNOWLEDGED)

reopening = Table(
    "reopening",
    metadata,
    Column("id", ROW, primary_key=True),
    Column("case_id", ROW, ForeignKey("service_case.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("message_id", ROW, ForeignKey("message.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("reopened_at", Instant, nullable=False, index=True),
    Column("respond_by", Instant),
    Column("responded_at", Instant),
    Column("responded_by", ROW),  # no foreign key, as in service_case
    Column("declared_channel", Text),
)

declaration = Table(
    "declaration",
    metadata,
    Column("id", ROW, primary_key=True),
    Column("case_id", ROW, ForeignKey("service_case.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("what", Text, nullable=False),  # close, move, kind, reopen
    Column("happened_at", Instant, nullable=False),
    Column("declared_at", Instant, nullable=False),
    Column("declared_by", Text, nullable=False),  # a login name, or which contact of the division replied; never an address
    Column("channel", Text),
    Column("why", Text),
    Column("before", JSON, nullable=False),  # what the case said, so that it can be undone
    Column("undone_at", Instant),
)

reminder = Table(
    "reminder",
    metadata,
    Column("case_id", ROW, ForeignKey("service_case.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("follow_up", ROW, primary_key=True, autoincrement=False),  # of table reopening; 0: the inquiry itself
    Column("occasion", Text, primary_key=True),
    Column("division", Text, nullable=False),
    Column("reminded_at", Instant, nullable=False, index=True),
    Column("notice_id", ROW, nullable=False, index=True),  # no foreign key, since the notice may be kept for a shorter time
    Column("message_hash", HASH, nullable=False, index=True),  # of the reminder's Message-ID: a reply names it
    sqlite_with_rowid=False,
)

closed_period = Table(
    "closed_period",
    metadata,
    Column("period", Text, primary_key=True),  # 2026-10
    Column("division", Text, primary_key=True),  # the lens; "" for the City
    Column("closed_at", Instant, nullable=False),
    Column("policy_version", Text, nullable=False),
    Column("calendar_hash", String(64), nullable=False),
    Column("figures", LargeBinary, nullable=False),  # canonical JSON of the report, counts only
    Column("figures_hash", String(64), nullable=False),
    sqlite_with_rowid=False,
)

thread = Table(
    "thread",
    metadata,
    Column("id", ROW, primary_key=True),
    Column("hash", HASH, nullable=False, index=True),
    Column("message_id", ROW, ForeignKey("message.id", ondelete="CASCADE"), index=True),
    Column("case_id", ROW, ForeignKey("service_case.id", ondelete="CASCADE"), index=True),
    Column("notice_id", ROW),  # no foreign key, for the same reason; the row goes with its message or case
)

mailbox_hour = Table(
    "mailbox_hour",
    metadata,
    Column("mailbox", Text, primary_key=True),
    Column("hour", Integer, primary_key=True, autoincrement=False),
    Column("wanted", Integer, nullable=False),
    sqlite_with_rowid=False,
)

alert = Table(
    "alert",
    metadata,
    Column("mailbox", Text, primary_key=True),
    Column("slug", Text, primary_key=True),
    Column("division", Text, nullable=False),
    Column("raised_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("times", Integer, nullable=False),
    Column("hourly_limit", Float),
    sqlite_with_rowid=False,
)

finding = Table(
    "finding",
    metadata,
    Column("id", ROW, primary_key=True),
    Column("message_id", ROW, ForeignKey("message.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("person", HASH, nullable=False),
    Column("division", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("detail", JSON, nullable=False),
    Column("at", Instant, nullable=False),
    Column("told_at", Instant),
    Column("mended_at", Instant),
    Column("disputed_at", Instant),
    Column("notice_id", ROW, index=True),  # the warning that told of it; no foreign key, since the notice may be kept for a shorter time
    Index(None, "person", "at"),
)

absence = Table(
    "absence",
    metadata,
    Column("person", HASH, primary_key=True),
    Column("until", Instant, nullable=False, index=True),
    Column("alternates", JSON, nullable=False),
    Column("contact_inside", Boolean),
    sqlite_with_rowid=False,
)

refused_recipient = Table(
    "refused_recipient",
    metadata,
    Column("recipient", HASH, primary_key=True),
    Column("refused_at", Instant, nullable=False, index=True),
    sqlite_with_rowid=False,
)

survey_result = Table(
    "survey_result",
    metadata,
    Column("division", Text, primary_key=True),
    Column("survey", Text, primary_key=True),
    Column("month", Text, primary_key=True),  # 2026-10, in the City's zone; counts only, so that no row is anybody's answer
    Column("rating", SmallInteger, primary_key=True, autoincrement=False),
    Column("answers", Integer, nullable=False),
    sqlite_with_rowid=False,
)

survey_code = Table(
    "survey_code",
    metadata,
    Column("code", HASH, primary_key=True),  # of a code that was used; sorted by the hash, so that the order of answers is not kept
    Column("valid_until", Instant, nullable=False, index=True),
    sqlite_with_rowid=False,
)

survey_person = Table(
    "survey_person",
    metadata,
    Column("person", HASH, primary_key=True),
    Column("asked_at", Instant),  # last, by whichever survey
    Column("opted_out_at", Instant),
    sqlite_with_rowid=False,
)

measure_entry = Table(
    "measure_entry",
    metadata,
    Column("id", ROW, primary_key=True),
    Column("division", Text, nullable=False),
    Column("measure", Text, nullable=False),
    Column("period", Text, nullable=False),  # 2026-10, 2026-Q3, 2026
    Column("value", Float, nullable=False),
    Column("out_of", Float),  # of "9 of 9"
    Column("entered_at", Instant, nullable=False),  # the latest of a period counts; the earlier ones stay as what was corrected
    Index(None, "division", "measure", "period"),
)

watch = Table(
    "watch",
    metadata,
    Column("watched", Text, primary_key=True),
    Column("lease_token", Text),
    Column("lease_until", Instant),
    Column("why", Text, nullable=False),  # "" while well, else the slug of a MailboxFault
    Column("said", Text, nullable=False),
    Column("since", Instant, nullable=False),
    Column("looked_at", Instant),
    Column("alerts", JSON, nullable=False),  # why -> when people were told of it; a new holder goes on with it
    sqlite_with_rowid=False,
)

watch_cursor = Table(
    "watch_cursor",
    metadata,
    Column("watched", Text, primary_key=True),
    Column("folder", Text, primary_key=True),
    Column("purpose", Text, primary_key=True),  # watch, import
    Column("cursor", Text, nullable=False),
    Column("began_at", Instant, nullable=False),  # what the server received before is never acknowledged
    Column("last_received_at", Instant),
    Column("moved_at", Instant, nullable=False),
    Column("messages", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

automatic_reply = Table(
    "automatic_reply",
    metadata,
    Column("watched", Text, primary_key=True),
    Column("checked", HASH, nullable=False),  # of the texts that are switched on and of the day; "" when none is
    Column("checked_at", Instant, nullable=False),
    sqlite_with_rowid=False,
)

policy_file = Table(
    "policy_file",
    metadata,
    Column("file", Text, primary_key=True),  # policies/city.yaml, whatever the folder is called on this machine
    Column("content", LargeBinary),  # the last good version; what admins publish, nobody's mail. Null: never good
    Column("in_force_since", Instant),
    Column("refused", String(64)),  # digest of the newest version while that is refused
    sqlite_with_rowid=False,
)

policy_change = Table(
    "policy_change",
    metadata,
    Column("id", ROW, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("file", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("division", Text),
    Column("version_before", Text),
    Column("version_after", Text),
    Column("author", Text),
    Column("differences", JSON, nullable=False),
    Column("problems", JSON, nullable=False),
    Column("told", Boolean, nullable=False),
)

look_up = Table(
    "look_up",
    metadata,
    Column("id", ROW, primary_key=True),
    Column("at", Instant, nullable=False, index=True),
    Column("who", Text, nullable=False),  # the login at the machine
    Column("what", Text, nullable=False),
    Column("asked_of", HASH, index=True),  # null once that person was erased
)

hold = Table(
    "hold",
    metadata,
    Column("id", ROW, primary_key=True),
    Column("since", Instant, nullable=False),
    Column("who", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("released_at", Instant),
)

erasure = Table(
    "erasure",
    metadata,
    Column("correspondent", HASH, primary_key=True),
    Column("asked_at", Instant, nullable=False),
    sqlite_with_rowid=False,
)
