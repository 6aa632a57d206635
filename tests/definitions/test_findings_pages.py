"""Every code has a page, and what the page shows is so: the bad example has just that finding, the mended one none
(B.1, C.5)."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from cli.checked_files import checked, misnamed_in
from engine.codes import CODES, Theme

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "docs" / "findings"
BASE = PAGES / "base"

BLOCK = re.compile(r"^```yaml(?: ([\w/.]+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SECTION = re.compile(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)

NOT_SHOWN = {
    "UNREADABLE": "a file that is not there cannot be shown",
    "NOT_UTF8": "text cannot show what is no text",
    "TOO_LARGE": "a megabyte is too much for a page",
    "UNPUBLISHED_PROCESS": "publishing asks the database",
    "NOT_A_PROCESS": "a check takes any kind of file; drawing and publishing want a process",
    "NOT_A_ROSTER": "a check takes any kind of file; loading people wants a roster",
    "NOT_SCENARIOS": "a check takes any kind of file; a test wants scenarios",
    **dict.fromkeys((code.name for code in CODES.values() if code.theme is Theme.PLANS), "is for commands on plans"),
}
"""Codes whose page has no example."""

TOP_LEVEL = re.compile(r"^([a-z]+):", re.MULTILINE)


def whole(example: str) -> str:
    """A part of a process, in the process that the index shows."""
    keys = TOP_LEVEL.findall(example)
    if keys[0] == "process":
        return example
    index = (PAGES / "README.md").read_text("utf-8")
    around = re.findall(r"^```yaml part\n(.*?)^```$", index, re.MULTILINE | re.DOTALL)
    head, *rest = [part for part in around if not set(TOP_LEVEL.findall(part)) & set(keys)]
    return f"{head}{example}{''.join(rest)}"


def written(page: str, section: str, folder: Path) -> list[Path]:
    """The examples of a section, as files among those of the base."""
    shutil.copytree(BASE, folder)
    body = dict(SECTION.findall(page))[section]
    files = []
    for name, example in BLOCK.findall(body):
        file = folder / (name or "example/v1.yaml")
        file.parent.mkdir(exist_ok=True)
        file.write_text(whole(example) if file.parent.name == "example" else example, "utf-8")
        files.append(file)
    assert files, f"'{section}' shows nothing"
    return files


def codes_in(folder: Path, files: list[Path]) -> set[str]:
    beside = list(misnamed_in(folder))
    return {finding.code for finding in checked([file for file in files if file.suffix == ".yaml"], beside).findings}


@pytest.mark.parametrize("code", CODES)
def test_a_code_has_a_page_that_says_what_it_is(code: str) -> None:
    """C.5: what it means, why it hurts, and how it is mended; whether it may be allowed."""
    page = (PAGES / f"{code}.md").read_text("utf-8")
    assert page.startswith(f"# {code}\n\n{CODES[code].title}.\n")
    sections = [name for name, _ in SECTION.findall(page)]
    assert sections == (["Mending it"] if code in NOT_SHOWN else ["Bad", "Mended", "Allowing it"])[: len(sections)]
    assert ("Allowing it" in sections) == CODES[code].allowable
    assert (f"# allow {code}: " in page) == CODES[code].allowable


@pytest.mark.parametrize("code", [code for code in CODES if code not in NOT_SHOWN])
def test_examples_are_what_they_are_said_to_be(code: str, tmp_path: Path) -> None:
    """B.1: the bad one has that finding and no other; the mended one has none."""
    page = (PAGES / f"{code}.md").read_text("utf-8")
    bad = written(page, "Bad", tmp_path / "bad")
    assert codes_in(tmp_path / "bad", bad) == {code}
    mended = written(page, "Mended", tmp_path / "mended")
    assert checked(mended).findings == ()
    assert list(misnamed_in(tmp_path / "mended")) == []


def test_the_base_of_the_examples_is_sound() -> None:
    """B.1: what an example shows is its own."""
    assert checked(sorted(BASE.rglob("*.yaml"))).findings == ()


def test_no_page_is_left_of_a_code_that_is_gone() -> None:
    """C.5: the folder holds what can be found."""
    assert {file.stem for file in PAGES.glob("*.md")} == {*CODES, "README"}


def test_the_index_lists_every_page_under_its_theme() -> None:
    """C.5: one finds a page by what it is about."""
    sections = dict(SECTION.findall((PAGES / "README.md").read_text("utf-8")))
    for theme in Theme:
        rows = [code for code in CODES.values() if code.theme is theme]
        listed = "".join(f"| [{code.name}]({code.name}.md) | {code.title} | {_may(code.name)} |\n" for code in rows)
        assert not rows or listed in sections[theme.value], f"write under '{theme}':\n{listed}"


def _may(code: str) -> str:
    return "yes" if CODES[code].allowable else ""
