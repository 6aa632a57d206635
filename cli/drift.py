"""What was published and loaded, against the files it came from and against each other."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from cli import named
from cli.checks import Check
from cli.health_words import count, some
from engine.compiling.bundle import Bundle
from engine.compiling.elsewhere import endpoints
from engine.errors import DefinitionError
from store import definitions, holdings, offers, roster
from store.definition_files import load_process, process_files
from store.definitions import Version
from store.pool import Connection


async def of_definitions(conn: Connection, folder: Path) -> list[Check]:
    """What is published against what lies in the folder of definitions."""
    return _compared(await definitions.versions(conn), folder)


def _compared(published: Sequence[Version], folder: Path) -> list[Check]:
    if not published:
        return [Check(False, "no process is published", f"`leadflow publish {_near(folder)}`")]
    if not folder.is_dir():
        return [Check(True, f"{count(len(published), 'version')} published; no folder {folder} to compare them with")]
    checks = [_file_published(file, published) for file in process_files(folder)]
    on_disk = {file.parent.name for file in process_files(folder)}
    lost = sorted({row.process for row in published if row.current} - on_disk)
    if lost:
        checks.append(Check(True, f"published, and not in the definitions folder: {', '.join(lost)}"))
    return checks


def _file_published(file: Path, published: Iterable[Version]) -> Check:
    shown = _near(file)
    try:
        _, process = load_process(file)
    except DefinitionError as error:
        faults = count(len(error.findings), "fault")
        return Check(False, f"{shown} has {faults}", f"`leadflow check {shown}` shows them.")
    rows = [row for row in published if row.process == process.name]
    newest = max((row.version for row in rows), default=0)
    if any(row.digest == process.digest for row in rows):
        if newest > process.version:
            what = f"{process.name} v{newest} is published; the newest file is {shown}"
            return Check(False, what, "Put the file of that version beside it, or publish a newer one.")
        return Check(True, f"{process.name} v{process.version} is published as its file says it")
    if any(row.version == process.version for row in rows):
        what = f"{shown} or a table of it was changed after v{process.version} was published"
        return Check(False, what, f"Say `version: {newest + 1}` in a copy and publish that, or take the change back.")
    return Check(False, f"{process.name} v{process.version} is not published", f"`leadflow publish {shown}`")


async def of_people(conn: Connection) -> list[Check]:
    people, teams = await roster.people(conn), await roster.teams(conn)
    if not people:
        return [Check(False, "nobody is in the roster", "`leadflow roster load FILE`")]
    bundles = await _current_bundles(conn)
    checks = [Check(True, f"{count(len(people), 'person', 'people')} in {count(len(teams), 'team')} of the roster")]
    remedy = "Add them to the roster and load it, or publish a version that names others."
    checks += [Check(False, str(one), remedy) for one in named.missing_from(bundles, people, teams)]
    for process, bundle in bundles.items():
        for one in named.without_calendar(process, bundle, people, teams):
            what = f"{process}: its calendars '{one.table}' do not have {one.calendar}, that of {some(one.who)}"
            checks.append(Check(False, what, "Add it to that table and publish, or correct the roster."))
    if silent := named.unreachable(people):
        checks.append(Check(False, f"no address for notices: {some(silent)}", "Add mail addresses to the roster."))
    return checks


async def of_workers(conn: Connection) -> list[Check]:
    """What workers hold in memory, against what leads are on: a lead waits where its worker lacks its version."""
    checks = []
    for one in await holdings.lacking(conn):
        what = f"worker {one.worker} does not hold {one.process} v{one.version} ({one.digest[:12]}), which leads take or are on"
        checks.append(Check(False, what, "Its log says what it cannot read; mend that, or start it again."))
    if not checks and (held := await holdings.holders(conn, [])).workers:
        checks.append(Check(True, f"{count(held.workers, 'worker holds', 'workers hold')} what leads take and are on"))
    return checks


async def of_endpoints(conn: Connection, webhooks: Collection[str]) -> list[Check]:
    """The endpoints that processes call, against those that the operator has set up."""
    return set_up({name: endpoints(one) for name, one in (await _current_bundles(conn)).items()}, webhooks)


def set_up(by: Mapping[str, Collection[str]], webhooks: Collection[str]) -> list[Check]:
    called = sorted({name for names in by.values() for name in names})
    checks = []
    for name in called:
        if name not in webhooks:
            what = f"{', '.join(process for process, names in by.items() if name in names)} calls the endpoint '{name}'"
            remedy = f"Add {name}=URL to LEADFLOW_WEBHOOKS, here and where workers run."
            checks.append(Check(False, f"{what}, which LEADFLOW_WEBHOOKS does not have", remedy))
    if called and not checks:
        checks.append(Check(True, f"endpoints that processes call are set up: {', '.join(called)}"))
    return checks


async def _current_bundles(conn: Connection) -> dict[str, Bundle]:
    """What new leads take, by the name of the process; of one with a canary, the canary as `NAME (canary)` too."""
    pinned = {row.digest: row.body for row in await definitions.all_bundles(conn)}
    found = {}
    for name, offer in sorted((await offers.offers(conn)).items()):
        found[name] = Bundle.from_json(pinned[offer.main])
        if offer.canary is not None:
            found[f"{name} (canary)"] = Bundle.from_json(pinned[offer.canary])
    return found


def _near(path: Path) -> str:
    """As it would be typed here."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
