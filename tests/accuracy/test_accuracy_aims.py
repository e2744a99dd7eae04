"""The aims of docs/accuracy.md hold on the development set, and on all hold-outs together, now that they are known: what was right stays right."""

from __future__ import annotations

import time

import pytest

from tests.accuracy.corpus import DEVELOPMENT, HERE, absences, signatures
from tests.accuracy.judged import Confusion, judge, of_absences, of_signatures

PRECISION, RECALL = 0.97, 0.95


@pytest.fixture(name="answers", scope="module")
def _answers() -> list[Confusion]:
    return [*of_absences(absences(DEVELOPMENT)), *of_signatures(signatures(DEVELOPMENT))]


def test_the_aims_hold_for_every_question(answers: list[Confusion]) -> None:
    short = [(each.question, each.false, each.missed) for each in answers if each.precision < PRECISION or each.recall < RECALL]
    assert not short


def test_the_known_hold_outs_stay_right() -> None:
    folders = sorted(HERE.glob("hold-out*"))
    answers = [
        *of_absences(sample for folder in folders for sample in absences(folder)),
        *of_signatures(sample for folder in folders for sample in signatures(folder)),
    ]
    short = [(each.question, each.false, each.missed) for each in answers if each.precision < PRECISION or each.recall < RECALL]
    assert len(folders) >= 5
    assert not short


def test_every_question_is_asked_of_both_kinds(answers: list[Confusion]) -> None:
    for each in answers:
        assert each.yes >= 5, each.question
        if each.question not in {"return date", "each way to reach the alternate", "type of automatic mail"}:
            assert each.no >= 50, each.question


def test_the_sets_are_large_enough() -> None:
    assert len(list(absences(DEVELOPMENT))) >= 250
    assert len(list(signatures(DEVELOPMENT))) >= 150
    assert len(list(absences(HERE / "hold-out"))) >= 80
    assert len(list(signatures(HERE / "hold-out"))) >= 50


@pytest.mark.parametrize(
    "folder", sorted(path for path in HERE.iterdir() if path.is_dir() and path.name != "__pycache__"), ids=lambda path: path.name
)
def test_every_sample_is_named_once_and_read(folder) -> None:
    samples = [*absences(folder), *signatures(folder)]
    assert len({each.id for each in samples}) == len(samples)
    assert all(b"\r\n\r\n" in each.octets or b"\n\n" in each.octets for each in samples)


def test_a_reply_is_read_in_milliseconds() -> None:
    sample = next(each for each in absences(DEVELOPMENT) if each.id == "d-365-both-languages-same-contact")
    judge(sample)
    started = time.process_time()
    for _ in range(20):
        judge(sample)
    assert (time.process_time() - started) / 20 < 0.05


def test_the_figures_tell_wrong_from_missed() -> None:
    sample = next(iter(absences(DEVELOPMENT)))
    asked = Confusion("x")
    for expected, found in ((True, True), (True, True), (False, True), (True, False), (False, False)):
        asked.count(sample, expected=expected, found=found)
    assert (asked.precision, asked.recall) == (2 / 3, 2 / 3)
    assert (asked.yes, asked.no, asked.false, asked.missed) == (2, 1, [sample.id], [sample.id])
