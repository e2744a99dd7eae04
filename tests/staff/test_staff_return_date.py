"""The day on which somebody says to be back. Written on Monday, November 16, 2026 unless the row says otherwise."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.judgement.return_date import return_date

MONDAY = date(2026, 11, 16)


@pytest.mark.parametrize(
    ("text", "back"),
    [
        ("back on Monday, November 30", "2026-11-30"),
        ("returning Nov 30th", "2026-11-30"),
        ("I return to the office on 30 November 2026.", "2026-11-30"),
        ("Return date: 2026-11-30", "2026-11-30"),
        ("de retour le lundi 30 novembre", "2026-11-30"),
        ("de retour le 1er décembre", "2026-12-01"),
        ("absent jusqu'au 30 novembre", "2026-11-30"),
        ("absent jusqu'au 30 novembre inclusivement", "2026-12-01"),
        ("away until January 4", "2027-01-04"),
        ("away from November 16 to November 20", "2026-11-23"),
        ("away from November 16 through 20, returning on November 24", "2026-11-24"),
        ("on leave Nov. 16-20", "2026-11-23"),
        ("absente du 16 au 20 novembre", "2026-11-23"),
        ("back Wednesday", "2026-11-18"),
        ("back on Monday", "2026-11-23"),
        ("back tomorrow", "2026-11-17"),
        ("away until the 30th", "2026-11-30"),
        ("away until the 5th", "2026-12-05"),
        ("back 30/11/2026", "2026-11-30"),
        ("back on 11/30", "2026-11-30"),
        ("back on 12/2", "2026-12-02"),
        ("back on 05/06/2027", None),
        ("back on October 30", "2026-10-30"),
        ("back on November 31", None),
        ("I will return your call on November 30", None),
        ("I have been away since November 2", None),
        ("The meeting is on November 30", None),
        ("Wed. Nov. 25 I will be back", None),
        ("back Wed. Nov. 25", "2026-11-25"),
        ("hasta el 30 de noviembre", "2026-11-30"),
        ("bis 30. November", "2026-11-30"),
        ("", None),
    ],
)
def test_return_date(text: str, back: str | None) -> None:
    assert return_date(text, MONDAY) == (date.fromisoformat(back) if back else None)


@given(
    st.lists(
        st.sampled_from(["back", "until", "from", "to", "Nov", "30", "31/12", "0", "99", "2026-13-45", "the 31st", "Monday", "au", "février 30", "-"])
    ),
    st.dates(date(1990, 1, 1), date(2100, 1, 1)),
)
def test_anything_gives_a_date_or_none(words: list[str], written: date) -> None:
    assert return_date(" ".join(words), written) is None or isinstance(return_date(" ".join(words), written), date)
