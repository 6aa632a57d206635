"""Circles in a graph: which parts hang together in circles, and the shortest way round."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def components(onward: Mapping[str, Iterable[str]]) -> list[tuple[str, ...]]:
    """Groups whose members all lead to one another, each in the order given, every node in one. What leads out of the
    graph is left aside."""
    below = {node: _reached(onward, node) for node in onward}
    groups: list[tuple[str, ...]] = []
    for node in onward:
        if not any(node in group for group in groups):
            others = (other for other in onward if other != node and other in below[node] and node in below[other])
            groups.append((node, *others))
    return groups


def _reached(onward: Mapping[str, Iterable[str]], start: str) -> frozenset[str]:
    """What a node leads to by at least one step."""
    seen = dict.fromkeys(there for there in onward[start] if there in onward)
    todo = list(seen)
    for here in todo:
        for there in onward[here]:
            if there in onward and there not in seen:
                seen[there] = None
                todo.append(there)
    return frozenset(seen)


def round_from(onward: Mapping[str, Iterable[str]], start: str) -> tuple[str, ...]:
    """The shortest way from a node back to itself, without its end; nothing where there is none."""
    came: dict[str, str] = {}
    todo = [start]
    for here in todo:
        for there in onward[here]:
            if there == start:
                way = [here]
                while way[-1] != start:
                    way.append(came[way[-1]])
                return tuple(reversed(way))
            if there in onward and there not in came:
                came[there] = here
                todo.append(there)
    return ()
