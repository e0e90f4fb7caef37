# SPDX-License-Identifier: Apache-2.0
"""A small practice for tests: one encrypted store, people by role, a patient or two, and a stock list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from hms_desktop.clinic.appointments.rules import encounter_id
from hms_desktop.clinic.ehr import service
from hms_desktop.clinic.ehr.model import Encounter
from hms_desktop.clinic.patients.model import Patient
from hms_desktop.core.clock import SetClock
from hms_desktop.core.events import Event
from hms_desktop.core.ids import named_id
from hms_desktop.security.accounts import Account
from hms_desktop.storage.acting import Acting
from hms_desktop.storage.reader import Reader
from hms_desktop.storage.records import Record
from hms_desktop.storage.unit import Unit
from tests.clinic.meeting import medicine
from tests.desk import Desk, person, rights_of

T = TypeVar("T")


def by_role(name: str, *roles: str) -> Acting:
    """A person with the rights of these roles, as resources/roles.toml has them while a permit lasts."""
    return person(name, rights_of(roles), roles)


class Practice:
    """One store with people at it. `do` runs an action as the doctor unless somebody else is named."""

    def __init__(self, folder: Path, *, author: int = 1, kind: str = "all", clock: SetClock | None = None) -> None:
        self.events: list[Event] = []
        self.doctor = by_role("Thabo Mbeki", "doctor")
        self.nurse = by_role("Khanyi Moyo", "nurse")
        self.trainee = by_role("Sipho Nel", "trainee_doctor")
        self.technologist = by_role("Palesa Kgosi", "lab_technologist")
        self.verifier = by_role("Ruth Adams", "lab_verifier")
        self.second = by_role("Ben Zulu", "lab_technologist")
        self.receptionist = by_role("Lerato Dube", "receptionist")
        self.manager = by_role("Joan Smit", "manager")
        self.cashier = by_role("Zanele Ndlovu", "cashier")
        self.desk = Desk(folder, self.doctor, author=author, kind=kind, clock=clock, react=self._hear)
        clock_in_use = self.desk.clock
        assert isinstance(clock_in_use, SetClock)
        self.clock = clock_in_use
        self.desk.do(self._know_people)

    def _know_people(self, unit: Unit) -> None:
        unit.action = "test.people"
        carers = (self.doctor, self.nurse, self.trainee, self.receptionist)
        for acting in (*carers, self.technologist, self.verifier, self.second):
            who = acting.person
            unit.add(
                Account,
                id=who.id,
                login=who.login,
                name=who.name,
                roles=sorted(who.roles),
                active=True,
                needs_code=False,
                statement=b"-",
                wrapped=b"-",
            )

    def _hear(self, unit: Unit, event: Event) -> None:
        self.events.append(event)

    def heard(self, kind: type[T]) -> list[T]:
        """The events of one kind that were announced so far."""
        return [event for event in self.events if isinstance(event, kind)]

    def do(self, act: Callable[..., T], *args: Any, who: Acting | None = None, **values: Any) -> T:
        """Run an action of a service."""
        return self.desk.do(lambda unit: act(unit, *args, **values), who)

    def ask(self, query: Callable[..., T], *args: Any, who: Acting | None = None, **values: Any) -> T:
        """Answer a query."""
        return self.desk.ask(lambda reader: query(reader, *args, **values), who)

    def row(self, record: type[Record], id: UUID) -> Any:
        """A whole row."""
        return self.desk.ask(lambda reader: reader.get(record, id))

    def rows(self, question: Any) -> list[Any]:
        """Rows of a select."""
        return self.desk.ask(lambda reader: reader.rows(question))

    def add(self, record: type[Record], **values: Any) -> UUID:
        """Put a row there as if somebody had recorded it before."""

        def put(unit: Unit) -> UUID:
            unit.action = "test.prepare"
            return unit.add(record, **values)

        return self.desk.do(put)

    def later(self, **span: int) -> datetime:
        """Let time go by; returns the time then."""
        self.clock.ms += round(timedelta(**span).total_seconds() * 1000)
        return datetime.fromtimestamp(self.clock.ms / 1000, UTC)

    def patient(self, family: str = "Okonkwo", given: str = "Amara", **values: Any) -> UUID:
        """A patient of 47 years, female unless said otherwise."""
        facts = {"born": "1979-03-14", "sex": "female", **values}
        return self.add(
            Patient,
            family=family,
            given=given,
            name_known=True,
            family_key=family.lower(),
            given_key=given.lower(),
            born_estimated=False,
            mrn=facts.pop("mrn", f"MRN-{family}"),
            temporary=False,
            active=True,
            **facts,
        )

    def visit(self, patient: UUID, *, begun: bool = True) -> UUID:
        """An open visit of a booked patient."""
        appointment = named_id("test", "appointment", str(patient), str(self.clock.ms))
        visit: UUID = self.do(service.open_encounter, appointment, patient)
        assert visit == encounter_id(appointment)
        if begun:
            self.do(service.begin_visit, visit)
        assert self.row(Encounter, visit).patient == patient
        return visit

    def item(self, display: str, strength: str = "500 mg", form: str = "capsule", classes: str = "") -> UUID:
        """A medicine of the stock list."""
        listed = medicine(
            code=display[:4].upper(),
            display=display,
            form=form,
            strength=strength,
            unit=form,
            ingredient=display,
            classes=classes,
            active=True,
        )
        return self.desk.do(listed)

    def close(self) -> None:
        """Close the store."""
        self.desk.store.close()


def now(reader: Reader) -> datetime:
    """The moment of a reading."""
    return reader.now
