"""What a YAML syntax error most likely comes from, in words an author can act on.

The library reports where its grammar gave up, which is often a line after the slip. Here that is turned into the
likely slip and its own place: the tab, the colon without a space, the quote never closed (B.1).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.errors import Finding, Mark
from engine.reading.scalars import shown

Place = tuple[int, int]
"""Line and column, from 0."""

_GLUED_COLON = re.compile(r"\s*(?:- +)*([\w.-]+):([^\s:/].*)")
_HARD_SPACE = re.compile("(?:^\\s*-?|:)\xa0")
_QUOTES = "Put the whole text in quotes"


@dataclass(frozen=True)
class Trouble:
    """What the library says: `problem` at `at`, found while doing `context`, which began at `since`."""

    problem: str
    context: str
    at: Place
    since: Place


def explain(trouble: Trouble, file: str, lines: list[str]) -> Finding:
    """The finding for one syntax error. Never raises."""
    code, (line, column), message, remedy = _slip(trouble, _Lines(lines))
    return Finding(Mark(file, line + 1, column + 1), code, message, remedy)


Slip = tuple[str, Place, str, str]
"""Code, place, message, remedy."""


def hard_space(place: Place) -> Slip:
    """A non-breaking space where a space belongs: copied from a web page or a word processor."""
    message = "a non-breaking space stands here, which looks like a space but is none"
    return "CONTROL_CHARACTER", place, message, "Replace it by a plain space"


def glued_colon(text: str, place: Place) -> Slip | None:
    """`key:value` written where `key: value` is meant. `place` is where `text` begins."""
    glued = _GLUED_COLON.fullmatch(text)
    if not glued:
        return None
    message = f"a space is missing after the colon of {shown(glued[1])}"
    remedy = f"Write {shown(f'{glued[1]}: {glued[2]}')}"
    return "SYNTAX", (place[0], place[1] + glued.start(2)), message, remedy


class _Lines:
    """The lines of a file, without end: beyond the last one, all are empty."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines

    def __getitem__(self, row: int) -> str:
        return self._lines[row] if 0 <= row < len(self._lines) else ""

    def char(self, place: Place) -> str:
        return self[place[0]][place[1] : place[1] + 1]

    def before(self, row: int) -> int:
        """The nearest line above that says something; `row` itself if there is none."""
        return next((above for above in range(row - 1, -1, -1) if self[above].split("#")[0].strip()), row)


def _slip(trouble: Trouble, lines: _Lines) -> Slip:
    problem, context, at, since = trouble.problem, trouble.context, trouble.at, trouble.since
    spaces = _wrong_space(problem, at, lines)
    if spaces:
        return spaces
    if "alias" in context or "anchor" in context:
        return "ALIAS", since, f"a text cannot begin with {lines.char(since)} unless it is in quotes", _QUOTES
    if "tag" in context or "tag" in problem:
        return "TAG", since, "a text cannot begin with ! unless it is in quotes", _QUOTES
    if "directive" in context or "directive" in problem or "incompatible" in problem:
        return "SYNTAX", (at[0], 0), "a line cannot begin with %", "Put the text in quotes, or delete the line"
    if "quoted scalar" in context:
        return _quoted(problem, at, since, lines)
    if "block scalar" in context:
        return _block(problem, since, lines)
    if "flow" in context:
        return _flow(problem, at, since, lines)
    if "cannot start any token" in problem or "expected node content" in problem:
        return "SYNTAX", at, f"a text cannot begin with {lines.char(at)} unless it is in quotes", _QUOTES
    if "unexpected ':'" in problem:
        remedy = "Put a space after the colon, or take the colon away"
        return "SYNTAX", at, "a colon stands where none may", remedy
    if "could not find expected ':'" in problem:
        return _no_colon(since, lines)
    if "mapping values are not allowed" in problem:
        return _colon(at, lines)
    if "block sequence entries" in problem:
        remedy = "Begin the list on a line of its own below the key, or write it as [first, second]"
        return "SYNTAX", at, "a list cannot begin here, behind other text on its line", remedy
    if "expected '-' indicator" in problem:
        remedy = "Begin the line with '- ', or indent it like the keys that it belongs with"
        return "SYNTAX", at, "this line stands among list entries but is none", remedy
    if "expected key" in problem or "<document start>" in problem:
        return _out_of_place(at, lines)
    return "SYNTAX", at, "the file cannot be understood from here on", _LOOK_AROUND


_LOOK_AROUND = "Check quotes, brackets and indentation of this line and the one above"


def _wrong_space(problem: str, at: Place, lines: _Lines) -> Slip | None:
    for row in (at[0], lines.before(at[0])):
        hard = _HARD_SPACE.search(lines[row])
        if hard:
            return hard_space((row, hard.end() - 1))
    line = lines[at[0]]
    leading = line[: len(line) - len(line.lstrip())]
    if "\t" in leading or "tab character" in problem or lines.char(at) == "\t":
        column = leading.index("\t") if "\t" in leading else at[1]
        return "SYNTAX", (at[0], column), "a tab is used for indentation", "Indent with spaces: two for each level"
    return None


def _quoted(problem: str, at: Place, since: Place, lines: _Lines) -> Slip:
    if "unexpected" in problem:
        remedy = f"Add the closing {lines.char(since)}"
        remedy += " (inside single quotes, an apostrophe is written twice)" if lines.char(since) == "'" else ""
        return "SYNTAX", since, "the quote that opens here is never closed", remedy
    backslash = (at[0], lines[at[0]].rfind("\\", 0, at[1] + 1))
    place = backslash if backslash[1] >= 0 else at
    remedy = "Use single quotes, where a backslash is only a backslash, or write it twice"
    return "SYNTAX", place, "a backslash in double quotes begins a special character, and this is none", remedy


def _block(problem: str, since: Place, lines: _Lines) -> Slip:
    sign = lines.char(since)
    if "comment or line break" in problem:
        remedy = f"Put the text in quotes, or begin it on the line below {sign}"
        return "SYNTAX", since, f"a text cannot begin with {sign} unless it is in quotes", remedy
    remedy = "Indent all its lines by the same number of spaces"
    return "SYNTAX", since, f"the text below {sign} is not indented evenly", remedy


def _flow(problem: str, at: Place, since: Place, lines: _Lines) -> Slip:
    opening = lines.char(since)
    closing = {"{": "}", "[": "]"}.get(opening)
    if "expected ','" in problem and closing:
        if at[0] != since[0]:
            remedy = f"Add the closing {closing}, or the comma that is missing on the way"
            return "SYNTAX", since, f"the {opening} that opens here is not closed before line {at[0] + 1}", remedy
        remedy = "Put a comma between entries, and text with signs in quotes"
        return "SYNTAX", at, f"a comma or {closing} is missing here", remedy
    char = lines.char(at)
    if char in (",", "]", "}", ""):
        return "SYNTAX", at, "an entry is missing here", "Write the entry, or take the spare comma or bracket away"
    return "SYNTAX", at, f"a text cannot begin with {char} unless it is in quotes", _QUOTES


def _no_colon(since: Place, lines: _Lines) -> Slip:
    line = lines[since[0]]
    glued = glued_colon(line, (since[0], 0))
    if glued:
        return glued
    if ": " in line[since[1] + 1000 :]:
        return "SYNTAX", since, "a key has more than 1000 characters", "Shorten the key"
    return "SYNTAX", since, "this line has no colon", "Write 'key: value', or '- entry' in a list"


def _colon(at: Place, lines: _Lines) -> Slip:
    """A colon where none may be: inside a text, or on a line that the line above does not let begin."""
    line = lines[at[0]]
    if re.search(r":(\s|$)", line[: at[1]]):
        return "SYNTAX", at, "a second colon follows on the same line", "Put text that contains ': ' in quotes"
    above = lines.before(at[0])
    glued = glued_colon(lines[above], (above, 0)) if above != at[0] else None
    if glued:
        return glued
    indent, indent_above = (len(text) - len(text.lstrip()) for text in (line, lines[above]))
    if indent > indent_above:
        remedy = "Line the key up with the keys that it belongs with, or put text that contains ': ' in quotes"
        return "SYNTAX", (at[0], indent), "this key is indented further than the line above allows", remedy
    return "SYNTAX", (above, indent_above), "this line has no colon", "Write 'key: value', or '- entry' in a list"


def _out_of_place(at: Place, lines: _Lines) -> Slip:
    before, char = lines[at[0]][: at[1]].rstrip(), lines.char(at)
    above = lines.before(at[0])
    if lines[above].rstrip() == "...":
        return "SYNTAX", (above, 0), "three dots end the file here, but it goes on", "Delete the line with the dots"
    if before.endswith(("'", '"')):
        remedy = f"{_QUOTES}; an apostrophe inside single quotes is written twice"
        return "SYNTAX", at, "text goes on after the closing quote", remedy
    if before.endswith(("}", "]")):
        return "SYNTAX", at, "text goes on after the closing bracket", f"{_QUOTES} if it is text, or take the rest away"
    if char in ("]", "}"):
        return "SYNTAX", at, f"this {char} closes nothing", "Take it away, or add the opening bracket"
    if char == ":":
        return "SYNTAX", at, "the key before the colon is missing", "Write 'key: value'"
    if char == "-":
        remedy = "Indent the list below its key, or give it a key"
        return "SYNTAX", at, "a list entry stands where a key is expected", remedy
    remedy = "Line it up with the line that it belongs with: same number of spaces for the same level"
    return "SYNTAX", at, "the indentation of this line fits no line above it", remedy
