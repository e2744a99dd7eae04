"""exchangelib's account for one mailbox: login, version, one protocol object of its own, silent logs.

exchangelib keeps one protocol (session pool, back-off, version) for each endpoint and equal credentials, and so for all mailboxes of a
service account; a pool that one of them has exhausted would hold up the others. Here credentials equal only themselves.
"""

from __future__ import annotations

import logging
import ssl
from typing import Any
from urllib.parse import urlsplit

from exchangelib import (
    BASIC,
    DELEGATE,
    IMPERSONATION,
    NTLM,
    OAUTH2,
    Account,
    Build,
    Configuration,
    Credentials,
    EWSTimeZone,
    OAuth2Credentials,
    Version,
)
from exchangelib.protocol import FailFast, Protocol

from gateway.mailboxes.ews_adapter import SILENCE, adapter_for
from gateway.mailboxes.ews_lines import Lines
from gateway.mailboxes.mailbox import MailboxFault
from gateway.mailboxes.secret_file import read_secret
from gateway.settings.mailboxes import EwsMailbox

for _name in ("exchangelib", "oauthlib", "requests_oauthlib", "spnego", "requests_ntlm"):
    # They print requests and answers, tokens and handshakes; what an admin needs of them is in our faults.
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)

_VERSIONS = {"2016": Build(15, 1), "2019": Build(15, 2), "SE": Build(15, 2)}
_AUTH = {"basic": BASIC, "ntlm": NTLM, "oauth": OAUTH2}
_ACCESS = {"delegate": DELEGATE, "impersonation": IMPERSONATION}


class _Login(Credentials):
    __eq__ = object.__eq__
    __hash__ = object.__hash__


class _App(OAuth2Credentials):
    """An application's token for this server, by the client credentials grant (RFC 6749 §4.4)."""

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def __init__(self, settings: EwsMailbox, secret: str) -> None:
        super().__init__(client_id=settings.client_id, client_secret=secret, tenant_id=settings.tenant)
        self._authority = settings.authority_url.rstrip("/")
        self._audience = f"https://{urlsplit(settings.url).netloc}"

    @property
    def token_url(self) -> str:
        return f"{self._authority}/{self.tenant_id}/oauth2/v2.0/token"

    @property
    def scope(self) -> list[str]:
        return [f"{self._audience}/.default"]


def open_account(settings: EwsMailbox, lines: Lines) -> Account:
    """Reads the secret, connects to nothing. Raises MailboxFault for a file that cannot be used."""
    _check_authority(settings)
    configuration = Configuration(
        credentials=_credentials(settings),
        service_endpoint=settings.url,
        auth_type=_AUTH[settings.auth],
        version=Version(build=_VERSIONS[settings.version]),
        retry_policy=FailFast(),  # the watcher waits between two tries
        max_connections=settings.max_connections,
    )

    class OwnProtocol(Protocol):
        HTTP_ADAPTER_CLS = adapter_for(settings, lines)
        TIMEOUT = SILENCE
        RETRY_WAIT = 0  # a back-off that the server did not name
        USERAGENT = "service-promise-gateway"

    own = OwnProtocol(config=configuration)
    # Account finds that one in the library's cache: endpoint and credentials are the same.
    account = Account(
        settings.address,
        access_type=_ACCESS[settings.access],
        autodiscover=False,
        config=configuration,
        locale="en",
        default_timezone=EWSTimeZone("UTC"),
    )
    assert account.protocol is own
    return account


def close_account(account: Account) -> None:
    """Its connections, and its place in the library's cache."""
    account.protocol.close()
    keys: Any = Protocol
    try:
        del keys[account.protocol.config]
    except KeyError:  # closed twice
        return


def _check_authority(settings: EwsMailbox) -> None:
    if settings.ca is None:
        return
    try:
        ssl.create_default_context(cafile=settings.ca)
    except OSError as error:
        why = "no certificates in PEM" if isinstance(error, ssl.SSLError) else (error.strerror or type(error).__name__).lower()
        raise MailboxFault("certificate", f"ca {settings.ca}: {why}") from None


def _credentials(settings: EwsMailbox) -> Credentials | OAuth2Credentials:
    if settings.auth == "oauth":
        assert settings.client_secret_file
        return _App(settings, read_secret(settings.client_secret_file, "client_secret_file"))
    assert settings.password_file
    return _Login(settings.user or settings.address, read_secret(settings.password_file, "password_file"))
