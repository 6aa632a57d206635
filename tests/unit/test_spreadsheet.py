"""CSV that is opened in a spreadsheet runs nothing, and comes back as it was (S1.13, C.6)."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.importing import rows_of
from client.spreadsheet import harmless_cell, original_cell, written

DANGEROUS = ['=HYPERLINK("http://x.example")', "+49 30 1234567", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "'=1", "'"]


@pytest.mark.parametrize("cell", DANGEROUS)
def test_no_cell_begins_as_a_formula_does(cell: str) -> None:
    """S1.13: what a stranger wrote into a form is text to whoever opens the list."""
    assert str(harmless_cell(cell)).startswith("'") and original_cell(str(harmless_cell(cell))) == cell


def test_numbers_stay_numbers() -> None:
    """S1.13: a value of minus five is no text."""
    assert [harmless_cell(value) for value in (-5, 2.5, None, "plain")] == [-5, 2.5, "", "plain"]


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x00�")))
def test_whatever_is_written_is_read_as_it_was(text: str) -> None:
    """C.6: marking can always be undone, and only what is marked is."""
    assert original_cell(str(harmless_cell(text))) == text


def test_an_import_reads_what_was_written(tmp_path: Path) -> None:
    """C.6: a list that went through a spreadsheet comes in again with its own values."""
    file = tmp_path / "leads.csv"
    file.write_text(
        written(("id", "phone"), [(n, cell) for n, cell in enumerate(DANGEROUS)]), encoding="utf-8", newline=""
    )
    assert [row.values["phone"] for row in rows_of(file)] == DANGEROUS
