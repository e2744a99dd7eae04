"""A month of mail written down in YAML, taken through the real rules into a real ledger file, as live mail would be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from gateway.ledger import outbox_rows
from gateway.ledger.batch import record
from gateway.ledger.ledger import Ledger
from gateway.ledger.outbox_rows import Settlement
from gateway.ledger.records import Recorded
from gateway.message.model import Envelope
from gateway.rulebook import Rulebook, Sighting
from gateway.rulebook_loading import read_rulebook
from gateway.settings import load_settings

MONTH = Path(__file__).parent / "month"
ZONE = ZoneInfo("America/Toronto")
KEY = bytes(range(32))
SETTLED_AFTER = timedelta(seconds=2)
CONFIGURATION = """\
organization_domains = ["toronto.example"]
[ledger]
url = "sqlite:///{ledger}"
[paths]
policies = "{policies}"
templates = "{root}/templates"
signatures = "{root}/signatures"
state = "{state}"
"""
KINDS = {
    "absence": "Auto-Submitted: auto-replied\nX-Auto-Response-Suppress: All\n",
    "newsletter": "List-Id: <news.example.org>\nList-Unsubscribe: <mailto:off@example.org>\nPrecedence: bulk\n",
    "bounce": 'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\nAuto-Submitted: auto-replied\n',
    "spam": "X-Spam-Flag: YES\n",
}
TEXTS = {"absence": "I am away until Monday. Please call Sam Sample at 416-555-0142.", None: "Hello, does the deadline on Friday mean noon?"}


@dataclass(frozen=True)
class Mail:
    """One entry with everything worked out."""

    id: str
    at: datetime
    sender: str
    to: tuple[str, ...]
    outbound: bool
    entry: Mapping[str, Any]
    replies_to: str | None
    dated: datetime
    """What its Date says: a copy is dated as the first."""

    @property
    def octets(self) -> bytes:
        kind, subject = self.entry.get("kind"), self.entry.get("subject", "A question")
        lines = [
            f"From: {self.sender}",
            f"To: {', '.join(self.to)}",
            f"Subject: {'Automatic reply: ' if kind == 'absence' else 'Re: ' if self.replies_to else ''}{subject}",
            f"Date: {format_datetime(self.dated)}",
            f"Message-ID: <{self.id}@example.org>",
            *([f"In-Reply-To: <{self.replies_to}@example.org>"] if self.replies_to else []),
        ]
        return ("\n".join(lines) + "\n" + KINDS.get(kind or "", "") + "\n" + TEXTS.get(kind, TEXTS[None]) + "\n").replace("\n", "\r\n").encode()

    @property
    def sighting(self) -> Sighting:
        bare = self.entry.get("kind") in ("bounce", "absence")
        envelope = Envelope(
            "" if bare else self.sender, self.to, "outbound" if self.outbound else "inbound", self.at.astimezone(UTC),
            "outbound" if self.outbound else "inbound", trusted_senders=self.outbound,
        )  # fmt: skip
        return Sighting(self.octets, True, len(self.octets), envelope)


def mail(file: Path = MONTH / "messages.yaml") -> list[Mail]:
    """In order of receipt."""
    known: dict[str, Mail] = {}
    made = []
    for entry in yaml.safe_load(file.read_text(encoding="utf-8")):
        each = _mail(entry, known)
        known.setdefault(each.id, each)
        made.append(each)
    return sorted(made, key=lambda each: each.at)


def _mail(entry: Mapping[str, Any], known: Mapping[str, Mail]) -> Mail:
    at = datetime.fromisoformat(entry["at"]).replace(tzinfo=ZONE)
    dated = known[entry["id"]].at if entry["id"] in known else at
    if about := entry.get("follows"):
        first = known[about]
        return Mail(entry["id"], at, first.sender, first.to, False, entry, f"{about}a", dated)
    staff = entry.get("staff")
    sender = _address(staff, "toronto.example") if staff else _address(entry["from"], "example.org")
    if about := entry.get("answers"):
        return Mail(entry["id"], at, sender, (known[about].sender,), True, entry, about, dated)
    to = entry["to"] if isinstance(entry["to"], list) else [entry["to"]]
    return Mail(entry["id"], at, sender, tuple(_address(each, "toronto.example") for each in to), staff is not None, entry, None, dated)


def _address(name: str, domain: str) -> str:
    return name if "@" in name else f"{name}@{domain}"


@dataclass(frozen=True)
class Place:
    """A folder with configuration, policies and ledger."""

    folder: Path
    policies: Path = MONTH / "policies"

    @property
    def config(self) -> Path:
        path = self.folder / "gateway.toml"
        root = Path(__file__).parents[2]
        path.write_text(CONFIGURATION.format(ledger=self.folder / "gateway.db", policies=self.policies, root=root, state=self.folder / "state"))
        return path

    def rulebook(self, now: datetime) -> Rulebook:
        found = read_rulebook(load_settings(self.config), KEY, now)
        assert found.rulebook, found.diagnostics
        return found.rulebook

    def ledger(self) -> Ledger:
        return Ledger(f"sqlite:///{self.folder / 'gateway.db'}", key=KEY, clock=lambda: datetime.now(UTC))


def play(place: Place, messages: list[Mail], rulebook: Rulebook) -> dict[str, tuple[str, ...]]:
    """Each message at its own moment; id -> references of the cases it opened."""
    ledger = place.ledger()
    ledger.open()
    references: dict[str, tuple[str, ...]] = {}
    for each in messages:
        with ledger.writing() as connection:
            examination = rulebook.examine(each.sighting)
            decide = _deciding(rulebook, each.at.astimezone(UTC))
            [said] = record(connection, [examination], decide, ledger.pseudonyms, now=None, caps=rulebook.policy.caps)
            assert isinstance(said, Recorded), said
            references[each.id] = said.references or references.get(each.id, ())
            outbox_rows.settle(connection, list(_settlements(connection, each)))
    ledger.close()
    return references


def _deciding(rulebook: Rulebook, at: datetime) -> Any:
    return lambda examination, history: rulebook.judge_and_compose(examination, history, at).decision


def _settlements(connection: Any, each: Mail) -> Iterator[Settlement]:
    """What the notices hop says, at once."""
    refused = each.entry.get("acknowledgement") == "refused"
    at = each.at.astimezone(UTC)
    for claimed in outbox_rows.claim(connection, at, 10, timedelta(seconds=30), "token"):
        yield Settlement(claimed.notice.key, "token", "refused" if refused else "sent", at + SETTLED_AFTER, code=550 if refused else 250)
