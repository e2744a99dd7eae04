"""From settings to a connection that is logged in: TLS first, then the password or token.

A password is sent in the clear only where the admin wrote tls = "none". Nothing that a server says before TLS is believed.
"""

from __future__ import annotations

import ssl

from gateway.mailboxes.imap_client import Client
from gateway.mailboxes.imap_faults import judged
from gateway.mailboxes.imap_line import Line
from gateway.mailboxes.imap_token import access_token
from gateway.mailboxes.mailbox import MailboxFault
from gateway.mailboxes.secret_file import read_secret
from gateway.settings.mailboxes import ImapMailbox


def log_in(settings: ImapMailbox, line: Line) -> Client:
    """Blocks. Raises MailboxFault; the caller cuts the line then."""
    context = _context(settings)
    port = settings.port or (993 if settings.tls == "required" else 143)
    with judged("connection"):
        client = Client(line, settings.host, port, context if settings.tls == "required" else None)
    if settings.tls == "starttls":
        assert context
        _start_tls(client, context)
    if client.wire.state == "NONAUTH":
        _authenticate(client, settings)
    with judged("connection"):
        client.capabilities()  # kept from here on: those before the login may be others
    return client


def _context(settings: ImapMailbox) -> ssl.SSLContext | None:
    if settings.tls == "none":
        return None
    try:
        return ssl.create_default_context(cafile=settings.ca)
    except OSError as error:  # ssl.SSLError is of it
        why = "no certificates in PEM" if isinstance(error, ssl.SSLError) else (error.strerror or type(error).__name__).lower()
        raise MailboxFault("certificate", f"ca {settings.ca}: {why}") from None


def _start_tls(client: Client, context: ssl.SSLContext) -> None:
    with judged("connection"):
        if client.wire.state != "NONAUTH":  # PREAUTH, which forbids STARTTLS: somebody between may have said it (CVE-2020-12398 and its kin)
            raise MailboxFault("certificate", 'the server greets with PREAUTH, which leaves no room for STARTTLS; with tls = "required" it may')
        if not client.has_capability("STARTTLS"):
            raise MailboxFault("certificate", 'the server offers no STARTTLS; with tls = "required" it may have TLS on another port')
        client.starttls(context)


def _authenticate(client: Client, settings: ImapMailbox) -> None:
    user = settings.user or settings.address
    with judged("connection"):
        offered = set(client.capabilities())
    if settings.password_file is None:
        token = access_token(settings)
        with judged("login"):
            _by_sasl(client, "XOAUTH2", f"user={user}\1auth=Bearer {token}\1\1")
        return
    password = read_secret(settings.password_file, "password_file")
    with judged("login"):
        if b"AUTH=PLAIN" in offered:
            _by_sasl(client, "PLAIN", f"\0{user}\0{password}")
        elif b"LOGINDISABLED" in offered:
            raise MailboxFault("forbidden", f'the server takes no password on this connection (LOGINDISABLED, tls = "{settings.tls}")')
        elif not (user + password).isascii():
            raise MailboxFault("credentials", "the server has no AUTH=PLAIN, and LOGIN takes only ASCII")
        else:
            client.login(client.wire.quoted(user), password)


def _by_sasl(client: Client, mechanism: str, initial: str) -> None:
    """One answer. What the server says after that explains a refusal (XOAUTH2: JSON), and is answered with an empty line to hear the NO."""
    answers = iter([initial.encode()])
    client.sasl_login(mechanism, lambda _: next(answers, b""))
