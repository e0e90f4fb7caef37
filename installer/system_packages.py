# SPDX-License-Identifier: Apache-2.0
"""What the project needs from the operating system, found by asking the loader, and the one apt line that brings it."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Need:
    """One thing to be found on the machine, and the Debian or Ubuntu packages that bring it, newest name first."""

    what: str
    found: Callable[[str], bool]
    packages: tuple[str, ...]


def library_loads(name: str) -> bool:
    """Whether the dynamic loader finds this shared library, for instance `libEGL.so.1`."""
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def module_exists(name: str) -> bool:
    """Whether this Python has the standard-library module (Debian ships some of them apart)."""
    importlib.invalidate_caches()
    return importlib.util.find_spec(name) is not None


def program_exists(name: str) -> bool:
    """Whether a program of this name is on the search path."""
    return shutil.which(name) is not None


def postgresql_exists(_name: str) -> bool:
    """Whether the programs of a PostgreSQL server are there: Debian keeps them off the search path."""
    return any(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


PYTHON_VENV = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
ENVIRONMENT = (Need("ensurepip", module_exists, (PYTHON_VENV,)),)
WINDOWS = (
    Need("libglib-2.0.so.0", library_loads, ("libglib2.0-0t64", "libglib2.0-0")),
    Need("libEGL.so.1", library_loads, ("libegl1",)),
    Need("libGL.so.1", library_loads, ("libgl1",)),
    Need("libfontconfig.so.1", library_loads, ("libfontconfig1",)),
    Need("libdbus-1.so.3", library_loads, ("libdbus-1-3",)),
    Need("libxkbcommon.so.0", library_loads, ("libxkbcommon0",)),
    # Qt names libxcb-cursor for whichever of these is missing, so all are looked for.
    Need("libxcb-cursor.so.0", library_loads, ("libxcb-cursor0",)),
    Need("libxcb-icccm.so.4", library_loads, ("libxcb-icccm4",)),
    Need("libxcb-keysyms.so.1", library_loads, ("libxcb-keysyms1",)),
    Need("libxcb-shape.so.0", library_loads, ("libxcb-shape0",)),
    Need("libxkbcommon-x11.so.0", library_loads, ("libxkbcommon-x11-0",)),
    Need("libwayland-cursor.so.0", library_loads, ("libwayland-cursor0",)),
)
TESTS = (
    Need("Xvfb", program_exists, ("xvfb",)),
    Need("git", program_exists, ("git",)),
    Need("chromium", program_exists, ("chromium",)),
    Need("libatomic.so.1", library_loads, ("libatomic1",)),  # of what drives Chromium
    Need("postgres", postgresql_exists, ("postgresql",)),  # servers of tests keep their records in it too
    Need("dbus-daemon", program_exists, ("dbus-daemon", "dbus")),  # Debian 12 took it out of dbus
)


def missing(needs: Iterable[Need]) -> list[Need]:
    """Those of `needs` that this machine does not have."""
    return [need for need in needs if not need.found(need.what)]


def apt_knows(package: str) -> bool:
    """Whether the machine's package lists offer this package."""
    asked = subprocess.run(["apt-cache", "show", package], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return asked.returncode == 0


def package_names(needs: Iterable[Need]) -> list[str]:
    """One package per need under the name this release gives it; the oldest name where the lists know none."""
    names = (next(filter(apt_knows, need.packages), need.packages[-1]) for need in needs)
    return list(dict.fromkeys(names))


def apt_line(packages: list[str]) -> str:
    """The command a person can paste to install `packages`."""
    return "sudo apt-get update && sudo apt-get install -y --no-install-recommends " + " ".join(packages)


def apt_install(needs: list[Need], say: Callable[[str], None]) -> bool:
    """Install what `needs` ask for, as root; False when apt did not manage it (its own words are shown)."""
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    say("refreshing the package lists")
    updated = subprocess.run(["apt-get", "update", "-qq"], env=quiet, stdin=subprocess.DEVNULL)
    if updated.returncode:
        return False
    packages = package_names(needs)
    say(f"installing {len(packages)} system packages: {' '.join(packages)}")
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "-o", "Dpkg::Use-Pty=0", *packages]
    installed = subprocess.run(command, env=quiet, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    return installed.returncode == 0


def provide(needs: Iterable[Need], say: Callable[[str], None]) -> str | None:
    """Make sure of `needs`: install them where we may, else return the sentence that tells a person what to do."""
    lacking = missing(needs) if sys.platform == "linux" else []
    if not lacking:
        return None
    named = ", ".join(need.what for need in lacking)
    if not shutil.which("apt-get"):
        packages = ", ".join(need.packages[-1] for need in lacking)
        return f"This machine lacks {named}. Install them with its package manager (Debian calls them {packages})."
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        say(f"this machine lacks {named}")
        if apt_install(lacking, say) and not missing(lacking):
            return None
    return f"This machine lacks {named}. Run this once, then try again:\n  {apt_line(package_names(lacking))}"
