"""HTTP with Microsoft Graph for one mailbox: the token on each request, at most four at once, bounded answers, no address but the configured one.

A 401 is tried once more with a new token; everything else that fails is a MailboxFault at once: the watcher waits, not this. Redirects
are not followed. Decides nothing about messages.
"""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpx

from gateway.mailboxes.entra_token import Tokens
from gateway.mailboxes.graph_faults import judged, refusal
from gateway.mailboxes.mailbox import MailboxFault
from gateway.mailboxes.retry_after import http_date
from gateway.settings.mailboxes import GraphMailbox

AT_ONCE = 4
"""Requests of one application for one mailbox: Graph refuses a fifth (learn.microsoft.com/graph/throttling-limits)."""

CONNECT, SILENCE = 10.0, 60.0
"""Seconds for a connection and its TLS, and between two pieces of an answer."""

Body = Mapping[str, object] | None

FAREWELL = 2.0
"""Seconds for closing the connections."""

LARGEST = 8 << 20
"""Octets of an answer that is not a message."""

ERROR = 64 << 10
"""Octets of an error that are read."""

for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)  # they log addresses


class GraphClient:
    """Connects at the first question. All methods raise MailboxFault."""

    def __init__(self, settings: GraphMailbox) -> None:
        self._now: datetime | None = None
        self.root = settings.graph_url.rstrip("/")
        self._ca = settings.ca
        self._tokens = Tokens(settings)
        self._places = asyncio.Semaphore(AT_ONCE)
        self._http: httpx.AsyncClient | None = None

    def now(self) -> datetime:
        """The server's time (aware, to the second) by the Date of its last answer."""
        if self._now is None:
            raise MailboxFault("malformed", "the server's answer has no Date; is `graph_url` right?")
        return self._now

    def is_ours(self, url: str) -> bool:
        """Whether the token may go there: the configured scheme, host and port."""
        found, own = urlsplit(url), urlsplit(self.root)
        return (found.scheme, found.netloc.lower()) == (own.scheme, own.netloc.lower())

    async def get(self, url: str, *preferences: str) -> dict[str, Any]:
        """A JSON object. `url` is a path below the root, or a whole one that `is_ours`."""
        async with self._answer("GET", url, {"Prefer": ", ".join(preferences)} if preferences else {}) as response:
            body, whole = await _bounded(response, LARGEST)
        try:
            answer = json.loads(body) if whole else None
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            raise MailboxFault("malformed", "Graph's answer is cut short, too large, or no JSON object; is `graph_url` right?")
        return answer

    async def octets(self, path: str, most: int) -> tuple[bytes, int]:
        """The first `most` octets, and the size of the whole; of a larger one whose size the server does not say, `most` + 1."""
        async with self._answer("GET", path, {"Accept-Encoding": "identity", "Prefer": IMMUTABLE}) as response:
            body, whole = await _bounded(response, most)
            said = response.headers.get("Content-Length", "")
        if whole:
            return body, len(body)
        return body, max(int(said) if said.isascii() and said.isdigit() else 0, most + 1)

    async def send(self, method: str, path: str, body: Body = None) -> dict[str, Any]:
        """A request that changes something; of the mailbox nothing ever does: only our own subscriptions."""
        async with self._answer(method, path, {"Prefer": IMMUTABLE}, body) as response:
            answer, _ = await _bounded(response, LARGEST)
        try:
            found = json.loads(answer or b"{}")
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise MailboxFault("malformed", "Graph's answer is no JSON object")
        return found

    async def close(self) -> None:
        """Let go of the connections; the next question makes new ones."""
        http, self._http = self._http, None
        with suppress(OSError, TimeoutError, httpx.HTTPError):
            async with asyncio.timeout(FAREWELL):
                if http is not None:
                    await http.aclose()

    @asynccontextmanager
    async def _answer(self, method: str, url: str, headers: Mapping[str, str], body: Body = None) -> AsyncIterator[httpx.Response]:
        """A good one, not read yet."""
        url = url if "://" in url else f"{self.root}{url}"
        assert self.is_ours(url)
        async with self._places:
            with judged():
                response = await self._asked(method, url, headers, body)
                try:
                    self._now = http_date(response.headers.get("Date", "")) or self._now
                    if not response.is_success:
                        error, _ = await _bounded(response, ERROR)
                        raise refusal(response.status_code, response.headers, error)
                    yield response
                finally:
                    await response.aclose()

    async def _asked(self, method: str, url: str, headers: Mapping[str, str], body: Body) -> httpx.Response:
        token = await self._tokens.token()
        response = await self._once(method, url, headers, body, token)
        if response.status_code != 401:
            return response
        await response.aclose()
        self._tokens.refused(token)
        token = await self._tokens.token()
        response = await self._once(method, url, headers, body, token)
        if response.status_code == 401:
            self._tokens.refused(token)
        return response

    async def _once(self, method: str, url: str, headers: Mapping[str, str], body: Body, token: str) -> httpx.Response:
        if self._http is None:
            self._http = self._connecting()
        request = self._http.build_request(method, url, headers={**headers, "Authorization": f"Bearer {token}"}, json=body)
        return await self._http.send(request, stream=True)

    def _connecting(self) -> httpx.AsyncClient:
        limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE, keepalive_expiry=SILENCE)
        try:
            verify = ssl.create_default_context(cafile=self._ca) if self._ca else _usual_authorities()
            return httpx.AsyncClient(verify=verify, timeout=httpx.Timeout(SILENCE, connect=CONNECT), limits=limits)
        except OSError as error:  # ssl.SSLError among them
            raise MailboxFault("certificate", f"ca {self._ca}: {(error.strerror or 'no PEM').lower()}") from None


IMMUTABLE = 'IdType="ImmutableId"'
"""Identifiers that stay when a message is moved to another folder (learn.microsoft.com/graph/outlook-immutable-id)."""


@cache
def _usual_authorities() -> ssl.SSLContext:
    """Of the system, as httpx finds them. Made once: they take some ten milliseconds, in which no mail would be relayed."""
    return httpx.create_ssl_context()


async def _bounded(response: httpx.Response, most: int) -> tuple[bytes, bool]:
    """The first `most` octets, and whether that is all. What is left is not read."""
    pieces, size = [], 0
    async for piece in response.aiter_bytes(1 << 16):
        pieces.append(piece)
        size += len(piece)
        if size > most:
            break
    return b"".join(pieces)[:most], size <= most
