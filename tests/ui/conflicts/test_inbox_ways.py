# SPDX-License-Identifier: Apache-2.0
"""The inbox's less usual ways: a line that is gone, a save that is refused, a chart, and later with nowhere to go."""

from __future__ import annotations

from functools import partial
from uuid import uuid4

from hms_desktop.clinic.conflicts import queries, service
from hms_desktop.ui.desk import Page
from hms_desktop.ui.routes import ConflictInbox, PatientChart, PatientSearch
from tests.clinic.conflicts.test_service import twin, two_doses
from tests.clinic.scene import Scene
from tests.ui.conflicts.test_inbox_screen import Desks, opened
from tests.ui.typist import KEYS, Typist


def test_a_save_that_comes_too_late_is_told_and_the_line_goes(scene: Scene, desks: Desks, reviewer: Typist) -> None:
    two_doses(scene, desks)
    pane = opened(reviewer)
    other = desks[0].ask(queries.inbox)[0]
    stamp = next(field for field in pane.line.details.fields if field.choose).stamps[0]
    reviewer.press(KEYS.Key_2)
    reviewer.until(lambda: bool(pane.answers))
    choose = service.Chosen("dose", stamp or 0)
    desks[0].do(partial(service.choose, conflict=other.conflicts[0].id, chosen=(choose,), reason="Asked the doctor"))
    reviewer.page.save()
    reviewer.until(lambda: reviewer.page.pane is None)
    assert desks[0].ask(queries.inbox) == ()


def test_the_chart_is_opened_from_a_line_and_another_line_is_gone_to(
    scene: Scene, desks: Desks, reviewer: Typist
) -> None:
    two_doses(scene, desks)
    twin(scene, desks[0])
    opened(reviewer)
    page, routes = reviewer.page, reviewer.workstation.desk.routes
    assert not page.visit(PatientSearch()), "another place has its own screen"
    entries = desks[0].ask(queries.inbox)
    last = entries[-1].conflicts[0].id
    routes.open(ConflictInbox(last))
    reviewer.until(lambda: page.pane is not None and page.pane.line.conflict == last)
    routes.open(ConflictInbox(uuid4()))
    reviewer.until(lambda: page.pane is not None)
    page.later()
    page.later()
    reviewer.until(lambda: reviewer.page is page or routes.current is not None)
    assert len(desks[0].ask(queries.inbox)) == len(entries), "later settles nothing"
    if not routes.knows(PatientChart):
        routes.register(PatientChart, lambda desk, _route: Page(desk))
    again = opened(reviewer)
    assert again is not None
    reviewer.page.open_chart()
    assert isinstance(routes.current, PatientChart)


def test_charts_that_were_settled_elsewhere_while_it_was_asked_are_said_to_be(
    scene: Scene, desks: Desks, reviewer: Typist
) -> None:
    twin(scene, desks[1])
    pane = opened(reviewer)
    reviewer.press(KEYS.Key_1, KEYS.Key_1)
    reviewer.until(lambda: not pane.left)
    pane.reason.type_in("same person, asked")
    reviewer.page.save()
    question = reviewer.dialog()
    conflict = desks[0].ask(queries.inbox)[0].conflicts[0].id
    desks[0].do(partial(service.keep_apart, conflict=conflict, reason="mother and daughter"))
    reviewer.until(lambda: reviewer.page.pane is None)
    question.accept()
    frame = reviewer.workstation.window.frame
    reviewer.until(lambda: frame.error.isVisible())
    assert "settled already" in str(frame.error.error)
