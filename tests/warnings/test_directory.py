"""The directory of staff: CSV and LDIF, as they are exported, and as they break."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.judgement.staff import belonging, excused
from gateway.judgement.verdict import SignatureCheck
from gateway.message.parse import parse
from gateway.policy.directory import LARGEST, read_directory
from gateway.policy.model import StaffMember
from tests.warnings.staff_rig import mail, shipped, with_division, with_policy

ROBIN = StaffMember("robin.sample@toronto.example", "Robin Sample", "Policy Analyst", "Human Resources", "Labour", "fr", frozenset(("title",)))
HEAD = "address,name,title,division,unit,language,exceptions"
LDIF = f"""\
version: 1

# a comment
 that goes on
dn: cn=Robin Sample,ou=HR,dc=toronto,dc=example
mail: Robin.Sample@toronto.example
displayName:: {base64.b64encode(b"Robin Sample").decode()}
title: Policy
  Analyst
department: Human Resources
ou: Labour
preferredLanguage: fr-CA
exceptions: title
proxyAddresses: SMTP:Robin.Sample@toronto.example
proxyAddresses: smtp:rsample@toronto.example

dn: cn=Printers
objectClass: device
"""


@pytest.mark.parametrize(
    "written",
    [
        f"{HEAD}\nRobin.Sample@toronto.example,Robin Sample,Policy Analyst,Human Resources,Labour,fr,title\n",
        (
            "\ufeffunit;exceptions;address;name;title;room;division;language\n"
            "Labour;title;robin.sample@toronto.example;Robin Sample;Policy Analyst;5;Human Resources;FR\n\n"
        ),
        (
            'Name,"Address",division,title,unit,language,exceptions\r\n'
            '"Robin Sample",robin.sample@toronto.example,Human Resources,Policy Analyst,Labour,fr,title\r\n'
        ),
    ],
    ids=["comma", "semicolon, another order", "quotes, CRLF"],
)
def test_csv(written: str) -> None:
    directory, complaints = read_directory(written.encode(), "directory.csv")
    assert complaints == ()
    assert directory.members == {ROBIN.address: ROBIN}


def test_ldif() -> None:
    directory, complaints = read_directory(LDIF.encode(), "directory.ldif")
    assert directory.members[ROBIN.address] == ROBIN
    assert directory.members["rsample@toronto.example"] == ROBIN
    assert complaints == (), "what has no address is a group or a device"


@pytest.mark.parametrize(
    ("octets", "line", "message"),
    [
        (b"name,title\nRobin,Analyst\n", 1, "no column called address"),
        (b"", 1, "no column called address"),
        (b"address\n\xff\xfe@toronto.example\n", 2, "not UTF-8"),
        (b"address\n" + b"x" * LARGEST, 1, "larger than 64 MiB"),
    ],
    ids=["no address", "empty", "encoding", "too large"],
)
def test_what_cannot_be_used_is_an_error_and_not_readable(octets: bytes, line: int, message: str) -> None:
    directory, (complaint,) = read_directory(octets, "directory.csv")
    assert not directory.readable
    assert str(complaint).startswith(f"directory.csv:{line}:1: error: ")
    assert message in complaint.message


def test_a_bad_line_costs_only_itself() -> None:
    directory, complaints = read_directory(b"address,name\nnobody,X\na@b.example,A\na@b.example,B\n", "d.csv")
    assert {name: each.name for name, each in directory.members.items()} == {"a@b.example": "A"}
    assert [(each.line, each.severity) for each in complaints] == [(2, "warning"), (4, "warning")]


@pytest.mark.parametrize(
    ("written", "excuses"),
    [
        ("", set()),
        ("phone", {"phone"}),
        ("single name; title", {"name", "title"}),
        ("safety", {"name", "title", "phone", "email"}),
        ("accessibility", {"image_background", "decorative_font", "wrong_order"}),
        ("saftey", {"all"}),
    ],
)
def test_exceptions(written: str, excuses: set[str]) -> None:
    directory, complaints = read_directory(f"address,exceptions\na@b.example,{written}\n".encode(), "d.csv")
    assert directory.members["a@b.example"].exceptions == excuses
    assert bool(complaints) == ("all" in excuses), "a word that is not known may have been meant to protect somebody"


def test_what_is_excused_is_not_missing() -> None:
    check = SignatureCheck(True, False, ("name", "phone"), ("decorative_font",))
    directory, _ = read_directory(b"address,exceptions\nrobin@toronto.example,safety;accessibility\n", "d.csv")
    who = belonging(parse(mail("R <robin@toronto.example>", "Hi")), with_policy(shipped(), directory=directory).policy)
    assert excused(check, who) == SignatureCheck(True, True)
    assert excused(check, None) == check


@pytest.mark.parametrize(
    ("sender", "division", "known_by"),
    [
        ("robin.sample@toronto.example", "human-resources", "directory"),
        ("ROBIN.SAMPLE@TORONTO.EXAMPLE", "human-resources", "directory"),
        ("robin.sample+news@toronto.example", "human-resources", "directory"),
        ("mai.tremblay@toronto.example", "human-resources", "directory"),
        ("lee.elsewhere@toronto.example", None, "directory"),
        ("kim.audit@toronto.example", "internal-audit", "pattern"),
        ("alex.unlisted@toronto.example", None, "city-wide"),
    ],
)
def test_which_division(sender: str, division: str | None, known_by: str) -> None:
    """The directory decides before the patterns, by slug or by a name in either language."""
    policy = with_division(with_division(shipped(), "internal-audit", staff=("*.audit@toronto.example",)), staff=("nobody@toronto.example",)).policy
    found = belonging(parse(mail(f"Somebody <{sender}>", "Hi")), policy)
    assert found is not None
    assert (found.division, found.known_by) == (division, known_by)


@given(st.binary(max_size=400) | st.text(max_size=400).map(str.encode), st.booleans())
def test_nothing_in_a_file_raises(octets: bytes, headed: bool) -> None:
    octets = b"address,exceptions\n" + octets if headed else octets
    directory, complaints = read_directory(octets, "d")
    assert all(str(each).startswith("d:") for each in complaints)
    assert directory.readable or complaints
