"""Authentication-Results as RFC 8601 writes them, and as borders do."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.judgement.authentication import Authentication, aligned, believed, read, without_comments
from gateway.message.parse import parse

BORDER = "mx.toronto.example"


def found(*lines: str, ids: tuple[str, ...] = (BORDER,)) -> Authentication:
    octets = "\r\n".join((*lines, "From: anna@example.org", "", "x")).encode()
    return believed(parse(octets), ids, ("toronto.example",))


@pytest.mark.parametrize(
    ("value", "authserv_id", "results"),
    [
        ("mx.example", "mx.example", []),
        ("mx.example; none", "mx.example", []),
        ("mx.example 1; spf=pass smtp.mailfrom=a@example.org", "mx.example", [("spf", "pass", {"smtp.mailfrom": "a@example.org"})]),
        ("MX.Example;SPF=Pass", "mx.example", [("spf", "pass", {})]),
        ("\uff2d\uff38.example; spf=pass", "\uff2d\uff38.example", [("spf", "pass", {})]),
        ("m\u017f.\u212a.example; spf=pass", "m\u017f.\u212a.example", [("spf", "pass", {})]),  # no border takes it for ms.k.example
        ("mx.example; spf=pass smtp.mailfrom=a@example.org", "mx.example", [("spf", "pass", {"smtp.mailfrom": "a@example.org"})]),
        ('"mx.example" / 1 ; dkim=fail', "mx.example", [("dkim", "fail", {})]),
        (
            "(edge) mx.example (7); dmarc (x) = (y) fail (p=none (dis=none)) header.from = example.org",
            "mx.example",
            [("dmarc", "fail", {"header.from": "example.org"})],
        ),
        (
            'mx.example; dkim=pass reason="good; really = so" header.d=example.org',
            "mx.example",
            [("dkim", "pass", {"reason": "good; really = so", "header.d": "example.org"})],
        ),
        (
            "mx.example; dkim/1=pass header.b=AbC/d= header.i=@example.org",
            "mx.example",
            [("dkim", "pass", {"header.b": "AbC/d=", "header.i": "@example.org"})],
        ),
        (
            "mx.example; iprev=pass policy.iprev=192.0.2.1; auth=pass (plain) smtp.auth=anna",
            "mx.example",
            [("iprev", "pass", {"policy.iprev": "192.0.2.1"}), ("auth", "pass", {"smtp.auth": "anna"})],
        ),
        ("mx.example; dmarc=fail (never closed; dmarc=pass", "mx.example", [("dmarc", "fail", {})]),
        ("", "", []),
        (";;;", "", []),
        ("spf=pass smtp.mailfrom=x", "spf=pass", []),
    ],
)
def test_reads(value: str, authserv_id: str, results: list[tuple[str, str, dict[str, str]]]) -> None:
    name, said = read(value)
    assert (name, [(each.method, each.result, each.properties) for each in said]) == (authserv_id, results)


def test_folded_field_of_a_border() -> None:
    said = found(
        f"Authentication-Results: {BORDER};",
        "\tdkim=pass (2048-bit key) header.d=mail.example.org header.i=@mail.example.org header.s=s1",
        "\tspf=pass (sender SPF authorized) smtp.mailfrom=bounce@em.example.org;",
        "\tdmarc=pass (policy=reject) header.from=example.org",
    )
    assert (said.dmarc, said.header_from) == ("pass", "example.org")
    assert said.passes("example.org")
    assert not said.passes("other.example")


def test_only_the_topmost_listed_field_counts() -> None:
    said = found(
        "Authentication-Results: elsewhere.example; dmarc=pass header.from=example.org",
        f"Authentication-Results: {BORDER}; dmarc=fail header.from=example.org",
        f"Authentication-Results: {BORDER}; dmarc=pass header.from=example.org",
    )
    assert said.dmarc == "fail"
    assert not said.passes("example.org")


@pytest.mark.parametrize(
    ("received", "believed_below"),
    [
        ("from x by mx.toronto.example; date", True),
        ("from x by inner.toronto.example (Postfix) with ESMTP id 1; date", True),
        ("from x by MX.TORONTO.EXAMPLE.; date", True),
        ("from x by localhost (Postfix); date", True),
        ("from x by [127.0.0.1]; date", True),
        ("from x by 10.1.2.3; date", True),
        ("from x (by mx.toronto.example) by mail.evil.example; date", False),
        ("from x by mail.evil.example; date", False),
        ("from x by evilmx.toronto.example.org; date", False),
        ("from x by nottoronto.example; date", False),
        ("from x by toronto.example; date", True),
        ("from x by mx.toronto.example.evil.example; date", False),
        ("from x; date", False),
        ("", False),
    ],
)
def test_position_below_received_lines(received: str, believed_below: bool) -> None:
    said = found(f"Received: {received}", f"Authentication-Results: {BORDER}; dmarc=pass header.from=example.org")
    assert (said.authserv_id == BORDER) is believed_below


def test_sibling_hosts_of_the_border_are_ours() -> None:
    said = found(
        "Received: from x by in-7.filter.example; date", "Authentication-Results: out-1.filter.example; spf=pass", ids=("out-1.filter.example",)
    )
    assert said.spf == "pass"


def test_hosts_inside_a_listed_domain_are_ours() -> None:
    said = found("Received: from x by in-7.filter.example; date", "Authentication-Results: filter.example; spf=pass", ids=("filter.example",))
    assert said.spf == "pass"


def test_nothing_is_believed_where_nothing_is_listed() -> None:
    assert found(f"Authentication-Results: {BORDER}; dmarc=fail", ids=()) == Authentication()


@pytest.mark.parametrize(
    ("results", "passes", "vouches"),
    [
        ("dmarc=pass", True, False),
        ("dmarc=pass; spf=pass smtp.mailfrom=x@esp.example", True, True),
        ("dmarc=pass; spf=fail smtp.mailfrom=x@esp.example", True, False),
        ("dmarc=pass; spf=pass smtp.mailfrom=x@other.example", True, False),
        ("dmarc=pass; spf=pass", True, False),
        ("dmarc=fail; spf=pass smtp.mailfrom=x@esp.example", False, False),
        ("dmarc=temperror; spf=pass smtp.mailfrom=example.org", False, False),
        ("dmarc=none; spf=pass smtp.mailfrom=example.org", True, False),
        ("dmarc=bestguesspass; dkim=pass header.d=example.org", True, False),
        ("spf=pass smtp.mailfrom=x@mail.example.org", True, False),
        ("spf=softfail smtp.mailfrom=example.org", False, False),
        ("spf=pass", False, False),
        ("spf=pass smtp.mailfrom=esp.example", False, False),
        ("spf=none; spf=pass smtp.mailfrom=example.org", False, False),
        ("dkim=pass header.d=example.org", True, False),
        ("dkim=pass header.i=@mail.example.org", True, False),
        ("dkim=pass header.d=esp.example header.i=@example.org", False, False),
        ("dkim=fail header.d=example.org", False, False),
        ("arc=pass header.d=example.org", False, False),
        ("dkim=pass header.d=esp.example; dkim=pass header.d=example.org", True, False),
        ("dkim=pass", False, False),
        ("dmarc=pass header.from=EXAMPLE.ORG.", True, False),
        ("dmarc=pass header.from=mail.example.org", False, False),
        ("dmarc=none header.from=other.example; dkim=pass header.d=example.org", False, False),
        ("auth=pass header.from=example.org", False, False),
        ("none", False, False),
    ],
)
def test_what_authenticates_from_and_envelope(results: str, passes: bool, vouches: bool) -> None:
    said = found(f"Authentication-Results: {BORDER}; {results}")
    assert said.authserv_id == BORDER
    assert said.passes("example.org") is passes
    assert said.vouches_for_envelope("esp.example", "example.org") is vouches
    assert said.vouches_for_envelope("mail.example.org", "example.org") is passes


def test_an_ordinary_number_of_foreign_fields_is_passed_over() -> None:
    foreign = ["Authentication-Results: elsewhere.example; dmarc=pass"] * 29
    own = f"Authentication-Results: {BORDER}; dmarc=fail"
    assert found(*foreign, own).dmarc == "fail"
    assert found(*foreign, foreign[0], own).dmarc is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a (b) c", "a   c"),
        ("a (b (c) d) e", "a   e"),
        (r"a (b \) c) d", "a   d"),
        ('"a (b)" (c)', '"a (b)"  '),
        ('(a "b) c" d', '  c" d'),
        ("a) b", "a) b"),
        ("a) (b) c", "a)   c"),
        ("a (b", "a "),
        (r"\(a\)", r"\(a\)"),
        ("plain", "plain"),
    ],
)
def test_comments_are_taken_out(value: str, expected: str) -> None:
    assert without_comments(value) == expected


@pytest.mark.parametrize(
    "value", ['mx.example; x=a reason="b\\"; dmarc=pass"', 'mx.example; x=a reason=";dmarc=pass"', 'mx.example; x=a reason="\\\\" dmarc="pass']
)
def test_a_quoted_semicolon_ends_nothing(value: str) -> None:
    assert [each.method for each in read(value)[1]] == ["x"]


def test_a_failed_dmarc_is_not_saved_by_spf() -> None:
    said = found(f"Authentication-Results: {BORDER}; dmarc=fail header.from=example.org; spf=pass smtp.mailfrom=example.org")
    assert not said.passes("example.org")


def test_several_dmarc_results_count_as_the_worst() -> None:
    assert found(f"Authentication-Results: {BORDER}; dmarc=fail; dmarc=pass").dmarc == "fail"
    assert found(f"Authentication-Results: {BORDER}; dmarc=pass; dmarc=fail").dmarc == "fail"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("example.org", "example.org", True),
        ("mail.example.org", "example.org", True),
        ("example.org", "mail.example.org", True),
        ("badexample.org", "example.org", False),
        ("org", "example.org", False),
        ("a.example.org", "b.example.org", False),
    ],
)
def test_alignment(one: str, other: str, expected: bool) -> None:
    assert aligned(one, other) is expected


@given(st.text(max_size=400))
def test_reading_is_total(value: str) -> None:
    name, results = read(value)
    assert name == name.lower() or not name.isascii()
    assert all(each.method for each in results)


@pytest.mark.parametrize(
    "value",
    [
        "mx; " + "a" * 8000,
        "mx; " + "a " * 4000,
        "mx; " + "a=" * 4000,
        "mx; " + "(" * 8000,
        "mx; " + 'a="' * 2700,
        "mx; a" + " " * 8000,
        "mx" + ";" * 8000,
        "mx; a." + "b." * 4000,
    ],
)
def test_reading_is_quick_on_hostile_values(value: str) -> None:
    started = time.perf_counter()
    read(value)
    assert time.perf_counter() - started < 0.25
