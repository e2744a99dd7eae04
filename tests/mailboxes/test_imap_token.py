"""OAuth tokens for IMAP: from a file, and from an authority like Entra ID by client credentials, with msal as it is."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from pydantic import ValidationError

from gateway.mailboxes.imap import open_mailbox
from gateway.mailboxes.imap_token import access_token
from gateway.mailboxes.mailbox import MailboxFault
from gateway.settings.mailboxes import ImapMailbox
from tests.harness.certificates import LOOPBACK, make_certificate
from tests.mailboxes.imap_script import ScriptedServer, expand

SECRET, TENANT = "canary-secret", "0f0e0d0c-0000-4000-8000-000000000001"


class Authority(ThreadingHTTPServer):
    """Says where its token endpoint is, and gives a token to whoever has the secret."""

    answer: tuple[int, object] = (200, {"access_token": "canary-token", "token_type": "Bearer", "expires_in": 3600})
    asked: list[dict[str, list[str]]]

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Authority

    def do_GET(self) -> None:
        place = f"{self.server.url}/{TENANT}"
        self._say(200, {"issuer": place, "authorization_endpoint": f"{place}/authorize", "token_endpoint": f"{place}/token"})

    def do_POST(self) -> None:
        self.server.asked.append(parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        self._say(*self.server.answer)

    def _say(self, status: int, what: object) -> None:
        octets = json.dumps(what).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(octets)))
        self.end_headers()
        self.wfile.write(octets)

    def log_message(self, *_: object) -> None:
        """Not on the test's standard error."""


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Authority]:
    made = make_certificate(tmp_path, "authority", LOOPBACK)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(made.certificate))
    with Authority(("127.0.0.1", 0), _Handler) as server:
        server.asked = []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(made.certificate, made.key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()


def settings(authority: Authority, folder: Path, **more: object) -> ImapMailbox:
    (folder / "secret").write_text(SECRET)
    given = {"name": "hr", "address": "hr@toronto.example", "source": "imap", "host": "127.0.0.1", "tls": "none", "authority_url": authority.url}
    return ImapMailbox.model_validate(given | {"tenant": TENANT, "client_id": "an-app", "client_secret_file": folder / "secret"} | more)


def test_a_mailbox_opened_as_an_application(authority: Authority, tmp_path: Path):
    """The token of the application, `user=` the mailbox, fetched for each login."""
    login = "dXNlcj1ockB0b3JvbnRvLmV4YW1wbGUBYXV0aD1CZWFyZXIgY2FuYXJ5LXRva2VuAQE="  # user=hr@toronto.example^Aauth=Bearer canary-token^A^A
    connection = ["@greeting", "C: AUTHENTICATE XOAUTH2", "S: +", f"C: {login}", "T: OK [CAPABILITY IMAP4rev1] welcome"]
    connection += ["@examine INBOX UIDVALIDITY=7 UIDNEXT=42 EXISTS=12"]
    with ScriptedServer([list(expand([*connection, "<closed>"])), list(expand([*connection, "<gone>"]))]).run() as server:

        async def run() -> None:
            mailbox = open_mailbox(settings(authority, tmp_path, port=server.port))
            for _ in range(2):
                assert (await mailbox.changes("inbox", None, 10)).cursor == "7:41"
            await mailbox.close()

        asyncio.run(run())
    asked, again = authority.asked
    assert asked == again
    assert asked["grant_type"] == ["client_credentials"]
    assert asked["scope"] == ["https://outlook.office365.com/.default"]
    assert asked["client_secret"] == [SECRET]


def test_refused(authority: Authority, tmp_path: Path):
    """By its codes; the description may quote what was sent."""
    description = f"AADSTS7000222: {SECRET} of robin@toronto.example expired"
    authority.answer = (401, {"error": "invalid_client", "error_codes": [7000222], "error_description": description})
    with pytest.raises(MailboxFault, match=r"credentials.*AADSTS7000222") as caught:
        access_token(settings(authority, tmp_path))
    assert SECRET not in str(caught.value)
    assert "robin" not in str(caught.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_secret_file": None},
        {"client_id": ""},
        {"password_file": "password"},
        {"token_file": "token"},
        {"certificate_file": "pem"},
        {"tenant": "", "client_id": "", "client_secret_file": None},
    ],
)
def test_one_way_to_log_in(wrong: dict[str, object], authority: Authority, tmp_path: Path):
    with pytest.raises(ValidationError, match='mailbox "hr" needs password_file'):
        settings(authority, tmp_path, **wrong)
