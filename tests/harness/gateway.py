"""The real command, as a process in a folder of its own: started, stopped, killed by its pid, started again."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.harness.forking import Forked, fork, may_be_forked
from tests.harness.ports import free_port
from tests.harness.waiting import PATIENCE, wait_for

REPOSITORY = Path(__file__).resolve().parents[2]
DOMAIN = "toronto.example"
Table = Mapping[str, object]


def toml(tables: Mapping[str, object]) -> str:
    """A TOML document of plain values, tables and lists of tables: JSON's strings, numbers and lists are TOML's too."""
    plain, nested = [], []
    for key, value in tables.items():
        if isinstance(value, Mapping):
            nested.append(f"\n[{key}]\n" + _lines(value))
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            nested += [f"\n[[{key}]]\n" + _lines(each) for each in value]
        else:
            plain.append(_lines({key: value}))
    return "".join(plain + nested)


def _lines(values: Mapping[str, object]) -> str:
    return "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())


class GatewayProcess:
    """`gateway serve` with inbound, outbound and page on free ports, its ledger and journal in `folder`/var.

    `next_hop` and `notices` are URLs. `settings` are further top-level keys or tables of gateway.toml, merged over the
    ones made here. The policies, templates and signatures are the shipped ones unless `paths` says otherwise.
    """

    def __init__(self, folder: Path, *, next_hop: str, notices: str, settings: Mapping[str, object] | None = None) -> None:
        self.folder = folder
        self.inbound, self.outbound, self.web = free_port(), free_port(), free_port()
        self.config = folder / "gateway.toml"
        self.log = folder / "gateway.log"
        self.process: subprocess.Popen[bytes] | Forked | None = None
        self._pause_file = folder / "paused"
        self.configure(self._tables(next_hop, notices), settings or {})

    def _tables(self, next_hop: str, notices: str) -> dict[str, object]:
        return {
            "organization_domains": [DOMAIN],
            "listener": [
                {"name": "inbound", "bind": f"127.0.0.1:{self.inbound}", "direction": "inbound"},
                {"name": "outbound", "bind": f"127.0.0.1:{self.outbound}", "direction": "outbound"},
            ],
            "next_hop": {"inbound": next_hop, "outbound": next_hop, "notices": notices},
            "notices": {"lease": "3s"},  # a killed sender's notices are free again soon
            "ledger": {"url": "sqlite:///var/gateway.db"},
            "paths": {name: str(REPOSITORY / name) for name in ("policies", "templates", "signatures")},
            "web": {"bind": f"127.0.0.1:{self.web}"},
        }

    def configure(self, *layers: Mapping[str, object]) -> None:
        """Write gateway.toml; later layers win, tables are merged key by key."""
        tables: dict[str, object] = {}
        for layer in layers:
            for key, value in layer.items():
                before = tables.get(key)
                tables[key] = {**before, **value} if isinstance(before, Mapping) and isinstance(value, Mapping) else value
        self.config.write_text(toml(tables))

    @property
    def database(self) -> Path:
        return self.folder / "var" / "gateway.db"

    @property
    def output(self) -> str:
        """Standard output and error of all starts so far."""
        return self.log.read_text("utf-8", "replace") if self.log.exists() else ""

    @property
    def pid(self) -> int:
        assert self.process
        return self.process.pid

    def start(
        self,
        *,
        pause_at: str = "",
        env: Mapping[str, str] | None = None,
        wrapper: Sequence[str] = (),
        options: Sequence[str] = (),
        kept: Sequence[int] = (),
        script: str = "",
        ready: bool = True,
        fresh: bool = False,
    ) -> None:
        """Start and, unless `ready` is false, wait until /readyz says 200. `pause_at` is `<point>[:n]`; `script` runs instead of the gateway.
        `kept`: a listening socket that it gets as systemd passes one, or none.

        `fresh`: in an interpreter of its own. Otherwise forked (tests/harness/forking.py) where nothing given here speaks against it.
        """
        assert self.process is None or self.process.poll() is not None, "it runs already"
        self._pause_file.unlink(missing_ok=True)
        environment = clean_environment() | dict(env or {})
        if pause_at:
            environment |= {"GATEWAY_PAUSE_AT": pause_at, "GATEWAY_PAUSE_FILE": str(self._pause_file)}
        arguments = ("serve", "--config", str(self.config), *options)
        with self.log.open("ab") as log:
            if kept or (not (fresh or wrapper) and may_be_forked(environment)):
                self.process = fork(arguments, cwd=self.folder, env=environment, stdout=log.fileno(), stderr=log.fileno(), script=script, kept=kept)
            else:
                self.process = subprocess.Popen(
                    [*wrapper, sys.executable, *(("-P", script) if script else ("-m", "gateway")), *arguments],
                    cwd=self.folder,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )
        if ready:
            self.wait_ready()

    def wait_listening(self) -> None:
        """Until the inbound port takes connections, ready or not."""
        wait_for(lambda: listening(self.inbound), f"the gateway listens\n{self.output[-3000:]}")

    def wait_ready(self) -> None:
        wait_for(self._ready_or_dead, "the gateway is ready", every=0.05)
        assert self.process
        assert self.process.poll() is None, f"the gateway ended with {self.process.returncode}:\n{self.output[-3000:]}"

    def _ready_or_dead(self) -> bool:
        assert self.process
        return self.process.poll() is not None or self.http("/readyz")[0] == 200

    def http(self, path: str) -> tuple[int, str]:
        """Status and body; (0, "") when nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.web}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def wait_paused(self) -> str:
        """The name of the point at which the process stopped."""

        def named() -> str:
            assert self.process
            assert self.process.poll() is None, f"ended instead of pausing:\n{self.output[-3000:]}"
            return self._pause_file.read_text().strip() if self._pause_file.exists() else ""

        return wait_for(named, "the pause point is reached")

    def kill(self) -> None:
        """kill -9: nothing of ours runs any more."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """SIGTERM, and the exit status."""
        return self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> int:
        process = self.process
        if process is None:
            return 0
        if process.poll() is None:
            process.send_signal(how)
        try:
            return process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"still running {PATIENCE:g} s after {how.name}") from None

    def cli(self, *arguments: str, within: float = 60.0) -> subprocess.CompletedProcess[str]:
        """Another `gateway` command on the same configuration."""
        return run_gateway(*arguments, "--config", str(self.config), cwd=self.folder, within=within)

    def json(self, *arguments: str) -> Any:
        """The JSON document that a command prints."""
        done = self.cli(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


def listening(port: int) -> bool:
    """Whether 127.0.0.1:`port` takes connections."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def clean_environment() -> dict[str, str]:
    """Ours without any GATEWAY_ variable, so that a developer's shell cannot change a test."""
    return {key: value for key, value in os.environ.items() if not key.startswith("GATEWAY_")}


def run_gateway(
    *arguments: str | Path, cwd: Path, env: Mapping[str, str] | None = None, within: float = 60.0, command: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    """`gateway …` to its end, without standard input; `command` instead of it, in an interpreter of its own."""
    environment = clean_environment() | dict(env or {})
    if not command and may_be_forked(environment):
        return _run_forked(tuple(map(str, arguments)), cwd, environment, within)
    return subprocess.run(
        [*(command or FRESH), *arguments],
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=within,
        check=False,
    )


FRESH = (sys.executable, "-m", "gateway")
"""`run_gateway(…, command=FRESH)`: an interpreter of its own."""


def _run_forked(arguments: tuple[str, ...], cwd: Path, environment: Mapping[str, str], within: float) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryFile("w+") as stdout, tempfile.TemporaryFile("w+") as stderr:
        running = fork(arguments, cwd=cwd, env=environment, stdout=stdout.fileno(), stderr=stderr.fileno())
        try:
            returncode = running.wait(within)
        except subprocess.TimeoutExpired:
            running.kill()
            raise
        stdout.seek(0)
        stderr.seek(0)
        return subprocess.CompletedProcess(("gateway", *arguments), returncode, stdout.read(), stderr.read())
