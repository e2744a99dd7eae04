"""Identity, answered messages, case references."""

import base64
import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.message.parse import parse
from gateway.message.thread import ANSWERED_LIMIT, REFERENCE_ALPHABET, answered_ids, identity, subject_references

HEAD = "From: Zoë Example <Zoe@Partner.example>\nTo: hr@toronto.example\nDate: Tue, 3 Nov 2026 10:00:00 -0500\nSubject: L'été à Toronto\n"
TEXT = "Bonjour,\n\nl'été arrive.  Merci\n"


def octets(head=HEAD, *, message_id=True, fields="", encoding="8bit", text=TEXT):
    body = {"8bit": text.encode(), "base64": base64.encodebytes(text.encode()), "quoted-printable": quopri.encodestring(text.encode())}[encoding]
    own = "Message-ID: <1@partner.example>\n" if message_id else ""
    return f"{fields}{head}{own}Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: {encoding}\n\n".encode() + body


@pytest.mark.parametrize("message_id", [True, False])
@pytest.mark.parametrize(
    "other",
    [
        {"encoding": "base64"},
        {"encoding": "quoted-printable"},
        {"fields": "Return-Path: <x@y.example>\nReceived: by mx; Tue, 3 Nov 2026 11:00:00 -0500\nX-Spam: no\n"},
        {"head": HEAD.replace("Zoë Example", "=?utf-8?Q?Zo=C3=AB?= Example").replace("L'été à Toronto", "=?utf-8?B?TCfDqXTDqSDDoA==?=\n Toronto")},
        {"head": HEAD.replace("10:00:00 -0500", "15:00:00 +0000 (UTC)")},
        {"head": HEAD.replace("Subject: L'été à Toronto", "SUBJECT:  L'été\n à Toronto")},
        {"text": TEXT.replace("  ", " ").replace("\n", "  \n")},
    ],
)
def test_the_same_message_by_another_way(message_id, other):
    first = parse(octets(message_id=message_id))
    for line_end in (b"\n", b"\r\n"):
        assert identity(parse(octets(message_id=message_id, **other).replace(b"\n", line_end))) == identity(first)


@pytest.mark.parametrize(
    ("message_id", "old", "new"),
    [
        (True, "1@partner", "2@partner"),
        (True, "Zoe@", "ana@"),
        (True, "10:00:00", "10:00:01"),
        (False, "Zoe@", "ana@"),
        (False, "hr@", "equity@"),
        (False, "10:00:00", "10:00:01"),
        (False, "Toronto\n", "Montréal\n"),
        (False, "arrive", "part"),
    ],
)
def test_another_message(message_id, old, new):
    first = octets(message_id=message_id)
    assert old.encode() in first
    assert identity(parse(first)) != identity(parse(first.replace(old.encode(), new.encode())))


def test_with_a_message_id_text_and_recipients_do_not_count():
    head = HEAD.replace("L'été", "[EXTERNAL] L'été").replace("hr@", "equity@")
    assert identity(parse(octets())) == identity(parse(octets(text="cut"))) == identity(parse(octets(head)))
    assert len(identity(parse(b""))) == 64


def test_answered_nearest_first():
    message = parse(b"In-Reply-To: <c@x.example>\nReferences: <a@x.example>\n <b@x.example> <c@x.example>\n\n")
    assert answered_ids(message) == ("<c@x.example>", "<b@x.example>", "<a@x.example>")
    assert answered_ids(parse(b"In-Reply-To: Your message of Tuesday\n\n")) == ()
    many = "References: " + " ".join(f"<{number}@x.example>" for number in range(200))
    assert answered_ids(parse(many.encode() + b"\n\n"))[:2] == ("<199@x.example>", "<198@x.example>")
    assert len(answered_ids(parse(many.encode() + b"\n\n"))) == ANSWERED_LIMIT


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("Re: Your permit [HR-4K7M]", ("HR-4K7M",)),
        ("RE: TR: Réf : hr-4k7m suite", ("HR-4K7M",)),
        ("HR-4K7M", ("HR-4K7M",)),
        ("(hr-4K7M97)", ("HR-4K7M97",)),
        ("HR‑4K7M and ED-CCCC, again HR-4K7M", ("HR-4K7M", "ED-CCCC")),
        ("RéfHR-4K7M", ()),
        ("HR-4K7", ()),
        ("HR-4K7M979", ()),
        ("HRX-4K7M", ()),
        ("HR-4K7M-2", ()),
        ("HR-4K1M", ()),
        ("HR-BASE", ()),
        ("COVID-2346", ()),
        ("", ()),
    ],
)
def test_subject_references(subject, expected):
    assert subject_references(subject) == expected


@given(st.text(REFERENCE_ALPHABET, min_size=4, max_size=6), st.sampled_from(["{}", "[{}]", "Re: x [{}]", "TR : {} y", "({})."]))
def test_every_reference_is_found_again(code, shape):
    assert subject_references(shape.format(f"ct-{code.lower()}")) == (f"CT-{code}",)
