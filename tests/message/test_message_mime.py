"""MIME structure, transfer encodings, parameters."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.message.mime import DELIMITER_LIMIT, DEPTH_LIMIT, PART_LIMIT, parse_parameters
from gateway.message.parse import parse


def part_of(fields, body):
    return parse(fields.encode() + b"\n\n" + body).root


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("text/plain", ("text/plain", {})),
        ("TEXT/Plain; Charset=UTF-8", ("text/plain", {"charset": "UTF-8"})),
        ('text/plain; charset="utf-8" (comment)', ("text/plain", {"charset": "utf-8"})),
        ("text/plain (comment); charset=utf-8 (x)", ("text/plain", {"charset": "utf-8"})),
        ('a/b; name="x;y=z"; q=1', ("a/b", {"name": "x;y=z", "q": "1"})),
        ('a/b; name="say \\"hi\\""', ("a/b", {"name": 'say "hi"'})),
        ("a/b; name=my file.pdf", ("a/b", {"name": "my file.pdf"})),
        ('a/b; name="never closed', ("a/b", {"name": "never closed"})),
        ("a/b;; ; x = y", ("a/b", {"x": "y"})),
        ("a/b; name*=utf-8''r%C3%A9sum%C3%A9.pdf", ("a/b", {"name": "résumé.pdf"})),
        ("a/b; name*=iso-8859-1'fr'r%E9sum%E9.pdf", ("a/b", {"name": "résumé.pdf"})),
        ("a/b; name*1*=%A9.pdf; name*0*=utf-8''r%C3", ("a/b", {"name": "ré.pdf"})),
        ('a/b; name*0="long "; name*1="name.pdf"', ("a/b", {"name": "long name.pdf"})),
        ("a/b; name*0*=utf-8''%C3%A9; name*1=\"%41\"", ("a/b", {"name": "é%41"})),
        ('a/b; name="=?utf-8?Q?r=C3=A9sum=C3=A9.pdf?="', ("a/b", {"name": "résumé.pdf"})),
        ("a/b; name=plain; name*=utf-8''better", ("a/b", {"name": "better"})),
        ("x/y; a*", ("x/y", {})),
        ("", ("", {})),
        (";", ("", {})),
    ],
)
def test_parameters(value, expected):
    assert parse_parameters(value) == expected


@given(st.text(max_size=200))
def test_any_parameters(value):
    main, parameters = parse_parameters(value)
    (main + "".join(parameters.values())).encode("utf-8", "surrogatepass")


@pytest.mark.parametrize(
    ("fields", "body", "text"),
    [
        ("A: b", "é\r\nx".encode(), "é\nx"),
        ("A: b", b"\xe9", "é"),
        ("Content-Type: text/plain; charset=iso-8859-1", b"\xe9", "é"),
        ("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable", b"=C3=A9 =\nx=3D", "é x="),
        ("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: Quoted-Printable (x)", b"=zz=C3=A9", "=zzé"),
        ("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: BASE64", base64.encodebytes("é".encode()), "é"),
        ("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64", b"w6k", "é"),
        ("Content-Transfer-Encoding: x-unknown", b"abc", "abc"),
        ("Content-Type: nonsense", b"abc", "abc"),
        ("Content-Type: text/plain; charset=utf-16", "é".encode("utf-16"), "é"),
        ("Content-Type: text/plain; charset=made-up", "é".encode(), "é"),
    ],
)
def test_text_of_a_leaf(fields, body, text):
    assert part_of(fields, body).text == text


def test_no_text_of_other_leaves():
    assert part_of("Content-Type: image/png", b"x").text is None
    assert part_of("Content-Type: application/pkcs7-mime\nContent-Transfer-Encoding: base64", b"QUJD").octets == b"ABC"


NESTED = b"""preamble, --not a boundary
--outer
Content-Type: multipart/alternative; boundary="outer-inner"

--outer-inner
Content-Type: text/plain

plain --outer-inner

-- outer-inner
--outer-inner\x20\x20
Content-Type: text/html

<p>html</p>
--outer-inner--
epilogue
--outer
Content-Type: application/pdf; name=a.pdf
Content-Disposition: attachment; filename*=utf-8''%C3%A9.pdf

pdf
--outer--
ignored
--outer

ignored
"""


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_structure(line_end):
    root = part_of("Content-Type: multipart/mixed; boundary=outer", NESTED.replace(b"\n", line_end))
    assert [part.content_type for part in root.walk()] == ["multipart/mixed", "multipart/alternative", "text/plain", "text/html", "application/pdf"]
    assert root.children[0].children[0].text == "plain --outer-inner\n\n-- outer-inner"
    assert root.children[0].children[1].text == "<p>html</p>"
    assert (root.children[1].filename, root.children[1].disposition) == ("é.pdf", "attachment")


def test_inner_multipart_without_its_end_stops_at_the_outer_boundary():
    body = b"--o\nContent-Type: multipart/mixed; boundary=i\n\n--i\n\nfirst\n--o\n\nsecond\n--o--"
    message = parse(b"Content-Type: multipart/mixed; boundary=o\n\n" + body)
    assert [part.text for part in message.root.walk() if part.text] == ["first", "second"]
    assert message.defects == ("multipart without its end",)


def test_multipart_without_boundary_keeps_its_type_and_its_text():
    message = parse(b"Content-Type: multipart/report; report-type=delivery-status\n\nwords")
    assert message.root.content_type == "multipart/report"
    assert [part.text for part in message.root.children] == ["words"]
    assert "multipart without its boundary" in message.defects


def test_an_embedded_header_does_not_leak():
    body = b"Content-Type: message/rfc822\nSubject: outer\n\nSubject: inner\nAuto-Submitted: auto-replied\nTo: x@y.example\n\ninner text"
    message = parse(body)
    assert message.subject == "outer"
    assert message.first("auto-submitted") is None
    assert message.of("to") == ()
    (inner,) = message.root.children
    assert ("Subject", "subject", "inner") in inner.fields
    assert inner.text == "inner text"


def test_embedded_message_in_base64():
    inner = base64.encodebytes(b"Subject: inner\n\ntext")
    message = parse(b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n" + inner)
    assert message.root.children[0].text == "text"


def test_digest_children_are_messages():
    message = parse(b"Content-Type: multipart/digest; boundary=d\n\n--d\n\nSubject: one\n\ntext\n--d--")
    assert message.root.children[0].content_type == "message/rfc822"
    assert message.root.children[0].children[0].text == "text"


def test_depth_and_number_of_parts_are_bounded():
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (depth, depth) for depth in range(DEPTH_LIMIT + 5)) + b"\nx"
    message = parse(deep)
    assert sum(1 for _ in message.root.walk()) == DEPTH_LIMIT + 1
    assert "nested deeper than the bound" in message.defects
    assert not message.complete
    lines = parse(b"Content-Type: multipart/mixed; boundary=a\n\n" + b"--ab\n" * (DELIMITER_LIMIT + 1))
    assert "more delimiter lines than the bound" in lines.defects
    many = parse(b"Content-Type: multipart/mixed; boundary=a\n\n" + b"--a\n\nx\n" * (PART_LIMIT + 50) + b"--a--")
    assert sum(1 for _ in many.root.walk()) == PART_LIMIT
    assert "more parts than the bound" in many.defects


def test_attachment_names():
    message = parse(b"Content-Type: multipart/mixed; boundary=outer\n\n" + NESTED)
    assert message.attachments == ("é.pdf",)
