"""The folder of a stack: whose it must be, and how files come into it. Passwords and people's data lie there."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from engine.errors import StackError


def make_home(home: Path) -> None:
    """Makes the folder if there is none, for its owner's eyes only.

    StackError where somebody else could put files or links there, which we would then write through, or believe.
    """
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    known = home.stat()
    if known.st_uid != os.geteuid():
        raise StackError(
            f"the folder {home} belongs to another user",
            "Let LEADFLOW_HOME name a folder of your own, or start leadflow as the user whose it is.",
        )
    if stat.S_IMODE(known.st_mode) & (stat.S_IWGRP | stat.S_IWOTH):
        raise StackError(f"others may write into the folder {home}", f"Forbid it: chmod go-w '{home}'")


def write_anew(file: Path, text: str) -> None:
    """Writes a file for its owner's eyes only, and puts it in place as a whole: a reader never sees half of it.

    Goes through no link, whatever lies there under the name of the file or of the new one.
    """
    fresh = file.with_name(f"{file.name}.new")
    fresh.unlink(missing_ok=True)
    made = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(made, "w", encoding="utf-8") as out:
        out.write(text)
    fresh.replace(file)
