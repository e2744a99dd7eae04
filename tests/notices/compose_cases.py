"""A small City for the tests of what people receive: plain values, no policy files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from types import MappingProxyType
from zoneinfo import ZoneInfo

from gateway.judgement.verdict import AcknowledgementDecision, Case, Examination, OutOfOffice, SignatureCheck
from gateway.ledger.records import Notice
from gateway.message.automatic import Automatic
from gateway.message.model import Envelope, Message, Part
from gateway.notices.compose import acknowledgement_notice, acknowledgement_text
from gateway.policy.diagnostics import Diagnostic
from gateway.policy.folders import Folders, read_files
from gateway.policy.model import (
    AcknowledgementPolicy,
    Audience,
    Bilingual,
    Calendar,
    Contact,
    Contacts,
    Division,
    Policy,
    SignatureRules,
    Wording,
)
from gateway.policy.sentences import Texts
from gateway.policy.texts import make_texts

ROOT = Path(__file__).resolve().parents[2]
SECRET = b"a secret of the tests, 32 octets"
TORONTO = ZoneInfo("America/Toronto")
RECEIVED = datetime(2026, 11, 16, 10, 12, 41, tzinfo=TORONTO)
TWO_DAYS = timedelta(days=2)

CALENDAR = Calendar(
    zone=TORONTO,
    hours=dict.fromkeys(range(5), ((time(8, 30), time(16, 30)),)),
    holidays={date(2026, 12, 25): "Christmas Day", date(2026, 12, 28): "Boxing Day (observed)"},
)

HR_WORDING = {
    "en": Wording(
        arrived="Your message reached Human Resources on {received}. A person on our team will read it.",
        date="You will have our answer by {respond_by}.",
        meanwhile="Call Human Resources at {telephone}, Monday to Friday, 8:30 a.m. to 4:30 p.m.",
    ),
    "fr": Wording(
        arrived="Votre message est parvenu aux Ressources humaines le {received}. Une personne de notre équipe le lira.",
        date="Vous recevrez notre réponse au plus tard le {respond_by}.",
        meanwhile="Appelez les Ressources humaines au {telephone}, du lundi au vendredi, de 8 h 30 à 16 h 30.",
    ),
}
EM_WORDING = {
    "en": Wording(
        aim="Executive Management has no fixed date for a full answer, because questions here often involve several divisions. "
        "If you have heard nothing in two weeks, call {telephone} and give the reference below."
    ),
    "fr": Wording(
        aim="La Direction générale ne fixe pas de date pour une réponse complète, car les questions qu'elle reçoit touchent souvent plusieurs "
        "divisions. Si vous n'avez rien reçu d'ici deux semaines, composez le {telephone} et donnez la référence ci-dessous."
    ),
}
MEDIA_WORDING = {
    "en": Wording(
        arrived="Your message reached the media desk on {received}.",
        date="This is our acknowledgement. Tell us your deadline in a reply if you have not yet done so.",
        meanwhile="The media desk answers at {telephone}.",
    ),
    "fr": Wording(
        arrived="Votre message est parvenu au service des relations avec les médias le {received}.",
        date="Le présent message est notre accusé de réception. Si ce n'est déjà fait, indiquez-nous votre heure de tombée en réponse.",
        meanwhile="Service des relations avec les médias : {telephone}.",
    ),
}


def division(
    slug: str,
    name: Bilingual,
    mailbox: str,
    telephone: str,
    team: Bilingual,
    *,
    wording: Mapping[str, Wording] | None = None,
    tty: str | None = None,
    after_hours: str | None = None,
) -> Division:
    return Division(
        slug=slug,
        name=name,
        mailbox=f"{mailbox}@toronto.example",
        aliases=(),
        reference_prefix="HR",
        calendar=CALENDAR,
        contacts=Contacts(telephone=telephone, council_desk=Contact("Council desk", "416-555-0115"), tty=tty, after_hours=after_hours),
        standards=(),
        kinds=(),
        default_kind="inquiry",
        rollout={},
        acknowledgement=AcknowledgementPolicy(
            sent_to=frozenset(("public", "council")),
            signed_by=team,
            signed_title=Bilingual("General inquiries", "Renseignements généraux"),
            subject=Bilingual("We received your message: {subject} [{reference}]", "Nous avons bien reçu votre message : {subject} [{reference}]"),
            fixed_subject=Bilingual("We received your message [{reference}]", "Nous avons bien reçu votre message [{reference}]"),
            wording=wording or {},
            other_languages={"ta": "தமிழில் உதவி பெற 311 என்ற எண்ணை அழைக்கவும்.", "ar": "للحصول على المساعدة باللغة العربية، اتصل بالرقم 311."},
        ),
        website=Bilingual(f"https://www.toronto.example/{slug}", f"https://www.toronto.example/fr/{slug}"),
    )


DIVISIONS = {
    each.slug: each
    for each in (
        division(
            "human-resources", Bilingual("Human Resources", "Ressources humaines"), "hr", "416-555-0142",
            Bilingual("Client Service Team", "Équipe du service à la clientèle"), wording=HR_WORDING, tty="416-555-0143",
        ),
        division(
            "executive-management", Bilingual("Executive Management", "Direction générale"), "executive-management", "416-555-0112",
            Bilingual("Correspondence Team", "Équipe de la correspondance"), wording=EM_WORDING,
        ),
        division(
            "equity-diversity-human-rights", Bilingual("Equity, Diversity and Human Rights", "Équité, diversité et droits de la personne"),
            "equity", "416-555-0121", Bilingual("Equity Team", "Équipe de l'équité"), tty="416-555-0122",
        ),
        division(
            "internal-audit", Bilingual("Internal Audit", "Vérification interne"), "internal-audit", "416-555-0130",
            Bilingual("Audit Team", "Équipe de la vérification"),
        ),
        division(
            "strategic-communications", Bilingual("Strategic Communications", "Communications stratégiques"), "media", "416-555-0150",
            Bilingual("Media desk", "Service des relations avec les médias"), wording=MEDIA_WORDING, after_hours="416-555-0151",
        ),
    )
}  # fmt: skip

POLICY = Policy(
    version="test",
    city=Bilingual("City of Toronto", "Ville de Toronto"),
    zone=TORONTO,
    divisions=MappingProxyType(DIVISIONS),
    by_mailbox={each.mailbox: each for each in DIVISIONS.values()},
    organization_domains=("toronto.example",),
    authserv_ids=(),
    council_senders=(),
    signature_rules=SignatureRules("test", (), (), (), ()),
)
REFERENCES = {
    "hr@toronto.example": "HR-4K7M",
    "executive-management@toronto.example": "EM-7QRT",
    "equity@toronto.example": "CT-9P3T",
    "internal-audit@toronto.example": "AU-2FGH",
    "media@toronto.example": "SC-6WXY",
}


def case(slug: str, respond_by: datetime | None = None, *, audience: Audience = "public", confidential: bool = False) -> Case:
    return Case(slug, DIVISIONS[slug].mailbox, audience, "inquiry", "", "", None, respond_by, confidential)


def decision(
    lead: Case, *others: Case, language: str = "en", quote_subject: bool = False, recipient: str = "resident@example.org"
) -> AcknowledgementDecision:
    return AcknowledgementDecision(True, "new-inquiry", "", None, lead, others, recipient, language, quote_subject)


def message(
    subject: str = "", message_id: str | None = "<first@example.org>", *, in_reply_to: tuple[str, ...] = (), references: tuple[str, ...] = ()
) -> Message:
    return Message(fields=(), root=Part(), subject=subject, message_id=message_id, in_reply_to=in_reply_to, references=references)


def examination(received: datetime = RECEIVED, about: Message | None = None) -> Examination:
    return Examination(
        message=about or message(), envelope=Envelope("resident@example.org", ("hr@toronto.example",), "inbound", received), identity="a" * 64,
        thread=(), subject_references=(), inquirer="resident@example.org", audience="public", kind="inquiry", language="en", automatic=Automatic(),
        out_of_office=OutOfOffice(), signature=SignatureCheck(), meeting=None, cases=(), is_inquiry=True, from_staff=False,
        acknowledgement=decision(case("human-resources")),
    )  # fmt: skip


def texts_of(templates: Path, signatures: Path) -> tuple[Texts | None, tuple[Diagnostic, ...]]:
    """What these folders' texts make, as they are now."""
    return make_texts(read_files(Folders(ROOT / "policies", templates, signatures)))


@cache
def shipped_texts() -> Texts:
    texts, diagnostics = texts_of(ROOT / "templates", ROOT / "signatures")
    assert texts is not None, "\n".join(map(str, diagnostics))
    return texts


def with_acknowledgement(slug: str, **changes: object) -> Policy:
    """The policy with something changed in one division's acknowledgement."""
    changed = replace(DIVISIONS[slug], acknowledgement=replace(DIVISIONS[slug].acknowledgement, **changes))  # type: ignore[arg-type]
    return replace(POLICY, divisions={**DIVISIONS, slug: changed})


def compose_acknowledgement(
    examination: Examination,
    decision: AcknowledgementDecision,
    *,
    references: Mapping[str, str],
    policy: Policy,
    texts: Texts,
    secret: bytes,
    now: datetime,
    give_up_after: timedelta,
) -> Notice:
    """Words and octets in one step, as `Rulebook` does it in two."""
    composed = acknowledgement_text(examination, decision, references=references, policy=policy, texts=texts, now=now)
    return acknowledgement_notice(composed, examination, decision, policy=policy, secret=secret, now=now, give_up_after=give_up_after)
