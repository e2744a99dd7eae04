"""`[[mailbox]]`: the mailboxes that are watched, one section each; `source` says how (docs/mailboxes.md).

No secret stands in gateway.toml: passwords, client secrets and keys are files, named here and read when a connection needs them.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from gateway.settings.section import Section
from gateway.settings.values import Seconds


def _name(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,62}", value):
        raise ValueError('write a short name of small letters, digits, ".", "_" and "-", such as "hr"')
    return value


def _mailbox_address(value: str) -> str:
    if not re.fullmatch(r"[^\s@<>]+@[^\s@<>]+", value):
        raise ValueError('write the mailbox\'s address, such as "hr@toronto.example"')
    return value


def _https(value: str) -> str:
    if not re.match(r"https://[^/\s]+", value):
        raise ValueError("write an address that begins with https://")
    return value


def _https_or_none(value: str) -> str:
    return _https(value) if value else ""


class WatchedMailbox(Section):
    """What all of them have."""

    name: Annotated[str, AfterValidator(_name)]
    """What logs, metrics, /readyz and `doctor` call it; also its key in the ledger, so that a cursor survives a move to another server."""
    address: Annotated[str, AfterValidator(_mailbox_address)]
    """The mailbox's own address: a division's, or that of a member of staff."""
    watch: tuple[Literal["inbox", "sent", "automatic_reply"], ...] = ("inbox", "sent", "automatic_reply")
    poll_every: Seconds = 60.0
    """Where the server tells nothing by itself; also the longest a notification is waited for before looking anyway."""
    automatic_reply_every: Seconds = 900.0
    without_return_path: Literal["record", "acknowledge_from"] = "record"
    """What arrived without Return-Path has no reverse-path that an acknowledgement may go to (RFC 3834 §4): it is recorded and measured only,
    unless an admin says that the server's own transport has checked From."""


class MaildirMailbox(WatchedMailbox):
    """A folder with new, cur and tmp."""

    source: Literal["maildir"]
    folder: Path
    sent_folder: Path | None = None
    """Sent items, where they are kept: usually FOLDER/.Sent."""


class ImapMailbox(WatchedMailbox):
    """By IMAP4rev1 (RFC 3501)."""

    source: Literal["imap"]
    host: str
    port: int = Field(default=0, ge=0, le=65535)
    """0: 993 with tls = "required", else 143."""
    tls: Literal["required", "starttls", "none"] = "required"
    ca: Path | None = None
    user: str = ""
    """"" is the address."""
    password_file: Path | None = None
    token_file: Path | None = None
    """An OAuth access token (XOAUTH2), kept fresh by somebody else; with `tenant` and `client_id` we fetch tokens ourselves."""
    tenant: str = ""
    client_id: str = ""
    client_secret_file: Path | None = None
    certificate_file: Path | None = None
    """As of `graph`; with `tenant` and `client_id`, one of the two."""
    authority_url: str = "https://login.microsoftonline.com"
    inbox_folder: str = "INBOX"
    sent_folder: str = ""
    """"" is the folder that the server marks \\Sent (RFC 6154), else "Sent" or one of the other usual names."""

    @model_validator(mode="after")
    def _one_credential(self) -> ImapMailbox:
        application = bool(self.tenant and self.client_id)
        files = (self.client_secret_file is not None) + (self.certificate_file is not None)
        if files != application or (self.password_file is not None) + (self.token_file is not None) + application != 1:
            raise ValueError(
                f'mailbox "{self.name}" needs password_file, token_file, or tenant and client_id with client_secret_file or certificate_file'
            )
        return self


class EwsMailbox(WatchedMailbox):
    """Exchange Server by EWS."""

    source: Literal["ews"]
    url: Annotated[str, AfterValidator(_https)]
    """https://HOST/EWS/Exchange.asmx"""
    ca: Path | None = None
    """The authority of the server's certificate (PEM): it alone is believed for this server."""
    user: str = ""
    """DOMAIN\\name or name@domain; "" is the address."""
    password_file: Path | None = None
    auth: Literal["basic", "ntlm", "oauth"] = "ntlm"
    access: Literal["delegate", "impersonation"] = "impersonation"
    version: Literal["2016", "2019", "SE"] = "2019"
    tenant: str = ""
    client_id: str = ""
    client_secret_file: Path | None = None
    authority_url: Annotated[str, AfterValidator(_https)] = "https://login.microsoftonline.com"
    max_connections: int = Field(default=4, ge=3)
    """For each of our two purposes, asking and listening."""

    @model_validator(mode="after")
    def _the_credential_of_auth(self) -> EwsMailbox:
        if self.auth == "oauth" and not (self.tenant and self.client_id and self.client_secret_file):
            raise ValueError(f'mailbox "{self.name}": auth = "oauth" needs tenant, client_id and client_secret_file')
        if self.auth != "oauth" and self.password_file is None:
            raise ValueError(f'mailbox "{self.name}": auth = "{self.auth}" needs password_file')
        return self


class GraphMailbox(WatchedMailbox):
    """Microsoft 365 by Graph."""

    source: Literal["graph"]
    tenant: str
    client_id: str
    client_secret_file: Path | None = None
    certificate_file: Path | None = None
    """PEM with the private key; its thumbprint is computed. One of the two."""
    graph_url: Annotated[str, AfterValidator(_https)] = "https://graph.microsoft.com/v1.0"
    authority_url: Annotated[str, AfterValidator(_https)] = "https://login.microsoftonline.com"
    ca: Path | None = None
    """The authority of both servers' certificates (PEM): it alone is believed for them."""
    notification_url: Annotated[str, AfterValidator(_https_or_none)] = ""
    """The public address of our webhook, where change notifications are wanted; "" polls."""

    @model_validator(mode="after")
    def _one_credential(self) -> GraphMailbox:
        if (self.client_secret_file is None) == (self.certificate_file is None):
            raise ValueError(f'mailbox "{self.name}" needs client_secret_file or certificate_file, one of them')
        return self


MailboxSettings = Annotated[MaildirMailbox | ImapMailbox | EwsMailbox | GraphMailbox, Field(discriminator="source")]
MAILBOX_SOURCES = (MaildirMailbox, ImapMailbox, EwsMailbox, GraphMailbox)
SOURCE_NAMES = ("maildir", "imap", "ews", "graph")
