"""What a failed exchange with Microsoft Graph means for an admin: httpx's errors and Graph's refusals -> MailboxFault.

Never Graph's own words, which quote addresses; its error code is a name (learn.microsoft.com/graph/errors) and is passed on.
"""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpx

from gateway.mailboxes.mailbox import CursorLost, MailboxFault, Why
from gateway.mailboxes.retry_after import retry_after

ITEM_ONLY = frozenset(
    (
        "ErrorItemCorrupt", "ErrorCorruptData", "ErrorContentConversionFailed", "ErrorMimeContentConversionFailed", "ErrorMimeContentInvalid",
        "ErrorMimeContentInvalidBase64String", "ErrorUnsupportedMimeConversion", "ErrorMessageSizeExceeded", "ErrorInvalidIdMalformed",
    )
)  # fmt: skip
"""It is the one message that cannot be given; the mailbox is well."""

GONE = frozenset(("ErrorItemNotFound", "ErrorMessageNotFound"))
"""Deleted since it was listed."""

_PLACE_LOST = frozenset(("SyncStateNotFound", "SyncStateInvalid", "resyncRequired", "ResyncRequired"))

_MEANINGS: dict[int, tuple[Why, str]] = {
    401: ("credentials", "Graph refuses the token: is `tenant` the mailbox's own, and `graph_url` that of its cloud?"),
    403: ("forbidden", "Graph does not let the application read this: grant it the role for this mailbox (RBAC for Applications)"),
    404: ("missing", "Graph knows no such mailbox or folder; is `address` right, and is the mailbox in Exchange Online?"),
    429: ("throttled", "Graph asks for patience"),
    502: ("unreachable", "Graph is not behind its proxy"),
    503: ("throttled", "Graph asks for patience"),
    504: ("unreachable", "Graph does not answer in time"),
    509: ("throttled", "Graph asks for patience"),
}


class Refused(MailboxFault):
    """Graph answered, and not with what was asked for."""

    def __init__(self, why: Why, said: str, after: float | None, status: int, code: str) -> None:
        super().__init__(why, said, after)
        self.status = status
        self.code = code
        """Graph's error code, "" where it gave none."""


def refusal(status: int, headers: Mapping[str, str], body: bytes) -> MailboxFault:
    """For an answer whose status is not 2xx."""
    code = _code(body)
    if status == 410 or code in _PLACE_LOST:
        return CursorLost(f"Graph no longer knows the place (HTTP {status}{' ' if code else ''}{code})")
    why, said = _MEANINGS.get(status, ("fault", "Graph fails" if status >= 500 else "Graph does not take our question"))
    return Refused(why, f"{said} (HTTP {status}{' ' if code else ''}{code})", retry_after(headers), status, code)


def _code(body: bytes) -> str:
    try:
        code = json.loads(body)["error"]["code"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""
    return code if isinstance(code, str) and re.fullmatch(r"[A-Za-z][A-Za-z0-9_.]{0,79}", code) else ""


@contextmanager
def judged() -> Iterator[None]:
    """Turns what fails on the way into a MailboxFault. Never chained: httpx's errors carry the request, and so the token."""
    try:
        yield
    except httpx.TimeoutException:
        raise MailboxFault("unreachable", "Graph does not answer in time") from None
    except httpx.TransportError as error:
        raise _of_the_network(error) from None
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError):
        raise MailboxFault("malformed", "the server's answer makes no sense; is `graph_url` right?") from None


def _of_the_network(error: httpx.TransportError) -> MailboxFault:
    below: BaseException | None = error
    while below is not None:
        if isinstance(below, ssl.SSLCertVerificationError):
            return MailboxFault("certificate", f"the server's certificate: {below.verify_message}")
        if isinstance(below, ssl.SSLError):
            return MailboxFault("certificate", f"no TLS with the server: {below.reason or type(below).__name__}")
        below = below.__cause__ or below.__context__
    if isinstance(error, httpx.ProxyError):
        return MailboxFault("unreachable", "the proxy does not connect us")
    if isinstance(error, httpx.ConnectError):
        return MailboxFault("unreachable", "no connection to Graph")
    return MailboxFault("unreachable", "the connection to Graph broke")
