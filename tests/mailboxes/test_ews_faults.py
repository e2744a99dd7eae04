"""What an admin hears when an Exchange mailbox cannot be read: the right word, never a credential or a resident, and a fresh start afterwards."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.mailboxes import ews_adapter
from gateway.mailboxes.mailbox import MailboxFault
from gateway.settings.mailboxes import EwsMailbox
from tests.harness.certificates import LOOPBACK, make_certificate
from tests.harness.ports import free_port
from tests.mailboxes.fake_ews import ACCOUNT, PASSWORD, SECRET, FakeExchange, Trouble, opened
from tests.mailboxes.servers import ADDRESS

RESIDENT = b"From: Ann Resident <ann@resident.example>\r\nSubject: my tax bill\r\n\r\nbody\r\n"
SECRETS = (PASSWORD, SECRET, "canary-token", "resident", "tax bill", ADDRESS, ACCOUNT)


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[FakeExchange]:
    with FakeExchange(tmp_path) as exchange:
        yield exchange


async def fault_of(exchange: FakeExchange, **different: object) -> MailboxFault:
    """Of reading one new message."""
    async with opened(exchange, **different) as mailbox:
        with pytest.raises(MailboxFault) as raised:
            await mailbox.changes("inbox", '{"state": "", "since": null}', 50)
        return raised.value


IN_A_MINUTE = {"Date": "Sun, 22 Nov 2026 10:00:00 GMT", "Retry-After": "Sun, 22 Nov 2026 10:01:00 GMT"}

TROUBLES: list[tuple[Trouble, str, float | None]] = [
    (Trouble("http", status=503, headers={"Retry-After": "7"}), "throttled", 7),
    (Trouble("http", status=503), "throttled", None),
    (Trouble("http", status=429, headers=IN_A_MINUTE), "throttled", 60),
    (Trouble("fault", code="ErrorServerBusy", back_off_milliseconds=42_000), "throttled", 42),
    (Trouble("refusal", code="ErrorServerBusy"), "throttled", None),
    (Trouble("refusal", code="ErrorTooManyObjectsOpened"), "throttled", None),
    (Trouble("http", status=401), "credentials", None),
    (Trouble("http", status=403), "forbidden", None),
    (Trouble("refusal", code="ErrorAccessDenied"), "forbidden", None),
    (Trouble("http", status=404), "missing", None),
    (Trouble("refusal", code="ErrorFolderNotFound"), "missing", None),
    (Trouble("http", status=500), "malformed", None),
    (Trouble("http", status=302, headers={"Location": "https://127.0.0.1/owa/auth"}), "malformed", None),
    (Trouble("page"), "malformed", None),
    (Trouble("cut", "SyncFolderItems"), "malformed", None),
    (Trouble("cut", "GetItem"), "malformed", None),
    (Trouble("short"), "unreachable", None),
    (Trouble("drop"), "unreachable", None),
    (Trouble("http", status=502), "unreachable", None),
    (Trouble("refusal", code="ErrorMailboxStoreUnavailable"), "unreachable", None),
    (Trouble("refusal", code="ErrorQuotaExceeded"), "fault", None),
    (Trouble("refusal", code="ErrorOfTheFuture"), "fault", None),
]


@pytest.mark.parametrize(
    ("trouble", "why", "retry_after"), TROUBLES, ids=[f"{each.kind}-{each.status}-{each.code}-{each.operation}" for each, *_ in TROUBLES]
)
def test_trouble_is_told_by_its_right_word_and_is_over_with_the_next_call(
    trouble: Trouble, why: str, retry_after: float | None, exchange: FakeExchange, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)

    async def run() -> None:
        async with opened(exchange) as mailbox:
            cursor = (await mailbox.changes("inbox", None, 50)).cursor
            exchange.deliver(RESIDENT)
            exchange.troubles = [Trouble(**{**vars(trouble), "times": 1})]
            with pytest.raises(MailboxFault) as raised:
                await mailbox.changes("inbox", cursor, 50)
            fault = raised.value
            assert fault.why == why
            assert fault.retry_after == (pytest.approx(retry_after, abs=10) if retry_after else None)
            assert_discreet("".join(traceback.format_exception(fault)) + caplog.text)
            assert [each.octets for each in (await mailbox.changes("inbox", cursor, 50)).arrivals] == [RESIDENT]

    asyncio.run(run())


def assert_discreet(text: str) -> None:
    assert not [secret for secret in SECRETS if secret in text], text


def test_a_tenant_without_ews_reads_the_dates(exchange: FakeExchange):
    exchange.troubles = [Trouble("http", status=403)]
    fault = asyncio.run(fault_of(exchange))
    assert all(word in fault.said for word in ("1 October 2026", "1 April 2027", 'source = "graph"'))


def test_a_silent_server_is_given_up(exchange: FakeExchange, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ews_adapter, "SILENCE", 0.3)
    exchange.troubles = [Trouble("hang")]
    fault = asyncio.run(fault_of(exchange))
    assert fault.why == "unreachable"
    assert "silent" in fault.said


def test_nobody_there(exchange: FakeExchange):
    fault = asyncio.run(fault_of(exchange, url=f"https://127.0.0.1:{free_port()}/EWS/Exchange.asmx"))
    assert fault.why == "unreachable"


def test_an_unknown_mailbox(exchange: FakeExchange):
    assert asyncio.run(fault_of(exchange, address="nobody@toronto.example")).why == "missing"


def other_authority(folder: Path) -> Path:
    folder.mkdir()
    return make_certificate(folder, "other", LOOPBACK).certificate


@pytest.mark.parametrize("ca", [lambda _: None, lambda folder: other_authority(folder / "other")], ids=["public", "another"])
def test_a_certificate_of_no_authority_of_ours(ca: Callable[[Path], Path | None], exchange: FakeExchange, tmp_path: Path):
    exchange.deliver(RESIDENT)
    assert asyncio.run(fault_of(exchange, ca=ca(tmp_path))).why == "certificate"
    assert not exchange.logins


def test_an_authority_that_is_not_there(exchange: FakeExchange, tmp_path: Path):
    for content, told in (("", "no such file"), ("no PEM", "no certificates in PEM")):
        if content:
            (tmp_path / "ca").write_text(content)
        fault = asyncio.run(fault_of(exchange, ca=tmp_path / "ca"))
        assert fault.why == "certificate"
        assert f"{tmp_path}/ca: {told}" in fault.said


def test_a_certificate_for_another_name(exchange: FakeExchange):
    assert asyncio.run(fault_of(exchange, url=exchange.url.replace("127.0.0.1", "localhost"))).why == "certificate"


def test_rights_are_asked_for_by_name(exchange: FakeExchange):
    exchange.may = {"delegate"}
    fault = asyncio.run(fault_of(exchange))
    assert fault.why == "forbidden"
    assert "ApplicationImpersonation" in fault.said
    exchange.may = {"impersonation"}
    assert asyncio.run(fault_of(exchange, access="delegate")).why == "forbidden"


async def read_one(exchange: FakeExchange, **different: object) -> None:
    async with opened(exchange, **different) as mailbox:
        cursor = (await mailbox.changes("inbox", None, 50)).cursor
        exchange.deliver(RESIDENT)
        assert len((await mailbox.changes("inbox", cursor, 50)).arrivals) == 1
        assert await mailbox.automatic_reply()


def test_delegate_access_needs_no_impersonation(exchange: FakeExchange):
    exchange.may = {"delegate"}
    asyncio.run(read_one(exchange, access="delegate"))


@pytest.fixture
def ntlm(exchange: FakeExchange, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeExchange:
    (tmp_path / "ntlm-users").write_text(f"TORONTO:svc:{PASSWORD}\n")
    monkeypatch.setenv("NTLM_USER_FILE", str(tmp_path / "ntlm-users"))
    exchange.schemes = ("Negotiate", "NTLM")
    return exchange


def test_ntlm_proves_the_password_once_for_a_connection(ntlm: FakeExchange):
    asyncio.run(read_one(ntlm, auth="ntlm", user="TORONTO\\svc"))
    assert ntlm.logins == 1


def test_ntlm_with_a_wrong_password_and_a_server_that_wants_another_login(ntlm: FakeExchange, tmp_path: Path, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    assert asyncio.run(fault_of(ntlm, auth="basic")).why == "credentials"
    (tmp_path / "password").write_text("canary-Passw0rd-ews-of-last-year")
    fault = asyncio.run(fault_of(ntlm, auth="ntlm", user="TORONTO\\svc"))
    assert fault.why == "credentials"
    assert_discreet("".join(traceback.format_exception(fault)) + caplog.text)


def test_a_new_password_needs_no_restart(exchange: FakeExchange, tmp_path: Path):
    async def run() -> None:
        async with opened(exchange) as mailbox:
            (tmp_path / "password").write_text("expired")
            with pytest.raises(MailboxFault, match="credentials"):
                await mailbox.automatic_reply()
            (tmp_path / "password").unlink()
            with pytest.raises(MailboxFault, match=r"credentials: password_file .*/password: no such file"):
                await mailbox.automatic_reply()
            (tmp_path / "password").write_text(PASSWORD)
            assert await mailbox.automatic_reply()

    asyncio.run(run())


def app(exchange: FakeExchange) -> dict[str, object]:
    exchange.schemes = ("Bearer",)
    return exchange.app_settings()


def test_an_applications_token_is_fetched_once_and_before_it_expires_anew(exchange: FakeExchange):
    asyncio.run(read_one(exchange, **app(exchange)))
    assert len(exchange.tokens) == 1
    exchange.token_seconds = 30
    asyncio.run(read_one(exchange, **app(exchange)))
    assert len(exchange.tokens) == 4


def test_a_token_that_is_refused_and_a_wrong_secret(exchange: FakeExchange, tmp_path: Path, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)

    async def run() -> None:
        async with opened(exchange, **app(exchange)) as mailbox:
            assert await mailbox.automatic_reply()
            exchange.tokens.clear()
            with pytest.raises(MailboxFault, match="credentials"):
                await mailbox.automatic_reply()
            assert await mailbox.automatic_reply()

    asyncio.run(run())
    (tmp_path / "client-secret").write_text("canary-client-secret-ews-of-last-year")
    fault = asyncio.run(fault_of(exchange, **app(exchange)))
    assert fault.why == "credentials"
    assert "sign-in" in fault.said
    exchange.troubles = [Trouble("http", "token", status=503, headers={"Retry-After": "30"})]
    busy = asyncio.run(fault_of(exchange, **app(exchange)))
    assert (busy.why, busy.retry_after) == ("throttled", 30)
    assert_discreet("".join(traceback.format_exception(fault)) + caplog.text)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"url": "http://127.0.0.1/EWS/Exchange.asmx"}, "begins with https://"),
        ({"password_file": None}, "needs password_file"),
        ({"auth": "oauth"}, "needs tenant, client_id and client_secret_file"),
        ({"max_connections": 1}, "greater than or equal to 3"),
    ],
)
def test_settings_that_cannot_work(wrong: dict[str, object], told: str, exchange: FakeExchange):
    with pytest.raises(ValueError, match=told):
        EwsMailbox(**exchange.settings(**wrong))
