"""What kind of automatic mail a message is: the finding of `gateway.message.automatic`. Values only; decides nothing."""

from __future__ import annotations

from typing import Literal

from gateway.message.value import value

AutomaticType = Literal[
    "bounce", "receipt", "feedback_report", "calendar_reply", "voicemail", "out_of_office", "auto_reply", "list", "bulk", "auto_generated"
]


@value(frozen=True, slots=True)
class Automatic:
    """What kind of automatic mail a message is; all None for a person's."""

    type: AutomaticType | None = None
    rule: str | None = None
    """Slug of the deciding rule, documented in docs/reading.md."""
    evidence: str | None = None

    @property
    def is_automatic(self) -> bool:
        return self.type is not None
