"""What we ask of an Exchange server, by exchangelib's services: pages of changes, messages, automatic replies, notifications.

Only reads. One thread at a time for each object; with two, exchangelib's pool can lock itself (it shrinks under its own lock). Every
fault is a MailboxFault; after one, nothing more may be asked: exchangelib loses sessions of its pool on some faults.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from exchangelib import ExtendedProperty, Mailbox, Message
from exchangelib.fields import FieldPath
from exchangelib.items import ID_ONLY, CalendarItem, Contact, DistributionList, Task
from exchangelib.properties import DistinguishedFolderId
from exchangelib.services import GetItem, GetStreamingEvents, GetUserOofSettings, SubscribeToStreaming, SyncFolderItems, Unsubscribe

from gateway.mailboxes.ews_account import close_account, open_account
from gateway.mailboxes.ews_faults import ITEM_ONLY, POISON, judged
from gateway.mailboxes.ews_lines import Lines
from gateway.mailboxes.mailbox import AutomaticReply, Folder, MailboxFault
from gateway.settings.mailboxes import EwsMailbox

PAGE = 512
"""Changes that Exchange gives at most in one answer to SyncFolderItems."""

STREAM_MINUTES = 1
"""How long one streaming answer lasts: a server that has gone silently is noticed so soon."""

RENEW_BEFORE = 300.0
"""Seconds before an access token expires at which we sign in again."""

TRIES = 3
"""So many times in a row one message may make the server fail before it is passed over: it must not stop the mailbox for ever."""

_IDS: dict[Folder, str] = {"inbox": "inbox", "sent": "sentitems"}
_EVENTS = ("NewMailEvent", "CreatedEvent", "MovedEvent", "CopiedEvent")
_NO_MAIL = (CalendarItem, Contact, DistributionList, Task)


class TransportHeaders(ExtendedProperty):
    """PidTagTransportMessageHeaders [MS-OXPROPS]: the header as it arrived."""

    property_tag = 0x007D
    property_type = "String"


Message.register("transport_headers", TransportHeaders)


@dataclass(frozen=True, slots=True)
class Listed:
    """An item that has come into a folder."""

    item: str
    changekey: str
    received_at: datetime | None
    """Aware. None: the server does not say."""
    size: int
    """As Exchange counts, attachments and all."""
    is_mail: bool


@dataclass(frozen=True, slots=True)
class Page:
    """One answer to SyncFolderItems."""

    listed: tuple[Listed, ...]
    state: str
    more: bool


class Exchange:
    """Connects at the first question."""

    def __init__(self, settings: EwsMailbox, lines: Lines, failed: Counter[str]) -> None:
        """Reads the secret. `failed` counts by item the times that the server failed over it. Raises MailboxFault."""
        with judged():
            self._account = open_account(settings, lines)
        self._address = settings.address
        self._failed = failed

    def is_fresh(self) -> bool:
        """False once the access token is about to expire; exchangelib has no way to renew it for an application."""
        token = getattr(self._account.protocol.credentials, "access_token", None)
        return not token or float(token.get("expires_at", "inf")) - RENEW_BEFORE > time.time()

    def page(self, folder: Folder, state: str, most: int) -> Page:
        """What came into `folder` since `state` ("": all that is there), `most` changes at most, PAGE of them or fewer."""
        with judged():
            service = SyncFolderItems(account=self._account)
            changes = list(
                service.call(
                    folder=self._folder(folder),
                    shape=ID_ONLY,
                    additional_fields=_fields("datetime_received", "datetime_created", "size"),
                    sync_state=state or None,
                    ignore=None,
                    max_changes_returned=most,
                    sync_scope="NormalItems",
                )
            )
            # The same state again without the end: nothing more is to be had (exchangelib has seen such servers).
            if not service.sync_state:
                raise ValueError("no sync state")
            more = not service.includes_last_item_in_range and service.sync_state != state
            return Page(tuple(_listed(item) for change, item in changes if change == service.CREATE), service.sync_state, more)

    def mime(self, listed: Sequence[Listed]) -> list[bytes | None]:
        """The messages in the given order; None for one that the server will not give."""
        with judged():
            return [getattr(item, "mime_content", None) for item in self._items(listed, "mime_content")]

    def header(self, listed: Listed) -> bytes | None:
        """The header alone, without the empty line, as it arrived; None where there is none (sent items)."""
        with judged():
            text = getattr(self._items([listed], "transport_headers")[0], "transport_headers", None)
            lines = str(text or "").strip().replace("\r\n", "\n").replace("\n", "\r\n")  # XML keeps no CR
            return f"{lines}\r\n".encode("utf-8", "surrogateescape") if lines else None

    def _items(self, listed: Sequence[Listed], field: str) -> list[Any]:
        """An exception stands for an item that is not given."""
        asked = [(each.item, each.changekey) for each in listed]
        service = GetItem(account=self._account, chunk_size=max(1, len(asked)))
        try:
            items = list(service.call(items=asked, additional_fields=_fields(field), shape=ID_ONLY))
        except (*ITEM_ONLY, *POISON) as error:
            # exchangelib gives up the whole answer for some of these: which one is it?
            return [error] if self._is_given_up(listed, error) else [self._items([each], field)[0] for each in listed]
        if len(items) != len(asked):
            raise ValueError("other items than asked for")
        return items

    def _is_given_up(self, listed: Sequence[Listed], error: Exception) -> bool:
        if len(listed) > 1:
            return False
        if isinstance(error, ITEM_ONLY):
            return True
        self._failed[listed[0].item] += 1
        if self._failed[listed[0].item] < TRIES:
            raise error
        return True

    def automatic_reply(self, now: Callable[[], datetime]) -> AutomaticReply:
        """What is configured. `now` (aware) is asked once the answer is there: a schedule may be over."""
        with judged():
            kept = GetUserOofSettings(account=self._account).get(mailbox=Mailbox(email_address=self._address))
            starts_at, ends_at = (_utc(kept.start), _utc(kept.end)) if kept.state == kept.SCHEDULED else (None, None)
            return AutomaticReply(
                enabled=kept.state == kept.ENABLED or (kept.state == kept.SCHEDULED and (ends_at is None or ends_at > now())),
                external="" if kept.external_audience == "None" else kept.external_reply or "",
                internal=kept.internal_reply or "",
                starts_at=starts_at,
                ends_at=ends_at,
            )

    def subscribe(self, folders: Sequence[Folder]) -> str:
        """For notifications of what comes into `folders`. The server forgets it some time after the last stream."""
        with judged():
            service = SubscribeToStreaming(account=self._account)
            return str(service.get(folders=[self._folder(each) for each in folders], event_types=_EVENTS))

    def stream(self, subscription: str) -> Iterator[None]:
        """One element for each notification, until the server ends the answer: STREAM_MINUTES, if all is well."""
        with judged():
            for _ in GetStreamingEvents(account=self._account).call(subscription_ids=[subscription], connection_timeout=STREAM_MINUTES):
                yield None

    def unsubscribe(self, subscription: str) -> None:
        with judged():
            Unsubscribe(account=self._account).get(subscription_id=subscription)

    def close(self) -> None:
        """Never raises."""
        with suppress(MailboxFault), judged():
            close_account(self._account)

    def _folder(self, folder: Folder) -> DistinguishedFolderId:
        # By its well-known name: no question for the root, which a delegate of one folder may not see.
        return DistinguishedFolderId(id=_IDS[folder], mailbox=Mailbox(email_address=self._address))


def _fields(*names: str) -> set[FieldPath]:
    return {FieldPath(field=Message.get_field_by_fieldname(name)) for name in names}


def _listed(item: Any) -> Listed:
    received = _utc(item.datetime_received or item.datetime_created)
    return Listed(item.id, item.changekey, received, item.size or 0, not isinstance(item, _NO_MAIL))


def _utc(time: datetime | None) -> datetime | None:
    """exchangelib's datetime as a plain one."""
    return None if time is None else datetime.fromtimestamp(time.timestamp(), UTC)
