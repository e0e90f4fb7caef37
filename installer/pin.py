# SPDX-License-Identifier: Apache-2.0
"""Makes the hash-pinned requirement files again from pyproject.toml: `python3 installer/pin.py` (needs `uv`).

The other sets are cut from the test set, so that they never disagree about a version. The files
carry no address of a package index: whoever installs from them uses the index their machine is set up for.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEADER = (
    "# SPDX-License-Identifier: Apache-2.0\n# Made by `python3 installer/pin.py` from pyproject.toml. Do not edit.\n"
)
SETS: dict[str, tuple[str, ...]] = {
    "test": ("desktop", "postgresql", "test"),
    "desktop": ("desktop",),
    "server": (),
    "postgresql": ("postgresql",),
}
SCANNERS = ("sslyze", "wapiti")
"""Sets of their own, which share nothing with the others."""


def requirements_file(name: str) -> Path:
    """The committed requirement file of the set `server`, `postgresql` (with its driver), `desktop`, `test` or a
    scanner's."""
    return ROOT / "installer" / f"requirements-{name}.txt"


def wanted(name: str) -> list[str]:
    """What pyproject.toml asks for in this set.

    The build backend too, as the project is installed without isolation; into a scanner's environment it is not.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    if name in SCANNERS:
        return list(project["dependency-groups"][name])
    lines = [*project["build-system"]["requires"], *project["project"]["dependencies"]]
    for extra in SETS[name]:
        lines += project["project"]["optional-dependencies"][extra]
    return lines


def compile_set(uv: str, name: str, target: Path, options: list[str]) -> str:
    """The pinned lines of one set for every platform and Python from 3.11 on; what `target` pins is kept if it fits.

    Raises SystemExit with uv's own words when there is no solution.
    """
    command = [uv, "pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes"]
    command += ["--no-emit-index-url", "--no-emit-find-links", "--no-annotate", "--no-header", *options]
    command += ["--output-file", str(target), "-"]
    outcome = subprocess.run(command, input="\n".join(wanted(name)), capture_output=True, text=True, cwd=ROOT)
    if outcome.returncode:
        raise SystemExit(f"uv could not solve the set “{name}”:\n{outcome.stderr.strip()}")
    return target.read_text(encoding="utf-8")


def find_uv() -> str:
    """The uv program beside this Python or on the path; raises SystemExit with the way to get it."""
    beside = Path(sys.executable).parent / "uv"
    uv = str(beside) if beside.exists() else shutil.which("uv")
    if uv is None:
        raise SystemExit("installer/pin.py needs uv. Install it with: python3 -m pip install uv")
    return uv


def main() -> None:
    """Write the files; with `--upgrade` take newer versions, else keep those that still fit."""
    parser = argparse.ArgumentParser(description="Make the hash-pinned requirement files again from pyproject.toml.")
    parser.add_argument(
        "--upgrade", action="store_true", help="take the newest versions that fit, not the present ones"
    )
    upgrade = parser.parse_args().upgrade
    uv = find_uv()
    with tempfile.TemporaryDirectory() as folder:
        for name in (*SETS, *SCANNERS):
            target = Path(folder, f"{name}.txt")
            present = requirements_file(name)
            if present.exists() and not upgrade:
                target.write_text(present.read_text(encoding="utf-8"), encoding="utf-8")
            alone = name in ("test", *SCANNERS)
            options = [] if alone else ["--constraint", str(Path(folder, "test.txt"))]
            pinned = compile_set(uv, name, target, options)
            present.write_text(HEADER + pinned, encoding="utf-8")
            print(f"{present.relative_to(ROOT)}: {pinned.count('==')} packages")


if __name__ == "__main__":
    main()
