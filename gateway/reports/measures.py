"""Surveys and entered measures as rows of the report: value, margin, and whether the target is met. Pure.

A survey counts the answers of the months that the report's period touches; its margin is that of a 95 % interval: Wilson's for a share
(doi 10.1080/01621459.1927.10502953), 1.96 standard errors for an average. `maintain or increase` compares with the baseline, a change within
the baseline's margin counting as maintained; with `baseline: none yet` the first full quarter of answers becomes it. Fewer answers than
`hide_groups_under` are not shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import sqrt

from gateway.ledger.survey_rows import Entry, RatingCount
from gateway.policy.model import Baseline, Division, Measure, Policy, Survey
from gateway.reports.comparing import meets
from gateway.reports.periods import Days, written
from gateway.reports.report import MeasureRow

_DAY = timedelta(days=1)
_Z = 1.959964
"""Standard normal, 97.5 %."""


@dataclass(frozen=True, slots=True)
class Result:
    """What answers come to."""

    n: int
    average: float
    share: float
    """Of 4 and 5, in per cent."""
    margin: float
    """Half width of the 95 % interval, in the unit of the value that counts."""
    value: float
    """The one that the survey counts."""


def measure_rows(
    policy: Policy, division: str | None, days: Days, today: date, ratings: Sequence[RatingCount], entries: Sequence[Entry]
) -> Iterator[MeasureRow]:
    """Of one division, or of all; `today` in the City's zone tells which quarters are over."""
    under = policy.figures.get("hide_groups_under", 0)
    under = under if isinstance(under, int) else 0
    for slug, each in sorted(policy.divisions.items()):
        if division not in (None, slug):
            continue
        for survey in each.surveys:
            own = [row for row in ratings if (row.division, row.survey) == (slug, survey.slug)]
            yield _survey_row(each, survey, own, days, today, under)
        for measure in each.measures:
            yield from _measure_rows(each, measure, [row for row in entries if (row.division, row.measure) == (slug, measure.slug)], days)


def result(counts: Mapping[int, int], by_share: bool) -> Result | None:
    """`counts`: rating -> answers; None without any."""
    n = sum(counts.values())
    if n == 0:
        return None
    average = sum(rating * answers for rating, answers in counts.items()) / n
    p = (counts.get(4, 0) + counts.get(5, 0)) / n
    if by_share:
        margin = 100 * _Z / (1 + _Z**2 / n) * sqrt(p * (1 - p) / n + _Z**2 / (4 * n**2))
    else:
        squares = sum(answers * (rating - average) ** 2 for rating, answers in counts.items())
        margin = _Z * sqrt(squares / (n - 1) / n) if n > 1 else 4.0
    return Result(n, average, 100 * p, margin, 100 * p if by_share else average)


def first_full_quarter(rows: Sequence[RatingCount], today: date) -> tuple[str, Days] | None:
    """The first quarter that begins with or after the month of the first answer, once it is over; None before."""
    if not rows:
        return None
    year, month = map(int, min(row.month for row in rows).split("-"))
    quarter = (month + 1) // 3 + 1  # a quarter that begins with the first month of answers is full
    year, quarter = (year, quarter) if quarter <= 4 else (year + 1, 1)
    days = written(f"{year}-Q{quarter}")
    return (f"{year}-Q{quarter}", days) if days.until < today else None


def _survey_row(division: Division, survey: Survey, rows: Sequence[RatingCount], days: Days, today: date, under: int) -> MeasureRow:
    by_share = survey.counts == "share of 4 and 5"
    found = result(_counts(rows, days), by_share)
    hidden = found is not None and found.n < under
    shown = None if hidden else found
    baseline, whence = _baseline(survey.baseline, rows, today, by_share, under)
    met = meets(survey.target, shown.value, baseline) if shown else None
    return MeasureRow(
        division=division.slug, measure=survey.slug, unit=survey.unit, means=survey.question.en, period=_months(days),
        value=round(shown.value, 2) if shown else None, shown=_told(shown, hidden, by_share), n=shown.n if shown else None if hidden else 0,
        target=survey.target, met=met, note=_note(survey, shown, hidden, baseline, whence, under),
    )  # fmt: skip


def _counts(rows: Sequence[RatingCount], days: Days) -> Counter[int]:
    found: Counter[int] = Counter()
    for row in rows:
        if f"{days.since:%Y-%m}" <= row.month <= f"{days.until:%Y-%m}":
            found[row.rating] += row.answers
    return found


def _baseline(given: Baseline | None, rows: Sequence[RatingCount], today: date, by_share: bool, under: int) -> tuple[Baseline | None, str]:
    """What "maintain or increase" is compared with, and where it is from."""
    if given is not None:
        return given, f"baseline {given.period}"
    quarter = first_full_quarter(rows, today)
    found = result(_counts(rows, quarter[1]), by_share) if quarter else None
    if quarter is None or found is None or found.n < max(under, 1):
        return None, ""
    return Baseline(quarter[0], found.value, found.n, found.margin), f"baseline {quarter[0]}, the first full quarter"


def _told(found: Result | None, hidden: bool, by_share: bool) -> str:
    if found is None:
        return "too few answers to show" if hidden else "no answers"
    share, average = f"{found.share:.1f} % of 4 and 5", f"average {found.average:.2f}"
    return f"{share}, {average}" if by_share else f"{average}, {share}"


def _note(survey: Survey, found: Result | None, hidden: bool, baseline: Baseline | None, whence: str, under: int) -> str:
    said = []
    if found is not None:
        said.append(f"± {found.margin:.1f} points" if survey.counts == "share of 4 and 5" else f"± {found.margin:.2f}")
    if hidden:
        said.append(f"fewer than {under} answers")
    if survey.target == "maintain or increase":
        said.append(
            f"{whence}: {baseline.value:.1f} ± {baseline.margin:.1f}, n {baseline.answers}"
            if baseline
            else "no baseline yet: the first full quarter becomes it"
        )
    return "; ".join(said)


def _measure_rows(division: Division, measure: Measure, entries: Sequence[Entry], days: Days) -> Iterator[MeasureRow]:
    """The periods that end within the report's; where none does, the last one that ended before its end."""
    periods = _periods(measure, days)
    for period in periods:
        entered = [each for each in entries if each.period == period]
        last = entered[-1] if entered else None
        value = value_of(last) if last else None
        met = meets(measure.target, value, measure.baseline) if value is not None else None
        corrected = ", ".join(entered_as(each) for each in entered[:-1])
        note = "not entered yet" if last is None else f"restated; entered before: {corrected}" if corrected else ""
        yield MeasureRow(
            division=division.slug, measure=measure.slug, unit=measure.unit, means=measure.means, period=period,
            value=value, shown=entered_as(last) if last else "–", n=None, target=measure.target, met=met, note=note,
        )  # fmt: skip


def value_of(entry: Entry) -> float:
    """Of "9 of 12": per cent, so that it compares."""
    if entry.out_of is None:
        return entry.value
    return round(100 * entry.value / entry.out_of, 2) if entry.out_of else 100.0


def entered_as(entry: Entry) -> str:
    """As people read it: `17.5`, `9 of 9`."""
    return f"{entry.value:g}" if entry.out_of is None else f"{entry.value:g} of {entry.out_of:g}"


def period_of(day: date, every: str) -> str:
    """2026-10, 2026-Q4 or 2026: the month, quarter or year of a day."""
    if every == "month":
        return f"{day:%Y-%m}"
    return f"{day.year}-Q{(day.month + 2) // 3}" if every == "quarter" else f"{day.year}"


def _periods(measure: Measure, days: Days) -> list[str]:
    found = []
    each = written(period_of(days.since, measure.every))
    while each.until <= days.until:
        found.append(period_of(each.since, measure.every))
        each = written(period_of(each.until + _DAY, measure.every))
    return found or [period_of(each.since - _DAY, measure.every)]


def _months(days: Days) -> str:
    first, last = f"{days.since:%Y-%m}", f"{days.until:%Y-%m}"
    return first if first == last else f"{first} to {last}"
