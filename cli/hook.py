"""Webhooks that come in, from the command line: which there are, and what a body becomes, without sending anything."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import settings as configuration
from cli.harmless import harmless
from cli.output import AsJson, plain, print_json, print_table, say
from engine.errors import LeadflowError

if TYPE_CHECKING:
    from client.hooks.file import HookFile
    from client.hooks.meaning import Meant

KIND = {".json": "application/json", ".form": "application/x-www-form-urlencoded"}


def listing(as_json: AsJson = False) -> None:
    """The hooks of definitions/hooks, where they are served, and whether their secret is set.

    For instance: leadflow hook list
    """
    from client.hooks.file import read_hooks

    settings = configuration.load()
    rows = [
        (
            hook.hook,
            f"/hooks/{hook.hook}",
            hook.source_system,
            "set" if hook.hook in settings.hook_secrets else "missing",
        )
        for hook in read_hooks(settings.definitions).values()
    ]
    names = ("hook", "path", "source_system", "secret")
    if as_json:
        print_json([dict(zip(names, row, strict=True)) for row in rows])
    else:
        print_table(names, rows)


def test(
    hook: Annotated[str, typer.Argument(help="The hook's name, or its file.")],
    file: Annotated[Path, typer.Option("--file", help="A body: .json, or .form for one that is form-encoded.")],
    as_json: AsJson = False,
) -> None:
    """Show what a body becomes by a hook and the definitions beside it: a lead of which process, an event, or nothing.

    Nothing is sent or written, and signature and time are not looked at. Exit status 1 where the body would be refused.

    For instance: leadflow hook test crm --file definitions/samples/hooks/crm_won.json
    """
    from client.hooks.body import read_body
    from client.hooks.meaning import meaning

    if not file.is_file():
        raise LeadflowError(f"there is no file {file}", "Name a body that the provider sends.")
    rule = _hook(hook)
    meant = meaning(rule, read_body(KIND.get(file.suffix.lower(), "application/json"), file.read_bytes()))
    answer = _told(meant)
    if as_json:
        print_json(answer)
    else:
        _say(answer)


def _hook(named: str) -> HookFile:
    from client.hooks.file import read_hook, read_hooks
    from engine.reading.offers import nearest

    if named.endswith(".yaml"):
        return read_hook(Path(named))
    hooks = read_hooks(configuration.load().definitions)
    if named in hooks:
        return hooks[named]
    meant = nearest(named, list(hooks))
    raise LeadflowError(
        f"there is no hook '{harmless(named)}'",
        f"Did you mean '{meant}'?" if meant else "`leadflow hook list` shows those there are.",
    )


def _told(meant: Meant) -> dict[str, Any]:
    """Raises IntakeError where the front door would refuse the lead."""
    from client.hooks.meaning import EventMeant, LeadMeant

    match meant:
        case LeadMeant(lead):
            return {"becomes": "lead", **_received(lead)}
        case EventMeant(key, sending):
            return {"becomes": "event", "lead": key, **plain(sending)}
    return {"becomes": "nothing"}


def _received(lead: dict[str, Any]) -> dict[str, Any]:
    """As the front door takes it, with the newest definitions of the folder."""
    from client.incoming import KeptOut, receive
    from engine.catalog import Catalog
    from store.definition_files import load_process, process_files

    catalog = Catalog()
    for file in process_files(configuration.load().definitions):
        catalog.add(load_process(file)[1])
    received = receive(lead, catalog.for_new, datetime.now(UTC), str(lead["source_system"]))
    if isinstance(received, KeptOut):
        return {"lead": received.key, "kept_out": received.reason, "rule": received.rule}
    values = {**received.fields, **received.personal}
    return {"lead": received.key, "process": received.process.name, "touch": received.touch_id, "fields": values}


def _say(answer: dict[str, Any]) -> None:
    match answer["becomes"]:
        case "nothing":
            say("it is of no interest: the hook says `otherwise: ignore`")
        case "event":
            say(harmless(f"event {answer['event']} of {answer['lead']}, by {answer['by']}, once under {answer['id']}"))
            _pairs({**(answer["fields"] or {}), **(answer["codes"] or {})})
        case _ if "kept_out" in answer:
            say(harmless(f"{answer['lead']} is out of scope: {answer['kept_out']} ({answer['rule']})"))
        case _:
            say(harmless(f"{answer['lead']}, a lead of {answer['process']}, once under {answer['touch']}"))
            _pairs(answer["fields"])


def _pairs(values: dict[str, Any]) -> None:
    for name, value in values.items():
        say(harmless(f"  {name}: {plain(value)}"))
