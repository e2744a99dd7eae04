"""The ten edits that admins make most, each as docs/policy.md tells it, and what it does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from gateway.policy.calendar import due, is_open
from gateway.policy.model import Division, Policy
from tests.policy.policy_folders import ROOT, complaints, load_folder

Edit = Callable[[str, str, str], Path]
TORONTO = ZoneInfo("America/Toronto")
GUIDE = (ROOT / "docs" / "policy.md").read_text(encoding="utf-8")


def told(text: str) -> str:
    """The words of the guide that this edit follows; fails when the guide says something else."""
    assert text in GUIDE, f"docs/policy.md does not show {text!r}"
    return text


def policy_of(folder: Path) -> Policy:
    loaded = load_folder(folder)
    assert loaded.diagnostics == ()
    assert loaded.policy is not None
    return loaded.policy


def parks_of(folder: Path) -> Division:
    return policy_of(folder).divisions["parks"]


def test_1_change_a_target(edited: Edit) -> None:
    parks = parks_of(edited("parks.yaml", "respond: 48 hours", told("respond: 24 hours")))
    assert parks.standards[0].respond is not None
    assert (parks.standards[0].respond.unit, parks.standards[0].respond.amount) == ("hours", 24)


def test_2_add_a_mailbox(edited: Edit) -> None:
    new = told("also_known_as: [trees@toronto.example, gardens@toronto.example]")
    policy = policy_of(edited("parks.yaml", "also_known_as: [trees@toronto.example]", new))
    assert policy.by_mailbox["gardens@toronto.example"].slug == "parks"


def test_3_close_for_a_storm(edited: Edit) -> None:
    line = told("closures: [{date: 2026-12-14, from: 12:00, why: Snowstorm, divisions: all}]")
    parks = parks_of(edited("city.yaml", "contacts:\n", f"{line}\ncontacts:\n"))
    assert parks.calendar.closures == {date(2026, 12, 14): (time(12), "Snowstorm")}
    assert not is_open(datetime(2026, 12, 14, 13, 0, tzinfo=TORONTO), parks.calendar)


def test_4_add_a_holiday(edited: Edit) -> None:
    line = told('added: [{date: 2027-05-03, why: "City Hall moves"}]')
    parks = parks_of(edited("city.yaml", "  not_ours: [09-30]", f"  not_ours: [09-30]\n  {line}"))
    assert parks.calendar.holidays[date(2027, 5, 3)] == "City Hall moves"


def test_5_change_wording_in_both_languages(edited: Edit) -> None:
    english, french = told("date: You will have our answer by {respond_by}."), told("date: Vous recevrez notre réponse au plus tard le {respond_by}.")
    edited("parks.yaml", "date: You will hear from us by {respond_by}.", english)
    parks = parks_of(edited("parks.yaml", "date: Vous aurez de nos nouvelles au plus tard le {respond_by}.", french))
    assert parks.acknowledgement.wording["en"].date == "You will have our answer by {respond_by}."
    assert parks.acknowledgement.wording["fr"].date == "Vous recevrez notre réponse au plus tard le {respond_by}."


def test_6_change_the_hours(edited: Edit) -> None:
    lines = told("hours:\n  - {days: Monday to Thursday, open: [08:30 to 12:00, 13:00 to 16:30]}\n  - {days: Friday, open: 08:30 to 12:00}\n")
    parks = parks_of(edited("parks.yaml", "reference: PK\n", f"reference: PK\n{lines}"))
    assert not is_open(datetime(2026, 6, 3, 12, 30, tzinfo=TORONTO), parks.calendar)
    assert not is_open(datetime(2026, 6, 5, 13, 0, tzinfo=TORONTO), parks.calendar)
    assert is_open(datetime(2026, 6, 4, 13, 0, tzinfo=TORONTO), parks.calendar)


def test_7_change_the_telephone_number(edited: Edit) -> None:
    assert parks_of(edited("parks.yaml", "telephone: 416-555-0180", told("telephone: 416-555-0182"))).contacts.telephone == "416-555-0182"


def test_8_from_observe_to_enforce(edited: Edit) -> None:
    parks = parks_of(edited("parks.yaml", "rollout: {public: enforce}", told("rollout: {internal: warn, council: enforce, public: enforce}")))
    assert parks.rollout == {"internal": "warn", "council": "enforce", "public": "enforce"}


def test_9_stop_the_acknowledgements_of_a_division(edited: Edit) -> None:
    parks = parks_of(edited("parks.yaml", "reference: PK", f"reference: PK\n{told('acknowledgements: off')}"))
    assert not parks.acknowledgements
    assert parks.acknowledgement.sent_to == frozenset()


def test_9_stop_all_of_them(edited: Edit) -> None:
    assert not policy_of(edited("city.yaml", "time_zone: America/Toronto", "time_zone: America/Toronto\nacknowledgements: off")).acknowledgements


def test_10_say_something_to_everybody_for_a_while(edited: Edit) -> None:
    line = told('notice: {until: 2026-12-15 12:00, en: "Our offices are closed by the storm.", fr: "Nos bureaux sont fermés à cause de la tempête."}')
    parks = parks_of(edited("city.yaml", "contacts:\n", f"{line}\ncontacts:\n"))
    assert parks.acknowledgement.notice is not None
    assert parks.acknowledgement.notice.fr == "Nos bureaux sont fermés à cause de la tempête."
    assert parks.acknowledgement.notice_until == datetime(2026, 12, 15, 12, 0, tzinfo=TORONTO)


def test_a_new_kind_with_its_standard(edited: Edit) -> None:
    edited("parks.yaml", "kinds:\n", told("kinds:\n  - kind: permit\n    any_of:\n      - subject_has: [permit, permis]\n"))
    standard = "  - audience: public\n    kind: permit\n    acknowledge: 1 business day\n"
    new = told(f"{standard}    stated_as: Permits are acknowledged within one business day.\n")
    parks = parks_of(edited("parks.yaml", "stated_in:\n", f"{new}stated_in:\n"))
    assert parks.kinds[0].any_of == ({"subject_has": ("permit", "permis")},)


# ---- options that the shipped files do not use


def test_service_round_the_clock(edited: Edit) -> None:
    parks = parks_of(edited("parks.yaml", "reference: PK", f"reference: PK\n{told('service: round the clock')}"))
    city_wide = parks.standards[-1].acknowledge
    assert city_wide is not None
    assert city_wide.text == "48 hours"
    assert is_open(datetime(2026, 12, 25, 3, 0, tzinfo=TORONTO), parks.calendar)


def test_received_by_and_if_closed(edited: Edit) -> None:
    edited("parks.yaml", "respond: 48 hours", f"respond: within the same business day\n    {told('received_by: 14:00')}")
    parks = parks_of(edited("parks.yaml", "respond: 10 days", f"respond: 10 days\n    {told('if_closed: next opening')}"))
    first, second = parks.standards[0].respond, parks.standards[1].respond
    assert first is not None
    assert second is not None
    assert due(first, datetime(2026, 6, 3, 14, 0, tzinfo=TORONTO), parks.calendar).at == datetime(2026, 6, 4, 16, 30, tzinfo=TORONTO)
    assert due(second, datetime(2026, 6, 3, 14, 0, tzinfo=TORONTO), parks.calendar).at == datetime(2026, 6, 15, 8, 30, tzinfo=TORONTO)
    assert parks.standards[1].if_closed == "next opening"


def test_a_closure_of_one_division(edited: Edit) -> None:
    parks = parks_of(edited("parks.yaml", "reference: PK", "reference: PK\nclosures: [{date: 2026-12-15, why: Burst pipe}]"))
    assert parks.calendar.closures == {date(2026, 12, 15): (time(0), "Burst pipe")}


def test_of_two_closures_of_a_day_the_earlier(edited: Edit) -> None:
    edited("city.yaml", "contacts:\n", "closures: [{date: 2026-12-14, from: 12:00, why: Snowstorm, divisions: [parks]}]\ncontacts:\n")
    parks = parks_of(edited("parks.yaml", "reference: PK", "reference: PK\nclosures: [{date: 2026-12-14, from: 10:00, why: Burst pipe}]"))
    assert parks.calendar.closures == {date(2026, 12, 14): (time(10), "Burst pipe")}


@pytest.mark.parametrize("stop", ["yes", "on", "true", "no", "off", "false"])
def test_switches(edited: Edit, stop: str) -> None:
    policy = policy_of(edited("city.yaml", "time_zone: America/Toronto", f"time_zone: America/Toronto\nacknowledgements: {stop}"))
    assert policy.acknowledgements == (stop in ("yes", "on", "true"))


def test_a_comment_wants_two_spaces(edited: Edit) -> None:
    assert complaints(edited("parks.yaml", "Letters are answered within 10 days.", "Letters are answered within 10 days.  # 2026")) == []


def test_the_good_folder_inherits(good: Path) -> None:
    parks = parks_of(good)
    assert parks.website.en == "https://www.toronto.example"
    assert parks.rollout == {"public": "enforce", "council": "observe", "internal": "observe"}
    assert parks.contacts.general == "311"
    assert parks.acknowledgement.new_case_after == timedelta(days=30)
    assert parks.acknowledgement.notice_until is None
    assert parks.kinds[0].any_of[0] == {"arrived_from": ("mailroom@toronto.example",)}
