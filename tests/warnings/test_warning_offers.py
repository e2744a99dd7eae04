"""What a warning offers, pasted unchanged, passes our own check: every shipped division, both languages, text and HTML."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.judgement.staff_verdict import Finding, StaffVerdict
from gateway.judgement.verdict import Examination, History
from gateway.message.model import Envelope
from gateway.notices.html import html_body
from gateway.notices.passages import Passage, plain_text
from gateway.notices.warning import Told
from gateway.policy.model import Directory, StaffMember
from gateway.rulebook import Rulebook, Sighting
from tests.warnings.staff_rig import absence, at, mail, shipped, with_policy

NOW = at("2026-11-16")
SLUGS = tuple(shipped().policy.divisions)
PERSON = "Robin Sample <robin.sample@toronto.example>"
WHO = pytest.mark.parametrize(("slug", "language"), [(slug, language) for slug in (*SLUGS, "") for language in ("en", "fr")])
"""Every division, and staff who belong to none."""


def rulebook_of(slug: str, language: str, title: str = "Policy Analyst") -> Rulebook:
    """Robin belongs to `slug` and reads `language`; City-wide, warnings are on, too."""
    member = StaffMember("robin.sample@toronto.example", "Robin Sample", title, slug, "", language)
    city_wide = shipped().policy.city_wide
    assert city_wide is not None
    on = replace(city_wide, rollout={"internal": "warn"})
    signature = {"warn_after": "at once"}
    divisions = {each.slug: replace(each, signature=signature) for each in shipped().policy.divisions.values()}
    return with_policy(shipped(), directory=Directory({member.address: member}), divisions=divisions, city_wide=replace(on, signature=signature))


def examined(rulebook: Rulebook, octets: bytes) -> Examination:
    envelope = Envelope("robin.sample@toronto.example", ("resident@example.org",), "outbound", NOW, "outbound", trusted_senders=True)
    return rulebook.examine(Sighting(b"Message-ID: <one@toronto.example>\r\n" + octets, True, len(octets), envelope))


def told(rulebook: Rulebook, octets: bytes) -> Told:
    judged = rulebook.judge_and_compose(examined(rulebook, octets), History(), NOW)
    assert judged.told is not None, judged.verdict.staff
    return judged.told


def offers(said: Told) -> dict[str, tuple[Passage, ...]]:
    """What there is to paste, by template; the first away-text is in the reader's language."""
    sections = said.sections
    away = sections["away"].passages[1:] if "away" in sections else ()
    found = {"away-text": away[:2], "voicemail": away[2:]}
    found |= {str(topic): each.passages[1:] for topic, each in sections.items() if topic != "away"}
    return {
        name: tuple(Passage(each.language, tuple(block for block in each.blocks if block.to_paste)) for each in some) for name, some in found.items()
    }


def pasted(text: str) -> str:
    """What somebody copies out of the plain text: without the indent."""
    return "".join(line.removeprefix("   ") for line in text.splitlines(keepends=True)) + "\n"


@WHO
def test_the_out_of_office_text_names_another_contact(slug: str, language: str) -> None:
    rulebook = rulebook_of(slug, language)
    offered = offers(told(rulebook, absence(PERSON, "I will be back on Monday, November 30 and will reply then.\n")))["away-text"]
    assert offered[0].language == language
    assert len(offered) == 2
    for some in (offered, offered[:1], offered[1:]):
        for octets in (absence(PERSON, pasted(plain_text(some))), as_html(PERSON, html_body(some, ""))):
            found = examined(rulebook, octets).out_of_office
            assert found.is_ooo
            assert found.names_alternate, plain_text(some)
            assert found.return_date == date(2026, 11, 30)
            assert found.findings == ()
            assert rulebook.judge_and_compose(examined(rulebook, octets), History(), NOW).verdict.staff == StaffVerdict()


@WHO
def test_the_signature_is_complete(slug: str, language: str) -> None:
    for title in ("Policy Analyst", ""):
        rulebook = rulebook_of(slug, language, title)
        offered = offers(told(rulebook, mail(PERSON, "Yes, that is fine.\n\nThanks,\nRobin\n")))["signature"]
        text = pasted(plain_text(offered))
        for octets in (mail(PERSON, f"Yes, that is fine.\n\n{text}"), mail(PERSON, f"Yes.\n\n-- \n{text}"), signed_in_html(html_body(offered, ""))):
            check = examined(rulebook, octets).signature
            assert check.checked
            assert (check.missing, check.violations) == ((), ()), text


@WHO
def test_the_voicemail_greeting_says_the_same(slug: str, language: str) -> None:
    said = offers(told(rulebook_of(slug, language), absence(PERSON, "I will be back on Monday, November 30.\n")))
    greeting, text = (flat(plain_text(said[name][:1])) for name in ("voicemail", "away-text"))
    spoken = re.findall(r"\d(?:[ ,]+\d)+", greeting)
    number = re.sub(r"\D", "", re.findall(r"(?:telephone|téléphone|call|appeler le) ([\d-]+)", text)[0])
    assert {re.sub(r"\D", "", each) for each in spoken if len(re.sub(r"\D", "", each)) > 2} == {number}
    assert ("Monday, November 30" if language == "en" else "lundi 30 novembre") in greeting
    assert "Robin Sample" in greeting
    if team := re.search(r"the ([\w ]+): telephone", text):
        assert team[1] in greeting


def flat(text: str) -> str:
    return " ".join(text.split())


def as_html(sender: str, page: str) -> bytes:
    octets = absence(sender, "replaced")
    return octets.replace(b"text/plain", b"text/html").replace(b"replaced", page.encode()).replace(b"7bit", b"8bit")


def signed_in_html(page: str) -> bytes:
    octets = mail(PERSON, "replaced")
    return octets.replace(b"text/plain", b"text/html").replace(b"replaced", f"<p>Yes, that is fine.</p>{page}".encode()).replace(b"7bit", b"8bit")


REASONS = ("canary surgery", "canary funeral", "canary parental leave")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    slug=st.sampled_from(SLUGS),
    language=st.sampled_from(["en", "fr"]),
    days=st.integers(1, 300),
    reason=st.sampled_from(REASONS),
    name=st.sampled_from(["Robin Sample", "Sample, Robin", "Zoë O'Brien-Nguyễn", "", "robin.sample@toronto.example"]),
)
def test_any_warning_passes_its_own_check_and_tells_the_reason_to_nobody(slug: str, language: str, days: int, reason: str, name: str) -> None:
    member = StaffMember("robin.sample@toronto.example", name, "", slug, "", language)
    rulebook = with_policy(shipped(), directory=Directory({member.address: member}))
    back = date(2026, 11, 16) + timedelta(days=days)
    octets = absence(PERSON, f"Away for {reason}; I will be back on {back:%B %d, %Y}.\n")
    judged = rulebook.judge_and_compose(examined(rulebook, octets), History(), NOW)
    warning, *others = judged.staff_notices
    assert warning.rcpt_to == "robin.sample@toronto.example"
    assert all(reason not in each.octets.decode() and "canary" not in each.octets.decode() for each in others)
    assert judged.told is not None
    found = examined(rulebook, absence(PERSON, pasted(plain_text(offers(judged.told)["away-text"])))).out_of_office
    assert found.names_alternate
    assert found.findings == ()
    assert found.return_date == back


def test_no_link_no_button_no_attachment() -> None:
    for octets in (absence(PERSON, "I will be back on Monday.\n"), mail(PERSON, "Yes.\n\nThanks,\nRobin\n")):
        said = told(rulebook_of("human-resources", "en"), octets)
        for each in (said.text, said.html):
            assert not re.search(r"https?:|mailto:|www\.|<a\b|<img|<button|<form|<table", each)


def test_a_mail_of_ours_carries_a_signature_that_passes() -> None:
    said = told(rulebook_of("human-resources", "en"), mail(PERSON, "Yes.\n\nThanks,\nRobin\n"))
    check = examined(rulebook_of("human-resources", "en"), mail("Service Promise Team <service-promise-help@toronto.example>", said.text)).signature
    assert "title" not in check.missing
    assert not {"name", "division", "organization", "phone", "email"} & set(check.missing)


def test_every_sentence_has_its_finding() -> None:
    """Each kind of finding changes what is said, in both languages."""
    from gateway.judgement.staff_verdict import AWAY_KINDS
    from gateway.notices.warning import warning_text

    for language in ("en", "fr"):
        rulebook = rulebook_of("human-resources", language)
        examination = examined(rulebook, absence(PERSON, "I will be back on Monday.\n"))
        texts = {
            kind: warning_text(examination, StaffVerdict((Finding(kind),), "told", (kind,)), policy=rulebook.policy, texts=rulebook.texts).text
            for kind in AWAY_KINDS - {"external-poorer"}
        }
        assert len(set(texts.values())) == len(texts)
