"""A listener's certificate, and whose certificates it believes; both are read again on request (SIGHUP). Decides nothing about mail."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

log = structlog.get_logger()


class Certificate:
    """One listener's; `context` is for the next handshake."""

    def __init__(self, certificate: Path, key: Path | None, *, ask: bool = False, client_ca: Path | None = None) -> None:
        """`ask` the client for its certificate, which must then be one of `client_ca` (None: of the system's). Raises OSError or ssl.SSLError."""
        self._files = certificate, key
        self._ask = ask
        self._client_ca = client_ca
        self.context = self._read()

    def reload(self, listener: str, now: datetime) -> None:
        """Read the files again; what cannot be used is logged, and the certificate before stays in use. `now`: aware."""
        try:
            self.context = self._read()
        except OSError as error:  # ssl.SSLError is of it
            log.error("certificate-refused", listener=listener, why=type(error).__name__, said="the one before stays in use")
            return
        log.info("certificate-read", listener=listener)
        with suppress(OSError, ValueError):  # OpenSSL has taken it: what else reads it here is for this one line only
            if (until := expiry(self._files[0])) < now:
                log.warning("certificate-expired", listener=listener, until=f"{until:%Y-%m-%d}", said="clients that verify it will not use TLS")

    def _read(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*self._files)
        if self._ask:
            # Optional: a client without one is judged by its network. One that cannot be verified fails the handshake.
            context.verify_mode = ssl.CERT_OPTIONAL
            if self._client_ca is None:
                context.load_default_certs(ssl.Purpose.CLIENT_AUTH)
            else:
                context.load_verify_locations(self._client_ca)
        return context


def expiry(path: Path) -> datetime:
    """Until when the first certificate in a PEM file is valid, the one that is shown; aware. Raises OSError or ValueError."""
    from cryptography.x509 import load_pem_x509_certificate  # noqa: PLC0415 - it takes a tenth of a second, and few need it

    return load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc


def client_names(transport: asyncio.BaseTransport | None) -> frozenset[str]:
    """DNS names of the client's verified certificate, in lower case; none without one."""
    found: ssl.SSLObject | None = transport.get_extra_info("ssl_object") if transport is not None else None
    shown: dict[str, Any] = (found.getpeercert() if found is not None else None) or {}
    return frozenset(str(name).lower() for kind, name in shown.get("subjectAltName", ()) if kind == "DNS")
