"""Next hops as an admin writes them: smtp:// smtps:// lmtp:// maildir:/// (docs/configuration.md). Reads text, opens nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from gateway.delivery.hop import HopSession, NextHop, Unavailable
from gateway.delivery.maildir import MaildirHop
from gateway.delivery.smtp_hop import SmtpHop, Tls
from gateway.message.domain_names import a_labels

__all__ = ["HopSession", "NextHop", "Unavailable", "parse_next_hop", "parse_next_hops"]

_PORTS = {"smtp": 25, "smtps": 465, "lmtp": 24}
_TLS: dict[str, Tls] = {"none": "none", "opportunistic": "opportunistic", "required": "required"}


def parse_next_hops(urls: str | Sequence[str]) -> tuple[NextHop, ...]:
    """One URL or several in the order of preference. Raises ValueError with a sentence that says what to write."""
    listed = [urls] if isinstance(urls, str) else list(urls)
    if not listed:
        raise ValueError("write at least one next hop")
    return tuple(parse_next_hop(url) for url in listed)


def parse_next_hop(url: str) -> NextHop:
    """smtp://HOST[:PORT][?tls=none|opportunistic|required][&ca=FILE] · smtps://HOST[:PORT][?ca=FILE] · lmtp://HOST[:PORT] ·
    lmtp:///PATH/OF/SOCKET · maildir:///FOLDER, with `USER@` before a host for AUTH and then `password_file=FILE`.

    Raises ValueError, whose text never has what stands before `@`: somebody may have written a password there.
    """
    shown = re.sub(r"//.*@", "//…@", url)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(f'"{shown}" is not a next hop; the port must be a number up to 65535') from None
    if parts.scheme == "maildir":
        return _maildir(shown, parts)
    if parts.scheme not in _PORTS:
        raise ValueError(f'"{shown}" is not a next hop; write smtp://HOST:PORT, smtps://HOST, lmtp://HOST:PORT or maildir:///FOLDER')
    options = _options(shown, parts)
    socket = unquote(parts.path) if parts.scheme == "lmtp" and not parts.netloc else None
    if parts.password is not None:
        raise ValueError(f'"{shown}": a password never stands in the URL; put it into a file of its own and write ?password_file=FILE')
    if socket is None and (not parts.hostname or parts.path not in ("", "/")):
        raise ValueError(f'"{parts.scheme}://…" takes a host, a port and options only')
    tls: Tls = "implicit" if parts.scheme == "smtps" else _TLS[options.get("tls", "none")]
    if (parts.username is None) != ("password_file" not in options) or parts.username == "":
        raise ValueError(f'"{shown}": AUTH takes both a user and its password, as in smtp://USER@HOST?tls=required&password_file=FILE')
    if parts.username is not None and tls not in ("required", "implicit"):
        raise ValueError(f'"{shown}": a password goes through verified TLS only; write ?tls=required or smtps://')
    return SmtpHop(
        host=_host(shown, parts.hostname or "localhost"),
        port=port or _PORTS[parts.scheme],
        lmtp=parts.scheme == "lmtp",
        tls=tls,
        ca=options.get("ca"),
        socket=socket,
        user=unquote(parts.username) if parts.username is not None else None,
        password_file=options.get("password_file"),
    )


def _host(shown: str, name: str) -> str:
    """In A-labels: the system's resolver and TLS would read it by IDNA 2003, and find another machine."""
    try:
        return a_labels(name)
    except UnicodeError:
        raise ValueError(f'"{shown}" names no host') from None


def _maildir(shown: str, parts: SplitResult) -> MaildirHop:
    if parts.netloc or not parts.path.strip("/"):
        raise ValueError(f'"{shown}" names no folder; write maildir:///FOLDER')
    return MaildirHop(Path("/", unquote(parts.path).lstrip("/")))


def _options(shown: str, parts: SplitResult) -> dict[str, str]:
    given = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
    known = {"ca", "password_file"} | ({"tls"} if parts.scheme != "smtps" else set())
    if unknown := sorted(given.keys() - known):
        raise ValueError(f'"{shown}": there is no option "{unknown[0]}" here; there are {", ".join(sorted(known))}')
    if given.get("tls", "none") not in _TLS:
        raise ValueError(f'"{shown}": tls is none, opportunistic or required')
    return given
