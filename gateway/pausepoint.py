"""Named places where a test may stop the process to kill it: how the crash promises are shown (docs/promises.md, P1).

Nothing happens unless GATEWAY_PAUSE_AT names a point; then the process writes the point's name to the file GATEWAY_PAUSE_FILE,
and waits there to be killed.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

POINTS = ("after-next-hop-250", "before-commit", "after-commit", "before-notice-send", "after-notice-send")
"""In the order of a message's way."""

_WANTED = os.environ.get("GATEWAY_PAUSE_AT", "")


def reached(point: str) -> None:
    """Stop here, the whole process with all its threads, when this point is asked for."""
    if point == _WANTED:
        Path(os.environ["GATEWAY_PAUSE_FILE"]).write_text(point, encoding="ascii")
        os.kill(os.getpid(), signal.SIGSTOP)
