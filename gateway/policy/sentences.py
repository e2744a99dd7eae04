"""The texts in force: compiled templates that render to bounded text. Pure; reading them from files is `policy/texts.py`.

Decides nothing about whom to write to. A template here has no loop, call, filter or arithmetic (`policy/texts.py` refuses
them), so the work of a render is bounded by the size of the files; the cap below is the second wall.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import jinja2

LANGUAGES = ("en", "fr")
"""ISO 639-1 codes of the languages that every text is written in."""

LONGEST_TEXT = 64 * 1024
"""Characters one rendered text may have."""

ACKNOWLEDGEMENTS = ("answer-date", "no-date", "council", "in-confidence")
"""Variants of the acknowledgement; each is a file `acknowledgement/<variant>.<language>.j2`."""

FRENCH_FOLLOWS = "acknowledgement/french-follows.fr.j2"
"""The line above a message in both languages."""

SIGNATURE_TEXT = "notice.txt.j2"
SIGNATURE_HTML = "notice.html.j2"
PAGE = "page.html.j2"

WARNINGS = (
    "opening", "away-found", "away-text", "voicemail", "signature-found", "signature", "meeting-found", "meeting", "closing", "thanks", "cover",
)  # fmt: skip
"""Parts of what staff are told; each is a file `warning/<part>.<language>.j2`."""

REMINDERS = ("opening", "item", "closing")
"""Parts of what a division is reminded by; each is a file `reminder/<part>.<language>.j2`."""

SURVEY_VARIABLES = frozenset(("division", "question", "rate_1", "rate_2", "rate_3", "rate_4", "rate_5", "until", "collection_notice", "no_more"))

REQUIRED = (
    *(f"survey/question.{language}.j2" for language in LANGUAGES),
    *(f"reminder/{part}.{language}.j2" for part in REMINDERS for language in LANGUAGES),
    *(f"warning/{part}.{language}.j2" for part in WARNINGS for language in LANGUAGES),
    *(f"acknowledgement/{variant}.{language}.j2" for variant in ACKNOWLEDGEMENTS for language in LANGUAGES),
    FRENCH_FOLLOWS,
    PAGE,
)
"""Files that the templates folder must have."""

ACKNOWLEDGEMENT_VARIABLES = frozenset(
    (
        "after_hours",
        "aim",
        "arrived",
        "city",
        "closed_from",
        "council_desk",
        "danger",
        "date",
        "division",
        "general",
        "hours",
        "meanwhile",
        "notice",
        "opens_again",
        "others",
        "received",
        "reference",
        "respond_by",
        "telephone",
        "together",
        "tty",
    )
)
WARNING_VARIABLES = frozenset(
    (
        "address",
        "alternate_away",
        "alternate_unknown",
        "away",
        "back",
        "back_without_year",
        "cover_by",
        "division",
        "email",
        "emergency_line_only",
        "external_poorer",
        "first_name",
        "full_name",
        "general",
        "help_desk",
        "kept_for",
        "meeting",
        "missing",
        "names_each_other",
        "no_alternate",
        "no_contact_way",
        "no_return_date",
        "offers_text",
        "only_own_details",
        "organization",
        "own_email",
        "own_telephone",
        "placeholder_left",
        "quiet_until",
        "quoted",
        "quoted_meeting",
        "quoted_signature",
        "return_date_past",
        "sent_at",
        "signature",
        "spoken_telephone",
        "team",
        "telephone",
        "title",
        "title_known",
        "unit",
        "violations",
        "website",
    )
)
"""A word of a language, a sentence's part, or `yes`; "" where it does not hold. the templates in templates/warning/ show what each is for."""
REMINDER_VARIABLES = frozenset(
    ("division", "due", "follow_up", "kind", "mailbox", "missed", "more", "other_division", "received", "reference", "several")
)
"""`missed`, `several` and `follow_up` are `yes` or nothing; `more`: how many are not listed."""
SIGNATURE_VARIABLES = frozenset(("division", "email", "function", "language", "organization", "team", "telephone", "website"))
PAGE_VARIABLES = frozenset(("body", "language", "title"))

OWN_SENTENCES = ("aim", "arrived", "date", "meanwhile")
"""Variables that hold a division's own sentence, or nothing."""

MARKS: Mapping[str, str] = {"received": "\ufdd0", "respond_by": "\ufdd1", "reference": "\ufdd2"}
"""What stands for a value that differs with every message, in an acknowledgement that is kept to be filled in: noncharacters of Unicode,
which no text that is passed on contains."""

PRINTED = frozenset((*MARKS, *OWN_SENTENCES, "body"))
"""Variables that a mark can be part of."""

MUST_PRINT: Mapping[str, tuple[str, ...]] = {
    **{
        f"acknowledgement/{variant}.{language}.j2": ("reference", *(("respond_by",) if variant != "no-date" else ()))
        for variant in ACKNOWLEDGEMENTS
        for language in LANGUAGES
    },
    **dict.fromkeys((SIGNATURE_TEXT, SIGNATURE_HTML), ("team", "function", "division", "organization", "telephone", "email")),
    **{
        f"warning/signature.{language}.j2": ("full_name", "title", "division", "organization", "own_telephone", "own_email") for language in LANGUAGES
    },
    **{f"warning/away-text.{language}.j2": ("telephone",) for language in LANGUAGES},
    **{f"warning/voicemail.{language}.j2": ("spoken_telephone",) for language in LANGUAGES},
    **{f"reminder/item.{language}.j2": ("reference", "due") for language in LANGUAGES},
    **{f"survey/question.{language}.j2": tuple(sorted(SURVEY_VARIABLES - {"division", "until"})) for language in LANGUAGES},
    PAGE: ("body",),
}
"""File name -> variables that it must print: the report counts the date as promised, and our own signature must pass our own check."""


class TextFailed(Exception):
    """A template could not be rendered; the text names the file, never a value."""


@dataclass(frozen=True, slots=True)
class Texts:
    """Compiled templates by file name. Without any (`Texts()`), every notice goes out in its built-in words."""

    templates: Mapping[str, jinja2.Template] = field(default_factory=dict)
    version: str = ""
    """Hash of the files' contents."""
    printing: frozenset[str] = frozenset()
    """Files known to do nothing with the PRINTED than print them or ask whether they are there, in the parts they include, too."""

    def render(self, name: str, values: Mapping[str, str]) -> str:
        """The text of one file. Raises TextFailed for whatever goes wrong, a text over LONGEST_TEXT included."""
        template = self.templates.get(name)
        if template is None:
            raise TextFailed(f"{name}: no such text")
        pieces: list[str] = []
        length = 0
        try:
            for piece in template.generate(**values):
                length += len(piece)
                if length > LONGEST_TEXT:
                    raise TextFailed(f"{name}: longer than {LONGEST_TEXT} characters")
                pieces.append(piece)
        except TextFailed:
            raise
        except Exception as error:  # noqa: BLE001 - an admin's text: any failure in it has the same answer
            raise TextFailed(f"{name}: {type(error).__name__}") from None
        return "".join(pieces)
