"""Opens sessions with SMTP and LMTP next hops: connect, TLS, greeting, all under their time limits."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from gateway.delivery.credentials import Credentials, read_credentials
from gateway.delivery.hop import unreachable
from gateway.delivery.names import Names
from gateway.delivery.session import SmtpSession
from gateway.delivery.timeouts import Timeouts

Tls = Literal["none", "opportunistic", "required", "implicit"]


@dataclass(frozen=True)
class SmtpHop:
    """One host. A `gateway.delivery.hop.NextHop`.

    tls: none · opportunistic (STARTTLS where offered, certificate not verified, plain text where it is refused or the handshake fails: RFC 7435)
    · required (STARTTLS or nothing, certificate verified) · implicit (smtps, verified). `ca` is a file of certificates to trust in
    place of the system's.
    """

    host: str
    port: int
    lmtp: bool = False
    tls: Tls = "none"
    ca: str | None = None
    socket: str | None = field(default=None)
    """Path of a UNIX socket, in place of host and port (LMTP)."""
    user: str | None = None
    """Who logs in by AUTH; only with TLS that is verified."""
    password_file: str | None = None

    @cached_property
    def _names(self) -> Names:
        return Names()

    @cached_property
    def _context(self) -> ssl.SSLContext | None:
        if self.tls == "none":
            return None
        context = ssl.create_default_context(cafile=self.ca)
        if self.tls == "opportunistic":
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    async def open(self, timeouts: Timeouts, hostname: str) -> SmtpSession:
        """Connect and greet as `hostname`. Raises Unavailable."""
        try:
            context = self._context
        except OSError as error:  # the file of `ca`; ssl.SSLError is of it
            raise unreachable(f"certificates to trust: {type(error).__name__}") from None
        credentials = await self._credentials(timeouts)
        try:
            return await self._open(timeouts, hostname, context, credentials)
        except ssl.SSLError as error:
            if self.tls != "opportunistic":
                raise unreachable(f"TLS: {type(error).__name__}") from None
        return await self._open(timeouts, hostname, None, credentials)

    async def _credentials(self, timeouts: Timeouts) -> Credentials | None:
        if self.user is None or self.password_file is None:
            return None
        try:
            async with asyncio.timeout(timeouts.connect):
                return await asyncio.to_thread(read_credentials, self.user, self.password_file)
        except TimeoutError:
            raise unreachable("password file: TimeoutError") from None

    async def _open(self, timeouts: Timeouts, hostname: str, context: ssl.SSLContext | None, credentials: Credentials | None) -> SmtpSession:
        session = await self._connect(timeouts, context if self.tls == "implicit" else None)
        try:
            async with asyncio.timeout(timeouts.command):
                await session.greet(hostname, None if self.tls == "implicit" else context, self.host, required=self.tls == "required")
                if credentials is not None:
                    await session.authenticate(credentials)
        except BaseException as error:
            session.abort()
            if isinstance(error, OSError) and not isinstance(error, ssl.SSLError):
                raise unreachable(f"greeting: {type(error).__name__}") from None
            raise
        return session

    async def _connect(self, timeouts: Timeouts, context: ssl.SSLContext | None) -> SmtpSession:
        loop = asyncio.get_running_loop()

        def make() -> SmtpSession:
            return SmtpSession(timeouts, lmtp=self.lmtp)

        try:
            async with asyncio.timeout(timeouts.connect):
                if self.socket is not None:
                    _, session = await loop.create_unix_connection(make, self.socket)
                else:
                    session = await self._connect_first(await self._names.addresses(self.host), make, context)
        except ssl.SSLError:
            raise
        except (OSError, ValueError) as error:  # ValueError: a host name that cannot be encoded
            raise unreachable(f"connect: {type(error).__name__}") from None
        return session

    async def _connect_first(self, addresses: Sequence[str], make: Callable[[], SmtpSession], context: ssl.SSLContext | None) -> SmtpSession:
        """The first address that takes a connection. Raises what the last one gave."""
        loop = asyncio.get_running_loop()
        for address in addresses:
            try:
                _, session = await loop.create_connection(make, address, self.port, ssl=context, server_hostname=self.host if context else None)
            except OSError:
                if address == addresses[-1]:
                    raise
            else:
                return session
        raise OSError
