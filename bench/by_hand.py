"""The floor of the intake bench: a lead workflow as one would write it by hand, with nothing that leadflow is for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio import activity, workflow

with workflow.unsafe.imports_passed_through():
    import asyncpg

    from workflows.visibility import OWNER, SCORE, STAGE

TABLES = """
create table hand_lead (key text primary key, fields jsonb, personal jsonb, stage text, owner text, score int, due_at timestamptz);
create table hand_touch (lead text references hand_lead, at timestamptz, id text unique);
create table hand_event (lead text references hand_lead, seq int, at timestamptz, happening text, body jsonb, primary key (lead, seq));
create table hand_visit (id bigserial primary key, lead text references hand_lead, stage text, entered_at timestamptz);
create table hand_assignment (id bigserial primary key, lead text references hand_lead, person text, at timestamptz, why jsonb);
create table hand_score (id bigserial primary key, lead text references hand_lead, total int, parts jsonb);
create table hand_clock (id bigserial primary key, lead text references hand_lead, name text, due_at timestamptz);
create index on hand_assignment (person, id);
"""


@dataclass
class HandStart:
    key: str
    fields: dict[str, Any]


class HandActivities:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    @activity.defn(name="hand_settle")
    async def settle(self, key: str) -> str:
        at = datetime.now(UTC)
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute("select pg_advisory_xact_lock(42)")
            owner = await connection.fetchval(
                "select p.key from person p left join hand_assignment a on a.person = p.key"
                " where p.active group by p.key order by max(a.id) nulls first limit 1"
            )
            await connection.execute(
                "insert into hand_event (lead, seq, at, happening, body) values ($1, 1, $2, 'arrived', $3)",
                key,
                at,
                {"key": key},
            )
            await connection.execute(
                "update hand_lead set stage = 'new', owner = $2, score = 9, due_at = $3 where key = $1", key, owner, at
            )
            await connection.execute("insert into hand_visit (lead, stage, entered_at) values ($1, 'new', $2)", key, at)
            await connection.execute(
                "insert into hand_assignment (lead, person, at, why) values ($1, $2, $3, $4)",
                key,
                owner,
                at,
                {"rule": "one"},
            )
            await connection.execute("insert into hand_score (lead, total, parts) values ($1, 9, $2)", key, {"fit": 9})
            await connection.execute(
                "insert into hand_clock (lead, name, due_at) values ($1, 'follow_up', $2)", key, at + timedelta(days=3)
            )
        return str(owner)


@workflow.defn(name="HandLead")
class HandLead:
    def __init__(self) -> None:
        self.owner: str | None = None

    @workflow.run
    async def run(self, start: HandStart) -> None:
        self.owner = await workflow.execute_activity(
            "hand_settle", start.key, start_to_close_timeout=timedelta(seconds=20), result_type=str
        )
        workflow.upsert_search_attributes([STAGE.value_set("new"), OWNER.value_set(self.owner), SCORE.value_set(9)])
        await workflow.sleep(timedelta(days=3))

    @workflow.update
    async def arrive(self) -> str:
        await workflow.wait_condition(lambda: self.owner is not None)
        return self.owner or ""
