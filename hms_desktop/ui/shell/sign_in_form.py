# SPDX-License-Identifier: Apache-2.0
"""The three steps of signing in: each field is asked when it is its turn, and nothing tells which one was wrong."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from hms_desktop.core.clock import Clock, instant
from hms_desktop.core.text import _
from hms_desktop.ui.shell.code_boxes import DIGITS, CodeBoxes
from hms_desktop.ui.shell.notice import Notice
from hms_desktop.ui.shell.other_ways import TOUCHES, OtherWays
from hms_desktop.ui.shell.password_field import PasswordField, TallField
from hms_desktop.ui.shell.station import StationFacts
from hms_desktop.ui.shell.steps import Steps
from hms_desktop.ui.shell.trust_words import notice_of
from hms_desktop.ui.shell.words import day_words, letters_of, time_words, wait_words
from hms_desktop.ui.widgets.badge import Avatar
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.labels import Text, dress
from hms_desktop.ui.widgets.theme import theme

NAME, PASSWORD, CODE, PAPER = range(4)
CODE_SECONDS = 30


class SignInForm(QWidget):
    """Walks from name to password to code and emits `asked(login, password, code)` for each try."""

    asked = Signal(str, str, str)
    renew_asked = Signal()

    def __init__(self, clock: Clock, asks_code: Callable[[str], bool], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._clock = clock
        self._asks_code = asks_code
        self._step = NAME
        self._secret = ""
        self._facts: StationFacts | None = None
        self._wait_left = 0
        self._said = False
        self._steps = Steps((_("Name"), _("Password"), _("Code")))
        self._subtitle = Text("", "body", "secondary")
        self.notice = Notice("local", "wifi-slash")
        self.renew: Button | None = None
        self._person = _PersonCard()
        self._person.leave.clicked.connect(self.start_over)
        self._label = Text("", "label", "secondary")
        self.name, self.password, self.code = TallField(), PasswordField(), CodeBoxes()
        self.recovery, self.ways = TallField(), OtherWays()
        self.name.setAccessibleName(_("Name"))
        self.recovery.setAccessibleName(_("Recovery code"))
        self.ways.asked.connect(self._try)
        self.ways.paper.connect(lambda on: self._show(PAPER if on else CODE))
        self._hint = Text("", "label", "tertiary", wrap=True)
        self.button = Button("", "primary", key="Enter", large=True, clicked=self.go_on)
        self._tick = QTimer(self, interval=1000)
        self._tick.timeout.connect(self._second)
        self._lay_out()
        self.code.complete.connect(self.go_on)
        theme.changed.connect(self._fit)
        self._fit()
        self.start_over()

    def show_facts(self, facts: StationFacts) -> None:
        """Show what is known about the server and how long signing in without it is allowed."""
        self._facts = facts
        self._offer_ways()
        if not self._said:
            self._usual_notice()

    def start_over(self) -> None:
        """Forget everything typed and ask for the name."""
        self._secret = ""
        for field in (self.name, self.code, self.recovery):
            field.clear()
        self.password.forget()
        self._show(NAME)

    def fill_name(self, login: str) -> None:
        """The last name that signed in here: only the password is left to type."""
        self.name.setText(login)
        self._person.show_person(login)
        self._show(PASSWORD)

    def refuse(self, sentence: str, wait_s: int = 0) -> None:
        """The try failed: say the one sentence, keep the name, ask for the password again (after a wait, if any)."""
        self.set_busy(False)
        self.code.clear()
        self.recovery.clear()
        self.password.forget()
        self._show(PASSWORD if self.name.text() else NAME)
        self._offer_renewal(False)
        self._said = True
        self.notice.say(sentence, "", "critical", "warning-octagon-fill")
        self.notice.show()
        self.wait(wait_s)

    def wait(self, seconds: int) -> None:
        """Take no tries for so long, and count down."""
        self._wait_left = seconds
        self._lift_or_hold()

    def set_busy(self, busy: bool) -> None:
        """A try is under way."""
        self.button.set_busy(busy)
        for field in (*self._fields, self.ways):
            field.setEnabled(not busy)

    def go_on(self) -> None:
        """Take the step's answer: the next step, or a try."""
        if self._wait_left or not self.button.isEnabled():
            return
        if self._step == NAME and self.name.text().strip():
            self._person.show_person(self.name.text().strip())
            self._show(PASSWORD)
        elif self._step == PASSWORD and self.password.text():
            self._secret = self.password.take()
            if self._asks_code(self.name.text().strip()):
                self._show(CODE)
            else:
                self._try("")
        elif self._step == CODE and len(self.code.text()) == DIGITS:
            self._try(self.code.text())
        elif self._step == PAPER and self.recovery.text().strip():
            self._try(self.recovery.text().strip())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes on, Esc goes back to the name."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.go_on()
        elif event.key() == Qt.Key.Key_Escape and self._step != NAME:
            self.start_over()
        else:
            super().keyPressEvent(event)

    @property
    def _fields(self) -> tuple[QLineEdit, ...]:
        """The field of each step."""
        return self.name, self.password, self.code, self.recovery

    def _try(self, code: str) -> None:
        if self._wait_left:
            return
        self.set_busy(True)
        if code in TOUCHES:
            self._said = True
            words = _("It blinks, and waits half a minute.")
            self.notice.say(_("Touch your security key now."), words, "info", "fingerprint")
            self.notice.show()
        secret, self._secret = self._secret, ""
        self.asked.emit(self.name.text().strip(), secret, code)

    def _show(self, step: int) -> None:
        self._step, self._said = step, False
        self._steps.show_step(min(step, CODE))
        self._subtitle.setText(
            (
                _("Your name at this clinic"),
                _("Your password"),
                _("Code from your authenticator app"),
                _("One of the codes that you wrote down"),
            )[step]
        )
        self._label.setText((_("Name"), _("Password"), _("6-digit code"), _("Recovery code"))[step])
        for place, field in enumerate(self._fields):
            field.setVisible(place == step)
        self._offer_ways()
        self._person.setVisible(step != NAME)
        self._person.state.setText(_("Password entered") if step >= CODE else "")
        self._hint.setText("")
        self.button.set_words(_("Continue") if step == NAME else _("Sign in"))
        self.button.set_icon("" if step == NAME else "sign-in")
        self._tick.start()
        self._usual_notice()
        self._fields[step].setFocus(Qt.FocusReason.OtherFocusReason)
        self._second()

    def _offer_ways(self) -> None:
        touch = self._step <= PASSWORD and self._facts is not None and self._facts.touch
        self.ways.offer(code=self._step >= CODE, touch=touch, paper=self._step == PAPER)

    def _second(self) -> None:
        if self._wait_left:
            self._wait_left -= 1
            self._lift_or_hold()
        elif self._step == CODE:
            left = CODE_SECONDS - self._clock.now_ms() // 1000 % CODE_SECONDS
            self._hint.setText(_("New code in {seconds} s. You can paste the code.").format(seconds=left))

    def _lift_or_hold(self) -> None:
        held = self._wait_left > 0
        for field in (*self._fields, self.ways):
            field.setEnabled(not held)
        self.button.setEnabled(not held)
        if held:
            self._hint.setText(_("Try again in {wait}.").format(wait=wait_words(self._wait_left)))
        elif self._step != CODE:
            self._hint.setText("")
            self._fields[self._step].setFocus()

    def _usual_notice(self) -> None:
        facts = self._facts
        told = notice_of(facts, instant(self._clock.now_ms())) if facts is not None else None
        self.notice.setVisible(facts is not None and (told is not None or facts.reachable is False))
        self._offer_renewal(told is not None and told.renew)
        if told is not None:
            self.notice.say(told.strong, told.weak, told.family, told.icon)
            return
        if facts is None or facts.reachable is not False:
            return
        words = _("This computer checks your password and code itself.")
        if facts.offline_until_ms:
            until = instant(facts.offline_until_ms).astimezone(facts.zone)
            words += "\n" + _("Offline sign-in is allowed until {day}, {time}.").format(
                day=day_words(until), time=time_words(until)
            )
        self.notice.say(_("The server can't be reached. You can still sign in."), words, "local", "wifi-slash")

    def _offer_renewal(self, offered: bool) -> None:
        if offered != (self.renew is not None):
            self.renew = (
                Button(_("Renew by telephone"), icon="phone", clicked=self.renew_asked.emit) if offered else None
            )
            self.notice.set_buttons_below(*([self.renew] if self.renew else []))

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        title = Text(_("Sign in"), "display")
        field = QVBoxLayout()
        field.setSpacing(theme.space(3) - 2)
        for part in (self._label, *self._fields, self._hint):
            field.addWidget(part)
        column.addWidget(self._steps)
        column.addSpacing(theme.space(5))
        column.addWidget(title)
        column.addSpacing(theme.space(3))
        column.addWidget(self._subtitle)
        column.addSpacing(theme.space(4))
        column.addWidget(self.notice)
        column.addSpacing(theme.space(5))
        column.addWidget(self._person)
        column.addSpacing(theme.space(5))
        column.addLayout(field)
        column.addSpacing(theme.space(5))
        column.addWidget(self.button)
        column.addSpacing(theme.space(3))
        column.addWidget(self.ways)

    def _fit(self) -> None:
        self.setFixedWidth(theme.grow(460))
        self.button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)


class _PersonCard(QFrame):
    """Who signs in, and the way out for somebody else."""

    def __init__(self) -> None:
        super().__init__()
        dress(self, surface="card")
        self._avatar = Avatar("", 40)
        self._name = Text("", "subheading")
        self.state = Text("", "body", "secondary")
        self.leave = Button(_("Not you?"), "quiet")
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.space(4), theme.space(3), theme.space(4), theme.space(3))
        row.addWidget(self._avatar)
        row.addSpacing(theme.space(2))
        row.addWidget(self._name, 1)
        row.addWidget(self.state)
        row.addWidget(self.leave)

    def show_person(self, login: str) -> None:
        """Show this sign-in name; who that is, is told only after it opened."""
        self._avatar.set_letters(letters_of(login.replace(".", " ")))
        self._name.setText(login)
