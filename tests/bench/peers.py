"""The programs that are compared, each as a private instance on loopback ports, in a folder that is removed afterwards.

What is not installed says so and is left out. docs/performance.md says which Debian packages bring them.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from pathlib import Path

from tests.bench.letters import CITY, MAILBOXES
from tests.harness.gateway import REPOSITORY, GatewayProcess, listening
from tests.harness.neighbours import DovecotInstance, PostfixInstance
from tests.harness.ports import free_port
from tests.harness.waiting import wait_for

_PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
_SMTPD = "127.0.0.1:{port} inet n - n - - smtpd\n"
_VACATION = (
    'require ["vacation"];\nvacation :days 1 :subject "We have received your message" :addresses ["{address}"] '
    '"Thank you for your message. You will have an answer within two business days.";\n'
)


class Peer(ABC):
    """One program under load. `port` takes mail; `replies` says whether it answers each message, and `at_sink` how many messages
    reach the sink for one that it takes, all in all."""

    name: str
    port: int
    replies = False
    at_sink = 1

    @abstractmethod
    def start(self, folder: Path, sink: int) -> None:
        """Ready when it returns. `folder` is its own, and others may reach it."""

    @abstractmethod
    def stop(self) -> None: ...

    @property
    def processes(self) -> set[int]:
        """The first of its processes; those below them belong to it, too. None where they cannot be followed."""
        return set()

    @classmethod
    def lacks(cls) -> str:
        """What is not installed; "" when it can run."""
        return ""


class Aiosmtpd(Peer):
    """aiosmtpd's own sink, one process, as its command starts it: takes every message and does nothing."""

    name = "aiosmtpd sink"
    at_sink = 0

    def start(self, folder: Path, sink: int) -> None:
        self.port = free_port()
        command = [sys.executable, "-m", "aiosmtpd", "-n", "-c", "aiosmtpd.handlers.Sink", "-l", f"127.0.0.1:{self.port}"]
        self._process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL)
        wait_for(lambda: listening(self.port), "aiosmtpd listens")

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()

    @property
    def processes(self) -> set[int]:
        return {self._process.pid}


class Gateway(Peer):
    """`gateway serve`, one process, with the shipped policies, templates and signatures, a fully synced ledger, all limits as they are.

    `ledger`: an old one, in a folder of its own that becomes the gateway's. `outbound`: port of another sink, for that listener.
    `workers`: processes that share port and ledger.
    """

    def __init__(self, *, replies: bool, ledger: Path | None = None, outbound: int = 0, workers: int = 1) -> None:
        self.name = "gateway" if workers == 1 else f"gateway, {workers} workers"
        self.replies = replies
        self._options = () if workers == 1 else ("--workers", str(workers))
        self._outbound = outbound
        self.at_sink = 2 if replies else 1
        self._ledger = ledger

    def start(self, folder: Path, sink: int) -> None:
        hop, other = f"smtp://127.0.0.1:{sink}", f"smtp://127.0.0.1:{self._outbound or sink}"
        self.gateway = GatewayProcess(folder, next_hop=hop, notices=hop, settings={"next_hop": {"outbound": other}})
        if self._ledger is not None:
            self._ledger.parent.rename(self.gateway.database.parent)
        self.gateway.start(options=self._options)
        self.port = self.gateway.inbound
        # The language model is loaded some seconds after the start.
        wait_for(lambda: self._is_idle(0.5), "the gateway is idle", within=30.0)

    def _is_idle(self, seconds: float) -> bool:
        since = time.monotonic()
        before = cpu_seconds(self.processes)
        time.sleep(seconds)
        uptime = time.time() - Path(f"/proc/{self.gateway.pid}").stat().st_ctime
        return uptime > 7 and cpu_seconds(self.processes) - before < 0.05 * (time.monotonic() - since)

    def stop(self) -> None:
        self.gateway.stop()

    @property
    def processes(self) -> set[int]:
        return {self.gateway.pid}


class Postfix(Peer):
    """Postfix that queues and relays to the sink."""

    name = "Postfix"

    @classmethod
    def lacks(cls) -> str:
        return _lacking("postfix")

    def start(self, folder: Path, sink: int) -> None:
        self._start(folder, f"relayhost = [127.0.0.1]:{sink}\n")

    def _start(self, folder: Path, main: str) -> None:
        self.port = free_port()
        self.postfix = PostfixInstance(folder / "postfix", main=main + "message_size_limit = 100000000\n", master=_SMTPD.format(port=self.port))
        self.postfix.start(self.port)

    def stop(self) -> None:
        self.postfix.stop()

    @property
    def processes(self) -> set[int]:
        return {int((self.postfix.folder / "queue" / "pid" / "master.pid").read_text())}


class Pigeonhole(Postfix):
    """Postfix that delivers through LMTP to Dovecot, whose Pigeonhole answers by `vacation`, each reply straight to the sink."""

    name = "Postfix + Pigeonhole"
    replies = True

    @classmethod
    def lacks(cls) -> str:
        return _lacking("postfix", "dovecot", "sievec")

    def start(self, folder: Path, sink: int) -> None:
        addresses = [f"{mailbox}@{CITY}" for mailbox in MAILBOXES]
        scripts = {address: _VACATION.format(address=address) for address in addresses}
        self.dovecot = DovecotInstance(folder / "dovecot", sieve=scripts, submission=sink)
        self.dovecot.start()
        self._start(folder, f"default_transport = lmtp:inet:127.0.0.1:{self.dovecot.lmtp}\n")

    def stop(self) -> None:
        super().stop()
        self.dovecot.stop()

    @property
    def processes(self) -> set[int]:
        assert self.dovecot.process
        return super().processes | {self.dovecot.process.pid}


class Exim(Peer):
    """Exim that relays to the sink and answers by its autoreply transport. Debian has it or Postfix, so EXIM may name an unpacked one."""

    name = "Exim autoreply"
    replies = True
    at_sink = 2

    @classmethod
    def lacks(cls) -> str:
        return "" if _exim() else "exim4 is not installed, and EXIM names none"

    def start(self, folder: Path, sink: int) -> None:
        self.port = free_port()
        owner = pwd.getpwnam("mail")
        for name in ("spool", "log"):
            (folder / name).mkdir()
            os.chown(folder / name, owner.pw_uid, owner.pw_gid)
        self._pid_file = folder / "spool" / "exim.pid"
        config = folder / "exim.conf"
        config.write_text(EXIM_CONF.format(exim=_exim(), folder=folder, port=self.port, sink=sink, pid=self._pid_file))
        done = subprocess.run([_exim(), "-C", str(config), "-bd"], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        assert done.returncode == 0, done.stderr
        wait_for(lambda: listening(self.port), "Exim listens")

    def stop(self) -> None:
        if self._pid_file.exists():
            os.kill(int(self._pid_file.read_text()), signal.SIGTERM)


def _exim() -> str:
    return os.environ.get("EXIM") or shutil.which("exim4", path=_PATH) or ""


def _lacking(*programs: str) -> str:
    if os.geteuid() != 0:
        return "needs root"
    missing = [each for each in programs if shutil.which(each, path=_PATH) is None]
    return f"{', '.join(missing)} not installed" if missing else ""


def cpu_seconds(roots: set[int]) -> float:
    """What these processes and all below them have used, those that ended and were waited for included."""
    children: dict[int, list[int]] = {}
    used: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            used[int(entry.name)] = sum(map(int, fields[11:15]))
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    waiting, total = list(roots), 0
    while waiting:
        each = waiting.pop()
        total += used.get(each, 0)
        waiting += children.get(each, [])
    return total / os.sysconf("SC_CLK_TCK")


def sink_command(port: int) -> subprocess.Popen[bytes]:
    """The next hop of all of them, listening."""
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.sink", str(port)], cwd=REPOSITORY, stdin=subprocess.DEVNULL)
    wait_for(lambda: listening(port), "the sink listens")
    return process


EXIM_CONF = """\
exim_path = {exim}
exim_user = mail
exim_group = mail
never_users =
spool_directory = {folder}/spool
log_file_path = {folder}/log/%slog
pid_file_path = {pid}
primary_hostname = exim.example
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
smtp_accept_max = 200
smtp_accept_max_per_connection = 0
smtp_accept_queue_per_connection = 0
smtp_accept_reserve = 0
keep_environment =
add_environment = PATH=/usr/sbin:/usr/bin:/bin
acl_smtp_rcpt = take
acl_smtp_data = take
begin acl
take:
  accept
begin routers
answer:
  driver = accept
  condition = ${{if eq{{$sender_address}}{{}}{{no}}{{yes}}}}
  transport = autoreply
  unseen
  no_verify
onward:
  driver = manualroute
  route_list = * 127.0.0.1
  self = send
  transport = smtp
begin transports
smtp:
  driver = smtp
  port = {sink}
  hosts_avoid_tls = *
autoreply:
  driver = autoreply
  user = mail
  from = $local_part@$domain
  to = $sender_address
  subject = We have received your message
  text = Thank you for your message. You will have an answer within two business days.
"""
