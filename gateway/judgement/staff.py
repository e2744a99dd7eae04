"""Which division a member of staff belongs to, and whether a mailbox is one person's own.

Decides by the directory, then by the `staff:` patterns of the policy, else City-wide. Never by what a signature claims.
"""

from __future__ import annotations

import re
from dataclasses import replace

from gateway.judgement.audience import the_sender
from gateway.judgement.canonical import canonical, fits_any, split, untagged
from gateway.judgement.circumstances import division_of
from gateway.judgement.signals import sender_class
from gateway.judgement.staff_verdict import Belonging
from gateway.judgement.verdict import SignatureCheck
from gateway.message.body import NewestText
from gateway.message.model import Message
from gateway.policy.model import Division, Policy, StaffMember

_MISTAKE = re.compile(r"\b(?:mistake|erreur)\b", re.IGNORECASE)
_LINES_OF_A_WORD = 4
"""Where in a reply the one word is looked for: below it stands what mail programs quote."""


def belonging(message: Message, policy: Policy) -> Belonging | None:
    """The one From of a message that is proven to come from staff; None where From names nobody, or several."""
    sender = the_sender(message)
    if sender is None:
        return None
    address = untagged(canonical(sender.spec))
    member = policy.directory.members.get(address) if policy.directory else None
    if member is not None:
        return _listed(member, policy, sender.display_name)
    division = next((each for each in policy.divisions.values() if fits_any(each.staff, address)), None)
    return Belonging(
        address=address,
        name=" ".join(sender.display_name.split()),
        division=division.slug if division else None,
        known_by="pattern" if division else "city-wide",
        shared=_is_shared(address, policy),
    )


def division_for(staff: Belonging, policy: Policy) -> Division | None:
    """What holds for this person: the division's own values, else the City's."""
    return policy.divisions.get(staff.division) if staff.division else policy.city_wide


def excused(check: SignatureCheck, staff: Belonging | None) -> SignatureCheck:
    """The check without what was agreed with this person."""
    if staff is None or not staff.exceptions or not check.checked:
        return check
    everything = "all" in staff.exceptions
    missing = tuple(each for each in check.missing if not everything and each not in staff.exceptions)
    violations = tuple(each for each in check.violations if not everything and each not in staff.exceptions)
    return replace(check, missing=missing, violations=violations, compliant=not missing and not violations)


def says_mistake(newest: NewestText) -> bool:
    """Whether a reply to a warning begins with the word that disputes it."""
    lines = [line for line in newest.body if line.strip()]
    return any(_MISTAKE.search(line) for line in lines[:_LINES_OF_A_WORD])


def _listed(member: StaffMember, policy: Policy, shown_name: str) -> Belonging:
    division = _named_division(member.division, policy)
    return Belonging(
        address=member.address,
        name=member.name or " ".join(shown_name.split()),
        division=division.slug if division else None,
        known_by="directory",
        title=member.title,
        unit=member.unit,
        division_name=member.division,
        language=member.language,
        exceptions=member.exceptions,
        shared=_is_shared(member.address, policy),
    )


def _named_division(written: str, policy: Policy) -> Division | None:
    """By slug, or by its name in either language."""
    wanted = written.casefold()
    if not wanted:
        return None
    names = ((each, (each.slug, each.name.en.casefold(), each.name.fr.casefold())) for each in policy.divisions.values())
    return next((each for each, known in names if wanted in known), None)


def _is_shared(address: str, policy: Policy) -> bool:
    if division_of(address, policy) is not None or sender_class(split(address)[0]) is not None or fits_any(policy.trusted_sources, address):
        return True
    return any(address in _addresses(each) or fits_any(each.letters_arrive_from, address) for each in policy.divisions.values())


def _addresses(division: Division) -> frozenset[str]:
    """Addresses that a policy file gives to a task, not to a person."""
    given = division.contacts
    stand_in = given.stand_in.email if given.stand_in else None
    named = (given.staff_help, given.policy_news, given.reminders, given.after_a_missed_date, stand_in)
    return frozenset(each.casefold() for each in named if each)
