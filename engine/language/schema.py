"""The JSON Schema of everything ops write, one for all kinds of files, for editors: completion, words, red lines (C.5).

Made from the same models that read the files (`engine.compiling.bundle.KINDS`), so that editor and `leadflow check` agree on
structure: keys, types, forms of text. What needs other files or CEL (names, conditions) only the compiler knows. A file
says what it is with its first key, and so the schema chooses by that key.

Two things JSON Schema cannot say, which only the reader refuses: `3.0` where a whole number belongs, and a duration
of more than ten years.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core import core_schema

from engine.compiling.bundle import KINDS
from engine.language.definition import (
    Action,
    Actions,
    Branches,
    Condition,
    DurationText,
    Name,
    Names,
    Path,
    Percent,
    Step,
    Written,
)
from engine.language.tables import DateText, LeadRef, Part, SpansText

DIALECT = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shape:
    """A type that many keys share: written once, with words of its own. `refusal` is for text of another form."""

    name: str
    type: Any
    description: str
    refusal: str | None = None
    examples: tuple[str, ...] = ()


_NAME = "small letters, digits and underscores, beginning with a letter"
_DURATION = 'a whole number and a unit, written out: "3 working days", "24 working hours", "30 minutes", or "PT30M"'

SHAPES = (
    # A shape that consists of others stands before them.
    Shape("Actions", Actions, "One action, or a list of them, done in this order."),
    Shape("Branches", Branches, "One event, or branches of it: the first whose `when` holds is taken."),
    Shape(
        "Action",
        Action,
        "score, assign, or one of: notify, send, set, task, webhook, fire, climb, start, reassign, hand_over.",
    ),
    Shape("Step", Step, "When (`after`, counted from the start), and what is done then."),
    Shape("Part", Part, "One of share_of, since, points, when, by and of says where the points come from."),
    Shape("Names", Names, "One name, or a list of them."),
    Shape(
        "Duration",
        DurationText,
        f"A duration is {_DURATION}.",
        f"A duration is {_DURATION}.",
        ("3 working days", "24 working hours", "24 hours", "30 minutes", "2 weeks", "6 months"),
    ),
    Shape("Condition", Condition, "A CEL expression: lead.country in ['DE', 'AT'] && lead.score >= 12"),
    Shape("Percent", Percent, "A share from 0% to 100%.", "A share is a whole number with a percent sign: 80%"),
    Shape("Day", DateText, "A day, in quotes: '2026-12-24'.", "A day is written in quotes, as '2026-12-24'."),
    Shape(
        "Spans",
        SpansText,
        "Opening hours, in quotes: '09:00-17:00', or '08:00-12:00, 13:00-17:00'.",
        "Opening hours are written in quotes, as '09:00-17:00', several with commas between them.",
    ),
    Shape("LeadReference", LeadRef, "A field of the lead: lead.country", "Write lead. before the name of the field."),
    Shape("Name", Name, f"A name: {_NAME}.", f"A name is made of {_NAME}."),
    Shape(
        "StagePath",
        Path,
        "A stage by its name; outer.inner where two nested ones are called the same.",
        f"A stage is called by its name ({_NAME}), or outer.inner.",
    ),
)


def schema(kinds: Mapping[str, type[Written]] = KINDS) -> Schema:
    """The schema of all kinds of files. `kinds` maps the first key of each kind to its model."""
    models = [(model, "validation") for model in kinds.values()]
    references, generated = models_json_schema(models, schema_generator=_Generator)  # type: ignore[arg-type]
    definitions: Schema = {name: _polished(model) for name, model in generated["$defs"].items()}
    for shape in SHAPES:
        definitions[shape.name] = _worded(shape)
    _keep_used(definitions, [references[model, "validation"]["$ref"] for model in kinds.values()])
    for name, definition in definitions.items():
        definition["title"] = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.removesuffix("Spec")).lower()
    said = [{"required": [kind]} for kind in kinds]
    return {
        "$schema": DIALECT,
        "title": "leadflow definition",
        "description": "A process, or a table that processes share: the first key says which.",
        "type": "object",
        "if": {"anyOf": said},
        "then": {
            "allOf": [
                {"if": {"required": [kind]}, "then": references[model, "validation"]} for kind, model in kinds.items()
            ]
        },
        # Always wrong, and the place where an editor finds what an empty file may begin with.
        "else": {
            "properties": {
                kind: {"description": definitions[model.__name__]["description"]} for kind, model in kinds.items()
            },
            "oneOf": said,
        },
        "$defs": dict(sorted(definitions.items())),
    }


def schema_text() -> str:
    """The schema as `definitions/schema.json` holds it."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


class _Generator(GenerateJsonSchema):
    """pydantic's own, but for mappings: a key of the wrong form is an error, and a whole number is a form."""

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        mapping = super().dict_schema(schema)
        if schema.get("keys_schema", {}).get("type") == "int":
            mapping["patternProperties"] = {"^-?[0-9]+$": mapping.pop("additionalProperties")}
        if "patternProperties" in mapping:
            mapping["additionalProperties"] = False
        return mapping

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        """No: it would only repeat the key."""
        return False


# --- polishing -------------------------------------------------------------------------------------------------------

_DEMAND = re.compile(r" ?\([SCB]\d*\.\d+(?:, [SCB]\d*\.\d+)*\)|\b[SCB]\d*\.\d+: ")
"""Where a rule comes from interests who maintains it, not who writes a definition."""


def _polished(part: Schema, shapes: tuple[Shape, ...] = SHAPES) -> Schema:
    """With references for shapes, descriptions in one line, and defaults only where they tell something."""
    words: Schema = {}
    if "description" in part:
        words["description"] = _DEMAND.sub("", " ".join(part["description"].split()))
    if part.get("default") not in (None, "", [], {}) and not isinstance(part["default"], dict):
        words["default"] = part["default"]
    rest = _bare(part)
    shape = next((shape for shape in shapes if rest == _bare(_written(shape))), None)
    return words | ({"$ref": f"#/$defs/{shape.name}"} if shape else _inside(rest, shapes))


def _inside(part: Schema, shapes: tuple[Shape, ...]) -> Schema:
    """The same for the schemas that a schema consists of."""
    polished: Schema = {}
    for key, value in part.items():
        if key in ("properties", "patternProperties"):
            polished[key] = {name: _polished(inner, shapes) for name, inner in value.items()}
        elif key in ("anyOf", "oneOf"):
            polished[key] = [_polished(inner, shapes) for inner in value]
        elif key in ("items", "additionalProperties") and isinstance(value, dict):
            polished[key] = _polished(value, shapes)
        else:
            polished[key] = value
    return polished


def _bare(part: Schema) -> Schema:
    return {key: value for key, value in part.items() if key not in ("title", "description", "default")}


@lru_cache(maxsize=len(SHAPES))
def _written(shape: Shape) -> Schema:
    written = TypeAdapter(shape.type).json_schema(schema_generator=_Generator)
    return {key: value for key, value in written.items() if key != "$defs"}


def _worded(shape: Shape) -> Schema:
    """A shape with its words, made of the shapes that stand behind it."""
    words: Schema = {"description": shape.description}
    if shape.refusal:
        words["patternErrorMessage"] = shape.refusal
    if shape.examples:
        words["examples"] = list(shape.examples)
    return words | _inside(_bare(_written(shape)), SHAPES[SHAPES.index(shape) + 1 :])


def _keep_used(definitions: Schema, references: list[str]) -> None:
    """Forget what nothing refers to, such as how the engine itself keeps a duration."""
    used: list[str] = []
    while references:
        name = references.pop().removeprefix("#/$defs/")
        if name not in used:
            used.append(name)
            references += re.findall(r'"\$ref": "([^"]+)"', json.dumps(definitions[name]))
    for name in [name for name in definitions if name not in used]:
        del definitions[name]
