"""URLs of next hops (docs/configuration.md)."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.delivery.maildir import MaildirHop
from gateway.delivery.next_hop import parse_next_hop, parse_next_hops
from gateway.delivery.smtp_hop import SmtpHop


@pytest.mark.parametrize(
    ("url", "hop"),
    [
        ("smtp://127.0.0.1:10026", SmtpHop("127.0.0.1", 10026)),
        ("smtp://mx.example", SmtpHop("mx.example", 25)),
        ("smtp://Straße.example", SmtpHop("xn--strae-oqa.example", 25)),
        ("smtp://[::1]:25/", SmtpHop("::1", 25)),
        ("smtp://mx.example?tls=required&ca=/etc/ca.pem", SmtpHop("mx.example", 25, tls="required", ca="/etc/ca.pem")),
        ("smtp://mx.example?tls=opportunistic", SmtpHop("mx.example", 25, tls="opportunistic")),
        ("smtps://mx.example", SmtpHop("mx.example", 465, tls="implicit")),
        ("lmtp://127.0.0.1", SmtpHop("127.0.0.1", 24, lmtp=True)),
        ("lmtp:///run/dovecot/lmtp", SmtpHop("localhost", 24, lmtp=True, socket="/run/dovecot/lmtp")),
        ("maildir:///srv/mail", MaildirHop(Path("/srv/mail"))),
        ("maildir:////srv/my%20mail", MaildirHop(Path("/srv/my mail"))),
    ],
)
def test_a_url(url: str, hop: object):
    assert parse_next_hop(url) == hop


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mx.example",
        "http://mx.example",
        "smtp://",
        "smtp://mx:99999",
        "smtp://mx:port",
        "smtp://mx?tls=yes",
        "smtp://mx?verify=no",
        "smtps://mx?tls=none",
        "smtp://user:secret@mx",
        "smtp://mx/path",
        "smtp://-é.example",
        "maildir://var/mail",
        "maildir:///",
    ],
)
def test_what_is_none_says_what_to_write(url: str):
    with pytest.raises(ValueError, match=r".") as error:
        parse_next_hop(url)
    assert "secret" not in str(error.value)


def test_a_list_keeps_its_order():
    assert parse_next_hops(["smtp://a", "smtp://b"]) == (SmtpHop("a", 25), SmtpHop("b", 25))
    assert parse_next_hops("smtp://a") == (SmtpHop("a", 25),)
    with pytest.raises(ValueError, match="at least one"):
        parse_next_hops([])
