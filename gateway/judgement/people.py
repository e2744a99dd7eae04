"""Persons, teams and roles that a text names: for the alternates of an out-of-office reply.

It finds capitalised names and words of functions. It never decides whether they are offered, and knows nobody.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from gateway.judgement.titles import POSTAL, TITLE, UNIT


class Named(NamedTuple):
    """A person or a role that a text names: `text[start:end]`."""

    kind: Literal["person", "role"]
    text: str
    start: int
    end: int


_TITLE = r"(?:(?:Mr|Mrs|Ms|Mx|Dr|Prof|M|Mme|Mlle|MM)\.?\s+)"
_CAPITAL = r"[A-ZÀ-ÖØ-ÞŁŚŽŠČĆĐİ][\w'’]*(?:-[\w'’]+)*"
_PARTICLE = r"(?:de la|de|du|des|da|di|van der|van|von|der|den|el|al|bin|dos|le|la)"
_RUN = re.compile(
    rf"(?<![\w@.])(?:{_TITLE})?{_CAPITAL}\.?(?:[ \u00a0](?:(?:{_PARTICLE} )?{_CAPITAL}\.?|&|and(?= [A-Z][a-z]+ (?:Services|Relations"
    rf"|Safety|Planning|Team|Support))))*"
)
_LAST_FIRST = re.compile(rf"(?<![\w.] )({_CAPITAL}), ({_CAPITAL}(?: [A-Z]\.?)?)(?=\s?(?:at|on|\(|-|–|:|<|$))")
_NAMES_KEPT = 40
_NOT_NAMES = frozenset(
    """
    im ive ill dont wont cant
    i i'm i’m i'll i’ll i've i’ve please kindly for if in on at to the a an my our your his her their this that these those there should when while
    until upon during thank thanks merci bonjour hello hi dear contact contactez call email e-mail email: mail phone telephone cell mobile tel fax ext
    extension office direct out away urgent emergency emergencies immediate assistance help alternatively otherwise also or and but we you he she they
    it all any for general regards best sincerely cheers monday tuesday wednesday thursday friday saturday sunday january february march april may
    june july august september october november december jan feb mar apr jun jul aug sep sept oct nov dec lundi mardi mercredi jeudi vendredi samedi
    dimanche pour en au aux le la les un une je j'ai j’ai vous nous votre mon ma mes veuillez si d'ici d’ici toutefois urgence cas toute dans courriel
    téléphone poste auto automatic reply réponse automatique note re subject no not do don't don’t is are will can due as after before from by ping
    either both with am pm est edt canada toronto ontario north america christmas new year happy holidays holiday vacation leave conference training
    speak reach send forward refer see try dial ask use visit after-hours hours business bonne avant pendant durant lors communiquez communiquer
    appelez joindre adressez media hr it ok covid date return retour absence absent absente currently presently actuellement since limited access
    sorry back yes text via teams zoom outlook intranet
    """.split()
)
_TEAM_WORD = re.compile(
    r"\b(?:team|office|desk|unit|section|division|department|branch|services?|centre|center|help ?desk|reception|hotline|hot line|group"
    r"|committee|line|support|staff|clinic|library|relations|resources|équipe|bureau|bureaux|unité|secteur|direction|service|réception|secrétariat"
    r"|accueil|ressources|centrale|mailbox|inbox|operations|dispatch|security|intake|administration|counter|clerk|council)\b",
    re.IGNORECASE,
)
_COMPANY = re.compile(r"\b(?:Inc|Ltd|Ltée|LLP|Corp|Corporation|Company|LLC)\b")
_POSSESSIVE = re.compile(r"['’]s?$")
_GOES_WITH_A_NAME = re.compile(r"(?:['’]s)?\.?\s?(?:at\b|is\b|has\b|can\b|will\b|who\b|or\b|and\b|[(,\d+:–-]|x\s?\d|ext\b|$)")
_UNIT_NOUN = re.compile(
    r"\b(?:Communications|Relations|Resources|Operations|Planning|Technology|Transportation|Forestry|Recreation|Finance|Payroll|Purchasing)$"
)
_FUNCTION = (
    r"(?:manager|supervisor|director|assistant|executive assistant|administrative assistant|admin|coordinator|co-ordinator|colleagues?"
    r"|co-?workers?|backup|back-up|replacement|delegate|secretary|boss|lead|team|office|staff|team lead|unit|analyst|deputy|chief|group|clerk"
    r"|planner|officer|advisor|adviser|consultant|partner|associate|receptionist|operator|chief of staff|officemate|alternate"
    r"|team ?mates?|workmates?|crew|folks|people|assistants|managers|coordinators|wife|husband|spouse|sister|brother|son|daughter)"
)
_ROLE = re.compile(
    rf"\b(?:my|our|his|her)(?: [a-z-]{{2,14}}){{0,3}}? {_FUNCTION}\b"
    rf"|\b(?:the|any)(?: (?:team|on-call|on-duty|duty|acting|front|main|general|help|media|information|service|client|customer|reception|switchboard"
    rf"|after-hours|council|department|division|divisional|administrative|program|human|resources|hr|it)){{1,3}}"
    rf"(?: (?:{_FUNCTION}|desk|line|number|mailbox|services?|inbox|centre|center|office|hotline))?\b"
    r"|\b(?:front|help|service|reception|information|media|council|duty) ?desk\b|\bmain (?:office|line|number|switchboard)\b"
    r"|\bswitchboard\b|\breception\b|\b(?:duty|acting) (?:officer|manager|director|supervisor)\b|\b311 Toronto\b"
    r"|\b(?:mon|ma|mes|notre|nos) (?:collègues?|adjointe?|gestionnaire|superviseure?|directeur|directrice|supérieure?|équipe|remplaçante?|bureau"
    r"|secrétaire|chef(?:fe)?|patron(?:ne)?|coordonnat\w+)\b(?: administrative?| immédiate?)?"
    r"|\bl['’](?:équipe|adjointe?|accueil|agente? de garde|unité)\b(?: (?:du|de la|de l['’]|des) [\w'’ -]{3,40}?(?= (?:au|à|par|:|\()|[,.;:(]|$))?"
    r"|\bla réception\b|\ble (?:secrétariat|bureau principal|standard|service)\b",
    re.IGNORECASE,
)


def named(text: str) -> tuple[Named, ...]:
    """Persons and roles in order of their place, without overlaps. A single first name counts (`contact Jane at`)."""
    found: list[Named] = []
    for match in _LAST_FIRST.finditer(text):
        if not _stop(match[1]) and not _stop(match[2]) and not (_TEAM_WORD.search(match[0]) or TITLE.search(match[0]) or UNIT.search(match[0])):
            _keep(found, Named("person", f"{match[2]} {match[1]}", match.start(), match.end()))
    for match in _RUN.finditer(text):
        for each in _pieces(match):
            _keep(found, each)
    for match in _ROLE.finditer(text):
        _keep(found, Named("role", match[0].strip(), match.start(), match.end()))
    return tuple(sorted(found, key=lambda each: each.start))


def _keep(found: list[Named], new: Named) -> None:
    if len(found) < _NAMES_KEPT and not any(new.start < each.end and each.start < new.end for each in found):
        found.append(new)


def _pieces(match: re.Match[str]) -> list[Named]:
    """A run of capitalised words, without words that begin sentences; a run with a team word is a team."""
    words = [(word[0], match.start() + word.start(), match.start() + word.end()) for word in re.finditer(r"\S+", match[0])]
    while words and _stop(words[0][0]):
        words.pop(0)
    while words and _stop(words[-1][0]):
        words.pop()
    if not words or any(_stop(word) for word, _, _ in words[1:-1]):
        return []
    start = words[0][1]
    text = _POSSESSIVE.sub("", match.string[start : words[-1][2]].rstrip(".&,"))
    end = start + len(text)
    if _COMPANY.search(text) or POSTAL.search(text):
        return []
    if _is_function(text, len(words)):
        return [Named("role", text, start, end)]
    if len(words) == 1 and start == 0 and not _GOES_WITH_A_NAME.match(match.string, end):
        return []
    return [Named("person", text, start, end)] if (len(words) <= 5 and not text.isupper()) or len(words) in (2, 3) else []


def _is_function(text: str, words: int) -> bool:
    """A team or a title. A first name may be the same as a word of teams (Line, Grant): only later words count, or a word alone."""
    beyond_first = text.partition(" ")[2] if words > 1 else text
    return bool(_TEAM_WORD.search(beyond_first) or TITLE.search(text) or UNIT.fullmatch(text) or (words > 1 and _UNIT_NOUN.search(text)))


def _stop(word: str) -> bool:
    return word.strip(".,:;").lower() in _NOT_NAMES or word.isdigit()
