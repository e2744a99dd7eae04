"""A small policy of three divisions, made of values, so that these tests depend on no file of the policies folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import time, timedelta
from zoneinfo import ZoneInfo

from gateway.policy.model import (
    AcknowledgementPolicy,
    Audience,
    Bilingual,
    Calendar,
    Clock,
    Contacts,
    Division,
    KindRule,
    Mode,
    Policy,
    SignatureRules,
    Standard,
    SurveyAnswers,
)

ZONE = ZoneInfo("America/Toronto")
EVERYBODY: frozenset[Audience] = frozenset(("public", "council", "internal"))
OUTSIDE: frozenset[Audience] = frozenset(("public", "council"))
CALENDAR = Calendar(ZONE, {day: ((time(8, 30), time(16, 30)),) for day in range(5)}, {})
CITY_WIDE = Standard(EVERYBODY, None, Clock("business_days", 2, text="2 business days"), None, "within 2 business days", "City-wide: any")
ENFORCE: Mapping[Audience, Mode] = {"public": "enforce", "council": "enforce", "internal": "warn"}

HR_LETTER = KindRule(
    "correspondence",
    Bilingual("letter", "lettre"),
    EVERYBODY,
    any_of=({"arrived_from": ("mailroom@toronto.example",)}, {"subject_has": ("letter attached", "lettre ci-jointe")}),
    but_not=({"attachment_named": ("resume", "cv", "cover letter")},),
)
COMPLAINT = KindRule(
    "human-rights-complaint",
    Bilingual("complaint", "plainte"),
    EVERYBODY,
    confidential=True,
    any_of=(
        {"subject_has": ("complaint", "plainte")},
        {"body_has": ("harass", "harcel", "discriminat")},
        {"matches": (r"human rights? (tribunal|code)",)},
    ),
)


def division(slug: str, mailbox: str, prefix: str, standards: tuple[Standard, ...], kinds: tuple[KindRule, ...] = (), **changed: object) -> Division:
    made = Division(
        slug=slug,
        name=Bilingual(slug, slug),
        mailbox=mailbox,
        aliases=(),
        reference_prefix=prefix,
        calendar=CALENDAR,
        contacts=Contacts("416-555-0100"),
        standards=(*standards, CITY_WIDE),
        kinds=kinds,
        default_kind="inquiry",
        rollout=ENFORCE,
        acknowledgement=AcknowledgementPolicy(
            OUTSIDE, Bilingual("Team", "Équipe"), Bilingual("Inquiries", "Renseignements"), Bilingual("s", "s"), Bilingual("f", "f")
        ),
        website=Bilingual("https://www.toronto.example", "https://www.toronto.example"),
    )
    return replace(made, **changed)  # type: ignore[arg-type]


def hours(count: int) -> Clock:
    return Clock("hours", count, text=f"{count} hours")


HR = division(
    "human-resources",
    "hr@toronto.example",
    "HR",
    (
        Standard(EVERYBODY, frozenset(("inquiry",)), None, hours(48), "handled within 48 hrs", "human-resources: inquiry"),
        Standard(EVERYBODY, frozenset(("correspondence",)), None, Clock("days", 10), "within 10 days", "human-resources: correspondence"),
    ),
    (HR_LETTER,),
    aliases=("human-resources@toronto.example", "jobs@toronto.example"),
    letters_arrive_from=("mailroom@toronto.example",),
)
EQUITY = division(
    "equity-diversity-human-rights",
    "equity@toronto.example",
    "EQ",
    (
        Standard(EVERYBODY, frozenset(("human-rights-complaint",)), None, hours(48), "within 48 hours", "equity: complaint"),
        Standard(OUTSIDE, None, hours(24), None, "acknowledged within 24 hours", "equity: public inquiry"),
        Standard(frozenset(("internal",)), None, None, hours(24), "within 24 hours", "equity: internal inquiry"),
    ),
    (COMPLAINT,),
)
AUDIT = division("internal-audit", "internal-audit@toronto.example", "AU", ())


def policy_of(*divisions: Division, **changed: object) -> Policy:
    made = Policy(
        version="test",
        city=Bilingual("City of Toronto", "Ville de Toronto"),
        zone=ZONE,
        divisions={each.slug: each for each in divisions},
        by_mailbox={mailbox: each for each in divisions for mailbox in each.mailboxes},
        organization_domains=("toronto.example",),
        authserv_ids=(),
        council_senders=("*@council.toronto.example", "councillor.*@toronto.example"),
        signature_rules=SignatureRules("none", (), (), (), ()),
        trusted_sources=("forms@toronto.example", "no-reply@toronto.example", "www-data@toronto.example", "telephone@provider.example"),
    )
    return replace(made, **changed)  # type: ignore[arg-type]


POLICY = policy_of(HR, EQUITY, AUDIT)
BORDER = replace(POLICY, authserv_ids=("mx.toronto.example",))

VARIANTS = {
    "plain": POLICY,
    "surveys": replace(POLICY, survey_answers=SurveyAnswers("survey@toronto.example", timedelta(days=30), Bilingual("Why.", "Pourquoi."))),
    "border": BORDER,
    "stopped": replace(POLICY, acknowledgements=False),
    "hr stopped": policy_of(replace(HR, acknowledgements=False), EQUITY, AUDIT),
    "hr observes": policy_of(replace(HR, rollout={**ENFORCE, "public": "observe"}), EQUITY, AUDIT),
    "hr warns": policy_of(replace(HR, rollout={**ENFORCE, "public": "warn"}), EQUITY, AUDIT),
    "hr answers staff": policy_of(
        replace(HR, rollout={**ENFORCE, "internal": "enforce"}, acknowledgement=replace(HR.acknowledgement, sent_to=EVERYBODY)), EQUITY, AUDIT
    ),
}
