"""A fake Exchange: an HTTPS server that speaks enough EWS for exchangelib itself, with every kind of trouble on demand.

Each answer is written at once (with TCP_NODELAY): a header and a body in two writes cost 40 ms on loopback. Streams lose what happens
between two of them, as Exchange's may.
"""

from __future__ import annotations

import base64
import json
import ssl
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs
from xml.etree import ElementTree as ET

import spnego

from gateway.mailboxes.ews import open_mailbox
from gateway.mailboxes.mailbox import Folder, Mailbox
from gateway.settings.mailboxes import EwsMailbox
from tests.harness.certificates import LOOPBACK, make_certificate
from tests.mailboxes import fake_ews_soap as soap
from tests.mailboxes.fake_ews_soap import M, T
from tests.mailboxes.fake_ews_store import FOLDERS, Store
from tests.mailboxes.servers import ADDRESS

PASSWORD = "canary-Passw0rd-ews"
SECRET = "canary-client-secret-ews"
ACCOUNT = "svc-gateway@toronto.example"
FOLDER_IDS: dict[Folder, str] = {"inbox": "inbox", "sent": "sentitems"}


@dataclass
class Trouble:
    """Instead of an answer, or done to it. kind: http (status), fault (code), refusal (code), page, cut, short, hang, drop."""

    kind: str
    operation: str = ""
    """"" is any."""
    mailbox: str = ""
    times: int = 10**9
    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    code: str = ""
    back_off_milliseconds: int = 0


class FakeExchange:
    """Has one service account, whose rights are `may`; tokens are given for SECRET."""

    def __init__(self, folder: Path) -> None:
        self.stores = {ADDRESS: Store(ADDRESS)}
        self.may = {"impersonation", "delegate"}
        self.schemes: tuple[str, ...] = ("Basic",)
        self.troubles: list[Trouble] = []
        self.asked: list[tuple[str, str]] = []
        """(operation, mailbox) of each request that was let in."""
        self.logins = 0
        self.token_seconds = 3600
        self.tokens: set[str] = set()
        self.stream_seconds = 30.0
        self.subscriptions: dict[str, Store] = {}
        self.released = threading.Event()
        """Set: whoever hangs may end."""
        self._numbers = count(1)
        self._folder = folder
        self._made = make_certificate(folder, "ews", LOOPBACK)
        for name, secret in (("password", PASSWORD), ("client-secret", SECRET)):
            (folder / name).write_text(f"{secret}\n")
        self._server = _Server(self, self._made.certificate, self._made.key)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self._server.server_address[1]}/EWS/Exchange.asmx"

    def deliver(self, message: bytes, folder: Folder = "inbox") -> None:
        self.stores[ADDRESS].add(FOLDER_IDS[folder], message)

    def settings(self, **different: object) -> dict[str, object]:
        return {
            "name": "hr", "address": ADDRESS, "source": "ews", "url": self.url, "ca": str(self._made.certificate), "user": ACCOUNT,
            "password_file": str(self._folder / "password"), "auth": "basic", "version": "SE", **different,
        }  # fmt: skip

    def app_settings(self, **different: object) -> dict[str, object]:
        """As an application with a token."""
        app = {"auth": "oauth", "tenant": "city", "client_id": "gateway", "client_secret_file": str(self._folder / "client-secret")}
        return self.settings(**app, authority_url=self.url.rpartition("/EWS")[0], **different)

    def count(self, operation: str, mailbox: str = ADDRESS) -> int:
        return self.asked.count((operation, mailbox))

    def forget_subscriptions(self) -> None:
        self.subscriptions.clear()
        for store in self.stores.values():
            with store.changed:
                store.changed.notify_all()

    def trouble_for(self, operation: str, mailbox: str) -> Trouble | None:
        for each in self.troubles:
            if each.times > 0 and each.operation in ("", operation) and each.mailbox in ("", mailbox):
                each.times -= 1
                return each
        return None

    def subscribe(self, store: Store) -> str:
        name = f"sub-{next(self._numbers)}"
        self.subscriptions[name] = store
        return name

    def token(self) -> str:
        name = f"canary-token-{next(self._numbers)}"
        self.tokens.add(name)
        return name


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, exchange: FakeExchange, certificate: Path, key: Path) -> None:
        self.exchange = exchange
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(certificate, key)
        super().__init__(("127.0.0.1", 0), _Handler)

    def finish_request(self, request: Any, client_address: Any) -> None:
        with suppress(OSError):  # the handshake in the connection's thread; who refuses our certificate is gone
            super().finish_request(self._tls.wrap_socket(request, server_side=True), client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        return


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server
    who = ""
    ntlm: Any = None

    def log_message(self, *_: object) -> None:
        return

    def do_POST(self) -> None:
        exchange = self.server.exchange
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.endswith("/token"):
            self._token(parse_qs(body.decode()))
        elif self._let_in():
            root = ET.fromstring(body)
            request = root.find("{http://schemas.xmlsoap.org/soap/envelope/}Body")[0]  # type: ignore[index]
            operation = request.tag.removeprefix(M).removesuffix("Request")
            mailbox = self.headers["X-AnchorMailbox"]
            exchange.asked.append((operation, mailbox))
            trouble = exchange.trouble_for(operation, mailbox)
            if not trouble or not self._made_trouble(trouble, operation):
                self._answer_to(operation, mailbox, root, request, trouble)

    def _answer_to(self, operation: str, mailbox: str, root: Any, request: Any, trouble: Trouble | None) -> None:
        exchange = self.server.exchange
        impersonated = root.findtext(f".//{T}ExchangeImpersonation/{T}ConnectingSID/{T}PrimarySmtpAddress")
        if ("impersonation" if impersonated else "delegate") not in exchange.may:
            self._send(*(500, soap.fault("ErrorImpersonateUserDenied")) if impersonated else (200, soap.refusal(operation, "ErrorAccessDenied")))
        elif mailbox not in exchange.stores:
            self._send(500, soap.fault("ErrorNonExistentMailbox", f"no mailbox {mailbox}"))
        elif operation == "GetStreamingEvents":
            self._stream(request.findtext(f".//{T}SubscriptionId"))
        else:
            self._send(200, _ANSWERS[operation](exchange, exchange.stores[mailbox], request), trouble=trouble)

    def _made_trouble(self, trouble: Trouble, operation: str) -> bool:
        match trouble.kind:
            case "http":
                self._send(trouble.status, b"<html>no</html>", headers=trouble.headers)
            case "fault":
                self._send(500, soap.fault(trouble.code, back_off_milliseconds=trouble.back_off_milliseconds))
            case "refusal":
                self._send(200, soap.refusal(operation, trouble.code))
            case "page":
                self._send(200, b"<html><body>Sign in to Outlook</body></html>")
            case "hang":
                self.server.exchange.released.wait(120)
                self.close_connection = True
            case "drop":
                self.close_connection = True
            case _:
                return False
        return True

    def _send(self, status: int, body: bytes, trouble: Trouble | None = None, headers: Mapping[str, str] = {}) -> None:
        if trouble and trouble.kind == "cut":
            body = body[: body.index(b"</m:") + 2 if b"SyncFolderItems" not in body else body.rindex(b"<t:Create>")]
        lines = [f"HTTP/1.1 {status} {self.responses[status][0]}", "Content-Type: text/xml; charset=utf-8"]
        headers = {"Date": formatdate(usegmt=True), **headers}
        lines += [f"Content-Length: {len(body)}", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        if trouble and trouble.kind == "short":
            body, self.close_connection = body[: len(body) // 2], True
        self.wfile.write("\r\n".join(lines).encode() + body)

    def _let_in(self) -> bool:
        exchange = self.server.exchange
        scheme, _, value = self.headers.get("Authorization", "").partition(" ")
        if self.who:  # NTLM lets a connection in, not a request
            return True
        if scheme == "Basic" and "Basic" in exchange.schemes and base64.b64decode(value).decode() == f"{ACCOUNT}:{PASSWORD}":
            exchange.logins += 1
            return True
        if scheme == "Bearer" and "Bearer" in exchange.schemes and value in exchange.tokens:
            return True
        challenge = self._ntlm_step(value) if scheme == "NTLM" and "NTLM" in exchange.schemes else ""
        if not self.who:
            self._send(401, b"", headers={"WWW-Authenticate": f"NTLM {challenge}" if challenge else ", ".join(exchange.schemes)})
        return bool(self.who)

    def _ntlm_step(self, value: str) -> str:
        """The next challenge; the account is `who` once its proof is right."""
        self.ntlm = self.ntlm or spnego.server(protocol="ntlm")
        try:
            out = self.ntlm.step(base64.b64decode(value))
        except spnego.exceptions.SpnegoError:
            self.ntlm = None
            return ""
        if self.ntlm.complete:
            self.who = self.ntlm.client_principal
            self.server.exchange.logins += 1
        return base64.b64encode(out or b"").decode()

    def _token(self, form: dict[str, list[str]]) -> None:
        exchange = self.server.exchange
        if trouble := exchange.trouble_for("token", ""):
            self._made_trouble(trouble, "token")
        elif form.get("client_secret") != [SECRET] or form.get("grant_type") != ["client_credentials"] or not form["scope"][0].endswith("/.default"):
            self._send(401, json.dumps({"error": "invalid_client", "error_description": "AADSTS7000215"}).encode())
        else:
            given = {"token_type": "Bearer", "expires_in": exchange.token_seconds, "access_token": exchange.token()}
            self._send(200, json.dumps(given).encode())

    def _stream(self, subscription: str) -> None:
        exchange = self.server.exchange
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n" + _chunk(soap.stream_status("OK")))
        store = exchange.subscriptions.get(subscription)
        until = time.monotonic() + exchange.stream_seconds
        told = _events(store) if store else []
        while store and subscription in exchange.subscriptions and time.monotonic() < until and not exchange.released.is_set():
            for item in _events(store)[len(told) :]:
                self.wfile.write(_chunk(soap.stream_notification(subscription, item)))
            told = _events(store)
            with store.changed:
                store.changed.wait_for(lambda store=store, told=told: len(_events(store)) > len(told), min(0.5, until - time.monotonic()))  # type: ignore[misc]
        end = soap.stream_status("Closed")
        if subscription not in exchange.subscriptions:
            end = soap.stream_ended(subscription, "ErrorSubscriptionNotFound")
        self.wfile.write(_chunk(end) + b"0\r\n\r\n")


def _events(store: Store) -> list[str]:
    return [item for folder in FOLDERS for _, item in store.log[folder]]


def _chunk(octets: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(octets), octets)


def _subscribe(exchange: FakeExchange, store: Store, _: Any) -> bytes:
    return soap.response("Subscribe", soap.message("Subscribe", f"<m:SubscriptionId>{exchange.subscribe(store)}</m:SubscriptionId>"))


def _unsubscribe(exchange: FakeExchange, _: Store, request: Any) -> bytes:
    known = exchange.subscriptions.pop(request.findtext(f"{M}SubscriptionId"), None)
    return soap.response("Unsubscribe", soap.message("Unsubscribe", "")) if known else soap.refusal("Unsubscribe", "ErrorSubscriptionNotFound")


_ANSWERS: dict[str, Callable[[FakeExchange, Store, Any], bytes]] = {
    "SyncFolderItems": lambda _, store, request: soap.sync_folder_items(store, request),
    "GetItem": lambda _, store, request: soap.get_item(store, request),
    "GetUserOofSettings": lambda _, store, request: soap.get_user_oof_settings(store, request),
    "Subscribe": _subscribe,
    "Unsubscribe": _unsubscribe,
}


def open_to(exchange: FakeExchange, **different: object) -> Mailbox:
    """Our side of it."""
    return open_mailbox(EwsMailbox(**exchange.settings(**different)))


@asynccontextmanager
async def opened(exchange: FakeExchange, **different: object) -> AsyncIterator[Mailbox]:
    """The same, closed at the end."""
    mailbox = open_to(exchange, **different)
    try:
        yield mailbox
    finally:
        await mailbox.close()


@contextmanager
def ews_server(folder: Path) -> Iterator[FakeExchange]:
    with FakeExchange(folder) as exchange:
        yield exchange
