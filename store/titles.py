"""What people call stages and versions, where the journal has paths and digests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from store.pool import Connection
from store.queries import queries

_SQL = queries("titles")


@dataclass(frozen=True, slots=True)
class Titles:
    """`stages`: digest and path to title. `versions`: digest to the number of the version."""

    stages: Mapping[tuple[str, str], str] = field(default_factory=dict)
    versions: Mapping[str, int] = field(default_factory=dict)


async def stage_paths(conn: Connection) -> tuple[str, ...]:
    """Stages of all published versions."""
    return tuple(row["path"] for row in await conn.fetch(_SQL["paths"]))


async def titles_for(conn: Connection, key: str) -> Titles:
    """For the definitions that this lead has run on."""
    stages = {(row["digest"], row["path"]): row["title"] for row in await conn.fetch(_SQL["stages"], key)}
    return Titles(stages, {row["digest"]: row["version"] for row in await conn.fetch(_SQL["versions"])})
