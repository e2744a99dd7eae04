"""Does mail from staff carry the signature that the shipped rules ask for? The table is the specification a colleague can read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.judgement.signature import check
from gateway.judgement.verdict import Automatic, SignatureCheck
from gateway.message.parse import parse

HERE = Path(__file__).parent
CASES = yaml.safe_load((HERE / "signatures.yaml").read_text(encoding="utf-8"))
LOOKS = [
    case for look in ("second", "third", "fourth") for case in yaml.safe_load((HERE / f"signatures_{look}_look.yaml").read_text(encoding="utf-8"))
]
SEVEN = ("name", "title", "division", "organization", "phone", "email", "website")


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["id"]))
def test_a_signature_is_read_as_a_careful_reader_would(case: dict[str, Any], message_of: Any, envelope_of: Any, rules_of: Any) -> None:
    found = check(message_of(case), Automatic(), envelope_of(case), rules_of(), True)
    if not case.get("checked", True):
        assert found == SignatureCheck()
        return
    assert found.checked
    assert (list(found.missing), list(found.violations)) == (case.get("missing", []), case.get("violations", []))
    assert found.compliant == (not found.missing and not found.violations)


@pytest.mark.parametrize("case", LOOKS, ids=lambda case: " ".join((case.get("text") or case["html"]).split())[-60:])
def test_further_looks(case: dict[str, Any], message_of: Any, envelope_of: Any, rules_of: Any) -> None:
    found = check(message_of(case), Automatic(), envelope_of(case), rules_of(), True)
    assert (list(found.missing), list(found.violations)) == (case["missing"], case.get("violations", []))


@pytest.mark.parametrize(("automatic", "from_staff"), [(Automatic("out_of_office"), True), (Automatic("calendar_reply"), True), (Automatic(), False)])
def test_none_is_expected(automatic: Automatic, from_staff: bool, message_of: Any, envelope_of: Any, rules_of: Any) -> None:
    case = {"text": "Away"}
    assert check(message_of(case), automatic, envelope_of(case), rules_of(), from_staff) == SignatureCheck()


def test_policy_may_ask_for_less_in_a_reply(message_of: Any, envelope_of: Any, rules_of: Any) -> None:
    case = {"text": "Yes.\n\nRobin Sample\n416-555-0142\n"}
    reply = {**case, "headers": {"In-Reply-To": "<q@example.org>"}}
    short = rules_of(reply_fields=("name", "phone"))
    assert check(message_of(reply), Automatic(), envelope_of(reply), short, True).compliant
    assert not check(message_of(case), Automatic(), envelope_of(case), short, True).compliant


def test_email_alone_may_be_required(message_of: Any, envelope_of: Any, rules_of: Any) -> None:
    case = {"text": "Yes.\n\n-- \nRobin Sample\nPolicy Analyst\nHuman Resources\nCity of Toronto\n416-555-0142\nwww.toronto.example\n"}
    strict = rules_of(required=("name", "email"))
    assert check(message_of(case), Automatic(), envelope_of(case), strict, True).missing == ("email",)


def test_the_federal_example_holds_its_own_block(message_of: Any, envelope_of: Any, rules_of: Any) -> None:
    text = (
        "Bonjour\n\n-- \nProgram Inquiries Team / Équipe des renseignements\nGeneral inquiries / Renseignements généraux\n"
        "Government of Canada / Gouvernement du Canada\nTel: 613-555-0142 / Tél. : 613-555-0142\ninquiries-renseignements@canada.example\n"
    )
    case = {"text": text, "from": "Program Inquiries <inquiries@canada.example>"}
    found = check(message_of(case), Automatic(), envelope_of(case), rules_of("federal-bilingual"), True)
    assert found.compliant, found


def test_an_invitation_needs_no_signature(envelope_of: Any, rules_of: Any) -> None:
    calendar = b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"
    octets = b"From: robin.sample@toronto.example\r\nContent-Type: text/calendar; method=REQUEST\r\n\r\n" + calendar
    assert check(parse(octets), Automatic(), envelope_of({}), rules_of(), True) == SignatureCheck()


def test_the_table_has_enough_of_each() -> None:
    assert len(CASES) >= 40
    assert len({case["id"] for case in CASES}) == len(CASES)
    for field in SEVEN:
        assert any(field in case.get("missing", []) and len(case["missing"]) < 7 for case in [*CASES, *LOOKS]), field
