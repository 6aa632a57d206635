"""More than can be taken in: some are worked, some wait, the rest comes back, and nothing that was accepted is lost (C.6)."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from engine.access import CallerRole
from tests.installation import Installation
from tests.web.served import client, house_on, lead, problem, token
from web.gate import Full, Gate

BURST = 200


async def test_a_burst_arrives_once_each_by_senders_who_come_again(desk: Installation) -> None:
    """C.6: 200 in one go at a narrow gate; who is sent away is told when to come again, and all are there, once."""
    house = house_on(desk, Gate(at_once=16, waiting=60))
    told: Counter[int] = Counter()
    async with client(house, await token(desk, CallerRole.UPSTREAM, sources=["web"])) as sender:

        async def send(number: int) -> None:
            while True:
                answer = await sender.post("/leads", json=lead(f"burst-{number}"))
                told[answer.status_code] += 1
                if answer.status_code != 429:
                    return
                problem(answer, 429, "BUSY")
                assert int(answer.headers["retry-after"]) >= 1
                await asyncio.sleep(0.5)

        await asyncio.gather(*(send(number) for number in range(BURST)))
    assert told[201] == BURST and told[429] > 0 and set(told) == {201, 429}
    arrived = await desk.rows("select lead, count(*) from touch where lead like 'lead:web:burst-%' group by lead")
    assert Counter(row["count"] for row in arrived) == {1: BURST}


async def test_who_waits_too_long_is_asked_to_come_back() -> None:
    gate = Gate(at_once=1, waiting=1, longest_wait=0.01)
    async with gate.entered():
        with pytest.raises(Full):
            async with gate.entered():
                pass
    async with gate.entered():
        pass


async def test_batches_are_few_at_once() -> None:
    gate = Gate()
    with gate.batch(), gate.batch(), gate.batch(), gate.batch(), pytest.raises(Full), gate.batch():
        pass


async def test_those_who_are_sent_away_come_back_one_after_another() -> None:
    """C.6: each is told a time of its own, in the order in which they came; a burst does not meet itself again."""
    gate = Gate(at_once=1, waiting=0)
    async with gate.entered():
        told = [gate.sent_away().retry_after for _ in range(200)]
    assert told == sorted(told)
    assert max(told.count(second) for second in set(told)) < 20
