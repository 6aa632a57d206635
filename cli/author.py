"""Who is at the keyboard, for records of who published or loaded something."""

from __future__ import annotations

import getpass


def author() -> str:
    """The name one is logged in by; a container may have none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
