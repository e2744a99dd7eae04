"""The ledger fails while mail flows: nothing is refused, and everything is recorded afterwards (docs/promises.md, P2)."""

from __future__ import annotations

import signal
import sqlite3
from contextlib import ExitStack, closing, suppress

import pytest

from tests.conftest import GatewayFactory
from tests.harness import ledger
from tests.harness.client import SmtpClient
from tests.harness.faults import fill, no_file_grows, no_further_descriptor, read_only, small_disk
from tests.harness.gateway import GatewayProcess
from tests.harness.hop import RecordingHop
from tests.harness.mails import carries, inquiry, new_message_id, resident, wait_acknowledged
from tests.harness.neighbours import program
from tests.harness.waiting import wait_for

pytestmark = pytest.mark.front_door

SETTINGS = {"timeouts": {"intake": "300ms"}}
LONG = 60.0


class Flow:
    """Sends inquiries, and checks that each was answered 250 and is at the next hop."""

    def __init__(self, gateway: GatewayProcess, hop: RecordingHop, notices: RecordingHop) -> None:
        self.gateway, self.hop, self.notices = gateway, hop, notices
        self.sent: list[str] = []

    def send(self, number: int) -> None:
        with SmtpClient(self.gateway.inbound) as client:
            for _ in range(number):
                message_id = new_message_id()
                sent = client.send(resident(message_id), b"hr@toronto.example", inquiry(message_id))
                assert sent.code == 250, sent.last
                assert carries(self.hop.accepted[-1], message_id)
                self.sent.append(message_id)

    def gateway_settled(self) -> None:
        ledger.wait_recorded(self.gateway.database, len(self.sent), within=LONG)
        ledger.wait_settled(self.gateway.database, within=LONG)

    def assert_all_recorded(self, *, but: int = 0) -> None:
        """All that were sent, but for those a deleted ledger took with it, are recorded and acknowledged, each once."""
        expected = len(self.sent) - but
        ledger.wait_recorded(self.gateway.database, expected, within=LONG)
        for message_id in self.sent:
            assert len(wait_acknowledged(self.notices, message_id, within=LONG)) == 1
        ledger.wait_settled(self.gateway.database, within=LONG)
        assert ledger.count(self.gateway.database, "message") == expected
        assert len(ledger.acknowledgements(self.gateway.database)) == expected
        assert self.gateway.http("/readyz")[0] == 200


@pytest.fixture
def flow(new_gateway: GatewayFactory, hop: RecordingHop, notices_hop: RecordingHop) -> Flow:
    """Of a gateway that is not started yet."""
    return Flow(new_gateway(settings=SETTINGS), hop, notices_hop)


def test_locked_by_another_process(flow: Flow):
    flow.gateway.start()
    flow.send(2)
    with closing(sqlite3.connect(flow.gateway.database, isolation_level=None, timeout=30)) as other:
        other.execute("BEGIN EXCLUSIVE")
        flow.send(5)
        assert flow.gateway.http("/readyz")[0] == 200, "mail can be relayed"
        other.execute("ROLLBACK")
    flow.send(1)
    flow.assert_all_recorded()


def test_locked_and_killed_meanwhile(flow: Flow):
    """What was put aside is on disk: it survives kill -9."""
    flow.gateway.start()
    flow.send(1)
    # An acknowledgement that left but was not settled may be repeated (promise 3): that is another test's business.
    flow.gateway_settled()
    with closing(sqlite3.connect(flow.gateway.database, isolation_level=None, timeout=30)) as other:
        other.execute("BEGIN EXCLUSIVE")
        flow.send(3)
        flow.gateway.kill()
        other.execute("ROLLBACK")
    flow.gateway.start()
    flow.assert_all_recorded()


def test_deleted_while_open(flow: Flow):
    flow.gateway.start()
    flow.send(2)
    flow.assert_all_recorded()
    for path in flow.gateway.database.parent.glob(flow.gateway.database.name + "*"):
        path.unlink()
    flow.send(3)
    flow.assert_all_recorded(but=2)


def test_replaced_by_rubbish_at_the_start(flow: Flow):
    """Never repaired silently: mail flows, the journal holds, and when a person has moved the file away all is recorded."""
    flow.gateway.database.parent.mkdir()
    flow.gateway.database.write_bytes(b"this is no ledger " * 1000)
    flow.gateway.start()
    flow.send(3)
    assert flow.gateway.database.read_bytes().startswith(b"this is no ledger")
    flow.gateway.database.unlink()
    flow.assert_all_recorded()


def test_no_file_may_grow(flow: Flow):
    """Ledger, journal and log: none takes another octet beyond a page."""
    flow.gateway.start()
    flow.send(2)
    with no_file_grows(flow.gateway.pid, beyond=4096):
        flow.send(10)
        assert flow.gateway.http("/readyz")[0] == 200
    flow.assert_all_recorded()


def test_disk_that_cannot_sync(flow: Flow):
    """fsync and fdatasync fail (EIO) for a while: no commit counts that was not synced, no mail waits for one."""
    inject = "inject=fsync,fdatasync:error=EIO:when=30..38"
    flow.gateway.start(wrapper=[program("strace"), "-D", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync,fdatasync", "-e", inject])
    flow.send(40)
    flow.assert_all_recorded()


@pytest.mark.root
def test_ledger_file_read_only(flow: Flow):
    flow.gateway.start()
    flow.send(1)
    flow.gateway.stop()
    with read_only(flow.gateway.database):
        flow.gateway.start()
        flow.send(3)
    flow.assert_all_recorded()


@pytest.mark.root
def test_whole_state_folder_read_only(flow: Flow):
    """Neither ledger nor journal: what memory holds is recorded when the folder takes writes again."""
    flow.gateway.start()
    flow.send(1)
    flow.gateway.stop()
    with read_only(flow.gateway.database.parent):
        flow.gateway.start()
        flow.send(3)
    flow.assert_all_recorded()


@pytest.mark.root
def test_disk_full(flow: Flow):
    state = flow.gateway.database.parent
    with small_disk(state, 64):
        flow.gateway.start()
        flow.send(2)
        filler = fill(state)
        flow.send(20)
        filler.unlink()
        flow.send(1)
        flow.assert_all_recorded()
        flow.gateway.kill()


@pytest.mark.root
def test_disk_full_at_the_start(flow: Flow):
    """Restarted on a full disk that is too small for the journal's reserve: memory holds what was seen."""
    state = flow.gateway.database.parent
    with small_disk(state, 8):
        flow.gateway.start()
        flow.send(1)
        flow.gateway.stop()
        filler = fill(state)
        flow.gateway.start()
        flow.send(3)
        filler.unlink()
        flow.assert_all_recorded()
        flow.gateway.kill()


@pytest.mark.root
def test_very_first_start_on_a_full_disk(flow: Flow):
    """There is no key yet, and none can be written: mail flows, nothing is recorded under a key that a crash would lose, all of it later."""
    state = flow.gateway.database.parent
    with small_disk(state, 8):
        filler = fill(state)
        flow.gateway.start()
        flow.send(3)
        assert not flow.gateway.database.exists() or ledger.count(flow.gateway.database, "message") == 0
        filler.unlink()
        flow.assert_all_recorded()
        flow.gateway.kill()


def test_key_that_others_may_read(flow: Flow):
    """A careless restore must not stop mail: what is seen waits in the journal until the key is mended and the gateway restarted."""
    flow.gateway.start()
    flow.send(1)
    flow.gateway.stop()
    key = flow.gateway.folder / "var" / "gateway.key"
    key.chmod(0o644)
    flow.gateway.start()
    flow.send(3)
    assert "nothing is recorded until it is mended" in flow.gateway.http("/readyz")[1]
    flow.gateway.stop()
    key.chmod(0o600)
    flow.gateway.start()
    flow.assert_all_recorded()


def test_no_descriptor_is_left(flow: Flow):
    """What cannot be done is put off, never refused; and no policy file counts as unreadable."""
    flow.gateway.start()
    flow.send(2)
    with ExitStack() as stack:
        waiting = [stack.enter_context(SmtpClient(flow.gateway.inbound)) for _ in range(4)]
        with no_further_descriptor(flow.gateway.pid):
            mark = len(flow.gateway.output)
            flow.gateway.process.send_signal(signal.SIGHUP)  # type: ignore[union-attr]
            wait_for(lambda: '"policy-' in flow.gateway.output[mark:], "it cannot read the policies, and says so")
            for at, client in enumerate(waiting):
                assert client.begin(b"a@example.org", b"hr@toronto.example").last.code == (250 if at == 0 else 451), "one connection was kept"
            with suppress(OSError), SmtpClient(flow.gateway.inbound) as another:
                assert another.greeting.code == 421
        for client in waiting:
            client.command(b"RSET")
    wait_for(lambda: flow.gateway.http("/readyz")[0] == 200, "it takes connections again")
    flow.send(2)
    flow.assert_all_recorded()
    assert "policy-refused" not in flow.gateway.output
