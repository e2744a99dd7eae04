"""To whom the relay hands a message that the next hop has taken. The relay knows nothing of what happens with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from gateway.message.model import Envelope


class Observation(Protocol):
    """One message on its way through. Neither method raises; the relay guards itself all the same."""

    def read_ahead(self) -> None:
        """Called, or not, while the next hop considers the message: what can be worked out now need not be later. Nothing may follow from it."""
        ...

    async def observe(self) -> None:
        """Called after the next hop's 2yz and before the client's, or never. It limits its own time."""
        ...


class Observer(Protocol):
    """`gateway.intake.Intake` is one."""

    def sighted(self, octets: bytes, complete: bool, size: int, envelope: Envelope) -> Observation:
        """Called before the final dot goes to the next hop. Does nothing yet.

        `octets` are the first PREFIX_LIMIT octets of the message as the client sent it, without dot-stuffing and without the lines the
        relay prepends; `complete` says that this is all of it; `size` is the whole message's, in octets.
        """
        ...

    def heard(self, accepted: Sequence[str], unknown: Sequence[str]) -> None:
        """What the next hop said of the recipients of one transaction, whether a message followed or not: `unknown` is nobody's address.

        Never waits.
        """
        ...
