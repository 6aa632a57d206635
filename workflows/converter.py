"""How values become JSON in histories and back: the SDK's pydantic converter with its type adapters shared by the whole process.

The SDK gives every workflow instance a converter of its own, and that one builds the validator of a lead's state anew:
ten milliseconds and a few hundred kilobytes for each lead. The types are the same for all.
"""

from __future__ import annotations

import functools
from typing import Any

from pydantic import TypeAdapter
from temporalio.contrib.pydantic import PydanticJSONPlainPayloadConverter
from temporalio.converter import (
    CompositePayloadConverter,
    DataConverter,
    DefaultPayloadConverter,
    JSONPlainPayloadConverter,
)


@functools.lru_cache(maxsize=256)
def _adapter(type_hint: Any) -> TypeAdapter[Any]:
    return TypeAdapter(type_hint)


class _JsonConverter(PydanticJSONPlainPayloadConverter):
    def __init__(self) -> None:
        super().__init__()
        self._type_adapter = _adapter


class LeadPayloadConverter(CompositePayloadConverter):
    """All of the SDK's converters, with JSON by pydantic."""

    def __init__(self) -> None:
        ours = _JsonConverter()
        super().__init__(
            *(
                ours if isinstance(converter, JSONPlainPayloadConverter) else converter
                for converter in DefaultPayloadConverter.default_encoding_payload_converters
            )
        )


DATA_CONVERTER = DataConverter(payload_converter_class=LeadPayloadConverter)
