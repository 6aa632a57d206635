"""Tasks: the daily work list of a person (S2.2). They are written with the decision that asks for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from store.pool import Connection
from store.queries import queries

_SQL = queries("tasks")


@dataclass(frozen=True, slots=True)
class TaskLine:
    """A task of a lead. `meant_for` is as the definition says, `person` on whose list it stands now, if on any."""

    key: str
    lead: str
    meant_for: str
    person: str | None
    title: str
    due_at: datetime | None
    created_at: datetime
    done_at: datetime | None
    done_by: str | None


async def work_list(conn: Connection, person: str) -> tuple[TaskLine, ...]:
    """What a person still has to do, the next due first."""
    return tuple(TaskLine(**row) for row in await conn.fetch(_SQL["work_list"], person))


async def completing(conn: Connection, lead: str, *, but_of: str) -> tuple[str, ...]:
    """The open tasks that ask for what a lead lacks, but for those of the decision with this step key."""
    return tuple(row["key"] for row in await conn.fetch(_SQL["completing"], lead, but_of))


async def finish_task(conn: Connection, key: str, at: datetime, by: str) -> bool:
    """False where there is no such task, or it is done."""
    return bool(await conn.fetchval(_SQL["finish"], key, at, by))
