"""Bringing a database to the shape that this code expects: the files of `migrations/` in order, each once.

Safe when several processes start at once: one works, the others wait and find nothing left to do. Migrations that the
database knows and this code does not are let be, so that a release can be taken back.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from engine.errors import LeadflowError
from store.pool import Connection, connection
from store.queries import queries

FOLDER = Path(__file__).with_name("migrations")

_SQL = queries("migrate")
_LONGEST = timedelta(hours=1)


class MigrationError(LeadflowError):
    """A migration was changed after it had been applied, or fails on this database."""


@dataclass(frozen=True, slots=True)
class Migration:
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


async def migrate(dsn: str, folder: Path = FOLDER) -> list[str]:
    """Apply what is missing and return its names. What fails leaves no trace of itself; what came before it stays.

    Raises MigrationError, and StackError where the server cannot be reached.
    """
    async with connection(dsn, statement_timeout=_LONGEST) as conn:
        await conn.execute(_SQL["lock"])  # until the connection closes
        await conn.execute(_SQL["create"])
        missing = await _missing(conn, folder)
        for migration in missing:
            await _apply(conn, migration)
        return [migration.name for migration in missing]


async def pending(dsn: str, folder: Path = FOLDER) -> list[str]:
    """The names of what `migrate` would apply. Raises like it, and changes nothing."""
    async with connection(dsn) as conn:
        return [migration.name for migration in await _missing(conn, folder)]


async def _missing(conn: Connection, folder: Path) -> list[Migration]:
    known = await conn.fetchval(_SQL["exists"])
    applied = {row["name"]: row["checksum"] for row in await conn.fetch(_SQL["applied"])} if known else {}
    migrations = _read(folder)
    for migration in migrations:
        if applied.get(migration.name, migration.checksum) != migration.checksum:
            raise MigrationError(
                f"migration {migration.name} is not what was applied to this database",
                "Put the file back as it was, and write what is to change into a new migration.",
            )
    return [migration for migration in migrations if migration.name not in applied]


def _read(folder: Path) -> list[Migration]:
    # Text, not bytes: line ends that a checkout has translated are no change.
    return [Migration(path.stem, path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.sql"))]


async def _apply(conn: Connection, migration: Migration) -> None:
    try:
        async with conn.transaction():
            await conn.execute(migration.sql)
            await conn.execute(_SQL["note"], migration.name, migration.checksum)
    except Exception as error:
        raise MigrationError(
            f"migration {migration.name} fails: {error}", "Nothing of it was kept. Mend the cause and migrate again."
        ) from error
