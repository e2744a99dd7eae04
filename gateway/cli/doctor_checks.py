"""What `gateway doctor` looks at: each check says in one line how it is, and what to do. Sends no mail, writes nothing, changes nothing.

A text of a server never goes out, only the code's own words: it may quote an address or a login.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import ssl
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from gateway.delivery.hop import Unavailable
from gateway.delivery.maildir import MaildirHop
from gateway.delivery.next_hop import parse_next_hop
from gateway.delivery.smtp_hop import SmtpHop
from gateway.delivery.timeouts import Timeouts
from gateway.ledger import migrations
from gateway.ledger.errors import LedgerFault
from gateway.ledger.key_file import UnusableKey, read_or_create_key
from gateway.ledger.ledger import Ledger
from gateway.ledger.tables import message
from gateway.mailboxes.mailbox import MailboxFault
from gateway.mailboxes.opening import open_mailbox
from gateway.mailboxes.reading import answered
from gateway.relay.certificate import expiry
from gateway.rulebook_loading import dry_run_key, key_path, read_rulebook
from gateway.settings import ListenerSettings, Settings
from gateway.settings.mailboxes import MailboxSettings

LEAST_FREE = 500_000_000
"""Octets of disk below which the ledger is in danger."""
EXPIRES_SOON = timedelta(days=21)
MAILBOX_WITHIN = 30.0
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Check:
    """One line. `do` is "" where all is well."""

    name: str
    said: str
    do: str = ""

    @property
    def ok(self) -> bool:
        return not self.do


async def checks(settings: Settings, hostname: str) -> AsyncIterator[Check]:
    """One after the other, what others depend on first; what takes long together."""
    for each in (*_policy(settings), _key(settings), *_ledger(settings), _disk(settings)):
        yield each
    for listener in settings.listener:
        for found in _certificate(listener):
            yield found
    waiting = [_next_hop(f"next_hop.{name}", hop, settings, hostname) for name, hops in settings.next_hop for hop in hops]
    waiting += [_mailbox(each) for each in settings.mailbox]
    for future in [asyncio.ensure_future(each) for each in waiting]:
        yield await future


def _policy(settings: Settings) -> Iterator[Check]:
    try:
        reading = read_rulebook(settings, dry_run_key(settings), datetime.now(UTC))
    except (UnusableKey, OSError) as error:
        yield Check("policy", type(error).__name__, "see the line of the key")
        return
    if reading.rulebook is None:
        errors = [each for each in reading.diagnostics if each.severity == "error"]
        yield Check("policy", f"{len(errors)} errors", "gateway check lists them; until then the last good version counts")
    else:
        yield Check("policy", f"{len(reading.rulebook.policy.divisions)} divisions, version {reading.rulebook.policy.version}")


def _key(settings: Settings) -> Check:
    path = key_path(settings)
    if not path.exists():
        return Check("key", "not there yet; the first start makes it")
    try:
        read_or_create_key(path)
    except UnusableKey as error:
        return Check("key", str(error), f"give the gateway's user a readable {path}, from the backup: without it nobody in the ledger is recognised")
    return Check("key", "readable")


def _ledger(settings: Settings) -> Iterator[Check]:
    try:
        ledger = Ledger(settings.ledger.url, key=bytes(32), clock=lambda: datetime.now(UTC))
    except ValueError as error:
        yield Check("ledger", str(error), "correct [ledger] url in gateway.toml")
        return
    try:
        with ledger.reading() as connection:
            revision = migrations.current(connection)
            newest = connection.execute(select(func.max(message.c.received_at, type_=message.c.received_at.type))).scalar()
    except LedgerFault as error:
        missing = getattr(error, "why", "") == "missing"
        yield Check("ledger", "not there yet; the first start makes it") if missing else Check("ledger", str(error), "see docs/ledger.md")
        return
    known = revision in migrations.REVISIONS
    yield Check("ledger", f"schema {revision}", "" if known else "it was written by a newer gateway: install that one")
    ahead = newest is not None and newest > datetime.now(UTC) + timedelta(minutes=5)
    yield Check("clock", f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC", "the ledger has newer mail: set this machine's clock (NTP)" if ahead else "")


def _disk(settings: Settings) -> Check:
    folder = next(each for each in (settings.paths.state, *settings.paths.state.parents) if each.exists())
    free = shutil.disk_usage(folder).free
    said = f"{free / 1e9:.1f} GB free for {settings.paths.state}"
    if not os.access(folder, os.W_OK):
        return Check("disk", f"{folder} cannot be written", "give the gateway's user the right to")
    return Check("disk", said, "" if free >= LEAST_FREE else "make room: ledger and journal need it")


def _certificate(listener: ListenerSettings) -> Iterator[Check]:
    if listener.certificate is None:
        return
    name = f"listener {listener.name}"
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(listener.certificate, listener.key)
        until = expiry(listener.certificate)
    except (OSError, ValueError) as error:
        yield Check(name, f"certificate: {type(error).__name__}", "certificate and key must be PEM files that fit each other, and be readable")
        return
    soon = until - datetime.now(UTC) < EXPIRES_SOON
    yield Check(name, f"certificate until {until:%Y-%m-%d}", "renew it, then send the gateway SIGHUP" if soon else "")


async def _next_hop(name: str, url: str, settings: Settings, hostname: str) -> Check:
    try:
        hop = parse_next_hop(url)
    except ValueError as error:
        return Check(name, str(error), f"correct {name}")
    if isinstance(hop, MaildirHop):
        folder = next(each for each in (hop.root, *hop.root.parents) if each.exists())
        return Check(
            name,
            f"Maildirs under {hop.root}",
            "" if os.access(folder, os.W_OK) else f"{folder} cannot be written: give the gateway's user the right to",
        )
    assert isinstance(hop, SmtpHop)
    shown = f"{hop.host}:{hop.port}" if hop.socket is None else hop.socket
    limits = settings.timeouts
    try:
        session = await hop.open(Timeouts(limits.connect, limits.command, limits.data_end), hostname)
    except Unavailable as error:
        return Check(name, f"{shown}: {error.cause}", f"start the server there, open the firewall, or correct {name}")
    lacks = ", no SMTPUTF8 (addresses beyond ASCII get no acknowledgement)" if "SMTPUTF8" not in session.extensions else ""
    session.quit()
    return Check(name, f"{shown} answers, TLS {hop.tls}{lacks if name == 'next_hop.notices' else ''}")


async def _mailbox(settings: MailboxSettings) -> Check:
    """As the watcher would begin: it logs in, and looks at each folder without reading a message."""
    name, said = f"mailbox {settings.name}", [str(settings.source)]
    mailbox = open_mailbox(settings)
    try:
        for folder in ("inbox", "sent"):
            if folder in settings.watch:
                await answered(mailbox.changes("inbox" if folder == "inbox" else "sent", None, 1), MAILBOX_WITHIN)
                said.append(f"{folder} can be read")
        if "automatic_reply" in settings.watch and (reply := await answered(mailbox.automatic_reply(), MAILBOX_WITHIN)) is not None:
            said.append("automatic reply " + ("on" if reply.enabled else "off"))
    except MailboxFault as fault:
        return Check(name, f"{fault.why}: {fault.said}", f'see "{fault.why}" in docs/mailboxes.md')
    finally:
        await mailbox.close()
    return Check(name, ", ".join(said))
