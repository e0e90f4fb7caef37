# SPDX-License-Identifier: Apache-2.0
"""The tour: plays the day in real windows off screen and leaves pictures, printed papers and one page of figures."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import func, select

from hms_desktop.clinic.patients.model import Patient
from installer.day.camera import Camera
from installer.day.checks import TO_SETTLE, Check, every_check, verified
from installer.day.clinic import DemoClinic, Plan, make_clinic, morning_zone
from installer.day.day import Day, Played
from installer.day.script import DAY
from installer.day.seat import dressed_application
from installer.day.summary import Summary, write_summary


def play_tour(pictures: Path) -> int:
    """Play the day; 0 when every check passed, 1 when one failed, and what went wrong when a step could not be done."""
    started = time.monotonic()
    pictures = _empty(pictures)
    place = Path(tempfile.mkdtemp(prefix="hms tour "))  # a path with a space in it, on purpose

    def say(words: str) -> None:
        print(f"  {time.monotonic() - started:6.1f} s  {words}", flush=True)

    try:
        clinic = make_clinic(place / "clinic", say, Plan(morning_zone()))
        summary = _play(clinic, pictures, say)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    summary.seconds = time.monotonic() - started
    write_summary(pictures, summary)
    print(summary.table(), flush=True)
    print(f"\n  pictures, papers and summary.html: {pictures}", flush=True)
    return 0 if summary.passed else 1


def _play(clinic: DemoClinic, pictures: Path, say: object) -> Summary:
    dressed_application()
    day = Day(clinic, camera=Camera(pictures), papers=pictures)
    summary = Summary()
    try:
        for played in day.play(DAY):
            summary.steps.append(played)
            _tell(say, played)
        summary.checks = every_check(day)
        summary.figures = figures(day, summary.steps)
        day.close()
        summary.checks += verified(day)
    except Exception as error:
        summary.checks.append(Check("The day was played to its end", False, f"{type(error).__name__}: {error}"))
        day.picture_of_trouble()
    finally:
        day.close()
        clinic.server.kill()
    summary.pictures = day.camera.taken if day.camera else []
    summary.papers = sorted(path.name for path in pictures.glob("*.pdf"))
    return summary


def figures(day: Day, steps: Sequence[Played]) -> dict[str, str]:
    """What a reader wants to know first: how much of everything, and how much of it without the line."""
    apart = [step for step in steps if step.line == "cut"]
    seat = day.seats["Doctor's room"]
    patients = seat.ask(lambda reader: int(reader.scalar(select(func.count()).select_from(Patient))))
    waited = [int(words.split()[0]) for words in day.known["waiting"].values()]
    return {
        "Workstations": str(len(day.opened)),
        "Patients": str(patients),
        "Steps": str(len(steps)),
        "Steps without the line": str(len(apart)),
        "Without the line": f"{sum(step.seconds for step in apart):.0f} s",
        "Changes that waited": str(sum(waited)),
        "Conflicts settled": str(len(TO_SETTLE[day.line])),
    }


def _tell(say: object, played: Played) -> None:
    if callable(say):
        say(f"{played.number:02d} {played.sentence}")


def _empty(folder: Path) -> Path:
    """The folder for the pictures, without those of an earlier tour; nothing else in it is touched."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in [*folder.glob("[0-9][0-9]-*.png"), *folder.glob("*.pdf"), *folder.glob("summary.*")]:
        old.unlink()
    return folder
