# SPDX-License-Identifier: Apache-2.0
"""Restricted records in a window: the glass is offered where one is met, and its end closes what it had opened."""

from __future__ import annotations

from functools import partial
from typing import Protocol

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from hms_desktop.clinic.patients.queries import TaskRow, own_tasks
from hms_desktop.clinic.patients.service_restricted import end_glass
from hms_desktop.core.changes import Changes
from hms_desktop.core.errors import ClinicError, Restricted
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.patients.restricted_dialogs import ask_glass
from hms_desktop.ui.routes import Route
from hms_desktop.ui.shell.banner_feed import BannerFeed
from hms_desktop.ui.shell.frame import Frame


class Glazed(Protocol):
    """What a window lets this do."""

    desk: Desk
    frame: Frame
    banner_feed: BannerFeed

    def open_anew(self, route: Route) -> None:
        """Open a place with a new screen."""

    def go_home(self) -> None:
        """Leave the screen at once, keeping drafts."""


class GlassWatch(QObject):
    """One for a main window. It also tells a person of what others opened of a record that they answer for."""

    def __init__(self, window: Glazed) -> None:
        assert isinstance(window, QWidget)
        super().__init__(window)
        self._window, self._parent = window, window
        self._asked: QWidget | None = None
        self._told: set[object] = set()
        window.frame.banner.glass_ended.connect(self._end)
        window.banner_feed.lost.connect(self._lost)
        window.desk.tasks.changed.connect(self._changed)

    def offers(self, error: ClinicError) -> bool:
        """Whether this error is answered by the question for the glass; one at a time is asked."""
        desk = self._window.desk
        if not isinstance(error, Restricted) or error.patient is None or not desk.may("glass.break"):
            return False
        if self._asked is None:
            route = desk.routes.current
            opened = partial(self._opened, route)
            dialog = ask_glass(desk, self._parent, error.patient, str(error), opened)
            self._asked = dialog
            dialog.rejected.connect(partial(self._stayed_out, route))
            dialog.destroyed.connect(self._answered)
        return True

    def look(self) -> None:
        """Tell once of each task that is this person's by name."""
        if self._window.desk.may("task.work"):
            self._window.desk.tasks.read(own_tasks, self._tell, owner=self, replaces="own")

    def _answered(self) -> None:
        self._asked = None

    def _opened(self, route: Route | None, _glass: object) -> None:
        if route is not None:
            self._window.open_anew(route)

    def _stayed_out(self, route: Route | None) -> None:
        """Nothing can be shown there: go back to where the person came from."""
        desk = self._window.desk
        if desk.routes.current == route and not desk.routes.back():
            self._window.go_home()

    def _end(self) -> None:
        data = self._window.frame.banner.data
        if data is not None and data.glass is not None:
            desk = self._window.desk
            desk.tasks.run(partial(end_glass, glass=data.glass), None, desk.show_error, owner=self)

    def _lost(self) -> None:
        self._window.go_home()
        self._window.desk.toast(_("The record is closed: your access to it has ended. What you typed is kept."))

    def _changed(self, changes: Changes) -> None:
        if changes.touch("task"):
            self.look()

    def _tell(self, tasks: tuple[TaskRow, ...]) -> None:
        for task in tasks:
            if task.kind == "glass_broken" and task.id not in self._told:
                self._told.add(task.id)
                self._window.desk.toast(task.title)
