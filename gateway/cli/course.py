"""One policy folder taken through a body of mail, message after message, with the live rules and a ledger of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gateway.judgement.unexamined import unexamined
from gateway.judgement.verdict import Examination, History
from gateway.ledger.errors import RecordingFailed
from gateway.ledger.records import Decision, Notice
from gateway.ledger.scratch import CaseTally, ScratchLedger
from gateway.reports.difference import Outcome
from gateway.reports.replay import Mail, Tally
from gateway.rulebook import Judged, Read, Rulebook, Sighting


class Course:
    """Feed it with sightings in order of time."""

    def __init__(self, folder: str, rulebook: Rulebook) -> None:
        self.rulebook = rulebook
        self.tally = Tally(folder, rulebook.policy.version)
        self._ledger = ScratchLedger(rulebook.secret, rulebook.policy.caps)
        self._judged: dict[int, Judged] = {}

    def take(self, sightings: Sequence[Sighting], read: Sequence[Read]) -> list[tuple[Outcome, bool]]:
        """What becomes of each, and whether it is a copy of an earlier one. Raises LedgerUnavailable: no room for temporary files."""
        # The steps by which each decision was reached would be most of the ledger, and nobody asks for them here.
        examinations = [replace(self.rulebook.examine(*each), trace=()) for each in zip(sightings, read, strict=True)]
        self._judged.clear()
        recorded = self._ledger.record(examinations, self._decide)
        taken = [
            self._unexamined(sighting) if isinstance(said, RecordingFailed) else (self._outcome(examination), said.repeated)
            for sighting, examination, said in zip(sightings, examinations, recorded, strict=True)
        ]
        for outcome, _ in taken:
            self.tally.add(outcome.verdict)
        return taken

    def cases(self, mail: Mail) -> list[CaseTally]:
        """As they stand when the last message has come."""
        return self._ledger.tallies(mail.last) if mail.last else []

    def close(self) -> None:
        self._ledger.close()

    def _decide(self, examination: Examination, history: History) -> Decision:
        judged = self.rulebook.judge_and_compose(examination, history, examination.envelope.received_at)
        self._judged[id(examination)] = judged
        decision = judged.decision
        return replace(decision, notices=tuple(_unsent(each) for each in decision.notices))

    def _outcome(self, examination: Examination) -> Outcome:
        judged = self._judged[id(examination)]
        return Outcome(judged.verdict, judged.composed)

    def _unexamined(self, sighting: Sighting) -> tuple[Outcome, bool]:
        """As live intake does with a message that the rules or the ledger cannot take: a bare record."""
        bare = unexamined(sighting.octets, sighting.envelope, "RecordingFailed")
        self._ledger.record([bare], self._decide)
        return self._outcome(bare), False


def _unsent(notice: Notice) -> Notice:
    """What history has to know of it: not its words, and not a resident's address (that of staff tells how often they were warned)."""
    return replace(notice, octets=b"", rcpt_to="" if notice.kind == "acknowledgement" else notice.rcpt_to)
