"""What changed between two versions of a process in meaning, not in lines: stages, deadlines, rules, points, words."""

from engine.difference.changes import Change, Difference, How, Theme
from engine.difference.comparing import difference

__all__ = ["Change", "Difference", "How", "Theme", "difference"]
