# SPDX-License-Identifier: Apache-2.0
"""One draft that two desks put into force apart: each act stands on the timeline, at its own time and by its desk."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from hms_desktop.clinic.ehr import service as care
from hms_desktop.clinic.ehr.rules_doses import make_dose
from hms_desktop.clinic.patients.queries_history import timeline
from hms_desktop.storage.unit import Unit
from tests.clinic.scene import Scene

Act = Callable[[Unit], Any]


def prescription(patient: UUID) -> Act:
    """A medicine is written down."""
    dose = make_dose(Decimal(10), "mg", "oral", "daily", 28)
    words = {"words": "amlodipine", "could_not_ask": "asleep"}
    return partial(care.draft_prescription, patient=patient, dose=dose, **words)


def order(patient: UUID) -> Act:
    """A test is written down."""
    return partial(care.draft_order, patient=patient, category="laboratory", code="FBC", display="Full blood count")


@pytest.mark.parametrize(
    ("kind", "draft", "in_force"),
    [
        ("prescription", prescription, lambda id: partial(care.prescribe, prescription=id)),
        ("order", order, lambda id: partial(care.place_order, order=id)),
    ],
)
@pytest.mark.parametrize("turn", [1, -1])
def test_both_acts_stand_on_the_timeline_at_their_own_times(
    scene: Scene, kind: str, draft: Callable[[UUID], Act], in_force: Callable[[UUID], Act], turn: int
) -> None:
    desks = [scene.meeting.desk(name, "doctor") for name in ("Desk A", "Desk B")]
    drafted = desks[0].do(draft(scene.patient))
    scene.meeting.meet()
    for desk in desks:
        scene.meeting.pass_minutes(7)
        desk.do(in_force(drafted))
    scene.meeting.meet(desks[::turn])
    scene.meeting.meet()
    for desk in desks:
        told = desk.ask(partial(timeline, patient=scene.patient, kinds=(kind,))).rows
        assert [(row.at.minute, row.author) for row in told] == [(14, 3), (7, 2)]
