"""One YAML document as read: plain data, and the place in the file of each part of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import accumulate
from typing import Literal, TypeAlias

from engine.errors import Mark
from engine.reading.scalars import Scalar

Plain: TypeAlias = "Scalar | list[Plain] | dict[str | int, Plain]"
NodePath: TypeAlias = tuple[str | int, ...]
"""The way to a part from the top: keys of mappings, positions (from 0) in lists. `("stages", "new", "by", 0)`."""

Style: TypeAlias = Literal["", "'", '"', "|", ">"]


@dataclass(slots=True)
class ScalarNode:
    """A single value. `line` and `column` count from 0 here, and from 1 in a `Mark`."""

    line: int
    column: int
    value: Scalar
    text: str
    style: Style


@dataclass(slots=True)
class MappingNode:
    line: int
    column: int
    value: dict[str | int, Plain] = field(default_factory=dict)
    # By the key's text: no mapping holds both 5 and '5', and whoever asks need not know how the author wrote it.
    entries: dict[str, tuple[ScalarNode, Node]] = field(default_factory=dict)


@dataclass(slots=True)
class ListNode:
    line: int
    column: int
    value: list[Plain] = field(default_factory=list)
    items: list[Node] = field(default_factory=list)


Node: TypeAlias = ScalarNode | MappingNode | ListNode


@dataclass(frozen=True, slots=True)
class Comment:
    """What stands behind a `#`, and the line (from 1) that it is about: its own, or the next one where it stands alone."""

    mark: Mark
    text: str
    about: int


class Document:
    """Plain data with places. Made by `engine.reading.source.read`; treat `value` as read-only.

    `comments`: those that say something to leadflow, in the order written.
    """

    def __init__(self, file: str, root: Node, lines: list[str], comments: tuple[Comment, ...] = ()) -> None:
        self.file = file
        self.value: Plain = root.value
        self.comments = comments
        self._root = root
        self._lines = lines

    def node(self, path: NodePath) -> Node | None:
        """The part at `path`, or None where the document has none."""
        trail = self._trail(path)
        return trail[-1][1] if len(trail) == len(path) + 1 else None

    def mark(self, path: NodePath) -> Mark:
        """The place of the value at `path`; of its nearest ancestor if there is no such value."""
        return self._mark(self._trail(path)[-1][1])

    def key_mark(self, path: NodePath) -> Mark:
        """The place of the key at `path` (of the entry itself in a list); of the nearest ancestor's if none."""
        key, value = self._trail(path)[-1]
        return self._mark(key or value)

    def inside(self, path: NodePath, line: int, column: int) -> Mark:
        """The place of a position inside the text at `path`; `line` and `column` count from 1 within the text's value.

        Quotes, escapes, folded lines and the indentation of block texts are accounted for. A mapping or list has no
        inside: then its own place.
        """
        node = self.node(path)
        if not isinstance(node, ScalarNode):
            return self.mark(path)
        places = _block_places(node, self._lines) if node.style in ("|", ">") else _flow_places(node, self._lines)
        starts = list(accumulate((len(part) + 1 for part in node.text.split("\n")), initial=0))
        row = min(max(line, 1), len(starts) - 1)
        offset = min(starts[row - 1] + max(column, 1) - 1, starts[row] - 1)
        at = places[offset] if offset < len(places) else (node.line, node.column)
        return Mark(self.file, at[0] + 1, at[1] + 1)

    def _mark(self, node: Node) -> Mark:
        return Mark(self.file, node.line + 1, node.column + 1)

    def _trail(self, path: NodePath) -> list[tuple[ScalarNode | None, Node]]:
        """Key and value of every part on the way to `path`, as far as the document has them."""
        trail: list[tuple[ScalarNode | None, Node]] = [(None, self._root)]
        for part in path:
            node = trail[-1][1]
            if isinstance(node, MappingNode) and str(part) in node.entries:
                trail.append(node.entries[str(part)])
            elif isinstance(node, ListNode) and isinstance(part, int) and 0 <= part < len(node.items):
                trail.append((None, node.items[part]))
            else:
                break
        return trail


_ESCAPE_LENGTH = {"x": 4, "u": 6, "U": 10}


def _flow_places(node: ScalarNode, lines: list[str]) -> list[tuple[int, int]]:
    """Where each character of a plain or quoted text stands in the file, and where the text ends."""
    places: list[tuple[int, int]] = []
    row, column = node.line, node.column + len(node.style)
    while len(places) < len(node.text) and row < len(lines):
        line = lines[row]
        rest = line[column:]
        if not rest.strip(" \t"):
            # A line break becomes one space; each empty line after it, a break.
            empty = 0
            while row + 1 + empty < len(lines) and not lines[row + 1 + empty].strip(" \t"):
                empty += 1
            places += [(row, column)] * max(empty, 1)
            row += 1 + empty
            column = len(lines[row]) - len(lines[row].lstrip(" \t")) if row < len(lines) else 0
        elif node.style == '"' and rest == "\\":
            row += 1
            column = len(lines[row]) - len(lines[row].lstrip(" \t")) if row < len(lines) else 0
        else:
            places.append((row, column))
            if node.style == "'" and rest.startswith("''"):
                column += 2
            elif node.style == '"' and rest[0] == "\\":
                column += _ESCAPE_LENGTH.get(rest[1], 2)
            else:
                column += 1
    return [*places, (row, column)]


def _block_places(node: ScalarNode, lines: list[str]) -> list[tuple[int, int]]:
    """The same for a block text (`|` or `>`), whose lines stand in the file one by one behind an indentation."""
    places: list[tuple[int, int]] = []
    end = (node.line, node.column)
    indent: int | None = None
    for row in range(node.line + 1, len(lines)):
        line = lines[row]
        if not line.strip(" \t"):
            continue
        if indent is None:
            first = node.text.lstrip("\n")
            indent = (len(line) - len(line.lstrip(" "))) - (len(first) - len(first.lstrip(" ")))
        body = line[indent:]
        begin = node.text.find(body, len(places))
        if begin < 0 or len(places) >= len(node.text.rstrip("\n")):
            break
        places += [end] * (begin - len(places))
        places += [(row, indent + column) for column in range(len(body))]
        end = (row, len(line))
    return places + [end] * (len(node.text) + 1 - len(places))
