"""What is analysed: a compiled process together with the files it was made of, so that each finding has its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias, cast

from engine.analysis.moves import Moves, clock_at
from engine.compiling.bundle import Parsed
from engine.compiling.checking import Checker
from engine.compiling.compile import Compiled
from engine.compiling.flatten import Stages
from engine.language.definition import ProcessFile
from engine.process import ClockRule, Process
from engine.reading.document import NodePath
from engine.reasoning import Reasoner
from engine.reasoning.of_process import reasoner_of


@dataclass(frozen=True)
class Subject:
    """A process as it runs, and as it is written. `tables` are those that it uses, by kind: assignment, score, ..."""

    process: Process
    source: Parsed
    tables: Mapping[str, Parsed]

    @staticmethod
    def of(compiled: Compiled) -> Subject:
        return Subject(compiled.process, compiled.source, {table.kind: table for table in compiled.tables})

    @cached_property
    def file(self) -> ProcessFile:
        return cast(ProcessFile, self.source.model)

    @cached_property
    def stages(self) -> Stages:
        """All stages as written, by full path, each with its place in the file."""
        return Stages(self.file)

    def stage_at(self, path: str) -> NodePath:
        """Where a stage stands in the file."""
        return self.stages.placed[path].at

    def clock_at(self, rule: ClockRule) -> NodePath:
        """Where a clock of the process or of a stage stands in the file."""
        return clock_at(self.stages, rule)

    @cached_property
    def reasoner(self) -> Reasoner:
        """Knows every condition of the process and its tables."""
        return reasoner_of(self.process)

    @cached_property
    def moves(self) -> Moves:
        return Moves(self.process, self.stages)


Analysis: TypeAlias = Callable[[Checker, Subject], None]
"""Reports what it finds to the checker, by file and path in it."""
