"""Letters and the gateway's own page in a real browser: axe finds nothing, and nothing is fetched from anywhere."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from gateway.web.server import Readiness, render
from tests.harness.browser import chromium, look_at
from tests.notices.test_compose_html import composed

NO_PAGE = ("bypass", "landmark-one-main", "page-has-heading-one", "region")
"""A letter has no blocks to skip and no landmarks: the mail program around it has."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.mark.parametrize(("name", "language"), [("answer-date", "both"), ("council", "fr"), ("in-confidence", "ar"), ("three", "en")])
def test_acknowledgement(browser: Browser, name: str, language: str) -> None:
    seen = look_at(browser, composed(name, language).html, "telephone", NO_PAGE)
    assert (seen.violations, seen.asked_for, seen.wider_than_screen) == ((), (), False)


def test_page(browser: Browser) -> None:
    page = render(Readiness(True, {"ledger": "ok", "policy": "1 file refused <b>"}), {"messages seen": 12})
    seen = look_at(browser, page, "dark")
    assert (seen.violations, seen.asked_for) == ((), ())
