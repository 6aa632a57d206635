"""Sources, campaigns and other words for countries: loaded from a file, whole, and read at the door."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.language.tables import SourcesFile
from engine.plain_words import plain
from store.pool import Connection
from store.queries import queries

_SQL = queries("sources")


@dataclass(frozen=True, slots=True)
class Known:
    """The names that count with their other writings, and what leads from a source are where they do not say."""

    sources: Mapping[str, list[str]]
    campaigns: Mapping[str, list[str]]
    countries: Mapping[str, list[str]]
    kinds: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What loading a table did. `unknown` are the sources and campaigns that leads came with and that it does not know."""

    sources: int
    campaigns: int
    unknown: dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A source as people see it. `touches` counts what came from it, None where none did."""

    name: str
    title: str | None
    group: str | None
    kind: str | None
    aliases: list[str]
    touches: int
    known: bool


async def current(conn: Connection) -> Known:
    row = await conn.fetchrow(_SQL["current"])
    assert row is not None
    return Known(row["sources"], row["campaigns"], row["countries"], row["kinds"])


async def load(conn: Connection, table: SourcesFile, by: str) -> Loaded:
    """Put this table in the place of the one that was loaded before."""
    names = {
        "source": {name: row.aliases for name, row in table.of.items()},
        "campaign": {name: row.aliases for name, row in table.campaigns.items()},
    }
    unknown: dict[str, list[str]] = {}
    async with conn.transaction():
        await conn.execute(_SQL["lock"])
        came = {
            "source": [row["sent"] for row in await conn.fetch(_SQL["sources_that_came"])],
            "campaign": [row["sent"] for row in await conn.fetch(_SQL["campaigns_that_came"])],
        }
        await conn.execute(_SQL["clear"])
        for name, row in table.of.items():
            await conn.execute(_SQL["add_source"], name, row.title, row.group, row.kind, row.aliases)
        for name, campaign in table.campaigns.items():
            await conn.execute(_SQL["add_campaign"], name, campaign.title, campaign.source, campaign.aliases)
        for code, aliases in table.countries.items():
            await conn.executemany(_SQL["add_country"], [(alias, code) for alias in aliases])
        for kind, of in names.items():
            meant = _meant(of)
            sent = {*of, *(one for one in came[kind] if meant(one) is not None)}
            await conn.executemany(_SQL["add_known"], [(kind, one, meant(one) or one) for one in sorted(sent)])
            unknown[kind] = [one for one in came[kind] if meant(one) is None]
        await conn.execute(_SQL["loaded"], table.sources, by, len(table.of), len(table.campaigns))
    return Loaded(len(table.of), len(table.campaigns), unknown)


async def sources(conn: Connection) -> tuple[SourceLine, ...]:
    """Those of the table, and those that leads came with and it does not know."""
    return tuple(SourceLine(**row) for row in await conn.fetch(_SQL["sources"]))


def _meant(names: Mapping[str, list[str]]) -> Callable[[str], str | None]:
    written = {plain(alias): name for name, aliases in names.items() for alias in aliases}
    written |= {plain(name): name for name in names}
    return lambda sent: written.get(plain(sent))
