"""Access tokens of Microsoft Entra ID for an application (client credentials, RFC 6749 §4.4), by msal. Kept until shortly before they expire.

The secret or certificate is read from its file for each new token, so that a renewed one needs no restart. Neither it nor a token is in any
text, log or repr. msal is synchronous and slow to import: it runs in a thread of its own, which ends with the token it fetched.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gateway.mailboxes.mailbox import MailboxFault
from gateway.mailboxes.own_thread import OwnThread
from gateway.mailboxes.secret_file import read_secret
from gateway.settings.mailboxes import GraphMailbox, ImapMailbox

ANSWER = 20.0
"""Seconds for each answer of the sign-in server."""

RENEW_BEFORE = 300.0
"""Seconds before a token expires, at most half its life, at which we ask for the next one."""

_HINTS = {
    7000215: "the client secret is wrong: its value is wanted, not its ID",
    7000222: "the client secret has expired: make a new one, and write it into client_secret_file",
    700016: "the tenant does not know this client_id",
    700027: "the certificate is not (or no longer) one of the application's: upload it, or write the right one into certificate_file",
    90002: "there is no such tenant",
}
"""AADSTS numbers (learn.microsoft.com/entra/identity-platform/reference-error-codes)."""

for _name in ("msal", "msal.token_cache", "msal.oauth2cli"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)  # it logs answers that are not JSON, as they came


@dataclass(frozen=True, slots=True)
class _Token:
    text: str = field(repr=False)
    renew_at: float
    expires_at: float


class Tokens:
    """Of one mailbox. Times are the event loop's."""

    def __init__(self, settings: GraphMailbox) -> None:
        self._settings = settings
        self._scope = f"{urlsplit(settings.graph_url).scheme}://{urlsplit(settings.graph_url).netloc}/.default"
        self._token: _Token | None = None
        self._one_at_a_time = asyncio.Lock()

    async def token(self) -> str:
        """Raises MailboxFault."""
        async with self._one_at_a_time:
            now = asyncio.get_running_loop().time()
            if self._token is None or now >= self._token.renew_at:
                await self._renew(now)
            assert self._token
            return self._token.text

    def refused(self, text: str) -> None:
        """The server no longer takes it."""
        if self._token is not None and self._token.text == text:
            self._token = None

    async def _renew(self, now: float) -> None:
        thread = OwnThread(f"entra-{self._settings.name}")
        try:
            text, seconds = await thread.do(lambda: fetch(self._settings, self._scope))
        except MailboxFault:
            if self._token is not None and now < self._token.expires_at:
                return  # there is time to try again
            raise
        finally:
            thread.end()
        self._token = _Token(text, now + seconds - min(RENEW_BEFORE, seconds / 2), now + seconds)


def fetch(settings: GraphMailbox | ImapMailbox, scope: str) -> tuple[str, float]:
    """A token and the seconds it lasts. Blocks. Raises MailboxFault."""
    credential = _credential(settings)
    ca = settings.ca if isinstance(settings, GraphMailbox) else None  # of an IMAP mailbox, it is the IMAP server's
    import msal  # noqa: PLC0415 - slow
    import requests  # noqa: PLC0415 - msal's, slow

    try:
        with requests.Session() as session:
            # Said with each request: REQUESTS_CA_BUNDLE, where it is set, would beat the session's own.
            session.request = partial(session.request, timeout=ANSWER, verify=str(ca) if ca else None)  # type: ignore[method-assign]
            application = msal.ConfidentialClientApplication(
                settings.client_id,
                authority=f"{settings.authority_url.rstrip('/')}/{settings.tenant}",
                client_credential=credential,
                http_client=session,
                instance_discovery=(urlsplit(settings.authority_url).hostname or "").endswith(".microsoftonline.com"),
            )
            answer = application.acquire_token_for_client([scope])
    except Exception as error:  # noqa: BLE001 - msal documents none; unchained: its texts may quote what was sent
        raise _fault(error, requests) from None
    token, seconds = answer.get("access_token"), answer.get("expires_in")
    if not isinstance(token, str) or not token.isascii() or not token.isprintable():
        raise _refused(answer)
    return token, float(seconds) if isinstance(seconds, int | float) else RENEW_BEFORE


def _credential(settings: GraphMailbox | ImapMailbox) -> str | dict[str, str]:
    """As msal wants it."""
    if settings.client_secret_file:
        return read_secret(settings.client_secret_file, "client_secret_file")
    assert settings.certificate_file
    return _certificate(settings.certificate_file)


def _certificate(file: Path) -> dict[str, str]:
    try:
        text = file.read_text(encoding="ascii")
    except (OSError, UnicodeError) as error:
        # Not chained: the text of a UnicodeError quotes the file.
        why = (error.strerror or "cannot be read").lower() if isinstance(error, OSError) else "is no PEM"
        raise MailboxFault("credentials", f"certificate_file {file}: {why}") from None
    key, certificate = _block(text, r"(?:RSA )?PRIVATE KEY"), _block(text, "CERTIFICATE")
    if not key or not certificate:
        raise MailboxFault("credentials", f"certificate_file {file}: wants an RSA private key without a passphrase, and its certificate, in one PEM")
    return {"private_key": key, "public_certificate": certificate}


def _block(text: str, label: str) -> str:
    found = re.search(rf"-----BEGIN ({label})-----.*?-----END \1-----", text, re.DOTALL)
    return found[0] if found else ""


def _fault(error: Exception, requests: Any) -> MailboxFault:
    if isinstance(error, requests.exceptions.SSLError):
        return MailboxFault("certificate", "the sign-in server's TLS certificate is not to be trusted; name its authority in `ca`")
    if isinstance(error, requests.exceptions.RequestException):
        return MailboxFault("unreachable", "no connection to the sign-in server, or no answer in time")
    if isinstance(error, OSError):
        return MailboxFault("certificate", "the file named in `ca` cannot be read, or is no PEM")
    if isinstance(error, ValueError):
        return _nonsense(error)
    if type(error).__name__ in ("MsalServiceError", "HTTPError", "RuntimeError"):
        return MailboxFault("unreachable", "the sign-in server fails")
    return MailboxFault("credentials", f"no token can be asked for ({type(error).__name__}); is certificate_file an RSA key with its certificate?")


def _nonsense(error: ValueError) -> MailboxFault:
    """msal's word for an unknown tenant, for answers that are no JSON, and for keys that are none."""
    told = next((each for each in (error.__context__, error) if isinstance(each, ValueError)), error)
    if status := re.search(r"HTTP status: (4\d\d)", str(told)):
        if status[1] == "429":
            return MailboxFault("throttled", "the sign-in server asks for patience (HTTP 429)")
        return MailboxFault("credentials", f"the sign-in server knows no such tenant (HTTP {status[1]}); are `tenant` and `authority_url` right?")
    if isinstance(told, json.JSONDecodeError):
        return MailboxFault("malformed", "the sign-in server's answer makes no sense; is `authority_url` right?")
    return MailboxFault("credentials", "no token can be asked for; is certificate_file an RSA key with its certificate, and `tenant` right?")


def _refused(answer: dict[str, Any]) -> MailboxFault:
    """Only the codes: the description quotes what was sent."""
    error = answer.get("error")
    said = error if isinstance(error, str) and re.fullmatch(r"[a-z_]{1,40}", error) else "no token"
    numbers = [each for each in answer.get("error_codes") or () if isinstance(each, int)]
    said = " ".join([said, *(f"AADSTS{each}" for each in numbers)])
    if error == "temporarily_unavailable":
        return MailboxFault("throttled", f"the sign-in server asks for patience: {said}")
    hint = next((f"; {_HINTS[each]}" for each in numbers if each in _HINTS), "")
    return MailboxFault("credentials", f"the sign-in server gives no token: {said}{hint}")
