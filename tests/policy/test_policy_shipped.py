"""The policies that the project ships: the six divisions, complete, and what a newcomer sees."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest

from gateway.policy.load import load
from gateway.policy.model import Policy
from tests.policy.policy_folders import ROOT, load_folder

PROMISES: dict[str, tuple[str, str, dict[tuple[str, str], tuple[str | None, str | None]]]] = {
    # What the City stated: slug -> mailbox, reference, {(audience, kind): (acknowledge, respond)}
    "executive-management": (
        "executive-management@toronto.example",
        "EM",
        {
            ("public", "inquiry"): ("24 hours", None),
            ("council", "inquiry"): ("24 hours", None),
            ("public", "correspondence"): ("24 hours", "10 days"),
            ("council", "correspondence"): ("24 hours", "10 days"),
            ("internal", "inquiry"): (None, "24 hours"),
            ("internal", "correspondence"): (None, "24 hours"),
        },
    ),
    "equity-diversity-human-rights": (
        "equity@toronto.example",
        "EQ",
        {
            ("public", "inquiry"): ("24 hours", None),
            ("council", "inquiry"): ("24 hours", None),
            ("public", "correspondence"): ("24 hours", "10 days"),
            ("council", "correspondence"): ("24 hours", "10 days"),
            ("internal", "inquiry"): (None, "24 hours"),
            ("internal", "correspondence"): (None, "10 days"),
            **{
                (who, f"{what}-complaint"): (None, "48 hours")
                for who in ("public", "council", "internal")
                for what in ("human-rights", "access-equity")
            },
        },
    ),
    "human-resources": (
        "hr@toronto.example",
        "HR",
        {
            **{(who, "inquiry"): (None, "48 hours") for who in ("public", "council", "internal")},
            **{(who, "correspondence"): (None, "10 days") for who in ("public", "council", "internal")},
        },
    ),
    "internal-audit": (
        "internal-audit@toronto.example",
        "AU",
        {(who, "inquiry"): ("2 business days", None) for who in ("public", "council", "internal")},
    ),
    "strategic-communications": (
        "media@toronto.example",
        "SC",
        {
            ("public", "media-inquiry"): ("by 18:00 the same business day", None),
            ("council", "media-inquiry"): ("by 18:00 the same business day", None),
            ("internal", "media-assistance"): (None, "within the same business day"),
        },
    ),
    "strategic-corporate-policy": (
        "civic-engagement@toronto.example",
        "CE",
        {
            **{(who, "inquiry"): (None, "24 hours") for who in ("public", "council", "internal")},
            **{(who, "online-tools"): (None, "within the same business day") for who in ("public", "council", "internal")},
        },
    ),
}


@pytest.mark.parametrize("slug", PROMISES)
def test_promises(shipped: Policy, slug: str) -> None:
    mailbox, reference, promises = PROMISES[slug]
    division = shipped.divisions[slug]
    assert (division.mailbox, division.reference_prefix) == (mailbox, reference)
    for (audience, kind), (acknowledge, respond) in promises.items():
        standard = next(each for each in division.standards if audience in each.audiences and (each.kinds is None or kind in each.kinds))
        found = tuple(clock.text if clock else None for clock in (standard.acknowledge, standard.respond))
        assert found == (acknowledge, respond), (audience, kind)
        assert standard.stated_as
        assert standard.stated_in_public
        assert standard.stated_in_staff


def test_exactly_the_six(shipped: Policy) -> None:
    assert set(shipped.divisions) == set(PROMISES)
    assert shipped.by_mailbox["jobs@toronto.example"] is shipped.divisions["human-resources"]
    for division in shipped.divisions.values():
        assert division.rollout == {"public": "enforce", "council": "enforce", "internal": "warn"}
        assert division.acknowledgement.sent_to == {"public", "council"}
        assert division.standards[-1].label == "City-wide: any audience, any kind"
        assert division.contacts.stand_in
        assert division.contacts.council_desk
        assert division.contacts.council_desk.telephone == "416-555-0115"
        assert not set(division.reference_prefix) & set("OIL01")


def test_complaints_are_confidential_and_looked_at_first(shipped: Policy) -> None:
    kinds = shipped.divisions["equity-diversity-human-rights"].kinds
    assert [rule.confidential for rule in kinds] == [True, True, True, False]
    assert not any(rule.confidential for slug, each in shipped.divisions.items() if slug != "equity-diversity-human-rights" for rule in each.kinds)


def test_surveys_and_measures_of_the_seeds(shipped: Policy) -> None:
    found = {(slug, each.slug): each.target for slug, division in shipped.divisions.items() for each in division.surveys}
    found |= {(slug, each.slug): each.target for slug, division in shipped.divisions.items() for each in division.measures}
    assert found == {
        ("human-resources", "recruitment-advice"): "maintain or increase",
        ("human-resources", "labour-relations-understood-needs"): "maintain or increase",
        ("human-resources", "safety-advice"): "maintain or increase",
        ("human-resources", "learning-events"): "at least 4",
        ("internal-audit", "audit-clients"): "at least 4",
        ("internal-audit", "administrative-time"): "less than 20 %",
        ("strategic-corporate-policy", "engagement-options"): "all",
        ("strategic-corporate-policy", "advice-assessment"): "none stated",
    }
    assert len(shipped.divisions["human-resources"].units) == 4


def test_only_invented_people(shipped: Policy) -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "policies").glob("*.yaml"))
    assert set(re.findall(r"@([\w.-]+)", text)) <= {"toronto.example", "council.toronto.example"}
    assert all(number.startswith("416-555-01") for number in re.findall(r"\b\d{3}-\d{3}-\d{4}\b", text))


HOLIDAYS = {
    2026: "01-01 02-16 04-03 04-06 05-18 07-01 08-03 09-07 10-12 11-11 12-25 12-26 12-28",
    2027: "01-01 02-15 03-26 03-29 05-24 07-01 08-02 09-06 10-11 11-11 12-25 12-26 12-27 12-28",
    2028: "01-01 01-03 02-21 04-14 04-17 05-22 07-01 07-03 08-07 09-04 10-09 12-25 12-26",
    2029: "01-01 02-19 03-30 04-02 05-21 07-01 07-02 08-06 09-03 10-08 12-25 12-26",
}


@pytest.mark.parametrize("year", HOLIDAYS)
def test_holidays_of_the_city(shipped: Policy, year: int) -> None:
    holidays = shipped.divisions["internal-audit"].calendar.holidays
    assert [f"{day:%m-%d}" for day in sorted(holidays) if day.year == year] == HOLIDAYS[year].split()


def test_a_look_up_adds_no_holiday(shipped: Policy) -> None:
    holidays = shipped.divisions["internal-audit"].calendar.holidays
    before = len(holidays)
    assert date(2090, 1, 1) not in holidays
    assert len(holidays) == before


def test_the_version_is_that_of_the_files(shipped: Policy) -> None:
    again = load_folder(ROOT / "policies").policy
    assert again is not None
    assert again.version == shipped.version


def test_with_the_shipped_signatures_and_templates() -> None:
    loaded = load(
        ROOT / "policies",
        organization_domains=("toronto.example",),
        signatures=ROOT / "signatures",
        templates=ROOT / "templates",
        now=datetime.now(UTC),
    )
    assert loaded.diagnostics == ()
    assert loaded.policy is not None
    assert "Human Resources" in loaded.policy.signature_rules.divisions
    assert "Employee & Labour Relations" in loaded.policy.signature_rules.divisions
    assert "ta" in loaded.policy.divisions["human-resources"].acknowledgement.other_languages


def test_origins() -> None:
    origins = load_folder(ROOT / "policies").origins["human-resources"]
    assert origins["mailbox"].value == "hr@toronto.example"
    assert origins["mailbox"].origin.endswith("policies/human-resources.yaml:4")
    assert re.search(r"policies/city\.yaml:\d+$", origins["hours"].origin)
    assert origins["service"].origin == "built in"
