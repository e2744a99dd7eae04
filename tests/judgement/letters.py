"""Small messages for tables and properties: a resident's plain question, changed by a few header lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from gateway.judgement.examine import examine
from gateway.judgement.verdict import Examination
from gateway.message.model import Envelope, MeasuredOnly
from gateway.message.parse import parse
from gateway.policy.model import Policy
from tests.judgement.sample_policy import POLICY, VARIANTS

SECRET = b"0123456789abcdef0123456789abcdef"
RECEIVED_AT = datetime(2026, 11, 16, 15, 12, tzinfo=UTC)
"""Monday, 10:12 in Toronto."""
ANNA = "anna@example.org"
HR = "hr@toronto.example"


@dataclass(frozen=True)
class Letter:
    """One message as a table writes it: header lines on top of the plain ones, and what replaces those."""

    add: Sequence[str] = ()
    instead: Mapping[str, str | None] = field(default_factory=dict)
    body: str = "Hello,\n\nWhen does the job posting close, and where do I send the form?\n\nThank you,\nAnna\n"
    mail_from: str = ANNA
    rcpt_to: Sequence[str] = (HR,)
    via: str = "inbound"
    trusted: bool | None = None
    measured_only: MeasuredOnly = ""

    @property
    def octets(self) -> bytes:
        lines: dict[str, str | None] = {
            "From": f"Anna Example <{ANNA}>",
            "To": "hr@toronto.example",
            "Subject": "Question about a posting",
            "Date": "Mon, 16 Nov 2026 10:12:00 -0500",
            "Message-ID": "<one@example.org>",
            "MIME-Version": "1.0",
            "Content-Type": "text/plain; charset=utf-8",
        }
        lines.update(self.instead)
        header = [*self.add, *(f"{name}: {value}" for name, value in lines.items() if value is not None)]
        return ("\r\n".join(header) + "\r\n\r\n" + self.body.replace("\n", "\r\n")).encode()

    @property
    def envelope(self) -> Envelope:
        return Envelope(
            mail_from=self.mail_from,
            rcpt_to=tuple(self.rcpt_to),
            direction="outbound" if self.via == "outbound" else "inbound",
            received_at=RECEIVED_AT,
            listener=self.via,
            trusted_senders=self.via == "outbound" if self.trusted is None else self.trusted,
            measured_only=self.measured_only,
        )

    def examined(self, policy: Policy = POLICY) -> Examination:
        return examine(parse(self.octets), self.envelope, policy, secret=SECRET)


def letter_of(row: dict[str, Any]) -> Letter:
    """A row of verdicts.yaml; `from` and `staff` are short for header and envelope alike."""
    instead: dict[str, str | None] = dict(row.get("instead", {}))
    mail_from = row.get("mail_from", ANNA)
    for name in ("from", "to", "cc", "subject"):
        if name in row:
            instead[name.capitalize()] = row[name]
    if "staff" in row:
        instead["From"], mail_from = row["staff"], row.get("mail_from", row["staff"])
    known = {key: row[key] for key in ("add", "body", "via", "trusted", "rcpt_to", "measured_only") if key in row}
    return Letter(instead=instead, mail_from=mail_from, **known)


def policy_variant(row: dict[str, Any]) -> Policy:
    return VARIANTS[row.get("policy", "plain")]
