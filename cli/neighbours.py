"""The files around a table or a process: who uses it, and who is named with it. Each is read once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from engine.analysis.unused import Users
from engine.compiling.bundle import Parsed, parse
from engine.errors import DefinitionError
from engine.language.definition import ProcessFile
from engine.language.tables import RosterFile
from store.definition_files import process_files, text_of


class Neighbours:
    """Asked for one run of a check, in which files stay as they are."""

    def __init__(self) -> None:
        self._read: dict[Path, Parsed | None] = {}

    def parsed(self, file: Path) -> Parsed | None:
        """What a file says, None where it cannot be read."""
        place = file.resolve()
        if place not in self._read:
            try:
                self._read[place] = parse(text_of(file))
            except DefinitionError:
                self._read[place] = None
        return self._read[place]

    def users(self, file: Path, table: Parsed) -> Iterator[Path]:
        """The newest processes that use a table: those beside it, and those below the folder that its `tables/` lies in."""
        folder, root = file.resolve().parent, _root(file)
        beside = [*sorted(folder.glob("*.yaml")), *sorted(root.glob("*.yaml"))]
        for process in dict.fromkeys([*process_files(root), *beside]):
            parsed = self.parsed(process)
            if parsed is not None and _uses(parsed, table):
                yield process

    def all_users(self, file: Path, table: Parsed) -> Users | None:
        """The processes of every version, with their other tables and the rosters. None where that cannot be told: there is
        no process, or one that cannot be read."""
        folder, root = file.resolve().parent, _root(file)
        versions = [*sorted(root.glob("*/v*.yaml")), *sorted(folder.glob("*.yaml")), *sorted(root.glob("*.yaml"))]
        shared = [*sorted((root / "tables").rglob("*.yaml")), *sorted((root / "rosters").glob("*.yaml"))]
        found = {file.resolve(): self.parsed(file) for file in (*versions, *shared)}
        processes = [one for one in found.values() if one is not None and isinstance(one.model, ProcessFile)]
        if not processes or any(found[one.resolve()] is None for one in versions if one.parent != folder):
            return None
        users = [one for one in processes if _uses(one, table)]
        tables = [one for one in found.values() if one is not None and any(_uses(user, one) for user in users)]
        rosters = [one.model for one in found.values() if one is not None and isinstance(one.model, RosterFile)]
        return Users(users, tables, rosters)

    def other_rosters(self, file: Path) -> Iterator[RosterFile]:
        """Rosters are loaded side by side, and one may name people of another."""
        for other in sorted(file.parent.glob("*.yaml")):
            parsed = self.parsed(other) if other != file else None
            if parsed is not None and isinstance(parsed.model, RosterFile):
                yield parsed.model


def _root(file: Path) -> Path:
    """The folder of definitions that a table belongs to."""
    folder = file.resolve().parent
    return next((path.parent for path in (folder, *folder.parents) if path.name == "tables"), folder)


def _uses(process: Parsed, table: Parsed) -> bool:
    return isinstance(process.model, ProcessFile) and getattr(process.model.uses, table.kind, None) == table.name
