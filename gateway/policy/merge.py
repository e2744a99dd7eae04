"""Makes one policy of the files: a division's own values over the City's defaults, and says where each value came from.

It gets files that are well-formed each for itself and in agreement with each other (`load` sees to both); it reads nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from pydantic import BaseModel

from gateway.policy import calendar_sections, files, sections, survey_sections
from gateway.policy.layers import Effective, Layers, ReadFile
from gateway.policy.model import (
    AcknowledgementPolicy,
    Audience,
    Baseline,
    Bilingual,
    Calendar,
    Clock,
    Contact,
    Contacts,
    Digests,
    Division,
    KindRule,
    Measure,
    SignatureRules,
    Standard,
    Survey,
    SurveyAnswers,
    Wording,
)
from gateway.policy.yaml_positions import Document

AUDIENCES: tuple[Audience, ...] = ("public", "council", "internal")
_FIXED_SUBJECT = Bilingual("We received your message [{reference}]", "Nous avons bien reçu votre message [{reference}]")
_SUBJECT = Bilingual("We received your message: {subject} [{reference}]", "Nous avons bien reçu votre message\u00a0: {subject} [{reference}]")
_TEAM = Bilingual("Client Service Team", "Équipe du service à la clientèle")
_FUNCTION = Bilingual("General inquiries", "Renseignements généraux")
_ALWAYS = {weekday: ((time(0), time(0)),) for weekday in range(7)}


def merge_division(
    division: ReadFile[files.DivisionFile], city: ReadFile[files.CityFile], *, holidays: Mapping[date, str], help_lines: Mapping[str, str], home: str
) -> tuple[Division, Mapping[str, Effective]]:
    """The division in force, and each of its values with its origin. `home` is the web address where neither file has one."""
    layers = Layers(division, city)
    own = division.content
    merged = Division(
        slug=layers.note_own("division", value=own.division),
        name=_bilingual(layers.note_own("name", value=own.name)),
        mailbox=layers.note_own("mailbox", value=own.mailbox),
        aliases=tuple(layers.note_own("also_known_as", value=own.also_known_as)),
        reference_prefix=layers.choose("reference", built_in=city.content.reference),
        calendar=_calendar(layers, holidays),
        contacts=_contacts(layers),
        standards=tuple(_standards(layers)),
        kinds=tuple(_kind_rule(entry, own) for entry in own.kinds),
        default_kind=_default_kind(own.kinds),
        rollout={audience: layers.choose("rollout", audience, built_in="observe") for audience in AUDIENCES},
        acknowledgement=_acknowledgement(layers, help_lines),
        website=_bilingual(layers.choose("website", built_in=Bilingual(home, home))),
        round_the_clock=layers.note_own("service", value=own.service) == "round the clock",
        letters_arrive_from=tuple(layers.note_own("letters_arrive_from", value=own.letters_arrive_from)),
        staff=tuple(layers.note_own("staff", value=own.staff)),
        acknowledgements=own.acknowledgements,
        units=tuple(layers.note_own("signature", "units", value=own.signature.units)),
        surveys=tuple(_survey(entry) for entry in own.surveys),
        measures=tuple(_measure(entry) for entry in own.measures),
        out_of_office=_section(layers, "out_of_office", sections.OutOfOffice),
        signature=_section(layers, "signature", sections.DivisionSignature, besides=("units",)),
        meetings=_section(layers, "meetings", sections.Meetings),
        reminders=_section(layers, "reminders", sections.Reminders),
        digests=digests(layers.note_own("digests", value=own.digests)),
    )
    return merged, layers.shown


def digests(written: sections.Digests) -> Digests:
    """Who receives them; each address once."""
    return Digests(tuple(dict.fromkeys(written.weekly)), tuple(dict.fromkeys(written.monthly)))


def city_as_division(city: ReadFile[files.CityFile], *, holidays: Mapping[date, str], home: str) -> Division:
    """What holds for staff who belong to no division: the City's values under a file that says nothing of its own."""
    said = city.content
    general = said.contacts.general.telephone or "311"
    own = files.DivisionFile.model_construct(
        division="city-wide",
        name=said.name,
        mailbox=said.contacts.staff_help or "",
        contacts=sections.DivisionContacts.model_construct(telephone=general),
    )
    merged, _ = merge_division(ReadFile("", Document(), own), city, holidays=holidays, help_lines={}, home=home)
    return merged


def signature_rules(rules: files.SignatureFile, city: files.CityFile, divisions: Iterable[Division]) -> SignatureRules:
    """The rules for signatures of staff, with every division's and unit's name that may stand in one."""
    names = [name for each in divisions for name in (each.name.en, each.name.fr, *each.units)]
    short = city.signature.replies_in_a_thread == "name and telephone are enough"
    return SignatureRules(
        name=rules.name,
        required=tuple(rules.required),
        order=tuple(rules.order),
        organization=tuple(rules.organization),
        prohibited=tuple(rules.prohibited),
        divisions=tuple(dict.fromkeys(names)),
        reply_fields=("name", "phone") if short else None if rules.reply_fields is None else tuple(rules.reply_fields),
    )


def plain_values(section: BaseModel) -> dict[str, Any]:
    """A section's written values by key."""
    return {name: getattr(section, name) for name in section.model_fields_set}


def opening_hours(entries: Iterable[calendar_sections.OpeningHours]) -> dict[int, tuple[tuple[time, time], ...]]:
    """Weekday -> its open spans."""
    return {day: entry.open for entry in entries for day in entry.days}


def _calendar(layers: Layers, holidays: Mapping[date, str]) -> Calendar:
    own, city = layers.division.content, layers.city.content
    zone = layers.choose("time_zone")
    if own.service == "round the clock" and own.hours is None:
        return Calendar(zone, _ALWAYS, {}, _closures(own.closures))
    concerned = [each for each in city.closures if each.divisions is None or own.division in each.divisions]
    return Calendar(zone, opening_hours(layers.choose("hours")), holidays, _closures([*concerned, *own.closures]))


def _closures(entries: Iterable[calendar_sections.DivisionClosure]) -> dict[date, tuple[time, str]]:
    """By date; of two closures of one day, the earlier in the day."""
    found: dict[date, tuple[time, str]] = {}
    for entry in entries:
        closure = (entry.opening or time(0), entry.why)
        if entry.date not in found or closure[0] < found[entry.date][0]:
            found[entry.date] = closure
    return found


def _contacts(layers: Layers) -> Contacts:
    city, own = layers.city.content.contacts, layers.division.content.contacts

    def of_division(key: str, value: Any) -> Any:
        return layers.note(("contacts", key), value, layers.division)

    def of_city(key: str, value: Any, *path: str) -> Any:
        written = ("contacts", *path) in layers.city.document.values
        return layers.note(("contacts", key), value, layers.city if written else None, ("contacts", *path))

    return Contacts(
        telephone=of_division("telephone", own.telephone),
        tty=of_division("tty", own.tty),
        after_hours=of_division("after_hours", own.after_hours),
        general=of_city("general", city.general.telephone or "311", "general", "telephone"),
        general_from_outside=of_city("general_from_outside", city.general.from_outside_the_city, "general", "from_outside_the_city"),
        general_tty=of_city("general_tty", city.general.tty, "general", "tty"),
        danger=of_city("danger", city.danger or "911", "danger"),
        council_desk=_contact(layers.choose("contacts", "council_desk")),
        stand_in=_contact(of_division("stand_in", own.stand_in)),
        policy_news=of_division("policy_news", own.policy_news),
        reminders=of_division("reminders", own.reminders),
        after_a_missed_date=of_division("after_a_missed_date", own.after_a_missed_date),
        staff_help=of_city("staff_help", city.staff_help, "staff_help"),
    )


def _contact(entry: sections.ContactEntry | None) -> Contact | None:
    return Contact(entry.name, entry.telephone, entry.email) if entry else None


def _standards(layers: Layers) -> Iterable[Standard]:
    """The division's own, then the City-wide ones."""
    division, city = layers.division, layers.city
    for index, entry in enumerate(division.content.standards):
        yield _noted(layers, f"standards.{index + 1}", _standard(entry, division.content.division, division.content.stated_in), division, index)
    for index, each in enumerate(city.content.standards):
        standard = _standard(each, "City-wide", None)
        if division.content.service == "round the clock" and each.acknowledge_if_round_the_clock:
            standard = replace(standard, acknowledge=each.acknowledge_if_round_the_clock)
        yield _noted(layers, f"standards.{len(division.content.standards) + index + 1}", standard, city, index)


def _noted(layers: Layers, key: str, standard: Standard, source: ReadFile[Any], index: int) -> Standard:
    clocks = [f"{name} {clock.text}" for name, clock in (("acknowledge", standard.acknowledge), ("respond", standard.respond)) if clock]
    layers.note((key,), f"{standard.label}: {', '.join(clocks)}", source, ("standards", index))
    return standard


def _standard(entry: sections.StandardEntry, whose: str, stated_in: sections.StatedIn | None) -> Standard:
    place = entry.stated_in or stated_in
    audience = "any audience" if set(entry.audience or AUDIENCES) == set(AUDIENCES) else ", ".join(entry.audience or ())
    kind = "any kind" if entry.kind is None else ", ".join(entry.kind)

    def promised(clock: Clock | None) -> Clock | None:
        return replace(clock, received_by=entry.received_by, if_closed=entry.if_closed) if clock else None

    return Standard(
        audiences=frozenset(entry.audience or AUDIENCES),
        kinds=None if entry.kind is None else frozenset(entry.kind),
        acknowledge=promised(entry.acknowledge),
        respond=promised(entry.respond),
        stated_as=entry.stated_as,
        label=f"{whose}: {audience}, {kind}",
        stated_in_public=place.public if place else None,
        stated_in_staff=place.staff if place else None,
        kept_by=entry.kept_by,
        if_closed=entry.if_closed,
    )


def _kind_rule(entry: sections.KindEntry, own: files.DivisionFile) -> KindRule:
    spoken = entry.kind.replace("-", " ")
    return KindRule(
        kind=entry.kind,
        name=_bilingual(entry.name) if entry.name else Bilingual(spoken, spoken),
        audiences=frozenset(entry.audience or AUDIENCES),
        confidential=entry.confidential,
        any_of=tuple(_condition(each, own) for each in entry.any_of),
        but_not=tuple(_condition(each, own) for each in entry.but_not),
    )


def _condition(entry: sections.KindConditions, own: files.DivisionFile) -> Mapping[str, tuple[str, ...]]:
    return {key: tuple(own.letters_arrive_from if value is None else value) for key, value in plain_values(entry).items()}


def _default_kind(kinds: Sequence[sections.KindEntry]) -> str:
    """inquiry; or the only kind, where a division serves nothing else."""
    only = len(kinds) == 1 and not kinds[0].any_of and not kinds[0].but_not
    return kinds[0].kind if only else "inquiry"


def _acknowledgement(layers: Layers, help_lines: Mapping[str, str]) -> AcknowledgementPolicy:
    own, city = layers.division.content, layers.city.content

    def choose(key: str, built_in: Any) -> Any:
        return layers.choose("acknowledgement", key, built_in=built_in)

    sent_to = choose("sent_to", ["public", "council"])
    if not own.acknowledgements:
        layers.note(("acknowledgements",), "off", layers.division)
    return AcknowledgementPolicy(
        sent_to=frozenset(sent_to) if own.acknowledgements else frozenset(),
        signed_by=_bilingual(choose("signed_by", _TEAM)),
        signed_title=_bilingual(choose("function", _FUNCTION)),
        subject=_bilingual(choose("subject", _SUBJECT)),
        fixed_subject=_bilingual(choose("fixed_subject", _FIXED_SUBJECT)),
        wording={language: _wording(layers, language) for language in ("en", "fr")},
        copy_to_mailbox=choose("copy_to_mailbox", False),
        new_case_after=choose("same_thread_opens_a_new_case_after", timedelta(days=30)),
        other_languages=help_lines if city.acknowledgement.other_languages == "one line" else {},
        notice=Bilingual(city.notice.en, city.notice.fr) if city.notice else None,
        notice_until=_in_zone(city.notice.until, city) if city.notice else None,
    )


def _in_zone(local: datetime, city: files.CityFile) -> datetime:
    return local.replace(tzinfo=city.time_zone)


def _wording(layers: Layers, language: str) -> Wording:
    return Wording(**{key: layers.choose("acknowledgement", "wording", language, key) for key in sections.LanguageWording.model_fields})


def _section(layers: Layers, key: str, model: type[BaseModel], besides: tuple[str, ...] = ()) -> Mapping[str, object]:
    """A group of keys that both files may have, merged key by key; what neither has is left out."""
    found = {name: layers.choose(key, name) for name in model.model_fields if name not in besides}
    return {name: value for name, value in found.items() if value is not None or (key, name) in layers.division.document.values}


def _survey(entry: survey_sections.SurveyEntry) -> Survey:
    return Survey(
        slug=entry.survey,
        asked={key: str(value) for key, value in entry.asked.model_dump().items() if value is not None},
        question=_bilingual(entry.question),
        counts=entry.counts,
        target=entry.target,
        unit=entry.unit,
        baseline=_baseline(entry.baseline),
        never_after_kinds=tuple(entry.never_after_kinds),
        stated_as=entry.stated_as,
    )


def survey_answers(city: files.CityFile) -> SurveyAnswers | None:
    """None where nobody is asked."""
    said = city.surveys
    return SurveyAnswers(said.answers_to.lower(), said.answers_within, _bilingual(said.collection_notice)) if said else None


def _measure(entry: survey_sections.MeasureEntry) -> Measure:
    return Measure(entry.measure, entry.means, entry.every, entry.target, entry.unit, _baseline(entry.baseline), entry.stated_as, entry.values)


def _baseline(entry: survey_sections.BaselineEntry | None) -> Baseline | None:
    return Baseline(entry.period, entry.value, entry.answers, entry.margin) if entry else None


def _bilingual(value: Any) -> Bilingual:
    return Bilingual(value.en, value.fr)
