"""What a responder's owner tells whoever writes: words for `gateway.message.automatic` where no header field and no fixed wording helps.

Folded form, English and French, as in `gateway.message.automatic_phrases`. None of it decides anything alone.
"""

from __future__ import annotations

# ruff: noqa: E501 — a pattern broken over lines is harder to check against a phrase
import re

from gateway.message.automatic_phrases import any_of, in_text

_MAILBOX = r"(?:mailbox|mail box|inbox|account|address|e-?mails?|messages|voice ?mail)"
NOT_READ_MEANWHILE = in_text(
    rf"\b(?:because of|due to|owing to|during|while)\b.{{0,80}}\b{_MAILBOX} (?:is|are|will) (?:not|un|no longer) ?(?:be |being )?(?:actively |regularly )?(?:monitored|read|checked|answered)\b",
    rf"\b{_MAILBOX} (?:is|are|will) (?:not|un) ?(?:be |being )?(?:actively |regularly )?(?:monitored|read|checked|answered)(?: \w+)?,? (?:during|while|until|till|before|because|due to|for the (?:duration|moment)|at (?:this|the) (?:time|moment)|on (?:those|these|that|\w+day)|over the|this week|today|in the meantime|from)\b",
    r"\bboite(?: [\w'-]+){0,3} (?:n'est|ne sera) pas (?:surveillee|lue|consultee) (?:pendant|durant|jusqu|avant|en raison|cette|du|le|ces)",
)
"""Nobody reads a mailbox for a time or for a reason; a mailbox that is never read (a no-reply address) is no absence."""

_MEANWHILE = r"(?:meantime|meanwhile|until then|while|during|absence|period|interim)"
MAIL_DELETED = in_text(
    rf"\b(?:everything|anything|all|any|e-?mails?|mail|messages?)(?: [\w'-]+){{0,3}} (?:sent|received|arriv\w+|com(?:es|ing)|delivered|addressed)\b.{{0,40}}\b{_MEANWHILE}\b.{{0,40}}(?<!\bwas )(?<!\bwere )\b(?:deleted|discarded|erased|binned|not be (?:kept|read|saved))\b",
    r"\bmessages?(?: [\w'-]+){0,3} recus?\b.{0,60}\b(?:absence|entre-?temps|d'ici la)\b.{0,20}\b(?:seront|sera|sont|est)(?: [\w'-]+)? (?:supprimes?|effaces?)\b",
)
"""What happens to mail that comes in meanwhile, as only whoever sets up a responder tells a reader yet unknown."""

_SET_UP = r"\bset (?:up )?this (?:message|reply|note|notice|auto-?reply)(?: up)?\b|\bthis (?:message|reply|notice|note) (?:was|is|has been) set(?: up)? (?:by|for|on)\b"
UNREAD_MAILBOX = in_text(
    r"\b(?:your|mail to (?:him|her|them|me)|this) ?(?:e-?mail|message|mail)?s? (?:has|was|is|will)(?: been| be)? not(?: been| be)? (?:been )?(?:automatically )?(?:forwarded|read|redirected|passed on)\b(?! to me)",
    r"\bvotre (?:courriel|message) (?:n'a pas ete|ne sera pas) (?:transfere|lu|achemine|redirige)\b",
    rf"\b(?:this|my|the|his|her|their) (?:e-?mail )?{_MAILBOX}(?: \w+)? (?:is|are) ?(?:not|no longer|un) ?(?:being )?(?:monitored|read|checked|in use|active)\b",
    r"\b(?:ce compte|cette (?:boite|adresse))(?: [\w'-]+){0,3} n'est (?:plus|pas) (?:surveillee?|active?|lue?|consultee?|utilisee?)\b",
    _SET_UP,
)
"""The mailbox that this comes from is unread, what came was passed on to nobody, or a notice was set up in it for its owner."""

OWNER_IS_AWAY = any_of(
    r"(?:is|will be)(?: [\w'-]+){0,2} (?:away|out|off|absent|retired|unavailable|not (?:in|here|available|working)|on (?:[\w-]+ ){0,2}(?:leave|vacation|holidays?|secondment|sabbatical|jury duty))\b",
    r"(?:will (?:return|be back|not be (?:in|available|back))|is (?:due )?back|returns)(?! (?:to you|in touch|your|with|the))\b|has (?:now |since )?(?:retired|left(?=\s*[.,;]| (?:the|our) (?:city|company|business|firm|practice|agency|organi[sz]ation|office|department|division|ministry|service|team)| for | as of | on | in |$)|resigned|moved (?:on|to (?:another|a (?:new|different)))|been transferred|died|passed away|gone on)\b|(?:is )?no longer (?:works?|with|at|employed|here|in)\b|passed away\b",
    r"(?:est|sera)(?: [\w'-]+){0,2} (?:absente?|a la retraite|en (?:conge|vacances|formation|deplacement))\b|a (?:pris sa retraite|quitte)\b|ne travaille plus\b|n'est plus\b",
)
"""What is said of a mailbox's owner right behind the name; nobody speaks so of himself."""

OWNER_NAMED = re.compile(
    r"(?:(?:hi|hello|greetings|good (?:day|morning|afternoon)|bonjour)(?: there)?\W+)?(?:please (?:note|be advised)(?: that)? |veuillez noter que |thank you for your (?:e-?mail|message)\W+|this is to (?:let you know|inform you|advise you|say)(?: that)? |(?:unfortunately|sadly|regrettably|malheureusement),? )?"
    r"((?:[^\W\d_][\w'-]{0,40}\.? ){1,4}?)(?=(?:is|has|will|no longer|passed|est|sera|a|ne|n'est)\b)"
)
"""How a notice in the third person begins: the name, then the verb."""

TAKES_PART = in_text(
    r"\b(?:as (?:we )?(?:discussed|agreed)|(?:so|and) i(?:'m| am|'ve| have|'ll| will) (?:answering|writing|replying|looked|reviewed)|i(?:'ve| have) (?:reviewed|looked|read|spoken|checked|sent)"
    r"|your (?:application|drawings|permit|renewal|file|invoice|proposal) (?:is|are|was|were|has|looks?))\b"
)
"""Somebody who knows what the reader wrote about."""

SPEAKS_FOR_ITSELF = re.compile(r"\b(?:i|i'm|i've|i'd|i'll|my|we would|we need|je|j'ai|mon|ma)\b")
"""Somebody speaks of himself below a name in the third person: a widow, a colleague at that desk; but for whoever set up the notice."""

NOTICE_SET_UP = in_text(_SET_UP)

GONE_SUBJECT = any_of(
    r"(?:i am |i'm )?no longer (?:with|at|working|employed|here)\b|(?:i have|i've) (?:left|retired|moved on)(?: from)?(?: (?:the|our) (?:city|company|business|firm|practice|agency|organi[sz]ation|office|department|division|ministry|team))?(?: of \w+)?\s*(?:[:(!.-]|$)",
    r"(?:j'ai quitte|je ne travaille plus|plus a l'emploi)\b",
)
"""Subjects of those who left: people write them, too, so nothing without two more signs."""

_RE = r"(?:re|aw|sv|antw|rep|ref) ?: ?\S"
RESPONDER_SUBJECT = any_of(
    r"(?:i am |i'm )?(?:currently )?(?:out[ -]of[ -](?:the )?office(?: (?:reply|response|message|notification|notice|alert))?|oo[of]|automatic reply|auto-?(?:reply|response)|away from (?:the|my) (?:office|desk))\s*[:.!-]*\s*$",
    r"(?:absente?|absence|hors) (?:du|de mon) bureau\s*[:.!-]*\s*$|(?:message d'absence|en (?:vacances|conge))\s*[:.!-]*\s*$",
    r"(?:fuera de (?:la )?oficina|fora do escritorio|ausente|ausencia|fuori (?:ufficio|sede)|nicht im buro|im urlaub|abwesend|abwesenheit|niet op kantoor|afwezig|(?:ikke|inte|ej|er ikke) (?:pa kontoret|til stede)|franvaro(?:meddelande)?|fravaer|wala sa opisina|вне офиса|в отпуске|не в офисе|у відпустці|不在办公室|不在辦公室)\s*[:.!-]*\s*$",
    rf"(?:auto ?: ?|(?:out[ -]of[ -](?:the )?office|oo[of]|absente?|absence(?: du bureau)?|abwesend|abwesenheit|ausente|ausencia|afwezig)\s*[:.!-]*\s*){_RE}",
)
"""A responder's own subject, bare or in front of the subject that it answers; what a person writes there has a name or a day behind it."""

PEOPLE_WRITE_IT = any_of(r"(?:avis|message|notification|alerte) d'absence\b(?! du bureau ?: ?\S)")
"""Not what Outlook in French put before the subject that it answered."""
SAYS_IT_IS_A_REPLY = any_of(
    r"vacation (?:auto-?)?(?:reply|response|message)\s*$",
    r"(?:auto(?:matic|mated)?[ -]?(?:reply|response)|(?:reponse|message|courriel) automatique)\s*[.!:]*$",
)
"""Nothing but that: people write it above a complaint of one, and software above an absence."""
OF_SOMEBODY = any_of(r"(?!(?:i|auto) ?:?\b).{1,80} (?:is out of (?:the|my) office|est absente?\b|ist au(?:ß|ss)er haus)")
"""Subjects of software that people write as well, of themselves and of others."""

BEFORE_AN_ANSWER = re.compile(rf"[^:]{{1,60}}: ?{_RE}")
"""A subject of software before one that answers: no person puts anything before it."""

OF_THE_MATTER = in_text(
    r"\b(?:the|your) (?:offer|contract|interview|application|proposal|draft|report|invoice|documents?|forms?|permit|hearing|references?|drawings?|agenda|booking|minutes)\b"
)
"""Somebody who knows what the reader wrote about; a responder's owner does not yet."""

ASKS_FOR = in_text(
    r"\bplease (?:cancel|refund|stop|correct|close|transfer|pay|change|remove)\b|\bsend (?:the|any|all|his|her) (?:refund|cheque|check|payment|documents|papers)\b"
)
"""A request in the name of somebody who is gone."""

_TO_NOBODY = r"(?:there|all|sir|madam|sender|friends?|colleagues?|valued|customers?|everyone|monsieur|madame|thank|thanks|i|i'm|this|please|je|merci|veuillez|a|and|good|to)\b"
GREETS_BY_NAME = re.compile(
    rf"\W*(?:hi|hello|hey|dear|good (?:day|morning|afternoon)|bonjour|salut|cher|chere|hallo|lieber?|hola)[ ,]+(?!{_TO_NOBODY})(?:[^\W\d_][\w'.-]{{0,30}} ?){{1,3}}\s?[,.!:;-]"
)
"""Of a text that no software is known to have sent: whoever it is for was known to its writer."""

HANDS_OVER = in_text(
    r"\b(?:i've|i have|i) (?:already )?(?:moved|handed|passed|prepared|completed|finished|scheduled|rescheduled|briefed|arranged|asked|delegated|left (?:you|the|my) (?:files?|notes?|keys?|draft))\b",
    r"\bplease (?:make sure|ensure|take (?:over|care)|cover|sign|approve|finish|send me|confirm|direct (?:the team|them|him|her|everyone|anyone))\b|\bas (?:we )?(?:discussed|agreed)\b|\bwould you\b",
    r"\b(?:i would|i'd) like to (?:request|take|book|apply)\b|\brequest(?:ing)? (?:for )?(?:leave|time off|vacation|approval)\b|\b(?:merci de|veuillez) (?:prendre en charge|approuver|signer|confirmer)\b|\bj'ai (?:confie|prepare|termine|deplace)\b",
)
"""Tasks handed over, and requests: written to somebody who knows of them."""

_WILL_BE_AWAY = (
    r"(?:will|'ll|shall|going to|planning to) be (?:[\w'-]+ ){0,2}?(?:out|away|off|absent|unavailable|on (?:[\w-]+ )?(?:leave|vacation|holidays?))\b"
)
ABSENCE_TO_COME = in_text(
    rf"\b{_WILL_BE_AWAY}[^.;!?]{{0,40}}\b(?:tomorrow|next (?:week|month|year|mon|tues|wednes|thurs|fri)|later (?:this|today|in)|in two weeks)\b",
    r"\bje serai (?:[\w'-]+ ){0,2}?(?:absente?|en (?:vacances|conge|formation))[^.;!?]{0,40}\b(?:demain|la semaine prochaine|le mois prochain)\b",
    r"^\W*(?:fyi|f\.y\.i|for your information|(?:just )?(?:an? )?(?:quick |friendly )?(?:heads[- ]?up|reminder)|pour (?:votre |ton )?info\w*|petit rappel)\b",
    r"\bmy (?:ooo|out[ -]of[ -]office|auto-?(?:matic )?(?:reply|response|responder|message))\b|\bmon message d'absence\b",
    r"\bi was (?:out|away|off|on (?:leave|vacation))\b|\b(?:sorry|apologies|apologi[sz]e) for (?:the|my|this) (?:late|delay|slow)|\bi(?:'m| am) back (?:now|from)\b|\bj'etais (?:absente?|en (?:vacances|conge))\b",
)
"""An absence to come or past, or one's own automatic reply spoken of: software that answers now says where its owner is now."""

FORETOLD = in_text(
    rf"\bi(?: |(?='ll)){_WILL_BE_AWAY}",
    r"\bje serai (?:[\w'-]+ ){0,2}?(?:absente?|en (?:vacances|conge|formation)|hors du bureau)\b",
)
FOR_WHOEVER_WRITES = in_text(
    r"\b(?:contact|reach|respond|reply|answer|urgent\w*|urgence|immediate|emergenc\w+|assistance|your (?:e-?mail|message|mail)|joindre|communique[rz]|repondr\w+|votre (?:courriel|message))\b"
)
"""An absence in the future tense is announced, unless the text also says what becomes of mail meanwhile."""

ILL = re.compile(r"\b(?:sick|ill|flu|unwell|malade|grippe|krank\w*|enferm[oa]|doente|malat[oa]|ziek)\b")
"""What people tell those for whom they work."""

SENTENCE_END = re.compile(r"(?<=[^\d\s][.!?;,])\s+|(?<=\d[.!?;])\s+(?!(?:jan|feb|mar|apr|mai|maj|jun|jul|aug|sep|okt|nov|de[zs])[a-z]*\b)(?=[^\W\d])")
"""Not behind a day of the month as German and its neighbours write it."""
OF_AN_ABSENCE = in_text(
    r"\b(?:contact|reach|call|phone|dial|e-?mail|write to|direct|refer|respond|reply|replies|answer|get back|urgent\w*|urgenc\w*|immediate\w*|emergenc\w*|assistance|meantime|meanwhile|my absence|forwarded|monitored|your (?:e-?mail|message|mail|patience|understanding)|thanks? (?:you )?for|regards|sincerely|inconvenience|returning|(?:in the office|back) on|any (?:questions?|matters?)|if you (?:need|have|require)|happy holidays|(?:great|good|nice|lovely) (?:day|week|weekend))\b",
    r"\b(?:joindre|communique[rz]|contact\w*|adresse[rz]|repondr\w+|mon retour|mon absence|au poste|votre (?:courriel|message|comprehension|patience)|toutes? (?:autres? )?(?:questions?|demandes?)|(?:message|avis) d'absence|urgen\w+|cordialement)\b",
    r"\b(?:wenden|kontakt\w*|dringend\w*|nachrichten?|e-?mails|mails|vertret\w+|weitergeleitet|beantwort\w+|ruckkehr|sehr geehrte|wieder (?:da|erreichbar|im buro)|grussen?)\b",
    r"\b(?:contat\w*|escrib\w+|escrev\w+|dirij\w+|responder\w*|rivolg\w+|urgenz\w*|mensaje|mensagem|messaggio|dringende|haster|bradskande|vaxeln|henvend\w*)\b|обращайтесь|пишите|срочн|свяж|вернусь|возвращаюсь|повернусь|звертайтес|пишіть",
)
"""A sentence of a responder that tells of no absence: courtesies, and what to do meanwhile."""

OWN_MATTER = in_text(
    r"\b(?:and|but) (?:now |also |still |urgently )?(?:need|want|wonder|require|would like|have not (?:had|got|received)|never (?:got|had|received))\b",
    r"\bthanks? (?:you )?for (?:the|your) (?:offer|interview|invitation|contract|proposal|appointment)\b",
    r"\b(?:et|mais) (?:mon|ma|mes|notre|nos) [\w' -]{1,40}?\b(?:n'|ne )|\bn'(?:est|a|ont) (?:pas|jamais|toujours pas) (?:encore )?(?:arrivee?|recue?|ete)\b",
    r"\b(?:i|we) (?:\w+ )?(?:noticed|saw|need|want|wonder|would like|ask|cannot (?:attend|come|make|sign|pay)|can't (?:attend|come|make|sign|pay)|prefer)\b|\bi'd like\b|\bi(?:'m| am) writing\b|\bi write to\b",
    r"\b(?:so|and) i (?:cannot|can't|won't|will not) (?!(?:be )?(?:able|read|check|respond|reply|answer|access|monitor|available|reach))|\bmy (?:case|card|file|permit|application|booking|hearing|interview|bill|licen[cs]e|deposit)\b|\bcall (?:me|us|my \w+)\b.{0,20}\babout\b",
    r"\bje vous ecris\b|\bje n'ai (?:pas|jamais|plus|toujours pas) (?:recu|eu)\b|\bje (?:voudrais|souhaite|demande|desire)\b|\bpourrai(?:s)? (?:donc )?pas (?:signer|payer|assister|venir|etre present)",
)
"""The writer has a matter with the reader: a letter, whatever stands above it."""
