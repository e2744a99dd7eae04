"""From a `[[mailbox]]` section to its backend. Imports a backend's library only where a mailbox needs it; opens no connection."""

from __future__ import annotations

from importlib import import_module

from gateway.mailboxes.mailbox import Mailbox
from gateway.settings.mailboxes import MailboxSettings


def open_mailbox(settings: MailboxSettings) -> Mailbox:
    """The mailbox, not connected yet. Raises nothing that a server or a credential could cause."""
    opened: Mailbox = import_module(f"gateway.mailboxes.{settings.source}").open_mailbox(settings)
    return opened


def load_backends(mailboxes: tuple[MailboxSettings, ...]) -> None:
    """Import what these mailboxes need; blocks, for a second where Exchange is among them."""
    for source in sorted({each.source for each in mailboxes}):
        import_module(f"gateway.mailboxes.{source}")
