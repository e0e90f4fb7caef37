# SPDX-License-Identifier: Apache-2.0
"""Where a person can go: one frozen dataclass per place, so that screens open each other without knowing each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar
from uuid import UUID


@dataclass(frozen=True)
class Route:
    """A place in the workstation; equal routes are the same place."""


R = TypeVar("R", bound=Route)
Factory = Callable[[Any, R], Any]
"""Makes the screen of a place: (desk, route) -> `hms_desktop.ui.desk.Screen`."""


@dataclass(frozen=True)
class Home(Route):
    """The first screen of the signed-in person's role."""


@dataclass(frozen=True)
class PatientSearch(Route):
    """The list of patients, filtered by what was typed."""

    text: str = ""


@dataclass(frozen=True)
class RegisterPatient(Route):
    """The form for a new patient; `typed` carries over what was searched for, `draft` names one that is taken up."""

    typed: str = ""
    draft: str = ""


@dataclass(frozen=True)
class PatientRecord(Route):
    """Who a patient is: identity, identifiers, contacts, cover; at a section (timeline, tasks, history)."""

    patient: UUID
    section: str = "timeline"


@dataclass(frozen=True)
class PatientChart(Route):
    """A patient's clinical chart at a section: summary, timeline, results, medicines, orders, notes …

    `draft` names refused work that is taken up in its form over the chart.
    """

    patient: UUID
    section: str = "summary"
    encounter: UUID | None = None
    draft: str = ""


@dataclass(frozen=True)
class DayView(Route):
    """The appointments of a day (today if None), with one selected."""

    day: date | None = None
    appointment: UUID | None = None


@dataclass(frozen=True)
class BookAppointment(Route):
    """The booking form, for a patient if one is known; `draft` names one that is taken up."""

    patient: UUID | None = None
    day: date | None = None
    draft: str = ""


@dataclass(frozen=True)
class CheckIn(Route):
    """Check in a patient's appointment of today."""

    patient: UUID
    appointment: UUID | None = None


@dataclass(frozen=True)
class MyDay(Route):
    """The clinician's own patients of today."""


@dataclass(frozen=True)
class Vitals(Route):
    """Waiting patients and the form for vital signs."""

    patient: UUID | None = None
    encounter: UUID | None = None


@dataclass(frozen=True)
class Ward(Route):
    """Who lies in which bed; for one patient, their bed or the form that admits them."""

    patient: UUID | None = None


@dataclass(frozen=True)
class LabWorklist(Route):
    """The bench, at an order item, specimen or typed accession number; `draft` is a correction to take up again."""

    item: UUID | None = None
    scan: str = ""
    draft: str = ""


@dataclass(frozen=True)
class CriticalCalls(Route):
    """Critical values of a time and how they were told."""


@dataclass(frozen=True)
class PharmacyQueue(Route):
    """Prescriptions to supply, at one of them."""

    prescription: UUID | None = None


@dataclass(frozen=True)
class StockList(Route):
    """Items and batches in stock, at one item."""

    item: UUID | None = None


@dataclass(frozen=True)
class ControlledRegister(Route):
    """The register of controlled medicines of this station's place, of one item or of all."""

    item: UUID | None = None


@dataclass(frozen=True)
class BillingDesk(Route):
    """Invoices to finish and the cash drawer, at one invoice or one patient's account."""

    invoice: UUID | None = None
    patient: UUID | None = None


@dataclass(frozen=True)
class StaffList(Route):
    """People, roles and weekly sessions, at one person."""

    person: UUID | None = None


@dataclass(frozen=True)
class Privacy(Route):
    """What who answers for privacy looks after, at a section: glass (emergency access to review), restricted, looks (to
    question), access (who looked, at `patient`), requests, disclosures."""

    section: str = "glass"
    patient: UUID | None = None


@dataclass(frozen=True)
class ConflictInbox(Route):
    """What met while apart and needs a person, at one conflict."""

    conflict: UUID | None = None


IN_EMERGENCY = "emergency.read"
"""Held only in a session without a permit, whoever it is: nothing else of the day is left then."""


@dataclass(frozen=True)
class EmergencyReading(Route):
    """What is left when the permit has ended: a patient's allergies, problems and medicines, with a reason."""


@dataclass(frozen=True)
class SyncDetails(Route):
    """What waits, what was held back and when this device last spoke to the server."""


@dataclass(frozen=True)
class MessageList(Route):
    """Notices for this person, and the toasts that have gone by."""


@dataclass(frozen=True)
class SettingsPage(Route):
    """Language, text size, theme, density and single-letter keys."""


@dataclass(frozen=True)
class YourAccount(Route):
    """How the signed-in person signs in: password, second factor, recovery codes."""


class Routes:
    """Who shows which place, and the way back.

    The window sets `shows` once; screens call `open`. Opening a place that nobody registered raises LookupError.
    """

    def __init__(self) -> None:
        self._factories: dict[type[Route], Factory[Any]] = {}
        self._shows: Callable[[Route, Factory[Any], bool], bool] | None = None
        self._past: list[Route] = []
        self.current: Route | None = None

    def register(self, kind: type[R], factory: Factory[R]) -> None:
        """Let this factory make the screen of every route of this kind; a second one for a kind raises ValueError."""
        if kind in self._factories:
            raise ValueError(f"{kind.__name__} already has a screen")
        self._factories[kind] = factory

    def shown_by(self, shows: Callable[[Route, Factory[Any], bool], bool]) -> None:
        """The window that shows routes; it answers False when the person chose to stay on an unfinished form."""
        self._shows = shows

    def knows(self, kind: type[Route]) -> bool:
        """Whether a screen is registered for this kind of place."""
        return kind in self._factories

    def factory_of(self, kind: type[Route]) -> Factory[Any]:
        """Who makes the screen of this kind of place; LookupError when nobody does."""
        if kind not in self._factories:
            raise LookupError(f"no screen is registered for {kind.__name__}")
        return self._factories[kind]

    def open(self, route: Route, *, beside: bool = False) -> bool:
        """Go to a place (with `beside`, in a window next to this one); False if an unfinished form was kept instead."""
        if self._shows is None:
            raise LookupError("no window shows routes yet")
        if not self._shows(route, self.factory_of(type(route)), beside):
            return False
        if not beside and route != self.current:
            self._past = [*self._past[-49:], self.current] if self.current else []
            self.current = route
        return True

    def back(self) -> bool:
        """Return to the place before this one; False when there is none or the form was kept."""
        if not self._past:
            return False
        before = self._past[-1]
        past = self._past[:-1]
        if not self.open(before):
            return False
        self._past = past
        return True
