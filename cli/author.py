"""Who is at the keyboard, for records of who published or loaded something."""

from __future__ import annotations

import getpass

from cli.rights import caller


def author() -> str:
    """The caller's name where a token is used; else that which one is logged in by, and a container may have none."""
    who = caller()
    if who is not None:
        return who.name
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
