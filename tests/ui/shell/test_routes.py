# SPDX-License-Identifier: Apache-2.0
"""Routes: one screen per kind of place, the way back, and a form that is not left."""

from __future__ import annotations

from typing import Any

import pytest

from hms_desktop.ui.routes import DayView, LabWorklist, PatientSearch, Route, Routes


class Shown:
    """A window that notes what it was asked to show; `stays` refuses to leave."""

    def __init__(self) -> None:
        self.routes: list[tuple[Route, bool]] = []
        self.stays = False

    def __call__(self, route: Route, _factory: Any, beside: bool) -> bool:
        if self.stays:
            return False
        self.routes.append((route, beside))
        return True


@pytest.fixture
def shown() -> Shown:
    return Shown()


@pytest.fixture
def routes(shown: Shown) -> Routes:
    routes = Routes()
    routes.register(DayView, lambda desk, route: None)
    routes.register(PatientSearch, lambda desk, route: None)
    routes.shown_by(shown)
    return routes


def test_back_goes_where_one_came_from(routes: Routes, shown: Shown) -> None:
    for route in (DayView(), PatientSearch("okon"), DayView()):
        routes.open(route)
    for before in (PatientSearch("okon"), DayView()):
        assert routes.back() and routes.current == before
    assert not routes.back()


def test_beside_leaves_the_current_place(routes: Routes, shown: Shown) -> None:
    routes.open(DayView())
    assert routes.open(PatientSearch("okon"), beside=True)
    assert routes.current == DayView() and shown.routes[-1] == (PatientSearch("okon"), True)


def test_a_form_that_is_kept_stays_the_current_place(routes: Routes, shown: Shown) -> None:
    routes.open(DayView())
    shown.stays = True
    assert not routes.open(PatientSearch())
    assert routes.current == DayView()


def test_a_place_without_a_screen_is_named(routes: Routes) -> None:
    assert not routes.knows(LabWorklist)
    with pytest.raises(LookupError, match="LabWorklist"):
        routes.open(LabWorklist())


def test_a_kind_of_place_has_one_screen(routes: Routes) -> None:
    with pytest.raises(ValueError, match="DayView"):
        routes.register(DayView, lambda desk, route: None)


def test_without_a_window_nothing_opens() -> None:
    with pytest.raises(LookupError):
        Routes().open(DayView())
