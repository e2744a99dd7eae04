"""The digest: a period's report by mail, as words in the letter and whole in two attachments. Pure: values in, a notice out.

Decides how it is said; never the figures (`reports/`), nor who receives it (`digests:` in the policy). English, as the report is.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.ledger.records import Notice
from gateway.message.own_token import loop_token, notice_message_id
from gateway.notices import mime
from gateway.notices.passages import one_line
from gateway.reports.markup import unaligned
from gateway.reports.report import Report
from gateway.reports.sentences import footnotes, headline, period_name, reckoning, sentences

SENDER = "Service Promise Gateway"
HOW_TO_STOP = "You receive this because the policy names you under digests. To change that, ask whoever looks after the policy files."


def digest(
    report: Report,
    page: str,
    table: str,
    *,
    key: str,
    recipient: str,
    mailbox: str,
    mail_from: str,
    zone: ZoneInfo,
    secret: bytes,
    now: datetime,
    give_up_after: timedelta,
) -> Notice:
    """One mail for one reader. `page`, `table`: the report as HTML and as CSV. `mailbox`: of the division, or the reader's own for the
    City's. `mail_from`: where a bounce of it goes, "" for nowhere. `now` is aware. Raises ValueError for an address that cannot stand
    in a header."""
    message_id = notice_message_id(secret, key, mailbox.rpartition("@")[2])
    name = f"service-promise-{report.division or 'city'}-{report.period.since}-to-{report.period.until}"
    header = "".join(
        (
            mime.mailbox_field("From", SENDER, mailbox),
            mime.mailbox_field("To", "", recipient),
            f"Date: {mime.date_value(now.astimezone(zone))}\r\n",
            f"Message-ID: {message_id}\r\n",
            mime.text_field("Subject", one_line(f"{report.whole.name.en}, inquiries of {period_name(report)}")),
            mime.automatic_fields("auto-generated", loop_token(secret, message_id), "en"),
        )
    )
    attached = (("text/html", f"{name}.html", page), ("text/csv", f"{name}.csv", table))
    body = mime.with_attachments(_text(report), [mime.attachment(kind, file, content) for kind, file, content in attached], message_id)
    division = report.division or "city"
    return Notice(
        key=key, kind="digest", division=division, mailbox=mailbox, message_id=message_id, mail_from=mail_from, rcpt_to=recipient,
        octets=(header + body).encode("ascii"), not_before=now, give_up_at=now + give_up_after,
    )  # fmt: skip


def _text(report: Report) -> str:
    """The headline, what it stands on, and what is attached."""
    said = [*headline(report), "", *(unaligned(each) for each in sentences(report.whole))]
    said += ["", *(unaligned(each) for each in reckoning(report)), "", *footnotes(report)]
    said += ["", "Attached: the whole report as a page for any browser, with charts, and every figure as a table (CSV).", HOW_TO_STOP]
    return "\n".join(said) + f"\n\n-- \n{SENDER}\n{one_line(report.city.en)}\n"
