"""A process as a Mermaid flowchart, for documents: GitHub and most wikis draw it (S2.9).

It says what the picture says, but leaves placing to Mermaid, so it is sparing with arrows: ways between the same two
stages share one, and a way that begins the next cycle is written into its stage instead of leading back across the
page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from engine.diagram.outline import Card, Deadline, Outline, Way
from engine.diagram.standing import ROTTEN, ages, overdue, worth
from engine.language.definition import StageKind

SHAPES: Mapping[StageKind, tuple[str, str]] = {
    StageKind.OPEN: ("[", "]"),
    StageKind.WAITING: ("(", ")"),
    StageKind.WON: ("([", "])"),
    StageKind.LOST: ("[[", "]]"),
}
CLASSES: Mapping[str, str] = {
    "open": "fill:#eef4fb,stroke:#1f5fa8,color:#1c2330",
    "waiting": "fill:#fdf6e3,stroke:#8a6100,color:#1c2330,stroke-dasharray:6 3",
    "won": "fill:#eaf6ee,stroke:#1a7344,color:#1c2330",
    "lost": "fill:#fbeeee,stroke:#a1343c,color:#1c2330",
    "note": "fill:#f7f8fa,stroke:#4b5563,color:#1c2330,stroke-dasharray:2 3",
}
ROTTING = "stroke:#a1343c,stroke-width:4px"
"""Of a stage where many leads are overdue."""

_BREAK = "<br/>"


def draw(outline: Outline) -> str:
    """The flowchart as text, without the fence around it."""
    return "\n".join(_lines(outline)) + "\n"


def _lines(outline: Outline) -> Iterator[str]:
    yield '%%{init: {"flowchart": {"wrappingWidth": 300}}}%%'
    yield "flowchart TB"
    takes = f"{_BREAK}if {_said(outline.takes)}" if outline.takes else ""
    yield f'  new(["New leads{takes}"]):::note'
    for card in outline.cards:
        yield from _stage(card, outline, "  ")
    if outline.deadlines or outline.everywhere:
        yield f'  beside["{_BREAK.join(_beside(outline))}"]:::note'
    for name in dict.fromkeys(way.hands_over for _, way in _ways(outline) if way.hands_over):
        yield f'  {_process(name)}["Process {_said(name.replace("_", " "))}"]:::note'
    if outline.live is not None and (notes := outline.live.notes()):
        yield f'  read["{_BREAK.join(_said(note) for note in notes)}"]:::note'
    yield f"  new --> {_id(outline.start)}"
    yield from _arrows(outline)
    if outline.ladders:
        yield f'  ladders["{_BREAK.join(_ladders(outline))}"]:::note'
    for name, looks in CLASSES.items():
        yield f"  classDef {name} {looks}"
    if rotting := [_id(card.path) for card in _leaves(outline.cards) if card.standing and card.standing.rot >= ROTTEN]:
        yield f"  classDef rotting {ROTTING}"
        yield f"  class {','.join(rotting)} rotting"


def _leaves(cards: Iterable[Card]) -> Iterator[Card]:
    for card in cards:
        if card.inside:
            yield from _leaves(card.inside)
        else:
            yield card


def _stage(card: Card, outline: Outline, indent: str) -> Iterator[str]:
    name = f"<b>{_said(card.title)}</b>"
    rows = _rows(card, outline)
    if not card.inside:
        before, after = SHAPES[card.kind]
        yield f'{indent}{_id(card.path)}{before}"{_BREAK.join([name, _facts(card), *rows])}"{after}:::{card.kind.value}'
        return
    yield f'{indent}subgraph {_id(card.path)}["{name} · {_facts(card)}"]'
    yield f"{indent}  direction TB"
    if rows:
        yield f'{indent}  {_id(card.path)}__all["{_BREAK.join(rows)}"]:::note'
    for inner in card.inside:
        yield from _stage(inner, outline, f"{indent}  ")
    yield f"{indent}end"
    yield f"{indent}style {_id(card.path)} {CLASSES[card.kind.value]}"


def _facts(card: Card) -> str:
    chance = f"{card.probability}% likely" if card.probability is not None and not card.closes else ""
    standing = card.standing
    count = f"<b>{standing.leads:,} {'lead' if standing.leads == 1 else 'leads'}</b>" if standing is not None else ""
    return " · ".join(part for part in (*card.facts, chance, count) if part)


def _rows(card: Card, outline: Outline) -> list[str]:
    """Deadlines, and the ways that get no arrow: those that stay, and those that begin the next cycle."""
    ways = [f"• {_named(way)}{_back(way, outline)}" for way in card.ways if not _has_arrow(way)]
    return [*_live(card), *_deadlines(card.deadlines), *ways]


def _live(card: Card) -> Iterator[str]:
    if card.standing is not None and not card.closes:
        late = overdue(card.standing)
        said = (ages(card.standing), f"<b>{late}</b>" if late else "", worth(card.standing))
        if any(said):
            yield " · ".join(part for part in said if part)


def _has_arrow(way: Way) -> bool:
    return way.hands_over is not None or (way.target is not None and not way.next_cycle and not way.again)


def _back(way: Way, outline: Outline) -> str:
    if way.again:
        return ": starts anew"
    return f": next cycle, from {_said(outline.titles[way.target])}" if way.target is not None else ""


def _ladders(outline: Outline) -> Iterator[str]:
    yield "<b>Who hears of it, and when</b>"
    for ladder in outline.ladders:
        rungs = "; ".join(f"{when} {what}" for when, what in ladder.rungs)
        yield f"<i>{_said(ladder.title)}:</i> {_said(rungs)}"


def _beside(outline: Outline) -> Iterator[str]:
    yield "<b>Beside the stages</b>"
    yield from _deadlines(outline.deadlines)
    if outline.everywhere:
        yield "In every open stage:"
        yield from (f"• {_named(way)}" for way in outline.everywhere)


def _deadlines(deadlines: tuple[Deadline, ...]) -> list[str]:
    return [
        f"<i>{_said(one.title)}: {_said(one.due)}{', else ' + _said(one.breach) if one.breach else ''}</i>"
        for one in deadlines
    ]


# --- arrows ----------------------------------------------------------------------------------------------------------


def _ways(outline: Outline) -> Iterator[tuple[str, Way]]:
    """Every way with the id of what it starts from."""
    for card in outline.cards:
        yield from _ways_of(card)
    for way in outline.everywhere:
        yield "beside", way


def _ways_of(card: Card) -> Iterator[tuple[str, Way]]:
    for way in card.ways:
        yield _id(card.path), way
    for inner in card.inside:
        yield from _ways_of(inner)


def _arrows(outline: Outline) -> Iterator[str]:
    found: dict[tuple[str, str, str], list[str]] = {}
    for source, way in _ways(outline):
        if _has_arrow(way):
            goal = _process(way.hands_over) if way.hands_over is not None else _id(str(way.target))
            found.setdefault((source, "-.->" if way.by_clock else "-->", goal), []).append(_named(way))
    for (source, line, goal), names in found.items():
        yield f'  {source} {line}|"{_BREAK.join(names)}"| {goal}'


def _named(way: Way) -> str:
    guard = f" [{way.guard}]" if way.guard else ""
    return _said(f"{way.title}{guard} ({way.by})")


# --- spelling --------------------------------------------------------------------------------------------------------


def _id(path: str) -> str:
    """Prefixed, because `end`, `class` and the like mean something to Mermaid."""
    return "s_" + path.replace(".", "__")


def _process(name: str) -> str:
    return f"p_{name}"


_SPELLED = {"&": "#amp;", "#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "`": "'"}


def _said(text: str) -> str:
    return "".join(_SPELLED.get(sign, sign) for sign in text)
