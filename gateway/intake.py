"""Where both doors end: octets and envelope become a verdict and one ledger transaction. Never changes the 250, never raises.

The session parses and applies the rules that need no history; the ledger's writer thread calls `Intake.decide` in order of
arrival and commits. What takes too long or fails goes to the fsynced journal (docs/promises.md, P2), and is replayed when the
ledger is well again. Should even the journal fail, observations wait in memory, bounded.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from time import perf_counter
from typing import NamedTuple

import structlog

from gateway import telemetry
from gateway.judgement.unexamined import unexamined
from gateway.judgement.verdict import Examination, History
from gateway.ledger.errors import LedgerFault, RecordingFailed
from gateway.ledger.journal import Journal, JournalRecord
from gateway.ledger.records import Decision, Recorded
from gateway.ledger.writer import Writer
from gateway.message.model import Envelope
from gateway.pausepoint import reached
from gateway.rulebook import Rulebook, Sighting

KEPT_OCTETS = 32 << 20
"""Octets held in memory when neither ledger nor journal takes them; what would go beyond is counted as lost."""

REPLAY_EVERY = 2.0
"""Seconds between looks at the journal."""

REPLAY_TIMEOUT = 30.0
"""Seconds a replayed observation may wait for its commit; nobody waits for a reply here."""

HEAVY = 64 << 10
"""Octets from which on a message is read off the event loop. The worst that fewer can hold took 0.15 s, the worst of 1 MiB 0.5 s."""

RULEBOOKS_KEPT = 4
"""Rulebooks in use at once at most: a message waits seconds for its turn, and a policy is not saved more often than that."""

_RELAYED = {direction: telemetry.MESSAGES.labels(direction, "relayed") for direction in ("inbound", "outbound")}

log = structlog.get_logger()


class Intake:
    """Records what was relayed. One instance for the process; all methods run on the event loop except `decide`."""

    def __init__(
        self, rulebook: Callable[[], Rulebook | None], journal: Journal, clock: Callable[[], datetime], limit: float, wake: Callable[[], None]
    ) -> None:
        self._rulebook = rulebook
        self._journal = journal
        self._clock = clock
        self._limit = limit
        self._wake = wake
        self._writer: Writer | None = None
        self._examined_by: dict[str, Rulebook] = {}
        self._reader = ThreadPoolExecutor(1, "reader")  # one: two would take the event loop's turns as well
        self._kept: deque[Sighting] = deque()
        self._kept_octets = 0

    def use(self, writer: Writer) -> None:
        """The writer calls `decide`, so each needs the other."""
        self._writer = writer

    @property
    def kept(self) -> int:
        """Observations that only memory holds."""
        return len(self._kept)

    def sighted(self, octets: bytes, complete: bool, size: int, envelope: Envelope) -> Relayed:
        """One message that the next hop gets now."""
        return Relayed(self, Sighting(octets, complete, size, envelope))

    def examined(self, sighting: Sighting) -> Examined | None:
        """What can be said of a message that is quickly read, now; None for others, and where there is no policy."""
        rulebook = self._rulebook()
        if rulebook is None or len(sighting.octets) >= HEAVY:
            return None
        return Examined(rulebook, rulebook.examine(sighting))

    async def observe(self, sighting: Sighting, examined: Examined | None) -> None:
        """Record one message that the next hop has taken, within the time limit; never raises."""
        reached("after-next-hop-250")
        began = perf_counter()
        try:
            async with asyncio.timeout(self._limit):
                await self._record(sighting, examined)
        except Exception as error:  # whatever it is, the message is relayed and the sender gets its 250
            telemetry.fault("ledger", error)
            await self._put_aside(sighting)
        telemetry.INTAKE_SECONDS.observe(perf_counter() - began)
        _RELAYED[sighting.envelope.direction].inc()

    async def record(self, sighting: Sighting) -> None:
        """Record one message that its mailbox goes on keeping until this has returned, so that no journal is wanted.

        Raises LedgerFault, NoRulebook or TimeoutError: nothing is lost, and the caller comes again.
        """
        await self._record_slowly(sighting)
        telemetry.MESSAGES.labels(sighting.envelope.direction, "watched").inc()

    def heard(self, accepted: Iterable[str], unknown: Iterable[str]) -> None:
        """What a next hop said of recipients; kept in memory until the next message is recorded."""
        rulebook = self._rulebook()
        if rulebook is not None and self._writer is not None:
            self._writer.recipients.heard(accepted, unknown, rulebook.policy.organization_domains)

    def decide(self, examination: Examination, history: History) -> Decision:
        """For the writer's batch (its thread), in order of arrival."""
        rulebook = self._examined_by.get(examination.policy_version) or self._rulebook()
        if rulebook is None:
            raise NoRulebook
        decision = rulebook.judge_and_compose(examination, history, self._clock()).decision
        telemetry.DECISIONS.labels(decision.verdict.acknowledgement.reason).inc()
        reached("before-commit")
        return decision

    async def _record(self, sighting: Sighting, examined: Examined | None = None) -> Recorded:
        rulebook = self._rulebook()
        if rulebook is None or self._writer is None:
            raise NoRulebook
        self._remember(rulebook)
        # A next hop may consider for minutes: what was read by a policy that is no longer in force (a stop was saved, say) is read again.
        ahead = examined.examination if examined and examined.rulebook is rulebook else None
        try:
            recorded = await self._writer.submit(ahead or await self._examine(rulebook, sighting))
        except RecordingFailed as error:
            # The ledger is well, this one row is not: better a bare record than none.
            telemetry.fault("record", error)
            recorded = await self._writer.submit(unexamined(sighting.octets, sighting.envelope, "RecordingFailed"))
        reached("after-commit")
        if recorded.declaration is not None:
            telemetry.DECLARATIONS.labels(recorded.declaration).inc()
        if recorded.survey is not None:
            _tell_of_survey(recorded.survey)
        if len(recorded.claimed) < recorded.notices:
            self._wake()
        return recorded

    async def _examine(self, rulebook: Rulebook, sighting: Sighting) -> Examination:
        """Other mail goes on while a heavy message is read, and the time limit holds for it."""
        if len(sighting.octets) < HEAVY:
            return rulebook.examine(sighting)
        return await asyncio.get_running_loop().run_in_executor(self._reader, rulebook.examine, sighting)

    def _remember(self, rulebook: Rulebook) -> None:
        """A message that waits for its turn is judged by the policy that it was examined by; the last few are kept for it."""
        version = rulebook.policy.version
        if self._examined_by.get(version) is not rulebook:
            self._examined_by = dict([*self._examined_by.items(), (version, rulebook)][-RULEBOOKS_KEPT:])

    async def _put_aside(self, sighting: Sighting) -> None:
        """Journal first; memory when the disk takes nothing at all."""
        try:
            async with asyncio.timeout(self._limit):
                await asyncio.to_thread(self._journal.append, sighting.header(), sighting.octets)
            telemetry.JOURNALED.inc()
        except Exception as error:  # a dead disk must not hold the 250 either
            telemetry.fault("journal", error)
            self._keep(sighting)

    def _keep(self, sighting: Sighting) -> None:
        if self._kept_octets + len(sighting.octets) > KEPT_OCTETS:
            telemetry.MESSAGES.labels(sighting.envelope.direction, "unrecorded").inc()
            log.critical("observation-lost", why="ledger, journal and memory are full", direction=sighting.envelope.direction)
            return
        self._kept.append(sighting)
        self._kept_octets += len(sighting.octets)

    async def replay_for_ever(self) -> None:
        """Bring journal and memory back into the ledger, whenever it takes writes; ends by cancellation."""
        while True:
            await asyncio.sleep(REPLAY_EVERY)
            try:
                await self.replay()
            except (LedgerFault, NoRulebook, TimeoutError):
                continue  # still unwell, and said so already; the next look comes soon enough
            except Exception as error:
                telemetry.fault("replay", error)

    async def replay(self) -> int:
        """One pass, oldest first; stops at the first that the ledger does not take. Idempotent: the identity is unique."""
        replayed = 0
        while self._kept:
            await self._record_slowly(self._kept[0])
            self._kept_octets -= len(self._kept.popleft().octets)
            replayed += 1
        waiting = self._journal.replay()
        while (record := await asyncio.to_thread(next, waiting, None)) is not None:
            if (sighting := _sighting(record)) is not None:
                await self._record_slowly(sighting)
            await asyncio.to_thread(self._journal.forget, record)
            replayed += 1
        if replayed:
            telemetry.REPLAYED.inc(replayed)
            log.info("journal-replayed", observations=replayed)
        return replayed

    async def close(self) -> None:
        """The process ends: what only memory holds goes to the ledger or the journal now, or is said to be lost."""
        if not self._kept:
            return
        try:
            async with asyncio.timeout(self._limit):
                await self.replay()
        except Exception as error:
            telemetry.fault("replay", error)
        while self._kept:
            sighting = self._kept.popleft()
            try:
                await asyncio.to_thread(self._journal.append, sighting.header(), sighting.octets)
            except Exception as error:
                telemetry.fault("journal", error)
                telemetry.MESSAGES.labels(sighting.envelope.direction, "unrecorded").inc()
                log.critical("observation-lost", why="at the end neither ledger nor journal takes it", direction=sighting.envelope.direction)
        self._kept_octets = 0

    async def _record_slowly(self, sighting: Sighting) -> None:
        try:
            async with asyncio.timeout(REPLAY_TIMEOUT):
                await self._record(sighting)
        except RecordingFailed:
            # Not even a bare record: trying for ever would hold up all that wait behind it.
            telemetry.MESSAGES.labels(sighting.envelope.direction, "unrecorded").inc()
            log.critical("observation-lost", why="the ledger refuses this one record", direction=sighting.envelope.direction)


class Examined(NamedTuple):
    """What was said of a message, and the rulebook that it was said by."""

    rulebook: Rulebook
    examination: Examination


class Relayed:
    """One message on its way (`relay/observer.py`): read while the next hop considers it, recorded once it was taken."""

    __slots__ = ("_examined", "_intake", "_sighting")

    def __init__(self, intake: Intake, sighting: Sighting) -> None:
        self._intake = intake
        self._sighting = sighting
        self._examined: Examined | None = None

    def read_ahead(self) -> None:
        """Costs a message that the next hop then refuses its reading, and whoever waits for an acknowledgement nothing."""
        try:
            self._examined = self._intake.examined(self._sighting)
        except Exception as error:  # then it is read, or met, when it is recorded
            telemetry.fault("examine", error)

    async def observe(self) -> None:
        """Record it."""
        await self._intake.observe(self._sighting, self._examined)


def _tell_of_survey(outcome: str) -> None:
    telemetry.SURVEY_ANSWERS.labels(outcome).inc()
    if outcome not in ("counted", "opted-out"):
        log.warning("survey-answer-refused", why=outcome, said="nothing was stored of it; docs/surveys.md tells what each means")


def _sighting(record: JournalRecord) -> Sighting | None:
    """What a record says; None, loudly, for one that no version of ours wrote (its checksum was good all the same)."""
    try:
        return Sighting.from_journal(record.header, record.octets)
    except (KeyError, TypeError, ValueError) as error:
        telemetry.fault("journal", error)
        log.critical("observation-lost", why="a journal record that cannot be understood")
        return None


class NoRulebook(Exception):
    """No policy has been good since the start: observations wait in the journal until one is."""
