# SPDX-License-Identifier: Apache-2.0
"""Emergency reading and entries after the permit: with a reason, reviewed, nothing changed; and a clock set back."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select

from hms_desktop.clinic import reactions
from hms_desktop.clinic.ehr import service_emergency as emergency
from hms_desktop.clinic.ehr.model import Allergy, Note, NoteSignature
from hms_desktop.clinic.ehr.service_allergies import record_allergy
from hms_desktop.clinic.patients.model import Patient
from hms_desktop.clinic.patients.model_restricted import BrokenGlass
from hms_desktop.clinic.patients.queries_restricted import glass_rows
from hms_desktop.clinic.patients.service import Registration, register
from hms_desktop.core.clock import SetClock
from hms_desktop.core.errors import BadInput, NotAllowed, Refused
from hms_desktop.security.audit import AccessEvent
from hms_desktop.security.versions import record_versions
from tests.desk import MONDAY_09_00, Desk, person

NURSE = person("Zanele", {"patient.register", "patient.read", "allergy.record", "chart.read"}, ["nurse"])
LEFT = person("Zanele", {"emergency.read", "emergency.record", "audit.note"}, ["nurse"])
OFFICER = person("Officer", {"privacy.review"}, ["privacy_officer"])
"""The same person once the permit has ended."""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, LEFT, react=reactions.react, kind="doctor", clock=SetClock(MONDAY_09_00))


@pytest.fixture
def patient(desk: Desk):  # type: ignore[no-untyped-def]
    written = Registration(family="Okonkwo", given="Amara", sex="female", born="1984-03-12")
    id = desk.do(partial(register, written=written), NURSE)
    desk.do(partial(record_allergy, patient=id, substance="Penicillin"), NURSE)
    return id


def test_what_an_emergency_needs_is_read_with_a_reason_and_stands_for_review(desk: Desk, patient) -> None:  # type: ignore[no-untyped-def]
    assert [h.patient for h in desk.do(partial(emergency.find_in_emergency, text="Okonkwo")).hits] == [patient]
    with pytest.raises(BadInput):
        desk.do(partial(emergency.read_in_emergency, patient=patient, reason=" "))
    card = desk.do(partial(emergency.read_in_emergency, patient=patient, reason="Collapsed"))
    assert [row.facts.substance for row in card.allergies.standing] == ["Penicillin"]
    events = desk.ask(lambda r: r.rows(select(AccessEvent.__table__).where(AccessEvent.kind == "break-glass")))
    assert [(e.patient, e.purpose, e.detail) for e in events] == [(patient, "emergency", "no_permit")]
    glass = desk.ask(lambda r: r.rows(select(BrokenGlass.__table__)))
    assert [(g.reason, g.words) for g in glass] == [("no_permit", "Collapsed")]
    assert len(desk.ask(glass_rows, OFFICER)) == 1


@pytest.mark.hazard("H37")
def test_notes_and_allergies_are_added_and_nothing_else_is_done(desk: Desk, patient) -> None:  # type: ignore[no-untyped-def]
    note = desk.do(partial(emergency.write_in_emergency, patient=patient, reason="Now", text=" Given adrenaline "))
    row = desk.ask(lambda r: r.get(Note, note))
    assert (row.title, row.encounter) == ("Emergency note", None)
    signed = desk.ask(lambda r: r.one(select(NoteSignature.__table__)))
    assert signed.text["assessment"] == "Given adrenaline" and signed.meaning == "author"
    add = partial(emergency.add_allergy_in_emergency, patient=patient, reason="Rash", substance="Latex")
    latex = desk.do(add)
    found = desk.ask(lambda r: r.get(Allergy, latex))
    assert (found.substance, found.verification_status) == ("Latex", "unconfirmed")
    for wrong in ({"text": ""}, {"reason": ""}):
        with pytest.raises(BadInput):
            desk.do(partial(emergency.write_in_emergency, **{"patient": patient, "reason": "a", "text": "b", **wrong}))
    with pytest.raises(NotAllowed):
        desk.do(partial(record_allergy, patient=patient, substance="Dust"))
    assert len(desk.ask(lambda r: r.rows(select(BrokenGlass.id)))) == 2


def test_a_workstation_without_notes_says_so(desk: Desk, patient, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(emergency, "holds", lambda _reader, _table: False)
    card = desk.do(partial(emergency.read_in_emergency, patient=patient, reason="Collapsed"))
    assert card.problems is None and card.medicines is None and not card.takes_notes
    with pytest.raises(Refused, match="on paper"):
        desk.do(partial(emergency.write_in_emergency, patient=patient, reason="Now", text="Words"))


def test_what_is_written_while_the_clock_is_set_back_is_marked_and_keeps_its_place(desk: Desk, patient) -> None:  # type: ignore[no-untyped-def]
    desk.clock.ms -= 3 * 24 * 3_600_000  # type: ignore[attr-defined]
    later = desk.do(partial(register, written=Registration(family="Later", sex="male", born="1990")), NURSE)
    first, second = (desk.ask(lambda r, id=id: r.history(Patient, id))[0] for id in (patient, later))
    assert second.stamp > first.stamp and second.behind and not first.behind
    told = desk.ask(lambda r: record_versions(r, [(Patient, later)]))
    assert all(row.station == "Station 001, whose clock was set back" for row in told)
