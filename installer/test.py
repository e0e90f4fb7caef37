# SPDX-License-Identifier: Apache-2.0
"""Runs every check and test: `python3 installer/test.py`; `--proof` adds the long counts, `--fast` leaves out coverage.

Needs Python 3.11 and nothing else; makes `.venv` beside the project the first time. The last line counts what passed
and what failed, a failed check counting as one; the exit code is 0 only if nothing failed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

if sys.version_info < (3, 11):
    sys.exit(
        f"This needs Python 3.11 or newer, not {sys.version_info[0]}.{sys.version_info[1]}: install a newer python3."
    )
sys.path[0] = str(Path(__file__).resolve().parent.parent)

from installer import setup_environment
from installer.setup_environment import ROOT

OUTCOME = ROOT / "build" / "outcome.json"
COVERAGE = ROOT / "build" / "coverage"
COMPILED = ROOT / "build" / "compiled"
MEMORY = Path("/dev/shm")
ROOM_IN_MEMORY = 3 * 1024**3
LINT_IMPORTS = "from importlinter.cli import lint_imports_command as run; run()"  # it has no module of its own to start
IMPORT_LINTER = ("-c", LINT_IMPORTS, "--no-logo", "--cache-dir", "build/importlinter")


@dataclass(frozen=True)
class Stage:
    """One check: a name a person reads and the arguments for the environment's Python."""

    name: str
    command: tuple[str, ...]


def commit_seed() -> int | None:
    """The seed of the random order: each commit has its own, so that a red run can be repeated; None without git."""
    asked = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, cwd=ROOT, check=False)
    return int(asked.stdout[:7], 16) if asked.returncode == 0 else None


def pytest_command(options: argparse.Namespace) -> tuple[str, ...]:
    """The test run: random order on three processes, as windows and servers wait for each other a fifth of the time."""
    command = ["-m", "pytest", "-n", "3", "--dist", "worksteal", "-q", "--durations", "10"]
    if not options.fast:
        command += ["--cov", "--cov-branch", "--cov-report", "json", "--cov-report", ""]
    if options.proof:
        command += ["--proof"]
    seed = options.seed if options.seed is not None else commit_seed()
    if seed is not None:
        command += [f"--randomly-seed={seed}"]
    return tuple(command)


def stages(options: argparse.Namespace) -> list[Stage]:
    """All checks in the order in which they are quickest to tell something wrong."""
    checks = [
        Stage("ruff format", ("-m", "ruff", "format", "--check", "--output-format", "concise", ".")),
        Stage("ruff check", ("-m", "ruff", "check", "--output-format", "concise", ".")),
        Stage("import contracts", IMPORT_LINTER),
        Stage("mypy --strict", ("-m", "mypy", "--strict", "hms_desktop", "sync_server", "installer")),
        Stage("tests", pytest_command(options)),
    ]
    if not options.fast:
        checks.append(Stage("coverage floor", ("installer/coverage_floor.py",)))
    checks.append(Stage("acceptance numbers", ("-m", "tests.acceptance", "--brief")))
    checks.append(Stage("hazard log", ("-m", "tests.hazards")))
    return checks


def run(stage: Stage, place: str, python: Path) -> bool:
    """Run one check with its output shown as it comes, then its time; whether it passed."""
    print(f"\n[{place}] {stage.name}", flush=True)
    started = time.monotonic()
    passed = subprocess.run([str(python), *stage.command], cwd=ROOT, stdin=subprocess.DEVNULL).returncode == 0
    print(
        f"[{place}] {stage.name}: {'passed' if passed else 'FAILED'} in {time.monotonic() - started:.1f} s", flush=True
    )
    return passed


def test_counts() -> tuple[int, int, int]:
    """How many tests passed, failed and were skipped in the run just made; one failure if it never got to count."""
    try:
        outcome = json.loads(OUTCOME.read_text(encoding="utf-8"))
    except OSError:
        return 0, 1, 0
    return int(outcome["passed"]), int(outcome["failed"]), int(outcome["skipped"])


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Run every check and test of the project.")
    parser.add_argument("--proof", action="store_true", help="also run the long counts; writes build/proof.json")
    parser.add_argument("--fast", action="store_true", help="leave out the measuring of coverage and its floor")
    parser.add_argument("--seed", type=int, help="the seed of the random order, to repeat a run")
    return parser.parse_args()


def memory_has_room() -> bool:
    """Whether files can lie in memory here: it is a folder of this system, has room, and may hold programs."""
    if not (MEMORY.is_dir() and os.access(MEMORY, os.W_OK)):
        return False
    return shutil.disk_usage(MEMORY).free > ROOM_IN_MEMORY and not os.statvfs(MEMORY).f_flag & os.ST_NOEXEC


def prepare() -> Path:
    """The environment's Python, and nothing left of an earlier run that could be taken for this one."""
    python = setup_environment.ensure("test")
    for old in (OUTCOME, COVERAGE / "report.json"):
        old.unlink(missing_ok=True)
    COVERAGE.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):  # nor beside the sources now: hundreds of processes would each
        os.environ["PYTHONPYCACHEPREFIX"] = str(COMPILED)  # compile the whole project again
    if memory_has_room():  # each of many thousand commits waits for a disk; tests kill processes, never the power
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))
    return python


def main() -> int:
    """Make the environment, run every stage even after a failure, sum up."""
    chosen = options()
    print("Hospital management: every check and test", flush=True)
    started = time.monotonic()
    python = prepare()
    planned = stages(chosen)
    results = {s.name: run(s, f"{i}/{len(planned)}", python) for i, s in enumerate(planned, 1)}
    passed, failed, skipped = test_counts()
    broken = [name for name, fine in results.items() if not fine]
    checks = [name for name in broken if name != "tests"]
    failed = max(failed, "tests" in broken) + len(checks)
    print(f"\nin all {time.monotonic() - started:.0f} s")
    if chosen.fast:
        print("left out by --fast: branch coverage, coverage floor")
    if not chosen.proof:
        print("not asked for: the long counts (--proof)")
    if skipped:
        print(f"skipped, with the reasons given above: {skipped} tests")
    if broken:
        print(f"failed: {', '.join(broken)}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
