"""A rule that says what it needs finds nothing without it: it is then not asked, and a forgotten field would be a loop."""

import pytest

from gateway.judgement.may_respond import AUTOMATIC, MEASURED_ONLY, RULES
from gateway.message.automatic import Automatic

FIELD_RULES = [each for each in RULES if each.needs and not each.needs & (AUTOMATIC | MEASURED_ONLY)]


class Emptied:
    """A message without any field, that notes for which it is asked."""

    def __init__(self):
        self.asked = set()

    def all(self, name):
        self.asked.add(name.lower())
        return ()


class Only:
    """Circumstances of which a rule may read these and nothing else: any other is an AttributeError."""

    def __init__(self, **known):
        self.__dict__.update(known)


@pytest.mark.parametrize("rule", FIELD_RULES, ids=lambda each: each.slug)
def test_a_rule_of_fields_reads_those_it_names_and_nothing_else(rule):
    message = Emptied()
    assert rule.look(Only(message=message)) is None
    assert message.asked == rule.needs


@pytest.mark.parametrize("rule", [each for each in RULES if each.needs == AUTOMATIC], ids=lambda each: each.slug)
def test_a_rule_of_automatic_mail_finds_nothing_in_a_persons(rule):
    assert rule.look(Only(automatic=Automatic())) is None


@pytest.mark.parametrize("rule", [each for each in RULES if each.needs == MEASURED_ONLY], ids=lambda each: each.slug)
def test_a_rule_of_doors_finds_nothing_where_the_door_says_nothing(rule):
    assert rule.look(Only(envelope=Only(measured_only="", door="relay"))) is None


def test_every_kind_of_need_is_covered():
    named = {each.slug for each in RULES if each.needs}
    assert {each.slug for each in FIELD_RULES} >= {"journal-report", "auto-submitted", "list-header", "precedence", "spam-verdict", "own-loop-header"}
    assert named == {each.slug for each in RULES if each in FIELD_RULES or each.needs in (AUTOMATIC, MEASURED_ONLY)}
