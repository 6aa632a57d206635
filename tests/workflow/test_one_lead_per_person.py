"""One person who comes several ways is one lead; two people are two; who may be one is for a person to decide (S0.13)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from client.desk import Sending
from client.front_door import Arrived, FrontDoor
from engine.identity.judging import Verdict
from store import leads, matches, personal
from store.matches import PairState
from store.pool import open_pool
from tests.installation import Installation, installation, people, written
from workflows.messages import Receipt

PEOPLE = """
identity: people
parts:
  email:   {from: email, same: 100, alike: 60, shared: 20, differs: -20}
  phone:   {from: phone, same: 70, alike: 25, shared: 10, differs: -10}
  name:    {from: contact, same: 50, alike: 45, differs: -80}
  company: {from: company, same: 20, alike: 15, differs: -40}
  country: {from: country, same: 5, differs: -15}
same: 100
possible: 55
shared: {people: 3, mailboxes: [info]}
free_mail: [gmail.com]
within: 730 days
"""
FIELDS = """
takes: {priority: 20, when: lead.kind == '%(name)s'}
fields:
  company: {type: text}
  country: {type: country}
  size:    {type: text}
  contact: {type: text, personal: true}
  email:   {type: email, personal: true}
  phone:   {type: phone, personal: true}
stages:
  fresh:
    waits_for_ever: true
    events: {finish: {to: done}}
  done:
    kind: won
    closes: true
    events: {reopen: {to: fresh, by: [lead], cycle: next}}
"""


def process(name: str, uses: str = "uses: {identity: people}") -> str:
    return f"process: {name}\nversion: 1\ntitle: {name.title()}\n{uses}\n{FIELDS % {'name': name}}"


ADA: dict[str, Any] = {
    "kind": "sales",
    "contact": "Ada Lovelace",
    "email": "ada.lovelace@cobalt.example",
    "phone": "+44 20 7946 0001",
    "company": "Cobalt Ltd",
    "country": "GB",
}
NOW = datetime.now(UTC)
DAY = timedelta(days=1)


@pytest_asyncio.fixture(scope="module")
async def office(temporal: WorkflowEnvironment, database: str) -> AsyncIterator[Installation]:
    """Two processes of one pool, and one that compares nobody."""
    made = [
        written(process("sales"), PEOPLE),
        written(process("service"), PEOPLE),
        written(process("loose", "")),
    ]
    nobody = people("roster: nobody\nteams: {}\npeople: {}\n")
    async with installation(temporal, database, made, [nobody]) as office, office.worker():
        yield office


@pytest_asyncio.fixture(autouse=True)
async def strangers(office: Installation) -> None:
    """Whoever came in an earlier test is not found again."""
    await office.pool.execute("update contact set pool = null, stale = false; delete from possible_match;")


async def come(office: Installation, id: str, time: datetime = NOW, **fields: Any) -> Arrived:
    door = FrontDoor(office.pool, office.client, office.catalog, lambda: time)
    return await door.arrive({"id": id, **ADA, **fields}, source_system="test")


async def test_the_same_person_under_another_id_is_a_touch_of_the_lead_that_is_there(office: Installation) -> None:
    """S0.13, S0.4, B.5: no second lead; source and campaign stand with the first, what was unknown is filled, and why is said."""
    first = await come(office, "web-1", source="web")
    again = await come(office, "fair-1", source="trade_show", campaign="spring", size="large", contact="Lovelace, Ada")
    assert (first.created, again.created, again.key) == (True, False, first.key)
    assert again.match is not None
    assert again.match.verdict is Verdict.SAME
    assert again.match.why[:2] == ("the same mail address (+100)", "the same phone number (+70)")
    await office.settled(first.key)
    assert await office.happenings(first.key) == ["arrived", "touched"]
    touches = await office.rows("select source, campaign from touch where lead = $1 order by id", first.key)
    assert touches == [{"source": "web", "campaign": None}, {"source": "trade_show", "campaign": "spring"}]
    assert (await office.lead(first.key)).fields["size"] == "large"
    assert await office.column("select count(*) from lead where external_id = 'fair-1'") == [0]


async def test_the_key_it_came_under_leads_to_that_lead_from_then_on(office: Installation) -> None:
    """C.6: sent again it is answered the same and nothing happens again; an event that is sent to it reaches the lead."""
    first = await come(office, "web-2")
    again = await come(office, "crm-2", source="crm")
    once_more = await come(office, "crm-2", source="crm")
    assert (once_more.key, once_more.created, once_more.match) == (first.key, False, again.match)
    assert await office.happenings(first.key) == ["arrived", "touched"]
    async with office.pool.acquire() as connection:
        known = await leads.standing(connection, "lead:test:crm-2")
    assert known is not None
    assert known.key == first.key
    answer = await office.desk.send("lead:test:crm-2", Sending("finish"))
    assert isinstance(answer, Receipt)
    assert (answer.lead, answer.stage) == (first.key, "done")


async def test_fifty_nearly_alike_at_once_are_one_lead_and_forty_nine_touches(office: Installation) -> None:
    """S0.13, C.6: each under an id of its own, with slips of the pen, through two front doors that know nothing of each other."""
    names = ("Ada Lovelace", "Lovelace Ada", "Ada Lovelaec", "ada lovelace", "Ada Lovlace")
    mails = ("ada.lovelace@cobalt.example", "Ada.Lovelace@Cobalt.Example", "ada.lovelaec@cobalt.example")
    phones = ("+44 20 7946 0001", "+44 (20) 79460001", "0044 20 7946 0001")
    firms = ("Cobalt Ltd", "Cobalt Limited", "COBALT", "Cobal Ltd")
    async with await open_pool(office.dsn) as other:
        doors = [office.door, FrontDoor(other, office.client, office.catalog)]
        arrived = await asyncio.gather(
            *(
                doors[n % 2].arrive(
                    {
                        **ADA,
                        "id": f"race-{n}",
                        "contact": names[n % len(names)],
                        "email": mails[n % len(mails)],
                        "phone": phones[n % len(phones)],
                        "company": firms[n % len(firms)],
                    },
                    source_system="test",
                )
                for n in range(50)
            )
        )
    [key] = {one.key for one in arrived}
    assert [one.created for one in arrived].count(True) == 1
    assert await office.column("select count(*) from lead where external_id like 'race-%'") == [1]
    assert await office.column("select count(*) from touch where lead = $1", key) == [50]
    await office.settled(key)
    assert sorted(await office.happenings(key)) == ["arrived", *["touched"] * 49]
    assert len(await office.runs(key)) == 1


async def test_the_very_same_at_once_under_two_keys_is_one_lead(office: Installation) -> None:
    """C.6, S0.13: two systems send one inquiry in the same moment."""
    async with await open_pool(office.dsn) as other:
        doors = [office.door, FrontDoor(other, office.client, office.catalog)]
        for n, name in enumerate(("Rosa Alvarez", "Igor Petrov", "Mia Wong", "Jonas Keller", "Lea Dubois")):
            email = f"person{n}@twice{n}.example"
            both = await asyncio.gather(
                *(
                    door.arrive(
                        {**ADA, "id": f"t{n}", "email": email, "contact": name},
                        source_system=system,
                    )
                    for door, system in zip(doors, ("web", "crm"), strict=True)
                )
            )
            assert len({one.key for one in both}) == 1, n
            assert [one.created for one in both].count(True) == 1


async def test_colleagues_are_two_leads_and_nobody_is_asked(office: Installation) -> None:
    """S0.13: one company, one switchboard, one domain; another name and another mail address."""
    first = await come(office, "ada")
    other = await come(office, "grace", contact="Grace Hopper", email="grace.hopper@cobalt.example")
    assert (other.created, other.match) == (True, None)
    assert other.key != first.key
    assert await office.column("select count(*) from possible_match") == [0]


async def test_who_may_be_the_same_is_a_lead_of_its_own_and_a_question(office: Installation) -> None:
    """S0.13, B.5: the name and the company agree, the addresses do not: a person sees both beside each other, with what agrees."""
    first = await come(office, "maybe-1", phone=None)
    maybe = await come(office, "maybe-2", email="al@gmail.com", phone=None, source="fair")
    assert maybe.created
    async with office.pool.acquire() as connection:
        [open_pair] = await matches.open_pairs(connection)
        assert {open_pair.one.key, open_pair.other.key} == {first.key, maybe.key}
        assert "the same name (+50)" in open_pair.pair.why
        assert {side.personal["email"] for side in (open_pair.one, open_pair.other)} == {ADA["email"], "al@gmail.com"}
        assert "Lovelace" not in str(open_pair.pair.why)

        assert await matches.decide(connection, maybe.key, first.key, PairState.DIFFERENT, "ann", NOW)
        assert not await matches.decide(connection, first.key, maybe.key, PairState.DIFFERENT, "ann", NOW)
        assert await matches.open_pairs(connection) == ()
        assert not await matches.note_possible(connection, first.key, maybe.key, 90, ["again"], NOW)
        assert await matches.open_pairs(connection) == ()


async def test_leads_of_one_pool_are_one_whatever_process_they_are_in_and_others_never(office: Installation) -> None:
    """S0.13: processes that use one identity table share a pool; one that uses none compares nobody."""
    first = await come(office, "s1")
    assert (await come(office, "s2", kind="service")).key == first.key
    assert (await come(office, "l1", kind="loose")).created
    assert (await come(office, "l2", kind="loose")).created


async def test_a_lead_that_closed_is_opened_again_as_its_process_says(office: Installation) -> None:
    """S0.13, S4.8: the same person after a year, under another id: what `lead` may cause happens."""
    first = await come(office, "old-1")
    await office.done(first.key, "finish", "ops")
    again = await come(office, "old-2", NOW + 365 * DAY)
    assert (again.key, again.created) == (first.key, False)
    assert await office.happenings(first.key) == ["arrived", "finish", "reopen"]


async def test_after_longer_than_the_table_looks_back_it_is_a_new_lead(office: Installation) -> None:
    """S0.13: `within` says how long a lead that nothing happens to is the same; then somebody new comes."""
    first = await come(office, "past-1")
    assert (await come(office, "past-2", NOW + 729 * DAY)).key == first.key
    again = await come(office, "past-3", NOW + 1500 * DAY)
    assert again.created
    assert again.match is None


async def test_a_lead_is_found_by_what_was_corrected_since(office: Installation) -> None:
    """S0.13: the seller wrote down the right address; by that the lead is found, and by the wrong one no more."""
    first = await come(office, "typed", email="wrong@nowhere.example", phone=None, contact=None)
    await office.done(first.key, "update", "ops", fields={"email": "right@cobalt.example"})
    right = await come(office, "right", email="right@cobalt.example", phone=None, contact=None)
    assert right.key == first.key
    wrong = await come(office, "wrong", email="wrong@nowhere.example", phone=None, contact=None)
    assert wrong.created


async def test_one_who_was_erased_is_not_found_again(office: Installation) -> None:
    """B.7: nothing of the person is left to compare with."""
    first = await come(office, "gone")
    async with office.pool.acquire() as connection:
        await personal.erase(connection, [first.key])
    assert await office.column("select count(*) from contact where lead = $1", first.key) == [0]
    assert (await come(office, "back")).created
