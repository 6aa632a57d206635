"""What a process names that lies outside of its bundle: processes to go on in, and endpoints that the operator sets up.

A process is pinned without them, so whoever can see them asks: `check` the files around it, `publish` the database,
`doctor` the settings.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from engine.compiling.bundle import Bundle, Parsed, parse
from engine.compiling.checking import Checker
from engine.compiling.written_parts import parts_of
from engine.errors import Finding
from engine.language.definition import CallWebhook, HandOver
from engine.reading.document import NodePath


def hand_overs(process: Parsed) -> Iterator[tuple[NodePath, str]]:
    """The processes that this one hands leads over to, and where it says so."""
    for path, part in parts_of(process.model):
        if isinstance(part, HandOver):
            yield (*path, "hand_over"), part.hand_over


def endpoints(bundle: Bundle) -> list[str]:
    """The endpoints that a process calls, each once."""
    called = (part.webhook for _, part in parts_of(parse(bundle.process).model) if isinstance(part, CallWebhook))
    return sorted(set(called))


def unknown_processes(process: Parsed, names: Collection[str]) -> list[Finding]:
    """A finding for each hand-over to a process that is none of these."""
    check = Checker()
    for path, name in hand_overs(process):
        check.known(process, path, name, sorted(names), "process", "UNKNOWN_PROCESS")
    return check.findings


def unpublished_processes(bundle: Bundle, names: Collection[str]) -> list[Finding]:
    """A finding for each hand-over to a process that is not published: the lead would stay where it is."""
    check, process = Checker(), parse(bundle.process)
    remedy = "Publish it before this one, or both in one go: `leadflow publish` takes several files and folders."
    for path, name in hand_overs(process):
        if name not in names:
            message = f"leads are handed over to '{name}', which is not published"
            check.report(process, path, "UNPUBLISHED_PROCESS", message, remedy)
    return check.findings
