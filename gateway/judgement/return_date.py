"""The day on which an absent person says to be back.

It decides by the words around a date: "back on", "de retour le", "until", "jusqu'au", "from … to …" (other languages:
`return_phrases`). The day that is stated as the return wins;
"until Y" and "jusqu'au Y" give Y; where only the last day of absence is stated ("from X to Y", "through Y", "inclusivement") the return is the next
Monday-to-Friday day after Y (holidays are not looked at: the date serves to notice a reply that was forgotten, not to count days). A day and month
that can be read in two ways gives no date. The year, when it is missing, is the one that brings the date nearest to the day the message was
written. It never reads a clock.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Literal, NamedTuple

from gateway.judgement import return_phrases as elsewhere
from gateway.judgement.phrases import lowered

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan janvier janv januar januari enero gennaio janeiro jänner января січня stycznia ocak يناير جنوری",
            "february feb février fevrier févr fév februar februari febrero febbraio fevereiro feber февраля лютого lutego şubat فبراير فروری",
            "march mar mars märz maart marzo março marts марта березня marca mart marso مارس مارچ",
            "april apr avril avr abril aprile апреля квітня kwietnia nisan أبريل ابريل إبريل اپریل",
            "may mai mei mayo maggio maio maj мая травня maja mayıs مايو مئی",
            "june jun juin juni junio giugno junho июня червня czerwca haziran hunyo يونيو جون",
            "july jul juillet juil juli julio luglio julho июля липня lipca temmuz hulyo يوليو جولائی",
            "august aug août aout augustus agosto augusti августа серпня sierpnia ağustos أغسطس اغسطس اگست",
            "september sept sep septembre septiembre settembre setembro сентября вересня września eylül setyembre سبتمبر ستمبر",
            "october oct octobre oktober octubre ottobre outubro октября жовтня października ekim oktubre أكتوبر اكتوبر اکتوبر",
            "november nov novembre noviembre novembro ноября листопада listopada kasım nobyembre نوفمبر نومبر",
            "december dec décembre decembre déc dezember diciembre dicembre dezembro декабря грудня grudnia aralık disyembre ديسمبر دسمبر",
        ),
        start=1,
    )
    for name in names.split()
}
_WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            "monday mon lundi montag lunes lunedì maandag segunda-feira понедельника понедельник понеділка понеділок poniedziałku pazartesi",
            "tuesday tues tue mardi dienstag martes martedì dinsdag terça-feira вторника вторник вівторка вівторок wtorku wtorek salı",
            "wednesday weds wed mercredi mittwoch miércoles mercoledì woensdag quarta-feira среды среду середи середу środy środę çarşamba",
            "thursday thurs thur thu jeudi donnerstag jueves giovedì donderdag quinta-feira четверга четверг четвер czwartku czwartek perşembe",
            "friday fri vendredi freitag viernes venerdì vrijdag sexta-feira пятницы пятницу п'ятниці п'ятницю piątku piątek cuma",
            "saturday sat samedi samstag sábado sabato zaterdag субботы субботу суботи суботу soboty sobotę cumartesi",
            "sunday sun dimanche sonntag domingo domenica zondag воскресенья воскресенье неділі неділю niedzieli niedzielę pazar",
        )
    )
    for name in names.split()
}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_WEEKDAY = "|".join(sorted(_WEEKDAYS, key=len, reverse=True)).replace("|mon|", r"|mon(?!\s(?!at\b|to\b|and\b|or\b|if\b|next\b|morning\b)[a-zà-ÿ])|")
"""Small letters. The French "mon" (retour) is no Monday."""


def _year(name: str) -> str:
    return rf"(?:(?:,?\s{{1,2}}|\sdel?\s)(?P<{name}>(?:19|20)\d\d))?"


_FIRST = "".join(sorted({each[0] for each in (*_MONTHS, *_WEEKDAYS, "next", "this", "the", "tomorrow", "demain", "later", "cet")}))
_DATE = re.compile(
    rf"(?:\b|(?<=[\u3040-\u9fff\uac00-\ud7af])(?=[\d下周週星礼禮]))(?=[\d下周週星礼禮{_FIRST}])(?:(?P<iso>(?:19|20)\d\d[-/]\d{{1,2}}[-/]\d{{1,2}})"
    rf"|(?P<numeric>\d{{1,2}}[/.-]\d{{1,2}}(?:[/.-](?:(?:19|20)\d\d|\d\d))?)(?![\d/-])"
    rf"|(?:(?P<year4>(?:19|20)\d\d)\s?[年년]\s?)?(?P<month4>\d{{1,2}})\s?[月월]\s?(?P<day5>\d{{1,2}})\s?[日号號일]"
    rf"|下?(?:个|個)?(?:周|週|星期|礼拜|禮拜)(?P<zhday>[一二三四五六日天])"
    rf"|(?P<day6>\d{{1,2}})\stháng\s(?P<month5>\d{{1,2}})\b(?:\s(?:năm\s)?(?P<year5>(?:19|20)\d\d))?"
    rf"|(?P<month1>{_MONTH})\b\.?\s{{1,2}}(?:the\s)?(?P<day1>\d{{1,2}})(?:st|nd|rd|th|er|e)?\b(?!:)(?P<until1>\s?(?:-|–|to"
    rf"|through)\s?(?:(?P<month3>{_MONTH})\b\.?\s)?(?P<day3>\d{{1,2}})(?:st|nd|rd|th)?\b)?{_year('year1')}"
    rf"|(?P<day2>\d{{1,2}})(?:st|nd|rd|th|er|e|\.)?(?P<until2>\s?(?:-|–|to|au)\s?(?P<day4>\d{{1,2}})(?:st|nd|rd|th"
    rf"|er)?)?(?:\s{{1,2}}(?:of\s|de\s)?|-|\.\s?|º\sde\s)(?P<month2>{_MONTH})\b\.?(?:-(?P<year3>\d\d(?:\d\d)?)\b)?{_year('year2')}"
    rf"|(?P<nextweek>(?:next\s|this\s|the\s(?:following\s|coming\s))?)(?P<weekday>{_WEEKDAY})\b\.?+(?P<frnext>\s(?:prochaine?"
    rf"|suivant))?(?!\s?(?:to|-|–|through|à|au)\s(?:{_WEEKDAY}))(?!,?\s{{1,2}}(?:the\s|le\s)?(?:(?:{_MONTH})\b"
    rf"|\d{{1,4}}(?:st|nd|rd|th|er|e)?\b(?!\s?(?:[ap]\.?m|[:h]))))"
    rf"|(?P<dayonly>(?:(?<=the\s)|(?<=back\s)|(?<=on\s)|(?<=til\s)|(?<=till\s)|(?<=until\s))\d{{1,2}}(?:st|nd|rd|th)|(?<=le\s)\d{{1,2}}(?!\s?(?:\w|[h:])))\b"
    rf"|(?P<relative>tomorrow|demain|later today|this afternoon|cet après-midi))"
)
"""For text in small letters."""
_WEEKDAY_BEFORE = re.compile(rf"\b(?:{_WEEKDAY})\b\.?,?\s{{1,2}}(?:the\s|le\s)?$", re.IGNORECASE)
Role = Literal["return", "until", "last day"]
_RETURN = re.compile(
    r"\b(?:return(?:ing|s)?(?! your| the (?:call|favou?r))|(?:be|i['’]?m|am|come|coming|get|getting|i['’]ll be|will be|are|is)(?: \w+ly)? "
    r"back|back (?:in|at|to|on|from)|back|(?:reply|respond|answer)(?: to you(?:r \w+)?)?(?= on)"
    r"|(?:i['’]ll|(?:i|and) will) (?:reply|respond|answer|call|write|get)(?: [\w-]+){0,3}?(?= on|\s?$)"
    r"|resume|resuming|reopen\w*|re-open\w*"
    r"|return date|date of return"
    r"|in the office(?: again)?(?= on)|available again|first day back|open(?:s|ed)? again"
    r"|(?:i['’]m|i am|be|get|come|am|are|is) (?:home|here|in)(?: again)?(?= on)"
    r"|see (?:you|u|ya|everyone|you all|y['’]all)(?= on)|de retour|mon retour|retour|reviendrai|reviens|serai là|reprendrai"
    rf"|reprise|rentrerai|reviendrons|reviens|rouvr\w+|(?:de|à) nouveau (?:ouverte?s?|disponibles?|joignables?|au bureau)|disponible à compter"
    rf"|{elsewhere.RETURN_ELSEWHERE})\b",
    re.IGNORECASE,
)
_UNTIL = re.compile(r"\b(?:until|till|til|jusqu['’]au|jusqu['’]à|jusqu['’]en|bis|hasta|fino al?|até|tot)\b", re.IGNORECASE)
_NOT_BEFORE = re.compile(
    r"(?:\b(?:not|never|nothing|nobody|no|rien|pas|plus|aucune?|personne)\b|n['’]t\b)[^.;]{0,60}"
    r"\b(?:before|avant)(?: le)?\s?$",
    re.IGNORECASE,
)
_LAST_DAY = re.compile(
    r"\b(?:through|thru|to|up to and including|au|ending|end|last day|inclusive(?:ly)?|inclusivement|and)\s{0,2}(?::\s?)?$|(?:-|–|—)\s{0,2}$",
    re.IGNORECASE,
)
_START = re.compile(r"\b(?:from|du|of|beginning|starting|effective|as of|à partir du|à compter du|depuis|since|on|between|le)\s{0,2}$", re.IGNORECASE)
_BREAK = re.compile(r"[.;!?]\s|\n\s*\n")
_REACH = 60


class _Dated(NamedTuple):
    role: Role
    day: date


def return_date(text: str, written: date) -> date | None:
    """The stated day of return, else the one that follows from the stated end of absence, else None.

    `written` is the local day on which the message was written.
    """
    text = lowered(text[:8000])
    found = list(_dated(text, written))
    for role in ("return", "until", "last day"):
        days = [each.day for each in found if each.role == role]
        if days:
            return days[0] if role != "last day" else _next_weekday(days[0])
    return None


def _dated(text: str, written: date) -> Iterator[_Dated]:
    previous_end = 0
    for match in _DATE.finditer(text):
        first, last = _read(match, written, day_first=elsewhere.DAY_FIRST.search(text[max(0, match.start() - 8) : match.start()]) is not None)
        before = _clause_before(text, match.start(), previous_end)
        whole_clause = _clause_before(text, match.start(), 0)
        role = _role(before, whole_clause, text[match.end() : match.end() + 60], ranged=last is not None)
        previous_end = match.end()
        day = last or first
        if role and day:
            yield _Dated(role, day)


def _clause_before(text: str, start: int, floor: int) -> str:
    window = text[max(floor, start - _REACH) : start]
    window = _WEEKDAY_BEFORE.sub("", window)
    cut = [match.end() for match in _BREAK.finditer(window)]
    return re.sub(r"\s+", " ", window[cut[-1] :] if cut else window)


def _role(before: str, clause: str, after: str, *, ranged: bool) -> Role | None:
    """By the nearest word before the date; a range states its last day."""
    if ranged or elsewhere.LAST_DAY_NEAR.search(before) or elsewhere.LAST_DAY_BEHIND.match(after):
        return "last day"
    if elsewhere.RETURN_BEHIND.match(after) and not elsewhere.CALLS_BACK.search(before):
        return "return"
    if before.endswith("until ") and _OF_DOMINO.search(clause):
        return "return"
    back = _last_end(_RETURN, before)
    until = max(_last_end(_UNTIL, before), _last_end(elsewhere.UNTIL_NEAR, before))
    if _NOT_BEFORE.search(before):
        return "until"
    if until > back and until >= 0:
        return "last day" if elsewhere.INCLUSIVE_BEHIND.match(after) else "until"
    if back >= 0 and not re.search(r"\b(?:from|since|after)\b.{0,30}$", before[back:], re.IGNORECASE):
        return "return"
    if _LAST_DAY.search(before) and (
        _START_WORD.search(clause)
        or elsewhere.INCLUSIVE_BEHIND.match(after)
        or re.search(r"thr(?:ough|u)|including|ending|last day", before, re.IGNORECASE)
    ):
        return "last day"
    return None


_OF_DOMINO = re.compile(r"\bstarting .{1,30} and will not return until\s?$")
"""The agent's own sentence, in front of the day; what its owner wrote stands below, and may be of another year."""
_START_WORD = re.compile(r"\b(?:from|du|beginning|starting|effective|between|out|away|absente?|vacation|leave|congé)\b", re.IGNORECASE)


def _last_end(pattern: re.Pattern[str], text: str) -> int:
    return max((match.end() for match in pattern.finditer(text)), default=-1)


def _read(match: re.Match[str], written: date, *, day_first: bool) -> tuple[date | None, date | None]:
    """The day, and the last day where the expression is a range."""
    if match["iso"]:
        return _day(*(int(each) for each in re.split(r"[-/]", match["iso"]))), None
    if match["numeric"]:
        return _numeric(match["numeric"], written, day_first=day_first and "." in match["numeric"]), None
    if match["month4"] or match["month5"]:
        month, day = match["month4"] or match["month5"], match["day5"] or match["day6"]
        return _in_year(match["year4"] or match["year5"], int(month), int(day), written), None
    if match["zhday"]:
        return _of_week("一二三四五六日".index(match["zhday"].replace("天", "日")), written, next_week="下" in match[0]), None
    if match["month1"]:
        month, year = _MONTHS[match["month1"]], match["year1"]
        last = None
        if match["until1"]:
            last = _in_year(year, _MONTHS[match["month3"]] if match["month3"] else month, int(match["day3"]), written)
        return _in_year(year, month, int(match["day1"]), written), last
    if match["month2"]:
        month, year = _MONTHS[match["month2"]], match["year2"] or match["year3"]
        last = _in_year(year, month, int(match["day4"]), written) if match["until2"] else None
        return _in_year(year, month, int(match["day2"]), written), last
    if match["weekday"]:
        ahead = (_WEEKDAYS[match["weekday"]] - written.weekday() - 1) % 7 + 1
        return written + timedelta(days=ahead), None
    if match["dayonly"]:
        return _day_of_month(int(re.sub(r"\D", "", match["dayonly"])), written), None
    return written + timedelta(days=match["relative"] in {"tomorrow", "demain"}), None


def _in_year(year: str | None, month: int, day: int, written: date) -> date | None:
    if year:
        return _day(int(year) + (2000 if len(year) == 2 else 0), month, day)
    near = [each for each in (_day(written.year + offset, month, day) for offset in (-1, 0, 1)) if each]
    # A reply that was forgotten is some months old at most; a leave lasts up to a year and more.
    ahead = [each for each in near if each >= written - timedelta(days=100)]
    return min(ahead, default=None)


def _of_week(weekday: int, written: date, *, next_week: bool) -> date:
    """The weekday as Chinese reckons: of the week that follows, if it says so, else the next one to come."""
    if next_week:
        return written + timedelta(days=7 - written.weekday() + weekday)
    return written + timedelta(days=(weekday - written.weekday() - 1) % 7 + 1)


def _numeric(text: str, written: date, *, day_first: bool) -> date | None:
    parts = [int(each) for each in re.split(r"[/.-]", text)]
    year = str(parts[2]) if len(parts) == 3 else None
    if year and len(year) == 1:
        year = f"0{year}"
    if day_first and (day := _in_year(year, parts[1], parts[0], written)):
        return day
    readings = {each for each in (_in_year(year, parts[0], parts[1], written), _in_year(year, parts[1], parts[0], written)) if each}
    if len(readings) == 1:
        return readings.pop()
    near = {each for each in readings if timedelta(0) <= each - written <= timedelta(days=31)}
    return near.pop() if len(near) == 1 else None


def _day_of_month(day: int, written: date) -> date | None:
    this = _day(written.year, written.month, day)
    if this and this >= written:
        return this
    return _day(written.year + written.month // 12, written.month % 12 + 1, day)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _next_weekday(day: date) -> date:
    following = day + timedelta(days=1)
    return following + timedelta(days=max(0, 7 - following.weekday()) if following.weekday() >= 5 else 0)
