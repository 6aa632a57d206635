"""Scenarios as text: what was found by search, written as an author would write it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from engine.language.scenario import Step
from engine.reading.scalars import meaning

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_ .'/()-]*[A-Za-z0-9_.)]|[A-Za-z]")


def scenarios_file(process: str, given: Mapping[str, Any], scenarios: Iterable[str]) -> str:
    """A whole file, to be kept beside the process or in a folder `scenarios/` there."""
    head = [
        "# Suggested by search: each says what the process does today, not what it should do.",
        "# Read each, correct what is not meant, give it a name of yours, and take `suggested` away.",
        f"scenarios: {process}",
        f"given: {flow(given)}",
        "of:",
    ]
    return "\n".join([*head, *scenarios]) + "\n"


def scenario(name: str, given: Mapping[str, Any], steps: Iterable[Mapping[str, Any]]) -> str:
    """One entry of `of`."""
    lines = [f"  - name: {scalar(name)}", "    suggested: true"]
    if given:
        lines.append(f"    given: {flow(given)}")
    lines.append("    steps:")
    lines += [f"      - {_step(step)}" for step in steps]
    return "\n".join(lines)


def written(step: Step) -> dict[str, Any]:
    """A step as it is written: only what is said in it."""
    data: dict[str, Any] = step.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return {key: value for key, value in data.items() if value not in ({}, [], None) or key in ("lead", "touch")}


def _step(step: Mapping[str, Any]) -> str:
    if len(step) == 1:
        ((key, value),) = step.items()
        return f"{key}: {flow(value)}"
    return flow(step)


def flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(str(key))}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    return scalar(value)


def scalar(value: Any) -> str:
    """Without quotes only where every reader takes it for the same text."""
    if isinstance(value, str):
        plain = _PLAIN.fullmatch(value) and ": " not in value and meaning(value) == value
        return value if plain else json.dumps(value, ensure_ascii=False)
    return json.dumps(value)
