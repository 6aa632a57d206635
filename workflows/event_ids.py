"""What events are known by. An id stands in the journal for good, and what comes under it again has happened already.

Each source of ids has a space of its own: whatever a caller calls an event, it can never take the place of one that leadflow
names itself (`fire:3:0` and `hand_over:3`, after the decision that brings them about).
"""

from __future__ import annotations


def sent(id: str) -> str:
    """An event under the id that its sender gave it."""
    return f"sent:{id}"


def update(id: str) -> str:
    """An event that was sent without an id, as an update: the server has one for it, also when its task is lost and tried again."""
    return f"update:{id}"


def signal(chain: str, number: int) -> str:
    """An event that was sent without an id, as a signal: counted in the chain of runs that it came to, in the order of history."""
    return f"signal:{chain}:{number}"


def touch(id: str) -> str:
    """An arrival of the lead, the first included."""
    return f"touch:{id}"


def change(id: str) -> str:
    """A change of the world that the lead is told of."""
    return f"change:{id}"


def move(run: int, *, back: bool = False) -> str:
    """A move to another version of the process in a run of a migration, or the way back from it."""
    return f"{'back' if back else 'move'}:{run}"


def merge(number: int, *, back: bool = False) -> str:
    """The part that a lead has in a merge, or in the way back from it: each of the two leads has one."""
    return f"{'unmerge' if back else 'merge'}:{number}"


def erasure(id: str) -> str:
    """The person was erased."""
    return f"erasure:{id}"


TAKEN_OVER = "taken_over"
"""A lead with a past in another system goes on here: once."""


def hand_over(seq: int) -> str:
    """The second half of a decision to hand the lead over."""
    return f"hand_over:{seq}"
