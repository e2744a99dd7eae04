"""Fixtures for tests through the front door; what they start, they end."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog
from hypothesis import settings

from tests.harness import empty_ledger
from tests.harness.gateway import GatewayProcess
from tests.harness.hop import RecordingHop, Script
from tests.harness.neighbours import DovecotInstance

# Two cores are shared by all workers: a slow example is no finding. In CI the examples are the same every time.
settings.register_profile("house", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("house")

# Where it is set (as in many containers), every process that a test starts would compile the whole gateway anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


@pytest.fixture(autouse=True)
def logs_as_at_the_start() -> Iterator[None]:
    """A command that runs in this process sets its logs, and each module's logger remembers what it was set to when first used."""
    yield
    if structlog.is_configured():
        structlog.reset_defaults()
        for name, module in list(sys.modules.items()):
            if name.startswith("gateway") and (log := getattr(module, "log", None)) is not None:
                vars(log).pop("bind", None)


@pytest.fixture(autouse=True, scope="session")
def empty_ledgers() -> Iterator[None]:
    with empty_ledger.made_once():
        yield


@pytest.fixture
def hop() -> Iterator[RecordingHop]:
    """The next hop of relayed mail, both directions."""
    with RecordingHop() as hop:
        yield hop


@pytest.fixture
def notices_hop() -> Iterator[RecordingHop]:
    """Where the mail that the gateway writes arrives."""
    with RecordingHop() as hop:
        yield hop


@dataclass
class Chain:
    """A gateway with its next hop and its notices hop, shared by the tests of one module: none of them may break it."""

    gateway: GatewayProcess
    hop: RecordingHop
    notices: RecordingHop


@pytest.fixture(scope="module")
def _shared_chain(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Chain]:
    settings_of_module = getattr(request.module, "SETTINGS", {})
    with RecordingHop() as hop, RecordingHop() as notices:
        gateway = GatewayProcess(tmp_path_factory.mktemp("chain"), next_hop=hop.url, notices=notices.url, settings=settings_of_module)
        try:
            gateway.start()
            yield Chain(gateway, hop, notices)
        finally:
            gateway.kill()


@pytest.fixture
def chain(_shared_chain: Chain) -> Iterator[Chain]:
    """The module's chain with fresh scripts and empty records; a module may set SETTINGS for its gateway.toml."""
    mark = len(_shared_chain.gateway.output)
    for hop in (_shared_chain.hop, _shared_chain.notices):
        hop.script = Script()
        hop.forget()
    yield _shared_chain
    print(_shared_chain.gateway.output[mark:][-5000:])
    assert _shared_chain.gateway.process
    assert _shared_chain.gateway.process.poll() is None, "the gateway died"


GatewayFactory = Callable[..., GatewayProcess]


@pytest.fixture
def new_gateway(tmp_path: Path, hop: RecordingHop, notices_hop: RecordingHop) -> Iterator[GatewayFactory]:
    """Makes gateways that are not started yet; `next_hop`, `notices` and `settings` may be given. All are killed at the end."""
    made: list[GatewayProcess] = []

    def make(folder: Path | None = None, **how: object) -> GatewayProcess:
        place = folder or tmp_path / f"gateway-{len(made)}"
        place.mkdir(exist_ok=True)
        made.append(GatewayProcess(place, **({"next_hop": hop.url, "notices": notices_hop.url} | how)))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for each in made:
        each.kill()
        print(each.output[-5000:])  # pytest shows it where the test failed


@pytest.fixture
def gateway(new_gateway: GatewayFactory) -> GatewayProcess:
    """A gateway that is ready, with `hop` and `notices_hop` behind it."""
    started = new_gateway()
    started.start()
    return started


@contextmanager
def folder_for_all() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="gateway-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A temporary folder that the users postfix and dovecot can reach (pytest's own is closed to them)."""
    with folder_for_all() as folder:
        yield folder


@pytest.fixture(scope="module")
def module_folder() -> Iterator[Path]:
    """The same, for what the tests of a module share."""
    with folder_for_all() as folder:
        yield folder


@pytest.fixture
def dovecot(open_folder: Path) -> Iterator[DovecotInstance]:
    """A running private Dovecot with LMTP and Maildirs."""
    instance = DovecotInstance(open_folder / "dovecot")
    instance.start()
    yield instance
    instance.stop()
