"""What of the stack is up, found out by asking each part over a real connection."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from stack import probe
from stack.lock import is_held
from stack.process import lock_path
from stack.state import Part, PartKind, State, read_state


@dataclass(frozen=True)
class PartStatus:
    """One line of `leadflow status`. `where` is an address or URL fit to be shown; `detail` is for people."""

    name: str
    up: bool
    where: str
    detail: str


def status(home: Path) -> list[PartStatus]:
    """Every part of the stack of `home`, the owner (`stack`) first. Inside a running event loop use `ask`."""
    return asyncio.run(ask(home.absolute()))


async def ask(home: Path) -> list[PartStatus]:
    state = read_state(home)
    if state is None:
        return [PartStatus("stack", False, str(home), "not running; start it with `leadflow up`")]
    since = f"since {state.started_at:%Y-%m-%d %H:%M:%S} UTC, process {state.pid}"
    owner = PartStatus("stack", state.ready, str(home), since if state.ready else f"starting or stopping, {since}")
    answers = await asyncio.gather(*(_reason_down(home, part, state) for part in state.parts))
    return [owner, *(_line(part, reason) for part, reason in zip(state.parts, answers, strict=True))]


def _line(part: Part, reason: str | None) -> PartStatus:
    death = f"{part.trouble}; restarts: {part.restarts}" if part.trouble else ""
    if part.restarted_at:
        death = f"restarted at {part.restarted_at} ({part.trouble}); restarts: {part.restarts}"
    notes = [reason or "", "" if part.ours else "your own server", death]
    return PartStatus(part.name, reason is None, part.where, "; ".join(note for note in notes if note))


async def _reason_down(home: Path, part: Part, state: State) -> str | None:
    match part.kind:
        case PartKind.POSTGRES:
            return await probe.database(state.endpoints.database_url) if state.endpoints else "starting"
        case PartKind.TEMPORAL:
            return await (probe.temporal_ui(part.where) if part.ours else probe.tcp(part.where))
        case PartKind.MAIL:
            return await probe.smtp(part.where.removeprefix("smtp://"))
        case PartKind.WEBHOOK:
            return await probe.http(part.where)
        case PartKind.CHILD:
            if part.where:
                return await probe.http(part.where)
            return None if is_held(lock_path(home, part.name)) else "not running"
