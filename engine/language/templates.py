"""Texts that go out: what a template may say, and filling it in. The only module that knows Jinja (S2.1, S4.7).

A template is text with places to fill and `{% if %}`; nothing in it can run long, grow large or reach into the program.
What it may hold is said once, in `_Reader`: the check that authors see and the filling both go by it. Values are put
in as they are: a name that looks like a template, like HTML or like a mail header is text like any other.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, Literal

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, nodes
from jinja2.exceptions import SecurityError
from jinja2.exceptions import TemplateError as JinjaError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from engine.errors import LeadflowError
from engine.language.definition import FieldType, LeadField
from engine.lead import Value

WORDS = ("person", "lead", "about", "due", "why", "link", "team")
"""Names that a template may use. All are text but `lead`, which has its facts and fields below it."""

FACTS: Mapping[str, FieldType] = {
    "key": FieldType.TEXT,
    "title": FieldType.TEXT,
    "stage": FieldType.TEXT,
    "stage_title": FieldType.TEXT,
    "status": FieldType.TEXT,
    "score": FieldType.INTEGER,
    "priority": FieldType.TEXT,
    "grade": FieldType.TEXT,
    "owner": FieldType.TEXT,
    "owner_name": FieldType.TEXT,
    "arrived_at": FieldType.TEXT,
}
"""What every lead has beside its fields. They win over fields of the same name."""

MAX_WRITTEN = 32_000
"""Characters of a template."""

MAX_DEPTH = 30
"""How deep a template may be nested: well below what Jinja and Python can take."""

MAX_FILLED = 64_000
"""Characters of a text once it is filled in."""

MAX_SUBJECT = 200
"""Characters of a subject once it is filled in; a longer one is cut."""

Part = Literal["subject", "text"]


class TemplateError(LeadflowError):
    """A template cannot be filled in. Says nothing of the values that it was to be filled with."""

    remedy = "Mend the template and publish the process again; `leadflow check` says where."


@dataclass(frozen=True, slots=True)
class TemplateFault:
    """One thing wrong in a template. `line` and `column` count from 1 inside the text of that part."""

    part: Part
    code: str
    message: str
    remedy: str
    line: int
    column: int = 1


@dataclass(frozen=True, slots=True)
class Words:
    """What a template is filled with. What is unknown is empty; `lead` has the facts and every field of its process."""

    person: str = ""
    about: str = ""
    due: str = ""
    why: str = ""
    link: str = ""
    team: str = ""
    lead: Mapping[str, Value] | None = None


@dataclass(frozen=True, slots=True)
class Filled:
    """A text ready to go out. The subject is one line without control characters, so it cannot begin another header."""

    subject: str
    text: str


def template_faults(subject: str, text: str, fields: Mapping[str, LeadField] | None = None) -> list[TemplateFault]:
    """Everything wrong in a template, in the order written. Without `fields` those of the lead are not looked at."""
    known = None if fields is None else {name: spec.type for name, spec in fields.items()} | dict(FACTS)
    parts: tuple[tuple[Part, str], ...] = (("subject", subject), ("text", text))
    return [fault for part, source in parts for fault in _faults(part, source, known)]


def fill(subject: str, text: str, words: Words) -> Filled:
    """The template with everything filled in. Raises TemplateError."""
    return Filled(_one_line(_fill(subject, words)), _lines(_fill(text, words)))


# --- filling ---------------------------------------------------------------------------------------------------------


class _Unfilled(str):
    """A field that nobody has filled: empty text, and neither more nor less than anything (S3.7)."""

    def _no(self, _other: object) -> bool:
        return False

    __lt__ = __le__ = __gt__ = __ge__ = _no


class _Lead:
    """The lead as templates see it: fields by name and nothing else, so that no field can be hidden by a method."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Value]) -> None:
        self._values = {name: _Unfilled() if value is None else value for name, value in values.items()}

    def __getitem__(self, name: str) -> Value:
        return self._values[name]


def _shown(value: Any) -> Any:
    """A value as people read it. What is undefined stays so, and is refused when it is printed."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.15g}"
    return value


def _shorten(value: Any, length: int) -> str:
    text = str(_shown(value))
    return text if len(text) <= length else text[: max(length - 1, 0)].rstrip() + "…"


_FILTERS: Mapping[str, Callable[..., str]] = {
    "upper": lambda value: str(_shown(value)).upper(),
    "lower": lambda value: str(_shown(value)).lower(),
    "capitalize": lambda value: str(_shown(value)).capitalize(),
    "trim": lambda value: str(_shown(value)).strip(),
    "truncate": _shorten,
    "default": lambda value, other: other if value is None or value == "" else value,
}
_ARGUMENTS: Mapping[str, tuple[type, ...]] = {"truncate": (int,), "default": (str,)}


class _Sandbox(ImmutableSandboxedEnvironment):
    """Allows no call and no arithmetic at all: a text needs none, and `'x' * 10**9` takes a gigabyte."""

    intercepted_binops = frozenset(ImmutableSandboxedEnvironment.default_binop_table)
    intercepted_unops = frozenset(ImmutableSandboxedEnvironment.default_unop_table)

    def call_binop(self, _context: Any, operator: str, _left: Any, _right: Any) -> Any:
        raise SecurityError(f"a text does not calculate ('{operator}')")

    def call_unop(self, _context: Any, operator: str, _value: Any) -> Any:
        raise SecurityError(f"a text does not calculate ('{operator}')")

    def is_safe_callable(self, _value: Any) -> bool:
        return False


def _sandbox() -> _Sandbox:
    sandbox = _Sandbox(undefined=StrictUndefined, finalize=_shown, autoescape=False, extensions=(), cache_size=0)
    sandbox.globals.clear()
    sandbox.tests.clear()
    sandbox.filters.clear()
    sandbox.filters.update(_FILTERS)
    return sandbox


_SANDBOX = _sandbox()


@lru_cache(maxsize=1_024)
def _compiled(source: str) -> Template:
    faults = _faults("text", source, None)
    if faults:
        raise TemplateError(f"the template cannot be used: {faults[0].message}")
    return _SANDBOX.from_string(source)


def _fill(source: str, words: Words) -> str:
    template = _compiled(source)
    values = {name: getattr(words, name) for name in WORDS if name != "lead"} | {"lead": _Lead(words.lead or {})}
    parts: list[str] = []
    size = 0
    try:
        for part in template.generate(values):
            size += len(part)
            if size > MAX_FILLED:
                raise TemplateError(f"the text grows beyond {MAX_FILLED} characters")
            parts.append(part)
    except (JinjaError, TypeError, ValueError, RecursionError) as error:
        # What Jinja says names variables; what Python says may quote a value, so only its kind is kept.
        why = error.message if isinstance(error, JinjaError) and error.message else type(error).__name__
        raise TemplateError(f"the template cannot be filled in: {why}") from None
    return "".join(parts)


def _one_line(text: str) -> str:
    line = " ".join(_printable(part) for part in text.split())
    return line if len(line) <= MAX_SUBJECT else line[: MAX_SUBJECT - 1].rstrip() + "…"


def _lines(text: str) -> str:
    return "\n".join(_printable(line) for line in re.split(r"\r\n|[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]", text))


def _printable(text: str) -> str:
    """Without control characters, of which only the tab means something in a mail, and halves of characters."""
    return "".join(one for one in text if one == "\t" or unicodedata.category(one) not in ("Cc", "Cs"))


# --- checking --------------------------------------------------------------------------------------------------------

_NUMBERS = (FieldType.INTEGER, FieldType.NUMBER, FieldType.MONEY)
_ORDER = ("lt", "lteq", "gt", "gteq")
_CLOSE = "Close every {{ with }} and every {% if %} with {% endif %}."
_ALLOWED = "Use text, {{ places to fill }} and {% if %} ... {% endif %}."
_SET = "Let an action of the process `set:` a field, and show that."
_HERE = "Write its text here."

_TRANSPARENT = (nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.And, nodes.Or, nodes.Not, nodes.Const)
"""What a template may hold wherever its parts are all right."""

_UNWANTED: tuple[tuple[type[nodes.Node], str, str], ...] = (
    (nodes.Macro, "a macro", _ALLOWED),
    (nodes.CallBlock, "a macro", _ALLOWED),
    (nodes.Include, "another template", _HERE),
    (nodes.Import, "another template", _HERE),
    (nodes.FromImport, "another template", _HERE),
    (nodes.Extends, "another template", _HERE),
    (nodes.Assign, "a name of its own", "Write the value where it is needed."),
    (nodes.AssignBlock, "a name of its own", "Write the value where it is needed."),
    (nodes.Call, "a call", "Use a filter: {{ lead.title | upper }}."),
    (nodes.Test, "a test", "Write `{% if lead.phone %}`: an empty field counts as no."),
    (nodes.Concat, "'~'", "Write the places one after the other: {{ person }}{{ due }}."),
    (nodes.BinExpr, "a calculation", _SET),
    (nodes.UnaryExpr, "a calculation", _SET),
)


@lru_cache(maxsize=512)
def _tree(source: str) -> nodes.Template:
    return _SANDBOX.parse(source)


def _faults(part: Part, source: str, fields: Mapping[str, FieldType] | None) -> list[TemplateFault]:
    def unreadable(message: str, remedy: str, line: int = 1) -> list[TemplateFault]:
        return [TemplateFault(part, "TEMPLATE_SYNTAX", message, remedy, line)]

    if len(source) > MAX_WRITTEN:
        return unreadable(f"the {part} is longer than {MAX_WRITTEN} characters", "Shorten it.")
    try:
        return list(_Reader(part, source, fields).read(_tree(source)))
    except TemplateSyntaxError as error:
        message = (error.message or "this cannot be read").rstrip(".")
        return unreadable(message[:1].lower() + message[1:], _CLOSE, max(error.lineno, 1))
    except RecursionError:
        return unreadable(f"the {part} is nested too deeply", "Write it in simpler pieces.")
    except ValueError:
        return unreadable(f"the {part} holds a number that is too large", "Write a smaller one.")


@dataclass(frozen=True, slots=True)
class _Reader:
    """Goes through a parsed template and reports whatever is not known to be harmless and to exist."""

    part: Part
    source: str
    fields: Mapping[str, FieldType] | None

    def read(self, node: nodes.Node, depth: int = 0) -> Iterator[TemplateFault]:
        below: Iterable[nodes.Node] = ()
        match node:
            case _ if depth > MAX_DEPTH:
                raise RecursionError
            case nodes.Getattr(node=nodes.Name(name="lead"), attr=name):
                yield from self._field(node, name)
            case nodes.Getitem(node=nodes.Name(name="lead"), arg=nodes.Const(value=str(name))):
                yield from self._field(node, name)
            case nodes.Getattr(node=nodes.Name(name=name)) if name in WORDS:
                remedy = f"Write {{{{ {name} }}}}."
                yield self._fault(node, "TEMPLATE_VARIABLE", f"'{name}' is text and has nothing below it", remedy, name)
            case nodes.Name(name=name):
                yield from self._word(node, name)
            case nodes.For():
                yield self._fault(node, "TEMPLATE_LOOP", "a lead has no lists to go through", "Take the loop out.")
            case nodes.Compare(expr=left, ops=operands):
                yield from self._comparison(left, operands)
                below = (left, *(one.expr for one in operands if one.op not in ("in", "notin")))
            case nodes.CondExpr(test=test, expr1=yes, expr2=no):
                if no is None:
                    yield self._refused(node, "this says nothing for the other case", "Add `else ''`.")
                below = (one for one in (test, yes, no) if one is not None)
            case nodes.Filter(node=of, name=name) if of is not None:
                yield from self._filter(node, name)
                below = (of,)
            case _ if isinstance(node, _TRANSPARENT):
                below = node.iter_child_nodes()
            case _:
                said = ((what, remedy) for kind, what, remedy in _UNWANTED if isinstance(node, kind))
                what, remedy = next(said, ("this", _ALLOWED))
                yield self._refused(node, f"{what} is not possible in a text", remedy)
        for child in below:
            yield from self.read(child, depth + 1)

    def _word(self, node: nodes.Name, name: str) -> Iterator[TemplateFault]:
        if name == "lead":
            remedy = "Write {{ lead.title }}, or a field."
            yield self._fault(node, "TEMPLATE_VARIABLE", "'lead' alone is no text", remedy, name)
        elif name not in WORDS:
            near = f"lead.{name}" if name in (self.fields or {}) else _nearest(name, WORDS)
            remedy = f"Did you mean '{near}'?" if near else f"Known are: {', '.join(WORDS)}."
            yield self._fault(node, "TEMPLATE_VARIABLE", f"there is no '{name}' in a text", remedy, name)

    def _field(self, node: nodes.Node, name: str) -> Iterator[TemplateFault]:
        if self.fields is not None and name not in self.fields:
            near = _nearest(name, self.fields)
            remedy = f"Did you mean 'lead.{near}'?" if near else "Declare the field, or take this out."
            yield self._fault(node, "TEMPLATE_VARIABLE", f"a lead has no field '{name}'", remedy, name)

    def _comparison(self, left: nodes.Expr, operands: list[nodes.Operand]) -> Iterator[TemplateFault]:
        """Only what cannot fail whatever the values: anything may be equal, only numbers are more or less."""
        for operand in operands:
            if operand.op in ("in", "notin") and not _listed(operand.expr):
                remedy = "Write it as: lead.country in ['DE', 'AT']."
                yield self._refused(left, "`in` without a list written out is not possible in a text", remedy)
            if operand.op in _ORDER and not (self._is_number(left) and self._is_number(operand.expr)):
                yield self._refused(left, "only numbers are more or less than others", "Compare with == or !=.")
            left = operand.expr

    def _is_number(self, node: nodes.Expr) -> bool:
        match node:
            case nodes.Const(value=value):
                return isinstance(value, int | float) and not isinstance(value, bool)
            case nodes.Getattr(node=nodes.Name(name="lead"), attr=name):
                # A field that does not exist is a finding of its own.
                return self.fields is None or self.fields.get(name, FieldType.NUMBER) in _NUMBERS
        return False

    def _filter(self, node: nodes.Filter, name: str) -> Iterator[TemplateFault]:
        if name not in _FILTERS:
            near = _nearest(name, _FILTERS)
            remedy = f"Did you mean '{near}'?" if near else f"Known are: {', '.join(_FILTERS)}."
            yield self._refused(node, f"there is no filter '{name}'", remedy, name)
            return
        kinds = tuple(type(one.value) if isinstance(one, nodes.Const) else None for one in node.args)
        if kinds != _ARGUMENTS.get(name, ()) or node.kwargs or node.dyn_args or node.dyn_kwargs:
            remedy = {"truncate": "truncate(40)", "default": "default('nobody')"}.get(name, name)
            yield self._refused(node, f"filter '{name}' is not used like this", f"Write it as: {remedy}.", name)

    def _refused(self, node: nodes.Node, message: str, remedy: str, near: str = "") -> TemplateFault:
        return self._fault(node, "TEMPLATE_NOT_ALLOWED", message, remedy, near)

    def _fault(self, node: nodes.Node, code: str, message: str, remedy: str, near: str = "") -> TemplateFault:
        return TemplateFault(self.part, code, message, remedy, node.lineno, self._column(node.lineno, near))

    def _column(self, number: int, near: str) -> int:
        """Where the name stands in its line, or else the first brace: Jinja knows lines only."""
        lines = re.split(r"\r\n|\r|\n", self.source)
        line = lines[number - 1] if number <= len(lines) else ""
        found = re.search(rf"{{[{{%].*?\b{re.escape(near)}\b", line) if near else None
        return found.end() - len(near) + 1 if found else max(line.find("{"), 0) + 1


def _nearest(name: str, names: Iterable[str]) -> str | None:
    return next(iter(get_close_matches(name, list(names), n=1)), None)


def _listed(node: nodes.Expr) -> bool:
    return isinstance(node, nodes.List | nodes.Tuple) and all(isinstance(item, nodes.Const) for item in node.items)
