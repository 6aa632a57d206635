"""Tokens of upstream systems and people: issue, list, revoke."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from cli.author import author
from cli.database import database
from cli.output import AsJson, awaited, plain, print_json, print_table, say
from engine.access import CallerRole

if TYPE_CHECKING:
    from store.credentials import Credential


@awaited
async def issue(
    name: Annotated[str, typer.Argument(help="How the system or person is called, in lists and in the audit.")],
    role: Annotated[CallerRole, typer.Option(help="What it is for.")],
    person: Annotated[str | None, typer.Option(help="Whose it is: their key in the roster.")] = None,
    source: Annotated[
        list[str] | None, typer.Option(help="A source system that an upstream system may send for. Repeatable.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=3650, help="How long it is good.")] = 90,
    as_json: AsJson = False,
) -> None:
    """Issue a token. It is shown this once: what is kept of it is a hash.

    For instance: leadflow token issue shop --role upstream --source web
    """
    from store import credentials

    async with database() as connection:
        issued = await credentials.issue(
            connection, name, role, by=author(), person=person, sources=source or (), lasts=timedelta(days=days)
        )
    if as_json:
        print_json(issued)
        return
    say(issued.token)
    until = f"for {issued.name} ({role.value}), good until {issued.expires_at:%Y-%m-%d}"
    say(f"{until}. It is shown this once: keep it where secrets are kept.", stderr=True)


@awaited
async def listing(
    all: Annotated[bool, typer.Option("--all", help="Those that have expired or were revoked, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Tokens in use: whose, what for, until when, and when each was used last."""
    from store import credentials

    async with database() as connection:
        tokens = await credentials.listed(connection, all=all)
    if as_json:
        print_json([plain(token) for token in tokens])
        return
    columns = (
        "name",
        "begins",
        "role",
        "person",
        "sources",
        "issued by",
        "expires (UTC)",
        "last used (UTC)",
        "revoked (UTC)",
    )
    print_table(columns, [_row(token) for token in tokens])


def _row(token: Credential) -> tuple[object, ...]:
    return (
        *(token.name, token.prefix, token.role, token.person, ", ".join(token.sources), token.created_by),
        *(token.expires_at, token.last_used_at, token.revoked_at),
    )


@awaited
async def revoke(
    name: Annotated[str, typer.Argument(help="The name of the token, or how it begins.")], as_json: AsJson = False
) -> None:
    """Revoke a token, at once: whoever comes with it is nobody, and who has signed in with it is signed out.

    For instance: leadflow token revoke shop
    """
    from store import credentials

    async with database() as connection:
        revoked = await credentials.revoke(connection, name, by=author())
    if as_json:
        print_json({"revoked": revoked})
    else:
        say(f"revoked: {revoked}")
