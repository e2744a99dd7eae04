"""Where Microsoft Graph delivers change notifications: proves the address as ours, and wakes a watcher. Brings no message, changes nothing.

Anybody can reach it where it is public: little is read, nothing of it is kept or logged, and only who knows a subscription's clientState is heard.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from html import escape

from aiohttp import web

PATH = "/graph/notifications"

LARGEST, MOST = 256 << 10, 1000
"""Octets of a request, and notifications in it."""

WITHIN = 5.0
"""Seconds for a request to come in; Graph itself gives up after three."""

LONGEST_TOKEN = 4096

_HEADERS = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'", "Cache-Control": "no-store"}

Heard = Callable[[str, str, bool], bool]
"""Mailbox, clientState, whether it is about the subscription itself (learn.microsoft.com/graph/change-notifications-lifecycle-events) -> whether it
is believed."""


def notification_route(heard: Heard) -> web.RouteDef:
    """POST only. 202 what is believed, 403 what is not, 400 what is no notification."""

    async def receive(request: web.Request) -> web.Response:
        token = request.query.get("validationToken")
        if token is not None:
            return _echo(token)
        try:
            async with asyncio.timeout(WITHIN):
                body = await request.clone(client_max_size=LARGEST).read()
            states = _client_states(body)
        except TimeoutError:
            return web.Response(status=408, headers=_HEADERS)
        except (ValueError, RecursionError):
            return web.Response(status=400, headers=_HEADERS)
        name = request.query.get("mailbox", "")
        believed = [heard(name, state, lifecycle) for state, lifecycle in states]
        return web.Response(status=202 if any(believed) else 403, headers=_HEADERS)

    return web.post(PATH, receive)


def _echo(token: str) -> web.Response:
    """The proof that Graph asks for before it makes a subscription. Plain text, escaped: a stranger may have written it."""
    if len(token) > LONGEST_TOKEN:
        return web.Response(status=400, headers=_HEADERS)
    return web.Response(text=escape(token), content_type="text/plain", headers=_HEADERS)


def _client_states(body: bytes) -> list[tuple[str, bool]]:
    """Of each notification, with whether it is a lifecycle notification. Raises ValueError."""
    found = json.loads(body)
    notifications = found.get("value") if isinstance(found, dict) else None
    if not isinstance(notifications, list) or len(notifications) > MOST or not all(isinstance(each, dict) for each in notifications):
        raise ValueError("no notifications")
    return [(str(each.get("clientState") or ""), "lifecycleEvent" in each) for each in notifications]
