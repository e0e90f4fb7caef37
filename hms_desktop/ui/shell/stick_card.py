# SPDX-License-Identifier: Apache-2.0
"""Carry by stick: a sealed file for the server made here, and the server's file taken in, where no line reaches."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFileDialog, QHBoxLayout

from hms_desktop.core.clock import instant
from hms_desktop.core.errors import ClinicError
from hms_desktop.core.text import _, ngettext
from hms_desktop.sync.bundle_file import SUFFIX
from hms_desktop.sync.bundles import Made, Taken
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.shell.notice import Notice
from hms_desktop.ui.shell.sync_facts import SyncDoor
from hms_desktop.ui.shell.words import day_words, time_words
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.card import Card
from hms_desktop.ui.widgets.labels import Text, appear
from hms_desktop.ui.widgets.progress import Progress
from hms_desktop.ui.widgets.theme import theme


class StickCard(Card):
    """Two buttons, how far it is, and in plain words what went or came and what it can't know."""

    _told = Signal(int, int)

    def __init__(self, desk: Desk, sync: SyncDoor) -> None:
        super().__init__(_("Carry by stick"))
        self._desk, self._sync = desk, sync
        self.make = Button(_("Make a file for the server"), icon="export", clicked=self.ask_where)
        self.take = Button(_("Take in a file"), icon="download-simple", clicked=self.ask_which)
        self.progress, self.said = Progress(), Notice("info", "info-fill")
        self.said.hide()
        self.progress.cancelled.connect(sync.stop_carrying)
        self._told.connect(self.progress.step_to)
        self._stop = QShortcut(QKeySequence(Qt.Key.Key_Escape), self.progress, sync.stop_carrying)
        self._stop.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        words = _(
            "Where no line reaches the server, a sealed file takes there what waits here and brings back what is new. "
            "Only the server can open the one, and only this workstation the other."
        )
        self.add(Text(words, "body", "secondary", wrap=True))
        row = QHBoxLayout()
        row.setSpacing(theme.space(3))
        row.addWidget(self.make)
        row.addWidget(self.take)
        row.addStretch(1)
        self.add(row)
        self.add(self.progress)
        self.add(self.said)

    def ask_where(self) -> None:
        """Ask for the stick, then write the file there."""
        folder = QFileDialog.getExistingDirectory(self, _("Where is the stick?"))
        if folder:
            self.carry_out(Path(folder))

    def ask_which(self) -> None:
        """Ask for the file, then take it in."""
        kinds = _("Files from the server ({pattern})").format(pattern=f"*{SUFFIX}")
        file, _kind = QFileDialog.getOpenFileName(self, _("Which file?"), "", kinds)
        if file:
            self.carry_in(Path(file))

    def carry_out(self, folder: Path) -> None:
        """Write what waits into a file in this folder."""
        self._begin(_("Making the file"), _("Cancel leaves nothing on the stick."))
        self._run(partial(self._sync.carry_out, folder, self._tell), self._show_made)

    def carry_in(self, file: Path) -> None:
        """Take this file in."""
        self._begin(_("Taking the file in"), _("Cancel keeps what has arrived; the same file goes on from there."))
        self._run(partial(self._sync.carry_in, file, self._tell), self._show_taken)

    def _run(self, work: Callable[[], Any], done: Callable[[Any], object]) -> None:
        self._desk.tasks.aside(work, done, self._show_problem, owner=self)

    def _tell(self, done: int, of: int) -> None:
        """On the thread that carries; the card may be gone by then."""
        with suppress(RuntimeError):
            self._told.emit(done, of)

    def _begin(self, title: str, keeps: str) -> None:
        self.said.hide()
        self._set_free(False)
        self.progress.begin(title, 0, keeps)
        self.progress.cancel.setFocus(Qt.FocusReason.OtherFocusReason)

    def _set_free(self, free: bool) -> None:
        self.make.setEnabled(free)
        self.take.setEnabled(free)

    def _end(self, strong: str, weak: str, family: str, icon: str) -> None:
        held = self.progress.isAncestorOf(self.focusWidget()) if self.focusWidget() is not None else False
        self.progress.finish()
        self._set_free(True)
        self.said.say(strong, weak, family, icon)
        appear(self.said, True)
        if held:
            self.make.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_made(self, made: Made) -> None:
        strong = ngettext(
            "{count} change is in {file}", "{count} changes are in {file}", made.sets
        ).format(count=made.sets, file=made.file.name)  # fmt: skip
        weak = _(
            "What is done here from now on is not in it. Whether it arrived is known when a file comes back from the "
            "server or the line does; until then its changes count as waiting."
        )
        self._end(strong, weak, "success", "check-circle-fill")

    def _show_taken(self, taken: Taken) -> None:
        local = instant(taken.made_ms).astimezone(self._desk.place.zone)
        said = [
            _("It says how things stood on {day} at {time}; what others did since is not in it.").format(
                day=day_words(local), time=time_words(local)
            ),
            ngettext("{count} change of others came.", "{count} changes of others came.", taken.news).format(
                count=taken.news
            ),
            ngettext(
                "{count} change of this workstation has reached the server.",
                "{count} changes of this workstation have reached the server.",
                taken.delivered,
            ).format(count=taken.delivered),
        ]
        if taken.filled:
            said.append(_("This workstation was filled from it."))
        if taken.lacking:
            said.append(_("Some kinds of records are still missing: have a file made with everything."))
        self._end(
            _("File {number} was taken in").format(number=taken.number), " ".join(said), "success", "check-circle-fill"
        )

    def _show_problem(self, error: ClinicError) -> None:
        self._end(_("The file was not carried"), str(error), "warning", "warning-fill")
