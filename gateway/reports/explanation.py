"""A verdict as the JSON document of `gateway explain` (`explanation_schema`) and as text for people. Pure: values in, values out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from gateway.judgement.verdict import AcknowledgementDecision, Case, Examination, Verdict
from gateway.notices.compose import Composed
from gateway.notices.warning import Told


def document(verdict: Verdict, composed: Composed | None, zone: ZoneInfo, told: Told | None = None) -> dict[str, Any]:
    """Keys and order as docs/explain.md has them; times in `zone`, ISO 8601 with offset. `told`: the warning to staff, where there is one."""
    seen = verdict.examination
    lead = verdict.acknowledgement.lead or (seen.cases[0] if seen.cases else None)
    return {
        "division": lead.division if lead else None,
        "mailbox": lead.mailbox if lead else None,
        "direction": seen.envelope.direction,
        "audience": seen.audience,
        "kind": lead.kind if lead else seen.kind,
        "standard": lead.standard if lead else None,
        "cases": [_case(case, zone) for case in (verdict.opens or seen.cases)] if seen.is_inquiry else [],
        "automatic": {"is_automatic": seen.automatic.is_automatic, "type": seen.automatic.type},
        "acknowledgement": _acknowledgement(verdict.acknowledgement, lead, composed, seen, zone),
        "out_of_office": _out_of_office(seen),
        "signature": {
            "checked": seen.signature.checked,
            "compliant": seen.signature.compliant,
            "missing": list(seen.signature.missing),
            "violations": list(seen.signature.violations),
        },
        "meeting": dict(seen.meeting) if seen.meeting is not None else None,
        "staff": _staff(verdict, told, zone),
        "policy_version": verdict.policy_version,
        "trace": [asdict(step) for step in (verdict.trace or seen.trace)],
    }


def _staff(verdict: Verdict, told: Told | None, zone: ZoneInfo) -> dict[str, Any] | None:
    """Of mail that is proven to be from staff: whose it is, what was found, and whether the person is told."""
    who, said = verdict.examination.staff, verdict.staff
    if who is None or said is None:
        return None
    return {
        "division": who.division,
        "known_by": who.known_by,
        "shared_mailbox": who.shared,
        "exceptions": sorted(who.exceptions),
        "findings": [{"kind": each.kind, "detail": list(each.detail)} for each in said.findings],
        "warning": {
            "send": bool(said.told),
            "reason": said.why,
            "not_before": _when(said.not_before, zone) if said.told else None,
            "contact_told_at": _when(said.cover_at, zone),
            "subject": told.subject if told else None,
            "preview": told.text if told else None,
        },
    }


def _case(case: Case, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "division": case.division,
        "mailbox": case.mailbox,
        "kind": case.kind,
        "acknowledge_by": _when(case.acknowledge_by, zone),
        "respond_by": _when(case.respond_by, zone),
    }


def _acknowledgement(
    said: AcknowledgementDecision, lead: Case | None, composed: Composed | None, seen: Examination, zone: ZoneInfo
) -> dict[str, Any]:
    clocks = lead if seen.is_inquiry else None
    return {
        "send": said.send,
        "reason": said.reason,
        "explanation": said.explanation,
        "evidence": said.evidence,
        "acknowledge_by": _when(clocks.acknowledge_by, zone) if clocks else None,
        "respond_by": _when(clocks.respond_by, zone) if clocks else None,
        "language": said.language,
        "subject": composed.subject if composed else None,
        "preview": composed.text if composed else None,
    }


def _out_of_office(seen: Examination) -> dict[str, Any]:
    said = seen.out_of_office
    return {
        "is_ooo": said.is_ooo,
        "names_alternate": said.names_alternate,
        "alternates": [asdict(each) for each in said.alternates],
        "return_date": said.return_date.isoformat() if said.return_date else None,
        "findings": list(said.findings),
    }


def _when(at: datetime | None, zone: ZoneInfo) -> str | None:
    return at.astimezone(zone).isoformat() if at else None


def as_text(found: Mapping[str, Any]) -> str:
    """The same for a person: the answer first, then why, then the rest."""
    said = found["acknowledgement"]
    lines = [
        f"{found.get('file', 'message')}: {'an acknowledgement would be sent' if said['send'] else 'no acknowledgement would be sent'}",
        f"  because   {said['reason']}: {said['explanation']}",
    ]
    if said["evidence"]:
        lines.append(f"  evidence  {said['evidence']}")
    lines.append(f"  mail      {found['direction']}, {found['audience']}, {found['automatic']['type'] or 'written by a person'}")
    for case in found["cases"]:
        lines.append(
            f"  case      {case['division']} ({case['kind']}), acknowledge by {case['acknowledge_by'] or '-'}, answer by {case['respond_by'] or '-'}"
        )
    lines += _staff_lines(found)
    lines += ["  rules", *(f"    {step['outcome']:5} {step['rule']}{_because(step)}" for step in found["trace"])]
    if said["preview"]:
        lines += ["", f"  Subject: {said['subject']}", "", *(f"  {line}".rstrip() for line in said["preview"].splitlines())]
    return "\n".join(lines)


def _because(step: Mapping[str, str]) -> str:
    why = "; ".join(part for part in (step["evidence"], step["source"]) if part)
    return f" ({why})" if why else ""


def _staff_lines(found: Mapping[str, Any]) -> list[str]:
    lines = []
    if found["out_of_office"]["is_ooo"]:
        away = found["out_of_office"]
        named = "names" if away["names_alternate"] else "does not name"
        lines.append(f"  absence   {named} another contact; back {away['return_date'] or 'not said'}")
    signature = found["signature"]
    if signature["checked"]:
        faults = ", ".join([*(f"no {each}" for each in signature["missing"]), *signature["violations"]])
        lines.append(f"  signature {'complete' if signature['compliant'] else faults}")
    if meeting := found["meeting"]:
        how = {"in_person": "in person", "on_camera": "on camera", "both": "in person or on camera", None: "not said how people take part"}
        lines.append(f"  meeting   {how[meeting['how']]}")
    if staff := found.get("staff"):
        lines.append(f"  staff     {staff['division'] or 'City-wide'} (known by {staff['known_by']}); {_told_or_not(staff)}")
    return lines


def _told_or_not(staff: Mapping[str, Any]) -> str:
    kinds = ", ".join(each["kind"] for each in staff["findings"])
    if not kinds:
        return "nothing found"
    warning = staff["warning"]
    return f"found {kinds}; " + (f"told on {warning['not_before']}" if warning["send"] else f"not told: {warning['reason']}")
