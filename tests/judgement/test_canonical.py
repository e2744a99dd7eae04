"""Addresses for comparison, and which ones a reply may go to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.judgement.canonical import canonical, fits, form_for_reply, is_deliverable, untagged
from gateway.message.addresses import parse_addresses
from gateway.notices.mime import is_recipient


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
        ("\u00e9" * 32 + "@example.org", True),
        ("\u00e9" * 33 + "@example.org", False),  # 66 octets
        ("anna@\u0939\u093f\u0928\u094d\u0926\u0940.example", True),
        ("anna@" + "\u0939\u093f" * 31 + ".example", False),  # its A-label is too long
        ("\u0dc1\u0dca\u200d\u0dbb\u0dd3@example.org", True),
        ("an\u202ena@example.org", False),
        ("an\u200bna@example.org", False),
        ("an\u00a0na@example.org", False),
        ("an\uff20na@example.org", False),
        ("an\ud800na@example.org", False),
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
        ("j\u00f8ran@example.org", "j\u00f8ran@example.org"),
        ("Zoe\u0308@B\u00dcCHER.example", "Zoe\u0308@xn--bcher-kva.example"),  # the local part as it was given
        ('"\u00e5 b"@example.org', '"\u00e5 b"@example.org'),
        (r'"an\"na"@example.org', None),
        ("anna@my_host.example.org", None),
        ("a@" + "\u00fc" * 60 + ".example", None),
        ("anna@STRA\u00dfE.example", "anna@xn--strae-oqa.example"),  # strasse.example is another's
        ("a@" + "\u00df" * 62 + ".example", None),
        ("anna@\u03b2\u03cc\u03bb\u03bf\u03c2.example", "anna@xn--nxasmm1c.example"),  # IDNA 2003 had another name for it
        ("anna@\u0939\u093f\u0928\u094d\u0926\u0940.example", "anna@xn--j2bd4cyah0f.example"),
        ("anna@\u0915\u094d\u200d\u0937.example", "anna@xn--11b2ezcw70k.example"),
        ("anna@\u0905\u200d\u0937.example", None),  # a joiner where there is nothing to join
        ("anna@\u0301a.example", None),
        ("anna@\u2603.example", None),
        ("anna@\uff41.example", None),
        ("anna@\u4f8b\u3002example", None),
        ("anna@b\u00fccher.XN--BCHER-KVA.example", "anna@xn--bcher-kva.xn--bcher-kva.example"),
    ],
)
def test_form_for_reply(address: str, expected: str | None) -> None:
    assert form_for_reply(address) == expected
    assert expected is None or is_recipient(expected)


@pytest.mark.parametrize("written", ["stra\u00dfe.example", "STRA\u00dfE.Example", "xn--strae-oqa.example"])
def test_one_correspondent_by_either_way_of_writing_a_domain(written: str) -> None:
    assert canonical(f"anna@{written}") == "anna@xn--strae-oqa.example"
    assert parse_addresses(f"Anna <anna@{written}>")[0].spec == "anna@xn--strae-oqa.example"


@given(st.from_regex(r"[!-~\u00a1-\u0180\u200b-\u2030\uff20]{1,20}@[\w.\uff20-]{1,20}\.example", fullmatch=True))
def test_where_a_reply_may_go_a_header_can_name(address: str) -> None:
    written = form_for_reply(address)
    assert not is_deliverable(address) or written is None or is_recipient(written)


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_is_read(local: str, domain: str) -> None:
    address = f"{local}@{domain}"
    assert isinstance(canonical(address), str)
    is_deliverable(address)
    form_for_reply(address)


@pytest.mark.parametrize("written", ["Zoe\u0308@example.org", "ZO\u00cb@example.org", "zo\u00eb@Example.ORG.", "ZOE\u0308@example.org"])
def test_one_correspondent_however_accents_are_composed(written: str) -> None:
    assert canonical(written) == "zo\u00eb@example.org"
