"""Every command with every role, against a table that is written out here: what is not in it, nobody may."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import typer

from cli import rights
from cli.app import app
from engine.access import Caller, CallerRole
from engine.errors import AccessError

FREE = "upstream seller team_leader marketing partner ops admin"
ALLOWED = {
    "up": "admin",
    "down": "admin",
    "worker": "admin",
    "demo": "admin",
    "web": "admin",
    "status": "ops admin",
    "doctor": "ops admin",
    "check": FREE,
    "test": FREE,
    "schema": FREE,
    "simulate": FREE,
    "graph": "marketing ops admin",
    "diff": "marketing ops admin",
    "backtest": "ops admin",
    "publish": "ops admin",
    "migrate": "ops admin",
    "versions": "marketing ops admin",
    "versions share": "ops admin",
    "versions compare": "marketing ops admin",
    "import": "upstream marketing admin",
    "watch": "admin",
    "lead start": "upstream seller team_leader marketing admin",
    "lead send": "upstream seller team_leader marketing partner ops admin",
    "lead show": "upstream seller team_leader marketing partner ops admin",
    "lead list": "upstream seller team_leader marketing partner ops admin",
    "hook list": FREE,
    "hook test": FREE,
    "quality": "marketing ops admin",
    "sources load": "ops admin",
    "sources show": "marketing ops admin",
    "lead export": "admin",
    "lead erase": "admin",
    "personal": "marketing ops admin",
    "lead merge": "team_leader marketing admin",
    "lead doubles": "team_leader marketing admin",
    "lead distinct": "team_leader marketing admin",
    "roster load": "ops admin",
    "roster show": "seller team_leader marketing ops admin",
    "leave add": "seller team_leader ops admin",
    "leave end": "seller team_leader ops admin",
    "leave list": "seller team_leader marketing ops admin",
    "token issue": "admin",
    "token list": "admin",
    "token revoke": "admin",
    "audit": "admin",
}


def commands(group: typer.Typer = app, under: str = "") -> Iterator[tuple[str, Any]]:
    """Everything that can be called, with the function that is called."""
    for command in group.registered_commands:
        yield f"{under} {command.name}".strip(), command.callback
    for inner in group.registered_groups:
        name = f"{under} {inner.name}".strip()
        assert inner.typer_instance is not None
        shown = inner.typer_instance.registered_callback
        if shown is not None and shown.invoke_without_command is True:
            yield name, shown.callback
        yield from commands(inner.typer_instance, name)


def test_every_command_stands_in_the_table_and_is_guarded() -> None:
    """S1.13: a new command fails here until somebody has said who may use it."""
    assert {name for name, _ in commands()} == set(ALLOWED) == set(rights.COMMANDS)
    guarded = rights._guarded("x", print).__code__
    assert [name for name, function in commands() if function.__code__ is not guarded] == []


@pytest.mark.parametrize("role", CallerRole)
@pytest.mark.parametrize("command", ALLOWED)
def test_each_role_may_use_what_the_table_says(command: str, role: CallerRole, monkeypatch: pytest.MonkeyPatch) -> None:
    """S1.13, S1.14: what is not for a role is refused before anything of it runs, and that is noted where it changes anything."""

    async def whose(_token: str) -> Caller:
        return Caller("x", role, "x")

    noted: list[str] = []
    monkeypatch.setenv("LEADFLOW_TOKEN", "lf_x")
    monkeypatch.setattr(rights, "_whose", whose)
    monkeypatch.setattr(rights, "_write_down", lambda _permission, ended, *_more: noted.append(ended))
    began = []
    guarded = rights._guarded(command, lambda: began.append(rights.caller()))
    if role.value in ALLOWED[command].split():
        guarded()
        assert len(began) == 1 and noted in ([], ["done"])
        assert rights.caller() is None
    else:
        with pytest.raises(AccessError, match="may not") as refused:
            guarded()
        assert not began and noted in ([], ["refused"])
        assert "admin" in refused.value.remedy


@pytest.mark.parametrize("role", CallerRole)
def test_a_past_is_imported_by_administrators(role: CallerRole, monkeypatch: pytest.MonkeyPatch) -> None:
    """S1.13, B.9: whoever brings a past along says whose leads were and what became of them."""

    async def whose(_token: str) -> Caller:
        return Caller("x", role)

    noted: list[object] = []
    monkeypatch.setenv("LEADFLOW_TOKEN", "lf_x")
    monkeypatch.setattr(rights, "_whose", whose)
    monkeypatch.setattr(
        rights, "_write_down", lambda permission, ended, *_more: noted.append((permission.value, ended))
    )
    guarded = rights._guarded("import", lambda history: None)
    if role is CallerRole.ADMIN:
        guarded(history=True)
        assert noted == [("import_history", "done")]
    else:
        with pytest.raises(AccessError, match="may not import history"):
            guarded(history=True)
        assert noted == [("import_history", "refused")]


def test_a_command_that_nobody_has_thought_of_is_for_administrators(monkeypatch: pytest.MonkeyPatch) -> None:
    """S1.13: closed until it is opened."""

    async def whose(_token: str) -> Caller:
        return Caller("x", CallerRole.OPS)

    monkeypatch.setenv("LEADFLOW_TOKEN", "lf_x")
    monkeypatch.setattr(rights, "_whose", whose)
    with pytest.raises(AccessError):
        rights._guarded("brand new", print)()
