"""What a reply to a reminder declares: keywords in its first lines, English or French, and whether it is allowed to.

Decides from the words, from the cases that the answered reminder told of, and from who replies. Without a reminder of ours in the
thread nothing is read at all; what is not understood, not theirs or not so any more declares nothing and has a slug to be counted by.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from gateway.judgement.audience import the_sender
from gateway.judgement.canonical import canonical
from gateway.judgement.declare import NotDeclared, closed, folded, known_kinds, moved, named_division, of_kind
from gateway.judgement.declared import CaseState, Change, Declaration, Said
from gateway.judgement.verdict import Examination
from gateway.message.thread import subject_references
from gateway.policy.model import Policy

MOST_LINES = 20
"""Lines that are read: a reminder lists many, and below stands what the mail program quotes."""

_CHANNELS = {
    "telephone": ("telephone", "phone", "tel"),
    "counter": ("counter", "in person", "comptoir", "en personne"),
    "letter": ("letter", "post", "lettre", "la poste", "poste"),
    "email-elsewhere": ("email", "e-mail", "mail", "email elsewhere", "email-elsewhere", "courriel"),
    "meeting": ("meeting", "reunion", "rencontre"),
}
_CHANNEL = {word: channel for channel, words in _CHANNELS.items() for word in words}
_NO_ANSWER = re.compile(
    r"(?:closed[ ,:]*)?no[- ](?:answer|reply|response)[- ](?:is )?(?:needed|required)"
    r"|(?:ferme[e ,:]*)?aucune reponse (?:n'est )?(?:requise|necessaire)"
)
_DONE = r"(?:closed|answered|fermee?|repondue?|traitee?)"
_CLOSED = re.compile(rf"{_DONE} (?:(?:by|at|in|par|au|en|a) )?(?:the |le |la |l')?(?P<channel>[a-z -]+)")
_IN_PERSON = re.compile(rf"{_DONE} (?P<channel>in person|en personne)")
_NOT_OURS = re.compile(r"(?:not ours|pas a nous|pas le notre)(?:[ ,:]+(?P<division>.+))?")
_KIND = re.compile(r"(?:kind|genre|type)[ ,:]+(?P<kind>[a-z0-9-]+)")


def said_in(lines: tuple[str, ...]) -> tuple[Said, ...]:
    """The declarations in the first lines of a reply's newest text; empty as soon as the first line is none."""
    return tuple(_read(lines))


def declaration(examination: Examination, told: tuple[CaseState, ...], policy: Policy) -> Declaration | None:
    """`told`: the cases that the answered reminder told of, as they are now. None for a message that declares nothing."""
    reply = examination.declared_reply
    if reply is None or not (told or (reply.forged and reply.said)):
        return None
    if not told:
        return Declaration("forged")
    who = _who(examination, told, policy)
    if who is None:
        return Declaration("foreign") if reply.said else None
    if not reply.said:
        return Declaration("not-understood")
    changes: list[Change] = []
    for each in reply.said:
        state = _meant(each, told)
        if state is None:
            return Declaration("which-one")
        try:
            changes.append(_change(each, state, policy, examination.envelope.received_at))
        except NotDeclared as error:
            return Declaration("not-understood" if error.slug in ("no-division", "no-kind") else "used")
    if len({each.case_id for each in changes}) < len(changes):
        return Declaration("not-understood")
    return Declaration("taken", tuple(changes), who)


def _read(lines: tuple[str, ...]) -> Iterator[Said]:
    for line in [each for each in lines if each.strip()][:MOST_LINES]:
        references = subject_references(line)
        words = folded(line).replace("*", " ")
        for each in references:
            words = words.replace(each.casefold(), " ")
        said = _line(" ".join(words.strip(" .!:;,-[]").split()), references[0] if references else None)
        if said is None:
            return
        yield said


def _line(words: str, reference: str | None) -> Said | None:
    if _NO_ANSWER.fullmatch(words):
        return Said("close", "no-answer-needed", reference)
    for pattern in (_IN_PERSON, _CLOSED):
        if (found := pattern.fullmatch(words)) and (channel := _CHANNEL.get(found["channel"].strip())):
            return Said("close", channel, reference)
    if found := _NOT_OURS.fullmatch(words):
        return Said("move", found["division"] or "", reference)
    if found := _KIND.fullmatch(words):
        return Said("kind", found["kind"], reference)
    return None


def _meant(said: Said, told: tuple[CaseState, ...]) -> CaseState | None:
    if said.reference is None:
        return told[0] if len(told) == 1 else None
    return next((each for each in told if each.reference == said.reference), None)


def _change(said: Said, state: CaseState, policy: Policy, at: datetime) -> Change:
    """Raises NotDeclared. A reply is taken at its receipt; when it really was, `gateway case` can be told."""
    now = at
    if said.what == "close":
        division = policy.divisions.get(state.division)
        return closed(state, said.argument, at, now, division.calendar.zone if division else policy.zone)
    if said.what == "move":
        to = named_division(said.argument, policy.divisions.values())
        if to is None:
            raise NotDeclared("no-division", "no such division")
        return moved(state, to, policy, at, now)
    division = policy.divisions.get(state.division)
    if division is None or said.argument not in known_kinds(division):
        raise NotDeclared("no-kind", "no such kind")
    return of_kind(state, said.argument, policy, at, now)


def _who(examination: Examination, told: tuple[CaseState, ...], policy: Policy) -> str | None:
    """Which contact of the division the reply is from; a colleague only where it is proven. None: nobody who may."""
    division = policy.divisions.get(told[0].division)
    sender = the_sender(examination.message)
    if division is None or sender is None or any(each.division != division.slug for each in told):
        return None
    contacts, address = division.contacts, canonical(sender.spec)
    stand_in = contacts.stand_in.email if contacts.stand_in else None
    known = {
        "reminders": contacts.reminders,
        "after_a_missed_date": contacts.after_a_missed_date,
        "stand_in": stand_in,
        "policy_news": contacts.policy_news,
    }
    found = next((name for name, each in known.items() if each and canonical(each) == address), None)
    if found is None and examination.staff is not None and examination.staff.division == division.slug:
        found = "a colleague"
    return f"{found}, by reply" if found else None
