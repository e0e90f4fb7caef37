# SPDX-License-Identifier: Apache-2.0
"""Makes and keeps `.venv`: the pinned packages of one set, the project beside them, and a stamp that says so."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from pathlib import Path

from installer import system_packages

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
INCLUDED = {"server": ("server",), "desktop": ("desktop", "server"), "test": ("test", "desktop", "server")}
NEEDS = {
    "server": system_packages.ENVIRONMENT,
    "desktop": system_packages.ENVIRONMENT + system_packages.WINDOWS,
    "test": system_packages.ENVIRONMENT + system_packages.WINDOWS + system_packages.TESTS,
}
MACHINE_LACKS_SOMETHING = 2
PACKAGES_NOT_FETCHED = 3


def say(text: str) -> None:
    """One line of progress, shown at once also through a pipe."""
    print(f"  · {text}", flush=True)


def stop(text: str, code: int) -> SystemExit:
    """What to raise when a person has to do something first: the sentence on stderr, `code` for scripts."""
    print(f"\n{text}", file=sys.stderr, flush=True)
    return SystemExit(code)


def requirements(name: str) -> Path:
    """The pinned packages of the set `server`, `desktop` or `test`."""
    return ROOT / "installer" / f"requirements-{name}.txt"


def fingerprint(name: str) -> str:
    """Changes whenever an environment made for this set would have to be made again."""
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    parts = [requirements(name).read_text(encoding="utf-8"), sys.version, sys.base_prefix, str(ROOT)]
    parts += [asked["project"], asked["tool"]["setuptools"]]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def stamp(name: str) -> Path:
    """Where the fingerprint of a set that was installed whole is kept."""
    return VENV / f"installed-{name}"


def is_ready(name: str) -> bool:
    """Whether `.venv` already holds exactly this set, whole."""
    try:
        return PYTHON.exists() and stamp(name).read_text(encoding="ascii") == fingerprint(name)
    except OSError:
        return False


def ensure(name: str) -> Path:
    """Bring `.venv` to the set `name` and return its Python; raises SystemExit (2 or 3) with the remedy said."""
    lacking = system_packages.provide(NEEDS[name], say)
    if lacking:
        raise stop(lacking, MACHINE_LACKS_SOMETHING)
    if is_ready(name):
        say("environment is ready")
        return PYTHON
    started = time.monotonic()
    make_venv()
    install_packages(name)
    install_project()
    for included in INCLUDED[name]:
        stamp(included).write_text(fingerprint(included), encoding="ascii")
    say(f"environment made in {time.monotonic() - started:.0f} s")
    return PYTHON


def make_venv() -> None:
    """An empty `.venv`, unless one of this Python and this folder is there to be brought up to date."""
    for old in VENV.glob("installed-*"):
        old.unlink()
    origin = VENV / "made-by"
    wanted = f"{sys.version} {sys.base_prefix} {ROOT}"
    if PYTHON.exists() and origin.exists() and origin.read_text(encoding="utf-8") == wanted:
        return
    if VENV.exists():
        shutil.rmtree(VENV)
    say(f"making an environment with Python {sys.version.split()[0]}")
    made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True)
    if made.returncode:
        raise stop(f"The environment could not be made:\n{made.stdout}{made.stderr}", MACHINE_LACKS_SOMETHING)
    origin.write_text(wanted, encoding="utf-8")


def install_packages(name: str) -> None:
    """Fetch and install the pinned packages of the set, every one checked against its hash."""
    wanted = requirements(name)
    total = len(re.findall(r"^[a-z0-9].*==", wanted.read_text(encoding="utf-8"), re.MULTILINE))
    say(f"fetching {total} packages")
    command = [str(PYTHON), "-m", "pip", "install", "--require-hashes", "--only-binary", ":all:", "--no-input"]
    command += ["--disable-pip-version-check", "--progress-bar", "off", "-r", str(wanted)]
    tail: list[str] = []
    found = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT) as pip:
        assert pip.stdout is not None
        for line in pip.stdout:
            tail = [*tail[-14:], line.rstrip()]
            total -= line.startswith("Ignoring ")  # meant for another system
            found += line.startswith(("Collecting ", "Processing ", "Requirement already satisfied: "))
            if line.startswith(("Collecting ", "Processing ")) and found % 10 == 0:
                say(f"{found} of {total}")
            if line.startswith("Installing collected packages"):
                say("unpacking")
    if pip.returncode:
        told = "\n".join(f"  {line}" for line in tail)
        remedy = (
            "Check the line, or the package index this machine is set up for (pip config list), and run this again."
        )
        raise stop(f"The packages could not be installed. pip said:\n{told}\n{remedy}", PACKAGES_NOT_FETCHED)


def install_project() -> None:
    """Put the commands `hms` and `hms-server` into the environment, running the files of this folder."""
    command = [str(PYTHON), "-m", "pip", "install", "--no-deps", "--no-build-isolation", "--no-index", "--quiet"]
    command += ["--disable-pip-version-check", "--editable", str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        raise stop(f"The project could not be installed:\n{done.stdout}{done.stderr}", PACKAGES_NOT_FETCHED)
