"""`leadflow lead merge`: two leads that are one become one, after a dry run, and two again (S0.13)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

import settings as configuration
from cli.database import database, visit
from cli.harmless import harmless
from cli.output import AsJson, awaited, plain, print_json, say
from cli.rights import PLAIN, caller, concerns
from engine.access import acts_as

if TYPE_CHECKING:
    from collections.abc import Iterable

    from client.merge_outlook import Deadline, MergeOutlook, PartOutlook
    from store.merges import Merge


@awaited
async def merge(
    loser: Annotated[str, typer.Argument(help="The lead that ends; as in `lead show`.", metavar="LOSER")],
    survivor: Annotated[str | None, typer.Argument(help="The lead that goes on.", metavar="SURVIVOR")] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Do it; without it, it is a dry run.")] = False,
    by_rules: Annotated[bool, typer.Option("--by-rules", help="Let the rules say which of the two goes on.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Take the merge of LOSER back.")] = False,
    by: Annotated[
        str | None,
        typer.Option(help="Who decides: a person of the roster; or marketing, ops. Whose token is used, or ops."),
    ] = None,
    reason: Annotated[str, typer.Option(help="Why; the stories of both leads say it.")] = "",
    as_json: AsJson = False,
) -> None:
    """Merge two leads that are one. Without --apply nothing is written.

    The survivor keeps its values, owner, stage and clocks, and learns what only the loser knew. The loser ends; whatever comes
    under its key or id reaches the survivor, and touches, notes and history of both are shown with it. --undo makes them two again.

    For instance: leadflow lead merge lead:fair:7 lead:web:42 --by maria_lopez --reason "same inquiry", then with --apply
    """
    if undo and (survivor is not None or by_rules):
        raise typer.BadParameter("name the lead that was merged away, and nothing else", param_hint="--undo")
    if not undo and survivor is None:
        raise typer.BadParameter("name the lead that goes on", param_hint="SURVIVOR")
    if apply and not reason.strip():
        raise typer.BadParameter("say why: the stories of both leads say it", param_hint="--reason")
    first, second = await _keys(loser, survivor)
    if not apply:
        await _look_ahead(first, second, by_rules=by_rules, as_json=as_json)
        return
    who = caller()
    decides = (by or "ops") if who is None or who.role in PLAIN else acts_as(who, by)
    concerns(first, *([second] if second is not None else []))
    done = await _carry_out(first, second, decides, reason.strip(), by_rules=by_rules)
    if as_json:
        print_json(plain(done))
    else:
        _tell(done)


async def _keys(loser: str, survivor: str | None) -> tuple[str, str | None]:
    from cli.lead import one_lead

    async with visit() as connection:
        return await one_lead(connection, loser), await one_lead(connection, survivor) if survivor is not None else None


async def _carry_out(loser: str, survivor: str | None, by: str, reason: str, *, by_rules: bool) -> Merge:
    from bootstrap import open_office
    from cli.importing import somebody_works

    settings = configuration.load()
    async with open_office(settings) as office:
        await somebody_works(settings, office.temporal)
        if survivor is None:
            return await office.merger.undo(loser, by, reason)
        return await office.merger.merge(loser, survivor, by, reason, by_rules=by_rules)


def _tell(done: Merge) -> None:
    if done.undone_at is not None:
        say(f"{done.loser} goes on by itself; {done.survivor} has given back what came from it")
        return
    say(f"{done.loser} is {done.survivor} from now on (merge {done.id}: {done.rule})")
    say(f"the way back: leadflow lead merge {done.loser} --undo")


# --- dry runs ---------------------------------------------------------------------------------------------------------


async def _look_ahead(loser: str, survivor: str | None, *, by_rules: bool, as_json: bool) -> None:
    from client.merge_outlook import what_merging_does, what_parting_does

    scale = configuration.load().time_scale
    async with database() as connection:
        if survivor is None:
            parts = await what_parting_does(connection, loser, scale=scale)
        else:
            seen = await what_merging_does(connection, loser, survivor, by_rules=by_rules, scale=scale)
    if as_json:
        print_json({"dry_run": True, **plain(parts if survivor is None else seen)})
    elif survivor is None:
        _tell_parting(parts)
    else:
        _tell_merging(seen)


def _tell_merging(seen: MergeOutlook) -> None:
    _line(f"{seen.loser} would end, and {seen.survivor} ({seen.title}) go on: {seen.rule}")
    if seen.rules_say != seen.survivor:
        _line(f"  by the rules it would be the other way round: {seen.rules_say} survives")
    _line(f"  owner {seen.owner or 'nobody yet'}, stage {seen.stage}")
    if seen.fills:
        _line(f"  learns: {', '.join(f'{name} = {value}' for name, value in seen.fills.items())}")
    if seen.personal:
        _line(f"  learns what is personal: {', '.join(seen.personal)}")
    if seen.stays_behind:
        _line(f"  stays with {seen.loser}, unknown to the process: {', '.join(seen.stays_behind)}")
    if seen.score_after != seen.score_before:
        _line(f"  score {seen.score_before} becomes {seen.score_after}")
    if seen.takes_over:
        _line(f"  goes on by the loser's deadline, which is the earlier: {_deadlines(seen.takes_over)}")
    if seen.ends:
        _line(f"  ends with {seen.loser}: {_deadlines(seen.ends)}")
    along = seen.comes_along
    _line(f"  comes along: {along.touches} touches, {along.notes} notes, {along.tasks} open tasks")
    say(f"\nNothing was written. To merge them: leadflow lead merge {seen.loser} {seen.survivor} --apply --reason ...")


def _tell_parting(seen: PartOutlook) -> None:
    _line(f"{seen.loser} would go on in {seen.stage}, owner {seen.owner or 'nobody yet'} (merge {seen.merge} undone)")
    if seen.goes_on:
        _line(f"  its deadlines: {_deadlines(seen.goes_on)}")
    _line(f"  {seen.survivor} would forget: {', '.join(seen.forgets) or 'nothing'}")
    say(f"\nNothing was written. To part them: leadflow lead merge {seen.loser} --undo --apply --reason ...")


def _deadlines(clocks: Iterable[Deadline]) -> str:
    from cli.page import when

    return ", ".join(f"{one.title}{f' (due {when(one.due_at)})' if one.due_at else ''}" for one in clocks)


def _line(words: str) -> None:
    say(harmless(words))
