"""A private Dovecot that serves IMAP, takes mail by LMTP, and knows one mailbox: password, OAuth token, TLS with a certificate of its own."""

from __future__ import annotations

import json
import os
import pwd
import re
import signal
import smtplib
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from email.utils import parseaddr
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from imapclient import IMAPClient

from gateway.mailboxes.mailbox import Folder
from tests.harness.certificates import LOOPBACK, make_certificate
from tests.harness.gateway import listening
from tests.harness.mails import parsed
from tests.harness.neighbours import DOVECOT_CONF, DovecotInstance
from tests.harness.ports import free_port
from tests.harness.waiting import wait_for
from tests.mailboxes.servers import ADDRESS

PASSWORD, TOKEN = "canary-Pässwort 1", "canary-token-1"


class ImapServer(DovecotInstance):
    """A `tests.mailboxes.servers.MailboxServer`."""

    def __init__(self, folder: Path, *, more: str = "", oauth: int = 0) -> None:
        """`more` lines of dovecot.conf; `oauth`: the port of a token introspection service."""
        super().__init__(folder)
        self.plain, self.encrypted = free_port(), free_port()
        self.certificate = make_certificate(folder, "imap", LOOPBACK)
        self.password_file = folder / "password"
        self.password_file.write_text(PASSWORD + "\n")
        self.token_file = folder / "token"
        self.token_file.write_text(TOKEN + "\n")
        (folder / "stale-token").write_text(TOKEN + "-stale\n")
        owner = pwd.getpwnam("mail")
        text = DOVECOT_CONF.format(folder=folder, port=self.lmtp, uid=owner.pw_uid, gid=owner.pw_gid)
        text = text.replace("protocols = lmtp", "protocols = imap lmtp").replace("ssl = no", "ssl = yes")
        (folder / "users").write_text(f"{ADDRESS}:{{PLAIN}}{PASSWORD}\n")
        text = text.replace("driver = static\n  args = nopassword=y", f"driver = passwd-file\n  args = username_format=%u {folder}/users")
        text += IMAP_CONF.format(plain=self.plain, encrypted=self.encrypted, certificate=self.certificate.certificate, key=self.certificate.key)
        if oauth:
            (folder / "oauth2.conf").write_text(OAUTH2_CONF.format(port=oauth))
            text += OAUTH_CONF.format(folder=folder)
        self.config.write_text(text + more)

    def start(self) -> None:
        super().start()
        wait_for(lambda: listening(self.plain) and listening(self.encrypted), f"Dovecot serves IMAP\n{self.output}")

    def stop(self) -> None:
        """With the processes of its sessions, which would outlive it by some seconds."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split() if self.process else []
        super().stop()
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)

    def deliver(self, message: bytes, folder: Folder = "inbox") -> None:
        """By LMTP, as an MTA does; into the sent folder by APPEND, as a mail program does."""
        if folder == "sent":
            self.append(message)
            return
        found = re.match(rb"Return-Path: <(.*)>\r\n", message)
        sender = found[1].decode() if found else parseaddr(parsed(message)["From"])[1]
        with smtplib.LMTP("127.0.0.1", self.lmtp) as lmtp:
            lmtp.sendmail(sender, ADDRESS, message[found.end() if found else 0 :])  # Dovecot writes a Return-Path of its own

    def append(self, message: bytes, folder: str = "Sent", at: datetime | None = None) -> None:
        with self.client() as client:
            client.append(folder, message, msg_time=at)

    def client(self) -> IMAPClient:
        """Logged in as the mailbox's owner."""
        client = IMAPClient("127.0.0.1", self.plain, ssl=False)
        client.plain_login(ADDRESS, PASSWORD)
        return client

    def settings(self) -> dict[str, object]:
        return {
            "name": "hr", "address": ADDRESS, "source": "imap", "host": "127.0.0.1", "port": self.encrypted,
            "ca": str(self.certificate.certificate), "password_file": str(self.password_file), "poll_every": "2s",
        }  # fmt: skip


@contextmanager
def imap_server(folder: Path) -> Iterator[ImapServer]:
    server = ImapServer(folder / "dovecot")
    server.start()
    try:
        yield server
    finally:
        server.stop()


class _Introspection(BaseHTTPRequestHandler):
    """RFC 7662 as Dovecot asks it: GET with the token in the query."""

    def do_GET(self) -> None:
        good = parse_qs(urlsplit(self.path).query).get("token") == [TOKEN]
        answer = json.dumps({"active": True, "username": ADDRESS} if good else {"active": False}).encode()
        self.send_response(200 if good else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Not on the test's standard error."""


@contextmanager
def token_introspection() -> Iterator[int]:
    """Knows TOKEN; its port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Introspection) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


IMAP_CONF = """
disable_plaintext_auth = no
auth_mechanisms = plain login
ssl_cert = <{certificate}
ssl_key = <{key}
mail_max_userip_connections = 50
auth_failure_delay = 0
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  inet_listener imap {{
    address = 127.0.0.1
    port = {plain}
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {encrypted}
  }}
}}
namespace inbox {{
  inbox = yes
  mailbox Sent {{
    auto = create
    special_use = \\Sent
  }}
  mailbox "Éléments archivés" {{
    auto = create
  }}
}}
"""

OAUTH_CONF = """
auth_mechanisms = plain login xoauth2
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {folder}/oauth2.conf
}}
"""

OAUTH2_CONF = """
introspection_mode = get
introspection_url = http://127.0.0.1:{port}/?token=
username_attribute = username
active_attribute = active
active_value = true
"""
