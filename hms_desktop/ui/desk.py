# SPDX-License-Identifier: Apache-2.0
"""What a screen is handed when it opens (`Desk`), and what the frame asks of a screen (`Screen`, ready-made as `Page`).

A screen of a module is a `Page`: it says its title, context line, patient and keys, and calls `self.tell()` when one of
these changed. The frame draws top bar, banner, hints and palette from them. Screens never reach into the frame.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from hms_desktop.core.clock import Clock, SystemClock, instant
from hms_desktop.core.text import _
from hms_desktop.documents.printers import PrinterBook
from hms_desktop.ui.routes import Route, Routes
from hms_desktop.ui.tasks import Tasks


@dataclass(frozen=True)
class Key:
    """One act of a screen and the keys that do it.

    `sequence` as Qt writes it ("F2", "Ctrl+Enter", "G, R", "N"). A single letter works only outside text fields; inside
    one the same letter works with Alt. `hint` shows it in the status bar; `enabled` is asked before it runs.
    """

    sequence: str
    text: str
    act: Callable[[], object]
    icon: str = ""
    hint: bool = False
    enabled: Callable[[], bool] | None = None
    patient_bound: bool = False


REFUSED = "refused"


class Screen(Protocol):
    """What the frame asks of whatever fills the work area."""

    title: str
    context: str
    patient: UUID | None

    def widget(self) -> QWidget:
        """The widget to show."""

    def keys(self) -> Sequence[Key]:
        """The acts of this screen and their keys."""

    def has_unsaved(self) -> bool:
        """Whether something typed is neither saved nor kept as a draft."""

    def save_draft(self) -> None:
        """Keep what is typed as a draft, now."""


@dataclass(frozen=True)
class Refilled:
    """Refused work as the unfinished form that it was: the draft's key, title and content, and where the form opens.

    `needs` is the right without which it is not opened. `says_why` tells that the form itself says why it came back,
    and `also` what a person must know besides. With `advice` nothing is filled in, on purpose: the advice is read
    first, and `title` is the act that leads to the route.
    """

    key: str
    title: str
    content: Mapping[str, Any]
    route: Route
    needs: str = ""
    says_why: bool = True
    also: str = ""
    advice: str = ""


def held_back_words(reason: str) -> str:
    """What a form says over refused work that it was filled with."""
    return _("The server held this back: {reason} Put right what is wrong and save again.").format(reason=reason)


class WrittenRecord(Protocol):
    """One record of refused work: columns in Python values; `new` when the refused work made it."""

    @property
    def table(self) -> str:
        """Its table."""

    @property
    def record(self) -> UUID:
        """Its id."""

    @property
    def new(self) -> bool:
        """Whether it is gone from the rows now."""

    @property
    def values(self) -> Mapping[str, Any]:
        """What was written, by column."""


Refill = Callable[[Any, int, Sequence[WrittenRecord]], Refilled | None]
"""(reader, number of the refused change set, what it wrote) -> the form to fill, None when it is not this form's."""


class Drafts(Protocol):
    """Unfinished forms in the encrypted file; only their author sees them again."""

    def save(self, key: str, content: Mapping[str, Any], title: str = "") -> None:
        """Keep this form's content (JSON values) under its key; written within two seconds, at once before a lock."""

    def load(self, key: str, found: Callable[[dict[str, Any] | None], object], owner: QObject | None = None) -> None:
        """Hand the content last kept by this person under the key, or None, to `found`.

        Content that the server had refused says why under `REFUSED`.
        """

    def keys(self, found: Callable[[frozenset[str]], object], owner: QObject | None = None) -> None:
        """Hand the keys under which this person keeps something to `found`."""

    def state(self, key: str) -> int:
        """Which state of the form is kept now: it counts on with each that is handed in."""

    def drop(self, key: str, state: int | None = None) -> None:
        """The form is finished: forget it; refused work that it was filled with is done again.

        With the `state` that was finished, one that was handed in later stays: somebody typed on.
        """

    def discard(self, key: str) -> None:
        """What was typed was taken out again: forget it; refused work that it was filled with still waits."""


@dataclass(frozen=True)
class SignedIn:
    """The person at the desk: `permissions` are names such as "specimen.receive"."""

    id: UUID
    name: str
    login: str
    roles: tuple[str, ...] = ()
    permissions: frozenset[str] = frozenset()
    title: str = ""


@dataclass(frozen=True)
class Place:
    """Which clinic and station this is; `currency` is an ISO 4217 code."""

    clinic: str
    station: str
    site: str = ""
    kind: str = ""
    currency: str = "USD"
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    training: bool = False


@dataclass
class Desk:
    """Everything a screen may use of its workstation; one per window, nothing global.

    `toast` says what was done, with a way back; `hint` says what to do first where nothing was done. `older` fetches
    the older change sets of records (table, id) from the server, on a reader thread; None without a server.
    """

    tasks: Tasks
    routes: Routes
    drafts: Drafts
    person: SignedIn
    place: Place
    clock: Clock = field(default_factory=SystemClock)
    printers: PrinterBook = field(default_factory=PrinterBook)
    toast: Callable[..., object] = lambda text, undo=None: None
    hint: Callable[[str], object] = lambda text: None
    show_error: Callable[..., object] = lambda error, retry=None: None
    announce: Callable[[str], object] = lambda text: None
    older: Callable[[Sequence[tuple[str, UUID]]], int] | None = None

    def may(self, permission: str) -> bool:
        """Whether to offer this act at all; the action itself checks again and raises."""
        return permission in self.person.permissions

    def say_draft_kept(self, whose: str) -> None:
        """Say that what was typed for one patient is kept, as another one is shown."""
        self.toast(_("Draft kept for {name}").format(name=whose))

    def now(self) -> datetime:
        """The time at the clinic, aware."""
        return instant(self.clock.now_ms()).astimezone(self.place.zone)


class Page(QWidget):
    """A screen that fills the work area; subclasses set title, context and patient and override what they have."""

    facts_changed = Signal()

    title = ""
    context = ""
    patient: UUID | None = None

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk

    def widget(self) -> QWidget:
        """The page itself."""
        return self

    def keys(self) -> Sequence[Key]:
        """The acts of this screen and their keys."""
        return ()

    def tell(self) -> None:
        """Say that title, context, patient or keys are no longer as they were."""
        self.facts_changed.emit()

    def refresh(self) -> None:
        """Read again what is shown (F5)."""

    def visit(self, route: Route) -> bool:
        """Show another route of the same kind here; False if a new screen is wanted."""
        return False

    def scanned(self, code: str) -> bool:
        """Take what the scanner read; False if it means nothing here."""
        return False

    def has_unsaved(self) -> bool:
        """Whether something typed is neither saved nor kept as a draft."""
        return False

    def unfinished(self) -> bool:
        """Whether work on the patient shown is under way outside a form: leaving for another patient asks first."""
        return False

    def save_draft(self) -> None:
        """Keep what is typed as a draft, now."""

    def leave(self) -> None:
        """The screen is being closed: stop timers."""


@dataclass(frozen=True)
class RailEntry:
    """A module on the rail: shown when the person has any of `needs` (always if empty).

    `order` sorts the rail (Home 0, Patients 10, Schedule 20, Clinical 30, Lab 40, Pharmacy 60, Stock 70, Billing 80).
    `badge` counts, from a reader, what waits for this person; it is asked again when one of `badge_tables` changed.
    """

    word: str
    icon: str
    route: Route
    order: int
    needs: frozenset[str] = frozenset()
    letter: str = ""
    badge: Callable[[Any], int] | None = None
    badge_tables: frozenset[str] = frozenset()


@dataclass(frozen=True)
class PatientAct:
    """An act of the palette on the patient selected there: it opens a route made for that patient."""

    text: str
    icon: str
    route: Callable[[UUID], Route]
    needs: str = ""
    shown_key: str = ""


@dataclass(frozen=True)
class Folder:
    """What one module's folder brings to the window; listed in `hms_desktop.ui.shell.screens`."""

    screens: Mapping[type[Route], Callable[[Desk, Any], Screen]]
    rail: tuple[RailEntry, ...] = ()
    patient_acts: tuple[PatientAct, ...] = ()
    refills: tuple[Refill, ...] = ()
