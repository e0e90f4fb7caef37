# SPDX-License-Identifier: Apache-2.0
"""Which folders bring screens, and where each role's day begins. A module's folder adds one line to `FOLDERS`.

Each entry is a function that returns a `hms_desktop.ui.desk.Folder`; it is called once per window, after the language
is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from hms_desktop.ui.appointments.folder import folder as appointments
from hms_desktop.ui.billing.folder import folder as billing
from hms_desktop.ui.conflicts.folder import folder as conflicts
from hms_desktop.ui.desk import Desk, Folder, PatientAct, RailEntry
from hms_desktop.ui.ehr.folder import folder as ehr
from hms_desktop.ui.inventory.folder import folder as inventory
from hms_desktop.ui.lab.folder import folder as lab
from hms_desktop.ui.patients.folder import folder as patients
from hms_desktop.ui.pharmacy.folder import folder as pharmacy
from hms_desktop.ui.privacy.folder import folder as privacy
from hms_desktop.ui.routes import (
    IN_EMERGENCY,
    BillingDesk,
    DayView,
    EmergencyReading,
    Home,
    LabWorklist,
    MessageList,
    MyDay,
    PatientSearch,
    PharmacyQueue,
    Privacy,
    Route,
    Routes,
    Vitals,
)
from hms_desktop.ui.staff.folder import folder as staff

FOLDERS: tuple[Callable[[], Folder], ...] = (
    appointments,
    billing,
    conflicts,
    ehr,
    lab,
    patients,
    pharmacy,
    inventory,
    staff,
    privacy,
)  # fmt: skip

# Role -> where it starts, first match wins: a doctor who also manages starts with the patients of the day.
HOMES: tuple[tuple[str, Route], ...] = (
    ("doctor", MyDay()),
    ("trainee_doctor", MyDay()),
    ("nurse", Vitals()),
    ("pharmacist", PharmacyQueue()),
    ("lab_technologist", LabWorklist()),
    ("lab_verifier", LabWorklist()),
    ("cashier", BillingDesk()),
    ("receptionist", DayView()),
    ("privacy_officer", Privacy()),
)


def folders() -> list[Folder]:
    """What every module's folder brings, in the language in use."""
    return [folder() for folder in FOLDERS]


def register(routes: Routes, brought: Iterable[Folder]) -> None:
    """Let routes know every screen; two folders for one kind of place raise ValueError."""
    for folder in brought:
        for kind, factory in folder.screens.items():
            routes.register(kind, factory)


def rail_for(desk: Desk, brought: Iterable[Folder]) -> list[RailEntry]:
    """The modules that this person may use, from the top."""
    entries = [entry for folder in brought for entry in folder.rail]
    return sorted((e for e in entries if not e.needs or e.needs & desk.person.permissions), key=lambda e: e.order)


def modules_of(brought: Iterable[Folder]) -> dict[type[Route], str]:
    """The word on the rail under which each place stands: its own entry, else the first of its folder."""
    places: dict[type[Route], str] = {}
    for folder in brought:
        places |= {type(entry.route): entry.word for entry in folder.rail}
        if folder.rail:
            places |= {kind: folder.rail[0].word for kind in folder.screens if kind not in places}
    return places


def acts_for(desk: Desk, brought: Iterable[Folder]) -> list[PatientAct]:
    """The palette's acts on a patient that this person may do."""
    return [act for folder in brought for act in folder.patient_acts if not act.needs or desk.may(act.needs)]


def home_of(desk: Desk, rail: Sequence[RailEntry]) -> Route:
    """Where this person's day begins: by role, else the first module, else the messages."""
    if desk.may(IN_EMERGENCY) and desk.routes.knows(EmergencyReading):
        return EmergencyReading()
    for role, route in HOMES:
        if role in desk.person.roles and desk.routes.knows(type(route)):
            return route
    if rail:
        return rail[0].route
    return PatientSearch() if desk.routes.knows(PatientSearch) else MessageList()


def register_home(routes: Routes, home: Route) -> None:
    """`Home` is another name for the first screen of the person's role."""
    factory = routes.factory_of(type(home))
    if not isinstance(home, Home):
        routes.register(Home, lambda desk, _home: factory(desk, home))
