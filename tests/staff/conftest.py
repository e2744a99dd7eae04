"""Messages, envelopes and a policy for the rules on staff mail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from gateway.message.model import Envelope, Message
from gateway.message.parse import parse
from gateway.policy.model import SignatureRules

WRITTEN = "Mon, 16 Nov 2026 09:05:00 -0500"


def compose(case: Mapping[str, Any]) -> bytes:
    """One message as octets: `text`, `html` or both, and the headers that a case gives."""
    headers = {
        "From": case.get("from", "Robin Sample <robin.sample@toronto.example>"),
        "To": case.get("to", "resident@example.org"),
        "Date": case.get("date", WRITTEN),
        "Subject": case.get("subject", "Automatic reply: question"),
        "MIME-Version": "1.0",
        **case.get("headers", {}),
    }
    charset = case.get("charset", "utf-8")
    bodies = [(kind, case[key]) for kind, key in (("plain", "text"), ("html", "html")) if key in case]
    parts = [f"Content-Type: text/{kind}; charset={charset}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + body for kind, body in bodies]
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    if len(parts) == 1:
        whole = head + parts[0]
    else:
        whole = head + "Content-Type: multipart/alternative; boundary=b\r\n\r\n" + "".join(f"--b\r\n{part}\r\n" for part in parts) + "--b--\r\n"
    return whole.encode(charset, "replace")


@pytest.fixture(name="message_of")
def _message_of() -> Callable[[Mapping[str, Any]], Message]:
    return lambda case: parse(compose(case))


@pytest.fixture(name="envelope_of")
def _envelope_of() -> Callable[[Mapping[str, Any]], Envelope]:
    def build(case: Mapping[str, Any]) -> Envelope:
        received = parsedate_to_datetime(case.get("date", WRITTEN)).astimezone(UTC)
        return Envelope(mail_from="", rcpt_to=(case.get("to", "resident@example.org"),), direction="outbound", received_at=received)

    return build


@pytest.fixture(name="zone_only")
def _zone_only() -> Any:
    """Stands for a policy where only the zone is looked at."""
    return SimpleNamespace(zone=ZoneInfo("America/Toronto"))


@pytest.fixture(name="rules_of")
def _rules_of() -> Callable[..., Any]:
    """Stands for a policy as far as the signature rule looks at it, with shipped rules by name."""

    def build(name: str = "corporate-identity", **changes: Any) -> Any:
        written = yaml.safe_load((Path(__file__).parents[2] / "signatures" / f"{name}.yaml").read_text(encoding="utf-8"))
        values = {key: tuple(value) if isinstance(value, list) else value for key, value in written.items()} | changes
        rules = SignatureRules(divisions=("Human Resources", "Ressources humaines", "Employee & Labour Relations"), **values)
        return SimpleNamespace(signature_rules=rules, divisions={})

    return build


@pytest.fixture(name="shipped_rules")
def _shipped_rules(rules_of: Callable[..., Any]) -> Any:
    return rules_of()
