"""Whether an invitation says how to take part: in person, on camera, or both (Service Standard 4).

It decides by the place, the conference links (RFC 7986 §5.11) and the words of subject and text of an event that `invitation` read. It never
judges replies, counters or cancellations, and in doubt it takes what was said for enough. Pure, total, linear.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from gateway.judgement.audience import the_sender
from gateway.judgement.invitation import Event, read_invitation
from gateway.message.model import Message

_LINK = re.compile(
    r"(?:\b|%2f)(?:teams\.microsoft\.com|teams\.live\.com|teams\.cloud\.microsoft|zoom\.us|zoomgov\.com|webex\.com|meet\.google\.com|meet\.goto\.com|gotomeeting\.com"
    r"|meet\.jit\.si|whereby\.com|bluejeans\.com|chime\.aws|ringcentral\.com|8x8\.vc|join\.skype\.com|meet\.lync\.com)(?:/|%2f)",
    re.IGNORECASE,
)
_ONLINE_PLACE = re.compile(
    r"\b(?:microsoft teams|teams meeting|réunion teams|réunion microsoft teams|zoom|webex|google meet|skype|online|en ligne|virtual"
    r"|virtuel(?:le)?|https?:|video ?conference|visio(?:conférence)?|vidéoconférence)\b",
    re.IGNORECASE,
)
_HYBRID = re.compile(r"\b(?:hybrid|hybride|(?:in[- ]person|en personne|en présentiel) (?:or|and|ou|et) )", re.IGNORECASE)
_IN_PERSON = re.compile(r"\b(?:in[- ]person|on[- ]?site|face[- ]to[- ]face|en personne|en présentiel|sur place|hybrid|hybride)\b", re.IGNORECASE)
_VIDEO = re.compile(
    r"\b(?:by video|video ?(?:call|conference|meeting)|virtual(?:ly)?|online|remote(?:ly)?"
    r"|(?:via|on|by|over) (?:microsoft |ms )?(?:teams|zoom|webex|google meet|skype)"
    r"|(?:microsoft teams|teams|zoom|webex) meeting|réunion (?:microsoft )?teams|virtuel(?:le)?s?|en ligne|à distance"
    r"|(?:visio|vidéo)(?:s|[- ]?conf\w*|[- ]?rencontres?)?"
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


_TELEPHONE = re.compile(
    r"\b(?:(?:(?:tele)?phone|(?:tele)?conference|audio)[- ](?:conference )?calls?|teleconference|dial[- ]in|by (?:tele)?phone"
    r"|(?:I|we)['’]?(?: wi)?ll call|audio[- ]only|conférence téléphonique|téléconférence|par téléphone|appel téléphonique|appel conférence)\b",
    re.IGNORECASE,
)
_TO_FOLLOW = re.compile(
    r"\b(?:tb[acd]|to be (?:announced|confirmed|decided|determined)|(?:location|place|room|link|details) to follow"
    r"|à (?:confirmer|déterminer|venir))\b",
    re.IGNORECASE,
)


def check(message: Message) -> Mapping[str, object] | None:
    """`{"method", "how", "in_person", "on_camera", "location", "conference", "stated", "said"}` of an invitation, None for any other message.

    `how` is what a guest would understand: "in_person", "on_camera" (a video link or words of one, and nothing that says without camera), "both", or
    None where neither can be told.

    `in_person` is True for a stated place or wording, False when nothing says; `on_camera` is True only when the words ask for it; `conference` is
    whether a link is given; `stated` is whether either was said in words or by a place. `said` is what the standard asks for: False where the
    author's own meeting leaves it open, None where nothing is asked (somebody else's invitation, or a note in the calendar).
    """
    event = read_invitation(message)
    return None if event is None else _what_it_says(event, message)


def _what_it_says(event: Event, message: Message) -> Mapping[str, object]:
    words = f"{message.subject}\n{event.summary}\n{event.description}\n{event.location}"
    linked = bool(_LINK.search(words))
    place = event.room or (bool(event.location) and not _is_online_only(event.location))
    in_person = (place or bool(_IN_PERSON.search(words))) and not _NOT_IN_PERSON.search(words)
    on_camera = bool(_ON_CAMERA.search(words))
    by_video = on_camera or (not _NO_CAMERA.search(words) and (linked or event.by_video or bool(_VIDEO.search(words))))
    how = _how(in_person=in_person, by_video=by_video or bool(_HYBRID.search(words)))
    return {
        "method": "REQUEST",
        "how": how,
        "in_person": in_person,
        "on_camera": on_camera,
        "location": event.location or None,
        "conference": linked or event.by_video or event.by_telephone,
        "stated": in_person or on_camera,
        "said": (how is not None or _said_otherwise(event, words)) if _is_asked(event, message) else None,
    }


def _how(*, in_person: bool, by_video: bool) -> str | None:
    if in_person and by_video:
        return "both"
    return "in_person" if in_person else "on_camera" if by_video else None


def _is_asked(event: Event, message: Message) -> bool:
    """A meeting of the author's own; who passes on another's invitation did not write it."""
    sender = the_sender(message)
    return event.takes_time and (not event.organizer or (sender is not None and sender.key == event.organizer))


def _said_otherwise(event: Event, words: str) -> bool:
    """Neither in person nor on camera, and still said: by telephone, without a camera, or that it is not settled yet."""
    return event.by_telephone or bool(_LINK.search(words)) or any(each.search(words) for each in (_TELEPHONE, _NO_CAMERA, _TO_FOLLOW))


def _is_online_only(location: str) -> bool:
    """Every place named is a conference ("Microsoft Teams Meeting") or yet to come; "Metro Hall 302; Microsoft Teams Meeting" is not."""
    places = [each for each in re.split(r"\s*[;|/]\s*(?!/)", location) if each.strip()]
    return all(_ONLINE_PLACE.search(each) or _TELEPHONE.search(each) or _TO_FOLLOW.search(each) for each in places)
