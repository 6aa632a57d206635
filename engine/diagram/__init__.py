"""Diagrams of a process for people: `mermaid` for documents, `svg` for pages (S2.9). Pure: text in, text out.

`live` is how many leads stand in each stage now, and since when.
"""

from __future__ import annotations

from engine.diagram import drawing, flowchart
from engine.diagram.outline import outline
from engine.diagram.standing import Live
from engine.process import Process


def svg(process: Process, live: Live | None = None) -> str:
    """A picture of the process with its stages, ways, deadlines and ladders."""
    return drawing.draw(outline(process, live))


def mermaid(process: Process, live: Live | None = None) -> str:
    """The same as a Mermaid flowchart, without the fence around it."""
    return flowchart.draw(outline(process, live))
