"""A fake Microsoft 365: sign-in server and Graph in one HTTPS server on loopback, strict about what Graph is strict about.

A fifth request at once is refused, a token may expire or be revoked, state tokens may be forgotten, a delta query lists without order, tells
of each message by a bare id when that has changed, and need not obey changeType or the page size. Every kind of trouble on demand.
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import ssl
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
from aiohttp import ClientSession, web
from cryptography import x509

from gateway.mailboxes.mailbox import Folder
from gateway.settings.mailboxes import GraphMailbox
from tests.harness.certificates import LOOPBACK, make_certificate
from tests.harness.ports import free_port
from tests.mailboxes.fake_graph_store import SECOND, Kept, Query, Store
from tests.mailboxes.servers import ADDRESS

SECRET = "canary-client-secret-graph~8Q"
TENANT, CLIENT = "toronto.example", "11111111-2222-3333-4444-555555555555"
NAMES: dict[Folder, str] = {"inbox": "inbox", "sent": "sentitems"}
FILTER = re.compile(r"receivedDateTime ge (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)")
AT_ONCE = 4
PATIENCE = 10.0


@dataclass
class Trouble:
    """Instead of an answer to a request whose path fits: a status with a code, or kind: cut (half a body), drop (no answer), text (no JSON)."""

    path: str
    kind: str = "status"
    status: int = 500
    code: str = "InternalServerError"
    headers: dict[str, str] = field(default_factory=dict)
    times: int = 10**9


class FakeGraph:
    """One tenant with one mailbox, ADDRESS."""

    def __init__(self, folder: Path) -> None:
        self.store = Store()
        self.troubles: list[Trouble] = []
        self.secret = SECRET
        self.tokens: dict[str, float] = {}
        self.token_life = 3600.0
        self.tokens_given = 0
        self.certificate: Path | None = None
        """Of the application, once uploaded."""
        self.reply: dict[str, Any] = {"status": "disabled", "externalAudience": "all", "internalReplyMessage": "", "externalReplyMessage": ""}
        self.obeys_change_type = True
        self.obeys_page_size = True
        self.most_told = 10**9
        """Messages a filtered delta query tells of at most, after its list."""
        self.link_root = ""
        """Where links lead; "" is here."""
        self.subscriptions: dict[str, dict[str, Any]] = {}
        self.subscription_life = timedelta(minutes=4230)
        self.proxied: tuple[str, str] = ("", "")
        """What a reverse proxy makes of notification URLs: prefix, replacement."""
        self.most_at_once = 0
        self.asked: list[str] = []
        self.delay = 0.0
        self.sign_in_delay = 0.0
        self._at_once = 0
        self._port = free_port()
        self._made = make_certificate(folder, "graph", LOOPBACK)
        self._folder = folder
        self.secret_file = folder / "client.secret"
        self.secret_file.write_text(SECRET + "\n")
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: self._loop.run_until_complete(self._serve()), daemon=True)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self._port}"

    def settings(self) -> dict[str, object]:
        return {
            "name": "hr", "address": ADDRESS, "source": "graph", "tenant": TENANT, "client_id": CLIENT, "client_secret_file": str(self.secret_file),
            "graph_url": f"{self.url}/v1.0", "authority_url": self.url, "ca": str(self._made.certificate), "poll_every": "1s",
        }  # fmt: skip

    def mailbox(self, **other: object) -> GraphMailbox:
        return GraphMailbox.model_validate({**self.settings(), **other})

    def deliver(self, message: bytes, folder: Folder = "inbox") -> None:
        self.put(message, folder)

    def put(self, message: bytes, folder: Folder = "inbox", received_at: datetime | None = None, *, is_draft: bool = False) -> Kept:
        kept = self.store.add(message, NAMES[folder], received_at, is_draft=is_draft)
        for each in list(self.subscriptions.values()):
            if each["resource"].endswith(f"mailFolders('{kept.folder}')/messages"):
                self.notify(each, changeType="created", resourceData={"id": kept.immutable})
        return kept

    def notify(self, subscription: dict[str, Any], **what: object) -> None:
        """As Graph delivers it; nobody waits for the answer."""
        told = {"subscriptionId": subscription["id"], "clientState": subscription["clientState"], **what}
        asyncio.run_coroutine_threadsafe(self._post(subscription["notificationUrl"], json={"value": [told]}), self._loop)

    def trouble(self, path: str, **what: Any) -> Trouble:
        self.troubles.append(Trouble(path, **what))
        return self.troubles[-1]

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(PATIENCE)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(PATIENCE)
        self._loop.close()

    async def _serve(self) -> None:
        app = web.Application(middlewares=[self._middleware])
        user, folder = f"/v1.0/users/{ADDRESS}", f"/v1.0/users/{ADDRESS}/mailFolders/{{folder}}"
        app.add_routes(
            [
                web.get("/{tenant}/v2.0/.well-known/openid-configuration", self._openid),
                web.post("/{tenant}/oauth2/v2.0/token", self._token),
                web.get(folder, self._folder_itself),
                web.get(f"{folder}/messages", self._list),
                web.get(f"{folder}/messages/delta", self._delta),
                web.get(f"{user}/messages/{{id}}", self._message),
                web.get(f"{user}/messages/{{id}}/$value", self._value),
                web.get(f"{user}/mailboxSettings/automaticRepliesSetting", self._reply),
                web.get("/v1.0/subscriptions", self._subscriptions),
                web.post("/v1.0/subscriptions", self._subscribe),
                web.patch("/v1.0/subscriptions/{id}", self._renew),
                web.delete("/v1.0/subscriptions/{id}", self._unsubscribe),
            ]
        )
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self._made.certificate, self._made.key)
        await web.TCPSite(runner, "127.0.0.1", self._port, ssl_context=context).start()
        self._ready.set()
        await self._stop.wait()
        await runner.cleanup()

    @property
    def _middleware(self) -> Any:
        @web.middleware
        async def guard(request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> web.StreamResponse:
            self.asked.append(f"{request.method} {request.rel_url}")
            trouble = next((each for each in self.troubles if each.times > 0 and re.search(each.path, str(request.rel_url))), None)
            if trouble is not None:
                trouble.times -= 1
                return await _made_of(trouble, request)
            if not request.path.startswith("/v1.0/"):
                return await handler(request)
            return await self._guarded(request, handler)

        return guard

    async def _guarded(self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> web.StreamResponse:
        """The token, and how many ask at once."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self.tokens.get(token, 0.0) < time.monotonic():
            return _error(401, "InvalidAuthenticationToken")
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            if self._at_once > AT_ONCE:
                return _error(429, "ApplicationThrottled", {"Retry-After": "1"})
            await asyncio.sleep(self.delay)
            return await handler(request)
        except web.HTTPNotFound:
            return _error(404, "ErrorInvalidUser")
        finally:
            self._at_once -= 1

    async def _openid(self, request: web.Request) -> web.Response:
        if (tenant := request.match_info["tenant"]) != TENANT:
            return web.json_response({"error": "invalid_tenant", "error_codes": [90002]}, status=400)
        root = f"{self.url}/{tenant}"
        return web.json_response(
            {"issuer": f"{root}/v2.0", "token_endpoint": f"{root}/oauth2/v2.0/token", "authorization_endpoint": f"{root}/oauth2/v2.0/authorize"}
        )

    async def _token(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        await asyncio.sleep(self.sign_in_delay)
        wrong = self._wrong(form)
        if wrong:
            said = f"AADSTS{wrong}: no good: {form.get('client_secret')}. Trace ID: 0"  # Entra ID is more discreet
            return web.json_response({"error": "invalid_client", "error_description": said, "error_codes": [wrong]}, status=401)
        token = f"canary-token-{secrets.token_urlsafe(16)}"
        self.tokens[token] = time.monotonic() + self.token_life
        self.tokens_given += 1
        return web.json_response({"token_type": "Bearer", "expires_in": int(self.token_life), "access_token": token})

    def _wrong(self, form: dict[str, str]) -> int:
        """The number of an AADSTS error, 0 if all is well."""
        if form.get("grant_type") != "client_credentials" or form.get("scope") != f"{self.url}/.default":
            return 70011
        if form.get("client_id") != CLIENT:
            return 700016
        if "client_assertion" in form:
            return 0 if self._proves(form["client_assertion"]) else 700027
        return 0 if form.get("client_secret") == self.secret else 7000215

    def _proves(self, assertion: str) -> bool:
        if self.certificate is None:
            return False
        key: Any = x509.load_pem_x509_certificate(self.certificate.read_bytes()).public_key()
        try:
            jwt.decode(assertion, key, ["RS256", "PS256"], audience=f"{self.url}/{TENANT}/oauth2/v2.0/token", issuer=CLIENT)
        except jwt.PyJWTError:
            return False
        return True

    async def _folder_itself(self, request: web.Request) -> web.Response:
        name = request.match_info["folder"]
        return web.json_response({"id": f"id of {name}"}) if name in NAMES.values() else _error(404, "ErrorItemNotFound")

    async def _list(self, request: web.Request) -> web.Response:
        """In order of time; pages by $skip, as Graph's."""
        query = request.query
        wanted = FILTER.fullmatch(query.get("$filter", ""))
        if not wanted or query.get("$orderby") != "receivedDateTime asc" or set(query) - {"$select", "$filter", "$orderby", "$top", "$skip"}:
            return _error(400, "ErrorInvalidUrlQuery")
        top, skip = int(query["$top"]), int(query.get("$skip", "0"))
        assert top < 1000
        with self.store.lock:
            found = self.store.in_folder(request.match_info["folder"], _time(wanted[1]))
        answer: dict[str, Any] = {"value": [each.shown(immutable=_immutable(request)) for each in found[skip : skip + top]]}
        if len(found) > skip + top:
            answer["@odata.nextLink"] = f"{self.link_root or self.url}{request.rel_url.update_query({'$skip': str(skip + top)})}"
        return web.json_response(answer)

    async def _delta(self, request: web.Request) -> web.Response:
        folder, query = request.match_info["folder"], request.query
        with self.store.lock:
            token = query.get("$deltatoken") or query.get("$skiptoken")
            if token is None:
                wanted = FILTER.fullmatch(query.get("$filter", ""))
                if not wanted or set(query) - {"$select", "$filter", "changeType"}:
                    return _error(400, "ErrorInvalidUrlQuery")
                since = _time(wanted[1])
                listed = tuple(each.number for each in reversed(self.store.in_folder(folder, since)))
                state = Query(folder, since, query.get("changeType", ""), len(self.store.log), listed)
            elif token not in self.store.tokens:
                return _error(410, "SyncStateNotFound")
            else:
                state = self.store.tokens[token]
            return web.json_response(self._round(state, request))

    def _round(self, state: Query, request: web.Request) -> dict[str, Any]:
        """One page of it."""
        prefer = re.search(r"odata.maxpagesize=(\d+)", request.headers.get("Prefer", ""))
        size = int(prefer[1]) if prefer and self.obeys_page_size else 100
        immutable = _immutable(request)
        end = len(self.store.log)
        if state.listed is not None:
            now, later = state.listed[:size], state.listed[size:]
            value = [self.store.messages[each].shown(immutable=immutable) for each in now]
            behind = replace(state, listed=later or None)
            link = f"$skiptoken={self.store.keep(behind)}" if later else f"$deltatoken={self.store.keep(behind)}"
        else:
            value, at = [], state.after
            while at < end and len(value) < size:
                value += self._change(state, *self.store.log[at], immutable=immutable, told=state.told + len(value))
                at += 1
            behind = replace(state, after=at, told=state.told + len(value))
            link = f"$skiptoken={self.store.keep(behind)}" if at < end else f"$deltatoken={self.store.keep(behind)}"
        name = "@odata.nextLink" if link.startswith("$skip") else "@odata.deltaLink"
        return {"value": value, name: f"{self.link_root or self.url}{request.path}?{link}"}

    def _change(self, state: Query, folder: str, kind: str, number: int, *, immutable: bool, told: int) -> list[dict[str, Any]]:
        kept = self.store.messages[number]
        if folder != state.folder or (self.obeys_change_type and state.change_type not in ("", kind)) or told >= self.most_told:
            return []
        shown = kept.shown(immutable=immutable)
        if kind == "created":
            return [shown] if kept.received_at >= state.since and kept.folder == folder and not kept.gone else []
        return [{"id": shown["id"], "@removed": {"reason": "changed"}}] if kind == "deleted" else [{"id": shown["id"], "isRead": True}]

    async def _message(self, request: web.Request) -> web.Response:
        kept = self.store.find(request.match_info["id"])
        return web.json_response(kept.shown(immutable=True)) if kept else _error(404, "ErrorItemNotFound")

    async def _value(self, request: web.Request) -> web.StreamResponse:
        """Chunked, without a length, as Graph's."""
        kept = self.store.find(request.match_info["id"])
        if kept is None:
            return _error(404, "ErrorItemNotFound")
        assert _immutable(request)
        response = web.StreamResponse(headers={"Content-Type": "text/plain"})
        response.enable_chunked_encoding()
        await response.prepare(request)
        await response.write(kept.octets)
        await response.write_eof()
        return response

    async def _reply(self, request: web.Request) -> web.Response:
        return web.json_response({"@odata.context": "…", **self.reply})

    async def _subscriptions(self, request: web.Request) -> web.Response:
        return web.json_response({"value": [{**each, "clientState": None} for each in self.subscriptions.values()]})

    async def _subscribe(self, request: web.Request) -> web.Response:
        asked = await request.json()
        for url in {asked["notificationUrl"], asked["lifecycleNotificationUrl"]}:
            status, kind, text = await self._post(url, validationToken="Validation: Testing <client> & more")
            if (status, kind, text) != (200, "text/plain", "Validation: Testing &lt;client&gt; &amp; more"):
                return _error(400, "InvalidRequest")
        made = {**asked, "id": secrets.token_hex(8), "expirationDateTime": self._expiry(asked)}
        self.subscriptions[made["id"]] = made
        return web.json_response(made, status=201)

    async def _renew(self, request: web.Request) -> web.Response:
        known = self.subscriptions.get(request.match_info["id"])
        if known is None:
            return _error(404, "ResourceNotFound")
        known["expirationDateTime"] = self._expiry(await request.json())
        return web.json_response(known)

    async def _unsubscribe(self, request: web.Request) -> web.Response:
        return web.Response(status=204) if self.subscriptions.pop(request.match_info["id"], None) else _error(404, "ResourceNotFound")

    def _expiry(self, asked: dict[str, str]) -> str:
        """Not longer than allowed, whatever was asked for."""
        most = datetime.now(UTC) + self.subscription_life
        return min(_time(asked["expirationDateTime"]), most).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")

    async def _post(self, url: str, json: object = None, **query: str) -> tuple[int, str, str]:
        """To a notification URL, through the reverse proxy before it."""
        public, private = self.proxied
        async with ClientSession() as session, session.post(url.replace(public, private, 1), params=query, json=json) as response:
            return response.status, response.content_type, await response.text()


async def _made_of(trouble: Trouble, request: web.Request) -> web.StreamResponse:
    if trouble.kind == "drop":
        assert request.transport
        request.transport.abort()
        return web.Response()
    if trouble.kind == "text":
        return web.Response(text="<html>It works!</html>")
    if trouble.kind == "cut":
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b"half of it")
        assert request.transport
        request.transport.close()
        return response
    return _error(trouble.status, trouble.code, trouble.headers)


def _error(status: int, code: str, headers: dict[str, str] | None = None) -> web.Response:
    """Graph's words quote addresses."""
    body = {"error": {"code": code, "message": f"it is about {ADDRESS}, who wrote to resident@home.example"}}
    return web.Response(text=json.dumps(body), status=status, headers=headers, content_type="application/json")


def _immutable(request: web.Request) -> bool:
    return 'IdType="ImmutableId"' in request.headers.get("Prefer", "")


def _time(text: str) -> datetime:
    return datetime.strptime(text, SECOND).replace(tzinfo=UTC)


@contextmanager
def fake_graph(folder: Path) -> Iterator[FakeGraph]:
    server = FakeGraph(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()
