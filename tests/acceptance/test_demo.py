"""`gateway demo`: one minute, no server, no network."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.harness.gateway import FRESH, clean_environment, run_gateway

pytestmark = pytest.mark.front_door

# A network namespace of its own has a loopback interface that is down; SIOCSIFFLAGS with IFF_UP brings it up.
LOOPBACK_ONLY = """
import fcntl, os, socket, struct, sys
with socket.socket() as any_socket:
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh", b"lo", 1))
os.execv(sys.executable, [sys.executable, "-m", "gateway", "demo"])
"""


def assert_it_showed_the_job(done: subprocess.CompletedProcess[str], seconds: float) -> None:
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert seconds < 60
    assert "Traceback" not in done.stderr
    assert "acknowledg" in done.stdout.lower()


def test_it_plays_the_sample_mail(clone: Path):
    begun = time.monotonic()
    assert_it_showed_the_job(run_gateway("demo", cwd=clone, within=90, command=FRESH), time.monotonic() - begun)


def test_it_needs_no_network(clone: Path):
    unshare = shutil.which("unshare")
    if not unshare or subprocess.run([unshare, "-n", "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine does not let us make a network namespace")
    begun = time.monotonic()
    done = subprocess.run(
        [unshare, "-n", sys.executable, "-c", LOOPBACK_ONLY],
        cwd=clone, env=clean_environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip
    assert_it_showed_the_job(done, time.monotonic() - begun)
