# SPDX-License-Identifier: Apache-2.0
"""The main window of one signed-in person: shows the screen of a route inside the frame, and keeps its promises.

The banner is there whenever a screen has a patient; an unfinished form is never left without asking; every error that
nobody else shows stays above the work until it is put away. Nothing here is global: one process may hold several.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtCore import Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QMainWindow, QMenu

from hms_desktop.core.errors import ClinicError
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk, Page, PatientAct, RailEntry, Screen
from hms_desktop.ui.routes import (
    IN_EMERGENCY,
    ConflictInbox,
    Factory,
    Home,
    MessageList,
    PatientChart,
    PatientRecord,
    Route,
    SettingsPage,
    SyncDetails,
    YourAccount,
)
from hms_desktop.ui.shell import curtain
from hms_desktop.ui.shell.banner_feed import BannerFeed, BannerSource
from hms_desktop.ui.shell.beside_window import BesideWindow
from hms_desktop.ui.shell.counts import Counts
from hms_desktop.ui.shell.frame import Frame
from hms_desktop.ui.shell.glass_watch import GlassWatch
from hms_desktop.ui.shell.keys import KeyRegistry, do, shown_keys, works
from hms_desktop.ui.shell.keys_sheet import KeysSheet
from hms_desktop.ui.shell.palette import Finder, Palette
from hms_desktop.ui.shell.palette_rows import ActRow
from hms_desktop.ui.shell.panes import KeepFocus, give_focus, next_pane
from hms_desktop.ui.shell.rail import RailItem
from hms_desktop.ui.shell.scanner import Scanner
from hms_desktop.ui.shell.status_feed import StatusFeed
from hms_desktop.ui.shell.sync_facts import SyncDoor
from hms_desktop.ui.shell.window_keys import WindowActs, global_keys
from hms_desktop.ui.widgets.confirm import Confirm
from hms_desktop.ui.widgets.form import Form
from hms_desktop.ui.widgets.theme import theme

SCREEN = "screen"
PAPERS = ("prescription", "invoice", "item")
LEAST = (1180, 720)


class MainWindow(QMainWindow):
    """`leaving(then)` asks for the end of the session: "" locks, "switch" and "sign-out" give the computer away."""

    leaving = Signal(str)

    def __init__(
        self,
        desk: Desk,
        rail: Sequence[RailEntry],
        home: Route,
        sync: SyncDoor,
        finder: Finder,
        banners: BannerSource,
        acts: Sequence[PatientAct] = (),
        modules: Mapping[type[Route], str] | None = None,
    ) -> None:
        super().__init__()
        self.desk, self._rail, self._home, self._sync = desk, list(rail), home, sync
        self._module_words = dict(modules or {})
        self._screen: Screen | None = None
        self._route: Route | None = None
        self._leaving_form = False
        self._finished = False
        self._beside: list[BesideWindow] = []
        self._banners = banners
        self.setWindowTitle(_("Hospital Management, {station}").format(station=desk.place.station))
        self.setMinimumSize(*LEAST)
        self.resize(1440, 900)
        self.frame = Frame(desk, self._modules(), self._foot(), training=desk.place.training)
        self.setCentralWidget(self.frame)
        self.palette_box = Palette(self, desk.routes, finder, acts, charts=desk.may("chart.read"))
        self.scanner = Scanner(self, self._scanned)
        self.keys = KeyRegistry(self, self.scanner.burst_with)
        self.feed = StatusFeed(desk, sync, self.frame.status, self.frame.strip, self)
        self._keep_focus = KeepFocus(self.frame.work, lambda: self._screen.widget() if self._screen else None)
        self.counts = Counts(desk, self._rail, self.frame.rail, self.feed)
        self.banner_feed = BannerFeed(desk, self.frame.banner, banners)
        self.glass = GlassWatch(self)
        self._connect()
        self._wire_desk()

    def start(self) -> None:
        """Register the window's keys and open the first screen; call when every screen is registered."""
        self.keys.add("global", global_keys(self._acts(), self.desk.routes, self._rail))
        self.counts.start()
        self.glass.look()
        self.desk.routes.open(self._home)

    @property
    def shown(self) -> Screen | None:
        """What fills the work area."""
        return self._screen

    def lock(self) -> None:
        """Ask for the lock."""
        self.leaving.emit("")

    def keep_drafts(self) -> None:
        """Let every open form keep what is typed."""
        for screen in [self._screen, *(window.held for window in self._beside)]:
            if screen is not None:
                screen.save_draft()

    def blank(self) -> None:
        """Take every window of this session off the screen, now, and whatever stands over them."""
        curtain.blank((self, *self._beside))

    def finish(self) -> None:
        """The session is over: stop the screens, close without another question."""
        self._finished = True
        for window in self._beside:
            window.close()
        self._drop_screen()
        self.close()

    def show_error(self, error: ClinicError, retry: Callable[[], object] | None = None) -> None:
        """Show an error above the work until it is put away; where a record is restricted, offer to break the glass."""
        if not self.glass.offers(error):
            self.frame.error.show_error(error, retry)

    def commands(self) -> list[ActRow]:
        """Every act that works now, for the palette: the screen's own first."""
        skip = {"Ctrl+K", "Esc", "?"}
        return [
            ActRow(entry.key.text, entry.key.icon, partial(do, entry.key), tuple(shown_keys(entry.key.sequence)))
            for entry in self.keys.working()
            if entry.key.sequence not in skip and works(entry.key)
        ]

    def closeEvent(self, event: QCloseEvent) -> None:
        """Closing the window signs out; an unfinished form is asked about first."""
        if self._finished:
            super().closeEvent(event)
            return
        event.ignore()
        if self._may_leave(lambda: self.leaving.emit("sign-out")):
            self.leaving.emit("sign-out")

    def _show_route(self, route: Route, factory: Factory[Any], beside: bool) -> bool:
        if beside:
            self._open_beside(route, factory)
            return True
        if self._other_patient(route) and not self._may_leave(lambda: self.desk.routes.open(route), for_another=True):
            return False
        visit = getattr(self._screen, "visit", None)
        if type(route) is type(self._route) and visit is not None and visit(route):
            self._arrived(route)
            return True
        if not self._may_leave(lambda: self.desk.routes.open(route)):
            return False
        screen: Screen = factory(self.desk, route)
        self._drop_screen()
        self._screen = screen
        self.frame.error.dismiss()
        self.frame.show_screen(screen.widget())
        if isinstance(screen, Page):
            screen.facts_changed.connect(self._show_facts)
        self._arrived(route)
        give_focus(screen.widget())
        return True

    def _drop_screen(self) -> None:
        leave = getattr(self._screen, "leave", None)
        if leave is not None:
            leave()

    def _arrived(self, route: Route) -> None:
        self._route = route
        self.frame.rail.mark_active(self._module_of(route))
        self._show_facts()

    def _show_facts(self) -> None:
        """Title, context, banner and keys of the screen as they are now."""
        screen = self._screen
        if screen is None:
            return
        self.frame.top.show_place(screen.title, screen.context)
        self.banner_feed.show_patient(self._asked_for(screen))
        self.keys.replace(SCREEN, screen.keys())
        self.keys.activate(SCREEN)
        self.frame.status.show_keys([(" ".join(shown_keys(key.sequence)), key.text) for key in self.keys.hints()])

    def _asked_for(self, screen: Screen) -> UUID | None:
        """The chart that was asked for: of a merged one the screen shows the person, the banner says so too."""
        if screen.patient is None or not isinstance(self._route, PatientChart | PatientRecord):
            return screen.patient
        return self._route.patient

    def _other_patient(self, route: Route) -> bool:
        """Whether this place belongs to another patient, or to another paper of who knows whom."""
        shown = self._screen.patient if self._screen is not None else None
        if shown is None or route == self._route:
            return False
        meant = getattr(route, "patient", None)
        return meant != shown if meant is not None else any(getattr(route, name, None) for name in PAPERS)

    def open_anew(self, route: Route) -> None:
        """Open a place with a new screen, also where this kind of place is shown."""
        self._route = None
        self.desk.routes.open(route)

    def go_home(self) -> None:
        """Leave at once: what is typed is kept as a draft."""
        if self._screen is not None:
            self._screen.save_draft()
        self._leaving_form = True
        try:
            self.open_anew(self._home)
        finally:
            self._leaving_form = False

    def _may_leave(self, then: Callable[[], object], *, for_another: bool = False) -> bool:
        screen = self._screen
        if screen is None or self._leaving_form:
            return True
        if not (screen.has_unsaved() or (for_another and unfinished(screen))):
            return True

        def keep_and_go() -> None:
            screen.save_draft()
            self._leaving_form = True
            try:
                then()
            finally:
                self._leaving_form = False

        title = _("“{form}” is not finished").format(form=screen.title)
        words = _("What you typed is kept as a draft on this device. Only you can open it again.")
        Confirm(self, title, words, _("Keep a draft and leave"), keep_and_go, safe=_("Stay here")).open()
        return False

    def _open_beside(self, route: Route, factory: Factory[Any]) -> None:
        window = BesideWindow(self.desk, factory(self.desk, route), self._banners, self.feed, self)
        window.status.opened.connect(self._opened_beside)
        window.strip.acted.connect(self._strip_act)
        for old in [other for other in self._beside if not other.isVisible()]:
            self._beside.remove(old)
            old.deleteLater()
        self._beside.append(window)
        window.show()

    def _module_of(self, route: Route) -> str:
        if type(route) in self._module_words:
            return self._module_words[type(route)]
        fixed: dict[type[Route], str] = {ConflictInbox: "conflicts", SettingsPage: "settings"}
        return fixed.get(type(route), "home" if type(route) in (Home, type(self._home)) else "")

    def _modules(self) -> list[RailItem]:
        open_ = self.desk.routes.open
        items = [RailItem("home", _("Home"), "house", lambda: open_(self._home))]
        for place, entry in enumerate(self._rail, start=1):
            key = f"Alt {place}" if place < 10 else ""
            items.append(RailItem(entry.word, entry.word, entry.icon, lambda e=entry: open_(e.route), key))  # type: ignore[misc]
        return items

    def _foot(self) -> list[RailItem]:
        open_ = self.desk.routes.open
        conflicts = RailItem("conflicts", _("Conflicts"), "git-merge", lambda: open_(ConflictInbox()), "G X")
        settings = RailItem("settings", _("Settings"), "gear", lambda: open_(SettingsPage()), "Ctrl ,")
        inbox = self.desk.routes.knows(ConflictInbox) and not self.desk.may(IN_EMERGENCY)
        return [conflicts, settings] if inbox else [settings]

    def _acts(self) -> WindowActs:
        frame = self.frame
        return WindowActs(
            palette=self.open_palette,
            keys_sheet=self.open_keys,
            next_pane=lambda: next_pane(frame.panes(), 1),
            last_pane=lambda: next_pane(frame.panes(), -1),
            refresh=self._refresh,
            sync_now=self._sync.sync_now,
            undo=frame.notices.undo,
            switch_user=lambda: self.leaving.emit("switch"),
            lock=self.lock,
            back=self._back,
            can_undo=frame.notices.can_undo,
        )

    def open_palette(self, text: str = "") -> None:
        """Open search and commands."""
        self.palette_box.open_with(self.commands(), text)

    def open_keys(self) -> None:
        """Show every key that works now."""
        title = self._screen.title if self._screen else ""
        KeysSheet(self, self.keys.working(), title, self.keys.single_letters).open()

    def _back(self) -> None:
        if self.palette_box.isVisible():
            self.palette_box.close_it()
        elif self.frame.error.isVisible():
            self.frame.error.dismiss()
        else:
            self.desk.routes.back()

    def _refresh(self) -> None:
        refresh = getattr(self._screen, "refresh", None)
        if refresh is not None:
            refresh()

    def _scanned(self, code: str) -> bool:
        scanned = getattr(self._screen, "scanned", None)
        return bool(scanned and scanned(code))

    def _strip_act(self, name: str) -> None:
        if name == "try":
            self._sync.sync_now()
        else:
            self._opened_part("network")

    def _opened_beside(self, part: str) -> None:
        self.activateWindow()
        self._opened_part(part)

    def _opened_part(self, part: str) -> None:
        if part == "lock":
            self.lock()
        else:
            self.desk.routes.open(ConflictInbox() if part == "conflicts" else SyncDetails())

    def _person_menu(self) -> None:
        menu = QMenu(self)
        if self.desk.routes.knows(YourAccount):
            menu.addAction(_("Your account")).triggered.connect(lambda: self.desk.routes.open(YourAccount()))
            menu.addSeparator()
        for words, then in ((_("Lock now"), ""), (_("Switch user"), "switch"), (_("Sign out"), "sign-out")):
            menu.addAction(words).triggered.connect(lambda _on=False, t=then: self.leaving.emit(t))
        person = self.frame.top.person
        menu.popup(person.mapToGlobal(person.rect().bottomLeft()))

    def _connect(self) -> None:
        routes = self.desk.routes
        routes.shown_by(self._show_route)
        self.frame.top.search.connect(self.open_palette)
        self.frame.top.messages.connect(lambda: routes.open(MessageList()))
        self.frame.top.person_menu.connect(self._person_menu)
        self.frame.strip.acted.connect(self._strip_act)
        self.frame.status.opened.connect(self._opened_part)
        self.frame.banner.allergies_opened.connect(lambda: self._open_allergies())
        self.frame.banner.ask_allergies.connect(lambda: self._open_allergies())
        self.frame.banner.merged_opened.connect(lambda: self._open_kept())
        self.frame.banner.history_opened.connect(lambda: self._open_history())
        self.frame.banner.allergies.offer_asking(self.desk.may("chart.read") and self.desk.may("allergy.record"))
        self.palette_box.opened.connect(lambda route, beside: routes.open(route, beside=beside))
        self.desk.tasks.troubled.connect(self.show_error)
        self.frame.notices.changed.connect(lambda: self.frame.top.show_messages(self.frame.notices.unseen()))
        theme.changed.connect(self._show_facts)

    def _open_allergies(self) -> None:
        patient = self._screen.patient if self._screen else None
        if patient is not None and self.desk.may("chart.read"):
            self.desk.routes.open(PatientChart(patient, "allergies"))

    def _open_history(self) -> None:
        self.desk.routes.open(PatientRecord(self._in_banner(), "history"))

    def _in_banner(self) -> UUID:
        """Whom the banner shows; only its own buttons ask."""
        data = self.frame.banner.data
        assert data is not None and data.patient is not None
        return data.patient

    def _open_kept(self) -> None:
        """From a merged chart to the one that goes on."""
        kind = type(self._route) if isinstance(self._route, PatientChart) else PatientRecord
        self.desk.routes.open(kind(self._in_banner()))

    def _wire_desk(self) -> None:
        self.desk.show_error = self.show_error
        self.desk.toast = self.frame.notices.show_toast
        self.desk.hint = self.frame.notices.show_hint
        self.desk.announce = self.frame.notices.announce


def unfinished(screen: Screen) -> bool:
    """Whether a person began something on this screen that is not finished, even if a draft of it is kept."""
    forms = any(form.changed and form.isVisible() for form in screen.widget().findChildren(Form))
    return forms or (isinstance(screen, Page) and screen.unfinished())
