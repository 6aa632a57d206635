"""`leadflow schema`: the JSON Schema beside the definitions, for editors."""

from __future__ import annotations

from pathlib import Path

from engine.language.schema import schema_text


def write_schema(definitions: Path) -> bool:
    """Write `schema.json` into the definitions folder. False where it says the same already."""
    file, text = definitions / "schema.json", schema_text()
    if file.is_file() and file.read_text("utf-8") == text:
        return False
    file.write_text(text, "utf-8")
    return True
