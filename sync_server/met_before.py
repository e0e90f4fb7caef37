# SPDX-License-Identifier: Apache-2.0
"""What earlier imports met of the people and organizations that many files share, so that a later file finds them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import select

from hms_desktop.clinic.patients.model import Patient, PatientIdentifier
from hms_desktop.clinic.staff.model import Organization, PractitionerRole
from hms_desktop.interop.fhir.identities import PROMISED, record_id
from hms_desktop.interop.fhir.results import FileResult
from hms_desktop.storage.reader import Reader
from hms_desktop.storage.unit import Unit
from sync_server.home import Home

T = TypeVar("T")


class MetBefore:
    """The shared resources that the store knows (`interop.fhir.identities.Memory`)."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def key(self, kind: str, system: str, value: str) -> str | None:
        """The key of the patient or practitioner who has this identifier."""
        if kind == PROMISED:
            return self._ask(lambda reader: _text(reader.meta(_number(kind, system, value))))
        if kind != "Patient":
            return None
        question = (
            select(Patient.source)
            .join(PatientIdentifier, PatientIdentifier.patient == Patient.id)
            .where(PatientIdentifier.value == value, PatientIdentifier.system == (system or "unnamed"))
            .limit(2)
        )
        found = self._ask(lambda reader: reader.rows(question))
        return found[0].source if len(found) == 1 else None

    def stands_as(self, key: str) -> str | None:
        """The key under which the record of a practitioner stands, when that is not their own."""
        return self._ask(lambda reader: _text(reader.meta(_standing(key))))

    def fact(self, kind: str, key: str) -> Any:
        """The name of an organization, the practitioner of a role; None when it is not here."""
        if kind == "Organization":
            name = select(Organization.name).where(Organization.id == record_id(key))
            return self._ask(lambda reader: reader.scalar(name))
        if kind == "PractitionerRole":
            who = select(PractitionerRole.practitioner).where(PractitionerRole.id == record_id(key))
            return self._ask(lambda reader: reader.scalar(who))
        return None

    def _ask(self, question: Callable[[Reader], T]) -> T:
        return self._home.store.read(question, self._home.worker)


def remember(unit: Unit, result: FileResult) -> None:
    """Keep what a file taught of practitioners, in the transaction that writes its rows; the first word stands."""
    learnt = {_number(*name): key for name, key in result.keys.items() if name[0] == PROMISED}
    learnt |= {_standing(own): key for own, key in result.standing.items()}
    for name, key in learnt.items():
        if unit.meta(name) is None:
            unit.note_meta(name, key)


def _number(kind: str, system: str, value: str) -> str:
    return f"fhir {kind} {system}|{value}"


def _standing(key: str) -> str:
    return f"fhir stands as {key}"


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
