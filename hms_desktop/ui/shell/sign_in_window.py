# SPDX-License-Identifier: Apache-2.0
"""Sign in (picture 01): name, password and, where the role needs it, a code; works without the network."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtGui import QCloseEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from hms_desktop.core.clock import Clock, SystemClock, instant
from hms_desktop.core.text import _, ngettext
from hms_desktop.ui.shell.look import Look
from hms_desktop.ui.shell.look_bar import LookBar
from hms_desktop.ui.shell.night import Mark, Night, NightFact, NightText
from hms_desktop.ui.shell.sign_in_form import SignInForm
from hms_desktop.ui.shell.station import StationFacts, sent_words
from hms_desktop.ui.shell.words import time_words, weekday_words, when_words
from hms_desktop.ui.widgets.labels import dress
from hms_desktop.ui.widgets.scroll_pane import ScrollPane
from hms_desktop.ui.widgets.theme import theme


class SignInWindow(QWidget):
    """Dark half with the station's facts, light half with the form. `asked(login, password, code)` tries once."""

    asked = Signal(str, str, str)
    look_chosen = Signal(object)
    closed = Signal()
    renew_asked = Signal()

    def __init__(
        self, facts: StationFacts, look: Look, asks_code: Callable[[str], bool], clock: Clock | None = None
    ) -> None:
        super().__init__()
        self.setWindowTitle(_("Sign in"))
        self.setMinimumSize(1180, 720)
        self.resize(1440, 900)
        dress(self, surface="app")
        self._clock = clock or SystemClock()
        self.form = SignInForm(self._clock, asks_code)
        self.form.asked.connect(self.asked)
        self.form.renew_asked.connect(self.renew_asked)
        self._looks = LookBar(look)
        self._looks.chosen.connect(self.look_chosen)
        self._night = _Station()
        self._lay_out()
        self.show_facts(facts)
        theme.changed.connect(self._fit)

    def show_facts(self, facts: StationFacts) -> None:
        """Show what is known of this computer."""
        self._night.show_facts(facts, self._clock)
        self.form.show_facts(facts)

    def show_look(self, look: Look) -> None:
        """Show another look in use."""
        self._looks.show_look(look)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the dark half at two fifths."""
        super().resizeEvent(event)
        self._fit()

    def closeEvent(self, event: QCloseEvent) -> None:
        """The person wants the program gone."""
        self.closed.emit()
        super().closeEvent(event)

    def _lay_out(self) -> None:
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(self.form)
        middle.addStretch(1)
        inner = QWidget()
        inner.setProperty("surface", "scroll")
        column = QVBoxLayout(inner)
        column.setContentsMargins(theme.space(8), theme.space(8), theme.space(8), theme.space(7))
        column.addStretch(2)
        column.addLayout(middle)
        column.addStretch(3)
        column.addWidget(self._looks)
        scroll = ScrollPane(inner)
        self._halves = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._halves.setContentsMargins(0, 0, 0, 0)
        self._halves.setSpacing(0)
        self._halves.addWidget(self._night)
        self._halves.addWidget(scroll, 1)

    def _fit(self) -> None:
        half = round(self.width() * 0.389)
        narrow = self.width() - half < self.form.width() + 2 * theme.space(8) or half < theme.grow(420)
        self._night.be_band(narrow)
        ways = QBoxLayout.Direction
        self._halves.setDirection(ways.TopToBottom if narrow else ways.LeftToRight)
        self._night.setFixedWidth(self.width() if narrow else half)


class _Station(Night):
    """The dark half: clinic, station and three facts, and before them that the data is for training."""

    def __init__(self) -> None:
        super().__init__()
        self._clinic, self._name = NightText("", "display", pixels=34), NightText("", "title", "text")
        self._clinic.setWordWrap(True)
        self._program = NightText(_("Hospital Management"), "title")
        self._training = NightFact("graduation-cap", _("Training data"), _("Nothing here is about real people."))
        self._ready = NightFact("hard-drives", _("Ready without the network"), "")
        self._sealed = NightFact("lock-simple", "", "")
        self._time = NightFact("clock", _("Time checked"), "")
        self._foot = NightText("", "label", "text")
        head = QHBoxLayout()
        head.setSpacing(theme.space(4) + 2)
        head.addWidget(Mark())
        head.addWidget(self._program, 1)
        self._tall = QWidget()
        column = QVBoxLayout(self._tall)
        column.setContentsMargins(0, 0, 0, 0)
        column.addStretch(1)
        column.addWidget(self._clinic)
        column.addWidget(self._name)
        column.addSpacing(theme.space(8))
        for fact in (self._training, self._ready, self._sealed, self._time):
            column.addWidget(fact)
            fact.setContentsMargins(0, 0, 0, theme.space(3))
        column.addStretch(1)
        column.addWidget(self._foot)
        self._column = QVBoxLayout(self)
        self._column.addLayout(head)
        self._column.addWidget(self._tall, 1)
        self._band: bool | None = None
        self._marked = False

    def be_band(self, band: bool) -> None:
        """Stand on top as a band with one line, where large text leaves no room for two halves."""
        if band == self._band:
            return
        self._band = band
        self._tall.setVisible(not band)
        self._column.setContentsMargins(*((32, 12, 32, 12) if band else (48, 48, 48, 36)))
        tall = QSizePolicy.Policy.Fixed if band else QSizePolicy.Policy.Expanding
        self.setSizePolicy(QSizePolicy.Policy.Preferred, tall)
        self._name_program()

    def _name_program(self) -> None:
        words = (self._clinic.text(), self._name.text(), self._training.strong.text() if self._marked else "")
        place = ", ".join(word for word in words if word)
        self._program.setText(place if self._band else _("Hospital Management"))

    def show_facts(self, facts: StationFacts, clock: Clock) -> None:
        """Show these facts."""
        now = instant(clock.now_ms()).astimezone(facts.zone)
        self._clinic.setText(facts.clinic)
        self._name.setText(facts.station)
        self._marked = facts.training
        self._training.setVisible(facts.training)
        self._name_program()
        self._ready.weak.setText(_ready_words(facts, when_words(facts.last_sync_ms, now)))
        self._sealed.strong.setText(
            _("Encrypted on this computer") if facts.shielded else _("Encrypted, with less protection")
        )
        self._sealed.weak.setText(
            _("The data opens only after you sign in")
            if facts.shielded
            else _("This computer has no keyring: its secret lies in a file")
        )
        self._time.weak.setText(f"{weekday_words(now)}, {time_words(now)}")
        self._foot.setText(_("Version {version}").format(version=facts.version) if facts.version else "")


def _ready_words(facts: StationFacts, when: str) -> str:
    if not facts.last_sync_ms:
        return _("Not synced on this computer yet")
    if facts.sent:
        return sent_words(facts.sent, facts.waiting, when)
    return ngettext(
        "Last synced {when}, {count} change waiting", "Last synced {when}, {count} changes waiting", facts.waiting
    ).format(when=when, count=facts.waiting)
