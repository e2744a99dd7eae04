"""Whether a value meets a target as a policy file states it. Pure."""

from __future__ import annotations

from gateway.policy.model import Baseline


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
