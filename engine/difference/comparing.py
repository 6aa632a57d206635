"""Walks through two versions of a process side by side and tells every part that differs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

from pydantic import BaseModel

from engine.compiling.bundle import Bundle
from engine.difference import vocabulary
from engine.difference.aligning import Alignment, align_alike, align_named
from engine.difference.changes import Change, Difference, How, Theme
from engine.difference.pairing import around_of, joined, same_names, stages_today
from engine.difference.sides import Side, canonical, first_of
from engine.difference.telling import brief, predicate, subject
from engine.difference.wording import ordinal, worded
from engine.language.definition import ProcessFile, Stage, Uses
from engine.reading.document import NodePath

V = TypeVar("V")

_NOT_TOLD = {(ProcessFile, "version")}
"""What differs between any two versions."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where the walk is: which file, which part and which aspect of it, on both sides."""

    file: str
    what: str
    theme: Theme
    subject: str
    old: NodePath = ()
    new: NodePath = ()
    scope: str = ""
    aspect: tuple[str, ...] = ()
    label: str = ""

    def at(self, key: str | int, label: str) -> Spot:
        """One step further in; `label` is what this step is called."""
        aspect, words = (*self.aspect, str(key)), f"{self.label} {label}".strip()
        return replace(self, old=(*self.old, key), new=(*self.new, key), aspect=aspect, label=words)

    def entry(self, old: str | int, new: str | int, words: str) -> Spot:
        """A part in a list or a mapping, which may stand elsewhere or have another name on each side."""
        return replace(self, subject=words, old=(*self.old, old), new=(*self.new, new))


def difference(old: Bundle, new: Bundle) -> Difference:
    """What changed from one version to the other. Raises DefinitionError where a file of either cannot be read."""
    comparison = _Comparison(Side(old), Side(new))
    comparison.everything()
    order = {theme: number for number, theme in enumerate(Theme)}
    changes = sorted(comparison.changes, key=lambda change: order[change.theme])
    return Difference(tuple(changes), comparison.renamed)


class _Comparison:
    def __init__(self, old: Side, new: Side) -> None:
        self.old = old
        self.new = new
        self.changes: list[Change] = []
        self.today = stages_today(old.stages, new.stages)
        self.renamed = {one: other for one, other in self.today.items() if one != other}

    def everything(self) -> None:
        for kind in ("process", *Uses.model_fields):
            theme = vocabulary.THEMES.get(kind, Theme.PROCESS)
            old, new = self.old.files.get(kind), self.new.files.get(kind)
            if old is not None and new is not None:
                what = kind if kind == "process" else f"{kind} table"
                self._models(old.model, new.model, Spot(kind, what, theme, ""))
        self._new_stages()

    # --- models and values ---------------------------------------------------------------------------------------------

    def _models(self, old: BaseModel, new: BaseModel, spot: Spot) -> None:
        if type(old) is not type(new):
            self._tell(spot, How.CHANGED, old, new, f"{worded(old)} -> {worded(new)}")
            return
        for name, spec in type(old).model_fields.items():
            key = spec.alias or name
            if (type(old), key) not in _NOT_TOLD and not self._names_itself(spot, key):
                self._value(type(old), key, getattr(old, name), getattr(new, name), spot)
        extra_old, extra_new = old.model_extra or {}, new.model_extra or {}
        for key in dict.fromkeys([*extra_old, *extra_new]):
            self._value(type(old), key, extra_old.get(key), extra_new.get(key), spot)

    @staticmethod
    def _names_itself(spot: Spot, key: str) -> bool:
        """The name of a table is told where it is used; that of a part where it is found."""
        return (not spot.aspect and key == spot.file != "process") or vocabulary.NAMED_BY.get(spot.what) == key

    def _value(self, owner: type[BaseModel], key: str, old: Any, new: Any, spot: Spot) -> None:
        old, new = self._settled(owner, key, old, self.old), self._settled(owner, key, new, self.new)
        here = spot.at(key, look_up(vocabulary.LABELS, owner, key) or key.replace("_", " "))
        if aside := look_up(vocabulary.ASIDE, owner, key):
            here = replace(here, theme=aside)
        part = look_up(vocabulary.PARTS, owner, key)
        if part is not None:
            inside = replace(here, what=part[0], theme=part[1], aspect=(), label="")
            if part[0] == "stage":
                self._stages(old, inside)
            else:
                self._listed_parts(old, new, inside) if isinstance(old, list) else self._parts(old, new, inside)
        elif canonical(old) == canonical(new):
            return
        elif isinstance(old, BaseModel) and isinstance(new, BaseModel):
            self._models(old, new, here)
        elif isinstance(old, dict) and isinstance(new, dict):
            for name in dict.fromkeys([*old, *new]):
                before, after = old.get(name), new.get(name)
                if canonical(before) != canonical(after):
                    entry = here.at(name, str(name))
                    self._tell(entry, How.CHANGED, before, after, predicate(entry.label, before, after, None))
        else:
            flag = look_up(vocabulary.FLAGS, owner, key)
            self._tell(here, How.CHANGED, old, new, predicate(here.label, old, new, flag))

    def _settled(self, owner: type[BaseModel], key: str, value: Any, side: Side) -> Any:
        """What counts where nothing is written, stages by their full names of today, and lists without an order in one."""
        if (owner, key) == (ProcessFile, "start"):
            value = side.start
        if value is not None and look_up(vocabulary.STAGES_NAMED, owner, key):
            value = [self._today(one, side) for one in value] if isinstance(value, list) else self._today(value, side)
        if isinstance(value, list) and look_up(vocabulary.UNORDERED, owner, key):
            value = sorted(value, key=canonical)
        return value

    def _today(self, name: str, side: Side) -> str:
        path = side.stage_named(name)
        return self.renamed.get(path, path) if side is self.old else path

    # --- parts with a name -----------------------------------------------------------------------------------------------

    def _parts(self, old: Mapping[str, Any], new: Mapping[str, Any], here: Spot) -> None:
        around, same = here.subject, same_names(here.what, old, new)
        for name, part in old.items():
            other = same.get(name, name)
            spot = here.entry(name, other, subject(around, here.what, other, new.get(other, part)))
            if name not in same:
                self._tell(spot, How.REMOVED, part, None, "is gone")
                continue
            if name != other:
                self._tell(spot, How.RENAMED, name, other, f"is called {other} now, {name} before")
            self._inside(part, new[other], spot)
        for name in new:
            if name not in same.values():
                spot = here.entry(name, name, subject(around, here.what, name, new[name]))
                self._tell(spot, How.ADDED, None, new[name], f"is new: {brief(new[name])}")

    def _stages(self, old: Mapping[str, Stage], here: Spot) -> None:
        """Stages of the old version, wherever they stand in the new one."""
        for name, stage in old.items():
            scope = joined(here.scope, name)
            today = self.today.get(scope)
            spot = replace(here.entry(name, name, self.old.title_of(scope)), scope=scope)
            if today is None:
                self._tell(spot, How.REMOVED, stage, None, "is gone")
                stayed = {name: one for name, one in stage.stages.items() if joined(scope, name) in self.today}
                self._stages(stayed, replace(spot, old=(*spot.old, "stages"), new=(*spot.new, "stages")))
                continue
            placed = self.new.stages.placed[today]
            spot = replace(spot, subject=self.new.title_of(today), new=placed.at)
            self._other_name(scope, today, spot)
            self._inside(stage, placed.stage, spot)

    def _other_name(self, scope: str, today: str, spot: Spot) -> None:
        around, around_today = around_of(scope), around_of(today)
        before, after = scope.rpartition(".")[2], today.rpartition(".")[2]
        if self.today.get(around, around) != around_today:
            before, after = (
                self.old.title_of(around) or "no other stage",
                self.new.title_of(around_today) or "no other stage",
            )
            self._tell(spot, How.MOVED, before, after, f"stands in {after} now, in {before} before")
        elif before != after:
            self._tell(spot, How.RENAMED, before, after, f"is called {after} now, {before} before")

    def _new_stages(self) -> None:
        """What stands in a stage that is new is new with it."""
        known = {after: before for before, after in self.today.items()}
        for path, placed in self.new.stages.placed.items():
            around = around_of(path)
            if path not in known and (not around or around in known):
                spot = Spot("process", "stage", Theme.STAGES, self.new.title_of(path), placed.at, placed.at)
                spot = replace(spot, scope=known.get(around, ""))
                self._tell(spot, How.ADDED, None, placed.stage, f"is new: {brief(placed.stage)}")

    def _inside(self, old: Any, new: Any, spot: Spot) -> None:
        if isinstance(old, Stage) and isinstance(new, Stage):
            entered = old.initial or first_of(old.stages)
            today = entered and self.today.get(joined(spot.scope, entered), entered).rpartition(".")[2]
            old = old.model_copy(update={"initial": today})
            new = new.model_copy(update={"initial": new.initial or first_of(new.stages)})
        if isinstance(old, BaseModel) and isinstance(new, BaseModel):
            self._models(old, new, spot)
        elif isinstance(old, list) and isinstance(new, list):
            self._series(old, new, spot)
        elif isinstance(old, dict) and isinstance(new, dict):
            self._parts(old, new, replace(spot, what="code"))
        elif canonical(old) != canonical(new):
            self._tell(spot, How.CHANGED, old, new, predicate("", old, new, None))

    def _listed_parts(self, old: Sequence[Any], new: Sequence[Any], here: Spot) -> None:
        """Parts in an order that counts, each with a name of its own."""
        key = vocabulary.NAMED_BY[here.what]
        old_names, new_names = [getattr(one, key) for one in old], [getattr(one, key) for one in new]
        same = same_names(here.what, dict(zip(old_names, old, strict=True)), dict(zip(new_names, new, strict=True)))
        aligned = align_named([same.get(name, ("gone", name)) for name in old_names], new_names)
        titled = partial(_titled, here.what, key)
        self._aligned(old, new, aligned, here, here.what, lambda _, part: titled(part))
        for one, other in aligned.pairs:
            before, after = old_names[one], new_names[other]
            if before != after:
                spot = here.entry(one, other, titled(new[other]))
                self._tell(spot, How.RENAMED, before, after, f"was called '{before}' before")

    def _series(self, old: Sequence[Any], new: Sequence[Any], spot: Spot) -> None:
        """Branches of an event, rungs of a ladder: known by what they say, in their order."""
        if len(old) == len(new) == 1:
            self._models(old[0], new[0], spot.entry(0, 0, spot.subject))
            return
        what = "way" if spot.what == "event" else "step"
        hints = [[str(getattr(one, "to", getattr(one, "after", None))) for one in side] for side in (old, new)]
        aligned = align_alike([canonical(one) for one in old], [canonical(one) for one in new], hints)
        self._aligned(old, new, aligned, spot, what, lambda place, _: f"{spot.subject}, {what} {place + 1}")

    def _aligned(
        self,
        old: Sequence[Any],
        new: Sequence[Any],
        aligned: Alignment,
        here: Spot,
        what: str,
        called: Callable[[int, Any], str],
    ) -> None:
        """`what` one entry is, and what the one at a place is called."""
        for one, other in aligned.pairs:
            spot = here.entry(one, other, called(other, new[other]))
            if other in aligned.moved:
                before, after = aligned.moved[other]
                direction = "up" if after < before else "down"
                among = " of those that stay" if aligned.added or aligned.removed else ""
                words = f"moved {direction}, from {ordinal(before)} to {ordinal(after)}{among}"
                self._tell(replace(spot, what=what), How.MOVED, ordinal(before), ordinal(after), words)
            self._models(old[one], new[other], spot)
        for one in aligned.removed:
            spot = replace(here.entry(one, one, called(one, old[one])), what=what)
            self._tell(spot, How.REMOVED, old[one], None, f"is gone, was {ordinal(one)}: {brief(old[one])}")
        for other in aligned.added:
            spot = replace(here.entry(other, other, called(other, new[other])), what=what)
            self._tell(spot, How.ADDED, None, new[other], f"is new, as {ordinal(other)}: {brief(new[other])}")

    # --- telling ---------------------------------------------------------------------------------------------------------

    def _tell(self, spot: Spot, how: How, old: Any, new: Any, words: str) -> None:
        path = spot.old if how is How.REMOVED else spot.new
        whole = how is not How.CHANGED
        named = f"stage '{spot.subject}'" if whole and spot.what == "stage" else spot.subject
        self.changes.append(
            Change(
                theme=spot.theme,
                what=spot.what,
                aspect=".".join(spot.aspect),
                how=how,
                file=spot.file,
                path=".".join(map(str, path)),
                scope=spot.scope,
                sentence=f"{named} {words}" if whole else f"{named}: {words}" if named else words,
                before=None if old is None else worded(old),
                after=None if new is None else worded(new),
                old=None if how is How.ADDED else self.old.mark(spot.file, spot.old, key=whole),
                new=None if how is How.REMOVED else self.new.mark(spot.file, spot.new, key=whole),
            )
        )


def look_up(table: Mapping[tuple[Any, str], V], owner: type[BaseModel], key: str) -> V | None:
    """What the table says of this key of a model, or of the same key of what the model is a kind of."""
    return next((table[base, key] for base in owner.__mro__ if (base, key) in table), None)


def _titled(what: str, key: str, part: Any) -> str:
    return subject("", what, getattr(part, key), part)
