"""Words around a date that say what day it is, in other languages than English and French, and those that stand behind the date.

Data for `gateway.judgement.return_date`, for text in small letters. Nothing here decides.
"""

from __future__ import annotations

# ruff: noqa: E501 — a pattern broken over lines is harder to check against a phrase
import re

RETURN_ELSEWHERE = (
    r"wieder (?:erreichbar|im (?:büro|haus|dienst|einsatz)|da|zurück|zu erreichen|verfügbar|für sie da|anwesend|am (?:arbeits)?platz|vor ort)"
    r"|(?<!\brufe )(?<!\bmelde mich )zurück|rückkehr"
    r"|vuelvo|volvemos|volver[ée]|volveremos|regres(?:o|amos|ar[ée]|aremos)|de vuelta|mi vuelta|(?:me )?reincorpor\w+|reabrimos"
    r"|volt(?:o|amos|arei|aremos)|regress(?:amos|arei|aremos)|retorn(?:o|amos|arei|aremos)|de volta|reabrimos"
    r"|torn(?:o|iamo|er[òo]|eremo)|rientr(?:o|iamo|er[òo]|eremo)|di ritorno|riapr\w+|riapertura"
    r"|terug|weer (?:bereikbaar|aanwezig|op kantoor)|tillbaka|tilbage|tilbake"
    r"|верн(?:усь|[её]мся)|возвращ(?:аюсь|аемся|ение)|вый(?:ду|дем)|выхожу|буду (?:снова |опять )?(?:в офисе|на месте|на работе|на связи|доступ\w+)"
    r"|поверн(?:уся|усь|емося|емось)|поверта(?:юся|юсь|ємося)|буду (?:знову )?(?:в офісі|на місці|на роботі|на зв['’]язку)"
    r"|wracam[y]?|wrócę|wrócimy|powr[oó](?:t|cie)|będę (?:z powrotem|dostępn\w+|ponownie)"
    r"|döne(?:ceğim|ceğiz)|trở lại|quay lại|سأعود|سنعود|أعود|العودة|برمی.?گردم|بازگشت|babalik|pagbabalik"
)
"""In front of the day of return, at the beginning and the end of words."""

RETURN_BEHIND = re.compile(
    r"\.?\s?,?\s?(?:(?:um |gegen )?\d{1,2}(?:[:.]\d\d)?(?: uhr)?\s|(?:bin|sind|werde|werden|stehe|stehen) (?:ich|wir)\s|(?:ihnen|gerne|voraussichtlich|persönlich)\s)*"
    r"(?:wieder\b(?! (?:weg|fort|abwesend|nicht|im urlaub|geschlossen))|zurück\b|terug\b|weer (?:bereikbaar|aanwezig|op kantoor|terug)|tillbaka\b|tilbage\b|tilbake\b)"
    r"|,?\s(?:(?:i|we)(?:['’]ll| will| shall)(?: be)?|(?:i['’]m|i am|we['’]re|we are)) (?:back\b|return(?:ing)?\b|available again|(?:in|at) (?:the|my|our) (?:office|desk) again)"
    r"|,?\s(?:je|nous) (?:serai|serons|suis|sommes) (?:de retour|à nouveau|de nouveau)|,?\s(?:je reviendrai|nous reviendrons|je rentrerai|nous rouvrirons)"
    r"|,?\s(?:(?:estar[ée]|estaremos|estarei) de (?:vuelta|volta|regreso)|(?:sar[òo]|saremo) di ritorno)"
    r"|,?\s(?:я )?(?:вернусь|вернёмся|вернемся|буду (?:снова )?(?:в офисе|на месте|на работе)|повернуся|повернусь)"
    r"|[^，。,.;；!\n]{0,6}(?:回来|回來|返回|回到|回公司|回办公|回辦公|回国|回國|返岗|返崗|返校|上班|复工|復工|恢复|恢復|销假|銷假|戻|復帰|出社|복귀|돌아|출근)"
    r"|['’]?\s?(?:[dt][ae]\s|tarihinde\s|günü\s)?döne(?:ceğim|ceğiz)"
)
"""Right behind the day of return: "ab dem 9. September wieder erreichbar", "on May 5 I will be back", 11月30日返回."""

UNTIL_NEAR = re.compile(r"(?:\bdo|\bдо|\bдо конца|\bhanggang|\bđến(?: hết)?|حتى|\bتا)\s(?:dnia\s|ngày\s|يوم\s)?$")
"""Until, in words that are something else when no date follows: Polish "do", Persian "ta"."""

LAST_DAY_NEAR = re.compile(
    r"\b(?:einschließlich|einschl\.?|inklusive|inkl\.?|inclusive|y compris|tot en met|t/m|bis und mit|incluido|по|incluindo)\s(?:zum\s|den\s|dem\s|le\s|el\s|o\s)?$"
    r"|(?:至|到|截至|截止)\s?$"
)
"""In front of the last day of absence."""

INCLUSIVE_BEHIND = re.compile(
    r"[^.;!?\n]{0,12}?\b(?:inclusive(?:ly)?|inclusivement|inclus(?:e|i[vf]e|ief)?|included|compris|compres[oa]|inclus[oa]|incluid[oa]"
    r"|einschließlich|inklusive|inkl|включительно|включно|włącznie|dahil)\b"
)
"""Behind it: the day itself is still one of absence."""

LAST_DAY_BEHIND = re.compile(r"\s?(?:まで|까지)")

CALLS_BACK = re.compile(r"\b(?:ruf|meld|schick|send|bel)(?:e|en|t)?\b[^.;!?]*$")
"""In front of a date with "zurück" or "terug" behind it: a call is returned, nobody."""

DAY_FIRST = re.compile(r"\b(?:am|ab|bis|dem|den|zum|vom|seit|до|с|по|з|від|od|do|dnia|del?|al|il|dal|el|até|tot|vanaf|op)\s$")
"""In front of a date with dots, in languages that write the day before the month."""
