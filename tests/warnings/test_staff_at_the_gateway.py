"""A fortnight of a division through the running gateway's sockets, on its own clock: exactly the mails that the policy says, each read back.

One process for all tests; each has people of its own, and the clock goes on from test to test.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.harness.gateway import GatewayProcess
from tests.harness.hop import RecordingHop, say
from tests.harness.ledger import rows
from tests.harness.movable_clock import MovableClock
from tests.harness.waiting import wait_for
from tests.warnings.city_staff import Office, settings_with
from tests.warnings.staff_rig import HELP, absence, at, invitation, mail

pytestmark = pytest.mark.front_door

ROBIN, NOOR, MAI = (f"{name} <{address}@toronto.example>" for name, address in (
    ("Robin Sample", "robin.sample"), ("Noor Example", "noor.example"), ("Maï Tremblay", "mai.tremblay"),
))  # fmt: skip
BLOCK = (
    "Yes, that is fine.\n\n-- \nNoor Example\nRecruitment Advisor\nHuman Resources\nCity of Toronto\nTelephone: 416-555-0142\n"
    "Email: noor.example@toronto.example\n"
)


@pytest.fixture(scope="module", name="office")
def _office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    with RecordingHop() as hop, RecordingHop() as notices:
        clock = MovableClock(folder / "clock", at("2027-02-12", "09:00"))
        gateway = GatewayProcess(folder, next_hop=hop.url, notices=notices.url, settings=settings_with(folder))
        try:
            gateway.start(env=clock.environment, script=clock.script)
            yield Office(gateway, hop, notices, clock)
        finally:
            gateway.kill()
            print(gateway.output[-5000:])


def away(back: str, contact: str) -> str:
    return f"Thank you for your message. I am away and will be back on {back}.\n\nUntil then, please contact {contact}.\n"


def test_a_fortnight(office: Office) -> None:
    """February 2027; Family Day is Monday the 15th."""
    # Friday: Robin names Noor, who is at work. All is well.
    robins = absence(ROBIN, away("Friday, February 26, 2027", "Noor Example, noor.example@toronto.example"))
    office.writes(at("2027-02-12"), robins)
    # Saturday: Noor leaves, too, and names Robin; Monday, a holiday: Robin's reply now leads back and forth.
    office.writes(at("2027-02-13"), absence(NOOR, away("Friday, February 19, 2027", "Robin Sample, robin.sample@toronto.example")))
    office.writes(at("2027-02-15", "11:00"), robins)
    assert office.mails() == [], "neither on a week-end nor on a holiday"
    # Tuesday: the office opens; a reply of Maï's that was forgotten, and once more within the cool-down.
    office.set(at("2027-02-16", "08:31"))
    assert [each[1] for each in office.mails()] == ["noor.example", "robin.sample"]
    for hour in ("10:00", "14:00"):
        office.writes(at("2027-02-16", hour), absence(MAI, away("February 1, 2027", "hr@toronto.example")))
    # Robin, from home, names the team.
    office.writes(at("2027-02-16", "15:00"), absence(ROBIN, away("Friday, February 26, 2027", "the HR team, hr@toronto.example")))
    # Noor changes nothing until Wednesday closes.
    office.set(at("2027-02-18", "08:31"))
    # Friday: Noor is back, signs by first name only three times within a week, then in full.
    for day in ("2027-02-19", "2027-02-22", "2027-02-23", "2027-02-24"):
        office.writes(at(day, "13:00"), mail(NOOR, "Yes, that is fine.\n\nThanks,\nNoor\n"))
    for day in ("2027-02-25", "2027-02-26"):
        office.writes(at(day, "13:00"), mail(NOOR, BLOCK))

    assert office.mails() == [
        ("Tue 16 08:31", "noor.example", "Your out-of-office reply: please have a look"),
        ("Tue 16 08:31", "robin.sample", "Your out-of-office reply: please have a look"),
        ("Tue 16 10:00", "mai.tremblay", "Votre réponse automatique : à revoir, s'il vous plaît"),
        ("Tue 16 15:00", "robin.sample", "Thank you: your out-of-office reply is in order"),
        ("Thu 18 08:31", "hr-service-lead", "Cover may be missing for one mailbox / Un remplacement manque peut-être pour une boîte aux lettres"),
        ("Tue 23 13:00", "noor.example", "Your email signature: a few lines to put right"),
        ("Thu 25 13:00", "noor.example", "Thank you: your signature is in order"),
    ]
    texts = [office.text(index) for index in range(7)]
    assert "Hello Noor," in texts[0]
    assert "names you in turn" in texts[0]
    assert "Hello Robin," in texts[1]
    assert "names you in turn" in texts[1]
    assert "Bonjour Maï," in texts[2]
    assert "La date de retour est passée" in texts[2]
    assert "noor.example@toronto.example" in texts[4]
    assert not re.search(r"robin|Robin|February|février|away until", texts[4])
    assert "your position title" in texts[5]
    for index in range(7):
        message = office.seen[index][2]
        assert message["Auto-Submitted"] == "auto-generated"
        assert str(message["From"]).endswith(f"<{HELP}>")
        assert not re.search(r"https?:|mailto:|<a\b", message.as_string()), "nothing to click on"
        assert message.get_content_type() == "multipart/alternative"


def test_saturday_s_reply_and_sunday_s_invitation_are_one_mail(office: Office) -> None:
    ben, mark = "Ben Both <ben.both@toronto.example>", len(office.seen)
    office.writes(at("2027-02-27"), absence(ben, "I will be back on Monday, March 22, 2027.\n"))
    office.writes(at("2027-02-28"), invitation(ben))
    assert office.mails(mark) == []
    office.set(at("2027-03-01", "08:31"))
    assert office.mails(mark) == [("Mon 01 08:31", "ben.both", "Your out-of-office reply: one line to add")]
    text = office.text(mark)
    assert "TEXT TO PASTE, OUTSIDE THE CITY" in text
    assert "LINE TO PASTE INTO AN INVITATION" in text
    # What is found on the same day waits for the next one.
    office.writes(at("2027-03-01", "10:00"), absence(ben, "I was back on February 1, 2027.\n"))
    assert len(office.mails(mark)) == 1


def test_mistake_stops_it_and_a_person_looks_at_it(office: Office) -> None:
    ada, mark = "Ada Wrong <ada.wrong@toronto.example>", len(office.seen)
    poor = "I will be back on Monday, March 29, 2027.\n"
    office.writes(at("2027-03-01", "11:00"), absence(ada, poor))
    assert office.mails(mark)[-1][:2] == ("Mon 01 11:00", "ada.wrong")
    answer = mail(ada, "MISTAKE\n\nNoor covers for me.\n", HELP, "Re: Your reply", In_Reply_To=str(office.seen[-1][2]["Message-ID"]))
    office.writes(at("2027-03-01", "11:30"), answer)
    [disputed] = office.gateway.json("findings", "list", "--disputed", "--person", "Ada.Wrong@toronto.example")
    assert (disputed["kind"], disputed["division"]) == ("no-alternate", "human-resources")
    assert "ada" not in str(disputed).casefold()
    # Eight days later it would be told again; and the contact would have been told.
    office.writes(at("2027-03-09", "11:00"), absence(ada, poor))
    assert [each for each in office.mails(mark) if each[1] in ("ada.wrong", "hr-service-lead") and each[0] > "Mon 01 11:00"] == []
    done = office.gateway.cli("findings", "uphold", str(disputed["id"]))
    assert done.stdout == "1 count again.\n"
    assert rows(office.gateway.database, "SELECT 1 FROM finding WHERE disputed_at IS NOT NULL") == []


@pytest.mark.parametrize(
    ("sender", "why"),
    [
        ("Gil Observed <gil.observed@toronto.example>", "a division that observes"),
        ("Alex Unlisted <alex.unlisted@toronto.example>", "City-wide, which observes"),
        ("Human Resources <hr@toronto.example>", "a division's mailbox"),
        ("Scanner <no-reply@toronto.example>", "a machine"),
        ("Service lead <hr-service-lead@toronto.example>", "an address that a policy file gives to a task"),
    ],
)
def test_nobody_is_told(sender: str, why: str, office: Office) -> None:
    mark = len(office.seen)
    office.writes(at("2027-03-10", "10:00"), absence(sender, "I am away until March 30, 2027.\n"))
    assert office.mails(mark) == [], why
    assert rows(office.gateway.database, "SELECT kind, told_at FROM finding ORDER BY id DESC LIMIT 1") == [{"kind": "no-alternate", "told_at": None}]


def test_an_automatic_reply_is_not_the_answer(office: Office) -> None:
    """Anna's question was answered by a machine: her case stays open, it is counted, and nobody is told of it as a fault."""
    finn, mark = "Finn Answers <finn.answers@toronto.example>", len(office.seen)
    office.writes(at("2027-03-11", "10:00"), mail("Anna <anna@example.org>", "When do you open on Mondays?\n", "hr@toronto.example"), inbound=True)
    question = office.last_id
    good = "I am away until March 30, 2027. Please contact the team, hr@toronto.example.\n"
    office.writes(at("2027-03-11", "10:05"), absence(finn, good, "anna@example.org", In_Reply_To=question))
    assert office.found() == [("automatic-answer", [])]
    assert rows(office.gateway.database, "SELECT responded_at FROM service_case") == [{"responded_at": None}]
    assert [each[1] for each in office.mails(mark)] == ["anna"], "her acknowledgement, and nothing to Finn"
    # A person answers; nobody need be reminded of her.
    office.writes(at("2027-03-11", "10:30"), mail(NOOR, BLOCK, "anna@example.org", In_Reply_To=question))
    assert [bool(each["responded_at"]) for each in rows(office.gateway.database, "SELECT responded_at FROM service_case")] == [True]


def test_the_text_for_the_outside_is_poorer(office: Office) -> None:
    cleo, mark = "Cleo Inside <cleo.inside@toronto.example>", len(office.seen)
    inside = "I am away until March 30, 2027. Please contact the team, hr@toronto.example.\n"
    office.writes(at("2027-03-12", "10:00"), absence(cleo, inside, "noor.example@toronto.example"))
    assert office.mails(mark) == []
    office.writes(at("2027-03-12", "10:10"), absence(cleo, "I am away until March 30, 2027.\n", "bo@example.org"))
    assert office.mails(mark) == [("Fri 12 10:10", "cleo.inside", "Your out-of-office reply: one line to add")]
    assert "Your reply to colleagues names a contact; your reply to people outside the City does not." in office.text(mark)
    assert office.found(2) == [("no-alternate", []), ("external-poorer", [])]


@pytest.mark.parametrize("refuses", ["relay", "notices"])
def test_the_contact_s_address_was_refused(refuses: str, office: Office) -> None:
    """By the next hop of relayed mail, or of ours. Dan stands in the directory still."""
    eve, mark, gone = "Eve Trusts <eve.trusts@toronto.example>", len(office.seen), "dan.gone@toronto.example"
    day = "2027-03-15" if refuses == "relay" else "2027-04-05"
    refused = {gone: say("550 5.1.1 <dan.gone@toronto.example>: Recipient address rejected: User unknown")}
    if refuses == "relay":
        office.hop.script.rcpt_of = refused
        with pytest.raises(AssertionError, match=r"5\.1\.1"):
            office.writes(at(day, "10:00"), mail("Anna <anna@example.org>", "Hello\n", gone), inbound=True)
        office.hop.script.rcpt_of = {}
    else:
        office.notices.script.rcpt_of = refused
        office.writes(at(day, "10:00"), absence(f"Dan Gone <{gone}>", "I am away until April 9, 2027.\n"))
        office.notices.script.rcpt_of = {}
        office.writes(at("2027-04-09", "10:00"), mail(NOOR, BLOCK))  # Dan's absence is over
        day = "2027-04-12"
    text = away("Friday, April 30, 2027", f"Dan Gone, {gone}")
    office.writes(at(day, "10:10"), absence(eve, text))
    assert office.mails(mark) == [(f"Mon {day[-2:]} 10:10", "eve.trusts", "Your out-of-office reply: please have a look")]
    assert "could not be found at the City" in office.text(mark)
    assert office.found() == [("alternate-unknown", ["refused"])]
    # Taken again: all is well, and nothing is found eight days later.
    office.writes(at(day, "11:00"), mail("Anna <anna@example.org>", "Hello\n", gone), inbound=True)
    office.writes(at(day, "11:10"), absence(eve, text))
    assert office.mails(mark)[1:] == [(f"Mon {day[-2:]} 11:10", "eve.trusts", "Thank you: your out-of-office reply is in order")]


def test_nobody_is_named_where_nobody_may_be(office: Office) -> None:
    """After all of this: no address, name or text in the log or, once everything has left, in the ledger."""
    office.set(at("2027-05-20"))
    assert rows(office.gateway.database, "SELECT 1 FROM outgoing") == []
    words = (b"robin.sample", b"Robin", b"anna@", b"dan.gone", b"Family", b"covers for me")
    files = (office.gateway.database, office.gateway.database.with_name("gateway.db-wal"), office.gateway.log)

    def found() -> list[bytes]:
        octets = b"".join(file.read_bytes() for file in files)
        return [word for word in words if word in octets]

    # What deleted rows leave behind is overwritten as soon as the writer has nothing to do.
    wait_for(lambda: not found(), f"names are gone: {found()}")
