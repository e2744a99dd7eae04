"""Change notifications of Microsoft 365 wake the watcher, and do nothing else: who is not believed is not heard, and without them it polls."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from gateway.mailboxes import graph_notifications
from gateway.mailboxes.graph import GraphReading, open_mailbox
from gateway.web.notifications import LARGEST, PATH, notification_route
from tests.conftest import GatewayFactory
from tests.harness.ledger import count, wait_recorded
from tests.harness.mails import inquiry, new_message_id, resident
from tests.harness.waiting import PATIENCE, wait_for
from tests.mailboxes.fake_graph import FakeGraph

PUBLIC = "https://gateway.toronto.example"
LONG = 60.0


def run(graph: FakeGraph, work: Callable[[GraphReading, str], Awaitable[None]], **different: object) -> None:
    """A mailbox with the page's route before it, at the address given."""

    async def served() -> None:
        mailbox = open_mailbox(graph.mailbox(notification_url=f"{PUBLIC}{PATH}", **different))
        app = web.Application(client_max_size=1024)
        app.add_routes([notification_route(lambda name, state, lifecycle: name == "hr" and mailbox.heard(state, lifecycle))])
        async with TestServer(app) as server:
            graph.proxied = PUBLIC, str(server.make_url("")).rstrip("/")
            await work(mailbox, str(server.make_url(PATH)))
        await mailbox.close()

    asyncio.run(served())


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - what another thread does
            await asyncio.sleep(0.005)


async def waited(mailbox: GraphReading, seconds: float) -> float:
    began = time.monotonic()
    async with asyncio.timeout(PATIENCE):
        await mailbox.wait(seconds)
    return time.monotonic() - began


def test_a_new_message_ends_the_wait(graph: FakeGraph):
    async def work(mailbox: GraphReading, _: str) -> None:
        waiting = asyncio.ensure_future(mailbox.wait(LONG))
        await until(lambda: len(graph.subscriptions) == 2)
        assert {each["resource"].partition("mailFolders")[2] for each in graph.subscriptions.values()} == {
            "('inbox')/messages", "('sentitems')/messages"
        }  # fmt: skip
        assert len({each["clientState"] for each in graph.subscriptions.values()}) == 1
        graph.put(b"Subject: new\r\n\r\n")
        await asyncio.wait_for(waiting, PATIENCE)
        assert await waited(mailbox, 0.05) >= 0.05
        graph.put(b"Subject: while it looks\r\n\r\n", "sent")
        assert await waited(mailbox, LONG) < LONG
        assert len(graph.subscriptions) == 2

    run(graph, work)


def test_only_the_watched_folders_are_subscribed_to(graph: FakeGraph):
    async def work(mailbox: GraphReading, _: str) -> None:
        await mailbox.wait(0.05)
        assert [each["resource"].partition("mailFolders")[2] for each in graph.subscriptions.values()] == ["('sentitems')/messages"]

    run(graph, work, watch=["sent", "automatic_reply"])


async def posted(url: str, body: bytes) -> int:
    async with ClientSession() as session, session.post(url, data=body) as response:
        assert "canary" not in await response.text()
        return response.status


def told(state: str, **what: object) -> bytes:
    return json.dumps({"value": [{"subscriptionId": "1", "clientState": state, **what}]}).encode()


def test_who_does_not_know_the_client_state_is_not_heard(graph: FakeGraph):
    async def work(mailbox: GraphReading, url: str) -> None:
        await mailbox.wait(0.05)
        state = next(iter(graph.subscriptions.values()))["clientState"]
        assert len(state) >= 43  # 256 bits
        waiting = asyncio.ensure_future(mailbox.wait(LONG))
        ours = f"{url}?mailbox=hr"
        for wrong in ("", state[:-1], state.swapcase(), "\ud800", "é"):
            assert await posted(ours, told(wrong)) == 403
        assert await posted(f"{url}?mailbox=finance", told(state)) == 403
        assert await posted(url, told(state)) == 403
        for nonsense in (b"", b"[]", b"{", b'{"value": 7}', b'{"value": ["x"]}', b"[" * 100_000, json.dumps({"value": [{}] * 1001}).encode()):
            assert await posted(ours, nonsense) == 400
        assert await posted(ours, b" " * (LARGEST + 1)) == 413
        assert not waiting.done()
        assert await posted(ours, told(state)) == 202
        await asyncio.wait_for(waiting, PATIENCE)

    run(graph, work)


def test_the_proof_of_the_address_is_plain_text_and_escaped(graph: FakeGraph):
    async def work(_: GraphReading, url: str) -> None:
        async with ClientSession() as session:
            async with session.post(f"{url}?validationToken={quote('Validation: <script>&')}") as response:
                assert (response.status, response.content_type) == (200, "text/plain")
                assert await response.text() == "Validation: &lt;script&gt;&amp;"
                assert response.headers["X-Content-Type-Options"] == "nosniff"
            async with session.post(f"{url}?validationToken={'x' * 5000}") as response:
                assert response.status == 400
            async with session.get(url) as response:
                assert response.status == 405

    run(graph, work)


def test_subscriptions_are_renewed_by_the_servers_expiry(graph: FakeGraph):
    graph.subscription_life = timedelta(seconds=3)

    async def work(mailbox: GraphReading, _: str) -> None:
        waiting = asyncio.ensure_future(mailbox.wait(LONG))
        await until(lambda: any(each.startswith("PATCH") for each in graph.asked))
        assert len(graph.subscriptions) == 2
        waiting.cancel()

    run(graph, work)


@pytest.mark.parametrize("event", ["reauthorizationRequired", "subscriptionRemoved", "missed"])
def test_lifecycle_notifications_are_seen_to(event: str, graph: FakeGraph):
    async def work(mailbox: GraphReading, _: str) -> None:
        await mailbox.wait(0.05)
        before, graph.asked = dict(graph.subscriptions), []
        if event == "subscriptionRemoved":
            graph.subscriptions.clear()
        graph.notify(next(iter(before.values())), lifecycleEvent=event)
        assert await waited(mailbox, LONG) < LONG  # a look follows: something may have been missed
        await mailbox.wait(0.05)
        assert len(graph.subscriptions) == 2
        assert sum(each.startswith("PATCH") for each in graph.asked) == 2
        assert (set(graph.subscriptions) == set(before)) == (event != "subscriptionRemoved")

    run(graph, work)


def test_what_an_earlier_process_left_is_ended_and_nothing_else(graph: FakeGraph):
    other = {"id": "other", "resource": "users/x/messages", "notificationUrl": f"{PUBLIC}{PATH}?mailbox=finance", "clientState": ""}
    graph.subscriptions["other"] = other

    async def work(mailbox: GraphReading, _: str) -> None:
        await mailbox.wait(0.05)

    run(graph, work)
    first = set(graph.subscriptions)
    run(graph, work)
    assert len(graph.subscriptions) == 3
    assert first & set(graph.subscriptions) == {"other"}


def test_without_notifications_it_polls_and_says_why_once(graph: FakeGraph, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(graph_notifications, "RETRY", 0.02)
    graph.trouble("subscriptions", status=403, code="ExtensionError")

    async def work(mailbox: GraphReading, _: str) -> None:
        for _turn in range(3):
            assert await waited(mailbox, 0.05) >= 0.04
        assert len(graph.asked) > 3
        assert capsys.readouterr().out.count("mailbox-notifications-unavailable") == 1
        graph.troubles.clear()
        await mailbox.wait(0.05)
        assert len(graph.subscriptions) == 2

    run(graph, work)


def test_without_an_address_of_ours_graph_is_asked_for_none(graph: FakeGraph):
    async def work() -> None:
        mailbox = open_mailbox(graph.mailbox())
        assert await waited(mailbox, 0.05) >= 0.04

    asyncio.run(work())
    assert not graph.asked


def status_of(port: int, path: str) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("POST", path, body=told("wrong"))
    status = connection.getresponse().status
    connection.close()
    return status


@pytest.mark.front_door
def test_the_gateway_hears_of_new_mail_at_once(open_folder: Path, new_gateway: GatewayFactory, graph: FakeGraph):
    """It would look again in an hour."""
    gateway = new_gateway(
        notices=f"maildir:////{str(open_folder).strip('/')}/notices",
        settings={"mailbox": [{**graph.settings(), "poll_every": "1h", "notification_url": f"{PUBLIC}{PATH}"}]},
    )
    graph.proxied = PUBLIC, f"http://127.0.0.1:{gateway.web}"
    gateway.start()
    wait_for(lambda: len(graph.subscriptions) == 2, "it subscribes")
    assert count(gateway.database, "watch_cursor") == 2
    message_id = new_message_id()
    graph.put(b"Return-Path: <%s>\r\n%s" % (resident(message_id), inquiry(message_id)))
    wait_recorded(gateway.database, 1)
    assert status_of(gateway.web, f"{PATH}?mailbox=hr") == 403
    assert gateway.stop() == 0
