# SPDX-License-Identifier: Apache-2.0
"""`python -m installer.day`: opens the demo clinic, or plays its day with `--tour`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from hms_desktop.core.errors import ClinicError

PROJECT = Path(__file__).resolve().parents[2]


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m installer.day", description=__doc__)
    parser.add_argument("--tour", action="store_true", help="play the day off screen; exit code 1 if a check fails")
    parser.add_argument("--pictures", type=Path, default=PROJECT / "tour", help="where the tour leaves its pictures")
    parser.add_argument("--folder", type=Path, default=PROJECT / "demo", help="where the demo clinic is kept")
    parser.add_argument("--afresh", action="store_true", help="make the demo clinic anew; what was done in it is lost")
    parser.add_argument("--who", action="store_true", help="say who can sign in with what, with the codes of now")
    parser.add_argument("--station", action="append", default=[], help="open this workstation; repeatable")
    return parser.parse_args()


def main() -> int:
    """Do what was asked; what a person can do something about ends with one sentence and exit code 1."""
    chosen = arguments()
    try:
        from installer.day.demo import open_demo, say_who

        if chosen.who:
            return say_who(chosen.folder)
        if chosen.tour:
            os.environ["QT_QPA_PLATFORM"] = "offscreen"
            from installer.day.tour import play_tour

            return play_tour(chosen.pictures)
        return open_demo(chosen.folder, chosen.station, chosen.afresh)
    except (ClinicError, RuntimeError) as error:
        print(f"\n{error}", file=sys.stderr, flush=True)
        return 1


if __name__ == "__main__":
    sys.exit(main())
