"""`leadflow watch`: files that are put into a folder are imported, one after another, and set aside with a report."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import settings as configuration
from cli.harmless import harmless, harmless_json
from cli.importing import read_rows, somebody_works
from cli.output import AsJson, awaited, plain, say
from cli.trouble import trouble_of
from engine.errors import LeadflowError, StackError
from settings import Settings

if TYPE_CHECKING:
    from client.importing import Row, Tally
    from client.mapping import MappingFile
    from client.watched import Claim, WatchedFolder

PAUSE = 5.0
"""Seconds between tries while a server is away."""

ROUNDS = 4
"""How often a file is imported whose rows fail although every server answers; then it is set aside as failed."""


@awaited
async def watch(
    folder: Annotated[Path, typer.Argument(help="Where files of leads are put: .csv, .ndjson.")],
    mapping: Annotated[
        Path | None, typer.Option(help="How columns become fields; found by each file's header if left out.")
    ] = None,
    source_system: Annotated[str, typer.Option(help="What the ids of .ndjson files belong to.")] = "import",
    once: Annotated[bool, typer.Option("--once", help="Import what is there, and end.")] = False,
    settled: Annotated[
        float, typer.Option(min=0.1, max=3600, help="Seconds for which a file must not have changed to be complete.")
    ] = 2.0,
    as_json: AsJson = False,
) -> None:
    """Import every file that is put into a folder, once, whoever else watches it. Ends by Ctrl-C.

    A file is taken when it is complete: move it there, or write it under a name such as leads.csv.part first. Imported, it goes to
    done/, with NAME.report.json and the refused rows beside; one that is broken goes to failed/. Nothing is written over. What a
    watcher that died had begun is imported again, and nothing doubles. While servers are away it waits; with --once it ends with
    status 1, and the next one goes on. With --json each file is one line. Exit status 1 with --once when a file failed.

    For instance: leadflow watch inbox --source-system fair
    """
    from client.personal_files import Remembered
    from client.watched import WatchedFolder

    settings = configuration.load()
    watched = WatchedFolder(folder, settled)
    Remembered(settings.home).add(folder)
    watcher = _Watcher(settings, watched, mapping, source_system, once=once, as_json=as_json)
    try:
        await watcher.run(min(settled / 2, 1.0))
    except asyncio.CancelledError:  # by Ctrl-C
        raise typer.Exit(130) from None
    finally:
        watched.leave()
    if watcher.failed:
        raise typer.Exit(1)


@dataclass
class _Watcher:
    settings: Settings
    folder: WatchedFolder
    mapping: Path | None
    source_system: str
    once: bool
    as_json: bool
    failed: int = 0

    async def run(self, pause: float) -> None:
        while True:
            for claim in self.folder.left_behind():
                await self._take(claim)
            for path in self.folder.look(time.monotonic()):
                if (claimed := self.folder.claim(path)) is not None:
                    await self._take(claimed)
            if self.once and not self.folder.unsettled:
                return
            await asyncio.sleep(pause)

    async def _take(self, claim: Claim) -> None:
        from cli.refused_rows import written

        began, refused = time.monotonic(), ""
        report: dict[str, Any] = {"again": claim.again}
        try:
            rule, rows = read_rows(self.settings, claim.path, self.mapping)
        except (LeadflowError, OSError) as error:
            trouble = trouble_of(error) or LeadflowError(type(error).__name__)
            report |= {"error": trouble.message, "remedy": trouble.remedy}
            well = False
        else:
            tally = await self._imported(rows, rule)
            report |= plain(_counted(tally)) | {"seconds": round(time.monotonic() - began, 1)}
            refused = written([*tally.refused, *tally.failed], claim.path.name)
            well = tally.complete
        where = self.folder.set_aside(claim, report, refused, well=well)
        self.failed += not well
        self._tell(where, report, well=well)

    async def _imported(self, rows: list[Row], rule: MappingFile | None) -> Tally:
        """As often as it takes: a server that is away for an hour is none of the file's faults."""
        from client.importing import Tally

        created, rounds, told = 0, 0, ""
        while True:
            tally = Tally()
            try:
                await self._round(rows, rule, tally)
                rounds += 1
                if not tally.unanswered or rounds == ROUNDS:
                    # What an earlier round made is known to the last one, and new all the same.
                    tally.created, tally.known = tally.created + created, tally.known - created
                    return tally
                trouble: LeadflowError = StackError(f"{tally.unanswered} rows got no answer", "They are tried again.")
            except Exception as error:
                found = trouble_of(error)
                if found is None or self.once:
                    raise
                trouble = found
            created += tally.created
            if trouble.message != told:
                told = trouble.message
                say(f"waiting: {harmless(told)}. {harmless(trouble.remedy)}".rstrip(), stderr=True)
            await asyncio.sleep(PAUSE)

    async def _round(self, rows: list[Row], rule: MappingFile | None, tally: Tally) -> None:
        from bootstrap import open_office
        from client.importing import AT_ONCE, import_rows

        def go_on(tally: Tally) -> None:
            if (
                tally.unanswered >= AT_ONCE
            ):  # of all that was in flight nothing was answered: each row would wait in vain
                raise StackError("servers have gone away while a file was imported", "It goes on when they are back.")

        async with open_office(self.settings) as office:
            await somebody_works(self.settings, office.temporal)
            await import_rows(
                office.front_door,
                iter(rows),
                source_system=self.source_system,
                mapping=rule,
                progress=go_on,
                tally=tally,
            )

    def _tell(self, where: Path, report: dict[str, Any], *, well: bool) -> None:
        if self.as_json:
            line = json.dumps({"well": well, "path": str(where), **report}, ensure_ascii=False)
            sys.stdout.write(harmless_json(line) + "\n")
            sys.stdout.flush()
        elif "error" in report:
            say(f"{where}: {harmless(report['error'])}. {harmless(report['remedy'])}")
        else:
            say(
                f"{where}: {report['rows']} rows: {report['created']} new leads, {report['known']} known already, "
                f"{report['kept_out']} kept out, {report['refused']} refused, {report['failed']} failed"
            )


def _counted(tally: Tally) -> dict[str, int]:
    return {
        "rows": tally.rows,
        "created": tally.created,
        "known": tally.known,
        "kept_out": tally.kept_out,
        "refused": len(tally.refused),
        "failed": len(tally.failed),
    }
