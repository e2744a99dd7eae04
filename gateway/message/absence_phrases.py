"""How absences are told in few words: where somebody is and till when, ellipses in other languages, thanks before the news, promises without news.

Data for `gateway.message.automatic`, in folded form, as in `gateway.message.automatic_phrases`: it counts only in what software is known to have
sent in answer. None of it decides anything alone.
"""

from __future__ import annotations

# ruff: noqa: E501 — a pattern broken over lines is harder to check against a phrase
import re

from gateway.message.automatic_phrases import any_of, fold, in_text

_CLOCK = r"\d{1,2}(?:[:h.]\d\d)? ?(?:[ap]\.?m\b|o'clock|h\b)|noon|midnight|late\b"
_TILL = rf"(?:until|till|'?til|thru|through)(?: the end of| about| at least| around)? (?!{_CLOCK}|you|we |i |i'|it |this is|your|further)"
_AT_WORK = r"(?:[\w'-]+ ){0,5}(?:office|desk|extension|ext|work|capacity|schedule|track|duty|call|stand-?by|hand|sale|offer|display|exhibit|view|show|process|middle|midst|season|transition|demand|peak|occupancy|charge|stock|effect|progress|place|line|receipt|counter|service|your disposal|reachable|available)\b"
_WITHOUT = r"(?:signal|reception|cell (?:service|coverage|reception|signal)|phone (?:service|coverage|reception|signal)|wi-?fi|coverage|internet|connection|e-?mail access)"

AWAY_IN_FEW_WORDS = in_text(
    rf"(?:\b(?:i|we)(?:'m| am|'re| are|'ll be| will be| shall be) |(?:^|[.!,;:-] ?)(?:am|will be) )(?:(?:now|still|currently|presently|busy|stuck) )?"
    rf"(?:in|at|on|up|down|over|off|under|across|visiting|touring|aboard|ashore|abroad|overseas)\b (?!\d)(?!{_AT_WORK})(?:[\w'-]+,? ){{0,6}}?"
    rf"(?:{_TILL}|(?<!we )all (?:day|week|month|morning|afternoon)\b|(?:for )?(?:the )?(?:whole|entire|rest of the) (?:day|week|month)\b|for (?:the (?:month|week|summer|winter|weekend|season|rest) \b|(?:an?|one|two|three|four|five|six|the next|\d+|a few|several) (?:\w+ )?(?:days?|weeks?|months?)\b))",
    rf"\b(?:i'm|i am|i'll be|i will be) (?:\w+ )?(?!working|covering|accepting|collecting|filling|acting|offering|looking|handling|being|monitoring|checking|running)\w{{2,}}ing (?:[\w'-]+ ){{0,4}}?{_TILL}",
    r"\b(?:i'm|i am|we're|we are|i'll be|i will be|we'll be|we will be|and|am|currently|completely) (?:[\w'-]+ ){0,2}?out of (?:reach|range|contact|touch|signal|coverage|cell|phone|radio|e-?mail contact|circulation)\b",
    rf"\b(?:no|without|w/o|zero|limited|patchy|poor|spotty) {_WITHOUT}\b(?! (?:\w+ )?(?:is|are)\b)(?!.{{0,30}}\?)",
    r"\b(?:i'm|i am|we're|we are|i'll be|i will be) (?:out|off) (?:at|in|on|with|for|to|attending) (?:[\w'-]+ ){1,5}?(?:today|tomorrow|this (?:week|morning|afternoon|month)|all (?:day|week|morning|afternoon))\b",
    r"\b(?:i'm|i am|i'll be|i will be) (?:\w+ )?(?:indisposed|incapacitated|incommunicado|otherwise engaged|under the weather|bedridden|hospitali[sz]ed|snowed in|stranded|convalescing|recuperating|recovering from)\b",
    rf"^(?:(?:hi|hello|hey|hiya)(?: there| all)?\W+)?(?:(?:now|still|currently) )?(?:in|at|on|up|down|over|off|aboard|underway|en route|offshore)\b (?!\d)(?!{_AT_WORK})(?:[\w'-]+,? ){{0,6}}?{_TILL}",
    r"\b(?:took|taken?|taking|having|have|on) (?:(?:a|an|the|my|some|this|next|two|three|few|couple|of) ){1,4}(?:\w+ )?(?:days?|weeks?|time|afternoon|morning|months?|summer) off\b(?! to you)",
    r"\ben (?:vacances|conges?|formation|deplacement|voyage|mission) (?:jusqu|du \d|depuis|pour (?:la|les|une|deux|trois|quelques)|de \w+ a|cette semaine|toute la)|\b(?:suis|sommes|serai|serons|sera|chu) (?:\w+ )?en (?:vacances|conges?)\b",
    r"\bnous (?:sommes|serons|ne sommes|ne serons)(?: [\w'-]+){0,2}? (?:absente?s|fermee?s|en conges?|en vacances|de retour|hors du bureau|pas (?:au bureau|la|ouverts?|disponibles?))\b",
)
"""Where the writer is and till when, or that nothing reaches him there: places are without number, so the shape of the sentence counts."""

ELLIPTIC_IN_OTHER_LANGUAGES = in_text(
    r"(?:^|[.!,;:-] ?)(?:bin |sind |wir sind |ich bin )?(?:abwesend|im urlaub|auf (?:dienst|geschafts)?reisen?|unterwegs|ausser haus|krank(?:geschrieben)?|nicht (?:da|am platz|im haus|im dienst|im buro)|in (?:kur|elternzeit|karenz))(?: (?:bis|vom|von|ab|am|seit|in|und|diese|nachste|heute|morgen)\b|\s*(?:[.!,;]|$))",
    r"\b(?:ich bin|bin ich|bin|wir sind|sind wir) (?:[\w.,-]+ ){0,6}?(?:abwesend|verreist|unterwegs|ausser haus|auf (?:dienst|geschafts)?reisen?|krank(?:geschrieben)?|nicht (?:da|erreichbar|im buro|im haus|am platz|im dienst))\b",
    r"(?:^|[.!,;:-] ?)(?:wieder (?:da|zuruck|im (?:buro|haus|dienst)|erreichbar|am platz)|zuruck) (?:ab|am|in|im)\b|\bbetriebs(?:ferien|urlaub)\b|\b(?:wir|buro|praxis|geschaft|laden|werkstatt)(?: [\w-]+){0,3} geschlossen\b",
    r"(?:^|[.!,;:-] ?)(?:estamos |estaremos |estoy |estare )?(?:ausentes?|de vacaciones|fuera|de viaje|de baja)(?: de \w+)? (?:hasta|del?|desde|por|esta|la|el)\b|\b(?:estamos|estaremos) (?:de vacaciones|ausentes|cerrad[oa]s|fuera)\b|\bcerrado por vacaciones\b",
    r"(?:^|[.!,;:-] ?)(?:ausentes?|de ferias|fora|em viagem) (?:ate|de|do|desde|por|a partir)\b|\b(?:estamos|estaremos|encontramo-nos) (?:de ferias|ausentes|fora|fechad[oa]s|encerrad[oa]s)\b|\b(?:fechad[oa]|encerrad[oa])s? (?:para|por motivo de) ferias\b",
    r"(?:^|[.!,;:-] ?)(?:assenti?|assente|in ferie|fuori|in viaggio|in malattia) (?:fino|dal?|dall'|per|il|questa)\b|\b(?:siamo|saremo) (?:in ferie|assenti|chius[ie]|fuori)\b|\bchius[oaie] per ferie\b",
    r"(?:^|[.!,;:-] ?)(?:afwezig|op vakantie|met verlof|met vakantie|niet aanwezig|weg) (?:tot|van|vanaf|t/m|op|deze|wegens)\b|\bwij? zijn (?:\w+ ){0,2}(?:gesloten|afwezig|op vakantie)\b",
    r"(?:^|[.!,;:-] ?)(?:na urlopie|nieobecn[aeiy]\w*|w podrozy|na zwolnieniu)\b|\bjestesmy (?:na urlopie|nieobecni)\b|\b(?:izindeyiz|tatildeyiz|yurt disindayim)\b",
    r"(?:^|[.!,;:-] ?)(?:я |мы |сейчас )*(?:не на месте|на больничном|на каникулах|мы закрыты|в отъезде|на лікарняному|не на місці|у від'ізді)\b",
    # 不在意, 不在乎, 不在于, 不在场, 不在话下 tell of no place; nor does an application for leave.
    r"(?:^|[我人们們，。,!！:：\s在前时時都均已])不在(?!意|乎|于|於|场|場|话|話|此|其|该|該|您|你)|不在(?:公司|单位|單位|国内|國內|办公|辦公|线|線|家|岗|崗|本地|座位|位[上子])",
    r"[休请請度渡](?:[^\W\d_a-z]{0,2})假(?!申|如|设|設|单|單|条|條|政|制)|(?:年|病|产|產|婚|丧|喪|事)假(?:中|期间|期間)",
    r"(?:\d+[日号號]|[周週](?:[一二三四五六日天末])|星期[一二三四五六日天]|下(?:个|個)?(?:周|週|星期|月)|明天|后天|後天|节后|節後)[^，。,.]{0,3}(?:才)?(?:回来|回來|返回|回到|回公司|回国|回國|返岗|返崗|返校|上班|复工|復工|恢复办公)(?![领領取办辦缴繳])",
    r"(?:正?在)(?:开会|開會|培训|培訓|出差|度假|住院|国外|國外|外地|路上)|[我人已经經](?:离职|離職|退休|调离|調離)",
    fold(
        "đang đi công tác|nghỉ (?:phép|lễ|ốm|thai sản|hè|mát)|không có mặt|nasa (?:labas ng bansa|biyahe|labas ako)|naka-?off|wala (?:po )?(?:ako|kami) (?:hanggang|ngayon|sa)"
    ),
    fold(
        "연차|병가|외근|출산휴가|퇴사|(?:研修|外出|出張|帰省)中|(?:夏季|冬季|年末年始)(?:休業|休暇)|産休|育休|退職|مسافر|خارج (?:البلاد|المدينة)|إجازة|در سفر|مسافرت|سفر پر|ملک سے باہر"
    ),
    r"(?:席を外し|不在(?:です|にし|の)|休み(?:です|を|中)|お休み|休業|戻ります)|(?:자리에 없|쉽니다|휴무|복귀)",
)
"""An absence as short as people write it elsewhere, and of more than one: "abwesend bis", "estamos de férias", 我不在."""

_GREETING = r"(?:(?:hi|hello|hey|allo|salut|dear(?: [\w'.-]+){1,3}|greetings|good (?:day|morning|afternoon|evening)|bonjour|bonsoir)(?: there| all| everyone| again)?\W+)?"
THANKS_FIRST = re.compile(
    _GREETING
    + r"(?:(?:(?:many )?(?:thank you|thanks)(?: (?:so|very) much| kindly| a lot)?,? (?:for|that you) |(?:je vous remercie|nous vous remercions|merci(?: beaucoup)?|un grand merci) (?:de |d'|pour ))"
    r"[^.!;:?]{1,120}[.!;:]+\W*)?"
)
"""Greeting and thanks for writing: courtesy, before the text says what it is about."""

_NEWS_OF_NO_PERSON = r"(?!(?:the|our|this|that|these|those|your|it|there|all|please|if|as|we|i|you|most|some|parking|service)\b)"
SOMEBODY_NAMED = re.compile(
    rf"{_NEWS_OF_NO_PERSON}(?:(?:unfortunately|sadly|regrettably|(?:please )?(?:note|be (?:advised|aware))(?: that)?|malheureusement|veuillez noter que),? )?{_NEWS_OF_NO_PERSON}(?:[^\W\d_][\w'-]{{0,30}}\.? ){{1,3}}?(?=(?:is|has|will|no longer|est|sera|a|ne|n'est)\b)"
)
"""A name at the head of what is said, with a verb behind it."""

_ANSWER = (
    r"(?:get (?:right )?back(?: to)?|get (?:in touch|to (?:it|you|your))|reply|respond|answer|writ(?:e|ing)(?: you)?(?: back)?|revert|be (?:back )?in touch|be writing|contact you|call you(?: back)?|return your"
    r"|review|look (?:at|into)|deal with|attend to|follow up|process|read|come back to you)"
)
_WHEN_BACK = r"(?!.{0,80}\b(?:return|back(?! to)|until|till|away|desk|office|home)\b)"
PROMISE = in_text(
    rf"(?:\b(?:i|we)(?:'ll| will| shall| am going to|'m going to| aim to| try to| promise to)|(?:^|[.!,;:] ?|\b(?:mail|message|it|letter|note|this) (?:and|but) )will) (?:[\w'-]+ ){{0,4}}?{_ANSWER}\b{_WHEN_BACK}",
    r"(?:\bi(?: have|'ve)? (?:just |now |safely )?(?:received|got)|(?:^|[.!,;:] ?)(?:got|received)) (?:your|an?|the) (?:[\w-]+ )?(?:e-?mail|mail|message|note|letter|file|files|documents?|request|inquiry|enquiry)\b(?: and|[.!]|$)",
    r"\bexpect an? (?:answer|reply|response)\b|\b(?:read|check|answer|look at|get to|go through) (?:my |the |every |all |your |each |it )*(?:e-?mails?|mail|messages?|inbox)?,? (?:but|only|when|every|each|at (?:night|lunch)|(?:once|twice|\w+ times) (?:a|per|each|every))\b",
    r"\byour (?:[\w-]+ )?(?:e-?mail|mail|message|note|letter|file|documents?) (?:is|was|has been|have been) (?:safely )?(?:received|delivered|read|logged|noted|(?:placed |put )?in (?:my|our|the) queue)\b",
    r"\b(?:je|nous) (?:vous )?(?:repondrai|repondrons|reviendrai|reviendrons|recontacterai|recontacterons|contacterai|contacterons|traiterai|traiterons)\b(?!.{0,80}\bretour\b)|\bj'ai (?:bien )?recu votre\b",
    r"\b(?:melde|melden|antworte|antworten) (?:ich |wir )?(?:mich |uns )?(?:[\w-]+ ){0,4}?(?:bald|rasch|umgehend|schnell|zeitnah|baldmoglichst|schnellstmoglich)|\b(?:werde|werden) (?:[\w-]+ ){0,6}?(?:melden|antworten|beantworten|bearbeiten)\b(?!.{0,60}\bruckkehr\b)",
    r"\b(?:le |te |les )?(?:responderemos|respondere|contestare|contestaremos|nos pondremos en contacto|me pondre en contacto)\b(?!.{0,80}\b(?:regreso|vuelta|vuelva)\b)|\b(?:responderei|responderemos|entrarei em contato|entraremos em contato)\b(?!.{0,80}\b(?:regresso|volta|retorno)\b)|\b(?:rispondero|risponderemo)\b(?!.{0,80}\brientro\b)",
    r"(?:отвечу|ответим|свяжусь|свяжемся|відповім|відповімо|зв'яжуся|odpowiem|odpisze)(?!.{0,60}(?:возвращени|верн|поверн|powroci))",
    r"(?:尽快|盡快|儘快|及时|及時|尽早|尽速|儘速)(?:给|給|为|為|与|與|予|向)?(?:您|你|以)?[^，。,.]{0,4}(?:答复|答覆|回复|回覆|回復|回信|处理|處理|联系|聯絡|联络)|(?:已|已经|已經|我)收到|收到(?:了|您|你)|(?:信|函|[邮郵文附]件|[资資]料)(?:收到|收悉)|已(?:发送|送达|送達)",
    r"\b(?:i'm|i am|we're|we are|i'll be|we'll be) (?:(?:usually|always|generally|still) )?(?:here|open|in|at (?:my|the|our) desk|in (?:the|my|our) (?:office|shop|store))(?: today)?(?: (?:until|till|from|daily|every|each|and)\b|[.,])",
    r"(?:お返事|返信|ご連絡)(?:いたし|致し|し)?ます|受け付けました|회신(?:드리|하)겠|답변(?:드리|하)겠|답장(?:드리|하)겠",
)
"""That the letter came, or will be answered, or that somebody is there: what an acknowledgement says. Of an absence it says nothing, whoever's mailbox it comes from."""

ABSENCE_OF_THE_READER = in_text(
    r"\byour (?:auto|out|vacation|absence|return|leave|holiday)|\byou(?:'re| are| were| get| come) (?:back|away|out|off)\b|\byou return\b",
    r"\bvotre (?:absence|retour|conge|reponse automatique)|\bvous (?:etes|serez|etiez) (?:absente?|de retour|en conge)",
)
"""A person answers somebody who is away, and leaves the subject as it came."""

SOFTWARE_TAG = any_of(
    r"\s{0,3}(?:(?:re|aw|sv) ?: ?)?[\[({*<-]{1,4} ?(?:this is )?(?:an? )?auto(?:matic|mated)?[ -]?(?:e-?mail )?(?:reply|response|responder|answer)\b",
    r"\s{0,3}[\[({*<-]{1,4} ?(?:reponse|absence) automatique\b|\s{0,3}[\[({*<-]{1,4} ?(?:automatische antwort|automatisch antwoord|respuesta automatica|resposta automatica|risposta automatica|automatyczna odpowiedz|odpowiedz automatyczna|automatisk svar|autosvar)\b",
)
"""A tag in front of a subject, in which software says that it answers by itself."""

_HOLIDAY = r"(?:vacation|holidays?|vacances|conges?(?: annuels?)?|ferias|vacaciones|ferie|urlaub|vakantie|betriebsferien|semester|sommerferie)"
HOLIDAY_BEFORE_SUBJECT = any_of(
    rf"(?:on |en |de |in |im |am |auf |op |met |i'm on |i am on |je suis en |estou de |estamos de |estoy de |sono in )?{_HOLIDAY}(?: (?:auto-?(?:reply|response)|notice|message))?\s*(?:[!.:-] ?)?re ?: ?\S",
    r"(?:out[ -]of[ -](?:the )?office|away|absente?|absence|ausente|ausencia|abwesend|assente|afwezig|urlopie|в отпуске|у відпустці)(?: [\w'-]+){0,4}\s*(?:[!.:-] ?)?re ?: ?\S",
)
"""The subject that a vacation responder was given, in front of the subject that it answers: Gmail writes `Away Re: question`."""

_PART_OF_A_DAY = (
    r"\d{1,4}(?:st|nd|rd|th|er)?(?:[/.-]\d{1,2}){0,2}|to|until|till|through|and|the|of|on|next|week|month|au|le|la|inclusive(?:ly)?|inclusivement|semaine|prochaine?|new year"
    r"|(?:mon|tues?|wednes|thurs?|fri|satur|sun)(?:day)?|(?:lun|mar|mercre|jeu|vendre|same)di|dimanche"
    r"|(?:jan|feb|fev|mar|apr|avr|may|mai|june?|juin|july?|juil|aug|aout|sep|oct|nov|dec)[a-z]{0,6}\.?"
)
FORMULA_ALONE = re.compile(
    r"(?:(?:hi|hello|greetings|good (?:day|morning|afternoon)|bonjour)[,.!]? )?(?:(?:thank you|thanks)(?: very much)? for your (?:e-?mail|message)|(?:je vous remercie|merci) (?:de|pour) votre (?:courriel|message))[.!,;]+ ?"
    r"(?:please note(?: that)? )?(?:i am|i'm|i will be|je suis|je serai)(?: currently| presently| actuellement| presentement)? (?:out of (?:the )?office|away from (?:the|my) (?:office|desk)|on (?:annual leave|leave|vacation|holidays?|parental leave|maternity leave)|absente?(?: du bureau)?|en (?:vacances|conge)|hors du bureau)"
    rf"(?: and (?:i will be |i'll be |will be |am )?(?:back|returning|return|will return)(?: (?:to|in|at) (?:the office|my desk|work))?| et de retour)? (?:until|till|from|through|on|returning(?: on)?|back(?: on)?|jusqu'au?|du|le)(?:,? (?:{_PART_OF_A_DAY})){{1,10}}"
    r"[.!,]? ?(?:(?:(?:and )?(?:i|and) will|i'll) (?:reply|respond|answer|get back|write back|be in touch)(?: to (?:you|your (?:e-?mail|message)|it))? (?:then|at that time|after that|when i(?:'m| am) back|(?:on|upon) my return)[.!]? ?)?"
    r"(?:(?:(?:kind |best |warm )?regards|thank you|thanks|sincerely|cordialement|merci|cheers)[,.!]? ?)?(?P<signed>(?:[^\W\d_][\w'.-]* ?){0,3})"
)
"""All of a text: thanks for the letter, absent till a day, an answer then, at most a name. Nobody who writes to somebody stops there."""
