"""One message of one client, mirrored: its MAIL, RCPT and DATA go to the next hop, whose replies become the client's.

It keeps what the replies decided (sender, accepted recipients) and turns a next hop that fails into 451. It reads nothing from
the client and writes nothing to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

import structlog

from gateway.delivery.hop import Unavailable
from gateway.delivery.pool import Pool
from gateway.delivery.reply import Reply
from gateway.delivery.transaction import NOTHING, Transaction
from gateway.relay.envelope import Path

Stage = Literal["mail", "rcpt", "data", "end"]

log = structlog.get_logger()


class Asked(NamedTuple):
    """A reply that the next hop owes: its number in the transaction, and what it is about."""

    number: int
    stage: Stage
    path: Path | None = None


class Mirror:
    """From MAIL to the end of data, a refusal or RSET."""

    def __init__(self, sender: Path, announced: frozenset[str], client: Mapping[str, bytes]) -> None:
        self.sender = sender
        self.accepted: list[str] = []
        """Recipients the next hop said 2yz to, in order."""
        self.unknown: list[str] = []
        """Recipients that, as the next hop says, nobody has."""
        self.recipients = 0
        """Recipients the client has named, the next hop asked about them or not."""
        self.fault: Reply | None = None
        """Set when the next hop cannot be had: the answer to all that follows in this transaction."""
        self.over = False
        """MAIL or DATA was refused: the transaction is gone, as for any SMTP server."""
        self.taking = False
        """354 was given."""
        self._announced = announced
        self._client = client
        self._transaction: Transaction | None = None

    @property
    def transaction(self) -> Transaction:
        """What the next hop was asked with. Only after `mail` brought no fault."""
        assert self._transaction is not None
        return self._transaction

    @property
    def in_group(self) -> bool:
        """Whether more may be sent before the replies are known (RFC 2920)."""
        return self._transaction is None or (self._transaction.pipelining and not self._transaction.one_recipient)

    @property
    def one_recipient(self) -> bool:
        """LMTP: see `Transaction.one_recipient`."""
        return self._transaction is not None and self._transaction.one_recipient

    async def mail(self, pool: Pool) -> Reply | Asked:
        """Get a next-hop session and send MAIL."""
        try:
            self._transaction = await Transaction.begin(pool, self._client)
        except Unavailable as failure:
            return self._fail(failure)
        return self._ask(b"MAIL FROM:" + self.sender.argument, "mail", None, self.sender.uses)

    def rcpt(self, path: Path) -> Reply | Asked:
        """Send RCPT."""
        self.recipients += 1
        return self._ask(b"RCPT TO:" + path.argument, "rcpt", path, path.uses)

    def turned_away(self) -> None:
        """A recipient that we refused ourselves."""
        self.recipients += 1

    def data(self) -> Reply | Asked:
        """Send DATA."""
        return self._ask(b"DATA", "data", None, NOTHING)

    def replied(self, asked: Asked) -> bool:
        """Whether `settle` would not have to wait."""
        return self.transaction.replied(asked.number)

    async def settle(self, asked: Asked) -> Reply:
        """The next hop's reply, and what follows from it; call in order."""
        try:
            reply = await self.transaction.reply(asked.number)
        except Unavailable as failure:
            return self._fail(failure)
        if reply.code >= 400:
            log.info("refused", stage=asked.stage, code=reply.code, status=reply.status)
            self.over = self.over or asked.stage in ("mail", "data")
            if asked.path is not None and reply.nobody_there:
                self.unknown.append(asked.path.address)
        elif asked.path is not None:
            self.accepted.append(asked.path.address)
        self.taking = asked.stage == "data" and reply.code == 354
        return reply

    async def reset(self) -> None:
        """The client gives up, or has nothing more to say."""
        if self._transaction is not None:
            await self._transaction.reset()

    def abort(self) -> None:
        """Cut the next hop's connection, unless the message has been taken."""
        if self._transaction is not None:
            self._transaction.abort()

    def _ask(self, line: bytes, stage: Stage, path: Path | None, uses: frozenset[str]) -> Reply | Asked:
        if self.fault is not None:
            return self.fault
        try:
            return Asked(self.transaction.send(line, uses & self._announced), stage, path)
        except Unavailable as failure:
            return self._fail(failure)

    def _fail(self, failure: Unavailable) -> Reply:
        if self.fault is None:
            log.info("next-hop-failed", why=failure.cause)
        self.fault = failure.reply
        return failure.reply
