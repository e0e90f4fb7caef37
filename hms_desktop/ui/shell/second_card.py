# SPDX-License-Identifier: Apache-2.0
"""A second place for what waits: where it is kept besides this computer's disk, how new that is, and what fails."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QHBoxLayout

from hms_desktop.core.changes import Changes
from hms_desktop.core.clock import instant
from hms_desktop.core.errors import ClinicError
from hms_desktop.core.text import _
from hms_desktop.sync.second_place import TOLD, SecondPlace
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.shell.notice import Notice
from hms_desktop.ui.shell.sync_facts import SyncDoor
from hms_desktop.ui.shell.words import day_words, time_words
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.card import Card
from hms_desktop.ui.widgets.labels import Text, appear
from hms_desktop.ui.widgets.theme import theme


class SecondPlaceCard(Card):
    """A folder on another disk, chosen or none, and in plain words what is safe there."""

    def __init__(self, desk: Desk, sync: SyncDoor) -> None:
        super().__init__(_("A second place for what waits"))
        self._desk, self._sync = desk, sync
        self.choose = Button(_("Choose a folder"), icon="hard-drives", clicked=self.ask_where)
        self.none = Button(_("Keep it nowhere else"), icon="x-circle", clicked=partial(self.keep, None))
        self.said = Notice("info", "info-fill")
        self.said.hide()
        words = _(
            "Until the server has it, work done here lies on this computer's disk alone. In a folder on another disk "
            "it is kept, too, in a file that only the server opens, made anew as you work."
        )
        self.add(Text(words, "body", "secondary", wrap=True))
        self.add(self.said)
        row = QHBoxLayout()
        row.setSpacing(theme.space(3))
        row.addWidget(self.choose)
        row.addWidget(self.none)
        row.addStretch(1)
        self.add(row)
        self.none.hide()
        desk.tasks.changed.connect(self._changed)
        self.refresh()

    def refresh(self) -> None:
        """Read how it stands."""
        self._desk.tasks.aside(self._sync.second_place, self.show_place, owner=self)

    def show_place(self, place: SecondPlace | None) -> None:
        """Say how it stands."""
        held = self.none.hasFocus() and place is None
        appear(self.said, place is not None)
        self.none.setVisible(place is not None)
        if held:
            self.choose.setFocus(Qt.FocusReason.OtherFocusReason)
        if place is None:
            return
        if place.problem:
            self.said.say(_("The second copy is behind"), self._behind_words(place), "warning", "warning-fill")
        elif place.file:
            strong = _("Everything that waits is in {folder}, too").format(folder=place.folder)
            self.said.say(strong, self._file_words(place), "success", "check-circle-fill")
        else:
            strong = _("The server has everything")
            weak = _("What is done next is kept in {folder}, too.").format(folder=place.folder)
            self.said.say(strong, weak, "success", "check-circle-fill")

    def ask_where(self) -> None:
        """Ask for the folder, then keep it there."""
        folder = QFileDialog.getExistingDirectory(self, _("A folder on another disk"))
        if folder:
            self.keep(Path(folder))

    def keep(self, folder: Path | None) -> None:
        """Keep it there, or nowhere, from now on."""
        self._desk.tasks.aside(partial(self._sync.keep_second, folder), self.show_place, self._show_problem, owner=self)

    def _file_words(self, place: SecondPlace) -> str:
        words = _(
            "{file}, made {when}. If this computer dies, have it taken in at the server (hms-server bundle take)."
        )
        return words.format(file=place.file, when=self._when(place.made_ms))

    def _behind_words(self, place: SecondPlace) -> str:
        words = _("{problem} It is tried again by itself.").format(problem=place.problem)
        if not place.file:
            return words
        older = _("The file of {when} holds what was done until then.").format(when=self._when(place.made_ms))
        return f"{words} {older}"

    def _when(self, moment_ms: int) -> str:
        local = instant(moment_ms).astimezone(self._desk.place.zone)
        today = local.date() == self._desk.now().date()
        return time_words(local) if today else f"{day_words(local)}, {time_words(local)}"

    def _changed(self, changes: Changes) -> None:
        if changes.touch(TOLD):
            self.refresh()

    def _show_problem(self, error: ClinicError) -> None:
        appear(self.said, True)
        self.said.say(_("Nothing was changed"), str(error), "warning", "warning-fill")
