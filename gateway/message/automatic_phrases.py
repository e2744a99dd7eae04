"""Words by which automatic mail is known, by language: data for `gateway.message.automatic`, in one place.

All of it is written in folded form (see `fold`). English and French in depth, other languages spoken in Toronto by their usual
subjects and phrases. Words are secondary evidence: `gateway.message.automatic` says what must stand beside them.
"""

from __future__ import annotations

# ruff: noqa: E501 — a pattern broken over lines is harder to check against a phrase
import re
import unicodedata

from gateway.message.sieve import Sieve

_MARKS = re.compile("[\u0300-\u036f\u0640\u064b-\u0652\u200b-\u200f\u202a-\u202e\u2060\ufeff\xad]")
_LETTERS = (*zip("’‘ʼ´`–—‑：", "'''''---:", strict=True), ("ي", "ی"), ("ى", "ی"), ("ك", "ک"))
_BLANKS = tuple(each for each in map(chr, range(0x3001)) if each.isspace() and each not in " \n")
_ASCII_BLANKS = tuple(filter(str.isascii, _BLANKS))


def fold(text: str) -> str:
    """For comparison: no case, no accents on letters, one kind of quotation mark and hyphen, single spaces; line breaks stay."""
    if not text.isascii():
        for letter, written in _LETTERS:  # `translate` would ask for each character
            text = text.replace(letter, written)
        text = unicodedata.normalize("NFC", _MARKS.sub("", unicodedata.normalize("NFD", text)))
    text = text.casefold()
    for blank in _ASCII_BLANKS if text.isascii() else _BLANKS:
        text = text.replace(blank, " ")
    while "  " in text:
        text = text.replace("  ", " ")
    return text


def any_of(*patterns: str) -> re.Pattern[str]:
    """One pattern of alternatives."""
    return re.compile("|".join(patterns))


def in_text(*patterns: str, flags: re.RegexFlag = re.NOFLAG, holding: tuple[str, ...] = ()) -> Sieve:
    """The same, for what is looked for anywhere in a text; `holding` as of a `Sieve`."""
    return Sieve(re.compile("|".join(patterns), flags), holding)


def _words(*lines: str) -> re.Pattern[str]:
    """One pattern of many literal phrases, given as lines with `|` between them."""
    return re.compile("|".join(re.escape(fold(phrase.strip())) for line in lines for phrase in line.split("|")))


def _phrases(*lines: str) -> Sieve:
    """The same, for what is looked for anywhere in a text."""
    return Sieve(_words(*lines))


# --- subjects; matched at the start, after tags in brackets ---------------------------------------------------------------------

TAG = re.compile(r"(?:\s*[\[({*<][^\])}>*]{1,80}[\])}>*]+\s*)*\s*(?:(?:external|externe)\s*:\s*)?")
REPLIED = re.compile(r"(?:re|ref|aw|r|sv|antw|回复|答复|回覆)\s*(?:\[\d+\]\s*)?:")
FORWARDED = re.compile(r"(?:fwd?|tr|wg|rv|enc|i|vs|轉寄|转发|轉發)\s*(?:\[\d+\]\s*)?:")

SOFTWARE_ABSENCE_SUBJECT = any_of(
    r"out[ -]of[ -](?:the )?office,? ?\(?auto(?:matic)?[ -]?(?:reply|response)",
    r"auto(?:matic|mated)?(?:[ -]?(?:reply|response|responder))?\s*[:(\[-]+\s*(?:i am |i'm )?(?:out[ -]of[ -](?:the )?office|ooo\b|away|on (?:vacation|leave))",
    r"auto: .{1,80} is out of (?:the |my )?office",
    r"(?!(?:re|aw|sv|fwd?|tr|wg) ?:).{1,80} (?:is|am|are) out of (?:the|my) office\.?(?: \(returning .{1,40}\))?$",
    r".{1,80} est absent\(e\)|.{1,80} est absente? du bureau\.?$|.{1,80} ist au(?:ß|ss)er haus\.?$",
    r"away from my mail\b",
    r"vacation (?:auto-?)?(?:reply|response|message)\s*(?:[:(-]|$|re\b)",
    r"reponse automatique (?:d'|pour )?absence",
    r"(?:reponse automatique|message automatique|automatic reply|auto)\s*[:/(-]+\s*(?:absente?\b|absence|je suis absent)",
    r"(?:avis|message|notification|alerte) d'absence\b",
    r"automatische antwort\W+abwesen|abwesenheits(?:notiz|meldung|nachricht|assistent)",
    r"respuesta automatica (?:por ausencia|de fuera|fuera)",
    r"resposta automatica (?:para|por|de) ausencia",
    r"risposta automatica\W+(?:fuori|assen)|risposta fuori sede",
    r"afwezigheids(?:assistent|bericht|melding)",
    r"autosvar\W+ikke til stede",
    r"hazon kivuli automatikus",
    "|".join(
        fold(each)
        for each in (
            "外出时的自动答复", "不在时的自动", "外出時自動回覆", "不在時の自動応答", "부재 중 자동", "부재중 자동", "автоответ при отсутствии",
            "автоматический ответ об отсутствии", "автовідповідь про відсутність", "رد تلقائي: خارج المكتب", "پاسخ خودکار عدم حضور",
        )
    ),
)  # fmt: skip
"""Subjects of an absence that people do not write themselves."""

ABSENCE_SUBJECT = any_of(
    r"(?:i am |i'm |i will be )?out[ -]of[ -](?:the )?office(?: (?:reply|response|message|notification|notice|alert|until .{1,40}))?\s*(?:[:(!.-]|$|re\b)",
    r"oo[of]\s*(?:[:(-]|$)",
    r"(?:i am |i'm |i will be )?(?:currently )?(?:away|on (?:vacation|(?:\w+ )?leave|holidays?)|out of town)(?: from (?:the|my) office)?(?: until .{1,40})?\s*(?:[:(!.-]|$)",
    r"(?:absente?|absence)(?: du bureau| temporaire| prolongee)?\s*(?:[:(!.-]|$|jusqu)",
    r"(?:en (?:vacances|conge)|hors du bureau|a l'exterieur du bureau)\s*(?:[:(!.-]|$|jusqu)",
    r"(?:fuera de la oficina|ausencia|ausente|fora do escritorio|fuori ufficio|fuori sede|nicht im buro|im urlaub|abwesend|wala sa opisina)\s*(?:[:(!.-]|$)",
)
"""Subjects of an absence that people write, too."""

ECHOED_BY_SOFTWARE = re.compile(
    r"out[ -]of[ -](?:the )?office ?: ?(?!.{0,30}(?:\d|\b(?:mon|tue|wed|thu|fri|sat|sun|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|today|tomorrow|next|this|all)))\w.{3,}"
)
"""The subject of the question behind it: no day, as a person would write there."""

SOFTWARE_SUBJECT = any_of(
    r"auto(?:matic|mated)?[ -]?(?:e-?mail )?(?:reply|response|responder|acknowledge?ment|answer)\b\s*(?:[:(\[-]|$|from\b|to\b|re\b)",
    r"auto-?replied\s*:|yahoo! auto response$|.{1,200}\((?:an? )?auto(?:matic|mated)?[ -]?(?:e-?mail )?(?:reply|response|message)\)\s*(?:$|[:-]|re\b)",
    r".{1,200}\((?:reponse|message|courriel) automati(?:que|se)\)\s*(?:$|[:-]|re\b)",
    r".{1,200}[-:|,([] ?auto(?:matic|mated)?[ -]?(?:e-?mail )?(?:reply|response|answer|message|notice)\W+(?:i am |i'm )?(?:away|out|absent|gone|closed|on (?:vacation|leave|holidays?))\b",
    r"(?:reponse|courriel|message|accuse de reception) automati(?:que|se)\s*(?:[:(\[-]|$)",
    r"automatische? (?:antwort|antwoord)\s*:|automatisch antwoord\s*:|autoantwort|autosvar|automatisk svar|automaattinen vastaus",
    r"(?:respuesta|resposta|risposta) automatica\s*(?:[:(-]|$)|auto-?resposta|autorespuesta|risposta non al computer",
    r"autoodpowiedz|automatyczna odpowiedz|odpowiedz automatyczna|automaticka odpoved|automatikus valasz|samodejni odgovor|raspuns automat|otomatik yanıt|otomatik yanit",
    r"awtomatikong (?:tugon|sagot)|tra loi tu dong|thu tra loi tu dong",
    _words("Автоматический ответ|Автоответ|Автоматична відповідь|Автовідповідь|Автоматичен отговор|Αυτόματη απάντηση|Аутоматски одговор").pattern,
    _words("自动答复|自动回复|自動回覆|自動回复|自動答覆|郵件答錄機自動回覆|自動応答|自動返信|자동 회신|자동회신|자동 응답|자동응답").pattern,
    _words("رد تلقائي|الرد التلقائي|پاسخ خودکار|خودکار جواب|תשובה אוטומטית|स्वचालित उत्तर|स्वतः उत्तर|தானியங்கி பதில்|ਆਟੋਮੈਟਿਕ ਜਵਾਬ|ਸਵੈਚਲਿਤ ਜਵਾਬ").pattern,
)
"""Subjects by which software marks an automatic reply of any kind."""

SHORT_SOFTWARE_SUBJECT = any_of(r"auto\s*:")
"""The same, too short to count without a second sign that a message is being answered."""

EXCHANGE_SUBJECT = any_of(
    r"(?:automatic reply|reponse automatique|automatische antwort|(?:respuesta|resposta|risposta) automatica|automatisch antwoord)\s*:",
    r"(?:automatisk svar|autosvar|automaattinen vastaus|automatyczna odpowiedz|odpowiedz automatyczna|automaticka odpoved|automatikus valasz|otomatik yan[iı]t)\s*:",
    _words(
        "Автоматический ответ:|Автоматична відповідь:|Αυτόματη απάντηση:|自动答复:|自動回覆:|自動応答:|자동 회신:|رد تلقائي:|תשובה אוטומטית:"
    ).pattern,
)
"""What Exchange puts before the subject when its automatic replies (out of office) answer."""

RECEIPT_SUBJECT = any_of(
    r"(?:read|not read|return receipt|read receipt|delivered|displayed|disposition notification|receipt)\b\s*(?:[:(-]|$)",
    r"(?:lu|non lu|recu|accuse de (?:lecture|reception)|confirmation de lecture|remis)\s*(?:[:(-]|$)",
    r"(?:gelesen|ungelesen|leido|no leido|lido|letto|gelezen|прочтено|прочитано|已读|已讀|开封確認|읽음)\s*:",
)

GROUPWISE_STATUS_SUBJECT = any_of(r"message status - (?:opened|read|delivered|deleted|accepted)\b")

VOICE_SUBJECT = any_of(
    r"(?:new |you (?:have )?(?:received )?(?:a )?(?:new )?)?(?:voice ?-?mail|voice message|missed call|phone message)(?: message)?s?\b",
    r"(?:\[pbx\]: )?new message \d+ in mailbox",
    r"message from (?:unknown sender|an? unknown|\(?\+?\d|\w[\w .,'-]{0,60}\(\+?\d)",
    r"(?:nouveau |vous avez (?:recu )?(?:un )?(?:nouveau )?)?(?:message vocal|message telephonique|appel manque|boite vocale)",
    r"(?:correo de voz|mensaje de voz|correio de voz|messaggio vocale|语音邮件|語音郵件)",
)

MEETING_ANSWER_SUBJECT = any_of(
    r"(?:accepted|declined|tentative|tentatively accepted|new time proposed|accepte|refuse|provisoire|acceptation|decline|accepte provisoirement)\s*:",
)

MAIL_SYSTEM_NAMED = re.compile(
    r"\s*(?:system administrator|mail delivery(?: (?:sub-?)?(?:system|service|agent|software|daemon|notification|failure|status)|\W*$))",
    re.IGNORECASE,
)
"""Display names of mail systems."""

CRON_SUBJECT = any_of(r"cron <[^>]+>", r"anacron job", r"output from (?:your )?(?:job|cron)")

# --- the newest text ------------------------------------------------------------------------------------------------------------

_AM = r"(?:\b(?:i am|i'm|im|i will be|i'll be|i shall be|i have been|i've been|we are|we're|we will be|we'll be)|\band am|(?:^|[.!,;:-] ?)(?:am|will be))(?: (?!closed\b|open\b)[\w'-]+){0,3}? "

ABSENCE_OWN = in_text(
    _AM
    + r"(?:out[ -]of|outta|away from|absent from|not in|out from|off from|not at|away on|off on|out on)(?: the| my| our| this)?(?: [\w'-]+){0,2}? "
    r"(?:office|desk|work|e-?mails?|mail|town|country|computer|vacation|holidays?|leave|business|campus|building|city|province)\b",
    _AM
    + r"(?:on|taking|enjoying)(?: an?| my| some)?(?: [\w'-]+){0,3}? ?(?:vacation|holidays?|leave|sabbatical|travel|pto|time off|secondment|jury duty|course)\b",
    _AM
    + r"(?:travell?ing|unavailable|not available|unreachable|not reachable|away|absent|ooo|off work|off sick|off today|off until|off from|out sick|out until|out from|"
    r"out today|out all|not (?:here|around)(?! to\b)|back (?:in(?! touch| contact)|at|on(?! track))|returning|in training|at (?:a|the) conference|attending an?|in meetings|without access)\b",
    r"\b(?:during|in|throughout) my (?:brief |short |extended )?absence\b|\bwhile i(?: am|'m) (?:away|out|gone|off|on)\b",
    r"\b(?:until|upon|on|after|following|when|once|before) (?:my return|i return|i am back|i'm back|i get back|i am returning|i come back)\b",
    r"\b(?:limited|no|intermittent|restricted|infrequent|sporadic|occasional) (?:access|connectivity|internet)\b(?! (?:\w+ )?(?:is|are) (?:needed|required|necessary)).{0,40}(?:e-?mail|mail|messages|phone|internet|$)",
    r"\b(?:won't|will not|cannot|can't|shall not|not be able to|unable to) (?:be )?(?:see|seeing|read|reading|have|having|get|getting|receive|look at) (?:[\w'-]+ ){0,2}?"
    r"(?:e-?mails?|mail|messages)\b.{0,20}\b(?:until|till|before)\b|\bread no (?:e-?)?mail\b|\b(?:i have|i've) gone (?:to|on|away|off)\b|\bback at (?:work|my desk|the office)\b",
    r"\bnot (?:be )?(?:checking|reading|monitoring|responding to|have access to|able to (?:check|read|respond|access))(?: to)?(?: my| any)? ?(?:e-?mails?|messages|voice ?mail)",
    r"\bi (?:will|shall) (?:be )?(?:return|returning|back)\b(?! to you| in touch| with (?:you|an? answer)| your)|\bi(?:'ll| will) be back\b(?! to you| in touch| with (?:you|an? answer))|\bi return (?:on|to)\b|\breturning to (?:the |my )?office\b",
    r"\b(?:i have|i've) (?:left|retired|resigned|gone on|moved on (?:from|to))\b|\b(?:i have|i've) (?:now|since|recently|sadly|just) (?:retired\b|resigned\b|left (?:the|my|our) (?:business|company|organi[sz]ation|firm|team|practice|agency|group|department|ministry|city)\b)|\bi(?: am|'m) no longer (?:with|at|working|employed|in)\b|\bi no longer work\b|\bi(?: am|'m) retired\b",
    r"\bout[ -]of[ -](?:the )?office (?:until|from|between|on|with|and|for|through|till|starting|today|this|all|beginning|effective|attending|returning)\b",
    r"\b(?:on )?(?:maternity|parental|paternity|medical|sick|annual|extended|bereavement) leave (?:until|from|starting|effective|and|with|beginning|as of)\b",
    r"\bje (?:suis|serai|ne suis|ne serai|me trouve)(?: [\w'-]+){0,4}? (?:absente?|a l'exterieur|en vacances|en conges?|hors d|en deplacement|en formation|a l'etranger|"
    r"de retour|au bureau|disponible|joignable|presente?|indisponible|injoignable|en arret|en voyage|en mission|en reunion|a la retraite)",
    r"\b(?:pendant|durant|en|lors de) mon absence\b|\b(?:a|des|avant|jusqu'a) mon retour\b|\bde retour (?:au (?:bureau|travail)|le|a compter|lundi|mardi|mercredi|jeudi|vendredi|en)\b",
    r"\babsente? (?:du (?:bureau|travail|\d)|de mon|jusqu|pour|a compter|aujourd)|\babsence du bureau\b|\bhors du bureau\b",
    r"\ben conge (?:de maternite|parental|annuel|de maladie|de paternite|jusqu|pour|du|a compter)|\bacces limite\b|\b(?:je )?n'(?:aurai|ai) pas acces\b",
    r"\bje ne travaille plus\b|\bje n'occupe plus\b|\bj'ai (?:quitte|pris ma retraite)\b",
)
"""Somebody says of themselves that they are away (English, French)."""

_WHEN = (
    r"(?:(?:un)?till?|'til|to(?! you\b)|thro?ugh|thru|from|for|this|next|today|tomorrow|all (?:day|week)|now|as of|starting|mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|satur|sun"
    r"|(?:jan|feb|mar|apr|may|june?|july?|aug|sep|oct|nov|dec)\w*\.? \d|on (?:the )?(?:\d|mon|tue|wed|thu|fri|sat|sun)|in (?:the )?(?:new year|\d|a (?:week|few))|the \d|\d|next)"
)
_DAY = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|satur|sun)(?:day)?s?"
_GONE = r"(?:out|away|off|gone|absent|ooo|abroad|unavailable|on (?:an? )?(?:[\w-]+ )?(?:vacation|leave|holidays?|pto|training|travel|course|jury|jury duty|strike))(?: (?:of (?:the )?office|sick|work|shift|duty|training|travel|business))?"
ABSENCE_TERSE = in_text(
    rf"(?:^|[.!,;-] ?|\b(?:i am|i'm|i will be|i'll be|is|he's|she's|will be) )(?:currently |now |presently )?{_GONE},? (?:and )?(?:(?:back|returning) )?{_WHEN}",
    rf"(?:^|[.!,;-] ?|\b(?:i am|i'm|i will be|i'll be) )(?:back|returning|return) (?:in (?:the )?office )?(?:on )?{_WHEN}",
    rf"(?:^|[.!] ?){_GONE}(?: on \w+)?\s*(?:[.!]|$)|(?:^|[.!] ?)(?:gone (?!to\b)\w+ing|off (?:shift|duty|sick)|out sick|away (?:on|at|in))\b",
    r"\b(?:on (?:leave|vacation|holidays?)|out of (?:the )?office|away) (?:un)?till? |(?:^|[.!] ?)in (?:[\w-]+ ){0,2}(?:meetings|training|court|transit)\b",
    r"\bi(?:'m| am| will be|'ll be) attending (?:an?|the|our|this|meetings|training)\b",
    r"\bi(?:'m| am) (?:\w+ )?(?:sick|ill|unwell|abroad|overseas|sailing|hiking|camping|retired|in the field|in (?:[\w-]+ ){0,3}(?:training|meetings|court|surgery|hospital)"
    r"|on (?:the road|site|shift|secondment)|working (?:off-?site|in the field|from a different))\b",
    r"\bi(?:'m| am| will be|'ll be) at (?:an?|the|our|this year's) (?:[\w'-]+ ){0,4}(?:conference|forum|summit|symposium|workshop|convention|congress|seminar|retreat|course|training)\b",
    rf"\bi(?:'m| am| will be|'ll be) in (?!(?:the |my |our )?(?:office|shop|store|building|touch|contact)\b)\w+(?: \w+)? (?:on business|{_WHEN})",
    r"\b(?:cannot|can't|can not|won't|will not|not) be (?:reached|reachable|available|online) (?:un)?(?:till?|from|before|this|today|all)\b",
    r"\b(?:acting|covering|filling in|standing in) for me\b|\bmy replacement\b|\b(?:prior to|pending|during|while on) my (?:return|leave|vacation|holidays?|sabbatical|trip|secondment)\b",
    rf"\b(?:i|we) (?:do not|don't|never|am not|are not|won't|will not) (?:be )?(?:work|working|in(?: the office)?)(?: on)? (?:{_DAY}|the weekend|weekends|today|tomorrow|this (?:week|month|morning|afternoon)|afternoons|mornings)\b",
    rf"\b(?:i'm|i am|we're|we are) not (?:in|here|there|around|working|at work|on duty)(?: \w+)? (?:today|tomorrow|{_WHEN})\b|\b(?:next|first) (?:\w+ )?day (?:that )?(?:i'm|i am|we're|we are) (?:working|in|back|here)\b",
    r"\b(?:i'm|i am|we're|we are|i'll be|i will be|we will be)(?: \w+)? on (?:an? |the )?(?:(?:grand )?jury|strike|legal strike|picket line|stand-?down|furlough)\b|\b(?:on strike|locked out|laid off|furloughed)\b",
    r"\b(?:disconnect(?:ing|ed)|unplugg(?:ing|ed)|off-?line|off the grid|logg(?:ing|ed) off|signing off|incommunicado)(?: \w+)? (?:until|till|'til|from|for|through|all|this|next)\b",
    rf"\b(?:i|we) (?:do not|don't|never) (?:read|check|answer|look at|monitor) (?:my |our |any )?(?:work )?(?:e-?mails?|mail|messages|this (?:mailbox|inbox)) (?:on|over|during|in the (?:morning|afternoon|evening)|after|before) (?:the )?(?:{_DAY}|weekends?|holidays|hours|\d)",
    r"\b(?:nobody|no one|no-one|none of us)(?: (?:is|will be|else))*(?: \w+)? (?:reading|checking|watching|monitoring|looking|answering|here|in the office|at the (?:desk|counter|office))\b",
    r"\b(?:do not|don't|not to) expect (?:me|us|to hear|an? (?:answer|reply|response)|anything)\b.{0,40}\b(?:until|till|before)\b|\b(?:won't|will not|not) (?:be )?(?:reply|answer|respond|writ|look)(?:ing|e)?\b.{0,30}\b(?:until|till|before) (?!you\b|your\b|we\b|it\b|this\b)",
    r"\bmy last day\b|\bi have (?:moved(?! (?:desks?|offices?|house|my|the|your|it|this|to (?:an?|the|our) (?:new )?(?:desk|floor|room|address|office|building|number|extension)))|transferred|changed (?:jobs|roles|positions)|accepted an?(?: new)? (?:position|job|role))\b",
    r"(?:^|[.!,] ?)(?:en (?:vacances|conges?|formation|reunion|deplacement)|absente?|de retour)(?:\(e\))? (?:jusqu|du|de|le|des|a|au|lundi|mardi|mercredi|jeudi|vendredi|demain|\d)",
    r"\bje ne (?:travaille|suis)(?: pas)?(?: au bureau| ici| la)? (?:pas )?(?:(?:le|les) )?(?:lundi|mardi|mercredi|jeudi|vendredi|aujourd'hui|demain|cette semaine)s?\b",
    r"\bje ne (?:lirai|lis|consulterai|consulte|verrai|prendrai|repondrai|regarderai)(?: donc)? (?:pas|aucun|plus)\b.{0,40}\b(?:avant|jusqu|d'ici|pendant|durant)\b",
    r"\bje prends? (?:conge|mes vacances|(?:quelques|\w+) (?:jours?|semaines?) (?:de (?:repos|conge|vacances)|off))\b|\ben greve\b|\bpersonne ne (?:lit|lira|consulte|surveille|repond|repondra)\b",
    r"\bje suis (?:malade|souffrante?)\b|\bme remplacera?\b|\bmon remplacant|\bma remplacante|\bj'ai change de poste\b",
)
"""The same, as short as people write it: says it only of what a machine is known to have sent in answer."""

ABSENCE_OTHER_LANGUAGES = in_text(
    _words(
        "fuera de la oficina|estoy de vacaciones|estaré de vacaciones|estaré ausente|estoy ausente|me encuentro fuera|me encuentro ausente|durante mi ausencia|en mi ausencia",
        "a mi regreso|a mi vuelta|estaré fuera|de baja por maternidad|no me encuentro en la oficina|no estaré en la oficina|ya no trabajo|ya no laboro|vuelvo el|regreso el|estoy fuera",
        "fora do escritório|ausente do escritório|estou de férias|estarei de férias|estou ausente|estarei ausente|na minha ausência|durante a minha ausência|no meu regresso|estarei fora|já não trabalho|não trabalho mais|volto no dia|regresso no dia",
        "fuori ufficio|fuori sede|sono in ferie|sarò in ferie|sarò assente|sono assente|in mia assenza|durante la mia assenza|al mio rientro|non sarò in ufficio|non sono in ufficio|non lavoro più|rientro il|torno il",
        "nicht im büro|im urlaub|bin abwesend|nicht im haus|meiner abwesenheit|nach meiner rückkehr|wieder im büro|außer haus|derzeit nicht erreichbar|nicht am arbeitsplatz|arbeite nicht mehr|nicht mehr bei|wieder erreichbar|in elternzeit|nicht im dienst|im mutterschutz|lese keine mails|lese keine e-mails|lese derzeit keine",
        "på ferie|på semester|ikke på kontoret|inte på kontoret|ikke til stede|er bortreist|har ferie|leser ikke e-post|läser inte e-post|på orlov|lomalla|är tillbaka|er tilbage|er tilbake|inte på jobbet|slutat på|poissa toimistolta|poissa töistä|palaan",
        "niet op kantoor|ben afwezig|met vakantie|op vakantie|mijn afwezigheid|niet aanwezig|werk niet meer|ben er niet|weer terug",
        "wala ako sa opisina|wala po ako sa|nasa bakasyon|naka-leave|nakabakasyon|wala sa opisina|pagbalik ko|habang wala ako",
        "tôi vắng mặt|không có mặt tại văn phòng|đang nghỉ phép|đi nghỉ|thời gian tôi vắng|tôi sẽ vắng mặt|không có ở văn phòng|khi tôi trở lại",
        "poza biurem|jestem na urlopie|będę na urlopie|jestem nieobecn|mojej nieobecności|po powrocie|już nie pracuję|jestem poza|wracam",
        "нет в офисе|вне офиса|в отпуске|буду отсутствовать|отсутствую|в мое отсутствие|моего отсутствия|в командировке|не буду в офисе|меня нет на рабочем месте",
        "не в офісі|поза офісом|у відпустці|в відпустці|буду відсутн|я відсутн|моєї відсутності|у відрядженні|мене немає в офісі",
        "不在办公室|不在辦公室|外出|出差|无法及时回复|無法及時回覆|返回辦公室|返回办公室|離開辦公室|离开办公室|唔喺辦公室",
        "부재중|부재 중|자리를 비|출장|사무실에 없|육아휴직",
        "不在に|不在と|外出して|出張",
        "خارج المكتب|في إجازة|في اجازة|غير متواجد|خلال غيابي|فترة غيابي|أثناء غيابي|لست في المكتب",
        "خارج از دفتر|در مرخصی|به مرخصی|مرخصی هستم|غیبت من|محل کار نیستم|حضور ندارم|در دفتر نیستم|نبود من",
        "دفتر سے باہر|چھٹی پر|چھٹیوں پر|دفتر میں نہیں|میری غیر موجودگی|رخصت پر",
        "ਦਫ਼ਤਰ ਤੋਂ ਬਾਹਰ|ਦਫਤਰ ਤੋਂ ਬਾਹਰ|ਛੁੱਟੀ 'ਤੇ|ਛੁੱਟੀ ਤੇ|ਦਫ਼ਤਰ ਵਿੱਚ ਨਹੀਂ|ਦਫ਼ਤਰ ਵਿਚ ਨਹੀਂ|ਗੈਰਹਾਜ਼ਰੀ|ਛੁੱਟੀਆਂ",
        "அலுவலகத்தில் இல்லை|அலுவலகத்தில் இருக்க மாட்டேன்|விடுமுறையில்|விடுப்பில்|அலுவலகத்திற்கு வெளியே|நான் இல்லாத",
        "कार्यालय से बाहर|छुट्टी पर|अवकाश पर|मेरी अनुपस्थिति|રજા પર|ઓફિસની બહાર|ছুটিতে|অফিসের বাইরে",
        "εκτός γραφείου|σε άδεια|ofis dışında|izindeyim|ofiste değilim|לא נמצא במשרד|בחופשה|מחוץ למשרד|לא במשרד|איני במשרד",
    ).pattern,
    # An application for leave is none.
    r"휴가(?! ?(?:신청|승인|정책|규정|요청))|休暇(?!申請|届|制度|願|の申)|(?:休|度|放|请|請|休产|休產)假(?!申|单|單|条|條|政|制|办法|辦法|规|規)",
)
"""The same in other languages."""

ABSENCE_OF_ANOTHER = in_text(
    r"\b(?:is|will be|has been|are)(?: [\w'-]+){0,3}? (?:out[ -]of[ -](?:the )?office|away from (?:the|his|her|their) (?:office|desk)|away until|unavailable until|absent)\b",
    r"\b(?:is|will be)(?: [\w'-]+){0,2}? on (?:[\w-]+ ){0,2}(?:leave|vacation|holidays?)\b",
    r"\b(?:is|are) no longer (?:with|at|employed|working|here)|\bno longer works\b|\bhas (?:left|retired|resigned|moved on)\b|\bis (?:now )?retired\b|\bis not in the office\b",
    r"\best (?:actuellement |presentement )?(?:absente?|en (?:conge|vacances|deplacement)|a l'exterieur)\b|\bne travaille plus\b|\ba quitte\b|\bn'est plus (?:a|au|en)\b",
)
"""Somebody is said to be away or gone."""

REPORTED = in_text(
    r"\b(?:commented|wrote|said|says|posted|replied|updated|assigned|mentioned|added|a (?:ecrit|commente|ajoute)|schrieb|geschrieben|kommentierte?|skrev|kommenterte|escribio|escreveu|ha scritto)\b"
)
"""A notification passes on what somebody said."""

_NOT_ALWAYS = r"(?! (?:on |every )?(?:all )?(?:weekends|(?:statutory|public|civic|bank|legal|major|most) holidays|holidays|saturday and sunday|saturdays and sundays)\b)"
_PLACE = r"(?:office|offices|we|centre|center|branch|counter|shop|store|clinic|desk|library|studio|secretariat|team|unit|department|division|museum|rink|pool|gallery|plant|yard|school)"
CLOSED = in_text(
    r"(?:^|[.!] ?)(?:our |the )?(?:office|offices|centre|branch|counter|store|clinic|shop|city hall) closed (?:until|till|from|for|on|today|between)\b",
    rf"\b{_PLACE}(?: [\w'-]+){{0,4}}? (?:is|are|will be|be) (?:currently |now |all |temporarily )?(?:closed|shut|on strike|on holidays?|on vacation)\b{_NOT_ALWAYS}|\bwe're (?:all )?(?:closed|shut)\b{_NOT_ALWAYS}|\b(?:closed|shut(?: down)?) for (?:the (?:holidays?|season|weekend|day|week|winter|summer)|(?:an?|one|two|three|four|\d+|a few) (?:day|week|month)s?)\b",
    rf"\b{_PLACE}(?: [\w'-]+){{0,2}}? (?:will not|won't|cannot|can't|does not|is not|are not|isn't|aren't) (?:be )?open(?:ing)?\b",
    rf"\b{_PLACE}(?: [\w'-]+){{0,4}}? (?:closed|shut(?: down)?){_NOT_ALWAYS} (?:at|on|from|until|till|early|for|between)\b|\b(?:re-?opens?|open again|opens again) (?:on|at|in (?:january|spring|the)|tomorrow|next|{_DAY}|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w*\.? \d|\d)",
    r"\b(?:bureau|bureaux|centre|bibliotheque|comptoir|boutique|magasin|secretariat|succursale|service|guichet)(?: [\w'-]+){0,3}? (?:est|sont|sera|seront) (?:actuellement |presentement )?fermee?s?\b",
)
"""An office says that it is closed, or when it opens again."""

ACKNOWLEDGEMENT = in_text(
    r"\bwe(?: have|'ve)? (?:just )?(?:received|got) (?:your|an?)\b|\b(?:has|have) been (?:successfully )?(?:received|logged|registered|submitted|assigned|opened|created)\b",
    r"\byour (?:[\w-]+ ){0,3}(?:is important to us|was received|is being (?:reviewed|processed))|\backnowledge(?:s|ment)? (?:the )?(?:of )?(?:the )?receipt\b|\bconfirm(?:s|ing)? receipt\b",
    r"\b(?:thank you|thanks) for (?:contacting|submitting|applying|reaching out|your (?:order|application|submission|inquiry|enquiry|interest|report))",
    r"\b(?:ticket|case|reference|request|tracking|incident|confirmation)(?: number| no\.?| id)?\s*[:#]\s*#?[\w-]*\d",
    r"\b(?:creation|receipt|opening) of (?:an?|your|the) (?:[\w-]+ )?(?:ticket|request|case|incident)\b|\bexpect an? (?:answer|reply|response) (?:in|within)\b",
    r"\b(?:mailbox|inbox|account) is (?:looked at|read|monitored|checked) (?:on|during|between|from|mon|\w+ days)",
    r"\b(?:will|shall) (?:respond|reply|get back|be in touch|contact you|answer)(?: [\w'-]+){0,4} within\b|\bwithin (?:\w+ ){1,3}(?:business|working) days?\b"
    r"|\ballow (?:up to |at least |us )?[\w-]+(?: to [\w-]+)? (?:business |working )?days\b|\b(?:high|large) volumes? of\b|\b(?:high|large) (?:e-?mail |call )?volumes?\b",
    r"\b(?:mailbox|inbox|account|office|desk|line|counter) is (?:regularly |normally |only )?(?:monitored|staffed|checked|attended|open)\b",
    r"\b(?:mailbox|inbox|address|account) is (?:not|no longer|un)(?: being| actively)? ?(?:monitored|read|checked)\b",
    r"\bnous avons (?:bien )?recu\b|\baccus(?:ons|e de) reception\b|\b(?:a|ont) (?:bien )?ete (?:recue?s?|enregistree?s?|transmise?s?)\b|\bmerci (?:d'avoir communique|de nous avoir|d'avoir ecrit)",
    r"\bnumero (?:de (?:dossier|demande|reference|suivi)|du billet)\b|\bnous (?:vous )?repondrons\b|\bdans (?:les|un delai de) .{1,20}jours? ouvrables?\b|\bboite (?:de reception )?n'est pas surveillee\b",
    r"\bhemos recibido (?:su|tu)\b|\brecebemos (?:o seu|a sua|sua|seu)\b|\babbiamo ricevuto\b|\bwir haben ihre\b|\bnatanggap na(?:min)?\b",
    _words("我们已收到|我們已收到|已收到您的|получили ваш|отримали ваш|تلقينا|استلمنا|دریافت شد|접수되었습니다").pattern,
)
"""An office or a system says that a message arrived."""

SELF_DECLARED = in_text(
    r"\bthis is an? (?:\w+ )?auto(?:matic|mated|matically[ -]generated|-?generated)?[ -]?(?:\w+ )?(?:reply|response|responder|message|e-?mail|mail|acknowledge?ment|notification|answer)\b",
    r"\bthis (?:e-?mail|message|mail|reply|response|note) (?:was|is|has been|is being) (?:an? )?(?:sent |being )?(?:auto(?:matically|mated|matic|-)?)[ -]?(?:generated|sent|reply|response|\b)",
    r"\b(?:computer|robot|machine|program|filter|rule|recipe),? (?:(?:which|that) )?(?:is )?(?:writ|answer|repl|respond)(?:ing|es|ies|s)(?: \w+){0,1} (?:for me|you|back|on my behalf|instead)\b"
    r"|\b(?:message|mail|e-?mail|reply|note|answer) (?:was |is )?generated by\b",
    r"\bvacation (?:program|responder|daemon|notice|autoreply)\b",
    r"^\W*auto(?:matic|mated)?[ -]?(?:reply|response|responder|message|answer)\b|\bthis auto(?:matic|mated|-)? ?(?:reply|response|message|e-?mail)\b",
    r"\bthis (?:is )?(?:an )?auto-?generated (?:e-?mail|message|reply)\b",
    r"\bdo not (?:reply|respond) to this (?:e-?mail|message|mail)|\bplease do not reply\b|\bnotification that you will receive while this person is away\b",
    r"\b(?:ceci|ce courriel|ce message|cette reponse|il s'agit)(?: [\w'-]+){0,4} automati(?:que|quement|se)",
    r"^\W*(?:reponse|message|courriel) automati|\b(?:ne pas|ne) repond(?:re|ez)(?: pas)? a ce",
    r"(?:^\W*|\b(?:es|e|una?|um|uma) )(?:respuesta automatica|mensaje automatico|resposta automatica|mensagem automatica|risposta automatica|messaggio automatico)\b",
    r"(?:^\W*|[.!] ?|\b(?:et|ett) )(?:autosvar|automatisk (?:svar|besked|melding|meddelande))\s*(?:[.!:]|$)|(?:^\W*|[.!] ?)automaattinen vastaus\b",
    r"(?:^\W*|\beine )automatische antwort\b|\bautomatisch (?:generiert|erstellt|erzeugt|versandt)|\bautomatisch (?:antwoord|gegenereerd)|\bawtomatikong\b",
    _words(
        "自动回复|自动答复|自動回覆|自動返信|자동 회신|자동 응답|자동응답|автоматическ|автоматичн|رد تلقائي|رسالة تلقائية|پاسخ خودکار|خودکار جواب|תשובה אוטומטית"
    ).pattern,
)
"""The text itself says that a machine sent it."""

SELF_DECLARED_ROOTS = (
    "auto", "vacation", "computer", "robot", "machine", "program", "filter", "rule", "recipe", "generated", "not reply", "not respond", "pas répond", "pas repond", "répondez pas", "awtomat", "自动", "自動", "자동", "автомат", "تلقائي", "خودکار", "אוטומטית",
)  # fmt: skip
"""One of these is in every text that `SELF_DECLARED` finds: a quick look before the long one."""

DOMINO_ABSENCE = in_text(
    r"i will be out of the office (?:starting|from) .{1,40} and will not return until|i am out of the office until .{1,400}automated response"
    r"|je serai absent\(e\) (?:du bureau )?(?:a partir )?du .{1,40}\bde retour\b|ich werde ab .{1,40} nicht im buro sein",
    flags=re.DOTALL,
)
"""The fixed text of the Lotus Domino out-of-office agent."""

DOMINO_SUBJECT = any_of(r"(?!(?:re|aw|sv|antw|r|fwd?|tr|wg) ?:)(?:auto: )?.{1,80} is out of (?:the|my) office\.?(?: \(returning .{1,40}\))?$")
"""Its subject."""

AUTOREPLY_SUBJECT = any_of(r"out of office autoreply: ?\S")
"""What Outlook with Exchange 5.5 to 2007 put before the subject, letter for letter."""

FORMULA_OPENING = any_of(
    r"^(?:(?:hi|hello|greetings|good (?:day|morning|afternoon)|bonjour)\W+)?(?:please (?:note|be advised) that )?i(?:'m| am|'ll be| will be)(?: currently| presently)?"
    r" (?:away from|out of) (?:the|my) (?:office|desk)\b",
    r"^(?:(?:hi|hello|hi there|dear (?:sir|madam|sender|colleague|valued)[\w /]{0,30}|greetings|good (?:day|morning|afternoon)|bonjour|bonsoir)\W+)?"
    r"(?:(?:many )?(?:thank you|thanks)(?: very much)? for your (?:e-?mail|message|note|mail|inquiry|enquiry|correspondence|interest)"
    r"|(?:je vous remercie|merci(?: beaucoup)?) (?:pour|de) votre (?:courriel|message|courrier|e-?mail|mail|envoi|demande))\b",
)
FORMULA_CLOSING = in_text(
    r"\b(?:reply|respond|answer|get back|return your|attend|contact you|follow up|review)\b.{0,60}\b(?:return|back|as soon as|upon)\b|\b(?:urgent|immediate|immediately|emergency|urgency|(?:cannot|can't|can not) wait)\b",
    r"\b(?:repondrai|reponse|lirai|communiquerai|traiterai|connaissance)\b.{0,60}\b(?:retour|plus tot|possible)\b|\burgen(?:ce|te?s?)\b|\bdans l'intervalle\b",
)
"""How automatic absence notes begin and go on, word for word, in most offices."""

NOT_A_ROBOT = in_text(
    r"^\W*(?:(?:hi|hello|dear|good (?:morning|afternoon|day)|hey|bonjour)\W+)?(?:all|team|everyone|everybody|folks|colleagues|guys|staff|a tous|l'equipe|tout le monde|chers collegues)\b",
    r"\?|\battached\b|\bci-joint|\blet me know\b|\bcould you\b|\bcan you\b|\bfaites-moi savoir\b|\bpourriez-vous\b|\bpouvez-vous\b",
)
"""Marks of a person who writes about an absence: to a group, asking, with enclosures."""

DMARC_REPORT_SUBJECT = any_of(r"report domain:.{1,260}submitter:")
"""RFC 7489 §7.2.1.1."""

RECEIPT_TEXT = in_text(
    r"your (?:message|document|e-?mail)\b.{0,400}(?:was|has been) (?:read|displayed|received by|delivered|deleted without being read|opened)",
    r"this is a (?:return|read) receipt|this return receipt only acknowledges|votre (?:message|courriel)\b.{0,400}(?:a ete (?:lu|affiche|remis|supprime)|lu le)",
    r"ceci est un accuse de",
)

UNSUBSCRIBE_TEXT = in_text(
    r"\bun-?subscribe\b|\bopt[ -]out\b|\bmanage (?:your )?(?:e-?mail )?preferences\b|\bse desabonner\b|\bdesabonnement\b|\bdesinscri|\bremoved? from (?:this|our) (?:mailing )?list\b"
)

OTHER_PURPOSE = in_text(
    r"\b(?:read|check|answer|look at) (?:my |the )?e-?mails?(?: only)? (?:only )?(?:once|twice|a few times|\w+ times) (?:a|per|each|every) (?:day|week)\b",
    r"\b(?:new|changed|change of|updated?) (?:my |our )?(?:e-?mail )?address\b|\baddress has changed\b|\bupdate your (?:records|contacts|address book)\b|\bnouvelle adresse\b",
    r"\b(?:confirm|verify|prove) that you are\b|\bto (?:confirm|verify|prove) (?:that )?you|\bspam (?:filter|protection)\b|\bbeing held\b|\bto release\b|\bvalidated?\b|\bchallenge\b|\bwill be delivered\b",
)
"""An automatic reply of a person that tells of no absence: slow reading, a new address, a question to prove that one is no machine."""

DAY_NAMED = in_text(
    r"\b(?:until|till?|back|return\w*|home|retour|semaine|weeks?|months?|tomorrow|demain|tonight|retraite|retired)\b|\b\d{1,2}(?:st|nd|rd|th|\.)(?!\w)|\b\d{1,2}[/.-]\d{1,2}\b",
    r"\b(?:january|february|april|june|july|august|september|october|november|december|janvier|fevrier|avril|juillet|septembre|octobre|novembre|decembre)\b",
    r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|\b(?:lun|mar|mercre|jeu|vendre|same)di\b|\b(?:lunes|martes|jueves|viernes|montag|dienstag|mittwoch|donnerstag|freitag)\b",
    r"\b(?:jan|feb|mar|apr|jun|jul|aug|sep|oct|okt|nov|dec|dez|janv|fevr|avr|juil|aout|dic|ene|ago)[a-z]{0,7}\b.{0,3}\d|\d.{0,4}\b(?:jan|feb|mar|apr|jun|jul|aug|sep|oct|okt|nov|dec|dez|fevr|avr|mai|juil|aout)",
)

QUOTED = in_text(
    r"^[ ]*(?:>|-{2,} ?(?:original|forwarded|message|ursprungliche|mensaje|messaggio|mensagem|begin forwarded|debut du message)|begin forwarded message"
    r"|(?:on|le|am|el|em|il) [^\n]{6,160}(?:\n[^\n]{0,80})?(?:wrote|a ecrit|schrieb|escribio|escreveu|ha scritto) ?:"
    r"|(?:from|de|von|da) ?: [^\n]{1,300}\n(?:[^\n]{0,200}\n){0,2}?[ ]*(?:sent|date|envoye|to|a|gesendet|enviado|inviato|subject|objet) ?:)"
    # Notes: the writer's name, then the day, then the fields.
    r"|^[^\n]{0,60}\n?\s*\d\d?/\d\d?/\d{2,4} \d\d?:\d\d(?::\d\d)? ?[ap]m\s*\n\s*to ?:",
    flags=re.MULTILINE,
    holding=(":", ">", "--", "begin forwarded message"),
)
"""Where a quoted or forwarded message begins, in folded text."""
