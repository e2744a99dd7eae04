"""The keyed hashes of one examination: all that the ledger may know of who wrote it, and of which message it is."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.judgement.verdict import Examination
from gateway.ledger.pseudonym import Pseudonyms


@dataclass(frozen=True, slots=True)
class Keyed:
    """Hashes under the ledger's key."""

    own: str
    """Of its Message-ID; of its identity when it has none, so that the ledger can still tie it to its cases."""
    thread: tuple[str, ...]
    correspondent: str | None
    domain: str | None
    recipients: frozenset[str | None]
    """Accepted recipients of an outbound message: whose cases it may answer."""
    further: frozenset[str]
    """Other addresses of the same sender."""

    @classmethod
    def of(cls, examination: Examination, pseudonyms: Pseudonyms) -> Keyed:
        envelope = examination.envelope
        own = pseudonyms.of_message_id(examination.message.message_id or "") or pseudonyms.of_message_id(examination.identity)
        assert own is not None, "an identity is never empty"
        thread_hashes = (pseudonyms.of_message_id(each) for each in examination.thread)
        recipients = envelope.rcpt_to if envelope.direction == "outbound" else ()
        further = (pseudonyms.of_address(each) for each in examination.further_addresses)
        return cls(
            own=own,
            thread=tuple(each for each in thread_hashes if each),
            correspondent=pseudonyms.of_address(examination.inquirer),
            domain=pseudonyms.of_domain(examination.inquirer),
            recipients=frozenset(pseudonyms.of_address(each) for each in recipients),
            further=frozenset(each for each in further if each),
        )

    @property
    def senders(self) -> frozenset[str]:
        """Every address by which the sender is known."""
        return self.further | {self.correspondent} if self.correspondent else self.further
