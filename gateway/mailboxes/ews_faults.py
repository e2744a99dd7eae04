"""What a failed exchange with an Exchange server means for an admin: exchangelib's errors -> MailboxFault. What HTTP and TLS refuse is
told by the adapter.

Never the server's own words, nor exchangelib's: both quote addresses, and whole answers. The name of the error is Exchange's response code.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import requests
from exchangelib import errors as ews
from oauthlib.oauth2 import OAuth2Error

from gateway.mailboxes.mailbox import CursorLost, MailboxFault, Why

ITEM_ONLY = (
    ews.ErrorItemNotFound,
    ews.ErrorItemCorrupt,
    ews.ErrorCorruptData,
    ews.ErrorContentConversionFailed,
    ews.ErrorMimeContentConversionFailed,
    ews.ErrorMimeContentInvalid,
    ews.ErrorMimeContentInvalidBase64String,
    ews.ErrorUnsupportedMimeConversion,
    ews.ErrorMessageSizeExceeded,
    ews.ErrorInvalidIdMalformed,
    ews.ErrorInvalidChangeKey,
)
"""It is the one message that cannot be given; the mailbox is well."""

POISON = (ews.ErrorInternalServerError,)
"""It may be the message, it may be the server."""

_MEANINGS: tuple[tuple[tuple[type[Exception], ...], Why, str], ...] = (
    (
        (ews.UnauthorizedError, PermissionError),
        "credentials",
        "the server refuses the login: wrong or expired password, a locked account, or another `auth` than it offers",
    ),
    ((OAuth2Error,), "credentials", "the sign-in server gives no token for tenant, client_id and the secret in client_secret_file"),
    (
        (ews.ErrorImpersonateUserDenied, ews.ErrorImpersonationDenied, ews.ErrorImpersonationFailed),
        "forbidden",
        "the account may not impersonate this mailbox; give it the role ApplicationImpersonation for it",
    ),
    (
        (ews.ErrorAccessDenied, ews.ErrorMailboxLogonFailed),
        "forbidden",
        'the account may not read this mailbox; give it rights (access = "delegate") or the role ApplicationImpersonation',
    ),
    ((ews.ErrorNonExistentMailbox, ews.ErrorMailboxConfiguration), "missing", "the server knows no mailbox of this address"),
    ((ews.ErrorFolderNotFound, ews.ErrorSyncFolderNotFound), "missing", "the mailbox has no such folder"),
    (
        (
            ews.ErrorServerBusy,
            ews.RateLimitError,
            ews.ErrorTooManyObjectsOpened,
            ews.ErrorExceededConnectionCount,
            ews.ErrorExceededSubscriptionCount,
            ews.ErrorInsufficientResources,
        ),
        "throttled",
        "the server asks for patience",
    ),
    (
        (
            ews.ErrorConnectionFailed,
            ews.ErrorConnectionFailedTransientError,
            ews.ErrorTimeoutExpired,
            ews.ErrorInternalServerTransientError,
            ews.ErrorMailboxStoreUnavailable,
            ews.ErrorMailboxMoveInProgress,
            ews.ErrorMailboxFailover,
            ews.ErrorADUnavailable,
            requests.exceptions.RequestException,
            OSError,
        ),
        "unreachable",
        "the server cannot reach the mailbox now",
    ),
    ((ews.RedirectError,), "malformed", "the server sends us to another page; is `url` that of EWS, not of Outlook on the web?"),
    (
        (ews.ErrorInvalidServerVersion, ews.ErrorInvalidSchemaVersionForMailboxVersion, ews.ErrorIncorrectSchemaVersion),
        "fault",
        "the server does not speak this `version`",
    ),
    (
        # The last six: what exchangelib stumbles over in an answer that lacks its parts.
        (ews.MalformedResponseError, ews.SOAPError, AttributeError, TypeError, ValueError, LookupError, AssertionError, RuntimeError),
        "malformed",
        "the server's answer makes no sense",
    ),
)


@contextmanager
def judged() -> Iterator[None]:
    """Turns whatever fails inside into a MailboxFault. Never chained: see above."""
    try:
        yield
    except MailboxFault:
        raise
    except Exception as error:  # noqa: BLE001 - exchangelib stumbles over bad answers with any error there is
        raise fault_of(error) from None


def fault_of(error: Exception) -> MailboxFault:
    """exchangelib's errors in our words; texts of the server, which may quote people, stay out."""
    if isinstance(error, ews.ErrorInvalidSyncStateData):
        return CursorLost("the server no longer knows how far the folder was read (ErrorInvalidSyncStateData)")
    for kinds, why, said in _MEANINGS:
        if isinstance(error, kinds):
            return MailboxFault(why, f"{said} ({type(error).__name__})", getattr(error, "back_off", None) or None)
    return MailboxFault("fault", f"the server refuses, or its answer cannot be used ({type(error).__name__})")
