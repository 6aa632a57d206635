"""`altered(lead, owner="ann")` is `dataclasses.replace` for a `Lead`, for machines that run very many of them: every decision makes
several, and this takes a twentieth of the time."""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["altered"]

if TYPE_CHECKING:
    from dataclasses import replace as altered  # by this name mypy checks fields and their types
else:

    def altered(lead, **parts):
        other = object.__new__(type(lead))
        object.__setattr__(other, "__dict__", lead.__dict__ | parts)
        return other
