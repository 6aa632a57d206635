"""A version as one names it on the command line: a file, `process@version`, or `process` for the one that new leads take."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import LeadflowError

if TYPE_CHECKING:
    from engine.compiling.bundle import Bundle
    from engine.process import Process
    from store.pool import Connection


@dataclass(frozen=True, slots=True)
class Named:
    """What was named, with the files that it consists of."""

    said: str
    bundle: Bundle
    process: Process

    def __str__(self) -> str:
        return f"{self.process.name} v{self.process.version}"


def is_file(said: str) -> bool:
    """Whether a file is meant. A folder of definitions is called as its process is: its bare name means the process."""
    return said.endswith((".yaml", ".yml")) or "/" in said or Path(said).is_file()


def from_file(said: str) -> Named:
    """Raises DefinitionError where the file, or a table that it uses, is wrong."""
    from store.definition_files import load_process

    bundle, process = load_process(Path(said))
    return Named(said, bundle, process)


async def published(conn: Connection, said: str) -> Named:
    """Raises LeadflowError where nothing of that name and version is published."""
    from engine.compiling.bundle import Bundle
    from engine.compiling.compile import compile_published
    from store import definitions

    process, _, number = said.partition("@")
    version = int(number) if number.isdecimal() else None
    rows = [row for row in await definitions.versions(conn) if row.process == process]
    wanted = [row for row in rows if (row.current if not number else row.version == version)]
    if not wanted:
        known = ", ".join(f"{row.process}@{row.version}" for row in rows)
        what = (
            f"no version of a process '{process}' is published"
            if not rows
            else f"there is no version '{number}' of {process}"
        )
        remedy = (
            f"Published are {known}."
            if rows
            else "Name a file, PROCESS@VERSION or PROCESS; `leadflow versions` lists them."
        )
        raise LeadflowError(what, remedy)
    bundle = Bundle.from_json(await definitions.body(conn, wanted[0].digest))
    return Named(said, bundle, compile_published(bundle))
