"""Health, metrics and a first page. Reads only; killing it touches no mail.

`/healthz` the process lives · `/readyz` 200 while mail can be relayed, details say what is degraded · `/metrics` Prometheus text ·
`/` a page for people · `/graph/notifications` where a mailbox wants it.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from html import escape
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from gateway.web.notifications import Heard, notification_route

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, slots=True)
class Readiness:
    """Can mail be relayed, and what beside that is not well. Details name parts of the gateway, never people."""

    relays: bool
    details: dict[str, str] = field(default_factory=dict)
    """Part -> "ok", or what is wrong with it."""


CONNECTIONS = 200
"""At a time. Who reaches the page could else take all descriptors with connections that never ask anything, and no mail could come."""

Status = Callable[[], Awaitable[Readiness]]
Figures = Callable[[], Awaitable[dict[str, int]]]
"""Label -> number, for people."""


def application(status: Status, figures: Figures, heard: Heard | None = None) -> web.Application:
    """The four paths, and a fifth for notifications where `heard` is given; anything else is 404."""

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"alive": True}, headers=_HEADERS)

    async def readyz(_: web.Request) -> web.Response:
        now = await status()
        body = {"ready": now.relays, "degraded": any(each != "ok" for each in now.details.values()), "details": now.details}
        return web.json_response(body, status=200 if now.relays else 503, headers=_HEADERS)

    async def metrics(_: web.Request) -> web.Response:
        await figures()
        return web.Response(body=generate_latest(), headers={**_HEADERS, "Content-Type": CONTENT_TYPE_LATEST})

    async def page(_: web.Request) -> web.Response:
        return web.Response(text=render(await status(), await figures()), content_type="text/html", headers=_HEADERS)

    app = web.Application(client_max_size=1024)
    app.add_routes([web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", metrics), web.get("/", page)])
    if heard is not None:
        app.add_routes([notification_route(heard)])
    return app


async def serve_web(
    bind: str, status: Status, figures: Figures, *, heard: Heard | None = None, listening: socket.socket | None = None, share: bool = False
) -> web.AppRunner:
    """Listen on HOST:PORT, or at a socket given; `share` lets other gateways have the port too. OSError when it is taken.

    The caller cleans the runner up.
    """
    host, _, port = bind.rpartition(":")
    logger = logging.getLogger("gateway.web")
    logger.addFilter(_is_no_clients_fault)
    runner = _Runner(application(status, figures, heard), access_log=None, handle_signals=False, logger=logger)
    await runner.setup()
    try:
        site = web.SockSite(runner, listening) if listening is not None else web.TCPSite(runner, host.strip("[]"), int(port), reuse_port=share)
        await site.start()
    except OSError:
        await runner.cleanup()
        raise
    return runner


class _Runner(web.AppRunner):
    """Closes a connection too many at once."""

    @property
    def server(self) -> Any:
        return super().server and self._admit

    def _admit(self) -> asyncio.Protocol:
        server = super().server
        return server() if server is not None and len(server.connections) < CONNECTIONS else _TurnedAway()


class _TurnedAway(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()


def _is_no_clients_fault(record: logging.LogRecord) -> bool:
    """Whoever reaches the port could fill the log with what is no HTTP."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


def render(status: Readiness, numbers: dict[str, int]) -> str:
    """The page: what works, what does not, and how much has been done, in headings and tables that read well aloud."""
    verdict = "Mail is being relayed." if status.relays else "Mail cannot be relayed now; senders keep it and try again."
    parts = "".join(f'<tr><th scope="row">{escape(name)}</th><td>{escape(said)}</td></tr>' for name, said in sorted(status.details.items()))
    rows = "".join(f'<tr><th scope="row">{escape(name)}</th><td>{count}</td></tr>' for name, count in numbers.items())
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Service Promise Gateway</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<style>body{{background:#fff;color:#1a1a1a;font:1rem/1.5 system-ui,sans-serif;max-width:45rem;margin:2rem auto;padding:0 1rem}}
table{{border-collapse:collapse;width:100%}}th,td{{text-align:left;padding:.3rem .6rem;border-bottom:1px solid}}
caption{{text-align:left;font-weight:bold}}a{{color:#0b5394}}
@media screen and (prefers-color-scheme:dark){{body{{background:#161616;color:#eee}}a{{color:#8ab4f8}}}}</style>
</head><body><main><h1>Service Promise Gateway</h1><p>{verdict}</p>
<table><caption>Parts</caption><tbody>{parts}</tbody></table>
<table><caption>Recorded</caption><tbody>{rows}</tbody></table>
<p>For machines: <a href="/readyz">/readyz</a>, <a href="/metrics">/metrics</a>. For one message: <code>gateway trace MESSAGE-ID</code>.</p>
</main></body></html>
"""
