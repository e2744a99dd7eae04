"""Who is told of a changed policy file, and the mails to them. Staff only: an address outside the City's own domains is never used.

A division's file concerns the division's `policy_news`. city.yaml, templates and signatures concern the City's `policy_news`,
or, where it names none, every division's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.ledger.records import Notice, PolicyChange
from gateway.notices.mime import is_address
from gateway.notices.policy_news import as_one, policy_news
from gateway.policy.folders import Files
from gateway.policy.model import Policy
from gateway.policy.yaml_positions import UnreadableError, decode, read_yaml
from gateway.rulebook import Rulebook
from gateway.rulebook_loading import Standing

CITY_WIDE = "city"
"""Stands where a notice names its division, if it speaks for none."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who is told, and for whom the mail speaks."""

    address: str
    mailbox: str
    division: str


class Readers:
    """Remembers whom a file named while it could be read, so that its removal can be told, too."""

    def __init__(self, organization_domains: Sequence[str]) -> None:
        self._domains = {domain.lower() for domain in organization_domains}
        self._named: dict[str, Reader] = {}

    def learn(self, policy: Policy, standing: Standing) -> None:
        """Whom the files in force name; and those that were refused before they were ever good, as far as they can be read."""
        for name, slug in standing.divisions.items():
            division = policy.divisions.get(slug)
            if division is not None:
                self._keep(name, division.contacts.policy_news, division.mailbox, slug)
        for name in standing.refused:
            if name not in standing.divisions:
                address = _named_in(standing.present, name)
                self._keep(name, address, address or "", CITY_WIDE)

    def _keep(self, name: str, address: str | None, mailbox: str, division: str) -> None:
        if address and self._is_ours(address):
            self._named[name] = Reader(address, mailbox, division)
        else:
            self._named.pop(name, None)

    def notices(self, changes: Sequence[PolicyChange], rulebook: Rulebook, now: datetime) -> list[Notice]:
        """One mail for each reader. `changes`: untold so far, oldest first; `now` is aware."""
        policy = rulebook.policy
        concerned: dict[Reader, list[PolicyChange]] = {}
        for change in as_one(changes):
            for reader in self._of(change, policy):
                concerned.setdefault(reader, []).append(change)
        return [
            policy_news(
                told,
                key=f"news:{changes[-1].id}:{number}",
                recipient=reader.address,
                mailbox=reader.mailbox,
                division=reader.division,
                city=policy.city.en,
                zone=policy.divisions[reader.division].calendar.zone if reader.division in policy.divisions else policy.zone,
                secret=rulebook.secret,
                now=now,
                give_up_after=rulebook.give_up_after,
            )
            for number, (reader, told) in enumerate(concerned.items())
        ]

    def _of(self, change: PolicyChange, policy: Policy) -> list[Reader]:
        if change.file in self._named:
            return [self._named[change.file]]
        if policy.policy_news and self._is_ours(policy.policy_news):
            return [Reader(policy.policy_news, policy.policy_news, CITY_WIDE)]
        return [] if change.division else list(self._everybody(policy))

    def _everybody(self, policy: Policy) -> Iterator[Reader]:
        """Each address once."""
        told = set()
        for slug, division in policy.divisions.items():
            address = division.contacts.policy_news
            if address and self._is_ours(address) and address.lower() not in told:
                told.add(address.lower())
                yield Reader(address, division.mailbox, slug)

    def _is_ours(self, address: str) -> bool:
        return is_address(address) and address.rpartition("@")[2].lower() in self._domains


def _named_in(files: Files, name: str) -> str | None:
    """The `policy_news` of a file that is not good otherwise."""
    octets = files.contents.get(name)
    if not isinstance(octets, bytes):
        return None
    try:
        data = read_yaml(decode(octets)).data
    except UnreadableError:
        return None
    contacts = data.get("contacts") if isinstance(data, dict) else None
    address = contacts.get("policy_news") if isinstance(contacts, dict) else None
    return str(address) if isinstance(address, str) else None
