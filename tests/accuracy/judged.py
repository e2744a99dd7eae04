"""What the gateway says of each sample, compared with what a careful reader says: the figures behind docs/accuracy.md.

It asks the rules in the way `gateway explain` does, with the shipped policies. Pure but for reading those.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from gateway.judgement.examine import examine
from gateway.judgement.verdict import Examination
from gateway.message.model import Envelope
from gateway.message.parse import parse
from gateway.policy.load import load
from gateway.policy.model import Policy
from tests.accuracy.corpus import Sample

ROOT = Path(__file__).parents[2]
FIELDS = ("name", "title", "division", "organization", "phone", "email", "website")
VIOLATIONS = ("quote_or_slogan", "image_background", "wrong_order", "extra_social_links", "decorative_font")


@dataclass
class Confusion:
    """Counts of one yes-or-no question, and the samples where we and the reader differ."""

    question: str
    yes: int = 0
    """We and the reader say yes."""
    no: int = 0
    false: list[str] = field(default_factory=list)
    """We say yes, the reader no."""
    missed: list[str] = field(default_factory=list)

    def count(self, sample: Sample, *, expected: bool, found: bool) -> None:
        if expected != found:
            (self.false if found else self.missed).append(sample.id)
        elif found:
            self.yes += 1
        else:
            self.no += 1

    @property
    def precision(self) -> float:
        """Of what we say yes to, the share that is right; 1 where we never say yes."""
        said = self.yes + len(self.false)
        return self.yes / said if said else 1.0

    @property
    def recall(self) -> float:
        """Of what is to be found, the share that we find; 1 where nothing is."""
        there = self.yes + len(self.missed)
        return self.yes / there if there else 1.0


@cache
def shipped_policy() -> Policy:
    now = datetime(2026, 11, 16, 15, tzinfo=UTC)
    loaded = load(ROOT / "policies", organization_domains=("toronto.example",), signatures=ROOT / "signatures", templates=ROOT / "templates", now=now)
    assert loaded.policy is not None, loaded.diagnostics
    return loaded.policy


def judge(sample: Sample, *, outbound: bool = True) -> Examination:
    """As `gateway explain` reads it: the envelope from the message, received when it was written."""
    message = parse(sample.octets)
    received = message.date or datetime(2026, 11, 16, 15, tzinfo=UTC)
    envelope = Envelope(sample.mail_from, sample.rcpt_to, "outbound" if outbound else "inbound", received, trusted_senders=outbound)
    return examine(message, envelope, shipped_policy(), secret=b"accuracy")


def of_absences(samples: Iterable[Sample]) -> list[Confusion]:
    """Is it an out-of-office reply; does it name an alternate; are the return date and each stated way to reach the alternate found."""
    away, gives, back, reach, kind = (
        Confusion("is it out-of-office"),
        Confusion("does it name an alternate"),
        Confusion("return date"),
        Confusion("each way to reach the alternate"),
        Confusion("type of automatic mail"),
    )
    for sample in samples:
        says, found = sample.says, judge(sample)
        away.count(sample, expected=says["ooo"], found=found.out_of_office.is_ooo)
        if "type" in says:
            kind.count(sample, expected=True, found=found.automatic.type == says["type"])
        if not says["ooo"]:
            continue
        if "gives" in says:
            gives.count(sample, expected=says["gives"], found=bool(found.out_of_office.names_alternate))
        if "back" in says:
            back.count(sample, expected=True, found=found.out_of_office.return_date == says["back"])
        ways = " ".join(f"{each.email} {each.phone}" for each in found.out_of_office.alternates)
        for way in says.get("reach", ()):
            reach.count(sample, expected=True, found=str(way) in ways)
    return [away, gives, back, reach, kind]


def of_signatures(samples: Iterable[Sample]) -> list[Confusion]:
    """Is it compliant, and each field and violation. The rare samples that must not be judged count as compliant."""
    compliant = Confusion("is the signature compliant")
    missing = {name: Confusion(f"missing: {name}") for name in FIELDS}
    violated = {name: Confusion(f"violation: {name}") for name in VIOLATIONS}
    for sample in samples:
        found, says = judge(sample).signature, sample.says
        compliant.count(sample, expected=not (says.get("missing") or says.get("violations")), found=found.compliant is not False)
        for name, each in missing.items():
            each.count(sample, expected=name in says.get("missing", ()), found=name in found.missing)
        for name, each in violated.items():
            each.count(sample, expected=name in says.get("violations", ()), found=name in found.violations)
    return [compliant, *missing.values(), *violated.values()]
