# SPDX-License-Identifier: Apache-2.0
"""Specimens through a real store: collecting, scanning, rejecting, relabelling, the worklist."""

from __future__ import annotations

from functools import partial
from uuid import uuid4

import pytest
from sqlalchemy import select

from hms_desktop.clinic.ehr import service as ehr
from hms_desktop.clinic.lab import queries, service
from hms_desktop.clinic.lab.catalogue import shipped_catalogue
from hms_desktop.clinic.lab.events import SpecimenCollected, SpecimenReceived, SpecimenRejected
from hms_desktop.clinic.lab.model import LabTest, Specimen, SpecimenStep
from hms_desktop.clinic.patients.model import PatientLink
from hms_desktop.core.errors import BadInput, NotAllowed, NotFound, Refused
from hms_desktop.core.ids import is_human_number
from hms_desktop.security.audit import AccessEvent
from tests.clinic.lab.laboratory import BOTH, Laboratory


def test_the_fewest_tubes_serve_the_orders(lab: Laboratory) -> None:
    patient = lab.patient()
    orders = [lab.ordered(patient, code) for code in ("UE", "FBC", "K", "GLU")]
    plan = lab.ask(queries.to_collect, patient)[0]
    planned = [(tube.container, len(tube.orders)) for tube in plan.tubes]
    assert planned == [("gel tube", 2), ("EDTA tube", 1), ("fluoride tube", 1)]
    tubes = lab.collected(*orders)
    assert [t.container for t in tubes] == ["gel tube", "EDTA tube", "fluoride tube"]
    assert len({t.accession for t in tubes}) == 3
    assert all(is_human_number(t.accession, "ACC") for t in tubes)
    assert lab.ask(queries.to_collect, patient) == []
    assert next(set(e.orders) for e in lab.heard(SpecimenCollected)) == {orders[0], orders[2]}
    step = lab.rows(select(SpecimenStep.step, SpecimenStep.reason))[0]
    assert tuple(step) == ("collected", "Full name, Birth date")


def test_what_cant_be_collected_is_refused_by_name(lab: Laboratory) -> None:
    patient, other = lab.patient(), lab.patient("Hendricks", "Paul")
    order = lab.ordered(patient)
    with pytest.raises(Refused, match="two identifiers"):
        lab.do(service.collect, [order], identified=["name"])
    with pytest.raises(BadInput):
        lab.do(service.collect, [], identified=BOTH)
    with pytest.raises(Refused, match="different patients"):
        lab.collected(order, lab.ordered(other))
    lab.collected(order)
    with pytest.raises(Refused, match="already has the specimen ACC-"):
        lab.collected(order)
    revoked = lab.ordered(patient, "NA")
    lab.do(ehr.revoke_order, revoked, "not needed")
    with pytest.raises(Refused, match="only placed orders"):
        lab.collected(revoked)
    visit = lab.do(ehr.draft_order, patient, category="imaging", code="XR", display="Chest X-ray")
    lab.do(ehr.place_order, visit)
    with pytest.raises(Refused, match="needs no specimen"):
        lab.collected(visit)
    with pytest.raises(NotAllowed):
        lab.do(service.collect, [order], identified=BOTH, who=lab.receptionist)


def test_an_order_without_a_test_in_the_catalogue_says_so(lab: Laboratory) -> None:
    patient = lab.patient()
    order = lab.do(ehr.draft_order, patient, category="laboratory", code="XYZ", display="House test")
    lab.do(ehr.place_order, order)
    with pytest.raises(NotFound, match="XYZ is not in the catalogue"):
        lab.collected(order)
    assert lab.ask(queries.to_collect, patient)[0].tubes == ()


def test_orders_of_joined_charts_share_a_tube(lab: Laboratory) -> None:
    kept, other = lab.patient(), lab.patient("Okonkwo", "Amaara", mrn="MRN-2")
    orders = [lab.ordered(kept, "K"), lab.ordered(other, "NA")]
    lab.add(PatientLink, survivor=kept, replaced=other, reason="same person", by=lab.doctor.person.id)
    assert len(lab.collected(*orders)) == 1


def test_a_label_holds_what_the_bench_must_read(lab: Laboratory) -> None:
    patient = lab.patient()
    tube = lab.collected(lab.ordered(patient, "K", "stat"))[0]
    label = lab.ask(queries.label, tube.specimen)
    assert (label.accession, label.patient, label.born, label.mrn, label.priority, label.tests) == (
        tube.accession,
        "OKONKWO, Amara",
        "14-Mar-1979",
        "MRN-Okonkwo",
        "stat",
        "Potassium",
    )


def test_a_specimen_is_received_by_its_scan_once(lab: Laboratory) -> None:
    tube = lab.collected(lab.ordered(lab.patient()))[0]
    lab.do(service.hand_over, tube.specimen, who=lab.nurse)
    with pytest.raises(Refused, match="handed over already"):
        lab.do(service.hand_over, tube.specimen, who=lab.nurse)
    scanned = tube.accession.lower().replace("-", "")
    assert lab.do(service.receive, scanned, who=lab.technologist) == tube.specimen
    assert lab.heard(SpecimenReceived)[0].accession == tube.accession
    lab.later(minutes=1)
    with pytest.raises(Refused, match="was already received 23-Nov-2026 09:00"):
        lab.do(service.receive, tube.accession, who=lab.technologist)
    custody = lab.ask(queries.bench, tube.specimen).custody
    assert [(c.step, c.by) for c in custody] == [
        ("collected", "Khanyi Moyo"),
        ("in_transit", "Khanyi Moyo"),
        ("received", "Palesa Kgosi"),
    ]


def test_a_foreign_or_unknown_code_changes_nothing(lab: Laboratory) -> None:
    tube = lab.collected(lab.ordered(lab.patient()))[0]
    for scanned, says in [
        ("LAB2-26-118204", "not one of our labels"),
        ("", "Nothing was read"),
        ("4006381333931", "product code"),
        (tube.accession[:-1] + ("A" if tube.accession[-1] != "A" else "B"), "wrong check character"),
        ("ACC-3ZZ-00001-" + "0", "check character|not on this device"),
    ]:
        with pytest.raises(Refused, match=says):
            lab.do(service.receive, scanned, who=lab.technologist)
    assert lab.row(Specimen, tube.specimen).status == "collected"


@pytest.mark.hazard("H09")
def test_another_patients_tube_stops_hard(lab: Laboratory) -> None:
    patient, other = lab.patient(), lab.patient("Hendricks", "Paul")
    tube = lab.collected(lab.ordered(patient))[0]
    with pytest.raises(Refused, match="belongs to another patient"):
        lab.do(service.receive, tube.accession, expected=other, who=lab.technologist)
    assert lab.row(Specimen, tube.specimen).status == "collected"
    lab.do(service.receive, tube.accession, expected=patient, who=lab.technologist)


def test_a_rejected_specimen_is_collected_again(lab: Laboratory) -> None:
    order = lab.ordered(lab.patient())
    specimen = lab.received(order)
    with pytest.raises(BadInput):
        lab.do(service.reject, specimen, "??", who=lab.technologist)
    lab.do(service.reject, specimen, "RH", "pink serum", who=lab.technologist)
    told = lab.heard(SpecimenRejected)[0]
    assert (told.reason, told.orders, told.requesters) == ("Haemolysed: pink serum", (order,), (lab.doctor.person.id,))
    accession = lab.row(Specimen, specimen).accession
    with pytest.raises(Refused, match=r"was rejected .*Haemolysed: pink serum"):
        lab.do(service.receive, accession, who=lab.technologist)
    with pytest.raises(Refused, match="can't be rejected any more"):
        lab.do(service.reject, specimen, "RH", who=lab.technologist)
    assert [o.id for o in lab.ask(queries.to_collect)[0].orders] == [order]
    assert len(lab.collected(order)) == 1


def test_a_new_label_is_audited_and_the_old_one_says_what_it_is(lab: Laboratory) -> None:
    order = lab.ordered(lab.patient())
    old = lab.collected(order)[0]
    with pytest.raises(BadInput):
        lab.do(service.relabel, old.specimen, "", who=lab.nurse)
    new = lab.do(service.relabel, old.specimen, "smudged", who=lab.nurse)
    assert (new.accession != old.accession, new.orders) == (True, (order,))
    with pytest.raises(Refused, match="old label that was replaced"):
        lab.do(service.receive, old.accession, who=lab.technologist)
    lab.do(service.receive, new.accession, who=lab.technologist)
    steps = lab.ask(queries.bench, old.specimen).custody
    assert [(s.step, s.reason) for s in steps][-1] == ("relabelled", "smudged")
    lab.entered(new.specimen, order, K="4.0")
    with pytest.raises(Refused, match="keeps its number"):
        lab.do(service.relabel, new.specimen, "again", who=lab.nurse)
    with pytest.raises(Refused, match="needs no new label"):
        lab.do(service.relabel, old.specimen, "again", who=lab.nurse)


def test_the_worklist_is_by_priority_then_age(lab: Laboratory) -> None:
    wanted = []
    for family, priority in (("Pillay", "routine"), ("Smit", "urgent"), ("Hendricks", "stat"), ("Botha", "routine")):
        tube = lab.collected(lab.ordered(lab.patient(family), "K", priority))[0]
        wanted.append(tube.accession)
        lab.later(minutes=3)
    listed = lab.ask(queries.worklist)
    assert [row.accession for row in listed] == [wanted[2], wanted[1], wanted[0], wanted[3]]
    assert {row.state for row in listed} == {"collected"}
    assert lab.ask(queries.worklist, "haematology") == []
    assert len(lab.ask(queries.worklist, "chemistry")) == 4


def test_the_step_of_a_specimen_follows_the_work(lab: Laboratory) -> None:
    patient = lab.patient()
    order = lab.ordered(patient, "UE")
    specimen = lab.collected(order)[0].specimen

    def step() -> str:
        return next(row.state for row in lab.ask(queries.worklist) if row.specimen == specimen)

    seen = [step()]
    lab.do(service.hand_over, specimen, who=lab.nurse)
    seen.append(step())
    lab.do(service.receive, lab.row(Specimen, specimen).accession, who=lab.technologist)
    seen.append(step())
    made = list(lab.entered(specimen, order, NA="140", CL="100"))
    seen.append(step())
    made += lab.entered(specimen, order, K="6.8", UREA="5", CREA="80")
    seen.append(step())
    assert lab.told(made[2], "6.8").done
    seen.append(step())
    lab.verified(*made)
    seen.append(step())
    lab.do(service.release, order, who=lab.verifier)
    seen.append(step())
    assert seen == ["collected", "in-transit", "received", "entering", "critical", "verify", "release", "released"]


def test_a_revoked_orders_specimen_is_shown_as_such(lab: Laboratory) -> None:
    order = lab.ordered(lab.patient())
    specimen = lab.received(order)
    lab.do(ehr.revoke_order, order, "died")
    assert [(r.specimen, r.state) for r in lab.ask(queries.worklist)] == [(specimen, "revoked")]


def test_looking_at_a_specimen_is_recorded(lab: Laboratory) -> None:
    specimen = lab.received(lab.ordered(lab.patient()))
    lab.do(service.open_specimen, specimen, who=lab.technologist)
    assert [tuple(r) for r in lab.rows(select(AccessEvent.kind, AccessEvent.detail))] == [("result", "bench")]


def test_the_catalogue_is_versioned(lab: Laboratory) -> None:
    patient = lab.patient()
    before = lab.ordered(patient)
    newer = {**next(t for t in shipped_catalogue() if t["code"] == "K"), "version": 2, "display": "Potassium, serum"}
    newer["valid_from"] = lab.later(days=1).date()
    assert lab.do(service.publish_catalogue, [newer], who=lab.verifier) == 1
    assert lab.do(service.publish_catalogue, [newer], who=lab.verifier) == 0
    assert lab.ask(queries.catalogue)["K"].version == 2
    assert lab.sheet(before).test.version == 1
    assert lab.sheet(lab.ordered(patient)).test.display == "Potassium, serum"
    assert len(lab.rows(select(LabTest.id).where(LabTest.code == "K"))) == 2
    assert lab.sheet(before).test.display == "Potassium"
    assert queries.LAB in {"laboratory"} and lab.ask(queries.find_specimen, str(uuid4())) is None
    assert [t.code for t in lab.ask(queries.orderable)][:2] == ["FBC", "LIPID"]


def test_a_panel_keeps_the_tests_it_was_ordered_with_even_on_the_day_of_a_new_version(lab: Laboratory) -> None:
    panel = next(test for test in lab.ask(queries.orderable) if test.code == "FBC")
    assert len(panel.parts) == len(panel.members)
    order = partial(ehr.draft_order, category="laboratory", code="FBC", display=panel.display, definition=panel.id)
    before = lab.do(partial(order, parts=panel.parts), lab.patient())
    lab.do(ehr.place_order, before)
    newer = {**next(t for t in shipped_catalogue() if t["code"] == "HGB"), "version": 2, "display": "Haemoglobin, new"}
    lab.do(service.publish_catalogue, [{**newer, "valid_from": lab.later().date()}], who=lab.verifier)
    assert lab.sheet(before).lines[0].test.display == "Haemoglobin"
    assert lab.sheet(lab.ordered(lab.patient(), "FBC")).lines[0].test.display == "Haemoglobin, new"


def test_a_panel_of_unknown_tests_is_refused(lab: Laboratory) -> None:
    panel = {**next(t for t in shipped_catalogue() if t["code"] == "FBC"), "version": 2, "members": ["HGB", "NONE"]}
    with pytest.raises(BadInput, match="Full blood count asks for the test NONE"):
        lab.do(service.publish_catalogue, [{**panel, "valid_from": lab.later().date()}], who=lab.verifier)
