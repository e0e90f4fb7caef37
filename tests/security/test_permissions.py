# SPDX-License-Identifier: Apache-2.0
"""An action asks for its right before it does anything, on a real store: it succeeds or raises."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from hms_desktop.core.errors import NotAllowed
from hms_desktop.core.events import Event
from hms_desktop.security import permissions
from hms_desktop.security.audit import AccessEvent, note_coming_or_going, record_access
from hms_desktop.security.permissions import ACTIONS, action
from hms_desktop.security.roles import OWN_EVENTS, STATION_EVENTS, policy
from hms_desktop.storage.acting import Acting, ClinicInfo, Person, Station
from hms_desktop.storage.change_sets import decode_details
from hms_desktop.storage.reader import Reader
from hms_desktop.storage.store import Store
from hms_desktop.storage.unit import Unit


@dataclass(frozen=True)
class Looked(Event):
    patient: UUID


@pytest.fixture(autouse=True)
def own_actions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Actions declared by a test are gone after it."""
    monkeypatch.setattr(permissions, "ACTIONS", {})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    station = Station(uuid4(), 7, "Front desk 2", "Main", "front_desk")
    clinic = ClinicInfo("Riverbend", ZoneInfo("Africa/Johannesburg"), "ZAR")

    def react(unit: Unit, event: Event) -> None:
        if isinstance(event, Looked):
            note_look(unit, event.patient)

    note_look = declare_note_look()
    opened = Store(tmp_path / "replica.db", bytes(range(32)), station, clinic, react=react)
    yield opened
    opened.close()


def declare_note_look() -> Callable[[Unit, UUID], UUID]:
    @action("test.note_look", needs="result.release")
    def note_look(unit: Unit, patient: UUID) -> UUID:
        """Write that somebody looked."""
        return record_access(unit, "result", patient, "by reaction")

    return note_look


def declare_look() -> Callable[..., UUID]:
    @action("test.look", needs="chart.read")
    def look(unit: Unit, *, patient: UUID) -> UUID:
        """Look at a chart.

        More words that the registry leaves out.
        """
        unit.announce(Looked(patient))
        return record_access(unit, "chart", patient)

    return look


def person(*rights: str) -> Acting:
    return Acting(Person(uuid4(), "Zanele", "zanele", frozenset(), frozenset(rights)), lambda root: root[:32] * 2)


def written(store: Store) -> int:
    with store.reading() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM access_event").scalar_one())


def test_without_the_right_the_refusal_alone_is_written(store: Store) -> None:
    look, patient = declare_look(), uuid4()
    nosy = person("patient.read")
    with pytest.raises(NotAllowed) as refused:
        store.act(lambda unit: look(unit, patient=patient), nosy)
    assert refused.value.permission == "chart.read"
    (event,) = store.read(lambda reader: reader.rows(select(AccessEvent.__table__)), nosy)
    assert (event.kind, event.by, event.patient) == ("denied", nosy.person.id, patient)
    assert (event.detail, event.purpose) == ("test.look chart.read", "operations")


def test_what_is_refused_inside_an_action_is_undone_with_it_and_written_once(store: Store) -> None:
    look = declare_look()

    @action("test.peer", needs="patient.read")
    def peer(unit: Unit) -> None:
        """Look, then do what needs another right."""
        look(unit, patient=uuid4())
        unit.check("note.sign")

    with pytest.raises(NotAllowed):
        store.act(peer, person("patient.read"))
    (event,) = store.read(lambda reader: reader.rows(select(AccessEvent.__table__)), person())
    assert (event.kind, event.detail) == ("denied", "test.peer note.sign")


def test_a_question_that_is_refused_is_written_down(store: Store) -> None:
    def ask(reader: Reader) -> None:
        raise NotAllowed("Not for you.", "chart.read")

    with pytest.raises(NotAllowed):
        store.read(ask, person())
    assert written(store) == 1


def test_who_has_no_right_at_all_still_writes_their_own_events(store: Store) -> None:
    store.act(lambda unit: note_coming_or_going(unit, kind="sign-in"), person())
    assert written(store) == 1
    assert OWN_EVENTS in policy().granted([]) and STATION_EVENTS not in policy().granted(policy().roles)


def test_with_the_right_the_change_set_bears_the_actions_name(store: Store) -> None:
    look = declare_look()
    store.act(lambda unit: look(unit, patient=uuid4()), person("chart.read"))
    with store.reading() as connection:
        details = connection.exec_driver_sql("SELECT details FROM own_change_log").scalar_one()
    assert decode_details(bytes(details)).action == "test.look"


def test_what_a_reaction_calls_belongs_to_the_action(store: Store) -> None:
    look = declare_look()
    store.act(lambda unit: look(unit, patient=uuid4()), person("chart.read"))
    assert written(store) == 2


def test_an_action_inside_an_action_is_part_of_it(store: Store) -> None:
    look = declare_look()

    @action("test.round", needs="appointment.read")
    def go_round(unit: Unit) -> list[UUID]:
        """Look at two charts."""
        return [look(unit, patient=uuid4()), look(unit, patient=uuid4())]

    assert len(store.act(go_round, person("appointment.read"))) == 2


def test_a_second_action_in_one_unit_is_a_mistake(store: Store) -> None:
    look = declare_look()

    def twice(unit: Unit) -> None:
        look(unit, patient=uuid4())
        look(unit, patient=uuid4())

    with pytest.raises(TypeError, match="one unit is one action"):
        store.act(twice, person("chart.read"))
    assert written(store) == 0


def test_a_failed_action_leaves_the_right_depth(store: Store) -> None:
    @action("test.fails", needs="chart.read")
    def fails(unit: Unit) -> None:
        """Fail half way."""
        record_access(unit, "chart")
        raise KeyError("half way")

    def caught(unit: Unit) -> int:
        with pytest.raises(KeyError):
            fails(unit)
        return unit.depth

    assert store.act(caught, person("chart.read")) == 0


def test_the_registry_knows_every_action_with_its_right_and_words() -> None:
    declare_look()
    known = permissions.ACTIONS["test.look"]
    assert (known.needs, known.summary) == ("chart.read", "Look at a chart.")


def test_mistakes_in_a_declaration_are_named() -> None:
    declare_look()
    with pytest.raises(ValueError, match=r"two actions are called test\.look"):
        declare_look()
    with pytest.raises(ValueError, match=r"no right is called chart\.burn"):
        action("test.burn", needs="chart.burn")
    with pytest.raises(ValueError, match="no docstring"):
        action("test.mute", needs="chart.read")(lambda unit: None)


def test_an_access_event_names_records_and_never_values(store: Store) -> None:
    patient = uuid4()

    @action("test.export", needs="document.print")
    def export(unit: Unit) -> UUID:
        """Export a list."""
        return record_access(unit, "export", patient, "day list", count=40, purpose="operations")

    event = store.act(export, person("document.print"))
    row = store.read(lambda reader: reader.get(AccessEvent, event), person())
    shown = row._asdict()
    assert (shown["kind"], shown["patient"], shown["purpose"]) == ("export", patient, "operations")
    assert (shown["detail"], shown["count"]) == ("day list", 40)


@pytest.mark.parametrize("bad", [{"kind": "glance"}, {"purpose": "curiosity"}])
def test_kinds_and_purposes_are_the_listed_ones(store: Store, bad: dict[str, str]) -> None:
    @action("test.peek", needs="chart.read")
    def peek(unit: Unit) -> UUID:
        """Peek."""
        return record_access(unit, bad.get("kind", "chart"), purpose=bad.get("purpose", "treatment"))

    with pytest.raises(ValueError, match="can't be"):
        store.act(peek, person("chart.read"))
    assert written(store) == 0 and ACTIONS is not permissions.ACTIONS
