"""B.7: a person is erased from a lead that is under way, and the lead goes on; who comes again is somebody new."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from client.erasing import Eraser
from engine.errors import IntakeError
from store import personal
from tests.installation import Installation, installation, shipped_around_the_clock, shipped_roster

ADA: dict[str, Any] = {
    "kind": "sales",
    "channel": "direct",
    "source": "web",
    "campaign": "spring",
    "company": "Isar Pumpen",
    "country": "DE",
    "product_line": "pumps",
    "employees": 40,
    "contact_name": "Adelgunde Isarwinkel",
    "email": "adelgunde@isar.example",
    "phone": "+49 89 55512345",
}


@pytest_asyncio.fixture(scope="module")
async def office(temporal: WorkflowEnvironment, database: str) -> AsyncIterator[Installation]:
    async with (
        installation(temporal, database, shipped_around_the_clock(), [shipped_roster()]) as made,
        made.worker(),
    ):
        yield made


async def erase(office: Installation, *keys: str) -> None:
    await Eraser(office.pool, office.client, office.catalog).erase(keys, "dpo")


async def test_rules_find_it_unknown_and_figures_stay(office: Installation) -> None:
    """B.7: workflow and database agree that nothing is known; stages, touches by source and scores are what they were."""
    key = await office.new("rules", **ADA)
    await office.done(key, "contact", note="Adelgunde likes mornings", codes={"channel": "phone"})
    assert {"email", "phone"} <= set((await office.lead(key)).known)
    before = await office.rows("select stage, entered_at from visit where lead = $1", key)
    await erase(office, key)

    lead = await office.lead(key)
    assert lead.known == () and (await office.happenings(key))[-1] == "erased"
    await office.settled(key)
    assert await office.rows("select stage, entered_at from visit where lead = $1", key) == before
    assert await office.column("select source || campaign from touch where lead = $1", key) == ["webspring"]
    assert (await office.done(key, "accept")).seq > lead.seq


async def test_an_event_that_brings_personal_data_is_refused_and_others_go_on(office: Installation) -> None:
    """B.7: nobody becomes somebody again by a note or a number; and what was under way goes in without it."""
    key = await office.new("later", **ADA)
    await erase(office, key)
    for brought in ({"fields": {"phone": "+49 89 55512345"}}, {"note": "Adelgunde called"}):
        with pytest.raises(IntakeError) as refused:
            await office.send(key, "update", **brought)
        assert refused.value.code == "ERASED"
    await office.done(key, "update", fields={"budget": 4})
    await office.pool.execute('update lead set personal = \'{"email": "x@isar.example"}\' where key = $1', key)
    await office.pool.execute("insert into note (lead, at, by, text) values ($1, now(), 'ann', 'Adelgunde')", key)
    assert await office.column("select personal from lead where key = $1", key) == [{}]
    assert await office.column("select text from note where lead = $1", key) == [""]


async def test_who_comes_again_is_somebody_new(office: Installation) -> None:
    """B.7, S0.13: under the same id, with the same address: another lead; and the old file once more brings nobody back."""
    first = await office.arrive("again", **ADA, touch_id="form-1")
    await erase(office, first.key)
    sent_again = await office.arrive("again", **ADA, touch_id="form-1")
    assert (sent_again.key, sent_again.created) == (first.key, False)
    assert await office.column("select personal from lead where key = $1", first.key) == [{}]
    came = await office.arrive("again", **ADA, touch_id="form-2")
    assert came.created and came.key != first.key
    again = await office.arrive("again", **ADA, touch_id="form-3")
    assert (again.key, again.created) == (came.key, False)
    await erase(office, came.key)
    third = await office.arrive("again", **ADA, touch_id="form-4")
    assert third.created and third.key not in (first.key, came.key)


async def test_a_closed_lead_forgets_its_person_and_stays_closed(office: Installation) -> None:
    """B.7: its workflow has ended; it is told, and ends again."""
    other = {"contact_name": "Adelgunde Zuckschwert", "email": "a.z@closed.example", "phone": "+49 40 55512346"}
    key = await office.new("closed", **{**ADA, "company": "Closed", **other})
    await office.done(key, "reject", codes={"reason": "other"}, note="Adelgunde is rude")
    await office.done(key, "bury", by="head_of_marketing", codes={"reason": "no_sign"})
    await office.handle(key).result()
    await erase(office, key)
    await office.handle(key).result()
    lead = await office.snapshot(key)
    assert lead.closed and lead.known == ()
    [row] = await office.rows("select state, known, personal from lead where key = $1", key)
    assert (row["state"], row["known"], row["personal"]) == ("closed", [], {})


async def test_it_can_be_done_again_and_of_several_leads_at_once(office: Installation) -> None:
    """B.7: whoever found a server away erases once more; one person may have come as several leads."""
    keys = [
        await office.new(name, **{**ADA, "contact_name": name, "email": "many@isar.example", "phone": None})
        for name in ("Wunibald", "Xaverl")  # who bears another name is not taken for the same
    ]
    async with office.pool.acquire() as connection:
        assert set(await personal.of_address(connection, "MANY@isar.example")) == set(keys)
    await erase(office, *keys)
    await erase(office, *keys)
    async with office.pool.acquire() as connection:
        assert await personal.of_address(connection, "many@isar.example") == ()
