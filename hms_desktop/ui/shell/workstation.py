# SPDX-License-Identifier: Apache-2.0
"""One open workstation: its desk, window, drafts and idle lock, from the first screen to the orderly end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import QObject

from hms_desktop.core.clock import Clock
from hms_desktop.security.key_ports import KeyPorts
from hms_desktop.security.own_account import OwnAccount
from hms_desktop.ui.desk import Desk, Folder, Place, SignedIn
from hms_desktop.ui.routes import IN_EMERGENCY, MessageList, Routes, SettingsPage, SyncDetails, YourAccount
from hms_desktop.ui.shell import screens
from hms_desktop.ui.shell.account_screen import AccountScreen
from hms_desktop.ui.shell.account_watch import AccountWatch
from hms_desktop.ui.shell.banner_source import RegisterBanner
from hms_desktop.ui.shell.drafts import DraftShelf, FormDrafts
from hms_desktop.ui.shell.factor_dialog import AskFactor
from hms_desktop.ui.shell.first_steps import FirstSteps
from hms_desktop.ui.shell.idle import WARN_SECONDS, IdleWatch
from hms_desktop.ui.shell.idle_warning import IdleWarnings
from hms_desktop.ui.shell.key_watch import KeyWatch
from hms_desktop.ui.shell.look import Look
from hms_desktop.ui.shell.main_window import MainWindow
from hms_desktop.ui.shell.message_list import MessageListScreen
from hms_desktop.ui.shell.patient_finder import NoFinder, RegisterFinder
from hms_desktop.ui.shell.refused_work import RefusedWork
from hms_desktop.ui.shell.settings_screen import SettingsScreen
from hms_desktop.ui.shell.sync_details import SyncDetailsScreen
from hms_desktop.ui.shell.sync_facts import SyncDoor
from hms_desktop.ui.tasks import Tasks

Leave = Callable[[str, int], None]


@dataclass(frozen=True)
class Rooms:
    """What a workstation is opened with: the store's door, its drafts, the engine, how to close them, the account."""

    tasks: Tasks
    shelf: DraftShelf
    sync: SyncDoor
    close: Callable[[], object]
    account: OwnAccount | None = None
    key_ports: KeyPorts | None = None
    """Where their security key is plugged in; None where the person has none."""
    key_locks: bool = False
    """Pulling it out locks, whatever the person would like."""


class Workstation(QObject):
    """`window` is the main window; `close()` keeps drafts, finishes writes and closes the file."""

    def __init__(
        self,
        rooms: Rooms,
        person: SignedIn,
        place: Place,
        clock: Clock,
        look: Look,
        *,
        idle_minutes: int,
        needs_code: bool = False,
        folders: Sequence[Folder] | None = None,
    ) -> None:
        super().__init__()
        self._rooms, self._needs_code, self._minutes = rooms, needs_code, idle_minutes
        self.look = look
        self._closed = False
        self.tasks = rooms.tasks
        self.drafts = FormDrafts(rooms.shelf, rooms.tasks, clock.now_ms, self)
        self.desk = Desk(rooms.tasks, Routes(), self.drafts, person, place, clock)
        brought = screens.folders() if folders is None else list(folders)
        screens.register(self.desk.routes, brought)
        self._own_screens(brought)
        rail = screens.rail_for(self.desk, brought)
        home = screens.home_of(self.desk, rail)
        screens.register_home(self.desk.routes, home)
        self.window = MainWindow(
            self.desk,
            rail,
            home,
            rooms.sync,
            NoFinder() if self.desk.may(IN_EMERGENCY) else RegisterFinder(rooms.tasks),
            RegisterBanner(),
            screens.acts_for(self.desk, brought),
            screens.modules_of(brought),
        )
        self.window.keys.use_single_letters(look.single_letters)
        if rooms.account is not None:
            self.tasks.asks_factor = AskFactor(self.desk, self.window, rooms.account)
        self.first = self._first_steps()
        if self.first is None:
            self._start()
        self.idle = IdleWatch(idle_minutes, self)
        self.warning = IdleWarnings(lambda: self.first or self.window, self)
        self._leave: Leave = lambda then, minutes: None
        self.key_watch = KeyWatch(rooms.key_ports, self) if rooms.key_ports is not None else None
        self._watch()

    def on_leaving(self, leave: Leave) -> None:
        """Call `leave(then, idle minutes)` when the session shall end, and begin to count idle time."""
        self._leave = leave
        self.idle.start()
        if self.key_watch is not None:
            self.key_watch.start()

    def show(self) -> None:
        """Show the window, or what the person must do before they see it."""
        (self.first or self.window).show()

    def _first_steps(self) -> FirstSteps | None:
        account = self._rooms.account
        if account is None or not account.state().first_steps:
            return None
        first = FirstSteps(self.tasks, account)
        first.done.connect(self._begin)
        first.leaving.connect(lambda: self._leave("sign-out", 0))
        return first

    def _start(self) -> None:
        self.window.start()
        if self._rooms.account is not None:
            AccountWatch(self.desk, self._rooms.account, self).start()

    def _begin(self) -> None:
        """The first steps are done: now the window shows the clinic."""
        first, self.first = self.first, None
        self._start()
        if first is not None:
            self.window.setGeometry(first.geometry())
            self.window.show()
            first.end()
            first.deleteLater()

    def greeting(self) -> dict[str, Any]:
        """Who signed in, for the process that shows the lock."""
        person = self.desk.person
        return {"name": person.name, "login": person.login, "needs_code": self._needs_code}

    def on_synced(self, told: Callable[[dict[str, int]], object]) -> None:
        """Tell when the server was last heard (ms) and how much waits, now and whenever the minute or count changes."""
        last: list[tuple[int, int]] = []

        def look() -> None:
            facts = self._last_sync()
            seen = (facts["last_sync_ms"] // 60_000, facts["waiting"])
            if last != [seen]:
                last[:] = [seen]
                told(facts)

        self.window.feed.shown.connect(look)
        look()

    def key_pulled(self) -> None:
        """The person took their security key along: they are gone."""
        if self.look.key_locks or self._rooms.key_locks:
            self._leave("", 0)

    def blank(self) -> None:
        """Take every window of this session off the screen, now; a file that is being carried is let go."""
        self._rooms.sync.stop_carrying()
        self.idle.stop()
        if self.key_watch is not None:
            self.key_watch.stop()
        self.warning.hide()
        if self.first is not None:
            self.first.hide()
        self.window.blank()

    def going(self, then: str) -> None:
        """The session is about to end; `then` is "" for a lock, "switch" or "sign-out"."""

    def farewell(self) -> dict[str, Any]:
        """What the lock may tell; nothing of it names a patient."""
        return {
            **self._last_sync(),
            "unfinished": self.drafts.titles(),
            "look": self.look.as_json(),
        }

    def _last_sync(self) -> dict[str, int]:
        facts = self._rooms.sync.facts()
        last = facts.last_success
        return {"waiting": facts.waiting, "last_sync_ms": int(last.timestamp() * 1000) if last else 0}

    def close(self) -> None:
        """Keep what is typed, finish what was asked for, and let go of everything; a second call does nothing."""
        if self._closed:
            return
        self._closed = True
        self.idle.stop()
        self.window.keep_drafts()
        self.drafts.flush()
        self.tasks.settle()
        self.window.finish()
        if self.first is not None:
            self.first.end()
        self._rooms.close()
        self.tasks.close()
        self.window.deleteLater()

    def _own_screens(self, brought: Sequence[Folder]) -> None:
        routes = self.desk.routes
        routes.register(SettingsPage, lambda desk, _route: self._settings(desk))
        account = self._rooms.account
        if account is not None:
            routes.register(YourAccount, lambda desk, _route: AccountScreen(desk, account))
        if self.desk.may("sync.see"):
            refills = [refill for folder in brought for refill in folder.refills]
            refused = RefusedWork(self.desk, self._rooms.sync, self.drafts, refills)
            routes.register(SyncDetails, lambda desk, _route: self._sync_details(desk, refused))
        routes.register(MessageList, lambda desk, _route: self._messages(desk))

    def _settings(self, desk: Desk) -> SettingsScreen:
        return SettingsScreen(desk, self.look, self._take_look, self._rooms.key_locks)

    def _sync_details(self, desk: Desk, refused: RefusedWork) -> SyncDetailsScreen:
        return SyncDetailsScreen(desk, self._rooms.sync, refused, self.window.feed)

    def _messages(self, desk: Desk) -> MessageListScreen:
        return MessageListScreen(desk, self.window.frame.notices, self.window.feed.facts)

    def _take_look(self, look: Look) -> None:
        relabel = look.language != self.look.language
        self.look = look
        look.use()
        self.window.keys.use_single_letters(look.single_letters)
        if relabel:
            self.desk.routes.open(replace(self.desk.routes.current or MessageList()))

    def _watch(self) -> None:
        self.window.leaving.connect(lambda then: self._leave(then, 0))
        self.idle.expired.connect(lambda: self._leave("", self._minutes))
        if self.key_watch is not None:
            self.key_watch.pulled.connect(self.key_pulled)
        self.idle.ticked.connect(self._tick)
        self.idle.warned.connect(lambda on: None if on else self.warning.hide())
        self.warning.stay.connect(self.idle.stay)

    def _tick(self, seconds: int) -> None:
        self.window.feed.show_lock(seconds)
        if seconds <= WARN_SECONDS:
            self.warning.show_seconds(seconds)
