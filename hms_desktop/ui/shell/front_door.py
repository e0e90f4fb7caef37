# SPDX-License-Identifier: Apache-2.0
"""The always-there process: shows sign-in and lock, holds no file key, and keeps one warm session process ready."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from hms_desktop.core.clock import Clock
from hms_desktop.core.errors import ClinicError
from hms_desktop.core.text import _
from hms_desktop.ui.shell import lines
from hms_desktop.ui.shell.courier_room import CourierRoom
from hms_desktop.ui.shell.lines import SessionProcess
from hms_desktop.ui.shell.lock_window import LockWindow
from hms_desktop.ui.shell.look import Look, look_from
from hms_desktop.ui.shell.memory import Memory
from hms_desktop.ui.shell.permit_dialog import PermitDialog
from hms_desktop.ui.shell.screen_room import fit_to_screen
from hms_desktop.ui.shell.sign_in_window import SignInWindow
from hms_desktop.ui.shell.station import CourierFacts, StationFacts, WhoIsLocked, WipedFacts, left_words
from hms_desktop.ui.shell.wiped_window import WipedWindow

SWITCH, SIGN_OUT, WIPE = "switch", "sign-out", "wipe"
UNHEARD_MS, COMING_IN_MS, ENDING_MS = 10_000, 60_000, 120_000
"""How long a session may take to hear that it is to lock, while it opens, and to end once it has heard."""
FORGET_MS = 20_000
"""How long a process in which a right password was followed by a wrong code waits for the next try."""


class Gate(Protocol):
    """What the door may ask of this computer without a file key."""

    def facts(self) -> StationFacts:
        """Clinic, station and state of sync."""

    def asks_code(self, login: str) -> bool:
        """Whether this name is asked for a code."""

    def renew(self, code: str) -> object:
        """Renew the permit by a code that was read over the telephone; raises what is wrong with it."""

    def wiped(self) -> WipedFacts | None:
        """What is left to say of a workstation that was wiped."""

    def tries_left(self, login: str) -> int:
        """Wrong tries that this name has before it must wait."""

    def broke_off(self, login: str) -> None:
        """Keep for the audit trail that this person's session ended without a word."""


class FrontDoor(QObject):
    """Walks between sign-in, session and lock. `left` when the person closed the program.

    `rested` each time that a session's process has ended, and every key that it held with it.
    """

    left = Signal()
    rested = Signal()

    def __init__(self, command: list[str], gate: Gate, memory: Memory, clock: Clock) -> None:
        super().__init__()
        self._command = command
        self._gate, self._memory, self._clock = gate, memory, clock
        self._session: SessionProcess | None = None
        self._ready = False
        self._try: dict[str, str] | None = None
        self._tried = self._given = self._knew = self._stopping = False
        self._forgets = QTimer(self, singleShot=True, interval=FORGET_MS)
        self._forgets.timeout.connect(self._forget)
        self._open: WhoIsLocked | None = None
        self._reachable: bool | None = None
        self._sent = 0
        self._courier: CourierRoom | None = None
        self.window: QWidget | None = None

    def employ(self, courier: CourierRoom) -> None:
        """Let this courier work whenever nobody is signed in."""
        self._courier = courier
        courier.setParent(self)
        courier.told.connect(self._hear_courier)

    def start(self) -> None:
        """Ask for a name, and warm the first session process meanwhile."""
        wiped = self._gate.wiped()
        if wiped is not None:
            self.show_wiped(wiped)
            return
        self.ask_name()
        self._warm()
        self._nobody_works()

    def stop(self) -> None:
        """End whatever session process there is; it keeps its drafts first, and nothing is shown any more."""
        self._stopping = True
        self._somebody_works()
        session, self._session = self._session, None
        if session is not None:
            session.ended.disconnect(self._ended)
            session.end()
        self._show(None)

    def lock_now(self) -> None:
        """Lock the session, open or about to open: the computer goes to sleep, or its own screen lock came."""
        if (self._open is not None or self._tried) and self._session is not None:
            self._session.say(lines.LOCK)
            self._session.must_end(COMING_IN_MS if self._tried else UNHEARD_MS)
        else:
            self._forget()

    def holds_keys(self) -> bool:
        """Whether a process runs that was given a password: it may hold keys until it has ended."""
        return self._session is not None and self._given

    @property
    def session_pid(self) -> int:
        """The id of the session process, 0 if none runs."""
        return self._session.pid() if self._session else 0

    def ask_name(self) -> None:
        """Show sign-in."""
        look = self._memory.look(self._memory.last_login)
        look.use()
        window = SignInWindow(self._facts(), look, self._asks_code, self._clock)
        window.asked.connect(self._ask)
        window.look_chosen.connect(self._take_look)
        window.closed.connect(self._leave)
        window.renew_asked.connect(self.renew)
        if self._memory.last_login:
            window.form.fill_name(self._memory.last_login)
        self._show(window)

    def show_lock(self, who: WhoIsLocked) -> None:
        """Show the lock of this person; a second factor may have been set up since they came."""
        who = replace(who, needs_code=self._asks_code(who.login))
        window = LockWindow(self._facts(), who, self._gate.tries_left(who.login), self._clock)
        window.asked.connect(self._ask)
        window.switch_user.connect(self.ask_name)
        window.sign_out.connect(self.ask_name)
        self._show(window)

    def show_wiped(self, facts: WipedFacts) -> None:
        """The workstation is no more: say so, and hold nothing ready."""
        session, self._session = self._session, None
        if session is not None:
            session.ended.disconnect(self._ended)
            session.end()
        window = WipedWindow(facts)
        window.closed.connect(self._leave)
        self._show(window)

    def renew(self) -> None:
        """Take a code that renews the permit, over the sign-in window."""
        window = self.window
        if window is not None:
            dialog = PermitDialog(window, self._facts(), self._gate.renew, self._clock)
            dialog.renewed.connect(self._show_facts)
            dialog.ask()

    def _forget(self) -> None:
        """Nobody went on where a right password was given: the process that heard it ends, as after a lock."""
        if self._knew and self._open is None and not self._tried and self._session is not None:
            self._ready = False  # whoever signs in from here on is heard by the next process
            self._session.let_go()

    def _nobody_works(self) -> None:
        if self._courier is not None:
            self._courier.work()

    def _somebody_works(self) -> None:
        if self._courier is not None:
            self._courier.rest()

    def _hear_courier(self, told: CourierFacts) -> None:
        """The courier was with the server, or could not reach it."""
        if self._open is not None:
            return
        self._reachable, self._sent = told.reachable, told.sent
        if told.last_ms:
            self._memory.waiting, self._memory.last_sync_ms = told.waiting, told.last_ms
            self._memory.save()
        wiped = self._gate.wiped() if told.wiped else None
        if wiped is not None:
            self.show_wiped(wiped)
        else:
            self._show_facts()

    def _show_facts(self) -> None:
        if isinstance(self.window, SignInWindow | LockWindow):
            self.window.show_facts(self._facts())

    def _facts(self) -> StationFacts:
        last, waiting = self._memory.last_sync_ms, self._memory.waiting
        seen = {"last_sync_ms": last, "waiting": waiting, "reachable": self._reachable, "sent": self._sent}
        return replace(self._gate.facts(), **seen)  # type: ignore[arg-type]

    def _asks_code(self, login: str) -> bool:
        try:
            return self._gate.asks_code(login)
        except ClinicError:
            return False  # the try itself will say what is wrong with this computer

    def _show(self, window: QWidget | None) -> None:
        if self._stopping and window is not None:
            window.deleteLater()
            return
        old, self.window = self.window, window
        if window is not None:
            if old is not None:
                window.setGeometry(old.geometry())
            fit_to_screen(window)
            window.show()
        if old is not None:
            old.blockSignals(True)
            old.close()
            old.deleteLater()

    def _take_look(self, look: Look) -> None:
        self._memory.looks[""] = look
        self._memory.save()
        look.use()

    def _leave(self) -> None:
        self.stop()
        self.left.emit()

    def _warm(self) -> None:
        self._ready = False
        self._session = SessionProcess(self._command, self)
        self._session.heard.connect(self._hear)
        self._session.ended.connect(self._ended)
        self._session.start()

    def _ask(self, login: str, password: str, code: str) -> None:
        self._try = {"login": login, "password": password, "code": code}
        if self._session is None:
            self._warm()
        self._send_try()

    def _send_try(self) -> None:
        if self._ready and self._try is not None and self._session is not None:
            self._somebody_works()
            tried, self._try, self._tried, self._given = self._try, None, True, True
            self._session.say(lines.SIGN_IN, **tried, look=self._memory.look(tried["login"]).as_json())

    def _hear(self, said: Mapping[str, Any]) -> None:
        match said["say"]:
            case lines.READY:
                self._ready = True
                self._send_try()
            case lines.REFUSED:
                self._tried, self._knew = False, self._knew or bool(said.get("keys"))
                self._given = self._knew
                if self._session is not None:
                    self._session.may_stay()  # a lock that came meanwhile met nobody
                self._forgets.start()
                self._refuse(said)
            case lines.SIGNED_IN:
                self._tried = False
                self._opened(said)
            case lines.SYNCED:
                self._synced(said)
            case lines.LOCKING:
                self._locking(said)

    def _refuse(self, said: Mapping[str, Any]) -> None:
        self._nobody_works()
        sentence, login = str(said.get("sentence", "")), str(said.get("login", ""))
        wait_s, wrong = int(said.get("wait_s", 0)), bool(said.get("wrong"))
        left = self._gate.tries_left(login)
        if isinstance(self.window, LockWindow):
            if wait_s:
                self.ask_name()
            else:
                self.window.card.refuse(sentence, left)
                return
        if isinstance(self.window, SignInWindow):
            self.window.form.refuse(f"{sentence}. {left_words(left)}" if wrong else sentence, wait_s)

    def _opened(self, said: Mapping[str, Any]) -> None:
        self._open = WhoIsLocked(str(said["name"]), str(said["login"]), 0, needs_code=bool(said.get("needs_code")))
        self._memory.last_login = self._open.login
        self._memory.save()
        self._show(None)

    def _synced(self, said: Mapping[str, Any]) -> None:
        """Remembered at once: a session that breaks says no goodbye."""
        self._memory.waiting = int(said.get("waiting", 0))
        self._memory.last_sync_ms = int(said.get("last_sync_ms", 0))
        self._memory.save()

    def _locking(self, said: Mapping[str, Any]) -> None:
        who = self._open or WhoIsLocked("", "", 0)
        self._open, self._ready = None, False  # whoever signs in from here on is heard by the next process
        if self._session is not None:
            self._session.must_end(ENDING_MS)
        self._synced(said)
        if isinstance(said.get("look"), Mapping):
            self._memory.looks[who.login] = look_from(said["look"])
        self._memory.save()
        if said.get("then") == WIPE:
            return  # what is left to show is shown once the process that wipes has ended
        if said.get("then") in (SWITCH, SIGN_OUT):
            if said["then"] == SIGN_OUT:
                self._memory.last_login = ""
            self.ask_name()
            return
        unfinished = tuple((str(title), int(ms)) for title, ms in said.get("unfinished", ()))
        self.show_lock(
            replace(
                who,
                at_ms=self._clock.now_ms(),
                idle_minutes=int(said.get("idle_minutes", 0)),
                unfinished=unfinished,
                waiting=self._memory.waiting,
                last_sync_ms=self._memory.last_sync_ms,
            )
        )

    def _ended(self, _code: int) -> None:
        """The session process is gone, and every key with it: start the next one warm."""
        self.rested.emit()
        wiped = self._gate.wiped()
        if wiped is not None:
            self.show_wiped(wiped)
            return
        broke, self._open, self._sent = self._open, None, 0
        cut_short, self._tried, self._given, self._knew = self._tried, False, False, False
        old, self._session = self._session, None
        if old is not None:
            old.deleteLater()
        self._warm()
        self._nobody_works()
        if broke is not None:
            self._gate.broke_off(broke.login)
            self.show_lock(replace(broke, at_ms=self._clock.now_ms(), broke=True, waiting=self._memory.waiting))
        if isinstance(self.window, LockWindow):
            self.window.keys_are_gone()
        elif isinstance(self.window, SignInWindow) and cut_short:
            self.window.form.refuse(_("Signing in was cut short. Try again."))
