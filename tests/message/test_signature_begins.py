"""What is looked at before a line is read as a closing passes over none."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.message.signature_block import _CLOSING, _CLOSING_BEGINS


@given(st.from_regex(_CLOSING, fullmatch=True))
@settings(max_examples=100, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_every_closing_begins_as_listed(line):
    begins = line.strip()[:3]
    assert not begins.isascii() or begins.lower() in _CLOSING_BEGINS
