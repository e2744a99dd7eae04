"""Header fields and octets of an acknowledgement, and what hostile values cannot do to them."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace
from datetime import datetime, timedelta
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.judgement.verdict import AcknowledgementDecision
from gateway.ledger.records import Notice
from gateway.message.model import Field, Message, Part
from gateway.message.own_token import is_own_message_id, own_token_valid
from gateway.notices import wording
from gateway.notices.compose import MOST_REFERENCES, NoticeRefused, acknowledgement_text
from gateway.notices.parse_back import check
from gateway.notices.wording import likeness, matter, values
from gateway.policy.model import Bilingual, Policy
from gateway.policy.sentences import ACKNOWLEDGEMENT_VARIABLES, Texts
from tests.notices.compose_cases import (
    DIVISIONS,
    POLICY,
    RECEIVED,
    REFERENCES,
    SECRET,
    TWO_DAYS,
    case,
    compose_acknowledgement,
    decision,
    examination,
    message,
    shipped_texts,
)

TEXTS = shipped_texts()
HR = case("human-resources", RECEIVED + TWO_DAYS)


def compose(
    chosen: AcknowledgementDecision | None = None,
    about: Message | None = None,
    *,
    policy: Policy = POLICY,
    texts: Texts = TEXTS,
    now: datetime = RECEIVED,
) -> Notice:
    return compose_acknowledgement(
        examination(RECEIVED, about), chosen or decision(HR), references=REFERENCES, policy=policy, texts=texts, secret=SECRET, now=now,
        give_up_after=TWO_DAYS,
    )  # fmt: skip


def read(notice: Notice) -> EmailMessage:
    parsed = email.message_from_bytes(notice.octets, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def test_the_fields_in_order() -> None:
    notice = compose(about=message(message_id="<a@example.org>"))
    parsed = read(notice)
    assert parsed.keys() == [
        "From", "To", "Date", "Message-ID", "Subject", "In-Reply-To", "References", "Auto-Submitted", "X-Auto-Response-Suppress", "Precedence",
        "X-Service-Promise-Token", "Content-Language", "MIME-Version", "Content-Type",
    ]  # fmt: skip
    assert parsed["From"] == "Human Resources <hr@toronto.example>"
    assert parsed["To"] == "resident@example.org"
    assert parsed["Date"].datetime == RECEIVED
    assert parsed["Auto-Submitted"] == "auto-replied"
    assert parsed["X-Auto-Response-Suppress"] == "All"
    assert parsed["Content-Language"] == "en"
    assert [part.get_content_type() for part in parsed.iter_parts()] == ["text/plain", "text/html"]


def test_the_notice_around_them() -> None:
    notice = compose()
    assert (notice.kind, notice.mail_from, notice.rcpt_to) == ("acknowledgement", "", "resident@example.org")
    assert (notice.division, notice.mailbox) == ("human-resources", "hr@toronto.example")
    assert notice.key == f"ack:{int(RECEIVED.timestamp()):08x}:{'a' * 64}"
    assert (notice.not_before, notice.give_up_at) == (RECEIVED, RECEIVED + TWO_DAYS)
    assert check(notice) is None


def test_composed_again_it_is_the_same_mail() -> None:
    assert compose().octets == compose().octets
    assert compose(now=RECEIVED + timedelta(hours=1)).message_id == compose().message_id


def test_known_again_by_message_id_or_token() -> None:
    notice = compose()
    parsed = read(notice)
    token = parsed["X-Service-Promise-Token"]
    assert is_own_message_id(SECRET, notice.message_id)
    assert own_token_valid(SECRET, Message(fields=(Field("X-Service-Promise-Token", "x-service-promise-token", token),), root=Part()))


@pytest.mark.parametrize(
    ("message_id", "in_reply_to", "references", "expected"),
    [
        ("<p@x>", (), (), (["<p@x>"], ["<p@x>"])),
        ("<p@x>", ("<a@x>",), (), (["<p@x>"], ["<a@x>", "<p@x>"])),
        ("<p@x>", ("<a@x>", "<b@x>"), (), (["<p@x>"], ["<p@x>"])),
        ("<p@x>", ("<b@x>",), ("<a@x>", "<b@x>"), (["<p@x>"], ["<a@x>", "<b@x>", "<p@x>"])),
        (None, (), ("<a@x>",), ([], ["<a@x>"])),
        (None, (), (), ([], [])),
        ("<no at sign>", (), (), ([], [])),
        ("<a@x>\r\nBcc: b@x", (), ("<ok@x>",), ([], ["<ok@x>"])),
        ("<p@x>", (), ("<" + "x" * 300 + "@x>", "<é@x>", "<a@x>"), (["<p@x>"], ["<a@x>", "<p@x>"])),
    ],
)
def test_threading(message_id: str | None, in_reply_to: tuple[str, ...], references: tuple[str, ...], expected: tuple[list[str], list[str]]) -> None:
    notice = compose(about=message(message_id=message_id, in_reply_to=in_reply_to, references=references))
    assert check(notice) is None
    parsed = read(notice)
    assert ((parsed["In-Reply-To"] or "").split(), (parsed["References"] or "").split()) == expected


def test_a_long_thread_keeps_its_first_and_its_latest() -> None:
    notice = compose(about=message(message_id="<p@x>", references=tuple(f"<{n}@x>" for n in range(500))))
    ids = read(notice)["References"].split()
    assert len(ids) == MOST_REFERENCES
    assert (ids[0], ids[-2], ids[-1]) == ("<0@x>", "<499@x>", "<p@x>")


def test_no_line_is_long() -> None:
    notice = compose(
        decision(HR, language="ta", quote_subject=True), message("Lorem ipsum dolor sit amet " * 40, references=tuple(f"<{n}@x>" for n in range(50)))
    )
    long = [line for line in notice.octets.split(b"\r\n") if len(line) > 78]
    assert [line.partition(b":")[0] for line in long] == [b"Message-ID", b"X-Service-Promise-Token"]  # one word each, which nothing may break


@pytest.mark.parametrize(
    "name", ["Equity, Diversity and Human Rights", 'The "Desk"', "Équité", "a\\b", "=?x?=", "=?utf-8?q?x?=", "Long " * 40, "漢" * 60, "R&D @ City"]
)
def test_a_division_may_be_called_anything(name: str) -> None:
    policy = replace(POLICY, divisions={**DIVISIONS, "human-resources": replace(DIVISIONS["human-resources"], name=Bilingual(name, name))})
    notice = compose(policy=policy)
    assert check(notice) is None
    address = read(notice)["From"].addresses[0]
    assert address.addr_spec == "hr@toronto.example"
    # the library puts a space between two encoded words of a phrase, where RFC 2047 §6.2 has none
    assert address.display_name.replace(" ", "") == name.replace(" ", "")


@pytest.mark.parametrize(
    "recipient",
    [
        "", "<>", "a", "a@", "@b", "a@b\r\nBcc: c@d", "a b@c", "a@b, c@d", '"a\\"b"@c', "a@[127.0.0.1]", "a@exämple.org", "a@b\n",
        "é@exämple.org", "é\u2028@example.org", "é\ud800@example.org", "é" * 65 + "@b", "é, c@d", "é@b\r\nBcc: c@d", '"é\\"b"@c',
        "a@-b", "a@b-", "a@b..c", "a" * 129 + "@b", "a@" + "b" * 64 + ".c", "a\0@b", "a@b ", "<a@b>",
    ],
)  # fmt: skip
def test_an_address_that_cannot_stand_in_a_header_is_refused(recipient: str) -> None:
    with pytest.raises(NoticeRefused) as refused:
        compose(decision(HR, recipient=recipient))
    assert len(recipient) < 4 or recipient not in str(refused.value)


@pytest.mark.parametrize(
    "recipient",
    ["a@b", "A.B+c=d/e@Ex-ample.org", "a..b@docomo.example", "prvs=12=x@y.z", "SRS0=a=b=c.d=e@f.g", "x'y@z", "1@2.3", "jøran@y.z", '"åse ø"@y.z'],
)
def test_ordinary_and_odd_addresses_are_taken_as_they_are(recipient: str) -> None:
    notice = compose(decision(HR, recipient=recipient))
    assert check(notice) is None
    assert f"\r\nTo: {recipient}\r\n".encode() in notice.octets


def test_a_decision_without_a_division_is_refused() -> None:
    with pytest.raises(NoticeRefused):
        compose(replace(decision(HR), lead=None))
    with pytest.raises(NoticeRefused):
        compose(decision(replace(HR, division="gone")))
    with pytest.raises(NoticeRefused):
        compose(decision(HR, replace(HR, division="gone")))


HOSTILE = st.text(st.one_of(st.characters(), st.sampled_from("\r\n\0\t <>@,:;\"'()=?{}%[]\u202e\u2028\ufeff\ud800")), max_size=300)


@given(
    subject=HOSTILE,
    recipient=st.one_of(HOSTILE, st.just("r@example.org")),
    ids=st.lists(HOSTILE, max_size=5),
    language=st.sampled_from(("en", "fr", "both", "ta", "xx", "")),
)
def test_hostile_values_change_no_field_or_the_notice_is_refused(subject: str, recipient: str, ids: list[str], language: str) -> None:
    about = Message(fields=(), root=Part(), subject=subject, message_id=ids[0] if ids else None, references=tuple(ids), in_reply_to=tuple(ids))
    try:
        notice = compose(decision(HR, language=language, quote_subject=True, recipient=recipient), about)
    except NoticeRefused:
        return
    assert check(notice) is None
    parsed = read(notice)
    assert parsed["To"] == recipient
    assert len(parsed.keys()) == len(set(parsed.keys()))
    assert set(parsed.keys()) <= {
        "From", "To", "Date", "Message-ID", "Subject", "In-Reply-To", "References", "Auto-Submitted", "X-Auto-Response-Suppress", "Precedence",
        "X-Service-Promise-Token", "Content-Language", "MIME-Version", "Content-Type",
    }  # fmt: skip


def test_nothing_of_the_resident_is_repeated_but_the_quoted_subject() -> None:
    quoted = compose(decision(HR, quote_subject=True), message("CanarySubject"))
    fixed = compose(decision(HR), message("CanarySubject"))
    assert b"CanarySubject" in quoted.octets
    assert quoted.octets.count(b"resident@example.org") == 1
    assert b"CanarySubject" not in fixed.octets


def test_in_confidence_no_template_is_told_of_other_divisions() -> None:
    confidential = decision(case("equity-diversity-human-rights", confidential=True), HR)
    plain = decision(case("equity-diversity-human-rights"), HR)
    abouts = [matter(each, RECEIVED, REFERENCES, POLICY, RECEIVED) for each in (confidential, plain)]
    said, told = (values(POLICY, likeness(each, "en"), wording.said(each, "en"), "en") for each in abouts)
    assert (said["others"], told["others"]) == ("", "Human Resources")
    assert set(said) == ACKNOWLEDGEMENT_VARIABLES


def test_without_texts_built_in_words_go_out() -> None:
    composed = acknowledgement_text(examination(), decision(HR, language="both"), references=REFERENCES, policy=POLICY, texts=Texts(), now=RECEIVED)
    assert composed.failed
    assert "You will have our answer by Wednesday, November 18, 2026, at 10:12 a.m.,\nToronto time." in composed.text
    assert "mercredi 18 novembre 2026,\nà 10\u00a0h\u00a012" in composed.text
    assert "HR-4K7M" in composed.text
    assert "416-555-0142" in composed.text
    assert check(compose(texts=Texts())) is None


def test_one_failing_template_costs_only_its_own_words() -> None:
    broken = Texts({name: each for name, each in TEXTS.templates.items() if name != "page.html.j2"})
    composed = acknowledgement_text(examination(), decision(HR), references=REFERENCES, policy=POLICY, texts=broken, now=RECEIVED)
    assert composed.failed == ("page.html.j2: no such text",)
    assert "If you cannot wait:" in composed.text
    assert "<html" in composed.html
    assert composed.printed_respond_by == RECEIVED + TWO_DAYS
