"""May we acknowledge? RFC 3834, RFC 5230 and what practice added to them, as one ordered table of small rules.

The first rule that finds something decides, and its reason says whether the message still opens a case. A rule looks at one thing
and says what it found, in words that hold no resident's address or subject; None means that nothing speaks against an answer. Rules only ever
say no, and none overrules another: one more mark of a machine never makes a message answerable. Mail of the policy's trusted sources
passes by those rules that read such marks, and by no others. A rule that needs a certain header field to find anything says so, and is not
asked about a message without it; a test holds every rule to what it says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from gateway.judgement import refusals, signals
from gateway.judgement.circumstances import Circumstances
from gateway.judgement.reasons import reason
from gateway.judgement.refusals import Look
from gateway.judgement.verdict import Case, Step
from gateway.message.value import value

EVIDENCE_LIMIT = 200
"""Characters of evidence that are kept."""

_ADDRESS = re.compile(r"[^\s<>\"'(),;:=]+@[^\s<>\"'(),;]+")


@dataclass(frozen=True, slots=True)
class Rule:
    """One reason not to answer. `slug` names it in the trace and in REASONS; `clear` is what the trace says when it finds nothing."""

    slug: str
    look: Look
    clear: str = ""
    reads_marks: bool = False
    """It reads marks of automatic mail, which those of a trusted source are allowed to carry."""
    needs: frozenset[str] = frozenset()
    """Without any of these it finds nothing: lower-cased names of fields, AUTOMATIC, MEASURED_ONLY. Empty where it may always find something."""


@value(frozen=True, slots=True)
class Ruling:
    """What the table came to. `reason` is "new-inquiry" when nothing speaks against an acknowledgement."""

    reason: str
    evidence: str | None
    acknowledging: tuple[Case, ...]
    """Cases whose divisions acknowledge such mail, in recipient order; the first writes."""
    trace: tuple[Step, ...]

    @property
    def send(self) -> bool:
        return self.reason == "new-inquiry"


AUTOMATIC = frozenset(("(automatic)",))
"""Not a field: `message.automatic` found that a machine wrote it."""
MEASURED_ONLY = frozenset(("(measured only)",))
"""Not a field: the door says that nothing may be sent."""


def rule(circumstances: Circumstances) -> Ruling:
    """Apply the table."""
    trace = [_authentication_note(circumstances)]
    acknowledging = tuple(case for (_, case), refused in zip(circumstances.asked, circumstances.refusals, strict=True) if refused is None)
    table = _EVERYBODY
    if circumstances.trusted_source:
        trace.append(_TRUSTED_SOURCE)
        table = _TRUSTED
    shows = _shows(circumstances)
    for number, each in table.rules if shows else table.of_plain_mail:
        if each.needs and each.needs.isdisjoint(shows):
            continue
        evidence = each.look(circumstances)
        if evidence is not None:
            evidence = presentable(evidence)
            stop = Step(each.slug, "stop", evidence, reason(each.slug).source)
            return Ruling(each.slug, evidence, acknowledging, (*trace, *table.passed[:number], stop, *_weak_signals(circumstances)))
    international = () if circumstances.reply_to.rpartition("@")[0].isascii() else (_NEEDS_SMTPUTF8,)
    return Ruling("new-inquiry", None, acknowledging, (*trace, *table.passed, *international, *_weak_signals(circumstances)))


def _shows(at: Circumstances) -> set[str]:
    """What a message has of that which rules need; mostly nothing."""
    found = set(at.message.names_among(_NEEDED))
    if at.automatic.type is not None:
        found |= AUTOMATIC
    if at.envelope.measured_only:
        found |= MEASURED_ONLY
    return found


def presentable(evidence: str) -> str:
    """Evidence without addresses and line breaks, clipped."""
    shown = _ADDRESS.sub("[address]", evidence) if "@" in evidence else evidence
    return " ".join(shown.split())[:EVIDENCE_LIMIT]


def _fields(*names: str) -> frozenset[str]:
    return frozenset(each.lower() for each in names)


RULES: tuple[Rule, ...] = (
    Rule("configured-reply", refusals.measured_only("configured-reply"), "a message", needs=MEASURED_ONLY),
    Rule("survey-answer", refusals.survey_answer, "no answer to a survey"),
    Rule("no-division-mailbox", refusals.no_division_mailbox, "a recipient is a division's mailbox"),
    Rule("outgoing", refusals.outgoing, "not only to people outside"),
    Rule("voicemail", refusals.of_type("voicemail"), "no voicemail notification", needs=AUTOMATIC),
    Rule("null-sender", refusals.null_sender, "the envelope sender is not null"),
    Rule("own-notice", refusals.own_notice, "neither Message-ID nor token is ours"),
    Rule("journal-report", refusals.journal_report, "no journal report", needs=_fields(*signals.JOURNAL_FIELDS, "Content-Identifier")),
    Rule("auto-submitted", refusals.auto_submitted, "no Auto-Submitted field other than no", reads_marks=True, needs=_fields("Auto-Submitted")),
    Rule("list-header", refusals.list_header, "no List- field", reads_marks=True, needs=_fields(*signals.LIST_FIELDS)),
    Rule("precedence", refusals.precedence, "no Precedence bulk, junk or list", reads_marks=True, needs=_fields("Precedence", "X-Precedence")),
    Rule("bounce", refusals.of_type("bounce"), "no delivery report", needs=AUTOMATIC),
    Rule("receipt", refusals.of_type("receipt"), "no read receipt", needs=AUTOMATIC),
    Rule("feedback-report", refusals.of_type("feedback_report"), "no abuse report", needs=AUTOMATIC),
    Rule("calendar-reply", refusals.of_type("calendar_reply"), "no calendar reply", needs=AUTOMATIC),
    Rule("out-of-office", refusals.of_type("out_of_office"), "no out-of-office reply", needs=AUTOMATIC),
    Rule("auto-reply", refusals.of_type("auto_reply"), "no automatic reply", reads_marks=True, needs=AUTOMATIC),
    Rule("mailing-list", refusals.of_type("list"), "no list mail", reads_marks=True, needs=AUTOMATIC),
    Rule("bulk-mail", refusals.of_type("bulk"), "no bulk mail", reads_marks=True, needs=AUTOMATIC),
    Rule("auto-generated", refusals.of_type("auto_generated"), "no mark of a machine", reads_marks=True, needs=AUTOMATIC),
    Rule("spam-verdict", refusals.spam_verdict, "no spam verdict", needs=_fields(*(each.field for each in signals.SPAM_MARKS))),
    Rule("system-sender", refusals.system_sender, "the sender is no mail or list system"),
    Rule("no-reply-sender", refusals.no_reply_sender, "the sender reads answers", reads_marks=True),
    Rule("own-mailbox", refusals.own_mailbox, "no mailbox writes to itself"),
    Rule("copy-from-colleague", refusals.copy_from_colleague, "no copy from a colleague"),
    Rule("before-watch", refusals.measured_only("before-watch"), "not older than the watch", needs=MEASURED_ONLY),
    # ---- from here on the case is opened and measured
    Rule("imported", refusals.measured_only("imported"), "not imported", needs=MEASURED_ONLY),
    Rule("no-return-path", refusals.measured_only("no-return-path"), "the envelope sender is known", needs=MEASURED_ONLY),
    Rule("not-one-sender", refusals.not_one_sender, "one mailbox in From"),
    Rule("unverified-internal-sender", refusals.unverified_internal_sender, "no unproven sender in our own domains"),
    Rule("dmarc-fail", refusals.dmarc_fail, "no believed DMARC failure"),
    Rule("division-sender", refusals.division_sender, "the sender is no division's mailbox"),
    Rule("paper-letter", refusals.paper_letter, "not from the mail room"),
    Rule("unlisted-form", refusals.unlisted_form, "no web form", reads_marks=True),
    Rule("role-sender", refusals.role_sender, "the sender is no system role", reads_marks=True),
    Rule("system-return-path", refusals.system_return_path, "replies reach the sender"),
    Rule("invalid-return-path", refusals.invalid_return_path, "the return address is valid"),
    Rule(
        "auto-response-suppress",
        refusals.auto_response_suppress,
        "no X-Auto-Response-Suppress that means us",
        reads_marks=True,
        needs=_fields("X-Auto-Response-Suppress"),
    ),
    Rule(
        "answer-unwanted",
        refusals.answer_unwanted,
        "no wish to be left without answer",
        reads_marks=True,
        needs=_fields(*(each.field for each in signals.UNWANTED_MARKS)),
    ),
    Rule("own-loop-header", refusals.own_loop_header, "no X-Loop of ours", needs=_fields("X-Loop")),
    Rule("too-many-hops", refusals.too_many_hops, f"at most {signals.HOP_LIMIT} Received lines"),
    Rule("stopped-city-wide", refusals.stopped_city_wide, "acknowledgements are on"),
    *(
        Rule(slug, refusals.refused_as(slug), clear)
        for slug, clear in (
            ("not-addressed", "an address of the division stands in To or Cc"),
            ("stopped-for-division", "the division's acknowledgements are on"),
            ("audience-not-acknowledged", "the division acknowledges this audience"),
            ("rollout-observe", "the division does more than observe"),
            ("rollout-warn", "the division does more than warn"),
        )
    ),
    # ---- last, because `judge` lifts it when the old case is too old to be followed up
    Rule("answers-our-notice", refusals.answers_our_notice, "it answers no notice of ours"),
)

_WEAK_MARKS = {each.field.lower(): each for each in signals.WEAK_MARKS}
_NEEDED = frozenset[str]().union(*(each.needs for each in RULES))


class _Table:
    """Rules with their places, what the trace says of those that found nothing, and those that are asked of every message."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(enumerate(rules))
        self.passed = tuple(Step(each.slug, "pass", each.clear, reason(each.slug).source) for _, each in self.rules)
        self.of_plain_mail = tuple((number, each) for number, each in self.rules if not each.needs)


_EVERYBODY = _Table(RULES)
_TRUSTED = _Table(each for each in RULES if not each.reads_marks)
_TRUSTED_SOURCE = Step("trusted-source", "note", "From is listed under trusted_sources", reason("trusted-source").source)

_NEEDS_SMTPUTF8 = Step("needs-smtputf8", "note", "the local part of the envelope sender", reason("needs-smtputf8").source)


def _authentication(said: str) -> Step:
    return Step("authentication", "note", presentable(said), reason("authentication").source)


_NOT_AUTHENTICATED = _authentication("no Authentication-Results of a listed authserv-id")
_NOT_CONFIGURED = _authentication("no authserv_ids are configured")


def _authentication_note(at: Circumstances) -> Step:
    found = at.authentication
    if found.authserv_id is None:
        return _NOT_AUTHENTICATED if at.policy.authserv_ids else _NOT_CONFIGURED
    return _authentication(
        f"{found.authserv_id}: dmarc={found.dmarc or 'none'}, spf={found.spf or 'none'}, {len(found.dkim_domains)} DKIM signatures pass"
    )


def _weak_signals(at: Circumstances) -> list[Step]:
    found = []
    if written := at.message.names_among(_WEAK_MARKS.keys()):
        for name, mark in _WEAK_MARKS.items():
            if name in written and any(signals.carries(mark, value) for value in at.message.all(mark.field)):
                found.append(_weak_signal(mark.field))
    answered = at.message.of("reply-to")
    if answered and not any(refusals.is_from(at, each.spec) for each in answered):
        found.append(_weak_signal("Reply-To differs from From"))
    return found


def _weak_signal(evidence: str) -> Step:
    return Step("weak-signal", "note", evidence, reason("weak-signal").source)
