"""A real browser (Debian's Chromium, headless) that loads one page at a time from memory, asks nobody for anything, and is checked by axe."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Request, sync_playwright

from tests.harness.neighbours import missing

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
)  # fmt: skip
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"], "resultTypes": ["violations"]}

Look = Literal["light", "dark", "print", "telephone"]


@contextmanager
def chromium() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        missing("chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@dataclass(frozen=True)
class Seen:
    """What a browser made of a page."""

    violations: tuple[str, ...]
    asked_for: tuple[str, ...]
    """Addresses that the page wanted to have."""
    wider_than_screen: bool


def look_at(browser: Browser, html: str, look: Look, rules: tuple[str, ...] = ()) -> Seen:
    """`rules`: ids of axe's rules that a letter, which is no page, cannot fulfil."""
    page = browser.new_page(
        viewport={"width": 360 if look == "telephone" else 1100, "height": 800}, color_scheme="dark" if look == "dark" else "light"
    )
    asked: list[str] = []
    page.on("request", lambda request: asked.append(_address(request)))
    if look == "print":
        page.emulate_media(media="print")
    page.set_content(html)
    found = Axe().run(page, options={**RULES, "rules": {rule: {"enabled": False} for rule in rules}})
    seen = Seen(tuple(f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found.response["violations"]), tuple(asked), _too_wide(page))
    page.close()
    return seen


def _address(request: Request) -> str:
    return request.url


def _too_wide(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"))
