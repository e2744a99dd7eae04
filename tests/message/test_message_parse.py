"""parse: total on any octets, bounded in time and memory, and right on what real mail looks like."""

import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.message.automatic import classify
from gateway.message.model import PREFIX_LIMIT
from gateway.message.parse import parse
from gateway.message.text import plain_text, strip_tags
from gateway.message.thread import answered_ids, identity, subject_references

SAMPLES = [path.read_bytes() for path in sorted((Path(__file__).parent.parent / "mails").glob("*/mail.eml"))]


def read_everything(octets):
    message = parse(octets)
    for part in message.root.walk():
        assert part.text is None or isinstance(part.text, str)
    classify(message, None)
    classify(message, "")
    identity(message).encode("ascii")
    answered_ids(message)
    subject_references(message.subject)
    plain_text(message).encode()
    message.subject.encode()
    for addresses in message.addresses.values():
        for address in addresses:
            address.spec.encode()
            address.display_name.encode()
    assert not any(character < " " or "\x7f" <= character < "\xa0" for character in message.subject)
    return message


# --- totality ---------------------------------------------------------------------------------------------------------------------

PIECES = st.sampled_from(
    [b"\r\n", b"\n", b"\r", b" ", b"\t", b":", b";", b",", b"<", b">", b'"', b"(", b")", b"\\", b"@", b"=?", b"?=", b"?b?", b"?q?", b"--", b"--x",
     b"\0", b"\xff", b"\xe2\x82", b"From", b"From ", b"To", b"Subject", b"Date", b"Message-ID", b"References", b"Content-Type", b"Auto-Submitted",
     b"Content-Transfer-Encoding", b"multipart/mixed", b"message/rfc822", b"text/plain", b"text/html", b"boundary=x", b"charset=", b"utf-7",
     b"utf-16", b"iso-2022-jp", b"base64", b"quoted-printable", b"*0*=", b"*=", b"utf-8''%", b"]", b"Mon, 3 Nov 2026 10:00:00 -0500", b"=", b"AAAA",
     b"a@b.example", b"<style>", b"<!--"]
)  # fmt: skip


@given(st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_octets(octets):
    read_everything(octets)


@given(st.lists(PIECES, max_size=60).map(b"".join))
@settings(max_examples=600, deadline=None)
def test_any_mail_like_octets(octets):
    read_everything(octets)


@given(st.sampled_from(SAMPLES), st.data())
@settings(max_examples=300, deadline=None)
def test_any_damage_to_real_messages(octets, data):
    at = data.draw(st.integers(0, len(octets)))
    length = data.draw(st.integers(0, 12))
    read_everything(octets[:at] + data.draw(st.binary(max_size=8)) + octets[at + length :])


def test_every_prefix_of_a_message():
    octets = max(SAMPLES, key=len)
    for end in range(len(octets)):
        read_everything(octets[:end])


# --- bounds -----------------------------------------------------------------------------------------------------------------------

MIB = 1 << 20
BOMBS = {
    "20k encoded words": b"Subject: " + b"=?utf-8?q?a?= " * 20_000,
    "20k folded words": b"Subject: " + b"=?utf-8?q?a?=\n " * 20_000,
    "unknown charsets": b"".join(b"S%d: \nSubject: " % i + b"".join(b"=?x%d?q?a?= " % j for j in range(600)) + b"\n" for i in range(8)),
    "nested comments": b"".join(b"To: " + b"(" * 8000 + b"\n" for _ in range(8)),
    "escaped quotes": b"".join(b"To: " + b'"\\' * 4000 + b"\n" for _ in range(8)),
    "angle brackets": b"".join(b"To: " + b"<a" * 4000 + b"\n" for _ in range(8)),
    "quotes in angles": b"".join(b"To: " + b'<"' * 4000 + b"\n" for _ in range(8)),
    "groups": b"To: " + b"g:" * 300 + b"\n",
    "commas": b"".join(b"To: " + b"a," * 4000 + b"\n" for _ in range(8)),
    "international domains": b"".join(b"To: " + ("a@" + "é." * 120 + ",").encode() * 16 + b"\n" for _ in range(8)),
    "names that grow when composed": b"".join(b"To: " + ("a@" + "ﷺ." * 40 + ",").encode() * 48 + b"\n" for _ in range(8)),
    "thousands of names": b"".join(
        name + b": " + "".join(f"a@é{number}{at}," for at in range(800)).encode() + b"\n"
        for number, name in enumerate([b"To", b"Cc", b"Bcc", b"Sender", b"Reply-To", b"Resent-To", b"Resent-Cc", b"Errors-To"])
    ),
    "continued parameters of parts": b"Content-Type: multipart/mixed; boundary=a\n\n"
    + (b"--a\nContent-Type: a/b" + b"".join(b";a%d*0*=''%%41" % number for number in range(350)) + b"\n\n") * 100,
    "a boundary like the body": b"".join(b'Content-Type: multipart/mixed; boundary="%sx%d"\n\n--%sx%d\n' % (b"-" * 60, level, b"-" * 60, level)
    for level in range(19)) + b"-" * MIB,
    "hz": b"Content-Type: text/plain; charset=hz\n\n" + b"~{\xff" * (MIB // 3),
    "iso-2022": b"Content-Type: text/plain; charset=iso-2022-jp\n\n" + b"\x1b$B\xff" * (MIB // 4),
    "embedded quoted-printable": b"Content-Type: message/rfc822\nContent-Transfer-Encoding: quoted-printable\n\n" * 21 + b"a" * 900_000,
    "folded lines": b"To: a\n" + b" b\n" * (MIB // 3),
    "fields": b"a:b\n" * (MIB // 4),
    "parts": b"Content-Type: multipart/mixed; boundary=a\n\n" + b"--a\n\n" * (MIB // 6),
    "part fields": b"Content-Type: multipart/mixed; boundary=a\n\n" + (b"--a\n" + b"a:\n" * 250 + b"\n") * 1300,
    "parts with no field": b"Content-Type: multipart/mixed; boundary=a\n\n" + (b"--a\n" + b"a" * 32_000 + b"\n\nx\n") * 32,
    "almost boundaries": b"Content-Type: multipart/mixed; boundary=a\n\n" + b"--ab\n" * (MIB // 6),
    "dashes": b"Content-Type: multipart/mixed; boundary=-\n\n" + b"-" * MIB,
    "one boundary, nested": b"Content-Type: multipart/mixed; boundary=a\n\n--a\n" * 22_000,
    "nested": b"".join(b"Content-Type: multipart/mixed; boundary=a%d\n\n--a%d\n" % (i, i) for i in range(1000)) + b"x" * 900_000,
    "embedded": b"Content-Type: message/rfc822\n\n" * 30_000,
    "embedded base64": b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n" + b"QUFB" * 250_000,
    "no line end": b"a" * MIB,
    "only line ends": b"\n" * MIB,
    "base64": b"Content-Transfer-Encoding: base64\n\n" + b"QUFB" * (MIB // 4),
    "quoted-printable": b"Content-Transfer-Encoding: quoted-printable\n\n" + b"=C3=A9" * (MIB // 6),
    "utf-7": b"Content-Type: text/plain; charset=utf-7\n\n" + b"\xff" * MIB,
    "utf-16 surrogates": b"Content-Type: text/plain; charset=utf-16\n\n" + b"\xd8\x01" * (MIB // 2),
    "parameters": b"Content-Type: a/b" + b';a*0="x' * 1300 + b"\n\n",
    "open tags": b"Auto-Submitted: auto-replied\nContent-Type: text/html\n\n" + b"<a " * (MIB // 3),
    "open comments": b"Auto-Submitted: auto-replied\nContent-Type: text/html\n\n" + b"<!--" * (MIB // 4),
    "open styles": b"Auto-Submitted: auto-replied\nContent-Type: text/html\n\n" + b"<style>" * (MIB // 7),
    "tags": b"Auto-Submitted: auto-replied\nContent-Type: text/html\n\n" + b"<div>" * (MIB // 5),
    "wide spaces": b"Auto-Submitted: auto-replied\nContent-Type: text/html; charset=utf-8\n\n" + "\u2003".encode() * (MIB // 3),
    "phrases": b"Auto-Submitted: auto-replied\nSubject: " + b"[a] " * 2000 + b"\n\n" + b"i am i am on on " * 60_000,
    "quotes of text": b"Auto-Submitted: auto-replied\n\n" + b"from: a\non x\nle y\n" * 60_000,
    "date": b"Date: " + b"Mon, " * 4000 + b"\n\n",
}  # fmt: skip


def seconds_to_read(octets):
    """Of this process's own time."""
    started = time.process_time()
    read_everything(octets)
    return time.process_time() - started


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_stay_within_half_a_second_and_50_mb(name):
    read_everything(BOMBS[name][:2000])
    assert any(seconds_to_read(BOMBS[name]) < 0.5 for _ in range(3))  # a busy machine makes it slower, never quicker
    tracemalloc.start()
    read_everything(BOMBS[name])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50_000_000


@pytest.mark.parametrize(
    ("octets", "defect"),
    [
        (b"A: b\n" + b"Subject: x\n" + b"B: " + b"c" * 70_000 + b"\nC: d\n\nbody", "header longer than its bound"),
        (b"A: " + b"c" * 9000 + b"\nSubject: x\n\nbody", "field longer than the bound"),
        (b"Subject: x\n" + b"A: b\n" * 1001 + b"\nbody", "more fields than the bound"),
    ],
)
def test_a_cut_header_is_named_and_the_body_still_found(octets, defect):
    message = parse(octets)
    assert (message.subject, message.root.text, message.complete) == ("x", "body", False)
    assert defect in message.defects


def test_a_prefix_is_not_complete():
    assert parse(b"Subject: x\n\n" + b"a" * PREFIX_LIMIT).complete is False
    assert parse(b"Subject: x\n\nbody", complete=False).complete is False
    assert parse(b"Subject: x\n\nbody").complete is True


def test_a_cut_references_field_keeps_the_nearest():
    ids = " ".join(f"<{number:020}@x.example>" for number in range(400))
    assert answered_ids(parse(f"References: {ids}\n\n".encode()))[0] == f"<{399:020}@x.example>"


def test_a_cut_recipient_field_holds_no_half_address():
    value = ", ".join(f"someone{number}@toronto.example.org" for number in range(1000))
    found = parse(f"To: {value}\n\n".encode()).of("to")
    assert found
    assert {address.domain for address in found} == {"toronto.example.org"}


# --- headers ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "octets",
    [
        b"Subject: Hello\n world\nTo: a@b.example\n\nbody",
        b"Subject: Hello\r\n world\r\nTo: a@b.example\r\n\r\nbody",
        b"Subject: Hello\n world\r\nTo: a@b.example\n\r\nbody",
        b"From a@b Tue Nov  3 10:00:00 2026\nSubject: Hello\n world\nTo: a@b.example\n\nbody",
        b">From a@b Tue Nov  3 10:00:00 2026\r\nSubject: Hello\r\n world\r\nTo: a@b.example\r\n\r\nbody",
        b"\r\n\n\r\nSubject: Hello\n world\nTo: a@b.example\n\nbody",
        b"\xef\xbb\xbfSubject: Hello\n world\nTo: a@b.example\n\nbody",
        b"Subject : Hello\n world\nTo: a@b.example\n\nbody",
        b"subject:Hello\n world\nTO:a@b.example\n\nbody",
        b"Subject: Hello\n world\nTo: a@b.example\nbody",
    ],
)
def test_the_same_message_in_many_shapes(octets):
    message = parse(octets)
    assert message.subject == "Hello world"
    assert [address.spec for address in message.of("To")] == ["a@b.example"]
    assert message.root.text == "body"


def test_header_without_body_and_body_without_header():
    assert parse(b"Subject: x").subject == "x"
    assert parse(b"Subject: x\n").root.text == ""
    assert parse(b"just words\nmore").root.text == "just words\nmore"
    assert parse(b"").fields == ()


def test_a_field_below_the_first_line_of_the_body_is_no_field():
    message = parse(b"Subject: x\nthis is no field\nAuto-Submitted: auto-replied\n\nbody")
    assert message.first("auto-submitted") is None
    assert (message.root.text or "").startswith("this is no field")


def test_every_occurrence_in_order():
    message = parse(b"Received: a\nX: 1\nreceived: b\n\n")
    assert message.all("RECEIVED") == ("a", "b")
    assert message.first("x") == "1"
    assert message.names_among({"x", "y"}) == {"x"}


def test_values_are_utf8_else_latin1_and_without_controls():
    message = parse("A: Zoë\n".encode() + b"B: Zo\xeb\nC: a\x00b\x1b[31m\n\n")
    assert (message.first("a"), message.first("b"), message.first("c")) == ("Zoë", "Zoë", "a b [31m")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("<a@b.example>", "<a@b.example>"),
        (" (x) <a@b.example> (y)", "<a@b.example>"),
        ("a@b.example", "<a@b.example>"),
        ("<odd-without-at>", "<odd-without-at>"),
        ("", None),
        ("<>", None),
        ("two words", None),
    ],
)
def test_message_id(value, expected):
    assert parse(f"Message-ID: {value}\n\n".encode()).message_id == expected


# --- text -------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<p>One</p><p>Two&nbsp;&amp; three</p>", "One\n\nTwo & three"),
        ("<style>p{}</style><!-- no --><b>bo</b>ld", "bold"),
        ("a<br>b", "a\nb"),
        ("1 < 2 and <3", "1 < 2 and <3"),
        ("<p title='>'>x", "'>x"),
        ("<script>if (a<b) {}</script>x", "x"),
        ("", ""),
    ],
)
def test_strip_tags(markup, expected):
    assert strip_tags(markup) == expected


def test_plain_text_prefers_plain_and_skips_attachments():
    body = b"--x\nContent-Type: text/plain\nContent-Disposition: attachment\n\nno\n--x\nContent-Type: text/html\n\n<p>yes</p>\n--x--\n"
    message = parse(b"Content-Type: multipart/mixed; boundary=x\n\n" + body)
    assert plain_text(message) == "yes"


def test_references_of_nothing_but_blanks():
    assert parse(b"References: " + b" " * 9000 + b"\nSubject: x\n\nbody\n").references == ()
