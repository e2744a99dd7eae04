"""The survey mail: one question, five links that open a message to an address of ours, the collection notice, and the way out.

Decides how it is said; never whether or whom to ask (`judgement/survey.py`). Names no case, quotes nothing, and leaves from the address that
takes the answers, so that a reply does not reach the division. Pure. Nothing is sent when a template fails: a question can be left unasked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import quote

from gateway.judgement.survey_verdict import Asking
from gateway.ledger.records import Notice
from gateway.message.own_token import loop_token, notice_message_id
from gateway.message.survey_token import answer_code, opt_out_code
from gateway.notices import dates, frame, mime
from gateway.notices.html import html_body
from gateway.notices.passages import Passage, one_line, passage, plain_text
from gateway.policy.model import Bilingual, Division, Policy, Survey, SurveyAnswers
from gateway.policy.sentences import LANGUAGES, TextFailed, Texts

SUBJECT = Bilingual("One question about our answer", "Une question sur notre réponse")
_RATED = Bilingual("{rating} of 5 (code {code})", "{rating} sur 5 (code {code})")
_NO_MORE = Bilingual("No more questions (code {code})", "Plus de questions (code {code})")
_AS_IT_IS = Bilingual("You can send this message as it is.", "Vous pouvez envoyer ce message tel quel.")


class NotAsked(ValueError):
    """This mail cannot be written; the text names a rule or a file, never a person."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A survey mail as it reads."""

    subject: str
    text: str
    """Plain text with `\\n`, signature included."""
    html: str
    language: str
    """Value of Content-Language (RFC 3282)."""


@dataclass(frozen=True, slots=True)
class Codes:
    """What its links carry."""

    answer: str
    opt_out: str
    last_day: date
    """On which an answer counts."""


def codes(secret: bytes, division: Division, survey: Survey, case: str, person: str, answers: SurveyAnswers, now: datetime) -> Codes:
    """`case`: what the code is made from, such as the reference; `person`: keyed hash; `now`: aware."""
    last_day = (now.astimezone(division.calendar.zone) + answers.within).date()
    return Codes(answer_code(secret, (division.slug, survey.slug), case, last_day), opt_out_code(secret, person), last_day)


def survey_letter(survey: Survey, division: Division, used: Codes, language: str, *, policy: Policy, texts: Texts) -> Letter:
    """The words. `language`: en or fr, any other for both. Raises NotAsked."""
    if policy.survey_answers is None:
        raise NotAsked("no address takes answers")
    languages = (language,) if language in LANGUAGES else LANGUAGES
    shown = tuple(_said(survey, division, used, each, policy.survey_answers, texts) for each in languages)
    failed: list[str] = []
    text, html = frame.signatures({each: frame.signature_values(policy, division, each) for each in languages}, texts, failed)
    page = frame.page(html_body(shown, html), languages[0], policy.city.in_language(languages[0]), texts, failed)
    subject = " / ".join(SUBJECT.in_language(each) for each in languages)
    return Letter(subject, f"{plain_text(shown)}\n\n-- \n{text}\n", page, ", ".join(languages))


@dataclass(frozen=True)
class Writing:
    """Writes what one decision asks. `secret`: key of our Message-IDs and codes; `now`: aware; `return_path`: "" is the null one."""

    policy: Policy
    texts: Texts
    secret: bytes
    now: datetime
    give_up_after: timedelta
    return_path: str = ""

    def notice(self, asking: Asking, occasion: str) -> Notice:
        """The mail that asks; `occasion`: the identity of the answer after which it goes out, or what makes it one question. Raises NotAsked."""
        answers, division, to = self.policy.survey_answers, asking.division, asking.askable.recipient
        if answers is None:
            raise NotAsked("no address takes answers")
        if not mime.is_address(to) or not mime.is_address(answers.address):
            raise NotAsked("an address that cannot stand in a header that every server takes")
        used = codes(self.secret, division, asking.survey, asking.reference, asking.askable.person, answers, self.now)
        letter = survey_letter(asking.survey, division, used, asking.askable.language, policy=self.policy, texts=self.texts)
        key = f"survey:{occasion}"
        message_id = notice_message_id(self.secret, key, answers.address.rpartition("@")[2])
        header = "".join(
            (
                mime.mailbox_field("From", one_line(division.name.in_language(letter.language[:2])), answers.address),
                mime.mailbox_field("To", "", to),
                f"Date: {mime.date_value(self.now.astimezone(division.calendar.zone))}\r\n",
                f"Message-ID: {message_id}\r\n",
                mime.text_field("Subject", letter.subject),
                mime.automatic_fields("auto-generated", loop_token(self.secret, message_id), letter.language),
            )
        )
        octets = (header + mime.two_parts(letter.text, letter.html, message_id)).encode("ascii")
        return Notice(
            key=key, kind="survey", division=division.slug, mailbox=answers.address, message_id=message_id, mail_from=self.return_path,
            rcpt_to=to, octets=octets, not_before=self.now, give_up_at=self.now + self.give_up_after,
        )  # fmt: skip


def _said(survey: Survey, division: Division, used: Codes, language: str, answers: SurveyAnswers, texts: Texts) -> Passage:
    rated = _RATED.in_language(language)
    values = {
        "division": division.name.in_language(language),
        "question": survey.question.in_language(language),
        "until": dates.day(used.last_day, language),
        "collection_notice": answers.collection_notice.in_language(language),
    }
    values = {name: one_line(value) for name, value in values.items()}
    values |= {f"rate_{n}": _link(answers, rated.format(rating=n, code=used.answer), language) for n in range(1, 6)}
    values["no_more"] = _link(answers, _NO_MORE.in_language(language).format(code=used.opt_out), language)
    try:
        return passage(texts.render(f"survey/question.{language}.j2", values), language)
    except TextFailed as error:
        raise NotAsked(str(error)) from None


def _link(answers: SurveyAnswers, subject: str, language: str) -> str:
    """RFC 6068: everything but the address percent-encoded, spaces as %20."""
    address = quote(answers.address, safe="@")
    return f"mailto:{address}?subject={quote(subject, safe='')}&body={quote(_AS_IT_IS.in_language(language), safe='')}"
