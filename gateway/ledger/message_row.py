"""What one row of `message` says: never a subject, an address or a text. Pure; decides nothing of the mail."""

from __future__ import annotations

from typing import Any

from gateway.judgement.staff_verdict import COVER_KINDS, StaffVerdict
from gateway.judgement.verdict import Examination, Verdict
from gateway.ledger.figure_values import StaffMark
from gateway.ledger.keyed import Keyed


def message_row(examination: Examination, verdict: Verdict, keyed: Keyed) -> dict[str, Any]:
    """Column -> value."""
    envelope = examination.envelope
    return {
        "identity": examination.identity,
        "direction": envelope.direction,
        "door": envelope.door,
        "listener": envelope.listener,
        "received_at": envelope.received_at,
        "size": examination.size,
        "automatic_type": examination.automatic.type,
        "automatic_rule": examination.automatic.rule,
        "from_staff": examination.from_staff,
        "is_inquiry": examination.is_inquiry,
        "audience": examination.audience,
        "kind": examination.kind,
        "language": examination.language,
        "reason": verdict.acknowledgement.reason,
        "evidence": _storable(verdict.acknowledgement.evidence),
        "correspondent": keyed.correspondent,
        "correspondent_domain": keyed.domain,
        "policy_version": verdict.policy_version,
        # Rules that were asked and found nothing are the same for all mail, and most of its size.
        "trace": [[step.rule, step.outcome, step.evidence, step.source] for step in verdict.trace or examination.trace if step.outcome != "pass"],
        "findings": _findings(examination) if examination.from_staff else None,
        "defects": list(examination.message.defects) or None,
        "staff_division": examination.staff.division if examination.staff else None,
        "staff_marks": _staff_marks(examination, verdict.staff),
    }


def _staff_marks(examination: Examination, said: StaffVerdict | None) -> int | None:
    """What a report counts of mail from a person of staff; what was agreed with them is no fault."""
    if examination.staff is None or examination.staff.shared:
        return None
    kinds = {each.kind for each in said.findings} if said else set()
    marks = StaffMark(0)
    if examination.signature.checked:
        marks |= StaffMark.SIGNATURE_CHECKED | (StaffMark(0) if "signature" in kinds else StaffMark.SIGNATURE_COMPLETE)
    if examination.out_of_office.is_ooo:
        marks |= StaffMark.ABSENCE | (StaffMark(0) if kinds & COVER_KINDS else StaffMark.ABSENCE_WITH_CONTACT)
    return int(marks)


def _storable(text: str | None) -> str | None:
    """Without NUL and lone surrogates: engines refuse them, and a header may contain anything."""
    return text.encode("utf-8", "replace").decode().replace("\0", "") if text else text


def _findings(examination: Examination) -> dict[str, Any]:
    """What staff mail lacks; never the text it was found in, nor anybody's contact details."""
    absence, signature = examination.out_of_office, examination.signature
    return {
        "out_of_office": absence.is_ooo,
        "names_alternate": absence.names_alternate,
        "absence_findings": list(absence.findings),
        "signature_checked": signature.checked,
        "compliant": signature.compliant,
        "missing": list(signature.missing),
        "violations": list(signature.violations),
    }
