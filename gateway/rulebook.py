"""Policy and texts in force, and how they are applied to one message: the same code for live mail, `explain` and `replay`.

No I/O and no clock; faults of our own are counted, never raised.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from gateway import telemetry
from gateway.judgement.examine import Content, examine
from gateway.judgement.judge import judge, too_late
from gateway.judgement.staff_verdict import StaffVerdict
from gateway.judgement.survey import asking
from gateway.judgement.unexamined import unexamined, unsent
from gateway.judgement.verdict import Examination, History, Verdict
from gateway.judgement.warn import staff_verdict, unwritten
from gateway.ledger.records import Decision, Notice
from gateway.message.model import Envelope, Message
from gateway.message.parse import parse
from gateway.notices import survey, warning
from gateway.notices.compose import Composed, acknowledgement_notice, acknowledgement_text
from gateway.notices.letters import Letters
from gateway.notices.parse_back import check
from gateway.notices.warning import NotWritten, Told
from gateway.policy.model import Policy
from gateway.policy.sentences import Texts


@dataclass(frozen=True, slots=True)
class Sighting:
    """One relayed message as one door saw it; `octets` is a bounded prefix (message.model.PREFIX_LIMIT)."""

    octets: bytes
    complete: bool
    size: int
    envelope: Envelope

    def header(self) -> dict[str, Any]:
        """For the journal: everything but the octets, as JSON values."""
        given = self.envelope
        return {
            "mail_from": given.mail_from,
            "rcpt_to": list(given.rcpt_to),
            "direction": given.direction,
            "received_at": given.received_at.isoformat(),
            "listener": given.listener,
            "trusted_senders": given.trusted_senders,
            "door": given.door,
            "measured_only": given.measured_only,
            "complete": self.complete,
            "size": self.size,
        }

    @classmethod
    def from_journal(cls, header: Mapping[str, Any], octets: bytes) -> Sighting:
        """The inverse of `header`."""
        values = dict(header)
        complete, size = bool(values.pop("complete")), int(values.pop("size"))
        values["rcpt_to"] = tuple(values["rcpt_to"])
        values["received_at"] = datetime.fromisoformat(values["received_at"])
        return cls(octets, complete, size, Envelope(**values))


@dataclass(frozen=True, slots=True)
class Read:
    """A message, and what it says whatever the policy."""

    message: Message
    content: Content

    @classmethod
    def of(cls, message: Message, mail_from: str) -> Read:
        """Reads nothing yet: a fault of ours in reading it is met, and contained, in `Rulebook.examine`."""
        return cls(message, Content(message, mail_from))


@dataclass(frozen=True)
class Rulebook:
    """Policy and texts in force, and how they are applied: the same for live mail, `explain` and `replay`."""

    policy: Policy
    texts: Texts
    secret: bytes
    give_up_after: timedelta
    old_secrets: tuple[bytes, ...] = ()
    """Keys before `secret`: what was marked with them is still ours."""
    return_path: str = ""
    """Where bounces of surveys go; "" is the null reverse-path."""

    def examine(self, sighting: Sighting, read: Read | None = None) -> Examination:
        """Everything that can be said without history; a fault of ours becomes a recorded verdict, not an exception.

        `read`: the sighting as `Read.of` read it, where it is judged more than once.
        """
        message = None
        try:
            message = read.message if read else parse(sighting.octets, complete=sighting.complete)
            content = read.content if read else None
            return examine(
                message, sighting.envelope, self.policy, secret=self.secret, content=content, old_secrets=self.old_secrets, size=sighting.size
            )
        except Exception as error:  # the one place where a bug in the rules must not cost the observation
            telemetry.fault("examine", error)
            examination = unexamined(sighting.octets, sighting.envelope, type(error).__name__, message)
            return replace(examination, size=sighting.size, policy_version=self.policy.version)

    def judge_and_compose(self, examination: Examination, history: History, now: datetime) -> Judged:
        """The verdict, and what would be sent for it. Pure but for counting faults; a notice that fails its check is not sent."""
        judged = self._with_staff(self._acknowledged(examination, history, now), examination, history, now)
        return self._with_survey(judged, examination, history, now)

    def _with_survey(self, judged: Judged, examination: Examination, history: History, now: datetime) -> Judged:
        """The question to whom this message answers. A fault of ours costs the question, never the record."""
        try:
            asked = asking(examination, judged.verdict, history, self.policy, self.secret, now)
            if asked is None:
                return judged
            writing = survey.Writing(self.policy, self.texts, self.secret, now, self.give_up_after, self.return_path)
            notice = writing.notice(asked, examination.identity)
            if (complaint := check(notice)) is not None:
                raise survey.NotAsked(complaint)
        except Exception as error:
            telemetry.fault("survey-mail", error)
            return judged
        return replace(judged, verdict=replace(judged.verdict, asking=asked), survey_notice=notice)

    def _with_staff(self, judged: Judged, examination: Examination, history: History, now: datetime) -> Judged:
        """What a member of staff is told of their own message. A fault of ours costs the warning, never the record."""
        staff: StaffVerdict | None = None
        told: Told | None = None
        notices: tuple[Notice, ...] = ()
        try:
            staff = staff_verdict(examination, history, self.policy, now)
            if staff is None:
                return judged
            told, notices = self._staff_mail(examination, staff, now)
            complaint = next((each for each in map(check, notices) if each is not None), None)
            if complaint is not None:
                raise NotWritten(complaint)
        except Exception as error:
            telemetry.fault("staff-mail", error)
            staff, told, notices = (unwritten(staff) if staff else None), None, ()
        return replace(judged, verdict=replace(judged.verdict, staff=staff), told=told, staff_notices=notices)

    def _staff_mail(self, examination: Examination, staff: StaffVerdict, now: datetime) -> tuple[Told | None, tuple[Notice, ...]]:
        writing = warning.Writing(self.policy, self.texts, self.secret, now, self.give_up_after)
        thanks = (writing.thanks(examination, staff),) if staff.thanks else ()
        if not staff.warns:
            return None, thanks
        told, notice = writing.warning(examination, staff)
        cover = writing.cover(examination, staff)
        return told, (*thanks, notice, *((cover,) if cover else ()))

    def _acknowledged(self, examination: Examination, history: History, now: datetime) -> Judged:
        verdict = judge(examination, history, self.policy, now)
        if not verdict.acknowledgement.send:
            return Judged(verdict)
        try:
            composed, notice = self._compose(examination, verdict, history, now)
            complaint = check(notice)
        except Exception as error:  # a notice that cannot be made must not cost the record
            telemetry.fault("compose", error)
            complaint = type(error).__name__
        if complaint is not None:
            telemetry.NOTICES.labels("acknowledgement", "malformed").inc()
            return Judged(unsent(verdict, complaint))
        # Seen days late (a watcher, or a journal that had to wait), it gets no acknowledgement that puzzles more than it helps.
        if notice.not_before > notice.give_up_at or now - examination.envelope.received_at > self.give_up_after:
            return Judged(too_late(verdict, history.delayed_by or "found-late"))
        return Judged(verdict, composed, notice, self._copies_to)

    @cached_property
    def _copies_to(self) -> frozenset[str]:
        return frozenset(each.mailbox for each in self.policy.divisions.values() if each.acknowledgement.copy_to_mailbox)

    @cached_property
    def _letters(self) -> Letters:
        return Letters(self.policy, self.texts)

    def _compose(self, examination: Examination, verdict: Verdict, history: History, now: datetime) -> tuple[Composed, Notice]:
        said, policy = verdict.acknowledgement, self.policy
        composed = acknowledgement_text(
            examination, said, references=history.references, policy=policy, texts=self.texts, now=now, letters=self._letters
        )
        for failed in composed.failed:
            telemetry.FAULTS.labels("template", failed.partition(":")[0]).inc()
        notice = acknowledgement_notice(composed, examination, said, policy=policy, secret=self.secret, now=now, give_up_after=self.give_up_after)
        return composed, notice


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict, and its acknowledgement where one goes out."""

    verdict: Verdict
    composed: Composed | None = None
    notice: Notice | None = None
    copies_to: frozenset[str] = frozenset()
    """Division mailboxes that want a copy (`copy_to_mailbox` in the policy)."""
    told: Told | None = None
    """The warning to the member of staff who wrote it, as it reads."""
    staff_notices: tuple[Notice, ...] = ()
    survey_notice: Notice | None = None

    @property
    def decision(self) -> Decision:
        """For the ledger."""
        others = (*self.staff_notices, *((self.survey_notice,) if self.survey_notice else ()))
        if self.composed is None or self.notice is None:
            return Decision(self.verdict, others)
        said = self.verdict.acknowledgement
        spoken = [case for case in (said.lead, *said.others) if case is not None]
        # An acknowledgement in confidence speaks for its own case only, whatever else was opened.
        told = [case for case in spoken if case.confidential][:1] or spoken
        notices = (self.notice, *(copy_for(case.mailbox, self.notice) for case in told if case.mailbox in self.copies_to))
        return Decision(self.verdict, (*notices, *others), printed={case.mailbox: self.composed.printed_respond_by for case in told})


def copy_for(mailbox: str, notice: Notice) -> Notice:
    """The same octets to the division's mailbox, so that the case is found when the resident calls; marked as ours, it opens nothing."""
    return replace(notice, key=f"copy:{mailbox}:{notice.key}", kind="copy", rcpt_to=mailbox)
