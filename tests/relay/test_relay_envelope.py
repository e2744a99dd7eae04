"""Arguments of MAIL and RCPT: what is forwarded is what was received, or it is refused (docs/threats.md S2)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.relay.envelope import Refused, read_path

ACCEPTED = [
    (b"<a@b.example>", "a@b.example"),
    (b"<a+tag=x@b.example>", "a+tag=x@b.example"),
    (b"<first..last.@docomo.example>", "first..last.@docomo.example"),
    (b"<o'brien/x@under_score.example>", "o'brien/x@under_score.example"),
    (b'<"quoted local"@b.example>', '"quoted local"@b.example'),
    (b'<"a@b"@c.example>', '"a@b"@c.example'),
    (b'<"a>b<c"@c.example>', '"a>b<c"@c.example'),
    (b'<"a\\"b"@c.example>', '"a\\"b"@c.example'),
    (b"<a@[192.0.2.1]>", "a@[192.0.2.1]"),
    (b"<a@[IPv6:2001:db8::1]>", "a@[IPv6:2001:db8::1]"),
    (b"<user%elsewhere.example@b.example>", "user%elsewhere.example@b.example"),
    (b"<Postmaster>", "Postmaster"),
    (b"<" + b"x" * 300 + b"@b.example>", "x" * 300 + "@b.example"),
    (b"<SRS0=a=b=c.example=d@e.example>", "SRS0=a=b=c.example=d@e.example"),
]

REFUSED = [
    b"a@b.example",
    b"<a@b.example",
    b"<a@b.example>>",
    b"<<a@b.example>>",
    b"<a b@c.example>",
    b"<a@b.example,c@d.example>",
    b"<@relay.example:a@b.example>",
    b"<a@b@c.example>",
    b"<a@>",
    b"<@b.example>",
    b"<a@b.example.>",
    b"<a@.example>",
    b"<a@b..example>",
    b"<a@-b.example>",
    b"<a@b.example\rRCPT@x>",
    b"<a@b.example\n>",
    b"<a\x00@b.example>",
    b"<a\t@b.example>",
    b'<"unclosed@b.example>',
    b"<a@[192.0.2.1>",
    b"<a@b.example>NOTIFY=NEVER",
    b"<a@b.example> NOT IFY=NEVER\x00",
    b"<a@b.example> =NEVER",
    b"<a@b.example>\x0bX",
    b"<\xff@b.example>",
    b"<\xc3\xa9@b.example>",
    b"",
]


@pytest.mark.parametrize(("argument", "address"), ACCEPTED)
def test_an_address_is_passed_on_as_written(argument: bytes, address: str):
    for word in (b"FROM", b"TO"):
        path = read_path(word + b":" + argument, word, utf8=False)
        assert (path.address, path.argument) == (address, argument)


@pytest.mark.parametrize("argument", REFUSED)
def test_what_two_readers_could_take_differently_is_refused(argument: bytes):
    for word in (b"FROM", b"TO"):
        with pytest.raises(Refused) as refused:
            read_path(word + b":" + argument, word, utf8=False)
        assert refused.value.reply.code in (501, 553)


def test_the_null_reverse_path_is_an_empty_string_and_no_recipient():
    assert read_path(b"FROM:<>", b"FROM", utf8=False).address == ""
    with pytest.raises(Refused):
        read_path(b"TO:<>", b"TO", utf8=False)


def test_the_word_counts():
    with pytest.raises(Refused):
        read_path(b"TO:<a@b.example>", b"FROM", utf8=False)
    assert read_path(b"from: <a@b.example>", b"FROM", utf8=False).argument == b"<a@b.example>"


def test_parameters_keep_their_octets_and_name_their_extensions():
    path = read_path(b"FROM:<a@b.example>  size=1522 RET=HDRS ENVID=QQ+2BxY  ", b"FROM", utf8=False)
    assert path.argument == b"<a@b.example> size=1522 RET=HDRS ENVID=QQ+2BxY"
    assert path.uses == {"SIZE", "DSN"}


@pytest.mark.parametrize(
    ("argument", "word", "utf8", "status"),
    [
        ("FROM:<é@b.example> SMTPUTF8", b"FROM", True, None),
        ("FROM:<é@b.example>", b"FROM", True, "5.6.7"),
        ("FROM:<é@b.example> SMTPUTF8", b"FROM", False, "5.6.7"),
        ("TO:<a@bücher.example>", b"TO", True, None),
        ("TO:<a@bücher.example>", b"TO", False, "5.6.7"),
        ("TO:<a@b\u2028.example>", b"TO", True, "5.1.3"),
    ],
)
def test_non_ascii_only_when_announced_and_asked(argument: str, word: bytes, utf8: bool, status: str | None):
    if status is None:
        assert read_path(argument.encode(), word, utf8=utf8).address
        return
    with pytest.raises(Refused) as refused:
        read_path(argument.encode(), word, utf8=utf8)
    assert refused.value.reply.status == status


def test_broken_utf_8_is_refused():
    with pytest.raises(Refused):
        read_path(b"TO:<\xff@b.example>", b"TO", utf8=True)


@given(st.binary(max_size=60), st.booleans())
def test_any_octets_round_trip_or_are_refused(octets: bytes, utf8: bool):
    line = b"TO:<" + octets + b">"
    try:
        path = read_path(line, b"TO", utf8=utf8)
    except Refused:
        return
    # Never a second line, never a second path: the written form reads back as the same.
    assert not set(path.argument) & {0, 10, 13}
    again = read_path(b"TO:" + path.argument, b"TO", utf8=utf8)
    assert again == path
    assert path.argument.startswith(b"<" + path.address.encode() + b">")
