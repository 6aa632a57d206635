"""The end of what a part of the local stack has logged: most often it says why the part does not run."""

from __future__ import annotations

import os
from pathlib import Path

ENOUGH = 4096  # bytes


def last_line(home: Path, part: str) -> str:
    """Empty where there is no log, or nothing in it."""
    try:
        with (home / "log" / f"{part}.log").open("rb") as log:
            log.seek(0, os.SEEK_END)
            log.seek(max(0, log.tell() - ENOUGH))
            lines = log.read().decode(errors="replace").split("\n")
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
