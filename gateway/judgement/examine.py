"""Everything the rules can say of one message without history: the session does this before the ledger is asked.

It calls each room of rules once and puts the answers together. What depends on earlier mail is `judge`'s; nothing is sent here.
"""

from __future__ import annotations

from dataclasses import replace

from gateway.judgement import meeting, out_of_office, signature
from gateway.judgement.audience import audience_of, is_proven_ours, the_sender
from gateway.judgement.authentication import believed
from gateway.judgement.canonical import canonical, form_for_reply, split
from gateway.judgement.circumstances import (
    Addressed,
    Circumstances,
    addressed_divisions,
    divisions_in_from,
    further_addresses,
    inquirer_of,
    is_from_mail_room,
    is_shared_domain,
    is_trusted_source,
    reply_address,
)
from gateway.judgement.declared import DeclaredReply
from gateway.judgement.declared_reply import said_in
from gateway.judgement.kinds import Reading, kind_for
from gateway.judgement.may_respond import Ruling, rule
from gateway.judgement.reasons import reason
from gateway.judgement.staff import belonging, excused, says_mistake
from gateway.judgement.standard import case_for
from gateway.judgement.survey import reply_of
from gateway.judgement.verdict import AcknowledgementDecision, Case, Examination, SignatureCheck
from gateway.message.automatic import Automatic, classify
from gateway.message.body import NewestText, newest_text
from gateway.message.language import detect
from gateway.message.model import Envelope, Message
from gateway.message.once import once
from gateway.message.own_token import is_own_message_id, looks_like_own, own_token_valid
from gateway.message.text import plain_text
from gateway.message.thread import answered_ids, identity, subject_references
from gateway.message.value import value
from gateway.policy.model import Audience, Policy

LANGUAGE_CONFIDENCE = 0.55
"""Below it we write both official languages: a wrong guess costs a reader more than a longer mail."""


@value(frozen=True)
class Content:
    """What a message says by itself, whatever the policy: most of the work, done when it is asked for, and once where two policies are compared.

    Most mail is for a person and is asked for nothing but `automatic` and `identity`: its text is not read. `mail_from` is the envelope's.
    """

    message: Message
    mail_from: str

    @once
    def automatic(self) -> Automatic:
        return classify(self.message, self.mail_from)

    @once
    def identity(self) -> str:
        return identity(self.message)

    @once
    def answered(self) -> tuple[str, ...]:
        return answered_ids(self.message)

    @once
    def newest(self) -> NewestText:
        return newest_text(self.message)

    @once
    def words(self) -> str:
        """The newest text; of a forwarded message without a word of one's own, what it forwards."""
        return self.newest.text or plain_text(self.message)

    @once
    def language(self) -> str:
        return _language(self.message.subject, "\n".join(self.newest.body) or self.words)


def examine(
    message: Message,
    envelope: Envelope,
    policy: Policy,
    *,
    secret: bytes,
    content: Content | None = None,
    old_secrets: tuple[bytes, ...] = (),
    size: int = 0,
) -> Examination:
    """Apply every rule that needs no history. `secret` is the key of our own Message-IDs and tokens, `old_secrets` those before it;
    `content` spares a second reading; `size`: octets of the whole message, 0 where the door does not know them.

    Total for every message that `parse` makes; raises ValueError only for a naive `received_at`.
    """
    content = content or Content(message, envelope.mail_from)
    automatic = content.automatic
    at = _circumstances(message, envelope, policy, content, (secret, *old_secrets))
    ruling = rule(at)
    cases = _cases(at, content)
    from_staff = at.audience == "internal"
    # Nothing is ever written to the others, so in which language they wrote is nobody's business.
    decision = _decision(at, ruling, cases, content.language if cases or from_staff else "both")
    staff = belonging(message, policy) if from_staff else None
    inquirer = inquirer_of(message, at.reply_to)
    examination = Examination(
        message=message,
        envelope=envelope,
        identity=content.identity,
        thread=content.answered,
        subject_references=subject_references(message.subject),
        inquirer=inquirer,
        audience=at.audience,
        kind=decision.lead.kind if decision.lead else "inquiry",
        language=decision.language,
        automatic=automatic,
        out_of_office=out_of_office.check(message, automatic, envelope, policy, newest=content.newest if automatic.is_automatic else None),
        signature=excused(signature.check(message, automatic, envelope, policy, from_staff, newest=content.newest if from_staff else None), staff),
        meeting=meeting.check(message),
        cases=cases,
        is_inquiry=reason(ruling.reason).opens_cases,
        from_staff=from_staff,
        acknowledgement=decision,
        trace=ruling.trace,
        size=size,
        policy_version=policy.version,
        further_addresses=further_addresses(at, inquirer),
        shared_domain=is_shared_domain(split(inquirer)[1], policy),
        staff=staff,
        goes_outside=any(split(each)[1] not in policy.organization_domains for each in envelope.rcpt_to),
        local_zone=policy.zone,
        says_mistake=_may_dispute(at) and says_mistake(content.newest),
        declared_reply=_declared_reply(at, content),
    )
    if ruling.reason != "survey-answer":
        return examination
    # Who answers stays unknown: no correspondent, no check of staff, nothing by which the rating could be tied to a person.
    reply = reply_of(message, content.newest, policy, (secret, *old_secrets), envelope.received_at)
    return replace(examination, survey_reply=reply, inquirer="", further_addresses=(), staff=None, signature=SignatureCheck(), says_mistake=False)


def _may_dispute(at: Circumstances) -> bool:
    """A person who replies to a notice of ours, or staff who write to the help desk that our warnings come from."""
    if at.automatic.is_automatic or at.own_notice:
        return False
    if at.answers_own_notice or not at.proven_ours:
        return at.answers_own_notice
    help_desks = {division.contacts.staff_help for division in at.policy.divisions.values()}
    return any(canonical(each) in help_desks for each in at.envelope.rcpt_to)


def _declared_reply(at: Circumstances, content: Content) -> DeclaredReply | None:
    """What a person's reply to a mail of ours declares; also of one that only claims to be a reply, so that it is counted."""
    if at.automatic.is_automatic or at.own_notice or not any(map(looks_like_own, content.answered)):
        return None
    return DeclaredReply(said_in(tuple(content.newest.body)), forged=not at.answers_own_notice)


def _circumstances(message: Message, envelope: Envelope, policy: Policy, content: Content, secrets: tuple[bytes, ...]) -> Circumstances:
    automatic = content.automatic
    authentication = believed(message, policy.authserv_ids, policy.organization_domains)
    addressed = addressed_divisions(message, envelope, policy)
    proven = is_proven_ours(message, envelope, policy, authentication)
    trusted = is_trusted_source(message, policy, authentication, proven_ours=proven)
    from_mail_room = is_from_mail_room(message, addressed)
    carried = trusted or automatic.type == "voicemail" or from_mail_room
    audience = audience_of(message, policy, authentication, proven=proven, carried=carried)
    senders = divisions_in_from(message, policy)
    asked = [each for each in addressed if each.division.slug not in senders and not (audience == "internal" and each.named == "cc")]
    return Circumstances(
        message=message,
        envelope=envelope,
        policy=policy,
        automatic=automatic,
        authentication=authentication,
        audience=audience,
        proven_ours=proven,
        trusted_source=trusted,
        own_notice=any(own_token_valid(each, message) or is_own_message_id(each, message.message_id or "") for each in secrets),
        answers_own_notice=any(is_own_message_id(secret, each) for each in content.answered for secret in secrets),
        addressed=addressed,
        asked=tuple((each, _case(each, envelope, policy, audience, content)) for each in asked),
        reply_to=reply_address(message, envelope, authentication, trusted_source=trusted, proven_ours=proven),
        writing_divisions=senders,
        from_mail_room=from_mail_room,
    )


def _cases(at: Circumstances, content: Content) -> tuple[Case, ...]:
    """One for each division asked; where none is, those addressed, so that an excluded message can still be counted with its division."""
    asked = tuple(case for _, case in at.asked)
    return asked or tuple(_case(each, at.envelope, at.policy, at.audience, content) for each in at.addressed)


def _case(addressed: Addressed, envelope: Envelope, policy: Policy, audience: Audience, content: Content) -> Case:
    division = addressed.division
    kind, confidential = kind_for(division, audience, Reading(content.message, envelope, content.words, division.letters_arrive_from))
    return case_for(division, audience, kind, policy, envelope.received_at, confidential=confidential)


def _language(subject: str, words: str) -> str:
    code, confidence = detect(f"{subject}\n{words}")
    return code if code and confidence >= LANGUAGE_CONFIDENCE else "both"


def _decision(at: Circumstances, ruling: Ruling, cases: tuple[Case, ...], language: str) -> AcknowledgementDecision:
    """The ruling as a decision. The lead is named even where nothing is sent, for attribution."""
    speaking = ruling.acknowledging or cases[:1]
    return AcknowledgementDecision(
        send=ruling.send,
        reason=ruling.reason,
        explanation=reason(ruling.reason).explanation,
        evidence=ruling.evidence,
        lead=speaking[0] if speaking else None,
        others=speaking[1:],
        recipient=form_for_reply(at.reply_to) or at.reply_to or None,
        language=language,
        quote_subject=_may_quote_subject(at, cases),
    )


def _may_quote_subject(at: Circumstances, cases: tuple[Case, ...]) -> bool:
    """Whether the subject may be echoed: to somebody who proved to have written it, in no confidential matter, and not on behalf of others."""
    sender = the_sender(at.message)
    if sender is None or at.trusted_source or any(case.confidential for case in cases):
        return False
    return at.proven_ours or at.authentication.vouches_for_envelope(split(at.envelope.mail_from)[1], sender.domain)
