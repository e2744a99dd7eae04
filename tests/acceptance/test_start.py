"""Starting: embedded defaults work as they are; what cannot work is said in one line that says what to do, exit 2."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.acceptance.conftest import ROOMS
from tests.conftest import GatewayFactory
from tests.harness import ledger
from tests.harness.client import send
from tests.harness.gateway import FRESH, clean_environment, run_gateway
from tests.harness.mails import inquiry, new_message_id, parsed
from tests.harness.ports import free_port
from tests.harness.waiting import PATIENCE, wait_for

pytestmark = pytest.mark.front_door


def free_ports() -> tuple[dict[str, str], int, int]:
    """The embedded defaults on other ports, said through the environment as docs/configuration.md promises."""
    inbound, outbound, web = free_port(), free_port(), free_port()
    listeners = [{"name": name, "bind": f"127.0.0.1:{port}", "direction": name} for name, port in (("inbound", inbound), ("outbound", outbound))]
    return {"GATEWAY_LISTENER": json.dumps(listeners), "GATEWAY_WEB__BIND": f"127.0.0.1:{web}"}, inbound, web


def test_embedded_defaults_take_mail_and_acknowledge_it(clone: Path):
    environment, inbound, web = free_ports()
    output = clone / "output"
    with output.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway", "serve"],
            cwd=clone, env=clean_environment() | environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        wait_for(lambda: process.poll() is not None or reachable(inbound), "it listens")
        message_id = new_message_id()
        octets = inquiry(message_id)
        assert send(inbound, b"resident@example.org", b"HR@toronto.example", octets).code == 250
        delivered = maildir(clone / "var/mail/hr@toronto.example")
        assert delivered[0].endswith(octets)
        (acknowledgement,) = wait_for(lambda: maildir(clone / "var/mail/resident@example.org"), "the acknowledgement is delivered")
        assert parsed(acknowledgement)["In-Reply-To"] == message_id
        said = output.read_text()
        assert f"127.0.0.1:{inbound}" in said, "it prints where to send mail"
        assert f"127.0.0.1:{web}" in said, "and which page to open"
        assert ledger.count(clone / "var/gateway.db", "message") == 1
    finally:
        process.send_signal(signal.SIGTERM)
        status = process.wait(PATIENCE)
    assert status == 0


def reachable(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def maildir(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in (folder / "new").iterdir()] if (folder / "new").is_dir() else []


def serve(folder: Path, config: str | None = None, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """`gateway serve` that is expected to end by itself."""
    arguments = ["serve"]
    if config is not None:
        (folder / "gateway.toml").write_text(config)
        arguments += ["--config", "gateway.toml"]
    return run_gateway(*arguments, cwd=folder, env={**free_ports()[0], **(environment or {})}, within=PATIENCE)


def assert_refused(done: subprocess.CompletedProcess[str], *words: str, lines: int = 1) -> None:
    """Exit 2 and so many lines on standard error, which have these words and no traceback."""
    assert done.returncode == 2, done.stderr
    said = done.stderr.strip().splitlines()
    assert len(said) == lines, done.stderr
    assert "Traceback" not in done.stderr
    for word in words:
        assert re.search(word, done.stderr), f"{word!r} is not in {done.stderr!r}"


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("organization_domains = [", [r"gateway\.toml:1:\d+: error: "]),
        ("\n\nnext_hopp = 1\n", [r"gateway\.toml:3:1: error: ", "next_hopp"]),
        ("[timeouts]\nconnect = 'soon'\n", [r"gateway\.toml:2:1: error: ", "connect", "5s|60s"]),
        ("[next_hop]\ninbound = 'ftp://example.org'\n", [r"gateway\.toml:2:1: error: ", "smtp://"]),
        ("[paths]\npolicies = 'nowhere'\n", ["nowhere"]),
    ],
    ids=["syntax", "unknown-key", "duration", "next-hop", "missing-folder"],
)
def test_an_unusable_configuration_is_refused_in_one_line(clone: Path, config: str, words: list[str]):
    assert_refused(serve(clone, config), *words)


def test_all_errors_of_a_configuration_come_at_once(clone: Path):
    config = "[timeouts]\nconnect = 'soon'\ncommand = -1\n[caps]\ndomain = 'many'\n"
    assert_refused(serve(clone, config), r"toml:2:1:", r"toml:3:1:", r"toml:5:1:", lines=3)


@pytest.mark.parametrize("command", ["check", "serve"])
def test_check_finds_what_serve_would_not_start_with(clone: Path, command: str):
    """Well written, and yet of no use: a port, an option, an engine, a file that is not there."""
    (clone / "gateway.toml").write_text(
        "[next_hop]\ninbound = 'smtp://127.0.0.1:99999'\nnotices = ['smtp://a.example', 'smtp://a.example?tls=perhaps']\n"
        "[ledger]\nurl = 'mysql://ledger'\n[[listener]]\nname = 'a'\nbind = '127.0.0.1:1'\n"
        "[[listener]]\nname = 'b'\nbind = '127.0.0.1:1'\ntls = 'required'\ncertificate = 'absent.pem'\n"
    )
    done = run_gateway(command, cwd=clone, within=PATIENCE)
    assert_refused(done, r"toml:2:1: error: .*99999", r"toml:3:1: .*perhaps", r"toml:5:1: .*mysql", r"toml:13:1: .*absent\.pem", lines=4)


def test_a_missing_configuration_file_is_refused(clone: Path):
    done = run_gateway("serve", "--config", "absent.toml", cwd=clone, within=PATIENCE, command=FRESH)
    assert_refused(done, r"absent\.toml")


def test_a_bad_environment_is_refused(clone: Path):
    assert_refused(serve(clone, None, {"GATEWAY_TIMEOUTS__CONNECT": "soon"}), "timeouts.connect|TIMEOUTS__CONNECT")


@pytest.mark.parametrize("key", ["GATEWAY_LISTENER", "GATEWAY_WEB__BIND"])
def test_a_port_in_use_is_refused(clone: Path, key: str):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free_port()))
        taken.listen()
        bind = f"127.0.0.1:{taken.getsockname()[1]}"
        value = json.dumps([{"name": "inbound", "bind": bind}]) if key == "GATEWAY_LISTENER" else bind
        assert_refused(serve(clone, None, {key: value}), re.escape(bind))


def test_a_ledger_of_a_newer_version_is_refused(clone: Path, new_gateway: GatewayFactory):
    gateway = new_gateway()
    gateway.start()
    gateway.stop()
    with closing(sqlite3.connect(gateway.database)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'ffff_of_the_future'")
        connection.commit()
    gateway.start(ready=False)
    assert gateway.process
    assert gateway.process.wait(PATIENCE) == 2
    last = gateway.output.strip().splitlines()[-1]
    assert re.search("newer", last)
    assert "Traceback" not in gateway.output


def test_a_broken_policy_starts_degraded_and_mail_flows(clone: Path, new_gateway: GatewayFactory, hop):
    (clone / "policies" / "human-resources.yaml").write_text("name: [unfinished\n")
    gateway = new_gateway(settings={"paths": {room: str(clone / room) for room in ROOMS}})
    gateway.start(ready=False)
    gateway.wait_listening()
    assert send(gateway.inbound, b"resident@example.org", b"hr@toronto.example", inquiry(new_message_id())).code == 250
    assert len(hop.accepted) == 1
    assert gateway.http("/readyz")[0] == 200
    assert "human-resources.yaml" in gateway.output


def test_a_second_start_is_quick(new_gateway: GatewayFactory):
    gateway = new_gateway()
    gateway.start()
    gateway.stop()
    begun = time.monotonic()
    gateway.start(fresh=True)
    assert time.monotonic() - begun < 10


def test_the_module_and_the_script_are_the_same(tmp_path: Path):
    script = Path(sys.executable).with_name("gateway")
    assert os.access(script, os.X_OK)
    both = [run_gateway("--version", cwd=tmp_path, command=command) for command in ([str(script)], FRESH)]
    assert both[0].stdout == both[1].stdout
    assert [done.returncode for done in both] == [0, 0]


def test_a_reload_during_the_start_ends_nothing(new_gateway: GatewayFactory):
    gateway = new_gateway()
    gateway.start(ready=False)
    wait_for((gateway.folder / "var" / "gateway.key").exists, "the start has begun", every=0.001)
    assert gateway.process
    gateway.process.send_signal(signal.SIGHUP)
    gateway.wait_ready()
