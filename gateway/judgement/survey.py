"""Surveys: whether the person who was just answered is asked one question, and what an answer to it says.

Decides both from values alone; never whether a code was used before (the ledger), and never ties a rating to a person. Only a person whose
message could have been acknowledged is asked, at most once within the span that the policy states, whatever the survey.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import datetime, timedelta

from gateway.judgement.survey_verdict import Askable, Asking, SurveyReply
from gateway.judgement.verdict import Examination, History, Verdict
from gateway.message.body import NewestText
from gateway.message.model import Message
from gateway.message.survey_token import AnswerCode, OptOutCode, read_code
from gateway.message.text import plain_text
from gateway.policy.model import Division, Policy, Survey

USUAL_SPAN = timedelta(days=90)
"""Within which nobody is asked twice, where the policy states no other (`per_person: once in 90 days`)."""

_PER_PERSON = re.compile(r"once in (\d{1,3}) (day|week|month|year)s?", re.IGNORECASE)
_DAYS = {"day": 1, "week": 7, "month": 31, "year": 366}
_OUT_OF_FIVE = re.compile(r"(?<![\d.,])(\d{1,6})\s*(?:of|out of|sur|/)\s*5\b", re.IGNORECASE)
_NUMBER_ALONE = re.compile(r"(\d{1,6})\s*(?:(?:of|out of|sur|/)\s*5)?\s*[.!]?")
_WHO = re.compile(r"\s*(?:,|\band\b|\bor\b|\bet\b|\bou\b)\s*", re.IGNORECASE)

ASKED_AFTER = frozenset(
    ("new-inquiry", "audience-not-acknowledged", "rollout-observe", "rollout-warn", "found-late", "domain-cap", "gateway-cap", "breaker")
)
"""Reasons of an inquiry after which its writer may be asked: nothing about the sender spoke against an acknowledgement."""

AFTER_AN_ANSWER = ("an answer by a person", "a case is closed")
"""`asked.after` that a person's answer by mail fulfils."""


def reply_of(message: Message, newest: NewestText, policy: Policy, secrets: tuple[bytes, ...], received_at: datetime) -> SurveyReply:
    """Reads an answer. Total; `received_at` (aware) tells whether the code still counts."""
    surveys = [(slug, each.slug) for slug, division in policy.divisions.items() for each in division.surveys]
    found = read_code(secrets, message.subject, surveys)
    if found is None or found == "forged":
        in_text = read_code(secrets, plain_text(message), surveys)
        found = in_text if in_text is not None else found
    if isinstance(found, OptOutCode):
        return SurveyReply(opt_out=found.person)
    if not isinstance(found, AnswerCode):
        return SurveyReply(refused=found or "no-code")
    if received_at > found.valid_until:
        return SurveyReply(refused="expired")
    rating = _rating(message.subject, newest)
    if rating is None:
        return SurveyReply(refused="no-rating")
    return SurveyReply(rating=rating, code=found) if 1 <= rating <= 5 else SurveyReply(refused="not-one-to-five")


def _rating(subject: str, newest: NewestText) -> int | None:
    """From the subject, else the first line of the newest text."""
    first = next((line.strip() for line in newest.text.splitlines() if line.strip()), "")
    found = _OUT_OF_FIVE.search(subject) or _NUMBER_ALONE.fullmatch(first)
    return int(found[1]) if found else None


def asking(examination: Examination, verdict: Verdict, history: History, policy: Policy, secret: bytes, now: datetime) -> Asking | None:
    """Whom to ask what, now (aware) that this message closes cases; None for nobody. At most one question for one answer."""
    if policy.survey_answers is None or not policy.acknowledgements or examination.envelope.measured_only or examination.envelope.is_history:
        return None
    cases = {each.case_id: each for each in history.thread_cases}
    for askable in history.askable:
        case = cases.get(askable.case_id)
        division = policy.divisions.get(case.division) if case else None
        if case is None or division is None or askable.case_id not in verdict.answers or not may_be_asked(askable, policy):
            continue
        if division.rollout.get(case.audience) != "enforce" or not division.acknowledgements:
            continue
        for survey in division.surveys:
            if not _fits(survey, division, examination) or survey.asked.get("audience") != case.audience or case.kind in survey.never_after_kinds:
                continue
            if _is_meant(survey, askable.recipient, policy) and _free_to_ask(survey, askable, now) and drawn(survey, case.reference, secret):
                return Asking(survey, division, askable, case.reference)
    return None


def may_be_asked(askable: Askable, policy: Policy) -> bool:
    """Nothing about the person or the matter speaks against writing to them."""
    if askable.confidential or askable.opted_out or askable.refused_lately or askable.reason not in ASKED_AFTER:
        return False
    cap = policy.caps.correspondent
    return cap is None or askable.written_to < cap[0]


def span_of(survey: Survey) -> timedelta:
    """Within which a person is not asked again."""
    found = _PER_PERSON.fullmatch(survey.asked.get("per_person", "").strip())
    return timedelta(days=int(found[1]) * _DAYS[found[2].lower()]) if found else USUAL_SPAN


def drawn(survey: Survey, reference: str, secret: bytes) -> bool:
    """One case in `one_in`, by a keyed hash: the same case always comes to the same, and nobody can choose it."""
    one_in = int(survey.asked.get("one_in", "1"))
    digest = hmac.digest(secret, f"survey-draw\0{survey.slug}\0{reference}".encode(), hashlib.sha256)
    return one_in > 0 and int.from_bytes(digest[:8], "big") % one_in == 0


def _fits(survey: Survey, division: Division, examination: Examination) -> bool:
    """Asked after an answer, and of the unit that gave it: where a division asks for several units, the directory must tell which."""
    if survey.asked.get("after") not in AFTER_AN_ANSWER:
        return False
    if survey.unit is None or len({each.unit for each in division.surveys}) == 1:
        return True
    unit = examination.staff.unit if examination.staff else ""
    return bool(unit) and unit.casefold() == survey.unit.casefold()


def _is_meant(survey: Survey, address: str, policy: Policy) -> bool:
    """`who: managers and supervisors` is asked of those whose title in the directory says so, and of nobody else."""
    who = survey.asked.get("who")
    if not who:
        return True
    member = policy.directory.members.get(address.casefold()) if policy.directory else None
    title = member.title.casefold() if member else ""
    return any(re.search(rf"\b{re.escape(each.casefold().removesuffix('s'))}", title) for each in _WHO.split(who) if each)


def _free_to_ask(survey: Survey, askable: Askable, now: datetime) -> bool:
    return askable.asked_at is None or now - askable.asked_at >= span_of(survey)
