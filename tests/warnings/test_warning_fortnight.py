"""A staged fortnight through the real rules and the real ledger: exactly the mails that the policy says, no other."""

from __future__ import annotations

from gateway.ledger.tables import absence as absences
from gateway.ledger.tables import finding
from tests.warnings.staff_rig import Stage, absence, at, body, mail

ROBIN = "Robin Sample <robin.sample@toronto.example>"
NOOR = "Noor Example <noor.example@toronto.example>"
MAI = "Maï Tremblay <mai.tremblay@toronto.example>"

BLOCK = (
    "Yes, that is fine.\n\n-- \nNoor Example\nRecruitment Advisor\nHuman Resources\nCity of Toronto\nTelephone: 416-555-0142\n"
    "Email: noor.example@toronto.example\n"
)


def away(back: str, contact: str) -> str:
    return f"Thank you for your message. I am away and will be back on {back}.\n\nUntil then, please contact {contact}.\n"


def test_a_fortnight(stage: Stage) -> None:
    """February 2027: Family Day is Monday the 15th."""
    # Friday: Robin names Noor, who is at work. All is well.
    stage.writes(at("2027-02-12"), absence(ROBIN, away("Friday, February 26, 2027", "Noor Example, noor.example@toronto.example")))
    # Saturday: Noor leaves, too, and names Robin; nobody is written to before Tuesday, the 15th being a holiday.
    for _ in range(2):
        stage.writes(at("2027-02-13"), absence(NOOR, away("Friday, February 19, 2027", "Robin Sample, robin.sample@toronto.example")))
    # Monday, a holiday: Robin's reply now leads back and forth as well.
    stage.writes(at("2027-02-15"), absence(ROBIN, away("Friday, February 26, 2027", "Noor Example, noor.example@toronto.example")))
    # Tuesday: a forgotten reply of Maï's, and once more within the cool-down.
    for hour in ("10:00", "14:00"):
        old = away("February 1, 2027", "hr@toronto.example")
        stage.writes(at("2027-02-16", hour), absence(MAI, old))
    # Tuesday: Robin names the team; the contact of the division need not be told.
    stage.writes(at("2027-02-16", "11:00"), absence(ROBIN, away("Friday, February 26, 2027", "the HR team, hr@toronto.example")))
    # Friday the 19th: Noor is back and signs by first name only, three times in a week; then in full.
    for day in ("2027-02-19", "2027-02-22", "2027-02-23", "2027-02-24"):
        stage.writes(at(day, "13:00"), mail(NOOR, "Yes, that is fine.\n\nThanks,\nNoor\n"))
    for day in ("2027-02-25", "2027-02-26"):
        stage.writes(at(day, "13:00"), mail(NOOR, BLOCK))
    stage.until(at("2027-03-15"))

    assert stage.kinds() == [
        ("warning", "noor.example", "Tue 16"),  # names Robin, who is away and names Noor
        ("warning", "robin.sample", "Tue 16"),
        ("warning", "mai.tremblay", "Tue 16"),  # forgotten
        ("thanks", "robin.sample", "Tue 16"),
        ("cover", "hr-service-lead", "Thu 18"),  # Noor changed nothing until the end of Wednesday
        ("warning", "noor.example", "Tue 23"),  # the third signature
        ("thanks", "noor.example", "Thu 25"),
    ]
    told = [(each["kind"], bool(each["told_at"]), bool(each["mended_at"])) for each in stage.rows(finding)]
    assert told == [
        ("names-each-other", True, False),
        ("names-each-other", False, False),
        ("names-each-other", True, True),
        ("return-date-past", True, False),
        ("return-date-past", False, False),
        ("signature", False, False),
        ("signature", False, False),
        ("signature", True, True),
        ("signature", False, False),
    ]
    cover = next(each for _, each in stage.sent if each.kind == "cover")
    assert "noor.example@toronto.example" in body(cover)
    assert "February" not in body(cover)
    assert "robin" not in body(cover)


def test_an_absence_is_kept_until_its_day(stage: Stage) -> None:
    stage.writes(at("2027-02-12"), absence(ROBIN, away("Friday, February 26, 2027", "hr@toronto.example")))
    assert len(stage.rows(absences)) == 1
    stage.writes(at("2027-02-26"), mail(NOOR, BLOCK))
    assert stage.rows(absences) == []


def test_who_writes_is_back(stage: Stage) -> None:
    stage.writes(at("2027-02-12"), absence(NOOR, away("Friday, February 26, 2027", "hr@toronto.example")))
    stage.writes(at("2027-02-16"), mail(NOOR, BLOCK))
    stage.writes(at("2027-02-16"), absence(ROBIN, away("Friday, February 26, 2027", "Noor Example, noor.example@toronto.example")))
    assert stage.rows(finding) == []


def test_a_waiting_warning_is_withdrawn_when_all_is_well(stage: Stage) -> None:
    """Written on Saturday, mended on Sunday: nothing is said on Monday."""
    stage.writes(at("2026-11-21"), absence(ROBIN, "I am away until Monday, November 30.\n"))
    stage.writes(at("2026-11-22"), absence(ROBIN, away("Monday, November 30", "hr@toronto.example")))
    stage.until(at("2026-12-10"))
    assert stage.kinds() == []


def test_one_batch_is_decided_in_order(stage: Stage) -> None:
    """Two replies and a mended one in one commit."""
    poor, good = absence(ROBIN, "I am away until Monday, November 30.\n"), absence(ROBIN, away("Monday, November 30", "hr@toronto.example"))
    stage.write_together(at("2026-11-16"), [poor, poor])
    stage.write_together(at("2026-11-16", "10:00"), [good, good])
    stage.until(at("2026-12-10"))
    assert stage.kinds() == [("warning", "robin.sample", "Mon 16"), ("thanks", "robin.sample", "Mon 16")]
