"""Every folder of tests/mails is one message (mail.eml) and what it is (expected.yaml); near-misses have type null."""

from pathlib import Path

import pytest
import yaml

from gateway.message.automatic import classify
from gateway.message.keywords import auto_submitted_keyword, keywords
from gateway.message.parse import parse

MAILS = Path(__file__).parent.parent / "mails"
CASES = sorted(folder for folder in MAILS.iterdir() if (folder / "expected.yaml").exists())


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"], ids=["lf", "crlf"])
def test_type(folder, line_end):
    expected = yaml.safe_load((folder / "expected.yaml").read_text(encoding="utf-8"))
    octets = (folder / "mail.eml").read_bytes().replace(b"\n", line_end)
    found = classify(parse(octets), expected["mail_from"])
    assert found.type == expected["type"], f"{expected['why']}: {found}"
    assert found.rule == expected.get("rule", found.rule)
    assert (found.evidence is None) == (found.rule is None) == (found.type is None)


def test_there_are_enough_cases_of_each_type():
    types = [yaml.safe_load((folder / "expected.yaml").read_text(encoding="utf-8"))["type"] for folder in CASES]
    assert len(types) >= 60
    assert types.count(None) >= 25


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_evidence_names_nobody(folder):
    message = parse((folder / "mail.eml").read_bytes())
    found = classify(message, yaml.safe_load((folder / "expected.yaml").read_text(encoding="utf-8"))["mail_from"])
    shown = (found.evidence or "").casefold()
    for name in ("from", "to", "sender"):
        for address in message.of(name):
            assert address.key not in shown
            assert not address.display_name or "robin" not in shown
    assert "@" not in shown
    assert len(shown) <= 200


@pytest.mark.parametrize("name", ["From", "Subject", "X-Mailer", "Date"])
def test_field_order_and_case_change_nothing(name):
    for folder in CASES:
        mail_from = yaml.safe_load((folder / "expected.yaml").read_text(encoding="utf-8"))["mail_from"]
        octets = (folder / "mail.eml").read_bytes()
        head, _, body = octets.partition(b"\n\n")
        fields = head.replace(b"\n ", b"\0 ").replace(b"\n\t", b"\0\t").split(b"\n")
        turned = b"\n".join(each.partition(b":")[0].swapcase() + b":" + each.partition(b":")[2] for each in reversed(fields)).replace(b"\0", b"\n")
        assert classify(parse(turned + b"\n\n" + body), mail_from).type == classify(parse(octets), mail_from).type, folder.name
    assert name


@pytest.mark.parametrize(
    ("value", "keyword"),
    [
        ("no", "no"),
        ("No (by hand)", "no"),
        ("(x) no", "no"),
        ("no; reason=x", "no"),
        ("", ""),
        ("()", ""),
        ("auto-replied", "auto-replied"),
        ("AUTO-Replied (vacation)", "auto-replied"),
        ('auto-notified; owner-email="me@example.com"', "auto-notified"),
        ("(a (nested) one) auto-generated;x=y", "auto-generated"),
        ("auto-replied (unclosed", "auto-replied"),
        ("auto-replied)", "auto-replied"),
        ('"auto-generated"', "auto-generated"),
        ("'Auto-Replied'; x=y", "auto-replied"),
        ("auto-generated.", "auto-generated"),
        ("(made by) auto-notified,", "auto-notified"),
        ('"no"', "no"),
        ("No.", "no"),
        ('""', ""),
        ("; x=1", ""),
        ("=?utf-8?Q?auto-replied?=", "auto-replied"),
        ("no-reply", "no-reply"),
        ("no, auto-replied", "auto-replied"),
        ("no (not by hand)", "no"),
    ],
)
def test_auto_submitted_grammar(value, keyword):
    assert auto_submitted_keyword(value) == keyword


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("bulk", ["bulk"]),
        ('"bulk"', ["bulk"]),
        ("“Bulk”", ["Bulk"]),
        (" 'junk'. ", ["junk"]),
        ("(mass mail) bulk (really)", ["bulk"]),
        ("bulk; list", ["bulk", "list"]),
        ("OOF, AutoReply", ["OOF", "AutoReply"]),
        ("=?us-ascii?Q?bulk?=", ["bulk"]),
        ("first-class (bulk)", ["first-class"]),
        ("bulky", ["bulky"]),
        ("(bulk", []),
        ('"."', []),
        ("", []),
    ],
)
def test_keywords_as_software_writes_them(value, words):
    assert keywords(value) == words
