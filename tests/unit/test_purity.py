"""What may import what, and what the core must not do: read from the sources, so that nobody has to remember it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from bootstrap import PASSED_THROUGH

ROOT = Path(__file__).parents[2]
PACKAGES = ("engine", "trials", "store", "activities", "workflows", "client", "cli", "web", "stack")

MAY_IMPORT = {
    "engine": (),
    "trials": ("engine",),
    "store": ("engine",),
    "activities": ("engine", "store"),
    "workflows": ("engine", "activities"),
    "stack": ("engine",),
}
"""Packages of ours that a package may import beside itself. Those that are not named are entries: they may import
all."""

SOLE_IMPORTERS = {
    "yaml": ("engine/reading/source.py", "engine/reading/scalars.py"),
    "transitions": ("engine/machine.py",),
    "cel_expr_python": ("engine/expressions/__init__.py",),
    "jinja2": ("engine/language/templates.py", "web/pages.py"),  # what authors write, sandboxed; and our own pages
    "email_validator": ("client/cleaning/mail.py",),
    "phonenumbers": ("client/cleaning/phone.py",),
    "pycountry": ("client/cleaning/country.py",),
    "tldextract": ("client/cleaning/domain.py",),
    "authlib": ("web/oidc.py",),
    "limits": ("web/pace.py",),
    "rapidfuzz": ("engine/identity/likeness.py",),
}
"""Libraries that one module of the core knows, so that it can be exchanged, and its dangers are in one place."""

IMPURE = (
    "aiosmtplib",
    "asyncio",
    "asyncpg",
    "http",
    "httpx",
    "os",
    "random",
    "secrets",
    "shutil",
    "socket",
    "subprocess",
    "sys",
    "tempfile",
    "temporalio",
    "threading",
    "time",
    "urllib",
    "uuid",
)
SHARED, IN_THE_SANDBOX = ("engine", "workflows"), "workflows/lead.py"
REPEATABLE = (*SHARED, "trials")
"""Code that is passed through the sandbox is not guarded by it; one file runs inside."""

READS_FILES = ("engine/reading/source.py",)
NOW = ("now", "utcnow", "today", "time", "monotonic", "perf_counter", "process_time")
FILE_METHODS = (
    "read_text",
    "read_bytes",
    "write_text",
    "write_bytes",
    "iterdir",
    "glob",
    "rglob",
    "exists",
    "is_file",
    "is_dir",
    "open",
)
ORDERED = ("list", "tuple", "enumerate", "iter", "next", "zip", "join")
OF_A_PACKAGE = ("engine/time/worktime.py",)
"""Reads the list of time zones that comes with a wheel: no file of the machine, and the same everywhere."""


@cache
def sources(package: str) -> dict[str, ast.Module]:
    files = sorted((ROOT / package).rglob("*.py"))
    return {file.relative_to(ROOT).as_posix(): ast.parse(file.read_text(encoding="utf-8"), file.name) for file in files}


def imported(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Every module that is imported anywhere in a file, in functions too, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None and node.level == 0:
            yield node.module, node.lineno


def found(package: str, faulty: list[str]) -> None:
    assert not faulty, f"{package}: " + "; ".join(faulty)


def test_the_core_imports_nothing_that_reads_a_clock_the_environment_chance_or_the_network() -> None:
    """Section 2: engine is pure."""
    found(
        "engine",
        [
            f"{file}:{line} imports {module}"
            for file, tree in sources("engine").items()
            for module, line in imported(tree)
            if module.partition(".")[0] in IMPURE
        ],
    )


@pytest.mark.parametrize("package", REPEATABLE)
def test_what_leads_share_asks_no_clock(package: str) -> None:
    """Section 4: time is always passed in, or is the workflow's own."""
    found(
        package,
        [
            f"{file}:{node.lineno} asks for the time"
            for file, tree in sources(package).items()
            if file != IN_THE_SANDBOX
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and _asks_the_time(node.func)
        ],
    )


def _asks_the_time(called: ast.expr) -> bool:
    if not isinstance(called, ast.Attribute) or called.attr not in NOW:
        return False
    return isinstance(called.value, ast.Name | ast.Attribute) and _last(called.value) in (
        "datetime",
        "date",
        "time",
        "workflow",
    )


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def test_only_the_reader_of_definitions_touches_files() -> None:
    """Section 2: the core does no input and no output."""
    found(
        "engine",
        [
            f"{file}:{node.lineno} touches files"
            for file, tree in sources("engine").items()
            if file not in (*READS_FILES, *OF_A_PACKAGE)
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and _last(node.func) in (*FILE_METHODS, "print", "input")
        ],
    )


@pytest.mark.parametrize("package", REPEATABLE)
def test_what_leads_share_goes_through_no_set(package: str) -> None:
    """Section 2: the order of a set differs from process to process, and with it would what a lead does."""
    found(
        package,
        [
            f"{file}:{line} goes through a set"
            for file, tree in sources(package).items()
            for line in _walks_over_sets(tree)
        ],
    )


def _walks_over_sets(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        gone_through: list[ast.expr] = []
        if isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
            gone_through = [node.iter]
        elif isinstance(node, ast.Starred):
            gone_through = [node.value]
        elif isinstance(node, ast.Call) and _last(node.func) in ORDERED:
            gone_through = node.args
        yield from (one.lineno for one in gone_through if _is_set(one))


def _is_set(node: ast.expr) -> bool:
    if isinstance(node, ast.BinOp):
        return _is_set(node.left) or _is_set(node.right)
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id in ("set", "frozenset")
    return isinstance(node, ast.Set | ast.SetComp)


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_packages_import_in_one_direction(package: str) -> None:
    """C.4, section 2: engine knows nobody, store no Temporal, workflows no database."""
    forbidden = [other for other in PACKAGES if other != package and other not in MAY_IMPORT[package]]
    found(
        package,
        [
            f"{file}:{line} imports {module}"
            for file, tree in sources(package).items()
            for module, line in imported(tree)
            if module.partition(".")[0] in (*forbidden, "bootstrap", "settings")
        ],
    )


@pytest.mark.parametrize(("package", "library"), [("store", "temporalio"), ("workflows", "asyncpg")])
def test_packages_know_only_their_own_libraries(package: str, library: str) -> None:
    """Section 2: the store knows no Temporal, a workflow no database."""
    found(
        package,
        [
            f"{file}:{line}"
            for file, tree in sources(package).items()
            for module, line in imported(tree)
            if module.partition(".")[0] == library
        ],
    )


@pytest.mark.parametrize("library", SOLE_IMPORTERS)
def test_a_library_of_the_core_is_known_in_one_place(library: str) -> None:
    """Section 3: the state machine, the expressions, YAML and templates each have one module that owns their
    library."""
    importers = [
        file
        for package in PACKAGES
        for file, tree in sources(package).items()
        if any(module.partition(".")[0] == library for module, _ in imported(tree))
    ]
    assert [file for file in importers if file not in SOLE_IMPORTERS[library]] == []


def test_the_packages_that_are_checked_exist() -> None:
    """A renamed package must not slip through unseen."""
    assert [package for package in MAY_IMPORT if not sources(package)] == []


def test_whatever_the_lead_workflow_imports_of_ours_is_shared() -> None:
    """Section 4: a module that is not passed through is loaded anew for every lead, a megabyte each."""
    own = {f"workflows.{path.stem}" for path in (ROOT / "workflows").glob("*.py")}
    own -= {"workflows.__init__", "workflows.lead"}
    assert own <= set(PASSED_THROUGH)


def test_the_top_level_is_the_one_of_the_card() -> None:
    """C.3, C.4: the folders, entries and packages that were asked for, by their names."""
    for name in ("workflows", "activities", "definitions", "tests"):
        assert (ROOT / name).is_dir()
    for name in ("worker.py", "starter.py", "pyproject.toml", "README.md"):
        assert (ROOT / name).is_file()
    asked = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for package in ("temporalio", "transitions", "pydantic", "pyyaml", "asyncpg", "pytest-asyncio"):
        assert f'"{package}' in asked
