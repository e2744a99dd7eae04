"""What an admin hears when a mailbox in Microsoft 365 cannot be read: the right word, no credential, no resident, and a fresh start afterwards."""

from __future__ import annotations

import asyncio
import datetime as dt
import traceback
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from pydantic import ValidationError

from gateway.mailboxes import entra_token
from gateway.mailboxes.graph import open_mailbox
from gateway.mailboxes.graph_automatic_reply import automatic_reply
from gateway.mailboxes.mailbox import AutomaticReply, Mailbox, MailboxFault
from gateway.mailboxes.retry_after import retry_after
from tests.harness.certificates import LOOPBACK, make_certificate
from tests.mailboxes.fake_graph import SECRET, FakeGraph, Trouble
from tests.mailboxes.servers import ADDRESS

SECRETS = (SECRET, "canary", "resident", ADDRESS, "PRIVATE", "it is about")


def asked(graph: FakeGraph, **different: object) -> MailboxFault | None:
    """The fault of a first look, None if all is well."""

    async def look() -> MailboxFault | None:
        mailbox = open_mailbox(graph.mailbox(**different))
        try:
            return await fault_of(mailbox)
        finally:
            await mailbox.close()

    return asyncio.run(look())


async def fault_of(mailbox: Mailbox) -> MailboxFault | None:
    try:
        await mailbox.changes("inbox", None, 10)
    except MailboxFault as raised:
        fault = raised
    else:
        return None
    told = "".join(traceback.format_exception(fault))
    assert not [each for each in SECRETS if each in told]
    assert "\n" not in fault.said
    return fault


TROUBLES = [
    (Trouble("", status=429, headers={"Retry-After": "7"}), "throttled", 7),
    (Trouble("", status=429, headers={"Retry-After": "86400"}), "throttled", 3600),
    (Trouble("", status=503, headers={"Retry-After": "soon"}), "throttled", None),
    (Trouble("", status=503), "throttled", None),
    (Trouble("", status=504), "unreachable", None),
    (Trouble("", status=502), "unreachable", None),
    (Trouble("", status=401, code="InvalidAuthenticationToken"), "credentials", None),
    (Trouble("", status=403, code="ErrorAccessDenied"), "forbidden", None),
    (Trouble("", status=404, code="MailboxNotEnabledForRESTAPI"), "missing", None),
    (Trouble("", status=500), "fault", None),
    (Trouble("", status=400, code="what resident@home.example wrote"), "fault", None),
    (Trouble("", status=302, headers={"Location": "https://localhost:1/"}), "fault", None),
    (Trouble("", kind="text"), "malformed", None),
    (Trouble("", kind="cut"), "unreachable", None),
    (Trouble("", kind="drop"), "unreachable", None),
]


@pytest.mark.parametrize(("trouble", "why", "after"), TROUBLES, ids=lambda each: f"{each.status}-{each.kind}" if isinstance(each, Trouble) else "")
def test_trouble_is_told_by_its_right_word_and_is_over_with_the_next_call(
    trouble: Trouble, why: str, after: float | None, graph: FakeGraph, caplog: pytest.LogCaptureFixture
):
    caplog.set_level("DEBUG")

    async def work() -> None:
        mailbox = open_mailbox(graph.mailbox())
        graph.trouble("/v1.0/", kind=trouble.kind, status=trouble.status, code=trouble.code, headers=trouble.headers)
        fault = await fault_of(mailbox)
        assert fault
        assert (fault.why, fault.retry_after) == (why, after)
        graph.troubles.clear()
        assert await fault_of(mailbox) is None
        await mailbox.close()

    asyncio.run(work())
    assert not [each for each in SECRETS if each in caplog.text]


DATE = "Sun, 22 Nov 2026 01:00:00 GMT"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120), ("0", 0), (" 5 ", 5), ("Sun, 22 Nov 2026 01:01:30 GMT", 90), ("Sun, 22 Nov 2026 00:00:00 GMT", 0), ("-5", None), ("1.5", None),
        ("", None), ("²", None), ("tomorrow", None), ("999999999", 3600),
    ],
)  # fmt: skip
def test_retry_after_in_seconds_and_as_a_date(value: str, seconds: float | None):
    """Measured by the server's own clock, whatever ours says."""
    assert retry_after({"Retry-After": value, "Date": DATE}) == seconds
    assert format_datetime(dt.datetime(2026, 11, 22, 1, tzinfo=dt.UTC), usegmt=True) == DATE


def test_a_token_is_kept_and_one_that_the_server_refuses_is_replaced_once(graph: FakeGraph):
    async def work() -> None:
        mailbox = open_mailbox(graph.mailbox())
        for _ in range(3):
            assert await fault_of(mailbox) is None
        assert graph.tokens_given == 1
        graph.tokens.clear()
        assert await fault_of(mailbox) is None
        assert graph.tokens_given == 2
        await mailbox.close()

    asyncio.run(work())


def test_a_token_is_renewed_in_time_and_a_sign_in_server_that_fails_then_harms_nobody(graph: FakeGraph, monkeypatch: pytest.MonkeyPatch):
    tokens = entra_token.Tokens(graph.mailbox())
    graph.token_life = 600.0

    async def work() -> None:
        first = await tokens.token()
        now = asyncio.get_running_loop().time
        monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: now() + 400)
        assert graph.tokens_given == 1
        graph.trouble("oauth2", status=503)
        assert await tokens.token() == first
        graph.troubles.clear()
        second = await tokens.token()
        assert second != first
        graph.trouble("oauth2", status=503)
        monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: now() + 1100)
        with pytest.raises(MailboxFault, match="unreachable"):
            await tokens.token()
        assert first not in repr(vars(tokens))

    asyncio.run(work())


def test_a_secret_that_has_expired_is_read_again_from_its_file(graph: FakeGraph):
    async def work() -> None:
        mailbox = open_mailbox(graph.mailbox())
        graph.secret = "the-next-canary-secret"
        fault = await fault_of(mailbox)
        assert fault
        assert (fault.why, "AADSTS7000215" in fault.said) == ("credentials", True)
        graph.secret_file.write_text("the-next-canary-secret\n")
        assert await fault_of(mailbox) is None
        await mailbox.close()

    asyncio.run(work())


def test_a_slow_sign_in_server_does_not_stall_the_loop(graph: FakeGraph):
    graph.sign_in_delay = 0.3

    async def work() -> None:
        ticks, end = 0, asyncio.ensure_future(fault_of(open_mailbox(graph.mailbox())))
        while not end.done():
            await asyncio.sleep(0.01)
            ticks += 1
        assert await end is None
        assert ticks > 10

    asyncio.run(work())


@pytest.mark.parametrize(
    ("different", "why", "said"),
    [
        ({"tenant": "vancouver.example"}, "credentials", "tenant"),
        ({"client_id": "nobody"}, "credentials", "AADSTS700016"),
        ({"client_secret_file": "/nowhere/secret"}, "credentials", "/nowhere/secret: no such file"),
        ({"ca": None}, "certificate", "ca"),
        ({"ca": "/nowhere/ca.pem"}, "certificate", "ca"),
        ({"graph_url": "https://localhost:1/v1.0"}, "credentials", "AADSTS70011"),
        ({"authority_url": "https://127.0.0.1:1"}, "unreachable", "sign-in server"),
        ({"address": "nobody@toronto.example"}, "missing", "address"),
    ],
)
def test_what_is_configured_wrongly_is_named(different: dict[str, object], why: str, said: str, graph: FakeGraph):
    fault = asked(graph, **different)
    assert fault
    assert fault.why == why
    assert said in fault.said


@pytest.mark.parametrize(("kind", "why"), [("text", "malformed"), ("status", "unreachable"), ("drop", "unreachable")])
def test_a_sign_in_server_out_of_order_is_no_matter_of_credentials(kind: str, why: str, graph: FakeGraph):
    graph.trouble("oauth2", kind=kind)
    fault = asked(graph)
    assert fault
    assert fault.why == why


def test_a_server_with_another_certificate_is_not_believed(graph: FakeGraph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Graph, after the sign-in server was believed."""
    (tmp_path / "other").mkdir()
    other = make_certificate(tmp_path / "other", "other", LOOPBACK)
    fetch = entra_token.fetch
    monkeypatch.setattr(entra_token, "fetch", lambda _, scope: fetch(graph.mailbox(), scope))
    fault = asked(graph, ca=str(other.certificate))
    assert fault
    assert fault.why == "certificate"


def credential(folder: Path, key: Any, *, with_certificate: bool = True, passphrase: bytes = b"") -> Path:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gateway")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    how = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, how)
    file = folder / "application.pem"
    file.write_bytes(private + (made if with_certificate else b""))
    return file


@pytest.fixture(scope="module")
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def test_an_application_proves_itself_by_its_certificate(graph: FakeGraph, tmp_path: Path, rsa_key: rsa.RSAPrivateKey):
    file = credential(tmp_path, rsa_key)
    fault = asked(graph, client_secret_file=None, certificate_file=str(file))
    assert fault
    assert "AADSTS700027" in fault.said
    graph.certificate = file
    assert asked(graph, client_secret_file=None, certificate_file=str(file)) is None


@pytest.mark.parametrize("how", [{"with_certificate": False}, {"passphrase": b"canary"}, {"key": "ec"}])
def test_a_certificate_file_that_will_not_do_is_said_to_be_so(how: dict[str, Any], graph: FakeGraph, tmp_path: Path, rsa_key: rsa.RSAPrivateKey):
    key = ec.generate_private_key(ec.SECP256R1()) if how.pop("key", "") else rsa_key
    fault = asked(graph, client_secret_file=None, certificate_file=str(credential(tmp_path, key, **how)))
    assert fault
    assert (fault.why, "certificate_file" in fault.said) == ("credentials", True)


def test_no_credential_goes_over_a_line_that_can_be_read(graph: FakeGraph):
    for name in ("graph_url", "authority_url", "notification_url"):
        with pytest.raises(ValidationError, match="https://"):
            graph.mailbox(**{name: "http://graph.example/v1.0"})


TEXTS = {"externalAudience": "all", "internalReplyMessage": "<p>in</p>", "externalReplyMessage": "<p>out</p>"}
EASTERN = {"dateTime": "2026-12-24T12:00:00.0000000", "timeZone": "Eastern Standard Time"}
UTC = {"dateTime": "2027-01-04T13:30:00.0000000", "timeZone": "UTC"}
STARTS, ENDS = dt.datetime(2026, 12, 24, 17, tzinfo=dt.UTC), dt.datetime(2027, 1, 4, 13, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("setting", "reply"),
    [
        ({"status": "disabled", **TEXTS}, AutomaticReply(False, "<p>out</p>", "<p>in</p>")),
        ({"status": "alwaysEnabled", **TEXTS}, AutomaticReply(True, "<p>out</p>", "<p>in</p>")),
        ({"status": "alwaysEnabled", **TEXTS, "externalAudience": "none"}, AutomaticReply(True, "", "<p>in</p>")),
        ({"status": "alwaysEnabled", **TEXTS, "externalAudience": "contactsOnly"}, AutomaticReply(True, "<p>out</p>", "<p>in</p>")),
        ({"status": "alwaysEnabled", **TEXTS, "scheduledStartDateTime": EASTERN}, AutomaticReply(True, "<p>out</p>", "<p>in</p>")),
        ({"status": "alwaysEnabled", "internalReplyMessage": None}, AutomaticReply(True)),
        (
            {"status": "scheduled", **TEXTS, "scheduledStartDateTime": EASTERN, "scheduledEndDateTime": UTC},
            AutomaticReply(True, "<p>out</p>", "<p>in</p>", STARTS, ENDS),
        ),
        (
            {"status": "scheduled", "scheduledStartDateTime": {**EASTERN, "timeZone": "America/Toronto"}, "scheduledEndDateTime": UTC},
            AutomaticReply(True, starts_at=STARTS, ends_at=ENDS),
        ),
    ],
)
def test_automatic_replies_as_graph_has_them(setting: dict[str, Any], reply: AutomaticReply):
    assert automatic_reply(setting) == reply


def test_automatic_replies_are_read_and_nonsense_is_malformed(graph: FakeGraph):
    async def work() -> None:
        mailbox = open_mailbox(graph.mailbox())
        graph.reply = {"status": "alwaysEnabled", **TEXTS}
        assert await mailbox.automatic_reply() == AutomaticReply(True, "<p>out</p>", "<p>in</p>")
        nowhere = {"dateTime": "2026-12-24T12:00:00", "timeZone": "../etc/passwd"}
        for wrong in ({"status": "maybe"}, {"status": "scheduled"}, {"status": "scheduled", "scheduledStartDateTime": nowhere}):
            graph.reply = wrong
            with pytest.raises(MailboxFault, match="malformed"):
                await mailbox.automatic_reply()
        graph.trouble("automaticRepliesSetting", status=403, code="ErrorAccessDenied")
        with pytest.raises(MailboxFault, match="forbidden"):
            await mailbox.automatic_reply()
        await mailbox.close()

    asyncio.run(work())
