"""A running gateway with staff who write through its sockets, and a clock that the test moves: what arrives at the notices hop is read back."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from tests.harness.client import Sent, send
from tests.harness.gateway import REPOSITORY, GatewayProcess
from tests.harness.hop import RecordingHop
from tests.harness.ledger import rows, wait_recorded
from tests.harness.movable_clock import MovableClock
from tests.harness.waiting import wait_for
from tests.warnings.staff_rig import ZONE

PEOPLE = """\
address,name,title,division,unit,language,exceptions
robin.sample@toronto.example,Robin Sample,Policy Analyst,human-resources,,en,
noor.example@toronto.example,Noor Example,Recruitment Advisor,Human Resources,,en,
mai.tremblay@toronto.example,Maï Tremblay,Conseillère,Ressources humaines,,fr,
ada.wrong@toronto.example,Ada Wrong,Advisor,human-resources,,en,
ben.both@toronto.example,Ben Both,Advisor,human-resources,,en,
cleo.inside@toronto.example,Cleo Inside,Advisor,human-resources,,en,
dan.gone@toronto.example,Dan Gone,Advisor,human-resources,,en,
eve.trusts@toronto.example,Eve Trusts,Advisor,human-resources,,en,
finn.answers@toronto.example,Finn Answers,Advisor,human-resources,,en,
gil.observed@toronto.example,Gil Observed,Auditor,internal-audit,,en,
"""


@dataclass
class Office:
    """Robin, Noor and their colleagues, as their mail server sees them."""

    gateway: GatewayProcess
    hop: RecordingHop
    notices: RecordingHop
    clock: MovableClock
    number: int = 0
    taken: int = 0
    read: int = 0
    seen: list[tuple[datetime, str, EmailMessage]] = field(default_factory=list)

    def set(self, moment: datetime) -> None:
        """Let the time pass; nothing that became due in it is outstanding when this returns."""
        self.clock.set(moment)
        self.settle()

    def writes(self, moment: datetime, octets: bytes, *, inbound: bool = False) -> Sent:
        """One message through the sockets, at `moment`; its reply is 250."""
        self.clock.set(moment)
        self.number += 1
        stamp = f"{moment.astimezone(ZONE):%a, %d %b %Y %H:%M:%S %z}"
        whole = f"Message-ID: <staff-{self.number}@toronto.example>\r\nDate: {stamp}\r\n".encode() + octets
        message = message_from_bytes(octets, policy=policy.default)
        sender = "" if message["Auto-Submitted"] else message["From"].addresses[0].addr_spec
        recipients = [each.addr_spec.encode() for each in message["To"].addresses]
        sent = send(self.gateway.inbound if inbound else self.gateway.outbound, sender.encode(), recipients, whole)
        assert sent.code == 250, sent.last
        self.taken += 1
        wait_recorded(self.gateway.database, self.taken)
        self.settle()
        return sent

    @property
    def last_id(self) -> str:
        return f"<staff-{self.number}@toronto.example>"

    def settle(self) -> None:
        """Until no notice waits that is due by now; each that came is kept with the moment of its coming."""
        wait_for(lambda: not self._due(), f"what is due goes out\n{self._due()}")
        arrived = self.notices.accepted
        for each in arrived[self.read :]:
            message = message_from_bytes(each.octets, policy=policy.default)
            assert each.mail_from == b"", "every mail to staff leaves from the null reverse-path"
            self.seen.append((self.clock.now.astimezone(ZONE), each.rcpt_to[0].decode(), message))
        self.read = len(arrived)

    def _due(self) -> list[dict[str, Any]]:
        """Those under lease, too: a sender has them in hand."""
        now = int(self.clock.now.timestamp() * 1_000_000)
        waiting = "SELECT kind, attempts, last_code, last_problem FROM notice WHERE state = 'waiting' AND (due_at <= ? OR lease_token IS NOT NULL)"
        return rows(self.gateway.database, waiting, now)

    def mails(self, since: int = 0) -> list[tuple[str, str, str]]:
        """Day and hour of arrival, recipient, subject."""
        return [(f"{at:%a %d %H:%M}", to.partition("@")[0], str(message["Subject"])) for at, to, message in self.seen[since:]]

    def text(self, index: int) -> str:
        part = self.seen[index][2].get_body(("plain",))
        assert part is not None
        return " ".join(str(part.get_content()).split())

    def found(self, last: int = 1) -> list[tuple[str, list[str]]]:
        """Kind and detail of the newest findings, oldest first."""
        newest = rows(self.gateway.database, "SELECT kind, detail FROM finding ORDER BY id DESC LIMIT ?", last)
        return [(each["kind"], json.loads(each["detail"])) for each in reversed(newest)]


def settings_with(folder: Path) -> dict[str, object]:
    """A directory, and the shipped policies with the meetings check of Human Resources on and Internal Audit only observing."""
    shutil.copytree(REPOSITORY / "policies", folder / "policies")
    (folder / "staff.csv").write_text(PEOPLE, encoding="utf-8")
    for name, before, after in (
        ("human-resources", "\nsurveys:", "\nmeetings: {check: warn, warn_after: at once}\n\nsurveys:"),
        ("internal-audit", "rollout: {internal: warn,", "rollout: {internal: observe,"),
    ):
        file = folder / "policies" / f"{name}.yaml"
        text = file.read_text(encoding="utf-8")
        assert before in text
        file.write_text(text.replace(before, after, 1), encoding="utf-8")
    return {"paths": {"policies": str(folder / "policies"), "directory": str(folder / "staff.csv")}}
