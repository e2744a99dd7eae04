"""The messages on which the rules on staff mail are measured, each with what a careful reader says of it.

`development/` and, by reference, the tables of tests/staff and the mails of tests/mails are what the rules were written with. `hold-out/` was written
without sight of the rules and is measured apart. It judges nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.mime.text import MIMEText
from email.policy import SMTP
from email.utils import getaddresses, parseaddr
from pathlib import Path
from typing import Any, Literal

import yaml

HERE = Path(__file__).parent
TESTS = HERE.parent
DEVELOPMENT, HOLD_OUT = HERE / "development", HERE / "hold-out"
WRITTEN = "Mon, 16 Nov 2026 09:05:00 -0500"
SENDER = "Robin Sample <robin.sample@toronto.example>"
READER = "resident@example.org"
EXCHANGE = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All", "In-Reply-To": "<question@example.org>"}
"""The header fields of an Exchange Online automatic reply, in which the replies of tests/staff are measured."""
Fields = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """One message and its envelope; `says` is what a careful reader expects, with the keys of the tables."""

    id: str
    octets: bytes
    mail_from: str
    rcpt_to: Fields
    says: Mapping[str, Any]


def absences(folder: Path) -> Iterator[Sample]:
    """Out-of-office replies and near misses of one folder; for the development set those of the other tests, too."""
    if folder == DEVELOPMENT:
        yield from _staff_replies()
        yield from _mails()
    for case in _table(folder / "absences.yaml"):
        yield _whole(case, folder) if "eml" in case else _sample(case)


def signatures(folder: Path) -> Iterator[Sample]:
    """Mail from staff of one folder; for the development set that of the other tests, too."""
    if folder == DEVELOPMENT:
        for name in ("signatures", "signatures_second_look", "signatures_third_look", "signatures_fourth_look"):
            for number, case in enumerate(_table(TESTS / "staff" / f"{name}.yaml")):
                yield _sample({"id": f"{name}-{number}", "subject": "question", **case})
    for case in _table(folder / "signatures.yaml"):
        yield _whole(case, folder) if "eml" in case else _sample({"subject": "question", **case})


def _staff_replies() -> Iterator[Sample]:
    for name in ("out_of_office", "out_of_office_second_look"):
        for number, case in enumerate(_table(TESTS / "staff" / f"{name}.yaml")):
            declared = {"headers": {**EXCHANGE, **case.get("headers", {})}}
            kind = case.get("alone", "out_of_office")
            said = {"ooo": kind == "out_of_office", "type": kind}
            yield _sample({"id": f"{name}-{number}", "subject": "Automatic reply: question", **case, **declared, **said})


def _mails() -> Iterator[Sample]:
    for folder in sorted(path for path in (TESTS / "mails").iterdir() if (path / "mail.eml").exists()):
        expected = yaml.safe_load((folder / "expected.yaml").read_text(encoding="utf-8"))
        says = {"ooo": expected["type"] == "out_of_office", "type": expected["type"]}
        yield Sample(folder.name, (folder / "mail.eml").read_bytes(), expected.get("mail_from") or "", (READER,), says)


def _table(path: Path) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return cases


def _whole(case: Mapping[str, Any], folder: Path) -> Sample:
    """A message kept octet for octet in a file of its own, where the headers or the encoding of its generator matter."""
    return Sample(str(case["id"]), (folder / case["eml"]).read_bytes(), case["mail_from"], tuple(case["rcpt_to"]), case)


def _sample(case: Mapping[str, Any]) -> Sample:
    rcpt_to = tuple(address for _, address in getaddresses([case.get("to", READER)]))
    return Sample(str(case["id"]), _octets(case), parseaddr(case.get("from", SENDER))[1], rcpt_to, case)


def _octets(case: Mapping[str, Any]) -> bytes:
    head = EmailMessage(policy=SMTP)
    said = {"From": case.get("from", SENDER), "To": case.get("to", READER), "Date": case.get("date", WRITTEN), "Subject": case.get("subject", "")}
    for name, value in {**said, **case.get("headers", {})}.items():
        head[name] = value
    return head.as_bytes().rstrip(b"\r\n") + b"\r\n" + _body(case).as_bytes(policy=SMTP)


_TEXTS: tuple[tuple[Literal["plain", "html"], str], ...] = (("plain", "text"), ("html", "html"))


def _body(case: Mapping[str, Any]) -> MIMENonMultipart | MIMEMultipart:
    """The MIME part with its own headers, as a mail program of the case would write it."""
    texts = [_text(case[key], kind, case) for kind, key in _TEXTS if key in case]
    if "calendar" in case:
        texts.append(MIMEText(f"BEGIN:VCALENDAR\r\nMETHOD:{case['calendar']}\r\nEND:VCALENDAR\r\n", "calendar"))
        texts[-1].set_param("method", case["calendar"])
    if "report" in case:
        notification = MIMENonMultipart("message", "disposition-notification")
        notification.set_payload("Disposition: manual-action/MDN-sent-manually; displayed\r\n")
        return _multipart("report", [*texts, notification], case["report"])
    return texts[0] if len(texts) == 1 else _multipart("alternative", texts)


def _multipart(kind: str, parts: list[Any], report_type: str | None = None) -> MIMEMultipart:
    whole = MIMEMultipart(kind, boundary="=_sample")
    if report_type:
        whole.set_param("report-type", report_type)
    for part in parts:
        whole.attach(part)
    return whole


def _text(text: str, kind: Literal["plain", "html"], case: Mapping[str, Any]) -> MIMENonMultipart:
    if "cte" not in case and "charset" not in case:
        return MIMEText(text, kind, "utf-8")
    holder = EmailMessage(policy=SMTP)
    holder.set_content(text.encode(case.get("charset", "utf-8"), "replace"), "text", kind, cte=case.get("cte", "8bit"))
    part = MIMENonMultipart("text", kind, charset=case.get("charset", "utf-8"))
    part["Content-Transfer-Encoding"] = holder["Content-Transfer-Encoding"]
    part.set_payload(holder.get_payload())
    return part
