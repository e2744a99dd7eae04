"""Looks at the automatic reply that a mailbox has ready, on schedule, and hands it to intake when it has changed, and once a day.

No text is kept: a keyed hash tells whether it is the one that was judged. Decides nothing about the text: that is `judgement.out_of_office`'s.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.ledger import watch_rows
from gateway.mailboxes import configured_reply
from gateway.mailboxes.mailbox import AutomaticReply, Mailbox, MailboxFault
from gateway.mailboxes.reading import Surroundings, answered
from gateway.settings.mailboxes import WatchedMailbox


class ReplyCheck:
    """Of one mailbox."""

    def __init__(self, settings: WatchedMailbox, around: Surroundings) -> None:
        self.fault: MailboxFault | None = None
        """Why the reply could not be read. The right to read it is another than that to the messages, so this stops nothing else."""
        self._settings = settings
        self._around = around
        self._due = around.clock()

    @property
    def due_in(self) -> float:
        """Seconds until the next look; infinite where none is wanted."""
        return (self._due - self._around.clock()).total_seconds() if "automatic_reply" in self._settings.watch else float("inf")

    async def look(self, mailbox: Mailbox) -> None:
        """When it is due. Raises what `Intake.record` raises, and is due again then."""
        zone = self._around.zone()
        if self.due_in > 0 or zone is None:
            return
        now = self._around.clock()
        try:
            reply = configured_reply.in_force(await answered(mailbox.automatic_reply()), now)
        except MailboxFault as fault:
            self.fault = MailboxFault(fault.why, f"automatic reply: {fault.said}", fault.retry_after)
        else:
            self.fault = None
            await self._judge(reply, now, zone)
        wait = max(self._settings.automatic_reply_every, (self.fault.retry_after or 0.0) if self.fault else 0.0)
        self._due = now + timedelta(seconds=wait)

    async def _judge(self, reply: AutomaticReply | None, now: datetime, zone: ZoneInfo) -> None:
        around, name = self._around, self._settings.name
        checked = around.pseudonyms.of_text(configured_reply.fingerprint(reply, now, zone)) if reply else ""
        if checked == await around.writer.call(lambda connection: watch_rows.reply_checked(connection, name)):
            return
        for each in configured_reply.sightings(reply, self._settings, around.own_domains[0], checked, now, zone) if reply else ():
            await around.intake.record(each)
        await around.writer.call(lambda connection: watch_rows.set_reply_checked(connection, name, checked, now))
