"""Reading a definition file: what ops wrote is either taken as it stands or refused with place, code and remedy."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import DefinitionError, Finding
from engine.reading.document import Plain
from engine.reading.source import read, read_file


def findings_of(text: str) -> list[Finding]:
    with pytest.raises(DefinitionError) as refusal:
        read(text, "v1.yaml")
    return refusal.value.findings


def value_of(text: str) -> Plain:
    return read(text, "v1.yaml").value


# --- what is taken ---------------------------------------------------------------------------------------------------


def test_ops_words_stay_text() -> None:
    """C.5: durations, weekly hours, conditions, shares and references need no quotes."""
    words = [
        "3 working days",
        "24 hours",
        "Mon 09:00",
        "09:00-17:00",
        "lead.score >= 12",
        "10%",
        "person:head_of_sales",
        "2026-12-22 16:00 Europe/Berlin",
        "any open",
        "1.2.3",
        "PT30M",
        "Nord",
        "ja",
    ]
    assert value_of("".join(f"- {word}\n" for word in words)) == words


def test_values_are_plain_data() -> None:
    """C.5: numbers, true and false, lists and mappings; a key may be a whole number."""
    assert value_of("bands: {5: 100%, 1: 0%}\nmin: -3\nshare: 0.25\non_hold: true\nnone:\nlist: [a, null]\n") == {
        "bands": {5: "100%", 1: "0%"},
        "min": -3,
        "share": 0.25,
        "on_hold": True,
        "none": None,
        "list": ["a", None],
    }


def test_quotes_make_text_of_anything() -> None:
    """C.5: what is refused without quotes is text with them."""
    assert value_of("- 'NO'\n- \"17:00\"\n- '2026-12-24'\n- '017'\n- '<<'\n") == [
        "NO",
        "17:00",
        "2026-12-24",
        "017",
        "<<",
    ]


def test_files_saved_on_windows_read_the_same() -> None:
    """C.5: a byte order mark and Windows line ends change nothing, not even places."""
    document = read("\ufefftitle: Größe 😀\r\nnote: |\r\n  one\r\n  two\r\n", "v1.yaml")
    assert document.value == {"title": "Größe 😀", "note": "one\ntwo\n"}
    assert str(document.mark(("note",))) == "v1.yaml:2:7"


# --- what is refused -------------------------------------------------------------------------------------------------

REFUSED = [
    # id, text, line:column, code, part of the message, part of the remedy
    ("empty", "", "1:1", "EMPTY", "says nothing", "key: value"),
    ("only comments", "# to do\n", "1:1", "EMPTY", "says nothing", "key: value"),
    ("duplicate key", "due: 1 day\nto: x\ndue: 2 days\n", "3:1", "DUPLICATE_KEY", "line 1 and on line 3", "Keep one"),
    ("duplicate of another type", "5: a\n'5': b\n", "2:1", "DUPLICATE_KEY", "line 1 and on line 2", "Keep one"),
    ("alias", "a: [1]\nb: *a1\n", "2:4", "ALIAS", "*a1", "Write the content again"),
    ("anchor", "a: &a1 [1]\n", "1:4", "ALIAS", "&a1", "write the content again"),
    ("bold text", "note: **now**\n", "1:7", "ALIAS", "cannot begin with *", "in quotes"),
    ("tag", "a: !!str 5\n", "1:4", "TAG", "'!!str'", "Take it away"),
    ("unfinished tag", "a: !<x\n", "1:4", "TAG", "cannot begin with !", "in quotes"),
    ("merge key", "<<: {a: 1}\n", "1:1", "MERGE_KEY", "merge", "Write the keys out"),
    ("second document", "a: 1\n---\nb: 2\n", "2:1", "MULTIPLE_DOCUMENTS", "second document", "a file of its own"),
    ("after the end", "a: 1\n...\nb: 2\n", "2:1", "SYNTAX", "three dots", "Delete the line"),
    ("list as key", "[a]: 1\n", "1:1", "KEY_NOT_TEXT", "a list or a mapping", "quotes"),
    ("template without quotes", "subject: {{ name }}\n", "1:11", "KEY_NOT_TEXT", "a list or a mapping", "quotes"),
    ("boolean key", "true: 1\n", "1:1", "KEY_NOT_TEXT", "'true'", "Put it in quotes: 'true'"),
    ("fraction as key", "1.5: 1\n", "1:1", "KEY_NOT_TEXT", "'1.5'", "Put it in quotes"),
    ("null key", "~: 1\n", "1:1", "KEY_NOT_TEXT", "'~'", "Put it in quotes"),
    ("empty key", "'': 1\n", "1:1", "KEY_NOT_TEXT", "empty", "before the colon"),
    ("on as key", "on: {}\n", "1:1", "AMBIGUOUS_BOOLEAN", "'on'", "events:"),
    ("y as key", "{x: 1, y: 2}\n", "1:8", "AMBIGUOUS_BOOLEAN", "'y'", "Put the key in quotes: 'y'"),
    ("Norway", "countries: [SE, NO]\n", "1:17", "AMBIGUOUS_BOOLEAN", "'NO'", "put it in quotes: 'NO'"),
    ("yes", "required: yes\n", "1:11", "AMBIGUOUS_BOOLEAN", "'yes'", "Write true or false"),
    ("time", "opens: 17:00\n", "1:8", "AMBIGUOUS_TIME", "'17:00'", "in quotes: '17:00'"),
    ("morning time", "opens: 09:00\n", "1:8", "AMBIGUOUS_TIME", "'09:00'", "in quotes: '09:00'"),
    ("duration as time", "due: 1:30\n", "1:6", "AMBIGUOUS_TIME", "'1:30'", "in quotes: '1:30'"),
    ("date", "until: 2026-12-24\n", "1:8", "AMBIGUOUS_DATE", "'2026-12-24'", "in quotes: '2026-12-24'"),
    ("instant", "a: 2026-12-24T10:00:00Z\n", "1:4", "AMBIGUOUS_DATE", "'2026-12-24T10:00:00Z'", "00Z'"),
    ("date as key", "2026-12-24: closed\n", "1:1", "AMBIGUOUS_DATE", "'2026-12-24'", "Put the key in quotes"),
    ("octal", "zip: 01067\n", "1:6", "AMBIGUOUS_NUMBER", "'01067'", "1067, or put it in quotes"),
    ("hexadecimal", "a: 0x1F\n", "1:4", "AMBIGUOUS_NUMBER", "'0x1F'", "in quotes"),
    ("binary", "a: 0b1\n", "1:4", "AMBIGUOUS_NUMBER", "'0b1'", "in quotes"),
    ("underscore", "a: 1_000\n", "1:4", "AMBIGUOUS_NUMBER", "'1_000'", "1000, or"),
    ("infinity", "a: -.inf\n", "1:4", "AMBIGUOUS_NUMBER", "'-.inf'", "in quotes"),
    ("not a number", "a: .NaN\n", "1:4", "AMBIGUOUS_NUMBER", "'.NaN'", "in quotes"),
    ("exponent", "code: 1e3\n", "1:7", "AMBIGUOUS_NUMBER", "'1e3'", "in quotes"),
    ("phone number", "phone: +4930123456\n", "1:8", "AMBIGUOUS_NUMBER", "'+4930123456'", "in quotes"),
    ("long number", "id: 1234567890123456\n", "1:5", "TOO_LARGE", "15 digits", "in quotes"),
    ("zero width space", "a\u200b: 1\n", "1:2", "CONTROL_CHARACTER", "ZERO WIDTH SPACE", "Delete it"),
    ("reordered text", "a: 1\nb: x\u202e\n", "2:5", "CONTROL_CHARACTER", "RIGHT-TO-LEFT", "Delete it"),
    ("escaped control character", 'a: "x\\0y"\n', "1:4", "CONTROL_CHARACTER", "control character", "Take it away"),
    ("non-breaking space", "a:\n\u00a0 b: 1\n", "2:1", "CONTROL_CHARACTER", "non-breaking space", "plain space"),
    ("tab", "a:\n\tb: 1\n", "2:1", "SYNTAX", "a tab", "Indent with spaces"),
    ("tab on a later line", "a:\n  b: 1\n\tc: 2\n", "3:1", "SYNTAX", "a tab", "Indent with spaces"),
    ("glued colon", "stages:\n  due:3 days\n  to: x\n", "2:7", "SYNTAX", "after the colon of 'due'", "'due: 3 days'"),
    ("glued colon, last line", "a: 1\ndue:3\n", "2:5", "SYNTAX", "after the colon of 'due'", "'due: 3'"),
    ("glued colon in braces", "a: {type:text}\n", "1:10", "SYNTAX", "after the colon of 'type'", "'type: text'"),
    ("two colons", "title: Lead: new\n", "1:12", "SYNTAX", "second colon", "in quotes"),
    (
        "colon before a comma",
        "a: {b:, c: 1}\n",
        "1:6",
        "SYNTAX",
        "colon stands where none may",
        "space after the colon",
    ),
    ("no colon", "a: 1\nstages\nb: 2\n", "2:1", "SYNTAX", "no colon", "'key: value'"),
    ("indented too far", "title: x\n   owner: y\n", "2:4", "SYNTAX", "indented further", "Line the key up"),
    ("uneven indentation", "s:\n    a: 1\n  b: 2\n", "3:3", "SYNTAX", "indentation", "Line it up"),
    ("key among entries", "a:\n  - b\n  c: 1\n", "3:3", "SYNTAX", "among list entries", "'- '"),
    ("entry among keys", "a: 1\n- b\n", "2:1", "SYNTAX", "list entry", "below its key"),
    ("list behind its key", "a: - b\n", "1:4", "SYNTAX", "list cannot begin here", "line of its own"),
    ("quote not closed", 'a: 1\nb: "x\nc: 2\n', "2:4", "SYNTAX", "never closed", 'closing "'),
    ("apostrophe", "a: 'Seller's lead'\n", "1:12", "SYNTAX", "after the closing quote", "written twice"),
    ("backslash", 'a: "\\d+"\n', "1:5", "SYNTAX", "backslash", "single quotes"),
    ("brace not closed", "a: {b: 1\nc: 2\n", "1:4", "SYNTAX", "{ that opens here is not closed", "closing }"),
    ("bracket not closed", "a: [b, c\nd: 1\n", "1:4", "SYNTAX", "[ that opens here is not closed", "closing ]"),
    ("bracket closed twice", "a: [b]]\n", "1:7", "SYNTAX", "after the closing bracket", "take the rest away"),
    ("comma missing", "a: {b: 1 c: 2}\n", "1:11", "SYNTAX", "comma or }", "comma between"),
    ("comma too many", "a: [b, , c]\n", "1:8", "SYNTAX", "entry is missing", "spare comma"),
    ("at sign", "a: @sales\n", "1:4", "SYNTAX", "begin with @", "in quotes"),
    ("backtick", "a: `x`\n", "1:4", "SYNTAX", "begin with `", "in quotes"),
    ("percent sign", "a: %x\n", "1:4", "SYNTAX", "begin with %", "in quotes"),
    ("percent line", "a: 1\n%b: 2\n", "2:1", "SYNTAX", "begin with %", "in quotes"),
    ("greater than", "when: >= 12\n", "1:7", "SYNTAX", "begin with >", "in quotes"),
    ("too many levels", "[" * 41, "1:41", "TOO_DEEP", "40 levels", "less deeply"),
]


@pytest.mark.parametrize(
    ("text", "place", "code", "message", "remedy"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_mistake_is_refused_with_place_code_and_remedy(
    text: str, place: str, code: str, message: str, remedy: str
) -> None:
    """B.1: line and column, stable code, and how to mend it."""
    finding, *others = findings_of(text)
    assert (str(finding.mark), finding.code, others) == (f"v1.yaml:{place}", code, [])
    assert message in finding.message
    assert remedy in finding.remedy


def test_all_mistakes_are_told_at_once() -> None:
    """B.1: an author mends a file in one go, and what came before a syntax error counts too."""
    text = "a: yes\na: 1\nb: &x 17:00\nc: {d: 1, d: 2}\non: 1\ne: [1\n"
    assert [(finding.mark.line, finding.code) for finding in findings_of(text)] == [
        (1, "AMBIGUOUS_BOOLEAN"),
        (2, "DUPLICATE_KEY"),
        (3, "ALIAS"),
        (3, "AMBIGUOUS_TIME"),
        (4, "DUPLICATE_KEY"),
        (5, "AMBIGUOUS_BOOLEAN"),
        (6, "SYNTAX"),
    ]


# --- files -----------------------------------------------------------------------------------------------------------


def refusal_of_file(path: Path) -> str:
    with pytest.raises(DefinitionError) as refusal:
        read_file(path, "v1.yaml")
    return " ".join(str(refusal.value).split()[:2])


def test_file_is_read_under_the_name_that_findings_show(tmp_path: Path) -> None:
    """B.1: findings name the file as the author knows it."""
    path = tmp_path / "v1.yaml"
    path.write_text("title: Ä\n", encoding="utf-8")
    assert read_file(path, "inbound_b2b/v1.yaml").file == "inbound_b2b/v1.yaml"
    assert read_file(path).file == str(path)


def test_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    """B.1: missing, a folder, a pipe, not UTF-8, too large: a finding each, and no file too large is even opened."""
    assert refusal_of_file(tmp_path / "none.yaml") == "v1.yaml:1:1: UNREADABLE"
    assert refusal_of_file(tmp_path) == "v1.yaml:1:1: UNREADABLE"
    with pytest.raises(DefinitionError, match=r"this is a folder.*Name a file in it"):
        read_file(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    assert refusal_of_file(tmp_path / "pipe") == "v1.yaml:1:1: UNREADABLE"
    latin = tmp_path / "latin.yaml"
    latin.write_bytes("a: 1\nb: Größe".encode("latin-1"))
    assert refusal_of_file(latin) == "v1.yaml:2:6: NOT_UTF8"
    large = tmp_path / "large.yaml"
    with large.open("wb") as file:
        file.truncate(10_000_000)
    assert refusal_of_file(large) == "v1.yaml:1:1: TOO_LARGE"


# --- attacks ---------------------------------------------------------------------------------------------------------

BOMB = "a: &a [x, x]\n" + "".join(
    f"{new}: &{new} [*{old}, *{old}]\n" for old, new in zip("abcdefg", "bcdefgh", strict=True)
)
ATTACKS = [
    ("10 MB", "x" * 10_000_000, "TOO_LARGE"),
    ("1 MB in characters, 2 MB in bytes", "ä" * 999_999, "TOO_LARGE"),
    ("alias bomb", BOMB, "ALIAS"),
    ("alias to itself", "a: &a [*a]\n", "ALIAS"),
    ("deep flow lists", "[" * 999_999, "TOO_DEEP"),
    ("deep flow mappings", "{a: " * 249_999, "TOO_DEEP"),
    ("deep block lists", "- " * 499_999, "TOO_DEEP"),
    ("deep block mappings", "".join(" " * depth + "a:\n" for depth in range(1000)), "TOO_DEEP"),
    ("deep keys", "? " * 499_999, "TOO_DEEP"),
    ("many entries", "- \n" * 300_000, "TOO_LARGE"),
    ("many duplicate keys", "a: 1\n" * 199_999, "DUPLICATE_KEY"),
    ("huge whole number", "a: " + "9" * 900_000, "TOO_LARGE"),
    ("huge fraction", "a: 1." + "9" * 900_000, "TOO_LARGE"),
    ("number that overflows", "a: " + "9" * 400 + ".5", "TOO_LARGE"),
    ("exponent that overflows", "a: 1e999999999", "AMBIGUOUS_NUMBER"),
    ("object", "a: !!python/object:os.system {}\n", "TAG"),
    ("call", "a: !!python/object/apply:os.system [echo]\n", "TAG"),
    ("module", "a: !!python/module:os\n", "TAG"),
    ("tag directive", "%TAG ! tag:yaml.org,2002:python/\n---\na: !module:os x\n", "TAG"),
    ("NUL characters", "\0" * 999_999, "CONTROL_CHARACTER"),
    ("half a character", "a: \ud800\n", "CONTROL_CHARACTER"),
    ("quote never closed", '"' + "x" * 900_000, "SYNTAX"),
]


@pytest.mark.parametrize(("text", "code"), [row[1:] for row in ATTACKS], ids=[row[0] for row in ATTACKS])
def test_hostile_file_is_refused_at_once(text: str, code: str) -> None:
    """B.1, C.5: no file exhausts memory, stack or patience, and none runs code."""
    began = time.perf_counter()
    findings = findings_of(text)
    assert time.perf_counter() - began < 60  # a hang, not a measure
    assert code in {finding.code for finding in findings}
    assert len(findings) <= 100
    assert all(len(str(finding)) < 400 for finding in findings)


# --- any text --------------------------------------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        *"abn019-+.:,#&*!|>'\"%@`{}[]?<~=_ \t\n\r\\\0\x85\xa0\u2028\ufeff\ud800ä😀",
        *("\n  ", "\n- ", ": ", "- ", "? ", "---\n", "...\n", "%YAML ", "<<", "!!", "on", "no", "true", "null"),
        *("1:30", "2026-01-01", "0x", ".inf", "1e3", "|\n ", ">-\n ", "&a ", "*a", "''", '\\x41"', "x: 1\n"),
    ]
)


@settings(max_examples=400, deadline=None)
@given(st.text() | st.lists(PIECES, max_size=30).map("".join))
def test_any_text_is_read_or_refused(text: str) -> None:
    """B.1: whatever a file holds, the answer is a document or findings within it; never another error."""
    try:
        document = read(text, "v1.yaml")
    except DefinitionError as refusal:
        assert refusal.findings
        for finding in refusal.findings:
            assert 1 <= finding.mark.line <= text.count("\n") + text.count("\r") + 2
            assert finding.mark.column >= 1
            assert finding.message
            assert finding.remedy
    else:
        json.dumps(document.value)


LETTERS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cf", "Zl", "Zp", "Cn", "Co"]), max_size=20
)
VALUES = st.recursive(
    LETTERS | st.booleans() | st.none() | st.integers(-(10**15) + 1, 10**15 - 1),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(LETTERS.filter(bool), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(VALUES.filter(lambda value: value is not None))
def test_json_is_read_as_written(value: Plain) -> None:
    """C.5: definitions made by a program as JSON read the same."""
    assert value_of(json.dumps(value, ensure_ascii=False)) == value
