"""The bootstrap, and the locks it installs from."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import setup_env

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted(ROOT.glob("requirements*.lock"))


def test_old_python_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """C.3: with no newer Python on PATH, one line says what is wanted, what is there, and how to mend it."""
    monkeypatch.setattr(setup_env, "newer_python", lambda: None)
    monkeypatch.setattr(setup_env, "MINIMUM", (99, 1))
    told = str(setup_env.main([]))
    assert "\n" not in told
    for part in ("Python 99.1 or later", sys.version.split()[0], sys.executable, "apt install", "brew install"):
        assert part in told


def test_old_python_hands_over_to_a_newer_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """C.3: `python3` may be old while python3.13 is there; a name that does not run, such as a shim, is passed over."""
    shim, good = tmp_path / "python3.13", tmp_path / "python3.12"
    shim.write_text("#!/bin/sh\necho 'command not found' >&2\nexit 127\n")
    good.write_text("#!/bin/sh\necho True\n")
    for program in (shim, good):
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert setup_env.newer_python() == str(good)


def test_settings_of_pip_reach_uv() -> None:
    """C.3: who has a mirror or a certificate set for pip need not say it again; the environment goes first."""
    config = "\n".join(
        [
            ":env:.index-url='file:///mirror/env'",
            "global.cert='/etc/own.pem'",
            "global.extra-index-url='\\nfile:///a\\nfile:///b'",
            "global.find-links='/wheels /more'",
            "global.index-url='file:///mirror/global'",
            "global.no-color='true'",
        ]
    )
    assert setup_env.as_uv_settings(config) == {
        "UV_DEFAULT_INDEX": "file:///mirror/env",
        "UV_INDEX": "file:///a file:///b",
        "UV_FIND_LINKS": "/wheels,/more",
        "SSL_CERT_FILE": "/etc/own.pem",
    }


def test_command_runs_from_a_folder_with_a_space_and_through_a_link(tmp_path: Path) -> None:
    """C.4: `leadflow` works wherever the project lies and from wherever it is called."""
    root = tmp_path / "our $pro ject"
    (root / "cli").mkdir(parents=True)
    (root / "cli" / "__init__.py").write_text("import sys\ndef main():\n    print('ran', *sys.argv[1:])\n")
    (root / "python").symlink_to(sys.executable)
    script = root / "leadflow"
    script.write_text(setup_env.launcher(root / "python", root))
    script.chmod(0o755)
    link = tmp_path / "lf"
    link.symlink_to(script)
    for command in (script, link):
        done = subprocess.run([command, "up", "a b"], cwd="/", capture_output=True, text=True, check=True)
        assert done.stdout == "ran up a b\n"
        assert done.stderr == ""


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_locks_hold_hashes_and_no_place(lock: Path) -> None:
    """C.3: every version is pinned by hash; no index, path or host is named, so any mirror serves."""
    line = re.compile(r"[a-z0-9-]+==\S+( ; [^\\]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?")
    assert [text for text in lock.read_text().splitlines() if not line.fullmatch(text)] == []


def test_locks_cover_what_the_project_asks_for() -> None:
    """C.3: a dependency added to pyproject.toml without `make lock` would be missing on a fresh machine."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())

    def names(requirements: list[str]) -> set[str]:
        return {re.split(r"[^A-Za-z0-9._-]", requirement)[0].lower() for requirement in requirements}

    def locked(name: str) -> set[str]:
        return set(re.findall(r"^([a-z0-9-]+)==", (ROOT / name).read_text(), re.MULTILINE))

    wanted = names(project["project"]["dependencies"])
    assert wanted <= locked("requirements.lock")
    assert wanted | names(project["dependency-groups"]["dev"]) <= locked("requirements-dev.lock")
    assert locked("requirements.lock") <= locked("requirements-dev.lock")
