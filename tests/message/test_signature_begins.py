"""What is looked at before a line is read as a closing passes over none."""

import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.message.signature_block import _CLOSING, _CLOSING_BEGINS

PIECES = re.findall(r"[^\W\d_][^|()?*\[\]\\]*", _CLOSING.pattern)
"""Whatever stands literally in the expression; some of it begins a closing, alone or before more."""


def test_each_beginning_is_listed_and_none_besides():
    lines = [f"{piece}{rest}" for piece in PIECES for rest in ("", "regards", " well", "great day", " salutations", "o")]
    begins = {line[:3] for line in lines if _CLOSING.fullmatch(line)}
    assert {each for each in begins if each.isascii()} == _CLOSING_BEGINS


@given(st.from_regex(_CLOSING, fullmatch=True))
@settings(max_examples=50, deadline=None, database=None, suppress_health_check=list(HealthCheck))
def test_every_closing_begins_as_listed(line):
    begins = line.strip()[:3]
    assert not begins.isascii() or begins.lower() in _CLOSING_BEGINS
