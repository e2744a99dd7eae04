"""What one message from staff lacks, with what only a gateway can see across messages.

Decides on the checks that were made (`out_of_office`, `signature`, `meeting`) and on what the ledger knows of the contacts that are offered;
never whether anybody is told (`warn`). In doubt nothing is found: a wrong warning costs more than a missed one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gateway.judgement.canonical import canonical, split, untagged
from gateway.judgement.circumstances import division_of
from gateway.judgement.staff import division_for
from gateway.judgement.staff_verdict import Belonging, Finding, StaffHistory
from gateway.judgement.verdict import Examination, History, OutOfOffice
from gateway.message.contact_points import CITY_LINE
from gateway.policy.model import Division, Policy

_CONTACT, _WAY, _DATE = "a co-worker or other contact", "a way to reach them", "a return date"
"""Values of the policy's `out_of_office.must_give`."""
_ANY_WAY = ("email", "telephone", "extension", "311", "in person")


def findings(examination: Examination, history: History, policy: Policy) -> tuple[Finding, ...]:
    """Nothing for a message that is not proven to be from staff."""
    staff = examination.staff
    if staff is None:
        return ()
    known = history.staff or StaffHistory()
    if examination.out_of_office.is_ooo:
        return (*_of_absence(examination, staff, known, policy), *_as_the_answer(examination, history))
    return (*_of_signature(examination), *_of_meeting(examination, division_for(staff, policy)))


def _of_absence(examination: Examination, staff: Belonging, known: StaffHistory, policy: Policy) -> Iterator[Finding]:
    said = examination.out_of_office
    division = division_for(staff, policy)
    wanted = division.out_of_office if division else {}
    asked = _asked(wanted)
    if _CONTACT in asked:
        yield from _of_cover(examination, staff, known, policy, wanted.get("ways_to_reach") if _WAY in asked else _ANY_WAY)
    if "return-date-past" in said.findings:
        yield Finding("return-date-past")
    if said.names_alternate is not None and said.return_date is None and _DATE in asked:
        yield Finding("no-return-date")


def _asked(wanted: Mapping[str, object]) -> Sequence[object]:
    """What `must_give` asks for; without that line a contact who can be reached."""
    must_give = wanted.get("must_give")
    return must_give if isinstance(must_give, list | tuple) else (_CONTACT, _WAY)


def _of_cover(examination: Examination, staff: Belonging, known: StaffHistory, policy: Policy, ways: object) -> Iterator[Finding]:
    said = examination.out_of_office
    if "no-alternate" in said.findings and not _named_is_enough(said, ways):
        yield Finding("no-alternate", tuple(each for each in said.findings if each not in ("no-alternate", "return-date-past")))
        if known.inside_named and examination.goes_outside:
            yield Finding("external-poorer")
    elif said.names_alternate and not _in_an_accepted_way(said, ways):
        yield Finding("no-alternate", ("contact-without-a-way",))
    elif said.names_alternate:
        yield from _of_contacts(examination, staff, known, policy)


def _in_an_accepted_way(said: OutOfOffice, ways: object) -> bool:
    """Whether one contact can be reached in a way that the policy's `ways_to_reach` accepts; without that line every way is."""
    if not isinstance(ways, list | tuple):
        return True
    return any((each.email and "email" in ways) or (each.phone and _way_of(each.phone) in ways) for each in said.alternates)


def _way_of(phone: str) -> str:
    return "311" if phone == CITY_LINE else "extension" if phone.startswith("ext.") else "telephone"


def _named_is_enough(said: OutOfOffice, ways: object) -> bool:
    """Where the policy accepts "in person", somebody who is named can be found."""
    return isinstance(ways, list | tuple) and "in person" in ways and "contact-without-a-way" in said.findings


def _of_contacts(examination: Examination, staff: Belonging, known: StaffHistory, policy: Policy) -> Iterator[Finding]:
    """Only where every contact that is offered leads to nobody; one that can be reached is enough."""
    addresses = [each.email for each in examination.out_of_office.alternates]
    offered = [each for each in addresses if each]
    if len(offered) < len(addresses) or not offered:
        return  # a number without an address: nobody here knows who answers it
    alone = {each.email for each in examination.out_of_office.alternates if each.email and not each.phone}
    unknown = {each for each in alone if _is_nobody(each, policy)}
    refused = {each for each in alone if each in known.refused and not _is_in_policy(each, policy)}
    if unknown | refused | known.away < set(offered):
        return
    if unknown or refused:
        yield Finding("alternate-unknown", (*(("refused",) if refused else ()), *(("not-in-directory",) if unknown else ())))
    if known.naming_back & set(offered):
        yield Finding("names-each-other")
    elif known.away & set(offered):
        yield Finding("alternate-away")


def _is_nobody(address: str, policy: Policy) -> bool:
    """An address of ours that neither the directory nor the policy has; without a directory every address may be somebody."""
    directory = policy.directory
    if directory is None or not directory.readable or split(address)[1] not in policy.organization_domains:
        return False
    return untagged(canonical(address)) not in directory.members and not _is_in_policy(address, policy)


def _is_in_policy(address: str, policy: Policy) -> bool:
    """A mailbox that a policy file names: if it is out of order, that is not this person's doing."""
    plain = untagged(canonical(address))
    return division_of(plain, policy) is not None or _is_a_task(plain, policy)


def _is_a_task(address: str, policy: Policy) -> bool:
    """A stand-in, or whoever else a policy file names."""
    for division in policy.divisions.values():
        contacts = division.contacts
        stand_in = contacts.stand_in.email if contacts.stand_in else None
        if address in (stand_in, contacts.reminders, contacts.after_a_missed_date, contacts.policy_news, contacts.staff_help):
            return True
    return False


def _as_the_answer(examination: Examination, history: History) -> Iterator[Finding]:
    """The automatic reply of one person went to a resident whose case is open. The case stays open."""
    if any(each.responded_at is None and not each.from_inquirer for each in history.thread_cases):
        yield Finding("automatic-answer")


def _of_signature(examination: Examination) -> Iterator[Finding]:
    check = examination.signature
    if check.compliant is False:
        yield Finding("signature", (*(f"no-{each}" for each in check.missing), *check.violations))


def _of_meeting(examination: Examination, division: Division | None) -> Iterator[Finding]:
    """Only where the policy asks for it (`meetings: check`)."""
    asked = division is not None and division.meetings.get("check") == "warn"
    if asked and examination.meeting is not None and examination.meeting["said"] is False:
        yield Finding("meeting")
