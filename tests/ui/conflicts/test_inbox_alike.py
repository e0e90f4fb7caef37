# SPDX-License-Identifier: Apache-2.0
"""Many conflicts of one kind: settled by one rule in one act, and whoever owns what waits too long is reminded."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from uuid import UUID

import pytest

from hms_desktop.clinic import follow_ups
from hms_desktop.clinic.conflicts import queries
from hms_desktop.clinic.patients.model import Coverage, PatientsConflictSettlement, Task
from tests.clinic.conflicts.test_service import two_doses
from tests.clinic.meeting import change, write
from tests.clinic.scene import Scene
from tests.ui.conflicts.test_inbox_screen import Desks, opened
from tests.ui.typist import CTRL, KEYS, Typist


def covered_twice(scene: Scene, desks: Desks, count: int) -> list[UUID]:
    """So many coverages, of each of which both desks wrote another member number."""
    made = [
        scene.meeting.setup(
            write(
                Coverage,
                patient=scene.patient,
                payer=f"Payer {n}",
                member_id="0",
                order=n,
                patient_share_percent=Decimal(0),
                active=True,
            )
        )
        for n in range(1, count + 1)
    ]
    for desk, digit in zip(desks, "12", strict=True):
        for cover in made:
            desk.do(change(Coverage, cover, member_id=digit * 3))
        scene.meeting.pass_minutes(5)
    scene.meeting.meet()
    return made


@pytest.mark.accepts("SYN-06")
def test_all_of_a_kind_are_settled_by_one_rule_and_what_waits_too_long_is_told(
    scene: Scene, desks: Desks, reviewer: Typist
) -> None:
    made = covered_twice(scene, desks, 3)
    two_doses(scene, desks)
    scene.meeting.pass_minutes(4 * 24 * 60)
    scene.meeting.centre.do(partial(follow_ups.tell_at_night, found=[]))
    scene.meeting.centre.do(partial(follow_ups.tell_at_night, found=[]))
    scene.meeting.meet()
    told = sorted((task.role, task.title) for task in reviewer.rows(Task) if task.kind == "conflict")
    assert [role for role, _title in told] == ["doctor", *["receptionist"] * 3], "each owner is reminded, once"
    assert all("too long" in title for _role, title in told)
    pane = opened(reviewer)
    assert len(desks[0].ask(queries.inbox)) == 4 and all(
        "overdue" in row.spoken for row in reviewer.page.list._model.rows if row.subject is not None
    )
    reviewer.press(KEYS.Key_B)
    assert reviewer.page.pane is pane and not reviewer.page._alike(), "what may harm somebody is chosen by itself"
    reviewer.page.list.step(1)
    reviewer.until(lambda: reviewer.page.pane is not None and reviewer.page.pane is not pane)
    reviewer.page.list.setFocus()
    reviewer.until(lambda: len(reviewer.page._alike()) == 3)
    reviewer.press(KEYS.Key_B)
    form = reviewer.dialog()
    rule = form.form.fields["rule"]
    rule.take_focus()
    reviewer.type("written last")
    reviewer.until(lambda: rule.list.isVisible())
    reviewer.press(KEYS.Key_Down)
    reviewer.press(KEYS.Key_Return)
    reviewer.until(lambda: bool(rule.typed()))
    form.form.fields["reason"].take_focus()
    reviewer.type("asked the payers")
    reviewer.press((KEYS.Key_Return, CTRL))
    reviewer.until(lambda: len(desks[0].ask(queries.inbox)) == 1)
    scene.meeting.meet()
    for desk in desks:
        kept = [desk.ask(lambda reader, id=cover: reader.get(Coverage, id)).member_id for cover in made]
        assert kept == ["222"] * 3 and len(desk.ask(queries.inbox)) == 1
    settled = reviewer.rows(PatientsConflictSettlement)
    assert [one.reason for one in settled] == ["asked the payers"] * 3
