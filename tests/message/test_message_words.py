"""Encoded words, charsets and dates."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.message.charset import codec_for, decode_text
from gateway.message.dates import parse_date
from gateway.message.encoded_words import base64_octets, decode_words


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain", "plain"),
        ("=?utf-8?Q?R=C3=A9ponse_automatique?=", "Réponse automatique"),
        ("=?UTF-8?b?UsOpcG9uc2U=?=", "Réponse"),
        ("=?utf-8?b?UsOpcG9uc2U?=", "Réponse"),  # padding missing
        ("=?utf-8?B?UsOpcG9u?= =?utf-8?B?c2U=?=", "Réponse"),
        ("=?utf-8?B?UsOpcG9u?=\t=?utf-8?Q?se?=", "Réponse"),
        ("=?utf-8?B?w?= =?utf-8?B?6k=?=", "é"),  # base64 cut inside a group
        ("=?utf-8?Q?=C3?= =?utf-8?Q?=A9?=", "é"),  # a character cut between two words
        ("a =?utf-8?Q?b?= c", "a b c"),
        ("a=?utf-8?Q?b?=c", "abc"),
        ('"=?utf-8?Q?b?="', '"b"'),
        ("=?utf-8?Q?a b?=", "a b"),  # a space inside
        ("=?utf-8*en?Q?a?=", "a"),  # RFC 2231 section 5
        ("=?utf-8?Q?never_closed", "never closed"),
        ("=?iso-8859-1?Q?R=E9ponse?=", "Réponse"),
        ("=?iso-8859-1?Q?R=C3=A9ponse?=", "Réponse"),  # UTF-8 called Latin-1
        ("=?windows-1252?Q?l=92eau?=", "l’eau"),
        ("=?iso-8859-1?Q?l=92eau?=", "l’eau"),
        ("=?us-ascii?Q?R=E9ponse?=", "Réponse"),
        ("=?unknown-8bit?Q?R=C3=A9ponse?=", "Réponse"),
        ("=?x-made-up?Q?R=E9ponse?=", "Réponse"),
        ("=?iso-2022-jp?B?GyRCJUYlOSVIGyhC?=", "テスト"),
        ("=?gb2312?B?1+O2r7Tws7Q=?=", "足动答炒"),
        ("=?big5?B?p0GmbqFB?=", "你好，"),
        ("=?koi8-r?B?8NLJ18XU?=", "Привет"),
        ("=?euc-kr?B?vsiz5w==?=", "안녕"),
        ("=?utf-8?q?x=0D=0ABcc:_v@x?=", "x Bcc: v@x"),
        ("=?utf-8?q?x=00=1B[31m?=", "x [31m"),
        ("=?utf-8?q?a=E2=80=A8b?=", "a b"),
        ("=?utf-8?X?abc?=", "=?utf-8?X?abc?="),
        ("=?utf-8?Q?", ""),
        ("=?=?=?", "=?=?=?"),
        ("raw ünïcode", "raw ünïcode"),
    ],
)
def test_decode_words(value, expected):
    assert decode_words(value) == expected


@given(st.text(max_size=300))
def test_no_control_character_comes_out(value):
    decoded = decode_words(value)
    assert not any(character < " " or "\x7f" <= character < "\xa0" or character in "\u2028\u2029" for character in decoded)


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Zl", "Zp")), max_size=60), st.sampled_from("bq"), st.integers(1, 9))
def test_words_split_anywhere_are_joined(text, encoding, size):
    import base64

    octets = text.encode()
    chunks = [octets[at : at + size] for at in range(0, len(octets), size)]
    coded = [base64.b64encode(chunk).decode() if encoding == "b" else "".join(f"={octet:02X}" for octet in chunk) for chunk in chunks]
    assert decode_words("\t ".join(f"=?utf-8?{encoding}?{each}?=" for each in coded)) == text.strip()


@pytest.mark.parametrize(
    ("encoded", "octets"), [(b"QUJD", b"ABC"), (b"QU\r\nJD", b"ABC"), (b"QUI=", b"AB"), (b"QUI", b"AB"), (b"Q", b""), (b"!?", b""), (b"", b"")]
)
def test_base64(encoded, octets):
    assert base64_octets(encoded) == octets


@pytest.mark.parametrize(
    ("declared", "codec"),
    [("UTF-8", "utf_8"), ('"utf8"', "utf_8"), ("ISO-8859-1", "cp1252"), ("gb2312", "gb18030"), ("x-sjis", "cp932"), ("idna", None),
     ("unicode_escape", None),     ("rot13", None), ("../../etc", None), ("", None), (None, None), ("punycode", None), ("base64", None)],
)  # fmt: skip
def test_codecs(declared, codec):
    assert codec_for(declared) == codec


@given(
    st.binary(max_size=100),
    st.sampled_from([None, "utf-8", "utf-7", "utf-16", "utf-32", "iso-2022-jp", "hz", "gb18030", "latin-1", "cp1255", "johab", "nonsense"]),
)
def test_any_octets_in_any_charset(octets, declared):
    decode_text(octets, declared).encode("utf-8")


def test_utf8_with_one_broken_octet_stays_utf8():
    assert decode_text("é".encode() * 5 + b"\xff", "utf-8") == "ééééé\ufffd"
    assert decode_text(b"l'\xe9t\xe9 \xe0 l'h\xf4tel", "utf-8") == "l'été à l'hôtel"
    assert decode_text("日".encode()[:2], "utf-8")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Tue, 3 Nov 2026 10:00:00 -0500", "2026-11-03T15:00:00+00:00"),
        ("3 Nov 2026 10:00 EST", "2026-11-03T15:00:00+00:00"),
        ("Tue,  3 Nov 26 10:00:00 GMT", "2026-11-03T10:00:00+00:00"),
        ("Tue, 3 Nov 1998 10:00:00 PDT (Pacific)", "1998-11-03T17:00:00+00:00"),
        ("Fri, 3 Nov 98 10:00:00 +0100", "1998-11-03T09:00:00+00:00"),
        ("3 Nov 102 10:00:00 +0000", "2002-11-03T10:00:00+00:00"),
        ("Tue, 3 Nov 2026 10:00:00 Z", "2026-11-03T10:00:00+00:00"),
        ("Tue, 3 Nov 2026 10:00:00 A", "2026-11-03T10:00:00+00:00"),
        ("Tue, 3 Nov 2026 10:00:00", "2026-11-03T10:00:00+00:00"),
        ("Tue, 03-Nov-2026 10:00:00 -0500", "2026-11-03T15:00:00+00:00"),
        ("Tue Nov  3 10:00:00 2026", "2026-11-03T10:00:00+00:00"),
        ("Tue Nov  3 10:00:00 EST 2026", "2026-11-03T15:00:00+00:00"),
        ("Tue, 3 November 2026 10:00:00 PM -0500", "2026-11-04T03:00:00+00:00"),
        ("2026-11-03T10:00:00-05:00", "2026-11-03T15:00:00+00:00"),
        ("Tue, 3 Nov 2026 23:59:60 +0000", "2026-11-03T23:59:59+00:00"),
        ("Tue, 3 Nov 2026 10.00.00 +0530", "2026-11-03T04:30:00+00:00"),
        ("Tue, 3 Nov 2026 10:00:00 GMT+02:00", "2026-11-03T08:00:00+00:00"),
        ("Tue, 31 Feb 2026 10:00:00 +0000", None),
        ("Tue, 3 Nov 2026 25:00:00 +0000", None),
        ("Tue, 3 Nov 2026 10:00:00 +9900", None),
        ("Tue, 3 Nov 2026 10:00:00 +1600", None),
        ("Tue, 3 Nov 9999 10:00:00 +0000", None),
        ("Tue, 3 Nov 1900 10:00:00 +0000", None),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_dates(value, expected):
    found = parse_date(value)
    assert (found.astimezone(UTC).isoformat() if found else None) == expected


@given(st.text(max_size=60))
def test_any_date_is_aware_or_none(value):
    found = parse_date(value)
    assert found is None or found.tzinfo is not None


@given(st.integers(0, 7_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)))
def test_dates_as_written_by_the_grammar(moment):
    assert parse_date(moment.strftime("%a, %d %b %Y %H:%M:%S +0000")) == moment
