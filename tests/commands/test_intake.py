"""What becomes of an observation when parts of the gateway fail: nothing is raised, and everything is recorded afterwards."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway import intake as intake_module
from gateway.intake import Intake
from gateway.judgement.unexamined import unexamined
from gateway.judgement.verdict import Examination, History
from gateway.ledger.errors import JournalFailed, LedgerUnavailable, RecordingFailed
from gateway.ledger.journal import Journal
from gateway.ledger.ledger import Ledger
from gateway.ledger.reads import timeline
from gateway.ledger.records import Recorded
from gateway.ledger.writer import Writer
from gateway.message.model import Envelope
from gateway.rulebook import Rulebook, Sighting
from gateway.rulebook_loading import read_rulebook
from gateway.settings import load_settings

NOW = datetime(2026, 11, 16, 15, 12, tzinfo=UTC)
KEY = bytes(range(32))
ENVELOPE = Envelope("resident@example.org", ("hr@toronto.example",), "inbound", NOW, "inbound")
LETTER = b"From: resident@example.org\r\nTo: hr@toronto.example\r\nSubject: A question\r\nMessage-ID: <1@example.org>\r\n\r\nHello, when?\r\n"


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    found = read_rulebook(load_settings(), KEY, NOW).rulebook
    assert found is not None
    return found


@dataclass
class ScriptedWriter:
    """Fails as told, once for each fault; then takes what it is given."""

    faults: list[Exception] = field(default_factory=list)
    taken: list[Examination] = field(default_factory=list)

    def submit(self, examination: Examination) -> asyncio.Future[Recorded]:
        answer: asyncio.Future[Recorded] = asyncio.get_running_loop().create_future()
        if self.faults:
            answer.set_exception(self.faults.pop(0))
        else:
            self.taken.append(examination)
            answer.set_result(Recorded(examination.identity, False, examination.acknowledgement.reason))
        return answer


class BrokenJournal(Journal):
    def append(self, *_: object) -> None:
        raise JournalFailed("disk gone")


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "journal", reserve=1 << 20)
    yield journal
    journal.close()


def scripted(rulebook: Rulebook | None, journal: Journal, faults: Sequence[Exception]) -> tuple[Intake, ScriptedWriter]:
    intake = Intake(lambda: rulebook, journal, lambda: NOW, 1.0, wake=lambda: None)
    writer = ScriptedWriter(list(faults))
    intake.use(writer)  # type: ignore[arg-type]  # the writer's one method that intake calls
    return intake, writer


def run(work: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(_awaited(work))


async def _awaited(work: Callable[[], Awaitable[None]]) -> None:
    await work()


@pytest.mark.parametrize("fault", [LedgerUnavailable("disk-full"), TimeoutError(), RuntimeError("a bug")], ids=["unavailable", "slow", "bug"])
def test_what_the_ledger_does_not_take_waits_in_the_journal(rulebook: Rulebook, journal: Journal, fault: Exception) -> None:
    intake, writer = scripted(rulebook, journal, [fault])

    async def scene() -> None:
        await intake.sighted(LETTER, True, len(LETTER), ENVELOPE).observe()
        assert (journal.pending, writer.taken) == (1, [])
        assert await intake.replay() == 1
        assert await intake.replay() == 0

    run(scene)
    assert journal.pending == 0
    assert [each.envelope for each in writer.taken] == [ENVELOPE]
    assert writer.taken[0].message.message_id == "<1@example.org>"


def test_without_any_good_policy_everything_waits(journal: Journal) -> None:
    intake, writer = scripted(None, journal, [])

    async def scene() -> None:
        await intake.sighted(LETTER, True, len(LETTER), ENVELOPE).observe()

    run(scene)
    assert (journal.pending, writer.taken) == (1, [])


def test_when_the_disk_takes_nothing_memory_does(rulebook: Rulebook, tmp_path: Path) -> None:
    intake, writer = scripted(rulebook, BrokenJournal(tmp_path / "j", reserve=1 << 20), [LedgerUnavailable("disk-full")])

    async def scene() -> None:
        await intake.sighted(LETTER, True, len(LETTER), ENVELOPE).observe()
        assert intake.kept == 1
        await intake.replay()

    run(scene)
    assert (intake.kept, len(writer.taken)) == (0, 1)


def test_memory_is_bounded(rulebook: Rulebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake_module, "KEPT_OCTETS", 2 * len(LETTER))
    intake, _ = scripted(rulebook, BrokenJournal(tmp_path / "j", reserve=1 << 20), [LedgerUnavailable("disk-full")] * 3)

    async def scene() -> None:
        for _ in range(3):
            await intake.sighted(LETTER, True, len(LETTER), ENVELOPE).observe()

    run(scene)
    assert intake.kept == 2


def test_a_row_that_the_ledger_refuses_is_recorded_bare(rulebook: Rulebook, journal: Journal) -> None:
    intake, writer = scripted(rulebook, journal, [RecordingFailed("DataError")])

    async def scene() -> None:
        await intake.sighted(LETTER, True, len(LETTER), ENVELOPE).observe()

    run(scene)
    assert [each.acknowledgement.reason for each in writer.taken] == ["not-examined"]
    assert journal.pending == 0


def test_one_record_that_can_never_be_written_holds_up_nobody(rulebook: Rulebook, journal: Journal) -> None:
    never = [RecordingFailed("DataError")] * 2
    intake, writer = scripted(rulebook, journal, [LedgerUnavailable("locked"), LedgerUnavailable("locked"), *never])
    other = LETTER.replace(b"<1@", b"<2@")

    async def scene() -> None:
        await intake.sighted(LETTER, True, len(LETTER), ENVELOPE).observe()
        await intake.sighted(other, True, len(other), ENVELOPE).observe()
        await intake.replay()

    run(scene)
    assert [each.message.message_id for each in writer.taken] == ["<2@example.org>"]
    assert journal.pending == 0


def test_a_record_of_another_make_holds_up_nobody(rulebook: Rulebook, journal: Journal) -> None:
    intake, writer = scripted(rulebook, journal, [LedgerUnavailable("locked")])
    journal.append({"shape": "unknown"}, LETTER)

    async def scene() -> None:
        await intake.sighted(LETTER, True, len(LETTER), ENVELOPE).observe()
        await intake.replay()

    run(scene)
    assert (len(writer.taken), journal.pending) == (1, 0)


def test_a_fault_in_the_rules_is_recorded_and_can_be_traced(
    rulebook: Rulebook, journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("text of a resident")

    monkeypatch.setattr("gateway.rulebook.examine", broken)
    ledger = Ledger(f"sqlite:///{tmp_path}/l.db", key=KEY, clock=lambda: NOW)
    intake = Intake(lambda: rulebook, journal, lambda: NOW, 5.0, wake=lambda: None)
    writer = Writer(ledger, intake.decide)
    intake.use(writer)

    async def scene() -> None:
        ledger.open()
        writer.start()
        await intake.sighted(LETTER, True, len(LETTER), ENVELOPE).observe()
        assert await writer.drain()

    run(scene)
    with ledger.reading() as connection:
        events = timeline(connection, ledger.pseudonyms, "<1@example.org>")
    ledger.close()
    assert [(each.what, each.detail.get("reason")) for each in events if each.what == "seen"] == [("seen", "not-examined")]
    assert "ZeroDivisionError" in events[0].detail["defects"][0]
    assert "resident" not in str(events)


def test_a_sighting_survives_the_journal() -> None:
    seen = Sighting(b"\x00\xff\r\n", False, 77, ENVELOPE)
    assert Sighting.from_journal(seen.header(), seen.octets) == seen


def test_a_message_is_judged_by_the_policy_that_it_was_examined_by(rulebook: Rulebook, journal: Journal) -> None:
    """However often the policy is swapped while the message waits for its turn; what was not examined takes the one in force."""
    later = replace(rulebook, policy=replace(rulebook.policy, version="later", divisions={}, by_mailbox={}))
    in_force = rulebook
    intake = Intake(lambda: in_force, journal, lambda: NOW, 1.0, wake=lambda: None)
    writer = ScriptedWriter()
    intake.use(writer)  # type: ignore[arg-type]  # the writer's one method that intake calls

    async def scene() -> None:
        nonlocal in_force
        await intake.sighted(LETTER, True, len(LETTER), ENVELOPE).observe()
        in_force = later
        await intake.sighted(LETTER, True, len(LETTER), ENVELOPE).observe()

    run(scene)
    before, after = writer.taken
    history = History(references={case.mailbox: "HR-4K7M" for case in before.cases})
    assert intake.decide(before, history).verdict.policy_version == rulebook.policy.version
    assert intake.decide(after, History()).verdict.policy_version == "later"
    assert intake.decide(unexamined(LETTER, ENVELOPE, "a fault"), History()).verdict.policy_version == "later"


@pytest.mark.parametrize("saved", [False, True])
def test_what_was_read_ahead_is_read_again_only_after_a_policy_was_saved(saved: bool, rulebook: Rulebook, journal: Journal) -> None:
    """A next hop may consider for minutes: a stop that is saved meanwhile holds."""
    read: list[str] = []

    class Counted:
        def __init__(self, version: str) -> None:
            self.policy = replace(rulebook.policy, version=version)

        def examine(self, sighting: Sighting) -> Examination:
            read.append(self.policy.version)
            return replace(rulebook, policy=self.policy).examine(sighting)

    before, later = Counted("before"), Counted("later")
    in_force: Any = before
    intake = Intake(lambda: in_force, journal, lambda: NOW, 1.0, wake=lambda: None)
    writer = ScriptedWriter()
    intake.use(writer)  # type: ignore[arg-type]  # the writer's one method that intake calls

    async def scene() -> None:
        nonlocal in_force
        letter = intake.sighted(LETTER, True, len(LETTER), ENVELOPE)
        letter.read_ahead()
        assert (read, writer.taken) == (["before"], [])
        in_force = later if saved else before
        await letter.observe()

    run(scene)
    assert read == (["before", "later"] if saved else ["before"])
    assert [each.policy_version for each in writer.taken] == [read[-1]]


@pytest.mark.parametrize("what", ["no policy yet", "a heavy message", "a fault"])
def test_what_cannot_be_read_ahead_is_read_when_it_is_recorded(rulebook: Rulebook, journal: Journal, what: str) -> None:
    heavy = LETTER + b"x" * intake_module.HEAVY
    octets = heavy if what == "a heavy message" else LETTER
    in_force = [rulebook]

    def rulebook_in_force() -> Rulebook | None:
        if what == "a fault" and not in_force:
            raise RuntimeError("a bug")
        return in_force[0] if in_force else None

    intake = Intake(rulebook_in_force, journal, lambda: NOW, 5.0, wake=lambda: None)
    writer = ScriptedWriter()
    intake.use(writer)  # type: ignore[arg-type]  # the writer's one method that intake calls

    async def scene() -> None:
        letter = intake.sighted(octets, True, len(octets), ENVELOPE)
        kept = in_force.copy()
        if what != "a heavy message":
            in_force.clear()
        letter.read_ahead()
        in_force[:] = kept
        await letter.observe()

    run(scene)
    assert [each.message.message_id for each in writer.taken] == ["<1@example.org>"]
    assert journal.pending == 0


def test_what_only_memory_holds_is_kept_at_the_end(rulebook: Rulebook, journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    intake, writer = scripted(rulebook, journal, [LedgerUnavailable("disk-full")] * 2)

    async def scene() -> None:
        with monkeypatch.context() as full:
            full.setattr(journal, "append", BrokenJournal.append)
            await intake.sighted(LETTER, True, len(LETTER), ENVELOPE).observe()
        assert (intake.kept, journal.pending) == (1, 0)
        await intake.close()

    run(scene)
    assert (intake.kept, journal.pending, writer.taken) == (0, 1, [])


def test_a_heavy_message_is_read_beside_the_others(rulebook: Rulebook, journal: Journal) -> None:
    """Its reading cannot end before another message is recorded: on the event loop, that would never be."""
    light_is_done = threading.Event()
    heavy = LETTER.replace(b"<1@", b"<2@") + b"x" * intake_module.HEAVY

    class Slow:
        policy = rulebook.policy

        def examine(self, sighting: Sighting) -> Examination:
            if sighting.octets == heavy:
                assert light_is_done.wait(5)
            return rulebook.examine(sighting)

    intake, writer = scripted(Slow(), journal, [])  # type: ignore[arg-type]  # what intake uses of a rulebook

    async def scene() -> None:
        reading = asyncio.create_task(intake.sighted(heavy, True, len(heavy), ENVELOPE).observe())
        await asyncio.sleep(0)
        await intake.sighted(LETTER, True, len(LETTER), ENVELOPE).observe()
        light_is_done.set()
        await reading

    run(scene)
    assert [each.message.message_id for each in writer.taken] == ["<1@example.org>", "<2@example.org>"]
    assert journal.pending == 0


def test_the_time_limit_holds_for_reading_too(rulebook: Rulebook, journal: Journal) -> None:
    """The 250 goes out; what takes for ever waits in the journal."""
    let_go = threading.Event()
    heavy = LETTER + b"x" * intake_module.HEAVY

    class Stuck:
        policy = rulebook.policy

        def examine(self, sighting: Sighting) -> Examination:
            let_go.wait(10)
            return rulebook.examine(sighting)

    intake, writer = scripted(Stuck(), journal, [])  # type: ignore[arg-type]  # what intake uses of a rulebook

    async def scene() -> None:
        await intake.sighted(heavy, True, len(heavy), ENVELOPE).observe()
        assert (journal.pending, writer.taken) == (1, [])
        let_go.set()

    run(scene)
