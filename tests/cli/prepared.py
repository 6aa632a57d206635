"""Runs `leadflow` commands in copies of a process that has loaded everything: a real process each, without its start.

    python -m tests.cli.prepared

Standard input has one order a line, `{"arguments": [...], "environment": {...}, "folder": "..."}`; the folder has the
command's standard input as `in` and gets its output as `out` and `err`. The answer is the exit status, on a line.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path


def main() -> None:
    import bootstrap  # noqa: F401  what takes long to load
    import cli.app
    import cli.card
    import cli.checkup
    import cli.health
    import cli.inspection
    import cli.reconcile  # noqa: F401

    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            run(order["arguments"], order["environment"], Path(order["folder"]))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def run(arguments: list[str], environment: dict[str, str], folder: Path) -> None:
    """Becomes the command, and ends with it."""
    for number, name, mode in ((0, "in", os.O_RDONLY), (1, "out", os.O_WRONLY), (2, "err", os.O_WRONLY)):
        file = os.open(folder / name, mode)
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["leadflow", *arguments]
    from cli import main as leadflow

    try:
        leadflow()
    except SystemExit as ended:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(ended.code if isinstance(ended.code, int) else 1 if ended.code else 0)


if __name__ == "__main__":
    main()
