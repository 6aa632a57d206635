"""Who is at the command line, and what they may do there: one table of commands, put around all of them in one place.

With LEADFLOW_TOKEN set a command acts as the caller whose token it is, and no further. Without it, whoever can reach the database is
the operator. What is changed, and what is read in bulk, stands in the audit either way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from typing import TYPE_CHECKING, Any

import typer

import settings as configuration
from engine.access import AUDITED, Caller, CallerRole, Permission, scope_of
from engine.errors import AccessError, LeadflowError

if TYPE_CHECKING:
    from store.audit import Ended

COMMANDS: Mapping[str, Permission | None] = {
    "up": Permission.OPERATE,
    "down": Permission.OPERATE,
    "worker": Permission.OPERATE,
    "demo": Permission.OPERATE,
    "web": Permission.OPERATE,
    "status": Permission.SEE_STATE,
    "doctor": Permission.SEE_STATE,
    "check": None,
    "test": None,
    "schema": None,
    "simulate": None,
    "graph": Permission.SEE_DEFINITIONS,
    "diff": Permission.SEE_DEFINITIONS,
    "backtest": Permission.TRY_OUT,
    "publish": Permission.CHANGE_DEFINITIONS,
    "migrate": Permission.CHANGE_DEFINITIONS,
    "versions": Permission.SEE_DEFINITIONS,
    "versions share": Permission.CHANGE_DEFINITIONS,
    "versions compare": Permission.SEE_DEFINITIONS,
    "import": Permission.IMPORT_LEADS,
    "watch": Permission.OPERATE,
    "lead start": Permission.SEND_LEADS,
    "lead send": Permission.SEND_EVENTS,
    "lead show": Permission.SEE_LEADS,
    "lead list": Permission.LIST_LEADS,
    "lead merge": Permission.MERGE_LEADS,
    "lead doubles": Permission.MERGE_LEADS,
    "lead distinct": Permission.MERGE_LEADS,
    "hook list": None,
    "hook test": None,
    "quality": Permission.SEE_QUALITY,
    "sources load": Permission.CHANGE_DEFINITIONS,
    "sources show": Permission.SEE_QUALITY,
    "lead export": Permission.EXPORT_PERSON,
    "lead erase": Permission.ERASE_PERSON,
    "personal": Permission.SEE_DEFINITIONS,
    "roster load": Permission.LOAD_ROSTER,
    "roster show": Permission.SEE_ROSTER,
    "leave add": Permission.ENTER_LEAVE,
    "leave end": Permission.ENTER_LEAVE,
    "leave list": Permission.SEE_LEAVE,
    "token issue": Permission.CHANGE_TOKENS,
    "token revoke": Permission.CHANGE_TOKENS,
    "token list": Permission.SEE_TOKENS,
    "audit": Permission.SEE_AUDIT,
}
"""What each command takes; None for those that read and write nothing but files that are named to them."""

SWITCHED: Mapping[tuple[str, str], Permission] = {("import", "history"): Permission.IMPORT_HISTORY}
"""Commands that are others with a switch set."""

ELSEWHERE = ("lead start", "lead send", "lead show", "import")
"""Commands that go to LEADFLOW_URL where that is set: who may is told there, by the same token."""

ON_LEADS = ("lead send", "lead merge")
"""What is done to leads is done by somebody to whom the desk asks what they are: `engine.access.acts_as`."""

PLAIN = (CallerRole.OPS, CallerRole.ADMIN)
"""Whose decisions are those of operations, unless they say whose else."""

OPERATOR = "operator"

_CALLER: ContextVar[Caller | None] = ContextVar("caller", default=None)
_DEED: ContextVar[_Deed | None] = ContextVar("deed", default=None)


@dataclass(slots=True)
class _Deed:
    """Which leads the command is about; of many, how many; and why it was done, where somebody has said so."""

    leads: list[str] = field(default_factory=list)
    count: int | None = None
    because: str = ""


def caller() -> Caller | None:
    """Whose token the command runs with; None for the operator."""
    return _CALLER.get()


def concerns(*keys: str, because: str = "") -> None:
    """Which leads the command is about, for the audit, and why it was done, where somebody has said so."""
    deed = _DEED.get()
    if deed is not None:
        deed.leads.extend(keys)
        deed.because = because or deed.because


def counts(leads: int) -> None:
    """How many leads the command is about, where they are not named."""
    deed = _DEED.get()
    if deed is not None:
        deed.count = leads


def guard(app: typer.Typer, under: str = "") -> typer.Typer:
    """Put what each command takes around it, and around those of the applications in it."""
    groups = [(app, under)]
    while groups:
        group, path = groups.pop()
        for command in group.registered_commands:
            name = f"{path} {command.name}".strip()
            assert command.callback is not None
            command.callback = _guarded(name, command.callback)
        for inner in group.registered_groups:
            assert inner.typer_instance is not None
            name = f"{path} {inner.name}".strip()
            groups.append((inner.typer_instance, name))
            shown = inner.typer_instance.registered_callback
            if name in COMMANDS and shown is not None and shown.callback is not None:  # a command with more below it
                shown.callback = _guarded(name, shown.callback)
    return app


def _guarded(name: str, command: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(command)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        with _entered(name, kwargs):
            return command(*args, **kwargs)

    return guarded


@contextmanager
def _entered(name: str, given: Mapping[str, Any]) -> Iterator[None]:
    permission = COMMANDS.get(name, Permission.OPERATE)  # what nobody has thought of is for those who may do all
    if permission is None:
        yield
        return
    permission = next((of for (one, switch), of in SWITCHED.items() if one == name and given.get(switch)), permission)
    settings = configuration.load()
    if settings.url is not None and name in ELSEWHERE:
        yield
        return
    who = asyncio.run(_whose(settings.token)) if settings.token else None
    deed = _Deed()
    place, noted = _CALLER.set(who), _DEED.set(deed)
    ended = "failed"
    try:
        if who is not None:
            ended = "refused"
            scope_of(permission, who)
            _only_as_themselves(who, name, given)
        ended = "failed"
        yield
        ended = "done"
    except typer.Exit as left:
        ended = "failed" if left.exit_code else "done"
        raise
    except AccessError:
        ended = "refused"
        raise
    finally:
        _CALLER.reset(place)
        _DEED.reset(noted)
        if permission in AUDITED:
            _write_down(permission, ended, name, deed, given, who)


def _only_as_themselves(who: Caller, name: str, given: Mapping[str, Any]) -> None:
    """What is noted as somebody's deed is theirs."""
    by = given.get("by")
    if name not in ON_LEADS and by and by not in (who.name, who.person) and who.role is not CallerRole.ADMIN:
        raise AccessError("FOREIGN_PERSON", f"{who.name} may not act as '{by}'", "Leave --by out.")


async def _whose(token: str) -> Caller:
    from cli.database import database
    from store import credentials

    async with database() as connection:
        found = await credentials.find(connection, token)
    if found is None:
        raise AccessError(
            "BAD_TOKEN",
            "the token in LEADFLOW_TOKEN is unknown, has expired or was revoked",
            "Have another one issued (`leadflow token issue`), or unset it to act as the operator of this database.",
        )
    return found


def _write_down(
    permission: Permission, ended: str, name: str, deed: _Deed, given: Mapping[str, Any], who: Caller | None
) -> None:
    """Of what was given, only which switches were set: the rest may be personal."""
    switches = ", ".join(sorted(option for option, value in given.items() if value is True and option != "as_json"))
    detail = "; ".join(part for part in (switches, deed.because) if part)
    work = _note(permission, ended, name, deed, detail, who)
    if ended == "done":
        asyncio.run(work)
        return
    with suppress(LeadflowError):  # where the database is away, that is why it failed
        asyncio.run(work)


async def _note(permission: Permission, ended: str, name: str, deed: _Deed, detail: str, who: Caller | None) -> None:
    from cli.author import author
    from cli.database import database
    from store import audit

    how: Ended = audit.Ended(ended)
    person, role = (who.name, who.role.value) if who else (author(), OPERATOR)
    async with database() as connection:
        await audit.note(
            connection,
            *(person, role, permission.value, how, f"leadflow {name}"),
            leads=deed.leads,
            count=deed.count,
            detail=detail,
        )
