"""What a failed exchange with an IMAP server means for an admin: imapclient's, imaplib's, TLS's and the socket's errors -> MailboxFault.

The server's own words are passed on only from before a login or about a folder, never from a login or a message, and without addresses.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from imapclient import IMAPClient

from gateway.mailboxes.imap_line import TooMuch
from gateway.mailboxes.mailbox import MailboxFault

Stage = Literal["connection", "login", "folder", "message"]
Why = Literal["credentials", "forbidden", "missing", "throttled", "unreachable", "certificate", "malformed", "fault"]

_CODES: dict[str, Why] = {
    # RFC 5530; OVERQUOTA and THROTTLED as Gmail uses them for bandwidth
    "UNAVAILABLE": "throttled", "INUSE": "throttled", "LIMIT": "throttled", "OVERQUOTA": "throttled", "THROTTLED": "throttled",
    "AUTHENTICATIONFAILED": "credentials", "EXPIRED": "credentials",
    "AUTHORIZATIONFAILED": "forbidden", "CONTACTADMIN": "forbidden", "NOPERM": "forbidden", "PRIVACYREQUIRED": "forbidden", "WEBALERT": "forbidden",
    "NONEXISTENT": "missing", "TRYCREATE": "missing",
    "SERVERBUG": "fault", "CORRUPTION": "fault", "CLIENTBUG": "fault",
}  # fmt: skip
_PLAIN: dict[Stage, Why] = {"connection": "unreachable", "login": "credentials", "folder": "missing", "message": "fault"}
"""What a NO or BAD without a known code means."""

_PHRASES: tuple[tuple[str, Why], ...] = (
    # Exchange: a login to a mailbox that the account may not open, or whose protocol is switched off, succeeds; the first command fails.
    ("authenticated but not connected", "forbidden"),
    ("request is throttled", "throttled"),
    ("too many simultaneous connections", "throttled"),
)
_WHAT: dict[Stage, str] = {
    "connection": "the server refuses the connection", "login": "the server refuses the login",
    "folder": "the server does not open the folder", "message": "the server does not give its messages",
}  # fmt: skip


@contextmanager
def judged(stage: Stage, subject: str = "") -> Iterator[None]:
    """Turns whatever fails inside into a MailboxFault; `subject` is the folder, where it is about one.

    Never chained: the text of what failed may quote a command, and so a credential, or a message.
    """
    try:
        yield
    except MailboxFault:
        raise
    except (IMAPClient.Error, OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, AssertionError) as error:
        raise _fault(error, stage, subject) from None


def _fault(error: Exception, stage: Stage, subject: str) -> MailboxFault:
    if isinstance(error, OSError):
        return _of_the_network(error)
    if isinstance(error, TooMuch):
        return MailboxFault("malformed", f"the server sends {error}")
    if isinstance(error, IMAPClient.Error):
        return _of_the_server(error, stage, subject)
    return MailboxFault("malformed", "the server's answer is no IMAP")


def _of_the_network(error: OSError) -> MailboxFault:
    if isinstance(error, ssl.SSLCertVerificationError):
        return MailboxFault("certificate", f"the server's certificate: {error.verify_message}")
    if isinstance(error, ssl.SSLError):
        return MailboxFault("certificate", f"no TLS with the server: {error.reason or type(error).__name__}")
    if isinstance(error, TimeoutError):
        return MailboxFault("unreachable", "the server does not answer in time")
    if isinstance(error, socket.gaierror):
        return MailboxFault("unreachable", "the server's name is not found")
    return MailboxFault("unreachable", f"the connection fails: {(error.strerror or str(error) or type(error).__name__).lower()}")


def _of_the_server(error: Exception, stage: Stage, subject: str) -> MailboxFault:
    """imaplib's `abort` is a farewell (BYE), a lost connection or an answer that is no IMAP; its `error` a NO or BAD."""
    text = _text(error)
    if "socket error" in text:
        return MailboxFault("unreachable", "the connection fails")
    if re.search("unexpected (tagged )?response", text) or type(error).__name__ in ("ProtocolError", "InvalidCriteriaError"):
        return MailboxFault("malformed", "the server's answer is no IMAP")
    code = next((each for each in re.findall(r"\[([A-Z]+)[\] ]", text) if each in _CODES), "")
    why = _CODES.get(code) or next((why for phrase, why in _PHRASES if phrase in text.lower()), None)
    if why is None:
        why = "unreachable" if isinstance(error, IMAPClient.AbortError) else _PLAIN[stage]
    what = "the server ends the connection" if isinstance(error, IMAPClient.AbortError) else _WHAT[stage] + (f' "{subject}"' if subject else "")
    said = what + (f" [{code}]" if code else "")
    if stage in ("connection", "folder"):
        said += _words(text)
    return MailboxFault(why, said, retry_after=_asked_for(text))


def _text(error: Exception) -> str:
    """What the server said, without what imaplib and imapclient wrote around it."""
    text = " ".join(each.decode("latin-1") if isinstance(each, bytes) else str(each) for each in error.args)
    text = re.sub(r"^(\* BYE |command: \w+ => |\w+ failed: )", "", text)
    bad = re.fullmatch(r"\w+ command error: BAD \[b['\"](.*)['\"]\]", text, re.DOTALL)
    return bad[1] if bad else text


def _words(text: str) -> str:
    """In one line, without response codes and addresses."""
    kept = " ".join(re.sub(r"\[[^\]]*\]|\S*@\S*|[^ -~]", " ", text).split())[:100]
    return f": {kept}" if kept else ""


def _asked_for(text: str) -> float | None:
    """Exchange Online: "BAD Request is throttled. Suggested Backoff Time: 92415 milliseconds"."""
    found = re.search(r"Backoff Time: (\d{1,9}) milliseconds", text)
    return int(found[1]) / 1000 if found else None
