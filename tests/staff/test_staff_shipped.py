"""Our own files pass our own checks: the shipped rules load, and the signature of our notices is complete in every division and both languages."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.judgement import out_of_office, signature
from gateway.judgement.verdict import Automatic
from gateway.message.model import Envelope
from gateway.message.parse import parse
from gateway.policy.load import load
from gateway.policy.model import Policy

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 16, 15, tzinfo=UTC)
ENVELOPE = Envelope("", ("resident@example.org",), "outbound", NOW)
LABELS = {"en": ("Telephone: ", "Email: ", "Website: "), "fr": ("Téléphone : ", "Courriel : ", "Site Web : ")}


@pytest.fixture(name="policy", scope="module")
def _policy() -> Policy:
    loaded = load(ROOT / "policies", organization_domains=("toronto.example",), signatures=ROOT / "signatures", templates=ROOT / "templates", now=NOW)
    assert loaded.policy is not None, loaded.diagnostics
    return loaded.policy


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_signature_of_every_division_passes(policy: Policy, language: str) -> None:
    assert policy.divisions
    for division in policy.divisions.values():
        labels = LABELS[language]
        lines = [
            division.acknowledgement.signed_by.in_language(language),
            division.acknowledgement.signed_title.in_language(language),
            division.name.in_language(language),
            policy.city.in_language(language),
            labels[0] + division.contacts.telephone,
            labels[1] + division.mailbox,
            labels[2] + division.website.in_language(language),
        ]
        octets = f"From: {division.mailbox}\nContent-Type: text/plain; charset=utf-8\n\nHello.\n\n-- \n" + "\n".join(lines)
        found = signature.check(parse(octets.encode()), Automatic(), ENVELOPE, policy, True)
        assert found.compliant, (division.slug, found)


def test_the_stand_in_of_every_division_is_an_alternate(policy: Policy) -> None:
    """What a warning offers to paste (examples of `docs/staff-checks.md`) must pass the check that asked for it."""
    for division in policy.divisions.values():
        stand_in = division.contacts.stand_in
        if stand_in is None:
            continue
        text = (
            "I am away from the office and will be\nback on Monday, November 30, 2026.\n\n"
            f"Until then, please contact the {stand_in.name}:\ntelephone {stand_in.telephone}, email {stand_in.email}.\n\n"
            f"D'ici là, veuillez communiquer avec {stand_in.name} : téléphone\n{stand_in.telephone}, courriel {stand_in.email}."
        )
        octets = f"From: Robin Sample <robin.sample@toronto.example>\nContent-Type: text/plain; charset=utf-8\n\n{text}"
        found = out_of_office.check(parse(octets.encode()), Automatic("out_of_office"), ENVELOPE, policy)
        assert found.names_alternate, division.slug
        assert [each.phone for each in found.alternates] == [stand_in.telephone]
        assert found.return_date is not None
        assert found.return_date.isoformat() == "2026-11-30"
