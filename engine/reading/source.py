"""Reading what ops wrote: strict YAML with places. The only module that knows the YAML library.

`read` gives a `Document`; `validate` checks one against a model. Both refuse with a `DefinitionError` whose
findings carry file, line, column, a stable code and a remedy (B.1), and report as many mistakes at once as can be
told apart.

Refused although YAML allows it, because readers differ or because small files could grow huge: words that only some
take for true or false, unquoted times and dates, numbers in unusual forms, aliases, tags, merge keys, duplicate
keys, and more than one document.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from itertools import islice
from pathlib import Path
from typing import NoReturn, cast

import yaml

from engine.errors import DefinitionError, Finding, Mark
from engine.reading.document import Comment, Document, ListNode, MappingNode, Node, NodePath, Plain, ScalarNode, Style
from engine.reading.faults import Wrong, wrong
from engine.reading.scalars import Doubt, meaning, shown
from engine.reading.slips import Slip, Trouble, explain, glued_colon, hard_space
from engine.reading.validation import validate

__all__ = ["Document", "NodePath", "Plain", "Wrong", "read", "read_file", "validate", "wrong"]

MOST_BYTES = 1_000_000
MOST_NODES = 50_000
MOST_LEVELS = 40
MOST_FINDINGS = 100

# Control characters, line breaks that only some editors count, halves of characters, and what hides or reorders text.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2060\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_HARD_SPACE = re.compile("^\xa0|:\xa0|\xa0$")
_LINE_BREAK = re.compile("\r\n|\r|\n")
_TELLING = re.compile(r"(?:(?<=\s)|^)#(?=\s*allow\s+(?:[A-Za-z]+_|[A-Z]{4,}\s*(?::|$)))", re.MULTILINE)
"""Where a comment begins that allows a finding: see `engine.analysis.allowances`."""


def read_file(path: Path, name: str | None = None) -> Document:
    """Read one file, which findings call `name` (its path if left out).

    Raises DefinitionError, also for a file that cannot be read. The size is looked at before the content.
    """
    file = name or str(path)
    start = Mark(file, 1, 1)
    try:
        if path.is_dir():
            _refuse(Finding(start, "UNREADABLE", "this is a folder, and one file is asked for", "Name a file in it"))
        if not path.is_file():
            _refuse(Finding(start, "UNREADABLE", "there is no such file", "Check the name of the file"))
        if path.stat().st_size > MOST_BYTES:
            _refuse(_too_large(file))
        data = path.read_bytes()
    except OSError as error:
        message = f"the file cannot be read: {error.strerror}"
        _refuse(Finding(start, "UNREADABLE", message, "Check the file and its permissions"))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        lines = _LINE_BREAK.split(data[: error.start].decode("utf-8"))
        mark = Mark(file, len(lines), len(lines[-1]) + 1)
        message = "the file is not written in UTF-8 from here on"
        _refuse(Finding(mark, "NOT_UTF8", message, "Save it with the encoding UTF-8"))
    return read(text, file)


def read(text: str, file: str) -> Document:
    """Read one YAML document from `text`; `file` is the name that findings show. Raises nothing but DefinitionError."""
    if len(text) > MOST_BYTES or len(text.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        _refuse(_too_large(file))
    text = text.removeprefix("\ufeff")
    lines = _LINE_BREAK.split(text)
    unseen = list(islice(_UNSEEN.finditer(text), MOST_FINDINGS))
    if unseen:
        starts = [0, *(match.end() for match in _LINE_BREAK.finditer(text))]
        raise DefinitionError([_unseen(match, starts, file) for match in unseen])
    builder = _Builder(file)
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        builder.findings.append(explain(_trouble(error), file, lines))
    except yaml.YAMLError:
        builder.report(0, 0, "SYNTAX", "the file is not YAML", "Write it as keys and values: 'key: value'")
    except _Enough:
        pass
    if builder.findings:
        raise DefinitionError(list(dict.fromkeys(builder.findings)))
    if builder.root is None or builder.root.value is None:
        _refuse(Finding(Mark(file, 1, 1), "EMPTY", "the file says nothing", "Write keys and values: 'key: value'"))
    return Document(file, builder.root, lines, _comments(text, file, lines) if _TELLING.search(text) else ())


def _comments(text: str, file: str, lines: list[str]) -> tuple[Comment, ...]:
    """Comments that tell leadflow something. The same signs within a text are text: the scanner knows where those are."""
    texts = [
        ((token.start_mark.line, token.start_mark.column), (token.end_mark.line, token.end_mark.column))
        for token in yaml.scan(text, Loader=yaml.CSafeLoader)
        if isinstance(token, yaml.ScalarToken)
    ]
    starts = [start for start, _ in texts]
    found = []
    for row, line in enumerate(lines):
        for sign in _TELLING.finditer(line):
            before = bisect_right(starts, (row, sign.start())) - 1
            if before >= 0 and (row, sign.start()) < texts[before][1]:
                continue
            about = row
            while about + 1 < len(lines) and (not lines[about].strip() or lines[about].lstrip().startswith("#")):
                about += 1
            mark = Mark(file, row + 1, sign.start() + 1)
            found.append(Comment(mark, line[sign.start() + 1 :].strip(), about + 1))
            break
    return tuple(found)


def _refuse(finding: Finding) -> NoReturn:
    raise DefinitionError([finding]) from None


def _too_large(file: str) -> Finding:
    remedy = "Split it into several files"
    return Finding(Mark(file, 1, 1), "TOO_LARGE", f"the file is larger than {MOST_BYTES // 1_000_000} MB", remedy)


def _unseen(match: re.Match[str], starts: list[int], file: str) -> Finding:
    line = bisect_right(starts, match.start())
    sign = match[0]
    name = f"U+{ord(sign):04X} {unicodedata.name(sign, '')}".strip()
    mark = Mark(file, line, match.start() - starts[line - 1] + 1)
    remedy = "Delete it; copying from another program often leaves such characters behind"
    return Finding(mark, "CONTROL_CHARACTER", f"an invisible character ({name}) stands here", remedy)


def _trouble(error: yaml.MarkedYAMLError) -> Trouble:
    at = error.problem_mark or error.context_mark
    since = error.context_mark or at
    return Trouble(
        problem=error.problem or "",
        context=error.context or "",
        at=(at.line, at.column) if at else (0, 0),
        since=(since.line, since.column) if since else (0, 0),
    )


class _Enough(Exception):
    """Reading on would help nobody: a limit is passed."""


class _Builder:
    """Builds nodes from the parser's events, without recursion, so that no nesting can exhaust the stack."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.root: Node | None = None
        self.findings: list[Finding] = []
        self._open: list[MappingNode | ListNode] = []
        self._keys: list[Node | None] = []  # of each open part, the key that waits for its value
        self._documents = 0
        self._nodes = 0

    def report(self, line: int, column: int, code: str, message: str, remedy: str) -> None:
        self.findings.append(Finding(Mark(self.file, line + 1, column + 1), code, message, remedy))
        if len(self.findings) >= MOST_FINDINGS:
            raise _Enough

    def _report_slip(self, slip: Slip | None) -> None:
        if slip:
            code, (line, column), message, remedy = slip
            self.report(line, column, code, message, remedy)

    def take(self, event: yaml.Event) -> None:
        line, column = (event.start_mark.line, event.start_mark.column) if event.start_mark else (0, 0)
        if isinstance(event, yaml.ScalarEvent):
            self._attach(self._scalar(event, line, column))
        elif isinstance(event, yaml.CollectionStartEvent):
            self._plain_only(event, line, column)
            node = MappingNode(line, column) if isinstance(event, yaml.MappingStartEvent) else ListNode(line, column)
            self._attach(node)
            self._open.append(node)
            self._keys.append(None)
            if len(self._open) > MOST_LEVELS:
                self._stop(line, column, "TOO_DEEP", f"more than {MOST_LEVELS} levels are nested", "Nest less deeply")
        elif isinstance(event, yaml.CollectionEndEvent):
            self._open.pop()
            self._keys.pop()
        elif isinstance(event, yaml.AliasEvent):
            message = f"*{event.anchor} refers to another place"
            self.report(line, column, "ALIAS", message, f"Write the content again. {_STAR}")
            self._attach(ScalarNode(line, column, None, "", ""))
        elif isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                remedy = "Put each document into a file of its own, or delete the line ---"
                self._stop(line, column, "MULTIPLE_DOCUMENTS", "a second document begins in the same file", remedy)

    def _stop(self, line: int, column: int, code: str, message: str, remedy: str) -> NoReturn:
        self.report(line, column, code, message, remedy)
        raise _Enough

    def _attach(self, node: Node) -> None:
        self._nodes += 1
        if self._nodes > MOST_NODES:
            message = f"the file has more than {MOST_NODES} values"
            self._stop(node.line, node.column, "TOO_LARGE", message, "Split it into several files")
        if not self._open:
            self.root = node
            return
        parent = self._open[-1]
        if isinstance(parent, ListNode):
            parent.value.append(node.value)
            parent.items.append(node)
            return
        key = self._keys[-1]
        if key is None:
            self._keys[-1] = node
            self._check_key(node, parent)
            return
        self._keys[-1] = None
        if isinstance(node, ScalarNode) and isinstance(key, ScalarNode) and _touches(key, node):
            self._report_slip(glued_colon(key.text, (key.line, key.column)))
        if isinstance(key, ScalarNode) and isinstance(key.value, (str, int)) and str(key.value) not in parent.entries:
            parent.value[key.value] = node.value
            parent.entries[str(key.value)] = (key, node)

    def _check_key(self, key: Node, parent: MappingNode) -> None:
        if not isinstance(key, ScalarNode):
            message = "a key must be text or a whole number, and this is a list or a mapping"
            remedy = "Put it in quotes if it is a text that begins with { or ["
            self.report(key.line, key.column, "KEY_NOT_TEXT", message, remedy)
        elif key.value is None or isinstance(key.value, (bool, float)) or key.text == "":
            message, remedy = "a key is empty", "Write the key before the colon"
            if key.text:
                message = f"a key must be text or a whole number, and {shown(key.text)} is neither"
                remedy = f"Put it in quotes: {shown(key.text)}"
            self.report(key.line, key.column, "KEY_NOT_TEXT", message, remedy)
        elif key.style == "" and key.text == "<<":
            message = "<< would merge another place in here"
            self.report(key.line, key.column, "MERGE_KEY", message, "Write the keys out again")
        elif str(key.value) in parent.entries:
            first = parent.entries[str(key.value)][0].line + 1
            message = f"the key {shown(key.text)} is written twice, on line {first} and on line {key.line + 1}"
            self.report(key.line, key.column, "DUPLICATE_KEY", message, "Keep one of them, or rename one")

    def _plain_only(self, event: yaml.NodeEvent, line: int, column: int) -> None:
        """No anchor and no tag: what a file says is what it shows."""
        if event.anchor is not None:
            remedy = f"Take it away, and write the content again where it is used. {_STAR}"
            self.report(line, column, "ALIAS", f"&{event.anchor} names this place for use elsewhere", remedy)
        tag = getattr(event, "tag", None)
        if tag is not None:
            written = str(tag).replace("tag:yaml.org,2002:", "!!")
            message = f"the tag {shown(written)} would change what the value is"
            self.report(line, column, "TAG", message, "Take it away; put a text that begins with ! in quotes")

    def _scalar(self, event: yaml.ScalarEvent, line: int, column: int) -> ScalarNode:
        text = event.value
        if event.anchor is not None or event.tag is not None:
            self._plain_only(event, line, column)
        if event.style:
            if event.style == '"' and _CONTROL.search(text):
                message = "the text holds a control character, written with a backslash"
                self.report(line, column, "CONTROL_CHARACTER", message, "Take it away; only \\n and \\t are of use")
            return ScalarNode(line, column, text, text, cast(Style, event.style))
        hard = _HARD_SPACE.search(text)
        if hard:
            self._report_slip(hard_space((line, column + hard.end() - 1)))
        value = meaning(text)
        if isinstance(value, Doubt):
            is_key = bool(self._open) and isinstance(self._open[-1], MappingNode) and self._keys[-1] is None
            self.report(line, column, value.code, value.message, _for_key(text) if is_key else value.remedy)
            value = text
        return ScalarNode(line, column, value, text, "")


def _touches(key: ScalarNode, value: ScalarNode) -> bool:
    """Whether a key has neither colon nor value: `{due:3}` is a key `due:3` to YAML."""
    return key.style == value.style == value.text == "" and value.column == key.column + len(key.text)


_STAR = "Put a text that begins with * or & in quotes"


def _for_key(text: str) -> str:
    """How to mend a key in doubt. `on:` is what authors who know other tools write for events."""
    remedy = f"Put the key in quotes: {shown(text)}"
    return f"Write events: for what can happen. {remedy}" if text.lower() == "on" else remedy
