"""One client at the front door: aiosmtpd's session, its replies mirrored from the next hop (docs/promises.md, P1).

It says 250 only after the next hop has, and never refuses for good what is a fault of ours. Nothing is cancelled because a client
leaves: what has reached its end mark is finished and observed. docs/relay.md says what is replaced of aiosmtpd, and why.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from functools import partial

import structlog

from gateway.delivery.extensions import NONE
from gateway.delivery.forwarding import KEYWORD as XFORWARD
from gateway.delivery.reply import Reply
from gateway.message.model import PREFIX_LIMIT, Envelope
from gateway.relay import replies, xforward
from gateway.relay.admission import may_receive, may_relay, may_send
from gateway.relay.certificate import client_names
from gateway.relay.conversation import Conversation
from gateway.relay.data import refusal
from gateway.relay.door import Door
from gateway.relay.envelope import Path, read_path
from gateway.relay.inbox import ClientGone, ClientSilent
from gateway.relay.mirror import Mirror
from gateway.relay.observer import Observation
from gateway.relay.received import marker_field, protocol, received_field
from gateway.relay.transfer import Transfer

log = structlog.get_logger()

ANNOUNCED = ("PIPELINING", "SIZE", "8BITMIME", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES", XFORWARD)
"""What passes through where the next hop has it. Never AUTH, CHUNKING or BINARYMIME."""

_WITHOUT_TLS = (b"EHLO", b"HELO", b"NOOP", b"QUIT", b"STARTTLS")


class RelaySession(Conversation):
    """The commands of one connection."""

    def __init__(self, door: Door, ended: Callable[[Conversation], None]) -> None:
        super().__init__(door, ended)
        self._announced: frozenset[str] = frozenset()
        self._helo = ""
        self._extended = False
        self._commands_without_mail = 0
        self._itself: dict[str, bytes] = {}
        self._forwarded: dict[str, bytes] = {}

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

    # --- commands without a transaction

    async def _ehlo(self, argument: bytes) -> None:
        if not argument:
            await self._wrong(replies.NO_NAME)
            return
        await self._hello(argument, extended=True)
        extensions = NONE if self._not_allowed else await self._door.pool.extensions()
        passed = [(name, extensions.keywords[name]) for name in ANNOUNCED if name in extensions and (name != XFORWARD or extensions.pipelining)]
        self._announced = frozenset(name for name, _ in passed)
        lines = [self._door.hostname, *(f"{name} {value}".strip() for name, value in passed)]
        if self._door.certificate is not None and not self._encrypted:
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
        self._forwarded = {}
        self._helo = argument.decode("utf-8", "replace")
        self._extended = extended
        self._itself = xforward.of_client(self._peer, self._port, self._helo, "ESMTP" if extended else "SMTP")

    async def _starttls(self, argument: bytes) -> None:
        certificate = self._door.certificate
        if argument or certificate is None or self._encrypted:
            wrong = replies.NO_ARGUMENT if argument else replies.ENCRYPTED_ALREADY if self._encrypted else replies.NOT_OFFERED
            await self._wrong(wrong)
            return
        await self._forget()
        if self._inbox:
            # What was sent in plain text must never count as sent inside TLS (CVE-2011-0411).
            await self._say_goodbye(replies.PLAIN_TEXT)
        self._write(replies.READY_FOR_TLS.encode())
        await self._encrypt(certificate.context)
        # RFC 3207 §4.2: nothing that was said before counts.
        self._helo, self._announced, self._forwarded = "", frozenset(), {}
        self._not_allowed = may_relay(self._door.listener, self._peer, client_names(self.transport))

    async def _xforward(self, argument: bytes) -> None:
        """Only where it was announced, so never from a client that may not relay."""
        if XFORWARD not in self._announced or self._mirror is not None:
            await self._wrong(replies.NOT_OFFERED if XFORWARD not in self._announced else replies.NOT_NOW)
            return
        self._forwarded |= xforward.read(argument)
        self._queue.append(replies.OK)

    async def _rset(self, argument: bytes) -> None:
        await self._forget()
        self._forwarded = {}
        self._queue.append(replies.NO_ARGUMENT if argument else replies.OK)

    async def _noop(self, argument: bytes) -> None:
        self._queue.append(replies.OK)

    async def _vrfy(self, argument: bytes) -> None:
        self._queue.append(replies.CANNOT_VERIFY)

    async def _help(self, argument: bytes) -> None:
        self._queue.append(replies.HELP)

    async def _bdat(self, argument: bytes) -> None:
        # Never announced. What a client sends behind it all the same is part of a message: it must not be read as commands (RFC 3030 §2).
        await self._say_goodbye(replies.NOT_OFFERED)

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
        if self.loop.time() >= self._over_at:
            await self._say_goodbye(replies.SESSION_OVER)
        if self._door.budget.spent:
            self._queue.append(replies.NO_ROOM)
            return
        self._mirror = Mirror(path, self._announced, self._client())
        self._queue.append(await self._mirror.mail(self._door.pool))

    def _client(self) -> dict[str, bytes]:
        """For the next hop's log: whom the client named, else itself. It holds for one transaction."""
        named, self._forwarded = self._forwarded, {}
        return named or self._itself

    async def _rcpt(self, argument: bytes) -> None:
        mirror = await self._current()
        if mirror is None:
            await self._wrong(replies.NO_MAIL)
            return
        path = read_path(argument, b"TO", utf8="SMTPUTF8" in mirror.sender.uses)
        if refused := self._turned_away(mirror, path):
            # No bad command: the recipients that may be written to must not pay for the others. But who never stops means harm.
            if mirror.recipients >= self._limits.recipients + self._limits.recipients_beyond:
                await self._wrong(refused)
                return
            mirror.turned_away()
            self._queue.append(refused)
        else:
            self._queue.append(mirror.rcpt(path))

    def _turned_away(self, mirror: Mirror, path: Path) -> Reply | None:
        """Why we do not ask the next hop about this recipient; None: we do."""
        if refused := may_receive(self._door.listener, path.address):
            return refused
        if mirror.recipients >= self._limits.recipients:
            return replies.TOO_MANY_RECIPIENTS
        return replies.ONE_RECIPIENT if mirror.one_recipient and mirror.accepted else None

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
        if self._door.budget.spent:
            self._queue.append(replies.NO_ROOM)
            await self._flush()
            await self._forget()
            return
        self._queue.append(mirror.data())
        await self._flush()
        if mirror.taking:
            await self._take(mirror)

    async def _take(self, mirror: Mirror) -> None:
        transfer = Transfer(self._inbox, mirror.transaction, self._limits, self._door.budget, self._door.turns)
        try:
            await self._pass_on(mirror, transfer)
        finally:
            transfer.release()

    async def _pass_on(self, mirror: Mirror, transfer: Transfer) -> None:
        """The message itself. Whatever goes wrong with us inside it, its octets are never read as commands."""
        listener, number = self._door.listener, f"{random.getrandbits(48):012x}"
        try:
            now = self._door.clock()
            head = marker_field(listener.marker)
            if listener.received:
                how = protocol(extended=self._extended, encrypted=self._encrypted, utf8="SMTPUTF8" in mirror.sender.uses)
                head = received_field(helo=self._helo, peer=self._peer, hostname=self._door.hostname, protocol=how, number=number, now=now) + head
            forbids = partial(refusal, received_fields=self._limits.received_fields, require_header=listener.require_header)
            envelope = Envelope(mirror.sender.address, tuple(mirror.accepted), listener.direction, now, listener.name, listener.trusted_senders)
            taken = await transfer.run(head, forbids, partial(self._sighted, envelope))
        except (ClientGone, ClientSilent):
            raise
        except Exception as error:
            if transfer.ended:
                raise
            self._note("data", error)
            self._abandon()
            await self._say_goodbye(replies.CLOSING_AFTER_FAULT)
        self._mirror = None
        self._heard(mirror)
        mirror.abort()  # nothing, unless the message was refused by us
        if taken.reply.positive:
            self._commands_without_mail = 0
            await self._observe(taken.observation)
        else:
            log.info("refused", stage="end", code=taken.reply.code, status=taken.reply.status, id=number)
        self._queue.append(taken.reply)

    def _sighted(self, envelope: Envelope, prefix: bytes, size: int) -> Observation | None:
        if not envelope.rcpt_to:
            return None
        try:
            return self._door.observer.sighted(prefix, size <= PREFIX_LIMIT, size, envelope)
        except Exception as error:  # the message goes on all the same
            self._note("observer", error)
            return None

    async def _observe(self, observation: Observation | None) -> None:
        if observation is None:
            return
        try:
            await observation.observe()
        except Exception as error:  # the next hop has the message: the answer stays 250
            self._note("observer", error)


_COMMANDS: dict[bytes, Callable[[RelaySession, bytes], Awaitable[None]]] = {
    b"EHLO": RelaySession._ehlo,
    b"HELO": RelaySession._helo_command,
    b"MAIL": RelaySession._mail,
    b"RCPT": RelaySession._rcpt,
    b"DATA": RelaySession._data,
    b"BDAT": RelaySession._bdat,
    b"RSET": RelaySession._rset,
    b"NOOP": RelaySession._noop,
    b"QUIT": RelaySession._quit,
    b"STARTTLS": RelaySession._starttls,
    b"XFORWARD": RelaySession._xforward,
    b"VRFY": RelaySession._vrfy,
    b"HELP": RelaySession._help,
}
