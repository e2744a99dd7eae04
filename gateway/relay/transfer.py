"""Takes one message from the client after 354 and passes it on as it comes, so that memory stays bounded (docs/promises.md, P1).

The final dot goes to the next hop only after everything that could still refuse the message has been asked. Where something does,
the connection is cut without it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gateway.delivery.hop import Unavailable
from gateway.delivery.reply import Reply
from gateway.delivery.transaction import Transaction
from gateway.relay import replies
from gateway.relay.budget import Budget, Share
from gateway.relay.data import EndOfData, Prefix
from gateway.relay.door import Limits
from gateway.relay.inbox import Inbox
from gateway.relay.observer import Observation
from gateway.relay.turns import LARGE, Turns


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one message."""

    reply: Reply
    observation: Observation | None = None
    """Where its final dot went to the next hop, and somebody is to be told of it."""


class Transfer:
    """One message. `ended` says whether the client's end mark has been read."""

    def __init__(self, inbox: Inbox, transaction: Transaction, limits: Limits, budget: Budget, turns: Turns) -> None:
        self._inbox = inbox
        self._transaction = transaction
        self._limits = limits
        self._turns = turns
        self._end = EndOfData()
        self._prefix = Prefix()
        self._credit = limits.idle
        self._share = Share(budget)
        self._share.holds(0)

    @property
    def ended(self) -> bool:
        return self._end.ended

    def release(self) -> None:
        """The message is no longer in memory."""
        self._share.release()

    async def run(self, head: bytes, forbids: Callable[[bytes], Reply | None], sighted: Callable[[bytes, int], Observation | None]) -> Taken:
        """Pass on `head` and the message. Raises ClientGone and ClientSilent.

        `forbids` sees its prefix before the final dot; `sighted` is told of the prefix and the size of what nothing forbids.
        """
        last = head + await self._next()
        while not self._end.ended:
            await self._transaction.write(last)
            last = await self._next()
        if self._end.rest:
            self._inbox.give_back(self._end.rest)
        prefix = self._prefix.take(stuffed=self._end.stuffed > 0)
        refused = replies.LONE_DOT if self._end.lone_dot else forbids(prefix)
        if refused:
            return Taken(refused)
        observation = sighted(prefix, self._end.size)
        return Taken(await self._finish(last, observation.read_ahead if observation else None), observation)

    async def _finish(self, last: bytes, meanwhile: Callable[[], None] | None) -> Reply:
        try:
            return await self._transaction.end(last, meanwhile)
        except Unavailable as failure:
            return failure.reply

    async def _next(self) -> bytes:
        if not self._inbox:
            await self._wait()
        if self._end.size + len(self._inbox) > LARGE:
            await self._turns.mine()  # what has come stays in the inbox, which takes at most one more piece meanwhile
        octets = self._inbox.take()
        self._credit = min(self._limits.idle, self._credit + len(octets) / self._limits.data_rate)
        passed = self._end.feed(octets)
        self._prefix.feed(passed, self._end.stuffed)
        self._share.holds(len(self._prefix) + len(octets))
        return passed

    async def _wait(self) -> None:
        """Only the time spent waiting for the client counts against it."""
        self._credit -= await self._inbox.more(self._credit)
