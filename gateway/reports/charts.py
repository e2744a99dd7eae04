"""Charts of a report as SVG, drawn by matplotlib without a screen. The same report gives the same octets.

Decides how a figure looks, never what it is. A chart is always dark on white, so that it prints; bars differ by hatching as well as by
colour, and every value also stands in the table beside it. Text stays text: a screen reader and a search find it.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

BLUE, ORANGE, GREY, INK = "#0b5394", "#d98200", "#d9d9d9", "#1a1a1a"
"""Told apart by the colour-blind, too (Okabe and Ito, Color Universal Design, 2008: blue and orange)."""

_STYLE: dict[Any, Any] = {
    "text.parse_math": False,  # a dollar sign in a name is no mathematics
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "hatch.linewidth": 0.6,
}
LONGEST_NAME = 34
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def attainment(rows: Sequence[tuple[str, float, str]], *, title: str, description: str) -> str:
    """Of each row, the share (0 to 1) beside what was promised: everyone. The last value of a row is written at its end."""

    def draw(axes: Axes) -> None:
        places = range(len(rows))
        axes.barh(places, [1.0] * len(rows), color=GREY, height=0.6)
        axes.barh(places, [share for _, share, _ in rows], color=BLUE, height=0.6)
        axes.set_yticks(places, [_shortened(name) for name, _, _ in rows])
        for place, (_, share, said) in enumerate(rows):
            inside = share > 0.5
            axes.text(
                share - 0.01 if inside else share + 0.01, place, said, va="center", ha="right" if inside else "left", color="white" if inside else INK
            )
        axes.axvline(1.0, color=INK, linewidth=1.5, linestyle="--")
        axes.invert_yaxis()
        axes.set_xlim(0, 1.02)
        axes.xaxis.set_major_formatter(PercentFormatter(1.0))

    return _svg("attainment", draw, height=0.9 + 0.36 * len(rows), title=title, description=description)


def latency(labels: Sequence[str], elapsed: Sequence[int], business: Sequence[int], *, title: str, description: str) -> str:
    """How many answers took how long, by the clock on the wall and by office hours."""

    def draw(axes: Axes) -> None:
        places = range(len(labels))
        axes.bar([place - 0.2 for place in places], elapsed, width=0.38, color=BLUE, label="elapsed time")
        axes.bar(
            [place + 0.2 for place in places],
            business,
            width=0.38,
            color=ORANGE,
            hatch="///",
            edgecolor=INK,
            linewidth=0.4,
            label="office hours only",
        )
        axes.set_xticks(list(places), labels, rotation=30, ha="right")
        axes.set_ylabel("answers")
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend(frameon=False)

    return _svg("latency", draw, height=3.2, title=title, description=description)


def open_by_due(labels: Sequence[str], cases: Sequence[int], late: Sequence[bool], *, title: str, description: str) -> str:
    """Open inquiries by when the answer is due; what is late is hatched."""

    def draw(axes: Axes) -> None:
        bars = axes.barh(labels, cases, color=[ORANGE if each else BLUE for each in late], height=0.6)
        for bar, is_late, count in zip(bars, late, cases, strict=True):
            if is_late:
                bar.set(hatch="///", edgecolor=INK, linewidth=0.4)
            axes.annotate(str(count), (bar.get_width(), bar.get_y() + 0.3), xytext=(4, 0), textcoords="offset points", va="center")
        axes.invert_yaxis()
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.margins(x=0.08)

    return _svg("open", draw, height=0.9 + 0.36 * len(labels), title=title, description=description)


def arrivals(cells: Sequence[Sequence[int | None]], *, title: str, description: str) -> str:
    """A heat map of seven days by 24 hours; a withheld cell is crossed out."""

    def draw(axes: Axes) -> None:
        highest = max((each for row in cells for each in row if each is not None), default=0)
        axes.pcolormesh([[each or 0 for each in row] for row in cells], cmap="Blues", vmin=0, vmax=max(highest, 1), edgecolor="white", linewidth=0.5)
        for day, row in enumerate(cells):
            for hour, each in enumerate(row):
                if each is None or each > 0:
                    dark = each is not None and each > highest * 0.6
                    axes.text(
                        hour + 0.5,
                        day + 0.5,
                        "×" if each is None else _brief(each),
                        ha="center",
                        va="center",
                        fontsize=7,
                        color="white" if dark else INK,
                    )
        axes.set_yticks([day + 0.5 for day in range(7)], DAYS)
        axes.set_xticks([hour + 0.5 for hour in range(0, 24, 2)], [f"{hour}:00" for hour in range(0, 24, 2)])
        axes.invert_yaxis()
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)

    return _svg("arrivals", draw, height=2.9, title=title, description=description)


def trend(name: str, labels: Sequence[str], lines: Sequence[tuple[str, Sequence[float | None]]], *, title: str, description: str) -> str:
    """Shares (0 to 1) over time, one line or two; a gap is where there was nothing to count, or it is withheld."""
    looks = ((BLUE, "o", "-"), (ORANGE, "s", "--"))

    def draw(axes: Axes) -> None:
        places = list(range(len(labels)))
        for (label, values), (colour, marker, style) in zip(lines, looks, strict=False):
            axes.plot(places, [float("nan") if each is None else each for each in values], color=colour, marker=marker, linestyle=style, label=label)
        axes.set_ylim(0, 1.05)
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
        every = max(1, len(labels) // 8)
        axes.set_xticks(places[::every], labels[::every], rotation=30, ha="right")
        axes.set_xlim(-0.5, len(labels) - 0.5)
        if len(lines) > 1:
            axes.legend(frameon=False, loc="lower left")

    return _svg(name, draw, height=2.8, title=title, description=description)


def _svg(name: str, draw: Callable[[Axes], None], *, height: float, title: str, description: str) -> str:
    """One `<svg>` for use inside HTML: named for a screen reader, without ids that another chart has."""
    with mpl.rc_context({**_STYLE, "svg.hashsalt": name}):
        figure = Figure(figsize=(7.4, height), layout="constrained")
        FigureCanvasSVG(figure)
        draw(figure.add_subplot())
        written = io.StringIO()
        figure.savefig(written, format="svg", transparent=True, metadata={"Date": None, "Creator": None, "Type": None, "Format": None})
    svg = written.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r'\bid="([^"]*)"', rf'id="{name}-\1"', svg)
    svg = re.sub(r'href="#([^"]*)"', rf'href="#{name}-\1"', svg)
    svg = re.sub(r"url\(#([^)]*)\)", rf"url(#{name}-\1)", svg)
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, count=1, flags=re.DOTALL)
    named = f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-desc">{escape(description)}</desc>'
    opening, rest = svg.split(">", 1)
    opening = re.sub(r'(width|height|version)="[^"]*"\s*', "", opening)
    return f'{opening} role="img" aria-labelledby="{name}-title" aria-describedby="{name}-desc" focusable="false">{named}{rest.strip()}'


def _shortened(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"


def _brief(number: int) -> str:
    return str(number) if number < 1000 else f"{number // 1000}k"
