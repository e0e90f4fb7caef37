# SPDX-License-Identifier: Apache-2.0
"""The registry of modules: importing this declares every table and local index, which comes before opening a store."""

from __future__ import annotations

from types import ModuleType

from hms_desktop.clinic.appointments import model as appointments
from hms_desktop.clinic.billing import model as billing
from hms_desktop.clinic.ehr import model as ehr
from hms_desktop.clinic.inventory import model as inventory
from hms_desktop.clinic.lab import model as lab
from hms_desktop.clinic.patients import model as patients
from hms_desktop.clinic.patients import search_index
from hms_desktop.clinic.pharmacy import model as pharmacy
from hms_desktop.clinic.staff import model as staff
from hms_desktop.security import accounts, audit
from hms_desktop.storage import leases

MODULES: tuple[ModuleType, ...] = (
    leases, accounts, audit, patients, staff, inventory, appointments, ehr, lab, pharmacy, billing,
)

INDEXES: tuple[ModuleType, ...] = (search_index,)
