"""What automaticRepliesSetting says (learn.microsoft.com/graph/api/resources/automaticrepliessetting). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gateway.mailboxes.mailbox import AutomaticReply


def automatic_reply(setting: Mapping[str, Any]) -> AutomaticReply:
    """Raises ValueError where it makes no sense. A text that Exchange sends to nobody is ""."""
    status = setting.get("status")
    if status not in ("disabled", "alwaysEnabled", "scheduled"):
        raise ValueError("no such status")
    scheduled = status == "scheduled"
    to_outside = setting.get("externalAudience") != "none"
    return AutomaticReply(
        enabled=status != "disabled",
        external=_text(setting.get("externalReplyMessage")) if to_outside else "",
        internal=_text(setting.get("internalReplyMessage")),
        starts_at=_time(setting.get("scheduledStartDateTime")) if scheduled else None,
        ends_at=_time(setting.get("scheduledEndDateTime")) if scheduled else None,
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _time(value: object) -> datetime:
    """dateTimeTimeZone: local time, and its zone as the IANA or as Windows calls it."""
    if not isinstance(value, Mapping):
        raise ValueError("scheduled, and no time")
    local = datetime.fromisoformat(str(value.get("dateTime")))
    aware = local if local.tzinfo is not None else local.replace(tzinfo=_zone(str(value.get("timeZone") or "UTC")))
    return aware.astimezone(UTC)


def _zone(name: str) -> ZoneInfo:
    from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON  # noqa: PLC0415 - slow; Microsoft's names -> the IANA's

    try:
        return ZoneInfo(WINDOWS_TO_OLSON.get(name, name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("no such time zone") from None
