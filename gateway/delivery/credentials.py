"""A user of a next hop, and how it is told so (AUTH, RFC 4954; PLAIN, RFC 4616; LOGIN). The password is read from its file for each
connection, so that a new one needs no restart; it is in no text, log or `repr`.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from pathlib import Path

from gateway.delivery.hop import unreachable


@dataclass(frozen=True, slots=True)
class Credentials:
    """For one connection."""

    user: str
    password: str = field(repr=False)

    def plain(self) -> bytes:
        """The command, whole."""
        return b"AUTH PLAIN " + b64encode(f"\0{self.user}\0{self.password}".encode())

    def login(self) -> tuple[bytes, bytes, bytes]:
        """The command and the two answers to its questions."""
        return b"AUTH LOGIN", b64encode(self.user.encode()), b64encode(self.password.encode())


def read_credentials(user: str, password_file: str) -> Credentials:
    """The first line of the file is the password. Blocks. Raises Unavailable: without it no message can be handed on, and none is refused."""
    try:
        password = Path(password_file).read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
    except (OSError, UnicodeError) as error:
        # Not chained: the text of a UnicodeError quotes the file.
        raise unreachable(f"password file: {type(error).__name__}") from None
    if not password or "\0" in password:
        raise unreachable("password file: no password in its first line")
    return Credentials(user, password)
