"""Words by which a reader tells who is offered, in English and French, with a few of the other languages heard in Toronto.

Data for `gateway.judgement.out_of_office`: each table is a list of alternatives of one expression, for text that went through `lowered`. The cue
nearest before a contact point says whose it is. Nothing here decides.
"""

from __future__ import annotations

import re


def lowered(text: str) -> str:
    """Lower case, every character in its place (of those that would become two, such as a Turkish dotted I, the first stays)."""
    lower = text.lower()
    return lower if len(lower) == len(text) else "".join(each.lower()[0] for each in text)


def _any(*alternatives: str) -> re.Pattern[str]:
    r"""One expression of all alternatives. Nearly all begin a word: the `\b` that they share stands in front once, and small letters spare a
    comparison without case at every character. Together that is five times as quick."""
    pieces = [_small(piece) for each in alternatives for piece in _pieces(each)]
    words = "|".join(piece.removeprefix(r"\b") for piece in pieces if piece.startswith(r"\b"))
    return re.compile("|".join([rf"\b(?=\w)(?:{words})", *(piece for piece in pieces if not piece.startswith(r"\b"))]))


def _pieces(pattern: str) -> list[str]:
    """The alternatives of the outermost level."""
    pieces, depth = [""], 0
    for token in re.findall(r"\\.|\[(?:\\.|[^\]\\])*\]|.", pattern):
        depth += (token == "(") - (token == ")")
        if token == "|" and not depth:
            pieces.append("")
        else:
            pieces[-1] += token
    return pieces


def _small(pattern: str) -> str:
    """In small letters, and with apostrophes that a writer may leave out (`im`, `dont`)."""
    pattern = re.sub(r"\['’\](?!\?)", "['’]?", pattern)
    return re.sub(r"\\.|[A-Z]", lambda match: match[0] if match[0].startswith("\\") else match[0].lower(), pattern)


_OWN_THING = (
    r"(?:own |new |out[- ]of[- ]office |direct |personal |private |work |business |office |home |other |cell(?:ular)? |mobile |desk "
    r"|government |city |regular |following |temporary |alternate |alternative |second |current |local |toll[- ]free "
    r"|spare |old |normal |usual |e-?mail )*"
    r"(?:cell(?:ular|phone)?|mobile|phone|telephone|blackberry|iphone|voice ?mail|(?:direct |phone |desk )?line|extension|(?:phone |cell "
    r"|telephone )?number|e-?mail(?: address)?|address|pager|desk|inbox|account|gmail)"
)
OWN = _any(
    r"\b(?:contact|reach|call|phone|ring|telephone|e-?mail|text|page|mail|message|write(?: to)?|get (?:a )?hold of|get in touch with|find|try"
    r"|track|leave|send|follow|call or text|call or e-?mail|speak (?:to|with)|talk (?:to|with)|connect with)"
    r" me(?! or\b| and\b)\b(?! an? )",
    r"\b(?:leave|send|give|drop|shoot|write) me\b(?: (?:an?|your)(?: quick| short)? (?:e-?mail|mail|text|message|call|line|note|ring|voice ?mail))?",
    r"\b(?:leave|leaving) (?:an?|your|any) (?:voice ?mail|voice message|message|word)s? (?:at|on|here)?:?\s?(?=[\d(+])",
    r"\b(?:messages?|voice ?mails?|word) (?:left|sent|texted)(?: for me)? (?:at|on|to)\b",
    r"\bI(?:['’]ll| will| can| do| shall| may| also|['’]m| am)?(?: \w+ly| still| also| only| always| regularly| be| not)*"
    r" (?:carry|carrying|have|keep|keeping|use|using|check|checking|monitor|monitoring|pick(?:ing)? up|retriev\w+|get|getting|take|taking|receiv\w+"
    r"|answer|answering|listen|listening|look|looking|return|returning)\b(?:(?!\band\b)[^.;,@\d]){0,40}?\b(?:pager|phone|cell|mobile"
    r"|blackberry|iphone|voice ?mails?"
    r"|messages|laptop|calls|texts|number|line|device)\b",
    r"\b(?:hotel|motel|resort|lodge|airbnb|hôtel|auberge|chalet)\b[,:( ]{1,3}(?=[\d(+])",
    r"\b(?:working|work) (?:from home|remotely|off-?site)\b|\b(?:en )?télétravail\b",
    r"\b(?:text|texting|phone|cell|e-?mail|call|calling|voice ?mail) (?:is|works|are) (?:the )?"
    r"(?:best|better|quickest|fastest|easiest|quicker|faster|easier)\b",
    r"\b(?:call|calling|ring|phone|try|at|reach\w*) (?:me at )?(?:the|our|my) (?:cottage|cabin|hotel|lodge|house)\b",
    r"\bhotel(?:['’]s)? (?:phone|number|line|room)\b",
    r"\b(?:address|number|line|phone|cell|mobile|way) (?:for me|to (?:reach|contact|call|get(?: a)? hold of) me)\b",
    r"\bI (?:can|could|will|['’]ll|do)(?: still| only)? (?:take|receive|get|check|retrieve|answer|return) (?:voice |phone |text |urgent "
    r"|your |my |any |all )*(?:messages|calls|voice ?mails?|e-?mails?|texts)\b",
    r"\bI (?:can|could|may|might|will|shall|am|['’]ll|would)(?: still| also| only| always| however| then)*(?: be)?(?: still| also| only| "
    r"always)* (?:reached|reachable|contacted|found|available|accessible)(?! to help)",
    r"\bI(?:['’]m| am|['’]ll be| will be)(?: currently| temporarily| now)? (?:working|based|located|stationed|sitting|staying)\b",
    r"\bI(?:['’]m| am|['’]ll| will) (?:still |also |only )?(?:be )?(?:reachable|contactable|checking|monitoring)\b",
    r"\bI(?:['’]m| am|['’]ll be| will be) (?:at|on):? (?=[\d(+]|[\w.]+@|ext\b|extension\b|x\s?\d)",
    r"\bI(?:['’]m| am|['’]ll be| will be) (?:still |only )?(?:reading|answering|checking) (?:e-?mails?|mail|messages)(?: only)? (?:at|on|via|from)\b"
    r"|\bmy (?:own |personal |private |home |other )+(?:mail|account)\b",
    r"\bI\b[^.;]{0,60}?\b(?:and|or|but) (?:can|may|could|will)(?: now| still| also| only)* be (?:reached|contacted|available)",
    r"\bmy " + _OWN_THING,
    r"\b(?:need|want|wish|have|trying|like|able|must) to (?:reach|contact|call|speak (?:to|with)|talk to|get (?:a )?hold of|get in touch "
    r"with) me\b[^.;]{0,40}?\b(?:call|dial|e-?mail|text|phone|use|try|at|on)\b",
    r"\b(?:need|want) me\b[^.;]{0,40}?\b(?:call|dial|text|phone|at|on)\b",
    r"\bon (?:me|m['’]) ?(?:re)?(?:joint|joindra|trouve|trouvera|rejoindra)\b|\bl['’]on me \w+",
    r"\b(?:je|j['’]) ?(?:prends|prendrai|vérifie|vérifierai|consulte|consulterai|réponds|répondrai|retourne|retournerai|écoute|écouterai)"
    r"\b[^.;@\d]{0,40}?\b(?:messages|appels|courriels|boîte|textos)\b",
    r"\blaiss(?:er|ez)(?:-moi)? (?:un|votre) message (?:au|à|sur)\b\s?(?=[\d(+])",
    r"\b(?:me|m['’]) ?(?:re)?(?:joindre|contacter|appeler|téléphoner|écrire|laisser|envoyer|atteindre|texter)\b",
    r"\b(?:contactez|appelez|joignez|écrivez|rejoignez|textez|téléphonez|laissez|envoyez)-moi\b",
    r"\bmeine? (?:handy|nummer|telefon|mobil|e-?mail)\w*|\berreichen sie mich\b|\bsie erreichen mich\b"
    r"|\bmi (?:celular|móvil|teléfono|correo|número)\b",
    r"\bmeu (?:celular|telefone|telemóvel|número)\b|\bil mio (?:cellulare|numero|telefono)\b",
    r"\bmijn (?:nummer|mobiel|gsm|telefoon)\w*|\bm[óo]j (?:numer|telefon)\w*|\bмой (?:номер|телефон|мобильный)|\bмій (?:номер|телефон)"
    r"|我的(?:手机|手機|电话|電話|号码|號碼|邮箱|郵箱)|رقمي|هاتفي|제 (?:번호|휴대폰|핸드폰|전화)",
    r"\b(?:je|j['’]) ?(?:suis|serai|reste|resterai|demeure|demeurerai|peux|pourrai)(?: être)?(?: toutefois| quand même| cependant| "
    r"aussi)? ?(?:joignable|disponible|accessible|rejoint|joint|contacté)e?\b",
    r"\b(?:mon|ma|mes) (?:nouvelle |nouveau |propre )?(?:cell\w*|mobile|portable|téléphone|numéro|courriel|adresse|poste|télé\w*|boîte "
    r"vocale|ligne|messagerie|boîte)\b",
)
"""The absent person is meant."""

_ELSE = (
    r"(?!me\b|myself\b|moi\b|back\b|you\b|your\b|vous\b|the message\b|if\b|when\b|once\b|upon\b|again\b|has\b|have\b|is\b|was\b|will\b|on my return)"
)
OTHER = _any(
    r"\b(?:contact|contacting|call|calling|phone|phoning|telephone|(?<!your )(?<!this )(?<!an )(?<!my )e-?mail|e-?mailing|reach"
    r"|reach out to|reaching|page|dial|dialing"
    r"|dialling|consult|notify|see|try|(?<!a )text|ask(?: for)?|use|visit|copy|cc|(?<!voice )(?<!e-)(?<!your )mail|ping|ring)"
    r":?(?: directly)? " + _ELSE,
    r"\b(?:speak|talk|connect|liaise|check|follow[- ]?up|touch base|get in touch|be in touch|get in contact|work|deal) (?:to|with) " + _ELSE,
    r"\b(?:refer|direct|forward|send|resend|re-send|address|submit|redirect|re-direct|route|write|turn|copy|transfer)(?:ed|ing)?\b[^.;]{0,80}?\bto:? "
    + _ELSE,
    r"\b(?:contact|call|e-?mail|reach) me(?: directly)? (?:or|and)\b",
    r"\b(?:take|bring|raise)\b[^.;]{0,40}? with " + _ELSE,
    r"\b(?:will|can|may|would|shall|should|could)(?: also| then)? be (?:able|happy|pleased|glad|available|more than "
    r"happy)\b[^.;]{0,20}\b(?:help|assist|answer|respond)",
    r"\b(?:he|she|they|who|team|staff|office|desk|colleagues?|(?!(?:i|you|we|it|and|or|but|that|which)\b)[a-zà-ÿ]+) (?:can|may|will|could)"
    r"(?: also| best)?(?: be)? (?:reached|contacted|assist|help|answer|respond|support|covering|cover|reachable)",
    r"(?<!I )(?<!I am )(?<!I'm )\b(?:is|are|will be|has been)(?: also| currently)? (?:covering|acting|filling in|replacing|looking after"
    r"|handling|responsible|assisting|managing|taking over|monitoring|backing)",
    r"\bon my behalf\b|\bin my (?:place|stead)\b|\b(?:alternate|alternative|back-?up|other|emergency|urgent|interim) (?:contacts?|persons?)\b",
    r"\b(?:she|he|they)(?:['’](?:s|re|ll)| is| are| will| can)(?: also| best| always)?(?: be)?(?: reached| reachable| found| available)?"
    r" (?:at|on|by|via|through)\b",
    r"\b(?:her|his|their) (?:\w+ ){0,2}(?:number|line|extension|e-?mail|address|cell|phone|mobile|contact)\b",
    r"\bcover(?:ed|age|ing)?\b|\bbackup\b|\bback-up\b|\breplacement\b|\bdelegate\b|\b(?:acting|interim)\b(?! strange)",
    r"\b(?:contactez|contacter|appelez|appeler|joindre|joignez|rejoindre|téléphoner|téléphonez|écrire|écrivez|composer|composez|consulter"
    r"|aviser|solliciter|demander|demandez)(?!-moi)(?: directement)?"
    r" (?!moi\b|me\b|à moi\b|avec moi\b)",
    r"\b(?:communiqu(?:er|ez)|entrer en contact|prendre contact|prenez contact|parle[rz]|correspond(?:re|ez))(?: directement)? (?:avec|à) (?!moi\b)",
    r"\b(?:adresse[rz]|envoye[rz]|fai(?:re|tes) parvenir|achemine[rz]|transmett(?:re|ez)|redirige[rz]|dirige[rz]|référe[rz]"
    r"|transfére[rz])\b[^.;]{0,80}?\b(?:à|au|aux|vers) (?!moi\b)",
    r"\b(?:vous |s['’])adresser\b|\badressez-vous\b|\bs['’]adresser\b",
    r"\bpersonne[- ]ressource\b|\b(?:elle|il) (?:est|sera|se joint)\b[^.;]{0,20}?\b(?:au|à)\b|\bon (?:la|le|l['’])\s?(?:re)?joint\b",
    r"\b(?:me|m['’]) ?remplac\w*|\bassur\w+ (?:l['’]intérim|la relève|le suivi|mon remplacement)|\brelève\b|\bremplaçante?\b",
    r"\b(?:pourra|peut|pourront|peuvent|se fera un plaisir de|saura)(?: également)? (?:vous )?(?:aider|répondre|assister|renseigner)",
    r"\best (?:disponible|joignable)\b|\bsera disponible\b",
    r"\bcontact(?:ar|e|en|te|are|ti|i|at[ei])\b|\bdirigirse\b|\bdiríjase\b|\bpóngase en contacto\b|\bescriba\b|\bllam[ea]r?\b|\bentre em "
    r"contato\b|\brivolger\w*\b|\bwenden sie sich\b|\bkontaktieren\b|\bneem contact\b|\bproszę o kontakt\b",
    r"请联系|請聯絡|请致电|請致電",
)
"""Somebody else is offered."""

OCCASION = _any(
    r"\bin my absence\b|\bwhile I(?:['’]m| am) (?:away|out|gone|on)\b|\bduring (?:my|this) (?:absence|time|leave|period)\b"
    r"|\buntil (?:then|I return)\b|\bin the (?:meantime|interim)\b|\bkindly\b",
    r"\b(?:urgent|immediate|pressing|time[- ]sensitive)\b|\bemergenc(?:y|ies)\b|\bin case of\b",
    r"\bfor (?:any |all |other |general |further |more |media |after[- ]hours )?(?:assistance|help|support|inquiries|enquiries|questions"
    r"|requests|information|matters|issues|concerns)\b",
    r"\ben mon absence\b|\bpendant (?:mon|cette) (?:absence|congé|période)\b|\bdurant (?:mon|cette) (?:absence|congé|période)\b"
    r"|\bd['’]ici là\b|\bdans l['’]intervalle\b|\bentre-?temps\b",
    r"\burgen\w+|\bpour (?:toute|une|de l['’]) ?(?:aide|assistance|question|demande|urgence|situation|information|affaire)\w*|\ben cas\b",
    r"\bdringend\w*|\burgent[ei]\b|\bin meiner abwesenheit\b|\ben mi ausencia\b|\bin mia assenza\b|\bna minha ausência\b|如有紧急|如有緊急",
)
"""When somebody is to be turned to, but not who: whom the clause was about already stays meant."""

NEGATED = _any(
    r"\b(?:do not|don['’]t|please refrain from|refrain from|never|cannot|can['’]t|rather than|instead of|without|not)(?: please| also| "
    r"try to| attempt to)? (?:to )?"
    r"(?:contact|contacting|call|calling|phone|phoning|e-?mail|e-?mailing|reach|reaching|send|sending|write|writing|use|using|respond"
    r"|reply|replying|forward|forwarding)\b[^.;,]{0,60}?",
    r"\b(?<!\bto )(?<!\bwith )(?:no one|nobody|no-one|none of us)\b[^.;]{0,80}",
    r"\b(?:will|can|does|do|is|are|am) not (?:be )?(?:available|reachable|monitored|in use|forwarded|checked|accessible|active|valid"
    r"|working)\b[^.;,]{0,30}|\bunmonitored\b|\bno longer\b(?! working| with| at| employed| here| in (?:this|the|my))[^.;,]{0,40}",
    r"\bn['’]?e? ?(?:appelez|contactez|téléphonez|envoyez|répondez|communiquez|utilisez|écrivez) (?:pas|plus|jamais)\b[^.;,]{0,60}?",
    r"\bne (?:pas|plus|jamais) (?:contacter|appeler|téléphoner|envoyer|répondre|communiquer|utiliser|écrire)\b[^.;,]{0,60}?",
    r"\b(?:received|receive|got) (?:it|this(?: [\w-]+)?) (?:in error|by mistake)\b[^.;]{0,90}|\bnot the intended recipient\b[^.;]{0,120}"
    r"|\b(?:reçu[^.;]{0,30} par erreur|pas le destinataire)\b[^.;]{0,120}",
    r"\bpersonne ne\b[^.;]{0,80}|\baucune? (?:autre )?(?:personne|collègue)\b[^.;]{0,60}",
)
"""What follows is not offered."""

NOT_NEGATED = _any(
    r"\b(?:do not|don['’]t|please do not|never) hesitate\b",
    r"\bn['’]hésitez pas\b|\bne pas hésiter\b",
    r"\bif (?:you )?(?:do not|don['’]t|cannot|can['’]t)\b[^.;,]{0,60}",
    r"\bnot only\b",
    r"\bcannot wait\b|\bcan['’]t wait\b|\bdo not wait\b",
)
"""Phrases with a "not" that forbid nothing."""

PAST_OR_OTHER_MATTER = _any(
    r"\byour (?:message|e-?mail|mail|request|note|inquiry)\b[^.;]{0,60}\b(?:from|to|sent|addressed|regarding|about|titled|entitled|subject"
    r"|dated)\b",
    r"\bvotre (?:message|courriel|demande)\b[^.;]{0,60}\b(?:de|du|adressé|envoyé|intitulé|concernant|au sujet)\b",
    r"\b(?:message|e-?mail|courriel) (?:sent )?(?:to|from|à|de)\b",
    r"\b(?:at|attending|hosting|speaking at|au|à la|à un|à une) (?:an? |the |this |our |[\w'’-]+ ){0,5}(?:conference|forum|summit|symposium"
    r"|workshop|convention|congress"
    r"|seminar|hotel|conférence|congrès|colloque|hôtel)\b(?: [\w'’-]+){0,3}(?=[,(: ])",
)
"""The resident's own message is spoken of, or an event that the writer is at."""

CLOSED_AFTER = re.compile(
    r"[)\]]?,?\s(?:(?:is|are|was|were|will|has|have|does|do|can|voice ?mail|mailbox|box|also|too)\s){0,4}?(?:be |been )?"
    r"(?:not|no longer|never|isn['’]t|aren['’]t|won['’]t|cannot|can['’]t|closed|off|unattended|unmonitored|disconnected"
    r"|(?:out of|no longer in) (?:service|use)"
    r"|fermée?s?|n['’]est|n['’]est plus|ne (?:sera|répond|fonctionne))\b(?! hesitate| only)",
    re.IGNORECASE,
)
"""Right after an address or number: what is said of it is that nobody answers there."""

OWN_AFTER = re.compile(
    r"[)\]]?,? (?:and|to|then) leave (?:an?|your) (?:voice ?mail|(?:voice )?message)\b.{0,20}\bI(?:['’]ll| will| can)\b"
    r"|[)\]]?,? (?:and|then|where|;) I(?:['’]ll| will| can| may| shall)? (?:\w+ )?(?:pick up|answer|call|ring|phone|text|take your call|listen)\b",
    re.IGNORECASE,
)
"""Right after it: the absent person answers there."""

OWN_LABEL = re.compile(
    r"\W*(?:t|tel|tél|c|p|m|d|o|e|b|telephone|téléphone|phone|cell|cellular|cellulaire|mobile|office|bureau|direct|work|desk|main|e-?mail"
    r"|courriel|mail|bb|bureau|ligne directe|fax)\s?[.:/]{1,2}\s?\W*$",
    re.IGNORECASE,
)
"""All that stands before a number in a signature line."""

FUNCTION_WORDS = _any(r"\b(?:the|and|will|you|for|please|from|with|have|my|be)\b", r"\b(?:le|la|les|de|du|je|vous|pour|votre|mon|est|au|et)\b")
"""A sentence without any of these is in another language, or no sentence."""
