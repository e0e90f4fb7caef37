# SPDX-License-Identifier: Apache-2.0
"""The timeline is one list over all charts of a person, filtered; the versions of a record name every change."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import text

from hms_desktop.clinic.patients import service
from hms_desktop.clinic.patients.model import TimelineEntry
from hms_desktop.clinic.patients.queries_history import timeline, versions
from hms_desktop.core.ids import rule_id
from hms_desktop.storage.unit import Unit
from tests.clinic.patients.people import ADAEZE, AMARA, register, written
from tests.desk import Desk


@pytest.fixture
def lived(desk: Desk) -> tuple[Desk, UUID, UUID]:
    """Two charts of one person with lines on both."""
    first, second = register(desk, **AMARA), register(desk, **ADAEZE)
    call = desk.do(partial(service.log_interaction, patient=first, kind="phone", text="Asked", outcome="Answered"))

    def write(unit: Unit) -> None:
        unit.action = "test"
        for n, (chart, kind, title) in enumerate(
            [(first, "visit", "Visit with Dr Mbeki"), (second, "result", "Potassium 4.1"), (first, "call", "Telephone")]
        ):
            source = call if kind == "call" else unit.new_id()
            table = "interaction" if kind == "call" else "other"
            unit.add(
                TimelineEntry,
                id=rule_id(source, "timeline"),
                patient=chart,
                kind=kind,
                title=title,
                at=unit.now - timedelta(days=n),
                source=source,
                source_table=table,
            )

    desk.do(write)
    desk.do(partial(service.link_charts, survivor=first, replaced=second, reason="same"))
    return desk, first, second


def test_lines_of_both_charts_stand_in_one_list_newest_first(lived: tuple[Desk, UUID, UUID]) -> None:
    desk, first, second = lived
    for chart in (first, second):
        found = desk.ask(partial(timeline, patient=chart))
        assert [r.kind for r in found.rows] == ["visit", "result", "call"]
        assert found.kinds == {"visit": 1, "result": 1, "call": 1}
    assert found.rows[2].detail == "Asked — Answered"
    assert all(r.saved_here for r in found.rows)


def test_the_timeline_is_filtered_by_kind_station_date_and_words(lived: tuple[Desk, UUID, UUID]) -> None:
    desk, first, _second = lived
    now = desk.ask(lambda r: r.now)
    ask = partial(timeline, patient=first)
    assert [r.title for r in desk.ask(partial(ask, kinds=["result"])).rows] == ["Potassium 4.1"]
    assert [r.kind for r in desk.ask(partial(ask, text="MBEKI visit")).rows] == ["visit"]
    assert [r.kind for r in desk.ask(partial(ask, since=now - timedelta(hours=30))).rows] == ["visit", "result"]
    assert [r.kind for r in desk.ask(partial(ask, until=now - timedelta(hours=30))).rows] == ["call"]
    assert len(desk.ask(partial(ask, author=1)).rows) == 3 and not desk.ask(partial(ask, author=2)).rows
    assert desk.ask(partial(ask, limit=2)).more


def test_every_change_of_a_record_is_told_with_before_and_after(desk: Desk) -> None:
    patient = register(desk, **AMARA)
    change = partial(service.change_details, patient=patient)
    desk.do(partial(change, written=written(family="Okonkwo-Bello"), reason="She married"))
    desk.do(partial(change, written=written(family="Okonkwo-Bello", born="1979-03-15"), reason="Passport"))
    changes = desk.ask(partial(versions, patient=patient))
    told = {(v.field, v.before, v.after, v.action) for v in changes}
    assert ("family", "Okonkwo", "Okonkwo-Bello", "patients.complete") in told
    assert ("born", "1979-03-14", "1979-03-15", "patients.complete") in told
    assert {(v.field, v.why) for v in changes if v.why} == {("family", "She married"), ("born", "Passport")}
    assert ("value", None, "+27825550147", "patients.register") in told
    assert not {v.field for v in changes} & {"family_key", "sound_key", "phone_key"}


def test_a_device_without_the_log_tells_old_values_by_the_amendments(desk: Desk) -> None:
    patient = register(desk, **AMARA)
    change = partial(service.change_details, patient=patient)
    desk.do(partial(change, written=written(family="Okonkwo-Bello"), reason="She married"))
    logged = desk.ask(partial(versions, patient=patient))
    with desk.store.writing() as connection:
        connection.execute(text("DELETE FROM own_log_touch"))
    (row,) = [one for one in desk.ask(partial(versions, patient=patient)) if one.field == "family"]
    assert (row.before, row.why) == ("Okonkwo", "She married")
    assert (row.at, row.station) == (logged[0].at, logged[0].station)
