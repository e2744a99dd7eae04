"""Runs tests/dialogues/*.smtp; their README.md explains the notation."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from gateway.relay.door import Limits, Listener
from tests.harness.client import SmtpClient
from tests.harness.hop import Answer, RecordingHop, Script, say
from tests.harness.waiting import wait_for
from tests.relay.rig import FrontDoor

DIALOGUES = sorted((Path(__file__).resolve().parents[1] / "dialogues").glob("*.smtp"))
_ESCAPE = re.compile(rb"\\(r|n|\\|x[0-9a-f]{2})")


@dataclass
class Dialogue:
    lmtp: bool = False
    script: Script = field(default_factory=Script)
    listener: dict[str, Any] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    turns: list[tuple[str, bytes]] = field(default_factory=list)
    hop: list[bytes] = field(default_factory=list)
    message: list[bytes] = field(default_factory=list)


def octets(text: str) -> bytes:
    def one(found: re.Match[bytes]) -> bytes:
        mark = found[1]
        return {b"r": b"\r", b"n": b"\n", b"\\": b"\\"}.get(mark) or bytes([int(mark[1:], 16)])

    return _ESCAPE.sub(one, text.encode("utf-8"))


def reply(text: str) -> Answer:
    return say(*(octets(line).decode("utf-8", "surrogateescape") for line in text.split(" / ")))


def read(path: Path) -> Dialogue:
    dialogue = Dialogue()
    for line in path.read_text().splitlines():
        kind, _, text = line.partition(":")
        text = text.removeprefix(" ")
        match kind.split(" "):
            case ["C" | "S" as who]:
                dialogue.turns.append((who, octets(text)))
            case ["H"]:
                dialogue.hop.append(octets(text))
            case ["M"]:
                dialogue.message.append(octets(text))
            case ["@hop", "lmtp"]:
                dialogue.lmtp = True
            case ["@hop", "keywords"]:
                dialogue.script.keywords = tuple(each.encode() for each in text.split(" / "))
            case ["@hop", "rcpt", address]:
                dialogue.script.rcpt_of = {**dialogue.script.rcpt_of, address: reply(text)}
            case ["@hop", stage]:
                assert hasattr(dialogue.script, stage), line
                setattr(dialogue.script, stage, reply(text))
            case ["@listener", name]:
                is_list = "tuple" in str(Listener.__dataclass_fields__[name].type)
                dialogue.listener[name] = (text,) if is_list else text
            case ["@limits", name]:
                dialogue.limits = replace(dialogue.limits, **{name: int(text)})
            case _:
                assert line.startswith("#") or not line, f"{path.name}: {line}"
    return dialogue


def play(dialogue: Dialogue, client: LineClient) -> None:
    """Send and compare line by line; every read is limited by the client's patience."""
    waiting = b""
    for at, (who, line) in enumerate(dialogue.turns):
        if who == "C":
            waiting += line + b"\r\n"
            continue
        if waiting:
            client.write(waiting)
            waiting = b""
        if line == b"<closed>":
            with pytest.raises(ConnectionError):
                client.reply()
            continue
        said = client.line()
        pattern = re.escape(line).replace(rb"\*", rb".*")
        assert re.fullmatch(pattern, said), f"turn {at + 1}: expected {line!r}, heard {said!r}"


class LineClient(SmtpClient):
    def line(self) -> bytes:
        while b"\r\n" not in self._buffer:
            chunk = self.socket.recv(65536)
            if not chunk:
                raise ConnectionError("closed by the server")
            self._buffer += chunk
        line, self._buffer = self._buffer.split(b"\r\n", 1)
        return line


@pytest.mark.parametrize("path", DIALOGUES, ids=lambda path: path.stem)
@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_dialogue(path: Path, loop: str, open_door: Callable[..., FrontDoor]):
    dialogue = read(path)
    with RecordingHop(lmtp=dialogue.lmtp, script=dialogue.script) as hop:
        door = open_door(hop.url, loop=loop, limits=dialogue.limits, **dialogue.listener)
        with LineClient(door.port, greet=False) as client:
            assert client.reply().code == 220
            play(dialogue, client)
        door.wait_no_sessions()
        heard = [line for _, line in hop.commands if line.split(b" ")[0] not in (b"EHLO", b"RSET", b"QUIT")]
        assert not dialogue.hop or heard == dialogue.hop
        if dialogue.message:
            assert hop.accepted[-1].octets == b"".join(line + b"\r\n" for line in dialogue.message)
        wait_for(lambda: len(door.seen) == len(hop.accepted), "each accepted message observed, and no other")


def test_there_are_dialogues():
    assert len(DIALOGUES) > 10
