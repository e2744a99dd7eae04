"""Whether a value meets a target as a policy file states it, and whether it can be a value of its measure at all. Pure."""

from __future__ import annotations

from math import inf

from gateway.policy.model import Baseline, Measure


def meets(target: str, value: float, baseline: Baseline | None) -> bool | None:
    """`maintain or increase`, `at least 4`, `less than 20 %`, `all` (100 per cent), `none stated`; None where there is nothing to compare with."""
    if target == "none stated":
        return None
    if target == "maintain or increase":
        return None if baseline is None else value >= baseline.value - baseline.margin
    if target == "all":
        return value >= 100.0
    figure = float(target.removesuffix("%").split()[-1])
    comparison = target.partition(" ")[0], " than " in target
    if comparison == ("at", False):
        return value >= figure if target.startswith("at least") else value <= figure
    return value < figure if comparison[0] == "less" else value > figure


SHARE = (0.0, 100.0)
"""Per cent."""


def bounds(measure: Measure) -> tuple[float, float]:
    """The least and the most that it can be: as its file says; a share, where the target is one; else a count or a rating, 0 or more."""
    if measure.values is not None:
        return measure.values
    return SHARE if measure.target == "all" or measure.target.endswith("%") else (0.0, inf)


def why_not(measure: Measure, value: float, *, share: bool) -> str:
    """Why this cannot be entered, with what can; "" where it can. `share`: it was written as one ("9 of 12", 75 %), `value` in per cent."""
    least, most = bounds(measure)
    if least <= value <= most and not (share and measure.values not in (None, SHARE)):
        return ""
    if (least, most) == SHARE:
        return f'{measure.slug} is a share: write 0 to 100 (per cent), or one such as "9 of 12"'
    if most == inf:
        return f"{measure.slug} is 0 or more; where less can be, its policy file must say so (values: -100 to 100)"
    return f"{measure.slug} is a number from {least:g} to {most:g} (values in its policy file)"
