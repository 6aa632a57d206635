"""Help: quick, complete, and the same for every command."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.command import ROOT, FromScratch, Leadflow, on

COMMANDS = {
    (): (
        "up",
        "down",
        "status",
        "doctor",
        "worker",
        "web",
        "demo",
        "check",
        "test",
        "graph",
        "simulate",
        "backtest",
        "migrate",
        "schema",
        "diff",
        "publish",
        "versions",
        "import",
        "watch",
        "audit",
        "personal",
        "lead",
        "hook",
        "roster",
        "sources",
        "quality",
        "leave",
        "token",
    ),
    ("versions",): ("share", "compare"),
    ("lead",): ("start", "send", "show", "list", "merge", "doubles", "distinct", "export", "erase"),
    ("hook",): ("list", "test"),
    ("roster",): ("load", "show"),
    ("sources",): ("load", "show"),
    ("leave",): ("add", "end", "list"),
    ("token",): ("issue", "list", "revoke"),
}
LEAVES = [(*family, name) for family, names in COMMANDS.items() for name in names if (name,) not in COMMANDS]
WITHOUT_JSON = [("demo",)]

HEAVY = (
    "pydantic",
    "asyncpg",
    "temporalio",
    "yaml",
    "jinja2",
    "engine.language.definition",
    "engine.process",
    "bootstrap",
    "fastapi",
    "uvicorn",
)


def help_pages(*pages: tuple[str, ...]) -> str:
    """Many pages from one process."""
    program = (
        "import sys; from cli.app import app\n"
        f"for page in {pages!r}:\n"
        "    print('====', ' '.join(page))\n"
        "    try: app([*page, '--help'])\n"
        "    except SystemExit as ended: print('status', ended.code)\n"
        f"print('loaded', *(name for name in {HEAVY!r} if name in sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout


def test_every_command_has_help_and_an_answer_for_machines() -> None:
    """Section 7 of the design: each command with --help, and --json."""
    pages = help_pages(*COMMANDS, *LEAVES).split("==== ")[1:]
    for family, page in zip(COMMANDS, pages[: len(COMMANDS)], strict=True):
        assert all(f"  {name} " in page for name in COMMANDS[family]), page
    for command, page in zip(LEAVES, pages[len(COMMANDS) :], strict=True):
        assert "status 0" in page, page
        assert ("--json" in page) == (command not in WITHOUT_JSON), page


def test_the_main_commands_have_an_example() -> None:
    """Section 7: one sees how it is called, not only what it takes."""
    commands = [
        ("up",),
        ("check",),
        ("test",),
        ("graph",),
        ("simulate",),
        ("diff",),
        ("publish",),
        ("backtest",),
        ("migrate",),
        ("import",),
        ("watch",),
        ("roster", "load"),
        ("sources", "load"),
        ("quality",),
        ("leave", "add"),
    ]
    commands += [("versions", "share"), ("versions", "compare")]
    commands += [("lead", name) for name in ("start", "send", "show", "list", "merge")]
    for command, page in zip(commands, help_pages(*commands).split("==== ")[1:], strict=True):
        assert f"For instance: leadflow {' '.join(command)} " in " ".join(page.split()), page


def test_help_loads_nothing_that_takes_time() -> None:
    """Help is there before one has looked: no server's library, no definition model is loaded for it."""
    assert help_pages(()).splitlines()[-1] == "loaded"


def test_what_does_not_exist_is_no_success(tmp_path: Path) -> None:
    """Exit status 0 only on success, errors on standard error; in a process that was started for it."""
    answer = on(tmp_path, FromScratch())("publsih")
    assert (answer.status, answer.out) == (2, "")
    assert "publsih" in answer.err


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (("publsih",), "publsih"),
        (("lead", "send"), "Missing argument"),
        (("up", "--workers", "many"), "--workers"),
        (("lead", "list", "--status", "bogus"), "Working"),
        (("graph", "definitions/partner/v1.yaml", "--format", "gif"), "svg"),
    ],
)
def test_a_command_line_that_is_not_understood_is_told_as_json_where_json_was_asked_for(
    leadflow: Leadflow, command: tuple[str, ...], says: str
) -> None:
    """Section 7: an answer for machines, whatever the answer is; the status tells a wrong call from a failure."""
    answer = leadflow(*command, "--json")
    assert (answer.status, answer.out) == (2, "")
    error = json.loads(answer.err)
    assert error["error"] == "UsageError"
    assert says in error["message"] and "--help" in error["remedy"]


def test_ports_that_are_one_are_told(leadflow: Leadflow) -> None:
    """Every error says how to mend it: Temporal and its UI cannot share a port."""
    answer = leadflow("up", LEADFLOW_TEMPORAL_PORT="7999", LEADFLOW_UI_PORT="7999")
    assert answer.status == 1
    assert "LEADFLOW_UI_PORT" in answer.err and "LEADFLOW_TEMPORAL_PORT" in answer.err and "7999" in answer.err


def test_help_says_what_a_status_means_and_where_answers_go() -> None:
    """Section 7: whoever calls it from a program need not guess."""
    page = " ".join(help_pages(()).split())
    for words in ("0 on success", "1 when it was refused", "2 when the command line", "130 when interrupted"):
        assert words in page
    assert '{"refused": ...}' in page and "standard error" in page


def test_what_libraries_log_is_not_shown() -> None:
    """Errors are one line on standard error: what asyncio and drivers log of a server's restart is not among them."""
    program = (
        "import logging, sys, typer; from cli import run; from cli.output import application\n"
        "app = application('x')\n"
        "app.command('noise')(lambda: logging.getLogger('asyncio').error('Future exception was never retrieved'))\n"
        "app.command('other')(lambda: None)\n"
        "sys.argv = ['x', 'noise']; run(app)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("name", "value"), [("LEADFLOW_UI_PORT", "eighty"), ("LEADFLOW_TIME_SCALE", "7"), ("LEADFLOW_WEBHOOKS", "crm")]
)
def test_a_variable_that_cannot_be_read_is_named(leadflow: Leadflow, name: str, value: str) -> None:
    """Every error says what, where and how to mend it."""
    answer = leadflow("versions", **{name: value})
    assert answer.status == 1
    assert answer.err.startswith(f"leadflow: {name} ") and value in answer.err and "Traceback" not in answer.err
