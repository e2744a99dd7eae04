"""Who may relay (docs/threats.md S1, S2)."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from gateway.relay.admission import may_receive, may_relay, may_send
from gateway.relay.door import Listener

CLOUD = Listener(
    "cloud",
    "127.0.0.1:0",
    allow=(ip_network("10.0.0.0/8"), ip_network("2001:db8::/32")),
    recipient_domains=("toronto.example", "bücher.example", "straße.example"),
    sender_domains=("toronto.example",),
)
OPEN = Listener("open", "127.0.0.1:0")


@pytest.mark.parametrize(
    ("peer", "admitted"),
    [
        ("10.1.2.3", True),
        ("::ffff:10.1.2.3", True),
        ("11.0.0.1", False),
        ("::ffff:11.0.0.1", False),
        ("2001:db8::7", True),
        ("2001:db9::7", False),
        ("fe80::1%eth0", False),
        ("", False),
        ("/run/socket", False),
    ],
)
def test_networks(peer: str, admitted: bool):
    refused = may_relay(CLOUD, peer)
    assert (refused is None) is admitted
    assert refused is None or (refused.code, refused.status) == (550, "5.7.1")


def test_a_listener_that_allows_nobody_admits_nobody():
    assert may_relay(OPEN, "127.0.0.1") is not None


@pytest.mark.parametrize(
    ("recipient", "admitted"),
    [
        ("hr@toronto.example", True),
        ("HR@Toronto.EXAMPLE", True),
        ("postmaster", True),
        ("a@bücher.example", True),
        ("a@BÜCHER.example", True),
        ("a@xn--bcher-kva.example", True),
        ("a@STRAßE.example", True),
        ("a@xn--strae-oqa.example", True),
        ("a@strasse.example", False),  # IDNA 2003 took it for the same
        ("hr", False),
        ("hr@sub.toronto.example", False),
        ("hr@toronto.example.org", False),
        ("hr@nottoronto.example", False),
        ("u%other.org@toronto.example", False),
        ("other.org!u@toronto.example", False),
        ('"a@b"@toronto.example', False),
        ("u@[10.0.0.1]", False),
        ("hr@toronto.examplé", False),
    ],
)
def test_recipient_domains_are_exact(recipient: str, admitted: bool):
    assert (may_receive(CLOUD, recipient) is None) is admitted


@pytest.mark.parametrize(("sender", "admitted"), [("a@toronto.example", True), ("", True), ("a@elsewhere.example", False), ("a", False)])
def test_sender_domains(sender: str, admitted: bool):
    assert (may_send(CLOUD, sender) is None) is admitted


def test_without_lists_every_domain_passes():
    assert may_send(OPEN, "a@anywhere.example") is None
    assert may_receive(OPEN, "u%x@anywhere.example") is None
