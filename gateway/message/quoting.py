"""Which lines of a message its writer wrote now: quotes, older messages, disclaimers, banners and footers are taken out.

It decides line by line, in the languages that staff and residents write in. Text after a quote (inline or bottom posting) stays. When in doubt
a line stays: a human line such as "From: the moment I wrote" or "On Monday he wrote:" is not lost. It never raises and looks at most three
lines ahead for an attribution and twelve for a header block, so time is linear.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import re2

_HEADER_LABELS: tuple[tuple[frozenset[str], frozenset[str], frozenset[str], frozenset[str]], ...] = tuple(
    (frozenset(sender.split("|")), frozenset(sent.split("|")), frozenset(to.split("|")), frozenset(subject.split("|")))
    for sender, sent, to, subject in (
        ("from", "sent|date|sent on", "to|cc", "subject|re"),
        ("de|expéditeur|from", "envoyé|date|envoyé le|date d'envoi", "à|a|pour|cc|destinataire|to", "objet|sujet|subject"),
        ("von", "gesendet|datum|gesendet am", "an|cc", "betreff"),
        ("de|from", "enviado|enviado el|fecha|date", "para|cc|to", "asunto"),
        ("da", "inviato|data|inviato il", "a|cc", "oggetto"),
        ("de", "enviado|enviada em|enviado em|data", "para|cc", "assunto"),
        ("van", "verzonden|datum", "aan|cc", "onderwerp"),
        ("od", "wysłano|data|wysłane", "do|dw", "temat"),
        ("от|від", "отправлено|дата|надіслано", "кому|копия", "тема"),
        ("发件人|寄件者|寄件人", "发送时间|寄件日期|日期|傳送日期", "收件人|收件者|抄送", "主题|主旨"),
    )
)
_LABEL = re.compile(r"[*_ ]{0,3}([^\W\d_][^\W\d_ ']{0,14}(?:[ '][^\W\d_]{1,10}){0,2})[*_ ]{0,3}[:：][*_]{0,2}\s{0,4}(.{0,400})")
_ORIGINAL = re.compile(
    r"[-_* ]{2,}\s?(?:original message|original appointment|forwarded (?:message|by\b.{0,120})|message d['’]origine|message original"
    r"|message transféré"
    r"|courriel (?:d['’]origine|transféré)|ursprüngliche nachricht|weitergeleitete nachricht|mensaje (?:original|reenviado)"
    r"|messaggio (?:originale|inoltrato)|mensagem (?:original|encaminhada)|oorspronkelijk bericht|doorgestuurd bericht"
    r"|原始邮件|原始郵件|转发的邮件)\s?[-_* ]*$"
    r"|(?:begin forwarded message|début du (?:message|courriel) (?:transféré|réexpédié)|anfang der weitergeleiteten (?:nachricht|e-mail)"
    r"|inicio del mensaje reenviado)\s?:?$",
    re.IGNORECASE,
)
_ATTRIBUTION = re.compile(
    r"(?:(?:on|at|in) .{4,300}\b(?:wrote|writes|said|schreef)|le .{4,300} a écrit|am .{4,300} schrieb .{0,120}|.{2,120} schrieb "
    r"am .{4,120}|el .{4,300} escribió"
    r"|il .{4,300} ha scritto|(?:em|a) .{4,300} escreveu|op .{4,300} schreef .{0,120}|\d{4}-\d\d-\d\d .{0,40}<[^<>\s]{3,100}>"
    r"|[^<>]{0,80}<[^<>\s]{3,100}> (?:wrote|writes|a écrit)|[^\s@<>]{1,64}@[^\s@<>]{3,100} wrote on .{4,60}\d.{0,20})"
    r"\s?[:：]$",
    re.IGNORECASE,
)
_NOTES_ATTRIBUTION = re.compile(r"[^\n]{0,120}@[^\n]{1,80} on \d{1,2}[/.-]\d{1,2}[/.-]\d{2,4},? \d{1,2}:\d\d[^\n]{0,12}$", re.IGNORECASE)
"""`"Ann Wren" <ann@a.example> on 07/28/2000 08:38:08 AM`, above To and Subject: Lotus Notes."""
_SURE = re.compile(r"@|\b\d{1,2}[:.]\d\d\b|\b\d{1,2}\s?h\s?\d\d")
_RULE_LINE = re.compile(r"[_=*-]{10,}$")
_ORIGINAL_TITLE = re.compile(r"\s*(?:original message|message (?:original|d['’]origine))\s?:?\s*$", re.IGNORECASE)
_PHONE_FOOTER = re.compile(
    r"(?:sent from (?:my|mail for|yahoo|outlook|proton|samsung|a mobile|the all)|sent via (?:blackberry|my)|get outlook for"
    r"|envoyé (?:de|depuis|à partir de) (?:mon|ma|outlook|courrier|yahoo|l['’])|télécharge[rz] outlook|obtenez outlook"
    r"|von meinem .{2,30} gesendet|gesendet von mein|enviado desde mi|inviato da(?:l mio)? |enviado do meu|sent with .{2,30}mail"
    r"|\[?(?:cid:|image:)|<?https?://aka\.ms/)",
    re.IGNORECASE,
)
_DISCLAIMER = re.compile(
    r"\W{0,6}(?:confidential(?:ity)?(?: (?:notice|note|warning|statement|caution))?\s?[:.-]|disclaimer\s?:|privileged\W"
    r"|(?:avis|note|mention|clause) (?:de|sur la) confidentialité|avis\s?: ?ce"
    r"|(?:this|the information (?:contained )?in this|any information in this) (?:e-?mail|electronic|communication|transmission|message).{0,160}"
    r"(?:confidential|privileged|intended (?:only|solely|for the)|intended recipient)"
    r"|if you (?:are not the (?:intended|named|addressee)|(?:have )?received? this.{0,80}(?:error|mistake))"
    r"|(?:any )?(?:unauthori[sz]ed|dissemination|distribution).{0,80}(?:prohibited|disclosure|copying)"
    r"|(?:ce|le présent|les? renseignements? (?:contenus? )?dans ce|l['’]information contenue dans ce|la présente)"
    r" (?:courriel|message|document|communication).{0,160}(?:confidentie|privilégié|destiné (?:uniquement|exclusivement)|destinataire)"
    r"|si vous (?:n['’]êtes pas le destinataire|(?:avez reçu ce|recevez ce|l['’]avez reçu).{0,80}erreur)"
    r"|toute (?:diffusion|distribution|divulgation|utilisation).{0,80}(?:interdite|strictement))",
    re.IGNORECASE,
)
_BANNER = re.compile(
    r"\W{0,6}(?:(?:caution|warning|attention|avertissement|mise en garde|important)\W{0,4}(?:this|the|external|ce|le|do not|courriel)\b.{0,120}"
    r"(?:external|outside|originat|links|extern|extérieur|provient)|\[?external(?: e-?mail| sender)?\]?\s?$|\[?externe\]?\s?$"
    r"|you don't often get email from|this (?:e-?mail|message) (?:originated|came) from outside|ce (?:courriel|message) (?:provient"
    r"|vient) de l['’]ext)",
    re.IGNORECASE,
)
_FOOTER = re.compile(
    r".{0,80}(?:to unsubscribe\b|unsubscribe (?:here|from|at)\b|pour vous désabonner|se désabonner"
    r"|you received this (?:message|email) because you (?:are )?subscri)",
    re.IGNORECASE,
)
_LIST_NAME = re.compile(r".{0,80}(?:mailing list|list info)", re.IGNORECASE)
_SIGNED = "-----BEGIN PGP SIGNED MESSAGE-----"
_ARMOUR_BEGIN = re.compile(r"-----BEGIN PGP (?:SIGNATURE|PUBLIC KEY BLOCK)-----$")
_ARMOUR_END = re.compile(r"-----END PGP (?:SIGNATURE|PUBLIC KEY BLOCK)-----$")
_FIRST_WORD = re.compile(r"[^\W\d_]+")
_FIRST_WORDS = frozenset(
    "on at in le am el il em a op begin début anfang inicio sent get envoyé téléchargez télécharger obtenez von gesendet enviado inviato confidential"
    " confidentiality disclaimer privileged avis note mention clause this the information any if unauthorized unauthorised dissemination "
    "distribution ce"
    " les la l renseignements si toute caution warning attention avertissement mise important external externe you to de da from".split()
)
_WORDS_WITHIN = (":", "：", "<", "schrieb", "subscri", "désabonner", "externe", "external")
_READ_OF_A_LINE = 1000
_COLONS = (":", "：")


def _may_begin() -> re2._Regexp:
    """What stands in every line that `_taken_out` could take, and in few others: the first words of the expressions above, the rest of which may be
    on the next line, or the colon at the end of an attribution. Whoever adds to an expression adds here; a test compares them."""
    labels = "|".join(sorted({re.escape(label) for language in _HEADER_LABELS for labels in language for label in labels}))
    wrapped = (
        r"confidential|disclaimer|privileged|(?:avis|note|mention|clause)(?:$| (?:de|sur)| ?:)|avis.?:"
        r"|this(?:$| (?:e-?mail|electronic|communication|transmission|message))|the(?:$| information)"
        r"|any(?:$| (?:information|unauthori|disseminat|distribut))|unauthori|disseminat|distribut"
        r"|if(?:$| you(?:$| (?:are|have|receive)))"
        r"|ce(?:$| (?:courriel|message|document|communication))|l[ea](?:$| pr[ée]sent| renseignement)|les(?:$| renseignement)|l['’]information"
        r"|si(?:$| vous)|toute(?:$| (?:diffusion|distribution|divulgation|utilisation))"
        r"|caution|warning|attention|avertissement|mise|important|extern|you(?:$| don't)"
    )
    original = r"origin|forward|message|courriel|ursprüng|weitergeleitet|mensaje|messaggio|mensagem|oorspronkelijk|doorgestuurd|原始|转发"
    phone = (
        r"sent (?:from|via|with)|get outlook|envoyé [dà]|télécharge[rz] outlook|obtenez outlook|von meinem|gesendet von|enviado d|inviato da"
        r"|\[?(?:cid:|image:)|<?https?://aka\.ms/"
    )
    begins = (
        rf"\|?>|[_=*-]{{10}}|[-_*][-_* ]+.?(?:{original})|begin forwarded|début du|anfang der|inicio del|{phone}"
        rf"|[*_ ]{{0,3}}(?:{labels})[*_ ]{{0,3}}[:：]|[^a-z0-9\n]{{1,6}}$|[^a-z0-9\n]{{0,6}}(?:{wrapped})"
    )
    notes = r" on \d{1,2}[/.-]\d{1,2}[/.-]\d{2,4},? \d{1,2}:\d\d[^\n]{0,12}$"
    options = re2.Options()
    options.log_errors = False
    return re2.compile(rf"(?im)^(?:{begins})|[:：]$|{notes}|unsubscri|désabonner|you received this", options)


_MAY_BEGIN = _may_begin()
# Letters that `re` takes for an i where case is ignored, and RE2 does not.
_AS_RE_READS_THEM = str.maketrans("İı", "ii")


def newest_lines(lines: Sequence[str]) -> list[str]:
    """The lines written now, in order, right-stripped; an empty line stays where something was taken out of the middle. Total, linear.

    No line of `lines` holds a line feed.
    """
    lines = _without_armour([line.rstrip() for line in lines])
    kept: list[str] = []
    done = 0
    for number in _candidates(lines):
        line = lines[number].strip()[:_READ_OF_A_LINE]
        taken = _taken_out(lines, number, line) if line and number >= done else 0
        if taken:
            kept.extend(lines[done:number])
            if kept and kept[-1]:
                kept.append("")
            done = number + taken
            while done < len(lines) and not lines[done]:
                done += 1
    kept.extend(lines[done:])
    return _trimmed(kept)


def _candidates(lines: Sequence[str]) -> list[int]:
    """Numbers, rising, of the lines worth a closer look: most text has hardly one, and one search by RE2 passes over it."""
    text = "\n".join(map(str.strip, lines))
    if not text.isascii() and ("İ" in text or "ı" in text):
        text = text.translate(_AS_RE_READS_THEM)
    octets = text.encode("utf-8", "replace")
    number = at = 0
    found: set[int] = set()
    for match in _MAY_BEGIN.finditer(octets):
        number += octets.count(b"\n", at, match.start())
        at = match.start()
        # An attribution is three lines at most, and shorter than what is read of a line.
        first = number - 2 if lines[number].rstrip().endswith(_COLONS) else number
        found.update(range(max(first, 0), number + 1))
    return sorted(found)


def _taken_out(lines: Sequence[str], number: int, line: str) -> int:
    """How many lines, from this one on, are not the writer's own."""
    if _is_ordinary(line):
        return 0
    if line.startswith((">", "|>")):
        return 1
    rest = len(lines) - number
    if _ORIGINAL.match(line) or _is_header_block(lines, number):
        return 1 if _quoted_next(lines, number + 1) else rest
    if _NOTES_ATTRIBUTION.match(line) and _is_addressed(lines, number + 1):
        return rest
    if _RULE_LINE.match(line):
        following = _next_text(lines, number + 1)
        if following is not None and (_is_footer(lines[following]) or _ORIGINAL_TITLE.match(lines[following]) or _is_header_block(lines, following)):
            return rest
    attribution = _attribution(lines, number)
    if attribution:
        if _quoted_next(lines, number + attribution):
            return attribution
        if _SURE.search(" ".join(lines[number : number + attribution])):
            return rest
    if _PHONE_FOOTER.match(line) and len(line) <= 120:
        return 1
    wrapped = _joined(lines, number)
    if _DISCLAIMER.match(wrapped) or _BANNER.match(wrapped) or (_FOOTER.match(line) and len(line) <= 200):
        return _paragraph(lines, number)
    return 0


def _is_footer(line: str) -> bool:
    return bool(_FOOTER.match(line[:_READ_OF_A_LINE]) or _LIST_NAME.match(line[:_READ_OF_A_LINE]))


def _is_ordinary(line: str) -> bool:
    """A cheap look that spares most lines of prose all the expressions above."""
    if not line[0].isalpha():
        return False
    lowered = line.casefold()
    first = _FIRST_WORD.match(lowered)
    return not (first and first[0] in _FIRST_WORDS) and not any(each in lowered for each in _WORDS_WITHIN)


def _joined(lines: Sequence[str], number: int) -> str:
    """This line with up to two more of its paragraph, as it was before it was wrapped."""
    end = number
    while end < min(number + 3, len(lines)) and lines[end].strip():
        end += 1
    return " ".join(line.strip() for line in lines[number:end])[:_READ_OF_A_LINE]


def _paragraph(lines: Sequence[str], number: int) -> int:
    end = number
    while end < len(lines) and lines[end].strip():
        end += 1
    return end - number


def _next_text(lines: Sequence[str], number: int) -> int | None:
    return next((each for each in range(number, min(number + 4, len(lines))) if lines[each].strip()), None)


def _quoted_next(lines: Sequence[str], number: int) -> bool:
    following = _next_text(lines, number)
    return following is not None and lines[following].lstrip().startswith(">")


def _attribution(lines: Sequence[str], number: int) -> int:
    """Length in lines of "On … wrote:" that begins here, 0 if none does."""
    joined = ""
    for length, line in enumerate(lines[number : number + 3], start=1):
        if not line.strip():
            return 0
        joined = f"{joined} {line.strip()[:_READ_OF_A_LINE]}".strip()
        if _ATTRIBUTION.match(joined):
            return length
        if length == 1 and not re.match(r"(?:on|at|in|le|am|el|il|em|a|op)\b|\d{4}-|.{0,80}<|.{2,80}schrieb", joined, re.IGNORECASE):
            return 0
    return 0


def _is_header_block(lines: Sequence[str], number: int) -> bool:
    """A copied mail header: From-like and Sent-like, or any three fields with To and Subject, of one language, in up to twelve lines."""
    first = _LABEL.match(lines[number].strip()[:_READ_OF_A_LINE])
    if not first or not any(first[1].lower() in labels for language in _HEADER_LABELS for labels in language):
        return False
    found: list[tuple[str, str]] = []
    gaps = 0
    for line in lines[number : number + 12]:
        label = _LABEL.match(line.strip()[:_READ_OF_A_LINE])
        if label:
            found.append((label[1].lower(), label[2]))
        gaps = 0 if line.strip() else gaps + 1
        if gaps > 1:
            break
    return any(_fits(found, language) for language in _HEADER_LABELS)


def _is_addressed(lines: Sequence[str], number: int) -> bool:
    """Whether the next lines with text are To (or cc) and Subject, in one language."""
    labels = [label[1].lower() for line in lines[number : number + 8] if (label := _LABEL.match(line.strip()[:_READ_OF_A_LINE]))]
    return any(labels[:1] and labels[0] in to and any(each in subject for each in labels[1:4]) for _, _, to, subject in _HEADER_LABELS)


def _fits(found: Sequence[tuple[str, str]], language: tuple[frozenset[str], ...]) -> bool:
    sender, sent, to, subject = language
    names = [name for name, _ in found]
    if found[0][0] not in sender | sent | to | subject:
        return False
    dated = any(name in sent and any(each.isdigit() for each in value) for name, value in found)
    addressed = any(name in to for name in names)
    titled = any(name in subject for name in names)
    from_somebody = any(name in sender for name in names)
    timed = any(name in sent and _SURE.search(value) for name, value in found)
    return (from_somebody and (timed or (dated and (addressed or titled)))) or (addressed and titled and (from_somebody or dated or "cc" in names))


def _without_armour(lines: Sequence[str]) -> list[str]:
    """PGP clear-signed text as it was before signing (RFC 9580 §7): armour lines gone, dash-escapes undone."""
    if _SIGNED not in lines:
        return list(lines)
    kept: list[str] = []
    state = "text"
    for line in lines:
        if line == _SIGNED:
            state = "armour header"
        elif _ARMOUR_BEGIN.match(line):
            state = "signature"
        elif state == "armour header":
            state = "armour header" if line.strip() else "signed text"
        elif state == "signature":
            state = "text" if _ARMOUR_END.match(line) else state
        else:
            kept.append(line[2:] if state == "signed text" and line.startswith("- ") else line)
    return kept


def _trimmed(lines: list[str]) -> list[str]:
    first, last = 0, len(lines)
    while first < last and not lines[first].strip():
        first += 1
    while last > first and not lines[last - 1].strip():
        last -= 1
    return lines[first:last]
