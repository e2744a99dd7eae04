"""The kinds of value that a policy file holds, each with the sentence an admin gets when it does not fit.

Every validator takes the text as written (see `yaml_positions`) and raises ValueError in plain words. Each type also says
what an editor's JSON Schema should allow.
"""

from __future__ import annotations

import difflib
import re
import string
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

import re2
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import core_schema

from gateway.policy.clocks import EXAMPLES, parse_clock, parse_time
from gateway.policy.keeping import read_span
from gateway.policy.model import Audience, Clock
from gateway.policy.yaml_positions import Scalar

_MAILBOX = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z0-9-]*[A-Za-z][A-Za-z0-9-]*")
_TELEPHONE = re.compile(r"(?:[2-9]11|\+?[0-9][0-9 ().\u2011-]{8,18}[0-9](?:,? (?:ext\.?|x|poste) ?[0-9]{1,6})?)")
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SPAN = re.compile(r"(.+?) ?(?:\bto\b|-|\u2013|\u2014) ?(.+)")
_CURLY = "\u201c\u201d\u201e\u2018\u2019\u201a"
_REFERENCE_LETTERS = frozenset(string.ascii_uppercase) - frozenset("OIL")

Span = tuple[time, time]


def text_of(value: object) -> str:
    """The text as written, its spaces (no-break ones, too) made ordinary. Raises ValueError for a list, a group of keys or nothing."""
    if value is None:
        raise ValueError("nothing stands after the colon; write a value or delete the line")
    if not isinstance(value, str):
        raise ValueError(f"one value is wanted here, not {'a list' if isinstance(value, list) else 'a group of keys'}")
    return " ".join(value.split())


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?`, or nothing: stands at the end of a message."""
    by_lower = {each.lower(): each for each in known}
    found = difflib.get_close_matches(word.lower(), list(by_lower), n=1, cutoff=0.6)
    return f"; did you mean '{by_lower[found[0]]}'?" if found else ""


def words_of(value: str) -> str:
    """How a value is quoted in a message: clipped."""
    return f"'{value}'" if len(value) <= 60 else f"'{value[:60]}…'"


def _sentence(value: object) -> str:
    """Text for people; line breaks of a block are kept as spaces, no-break spaces as they are."""
    text_of(value)
    assert isinstance(value, str)
    if isinstance(value, Scalar) and value.bare:
        if value.cut:
            raise ValueError(
                "what follows ` #` is a comment and would be left out; put the whole text in quotes (a comment wants two spaces before the #)"
            )
        if value[:1] in _CURLY or value[-1:] in _CURLY[:4]:
            raise ValueError("typographic quotation marks would be part of the text; use straight ones")
    text = re.sub(r"[ \t\r\n]+", " ", value).strip()
    if not text:
        raise ValueError("the text is empty")
    return text


def _mailbox(value: object) -> str:
    text = text_of(value)
    if not _MAILBOX.fullmatch(text) or ".." in text or text.startswith(".") or ".@" in text or len(text) > 254 or "*" in text:
        raise ValueError(f"{words_of(text)} is not an email address")
    return text


def _pattern(value: object) -> str:
    """An address in which `*` stands for anything; lower-cased."""
    text = text_of(value).lower()
    local, at, domain = text.rpartition("@")
    if not at or not local or "@" in local or not _MAILBOX.fullmatch(f"{local.replace('*', 'x')}@{domain.replace('*', 'x')}"):
        raise ValueError(f"{words_of(text)} is not an address or a pattern such as *@council.toronto.example")
    return text


def _telephone(value: object) -> str:
    text = text_of(value)
    if not _TELEPHONE.fullmatch(text):
        raise ValueError(f"{words_of(text)} is not a telephone number; write it like 416-555-0100, or 311")
    return text


def _slug(value: object) -> str:
    text = text_of(value)
    if not _SLUG.fullmatch(text) or len(text) > 60:
        raise ValueError(f"{words_of(text)} is not a short name; use small letters, digits and hyphens, like human-resources")
    return text


def _website(value: object) -> str:
    text = text_of(value)
    if not re.fullmatch(r"https?://[A-Za-z0-9.-]+\.[A-Za-z0-9-]+(?::\d+)?(?:/[^\s<>\"]*)?", text):
        raise ValueError(f"{words_of(text)} is not a web address; write it like https://www.toronto.example/service")
    return text


def _reference(value: object) -> str:
    text = text_of(value)
    if len(text) != 2 or not frozenset(text) <= _REFERENCE_LETTERS:
        raise ValueError(f"{words_of(text)}: two capital letters are wanted, none of O, I, L (they look like 0 and 1)")
    return text


def _switch(value: object) -> bool:
    text = text_of(value).lower()
    if text in ("on", "yes", "true"):
        return True
    if text in ("off", "no", "false"):
        return False
    raise ValueError(f"{words_of(text)}: yes or no is wanted (on and off will do)")


def _whole_number(value: object) -> int:
    text = text_of(value)
    if not re.fullmatch(r"\d{1,6}", text):
        raise ValueError(f"{words_of(text)} is not a whole number")
    return int(text)


def _number(value: object) -> float:
    text = text_of(value)
    if not re.fullmatch(r"-?\d{1,9}(?:\.\d{1,6})?", text):
        raise ValueError(f"{words_of(text)} is not a number; write it like 78.5")
    return float(text)


def _clock(value: object) -> Clock:
    return parse_clock(text_of(value))


def _time(value: object) -> time:
    return parse_time(text_of(value))


def _date(value: object) -> date:
    text = text_of(value)
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        raise ValueError(f"{words_of(text)} is not a date; write year-month-day, like 2026-12-14")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text} is a date that never happens") from None


def _date_and_time(value: object) -> datetime:
    """Local wall-clock time, naive: the City's zone is given to it later."""
    text = text_of(value)
    day, _, at = text.partition(" ")
    if not at:
        raise ValueError(f"{words_of(text)} is not a date with a time; write it like 2026-12-15 12:00")
    return datetime.combine(_date(day), parse_time(at))


def _day_of_year(value: object) -> tuple[int, int]:
    text = text_of(value)
    if not re.fullmatch(r"\d{2}-\d{2}", text):
        raise ValueError(f"{words_of(text)} is not a day of the year; write month-day, like 09-30")
    try:
        day = date.fromisoformat(f"2028-{text}")
    except ValueError:
        raise ValueError(f"{text} is a date that never happens") from None
    return day.month, day.day


def _time_zone(value: object) -> ZoneInfo:
    text = text_of(value)
    try:
        return ZoneInfo(text)
    except (OSError, ValueError, KeyError):
        hint = did_you_mean(text, available_timezones()) or "; write it like America/Toronto"
        raise ValueError(f"{words_of(text)} is not a time zone{hint}") from None


def _duration(value: object) -> timedelta:
    text = text_of(value).lower()
    found = re.fullmatch(r"(\d{1,4}) (minute|hour|day|week)s?", text)
    if not found or not int(found[1]):
        raise ValueError(f"{words_of(text)} is not a length of time; write it like 30 days")
    return timedelta(**{found[2] + "s": int(found[1])})


def _kept_for(value: object) -> str:
    text = text_of(value)
    read_span(text)
    return text


def _weekdays(value: object) -> tuple[int, ...]:
    if isinstance(value, list):
        return tuple(sorted({day for each in value for day in _weekdays(each)}))
    text = text_of(value).lower()
    if text in ("every day", "all days"):
        return tuple(range(7))
    first, to, last = text.partition(" to ")
    if to:
        start, end = _weekday(first), _weekday(last)
        return tuple(sorted((start + each) % 7 for each in range((end - start) % 7 + 1)))
    return tuple(sorted({_weekday(each) for each in re.split(r",? and |, ?", text)}))


def _weekday(name: str) -> int:
    if name not in WEEKDAYS:
        hint = did_you_mean(name, (day.capitalize() for day in WEEKDAYS)) or "; write it like Monday to Friday"
        raise ValueError(f"{words_of(name)} is not a day of the week{hint}")
    return WEEKDAYS.index(name)


def _spans(value: object) -> tuple[Span, ...]:
    """Opening hours of a day, in order; an end of 24:00 becomes 00:00 (the end of the day)."""
    texts = [text_of(each) for each in (value if isinstance(value, list) else [value])]
    found = sorted(_span(each) for each in texts)
    if not found:
        raise ValueError("no opening hours; write them like 08:30 to 16:30, or leave the day out")
    for (_, end), (start, _) in pairwise(found):
        if end == time(0) or start < end:
            raise ValueError(f"two spans overlap at {start:%H:%M}")
    return tuple(found)


def _span(text: str) -> Span:
    found = _SPAN.fullmatch(text)
    if not found:
        raise ValueError(f"{words_of(text)} is not a span of time; write it like 08:30 to 16:30")
    start = parse_time(found[1])
    end = time(0) if found[2] in ("24:00", "midnight") else parse_time(found[2])
    if end == time(0) and found[2] not in ("24:00", "midnight"):
        raise ValueError(f"{words_of(text)}: write the end of the day as 24:00")
    if end != time(0) and end <= start:
        raise ValueError(f"{words_of(text)} ends before it begins; hours past midnight belong to the next day (22:00 to 24:00)")
    return start, end


def _expression(value: object) -> str:
    """An RE2 expression: linear time, whatever an admin writes."""
    text = text_of(value) if value is None or not isinstance(value, str) else str(value)
    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(text, options)
    except re2.error as error:
        reason = error.args[0].decode() if error.args and isinstance(error.args[0], bytes) else str(error)
        raise ValueError(f"{words_of(text)} is not an expression that RE2 understands ({reason})") from None
    return text


class Reads:
    """Annotation: the field is read by `read` from the text as written; `schema` is what an editor checks."""

    def __init__(self, read: Callable[[object], object], schema: Mapping[str, Any]) -> None:
        self.read, self.schema = read, schema

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return dict(self.schema)


class OneOrMore:
    """Annotation of a list: one value stands for a list of one; `shorthand` is a word that stands for all, and reads as None."""

    def __init__(self, shorthand: str | None = None, *, or_none: bool = False) -> None:
        """`or_none`: an empty list may stand there, too."""
        self.shorthand = shorthand
        self.or_none = or_none

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_before_validator_function(self._listed, handler(source))

    def _listed(self, value: object) -> object:
        if self.shorthand is not None and value == self.shorthand:
            return None
        if value is None or (value == [] and not self.or_none):
            raise ValueError("nothing stands here; write a value or delete the line")
        return value if isinstance(value, list) else [value]

    def __get_pydantic_json_schema__(self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        found: dict[str, Any] = handler(schema)
        listed = next((each for each in found.get("anyOf", [found]) if each.get("type") == "array"), found)
        shorthand = [] if self.shorthand is None else [{"const": self.shorthand}]
        return {"anyOf": [*shorthand, listed["items"], listed if self.or_none else {**listed, "minItems": 1}]}


class OrWord:
    """Annotation of something optional: a word says that there is none, and reads as None."""

    def __init__(self, word: str) -> None:
        self.word = word

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_before_validator_function(lambda value: None if value == self.word else value, handler(source))

    def __get_pydantic_json_schema__(self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [{"const": self.word}, handler(schema)]}


def one_of(*words: str) -> Reads:
    """Annotation: one of a few words."""

    def check(value: object) -> str:
        text = text_of(value)
        if text not in words:
            known = f"'{words[0]}'" if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
            raise ValueError(f"{words_of(text)} cannot stand here; write {known}{did_you_mean(text, words) if len(words) > 1 else ''}")
        return text

    numbers = [int(word) for word in words if word.isdigit()]  # a bare 311 is a number to an editor, and a word to us
    return Reads(check, {"type": ["string", "integer"] if numbers else "string", "enum": [*words, *numbers]})


def sentence_with(*names: str) -> Reads:
    """Annotation: a sentence whose braces hold only these names, so that no text fails when a resident waits for it."""

    def check(value: object) -> str:
        text = _sentence(value)
        try:
            parts = list(string.Formatter().parse(text))
        except ValueError:
            raise ValueError("a { or } stands alone; write a name between them, like {" + names[0] + "}") from None
        for _, name, form, conversion in parts:
            if name is not None and (name not in names or form or conversion):
                known = ", ".join("{" + each + "}" for each in names)
                raise ValueError(f"unknown {words_of('{' + name + '}')}; here may stand {known}{did_you_mean(name, names)}")
        return text

    return Reads(check, {"type": "string", "minLength": 1, "description": f"may hold {', '.join('{' + name + '}' for name in names)}"})


_ADDRESS = {"type": "string", "pattern": r"^[^@\s]+@[^@\s]+$"}
_TEXT_OR_LIST = [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]

Sentence = Annotated[str, Reads(_sentence, {"type": "string", "minLength": 1})]
Mailbox = Annotated[str, Reads(_mailbox, _ADDRESS)]
Pattern = Annotated[str, Reads(_pattern, _ADDRESS)]
Telephone = Annotated[str, Reads(_telephone, {"type": ["string", "integer"], "examples": ["416-555-0100", 311]})]
Slug = Annotated[str, Reads(_slug, {"type": "string", "pattern": f"^{_SLUG.pattern}$"})]
Website = Annotated[str, Reads(_website, {"type": "string", "pattern": "^https?://"})]
Reference = Annotated[str, Reads(_reference, {"type": "string", "pattern": "^[A-HJKMNP-Z]{2}$"})]
Switch = Annotated[bool, Reads(_switch, {"enum": ["on", "off", "yes", "no", True, False]})]
WholeNumber = Annotated[int, Reads(_whole_number, {"type": "integer", "minimum": 0})]
Number = Annotated[float, Reads(_number, {"type": "number"})]
PromisedSpan = Annotated[Clock, Reads(_clock, {"type": "string", "examples": EXAMPLES.split(", ")})]
LocalTime = Annotated[time, Reads(_time, {"type": "string", "examples": ["16:30"]})]
LocalDate = Annotated[date, Reads(_date, {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"})]
LocalDateAndTime = Annotated[datetime, Reads(_date_and_time, {"type": "string", "examples": ["2026-12-15 12:00"]})]
DayOfYear = Annotated[tuple[int, int], Reads(_day_of_year, {"type": "string", "pattern": r"^\d{2}-\d{2}$"})]
Duration = Annotated[timedelta, Reads(_duration, {"type": "string", "examples": ["30 days"]})]
KeptFor = Annotated[str, Reads(_kept_for, {"type": "string", "examples": ["90 days", "13 months", "2 years"]})]
TimeZone = Annotated[ZoneInfo, Reads(_time_zone, {"type": "string", "examples": ["America/Toronto"]})]
Weekdays = Annotated[tuple[int, ...], Reads(_weekdays, {"anyOf": _TEXT_OR_LIST, "examples": ["Monday to Friday"]})]
OpenSpans = Annotated[tuple[Span, ...], Reads(_spans, {"anyOf": _TEXT_OR_LIST, "examples": ["08:30 to 16:30"]})]
Expression = Annotated[str, Reads(_expression, {"type": "string", "description": "an RE2 expression"})]
AudienceWord = Annotated[Audience, one_of("public", "council", "internal")]
