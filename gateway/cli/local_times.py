"""Times as commands print them for people: on the City's clock, and saying so. JSON has them with their offset instead.

Never fails for a policy with errors: a time that is hard to print must not hide what stands beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection

from gateway.ledger.policy_rows import last_good
from gateway.policy.field_types import TimeZone
from gateway.policy.folders import CITY, Unread, read_files
from gateway.policy.yaml_positions import UnreadableError, decode, read_yaml
from gateway.rulebook_loading import folders_of
from gateway.settings import Settings


def city_zone(settings: Settings, connection: Connection | None = None) -> ZoneInfo | None:
    """As city.yaml has it now; else as it was last good (with a `connection` to the ledger); None: then it is the machine's."""
    now = _zone(read_files(folders_of(settings)).contents.get(CITY))
    return now or (_zone(last_good(connection).get(CITY)) if connection is not None else None)


def local(at: datetime | None, zone: tzinfo | None, *, seconds: bool = False) -> str:
    """`2026-11-16 10:12 EST`: an aware time on the City's clock; "-" for none."""
    return "-" if at is None else f"{at.astimezone(zone):{'%Y-%m-%d %H:%M:%S %Z' if seconds else '%Y-%m-%d %H:%M %Z'}}"


def _zone(octets: bytes | Unread | None) -> ZoneInfo | None:
    if not isinstance(octets, bytes):
        return None
    try:
        data = read_yaml(decode(octets)).data
        return TypeAdapter(TimeZone).validate_python(data.get("time_zone")) if isinstance(data, Mapping) else None
    except (UnreadableError, ValidationError):
        return None
