# SPDX-License-Identifier: Apache-2.0
"""Opens the demo clinic on a bare machine: `python3 installer/run.py`, or `--tour` to let it play its day off screen.

Needs Python 3.11 and nothing else; makes `.venv` beside the project the first time and reuses it afterwards.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

if sys.version_info < (3, 11):
    sys.exit(
        f"This needs Python 3.11 or newer, not {sys.version_info[0]}.{sys.version_info[1]}: install a newer python3."
    )
sys.path[0] = str(Path(__file__).resolve().parent.parent)

from installer import setup_environment


def arguments() -> tuple[argparse.Namespace, list[str]]:
    """What was asked for; what this command does not know goes on to the demo day, which refuses it by name."""
    parser = argparse.ArgumentParser(
        description="Make the environment, start a sync server and open the demo clinic.",
        epilog="Every other option goes to the demo day; `--help-day` lists them.",
    )
    parser.add_argument("--tour", action="store_true", help="play the day in windows off screen and leave pictures")
    parser.add_argument(
        "--pictures", metavar="DIR", type=Path, help="where the tour leaves its pictures (default: tour)"
    )
    parser.add_argument("--help-day", action="store_true", help="show the options of the demo day")
    return parser.parse_known_args()


def day_options(known: argparse.Namespace, others: list[str]) -> list[str]:
    """The command line of the demo day; it plays the tour where there is no display to open windows on."""
    if known.help_day:
        return ["--help"]
    windowless = sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    options = ["--tour"] if known.tour or windowless else []
    if known.pictures:
        options += ["--pictures", str(known.pictures.absolute())]
    return options + others


def main() -> int:
    """Make the environment and hand over to the demo day; its exit code is ours."""
    known, others = arguments()
    print("Hospital management: the demo clinic", flush=True)
    python = setup_environment.ensure("desktop")
    options = day_options(known, others)
    if "--tour" in options and not known.tour:
        setup_environment.say("no display here: playing the day off screen")
    command = [str(python), "-m", "installer.day", *options]
    os.chdir(setup_environment.ROOT)
    if os.name == "nt":
        return subprocess.run(command).returncode
    os.execv(python, command)


if __name__ == "__main__":
    sys.exit(main())
