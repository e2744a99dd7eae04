"""XFORWARD: announced where the next hop has it, from allowed clients only, octet for octet, for one transaction (docs/threats.md S1)."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.delivery.extensions import Extensions
from gateway.delivery.forwarding import forwarded_lines
from gateway.relay.envelope import Refused
from gateway.relay.xforward import NAMES, of_client, read, xtext
from tests.harness.client import SmtpClient
from tests.harness.hop import RecordingHop, say
from tests.relay.rig import FrontDoor

OpenDoor = Callable[..., FrontDoor]
RCPT = b"hr@toronto.example"
ALL = b"XFORWARD NAME ADDR PROTO HELO SOURCE PORT IDENT"


@pytest.fixture
def logging_hop(hop: RecordingHop) -> RecordingHop:
    """Like a Postfix that takes XFORWARD from us."""
    hop.script.keywords = (*hop.script.keywords, ALL)
    return hop


def test_what_the_client_forwards_is_passed_on(logging_hop: RecordingHop, door: FrontDoor, client: SmtpClient):
    assert "XFORWARD" in client.keywords
    assert client.command(b"XFORWARD name=resident.example addr=203.0.113.5 PORT=40112").code == 250
    assert client.command(b"XFORWARD PROTO=ESMTP HELO=a+2Bb+3Dc IDENT=4XyZ SOURCE=REMOTE").code == 250
    assert client.send(b"a@example.org", RCPT, b"x\r\n").code == 250
    assert logging_hop.lines(b"XFORWARD") == [
        b"XFORWARD NAME=resident.example ADDR=203.0.113.5 PROTO=ESMTP HELO=a+2Bb+3Dc SOURCE=REMOTE PORT=40112 IDENT=4XyZ"
    ]
    verbs = [line.split()[0] for _, line in logging_hop.commands]
    assert verbs.index(b"XFORWARD") == verbs.index(b"MAIL") - 1


def test_it_holds_for_one_transaction(logging_hop: RecordingHop, door: FrontDoor, client: SmtpClient):
    client.command(b"XFORWARD ADDR=203.0.113.5")
    client.send(b"a@example.org", RCPT, b"x\r\n")
    client.send(b"a@example.org", RCPT, b"x\r\n")
    client.command(b"XFORWARD ADDR=203.0.113.6")
    client.command(b"RSET")
    client.send(b"a@example.org", RCPT, b"x\r\n")
    said = logging_hop.lines(b"XFORWARD")
    assert [b"ADDR=203.0.113.5" in each for each in said] == [True, False, False]
    assert b"ADDR=127.0.0.1" in said[1]
    assert said[1] == said[2]


def test_a_client_that_forwards_nothing_is_the_client(logging_hop: RecordingHop, door: FrontDoor, client: SmtpClient):
    client.send(b"a@example.org", RCPT, b"x\r\n")
    port = client.socket.getsockname()[1]
    expected = f"XFORWARD NAME=[UNAVAILABLE] ADDR=127.0.0.1 PROTO=ESMTP HELO=client.example SOURCE=REMOTE PORT={port}"
    assert logging_hop.lines(b"XFORWARD") == [expected.encode()]


def test_a_next_hop_that_does_not_know_it_hears_nothing(hop: RecordingHop, door: FrontDoor, client: SmtpClient):
    assert "XFORWARD" not in client.keywords
    assert client.command(b"XFORWARD ADDR=203.0.113.5").code == 502
    client.send(b"a@example.org", RCPT, b"x\r\n")
    assert not hop.lines(b"XFORWARD")


def test_only_from_clients_that_may_relay(logging_hop: RecordingHop, open_door: OpenDoor):
    door = open_door(logging_hop.url, allow=(ip_network("192.0.2.0/24"),))
    with SmtpClient(door.port) as client:
        assert "XFORWARD" not in client.keywords
        assert client.command(b"XFORWARD ADDR=192.0.2.5").code == 502
        assert client.command(b"MAIL FROM:<a@example.org>").code == 550


@pytest.mark.parametrize(
    "argument",
    [
        b"",
        b"ADDR",
        b"ADDR=",
        b"ADDR=203.0.113.555",
        b"ADDR=2001:db8::1",
        b"ADDR=IPV6:203.0.113.5",
        b"PORT=70000",
        b"PORT=x",
        b"SOURCE=HERE",
        b"LOGIN=admin",
        b"HELO=a+0D+0ARCPT",
        b"HELO=a+ZZ",
        b"HELO=\xff",
        b"HELO=" + b"x" * 256,
        b"ADDR=203.0.113.5 NAME",
    ],
)
def test_what_is_no_attribute_is_refused(argument: bytes, logging_hop: RecordingHop, door: FrontDoor, client: SmtpClient):
    assert client.command(b"XFORWARD " + argument).code == 501
    client.send(b"a@example.org", RCPT, b"x\r\n")
    assert b"ADDR=127.0.0.1" in logging_hop.lines(b"XFORWARD")[0]


@pytest.mark.parametrize("value", [b"[UNAVAILABLE]", b"[TEMPUNAVAIL]"])
def test_the_unknown_may_be_forwarded(value: bytes, logging_hop: RecordingHop, door: FrontDoor, client: SmtpClient):
    assert client.command(b"XFORWARD ADDR=" + value + b" NAME=" + value).code == 250
    client.send(b"a@example.org", RCPT, b"x\r\n")
    assert logging_hop.lines(b"XFORWARD") == [b"XFORWARD NAME=" + value + b" ADDR=" + value]


def test_not_inside_a_transaction(logging_hop: RecordingHop, door: FrontDoor, client: SmtpClient):
    client.command(b"MAIL FROM:<a@example.org>")
    assert client.command(b"XFORWARD ADDR=203.0.113.5").code == 503


def test_a_next_hop_that_refuses_it_takes_the_message_all_the_same(logging_hop: RecordingHop, open_door: OpenDoor):
    logging_hop.script.xforward = say("550 5.7.0 Not you")
    door = open_door(logging_hop.url)
    with SmtpClient(door.port) as client:
        assert [client.send(b"a@example.org", RCPT, b"x\r\n").code for _ in range(2)] == [250, 250]
    assert len({number for number, line in logging_hop.commands if line.startswith(b"XFORWARD")}) == 2, "that connection is not kept"


def test_a_kept_connection_that_died_is_replaced_with_the_client_told_again(logging_hop: RecordingHop, door: FrontDoor, client: SmtpClient):
    client.send(b"a@example.org", RCPT, b"x\r\n")
    logging_hop.script.xforward = say("421 4.3.2 Bye", then="close")
    connections = logging_hop.connections

    def forget() -> None:
        logging_hop.script.xforward = say("250 2.0.0 Ok")

    logging_hop.on_connect = forget
    client.command(b"XFORWARD ADDR=203.0.113.5")
    assert client.send(b"a@example.org", RCPT, b"x\r\n").code == 250
    assert logging_hop.connections == connections + 1
    assert [b"ADDR=203.0.113.5" in each for each in logging_hop.lines(b"XFORWARD")][1:] == [True, True]


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60))
def test_xtext_round_trips(text: str):
    encoded = xtext(text)
    assert encoded.isascii()
    assert b" " not in encoded
    plain = bytes(octet if octet != 0x2B else 0x2B for octet in encoded)
    decoded = b"".join(bytes.fromhex(piece[:2].decode()) + piece[2:] if at else piece for at, piece in enumerate(plain.split(b"+")))
    assert decoded == text.encode()


@given(st.binary(max_size=120))
def test_reading_refuses_or_keeps_the_octets(argument: bytes):
    try:
        found = read(argument)
    except Refused:
        return
    assert set(found) <= set(NAMES)
    assert all(value in argument for value in found.values())


def test_long_attributes_go_in_several_commands():
    told = dict.fromkeys(("NAME", "HELO", "IDENT"), b"+41" * 255) | {"PORT": b"25"}
    lines = forwarded_lines(told, Extensions({"XFORWARD": "NAME PORT HELO IDENT", "PIPELINING": ""}))
    assert b" ".join(line.removeprefix(b"XFORWARD ") for line in lines).split() == [
        name.encode() + b"=" + told[name] for name in ("NAME", "PORT", "HELO", "IDENT")
    ]
    assert not forwarded_lines(told, Extensions({"XFORWARD": "NAME"})), "without PIPELINING it would cost a round trip"


def test_our_own_attributes_are_what_we_would_take():
    told = of_client("2001:db8::7", 4711, "evil\r\nhelo = ☃", "ESMTP")
    assert read(b" ".join(name.encode() + b"=" + value for name, value in told.items() if name != "HELO")) == {
        k: v for k, v in told.items() if k != "HELO"
    }
    assert b"\r" not in told["HELO"]
