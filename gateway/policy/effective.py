"""What `check --show` lists besides the values that `merge` chooses between the two files: stops, days off, kinds, surveys, measures.

It decides nothing: what holds is made in `merge`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time
from typing import Any

from gateway.policy import calendar_sections, sections
from gateway.policy.layers import Layers, ReadFile


def note_rest(layers: Layers) -> None:
    """Notes each of them in `layers`, with the file and line that say so."""
    own, city = layers.division.content, layers.city.content
    stopped_here = not own.acknowledgements or ("acknowledgements",) not in layers.city.document.values
    switch, file = (own.acknowledgements, layers.division) if stopped_here else (city.acknowledgements, layers.city)
    layers.note(("acknowledgements",), "on" if switch else "off", file if ("acknowledgements",) in file.document.values else None)
    closures: list[tuple[calendar_sections.DivisionClosure, ReadFile[Any], int]] = []
    if own.service != "round the clock" or own.hours is not None:
        layers.note(("holidays",), _holidays(city.holidays), layers.city)
        concerned = (each for each in enumerate(city.closures) if each[1].divisions is None or own.division in each[1].divisions)
        closures += [(each, layers.city, index) for index, each in concerned]
    closures += [(each, layers.division, index) for index, each in enumerate(own.closures)]
    _note_closures(layers, closures)
    if city.notice is not None:
        layers.note(("notice",), f"until {city.notice.until:%Y-%m-%d %H:%M}: {city.notice.en} · {city.notice.fr}", layers.city)
    for key in ("languages", "unsure", "other_languages", "several_divisions"):
        _note_city(layers, ("acknowledgement", key), getattr(city.acknowledgement, key))
    for key in ("rules", "replies_in_a_thread", "exceptions"):
        _note_city(layers, ("signature", key), getattr(city.signature, key))
    for index, rule in enumerate(own.kinds):
        layers.note(("kinds", str(index + 1)), _kind(rule), layers.division, ("kinds", index))
    for index, survey in enumerate(own.surveys):
        layers.note(("surveys", survey.survey), survey.question, layers.division, ("surveys", index))
    for index, measure in enumerate(own.measures):
        layers.note(("measures", measure.measure), f"{measure.means} (every {measure.every})", layers.division, ("measures", index))


def _note_city(layers: Layers, path: tuple[str, str], value: Any) -> None:
    layers.note(path, value, layers.city if path in layers.city.document.values else None)


def _note_closures(layers: Layers, closures: Sequence[tuple[calendar_sections.DivisionClosure, ReadFile[Any], int]]) -> None:
    """Of two on one day the earlier in the day holds, so it is noted last."""
    for each, file, index in sorted(closures, key=lambda found: found[0].opening or time(0), reverse=True):
        since = f" from {each.opening:%H:%M}" if each.opening else ""
        layers.note(("closures", f"{each.date}"), f"closed{since}: {each.why}", file, ("closures", index))


def _holidays(said: calendar_sections.Holidays) -> str:
    parts = [", ".join(each for each in (said.country, said.region) if each) + ": " + ", ".join(said.groups)]
    for key in ("not_ours", "only_monday_to_friday", "moved_from_a_weekend"):
        if days := getattr(said, key):
            parts.append(f"{key}: " + ", ".join(f"{month:02}-{day:02}" for month, day in days))
    parts += [f"added: {each.date} ({each.why})" for each in said.added]
    return " · ".join(parts)


def _kind(rule: sections.KindEntry) -> str:
    """The rule's name and what it looks at; its words stand in the file."""
    parts = [rule.kind + (" (confidential)" if rule.confidential else ""), f"audience: {', '.join(rule.audience)}" if rule.audience else ""]
    for key in ("any_of", "but_not"):
        looked_at = dict.fromkeys(
            name for each in getattr(rule, key) for name in sections.KindConditions.model_fields if name in each.model_fields_set
        )
        parts.append(f"{key}: {', '.join(looked_at)}" if looked_at else "")
    return " · ".join(part for part in parts if part)
