"""What stands around the words of a notice: our own signature below, the page around the HTML. Built-in ones where a template fails."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup

from gateway.notices.fallback import built_in_signature
from gateway.notices.html import plain_page, plain_signature
from gateway.notices.passages import one_line
from gateway.notices.typography import typeset
from gateway.policy.model import Division, Policy
from gateway.policy.sentences import PAGE, SIGNATURE_HTML, SIGNATURE_TEXT, TextFailed, Texts


def unlinked_signatures(by_language: Mapping[str, Mapping[str, str]], texts: Texts, failed: list[str]) -> tuple[str, str]:
    """The same lines without a web address, and nothing in them to click on: for mail that must not look like phishing."""
    plain, html = [], []
    for language, values in by_language.items():
        lines = [line for line in _lines(values, texts, failed) if values["website"] not in line]
        plain.append(typeset("\n".join(lines), language))
        html.append(typeset(plain_signature(lines, language), language))
    return "\n\n".join(plain), "\n".join(html)


def _lines(values: Mapping[str, str], texts: Texts, failed: list[str]) -> list[str]:
    try:
        lines = [one_line(line) for line in texts.render(SIGNATURE_TEXT, values).split("\n")]
    except TextFailed as error:
        failed.append(str(error))
        lines = list(built_in_signature(values))
    return [line for line in lines if line]


def signature_values(policy: Policy, division: Division, language: str) -> dict[str, str]:
    """The seven fields that we ask of staff: a team for the name, its function for the title."""
    found = {
        "team": division.acknowledgement.signed_by.in_language(language),
        "function": division.acknowledgement.signed_title.in_language(language),
        "division": division.name.in_language(language),
        "organization": policy.city.in_language(language),
        "telephone": division.contacts.telephone,
        "email": division.mailbox,
        "website": division.website.in_language(language),
        "language": language,
    }
    return {name: one_line(value) for name, value in found.items()}


def signatures(by_language: Mapping[str, Mapping[str, str]], texts: Texts, failed: list[str]) -> tuple[str, str]:
    """Plain text and HTML, a block for each language. Values: gateway.policy.sentences.SIGNATURE_VARIABLES; `failed` gets what failed."""
    plain, html = [], []
    for language, values in by_language.items():
        lines = _lines(values, texts, failed)
        try:
            block = texts.render(SIGNATURE_HTML, values)
        except TextFailed as error:
            failed.append(str(error))
            block = plain_signature(lines, language)
        plain.append(typeset("\n".join(lines), language))
        html.append(typeset(block.strip(), language))
    return "\n\n".join(plain), "\n".join(html)


def page(body: str, language: str, title: str, texts: Texts, failed: list[str]) -> str:
    """`body` is HTML whose every value is escaped already."""
    try:
        return texts.render(PAGE, {"body": Markup(body), "language": language, "title": title})  # noqa: S704 - html_body escapes
    except TextFailed as error:
        failed.append(str(error))
        return plain_page(body, language)
