"""Two gateways pointed at each other, robots and people in a hurry: through the front door, with real processes."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.conftest import GatewayFactory
from tests.harness import ledger
from tests.harness.client import SmtpClient, send
from tests.harness.gateway import REPOSITORY, GatewayProcess
from tests.harness.hop import RecordingHop, say
from tests.harness.mails import acknowledgements, inquiry, new_message_id, wait_acknowledged
from tests.harness.middlebox import Damage, Middlebox, intact, stripped, stripped_with_a_return_path

pytestmark = pytest.mark.front_door

HR, OTHER_HR = b"hr@toronto.example", b"hr@ottawa.example"


def at_rest(gateway: GatewayProcess) -> bool:
    """Nothing waits to be sent."""
    return not ledger.rows(gateway.database, "SELECT 1 FROM notice WHERE state = 'waiting'")


def policies_of(folder: Path, domain: str) -> dict[str, object]:
    """The shipped policies for another city."""
    shutil.copytree(REPOSITORY / "policies", folder)
    for path in folder.rglob("*.yaml"):
        path.write_text(path.read_text().replace("toronto.example", domain))
    return {"organization_domains": [domain], "paths": {"policies": str(folder)}}


@pytest.mark.parametrize("damage", [intact, stripped, stripped_with_a_return_path], ids=lambda each: each.__name__)
def test_two_gateways_exchange_at_most_one_automatic_mail_each_way(new_gateway: GatewayFactory, tmp_path: Path, damage: Damage):
    """A division of one city writes to a division of the other; each gateway's notices arrive at the other's inbound listener."""
    with RecordingHop() as out_of_here, RecordingHop() as out_of_there:
        here = new_gateway(notices=out_of_here.url)
        there = new_gateway(notices=out_of_there.url, settings=policies_of(tmp_path / "ottawa", "ottawa.example"))
        boxes = Middlebox(out_of_here, there.inbound, damage), Middlebox(out_of_there, here.inbound, damage)
        here.start()
        there.start()
        for port, sender, to in ((here.inbound, OTHER_HR, HR), (there.inbound, HR, OTHER_HR)):
            message_id = new_message_id()
            assert send(port, sender, to, inquiry(message_id, sender=sender.decode(), to=to.decode())).code == 250
        rounds = 0
        quiet = 0
        while quiet < 2:
            for each in (here, there):
                ledger.wait_settled(each.database)
            quiet = quiet + 1 if not sum(box.carry() for box in boxes) else 0
            rounds += 1
            assert rounds < 20, "it does not end"
        for box in boxes:
            first_inquiries = sum(b"Auto-Submitted" in each or b"spg." in each for each in box.carried)
            assert 1 <= len(box.carried) <= 2, "one for the inquiry of each side, and at most one in answer"
            assert first_inquiries == len(box.carried)
        for each in (here, there):
            assert ledger.count(each.database, "notice") <= 2
            assert at_rest(each)


def test_a_person_with_five_matters_in_a_day_gets_five_acknowledgements(gateway: GatewayProcess, notices_hop: RecordingHop):
    for subject in ("A job posting", "My pension", "A parking ticket", "A broken lamp", "The library"):
        message_id = new_message_id()
        assert send(gateway.inbound, b"anna@example.org", HR, inquiry(message_id, sender="anna@example.org", subject=subject)).code == 250
        assert len(wait_acknowledged(notices_hop, message_id)) == 1
    assert len(notices_hop.accepted) == 5


def test_a_robot_gets_at_most_the_cap_and_every_mail_is_measured(gateway: GatewayProcess, hop: RecordingHop, notices_hop: RecordingHop):
    """No two alike, headers of a person: only the count gives it away. It also holds after a restart."""
    with SmtpClient(gateway.inbound) as client:
        for number in range(250):
            assert (
                client.send(b"robot@example.org", HR, inquiry(new_message_id(), sender="robot@example.org", subject=f"Report {number}")).code == 250
            )
    gateway.stop()
    gateway.start()
    with SmtpClient(gateway.inbound) as client:
        for number in range(250):
            assert client.send(b"robot@example.org", HR, inquiry(new_message_id(), sender="robot@example.org", subject=f"More {number}")).code == 250
    ledger.wait_recorded(gateway.database, 500)
    ledger.wait_settled(gateway.database)
    assert len(hop.accepted) == 500, "all of it is relayed"
    assert len(notices_hop.accepted) == 10
    assert ledger.count(gateway.database, "service_case") == 500
    reasons = ledger.rows(gateway.database, "SELECT reason, count(*) AS number FROM message GROUP BY reason ORDER BY reason")
    assert reasons == [{"reason": "correspondent-cap", "number": 490}, {"reason": "new-inquiry", "number": 10}]


def test_a_domain_beyond_its_cap_waits_for_room(new_gateway: GatewayFactory, notices_hop: RecordingHop):
    gateway = new_gateway(settings={"caps": {"domain": "2/hour"}})
    gateway.start()
    for number in range(4):
        sender = f"clerk{number}@firm.example"
        assert send(gateway.inbound, sender.encode(), HR, inquiry(new_message_id(), sender=sender)).code == 250
    for number in range(4):
        sender = f"person{number}@gmail.com"
        message_id = new_message_id()
        assert send(gateway.inbound, sender.encode(), HR, inquiry(message_id, sender=sender)).code == 250
        wait_acknowledged(notices_hop, message_id)
    assert len(notices_hop.accepted) == 6
    waiting = gateway.json("outbox", "list")
    assert [each["attempts"] for each in waiting] == [0, 0]
    assert all(each["due_at"] > each["created_at"] for each in waiting)
    shown = gateway.json("caps", "show")
    assert (shown["delayed"], shown["in_gateway_window"]) == (2, 6)
    assert "Delayed by a cap: 2, the last until" in gateway.cli("caps", "show").stdout
    assert gateway.cli("caps", "reset", "hr@toronto.example").returncode == 1, "no breaker is open"


def test_what_would_come_too_late_is_not_sent_and_says_why(new_gateway: GatewayFactory, notices_hop: RecordingHop):
    gateway = new_gateway(settings={"caps": {"gateway": "1/day"}, "notices": {"give_up_after": "1h"}})
    gateway.start()
    message_ids = [new_message_id() for _ in range(2)]
    for message_id in message_ids:
        assert send(gateway.inbound, b"anna@example.org", HR, inquiry(message_id, sender="anna@example.org")).code == 250
    wait_acknowledged(notices_hop, message_ids[0])
    assert "decision gateway-cap" in gateway.cli("trace", message_ids[1]).stdout
    assert acknowledgements(notices_hop, message_ids[1]) == []


def test_an_address_that_was_refused_for_good_is_left_alone(gateway: GatewayProcess, notices_hop: RecordingHop):
    notices_hop.script.rcpt_of = {"gone@example.org": say("550 5.1.1 no such person")}
    for number, reason in enumerate(("new-inquiry", "refused-before")):
        message_id = new_message_id()
        assert send(gateway.inbound, b"gone@example.org", HR, inquiry(message_id, sender="gone@example.org", subject=f"Matter {number}")).code == 250
        ledger.wait_settled(gateway.database)
        assert f"decision {reason}" in gateway.cli("trace", message_id).stdout
    assert len(notices_hop.lines(b"RCPT")) == 1


def test_a_trace_explains_what_was_sent_without_listing_every_rule(gateway: GatewayProcess, notices_hop: RecordingHop):
    message_id = new_message_id()
    assert (
        send(gateway.inbound, b"anna@example.org", HR, inquiry(message_id, sender="anna@example.org", fields="X-Mailer: PHPMailer 6\r\n")).code == 250
    )
    wait_acknowledged(notices_hop, message_id)
    told = gateway.cli("trace", message_id).stdout
    assert re.search(r"note\s+weak-signal \(X-Mailer; RFC 3834 §2\)", told)
    assert "pass  every other rule" in told


def test_spam_that_a_person_answers_is_measured_after_all(gateway: GatewayProcess, hop: RecordingHop, notices_hop: RecordingHop):
    """The person replies to Reply-To, as mail programs do."""
    message_id, answer_id = new_message_id(), new_message_id()
    fields = "X-Spam-Flag: YES\r\nReply-To: anna.home@example.net\r\n"
    assert send(gateway.inbound, b"anna@example.org", HR, inquiry(message_id, sender="anna@example.org", fields=fields)).code == 250
    assert "decision spam-verdict" in gateway.cli("trace", message_id).stdout
    assert ledger.count(gateway.database, "service_case") == 0
    answer = inquiry(answer_id, sender="clerk@toronto.example", to="anna.home@example.net", fields=f"In-Reply-To: {message_id}\r\n")
    assert send(gateway.outbound, b"clerk@toronto.example", b"anna.home@example.net", answer).code == 250
    [case] = ledger.rows(gateway.database, "SELECT * FROM service_case")
    [seen] = ledger.rows(gateway.database, "SELECT * FROM message WHERE direction = 'inbound'")
    assert (case["opened_at"], case["opened_by_answer"], case["mailbox"]) == (seen["received_at"], 1, "hr@toronto.example")
    assert case["responded_at"] is not None
    assert "measured after all, because a person answered" in gateway.cli("trace", message_id).stdout
    assert not ledger.acknowledgements(gateway.database)
