"""From a `[[mailbox]]` section to its backend. Imports a backend's library only where a mailbox needs it; opens no connection."""

from __future__ import annotations

from gateway.mailboxes.mailbox import Mailbox
from gateway.settings.mailboxes import EwsMailbox, ImapMailbox, MailboxSettings, MaildirMailbox


def open_mailbox(settings: MailboxSettings) -> Mailbox:
    """The mailbox, not connected yet. Raises nothing that a server or a credential could cause."""
    if isinstance(settings, MaildirMailbox):
        from gateway.mailboxes import maildir  # noqa: PLC0415

        return maildir.open_mailbox(settings)
    if isinstance(settings, ImapMailbox):
        from gateway.mailboxes import imap  # noqa: PLC0415

        return imap.open_mailbox(settings)
    if isinstance(settings, EwsMailbox):
        from gateway.mailboxes import ews  # noqa: PLC0415 - slow to import

        return ews.open_mailbox(settings)
    from gateway.mailboxes import graph  # noqa: PLC0415 - slow to import

    return graph.open_mailbox(settings)
