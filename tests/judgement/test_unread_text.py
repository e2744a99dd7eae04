"""The text of mail is read only where something may be written for it."""

from __future__ import annotations

import pytest

from gateway.judgement import examine as examine_module
from gateway.message.model import Message
from tests.judgement.letters import Letter


@pytest.fixture
def nothing_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Message) -> None:
        raise AssertionError("the text was read")

    monkeypatch.setattr(examine_module, "newest_text", refuse)
    monkeypatch.setattr(examine_module, "plain_text", refuse)


@pytest.mark.usefixtures("nothing_is_read")
def test_mail_for_a_person_is_examined_without_its_text() -> None:
    examination = Letter(rcpt_to=("anna.park@toronto.example",)).examined()
    assert (examination.acknowledgement.send, examination.language) == (False, "both")


@pytest.mark.usefixtures("nothing_is_read")
def test_mail_for_a_division_is_not() -> None:
    with pytest.raises(AssertionError, match="was read"):
        Letter().examined()
