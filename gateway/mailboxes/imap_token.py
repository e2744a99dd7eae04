"""OAuth access tokens for IMAP (XOAUTH2): from a file that somebody else keeps fresh, or as Exchange Online's application by client credentials."""

from __future__ import annotations

from typing import Any

from gateway.mailboxes.mailbox import MailboxFault
from gateway.mailboxes.secret_file import read_secret
from gateway.settings.mailboxes import ImapMailbox

SCOPE = "https://outlook.office365.com/.default"
"""Of the application roles, IMAP.AccessAsApp among them."""

ANSWER = 20.0
"""Seconds for the token server."""


class Tokens:
    """For one mailbox; asked at each login, from the mailbox's own thread."""

    def __init__(self, settings: ImapMailbox) -> None:
        self._settings = settings
        self._application: Any = None
        self._secret = ""

    def token(self) -> str:
        """Blocks. Raises MailboxFault."""
        settings = self._settings
        if settings.token_file:
            return read_secret(settings.token_file, "token_file")
        assert settings.client_secret_file
        return self._by_client_credentials(read_secret(settings.client_secret_file, "client_secret_file"))

    def _by_client_credentials(self, secret: str) -> str:
        """msal keeps a token until shortly before it expires; a new secret begins afresh."""
        import msal  # noqa: PLC0415 - slow
        import requests  # noqa: PLC0415 - msal's, slow

        try:
            if self._application is None or secret != self._secret:
                self._application = msal.ConfidentialClientApplication(
                    self._settings.client_id,
                    authority=f"{self._settings.authority_url.rstrip('/')}/{self._settings.tenant}",
                    client_credential=secret,
                    timeout=ANSWER,
                    instance_discovery=False,
                )
                self._secret = secret
            answer = self._application.acquire_token_for_client([SCOPE])
        except (requests.RequestException, msal.exceptions.MsalError) as error:
            # Not chained, here and below: the texts quote what was sent.
            raise MailboxFault("unreachable", f"the token server: {type(error).__name__}") from None
        except (ValueError, TypeError, LookupError, AttributeError):
            raise MailboxFault("malformed", "the token server's answers are no OAuth; look at tenant and authority_url") from None
        if token := answer.get("access_token"):
            return str(token)
        raise _refused(answer)


def _refused(answer: dict[str, Any]) -> MailboxFault:
    """Only the codes: the description may quote what was sent. Entra ID's are AADSTS numbers, such as 7000222 for an expired secret."""
    numbers = [f"AADSTS{each}" for each in answer.get("error_codes", ()) if isinstance(each, int)]
    if answer.get("error") == "temporarily_unavailable":
        return MailboxFault("throttled", "the token server asks for patience")
    return MailboxFault("credentials", f"the token server refuses the client: {' '.join([str(answer.get('error'))[:40], *numbers])}")
