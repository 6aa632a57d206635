"""What notices say of a lead: their texts are not kept, so they are written again, as they would go out today."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from store.pool import Connection


async def in_words(connection: Connection, key: str) -> list[dict[str, Any]]:
    """Every notice of the lead with subject and text; None where its version or its reader is gone."""
    from activities import wording
    from activities.orders import OrderKind, Outgoing
    from engine.compiling.bundle import Bundle
    from engine.compiling.compile import compile_published
    from engine.language.templates import TemplateError, fill
    from store import definitions, leads, personal, roster

    standing = await leads.standing(connection, key)
    if standing is None:
        return []
    known = await roster.current(connection)
    process = compile_published(Bundle.from_json(await definitions.body(connection, standing.lead.digest)))
    found = []
    for row in (await personal.held(connection, key)).get("notification", []):
        template = process.templates.of.get(row["template"]) if process.templates else None
        reader = known.people.get(row["name"])
        words = None
        if row["recipient"] == "lead":
            words = wording.letter(process, standing, known)
        elif reader is not None:
            order = Outgoing(row["key"], OrderKind.PERSON, reader.key, row["template"], row["about"])
            words = wording.notice(process, standing, known, reader, order, "")
        written = None
        if template is not None and words is not None:
            try:
                written = fill(template.subject, template.text, words)
            except TemplateError:
                written = None
        found.append(
            {
                "key": row["key"],
                "to": row["name"] or "the lead",
                "status": row["status"],
                "subject": written.subject if written else None,
                "text": written.text if written else None,
            }
        )
    return found
