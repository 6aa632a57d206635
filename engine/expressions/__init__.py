"""Conditions and values that ops write as CEL: guards, segment and score rules, `takes.when`, conditions of clocks.

    vocabulary = Vocabulary(fields={"employees": Kind.INTEGER, "country": Kind.TEXT}, known=["email"])
    rule = vocabulary.compile("lead.employees >= 1000 && lead.country in ['DE', 'AT', 'CH']")
    view = vocabulary.view({"employees": None, "country": "DE"}, now)
    rule.evaluate(view)                 # Verdict(value=None, unknown=("employees",))

**Unknown is not zero, not empty and not an error (S3.7).** A field that nobody has filled in makes every operation on
it unknown: comparing, `==` and `!=` alike, `in`, arithmetic. `&&` and `||` decide all the same where the known side
suffices: `lead.employees >= 1000 || lead.country == 'DE'` is true for a German lead of unknown size, and
`false && unknown` is false. This is three-valued logic as in SQL; in it `!(lead.x == 'a')` and `lead.x != 'a'` are the
same, and neither holds for an unknown `x`. An expression that means to treat unknown in a way of its own asks first:
`!known.x || lead.x == 'a'`.

**The language** is CEL, checked against the definition's fields before anything runs (C.5), less what could make a
lead's fate depend on the process that happens to work on it, or take long: no clock (`now` is passed in), no
conversions to `dyn`, no iteration over tables, two nested loops at most, 10,000 steps in all. Whole numbers and others
compare freely (`lead.value > 1000`); arithmetic does not mix them. Months and days of the week count from 0 (January,
Sunday), as CEL has it.

This is the only module that knows the CEL library. In a workflow it must be passed through the sandbox: the library is
a C++ extension that cannot be loaded twice. Everything here may be shared between threads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any

from cel_expr_python import cel
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from engine.errors import ExpressionError, LeadflowError
from engine.expressions.faults import Names, explain, fault, kind_in_words
from engine.expressions.tree import Tree, inspect
from engine.expressions.values import CONVERSIONS, Kind

__all__ = ["Expression", "ExpressionFailed", "Kind", "Tree", "Verdict", "View", "Vocabulary"]

MAX_TEXT = 2_000

MOST_ANSWERS = 500
"""That a condition remembers: what it says of the same values is always the same, and of many leads most are alike."""

_OF_FEW_VALUES = (Kind.TEXT, Kind.INTEGER, Kind.BOOLEAN)

Value = bool | int | float | str | datetime | list[str]


class ExpressionFailed(LeadflowError):
    """A sound expression could not be evaluated, and no unknown field is to blame: division by zero, too many steps."""

    remedy = "Let the expression rule this case out first, such as lead.seats > 0 && lead.users / lead.seats >= 2."


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer of an expression. `value` is None where it is unknown; then `unknown` names what the expression reads
    and nobody has filled in: fields, then plain variables, each sorted. Never empty then, always empty otherwise."""

    value: Value | None
    unknown: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether a condition is met. Unknown is not."""
        return self.value is True


_HOLDS = Verdict(True)
_HOLDS_NOT = Verdict(False)


class View:
    """One lead at one moment, ready for any number of evaluations. Made by `Vocabulary.view`.

    `lead`: values by field name; `plain`: values of the other variables, `now` among them; `known`: names that are
    filled in besides.
    """

    __slots__ = ("known", "lead", "plain")

    def __init__(
        self, lead: Mapping[str, object | None], plain: Mapping[str, object | None], known: frozenset[str]
    ) -> None:
        self.lead = lead
        self.plain = plain
        self.known = known

    def knows(self, name: str) -> bool:
        return name in self.known or self.lead.get(name) is not None


class Expression:
    """A checked expression. Immutable.

    `reads`: fields it reads through `lead`; `asks`: names it asks about through `known`; `uses`: plain variables such
    as `reason` or `now`. All sorted.
    """

    __slots__ = ("_answers", "_asks", "_program", "_reads", "_uses", "asks", "expects", "reads", "text", "uses")

    def __init__(self, text: str, expects: Kind, program: Any, variables: Mapping[str, Kind]) -> None:
        self.text = text
        self.expects = expects
        self._program = program
        parted = [(*variable.rpartition(".")[::2], CONVERSIONS[kind]) for variable, kind in sorted(variables.items())]
        self._reads = tuple((name, f"lead.{name}", convert) for head, name, convert in parted if head == "lead")
        self._asks = tuple((name, f"known.{name}") for head, name, _ in parted if head == "known")
        self._uses = tuple((name, name, convert) for head, name, convert in parted if not head)
        few = expects is Kind.BOOLEAN and all(kind in _OF_FEW_VALUES for kind in variables.values())
        self._answers: dict[tuple[tuple[object, ...], tuple[str, ...]], Verdict] | None = {} if few else None
        self.reads = tuple(name for name, _, _ in self._reads)
        self.asks = tuple(name for name, _ in self._asks)
        self.uses = tuple(name for name, _, _ in self._uses)

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"

    def tree(self) -> Tree:
        """What it says, as the checker understood it, for whoever reasons about it instead of evaluating it."""
        return _decode(self._program.serialize(), self.text)

    def evaluate(self, view: View) -> Verdict:
        """Raises `ExpressionFailed`, also where a value that the expression needs is not of its field's kind."""
        unknown: list[str] = []
        data: dict[str, object] = {variable: view.knows(name) for name, variable in self._asks}
        for given, needed in ((view.lead, self._reads), (view.plain, self._uses)):
            for name, variable, convert in needed:
                if (value := given.get(name)) is None:
                    unknown.append(name)
                else:
                    try:
                        data[variable] = convert(value)
                    except TypeError:
                        raise _misfit(name, value) from None
        if self._answers is None:
            return self._ask(data, unknown)
        seen = tuple(data.values()), tuple(unknown)
        verdict = self._answers.get(seen)
        if verdict is None:
            verdict = self._ask(data, unknown)
            if len(self._answers) < MOST_ANSWERS:
                self._answers[seen] = verdict
        return verdict

    def _ask(self, data: dict[str, object], unknown: list[str]) -> Verdict:
        try:
            result = self._program.eval(data=data)
        except RuntimeError as error:  # how the library says that the steps are used up
            raise ExpressionFailed(f"`{self.text}` was given up: {_reason(error)}", "Make its lists shorter.") from None
        value = result.plain_value()
        if value is True:  # a condition's own answer, and most are conditions: no need to ask the library more
            return _HOLDS
        if value is False:
            return _HOLDS_NOT
        if result.type() == _ERROR:
            if unknown:
                return Verdict(None, tuple(unknown))
            raise ExpressionFailed(f"`{self.text}` has no result: {_reason(value)}")
        return Verdict(float(value) if self.expects is Kind.NUMBER else value)


class Vocabulary:
    """What the expressions of one definition may name.

    `fields`: readable as `lead.<field>`. `known`: further names, personal fields above all, that may only be asked
    about; `known.<name>` exists for these and for all fields, and is never unknown itself. `choices`: the values that a
    field, or failing that a variable of `extra`, may have. `extra`: plain variables such as `reason`, whose values
    `extra_choices` has where a field may have the same name. `now` is always there.
    """

    def __init__(
        self,
        fields: Mapping[str, Kind],
        known: Iterable[str] = (),
        choices: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
        extra: Mapping[str, Kind] = MappingProxyType({}),
        extra_choices: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
    ) -> None:
        self._variables = {
            **{f"lead.{name}": kind for name, kind in fields.items()},
            **{f"known.{name}": Kind.BOOLEAN for name in (*fields, *known)},
            **extra,
            "now": Kind.MOMENT,
        }
        self._environment = _environment(tuple(sorted(self._variables.items())))
        self._compiled: dict[tuple[str, Kind], Expression] = {}
        self._names = Names(
            fields=frozenset(fields),
            known=frozenset((*fields, *known)),
            plain=frozenset({*extra, "now"}),
            functions=frozenset({name for name in _FUNCTIONS if name.isalpha()} | {*_LOOPS}),
            choices={(f"lead.{name}" if name in fields else name): allowed for name, allowed in choices.items()}
            | dict(extra_choices),
        )

    def compile(self, text: str, expects: Kind = Kind.BOOLEAN) -> Expression:
        """Checks everything that can be known before a lead exists. A whole number serves where `expects` is `NUMBER`.
        Raises `ExpressionError`; its codes are listed in `engine.expressions.faults`."""
        if (known := self._compiled.get((text, expects))) is not None:
            return known
        if len(text) > MAX_TEXT:
            remedy = f"At most {MAX_TEXT} fit; split it into several rules."
            raise ExpressionError("TOO_LARGE", f"the expression has {len(text)} characters", remedy)
        try:
            program = self._environment.compile(text)
        except RuntimeError as error:
            raise explain(str(error), text, self._names) from None
        except TypeError:  # half a character, which no UTF-8 text can hold
            raise explain("", text, self._names) from None
        tree = _decode(program.serialize(), text)
        named = inspect(tree, self._names, self._variables.keys(), _works_as)
        self._check_result(program.return_type(), expects, text)
        expression = Expression(text, expects, program, {name: self._variables[name] for name in named})
        self._compiled[(text, expects)] = expression  # an event of a stage is one of each stage nested in it
        return expression

    def view(
        self,
        values: Mapping[str, object | None],
        now: datetime,
        known: Iterable[str] = (),
        extra: Mapping[str, object | None] = MappingProxyType({}),
    ) -> View:
        """One lead as expressions see it.

        `values`: by field name; None or absent is unknown. It may hold more than expressions may read: of personal
        fields, only whether they are filled in is ever looked at. It must not change while the view is used.
        `known`: names that are filled in although their value is not passed. `now`: aware.
        """
        return View(values, {**extra, "now": now}, frozenset(known))

    def _check_result(self, actual: Any, expects: Kind, text: str) -> None:
        if _TYPES[expects].is_assignable_from(actual) and actual != cel.Type.DYN:
            return
        if expects is Kind.NUMBER and actual == cel.Type.INT:
            return
        wanted = "a condition" if expects is Kind.BOOLEAN else kind_in_words(_TYPES[expects].name())
        message = f"this is {kind_in_words(actual.name())}, not {wanted}"
        raise fault("NOT_A_CONDITION", message, f"Write {_EXAMPLES[expects]}.", text, 0)


def _misfit(name: str, value: object) -> ExpressionFailed:
    message = f"`{name}` holds a value of type {type(value).__name__}, which its field cannot have"
    return ExpressionFailed(message, "Correct the value, or the type of the field.")


def _reason(said: object) -> str:
    # "INVALID_ARGUMENT: divide by zero" -> "divide by zero"
    return str(said).split(": ", 1)[-1].split(" [", 1)[0]


_EXAMPLES = {
    Kind.BOOLEAN: "a comparison, such as lead.score >= 12, or name a yes-or-no field",
    Kind.TEXT: "text in quotes or a text field, such as lead.country",
    Kind.INTEGER: "a whole number or such a field, such as lead.score",
    Kind.NUMBER: "a number or such a field, such as lead.value",
    Kind.MOMENT: "a moment, such as lead.arrived_at + duration('48h')",
    Kind.LIST: "a list of texts, such as ['DE', 'AT']",
}


# --- the language: what of CEL there is ------------------------------------------------------------------------------

_LOOPS = ("all", "exists", "exists_one", "filter")  # not `map`: a chain of it doubles a text at every step
_FUNCTIONS = (
    "_&&_",
    "_||_",
    "!_",
    "_?_:_",
    "_+_",
    "_-_",
    "-_",
    "_*_",
    "_/_",
    "_%_",
    "_[_]",
    "@not_strictly_false",
    "size",
    "contains",
    "startsWith",
    "endsWith",
    "matches",
    "string",
    "int",
    "double",
    "timestamp",
    "duration",
    "getFullYear",
    "getMonth",
    "getDate",
    "getDayOfMonth",
    "getDayOfWeek",
    "getDayOfYear",
    "getHours",
    "getMinutes",
    "getSeconds",
)


_TYPES = {
    Kind.TEXT: cel.Type.STRING,
    Kind.INTEGER: cel.Type.INT,
    Kind.NUMBER: cel.Type.DOUBLE,
    Kind.BOOLEAN: cel.Type.BOOL,
    Kind.MOMENT: cel.Type.TIMESTAMP,
    Kind.LIST: cel.Type.List(cel.Type.STRING),
}
_ERROR = cel.Type.ERROR


def _comparisons() -> list[Any]:
    """The comparing operators, declared anew so that whole numbers and others compare. The library can evaluate that,
    but its own declarations forbid it; there is nothing to implement."""
    numbers = [(left, right) for left in (cel.Type.INT, cel.Type.DOUBLE) for right in (cel.Type.INT, cel.Type.DOUBLE)]
    ordered = [*numbers, *((kind, kind) for kind in (cel.Type.STRING, cel.Type.TIMESTAMP, cel.Type.DURATION))]
    equal = [*ordered, *((kind, kind) for kind in (cel.Type.BOOL, cel.Type.List(cel.Type.STRING)))]
    members = [(left, cel.Type.List(right)) for left, right in ordered[:-1]]
    operators = {
        "_<_": ordered,
        "_<=_": ordered,
        "_>_": ordered,
        "_>=_": ordered,
        "_==_": equal,
        "_!=_": equal,
        "@in": members,
    }
    return [
        cel.FunctionDecl(
            operator,
            [
                cel.Overload(f"leadflow {operator} {count}", return_type=cel.Type.BOOL, parameters=list(pair))
                for count, pair in enumerate(pairs)
            ],
        )
        for operator, pairs in operators.items()
    ]


@cache
def _dialect() -> tuple[Any, list[Any]]:
    functions = "\n".join(f'    - name: "{name}"' for name in _FUNCTIONS)
    config = f"stdlib:\n  include_macros: [{', '.join(_LOOPS)}]\n  include_functions:\n{functions}\n"
    return cel.NewEnvConfigFromYaml(config), _comparisons()


@lru_cache(maxsize=64)
def _environment(variables: tuple[tuple[str, Kind], ...]) -> Any:
    """Fields are variables whose names contain a dot (`lead.country`), not members of a message. So an unknown field is
    simply absent, and absence is what CEL itself carries through `&&` and `||`. Equal vocabularies share one."""
    config, functions = _dialect()
    return cel.NewEnv(config=config, functions=functions, variables={name: _TYPES[kind] for name, kind in variables})


@cache
def _trial(function: str) -> tuple[Any, Any]:
    environment = _environment((("literal", Kind.TEXT), ("now", Kind.MOMENT)))
    call = {"matches": "''.matches(literal)", "duration": "duration(literal)", "timestamp": "timestamp(literal)"}
    return environment, environment.compile(call.get(function, f"now.{function}(literal)"))


def _works_as(function: str, literal: str) -> bool:
    environment, program = _trial(function)
    outcome = program.eval(environment.Activation({"literal": literal, "now": datetime(2000, 1, 1, tzinfo=UTC)}))
    return bool(outcome.type() != _ERROR)


# --- the checked tree ------------------------------------------------------------------------------------------------

# The parts of CEL's CheckedExpr message that are read here, with the field numbers of its public definition; the rest
# is skipped. `*` is repeated, `?` a member of the node's `form`. Maps are, on the wire, repeated pairs.
_LAYOUT = """
Envelope content=2:Checked
Checked types=3:Typed* root=4:Node source=5:Source
Typed id=1:int64 kind=2:Type
Type dyn=1:Empty primitive=3:int64 well_known=5:int64 list=6:ListType
Empty
ListType element=1:Type
Source positions=4:Position*
Position id=1:int64 offset=2:int64
Node id=2:int64 literal=3:Literal? ident=4:Ident? select=5:Select? call=6:Call? list=7:List? table=8:Table? loop=9:Loop?
Literal truth=2:bool whole=3:int64 number=5:double text=6:string
Ident name=1:string
Select operand=1:Node
Call target=1:Node function=2:string args=3:Node*
List elements=1:Node*
Table message=1:string entries=2:Entry*
Entry key=3:Node value=4:Node
Loop variable=1:string range=2:Node accumulator=3:string start=4:Node condition=5:Node step=6:Node result=7:Node
"""


@cache
def _envelope() -> Any:
    """The class for `Envelope`, in a descriptor pool of its own: nothing global is touched."""
    field = descriptor_pb2.FieldDescriptorProto
    scalars = {
        "bool": field.TYPE_BOOL,
        "double": field.TYPE_DOUBLE,
        "int64": field.TYPE_INT64,
        "string": field.TYPE_STRING,
    }
    file = descriptor_pb2.FileDescriptorProto(name="leadflow/checked.proto", package="leadflow", syntax="proto2")
    for line in _LAYOUT.strip().splitlines():
        name, *entries = line.split()
        message = file.message_type.add(name=name)
        if "?" in line:
            message.oneof_decl.add(name="form")
        for entry in entries:
            label, _, rest = entry.partition("=")
            number, _, kind = rest.partition(":")
            bare = kind.rstrip("*?")
            made = message.field.add(name=label, number=int(number), type=scalars.get(bare, field.TYPE_MESSAGE))
            made.label = field.LABEL_REPEATED if kind.endswith("*") else field.LABEL_OPTIONAL
            if bare not in scalars:
                made.type_name = f".leadflow.{bare}"
            if kind.endswith("?"):
                made.oneof_index = 0
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("leadflow.Envelope"))


def _decode(serialized: bytes, text: str) -> Tree:
    return Tree(text, _envelope().FromString(serialized).content)
