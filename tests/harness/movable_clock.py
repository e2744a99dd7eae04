"""Another time of day for one gateway process: it runs on from wherever a test sets it.

`gateway.app.clock` is the only clock that the service asks; run as a script, this module puts another in its place and starts the real command.
(Debian's libfaketime does it for any program, but asks a file at every look at any clock, and slows the gateway beyond its own limits.)
"""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

_VARIABLE = "TEST_CLOCK_FILE"


class MovableClock:
    """Give `environment` and `script` to `GatewayProcess.start`, then `set` as the test goes on."""

    script = __file__

    def __init__(self, file: Path, start: datetime) -> None:
        self._file = file
        self.set(start)

    @property
    def environment(self) -> dict[str, str]:
        return {_VARIABLE: str(self._file)}

    def set(self, moment: datetime) -> None:
        """`moment`: aware."""
        self._ahead = moment.timestamp() - time.time()
        fresh = self._file.with_suffix(".fresh")
        fresh.write_text(repr(self._ahead))
        fresh.replace(self._file)  # the process reads it at any moment

    @property
    def now(self) -> datetime:
        """As the process sees it; aware, UTC."""
        return datetime.fromtimestamp(time.time() + self._ahead, UTC)


def _serve() -> None:
    from gateway import app, reminders
    from gateway.cli import main

    file = Path(os.environ[_VARIABLE])
    app.clock = lambda: datetime.fromtimestamp(time.time() + float(file.read_text()), UTC)
    reminders.LOOK_EVERY = 0.2  # a test that lets days pass does not wait for looks
    sys.argv[0] = "gateway"
    main()


if __name__ == "__main__":
    _serve()
