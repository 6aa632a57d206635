"""Files of leads: rows, mappings, and what becomes of a bad line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cli.refused_rows import Report, of_its_own
from client.front_door import Arrived
from client.importing import Refused, Row, import_rows, rows_of
from client.mapping import MappingFile, read_mapping
from engine.errors import DefinitionError, IntakeError, LeadflowError

ROOT = Path(__file__).parents[2]

MAPPING = """
mapping: shop
source_system: shop
key: [Region, Number]
title: "Inquiry {Number}"
empty: [Select]
constants: {kind: sales}
fields:
  source: {from: Channel, values: {Web: web, Fair: trade_show}, otherwise: other}
  size: {from: Size, values: {Small: 1, Large: 2}}
  city: {from: City, empty: ["-"]}
"""


@pytest.fixture
def mapping(tmp_path: Path) -> MappingFile:
    file = tmp_path / "shop.yaml"
    file.write_text(MAPPING, encoding="utf-8")
    return read_mapping(file)


def test_a_row_becomes_a_lead(mapping: MappingFile) -> None:
    """C.6: columns become fields, spellings become values, and the key is made of its columns."""
    row = {"Region": "EU", "Number": "7", "Channel": "Web", "Size": "Large", "City": "Mumbai"}
    assert mapping.lead(row) == {
        "id": "EU-7",
        "source_system": "shop",
        "title": "Inquiry 7",
        "kind": "sales",
        "source": "web",
        "size": 2,
        "city": "Mumbai",
    }


def test_what_stands_for_nothing_is_nothing(mapping: MappingFile) -> None:
    """S3.7: an empty cell, "Select" and a dash are unknown, not values."""
    lead = mapping.lead({"Region": "EU", "Number": "7", "Channel": "Select", "Size": " ", "City": "-"})
    assert not {"source", "size", "city"} & set(lead)


def test_a_value_that_the_mapping_does_not_list_is_refused_by_name(mapping: MappingFile) -> None:
    """S0.11: unreliable source data shows itself with column and value."""
    with pytest.raises(IntakeError) as refused:
        mapping.lead({"Region": "EU", "Number": "7", "Size": "Huge"})
    assert "Huge" in refused.value.fields["size"]


def test_a_row_without_its_key_is_refused(mapping: MappingFile) -> None:
    """C.6: what has no key cannot be recognised again."""
    with pytest.raises(IntakeError) as refused:
        mapping.lead({"Region": "EU", "Number": ""})
    assert set(refused.value.fields) == {"Number"}


def test_a_mapping_is_read_as_strictly_as_a_definition(tmp_path: Path) -> None:
    """C.5: a wrong key is refused with its place."""
    file = tmp_path / "shop.yaml"
    file.write_text(MAPPING.replace("otherwise", "othrwise"), encoding="utf-8")
    with pytest.raises(DefinitionError) as refused:
        read_mapping(file)
    assert refused.value.findings[0].code == "UNKNOWN_KEY"


def test_the_shipped_mapping_reads() -> None:
    """C.6: the shipped mapping knows the spellings of the file it is for."""
    lead = read_mapping(ROOT / "definitions" / "mappings" / "xeducation.yaml").lead(
        {
            "Prospect ID": "p1",
            "Lead Number": "7",
            "Lead Source": "google",
            "Country": "India",
            "Specialization": "Select",
        }
    )
    assert (lead["source"], lead["country"]) == ("google", "IN")
    assert "course" not in lead


def rows(path: Path, name: str, content: bytes) -> list[Row]:
    file = path / name
    file.write_bytes(content)
    return list(rows_of(file))


def test_a_line_that_cannot_be_read_is_a_row_with_its_reason(tmp_path: Path) -> None:
    """C.6: one bad line does not end a file."""
    read = rows(tmp_path, "leads.ndjson", b'{"id": 1}\n{broken\n\n[1]\n\xff\xfe\n{"id": 2}\n')
    assert [row.line for row in read] == [1, 2, 4, 5, 6]
    assert [row.trouble is None for row in read] == [True, False, False, False, True]
    assert "column" in (read[1].trouble or "")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"id": "1", "employees": ' + b"9" * 5_000 + b"}", "the line holds a number of too many digits"),
        (b'{"id": "i6\\ud800"}', "the line holds half of a character (a lone surrogate)"),
        (b'{"id": "1", "more": {"a\\udfff": 1}}', "the line holds half of a character (a lone surrogate)"),
        (b"[" * 100_000, "the line is no JSON that can be read: it is nested too deeply"),
        (b'{"id": "1", }', "the line is no JSON at column 13"),
        (b'"lead"', "the line is no object"),
    ],
)
def test_a_line_that_json_can_write_and_nobody_can_keep_is_a_row_with_its_reason(
    tmp_path: Path, line: bytes, reason: str
) -> None:
    """C.6: the file goes on after it."""
    read = rows(tmp_path, "leads.ndjson", line + b'\n{"id": "2"}\n')
    assert [(row.line, row.trouble) for row in read] == [(1, reason), (2, None)]


def test_a_csv_row_with_too_many_cells_is_told(tmp_path: Path) -> None:
    """C.6: cells that belong to no column are not dropped in silence."""
    read = rows(tmp_path, "leads.csv", b'\xef\xbb\xbfid,company\n1,Cobalt\n2,Acme,more\n3,"Two\nlines"\n')
    assert read[0].values == {"id": "1", "company": "Cobalt"}
    assert read[1].trouble
    assert read[2].values["company"] == "Two\nlines"


def test_a_quote_that_is_never_closed_does_not_swallow_the_rest_in_silence(tmp_path: Path) -> None:
    """S0.11: lines that a broken quote hides are told as lost; those after it are read."""
    read = rows(tmp_path, "leads.csv", b'id,company\n1,Cobalt\n2,"Acme\n3,Orion\n4,Vega\n')
    assert [(row.line, row.lost) for row in read] == [(2, False), (3, True)]
    assert "lines 3 to 5 are not read" in (read[1].trouble or "")
    read = rows(tmp_path, "leads.csv", b'id,company\n2,"Acme\n3,"Orion"\n4,Vega\n')
    assert [(row.values.get("id"), row.lost) for row in read] == [(None, True), ("4", False)]
    read = rows(tmp_path, "leads.csv", b'id,company\n2,"Ac"me\n4,Vega\n')
    assert [(row.values.get("id"), row.lost) for row in read] == [(None, False), ("4", False)]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
@pytest.mark.parametrize("name", ["leads.csv", "leads.ndjson"])
def test_a_file_in_another_encoding_is_refused_as_a_whole(tmp_path: Path, name: str, encoding: str) -> None:
    """S0.11: a spreadsheet's Unicode text is told from a file of bad rows."""
    with pytest.raises(LeadflowError, match=encoding.upper()) as refused:
        rows(tmp_path, name, "id,company\n1,Cobalt\n".encode(encoding))
    assert "UTF-8" in refused.value.remedy


def test_a_file_of_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    """C.6: the answer says which kinds are read."""
    with pytest.raises(LeadflowError) as refused:
        rows(tmp_path, "leads.xlsx", b"PK")
    assert ".csv" in refused.value.remedy


class Door:
    """A front door that knows three answers."""

    def __init__(self) -> None:
        self.seen: set[str] = set()

    async def arrive(self, raw: dict[str, Any], **_: object) -> Arrived:
        if raw["id"] == "bad":
            raise IntakeError("BAD_FIELDS", "company is required", {"company": "is required"})
        if raw["id"] == "down":
            raise LeadflowError("the database does not answer")
        created = raw["id"] not in self.seen
        self.seen.add(raw["id"])
        return Arrived(f"lead:{raw['id']}", created)


async def test_an_import_tells_new_from_known_refused_from_failed() -> None:
    """C.6: what a rule refuses is reported with its line and does not fail the import; what a server fails does."""
    ids = ["a", "b", "a", "bad", "c"]

    def lines(more: list[str]) -> Iterator[Row]:
        return iter([Row(number, {"id": id}) for number, id in enumerate([*ids, *more], start=1)])

    door: Any = Door()
    tally = await import_rows(door, lines([]), source_system="test", at_once=1)
    assert (tally.rows, tally.created, tally.known) == (5, 3, 1)
    assert [(row.line, row.code) for row in tally.refused] == [(4, "BAD_FIELDS")]
    assert tally.complete
    again = await import_rows(door, lines(["down"]), source_system="test", at_once=3)
    assert (again.created, again.known) == (0, 4)
    assert not again.complete


async def test_a_broken_file_is_no_success() -> None:
    """S0.11: one line that cannot be read is a refused row; lost lines, or nothing but such lines, are a failure."""
    fine, bad = Row(1, {"id": "a"}), Row(2, {}, "the line is no JSON")
    lost = Row(2, {}, "lines 2 to 9 are not read", lost=True)
    door: Any = Door()
    for given, complete in (([fine, bad], True), ([fine, lost], False), ([bad, bad], False), ([], True)):
        tally = await import_rows(door, iter(given), source_system="test")
        assert tally.complete is complete, given


def test_a_report_is_written_over_nothing_but_a_report(tmp_path: Path) -> None:
    """S0.11: not over the file that is imported, nor over anybody else's; over an earlier report."""
    leads, report = tmp_path / "leads.ndjson", tmp_path / "new" / "refused.ndjson"
    leads.write_text('{"id": "1"}\n')
    (tmp_path / "notes.txt").write_text("dear diary")
    for wrong in (leads, tmp_path / "notes.txt", tmp_path):
        with pytest.raises(LeadflowError, match="not written over"):
            Report(wrong, leads)
    assert leads.read_text() == '{"id": "1"}\n'
    row = Refused(2, "x", "BAD_FIELDS", "company is required")
    assert Report(report, leads).write([row]) == report
    assert Report(report, leads).write([row, replace(row, line=1)]) == report
    assert [json.loads(line)["line"] for line in report.read_text().splitlines()] == [1, 2]
    assert Report(report, leads).write([]) is None
    assert not report.exists()


def test_a_report_that_cannot_be_written_is_told_before_anything_is_imported(tmp_path: Path) -> None:
    """S0.11: not after an hour."""
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError):
        Report(tmp_path / "file" / "refused.ndjson", tmp_path / "leads.ndjson")


def test_two_imports_in_one_second_report_in_files_of_their_own(tmp_path: Path) -> None:
    """S0.11: files of one name from two folders, imported at once: neither takes the other's refused rows away."""
    first, second = of_its_own(tmp_path, "fair-20261102T090000Z"), of_its_own(tmp_path, "fair-20261102T090000Z")
    (tmp_path / "fair.csv").touch()
    reports = [Report(path, tmp_path / "fair.csv") for path in (first, second)]
    for number, report in enumerate(reports, start=1):
        report.write([Refused(number, str(number), "NO_ID", "the row has no Number")])
    assert [json.loads(path.read_text())["line"] for path in (first, second)] == [1, 2]
