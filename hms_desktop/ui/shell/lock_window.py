# SPDX-License-Identifier: Apache-2.0
"""Locked (picture 02): shown by the process without keys; says what is kept, and nothing about any patient."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from hms_desktop.core.clock import Clock, SystemClock, instant
from hms_desktop.core.text import _, ngettext
from hms_desktop.security.second_factor import WITH_KEY
from hms_desktop.ui.shell.code_boxes import DIGITS, CodeBoxes
from hms_desktop.ui.shell.night import Night, NightIcon, NightText
from hms_desktop.ui.shell.notice import Notice
from hms_desktop.ui.shell.other_ways import OtherWays
from hms_desktop.ui.shell.password_field import PasswordField, TallField
from hms_desktop.ui.shell.station import StationFacts, WhoIsLocked, sent_words, tries_words
from hms_desktop.ui.shell.words import letters_of, time_words, wait_words, when_words
from hms_desktop.ui.widgets import icons
from hms_desktop.ui.widgets.badge import Avatar
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.labels import Rule, Text, dress
from hms_desktop.ui.widgets.scroll_pane import ScrollPane
from hms_desktop.ui.widgets.status_bar import StatusBar, SyncState
from hms_desktop.ui.widgets.theme import theme


class LockWindow(QWidget):
    """Asks the locked person's password (and code): `asked(login, password, code)`; others may take the computer."""

    asked = Signal(str, str, str)
    switch_user = Signal()
    sign_out = Signal()

    def __init__(self, facts: StationFacts, who: WhoIsLocked, tries_left: int, clock: Clock | None = None) -> None:
        super().__init__()
        self.setWindowTitle(_("Locked"))
        self.setMinimumSize(1180, 720)
        self.resize(1440, 900)
        self._facts, self._who, self._clock = facts, who, clock or SystemClock()
        self._time = NightText("", "title")
        self._sealed = NightText("", "body", "text")
        self._foot = StatusBar()
        self.card = UnlockCard(facts, who, tries_left)
        self.card.asked.connect(self._ask)
        self.card.switch.clicked.connect(self.switch_user)
        self.card.leave.clicked.connect(self.sign_out)
        self._lay_out()
        self._minute = QTimer(self, interval=1000)
        self._minute.timeout.connect(self._show_time)
        self._minute.start()
        self._show_time()

    def show_facts(self, facts: StationFacts) -> None:
        """What went on with the server meanwhile."""
        self._facts = facts
        self._who = replace(self._who, waiting=facts.waiting, last_sync_ms=facts.last_sync_ms)
        self.card.show_sync(self._who, facts, when_words(facts.last_sync_ms, self._now()))
        self._show_foot()

    def _now(self) -> datetime:
        return instant(self._clock.now_ms()).astimezone(self._facts.zone)

    def keys_are_gone(self) -> None:
        """The session process has ended: now it is true, and said, that no key is left in memory."""
        self._sealed.setText(_("Patient data is sealed. The keys left this computer's memory when it locked."))

    def showEvent(self, event: QShowEvent) -> None:
        """The password can be typed at once."""
        super().showEvent(event)
        self.card.password.setFocus()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out what is least needed when large text meets a small screen."""
        super().resizeEvent(event)
        self.card.be_short(self.height() < theme.grow(640))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """F12 gives the computer to somebody else."""
        if event.key() == Qt.Key.Key_F12:
            self.switch_user.emit()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Closing the lock is signing out."""
        self.sign_out.emit()
        super().closeEvent(event)

    def _ask(self, password: str, code: str) -> None:
        self.asked.emit(self._who.login, password, code)

    def _show_time(self) -> None:
        self._time.setText(time_words(self._now()))

    def _lay_out(self) -> None:
        night = Night()
        head = QHBoxLayout()
        head.setSpacing(theme.space(4))
        head.addWidget(NightIcon("lock-simple"))
        head.addWidget(NightText(_reason_words(self._who, self._facts), "subheading"), 1)
        head.addWidget(self._time)
        column = QVBoxLayout(night)
        column.setContentsMargins(32, 20, 32, 20)
        column.addLayout(head)
        column.addWidget(_scrolled(self.card), 1)
        column.addWidget(self._sealed, 0, Qt.AlignmentFlag.AlignHCenter)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(night, 1)
        whole.addWidget(self._foot)
        self._show_foot()

    def _show_foot(self) -> None:
        last = self._who.last_sync_ms
        self._foot.show_state(
            SyncState(
                "paused",
                self._now().date(),
                self._who.waiting,
                last_success=instant(last).astimezone(self._facts.zone) if last else None,
                place=_place_words(self._facts.clinic, self._facts.station),
                training=self._facts.training,
            )
        )
        self._foot.setEnabled(False)


class UnlockCard(QFrame):
    """The white card: who, the fields, what is kept, and the two ways out. `asked(password, code)`."""

    asked = Signal(str, str)

    def __init__(self, facts: StationFacts, who: WhoIsLocked, tries_left: int) -> None:
        super().__init__()
        dress(self, surface="dialog")
        self._who = who
        self.notice = Notice("critical", "warning-octagon-fill")
        self.notice.hide()
        self.password, self.code = PasswordField(), CodeBoxes()
        self.recovery, self.ways = TallField(), OtherWays()
        self.recovery.setAccessibleName(_("Recovery code"))
        self.ways.asked.connect(self._by_key)
        self.ways.paper.connect(self._by_paper)
        self._touch = facts.touch
        self._hint = Text(tries_words(tries_left), "label", "tertiary", wrap=True)
        self.button = Button(
            _("Unlock"), "primary", icon="lock-simple-open", key="Enter", large=True, clicked=self.go_on
        )
        self.button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.switch = Button(_("Switch user"), icon="user-switch", key="F12")
        self.leave = Button(_("Sign out"), icon="sign-out")
        self._avatar = Avatar(letters_of(who.name), 64)
        self._lines = [_Line(*line) for line in _kept(who, facts)]
        self._sync = _Line("hard-drives", "", "")
        self._lines.insert(-1, self._sync)
        self._wait_left = 0
        self._tick = QTimer(self, interval=1000)
        self._tick.timeout.connect(self._second)
        self._lay_out(facts)
        self.show_sync(who, facts, "")
        self.code.setVisible(who.needs_code)
        self.recovery.hide()
        self.ways.offer(code=who.needs_code, touch=facts.touch)
        theme.changed.connect(self._fit)
        self._fit()
        self.password.setFocus()

    def go_on(self) -> None:
        """Try the password; with a code, both together."""
        if self._wait_left or not self.button.isEnabled() or not self.password.text():
            return
        paper = self.recovery.isVisibleTo(self)
        if self._who.needs_code and not (self.recovery.text().strip() if paper else len(self.code.text()) == DIGITS):
            (self.recovery if paper else self.code).setFocus()
            return
        code = self.recovery.text().strip() if paper else self.code.text()
        self.code.clear()
        self.recovery.clear()
        self.set_busy(True)
        self.asked.emit(self.password.take(), code)

    def _by_key(self, way: str) -> None:
        """A touch alone, or with the password that was typed."""
        if self._wait_left or not self.button.isEnabled():
            return
        if way == WITH_KEY and not self.password.text():
            self.password.setFocus()
            return
        self.set_busy(True)
        self.notice.say(
            _("Touch your security key now."), _("It blinks, and waits half a minute."), "info", "fingerprint"
        )
        self.notice.show()
        self.asked.emit(self.password.take(), way)

    def _by_paper(self, on: bool) -> None:
        self.code.setVisible(not on)
        self.recovery.setVisible(on)
        self.ways.offer(code=True, touch=self._touch, paper=on)
        (self.recovery if on else self.code).setFocus()

    def show_sync(self, who: WhoIsLocked, facts: StationFacts, when: str) -> None:
        """What is on its way to the server without anybody signed in."""
        self._sync.setVisible(bool(facts.sent or who.waiting))
        if facts.sent:
            self._sync.strong.setText(sent_words(facts.sent, who.waiting, when))
        else:
            waits = ngettext("{count} change waiting to sync", "{count} changes waiting to sync", who.waiting)
            self._sync.strong.setText(waits.format(count=who.waiting))
        self._sync.weak.setText(_("Sealed here. It goes out while this computer is locked, too."))

    def refuse(self, sentence: str, tries_left: int, wait_s: int = 0) -> None:
        """Say why it did not open; hold the field for so long."""
        self.set_busy(False)
        self.notice.say(sentence, "", "critical", "warning-octagon-fill")
        self.notice.show()
        self._hint.setText(tries_words(tries_left))
        self._wait_left = wait_s
        self._hold()
        self.password.setFocus()

    def be_short(self, short: bool) -> None:
        """Show the card without initials and explanations, or with them."""
        self._avatar.setVisible(not short)
        for line in self._lines:
            line.weak.setVisible(not short)

    def set_busy(self, busy: bool) -> None:
        """A try is under way."""
        self.button.set_busy(busy)
        for field in (self.password, self.code, self.recovery, self.ways):
            field.setEnabled(not busy)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter tries."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.go_on()
        else:
            super().keyPressEvent(event)

    def _fit(self) -> None:
        self.setFixedWidth(theme.grow(440))

    def _second(self) -> None:
        self._wait_left -= 1
        self._hold()

    def _hold(self) -> None:
        held = self._wait_left > 0
        self.password.setEnabled(not held)
        self.button.setEnabled(not held)
        (self._tick.start if held else self._tick.stop)()
        if held:
            self._hint.setText(_("Try again in {wait}.").format(wait=wait_words(self._wait_left)))

    def _lay_out(self, facts: StationFacts) -> None:
        column = QVBoxLayout(self)
        pad = theme.space(7) + theme.space(2)
        column.setContentsMargins(pad, pad - 2, pad, pad - 4)
        column.setSpacing(0)
        centre = Qt.AlignmentFlag.AlignHCenter
        place = _place_words(facts.station, facts.clinic)
        for widget, space in (
            (self._avatar, theme.space(4)),
            (_centred(self._who.name, "title", "primary"), theme.space(2)),
            (_centred(place, "body", "secondary"), theme.space(5)),
        ):
            column.addWidget(widget, 0, centre)
            column.addSpacing(space)
        for part in (
            self.notice,
            Text(_("Password"), "label", "secondary"),
            self.password,
            self.code,
            self.recovery,
            self._hint,
        ):
            column.addWidget(part)
            column.addSpacing(theme.space(3) - 2)
        column.addSpacing(theme.space(2))
        column.addWidget(self.button)
        column.addWidget(self.ways)
        column.addSpacing(theme.space(4))
        column.addWidget(Rule())
        for line in self._lines:
            column.addSpacing(theme.space(3))
            column.addWidget(line)
        column.addSpacing(theme.space(4))
        column.addWidget(Rule())
        column.addSpacing(theme.space(4))
        ways = QHBoxLayout()
        ways.setSpacing(theme.space(4))
        for button in (self.switch, self.leave):
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            ways.addWidget(button)
        column.addLayout(ways)


class _Line(QWidget):
    def __init__(self, icon: str, strong: str, weak: str) -> None:
        super().__init__()
        picture = Text()
        picture.setPixmap(icons.pixmap(icon, "status.local.fg", theme.size("icon"), self.devicePixelRatioF()))
        words = QVBoxLayout()
        words.setSpacing(0)
        self.strong = Text(strong, "body", wrap=True)
        words.addWidget(self.strong)
        self.weak = Text(weak, "label", "secondary", wrap=True)
        words.addWidget(self.weak)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.space(4))
        row.addWidget(picture, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addLayout(words, 1)


def _scrolled(card: QWidget) -> ScrollPane:
    """The card in the middle of whatever room there is; it scrolls when even that is too small."""
    ground = QWidget()
    ground.setProperty("surface", "scroll")
    middle = QVBoxLayout(ground)
    middle.setContentsMargins(0, theme.space(3), 0, theme.space(3))
    middle.addWidget(card, 0, Qt.AlignmentFlag.AlignCenter)
    area = ScrollPane(ground)
    area.viewport().setAutoFillBackground(False)
    ground.setAutoFillBackground(False)
    return area


def _centred(text: str, type: str, tone: str) -> Text:
    label = Text(text, type, tone)
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    return label


def _place_words(one: str, other: str) -> str:
    return ", ".join(word for word in (one, other) if word)


def _reason_words(who: WhoIsLocked, facts: StationFacts) -> str:
    at = time_words(instant(who.at_ms).astimezone(facts.zone))
    if who.broke:
        return _("The session ended by itself at {time}. What was saved is safe.").format(time=at)
    if who.idle_minutes:
        return ngettext(
            "Locked at {time} after {count} minute without activity",
            "Locked at {time} after {count} minutes without activity",
            who.idle_minutes,
        ).format(time=at, count=who.idle_minutes)
    return _("Locked at {time}").format(time=at)


def _kept(who: WhoIsLocked, facts: StationFacts) -> list[tuple[str, str, str]]:
    """Icon, line and explanation of each thing that is kept."""
    lines: list[tuple[str, str, str]] = []
    if who.unfinished:
        count = len(who.unfinished)
        title, ms = who.unfinished[0]
        strong = ngettext("{count} unfinished form is kept", "{count} unfinished forms are kept", count)
        at = time_words(instant(ms).astimezone(facts.zone))
        weak = _("{form}, kept {time}. Only you can open it.").format(form=title or _("Form"), time=at)
        lines.append(("note-pencil", strong.format(count=count), weak))
    lines.append(("bell", _("No messages while locked"), _("Urgent results are phoned.")))
    return lines
