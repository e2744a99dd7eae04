"""A scripted IMAP server: plays a dialogue written as a readable file, and says where the client strayed from it."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress

GREETING = ("S: * OK ready", "C: CAPABILITY", "S: * CAPABILITY IMAP4rev1 AUTH=PLAIN IDLE", "T: OK done")
LOGIN = (*GREETING, "C: AUTHENTICATE PLAIN", "S: +", "C: *", "T: OK [CAPABILITY IMAP4rev1 IDLE] welcome")
SHORTHANDS = {"@greeting": GREETING, "@login": LOGIN}
_EXAMINED = re.compile(r"@examine (\S+)(?: UIDVALIDITY=(\d+))?(?: UIDNEXT=(\d+))?(?: EXISTS=(\d+))?(?: MODSEQ=(\d+))?")


def expand(lines: Iterable[str]) -> Iterator[str]:
    """Shorthands written out, remarks left out."""
    for line in lines:
        if found := _EXAMINED.fullmatch(line):
            folder, validity, uidnext, exists, modseq = found.groups()
            yield f'C: EXAMINE "{folder}"'
            yield f"S: * {exists or 0} EXISTS"
            yield from (
                f"S: * OK [{key} {value}] so" for key, value in (("UIDVALIDITY", validity), ("UIDNEXT", uidnext), ("HIGHESTMODSEQ", modseq)) if value
            )
            yield "T: OK [READ-ONLY] done"
        elif line.strip() and not line.startswith("#"):
            yield from SHORTHANDS.get(line, (line,))


class ScriptedServer:
    """One connection after the other, each a list of lines: `C:` the client must say (its tag left out, `*` anything), `S:` we say, `T:` we say with
    its tag, `S! COUNT TEXT` so many octets, `S- TEXT` without a line break, `<silence>` until the client goes, `<closed>`,
    `<gone>`: the client says no more, but LOGOUT."""

    def __init__(self, connections: Sequence[Sequence[str]]) -> None:
        self._connections = connections
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.settimeout(20)
        self.port: int = self._listening.getsockname()[1]
        self.strayed: list[str] = []
        self.silent = threading.Event()
        """A `<silence>` has been reached."""

    @contextmanager
    def run(self) -> Iterator[ScriptedServer]:
        thread = threading.Thread(target=self._run, daemon=True)
        thread.start()
        try:
            yield self
            thread.join(20)
            self.strayed += ["the dialogue has not ended"] if thread.is_alive() else []
        finally:
            self._listening.close()
        assert not self.strayed, self.strayed

    def _run(self) -> None:
        for lines in self._connections:
            try:
                connection, _ = self._listening.accept()
            except OSError as error:
                self.strayed.append(f"nobody connected: {error}")
                return
            connection.settimeout(20)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with connection, suppress(OSError):
                _Conversation(connection, self.strayed, self.silent).play(lines)


class _Conversation:
    def __init__(self, connection: socket.socket, strayed: list[str], silent: threading.Event) -> None:
        self._connection = connection
        self._file = connection.makefile("rb")
        self._strayed = strayed
        self._silent = silent
        self._tag = ""

    def play(self, lines: Sequence[str]) -> None:
        for line in lines:
            kind, _, text = line.partition(" ")
            if kind in ("S-", "S!", "T:"):
                text = text.replace("\\r\\n", "\r\n")
            if kind == "C:":
                self._hear(text)
            elif kind == "S:":
                self._say(text + "\r\n")
            elif kind == "T:":
                self._say(f"{self._tag} {text}\r\n")
            elif kind == "S-":
                self._say(text)
            elif kind == "S!":
                count, _, filling = text.partition(" ")
                self._say((filling * (int(count) // len(filling) + 1))[: int(count)])
            elif line == "<gone>":
                self._farewell()
            elif line == "<silence>":
                self._silent.set()
                while self._file.read(1):
                    pass
            elif line == "<closed>":
                return
            else:
                self._strayed.append(f"the dialogue has a line of no kind: {line}")

    def _hear(self, expected: str) -> None:
        heard = self._file.readline().decode("utf-8", "replace").rstrip("\r\n")
        if found := re.match(r"([A-Z]{4}\d+) ", heard):
            self._tag, heard = found[1], heard[found.end() :]
        if expected not in ("*", heard):
            self._strayed.append(f"expected {expected!r}, heard {heard!r}")

    def _farewell(self) -> None:
        """The client may log out or just go; anything else it should not say."""
        line = self._file.readline().decode("latin-1")
        if line.endswith("LOGOUT\r\n"):
            self._say(f"* BYE\r\n{line.split()[0]} OK done\r\n")
        elif line:
            self._strayed.append(f"expected nothing more, heard {line!r}")

    def _say(self, text: str) -> None:
        self._connection.sendall(text.encode("latin-1"))
