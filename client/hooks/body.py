"""The body of a webhook: JSON, or a form as browsers send it."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from client.strict_json import NoObject, read_object
from engine.errors import IntakeError

FORM = "application/x-www-form-urlencoded"
MOST_FIELDS = 1_000


def read_body(content_type: str, raw: bytes) -> dict[str, Any]:
    """Raises IntakeError. A form field that is sent several times becomes a list."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == FORM:
        return _form(raw)
    if kind and kind != "application/json" and not kind.endswith("+json"):
        remedy = f"Let the provider send application/json or {FORM}."
        raise IntakeError("BAD_CONTENT_TYPE", f"a body of type '{kind[:80]}' is not read", remedy=remedy)
    try:
        return read_object(raw.decode("utf-8"))
    except UnicodeDecodeError:
        raise IntakeError("BAD_UTF8", "the body is not UTF-8", remedy="Send it as UTF-8.") from None
    except NoObject as error:
        raise IntakeError("BAD_JSON", f"the body {error}", remedy="Send one JSON object.") from None


def _form(raw: bytes) -> dict[str, Any]:
    try:
        pairs = parse_qsl(
            raw.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS, separator="&"
        )
    except UnicodeDecodeError:
        raise IntakeError("BAD_UTF8", "the form is not UTF-8", remedy="Encode it as UTF-8.") from None
    except ValueError:
        raise IntakeError(
            "BAD_FORM", f"the form has more than {MOST_FIELDS} fields", remedy="Send fewer fields."
        ) from None
    form: dict[str, Any] = {}
    for name, value in pairs:
        if name not in form:
            form[name] = value
        elif isinstance(form[name], list):
            form[name].append(value)
        else:
            form[name] = [form[name], value]
    return form
