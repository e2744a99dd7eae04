"""Large messages take turns, one piece in some rounds of the event loop."""

from __future__ import annotations

import asyncio

from gateway.relay.turns import SPARE, Turns


def test_one_at_a_time_with_spare_rounds_in_the_order_they_came_and_nobody_waits_for_one_that_left():
    seen: list[str] = []

    async def wait(turns: Turns, name: str) -> None:
        await turns.mine()
        seen.append(name)

    async def main() -> None:
        turns = Turns()
        waiting = [asyncio.create_task(wait(turns, name)) for name in "abcd"]
        await asyncio.sleep(0)
        waiting[1].cancel()
        rounds = 0
        while len(seen) < 3:
            await asyncio.sleep(0)
            rounds += 1
            assert len(seen) <= 1 + rounds // (SPARE + 1)
        await asyncio.gather(*waiting, return_exceptions=True)
        async with asyncio.timeout(1):
            await turns.mine()  # it begins again after a pause

    asyncio.run(main())
    assert seen == ["a", "c", "d"]
