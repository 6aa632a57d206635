"""A lead that comes again: what is the same inquiry and what a return, and what it brings (S0.13)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from client.front_door import FrontDoor
from client.importing import Row, import_rows, rows_of
from tests.installation import Installation, installation, people, written

RETURNS = """
process: returns
version: 1
title: Returns
takes: {priority: 20, when: lead.kind == 'returns'}
fields:
  size:  {type: text}
  color: {type: text}
  email: {type: email, personal: true}
  phone: {type: text, personal: true}
stages:
  fresh:
    waits_for_ever: true
    events: {rest: {to: resting}}
  resting:
    kind: waiting
    waits_for_ever: true
    events: {recycle: {to: fresh, by: [lead], cycle: next}}
"""
FORM: dict[str, Any] = {"kind": "returns", "size": "small", "email": "ada@example.org"}
NOW = datetime.now(UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest_asyncio.fixture(scope="module")
async def desk(temporal: WorkflowEnvironment, database: str) -> AsyncIterator[Installation]:
    nobody = people("roster: nobody\nteams: {}\npeople: {}\n")
    async with installation(temporal, database, [written(RETURNS)], [nobody]) as made, made.worker():
        yield made


def at(desk: Installation, time: datetime) -> FrontDoor:
    """The front door as it is at that time."""
    return FrontDoor(desk.pool, desk.client, desk.catalog, lambda: time)


async def come(desk: Installation, id: str, time: datetime, **fields: Any) -> str:
    arrived = await at(desk, time).arrive({"id": id, **FORM, **fields}, source_system="test")
    return arrived.key


async def test_the_same_form_half_a_year_later_is_a_return(desk: Installation) -> None:
    """S0.13, S4.8: the person in the long nurture asks again in the same words: the lead is recycled, once."""
    key = await come(desk, "nurtured", NOW)
    await desk.done(key, "rest", "ops")
    for _ in range(2):
        await come(desk, "nurtured", NOW + 200 * DAY)
    assert await desk.happenings(key) == ["arrived", "rest", "recycle"]
    lead = await desk.lead(key)
    assert (lead.stage, lead.cycle) == ("fresh", 2)
    assert await desk.column("select count(*) from touch where lead = $1", key) == [2]


async def test_a_double_click_is_one_inquiry_whatever_day_begins_between(desk: Installation) -> None:
    """C.6: within a day the same content is a form sent twice, or a system that got no answer."""
    for hour in range(24):
        key = await come(desk, f"clicked-{hour}", NOW + hour * HOUR)
        await come(desk, f"clicked-{hour}", NOW + hour * HOUR + 23 * HOUR)
        assert await desk.happenings(key) == ["arrived"], hour


async def test_two_clicks_at_once_of_a_lead_that_is_known_are_one_return(desk: Installation) -> None:
    """C.6: neither knows of the other."""
    key = await come(desk, "both-clicks", NOW)
    await asyncio.gather(*(come(desk, "both-clicks", NOW + 30 * DAY) for _ in range(5)))
    assert await desk.happenings(key) == ["arrived", "touched"]


async def test_a_touch_with_an_id_is_what_its_system_says_it_is(desk: Installation) -> None:
    """C.6, S0.13: the same id is the same inquiry a year later, another id is a return in the same minute."""
    key = await come(desk, "named", NOW, touch_id="form-1")
    await come(desk, "named", NOW + 365 * DAY, touch_id="form-1")
    assert await desk.happenings(key) == ["arrived"]
    await come(desk, "named", NOW, touch_id="form-2")
    assert await desk.happenings(key) == ["arrived", "touched"]
    other = await come(desk, "named-too", NOW, touch_id="form-1")
    assert await desk.happenings(other) == ["arrived"], "an id is the lead's own"


async def test_an_import_that_is_repeated_changes_nothing_whatever_time_has_passed(
    desk: Installation, tmp_path: Path
) -> None:
    """C.6: a row is the same row, also in next year's run over the same file; a row that has changed is news."""

    def rows(*lines: str) -> Iterator[Row]:
        file = tmp_path / "leads.csv"
        file.write_text("id,kind,size\n" + "".join(f"{line}\n" for line in lines), encoding="utf-8")
        return rows_of(file)

    first = await import_rows(at(desk, NOW), rows("i1,returns,small", "i2,returns,small"), source_system="file")
    assert (first.created, first.known) == (2, 0)
    again = await import_rows(
        at(desk, NOW + 365 * DAY), rows("i2,returns,small", "i1,returns,small"), source_system="file"
    )
    assert (again.created, again.known) == (0, 2)
    assert await desk.happenings("lead:file:i1") == ["arrived"]
    await import_rows(at(desk, NOW + 366 * DAY), rows("i1,returns,large", "i2,returns,small"), source_system="file")
    assert await desk.happenings("lead:file:i1") == ["arrived", "touched"]
    assert await desk.happenings("lead:file:i2") == ["arrived"]


async def test_what_a_second_arrival_brings_fills_what_was_unknown_and_overwrites_nothing(desk: Installation) -> None:
    """S0.13, B.7: the phone number and the colour are news; size and address are known, and the touch keeps what was said."""
    key = await come(desk, "news", NOW)
    await come(desk, "news", NOW, size="large", color="blue", email="eve@example.org", phone="+49 30 1")
    lead = (await desk.idle(key)).lead
    assert (lead.fields["size"], lead.fields["color"]) == ("small", "blue")
    assert lead.known == ("email", "phone")
    assert await desk.column("select personal from lead where key = $1", key) == [
        {"email": "ada@example.org", "phone": "+49 30 1"}
    ]
    payloads = await desk.column("select payload from touch where lead = $1 order by id", key)
    assert payloads == [{"kind": "returns", "size": "small"}, {"kind": "returns", "size": "large", "color": "blue"}]
    changes = await desk.column("select changes from event where lead = $1 and happening = 'touched'", key)
    assert changes == [{"color": "blue", "phone": "(personal)"}]
    assert await desk.column("select count(*) from parcel where lead = $1", key) == [0]
    await desk.settled(key)


async def test_what_a_return_brings_comes_with_the_event_that_it_causes(desk: Installation) -> None:
    """S0.13: the return recycles the lead, and what it brings is the lead's in the same decision."""
    key = await come(desk, "recycled", NOW)
    await desk.done(key, "rest", "ops")
    await come(desk, "recycled", NOW, color="green", phone="+49 30 2")
    assert await desk.happenings(key) == ["arrived", "rest", "recycle"]
    lead = await desk.lead(key)
    assert (lead.fields["color"], lead.known) == ("green", ("email", "phone"))
    assert (await desk.column("select personal from lead where key = $1", key))[0]["phone"] == "+49 30 2"


async def test_a_value_that_became_known_meanwhile_is_not_overwritten(desk: Installation) -> None:
    """S0.13: the seller wrote the number down while the second arrival was on its way."""
    key = await come(desk, "meanwhile", NOW)

    class Slow(FrontDoor):
        async def _start(self, *arguments: Any) -> Any:
            await desk.done(key, "update", "ops", fields={"phone": "+49 30 3", "color": "red"})
            return await super()._start(*arguments)

    door = Slow(desk.pool, desk.client, desk.catalog)
    await door.arrive({"id": "meanwhile", **FORM, "phone": "+49 30 4", "color": "blue"}, source_system="test")
    assert (await desk.lead(key)).fields["color"] == "red"
    assert (await desk.column("select personal from lead where key = $1", key))[0]["phone"] == "+49 30 3"
    assert await desk.column("select count(*) from parcel where lead = $1", key) == [0]
