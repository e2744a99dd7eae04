"""One mail transaction with a next hop over kept connections: what relay and notices both do, written once.

Commands go out at once, replies are awaited in order. A kept connection that proves dead at MAIL is replaced by a fresh one, once,
and only while no reply of this transaction has been shown to anybody (docs/relay.md).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from types import MappingProxyType

from gateway.delivery.extensions import Extensions
from gateway.delivery.forwarding import forwarded_lines
from gateway.delivery.hop import HopSession, Unavailable, broken, unreachable
from gateway.delivery.pool import Pool
from gateway.delivery.reply import Reply

NOTHING: frozenset[str] = frozenset()
WANTS_OF_US = (530, 534, 535, 538)
"""TLS or AUTH (RFC 3207 §4, RFC 4954 §6): a next hop that has changed, or that we are set up wrongly for. It says nothing of a message."""
NOBODY: Mapping[str, bytes] = MappingProxyType({})


class Transaction:
    """MAIL, RCPT…, DATA, the message. Call `reset` or `abort` unless `end` was awaited to its reply."""

    def __init__(self, pool: Pool, session: HopSession, client: Mapping[str, bytes] = NOBODY) -> None:
        self._pool = pool
        self._session = session
        self._client = client
        self._lines: list[bytes] = []
        self._needs: set[str] = set()
        self._replies: list[asyncio.Future[Reply]] = []
        self._shown = False
        self._refused = False
        self._over = False

    @classmethod
    async def begin(cls, pool: Pool, client: Mapping[str, bytes] = NOBODY) -> Transaction:
        """Get a session. `client` are the true client's XFORWARD attributes, as xtext. Raises Unavailable."""
        return cls(pool, await pool.acquire(), client)

    @property
    def extensions(self) -> Extensions:
        """What the next hop of this transaction offers."""
        return self._session.extensions

    @property
    def pipelining(self) -> bool:
        """Whether a command may go out before the reply to the last one is there."""
        return self._session.extensions.pipelining

    @property
    def one_recipient(self) -> bool:
        """LMTP: only one recipient may be accepted in this transaction."""
        return self._session.one_recipient

    def send(self, line: bytes, needs: AbstractSet[str] = NOTHING) -> int:
        """Ask MAIL, RCPT or DATA, without CRLF; the number is for `reply`, and what was asked before it goes out in one piece.

        `needs` are the extensions that the line uses because they were announced to whoever wrote it. A next hop that lacks one would
        refuse for good what is no fault of the sender: that raises Unavailable.
        """
        if needs and any(keyword not in self._session.extensions for keyword in needs):
            raise unreachable("lacks an extension that another next hop announced")
        if not self._lines:
            self._introduce()
        self._needs |= needs
        self._lines.append(line)
        self._replies.append(self._session.command(line))
        return len(self._replies) - 1

    def replied(self, number: int) -> bool:
        """Whether `reply` would not have to wait."""
        return self._replies[number].done()

    async def reply(self, number: int) -> Reply:
        """The reply to a command sent before; ask in order. Raises Unavailable.

        421 announces that the next hop hangs up; we do not, so it becomes 451 with the same enhanced code. So does what it wants of us at MAIL.
        """
        self._session.flush()
        reply = await self._first_reply() if number == 0 and not self._shown else await self._replies[number]
        self._shown = True
        if reply.code >= 400:
            self._refused = True
        return reply.as_code(451) if reply.code == 421 or (number == 0 and reply.code in WANTS_OF_US) else reply

    async def write(self, octets: bytes) -> None:
        """Part of the message, dot-stuffed. A failed connection shows at `end`."""
        self._session.write(octets)
        await self._session.drain()

    async def end(self, last: bytes = b"", meanwhile: Callable[[], None] | None = None) -> Reply:
        """`last` and the final dot, and the next hop's answer; the session is given back. Raises Unavailable: outcome unknown.

        `meanwhile` is called while the answer is awaited, unless it is there before.
        """
        self._over = True
        answer = self._session.end(last)
        # In the next round of the event loop: until this one ends, the dot has not left the process.
        ahead = asyncio.get_running_loop().call_soon(meanwhile) if meanwhile else None
        try:
            reply = await answer
        finally:
            if ahead is not None:
                ahead.cancel()
        if reply.positive and not self._refused:
            self._pool.release(self._session)
        else:
            self._session.quit()
        return reply.as_code(451) if reply.code == 421 else reply

    async def reset(self) -> None:
        """Give up before DATA. A session that saw no refusal is kept."""
        if self._over:
            return
        self._over = True
        if self._refused or not self._shown or not all(each.done() for each in self._replies):
            self._session.quit()
            return
        try:
            future = self._session.command(b"RSET")
            self._session.flush()
            clean = (await future).positive
        except Unavailable:
            return
        if clean:
            self._pool.release(self._session)
        else:
            self._session.quit()

    def abort(self) -> None:
        """Cut the connection unless the transaction is over: without a final dot nothing is delivered."""
        if not self._over:
            self._over = True
            self._session.abort()

    async def _first_reply(self) -> Reply:
        failure: Unavailable | None = None
        try:
            reply = await self._replies[0]
            if reply.code != 421 or not self._session.reused:
                return reply
        except Unavailable as error:
            failure = error
        if not self._session.reused:
            raise failure or broken("left")
        await self._again()
        return await self._replies[0]

    async def _again(self) -> None:
        """The same commands on a fresh connection."""
        self._session.abort()
        self._session = await self._pool.fresh()
        if any(keyword not in self._session.extensions for keyword in self._needs):
            raise unreachable("lacks an extension that another next hop announced")
        if not self._session.extensions.pipelining and len(self._lines) > 1:
            raise unreachable("does not take a pipelined group")
        self._introduce()
        self._replies = [self._session.command(line) for line in self._lines]
        self._session.flush()

    def _introduce(self) -> None:
        """Tell the next hop of the client, before MAIL; it is for its log, so a refusal only costs the connection its reuse."""
        for line in forwarded_lines(self._client, self._session.extensions):
            self._session.command(line).add_done_callback(self._introduced)

    def _introduced(self, replied: asyncio.Future[Reply]) -> None:
        if replied.cancelled() or replied.exception() is not None or not replied.result().positive:
            self._refused = True
