# SPDX-License-Identifier: Apache-2.0
"""Opening a person's account at the cash desk: a look at their record, written down before anything is shown."""

from __future__ import annotations

from uuid import UUID

from hms_desktop.clinic.patients.queries_people import one_person
from hms_desktop.security.audit import record_access
from hms_desktop.security.permissions import action
from hms_desktop.storage.unit import Unit


@action("billing.open_account", needs="invoice.read")
def open_account(unit: Unit, *, patient: UUID) -> UUID:
    """Write the look down; returns the chart that goes on when charts were joined."""
    survivor = one_person(unit, patient).survivor
    record_access(unit, "chart", survivor, "account", purpose="payment")
    return survivor
