"""What every command prints with: tables, JSON, errors; all of it safe from what stands in a lead."""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import UTC, datetime, timedelta

import pytest

from cli import lead
from cli.harmless import harmless
from cli.output import complain, print_json, print_table
from cli.page import lasted, words_of
from cli.trouble import trouble_of
from engine.errors import DefinitionError, Finding, IntakeError, Mark, StackError

EVIL = "Cobalt\x1b[2J\x9b5m\u202e\ud83d:bomb:[red]\nlead:forged"


def test_control_characters_are_shown_by_their_signs() -> None:
    """S1.13: whoever reads sees that something was there."""
    assert harmless("a\x1b[2J\r\n\x7f\x9b\u202eb") == "a␛[2J␍␊␡<U+009B><U+202E>b"
    assert harmless("Größe 5 € – 東京 🙂") == "Größe 5 € – 東京 🙂"


def test_a_piped_table_has_a_line_for_each_row_whatever_stands_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    """S1.13: a title with a line break forges no row, and no cell is folded or taken as markup."""
    long = "lead:" + "x" * 150
    print_table(("lead", "title", "at"), [(long, EVIL, datetime(2026, 12, 21, tzinfo=UTC)), ("lead:2", None, 7)])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert lines[1].startswith(f"{long}  Cobalt␛[2J<U+009B>5m<U+202E><U+D83D>:bomb:[red]␊lead:forged  2026-12-21 00:00")
    assert lines[2].split() == ["lead:2", "7"]


def test_json_says_the_same_without_a_character_that_steers(capsys: pytest.CaptureFixture[str]) -> None:
    """Section 7: a stable answer for machines, harmless on a terminal too."""
    print_json({"title": EVIL, "name": "Größe 東京"})
    told = capsys.readouterr().out
    assert json.loads(told) == {"title": EVIL, "name": "Größe 東京"}
    assert "Größe 東京" in told
    assert all(sign == "\n" or sign.isprintable() for sign in told)


def test_errors_are_one_line_on_standard_error(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Errors say what, where, why and how to mend it; a definition's has a line for each finding."""
    complain(StackError(f"there is no {EVIL}", "Mend it."))
    mark = Mark("v1.yaml", 3, 5)
    complain(DefinitionError([Finding(mark, "UNKNOWN_STAGE", "there is no stage 'x'", "Did you mean 'y'?")]))
    told = capsys.readouterr()
    assert told.out == ""
    first, *_, last = told.err.splitlines()
    assert first.startswith("leadflow: there is no Cobalt␛")
    assert last == "v1.yaml:3:5: UNKNOWN_STAGE there is no stage 'x'. Did you mean 'y'?"

    monkeypatch.setattr(sys, "argv", ["leadflow", "lead", "start", "--json"])
    complain(IntakeError("BAD_FIELDS", "country is required", {"country": "is required"}, "Mend it."))
    error = json.loads(capsys.readouterr().err)
    assert (error["code"], error["fields"], error["remedy"]) == ("BAD_FIELDS", {"country": "is required"}, "Mend it.")


def test_trouble_that_can_be_expected_is_told_and_a_mistake_of_ours_is_not_hidden() -> None:
    """Servers go away and files cannot be read; anything else is a bug and shows its traceback."""
    told = trouble_of(PermissionError(13, "Permission denied", "/etc/shadow"))
    assert told is not None and told.message == "/etc/shadow: Permission denied"
    nowhere = trouble_of(FileNotFoundError(2, "No such file or directory", "no_such_folder/now.svg"))
    assert nowhere is not None and nowhere.message == "no_such_folder/now.svg: there is no folder no_such_folder"
    away = trouble_of(ConnectionResetError("peer"))
    assert away is not None and "leadflow status" in away.remedy
    assert trouble_of(KeyError("x")) is None
    assert trouble_of(ValueError("x")) is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, None), (0.2, "0 s"), (59, "59 s"), (3_900, "1 h 5 min"), (3_605, "1 h 5 s"), (273_600, "3 d 4 h")],
)
def test_durations_are_told_in_their_two_largest_units(seconds: float | None, words: str | None) -> None:
    """S1.10: turnaround in words."""
    assert lasted(seconds) == words


def test_names_of_definitions_become_words() -> None:
    """C.7: people read words, not paths."""
    assert words_of("sales_accepted.contacted") == "sales accepted › contacted"
    assert words_of(None) is None


async def test_a_command_does_not_wait_for_ever_for_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """C.6: without a worker the sender is told in time what has become of it, and can send again."""
    monkeypatch.setattr(lead, "PATIENCE", timedelta(seconds=0.01))
    with pytest.raises(StackError, match="no worker has answered") as told:
        await lead._answered(asyncio.sleep(5), "The lead is accepted.")
    assert told.value.remedy.startswith("The lead is accepted.")
