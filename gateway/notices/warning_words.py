"""The values that the templates of a warning are given, in one language: names, dates, contacts, and which sentences hold.

Decides what the division's stand-in is called and how a number is read out; never how anything is laid out. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import date, datetime

from gateway.judgement.signature_fields import Known, read_block
from gateway.judgement.staff_verdict import AWAY_KINDS, Belonging, FindingKind, StaffVerdict, Topic
from gateway.judgement.verdict import Examination
from gateway.message.body import NewestText, newest_text
from gateway.message.signature_block import sender_names
from gateway.notices import dates
from gateway.notices.passages import one_line
from gateway.policy.model import Bilingual, Division, Policy
from gateway.policy.sentences import WARNING_VARIABLES

LONGEST_QUOTE = 160
"""Characters of the one line that is quoted back to its author."""

_SUBJECTS: Mapping[str, Bilingual] = {
    "contact": Bilingual("Your out-of-office reply: one line to add", "Votre réponse automatique : une ligne à ajouter"),
    "look": Bilingual("Your out-of-office reply: please have a look", "Votre réponse automatique : à revoir, s'il vous plaît"),
    "meeting": Bilingual("Your invitations: one line to add", "Vos invitations : une ligne à ajouter"),
    "signature": Bilingual("Your email signature: a few lines to put right", "Votre signature de courriel : quelques lignes à revoir"),
    "thanks-away": Bilingual("Thank you: your out-of-office reply is in order", "Merci : votre réponse automatique est en règle"),
    "thanks-signature": Bilingual("Thank you: your signature is in order", "Merci : votre signature est en règle"),
    "thanks-meeting": Bilingual("Thank you: your invitation is in order", "Merci : votre invitation est en règle"),
    "cover": Bilingual("Cover may be missing for one mailbox", "Un remplacement manque peut-être pour une boîte aux lettres"),
}
_FIELDS: Mapping[str, Bilingual] = {
    "no-name": Bilingual("your full name", "votre nom complet"),
    "no-title": Bilingual("your position title", "le titre de votre poste"),
    "no-division": Bilingual("your division", "votre division"),
    "no-organization": Bilingual("the City's name", "le nom de la Ville"),
    "no-phone": Bilingual("a telephone number", "un numéro de téléphone"),
    "no-email": Bilingual("an email address or website", "une adresse courriel ou un site Web"),
    "no-website": Bilingual("an email address or website", "une adresse courriel ou un site Web"),
}
_VIOLATIONS: Mapping[str, Bilingual] = {
    "quote_or_slogan": Bilingual("a quotation or slogan", "une citation ou un slogan"),
    "image_background": Bilingual("a picture or colour behind the text", "une image ou une couleur derrière le texte"),
    "wrong_order": Bilingual("the order of the lines (the one below is asked for)", "l'ordre des lignes (voir ci-dessous celui qui est demandé)"),
    "extra_social_links": Bilingual("links to personal social accounts", "des liens vers des comptes sociaux personnels"),
    "decorative_font": Bilingual("a decorative font", "une police décorative"),
}
_DETAILS = {
    "contact-without-a-way": "no_contact_way",
    "placeholder-left": "placeholder_left",
    "only-own-details": "only_own_details",
    "emergency-line-only": "emergency_line_only",
}
_SOME_TITLE = Bilingual("Team Member", "Fonctionnaire")
_SOME_DIVISION = Bilingual("City Services", "Services municipaux")
"""True of everybody, and complete as they stand, where nobody told us the person's own."""
_UNITS = {"day": Bilingual("day", "jour"), "week": Bilingual("week", "semaine"), "month": Bilingual("month", "mois"), "year": Bilingual("year", "an")}
_KEPT = re.compile(r"(\d+) (day|week|month|year)s?")
_GREETING = re.compile(r"(?:hello|hi|dear|good (?:morning|day|afternoon)|bonjour|bonsoir|madame|monsieur|thank|merci)\b.{0,60}$", re.IGNORECASE)
_ABOUT_ABSENCE = re.compile(
    r"\b(?:out of (?:the )?office|away|return\w*|back|absen\w+|until|leave|vacation|retour|congé|vacances|jusqu\w+|contact\w*|communiqu\w+)\b",
    re.IGNORECASE,
)
_NOT_A_DIGIT = re.compile(r"[^\d]+")
_EXTENSION = re.compile(r"(?:ext\.?|x|poste)\s?(\d+)$", re.IGNORECASE)


def nothing() -> dict[str, str]:
    """Every variable, empty."""
    return dict.fromkeys(WARNING_VARIABLES, "")


def subject(told: Collection[FindingKind], language: str) -> str:
    """Of a warning, by what weighs most in it."""
    key = "contact" if "no-alternate" in told else "look" if AWAY_KINDS & set(told) else "signature" if "signature" in told else "meeting"
    return _SUBJECTS[key].in_language(language)


def thanks_subject(topic: Topic, language: str) -> str:
    """Subject of the mail that thanks for what was put right."""
    return _SUBJECTS[f"thanks-{topic}"].in_language(language)


def farewell(topic: Topic, found: Mapping[str, str]) -> dict[str, str]:
    """Of the values of a warning, those that its last words need for this topic."""
    return {topic: "yes", **{name: found[name] for name in ("cover_by", "quiet_until", "kept_for")}}


def cover_subject() -> str:
    """In both languages: who reads it is nobody whose language is known."""
    return f"{_SUBJECTS['cover'].en} / {_SUBJECTS['cover'].fr}"


def values(examination: Examination, verdict: StaffVerdict, person: Belonging, division: Division, policy: Policy, language: str) -> dict[str, str]:
    """One entry for each of gateway.policy.sentences.WARNING_VARIABLES."""
    told = set(verdict.told)
    newest = newest_text(examination.message)
    zone = division.calendar.zone
    found: dict[str, str | None] = {
        **{kind.replace("-", "_"): "yes" for kind in told},
        "away": _yes(AWAY_KINDS & told),
        "offers_text": _yes(AWAY_KINDS - {"return-date-past"} & told),
        **_details(verdict, language),
        "quoted": _line_looked_at(newest) if AWAY_KINDS & told else "",
        "quoted_signature": _first_line(newest),
        "quoted_meeting": _clipped(examination.message.subject),
        "sent_at": dates.moment(examination.envelope.received_at.astimezone(zone), language),
        "first_name": first_name(person.name),
        "full_name": full_name(person),
        **_return(examination, language, examination.envelope.received_at.astimezone(zone).date()),
        **_stand_in(division, language),
        **_signature(examination, newest, person, division, policy, language),
        "quiet_until": dates.day(verdict.quiet_until.astimezone(zone).date(), language) if verdict.quiet_until else "",
        "cover_by": _cover_by(verdict.cover_at, division, language),
        "kept_for": _kept_for(policy.keep.get("findings") or "90 days", language),
        "help_desk": division.contacts.staff_help,
        "general": division.contacts.general,
    }
    return {**nothing(), **{name: one_line(value or "") for name, value in found.items()}}


def first_name(name: str) -> str:
    """`Robin` of `Robin Sample` and of `Sample, Robin`; "" of an address."""
    words = _in_order(name).split()
    return words[0] if words and "@" not in name else ""


def full_name(person: Belonging) -> str:
    """The name as it is spoken; of a person whose name nobody told us, the words of the address."""
    if person.name and "@" not in person.name:
        return _in_order(person.name)
    words = [word for word in re.split(r"[._-]+", person.address.partition("@")[0]) if word]
    return " ".join(word.capitalize() for word in words)


def spoken(number: str) -> str:
    """`4 1 6, 5 5 5, 0 1 4 2`: a synthetic voice, and a person reading aloud, then says digits."""
    extension = _EXTENSION.search(number)
    groups = [group for group in _NOT_A_DIGIT.split(number[: extension.start()] if extension else number) if group]
    said = ", ".join(" ".join(group) for group in groups)
    return f"{said}, poste {' '.join(extension[1])}" if extension else said


def _in_order(name: str) -> str:
    last, comma, first = name.partition(",")
    return " ".join(f"{first} {last}".split() if comma and first.strip() else last.split())


def _yes(holds: object) -> str:
    return "yes" if holds else ""


def _details(verdict: StaffVerdict, language: str) -> dict[str, str]:
    slugs = [slug for each in verdict.findings if each.kind in verdict.told for slug in each.detail]
    missing = dict.fromkeys(_FIELDS[slug].in_language(language) for slug in slugs if slug in _FIELDS)
    violations = dict.fromkeys(_VIOLATIONS[slug].in_language(language) for slug in slugs if slug in _VIOLATIONS)
    flags = {_DETAILS[slug]: "yes" for slug in slugs if slug in _DETAILS}
    return {**flags, "missing": ", ".join(missing), "violations": ", ".join(violations)}


def _first_line(newest: NewestText) -> str:
    """Of the signature, for its author to know which one is meant."""
    block = newest.signature if newest.signature_start is not None else ()
    return _clipped(next((line for line in block if line.strip(" -_*")), ""))


def _line_looked_at(newest: NewestText) -> str:
    """One line, for its author to know which text is meant."""
    lines = [line.strip() for line in newest.body or newest.lines if line.strip()]
    told = [line for line in lines if not _GREETING.match(line)] or lines
    return _clipped(next((line for line in told if _ABOUT_ABSENCE.search(line)), told[0] if told else ""))


def _clipped(line: str) -> str:
    text = one_line(line)
    return text if len(text) <= LONGEST_QUOTE else f"{text[:LONGEST_QUOTE]}…"


def _return(examination: Examination, language: str, today: date) -> dict[str, str]:
    back = examination.out_of_office.return_date
    if back is None or back < today:
        return {}
    with_year = dates.day(back, language)
    return {"back": with_year, "back_without_year": re.sub(r",? \d{4}$", "", with_year)}


def _stand_in(division: Division, language: str) -> dict[str, str]:
    """The division's stand-in; where it names none, its team, telephone and mailbox; City-wide, the general line alone."""
    contacts, given = division.contacts, division.contacts.stand_in
    if division.slug == "city-wide":
        return {"telephone": contacts.telephone, "spoken_telephone": spoken(contacts.telephone)}
    telephone = (given.telephone if given else None) or contacts.telephone
    team = given.name if given and given.name and language == "en" else None
    own = f"{division.acknowledgement.signed_by.in_language(language)}, {division.name.in_language(language)}"
    return {
        "team": team or own,
        "telephone": telephone,
        "spoken_telephone": spoken(telephone),
        "email": (given.email if given else None) or division.mailbox,
    }


def _signature(examination: Examination, newest: NewestText, person: Belonging, division: Division, policy: Policy, language: str) -> dict[str, str]:
    title = person.title or _own_title(examination, newest, policy)
    at_home = division.slug != "city-wide"
    return {
        "title": title or _SOME_TITLE.in_language(language),
        "title_known": _yes(title and (at_home or person.division_name)),
        "unit": person.unit,
        "division": division.name.in_language(language) if at_home else person.division_name or _SOME_DIVISION.in_language(language),
        "organization": policy.city.in_language(language),
        "own_telephone": division.contacts.telephone if at_home else division.contacts.general_from_outside or division.contacts.telephone,
        "own_email": person.address,
        # A web address in this mail would be a link in most programs; where an email address is enough, none is offered.
        "website": "" if "email" in policy.signature_rules.required else division.website.in_language(language),
    }


def _own_title(examination: Examination, newest: NewestText, policy: Policy) -> str:
    """The title that the person wrote, where it stands on a line of its own."""
    if newest.signature_start is None or "title" in examination.signature.missing:
        return ""
    rules = policy.signature_rules
    block = read_block(newest.signature, Known(rules.organization, rules.divisions, sender_names(examination.message)))
    lines = [each.line for each in block.found if each.field == "title"]
    alone = [line for line in lines if sum(each.line == line for each in block.found) == 1]
    return one_line(newest.signature[alone[0]].strip("*_ ")) if alone else ""


def _cover_by(at: datetime | None, division: Division, language: str) -> str:
    return dates.day(at.astimezone(division.calendar.zone).date(), language) if at else ""


def _kept_for(written: str, language: str) -> str:
    found = _KEPT.fullmatch(written.strip().casefold())
    if found is None or language == "en":
        return written
    unit = _UNITS[found[2]].fr
    return f"{found[1]} {unit}{'' if int(found[1]) < 2 or unit.endswith('s') else 's'}"
