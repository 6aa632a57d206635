"""The `leadflow` command. Exit status 0 only on success, errors on standard error, `--json` for machines (see `app.NOTES`)."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer


def main() -> None:
    """What `.venv/bin/leadflow` calls."""
    from cli.app import app

    run(app)


def run(app: typer.Typer) -> None:
    """Run a command line application. Trouble that can be expected is one clear line and exit status 1."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show a name is no reason to fail.
            stream.reconfigure(errors="backslashreplace")
    # Libraries log what we tell in our own words, or try again; without a handler Python prints it on standard error.
    logging.getLogger().addHandler(logging.NullHandler())
    try:
        _run(app)
    except SystemExit as ended:
        _leave(ended)
        raise


def _run(app: typer.Typer) -> None:
    from cli.output import complain, stop_printing
    from cli.trouble import trouble_of

    try:
        _parsed(app)
    except BrokenPipeError:
        stop_printing()
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        trouble = trouble_of(error)
        if trouble is None:
            raise
        with contextlib.suppress(BrokenPipeError):
            complain(trouble)
        sys.exit(1)


def _parsed(app: typer.Typer) -> None:
    """A command line that is not understood ends with status 2, and where JSON was asked for, with that."""
    if "--json" not in sys.argv:
        app()
    from typer.exceptions import TyperException

    from cli.output import complain_of_usage

    try:
        status = app(standalone_mode=False)
    except TyperException as error:
        complain_of_usage(error)
        sys.exit(error.exit_code)
    sys.exit(status if isinstance(status, int) else 0)


def _leave(ended: SystemExit) -> None:
    """Threads of Temporal's SDK abort an interpreter that is taken down around them, so it is left as it stands."""
    if "temporalio.bridge.temporal_sdk_bridge" in sys.modules and (ended.code is None or isinstance(ended.code, int)):
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError):
                stream.flush()
        os._exit(ended.code or 0)
