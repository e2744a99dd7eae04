"""Lines of a signature block that are no field of it: postal addresses, messengers, keys, attachments, hours, labels. Data for the signature rules.

They are consulted only where a line would be taken for a title or a unit by its place alone: a word of a title or a unit on such a line still counts.
"""

from __future__ import annotations

import re

_STATE = (
    r"(?:A[BKLRZ]|BC|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ABDEINOST]|N[BCDEHJLMSTUVY]|O[HKNR]|P[AE]|QC|RI|S[CDK]|T[NX]|UT|V[AT]|W[AIVY]|YT"
    r"|Ont(?:ario|\.)?|Qu[eé]bec|Alberta|Manitoba|Saskatchewan|British Columbia|Nova Scotia|New Brunswick|Newfoundland|Alabama|Alaska|Arizona"
    r"|California|Colorado|Connecticut|Florida|Georgia|Illinois|Indiana|Iowa|Kansas|Kentucky|Louisiana|Maine|Maryland|Massachusetts|Michigan"
    r"|Minnesota|Missouri|Montana|Nebraska|Nevada|New Jersey|New Mexico|New York|Ohio|Oklahoma|Oregon|Pennsylvania|Tennessee|Texas|Utah|Vermont"
    r"|Virginia|Washington|Wisconsin|Wyoming)"
)
_COUNTRY = (
    r"(?:USA|U\.S\.A\.?|United States(?: of America)?|Canada|UK|U\.K\.|United Kingdom|England|Scotland|Wales|Ireland|Germany|Deutschland|France"
    r"|Belgium|Belgique|België|Netherlands|The Netherlands|Nederland|Switzerland|Schweiz|Suisse|Austria|Österreich|Italy|Italia|Spain|España"
    r"|Portugal|Poland|Polska|Sweden|Sverige|Norway|Norge|Denmark|Danmark|Finland|India|China|Japan|Korea|Australia|New Zealand|Brazil|Brasil"
    r"|Mexico|México|Argentina|Chile|Colombia|Israel|Turkey|Greece|Czech Republic|Hungary|Romania|Ukraine|Russia|Singapore|Philippines|Pakistan)"
)
ADDRESS = re.compile(
    r"^\d{1,6}[A-Za-z]?(?:[-–/]\d{1,5})?,?\s+(?!(?:Division|Platoon|District)\b)(?:(?:rue|avenue|boul\w*|chemin|place|quai|via|calle|de|la)\s)*[A-ZÀ-Þ]"
    r"|^[A-Z]{1,3}-\d{4,6}\s|^[A-Z]{1,2} \d{4,6}\s+[A-ZÀ-Þ]"
    r"|^(?:Rue|Avenue|Boulevard|Chemin|Quai|Allée|Impasse|Via|Viale|Piazza|Calle|Plaza|Rua) [^,\d]{2,40},? \d{1,4}[A-Za-z]?$"
    r"|\w(?:stra(?:ß|ss)e|str\.|weg|platz|allee|gasse|laan|straat|plein|gracht)\s\d"
    r"|\b(?:Stra(?:ß|ss)e|Str\.|Weg|Platz|Allee|Gasse|Damm|Ufer) \d|\b(?:Via|Calle|Rua|Avenida|Ul\.)\s.{2,40}\s\d"
    r"|\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b"
    rf"|^[A-ZÀ-Þ][\w .'’-]{{2,30}} \({_STATE}\)?$"
    rf"|(?:^|[\s,]){_STATE},?\s+\d{{5}}(?:-\d{{4}})?\b"
    rf"|,\s*{_STATE}\.?(?:,?\s+{_COUNTRY})?$"
    rf"|,\s*{_COUNTRY}\.?$|^{_COUNTRY}$"
    r"|^[A-Za-zÀ-ÿ. '-]{2,40},?\s\d{5}(?:-\d{4})?$"
)
"""A street, a place with its state, country or postal code: a piece of a line, as it is written. The forms of the City stand in `titles.POSTAL`."""
_STRONG_MESSENGER = r"skype|icq|whats ?app|wechat|weixin|telegram|viber|discord|jabber|xmpp|irc|msn|keybase|threema"
NO_FIELD = re.compile(
    rf"^\W*(?:{_STRONG_MESSENGER})\b(?!.*\b(?:team|services?)\b)"
    r"|^\W*(?:signal|matrix|line|aim|slack|teams?(?: chat)?|wire|yahoo|zoom|qq)(?: id| name| me)?\s?[:@]"
    r"|\b(?:pgp|gpg|gnupg|openpgp)\b|\bkey ?id\b|\bfingerprint\s?:|\b\d{4}[DRg]/[0-9A-F]{8}\b|(?:\b[0-9A-F]{4}\s+){4}"
    r"|^\W*(?:see )?attached files?\b|^\W*(?:attachments?|pièces? jointes?)\s?:"
    r"|\b\d{1,2}(?:[:.]\d\d)?\s?(?:am|pm|a\.m\.|p\.m\.)(?!\w)|\b\d{1,2}:\d\d\b|\b(?:UTC|GMT)\b"
    r"|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day(?:s\b|$|,|\s?(?:to\b|and\b|through\b|until\b|[-–—&]))"
    r"|\b(?:lundi|mardi|mercredi|jeudi|vendredi)s?\b|\b(?:mon|tue|wed|thu|fri)\s?[-–—]\s?\w{3}"
    r"|^\W*(?:she|he|they|elle|il|iel)\s?[/|,]\s?\w+|\b(?:pronouns?|pronoms?|pronounced|pronunciation|prononciation|my name)\b"
    r"|^\W*(?:company|corporate|personal|business|organi[sz]ation|our|my)\s"
    r"(?:web ?(?:site|page)?|home ?page|url|blog|e-?mail|phone|telephone|tel|fax)\b"
    r"(?:\s(?:number|address|no\.?))?\s?:"
    r"|^\W*(?:(?:upcoming|next|planned|scheduled|my) )?(?:ooo|out of (?:the )?office|pto|days? off|leave|vacation|holidays?|congés?|vacances"
    r"|absences?)(?: dates?)?\s?:"
    r"|^\W*(?:(?:mailing|postal|street|office|work|visiting) address|(?:office |work )?location)\s?:"
    r"|^(?:site|home ?page|blog|mail|web|address|adresse|contact|contacto|kontakt|messenger|im)$",
    re.IGNORECASE,
)
"""Messengers, keys, attached files, hours and days, pronouns, a label without its value."""
DEGREE = re.compile(
    r"(?:B\.?(?:A|Sc|Com|Ed|Eng|SW|N)|M\.?(?:A|Sc|Eng|Ed|BA|PA|PP|SW|Pl)|Ph\.? ?D|LL\.?[BM]|Hons?|Bachelor"
    r"|Masters?|Doctorate|Diploma|Certificate)\b\.?"
    r"(?:['’]s)? ?(?:\([A-Z][a-z]*\.?\) ?)?(?:degree |of |in |en )?(?=[A-ZÀ-Þ]|$)"
)
"""What somebody studied is no unit."""
LEGAL = re.compile(
    r"\W*(?:(?:managing directors?|geschäftsführ(?:er|erin|ung)|vorstand(?:svorsitzender)?|vorsitzender? des \w+|aufsichtsrat\w*|board of directors"
    r"|executive board|supervisory board|chair(?:man|woman|person)? of the (?:supervisory )?board|gérant|directeur de la publication)"
    r"(?:\s?[/,&(]\s?[\w\s]{3,40}\)?)?\s?:"
    r"|registered (?:office|address|in|number|no\b|seat)|(?:company|registration|vat|tax) (?:registration )?(?:number|no\b|id)"
    r"|commercial regist(?:er|ry)|sitz der gesellschaft|amtsgericht\b|registergericht|handelsregister"
    r"|hr[ab] \d|ust-?id|siège social|siren\b|siret\b|rcs\b|kvk\b)",
    re.IGNORECASE,
)
"""How a line of the footer begins that the law asks of a company: its directors, seat and register are no fields of the person."""
ATTACHED = re.compile(
    r"\s*(?:\(see attached files?:.*\)?|-\s+\S.{0,120}\.(?:docx?|xlsx?|pptx?|pdf|zip|rtf|txt|jpe?g|png|gif|tif))\s*$", re.IGNORECASE
)
"""What Notes leaves of an attachment: a whole line."""
KEY_PLACE = re.compile(r"/pks/lookup|keyservers?\b|keys\.openpgp|\b(?:pgp|gpg)(?:key)?\b|\.asc$", re.IGNORECASE)
"""In the address of a page: a key is there, and no word of the organization."""
NO_PERSON = re.compile(
    r"\b(?:team|desk|office|services?|centre|center|unit|équipe|bureau|accueil|group|relations|info|inquir\w+|permits?|elections?|city|toronto"
    r"|ville|support|help|contact|bookings?|complaints?|feedback|ask|clinic|committee|council|licen[cs]\w+|program\w*|division|parks?|water|waste"
    r"|transit|librar\w+|museums?|museum|registration|accounts?|invoices?|payments?|media|news|events?|jobs?|careers|data|security|payroll)\b",
    re.IGNORECASE,
)
"""A word of a mailbox that a task has."""
