"""One client at the front door: aiosmtpd's session, its replies mirrored from the next hop (DESIGN §3.1).

It says 250 only after the next hop has, and never refuses for good what is a fault of ours. Nothing is cancelled because a client
leaves: what has reached its end mark is finished and observed. docs/relay.md says what is replaced of aiosmtpd, and why.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import cast

import structlog

from gateway.delivery.extensions import NONE
from gateway.delivery.reply import Reply
from gateway.message.model import PREFIX_LIMIT, Envelope
from gateway.relay import replies
from gateway.relay.admission import may_receive, may_relay, may_send
from gateway.relay.connection import ClientConnection
from gateway.relay.data import refusal
from gateway.relay.door import Door
from gateway.relay.envelope import Refused, read_path
from gateway.relay.inbox import ClientGone, ClientSilent, LineTooLong
from gateway.relay.mirror import Asked, Mirror
from gateway.relay.received import marker_field, protocol, received_field
from gateway.relay.transfer import Taken, Transfer

log = structlog.get_logger()

ANNOUNCED = ("PIPELINING", "SIZE", "8BITMIME", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES")
"""What passes through where the next hop has it. Never AUTH, CHUNKING or BINARYMIME."""

_WITHOUT_TLS = (b"EHLO", b"HELO", b"NOOP", b"QUIT", b"STARTTLS")
_IN_GROUP = (b"MAIL", b"RCPT", b"DATA")
"""Commands whose replies may wait for each other (RFC 2920 §3.1); before all others every reply is given."""


class _Over(Exception):
    """The conversation has ended; everything was said."""


class RelaySession(ClientConnection):
    """One connection. `ended` is called with it when its work is over, which may be after the connection is gone."""

    def __init__(self, door: Door, ended: Callable[[RelaySession], None]) -> None:
        super().__init__(door.hostname)
        self._door = door
        self._limits = door.limits
        self._ended = ended
        self._queue: deque[Reply | Asked] = deque()
        self._mirror: Mirror | None = None
        self._not_allowed: Reply | None = None
        self._announced: frozenset[str] = frozenset()
        self._helo = ""
        self._extended = self._leaving = False
        self._errors = self._commands_without_mail = 0
        self._patience = door.limits.idle

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._not_allowed = may_relay(self._door.listener, self._peer)

    def turn_away(self) -> None:
        """The service ends: the client hears it now, or after the message under way."""
        self._leaving = True
        self._inbox.interrupt()

    # --- the conversation

    async def _handle_client(self) -> None:
        try:
            self._queue.append(Reply(220, (f"{self._door.hostname} ESMTP",)))
            while not (self._leaving and self._mirror is None):
                await self._next()
            await self._say_goodbye(replies.CLOSING)
        except ClientSilent:
            self._write(replies.TOO_SLOW.encode())
        except (ClientGone, _Over):
            pass
        except Exception as error:
            self._note("session", error)
            self._write(replies.CLOSING_AFTER_FAULT.encode())
        finally:
            if self._mirror is not None:
                self._mirror.abort()
            self._hang_up()
            self._ended(self)

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

    async def _wait(self) -> None:
        """The time is for one whole line, so that dripping octets do not renew it."""
        since = self.loop.time()
        await self._inbox.more(self._patience)
        self._patience -= self.loop.time() - since

    async def _obey(self, line: bytes) -> None:
        verb, _, argument = line.partition(b" ")
        verb = verb.upper()
        if verb not in _IN_GROUP:
            await self._flush()
        try:
            await self._answer(verb, argument.strip(b" "))
        except (ClientGone, ClientSilent, _Over):
            raise
        except Refused as refused:
            await self._wrong(refused.reply)
        except Exception as error:  # a fault of ours is nobody's permanent failure
            self._note("relay", error)
            self._abandon()
            self._queue.append(replies.FAULT)

    async def _answer(self, verb: bytes, argument: bytes) -> None:
        self._commands_without_mail += verb not in (b"RCPT", b"DATA")
        if self._commands_without_mail > self._limits.commands_without_mail:
            await self._say_goodbye(replies.TOO_MANY_COMMANDS)
        command = _COMMANDS.get(verb)
        if command is None:
            await self._wrong(replies.UNKNOWN)
        elif self._door.listener.tls == "required" and not self._encrypted and verb not in _WITHOUT_TLS:
            await self._wrong(replies.NEEDS_TLS)
        else:
            await command(self, argument)

    async def _wrong(self, reply: Reply) -> None:
        """A refusal that is the client's own doing; too many of them end the session."""
        self._errors += 1
        if self._errors > self._limits.errors:
            await self._say_goodbye(replies.TOO_MANY_ERRORS)
        self._queue.append(reply)

    async def _say_goodbye(self, reply: Reply) -> None:
        self._queue.append(reply)
        await self._flush()
        raise _Over

    async def _flush(self) -> None:
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
        if self._mirror is not None and self._mirror.over:
            await self._forget()
        # A client that does not read its replies is not heard any further.
        await self._until_read(self._limits.idle)

    async def _forget(self) -> None:
        mirror, self._mirror = self._mirror, None
        if mirror is not None:
            await mirror.reset()

    def _abandon(self) -> None:
        """After a fault: replies still owed by the next hop become ours, and it gets no final dot."""
        self._queue = deque(replies.FAULT if isinstance(entry, Asked) else entry for entry in self._queue)
        if self._mirror is not None:
            self._mirror.abort()
            self._mirror = None

    def _note(self, where: str, error: Exception) -> None:
        log.error("fault", where=where, fault=type(error).__name__, door=self._door.listener.name)

    # --- commands without a transaction

    async def _ehlo(self, argument: bytes) -> None:
        if not argument:
            await self._wrong(replies.NO_NAME)
            return
        await self._hello(argument, extended=True)
        extensions = NONE if self._not_allowed else await self._door.pool.extensions()
        passed = [(name, extensions.keywords[name]) for name in ANNOUNCED if name in extensions]
        self._announced = frozenset(name for name, _ in passed)
        lines = [self._door.hostname, *(f"{name} {value}".strip() for name, value in passed)]
        if self._door.tls is not None and not self._encrypted:
            lines.append("STARTTLS")
        self._queue.append(Reply(250, tuple(lines)))

    async def _helo_command(self, argument: bytes) -> None:
        if not argument:
            await self._wrong(replies.NO_NAME)
            return
        await self._hello(argument, extended=False)
        self._announced = frozenset()
        self._queue.append(Reply(250, (self._door.hostname,)))

    async def _hello(self, argument: bytes, *, extended: bool) -> None:
        await self._forget()
        self._helo = argument.decode("utf-8", "replace")
        self._extended = extended

    async def _starttls(self, argument: bytes) -> None:
        if argument or self._door.tls is None or self._encrypted:
            wrong = replies.NO_ARGUMENT if argument else replies.ENCRYPTED_ALREADY if self._encrypted else replies.NOT_OFFERED
            await self._wrong(wrong)
            return
        await self._forget()
        if self._inbox:
            # What was sent in plain text must never count as sent inside TLS (CVE-2011-0411).
            await self._say_goodbye(replies.PLAIN_TEXT)
        self._write(replies.READY_FOR_TLS.encode())
        await self._encrypt(self._door.tls)
        # RFC 3207 §4.2: nothing that was said before counts.
        self._helo, self._announced = "", frozenset()

    async def _rset(self, argument: bytes) -> None:
        await self._forget()
        self._queue.append(replies.NO_ARGUMENT if argument else replies.OK)

    async def _noop(self, argument: bytes) -> None:
        self._queue.append(replies.OK)

    async def _vrfy(self, argument: bytes) -> None:
        self._queue.append(replies.CANNOT_VERIFY)

    async def _help(self, argument: bytes) -> None:
        self._queue.append(replies.HELP)

    async def _quit(self, argument: bytes) -> None:
        await self._forget()
        await self._say_goodbye(replies.BYE)

    # --- the transaction

    async def _mail(self, argument: bytes) -> None:
        if not self._helo:
            await self._wrong(replies.NO_HELLO)
            return
        if self._mirror is not None:
            await self._flush()  # the next hop may have refused the MAIL before this one
        if self._mirror is not None and self._mirror.fault is None:
            await self._wrong(replies.NESTED_MAIL)
            return
        await self._forget()
        path = read_path(argument, b"FROM", utf8="SMTPUTF8" in self._announced)
        if refused := self._not_allowed or may_send(self._door.listener, path.address):
            await self._wrong(refused)
            return
        self._mirror = Mirror(path, self._announced)
        self._queue.append(await self._mirror.mail(self._door.pool))

    async def _rcpt(self, argument: bytes) -> None:
        mirror = await self._current()
        if mirror is None:
            await self._wrong(replies.NO_MAIL)
            return
        path = read_path(argument, b"TO", utf8="SMTPUTF8" in mirror.sender.uses)
        if refused := may_receive(self._door.listener, path.address):
            await self._wrong(refused)
        elif mirror.recipients >= self._limits.recipients:
            self._queue.append(replies.TOO_MANY_RECIPIENTS)
        elif mirror.one_recipient and mirror.accepted:
            self._queue.append(replies.ONE_RECIPIENT)
        else:
            self._queue.append(mirror.rcpt(path))

    async def _current(self) -> Mirror | None:
        """The open transaction; with its replies known where the next hop wants to be asked one by one."""
        if self._mirror is not None and not self._mirror.in_group:
            await self._flush()
        return self._mirror

    async def _data(self, argument: bytes) -> None:
        mirror = await self._current()
        if mirror is None or argument:
            await self._wrong(replies.NO_ARGUMENT if argument else replies.NO_MAIL)
            return
        if mirror.fault is None and (not mirror.recipients or (mirror.one_recipient and not mirror.accepted)):
            await self._wrong(replies.NO_RECIPIENTS)
            return
        self._queue.append(mirror.data())
        await self._flush()
        if mirror.taking:
            await self._take(mirror)

    async def _take(self, mirror: Mirror) -> None:
        """The message itself. Whatever goes wrong with us inside it, its octets are never read as commands."""
        listener, number = self._door.listener, secrets.token_hex(6)
        transfer = Transfer(self._inbox, mirror.transaction, self._limits)
        try:
            now = self._door.clock()
            head = marker_field(listener.marker)
            if listener.received:
                how = protocol(extended=self._extended, encrypted=self._encrypted, utf8="SMTPUTF8" in mirror.sender.uses)
                head = received_field(helo=self._helo, peer=self._peer, hostname=self._door.hostname, protocol=how, number=number, now=now) + head
            forbids = partial(refusal, received_fields=self._limits.received_fields, require_header=listener.require_header)
            taken = await transfer.run(head, forbids)
        except (ClientGone, ClientSilent):
            raise
        except Exception as error:
            if transfer.ended:
                raise
            self._note("data", error)
            self._abandon()
            await self._say_goodbye(replies.CLOSING_AFTER_FAULT)
        self._mirror = None
        mirror.abort()  # nothing, unless the message was refused by us
        if taken.reply.positive:
            self._commands_without_mail = 0
            received = Envelope(mirror.sender.address, tuple(mirror.accepted), listener.direction, now, listener.name, listener.trusted_senders)
            await self._observe(taken, received)
        else:
            log.info("refused", stage="end", code=taken.reply.code, status=taken.reply.status, id=number)
        self._queue.append(taken.reply)

    async def _observe(self, taken: Taken, envelope: Envelope) -> None:
        if not envelope.rcpt_to:
            return
        try:
            await self._door.observer.observe(taken.prefix, taken.size <= PREFIX_LIMIT, taken.size, envelope)
        except Exception as error:  # the next hop has the message: the answer stays 250
            self._note("observer", error)


_COMMANDS: dict[bytes, Callable[[RelaySession, bytes], Awaitable[None]]] = {
    b"EHLO": RelaySession._ehlo,
    b"HELO": RelaySession._helo_command,
    b"MAIL": RelaySession._mail,
    b"RCPT": RelaySession._rcpt,
    b"DATA": RelaySession._data,
    b"RSET": RelaySession._rset,
    b"NOOP": RelaySession._noop,
    b"QUIT": RelaySession._quit,
    b"STARTTLS": RelaySession._starttls,
    b"VRFY": RelaySession._vrfy,
    b"HELP": RelaySession._help,
}
