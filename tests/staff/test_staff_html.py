"""HTML to visible text: what a reader sees, in bounded time, whatever comes."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.message.html import HTML_LIMIT, html_to_text, read_html


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("<div>a</div><div>b<br>c</div>", "a\nb\nc"),
        ("<div>a</div><div><br></div><div>b</div>", "a\n\nb"),
        ("<p class=MsoNormal>a</p><p class=MsoNormal>&nbsp;</p><p class=MsoNormal>b</p>", "a\n\nb"),
        ("a <b>bold</b>word &amp; &eacute;", "a boldword & é"),
        ("<table><tr><td>x</td><td>y</td></tr><tr><td>z</td></tr></table>", "x\ty\nz"),
        ("<ul><li>one<li>two</ul>", "one\ntwo"),
        ("<pre>a\n  b</pre>", "a\nb"),
        ("<head><title>t</title><style>p{}</style></head><script>x<p>y</script>z", "z"),
        ("a<!-- hidden <p> -->b<![if !mso]>c<![endif]>", "abc"),
        ("<span style='display:none'>no</span><span hidden>no</span><i style='mso-hide:all'>no</i>yes", "yes"),
        ("<div style='display:none'>no <b>nor this</b><p>nor that</p></div>yes", "yes"),
        ("<p style='font-size:0'>no</p><p style='font-size:0.9em'>yes</p>", "yes"),
        ("<style>.gone{display:none}</style><p class='gone x'>no</p>yes", "yes"),
        ("<style>@media print{.x{display:none}}</style><p class=x>yes</p>", "yes"),
        ("<a href='mailto:jane@toronto.example?subject=x'>Jane</a>", "Jane <jane@toronto.example>"),
        ("<a href='mailto:jane@toronto.example'>jane@toronto.example</a>", "jane@toronto.example"),
        ("<a href='tel:+14165550142'>Call</a>", "Call +14165550142"),
        ("me<blockquote type=cite>you<br>there</blockquote>me", "me\n\n> you\n> there\n\nme"),
        ("<blockquote>my own indent</blockquote>", "my own indent"),
        ("new<div id=divRplyFwdMsg>From: a</div>", "new\n-----Original Message-----\nFrom: a"),
        ("zero\u200bwidth \u202eright", "zerowidth right"),
        ("unclosed <b>bold <div>next", "unclosed bold\nnext"),
        ("1 < 2 and <3", "1 < 2 and <3"),
        ("", ""),
    ],
)
def test_visible_text(html: str, text: str) -> None:
    assert html_to_text(html) == text


def test_hidden_text_alone_is_unreadable_and_no_text_is_not() -> None:
    assert not read_html("<div style='display:none'>words</div>").readable
    assert read_html("<img src=x>").readable
    assert read_html("<p>words</p>").readable


def test_ten_thousand_nested_tags_are_read() -> None:
    reading = read_html("<div>" * 10_000 + "deep" + "</div>" * 10_000)
    assert reading.text == "deep"
    assert reading.readable


def test_what_is_cut_is_unreadable() -> None:
    assert not read_html("<p>word</p>" * HTML_LIMIT).readable


@pytest.mark.parametrize(
    "html",
    [
        pytest.param("<div>" * 1_000_000, id="nested"),
        pytest.param("<p><font color=1>" * 300_000, id="unclosed-formatting"),
        pytest.param("<a " * 1_700_000, id="unclosed-tags"),
        pytest.param("<a \"'" * 1_000_000, id="unclosed-quotes"),
        pytest.param("<!--" * 1_250_000, id="unclosed-comments"),
        pytest.param("<div " + "a=1 " * 1_250_000, id="attributes"),
        pytest.param("<style>" + "@a{" * 1_600_000, id="style-sheet"),
        pytest.param("<div bgcolor=#ff0000>x" * 230_000, id="backgrounds"),
        pytest.param("<p>hello world</p>" * 280_000, id="paragraphs"),
    ],
)
def test_five_megabytes_take_no_more_than_two_seconds(html: str) -> None:
    started = time.process_time()
    read_html(html)
    assert time.process_time() - started < 2


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "<p>",
                "</p>",
                "<div",
                ">",
                "<b>",
                "</b>",
                "<!--",
                "-->",
                '"',
                "'",
                "a",
                " ",
                "<td>",
                "</table>",
                "<style>",
                "<br>",
                "&#",
                "<a href=mailto:x@y.z>",
                "</a>",
            ]
        )
    )
)
def test_anything_gives_a_string(pieces: list[str]) -> None:
    assert isinstance(html_to_text("".join(pieces)), str)
