"""Ways to reach somebody, as they are written in Toronto, in older mail and abroad."""

from __future__ import annotations

import pytest

from gateway.message.contact_points import contact_points


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Call 416-555-0142 ext. 33 or jane.doe@toronto.example", [("phone", "416-555-0142 ext. 33"), ("email", "jane.doe@toronto.example")]),
        ("(416)555-0142x22", [("phone", "416-555-0142 ext. 22")]),
        ("416.555.0142, poste 12", [("phone", "416-555-0142 ext. 12")]),
        ("Tél. : 416\u00a0555-0142", [("phone", "416-555-0142")]),
        ("416–555–0142", [("phone", "416-555-0142")]),
        ("+1 (416) 555-0142", [("phone", "416-555-0142")]),
        ("+33 1 23 45 67 89", [("phone", "+33 1 23 45 67 89")]),
        ("+32497155900 / rue du Moulin 5", [("phone", "+32 497 15 59 00")]),
        ("32497155900 / rue du Moulin 5", []),
        ("+123", []),
        ("1-800-267-6788", [("phone", "800-267-6788")]),
        ("tel 4165550142", [("phone", "416-555-0142")]),
        ("case 4165550142", []),
        ("Fax: 416-555-0143", [("fax", "416-555-0143")]),
        ("by fax to 416-555-0143", [("fax", "416-555-0143")]),
        ("poste 3344", [("extension", "ext. 3344")]),
        ("x5-1234", [("extension", "ext. 5-1234")]),
        ("call Tina at 3-5512", [("extension", "ext. 3-5512")]),
        ("dial 311", [("311", "311")]),
        ("composez le 311", [("311", "311")]),
        ("call 3-1-1", [("311", "311")]),
        ("Room 311", []),
        ("at 311 Bay Street", []),
        ("poste 311", [("extension", "ext. 311")]),
        ("call 911", [("911", "911")]),
        ("jane.doe (at) toronto.example", [("email", "jane.doe@toronto.example")]),
        ("416-XXX-XXXX, 555-555-5555, 123-456-7890, name@toronto.example, xxx@toronto.example", []),
        ("noreply@toronto.example", []),
        ("2026-11-16, 10:12, $416.55, M5V 3C6, file 2026-4165", []),
    ],
)
def test_found(text: str, found: list[tuple[str, str]]) -> None:
    assert [(point.kind, point.value) for point in contact_points(text)] == found
