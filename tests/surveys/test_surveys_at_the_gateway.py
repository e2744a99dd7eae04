"""Surveys through the front door: a real gateway asks who was answered, counts the answer once, and ties it to nobody."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from email.message import EmailMessage
from urllib.parse import unquote

import pytest

from tests.harness.client import send
from tests.harness.gateway import REPOSITORY, GatewayProcess
from tests.harness.hop import RecordingHop
from tests.harness.mails import inquiry, new_message_id, parsed, wait_acknowledged
from tests.harness.waiting import wait_for

pytestmark = pytest.mark.front_door

SURVEYS = b"survey@toronto.example"
STAFF = b"robin.sample@toronto.example"
ASKED = """
surveys:
  - survey: answers
    asked: {after: an answer by a person, audience: public, per_person: once in 90 days}
    never_after_kinds: [correspondence]
    question:
      en: How satisfied are you with our answer?
      fr: Dans quelle mesure êtes-vous satisfait de notre réponse?
    counts: average
    target: at least 4
"""


@pytest.fixture(name="gateway", scope="module")
def _gateway(tmp_path_factory: pytest.TempPathFactory, hops: tuple[RecordingHop, RecordingHop]) -> Iterator[GatewayProcess]:
    folder = tmp_path_factory.mktemp("surveys")
    shutil.copytree(REPOSITORY / "policies", folder / "policies")
    of_hr = folder / "policies" / "human-resources.yaml"
    of_hr.write_text(re.sub(r"\nsurveys:\n(?:(?: .*)?\n)+?(?=measures:)", ASKED, of_hr.read_text("utf-8")), "utf-8")
    hop, notices = hops
    settings = {"paths": {"policies": "policies"}, "notices": {"return_path": "bounces@toronto.example"}}
    gateway = GatewayProcess(folder, next_hop=hop.url, notices=notices.url, settings=settings)
    try:
        gateway.start()
        yield gateway
    finally:
        gateway.kill()


@pytest.fixture(name="hops", scope="module")
def _hops() -> Iterator[tuple[RecordingHop, RecordingHop]]:
    with RecordingHop() as hop, RecordingHop() as notices:
        yield hop, notices


def writes(gateway: GatewayProcess, sender: str, **other: str) -> str:
    message_id = new_message_id()
    assert send(gateway.inbound, sender.encode(), b"hr@toronto.example", inquiry(message_id, sender=sender, **other)).code == 250
    return message_id


def is_answered(gateway: GatewayProcess, sender: str, message_id: str) -> None:
    text = f"In-Reply-To: {message_id}\r\n"
    octets = inquiry(new_message_id(), sender=STAFF.decode(), to=sender, name="Robin Sample", subject="Re: A question", text="Yes.\r\n", fields=text)
    assert send(gateway.outbound, STAFF, sender.encode(), octets).code == 250


def asked(notices: RecordingHop, sender: str) -> list[EmailMessage]:
    mine = [parsed(each.octets) for each in notices.accepted if each.rcpt_to == [sender.encode()] and each.mail_from == b"bounces@toronto.example"]
    return [each for each in mine if "survey@" in each["From"]]


def links(mail: EmailMessage) -> list[str]:
    page = mail.get_body(("html",))
    assert page is not None
    return [unquote(each) for each in re.findall(r'href="mailto:survey@toronto\.example\?subject=([^&"]+)', page.get_content())]


def answers(gateway: GatewayProcess, sender: str, subject: str, text: str = "") -> None:
    octets = inquiry(new_message_id(), sender=sender, to=SURVEYS.decode(), subject=subject, text=text or "You can send this message as it is.\r\n")
    assert send(gateway.inbound, sender.encode(), SURVEYS, octets).code == 250


def rows(gateway: GatewayProcess, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(gateway.database)) as connection:
        return connection.execute(query).fetchall()


def metric(gateway: GatewayProcess, outcome: str) -> bool:
    return f'gateway_survey_answers_total{{outcome="{outcome}"}}' in gateway.http("/metrics")[1]


def test_the_whole_way(gateway: GatewayProcess, hops: tuple[RecordingHop, RecordingHop]) -> None:
    hop, notices = hops
    sender = "mirabelle.quux@example.org"
    first = writes(gateway, sender)
    wait_acknowledged(notices, first)
    is_answered(gateway, sender, first)
    [mail] = wait_for(lambda: asked(notices, sender), "the question is asked")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "hr@toronto.example" not in (mail["From"], mail["Reply-To"])
    five, four, *_, no_more = links(mail)
    assert five.startswith("5 of 5 (code ")
    assert four.replace("4", "5", 1) == five

    relayed, written = len(hop.accepted), len(notices.accepted)
    answers(gateway, sender, four)
    wait_for(lambda: metric(gateway, "counted"), "the answer is counted")
    assert len(hop.accepted) == relayed + 1, "it is relayed all the same"
    answers(gateway, sender, five)
    answers(gateway, sender, f"5 of 5 (code r{'0' * 49})")
    answers(gateway, sender, "4 of 5")
    wait_for(lambda: all(metric(gateway, each) for each in ("used", "forged", "no-code")), "the others are refused")
    assert rows(gateway, "SELECT division, survey, rating, answers FROM survey_result") == [("human-resources", "answers", 4, 1)]
    assert rows(gateway, "SELECT count(*) FROM service_case") == [(1,)], "an answer opens no case"
    mine = "reason = 'survey-answer' AND correspondent IS NULL AND correspondent_domain IS NULL"
    assert rows(gateway, f"SELECT count(*) FROM message WHERE {mine}") == [(4,)]
    assert rows(gateway, "SELECT count(*) FROM sender WHERE message_id IN (SELECT id FROM message WHERE reason = 'survey-answer')") == [(0,)]
    assert len(notices.accepted) == written, "nothing is sent for an answer"
    refused = [line for line in gateway.output.splitlines() if "survey-answer-refused" in line]
    assert [next(why for why in ("used", "forged", "no-code") if f'"{why}"' in line) for line in refused] == ["used", "forged", "no-code"]
    assert "mirabelle" not in gateway.output

    second = writes(gateway, sender, subject="Another question")
    is_answered(gateway, sender, second)
    answers(gateway, sender, no_more)
    wait_for(lambda: metric(gateway, "opted-out"), "the opt-out is kept")
    assert rows(gateway, "SELECT count(*) FROM survey_person WHERE opted_out_at IS NOT NULL") == [(1,)]
    assert len(asked(notices, sender)) == 1, "once in 90 days"

    report = gateway.json("report", "--division", "human-resources", "--since", "2026-11-01", "--until", "2026-11-30")
    found = {each["measure"]: each for each in report["measures"]}
    assert found["answers"]["value"] is None, "one answer is fewer than five"
    assert found["answers"]["shown"] == "too few answers to show"
    assert found["learning-events"]["shown"] == "–"


def test_a_rating_of_seven_and_machines_store_nothing(gateway: GatewayProcess, hops: tuple[RecordingHop, RecordingHop]) -> None:
    _, notices = hops
    sender = "quentin.quux@example.org"
    message_id = writes(gateway, sender)
    is_answered(gateway, sender, message_id)
    [mail] = wait_for(lambda: asked(notices, sender), "the question is asked")
    before = rows(gateway, "SELECT sum(answers) FROM survey_result")
    code = links(mail)[0].partition("(")[2]
    answers(gateway, sender, f"7 of 5 ({code}")
    wait_for(lambda: metric(gateway, "not-one-to-five"), "a 7 is refused")
    answers(gateway, sender, f"Re: One question ({code}", "Very good\r\n")
    wait_for(lambda: metric(gateway, "no-rating"), "words alone are refused")
    away = inquiry(new_message_id(), sender=sender, to=SURVEYS.decode(), subject=links(mail)[0], fields="Auto-Submitted: auto-replied\r\n")
    assert send(gateway.inbound, sender.encode(), SURVEYS, away).code == 250
    answers(gateway, sender, "Re: One question", f"> ({code}\r\n")  # not readable as a rating, and after the machine's
    assert rows(gateway, "SELECT sum(answers) FROM survey_result") == before
    assert rows(gateway, "SELECT count(*) FROM survey_code") == [(1,)]


def test_nobody_is_asked_after_some_kinds_or_in_confidence(gateway: GatewayProcess, hops: tuple[RecordingHop, RecordingHop]) -> None:
    _, notices = hops
    letter = writes(gateway, "lettie.quux@example.org", subject="Letter attached: my pension", text="Please see the attached letter.\r\n")
    is_answered(gateway, "lettie.quux@example.org", letter)
    last = writes(gateway, "later.quux@example.org")
    is_answered(gateway, "later.quux@example.org", last)
    wait_for(lambda: asked(notices, "later.quux@example.org"), "the question is asked")
    assert asked(notices, "lettie.quux@example.org") == []


def test_a_question_by_command(gateway: GatewayProcess, hops: tuple[RecordingHop, RecordingHop]) -> None:
    _, notices = hops
    ask = ("survey", "ask", "human-resources", "answers", "friend.quux@example.org", "--about", "Canary audit")
    assert gateway.cli(*ask).stdout == "1 asked.\n"
    assert gateway.cli(*ask, "mirabelle.quux@example.org").stdout == "0 asked, 2 left alone (asked about this before, or opted out).\n"
    [mail] = wait_for(lambda: asked(notices, "friend.quux@example.org"), "the question goes out")
    assert mail["Content-Language"] == "en, fr"
    assert "Canary" not in str(mail)
    refused = gateway.cli("survey", "ask", "internal-audit", "audit-clients", "a@toronto.example", "--about", "x")
    assert (refused.returncode, "does not enforce for the audience 'internal'" in refused.stderr) == (2, True)
    unknown = gateway.cli("survey", "ask", "human-resources", "answer", "a@example.org", "--about", "x")
    assert "did you mean 'answers'?" in unknown.stderr
