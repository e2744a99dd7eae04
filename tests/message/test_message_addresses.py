"""Address lists as real mail writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.message.addresses import ADDRESS_LIMIT, parse_addresses
from gateway.message.parse import parse


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a@b.example", [("", "a@b.example")]),
        ("<a@b.example>", [("", "a@b.example")]),
        ("Ana Example <Ana@B.Example>", [("Ana Example", "Ana@b.example")]),
        ('"Example, Ana" <a@b.example>', [("Example, Ana", "a@b.example")]),
        ('"Ana \\"the\\" Example" <a@b.example>', [('Ana "the" Example', "a@b.example")]),
        ("a@b.example (Ana (the) Example)", [("Ana (the) Example", "a@b.example")]),
        ("a@b.example, c@d.example", [("", "a@b.example"), ("", "c@d.example")]),
        ("Example, Ana <a@b.example>", [("Example, Ana", "a@b.example")]),
        ("Example, Ana (Parks), M.A. <a@b.example>, Cee <c@d.example>", [("Example, Ana, M.A.", "a@b.example"), ("Cee", "c@d.example")]),
        ("=?utf-8?Q?Zo=C3=AB?=, Ana <a@b.example>", [("Zoë Ana", "a@b.example")]),
        ("c@d.example, Example, Ana <a@b.example>", [("", "c@d.example"), ("Example, Ana", "a@b.example")]),
        ("Example, Ana; Cee, Dee <c@d.example>", [("", "Example"), ("", "Ana"), ("Cee, Dee", "c@d.example")]),
        ("hr, it: Ana <a@b.example>;", [("", "hr"), ("Ana", "a@b.example")]),
        ("Example, <a@b.example>", [("Example", "a@b.example")]),
        ("root, c@d.example", [("", "root"), ("", "c@d.example")]),
        ("Example, Ana <>", [("", "Example")]),
        ("a@b.example; c@d.example;", [("", "a@b.example"), ("", "c@d.example")]),
        ("Team: a@b.example, Cee <c@d.example>; e@f.example", [("", "a@b.example"), ("Cee", "c@d.example"), ("", "e@f.example")]),
        ("undisclosed-recipients:;", []),
        ("Undisclosed recipients:;", []),
        ("undisclosed recipients", []),
        ("<>", []),
        ("", []),
        (", ,;", []),
        ("<@relay.example,@other.example:a@b.example>", [("", "a@b.example")]),
        ("=?utf-8?Q?Zo=C3=AB?= <a@b.example>", [("Zoë", "a@b.example")]),
        ('"=?utf-8?Q?Zo=C3=AB?=" <a@b.example>', [("Zoë", "a@b.example")]),
        ("=?utf-8?B?w4k=?= =?utf-8?B?w6g=?= <a@b.example>", [("Éè", "a@b.example")]),
        ("Ana <a@b.example", [("Ana", "a@b.example")]),
        ('"Ana <a@b.example>', [("Ana", "a@b.example")]),
        ("Ana a@b.example", [("Ana", "a@b.example")]),
        ("'a@b.example'", [("", "a@b.example")]),
        ("'a@b.example' <a@b.example>", [("'a@b.example'", "a@b.example")]),
        ("mailto:a@b.example", [("", "a@b.example")]),
        ("<mailto:a@b.example>", [("", "a@b.example")]),
        ("a @ b . example", [("", "a@b.example")]),
        ('"a b"@c.example', [("", '"a b"@c.example')]),
        ('"ab"@c.example', [("", "ab@c.example")]),
        ("a@[192.0.2.1]", [("", "a@[192.0.2.1]")]),
        ("a@[IPv6:2001:db8::1]", [("", "a@[ipv6:2001:db8::1]")]),
        ("a@b.example.", [("", "a@b.example")]),
        ("a@BÜCHER.example", [("", "a@xn--bcher-kva.example")]),
        ("jörg@b.example", [("", "jörg@b.example")]),
        ("MAILER-DAEMON", [("", "MAILER-DAEMON")]),
        ("MAILER-DAEMON (Mail Delivery System)", [("Mail Delivery System", "MAILER-DAEMON")]),
        ("a+tag=x@b.example", [("", "a+tag=x@b.example")]),
        ("clerk@city.example <x@evil.example>", [("clerk@city.example", "x@evil.example")]),
        ('"clerk@city.example" <x@evil.example>', [("clerk@city.example", "x@evil.example")]),
        ("Ana (not this) <a@b.example>", [("Ana", "a@b.example")]),
        ("a@b.example,", [("", "a@b.example")]),
        ("Dr. Ana Ex. <a@b.example>", [("Dr. Ana Ex.", "a@b.example")]),
        # A mailbox in one quoted string, or in encoded words, where nothing else can be meant.
        ('"a@b.example"', [("", "a@b.example")]),
        ('"Ana Example <a@b.example>"', [("Ana Example", "a@b.example")]),
        ('"Example, Ana <a@b.example>"', [("Example, Ana", "a@b.example")]),
        ('"Ana \\"the\\" <a@b.example>"', [('Ana "the"', "a@b.example")]),
        ("\"'a@b.example'\" (Ana)", [("", "a@b.example")]),
        ('"a@b.example", "Cee <c@d.example>"; e@f.example', [("", "a@b.example"), ("Cee", "c@d.example"), ("", "e@f.example")]),
        ('Team: "a@b.example";', [("", "a@b.example")]),
        ('"a@b.example, c@d.example"', []),
        ('"a@b.example" Ana', []),
        ('"a@b@c.example"', []),
        ('"@"', []),
        ("=?utf-8?Q?Ana_Example_=3Ca=40b.example=3E?=", [("Ana Example", "a@b.example")]),
        ("=?utf-8?B?Wm/DqyA8YUBiLmV4YW1wbGU+?=", [("Zoë", "a@b.example")]),
        ("=?utf-8?B?YUBiLmV4YW1wbGU=?=", [("", "a@b.example")]),
        ("=?utf-8?Q?a@b.example?=", [("", "a@b.example")]),
        ("=?utf-8?Q?Example,_Ana?= =?utf-8?Q?_=3Ca=40b.example=3E?=", [("Example, Ana", "a@b.example")]),
        ("=?utf-8?Q?a=40b=C3=BC.example?=", [("", "a@xn--b-eha.example")]),
        ('"=?utf-8?Q?Zo=C3=AB_=3Ca=40b.example=3E?="', [("Zoë", "a@b.example")]),
        ("=?utf-8?Q?c=40city.example_=3Cx=40evil.example=3E?=", [("", "=?utf-8?Q?c=40city.example_=3Cx=40evil.example=3E?=")]),
        ("=?utf-8?Q?a=40b.example=2C_c=40d.example?=", [("", "=?utf-8?Q?a=40b.example=2C_c=40d.example?=")]),
        ("=?utf-8?Q?a=40b.example?= <c@d.example>", [("a@b.example", "c@d.example")]),
        ("=?utf-8?B?YUBiLmV4YW1wbGU=?=, c@d.example", [("", "=?utf-8?B?YUBiLmV4YW1wbGU=?="), ("", "c@d.example")]),
        ("a@", []),
        ("@b.example", []),
        (":;)", []),
        ("(", []),
        ('"', []),
    ],
)
def test_addresses(value, expected):
    assert [(address.display_name, address.spec) for address in parse_addresses(value)] == expected


def test_all_occurrences_and_a_limit():
    message = parse(b"To: a@b.example\nTo: c@d.example\nCc: x@y.example\n\n")
    assert [address.local for address in message.of("TO")] == ["a", "c"]
    assert len(parse(b"".join(b"To: " + b"a@b.example," * 600 + b"\n" for _ in range(6)) + b"\n").of("to")) == ADDRESS_LIMIT


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=20).map(lambda name: " ".join(name.split()))
LOCALS = st.from_regex(r"[A-Za-z0-9_+-]{1,10}(\.[A-Za-z0-9]{1,5})?", fullmatch=True)


@given(st.lists(st.tuples(NAMES, LOCALS), min_size=1, max_size=6))
def test_what_is_written_by_the_grammar_is_read_back(people):
    written = ", ".join('"{}" <{}@example.org>'.format(name.replace("\\", "\\\\").replace('"', '\\"'), local) for name, local in people)
    read = parse_addresses(written)
    assert [address.local for address in read] == [local for _, local in people]
    for address, (name, _) in zip(read, people, strict=True):
        assert "=?" in name or address.display_name == name.strip()


@given(st.text(max_size=200))
def test_any_text(value):
    for address in parse_addresses(value):
        assert address.local
        assert address.domain == address.domain.lower()


@pytest.mark.parametrize(
    ("domain", "read"),
    [
        ("bücher.example", "xn--bcher-kva.example"),
        ("пример.рф", "xn--e1afmkfd.xn--p1ai"),
        ("evil＠toronto.example", "evil＠toronto.example"),
        ("evil．example，toronto.example", "evil．example，toronto.example"),
        ("é" * 64 + ".example", "é" * 64 + ".example"),
        ("é." * 127 + "example", "é." * 127 + "example"),
        ("ﷺ" * 15, "ﷺ" * 15),
    ],
)
def test_a_name_becomes_ascii_only_as_a_host_name(domain: str, read: str):
    """A full-width at sign would put the address into another domain."""
    assert [address.domain for address in parse_addresses(f"x@{domain}")] == [read]


def test_conversions_have_a_bound_for_the_whole_message():
    fields = "".join(f"To: a@é{number}.example\n" for number in range(900))
    domains = [address.domain for address in parse(fields.encode()).of("to")]
    assert domains[0].startswith("xn--")
    assert domains[-1] == "é899.example"
    assert len(domains) == 900
