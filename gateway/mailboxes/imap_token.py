"""OAuth access tokens for IMAP (XOAUTH2): from a file that somebody else keeps fresh, or as Exchange Online's application by client credentials."""

from __future__ import annotations

from gateway.mailboxes import entra_token
from gateway.mailboxes.secret_file import read_secret
from gateway.settings.mailboxes import ImapMailbox

SCOPE = "https://outlook.office365.com/.default"
"""Of the application's roles, IMAP.AccessAsApp among them."""


def access_token(settings: ImapMailbox) -> str:
    """A fresh one for each login, of which there are few. Blocks. Raises MailboxFault."""
    if settings.token_file:
        return read_secret(settings.token_file, "token_file")
    return entra_token.fetch(settings, SCOPE)[0]
