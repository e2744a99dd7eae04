"""The event of an invitation (RFC 5545, 5546), read by the icalendar library.

It decides which lines the library is given: those of the first event that say something about taking part, few and short, so that the
work is bounded whatever a calendar holds. It judges nothing; what cannot be read is None. Pure and total.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.message.model import Message, Part

CALENDAR_LIMIT = 64 * 1024
"""Characters of a calendar that are looked at; guests and a long description are the bulk of most."""

_LINE_LIMIT = 16 * 1024
_NESTED = 50
_KEPT = {
    "SUMMARY": 1, "DESCRIPTION": 1, "LOCATION": 1, "ORGANIZER": 1, "DTSTART": 1, "TRANSP": 1, "STATUS": 1, "X-MICROSOFT-CDO-BUSYSTATUS": 1,
    "ATTENDEE": 40, "CONFERENCE": 10, "X-GOOGLE-CONFERENCE": 1, "X-MICROSOFT-SKYPETEAMSMEETINGURL": 1, "X-MICROSOFT-ONLINEMEETINGEXTERNALLINK": 1,
}  # fmt: skip
"""Property -> how many of it are read."""
_LINKS = ("X-GOOGLE-CONFERENCE", "X-MICROSOFT-SKYPETEAMSMEETINGURL", "X-MICROSOFT-ONLINEMEETINGEXTERNALLINK")
_FOLD = re.compile(r"(?:\r\n|\n)[ \t]")
_BREAK = re.compile(r"\r\n|\n|\r")
_NAME = re.compile(r"[A-Za-z0-9-]{1,60}")


@dataclass(frozen=True, slots=True)
class Event:
    """What an invitation says of one event; "" where it says nothing."""

    summary: str = ""
    description: str = ""
    location: str = ""
    organizer: str = ""
    """Address, lower-cased."""
    by_video: bool = False
    """A property names a conference with pictures, or one that does not say what it has."""
    by_telephone: bool = False
    """A CONFERENCE (RFC 7986 §5.11) of sound alone."""
    room: bool = False
    """A room is among the guests (CUTYPE=ROOM)."""
    takes_time: bool = True
    """False for what lasts all day, is shown as free, or is cancelled: a note in the calendar, no meeting."""


def read_invitation(message: Message) -> Event | None:
    """The first event of a calendar with METHOD:REQUEST (RFC 5546 §3.2.2); None where there is none, or it cannot be read."""
    part = next((each for each in message.root.walk() if each.content_type == "text/calendar" and each.text is not None), None)
    if part is None:
        return None
    method, lines = _of_first_event(part)
    return _event(lines) if method == "REQUEST" else None


def _of_first_event(part: Part) -> tuple[str, list[str]]:
    """METHOD, and the kept lines of the first event itself, unfolded: not those of its alarms."""
    method = part.parameters.get("method", "")
    inside: list[str] = []
    kept: list[str] = []
    read: Counter[str] = Counter()
    for name, line in _lines(part.text or ""):
        if name == "BEGIN" and len(inside) < _NESTED:
            inside.append(line[6:].strip().upper())
        elif name == "END" and inside and inside.pop() == "VEVENT":
            break
        elif name == "METHOD" and "VEVENT" not in inside:
            method = line.rpartition(":")[2]
        elif inside and inside[-1] == "VEVENT" and read[name] < _KEPT.get(name, 0):
            read[name] += 1
            kept.append(line[:_LINE_LIMIT])
    return method.strip().upper(), kept


def _lines(text: str) -> Iterator[tuple[str, str]]:
    for line in _BREAK.split(_FOLD.sub("", text[:CALENDAR_LIMIT])):
        found = _NAME.match(line)
        if found:
            yield found[0].upper(), line


def _event(lines: list[str]) -> Event | None:
    from icalendar import Event as Read  # noqa: PLC0415 - 0.1 s to import, and few messages are invitations

    try:
        return _understood(Read.from_ical("\r\n".join(("BEGIN:VEVENT", *lines, "END:VEVENT", ""))))
    except Exception:  # noqa: BLE001 - whatever a stranger's calendar makes the library raise, it is unreadable, and nothing more
        return None


def _understood(found: Any) -> Event:
    conferences = [_features(each) for each in _all(found, "CONFERENCE")]
    return Event(
        summary=_text(found, "SUMMARY"),
        description=_text(found, "DESCRIPTION"),
        location=_text(found, "LOCATION"),
        organizer=_text(found, "ORGANIZER").removeprefix("mailto:").removeprefix("MAILTO:").casefold(),
        by_video=any(_text(found, name) for name in _LINKS) or any(not each or "VIDEO" in each for each in conferences),
        by_telephone=any(each and "VIDEO" not in each and each & {"AUDIO", "PHONE"} for each in conferences),
        room=any(str(each.params.get("CUTYPE", "")).upper() == "ROOM" for each in _all(found, "ATTENDEE")),
        takes_time=not (
            _lasts_all_day(found)
            or _text(found, "TRANSP").upper() == "TRANSPARENT"
            or _text(found, "X-MICROSOFT-CDO-BUSYSTATUS").upper() == "FREE"
            or _text(found, "STATUS").upper() == "CANCELLED"
        ),
    )


def _lasts_all_day(found: Any) -> bool:
    try:
        start = getattr(found.get("DTSTART"), "dt", None)
    except ValueError:  # the library keeps what it cannot read, and says so when it is asked
        return False
    return start is not None and not isinstance(start, datetime)


def _features(conference: Any) -> set[str]:
    """FEATURE (RFC 7986 §6.3); a tel: address is a telephone whether it says so or not."""
    given = conference.params.get("FEATURE", [])
    named = {str(each).strip().upper() for each in (given.split(",") if isinstance(given, str) else given)}
    return named or ({"PHONE"} if str(conference).casefold().startswith("tel:") else set())


def _all(found: Any, name: str) -> list[Any]:
    each = found.get(name, [])
    return each if isinstance(each, list) else [each]


def _text(found: Any, name: str) -> str:
    return " ".join(str(found.get(name, "")).split()) if name != "DESCRIPTION" else str(found.get(name, ""))
