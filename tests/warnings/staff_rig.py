"""A ledger, the shipped policies and a clock that is told the time: what staff write goes through the real rules and the real ledger."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Table, select

from gateway.judgement.verdict import Examination, History
from gateway.ledger import outbox_rows
from gateway.ledger.batch import record
from gateway.ledger.ledger import Ledger
from gateway.ledger.outbox_rows import Settlement
from gateway.ledger.records import Decision, Notice, Recorded
from gateway.message.model import Envelope
from gateway.policy.directory import read_directory
from gateway.rulebook import Rulebook, Sighting
from gateway.rulebook_loading import read_rulebook
from gateway.settings import load_settings

KEY = b"k" * 32
ZONE = ZoneInfo("America/Toronto")
HELP = "service-promise-help@toronto.example"
DIRECTORY = """\
address,name,title,division,unit,language,exceptions
robin.sample@toronto.example,Robin Sample,Policy Analyst,human-resources,Employee & Labour Relations,en,
noor.example@toronto.example,Noor Example,Recruitment Advisor,Human Resources,,en,
mai.tremblay@toronto.example,Maï Tremblay,Conseillère,Ressources humaines,,fr,
sam.quiet@toronto.example,Sam,Clerk,human-resources,,en,safety
lee.elsewhere@toronto.example,Lee Elsewhere,Planner,Parks,,en,
"""


def at(day: str, clock: str = "09:05") -> datetime:
    """A local moment."""
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=ZONE).astimezone(UTC)


@cache
def shipped() -> Rulebook:
    """The shipped policies and texts with the directory above."""
    found = read_rulebook(load_settings(), KEY, at("2026-11-01"))
    assert found.rulebook is not None, found.diagnostics
    directory, complaints = read_directory(DIRECTORY.encode(), "directory.csv")
    assert complaints == ()
    return with_policy(found.rulebook, directory=directory)


def with_policy(rulebook: Rulebook, **changes: Any) -> Rulebook:
    return replace(rulebook, policy=replace(rulebook.policy, **changes))


def with_division(rulebook: Rulebook, slug: str = "human-resources", **changes: Any) -> Rulebook:
    divisions = {**rulebook.policy.divisions, slug: replace(rulebook.policy.divisions[slug], **changes)}
    return with_policy(rulebook, divisions=divisions)


def mail(sender: str, text: str, to: str = "resident@example.org", subject: str = "Question", html: str | None = None, **headers: str) -> bytes:
    message = EmailMessage(policy=policy.SMTP.clone(max_line_length=998))  # the library would encode a long In-Reply-To
    message["From"] = sender
    message["To"] = to
    message["Subject"] = subject
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    if html is not None:
        message.add_alternative(html, subtype="html")
    return message.as_bytes()


def absence(sender: str, text: str, to: str = "resident@example.org", **headers: str) -> bytes:
    return mail(sender, text, to, "Automatic reply: Question", **{"Auto_Submitted": "auto-replied", "X_Auto_Response_Suppress": "All", **headers})


def invitation(sender: str, *lines: str, text: str = "See you there.", to: str = "noor.example@toronto.example") -> bytes:
    """What a calendar program sends; `lines` are those of its event."""
    message = EmailMessage(policy=policy.SMTP)
    message["From"], message["To"], message["Subject"] = sender, to, "Budget review"
    message.set_content(text)
    event = ("BEGIN:VEVENT", "UID:1", "SUMMARY:Budget review", "DTSTART:20261130T150000Z", *lines, "END:VEVENT")
    calendar = "\r\n".join(("BEGIN:VCALENDAR", "METHOD:REQUEST", *event, "END:VCALENDAR", ""))
    message.add_alternative(calendar, subtype="calendar", params={"method": "REQUEST"})
    return message.as_bytes()


@dataclass
class Stage:
    """One gateway without its sockets."""

    ledger: Ledger
    rulebook: Rulebook = field(default_factory=shipped)
    now: datetime = field(default_factory=lambda: at("2026-11-16"))
    sent: list[tuple[datetime, Notice]] = field(default_factory=list)
    number: int = 0

    def writes(self, when: datetime, octets: bytes, *, mail_from: str | None = None, direction: Any = "outbound") -> Recorded:
        """One message through parse, examine, judge, compose and the ledger; what fell due before is sent first."""
        [recorded] = self.write_together(when, [octets], mail_from=mail_from, direction=direction)
        return recorded

    def write_together(self, when: datetime, many: Iterable[bytes], *, mail_from: str | None = None, direction: Any = "outbound") -> list[Recorded]:
        self.until(when)
        examinations = [self._examined(octets, when, mail_from, direction) for octets in many]
        with self.ledger.writing() as connection:
            answers = record(connection, examinations, self._decide, self.ledger.pseudonyms, now=when, caps=self.rulebook.policy.caps)
        assert all(isinstance(each, Recorded) for each in answers), answers
        self.until(when)
        return answers  # type: ignore[return-value]

    def until(self, when: datetime) -> None:
        """Let the time pass, and send what falls due in it, each when it does."""
        while True:
            with self.ledger.writing() as connection:
                due = outbox_rows.next_due(connection)
                if due is None or due > when:
                    break
                self.now = max(self.now, due)
                claimed = outbox_rows.claim(connection, self.now, 100, timedelta(seconds=30), "sender")
                outbox_rows.settle(connection, [Settlement(each.notice.key, "sender", "sent", self.now) for each in claimed])
            self.sent += [(self.now, each.notice) for each in claimed]
        self.now = max(self.now, when)

    def _examined(self, octets: bytes, when: datetime, mail_from: str | None, direction: Any) -> Examination:
        self.number += 1
        message = message_from_bytes(octets, policy=policy.default)
        whole = f"Message-ID: <{self.number}@toronto.example>\r\nDate: {when.astimezone(ZONE):%a, %d %b %Y %H:%M:%S %z}\r\n".encode() + octets
        sender = message["From"].addresses[0].addr_spec
        reverse = mail_from if mail_from is not None else "" if message["Auto-Submitted"] else sender
        recipients = tuple(each.addr_spec for each in message["To"].addresses)
        envelope = Envelope(reverse, recipients, direction, when, direction, trusted_senders=direction == "outbound")
        return self.rulebook.examine(Sighting(whole, True, len(whole), envelope))

    def _decide(self, examination: Examination, history: History) -> Decision:
        return self.rulebook.judge_and_compose(examination, history, self.now).decision

    def kinds(self) -> list[tuple[str, str, str]]:
        """Kind, recipient and local day of each mail that left."""
        return [(each.kind, each.rcpt_to.partition("@")[0], f"{when.astimezone(ZONE):%a %d}") for when, each in self.sent]

    def rows(self, table: Table) -> list[dict[str, Any]]:
        with self.ledger.reading() as connection:
            return [dict(row._mapping) for row in connection.execute(select(table).order_by(*table.primary_key))]


def opened(folder: Path, now: datetime) -> Ledger:
    ledger = Ledger(f"sqlite:///{folder}/gateway.db", key=KEY, clock=lambda: now)
    ledger.open()
    return ledger


def body(notice: Notice, kind: str = "plain") -> str:
    message = message_from_bytes(notice.octets, policy=policy.default)
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())
