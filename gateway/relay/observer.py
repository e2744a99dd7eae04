"""To whom the relay hands a message that the next hop has taken. The relay knows nothing of what happens with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from gateway.message.model import Envelope


class Observer(Protocol):
    """`gateway.intake.Intake` is one. It limits its own time and never raises; the relay guards itself all the same."""

    async def observe(self, octets: bytes, complete: bool, size: int, envelope: Envelope) -> None:
        """Called after the next hop's 2yz and before the client's.

        `octets` are the first PREFIX_LIMIT octets of the message as the client sent it, without dot-stuffing and without the lines the
        relay prepends; `complete` says that this is all of it; `size` is the whole message's, in octets.
        """
        ...

    def heard(self, accepted: Sequence[str], unknown: Sequence[str]) -> None:
        """What the next hop said of the recipients of one transaction, whether a message followed or not: `unknown` is nobody's address.

        Never waits.
        """
        ...
