"""Whether a mail from staff carries the signature that the rules in `signatures/` ask for (Service Standard 3).

It decides on the newest text only: which required fields are missing, and which prohibited things are there. It never changes a message, never
judges what it cannot read, and never flags single names and initials, pronouns, land acknowledgement, pronunciation, confidentiality lines, City
banners, or fonts chosen for legibility. In doubt it flags nothing: a wrong warning costs more than a missed one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from unicodedata import combining, normalize

from gateway.judgement.no_field import ATTACHED, NO_PERSON
from gateway.judgement.signature_contacts import FIELDS, SOCIAL, FieldName, websites
from gateway.judgement.signature_fields import Block, Known, read_block
from gateway.judgement.titles import UNIT
from gateway.judgement.verdict import Automatic, SignatureCheck
from gateway.message.body import NewestText, newest_text
from gateway.message.html import Look
from gateway.message.model import Envelope, Message
from gateway.message.signature_block import is_name_of, looks_like_name, sender_names
from gateway.policy.model import Policy, SignatureRules

_QUOTED = re.compile(r"[\"“”«„‟'‘*_~\s]*[\"“«„](?P<words>[^\"”»]{10,400})[\"”»]")
_ATTRIBUTED = re.compile(r".{12,300}?(?:\s?[–—~-]{1,2}\s?(?:[A-Z][\w.'’-]+\s?){1,4}$|\s~\s?(?:[A-Z][\w'’-]+\s){0,3}[A-Z][\w'’-]+[.,;(])")
_ATTRIBUTION_LINE = re.compile(r"[–—~-]{1,2}\s?(?:[A-ZÀ-Þ][\w.'’-]+\s?){1,5}$")
_SLOGAN = re.compile(
    r"\b(?:dreams?|believe|excellence|together|better|future|success|smile|inspir\w+|passion\w*|proud(?:ly)?|committed to|dedicated to"
    r"|making a difference|make a difference|building (?:a|our|the|strong)|every ?day"
    r"|one (?:\w+ )at a time|great(?:est|ness)?|possib\w+|never give up|be the change|kindness|live\W+laugh|carpe diem|attitude|your best"
    r"|the best|think (?:green|big|different)|happiness|happy|life is|teamwork|dream work|shine|journey"
    r"|ensemble|rêves?|avenir|meilleure?|fiers?|fière|engagés? (?:à|envers)|au cœur|bâti\w+|réussite|sourire|bonheur|passionnée?s?|la vie est)\b",
    re.IGNORECASE,
)
_ALLOWED = re.compile(
    r"acknowledg|territor|treat(?:y|ies)|indigenous|mississauga|anishin|haudenosaunee|wendat|autochtone|reconnai|pronounc|pronunc|prononc"
    r"|phonetic|say my name|hear my name|\bpronouns?\b|pronoms?|confidential|intended|privileged|destinataire"
    r"|\b(?:open)?pgp\b|\bgpg\b|encrypted"
    r"|accessib|accommodat|alternate format|other format|format accessible|\bhours?\b|heures|flexible|work(?:ing)? (?:day|week|remotely)"
    r"|obligat|respond outside|outside of your|feel free|environment|environnement|print(?:ing)?\b|imprim"
    r"|away|absen|vacation|please note|veuillez noter|on behalf|out of office|survey|sondage|book (?:a|time)|register|inscri|report (?:a"
    r"|an)|learn more|en savoir plus|https?://|www\.|\b311\b|@|follow us|suivez-nous|visit|\bcity of\b|\bville de\b"
    r"|member of|certified|accredited|award|employer|diversity our strength|la diversité notre force|she/|he/|they/|elle/|\biel\b",
    re.IGNORECASE,
)
_DECORATIVE = re.compile(
    r"comic sans|comic relief|papyrus|brush script|curlz|lucida handwriting|lucida calligraphy|monotype corsiva|segoe script|segoe print"
    r"|bradley hand|freestyle script|chiller|jokerman|kristen itc|algerian|old english|blackletter"
    r"|edwardian script|french script|kunstler|palace script|harlow|vivaldi|viner hand|ink free|gigi|magneto|mistral|snap itc|ravie|matura"
    r"|blackadder|showcard|stencil|playbill|goudy stout|rage italic|pristina|lobster|pacifico"
    r"|dancing script|great vibes|tempus sans|zapfino|snell roundhand|apple chancery|marker felt|chalkduster|chalkboard|noteworthy|juice "
    r"itc|forte|harrington|bauhaus|broadway|parchment|vladimir script|script mt|informal roman|parisienne"
    r"|satisfy|kaushan|caveat|indie flower|^cursive$|^fantasy$",
)
_PLAIN_COLOURS = frozenset(
    "white transparent none inherit initial unset window whitesmoke snow ivory ghostwhite floralwhite black gray grey silver lightgray "
    "lightgrey gainsboro auto".split()
)
_BOOK = (
    r"(?:Gen(?:esis)?|Exod(?:us)?|Lev(?:iticus)?|Num(?:bers)?|Deut(?:eronomy)?|Josh(?:ua)?|Judges|Ruth|Sam(?:uel)?|Kings|Chron(?:icles)?|Nehemiah"
    r"|Job|Ps(?:alms?)?|Prov(?:erbs?)?|Eccl(?:esiastes)?|Isa(?:iah)?|Jer(?:emiah)?|Lam(?:entations)?|Ezek(?:iel)?|Dan(?:iel)?|Hosea|Joel|Amos|Micah"
    r"|Hab(?:akkuk)?|Zech(?:ariah)?|Mal(?:achi)?|Matt(?:hew)?|Mt|Mark|Mk|Luke|Lk|John|Jn|Acts|Rom(?:ans)?|Cor(?:inthians)?|Gal(?:atians)?"
    r"|Eph(?:esians)?|Phil(?:ippians)?|Col(?:ossians)?|Thess(?:alonians)?|Tim(?:othy)?|Titus|Heb(?:rews)?|James|Jas|Pet(?:er)?|Rev(?:elation)?"
    r"|Genèse|Exode|Psaumes?|Proverbes|Ésaïe|Jérémie|Matthieu|Marc|Luc|Jean|Actes|Romains|Corinthiens|Galates|Éphésiens|Philippiens|Colossiens"
    r"|Hébreux|Jacques|Pierre|Apocalypse|Surah|Sura|Qur['’]?an|Coran)"
)
_SCRIPTURE = re.compile(
    rf"(?:\W*|.{{8,300}}[.!?\"”»'’(–—~-]\s*)(?:[1-3] ?)?{_BOOK}\.? \d{{1,3}}[:.]\d{{1,3}}(?:[-–]\d{{1,3}})?(?: ?\(?[A-Z]{{2,4}}\)?)?\W*$"
    rf"|(?:[1-3] ?)?{_BOOK}\.? \d{{1,3}}:\d{{1,3}}(?:[-–]\d{{1,3}})?\W{{1,4}}\w+(?: \S+){{3,}}$"
)
"""Chapter and verse alone, at the end of the verse, or before it."""
_GENERAL_TRUTH = re.compile(
    r"^(?=.*\b(?:is|are|isn['’]t|makes?|begins?|never|always|only|every|nothing|everything|everyone|nobody|those|who|don['’]t|be|est|sont|fait"
    r"|toujours|jamais|chaque|rien|ceux)\b)"
    r"(?!.*\b(?:i|i['’]m|my|me|our|us|office|team|staff|service|services|line|call|contact|e-?mail|available|open|closed|please|if|note|for"
    r"|to (?:book|reply)"
    r"|toronto|city|division|unit|days?|week|monday|tuesday|wednesday|thursday|friday|je|mon|ma|mes|notre|nous|bureau|équipe|ville|veuillez|si"
    r"|disponible|ouvert|fermé|lundi|vendredi)\b)[^\d@:|]{15,120}$",
    re.IGNORECASE,
)
"""A sentence about the world, and neither about the writer nor about the office."""
_ADVICE_TO_ALL = re.compile(
    r"^(?:slow down|drive|save|think|be (?!well)|keep|live|love|eat|buckle|watch|walk|ride|bike|plant|share|dream|dare|do|don['’]t|never|always|shop"
    r"|wash|wear|give|make|smile|remember|believe|choose|respect|protect|reduce|reuse|recycle|ralentissez|pensez|soyez|osez|vivez|croyez)\b"
    r"(?!.*\b(?:i|me|my|us|our|if|when|before|to (?:reach|contact|reply|book)|call|e-?mail|reply|message|office|je|moi|nous|notre|si)\b)"
    r"[^\d@:|/]{10,90}$",
    re.IGNORECASE,
)
"""What everybody should do, whatever the mail is about."""
_COLUMNS = re.compile(r"\S(?:\t+| {3,})\S")
_JOINED = re.compile(r"[^,;|•·\t]+\s?[–—:-]\s\w{0,2}")
_HTTP = re.compile(r"https?://", re.IGNORECASE)


def check(
    message: Message, automatic: Automatic, envelope: Envelope, policy: Policy, from_staff: bool, *, newest: NewestText | None = None
) -> SignatureCheck:
    """`checked` False where no signature can be expected or nothing can be read (docs/staff-checks.md). Total; `newest` spares a second reading."""
    if not from_staff or automatic.is_automatic:
        return SignatureCheck()
    newest = newest or newest_text(message)
    if not newest.readable or (_is_meeting(message) and newest.signature_start is None):
        return SignatureCheck()
    rules = policy.signature_rules
    required = _required(message, rules)
    known = Known(rules.organization, _divisions(policy), sender_names(message), _is_person(message))
    if newest.signature_start is None or _is_bare_sign_off(newest, known):
        return SignatureCheck(checked=True, compliant=not required, missing=tuple(each for each in FIELDS if each in required))
    block = read_block(newest.signature, known)
    missing = _missing(block, required, newest, known)
    violations = tuple(each for each in _violations(newest, block, rules) if each == "wrong_order" or each in rules.prohibited)
    return SignatureCheck(checked=True, compliant=not missing and not violations, missing=missing, violations=violations)


def _is_meeting(message: Message) -> bool:
    return any(part.content_type == "text/calendar" for part in message.root.walk())


def _is_person(message: Message) -> bool:
    """Whether the address says first and last name just as the display name does, and nothing that a team could be called."""
    for address in message.of("from")[:1]:
        shown, local = (set(re.findall(r"[^\W\d_]{2,}", _unaccented(text))) for text in (address.display_name, address.local))
        is_name = looks_like_name(address.display_name) and not UNIT.search(address.display_name)
        if len(shown & local) >= 2 and is_name and not NO_PERSON.search(address.display_name):
            return True
    return False


def _unaccented(text: str) -> str:
    return text.casefold() if text.isascii() else "".join(each for each in normalize("NFKD", text.casefold()) if not combining(each))


def _required(message: Message, rules: SignatureRules) -> tuple[str, ...]:
    is_reply = bool(message.in_reply_to or message.references)
    return rules.reply_fields if is_reply and rules.reply_fields is not None else rules.required


def _divisions(policy: Policy) -> tuple[str, ...]:
    names = [name for division in policy.divisions.values() for name in (division.name.en, division.name.fr)]
    return tuple(dict.fromkeys([*policy.signature_rules.divisions, *names]))


def _is_bare_sign_off(newest: NewestText, known: Known) -> bool:
    """ "Thanks, Robin" is a sign-off, not a signature block."""
    lines = [line for line in newest.signature if line.strip() and not ATTACHED.match(line)]
    return len(lines) == 1 and newest.introduced != "delimiter" and len(lines[0].split()) == 1


def _missing(block: Block, required: Sequence[str], newest: NewestText, known: Known) -> tuple[str, ...]:
    """Email and website are one requirement when both are asked for: either suffices, and without both, both are listed."""
    there: set[FieldName] = {each for each in FIELDS if block.has(each)} | _linked_fields(newest)
    if _name_just_above(newest, known):
        there.add("name")
    if {"email", "website"} <= set(required) and there & {"email", "website"}:
        there |= {"email", "website"}
    return tuple(each for each in FIELDS if each in required and each not in there)


def _name_just_above(newest: NewestText, known: Known) -> bool:
    """The full name on a line of its own between the closing and the delimiter."""
    above = [line.strip() for line in newest.body if line.strip()][-1:]
    return any(len(line.split()) > 1 and is_name_of(line, known.sender) for line in above)


def _linked_fields(newest: NewestText) -> set[FieldName]:
    links = [look.value for look in _looks_in_signature(newest, "link")]
    found: set[FieldName] = {"email"} if any(link.lower().startswith("mailto:") for link in links) else set()
    return found | ({"website"} if any(_HTTP.match(link) and websites(link) for link in links) else set())


def _violations(newest: NewestText, block: Block, rules: SignatureRules) -> Iterator[str]:
    if _has_quote(newest.signature, block, newest.introduced == "delimiter"):
        yield "quote_or_slogan"
    if _has_background(newest):
        yield "image_background"
    if _is_out_of_order(block, newest.signature, rules.order):
        yield "wrong_order"
    if _has_personal_social_link(newest, rules):
        yield "extra_social_links"
    if any(_DECORATIVE.search(look.value) for look in _looks_in_signature(newest, "font")):
        yield "decorative_font"


def _is_out_of_order(block: Block, lines: Sequence[str], order: Sequence[str]) -> bool:
    """Whether the first occurrences of the fields that are surely known stand in another order; email and website share one place.

    Columns set with tabs or blanks are read down by some and across by others: those have no order. Nor has a unit that a dash joins to the
    organization: the two are one name.
    """
    if any(_COLUMNS.search(line) for line in lines):
        return False
    ranks = {name: number for number, name in enumerate("email" if each == "website" else each for each in order)}
    firsts = [each for name in FIELDS if (each := block.first(name))]
    seen: dict[str, int] = {}
    places = {each.field: each for each in firsts}
    unit, whole = places.get("division"), places.get("organization")
    if unit and whole and unit.line == whole.line and _JOINED.fullmatch(lines[unit.line].strip()[whole.column : unit.column + 2]):
        firsts = [each._replace(column=whole.column if each is unit else each.column) for each in firsts]
    for each in sorted(firsts, key=lambda found: (found.line, found.column)):
        name = "email" if each.field == "website" else each.field
        if name in ranks:
            seen.setdefault(name, ranks[name])
    return list(seen.values()) != sorted(seen.values())


# ---- quotations and slogans


def _has_quote(lines: Sequence[str], block: Block, is_delimited: bool) -> bool:
    free = set(block.free_lines)
    last = max((each.line for each in block.found), default=0)
    for number, line in enumerate(lines[:60]):
        text = line.strip(" *_~\t")
        if not text or _ALLOWED.search(text):
            continue
        quoted = _QUOTED.match(text)
        if (quoted and len(quoted["words"].split()) >= 3) or (number and _SCRIPTURE.match(text)):
            return True
        if number in free and (number or (is_delimited and len(text.split()) >= 5)) and _is_saying(text, lines, number):
            return True
        if number in free and number > last and _is_maxim(text):
            return True
    return False


def _is_maxim(text: str) -> bool:
    words = len(text.split())
    return len(text) <= 120 and ((4 <= words <= 16 and bool(_GENERAL_TRUTH.match(text))) or (3 <= words <= 12 and bool(_ADVICE_TO_ALL.match(text))))


def _is_saying(text: str, lines: Sequence[str], number: int) -> bool:
    words = len(text.split())
    if words < 3 or words > 40 or any(each.isdigit() for each in text):
        return False
    following = next((line.strip(" *_~\t") for line in lines[number + 1 : number + 3] if line.strip()), "")
    attributed = words >= 5 and (bool(_ATTRIBUTED.match(text)) or bool(_ATTRIBUTION_LINE.match(following)))
    return attributed or (words <= 16 and (bool(_SLOGAN.search(text)) or text.endswith("!")))


# ---- looks


def _looks_in_signature(newest: NewestText, kind: str) -> Iterator[Look]:
    own = _signature_lines(newest)
    return (look for look in newest.looks if look.kind == kind and any(_squeezed(line) in own for line in reversed(look.lines)))


def _signature_lines(newest: NewestText) -> frozenset[str]:
    return frozenset(each for line in newest.signature if len(each := _squeezed(line)) >= 3)


def _squeezed(line: str) -> str:
    """Only letters and digits: the plain and the HTML version of a line are the same line. Addresses of links are left out."""
    return "".join(each for each in re.sub(r"<[^<>]{1,300}>", "", line).casefold() if each.isalnum())


def _has_background(newest: NewestText) -> bool:
    """A picture behind the signature, or a colour behind two of its lines or more (one marked word is no background)."""
    own = _signature_lines(newest)
    if any(True for _ in _looks_in_signature(newest, "background_image")):
        return True
    return any(
        _is_strong(look.value) and len({_squeezed(line) for line in look.lines} & own) >= 2
        for look in newest.looks
        if look.kind == "background_colour"
    )


def _is_strong(colour: str) -> bool:
    """Neither white, grey or black (a mail program's own, or dark mode) nor a hardly visible tint."""
    if colour.startswith("#"):
        digits = colour[1:]
        digits = "".join(each * 2 for each in digits[:3]) if len(digits) in (3, 4) else digits[:6]
        channels = [int(digits[at : at + 2], 16) for at in (0, 2, 4)] if re.fullmatch(r"[0-9a-f]{6}", digits) else []
    elif colour.startswith("rgb"):
        channels = [int(float(each)) for each in re.findall(r"\d+(?:\.\d+)?", colour)[:3]]
        if re.search(r",\s*0(?:\.0+)?\s*\)$", colour) and colour.startswith("rgba"):
            return False
    else:
        return colour not in _PLAIN_COLOURS
    return len(channels) == 3 and max(channels) - min(channels) > 40


def _has_personal_social_link(newest: NewestText, rules: SignatureRules) -> bool:
    """A link or handle on a social network that does not carry the organization's name."""
    own = {_squeezed(word) for name in rules.organization for word in (name, name.split()[-1])}
    texts = [*newest.signature[:60], *(look.value for look in _looks_in_signature(newest, "link"))]
    for match in (match for text in texts for match in SOCIAL.finditer(text[:1000])):
        handle = _squeezed(match["handle"] or match["at"] or "")
        if not any(each in handle for each in own):
            return True
    return False
