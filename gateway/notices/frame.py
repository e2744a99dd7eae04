"""What stands around the words of a notice: our own signature below, the page around the HTML. Built-in ones where a template fails."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup

from gateway.notices.fallback import built_in_signature
from gateway.notices.html import plain_page, plain_signature
from gateway.notices.passages import one_line
from gateway.notices.typography import typeset
from gateway.policy.sentences import PAGE, SIGNATURE_HTML, SIGNATURE_TEXT, TextFailed, Texts


def signatures(by_language: Mapping[str, Mapping[str, str]], texts: Texts, failed: list[str]) -> tuple[str, str]:
    """Plain text and HTML, a block for each language. Values: gateway.policy.sentences.SIGNATURE_VARIABLES; `failed` gets what failed."""
    plain, html = [], []
    for language, values in by_language.items():
        try:
            lines = [one_line(line) for line in texts.render(SIGNATURE_TEXT, values).split("\n")]
            block = texts.render(SIGNATURE_HTML, values)
        except TextFailed as error:
            failed.append(str(error))
            lines = list(built_in_signature(values))
            block = plain_signature(lines, language)
        plain.append(typeset("\n".join(line for line in lines if line), language))
        html.append(typeset(block.strip(), language))
    return "\n\n".join(plain), "\n".join(html)


def page(body: str, language: str, title: str, texts: Texts, failed: list[str]) -> str:
    """`body` is HTML whose every value is escaped already."""
    try:
        return texts.render(PAGE, {"body": Markup(body), "language": language, "title": title})  # noqa: S704 - html_body escapes
    except TextFailed as error:
        failed.append(str(error))
        return plain_page(body, language)
