"""Private Postfix and Dovecot instances and swaks: the real programs, their own folders, loopback ports only.

The wiring under test is read from deploy/postfix as it stands; only the port numbers and host names of this run are put in.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.harness.gateway import REPOSITORY, listening
from tests.harness.ports import free_port
from tests.harness.waiting import PATIENCE, wait_for

DEPLOY = REPOSITORY / "deploy" / "postfix"
_SYSTEM_FOLDERS = "/usr/sbin:/sbin:/usr/bin:/bin"


def program(name: str) -> str:
    """Its path; where it is not installed the test is skipped, in CI it fails."""
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":" + _SYSTEM_FOLDERS)
    return path or missing(f"{name} is not installed")


def need_root() -> None:
    if os.geteuid() != 0:
        missing("needs root")


def missing(what: str) -> str:
    """Skips with `what`; fails in CI, where nothing may be skipped."""
    if os.environ.get("CI"):
        pytest.fail(f"CI skips nothing: {what}")
    pytest.skip(what)


class PostfixInstance:
    """A Postfix of its own: configuration, queue, data, log and pid all under `folder`, which user postfix must be able to reach.

    `main` and `master` are appended to a minimal configuration that listens nowhere.
    """

    def __init__(self, folder: Path, *, main: str = "", master: str = "", hostname: str = "mx.toronto.example") -> None:
        need_root()
        self._postfix = program("postfix")
        self.folder = folder
        self.etc = folder / "etc"
        self.log = folder / "postfix.log"
        self.etc.mkdir(parents=True)
        (folder / "queue").mkdir()
        (folder / "data").mkdir()
        shutil.chown(folder / "data", "postfix")
        (self.etc / "main.cf").write_text(MAIN_CF.format(folder=folder, hostname=hostname) + main)
        (self.etc / "master.cf").write_text(MASTER_CF + master)

    def command(self, *arguments: str, program_name: str = "postfix") -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [program(program_name), "-c", str(self.etc), *arguments],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, f"{program_name} {arguments}: {done.stderr}\n{self.output}"
        return done

    def start(self, *ports: int) -> None:
        """Start, and wait until each of `ports` is listened on."""
        self.command("start")
        wait_for(lambda: all(map(listening, ports)), f"Postfix listens on {ports}")

    def stop(self) -> None:
        """By the pid that this instance wrote, and no other."""
        pid_file = self.folder / "queue" / "pid" / "master.pid"
        if not pid_file.exists():
            return
        pid = int(pid_file.read_text())
        try:
            # The lock on the pid file proves that the pid is still this master's.
            os.kill(pid, signal.SIGTERM)
        except ProcessLookupError:
            return
        wait_for(lambda: not _alive(pid), "Postfix ends")

    @property
    def output(self) -> str:
        return self.log.read_text("utf-8", "replace") if self.log.exists() else ""

    def queued(self) -> list[str]:
        """Queue files that still wait, in any queue."""
        return [path.name for name in ("incoming", "active", "deferred") for path in (self.folder / "queue" / name).rglob("*") if path.is_file()]

    def flush(self) -> None:
        self.command("flush")


def _alive(pid: int) -> bool:
    """False for a zombie too: in a container nobody may reap a daemon."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def wiring(name: str, ports: Mapping[int, int], **values: str) -> tuple[str, str]:
    """main.cf and master.cf parts of deploy/postfix/`name` with other ports (and `key = value` lines of main.cf replaced)."""
    parts = []
    for part in ("main.cf.part", "master.cf.part"):
        text = (DEPLOY / name / part).read_text()
        for documented, here in ports.items():
            text = text.replace(f"127.0.0.1:{documented}", f"127.0.0.1:{here}").replace(f"[127.0.0.1]:{documented}", f"[127.0.0.1]:{here}")
        parts.append("\n" + text)
    return parts[0] + "".join(f"{key} = {value}\n" for key, value in values.items()), parts[1]


class DovecotInstance:
    """A Dovecot that serves LMTP alone and delivers to Maildirs under `folder`/mail/<address>.

    `sieve`: address -> script of Pigeonhole, whose replies go to 127.0.0.1:`submission`.
    """

    def __init__(self, folder: Path, *, sieve: Mapping[str, str] | None = None, submission: int = 0) -> None:
        need_root()
        self._dovecot = program("dovecot")
        self.folder = folder
        self.lmtp = free_port()
        self.mail = folder / "mail"
        self.mail.mkdir(parents=True)
        owner = pwd.getpwnam("mail")
        os.chown(self.mail, owner.pw_uid, owner.pw_gid)
        self.config = folder / "dovecot.conf"
        self.config.write_text(DOVECOT_CONF.format(folder=folder, port=self.lmtp, uid=owner.pw_uid, gid=owner.pw_gid))
        if sieve:
            self._use_sieve(sieve, submission, owner)
        self.process: subprocess.Popen[bytes] | None = None

    def _use_sieve(self, scripts: Mapping[str, str], submission: int, owner: pwd.struct_passwd) -> None:
        program("sievec")
        place = self.folder / "sieve"
        place.mkdir()
        os.chown(place, owner.pw_uid, owner.pw_gid)
        for address, script in scripts.items():
            (place / f"{address}.sieve").write_text(script)
        with self.config.open("a") as config:
            config.write(SIEVE_CONF.format(folder=self.folder, submission=submission))

    def start(self) -> None:
        self.process = subprocess.Popen(
            [self._dovecot, "-F", "-c", str(self.config)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_for(lambda: listening(self.lmtp), f"Dovecot listens\n{self.output}")

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(PATIENCE)

    @property
    def output(self) -> str:
        log = self.folder / "dovecot.log"
        return log.read_text("utf-8", "replace") if log.exists() else ""

    def messages(self, address: str) -> list[bytes]:
        """What was delivered to `address`, oldest first."""
        new = self.mail / address / "new"
        return [path.read_bytes() for path in sorted(new.iterdir(), key=lambda path: path.stat().st_mtime_ns)] if new.is_dir() else []

    def wait_for(self, address: str, count: int = 1) -> list[bytes]:
        wait_for(lambda: len(self.messages(address)) >= count, f"{count} message(s) in the Maildir; Dovecot says:\n{self.output[-2000:]}")
        return self.messages(address)


def swaks(port: int, *arguments: str, data: bytes | None = None, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """swaks to 127.0.0.1:`port`; its exit status is 0 when the server took the message."""
    command = [program("swaks"), "--server", f"127.0.0.1:{port}", *arguments]
    if data is not None:
        assert folder, "swaks reads the message from a file"
        path = folder / f"swaks-{time.monotonic_ns()}.eml"
        path.write_bytes(data)
        command += ["--data", f"@{path}"]
    return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=PATIENCE * 2, check=False)


MAIN_CF = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file = {folder}/postfix.log
maillog_file_prefixes = {folder}
mail_owner = postfix
setgid_group = postdrop
myhostname = {hostname}
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
notify_classes =
smtp_tls_security_level = none
smtp_host_lookup = native
disable_dns_lookups = yes
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
"""

MASTER_CF = """\
pickup    unix  n       -       n       60      1       pickup
cleanup   unix  n       -       n       -       0       cleanup
qmgr      unix  n       -       n       300     1       qmgr
tlsmgr    unix  -       -       n       1000?   1       tlsmgr
rewrite   unix  -       -       n       -       -       trivial-rewrite
bounce    unix  -       -       n       -       0       bounce
defer     unix  -       -       n       -       0       bounce
trace     unix  -       -       n       -       0       bounce
verify    unix  -       -       n       -       1       verify
flush     unix  n       -       n       1000?   0       flush
proxymap  unix  -       -       n       -       -       proxymap
smtp      unix  -       -       n       -       -       smtp
relay     unix  -       -       n       -       -       smtp
showq     unix  n       -       n       -       -       showq
error     unix  -       -       n       -       -       error
retry     unix  -       -       n       -       -       error
discard   unix  -       -       n       -       -       discard
lmtp      unix  -       -       n       -       -       lmtp
anvil     unix  -       -       n       -       1       anvil
scache    unix  -       -       n       -       1       scache
postlog   unix-dgram n  -       n       -       1       postlogd
"""

DOVECOT_CONF = """\
protocols = lmtp
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
listen = 127.0.0.1
ssl = no
default_internal_user = dovecot
default_login_user = dovenull
mail_location = maildir:{folder}/mail/%u
mail_uid = {uid}
mail_gid = {gid}
first_valid_uid = 1
first_valid_gid = 1
passdb {{
  driver = static
  args = nopassword=y
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u allow_all_users=yes
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {port}
  }}
}}
"""

SIEVE_CONF = """\
hostname = mail.example.org
postmaster_address = postmaster@example.org
submission_host = 127.0.0.1:{submission}
protocol lmtp {{
  mail_plugins = sieve
}}
plugin {{
  sieve = file:{folder}/sieve/%u.sieve
}}
"""
