# SPDX-License-Identifier: Apache-2.0
"""The day of a clinic on every line: it holds, it is cut in the middle, it is dead from the first step on.

The script is the tour's and the demo's (installer/day/script.py); the checks at the end are the tour's too.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from hms_desktop.clinic.appointments.model import Appointment
from installer.day.clinic import DemoClinic
from installer.day.day import CUT, OFFLINE, ONLINE, Scene, Step
from installer.day.script import APART, DAY, MORNING, NIGHT, TOGETHER
from tests.workflows.stories import ACTS, Story, by_services, in_windows

BARE_PLATFORM = pytest.mark.qt_log_ignore("This plugin does not support")
"""Without a display nothing can be raised or grab the keyboard; Qt says so each time."""
ROOT = Path(__file__).resolve().parents[2]
SETTLING = ("join-charts", "choose-dose", "accept-supply", "rest-of-bill")
AT_THE_FRONT_DESKS = ("dead", "book-other", "break", "register", "last-slot", "same-slot", "check-in-1", "check-in-2",
                      "register-again", "return", "join-charts", "known")  # fmt: skip


def nobody_had_to_settle_anything(story: Story) -> None:
    """What a line that holds says at once where a cut one leaves something to settle."""
    assert story.told("same-slot").endswith("too: it is gone at once")
    assert story.told("check-in-2").endswith("sees that Dickens, Octavio is here already")
    assert story.told("over-supply").endswith("reads that two are too many, and leaves it")
    assert story.told("dose-nurse").endswith("reads the doctor's dose and changes it")
    assert story.told("register-again").endswith("begins to register Kessler, Carla again and meets her chart")
    assert story.came_up("cut", "return", *SETTLING) == []


def everything_was_done_and_waited(story: Story) -> None:
    """What a day without a line leaves: work that waits, one chart twice, and nothing else to settle."""
    assert all(played.line == "cut" for name, played in story.steps.items() if name not in ("return", *AFTERWARDS))
    assert story.told("same-slot").endswith("to be confirmed")
    assert story.came_up("cut", *SETTLING) == ["join-charts"]
    waited = {name: int(words.split()[0]) for name, words in story.day.known["waiting"].items()}
    assert waited["Shared computer"] > 1 and waited["Front desk 2"] > 1


AFTERWARDS = tuple(step.name for step in TOGETHER)


@pytest.mark.proof
def test_the_line_holds(clinic: DemoClinic) -> None:
    with by_services(clinic, ONLINE) as story:
        story.play()
        nobody_had_to_settle_anything(story)
        assert story.wrong() == []


def test_the_line_is_dead_from_the_first_step_on(clinic: DemoClinic) -> None:
    with by_services(clinic, OFFLINE) as story:
        story.play()
        everything_was_done_and_waited(story)
        assert story.told("over-supply").endswith("has no such prescription to supply")
        assert story.wrong() == []


def test_the_line_is_cut_in_the_middle(clinic: DemoClinic) -> None:
    with by_services(clinic, CUT) as story:
        story.play()
        assert story.came_up("cut", "return", *SETTLING) == ["cut", "return", *SETTLING]
        assert story.wrong() == []


@BARE_PLATFORM
def test_two_front_desks_without_a_line_by_keyboard(clinic: DemoClinic, qapp: QApplication) -> None:
    with in_windows(clinic, OFFLINE, qapp) as story:
        story.play([step for step in DAY if step.name in AT_THE_FRONT_DESKS])
        everything_was_done_and_waited(story)
        firm, waitlisted = (status(story, known) for known in ("firm", "pending"))
        assert (firm, waitlisted) == ("booked", "waitlist")
        assert "one person with two charts" in story.told("join-charts")


def status(story: Story, known: str) -> str:
    """How a booking stands, as the desk knows it."""
    seat = story.day.seats["Front desk 2"]
    return str(seat.ask(lambda reader: reader.get(Appointment, story.day.known[known]).status))


@pytest.mark.proof
@pytest.mark.timeout(1800)
@BARE_PLATFORM
def test_the_line_holds_by_keyboard(clinic: DemoClinic, qapp: QApplication) -> None:
    with in_windows(clinic, ONLINE, qapp) as story:
        story.play()
        nobody_had_to_settle_anything(story)
        assert story.wrong() == []
        assert story.broken() == []


@pytest.mark.proof
@pytest.mark.timeout(1800)
@BARE_PLATFORM
def test_the_line_is_dead_from_the_first_step_on_by_keyboard(clinic: DemoClinic, qapp: QApplication) -> None:
    with in_windows(clinic, OFFLINE, qapp) as story:
        story.play()
        everything_was_done_and_waited(story)
        assert story.wrong() == []
        assert story.broken() == []


@pytest.mark.proof
@pytest.mark.timeout(1800)
def test_the_line_is_cut_in_the_middle_by_keyboard_which_is_the_tour(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "installer.day", "--tour", "--pictures", str(tmp_path / "tour")]
    tour = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert tour.returncode == 0, tour.stdout + tour.stderr
    pictures = {path.name[:2] for path in (tmp_path / "tour").glob("*.png")}
    assert len(pictures) == len([step for step in DAY if step.comes_up(CUT)])
    assert (tmp_path / "tour" / "summary.html").exists()


def acts(step: Step | Scene) -> set[object]:
    """What happens in a step, on every line."""
    if isinstance(step, Scene):
        return {step.happen}
    return {step.ending(line).act for line in (ONLINE, CUT, OFFLINE) if step.comes_up(line)}


def test_the_script_is_one_list_whose_acts_have_a_service_each() -> None:
    assert (*MORNING, *APART, NIGHT, *TOGETHER) == DAY
    names = [step.name for step in DAY]
    assert len(names) == len(set(names))
    assert set().union(*map(acts, DAY)) == set(ACTS)
