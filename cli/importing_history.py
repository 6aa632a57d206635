"""`leadflow import --history`: past leads of another system, and every row of theirs that does not add up."""

from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import typer

import settings as configuration
from cli.harmless import harmless_json
from cli.output import plain, print_json, say
from engine.errors import LeadflowError

if TYPE_CHECKING:
    from client.history.importing import Outcome
    from client.history.remarks import Remark

SHOWN = 20
"""Remarks that are printed; all of them are in the report."""


async def import_past(
    leads: Path, events: Path | None, mapping: Path | None, report: Path | None, *, history: bool, as_json: bool
) -> None:
    if events is None or mapping is None or not history:
        raise LeadflowError(
            "a past is two files and a mapping",
            "leadflow import --history LEADS EVENTS --mapping definitions/histories/NAME.yaml",
        )
    from bootstrap import open_office
    from client.history.importing import import_history
    from client.history.mapping import check_against, read_history
    from client.history.reading import read_files
    from client.incoming import key_of

    settings = configuration.load()
    rule = read_history(mapping)
    files = read_files(leads, events, rule)
    began = time.monotonic()
    async with open_office(settings) as office:
        offered = tuple(office.catalog.for_new(key_of(rule.source_system, "any")))
        if rule.into is not None:
            process = next((one for one in offered if one.name == rule.into), None)
            if process is None:
                raise LeadflowError(
                    f"no version of {rule.into} is published", "Publish it, or correct `into` in the mapping."
                )
            check_against(mapping, rule, process)
        outcome = await import_history(office.pool, office.catalog, office.front_door, files, rule)
    path = report or settings.home / "refused" / f"{leads.stem}-history.ndjson"
    written = _report(path, outcome.remarks)
    _tell(outcome, written, time.monotonic() - began, as_json=as_json)
    if outcome.leads and outcome.new + outcome.known + outcome.kept_out == 0:
        raise typer.Exit(1)


def _report(path: Path, remarks: list[Remark]) -> Path | None:
    if not remarks:
        return None
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    ordered = sorted(remarks, key=lambda one: (one.file, one.line))
    lines = (harmless_json(json.dumps({**plain(one), "reason": one.what}, ensure_ascii=False)) for one in ordered)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def _tell(outcome: Outcome, report: Path | None, seconds: float, *, as_json: bool) -> None:
    kinds = Counter(one.code.value for one in outcome.remarks)
    if as_json:
        print_json(
            {
                "rows": outcome.rows,
                "leads": outcome.leads,
                "new": outcome.new,
                "open": outcome.open,
                "started": outcome.started,
                "known": outcome.known,
                "kept_out": outcome.kept_out,
                "decisions": outcome.events,
                "doubtful": outcome.doubtful,
                "remarks": dict(kinds),
                "report": str(report) if report else None,
                "seconds": round(seconds, 1),
            }
        )
        return
    say(
        f"{outcome.leads} leads in {outcome.rows} rows: {outcome.new} new ({outcome.open} open, which go on here), "
        f"{outcome.known} known already, {outcome.kept_out} kept out; {outcome.doubtful} with something that does not "
        f"add up; {seconds:.0f} s"
    )
    for one in outcome.remarks[:SHOWN]:
        cell = f" ('{one.says}')" if one.says else ""
        say(f"{one.file}:{one.line}: {one.code.value} {one.what}{cell}; {one.mended}")
    if len(outcome.remarks) > SHOWN:
        say(f"and {len(outcome.remarks) - SHOWN} more")
    if report is not None:
        say(f"all of them, row by row: {report}")
