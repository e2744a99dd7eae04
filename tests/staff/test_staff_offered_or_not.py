"""Ways of offering another contact below an absence, and of offering none: on a line of its own and behind the absence."""

from pathlib import Path

import pytest
import yaml

from tests.accuracy.corpus import Sample
from tests.accuracy.judged import judge

TEXTS = yaml.safe_load((Path(__file__).parent / "offered_or_not.yaml").read_text(encoding="utf-8"))
HEAD = (
    "From: Mira Kole <mira.kole@toronto.example>\nTo: res@example.org\nSubject: Automatic reply: question\nDate: Mon, 16 Nov 2026 09:05:00 -0500\n"
    "In-Reply-To: <q@example.org>\nAuto-Submitted: auto-generated\nX-Auto-Response-Suppress: All\nContent-Type: text/plain; charset=utf-8\n\n"
)


def offers(text):
    leads = ("I am away until Monday.\n\n", "I am out of the office from Nov 16 to 20. ")
    samples = [Sample("offer", f"{HEAD}{lead}{text}\n".encode(), "", ("res@example.org",), {}) for lead in leads]
    return [judge(sample).out_of_office.names_alternate for sample in samples]


@pytest.mark.parametrize("text", TEXTS["offered"])
def test_another_contact_is_offered(text):
    assert offers(text) == [True, True]


@pytest.mark.parametrize("text", TEXTS["not_offered"])
def test_no_other_contact_is_offered(text):
    assert offers(text) == [False, False]
