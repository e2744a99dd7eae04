"""A password, token or secret, read from its file at each use, so that a new one needs no restart. It is in no text, log or repr."""

from __future__ import annotations

from pathlib import Path

from gateway.mailboxes.mailbox import MailboxFault


def read_secret(file: Path, what: str) -> str:
    """The first line of the file; `what` it is, for an admin. Blocks. Raises MailboxFault."""
    try:
        secret = file.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
    except (OSError, UnicodeError) as error:
        # Not chained: the text of a UnicodeError quotes the file.
        raise MailboxFault("credentials", f"{what} {file}: {_why(error)}") from None
    if not secret or not secret.isprintable():
        raise MailboxFault("credentials", f"{what} {file}: the first line is empty or has control characters")
    return secret


def _why(error: Exception) -> str:
    return (error.strerror or type(error).__name__).lower() if isinstance(error, OSError) else "is not UTF-8"
