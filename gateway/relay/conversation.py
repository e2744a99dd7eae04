"""The conversation with one client: commands in, replies out in order, until one side ends it. What a command does says `relay.session`.

It bounds what a client may take (times, errors, sessions of one address), and never lets a fault of ours refuse anything for good.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import cast

import structlog

from gateway.delivery.reply import Reply
from gateway.relay import replies
from gateway.relay.admission import may_relay
from gateway.relay.connection import ClientConnection
from gateway.relay.door import Door
from gateway.relay.envelope import Refused
from gateway.relay.inbox import ClientGone, ClientSilent, LineTooLong
from gateway.relay.mirror import Asked, Mirror
from gateway.relay.networks import within

log = structlog.get_logger()

_IN_GROUP = (b"MAIL", b"RCPT", b"DATA")
"""Commands whose replies may wait for each other (RFC 2920 §3.1); before all others every reply is given."""

TURN, OWED = 10, 100
"""Commands of a group after which everybody else has a turn, and replies after which it waits until they are given and read. What uvloop reads
at once may hold 17,000 RCPT; obeyed in one go they kept all other mail waiting for seconds."""

_WEB = frozenset({b"GET", b"POST", b"PUT", b"HEAD", b"OPTIONS", b"PATCH", b"DELETE", b"CONNECT"})
"""A web page can make a browser post whatever it likes to this port, and the browser's machine may be one that may relay."""


class Over(Exception):
    """The conversation has ended; everything was said."""


class Conversation(ClientConnection):
    """One connection's. `ended` is called with it when its work is over, which may be after the connection is gone."""

    def __init__(self, door: Door, ended: Callable[[Conversation], None]) -> None:
        super().__init__()
        self._door = door
        self._limits = door.limits
        self._ended = ended
        self._queue: deque[Reply | Asked] = deque()
        self._mirror: Mirror | None = None
        self._not_allowed: Reply | None = None
        self._counted = False
        self._leaving = False
        self._errors = 0
        self._patience = door.limits.idle
        self._over_at = self.loop.time() + door.limits.session

    def turn_away(self) -> None:
        """The service ends: the client hears it now, or after the message under way."""
        self._leaving = True
        self._hurry_handshake()
        self._inbox.interrupt()

    # --- the conversation

    async def _handle_client(self) -> None:
        try:
            await self._greet()
            while not (self._leaving and self._mirror is None):
                await self._next()
            await self._say_goodbye(replies.CLOSING)
        except ClientSilent:
            self._write(replies.TOO_SLOW.encode())
        except (ClientGone, Over):
            pass
        except Exception as error:
            self._note("session", error)
            self._write(replies.CLOSING_AFTER_FAULT.encode())
        finally:
            if self._mirror is not None:
                self._mirror.abort()
            self._hang_up()
            if self._counted:
                self._door.crowd.leave(self._peer)
            self._ended(self)

    async def _greet(self) -> None:
        if within(self._door.listener.proxy_from, self._peer):
            await self._learn_client()
        self._counted = self._door.crowd.enter(self._peer)
        if not self._counted:
            await self._say_goodbye(replies.TOO_MANY_FROM_ADDRESS)
        self._not_allowed = may_relay(self._door.listener, self._peer)
        self._queue.append(Reply(220, (f"{self._door.hostname} ESMTP",)))

    async def _next(self) -> None:
        """One command, or a wait for one; before a wait every reply is given."""
        try:
            line = self._inbox.take_line(self._limits.command_line)
        except LineTooLong:
            await self._wrong(replies.TOO_LONG)
            return
        if line is None:
            await self._flush()
            if not (self._leaving and self._mirror is None):
                await self._wait()
        elif self._gone:
            raise ClientGone
        else:
            self._patience = self._limits.idle
            await self._obey(line)
            if len(self._queue) >= TURN:
                await self._leave_room(len(self._queue))

    async def _leave_room(self, owed: int) -> None:
        if owed >= OWED:
            await self._reply()  # a refused MAIL is forgotten at the end of its group: what follows it there is no mistake of the client
        if owed % TURN == 0:
            await asyncio.sleep(0)

    async def _wait(self) -> None:
        """The time is for one whole line, so that dripping octets do not renew it."""
        try:
            self._patience -= await self._inbox.more(min(self._patience, self._over_at - self.loop.time()))
        except ClientSilent:
            if self.loop.time() >= self._over_at:
                await self._say_goodbye(replies.SESSION_OVER)
            raise

    async def _obey(self, line: bytes) -> None:
        verb, _, argument = line.partition(b" ")
        verb = verb.upper()
        if verb not in _IN_GROUP:
            await self._flush()
        if verb in _WEB:
            await self._say_goodbye(replies.NO_WEB_SERVER)
        try:
            await self._answer(verb, argument.strip(b" "))
        except (ClientGone, ClientSilent, Over):
            raise
        except Refused as refused:
            await self._wrong(refused.reply)
        except Exception as error:  # a fault of ours is nobody's permanent failure
            self._note("relay", error)
            self._abandon()
            self._queue.append(replies.FAULT)

    async def _answer(self, verb: bytes, argument: bytes) -> None:
        """Obey one command; `verb` is upper-case. Raises Refused, or whatever went wrong."""
        raise NotImplementedError

    async def _wrong(self, reply: Reply) -> None:
        """A refusal that is the client's own doing; too many of them end the session."""
        self._errors += 1
        if self._errors > self._limits.errors:
            await self._say_goodbye(replies.TOO_MANY_ERRORS)
        self._queue.append(reply)

    async def _say_goodbye(self, reply: Reply) -> None:
        self._queue.append(reply)
        await self._flush()
        raise Over

    async def _flush(self) -> None:
        """Give all replies that are owed, and end the transaction that one of them has refused."""
        await self._reply()
        if self._mirror is not None and self._mirror.over:
            await self._forget()

    async def _reply(self) -> None:
        """Give all replies that are owed, in order; what is ready does not wait for what is not."""
        ready = b""
        while self._queue:
            entry = self._queue.popleft()
            if isinstance(entry, Asked):
                mirror = cast(Mirror, self._mirror)
                if ready and not mirror.replied(entry):
                    self._write(ready)
                    ready = b""
                entry = await mirror.settle(entry)
            ready += entry.encode()
        if ready:
            self._write(ready)
        # A client that does not read its replies is not heard any further.
        await self._until_read(self._limits.idle)

    async def _forget(self) -> None:
        mirror, self._mirror = self._mirror, None
        if mirror is not None:
            self._heard(mirror)
            await mirror.reset()

    def _heard(self, mirror: Mirror) -> None:
        try:
            self._door.observer.heard(mirror.accepted, mirror.unknown)
        except Exception as error:  # nothing that is learned in passing may cost a message
            self._note("observer", error)

    def _abandon(self) -> None:
        """After a fault: replies still owed by the next hop become ours, and it gets no final dot."""
        self._queue = deque(replies.FAULT if isinstance(entry, Asked) else entry for entry in self._queue)
        if self._mirror is not None:
            self._mirror.abort()
            self._mirror = None

    def _note(self, where: str, error: Exception) -> None:
        log.error("fault", where=where, fault=type(error).__name__, door=self._door.listener.name)
