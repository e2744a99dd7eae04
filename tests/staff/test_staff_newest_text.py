"""Newest text: quotes, older messages and disclaimers go, human lines stay."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.judgement import out_of_office, signature
from gateway.judgement.verdict import Automatic
from gateway.message.body import newest_text
from gateway.message.model import Message, Part
from gateway.message.parse import parse
from gateway.message.quoting import newest_lines


def _plain(text: str) -> Message:
    return Message(fields=(), root=Part(text=text))


@pytest.mark.parametrize(
    "quoted",
    [
        pytest.param("On Mon, Nov 16, 2026 at 9:00 AM Ann Resident <ann@example.org> wrote:\n> old", id="gmail"),
        pytest.param("On Mon, Nov 16, 2026 at 9:00 AM Ann Resident\n<ann@example.org> wrote:\n\n> old\n> older", id="gmail-wrapped"),
        pytest.param("Le lun. 16 nov. 2026 à 09 h 00, Ann Resident <ann@example.org> a\nécrit :\n> old", id="gmail-french-wrapped"),
        pytest.param("Le lun. 16 nov. 2026 à 09:00, Ann Resident <ann@example.org> a écrit :\n\nold without marks", id="french-without-marks"),
        pytest.param("Am 16.11.2026 um 09:00 schrieb Ann <ann@example.org>:\n> old", id="german"),
        pytest.param("El lun, 16 nov 2026 a las 9:00, Ann (<ann@example.org>) escribió:\n> old", id="spanish"),
        pytest.param("Il giorno lun 16 nov 2026 alle ore 09:00 Ann <ann@example.org> ha scritto:\n> old", id="italian"),
        pytest.param("Em seg., 16 de nov. de 2026 às 09:00, Ann <ann@example.org> escreveu:\n> old", id="portuguese"),
        pytest.param("-----Original Message-----\nFrom: Ann\nSent: today\n\nold", id="outlook-2003"),
        pytest.param(
            "________________________________\nFrom: Ann <ann@example.org>\nSent: Monday, November 16, 2026 9:00 AM\nTo: Robin\nSubject: q\n\nold",
            id="outlook",
        ),
        pytest.param("De : Ann <ann@example.org>\nEnvoyé : 16 novembre 2026 09:00\nÀ : Robin\nObjet : q\n\nold", id="outlook-french"),
        pytest.param("Von: Ann <ann@example.org>\nGesendet: Montag, 16. November 2026 09:00\nAn: Robin\nBetreff: q\n\nold", id="outlook-german"),
        pytest.param("*From:* Ann\n*Sent:* Monday, November 16, 2026 9:00 AM\n*To:* Robin\n\nold", id="outlook-stars"),
        pytest.param(
            "---------- Forwarded message ---------\nFrom: Ann <ann@example.org>\nDate: Mon, 16 Nov 2026\nSubject: q\n\nold", id="gmail-forward"
        ),
        pytest.param("Begin forwarded message:\n\n> From: Ann\n> old", id="apple-forward"),
        pytest.param(
            "---------------------- Forwarded by Kelly Stone/HOU/ECT on 03/12/2001 10:12 AM ---------------------------\n\nold", id="notes-forward"
        ),
        pytest.param('"Ann H Wren" <ann@example.org> on 07/28/2000 08:38:08 AM\nTo: robin@toronto.example\ncc:\nSubject: q\n\nold', id="notes-quote"),
        pytest.param("ann@example.org on 11/16/2000 09:00\n\nTo: robin@toronto.example\nSubject: q\n\nold", id="notes-quote-without-cc"),
        pytest.param("> old\n>> older", id="bare-marks"),
        pytest.param("This e-mail may contain confidential information. If you are not the intended recipient, delete it.", id="disclaimer"),
        pytest.param("Le présent courriel est confidentiel et destiné uniquement au destinataire.", id="disclaimer-french"),
        pytest.param("_______________________________________________\nstaff mailing list\nstaff@lists.example", id="list-footer"),
        pytest.param("Sent from my iPhone", id="iphone"),
        pytest.param("Envoyé de mon iPhone", id="iphone-french"),
    ],
)
def test_only_what_was_written_now_is_kept(quoted: str) -> None:
    assert newest_text(_plain(f"New words here.\n\n{quoted}\n")).text == "New words here."


@pytest.mark.parametrize(
    "line",
    [
        "From: the moment I wrote to you, nothing happened.",
        "On Monday he wrote:",
        "To: do this week",
        "Subject: matters like these are hard.",
        "Date: to be decided",
        "From there to here - > not a quote",
        "I will put you on the mailing list today.",
        "If you received this letter, please call.",
        "I got your note to ann@example.org on 07/28/2000 08:38 AM",
        "Original messages are kept for a year.",
        "This information is confidential, as you know.",
    ],
)
def test_a_human_line_is_not_lost(line: str) -> None:
    text = f"Hello,\n\n{line}\nAnd more of it."
    assert newest_text(_plain(text)).text == text


def test_inline_and_bottom_posting_are_kept() -> None:
    text = "On Mon, Nov 16, 2026 at 9:00 AM Ann <a@example.org> wrote:\n> one?\n\nYes.\n\n> two?\n\nNo."
    assert newest_text(_plain(text)).text == "Yes.\n\nNo."


def test_an_answer_below_a_marked_original_is_kept() -> None:
    text = "-----Original Message-----\n> From: Ann\n> May I?\n\nYes."
    assert newest_text(_plain(text)).text == "Yes."


def test_dates_in_a_list_are_no_header_block() -> None:
    text = "I am away\nFrom: November 16\nTo: November 30\nCall Jane."
    assert newest_text(_plain(text)).text == text


@pytest.mark.parametrize(
    ("text", "signature"),
    [
        ("Hi\n\n-- \nRobin\nAnalyst", ("Robin", "Analyst")),
        ("Hi\n\nKind regards,\n\nRobin Sample\n416-555-0142", ("", "Robin Sample", "416-555-0142")),
        ("Hi\n\nThanks, Robin", ("Robin",)),
        ("Bonjour\n\nCordialement,\nRobin", ("Robin",)),
        ("Hi\n\nThanks for your help with the form, it was\nvery good to have.", ()),
        ("Please contact:\n\nJane Doe\n416-555-0142\njane@toronto.example", ()),
        ("Hi there", ()),
    ],
)
def test_the_signature_block(text: str, signature: tuple[str, ...]) -> None:
    assert newest_text(_plain(text)).signature == signature


def test_plain_text_is_preferred_unless_it_is_empty() -> None:
    plain, html = Part("text/plain", text="plain"), Part("text/html", text="<p>html</p>")
    assert newest_text(Message((), Part("multipart/alternative", children=(plain, html)))).text == "plain"
    assert newest_text(Message((), Part("multipart/alternative", children=(Part("text/plain", text=" \n"), html)))).text == "html"


def test_attachments_and_enclosed_messages_are_not_read() -> None:
    children = (
        Part("text/plain", text="mine"),
        Part("text/plain", text="attached", disposition="attachment", filename="a.txt"),
        Part("message/rfc822", children=(Part("text/plain", text="enclosed"),)),
    )
    assert newest_text(Message((), Part("multipart/mixed", children=children))).text == "mine"


@pytest.mark.parametrize("content_type", ["application/pkcs7-mime", "multipart/encrypted"])
def test_encrypted_is_unreadable(content_type: str) -> None:
    assert not newest_text(Message((), Part(content_type))).readable


def test_signed_is_read() -> None:
    signed = Part("multipart/signed", children=(Part("text/plain", text="read me"), Part("application/pkcs7-signature", filename="smime.p7s")))
    assert newest_text(Message((), signed)).text == "read me"


def test_an_image_alone_is_unreadable_and_an_empty_mail_is_not() -> None:
    assert not newest_text(Message((), Part("multipart/mixed", children=(Part("image/png"),)))).readable
    assert newest_text(_plain("")).readable


HOSTILE: dict[str, Callable[[], str]] = {
    "quotes": lambda: "> a\n" * 60_000,
    "attributions": lambda: "On " * 80_000,
    "labels": lambda: "From: a\n" * 30_000,
    "one-line": lambda: "a" * 250_000,
    "spaces": lambda: " " * 250_000,
    "dashes": lambda: "-- \n" * 60_000,
    "closings": lambda: "Regards,\n" * 28_000,
    "many best wishes": lambda: "many best kind with " * 12_000,
    "numbers": lambda: "416-555-0142 " * 19_000,
    "signature of 400 lines": lambda: "Hi\n\n-- \n" + "Robin Sample, Analyst | 416-555-0142\n" * 400,
    "right to left": lambda: "\u202eשלום עולם\u202c مرحبا\n" * 10_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_takes_no_more_than_two_seconds(name: str, envelope_of: Any, zone_only: Any, shipped_rules: Any) -> None:
    message = _plain(HOSTILE[name]())
    started = time.process_time()
    newest = newest_text(message)
    out_of_office.check(message, Automatic("out_of_office"), envelope_of({}), zone_only, newest=newest)
    signature.check(message, Automatic(), envelope_of({}), shipped_rules, True, newest=newest)
    assert time.process_time() - started < 2


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "> x",
                "",
                "On Monday, 9:00 wrote:",
                "From: a",
                "Sent: 9:00",
                "text",
                "-- ",
                "Regards,",
                "____________",
                "-----Original Message-----",
                "Robin",
            ]
        )
    )
)
def test_kept_lines_are_lines_of_the_message_in_order(lines: list[str]) -> None:
    kept = [line for line in newest_lines(lines) if line]
    remaining = iter(lines)
    assert all(any(line == each.rstrip() for each in remaining) for line in kept)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400))
def test_any_octets_are_read_without_an_exception(octets: bytes) -> None:
    newest_text(parse(b"Content-Type: text/html\r\n\r\n" + octets))
