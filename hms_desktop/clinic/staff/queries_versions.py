# SPDX-License-Identifier: Apache-2.0
"""The history of the directory: a person's work, roles and weekly hours, with who, when, where and why."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from hms_desktop.clinic.staff.model import Practitioner, PractitionerRole, SessionTemplate
from hms_desktop.security.queries import query
from hms_desktop.security.versions import Versions, record_versions
from hms_desktop.storage.reader import Reader


@query("staff.read")
def staff_versions(reader: Reader, practitioner: UUID) -> Versions:
    """Every version of what the directory says of a person that this device still holds the log of, newest first."""
    records: list[tuple[type[Practitioner | PractitionerRole | SessionTemplate], UUID]] = [(Practitioner, practitioner)]
    for record in (PractitionerRole, SessionTemplate):
        found = reader.rows(select(record.id).where(record.practitioner == practitioner))
        records += [(record, row.id) for row in found]
    return record_versions(reader, records)
