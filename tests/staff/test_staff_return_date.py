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
        ("out of the office starting  16-11-2026 and will not return until\n30-11-2026.\n\nOn vacation from Dec 19, back on Jan 3.", "2026-11-30"),
        ("I will not return until the snow is gone; back on December 7", "2026-12-07"),
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
        ("Wed. Nov. 25 I will be back", "2026-11-25"),
        ("As of December 3, I'm back", "2026-12-03"),
        ("On December 3 we host a forum. I will be glad to see you", None),
        ("Le 7 décembre, je serai de retour", "2026-12-07"),
        ("out til Dec 1", "2026-12-01"),
        ("Ich bin ab dem 09.12.2026 wieder erreichbar.", "2026-12-09"),
        ("wieder erreichbar am 10.12.2026", "2026-12-10"),
        ("Ab 10.12. wieder im Büro", "2026-12-10"),
        ("Am Montag, 7. Dezember bin ich wieder für Sie da", "2026-12-07"),
        ("Ab 20.11. wieder geschlossen", None),
        ("Ich rufe am 3. Dezember zurück", None),
        ("Ihre Nachricht vom 3. Dezember", None),
        ("bis einschließlich 30. November", "2026-12-01"),
        ("bis zum 30. November (einschließlich)", "2026-12-01"),
        ("bis Montag", "2026-11-23"),
        ("jusqu'au 30 novembre inclus", "2026-12-01"),
        ("until November 30 inclusive", "2026-12-01"),
        ("hasta el 30 de noviembre inclusive", "2026-12-01"),
        ("até 2 de dezembro de 2026 inclusive", "2026-12-03"),
        ("fino al 7 gennaio compreso", "2027-01-08"),
        ("tot en met 30 november", "2026-12-01"),
        ("до 30 ноября включительно", "2026-12-01"),
        ("до 30 ноября", "2026-11-30"),
        ("в отпуске с 16 по 27 ноября", "2026-11-30"),
        ("Письмо от 3 декабря", None),
        ("Вернусь 1 декабря", "2026-12-01"),
        ("повернуся 25 листопада 2026 р.", "2026-11-25"),
        ("na urlopie do 4 grudnia", "2026-12-04"),
        ("Voltamos no dia 2 de dezembro de 2026", "2026-12-02"),
        ("Regresaremos el lunes 30 de noviembre", "2026-11-30"),
        ("Rientro il 7 gennaio", "2027-01-07"),
        ("Ik ben 3 december terug", "2026-12-03"),
        ("11月30日回到办公室", "2026-11-30"),
        ("11月20日至11月30日休假，12月1日回来", "2026-12-01"),
        ("休假至11月30日", "2026-12-01"),
        ("您12月10日的来信已收到", None),
        ("我下周三回来", "2026-11-25"),
        ("我周三回来", "2026-11-18"),
        ("11月30日まで休みます", "2026-12-01"),
        ("12월 1일 복귀합니다", "2026-12-01"),
        ("سأعود يوم 30 نوفمبر", "2026-11-30"),
        ("trở lại ngày 30 tháng 11", "2026-11-30"),
        ("1 aralık'ta döneceğim", "2026-12-01"),
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
        st.sampled_from(
            [
                "back",
                "until",
                "from",
                "to",
                "Nov",
                "30",
                "31/12",
                "0",
                "99",
                "2026-13-45",
                "the 31st",
                "Monday",
                "au",
                "février 30",
                "-",
                "wieder",
                "bis",
                "12月1日",
                "回来",
                "下周",
                "до",
                "de 2026",
            ]
        )
    ),
    st.dates(date(1990, 1, 1), date(2100, 1, 1)),
)
def test_anything_gives_a_date_or_none(words: list[str], written: date) -> None:
    assert return_date(" ".join(words), written) is None or isinstance(return_date(" ".join(words), written), date)
