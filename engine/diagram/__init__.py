"""Diagrams of a process for people: `mermaid` for documents, `svg` for pages (S2.9). Pure: text in, text out.

`counts` is how many leads stand in each stage, by the stage's full path.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.diagram import drawing, flowchart
from engine.diagram.outline import outline
from engine.process import Process


def svg(process: Process, counts: Mapping[str, int] | None = None) -> str:
    """A picture of the process with its stages, ways, deadlines and ladders."""
    return drawing.draw(outline(process, counts))


def mermaid(process: Process, counts: Mapping[str, int] | None = None) -> str:
    """The same as a Mermaid flowchart, without the fence around it."""
    return flowchart.draw(outline(process, counts))
