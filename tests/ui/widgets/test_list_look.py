# SPDX-License-Identifier: Apache-2.0
"""A list is written down before it is shown: each patient once, in one event for all who are new in it."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest

from hms_desktop.core.errors import ClinicError, Unavailable
from hms_desktop.ui.widgets.list_look import ListLook

ANN, BEN, CLEO = uuid4(), uuid4(), uuid4()


class Writer:
    """A writer thread that writes when it is told to."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, Callable[[Any], object], Callable[[ClinicError], object]]] = []

    def run(self, event: Any, done: Callable[[Any], object], failed: Any, owner: object) -> None:
        self.asked.append((event, done, failed))

    def writes(self) -> tuple[str, set[UUID], str]:
        """Write what was asked first: the place, whom it names, the purpose."""
        event, done, _failed = self.asked.pop(0)
        done(uuid4())
        return event.keywords["place"], event.keywords["patients"], event.keywords["purpose"]


@pytest.fixture
def scene() -> tuple[Writer, list[Any], list[Any], ListLook[Any]]:
    writer, shown, failed = Writer(), list[Any](), list[Any]()
    desk: Any = SimpleNamespace(tasks=writer, show_error=failed.append)
    look = ListLook[Any](desk, None, "day list", set, shown.append, purpose="operations")  # type: ignore[arg-type]
    return writer, shown, failed, look


def test_each_patient_is_written_down_once_and_before_the_list_is_shown(scene: Any) -> None:
    writer, shown, _failed, look = scene
    look.show([])
    assert shown == [[]] and writer.asked == [], "nobody is in it"
    look.show([ANN, BEN])
    assert shown == [[]], "nothing before it is written"
    assert writer.writes() == ("day list", {ANN, BEN}, "operations") and shown[-1] == [ANN, BEN]
    look.show([BEN, ANN])
    assert shown[-1] == [BEN, ANN] and writer.asked == [], "both are known"
    look.show([ANN, CLEO])
    assert writer.writes()[1] == {CLEO} and shown[-1] == [ANN, CLEO]


def test_of_several_readings_meanwhile_the_last_is_shown_with_all_who_are_in_it(scene: Any) -> None:
    writer, shown, _failed, look = scene
    for facts in ([ANN], [ANN, BEN], [BEN, CLEO]):
        look.show(facts)
    assert writer.writes()[1] == {ANN} and shown == []
    assert writer.writes()[1] == {BEN, CLEO} and shown == [[BEN, CLEO]] and writer.asked == []


def test_what_can_not_be_written_down_is_not_shown(scene: Any) -> None:
    writer, shown, failed, look = scene
    look.show([ANN])
    full = Unavailable("The disk is full.")
    writer.asked.pop(0)[2](full)
    assert failed == [full] and shown == []
    look.show([ANN])
    assert writer.writes()[1] == {ANN} and shown == [[ANN]]
