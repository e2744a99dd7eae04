"""What a watcher does when all is well, and what it does when nothing is."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.ledger.tables import finding, message, notice, service_case, watch, watch_cursor
from gateway.mailboxes.mailbox import AutomaticReply, MailboxFault
from tests.mailboxes.watch_rig import START, MemoryMailbox, Scene, letter, run


def reasons(scene: Scene) -> Counter[str]:
    return Counter(row["reason"] for row in scene.rows(message))


def test_what_comes_is_recorded_once_and_what_was_there_is_not(tmp_path: Path) -> None:
    async def body(scene: Scene) -> None:
        mailbox = MemoryMailbox(scene.clock)
        for number in range(5):
            mailbox.deliver(letter(number))
        await scene.watch(mailbox)
        await scene.until(lambda: len(scene.rows(watch_cursor)) == 2, "both folders have a place")
        for number in range(100, 140):
            mailbox.deliver(letter(number))
        await scene.until(lambda: len(scene.rows(message)) == 40, "all that came since is recorded")
        answer = letter(900, sender="hr@toronto.example", To="resident100@example.org", In_Reply_To="<100@example.org>", return_path=False)
        mailbox.deliver(answer, "sent")
        await scene.until(lambda: any(row["responded_at"] for row in scene.rows(service_case)), "the answer closes the clock")
        assert {row["door"] for row in scene.rows(message)} == {"mailbox"}
        assert reasons(scene) == {"new-inquiry": 40, "outgoing": 1}
        assert len(scene.rows(notice)) == 40
        inbox = next(row for row in scene.rows(watch_cursor) if row["folder"] == "inbox")
        assert (inbox["cursor"], inbox["messages"]) == ("45", 40)

    run(tmp_path, body, speed=100)


def test_a_mailbox_that_fails_for_an_hour_harms_no_other_and_is_asked_ever_more_rarely(tmp_path: Path) -> None:
    async def body(scene: Scene) -> None:
        sick, well = MemoryMailbox(scene.clock), MemoryMailbox(scene.clock)
        sick.fault = MailboxFault("unreachable", "connection refused")
        with capture_logs() as logs:
            await scene.watch(sick, "sick", address="equity@toronto.example")
            await scene.watch(well, "well")
            await scene.until(lambda: len(scene.rows(watch_cursor)) == 2, "the well one has its places")
            sent = 0
            while scene.clock() < START + timedelta(hours=1):
                well.deliver(letter(sent))
                sent += 1
                await scene.until(lambda sent=sent: len(scene.rows(message)) == sent, "the well one goes on")  # type: ignore[misc]
            sick.fault = None
            await scene.until(lambda: len(scene.rows(watch_cursor)) == 4, "the sick one is well again")
            await scene.until(lambda: "mailbox-well" in [each["event"] for each in logs], "and that is said")
        assert sent > 3
        assert 10 < len(sick.asked) < 40, "1, 2, 4 … 300 s, not a flood and not for ever"
        told = [each["event"] for each in logs if each["event"].startswith("mailbox-")]
        assert told == ["mailbox-unwell", "mailbox-well"]

    run(tmp_path, body)


def test_a_credential_that_expires_is_told_once_and_once_a_day(tmp_path: Path) -> None:
    async def body(scene: Scene) -> None:
        mailbox = MemoryMailbox(scene.clock)
        watcher = await scene.watch(mailbox)
        await scene.until(lambda: len(scene.rows(watch_cursor)) == 2, "it is well")
        with capture_logs() as logs:
            mailbox.fault = MailboxFault("credentials", "the password is refused")
            began = scene.clock()
            await scene.until(lambda: scene.clock() > began + timedelta(hours=26), "a day passes")
            [row] = scene.rows(watch)
            assert (row["why"], row["said"]) == ("credentials", "the password is refused")
            mailbox.fault = None
            watcher.look_again()
            await scene.until(lambda: watcher.condition.why == "", "it is well again")
        told = [(each["event"], each["log_level"]) for each in logs if each["event"].startswith("mailbox-")]
        assert told == [("mailbox-unwell", "error"), ("mailbox-unwell", "error"), ("mailbox-well", "info")]
        assert len(mailbox.asked) < 26 * 5, "every fifteen minutes at most"

    run(tmp_path, body, speed=20_000)


def test_a_new_holder_goes_on_with_what_was_told(tmp_path: Path) -> None:
    async def body(scene: Scene) -> None:
        mailbox = MemoryMailbox(scene.clock, fault=MailboxFault("credentials", "the token has expired"))
        with capture_logs() as logs:
            await scene.watch(mailbox)
            await scene.until(lambda: scene.rows(watch) and scene.rows(watch)[0]["why"], "it is noted")
            scene.tasks.pop().cancel()
            asked = len(mailbox.asked)
            await scene.watch(mailbox)
            await scene.until(lambda: len(mailbox.asked) > asked + 1, "another one tries")
        assert [each["event"] for each in logs].count("mailbox-unwell") == 1

    run(tmp_path, body)


def test_retry_after_is_obeyed_whatever_anybody_says(tmp_path: Path) -> None:
    async def body(scene: Scene) -> None:
        mailbox = MemoryMailbox(scene.clock, fault=MailboxFault("throttled", "429", retry_after=600.0))
        watcher = await scene.watch(mailbox)
        while scene.clock() < START + timedelta(minutes=58):
            watcher.look_again()
            await asyncio.sleep(0.01)
        assert 2 <= len(mailbox.asked) <= 6

    run(tmp_path, body)


@pytest.mark.parametrize("why", ["credentials", "unreachable"])
def test_sighup_ends_a_pause(tmp_path: Path, why: str) -> None:
    async def body(scene: Scene) -> None:
        mailbox = MemoryMailbox(scene.clock, fault=MailboxFault(why, "no"))  # type: ignore[arg-type]
        watcher = await scene.watch(mailbox)
        await scene.until(lambda: len(mailbox.asked) == 1, "it has failed")
        mailbox.fault = None
        await scene.until(lambda: watcher.condition.why == why, "it is noted")
        watcher.look_again()
        await scene.until(lambda: len(scene.rows(watch_cursor)) == 2, "it looks at once", 3.0)

    run(tmp_path, body, speed=1)


def test_a_fault_of_ours_is_one_mailbox_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def body(scene: Scene) -> None:
        mailbox = MemoryMailbox(scene.clock)
        monkeypatch.setattr(mailbox, "changes", None)  # calling it is a TypeError
        watcher = await scene.watch(mailbox)
        await scene.until(lambda: watcher.condition.why == "fault", "it is noted")
        assert "TypeError" in watcher.condition.said

    run(tmp_path, body)


def test_a_lost_place_is_read_again_from_the_last_message_and_answers_nothing_twice(tmp_path: Path) -> None:
    async def body(scene: Scene) -> None:
        mailbox = MemoryMailbox(scene.clock)
        mailbox.deliver(letter(1), at=START - timedelta(hours=3))
        await scene.watch(mailbox)
        await scene.until(lambda: len(scene.rows(watch_cursor)) == 2, "it watches")
        for number in range(10, 50):
            mailbox.deliver(letter(number))
        await scene.until(lambda: len(scene.rows(message)) == 40, "all are recorded")
        mailbox.forgets = 2
        for number in range(50, 60):
            mailbox.deliver(letter(number))
        await scene.until(lambda: mailbox.forgets == 0 and len(scene.rows(message)) == 50, "what came meanwhile, too")
        assert reasons(scene) == {"new-inquiry": 50}, "what lay there before the watch is not read"
        assert len(scene.rows(notice)) == 50

    run(tmp_path, body, speed=100)


def test_what_somebody_puts_back_into_the_inbox_is_not_answered(tmp_path: Path) -> None:
    async def body(scene: Scene) -> None:
        mailbox = MemoryMailbox(scene.clock)
        await scene.watch(mailbox)
        await scene.until(lambda: len(scene.rows(watch_cursor)) == 2, "it watches")
        mailbox.deliver(letter(1), at=START - timedelta(days=90))
        mailbox.deliver(letter(2), at=START - timedelta(minutes=2))  # the server's clock is a little slow
        await scene.until(lambda: len(scene.rows(message)) == 2, "both are seen")
        assert reasons(scene) == {"before-watch": 1, "new-inquiry": 1}
        assert len(scene.rows(service_case)) == 1

    run(tmp_path, body, speed=100)


def test_days_late_is_measured_and_not_answered(tmp_path: Path) -> None:
    division = {"address": "executive-management@toronto.example"}  # it promises no date that could have passed meanwhile

    async def body(scene: Scene) -> None:
        mailbox = MemoryMailbox(scene.clock)
        await scene.watch(mailbox, **division)
        await scene.until(lambda: len(scene.rows(watch_cursor)) == 2, "it watches")
        scene.tasks.pop().cancel()
        mailbox.deliver(letter(1, To=division["address"]))
        await scene.until(lambda: scene.clock() > START + timedelta(days=3), "nobody watches for three days")
        mailbox.deliver(letter(2, To=division["address"]))
        await scene.watch(mailbox, **division)
        await scene.until(lambda: len(scene.rows(message)) == 2, "both are found")
        assert reasons(scene) == {"found-late": 1, "new-inquiry": 1}
        assert (len(scene.rows(service_case)), len(scene.rows(notice))) == (2, 1)

    run(tmp_path, body, speed=100_000)


def test_without_return_path_nobody_is_answered_unless_the_admin_says_so(tmp_path: Path) -> None:
    async def body(scene: Scene) -> None:
        for number, setting in ((1, "record"), (2, "acknowledge_from")):
            mailbox = MemoryMailbox(scene.clock)
            await scene.watch(mailbox, f"hr{number}", without_return_path=setting)
            await scene.until(lambda number=number: len(scene.rows(watch_cursor)) == 2 * number, "it watches")  # type: ignore[misc]
            mailbox.deliver(letter(number, return_path=False))
        await scene.until(lambda: len(scene.rows(message)) == 2, "both are recorded")
        assert reasons(scene) == {"no-return-path": 1, "new-inquiry": 1}
        assert (len(scene.rows(service_case)), len(scene.rows(notice))) == (2, 1)

    run(tmp_path, body, speed=100)


def test_one_message_in_two_watched_mailboxes_is_two_cases_and_one_acknowledgement(tmp_path: Path) -> None:
    async def body(scene: Scene) -> None:
        hr, equity = MemoryMailbox(scene.clock), MemoryMailbox(scene.clock)
        await scene.watch(hr, "hr")
        await scene.watch(equity, "equity", address="equity@toronto.example")
        await scene.until(lambda: len(scene.rows(watch_cursor)) == 4, "both watch")
        for each in (hr, equity):
            each.deliver(letter(1, To="hr@toronto.example, equity@toronto.example"))
        await scene.until(lambda: len(scene.rows(service_case)) == 2, "each division has its case")
        assert (len(scene.rows(message)), len(scene.rows(notice))) == (1, 1)

    run(tmp_path, body, speed=100)


def test_a_lease_of_a_clock_that_was_a_year_ahead_is_nobodys(tmp_path: Path) -> None:
    """Its holder died before the clock was put right."""

    async def body(scene: Scene) -> None:
        await scene.hold("hr", token="dead", seconds=366 * 86_400)
        assert await scene.hold("hr", token="two", seconds=30) == {"hr"}
        assert await scene.hold("hr", token="three", seconds=30) == frozenset(), "this one is as long as leases are"

    run(tmp_path, body, speed=1)


def test_who_has_lost_the_lease_moves_nothing(tmp_path: Path) -> None:
    async def body(scene: Scene) -> None:
        mailbox = MemoryMailbox(scene.clock)
        await scene.watch(mailbox)
        await scene.until(lambda: len(scene.rows(watch_cursor)) == 2, "it watches")
        assert await scene.hold("hr", token="two") == frozenset(), "it is held"
        await scene.hold("hr", seconds=-1)
        assert await scene.hold("hr", token="two") == {"hr"}, "the lease is over"
        mailbox.deliver(letter(1))
        await asyncio.wait(scene.tasks, timeout=10)
        assert scene.tasks[0].done(), "it ends"
        assert mailbox.closed == 1
        assert all(row["messages"] == 0 for row in scene.rows(watch_cursor)), "the next holder reads from where it was"
        await scene.watch(mailbox, token="two")
        await scene.until(lambda: any(row["messages"] == 1 for row in scene.rows(watch_cursor)), "and does")
        assert (len(scene.rows(message)), len(scene.rows(notice))) == (1, 1)

    run(tmp_path, body, speed=100)


ROBIN: dict[str, Any] = {"address": "robin.sample@toronto.example", "watch": ("automatic_reply",)}
BARE = "I am away from the office and will return on Monday, November 30."
NAMING = f"{BARE} For urgent matters please contact Noor Example at noor.example@toronto.example."


def test_a_configured_reply_is_judged_before_anybody_reads_it(tmp_path: Path) -> None:
    async def body(scene: Scene) -> None:
        mailbox = MemoryMailbox(scene.clock, reply=AutomaticReply(enabled=False, external=BARE))
        await scene.watch(mailbox, "robin", automatic_reply_every="60s", **ROBIN)
        await scene.until(lambda: scene.clock() > START + timedelta(minutes=5), "it is off")
        assert scene.rows(message) == []
        mailbox.reply = AutomaticReply(enabled=True, external=f"<html><body><p>{BARE}</p></body></html>", internal=NAMING)
        await scene.until(lambda: len(scene.rows(message)) == 2, "both texts are judged")
        await scene.until(lambda: scene.clock() > START + timedelta(hours=1), "nothing has changed since")
        assert reasons(scene) == {"configured-reply": 2}
        assert {row["kind"] for row in scene.rows(finding)} == {"no-alternate", "external-poorer"}
        [warning] = [row for row in scene.rows(notice) if row["kind"] == "warning"]
        assert warning["state"] == "waiting"
        mailbox.reply = AutomaticReply(enabled=True, external=NAMING, internal=NAMING)
        await scene.until(lambda: len(scene.rows(message)) == 4, "the mended text is judged")
        await scene.until(lambda: all(row["mended_at"] for row in scene.rows(finding)), "and found in order")

    run(tmp_path, body, speed=1000)


def test_a_reply_that_is_forgotten_is_found_when_its_date_has_passed_and_told_once_a_week(tmp_path: Path) -> None:
    async def body(scene: Scene) -> None:
        text = NAMING.replace("Monday, November 30", "Wednesday, November 18")
        mailbox = MemoryMailbox(scene.clock, reply=AutomaticReply(enabled=True, external=text))
        await scene.watch(mailbox, "robin", automatic_reply_every="1h", **ROBIN)
        await scene.until(lambda: scene.clock() > START + timedelta(days=6), "six days pass")
        kinds = Counter(row["kind"] for row in scene.rows(finding))
        assert kinds.keys() == {"return-date-past"}
        assert len([row for row in scene.rows(notice) if row["kind"] == "warning"]) == 1

    run(tmp_path, body, speed=150_000)


def test_a_reply_for_next_week_is_told_now_and_makes_nobody_absent(tmp_path: Path) -> None:
    async def body(scene: Scene) -> None:
        from gateway.ledger.tables import absence

        later = AutomaticReply(enabled=True, external=BARE, starts_at=START + timedelta(days=7), ends_at=START + timedelta(days=14))
        await scene.watch(MemoryMailbox(scene.clock, reply=later), "robin", **ROBIN)
        await scene.until(lambda: [row for row in scene.rows(notice) if row["kind"] == "warning"], "the person is told")
        assert scene.rows(absence) == []

    run(tmp_path, body, speed=100)


def test_without_the_right_to_read_the_reply_mail_is_watched_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def body(scene: Scene) -> None:
        mailbox = MemoryMailbox(scene.clock)

        async def refused() -> AutomaticReply | None:
            raise MailboxFault("forbidden", "MailboxSettings.Read is not granted")

        monkeypatch.setattr(mailbox, "automatic_reply", refused)
        with capture_logs() as logs:
            watcher = await scene.watch(mailbox, watch=("inbox", "automatic_reply"))
            await scene.until(lambda: watcher.condition.why == "forbidden", "it is told")
            mailbox.deliver(letter(1))
            await scene.until(lambda: len(scene.rows(message)) == 1, "mail is watched")
            await scene.until(lambda: scene.clock() > START + timedelta(hours=1), "an hour passes")
        assert watcher.condition.said == "automatic reply: MailboxSettings.Read is not granted"
        assert [each["event"] for each in logs].count("mailbox-unwell") == 1

    run(tmp_path, body)
