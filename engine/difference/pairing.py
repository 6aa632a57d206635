"""Which part of the old version is which of the new one: by its name, or else by all that it says, or by its title."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.compiling.flatten import Stages
from engine.difference.sides import canonical
from engine.difference.telling import title_of
from engine.difference.vocabulary import RENAMED
from engine.language.definition import Stage, Written


def stages_today(old: Stages, new: Stages) -> dict[str, str]:
    """Stages of the old version to what they are in the new one, by full path; those that are gone are left out.

    First within the same stage around them, then wherever they went: into another stage, or out of one.
    """
    today = dict(_level(_top(old), _top(new), "", ""))
    for path, placed in old.placed.items():
        if path in today:
            continue
        name = _last(path)
        found = [other for other in new.placed if other not in today.values() and _last(other) == name]
        if len(found) == 1:
            today[path] = found[0]
            inside = _level(placed.stage.stages, new.placed[found[0]].stage.stages, path, found[0])
            today.update((one, other) for one, other in inside if one not in today and other not in today.values())
    return today


def _level(
    old: Mapping[str, Stage], new: Mapping[str, Stage], old_around: str, new_around: str
) -> Iterator[tuple[str, str]]:
    for one, other in same_names("stage", old, new).items():
        before, after = joined(old_around, one), joined(new_around, other)
        yield before, after
        yield from _level(old[one].stages, new[other].stages, before, after)


def _top(stages: Stages) -> dict[str, Stage]:
    return {path: placed.stage for path, placed in stages.placed.items() if len(placed.chain) == 1}


def joined(around: str, name: str) -> str:
    return f"{around}.{name}" if around else name


def around_of(path: str) -> str:
    """The stage around a stage, empty where there is none."""
    return path.rpartition(".")[0]


def _last(path: str) -> str:
    return path.rpartition(".")[2]


def same_names(what: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, str]:
    """Old names to new ones. What is gone and what is new are one part renamed, where either all else that they say is the same or
    people call both by the same title.
    """
    same = {name: name for name in old if name in new}
    if what not in RENAMED:
        return same
    for look in (_body, title_of):
        gone = {name: look(part) for name, part in old.items() if name not in same}
        fresh = {name: look(part) for name, part in new.items() if name not in same.values()}
        for name, said in gone.items():
            alike = [other for other, says in fresh.items() if said and says == said]
            if len(alike) == 1 and [*gone.values()].count(said) == 1:
                same[name] = alike[0]
    return same


def _body(part: Any) -> str:
    """What a part says beside its names."""
    if not isinstance(part, Written):
        return canonical(part)
    names = [name for name in ("title", "name") if name in type(part).model_fields]
    return canonical(part.model_copy(update=dict.fromkeys(names)))
