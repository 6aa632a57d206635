"""Places: every value, key and position inside a text is found again in the file."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.reading.document import NodePath
from engine.reading.source import read

TEXT = """\
process: inbound
stages:
  new:
    by: [owner, ops]
    clocks: {first: {due: 24 hours}}
bands:
  5: 100%
steps:
  - event: accept
  -
"""


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        ((), "1:1", "1:1"),
        (("process",), "1:1", "1:10"),
        (("stages",), "2:1", "3:3"),
        (("stages", "new", "by"), "4:5", "4:9"),
        (("stages", "new", "by", 1), "4:17", "4:17"),
        (("stages", "new", "clocks", "first", "due"), "5:22", "5:27"),
        (("bands", 5), "7:3", "7:6"),
        (("bands", "5"), "7:3", "7:6"),
        (("steps", 0, "event"), "9:5", "9:12"),
        (("stages", "new", "title"), "3:3", "4:5"),  # is not there: the nearest that is
        (("stages", "new", "by", 7), "4:5", "4:9"),
        (("process", "name", 3), "1:1", "1:10"),
    ],
)
def test_key_and_value_have_a_place(path: NodePath, key: str, value: str) -> None:
    """B.1: a finding points at the key or the value it is about, or at the nearest thing that is there."""
    document = read(TEXT, "v1.yaml")
    assert str(document.key_mark(path)) == f"v1.yaml:{key}"
    assert str(document.mark(path)) == f"v1.yaml:{value}"


@pytest.mark.parametrize(
    ("text", "line", "column", "place"),
    [
        ("when: lead.score > x", 1, 14, "1:20"),
        ("when: 'lead.score > x'", 1, 14, "1:21"),
        ('when: "lead.score > x"', 1, 14, "1:21"),
        ("when: 'a == ''b'' && x'", 1, 13, "1:22"),
        ('when: "a == \\"b\\" && \\u0041 x"', 1, 15, "1:29"),
        ("when: |\n  a &&\n  x", 2, 1, "3:3"),
        ("when: |-  # why\n\n    a &&\n      x", 3, 3, "4:7"),
        ("when: >\n  a &&\n  x", 1, 6, "3:3"),
        ("when: >-\n  a\n\n  b\n  x", 2, 3, "5:3"),
        ("when: a &&\n  x", 1, 6, "2:3"),
        ("when: 'a &&\n\n  x'", 2, 1, "3:3"),
        ('when: "a && \\\n  x"', 1, 6, "2:3"),
        ("when: lead.x", 1, 99, "1:13"),
        ("when: lead.x", 9, 1, "1:7"),
        ("when: true", 1, 2, "1:8"),
        ("when: [a]", 1, 2, "1:7"),
    ],
)
def test_position_inside_a_text_is_found_in_the_file(text: str, line: int, column: int, place: str) -> None:
    """B.1: an error inside an expression is shown where the author wrote it, however the text is written."""
    assert str(read(text, "v1.yaml").inside(("when",), line, column)) == f"v1.yaml:{place}"


WORDS = st.text("abcxyz0.'\"\\&|=", min_size=1, max_size=8).map(lambda word: "w" + word)
LINES = st.lists(st.lists(WORDS, min_size=1, max_size=4).map(" ".join), min_size=1, max_size=5)
WRITTEN = {
    "one line": lambda lines: "k: " + " ".join(lines).replace("'", "").replace('"', ""),
    "several lines": lambda lines: "k: " + "\n   ".join(lines),
    "single quotes": lambda lines: "k: '" + "\n\n  ".join(line.replace("'", "''") for line in lines) + "'",
    "double quotes": lambda lines: (
        'k: "' + "\n ".join(line.replace("\\", "\\\\").replace('"', '\\"') for line in lines) + '"'
    ),
    "block": lambda lines: (
        "k: |\n" + "".join(f"    {'  ' * (n % 2 if n else 0)}{line}\n" for n, line in enumerate(lines))
    ),
    "folded": lambda lines: "k: >\n" + "".join(f"  {line}\n\n" if len(line) % 2 else f"  {line}\n" for line in lines),
}


@settings(max_examples=200, deadline=None)
@given(LINES, st.sampled_from(sorted(WRITTEN)))
def test_every_character_is_found_where_it_stands(lines: list[str], style: str) -> None:
    """B.1: for each way to write a text, each of its characters has its own place in the file."""
    text = WRITTEN[style](lines)
    document = read(text, "v1.yaml")
    value = document.node(("k",))
    written = text.split("\n")
    for row, line in enumerate(value.value.split("\n") if value and isinstance(value.value, str) else [], start=1):
        for column, char in enumerate(line, start=1):
            mark = document.inside(("k",), row, column)
            stands = written[mark.line - 1][mark.column - 1 : mark.column + 1]
            if char != " ":
                assert stands[:1] == char or (stands[:1] == "\\" and stands[1:] == char)
