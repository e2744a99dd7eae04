"""Addresses for comparison, and which ones a reply may go to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.judgement.canonical import ascii_form, canonical, fits, is_deliverable, untagged
from gateway.message.addresses import parse_addresses
from gateway.notices.mime import is_address


@pytest.mark.parametrize(
    ("given_address", "expected"),
    [
        ("Anna@Example.ORG", "anna@example.org"),
        ("<anna@example.org>", "anna@example.org"),
        ("anna@example.org.", "anna@example.org"),
        ('"anna"@example.org', "anna@example.org"),
        (r'"an\"na"@example.org', 'an"na@example.org'),
        ("anna@bücher.example", "anna@xn--bcher-kva.example"),
        ("prvs=1234abcdef=anna@example.org", "anna@example.org"),
        ("prvs=anna/1234abcdef@example.org", "anna@example.org"),
        ("msprvs1=18000abc=bounces-1-2@spark.example", "bounces-1-2@spark.example"),
        ("btv1==0123==anna@example.org", "anna@example.org"),
        ("SRS0=HHH=TT=example.org=anna@f.example", "anna@example.org"),
        ("srs0+HHH=TT=example.org=anna@f.example", "anna@example.org"),
        ("SRS0=HHH=TT=example.org=anna=b@f.example", "anna=b@example.org"),
        ("SRS1=GGG=f.example==HHH=TT=example.org=anna@g.example", "anna@example.org"),
        ("SRS0=HHH=TT=example.org=prvs=1234abcdef=anna@f.example", "anna@example.org"),
        ("srs0=broken@f.example", "srs0=broken@f.example"),
        ("prvs=@example.org", "prvs=@example.org"),
        ("anna+bins@example.org", "anna+bins@example.org"),
        ("anna", "anna"),
        ("", ""),
        ("@", ""),
    ],
)
def test_canonical(given_address: str, expected: str) -> None:
    assert canonical(given_address) == expected


@given(st.text(max_size=300))
def test_canonical_is_total_and_stable(text: str) -> None:
    once = canonical(text)
    assert canonical(once.casefold()) == canonical(once)


@given(
    st.from_regex(r"[a-z0-9.]{1,20}", fullmatch=True),
    st.sampled_from(["prvs=1234abcdef={0}@{1}", "SRS0=HHH=TT={1}={0}@forwarder.example", "btv1==abc=={0}@{1}"]),
)
def test_wrapped_address_is_the_address(local: str, scheme: str) -> None:
    assert canonical(scheme.format(local, "example.org")) == canonical(f"{local}@example.org")


@pytest.mark.parametrize(
    ("pattern", "address", "expected"),
    [
        ("*@council.toronto.example", "Lee@Council.Toronto.Example", True),
        ("*@council.toronto.example", "lee@sub.council.toronto.example", False),
        ("councillor.*@toronto.example", "councillor.lee@toronto.example", True),
        ("councillor.*@toronto.example", "councillor@toronto.example", False),
        ("example.org", "anna@example.org", True),
        ("example.org", "anna@mail.example.org", False),
        ("@example.org", "anna@example.org", True),
        ("*.example.org", "anna@mail.example.org", True),
        ("anna@example.org", "anna@example.org", True),
        ("a*a@example.org", "a@example.org", False),
        ("*", "anna@example.org", True),
        ("[a-z]*@example.org", "anna@example.org", False),
    ],
)
def test_patterns(pattern: str, address: str, expected: bool) -> None:
    assert fits(pattern, address) is expected


def test_patterns_are_quick() -> None:
    assert not fits("*a" * 200 + "b", "a" * 5000 + "@example.org")


def test_untagged() -> None:
    assert untagged("HR+jobs+2@Toronto.Example") == "hr@toronto.example"
    assert untagged("+x@toronto.example") == "+x@toronto.example"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("anna@example.org", True),
        ("anna.b+c@mail.example.org", True),
        ('"anna b"@example.org', True),
        ("o'neil@example.org", True),
        ("аnnа@пример.example", True),
        ("", False),
        ("<>", False),
        ("anna", False),
        ("anna@", False),
        ("@example.org", False),
        ("anna@localhost", False),
        ("anna@[192.0.2.1]", False),
        ("anna@192.0.2.1", False),
        ("anna@-example.org", False),
        ("anna@example..org", False),
        (".anna@example.org", False),
        ("anna.@example.org", False),
        ("an..na@example.org", False),
        ("anna@example.invalid", False),
        ("a b@example.org", False),
        ("anna@example.org\n", False),
        ("anna@example.org\r\nDATA", False),
        ("a" * 65 + "@example.org", False),
        ("a@" + "b" * 60 + "." + ".".join(["c" * 60] * 4), False),
        ("a,b@example.org", False),
        ("a@b@example.org", False),
    ],
)
def test_deliverable(address: str, expected: bool) -> None:
    assert is_deliverable(address) is expected


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("Anna.B+c=d@Example.ORG", "Anna.B+c=d@Example.ORG"),
        ('"anna b"@example.org', '"anna b"@example.org'),
        ("anna@b\u00fccher.example", "anna@xn--bcher-kva.example"),
        ("j\u00f8ran@example.org", None),
        (r'"an\"na"@example.org', None),
        ("anna@my_host.example.org", None),
        ("a@" + "\u00fc" * 60 + ".example", None),
        ("anna@STRA\u00dfE.example", "anna@xn--strae-oqa.example"),  # strasse.example is another's
        ("a@" + "\u00df" * 62 + ".example", None),
        ("anna@\u03b2\u03cc\u03bb\u03bf\u03c2.example", None),  # IDNA 2003 and 2008 have two names for it
        ("anna@b\u00fccher.XN--BCHER-KVA.example", "anna@xn--bcher-kva.xn--bcher-kva.example"),
    ],
)
def test_ascii_form(address: str, expected: str | None) -> None:
    assert ascii_form(address) == expected
    assert expected is None or is_address(expected)


@pytest.mark.parametrize("written", ["stra\u00dfe.example", "STRA\u00dfE.Example", "xn--strae-oqa.example"])
def test_one_correspondent_by_either_way_of_writing_a_domain(written: str) -> None:
    assert canonical(f"anna@{written}") == "anna@xn--strae-oqa.example"
    assert parse_addresses(f"Anna <anna@{written}>")[0].spec == "anna@xn--strae-oqa.example"


@given(st.from_regex(r"[!-~\u00a1-\u0180]{1,20}@[\w.\uff20-]{1,20}\.example", fullmatch=True))
def test_where_a_reply_may_go_a_header_can_name(address: str) -> None:
    written = ascii_form(address)
    assert not is_deliverable(address) or written is None or is_address(written)
