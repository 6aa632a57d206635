"""`leadflow lead doubles` and `lead distinct`: pairs of leads that may be one, and what somebody says of them (S0.13)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from cli.database import database, visit
from cli.harmless import harmless
from cli.output import AsJson, awaited, plain, print_json, print_table, say
from cli.rights import caller, concerns, counts

if TYPE_CHECKING:
    from store.matches import OpenPair, Side


@awaited
async def doubles(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many pairs.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Leads that may be one, the likeliest pair first, both sides beside each other and what agrees.

    For instance: leadflow lead doubles --limit 5
    """
    from store.matches import open_pairs

    async with visit() as connection:
        pairs = await open_pairs(connection, None, limit)
    counts(2 * len(pairs))
    if as_json:
        print_json([plain(pair) for pair in pairs])
        return
    if not pairs:
        say("no lead waits to be told from another")
    for pair in pairs:
        _show(pair)
    if len(pairs) == limit:
        say(f"only the first {limit}; --limit shows more", stderr=True)


@awaited
async def distinct(
    one: Annotated[str, typer.Argument(help="A lead; as in `lead show`.", metavar="ONE")],
    other: Annotated[str, typer.Argument(help="The other lead.", metavar="OTHER")],
    by: Annotated[str | None, typer.Option(help="Who decides. Whose token is used, or ops.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say that two leads are two: nobody is asked about them again.

    For instance: leadflow lead distinct lead:web:42 lead:fair:7 --by maria_lopez
    """
    from cli.lead import one_lead
    from store import matches

    async with visit() as connection:
        first, second = await one_lead(connection, one), await one_lead(connection, other)
    concerns(first, second)
    who = caller()
    decides = by or (who.person or who.name if who is not None else "ops")
    async with database() as connection:
        new = await matches.decide(connection, first, second, matches.PairState.DIFFERENT, decides, datetime.now(UTC))
    if as_json:
        print_json({"one": first, "other": second, "state": "different", "new": new})
    else:
        say(harmless(f"{first} and {second} are two leads{'' if new else ', as was said before'}"))


def _show(found: OpenPair) -> None:
    pair = found.pair
    say(harmless(f"{pair.points} points: {'; '.join(pair.why)}"))
    rows = [(name, one, other) for name, one, other in _beside(found.one, found.other) if one or other]
    print_table(("", found.one.key, found.other.key), rows)
    say(f"  one lead:  leadflow lead merge {pair.other} {pair.one} --by-rules")
    say(f"  two leads: leadflow lead distinct {pair.one} {pair.other}\n")


def _beside(one: Side, other: Side) -> list[tuple[str, str, str]]:
    def text(value: object) -> str:
        return "" if value is None else harmless(str(value))

    names = ("title", "process", "stage", "state", "owner", "source", "arrived_at")
    rows = [(name.replace("_", " "), text(getattr(one, name)), text(getattr(other, name))) for name in names]
    values, others = one.personal | one.fields, other.personal | other.fields
    fields = dict.fromkeys((*values, *others))
    return rows + [(name, text(values.get(name)), text(others.get(name))) for name in fields if name != "source"]
