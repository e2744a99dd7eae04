"""Why somebody is away, in the words people choose: leave begun, illness, journeys, days off, mail not read, a post left; and of whom else one speaks.

Data for `gateway.message.automatic`, in folded form, with the apostrophes that people leave out put back (`with_apostrophes`). It counts only in what
software is known to have sent in answer. None of it decides anything alone.
"""

from __future__ import annotations

# ruff: noqa: E501 — a pattern broken over lines is harder to check against a phrase
import re

from gateway.message.automatic_phrases import any_of, fold, in_text

_LEFT_OUT = {
    "im": "i'm", "ive": "i've", "ill": "i'll", "wont": "won't", "cant": "can't", "dont": "don't", "isnt": "isn't", "arent": "aren't", "wasnt": "wasn't",
    "doesnt": "doesn't", "didnt": "didn't", "couldnt": "couldn't", "havent": "haven't", "hasnt": "hasn't", "weve": "we've", "youre": "you're", "youve": "you've",
    "hes": "he's", "shes": "she's", "theyre": "they're", "whos": "who's", "were": "we're", "well": "we'll", "jai": "j'ai", "jusquau": "jusqu'au",
    "jusqua": "jusqu'a", "naurai": "n'aurai", "aujourdhui": "aujourd'hui", "til": "till", "untill": "until",
}  # fmt: skip
_VERB = r"(?:be|return|get|reply|respond|answer|see|call|check|have|look|write|try|do|not|read|come|follow|catch|respond|deal)"
_APOSTROPHE = in_text(
    r"\bim(?= (?:out|away|on|off|in|at|not|no|gone|back|sick|ill|afk|ooo|home|here|a|the|up|currently|now|still|also|unavailable|absent|abroad|unwell|retired|only|just|at|\w+ing)\b)|\b(?:ive|wont|cant|dont|isnt|arent|wasnt|doesnt|didnt|couldnt|havent|hasnt|weve|youre|youve|hes|shes|theyre|whos|jai|jusquau|jusqua|naurai|aujourdhui|til|untill)\b",
    rf"\bill(?= (?:\w+ly )?{_VERB}\b)|(?:^|(?<=[.!,] ))were(?= (?:all )?(?:away|out|off|closed|on|back)\b)|(?:^|(?<=[.!,] ))well(?= be (?:away|out|off|closed|on|back)\b)",
)
LEFT_OUT_HERE = in_text(
    r"\bim(?: (?:out|away|on|off|in|at|not|no|gone|back|sick|ill|afk|ooo|home|here|a|the|up|currently|now|still|also|unavailable|absent|abroad|unwell|retired|only|just|at|\w+ing)\b)|\b(?:ive|wont|cant|dont|isnt|arent|wasnt|doesnt|didnt|couldnt|havent|hasnt|weve|youre|youve|hes|shes|theyre|whos|jai|jusquau|jusqua|naurai|aujourdhui|til|untill)\b",
    rf"\bill(?: (?:\w+ly )?{_VERB}\b)|(?:^|[.!,] )were(?: (?:all )?(?:away|out|off|closed|on|back)\b)|(?:^|[.!,] )well(?: be (?:away|out|off|closed|on|back)\b)",
)
"""The same without looking ahead, which a sieve cannot: most letters have a "were", and none of the rest."""


def with_apostrophes(text: str) -> str:
    """Folded text with the apostrophes of contractions that were left out: im, ill be, wont, jai."""
    if LEFT_OUT_HERE.search(text) is None:
        return text
    return _APOSTROPHE.pattern.sub(lambda match: _LEFT_OUT[match[0]], text)


_I = r"\b(?:i'm|i am|i'll be|i will be|we're|we are|we'll be|we will be|and am|and will be)(?: (?:now|currently|presently|still|also|just|all|mostly|completely|both|home))? "
_START = r"(?:^|(?<=[.!,;:-] )|(?<=\bam )|(?<=i'm )|(?<=ll be )|(?<=will be )|(?<=currently )|(?<=presently ))"
_DAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|satur|sun)(?:day)?s?)"
_SPAN = rf"(?:until|till?|through|thru|from|this (?:week|month|morning|afternoon)|next (?:week|month)|today|tomorrow|tonight|all (?:day|week|month|morning|afternoon)|for (?:the|an?|two|three|\d)|most of|{_DAY}\b|\d)"
_LEAVE = r"(?:leave|sabbatical|vacation|holidays?|retirement|secondment|time off|pto|break|mat leave|parental leave)"
_HERE = r"(?:office|work|desk|unit|city|team|department|division|company|organi[sz]ation|ministry)"

WHY_AWAY = in_text(
    # Leave that began, was taken or booked; other duties that were called for.
    rf"\bi(?:'ve| have|'m| am)? (?:just |now |already )?(?:start(?:ed|ing)?|begun|began|beginning) (?:an?|my|the) (?:[\w-]+ ){{0,2}}{_LEAVE}\b|\bmy (?:[\w-]+ ){{0,2}}{_LEAVE} (?:has )?(?:began|begun|started|starts|begins|runs|lasts|goes)\b",
    r"\b(?:took|taking|taken|take|booked|booking|using|have|had) (?:today|tomorrow|(?:the|this|next) (?:\w+ )?(?:day|week|month|afternoon|morning|summer)|(?:mon|tues|wednes|thurs|fri)day) off\b|\bbooked off\b|\busing (?:up )?(?:my |some |a |the )*(?:\w+ )?(?:vacation|leave|lieu|personal|holiday)\b",
    rf"{_START}taking (?:an?|some|my|the|this) (?:[\w-]+ ){{0,2}}?(?:weekend|break|detox|breather|{_LEAVE})\b(?! (?:to (?:read|review|process)|between|from your))|{_START}taking (?:an?|some|my|the) (?:[\w-]+ ){{0,2}}?(?:time|days?|weeks?)(?:\s*[.,!]|$| (?:to (?:be|rest|recover|recuperate|travel|spend|move|unwind|recharge|celebrate|grieve|heal|care)|for (?:myself|my|family|the)|with (?:my|the|family)|away|out))",
    r"\bi(?:'ve| have|'m| am| was)(?: been)? (?:\w+ )?(?:called (?:up )?(?:for|to) (?:jury|court|duty|service)|summoned|seconded|reassigned|deployed|mobili[sz]ed|redeployed|hospitali[sz]ed|admitted to)\b|\bi(?:'ve| have) (?:\w+ )?(?:stepped (?:out|away)|popped out|slipped away|(?:escaped|headed|fled|flown|driven|departed|gone|disappeared) (?:to|for|up|down|north|south|east|west|home|off|into))\b|\bi(?:'ve| have) (?:already )?left (?:the (?:office|building|country)|for the|work|town)\b|\b(?:done|finished) for the (?:day|week|year|season|summer|weekend)\b",
    rf"{_START}(?:jury duty|pto|a/l|al|ooto|oof|ooo|afk|eto|vto|annual leave|sick leave|vacation|leave|days? off|absent|away|out|off|gone|holidays?)\b ?[:,-]? ?(?:(?:until|till|thru|through|all (?:day|week)|today|tomorrow|this week)\b|(?:mon|tue|wed|thu|fri|sat|sun|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{{0,6}}\.? ?[\d-])",
    rf"{_I}(?:on )?(?:an? )?(?:[\w-]+ ){{0,2}}?(?:lieu (?:time|day)|bereavement|disability|furlough|jury duty|sick day|personal day|family day|mat(?:ernity)? leave|day off|days off|week off)\b",
    # Not well, or at somebody's side who is not.
    rf"{_START}(?:home |out |off )?sick(?: day| today| this| at home| with| all|\s*[.!,]|$)|{_START}(?:out|home|off) with (?:a|my|the|our) (?:\w+ )?(?:kids?|child|baby|son|daughter)\b|{_START}(?:under the weather|feeling (?:ill|sick|unwell|poorly))\b",
    r"\b(?:i've|i have|i) (?:got|caught|come down with|tested positive|contracted|have) (?:for )?(?:covid|the flu|flu|an? (?:bad |nasty )?(?:cold|bug|virus|infection)|pneumonia)|(?:^|[.!,] ?|\b(?:having|had|have|for|from) )(?:\w+ )?surgery (?:today|tomorrow|this|on|and)\b",
    rf"{_I}(?:resting|recuperating|convalescing|at (?:the|a) (?:hospital|clinic)|in (?:the )?hospital|in bed|at home with|with (?:a|my) sick|out with (?:a|my) sick|(?:home )?(?:caring for|looking after) (?:my|a|an))\b|\bhome with (?:(?:a|my|our|the) (?:sick )?(?:kids?|child\w*|baby|son|daughter)|them|him|her|an? \w+ (?:kid|child))\b",
    # On the way, at something all day, without the means to read.
    rf"{_I}on (?:a|the|my) (?:(?:\w+ )?(?:plane|flight|train|boat|ship|ferry|cruise|beach|mission|tour|expedition|retreat|pilgrimage|picket line))\b|{_START}on (?:a|the|my) (?:plane|flight|train|cruise|boat|beach) (?:to|till|until|all|today|most)|\b(?:by the time|if|when) you(?:'re| are)? read(?:ing)? this\b.{{0,20}}\bi(?:'ll| will|'m| am)(?: be)? (?:on|in|at|off|away|gone|somewhere|out)\b|\bsomewhere (?:over|between|above) (?:the )?\w+",
    rf"{_START}(?:teaching|attending|off-?site|vacationing|holidaying|travell?ing|presenting|training|sailing|camping|hiking|touring|moving house)\b (?:(?!until|till|through)[\w'-]+ ){{0,4}}?{_SPAN}|{_START}(?:in|at) (?:an? |the )?(?:all[- ]day|full[- ]day|day[- ]long|training|conference|workshop|retreat|off-?site)\b(?: (?:meeting|session|training|course|workshop|retreat|event))?(?: (?:with|in|at|for) [\w' -]{{1,30}})? ?{_SPAN}|\bin (?:an? )?(?:all[- ]day|full[- ]day) (?:[\w-]+ )?(?:meeting|session|training|course|workshop|retreat|event)\b",
    rf"{_I}at training\b|{_I}observing\b|{_I}(?:offline|off-line|unplugged|afk|oo[ot]o?|off e-?mail|off the grid|out-of-office|out of pocket|off-?grid|between (?:jobs|trips|flights))\b|{_START}out of pocket\b|{_START}(?:stepping|stepped) (?:away|back) (?:from|for|until|till)\b",
    r"\b(?:caught|reached|missed|got) me (?:on (?!my (?:cell|mobile|phone)|the (?:phone|line))|while|during|when|away|out)\b",
    r"\b(?:little|patchy|spotty|poor|delayed|reduced|unreliable|irregular|slow|no|rare) (?:or no )?(?:e-?mail )?(?:access|connection|connectivity)\b(?: (?:to|of|until|this|while|till|today)|[.,!]|$)|\b(?:my )?access to (?:my |the |work |this )*(?:e-?mails?|mail|messages|inbox|mailbox|account) (?:is|will be|may be|has been)(?: \w+)? (?:limited|restricted|intermittent|sporadic|patchy|spotty|poor|infrequent)\b",
    r"\b(?:i )?(?:won't|will not|not|without|don't|do not)(?: \w+){0,3}? (?:near|with|have|having|at|in front of|bring\w*|tak\w+|carry\w*) (?:my |a |an |any |the )*(?:laptop|computer|phone|screen|keyboard|desk)\b.{0,12}(?:\b(?:with me|until|till|this|before|again|today)\b)|\bwithout (?:my |a )?(?:laptop|computer)\b",
    r"\b(?:not|can't|cannot|won't|unable to|will not)(?: \w+){0,3}? (?:check|checking|get to|getting to|answer|answering|read|reading|monitor|monitoring|look at|looking at|respond to|see|seeing|be on|be at)(?: \w+){0,2}? (?:e-?mails?|mail|account|messages|inbox|mailbox|desk)\b.{0,20}\b(?:until|till|before|during|while|this week|this month|today|tomorrow|for the|next week|as i)\b",
    # Not here, and when again.
    rf"\bi(?:'m| am) not (?:in|here|around|back|working|on duty|on shift)(?:(?= (?:today|this|until|till|tomorrow|on {_DAY}|again|{_DAY}\b))|\s*[.,!]|$)|\band am not in\b",
    rf"\bi(?:'m| am) off (?:for|on|all|this|next|till|until|till|today|{_DAY}|from|\d)\b|\bmy (?:next|first) (?:working |work )?(?:day|shift)(?: back| in)? (?:is|will be|back)\b|{_START}next in (?:the )?(?:office|on)?\b",
    rf"{_START}back (?:in|at|on|with|from) (?:(?:[\w'-]+ ){{1,3}}?)(?:on |in |next )?(?:{_DAY}\b|tomorrow|the \d|\d|in (?:january|february|the new year))",
    r"\b(?:note|because of|due to|owing to) my (?:\w+ )?absence\b|\bmy (?:\w+ )?absence (?:from|on|between|until|today|this)\b",
    rf"\b(?:it's|this is|it is|today is|today's) my (?:\w+ )?(?:day|week|month|afternoon|morning) off\b|\b(?:so|and|,) i(?:'m| am) off\s*(?:[.!,]|$)|\benjoying (?:an?|my|some|the)(?: [\w-]+){{0,2}} {_LEAVE}\b|\b(?:at|attending) (?:an?|my|the) (?:[\w'-]+ )?(?:funeral|wake|shiva|memorial|wedding)\b|\bi(?:'ve)? (?:have )?lost (?:power|internet)\b",
    r"\b(?:nobody|no one|no-one)(?:'s| is| will be) (?:in|at|here|around)\b|\b(?:we're all|we are all|all of us are|(?:the |our )?(?:whole|entire) (?:team|office|staff|unit|crew) (?:is|are|will be)) (?:away|out|off|at|on)\b|\b(?:office|counter|desk|branch) (?:is|will be) (?:dark|unstaffed|not (?:be )?staffed)\b|(?:^|[.!,] ?)(?:[\w'-]+ ){0,2}offices? closed\s*(?:[.!,]|$)|(?:^|[.!] ?)(?:bureaux? )?fermee?s?(?:\s*[.!]|$| (?:jusqu|du |pour (?:les|la|le|cause)))",
    rf"{_I}(?:hard|difficult) to (?:reach|get hold of)\b|\b(?:replies|responses|answers) (?:will|may|might) be (?:slow|delayed|late)(?: \w+)? (?:until|till|while|this week)\b|\b(?:when|once|until|till|before) i(?:'m| am) (?:home|well|better|in again|online|ashore|back)\b|\bwaiting for me (?:on|when|after|until|till)\b|\bnothing (?:gets|is|will be) read\b",
    rf"{_START}(?:o\.o\.o\.?|back ?:|expected back)(?: on)? ?(?:until|till|{_DAY}\b|\d|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{{0,6}} \d)|\bi (?:shall |will )?return (?:{_DAY}\b|next|tomorrow|in (?:january|the new year)|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{{0,6}}\.? \d)",
    # Gone for good, or to another post.
    rf"\bi (?:retired|resigned|left) (?:on|in|from|as of|effective|at the end|last|the {_HERE})\b|\bi no longer (?:hold|occupy|serve|act|have (?:this|the)|represent|handle|am)\b|\b(?:i have|i've|i) (?:recently |now )?(?:taken|accepted|started|moved (?:on )?(?:in)?to) (?:up |on )?(?:an?|the|my) (?:new|different|another) (?:position|job|role|post|opportunity|challenge|team|division|department)\b|\bhave (?:(?:taken|started|accepted) )?a new (?:position|job|role|post)\b|\b(?:somebody|someone|an? (?:person|employee|colleague)) who (?:has )?(?:left|retired|(?:is )?no longer)\b|{_START}acting (?:in|as) (?:another|a different)\b|\bi(?:'m| am) no longer\b(?! (?:able|accept|tak|us|convinced|sure|need))",
    # French.
    r"\bje (?:ne )?(?:suis|serai) pas (?:la\b|ici|disponible|au (?:bureau|travail|poste)|en poste|chez)|\bje (?:suis|serai)(?: [\w'-]+){0,3}? (?:en (?:residence|tournage|tournee|stage|arret|sabbatique|convalescence|cure|transit|mer)|hors (?:connexion|ligne|reseau|pays|ville|d'atteinte|service)|a (?:l'hopital|la maison avec|la campagne|la mer|la plage)|au (?:chalet|chevet)|partie? (?:en|pour|a|au)|alitee?)\b",
    r"\bje (?:lis|consulte|regarde|verifie|prends|releve|lirai|consulterai)(?: [\w'-]+)? ?(?:peu|rarement|moins|a peine|a l'occasion|de loin)\b|\b(?:mes|ma|les) (?:courriels?|messages?|messagerie|boite)(?: \w+)? (?:a l'occasion|occasionnellement|sporadiquement|de facon sporadique|rarement|que rarement)\b|\b(?:mon|un) acces(?: [\w'-]+){0,4} (?:sera|est|reste) (?:tres )?(?:limite|restreint|intermittent)|\bpeu de (?:reseau|connexion)\b",
    r"(?:^|[.!,;:-] ?)retour (?:prevu|au bureau|au travail|en poste|le)\b|\bje (?:reviens|rentre|retourne|reprends|reprendrai|reviendrai|rentrerai)(?! (?:vers|a vous|sur|avec|en contact))(?: [\w'-]+){0,3}? (?:lundi|mardi|mercredi|jeudi|vendredi|le \d|demain|en (?:janvier|fevrier|mars|avril|mai|juin|juillet|aout|septembre|octobre|novembre|decembre)|dans \w+ (?:jours|semaines)|la semaine prochaine)",
    r"(?:^|[.!,;:-] ?)en (?:vacances|conges?|reunion|formation|deplacement|tournee|arret|mission|voyage|audience)(?: maladie| de travail)?(?:\s*[.!,]|$| (?:jusqu|toute|pour|depuis|aujourd|ce jour|cette|du|demain|ces jours))|(?:^|[.!,;:-] ?)(?:conges?|vacances|absence)(?: annuel(?:le)?s?)? (?:du|jusqu|de \w+ a)\b|\betant (?:en (?:vacances|conge|formation|deplacement)|absente?)\b",
    r"\bje (?:profite|beneficie) (?:de|d'|du)|\bj'ai pris (?:conge|des (?:vacances|conges)|quelques|\w+ (?:jours?|semaines?))|\bje (?:m'absente|m'absenterai|me suis absentee?|serai en conge)\b|\b(?:pendant|durant) (?:mes (?:vacances|conges?)|mon (?:conge|sejour|deplacement|voyage|arret)|ma formation)\b",
    r"\bje ne (?:pourrai|peux|pourrais|serai)(?: \w+)? pas (?:en mesure de |a meme de )?(?:vous |y |leur )?(?:repondre|lire|consulter|traiter|donner suite)\b.{0,25}\bavant (?!.{0,20}ouvrable)|\bje ne (?:suis|fais) plus (?:en poste|partie|titulaire|a l'emploi|responsable)\b|\b(?:aucun|les|vos) (?:courriels?|messages?) ne (?:sera|seront) (?:pas )?(?:lus?|consultes?)\b.{0,40}\b(?:avant|pendant|durant|jusqu)|\b(?:pendant|durant) [^.]{0,40}\baucun courriel ne sera lu\b",
    r"\bje suis(?: \w+)? au repos\b|\bje (?:quitte|quitterai) (?:mon poste|mes fonctions|la ville|mon emploi)|\bmon dernier jour\b|\bje (?:suis|travaille) (?:maintenant|desormais|dorenavant) (?:a|au|aux|en|avec|pour)\b|\b(?:je termine|fin de) mes vacances\b|\bmes vacances (?:se terminent|prennent fin)",
    # Elsewhere.
    r"(?:"
    + "|".join(
        fold(each)
        for each in (
            r"\bestoy de (?:permiso|viaje|baja|licencia)|\bhoy no trabajo|\bvuelvo (?:mañana|pronto al)|\bno estaré disponible (?:hasta|del|desde)|\bme encuentro (?:de|en) (?:vacaciones|licencia|viaje|permiso|baja)|\bestaré de regreso|\bde baja médica",
            r"\b(?:estou|estarei|encontro-me) (?:de (?:licença|baixa|folga|férias|viagem)|ausente|fora|doente)|\bestarei de volta|\b(?:hoje )?não trabalho hoje|\bhoje não trabalho|\bnão estarei (?:disponível|no escritório)",
            r"\b(?:rientrerò|sarò di ritorno|sarò assente|sono in (?:malattia|maternità|permesso|trasferta|congedo))",
            r"\b(?:ich )?habe (?:(?:heute|noch|gerade|bis [^ ]+) )*urlaub\b|\bwieder (?:da|zurück|hier)\b|\bnicht (?:mehr )?(?:im dienst|bei der arbeit)|\b(?:heute|diese woche) (?:frei|krank|nicht da)\b",
            r"\bik ben (?:er )?(?:[\w ]{0,20})niet\b(?! (?:van|bekend|zeker))|\bik ben (?:met (?:verlof|ouderschapsverlof)|ziek|vrij|op reis|weer (?:aanwezig|bereikbaar|terug))",
            r"\b(?:jestem|będę) na (?:zwolnieniu|urlopie|delegacji|wakacjach)|\bnie ma mnie|\bnie będzie mnie|\bprzebywam (?:na|poza)",
            r"меня (?:сегодня )?не будет|меня нет (?:в|до|на)|нахожусь (?:в|на)|мене (?:сьогодні )?не буде|мене немає|перебуваю (?:у|в|на)|на лікарняному|на больничном",
            r"ਦਫ਼ਤਰ (?:ਵਿੱਚ )?ਨਹੀਂ|ਦਫਤਰ ਨਹੀਂ|λείπω|με άδεια|απουσιάζω|θα απουσιάσω|\bär (?:tjänst|föräldra)?ledig\b|\ber på (?:ferie|permisjon|orlov)|\ber syk|\bolen (?:lomalla|vapaalla|poissa|sairaana)",
            r"\bszabadságon (?:vagyok|leszek)|\bnem vagyok (?:az irodában|bent)|\b(?:jsem|budu|som) (?:na dovolen|mimo kancel|nemocn)|\bnejsem v (?:kancel|prac)|\b(?:sunt|voi fi|suntem) (?:in|în) (?:concediu|vacanță|vacanta)|\bnu sunt la birou",
            r"\bna godišnjem\b|\bnisam u (?:uredu|kancelariji)|на годишњем|на одмору|\bjam me pushime|\bnuk jam në zyr",
        )
    )
    + ")",
    r"휴가(?! ?(?:신청|승인|정책|규정|요청))|休暇(?!申請|届|制度|願|の申)",
)  # fmt: skip
"""Somebody is away: by the reason, the journey, the means that are missing or the day of the return."""

_THING = r"(?:orders?|parcels?|packages?|items?|water|power|gas|heat|hydro|web ?sites?|sites?|servers?|systems?|services?|roads?|streets?|bridges?|lanes?|disks?|pages?|portals?|networks?|apps?|printers?|elevators?|escalators?|lights?|files?|books?|rentals?|accounts?|subscriptions?|boards?|tickets?|products?|mail|e-?mail|internet|phones?|bus(?:es)?|trains?|courses?|class(?:es)?|child|children|student|students|instructor|teacher|son|daughter|enfants?|colis|commande|eleves?)"
OF_A_THING = re.compile(
    rf"\b(?:your|the|our|votre|le|la|system maintenance:) ?(?:[\w'-]+ ){{0,2}}?{_THING}(?: [\w'-]+){{0,2}}? (?:is|are|was|were|will be|has been|est|etait|sont)\b[^.;!]{{0,60}}|\b{_THING} (?:is|will be) (?:out of|off|offline|unavailable|down)\b[^.;!]{{0,60}}"
    r"|\b(?:crews?|inspectors?|technicians?|users?|drivers?|trucks?|plows?|someone|somebody) (?:is|are|will be) (?:out|away|off)\b[^.;!]{0,60}"
)
"""What is said of things and of the reader's own people: out for delivery, off from 9 to 4, absent today. No absence of a writer."""

ROSTER = in_text(
    r"\b(?:the following|these|below|listed) (?:employees?|staff|people|persons|team members|colleagues|workers|members|crew)\b.{0,80}\b(?:out|away|absent|off|leave|vacation|back)\b|\b(?:les|des) (?:employes?|membres du personnel|collegues|personnes)(?: [\w'-]+)? (?:suivante?s|ci-dessous)\b.{0,80}\b(?:absente?s|conges?|vacances)\b",
    r"^(?:\W*(?:good (?:morning|day)|hello|hi|bonjour)\W+)?(?:who(?:'s| is) (?:out|away|off|on leave|in)\b|(?:the )?(?:weekly|daily|monthly|team|staff|unit|crew|shift)(?: [\w-]+)? ?(?:roster|schedule|absences?|absence (?:list|report|summary)|leave (?:report|calendar))\b|absences? (?:report|list|summary|calendar|schedule|for)\b|leave (?:balances?|calendar|report|summary|requests?|approval)\b|rapport d'absences?|calendrier des (?:absences|conges|vacances))",
    r"\b(?:report|list|roster|summary|schedule|digest) (?:was |is |has been )?(?:produced|generated|created|compiled|prepared) (?:automatically|by the (?:system|hr))|\brapport (?:produit|genere) automatiquement\b|\b(?:our|your|the) records (?:show|indicate)\b|^(?:employee )?absence (?:recorded|logged|entered|approved|report)|^(?:your |the )?(?:vacation|leave|time[- ]off|absence|holiday)(?: request)?(?: [\w'-]+){0,8}? (?:was|is|has been|were) (?:\w+ )?(?:approved|denied|declined|submitted|cancelled|recorded|received)",
)
"""A list of who is away, or what a register says: the absence of others than its sender."""

ABOUT_THE_READER = any_of(
    r"your (?!e-?mails?\b|mails?\b|messages?\b|notes?\b|letters?\b|calls?\b|contact\b|inquir|enquir|patience|understanding|interest|request (?:will|is)|correspondence|attention)[\w'-]+",
    r"(?:votre|vos) (?!courriels?\b|messages?\b|envoi|courrier|demande sera|interet|patience|comprehension)[\w'-]+|(?:su|sus|sua|seu|ihr|ihre) (?:solicitud|pedido|antrag|urlaubsantrag|bestellung|cuenta|conta)\b",
)
FIRST_PERSON = in_text(
    r"\b(?:i|i'm|i've|i'll|my|me|we|we're|we'll|our|us|je|j'ai|mon|ma|mes|nous|notre|nos|ich|mein\w*|wir|out of (?:the )?office)\b"
)
"""With none of these, a text that begins with the reader's own affairs tells of nobody's absence."""

ABSENCE_BEHIND_SUBJECT = any_of(
    r"(?:re|aw|sv|rep) ?: ?.{1,200}[\[({<*-] ?(?:i am |i'm |je suis )?(?:currently )?(?:out[ -]of[ -](?:the )?office|ooo|away|absente?|absence(?: du bureau)?|on (?:vacation|(?:\w+ )?leave|holidays?)|en (?:vacances|conge)|hors du bureau|abwesend|im urlaub|fuera de la oficina|ausente|fuori ufficio|afwezig)[ .!]*(?:until .{1,20})?[\])}>*-]+ ?$"
)
"""A responder's own subject behind the one that it answers: GroupWise writes `Re: question (Out of office)`."""

PRESENT = in_text(
    rf"\bi(?:'m| am) (?:usually |normally |generally |still |always )?(?:in the office|at my desk|working) (?:from )?(?:{_DAY}|every|daily|weekdays|on weekdays|during|between|from \d)\b(?! (?:this|next))|\bi(?:'m| am) (?:currently )?working (?:from home|remotely)\b|\breachable as (?:always|usual)|\breach me as (?:usual|always)",
    r"\b(?:our|office|business|summer|winter|opening|regular|working) hours (?:are|:)|\bheures d'ouverture\b|\bwe open at\b|\bwe(?:'re| are) open\b|\bsee you (?:at|there|on)\b|\b(?:check|read|answer) (?:this|my|the) (?:e-?)?(?:mail|mailbox|inbox|account) (?:only )?(?:once|twice|when)\b|\bheld until you\b",
    r"\b(?:i'll|i will|we'll|we will|i'm going to) (?:be )?(?:back (?:to you|in touch|with (?:you|an? answer))|send(?:ing)? (?:you |the |it |them )|at the (?:meeting|hearing|site) )",
)
"""The writer is there, or tells of hours and promises: what an automatic reply of a person says that is away from nothing."""
