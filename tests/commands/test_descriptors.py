"""The service makes room for as many sessions as it admits (docs/threats.md B13)."""

from __future__ import annotations

import resource

import pytest

from gateway.settings import Settings
from gateway.starting import OWN_DESCRIPTORS, allow_descriptors

WANTED = OWN_DESCRIPTORS + 2 * 2 * 1000
NO_LIMIT = resource.RLIM_INFINITY


@pytest.mark.parametrize(
    ("limits", "set_to"),
    [
        ((1024, 1_048_576), (WANTED, 1_048_576)),
        ((1024, NO_LIMIT), (WANTED, NO_LIMIT)),
        ((1024, 2048), (2048, 2048)),
        ((1024, 1024), (1024, 1024)),
        ((65_536, 65_536), None),
        ((NO_LIMIT, NO_LIMIT), None),
    ],
)
def test_as_many_as_are_wanted_and_allowed(
    limits: tuple[int, int], set_to: tuple[int, int] | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    done: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits)
    monkeypatch.setattr(resource, "setrlimit", lambda _, both: done.append(both))
    allow_descriptors(Settings())
    assert done == ([set_to] if set_to else [])
    assert ("few-descriptors" in capsys.readouterr().out) is (set_to is not None and set_to[0] < WANTED)


def test_a_kernel_that_allows_less_than_its_hard_limit_costs_no_start(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def refuse(*_: object) -> None:
        raise ValueError("not allowed to raise maximum limit")

    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, NO_LIMIT))
    monkeypatch.setattr(resource, "setrlimit", refuse)
    allow_descriptors(Settings())
    assert "allowed=1024" in capsys.readouterr().out
