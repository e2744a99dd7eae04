"""The HTML report in a real browser: accessible in every look, whole in itself, and nothing in it that a name could break."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from playwright.sync_api import Browser

from gateway.policy.model import Policy
from gateway.reports.html import render
from gateway.reports.making import Reports
from gateway.reports.periods import Days
from gateway.reports.report import CompliancePoint, MeasureRow, Report, Restatement, Words
from tests.harness.browser import Look, chromium, look_at
from tests.reports.month_rig import Place, mail, play

NOVEMBER = Days(date(2025, 11, 1), date(2025, 11, 30))
LATER = datetime(2026, 1, 10, tzinfo=UTC)
ODD = '<script>alert(1)</script> & "$x$" =1+1'


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Report]:
    place = Place(tmp_path_factory.mktemp("november"))
    policy = place.rulebook(LATER).policy
    play(place, mail(), place.rulebook(LATER))
    with place.ledger().reading() as connection:
        made = _made(Reports(connection, policy, NOVEMBER, LATER), policy)
        empty = Reports(connection, policy, Days(date(2020, 2, 1), date(2020, 2, 29)), LATER).report(None)
    city = made["city"]
    return {**made, "empty": empty, "large": _large(city), "odd": _odd(city), "withheld": _withheld(city)}


def _made(source: Reports, policy: Policy) -> dict[str, Report]:
    return {"city": source.report(None), "division": source.report("human-resources")}


def _large(city: Report) -> Report:
    """Fifty divisions, all of them busy."""
    divisions = tuple(replace(each, name=Words(f"Division {n} {each.name.en}", "")) for n in range(17) for each in city.divisions)
    busy = tuple(replace(each, figures=replace(each.figures, respond=_kept(each.figures.respond))) if each.figures else each for each in divisions)
    return replace(city, divisions=busy)


def _kept(clock):
    return clock and replace(clock, met=99, missed=1, n=100, share=0.99)


def _odd(city: Report) -> Report:
    return replace(
        city,
        city=Words(ODD, ODD),
        whole=replace(city.whole, name=Words(ODD, ODD)),
        divisions=tuple(replace(each, name=Words(ODD, ODD), stated_as=ODD) for each in city.divisions),
        lines=tuple(replace(each, name=Words(ODD, ODD), stated_as=ODD) for each in city.lines),
        measures=(MeasureRow(ODD, ODD, ODD, ODD, "2025-Q4", 4.2, ODD, 12, ODD, True, ODD),),
        restatements=(Restatement(ODD, ODD, 3, 4),),
        compliance=(
            CompliancePoint(date(2025, 11, 1), date(2025, 11, 2), 10, 7, 3, 2),
            CompliancePoint(date(2025, 11, 3), date(2025, 11, 9), 8, None, 0, 0),
        ),
        notes=(ODD,),
    )


def _withheld(city: Report) -> Report:
    divisions = tuple(replace(each, figures=None) for each in city.divisions)
    return replace(
        city, whole=replace(city.whole, figures=None, trend=()), divisions=divisions, latency=(), open_by_due=(), arrivals=None, messages=None
    )


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


LOOKS: Mapping[str, tuple[Look, ...]] = {
    "city": ("light", "dark", "print", "telephone"),
    "division": ("dark",),
    "empty": ("light",),
    "large": ("light",),
    "odd": ("light",),
    "withheld": ("light",),
}


@pytest.mark.parametrize("name", LOOKS)
def test_accessible_in_every_look_and_asks_for_nothing(browser: Browser, reports: Mapping[str, Report], name: str) -> None:
    html = render(reports[name])
    for look in LOOKS[name]:
        seen = look_at(browser, html, look)
        assert seen.violations == (), look
        assert seen.asked_for == (), look
        assert not seen.wider_than_screen, look


def test_a_page_with_a_fault_is_told(browser: Browser) -> None:
    """Else the test above could not fail."""
    seen = look_at(browser, '<html><body><p style="color:#bbb">pale</p><img src="https://example.org/a.png"></body></html>', "light")
    assert {each.partition(":")[0] for each in seen.violations} >= {"color-contrast", "image-alt", "document-title", "html-has-lang"}
    assert seen.asked_for == ("https://example.org/a.png",)


def test_nothing_of_a_name_becomes_markup(reports: Mapping[str, Report]) -> None:
    html = render(reports["odd"])
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


@pytest.mark.parametrize("name", ["city", "division", "odd"])
def test_every_chart_is_named_has_its_table_and_ids_are_unique(reports: Mapping[str, Report], name: str) -> None:
    html = render(reports[name])
    ids = re.findall(r'\bid="([^"]*)"', html)
    assert len(ids) == len(set(ids))
    for figure in re.findall(r"<figure.*?</figure>(?:<div class=\"scroll\"[^>]*><table>)?", html, flags=re.DOTALL):
        assert figure.endswith("<table>"), "a chart without its table"
        svg = ET.fromstring(figure[figure.index("<svg") : figure.index("</svg>") + 6])
        assert svg.get("role") == "img"
        assert [child.text for child in svg[:2] if child.tag.endswith(("title", "desc"))], "a chart without its text"


def test_the_same_report_gives_the_same_octets(reports: Mapping[str, Report]) -> None:
    assert render(reports["city"]) == render(reports["city"])


def test_figures_stand_as_the_text_has_them(reports: Mapping[str, Report]) -> None:
    html = render(reports["city"])
    figures, messages = reports["city"].whole.figures, reports["city"].messages
    assert figures
    assert figures.respond
    assert messages
    assert f"{figures.respond.met} of {figures.respond.n}" in html
    assert all(f'<td class="n">{each.messages}</td>' in html for each in messages.not_counted)


def test_divisions_are_recognised_and_only_where_enough_was_promised(reports: Mapping[str, Report]) -> None:
    assert "Promises kept" in render(reports["large"])
    assert "Promises kept" not in render(reports["city"])
