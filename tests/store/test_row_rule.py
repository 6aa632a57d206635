"""Which leads a caller sees: told once, in the database, and held against every table that hangs on leads."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio

from engine.access import Caller, CallerRole
from engine.lead import Lead
from store import audit, leads, listing
from store.pool import Pool, open_pool
from store.showing import card_for
from store.visiting import as_visitor, visible, visiting
from tests.store.sales import MONDAY, arrived, pumps, staff

PROCESS = pumps()
OTHERS = """
roster: others
teams:
  resellers: {title: Resellers, leader: kim}
people:
  pia: {name: Pia, roles: [partner], teams: [resellers]}
  kim: {name: Kim, roles: [team_leader]}
"""

CALLERS = {
    "ann": Caller("ann", CallerRole.SELLER, "ann"),
    "ben": Caller("ben", CallerRole.SELLER, "ben"),
    "pia": Caller("pia", CallerRole.PARTNER, "pia"),
    "lee": Caller("lee", CallerRole.TEAM_LEADER, "lee", teams=frozenset({"sales"})),
    "kim": Caller("kim", CallerRole.TEAM_LEADER, "kim", teams=frozenset({"resellers"})),
    "marketing": Caller("campaigns", CallerRole.MARKETING),
    "ops": Caller("ops", CallerRole.OPS),
    "admin": Caller("root", CallerRole.ADMIN),
    "web": Caller("shop", CallerRole.UPSTREAM, sources=frozenset({"web", "a,b"})),
    "fair": Caller("fair", CallerRole.UPSTREAM, sources=frozenset({"fair"})),
}
SEES = {
    "ann": {"of_ann", "queued"},
    "ben": {"of_ben", "queued"},
    "pia": {"of_pia"},
    "lee": {"of_ann", "of_ben", "queued"},
    "kim": {"of_pia"},
    "marketing": {"of_ann", "of_ben", "of_pia", "queued"},
    "ops": {"of_ann", "of_ben", "of_pia", "queued"},
    "admin": {"of_ann", "of_ben", "of_pia", "queued"},
    "web": {"of_ann"},
    "fair": {"of_ben"},
}
HANGING = ("touch", "event", "visit", "assignment", "score", "clock", "notification", "task", "note")
SECRETS = {"email": "ada@example.org", "contact": "Ada Lovelace"}


@pytest_asyncio.fixture(scope="module")
async def peopled(database: str) -> AsyncIterator[Pool]:
    """Four leads: Ann's from the web, Ben's from the fair, a partner's, and one in the queue of the sales team."""
    async with await open_pool(database) as pool:
        await staff(pool)
        await staff(pool, OTHERS)
        for key, owner, team, leader, source in (
            ("of_ann", "ann", "sales", "lee", "web"),
            ("of_ben", "ben", "sales", "lee", "fair"),
            ("of_pia", "pia", "resellers", "kim", "phone"),
            ("queued", None, "sales", "lee", "phone"),
        ):
            lead: Lead = await arrived(pool, PROCESS, key, country="DE")
            async with pool.acquire() as conn:
                await leads.set_personal(conn, key, SECRETS)
                await leads.add_note(conn, key, MONDAY, "ann", "Mrs Lovelace rang")
                await leads.add_touch(conn, key, MONDAY, {"source": source}, f"{key}-touch")
                await conn.execute(
                    "insert into notification (key, lead, at, recipient, name, template, channels)"
                    " values ($1 || ':0', $1, now(), 'person', 'ann', 'new_lead', '{email}')",
                    key,
                )
                await conn.execute(
                    "update lead set owner = $2, team = $3, leader = $4, source_system = $5, ownership = $6 where key = $1",
                    *(key, owner, team, leader, source, "person" if owner else "queue"),
                )
                await conn.execute("update clock set owner = $2 where lead = $1", key, owner)
            assert lead.owner
        yield pool


@pytest.mark.parametrize("who", CALLERS)
async def test_a_caller_sees_the_leads_that_are_theirs_and_no_others(peopled: Pool, who: str) -> None:
    """S1.13, S1.14, S2.7: a seller the own ones and the queue of the team, a leader those of the team, a partner only theirs, an upstream
    system those of its sources. In every table that hangs on leads."""
    async with visiting(peopled, CALLERS[who]) as conn:
        assert {line.key for line in await listing.listing(conn, listing.Filter(states=None))} == SEES[who]
        for table in HANGING:
            if table == "note" and who in ("ops", "web", "fair"):
                continue
            seen = await conn.fetch(f"select distinct lead from {table}")
            assert {row["lead"] for row in seen} == SEES[who], table
        for key in SEES["admin"]:
            assert await visible(conn, key) == (key in SEES[who])
            assert (await card_for(conn, CALLERS[who], key) is not None) == (key in SEES[who])


async def test_a_pair_is_shown_to_who_sees_both(peopled: Pool) -> None:
    """S1.13, S0.13: who may see one lead is not told by a pair that there is another."""
    async with peopled.acquire() as conn:
        for one, other in (("of_ann", "of_ben"), ("of_ann", "of_pia"), ("of_ben", "queued")):
            await conn.execute(
                "insert into possible_match (one, other, points, why, found_at) values ($1, $2, 80, '[]', now())"
                " on conflict do nothing",
                *(one, other),
            )
    sees = {"ann": 0, "ben": 1, "pia": 0, "lee": 2, "kim": 0, "marketing": 3, "ops": 3, "admin": 3, "web": 0, "fair": 0}
    for who, number in sees.items():
        async with visiting(peopled, CALLERS[who]) as conn:
            assert await conn.fetchval("select count(*) from possible_match") == number, who


async def test_a_connection_without_a_caller_sees_no_lead(peopled: Pool) -> None:
    """Forgetting to say who asks must show nothing rather than all; and what one caller said is gone with them."""
    async with peopled.acquire() as conn:
        async with as_visitor(conn, CALLERS["admin"]):
            assert await conn.fetchval("select count(*) from lead") == 4
        assert await conn.fetchval("select current_user = session_user and caller() is null")
        async with conn.transaction():
            await conn.execute("set local role leadflow_confidant")
            for caller in ("", "{}", '{"role": "boss"}', '{"role": "seller"}', '{"role": "upstream", "sources": []}'):
                await conn.execute("select set_config('leadflow.caller', $1, true)", caller)
                assert await conn.fetchval("select count(*) from lead") == 0
        assert await conn.fetchval("select count(*) from lead") == 4


async def test_a_caller_writes_nothing(peopled: Pool) -> None:
    """S1.13: not even an administrator, who reads everything: changes go through the desk and the journal."""
    for table in ("lead", *HANGING, "audit", "credential", "person"):
        for change in (f"delete from {table}", f"insert into {table} default values"):
            async with peopled.acquire() as conn:
                with pytest.raises((asyncpg.ReadOnlySQLTransactionError, asyncpg.InsufficientPrivilegeError)):
                    async with as_visitor(conn, CALLERS["admin"]):
                        await conn.execute(change)
                with pytest.raises(asyncpg.InsufficientPrivilegeError):  # nor where the transaction may write
                    async with conn.transaction():
                        await conn.execute("set local role leadflow_confidant")
                        await conn.execute(change)


@pytest.mark.parametrize(
    "table", ["credential", "session", "sign_in", "audit", "identity", "parcel", "roster_past", "leave"]
)
async def test_what_callers_have_no_business_with_is_closed_to_them(peopled: Pool, table: str) -> None:
    """S1.13: neither tokens nor the audit, and nothing by which a person could be found."""
    async with peopled.acquire() as conn:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with as_visitor(conn, CALLERS["admin"]):
                await conn.fetch(f"select * from {table}")


@pytest.mark.parametrize("who", ["ops", "web"])
@pytest.mark.parametrize("statement", ["select personal from lead", "select * from lead", "select text from note"])
async def test_personal_columns_are_closed_to_who_needs_none(peopled: Pool, who: str, statement: str) -> None:
    """Section 4: operations and upstream systems see how leads fare, not whom they are about: the database refuses to say."""
    async with peopled.acquire() as conn:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with as_visitor(conn, CALLERS[who]):
                await conn.fetch(statement)


async def test_a_card_shows_as_much_as_the_work_of_its_reader_needs(peopled: Pool) -> None:
    """S1.14: a partner sees fewer fields, operations nothing personal, an upstream system how far its lead has come."""

    async def card(who: str, key: str) -> str:
        async with visiting(peopled, CALLERS[who]) as conn:
            return json.dumps(
                await card_for(conn, CALLERS[who], key), default=lambda value: getattr(value, "__dict__", str(value))
            )

    async with visiting(peopled, CALLERS["ann"]) as conn:
        ours = await card_for(conn, CALLERS["ann"], "of_ann")
        assert ours is not None
        assert ours.origin.personal == SECRETS and ours.notes[0].text == "Mrs Lovelace rang"
        assert ours.scores and ours.assignments and ours.touches and ours.lead.score is not None
    async with visiting(peopled, CALLERS["pia"]) as conn:
        theirs = await card_for(conn, CALLERS["pia"], "of_pia")
        assert theirs is not None
        assert theirs.origin.personal == SECRETS
        assert (theirs.scores, theirs.assignments, theirs.touches, theirs.notices, theirs.notes) == ((), (), (), (), ())
        assert (theirs.lead.owner, theirs.lead.score, theirs.lead.owner_because) == ("pia", None, "")
        assert theirs.clocks and theirs.visits
    for who in ("ops", "web"):
        text = await card(who, "of_ann")
        assert "Lovelace" not in text and "ada@example.org" not in text
    async with visiting(peopled, CALLERS["web"]) as conn:
        sent = await card_for(conn, CALLERS["web"], "of_ann")
        assert sent is not None
        assert (sent.lead.stage, sent.lead.owner, sent.lead.score) == ("qualified", None, None)
        assert (sent.visits, sent.events, sent.clocks) == ((), (), ())


async def test_no_table_of_leads_is_open_without_the_rule(peopled: Pool) -> None:
    """S1.13: whatever names a lead is either closed to callers or under the row rule; and so is every view. A table that is added
    tomorrow fails here until it is."""
    async with peopled.acquire() as conn:
        open_tables = await conn.fetch(
            """
            select distinct hanging.conrelid::regclass::text as name
            from pg_constraint as hanging
            join pg_class on pg_class.oid = hanging.conrelid
            where hanging.contype = 'f' and hanging.confrelid = 'lead'::regclass
                and has_any_column_privilege('leadflow_confidant', hanging.conrelid, 'select')
                and not exists (
                    select from pg_policy where pg_policy.polrelid = hanging.conrelid and pg_class.relrowsecurity
                )
            """
        )
        assert [row["name"] for row in open_tables] == []
        views = await conn.fetch(
            """
            select distinct pg_class.relname
            from pg_class
            join pg_rewrite on pg_rewrite.ev_class = pg_class.oid
            join pg_depend on pg_depend.objid = pg_rewrite.oid and pg_depend.refobjid <> pg_class.oid
            join pg_class as under on under.oid = pg_depend.refobjid
            where pg_class.relkind in ('v', 'm') and under.relrowsecurity
                and has_any_column_privilege('leadflow_confidant', pg_class.oid, 'select')
                and not 'security_invoker=true' = any (coalesce(pg_class.reloptions, '{}'))
            """
        )
        assert [row["relname"] for row in views] == []
        writable = await conn.fetch(
            """
            select pg_class.relname from pg_class
            where pg_class.relnamespace = 'public'::regnamespace and pg_class.relkind in ('r', 'v', 'p')
                and (
                    has_table_privilege('leadflow_confidant', pg_class.oid, 'insert, update, delete, truncate')
                    or has_any_column_privilege('leadflow_confidant', pg_class.oid, 'insert, update')
                )
            """
        )
        assert [row["relname"] for row in writable] == []


async def test_the_audit_is_only_added_to(peopled: Pool) -> None:
    """Section 4: who read or changed what cannot be taken back, not even by the owner of the table."""
    async with peopled.acquire() as conn:
        many = [f"lead:web:{number}" for number in range(250)]
        await audit.note(conn, "ann", "seller", "list_leads", audit.Ended.DONE, "GET /leads", leads=many)
        for change in ("update audit set who = 'ben'", "delete from audit", "truncate audit"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="only added to"):
                await conn.execute(change)
        (entry,) = await audit.entries(conn, who="ann")
        assert (entry.count, len(entry.leads), entry.what) == (250, audit.NAMED, "list_leads")
        assert await audit.entries(conn, lead="lead:web:7") == (entry,)
        assert await audit.entries(conn, what="publish") == ()
