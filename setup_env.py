"""Sets up `.venv` with everything leadflow needs. Wants only Python 3.11 or later and pip; a second run is a glance.

    python3 setup_env.py          what running leadflow takes (requirements.lock)
    python3 setup_env.py --dev    and what its tests take (requirements-dev.lock)

Packages come from whatever index pip or uv is set up to use, and are checked against the hashes in the lock.
Installing is done by uv, fetched with pip into `.boot/` unless it is on PATH, because it is several times faster;
plain pip steps in where uv fails. Every line down to `main` must run on any Python 3, to tell an old one what is
wrong: no newer syntax, no `X | Y` outside quotes.
"""

import ast
import fcntl
import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BOOT = ROOT / ".boot"
VENV_PYTHON = VENV / "bin" / "python"
STAMP = VENV / "leadflow-setup.json"
LAUNCHER = VENV / "bin" / "leadflow"
LOCKS = {
    "plain": ROOT / "requirements.lock",
    "dev": ROOT / "requirements-dev.lock",
    "boot": ROOT / "requirements-boot.lock",
}

# What the lock names and nothing else; wheels only, so that no package's own code runs while it is installed.
EXACTLY = ("--quiet", "--require-hashes", "--only-binary=:all:")

MINIMUM = (3, 11)
OTHER_NAMES = ("python3.13", "python3.12", "python3.11", "python3.14", "python3", "python")

# How uv is told what pip has been told; pip's names as `pip config list` prints them.
PIP_TO_UV = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "no-index": "UV_NO_INDEX",
    "trusted-host": "UV_INSECURE_HOST",
    "timeout": "UV_HTTP_TIMEOUT",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "cert": "SSL_CERT_FILE",
}


class SetupError(Exception):
    """One sentence on what is wrong and one on how to mend it."""


def refusal(version: "tuple[int, ...]", executable: str) -> str:
    """What an old Python is told when no newer one is on PATH: one line."""
    wanted, found = (".".join(str(number) for number in numbers[:3]) for numbers in (MINIMUM, version))
    return (
        f"leadflow needs Python {wanted} or later; this is {found} ({executable}), and there is none newer on PATH. "
        "Install one (Debian, Ubuntu: apt install python3.11; Fedora: dnf install python3.13; "
        "macOS: brew install python@3.13) and run this again, or name one: make PYTHON=/path/to/python3.13 ..."
    )


def newer_python() -> "str | None":
    """A Python on PATH that is new enough; asked itself, because a name (a pyenv shim, say) proves nothing."""
    for name in OTHER_NAMES:
        found = shutil.which(name)
        if found is None or os.path.realpath(found) == os.path.realpath(sys.executable):
            continue
        try:
            question = f"import sys; print(sys.version_info[:2] >= {MINIMUM!r})"
            answer = subprocess.check_output([found, "-c", question], stderr=subprocess.DEVNULL)
        except (OSError, subprocess.CalledProcessError):
            continue
        if answer.strip() == b"True":
            return found
    return None


def main(arguments: "list[str]") -> "int | str":
    """Exit status: 0, or the text of what went wrong."""
    if sys.version_info < MINIMUM:
        newer = newer_python()
        if newer is None:
            return refusal(sys.version_info[:3], sys.executable)
        return subprocess.call([newer, str(Path(__file__).resolve()), *arguments])
    if any(argument != "--dev" for argument in arguments):
        return "usage: python3 setup_env.py [--dev]"
    try:
        set_up(dev="--dev" in arguments)
    except SetupError as problem:
        return f"setup: {problem}"
    except KeyboardInterrupt:
        return "setup: interrupted; run it again to go on"
    return 0


def set_up(dev: bool) -> None:
    BOOT.mkdir(exist_ok=True)
    with (BOOT / "lock").open("w") as lock:
        take_turns(lock)
        stamp = read_stamp()
        wanted = wanted_stamp(dev or bool(stamp.get("dev")))
        if stamp == wanted and LAUNCHER.exists():
            print("setup: up to date", flush=True)
            return
        began = time.monotonic()
        say(f"Python {sys.version.split()[0]} ({sys.executable})")
        STAMP.unlink(missing_ok=True)
        uv = find_uv()
        if not venv_works():
            with step("making .venv"):
                make_venv()
        install(LOCKS["dev" if wanted["dev"] else "plain"], uv or fetch_uv())
        write_launcher()
        STAMP.write_text(json.dumps(wanted, indent=2))
        say(f"ready after {time.monotonic() - began:.1f} s")


def take_turns(lock: "IO[str]") -> None:
    """Two at once (make -j, two terminals) would write over each other."""
    fcntl.flock(lock, fcntl.LOCK_EX)


def read_stamp() -> "dict[str, object]":
    try:
        stamp = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def wanted_stamp(dev: bool) -> "dict[str, object]":
    """What makes an installation good: the exact packages, and the folder, whose path is in its scripts."""
    digests = [hashlib.sha256(LOCKS[name].read_bytes()).hexdigest() for name in ("plain", "dev")]
    return {"root": str(ROOT), "dev": dev, "locks": digests}


def venv_works() -> bool:
    if not VENV_PYTHON.exists():
        return False
    question = f"import sys; sys.exit(sys.version_info < {MINIMUM!r})"
    return subprocess.call([str(VENV_PYTHON), "-c", question], stderr=subprocess.DEVNULL) == 0


def make_venv() -> None:
    # Without pip, which Debian leaves out of its Python; nothing here needs pip inside.
    run([sys.executable, "-m", "venv", "--clear", "--without-pip", str(VENV)], "cannot make .venv")


def find_uv() -> "str | None":
    return shutil.which("uv")


def fetch_uv() -> "str | None":
    """Puts uv into `.boot/`; None where that does not work, and then plain pip does all."""
    home = BOOT / ("uv-" + hashlib.sha256(LOCKS["boot"].read_bytes()).hexdigest()[:12])
    program = home / "bin" / "uv"
    if not program.exists():
        shutil.rmtree(home, ignore_errors=True)
        fresh = home.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        with step("fetching the installer uv"):
            done = subprocess.run(
                [*pip(), "install", "--no-deps", *EXACTLY, "--target", str(fresh), "--requirement", str(LOCKS["boot"])],
                env=pip_environment(),
                check=False,
            )
        if done.returncode != 0:
            say("uv is not to be had; going on with pip alone")
            return None
        fresh.rename(home)
    return str(program)


def own_pip() -> "list[str] | None":
    command = [sys.executable, "-m", "pip"]
    asked = subprocess.run([*command, "--version"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return command if asked.returncode == 0 else None


def pip() -> "list[str]":
    """A pip that works: this Python's, or one that ensurepip unpacks into a venv for it."""
    command = own_pip()
    if command is not None:
        return command
    spare = BOOT / "pip"
    if not (spare / "bin" / "pip").exists():
        run(
            [sys.executable, "-m", "venv", "--clear", str(spare)],
            "this Python has neither pip nor ensurepip; install it (Debian, Ubuntu: apt install python3-pip) "
            "and run this again",
        )
    return [str(spare / "bin" / "python"), "-m", "pip"]


def install(lock: Path, uv: "str | None") -> None:
    number = sum("==" in line for line in lock.read_text().splitlines())
    with step(f"installing {number} packages of {lock.name}"):
        if uv is not None:
            command = [uv, "pip", "sync", *EXACTLY, "--python", str(VENV_PYTHON), str(lock)]
            if subprocess.call(command, env=uv_environment()) == 0:
                return
            say("uv could not; trying with pip")
        run(
            [*pip(), "--python", str(VENV_PYTHON), "install", "--no-deps", *EXACTLY, "--requirement", str(lock)],
            "the packages could not be installed; see above. Mend that (network, proxy, pip's settings) and run this "
            "again; if it fails in the same way, remove .venv and .boot first",
            pip_environment(),
        )


def pip_environment() -> "dict[str, str]":
    """The user's own settings, except those that forbid what we do: install into a folder of ours."""
    return {**os.environ, "PIP_REQUIRE_VIRTUALENV": "0", "PIP_USER": "0", "PIP_ROOT_USER_ACTION": "ignore"}


def uv_environment() -> "dict[str, str]":
    """uv does not read pip's settings, so they are handed on; what the user told uv itself comes first."""
    # Looking on every index, as pip does, is safe: the hashes decide what is taken.
    environment = {"UV_PYTHON_DOWNLOADS": "never", "UV_INDEX_STRATEGY": "unsafe-best-match"}
    command = own_pip()
    if command is not None:
        told = subprocess.run([*command, "config", "list"], stdout=subprocess.PIPE, check=False)
        environment.update(as_uv_settings(told.stdout.decode(errors="replace")))
    if "SSL_CERT_FILE" not in os.environ and "REQUESTS_CA_BUNDLE" in os.environ:
        environment["SSL_CERT_FILE"] = os.environ["REQUESTS_CA_BUNDLE"]
    return {**environment, **os.environ}


def as_uv_settings(config: str) -> "dict[str, str]":
    """uv's settings from the lines of `pip config list`: the environment before [install] before [global]."""
    found = {}
    for section in ("global.", "install.", ":env:."):
        for line in config.splitlines():
            name, _, value = line.partition("=")
            setting = PIP_TO_UV.get(name[len(section) :]) if name.startswith(section) else None
            if setting is not None:
                words = str(ast.literal_eval(value)).split()
                found[setting] = ("," if setting == "UV_FIND_LINKS" else " ").join(words)
    return found


def launcher(python: Path, root: Path) -> str:
    """A shell script, because a `#!` line can hold neither a path with a space nor a long one."""
    code = f"import sys; sys.argv[0] = 'leadflow'; sys.path[0] = {str(root)!r}; from cli import main; main()"
    return f'#!/bin/sh\nexec {shlex.quote(str(python))} -c {shlex.quote(code)} "$@"\n'


def write_launcher() -> None:
    LAUNCHER.write_text(launcher(VENV_PYTHON, ROOT))
    LAUNCHER.chmod(0o755)


def run(command: "list[str]", trouble: str, environment: "dict[str, str] | None" = None) -> None:
    if subprocess.call(command, env=environment) != 0:
        raise SetupError(trouble)


def say(text: str) -> None:
    print("setup: " + text, flush=True)


class step:
    """One long step: said when it begins, timed when it ends."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __enter__(self) -> None:
        say(self.text + " ...")
        self.began = time.monotonic()

    def __exit__(self, kind: object, *_rest: object) -> None:
        if kind is None:
            say(f"  took {time.monotonic() - self.began:.1f} s")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
