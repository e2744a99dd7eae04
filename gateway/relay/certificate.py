"""A listener's certificate, and whose certificates it believes; both are read again on request (SIGHUP). Decides nothing about mail."""

from __future__ import annotations

import asyncio
import ssl
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

    def reload(self, listener: str) -> None:
        """Read the files again; what cannot be used is logged, and the certificate before stays in use."""
        try:
            self.context = self._read()
        except OSError as error:  # ssl.SSLError is of it
            log.error("certificate-refused", listener=listener, why=type(error).__name__, said="the one before stays in use")
        else:
            log.info("certificate-read", listener=listener)

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


def client_names(transport: asyncio.BaseTransport | None) -> frozenset[str]:
    """DNS names of the client's verified certificate, in lower case; none without one."""
    found: ssl.SSLObject | None = transport.get_extra_info("ssl_object") if transport is not None else None
    shown: dict[str, Any] = (found.getpeercert() if found is not None else None) or {}
    return frozenset(str(name).lower() for kind, name in shown.get("subjectAltName", ()) if kind == "DNS")
