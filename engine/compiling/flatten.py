"""From nested stages as written to flat scopes and leaves, and from short stage names to full paths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.compiling.bundle import Parsed
from engine.compiling.checking import Checker
from engine.language.definition import LeadStatus, ProcessFile, Stage, StageKind
from engine.process import Leaf
from engine.reading.document import NodePath

_STATUS_OF_KIND = {
    StageKind.OPEN: LeadStatus.OPEN,
    StageKind.WAITING: LeadStatus.NURTURE,
    StageKind.WON: LeadStatus.CONVERTED,
    StageKind.LOST: LeadStatus.CLOSED,
}


@dataclass(frozen=True, slots=True)
class Placed:
    """A stage as written, with its full path, where it stands in the file, and the scopes around it (itself last)."""

    path: str
    at: NodePath
    stage: Stage
    chain: tuple[str, ...]


class Stages:
    """All stages of a process by full path, in the order written."""

    def __init__(self, file: ProcessFile) -> None:
        self.placed: dict[str, Placed] = {}
        self._walk(file.stages, (), ())

    def _walk(self, stages: Mapping[str, Stage], at: NodePath, chain: tuple[str, ...]) -> None:
        for name, stage in stages.items():
            path = f"{chain[-1]}.{name}" if chain else name
            here: NodePath = (*at, "stages", name)
            self.placed[path] = Placed(path, here, stage, (*chain, path))
            self._walk(stage.stages, here, (*chain, path))

    def find(self, name: str) -> str | None:
        """The full path of a stage named in full or by its last part, None where there is none or more than one."""
        if name in self.placed:
            return name
        matches = [path for path in self.placed if path.endswith(f".{name}")]
        return matches[0] if len(matches) == 1 else None

    def leaf_of(self, path: str) -> str:
        """Where one ends up on entering this stage: down its initial stages."""
        placed = self.placed[path]
        while placed.stage.stages:
            child = (
                placed.stage.initial if placed.stage.initial in placed.stage.stages else next(iter(placed.stage.stages))
            )
            placed = self.placed[f"{placed.path}.{child}"]
        return placed.path

    def leaves(self) -> dict[str, Leaf]:
        return {path: self._leaf(placed) for path, placed in self.placed.items() if not placed.stage.stages}

    def _leaf(self, placed: Placed) -> Leaf:
        around = self._around(placed)
        kind = self._kind(placed)
        status = next((stage.status for stage in around if stage.status is not None), _STATUS_OF_KIND[kind])
        forecast = next((stage.forecast for stage in around if stage.forecast is not None), None)
        titles = [self.title(path) for path in placed.chain]
        return Leaf(
            path=placed.path,
            title=" / ".join(titles),
            status=status,
            kind=kind,
            closes=any(stage.closes for stage in around),
            waits_for_ever=any(stage.waits_for_ever for stage in around),
            chain=placed.chain,
            probability=int(forecast.probability.removesuffix("%")) if forecast else None,
            value_field=forecast.value.removeprefix("lead.") if forecast else None,
        )

    def _around(self, placed: Placed) -> list[Stage]:
        """The stage and those that it lies in, innermost first."""
        return [self.placed[path].stage for path in reversed(placed.chain)]

    def _kind(self, placed: Placed) -> StageKind:
        """What it means to stand there: a stage that does not say is what the stage around it is."""
        kinds = (stage.kind for stage in self._around(placed))
        return next((kind for kind in kinds if kind is not StageKind.OPEN), StageKind.OPEN)

    def title(self, path: str) -> str:
        placed = self.placed[path]
        return placed.stage.title or path.rpartition(".")[2].replace("_", " ").capitalize()

    def check(self, process: Parsed, checker: Checker) -> None:
        for placed in self.placed.values():
            if placed.stage.initial is not None:
                checker.known(
                    process,
                    (*placed.at, "initial"),
                    placed.stage.initial,
                    placed.stage.stages,
                    "nested stage",
                    "UNKNOWN_STAGE",
                )
            kind = self._kind(placed)
            if placed.stage.closes and kind in (StageKind.OPEN, StageKind.WAITING):
                checker.report(
                    process,
                    (*placed.at, "closes"),
                    "CLOSES_OPEN",
                    f"stage '{placed.path}' closes the lead but is {kind}",
                    "A closing stage is won or lost: write `kind: won` or `kind: lost`.",
                )
