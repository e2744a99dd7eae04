"""Whether an invitation says how to take part: in person, on camera, or both (Service Standard 4 of the seeds).

It decides for a `text/calendar` part with METHOD:REQUEST (RFC 5546 §3.2.2) by its location, its conference links (RFC 7986 §5.11) and the words of
subject and text. It never judges replies, counters or cancellations. Line-based reading: unfolding, and the first VEVENT. Pure, total, linear.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from gateway.message.model import Message, Part

_LINES_READ = 5000
_LINK = re.compile(
    r"https?://[^\s<>\"\\]*(?:teams\.microsoft\.com|teams\.live\.com|zoom\.us|webex\.com|meet\.google\.com|gotomeeting\.com|meet\.jit\.si"
    r"|whereby\.com|bluejeans\.com|skype\.com)[^\s<>\"\\]*",
    re.IGNORECASE,
)
_ONLINE_PLACE = re.compile(
    r"\b(?:microsoft teams|teams meeting|réunion teams|réunion microsoft teams|zoom|webex|google meet|skype|online|en ligne|virtual"
    r"|virtuel(?:le)?|https?:|call|teleconference|téléconférence)\b",
    re.IGNORECASE,
)
_HYBRID = re.compile(r"\b(?:hybrid|hybride|(?:in[- ]person|en personne|en présentiel) (?:or|and|ou|et) )", re.IGNORECASE)
_IN_PERSON = re.compile(r"\b(?:in[- ]person|on[- ]?site|face[- ]to[- ]face|en personne|en présentiel|sur place|hybrid|hybride)\b", re.IGNORECASE)
_VIDEO = re.compile(
    r"\b(?:by video|video ?(?:call|conference|meeting)|virtual(?:ly)?|online|remote(?:ly)?|via (?:microsoft )?(?:teams|zoom|webex|google meet)"
    r"|(?:microsoft teams|teams|zoom|webex) meeting|réunion (?:microsoft )?teams|visio\w*|vidéo\w*|virtuel(?:le)?s?|en ligne|à distance"
    r"|(?:par|sur|via) (?:teams|zoom|webex))\b",
    re.IGNORECASE,
)
_NO_CAMERA = re.compile(
    r"\b(?:audio[- ]only|cameras? (?:off|not (?:needed|required))|no (?:camera|video)|without (?:camera|video)|(?:tele)?conference call"
    r"|by (?:tele)?phone"
    r"|sans (?:caméra|vidéo)|caméras? (?:fermées?|éteintes?|facultatives?)|conférence téléphonique|par téléphone)\b",
    re.IGNORECASE,
)
_NOT_IN_PERSON = re.compile(
    r"\b(?:not|no|pas|non|n['’]est pas) (?:be )?(?:held )?(?:required )?(?:in[- ]person|en personne|en présentiel)\b", re.IGNORECASE
)
_ON_CAMERA = re.compile(
    r"\b(?:on[- ]camera|cameras? (?:is |are )?(?:on|required|expected)|turn (?:on )?your (?:camera|video)(?: on)?|with (?:your )?(?:camera"
    r"|video) on|video (?:on|required)|caméras? (?:ouvertes?|allumées?|activées?|requises?)|à la caméra|ouvrir votre caméra)\b",
    re.IGNORECASE,
)


def check(message: Message) -> Mapping[str, object] | None:
    """`{"method", "how", "in_person", "on_camera", "location", "conference", "stated"}` of an invitation, None for any other message.

    `how` is what a guest would understand: "in_person", "on_camera" (a video link or words of one, and nothing that says without camera), "both", or
    None where neither can be told.

    `in_person` is True for a stated place or wording, False when nothing says; `on_camera` is True only when the words ask for it; `conference` is
    whether a link is given; `stated` is whether either was said in words or by a place.
    """
    part = next((each for each in message.root.walk() if each.content_type == "text/calendar" and each.text is not None), None)
    if part is None:
        return None
    properties = _properties(part)
    method = (properties.get("METHOD") or part.parameters.get("method", "")).upper()
    if method != "REQUEST":
        return None
    return _what_it_says(properties, message)


def _what_it_says(properties: Mapping[str, str], message: Message) -> Mapping[str, object]:
    location = properties.get("LOCATION") or None
    words = "\n".join([message.subject, properties.get("SUMMARY", ""), properties.get("DESCRIPTION", ""), location or ""])
    conference = bool(
        _LINK.search(words) or any(name in properties for name in ("CONFERENCE", "X-GOOGLE-CONFERENCE", "X-MICROSOFT-SKYPETEAMSMEETINGURL"))
    )
    place = bool(location) and not _is_online_only(location or "")
    in_person = (place or bool(_IN_PERSON.search(words))) and not _NOT_IN_PERSON.search(words)
    on_camera = bool(_ON_CAMERA.search(words))
    by_video = on_camera or (not _NO_CAMERA.search(words) and bool(conference or _VIDEO.search(words)))
    return {
        "method": "REQUEST",
        "how": _how(in_person=in_person, by_video=by_video or bool(_HYBRID.search(words))),
        "in_person": in_person,
        "on_camera": on_camera,
        "location": location,
        "conference": conference,
        "stated": bool(in_person or on_camera),
    }


def _how(*, in_person: bool, by_video: bool) -> str | None:
    if in_person and by_video:
        return "both"
    return "in_person" if in_person else "on_camera" if by_video else None


def _is_online_only(location: str) -> bool:
    """Every place named is a conference ("Microsoft Teams Meeting"); "Metro Hall 302; Microsoft Teams Meeting" is not."""
    return all(_ONLINE_PLACE.search(each) for each in re.split(r"\s*[;|/]\s*(?!/)", location) if each.strip())


def _properties(part: Part) -> dict[str, str]:
    """The calendar's own properties and those of its first event; the first of each name (RFC 5545 §3.1)."""
    unfolded = re.sub(r"\r?\n[ \t]", "", part.text or "")
    found: dict[str, str] = {}
    for line in unfolded.splitlines()[:_LINES_READ]:
        name, _, value = _split(line)
        if name == "END" and value.upper() == "VEVENT":
            break
        found.setdefault(name, re.sub(r"\\([\\;,])", r"\1", re.sub(r"\\[nN]", "\n", value)).strip())
    return found


def _split(line: str) -> tuple[str, str, str]:
    """Name, parameters, value: the first colon outside quotes ends the parameters."""
    match = re.match(r"([A-Za-z0-9-]{1,60})((?:;[^\":]{0,500}(?:\"[^\"]{0,500}\"[^\":]{0,500})*)?):(.*)", line[:20_000])
    return (match[1].upper(), match[2], match[3]) if match else ("", "", "")
