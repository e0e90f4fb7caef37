# SPDX-License-Identifier: Apache-2.0
"""Results through a real store: entry, flags kept, verification by two, release, correction, inbox."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import select

from hms_desktop.clinic.ehr import service as ehr
from hms_desktop.clinic.ehr.model import Observation, Order
from hms_desktop.clinic.lab import queries, service
from hms_desktop.clinic.lab.events import ResultAcknowledged, ResultCorrected, ResultReleased, ResultVerified
from hms_desktop.clinic.lab.model import LabResult, ResultRelease
from hms_desktop.core.errors import BadInput, NotAllowed, Refused
from hms_desktop.security.accounts import SiteSetting
from hms_desktop.security.audit import AccessEvent
from tests.clinic.ehr.practice import by_role
from tests.clinic.lab.laboratory import Laboratory


@pytest.mark.hazard("H39")
def test_range_flag_and_unit_are_kept_with_the_value(lab: Laboratory) -> None:
    order = lab.ordered(lab.patient())
    result = lab.entered(lab.received(order), order, K="5.25")[0]
    row = lab.row(LabResult, result)
    assert (row.value, row.unit, row.flag, row.critical) == (Decimal("5.3"), "mmol/L", "H", False)
    assert (row.reference_low, row.reference_high, row.version, row.status) == (
        Decimal("3.5"),
        Decimal("5.1"),
        1,
        "preliminary",
    )


def test_bad_values_are_refused_and_nothing_is_kept(lab: Laboratory) -> None:
    order = lab.ordered(lab.patient(), "UE")
    specimen = lab.received(order)
    with pytest.raises(BadInput, match="not possible"):
        lab.entered(specimen, order, NA="140", K="71")
    with pytest.raises(BadInput, match="not asked for"):
        lab.entered(specimen, order, XX="1")
    with pytest.raises(BadInput, match="type a number"):
        lab.do(service.enter_results, specimen, order, {"K": "high"}, who=lab.technologist)
    other = lab.ordered(lab.patient("Other"))
    with pytest.raises(Refused, match="not collected for this order"):
        lab.entered(specimen, other, K="4")
    assert lab.rows(select(LabResult.id)) == []


def test_a_specimen_must_be_received_first(lab: Laboratory) -> None:
    order = lab.ordered(lab.patient())
    tube = lab.collected(order)[0]
    with pytest.raises(Refused, match="Scan it in first"):
        lab.entered(tube.specimen, order, K="4")
    with pytest.raises(NotAllowed):
        lab.entered(tube.specimen, order, lab.nurse, K="4")


def test_answers_are_chosen_from_the_list(lab: Laboratory) -> None:
    order = lab.ordered(lab.patient(), "HCG")
    specimen = lab.received(order)
    with pytest.raises(BadInput, match="one of the answers"):
        lab.do(service.enter_results, specimen, order, {"HCG": "maybe"}, who=lab.technologist)
    made = lab.do(service.enter_results, specimen, order, {"HCG": "positive"}, who=lab.technologist)
    assert (lab.row(LabResult, made[0]).text_value, lab.row(LabResult, made[0]).flag) == ("positive", "A")


def test_typing_over_a_value_keeps_both_versions(lab: Laboratory) -> None:
    order = lab.ordered(lab.patient())
    specimen = lab.received(order)
    first = lab.entered(specimen, order, K="4.1")[0]
    assert lab.entered(specimen, order, K="4.1") == ()
    second = lab.entered(specimen, order, K="4.4")[0]
    line = lab.sheet(order).lines[0]
    assert line.result is not None and (line.result.id, line.result.version) == (second, 2)
    assert [(o.id, o.replaced) for o in line.older] == [(first, True)]
    with pytest.raises(Refused, match="no longer stands"):
        lab.do(service.verify, [first], who=lab.second)


def test_a_value_is_compared_with_the_last_one_ours_or_imported(lab: Laboratory) -> None:
    patient = lab.patient()
    lab.add(
        Observation,
        patient=patient,
        category="laboratory",
        code="2823-3",
        display="Potassium",
        value=Decimal("4.6"),
        unit="mmol/L",
        at=lab.later(),
    )
    lab.later(days=2)
    order = lab.ordered(patient)
    specimen = lab.received(order)
    result = lab.entered(specimen, order, K="6.0")[0]
    assert lab.row(LabResult, result).delta_exceeded
    line = lab.ask(queries.bench, specimen).sheets[0].lines[0]
    assert [p.value for p in line.earlier] == [Decimal("4.6")]
    assert line.reference is not None and line.reference.high == Decimal("5.1")


def test_two_people_verify_and_neither_entered(lab: Laboratory) -> None:
    order = lab.ordered(lab.patient())
    result = lab.entered(lab.received(order), order, K="4.2")[0]
    with pytest.raises(Refused, match="entered Potassium yourself"):
        lab.do(service.verify, [result], who=lab.technologist)
    with pytest.raises(NotAllowed):
        lab.do(service.validate, [result], who=lab.second)
    with pytest.raises(Refused, match="technically first"):
        lab.do(service.validate, [result], who=lab.verifier)
    lab.do(service.verify, [result], who=lab.verifier)
    with pytest.raises(Refused, match="verified Potassium technically"):
        lab.do(service.validate, [result], who=lab.verifier)
    assert "medically" in (lab.sheet(order).holds or "")
    assert [e.level for e in lab.heard(ResultVerified)] == ["technical"]
    with pytest.raises(BadInput):
        lab.do(service.verify, [], who=lab.second)


def test_a_small_clinic_may_let_one_person_do_both(lab: Laboratory) -> None:
    lab.add(SiteSetting, site="", key="lab.separate_duties", value=False)
    order = lab.ordered(lab.patient())
    result = lab.entered(lab.received(order), order, lab.verifier, K="4.2")[0]
    lab.do(service.verify, [result], who=lab.verifier)
    lab.do(service.validate, [result], who=lab.verifier)
    lab.do(service.release, order, who=lab.verifier)
    assert [e.level for e in lab.heard(ResultVerified)] == ["technical", "medical"]
    assert lab.sheet(order).holds is None, "nothing holds the report any more"


def test_only_normals_are_verified_together(lab: Laboratory) -> None:
    order = lab.ordered(lab.patient(), "UE")
    made = lab.entered(lab.received(order), order, NA="140", K="5.6", CL="100", UREA="5.0", CREA="70")
    with pytest.raises(Refused, match="Potassium is not normal"):
        lab.do(service.verify, made, who=lab.second)
    normal = [id for id in made if id != made[1]]
    lab.do(service.verify, normal, who=lab.second)
    lab.do(service.verify, [made[1]], who=lab.second)
    lab.do(service.validate, normal, who=lab.verifier)
    assert "Potassium is not verified medically" in (lab.sheet(order).holds or "")


def test_a_report_goes_out_once_with_everything_in_it(lab: Laboratory) -> None:
    order = lab.ordered(lab.patient(), "UE")
    specimen = lab.received(order)
    made = lab.entered(specimen, order, NA="140", K="4.2", CL="100", UREA="5.0")
    lab.verified(*made)
    with pytest.raises(Refused, match="Still to enter: Creatinine"):
        lab.do(service.release, order, who=lab.verifier)
    more = lab.entered(specimen, order, CREA="70")
    with pytest.raises(Refused, match="Creatinine is not verified technically"):
        lab.do(service.release, order, who=lab.verifier)
    lab.verified(*more)
    lab.do(service.release, order, who=lab.verifier)
    with pytest.raises(Refused, match="already released"):
        lab.do(service.release, order, who=lab.verifier)
    released = lab.heard(ResultReleased)[0]
    assert (released.version, released.corrected, released.charge_code, released.recipients) == (
        1,
        False,
        "LAB-UE",
        (lab.doctor.person.id,),
    )
    assert lab.row(Order, order).status == "completed"
    assert released.resulted_at == lab.row(LabResult, more[0]).resulted_at


def test_the_orderer_acknowledges(lab: Laboratory) -> None:
    patient = lab.patient()
    _order, _result, release = lab.released(patient, "5.6")
    inbox = lab.ask(queries.inbox)
    assert [(r.release, r.abnormal, r.corrected) for r in inbox] == [(release, True, False)]
    assert lab.ask(queries.inbox, who=lab.nurse) == []
    assert lab.ask(queries.chart_results, patient)[0].unseen
    lab.do(service.open_result, release)
    assert ("result", "report") in [tuple(r) for r in lab.rows(select(AccessEvent.kind, AccessEvent.detail))]
    assert len(lab.ask(queries.inbox)) == 1
    with pytest.raises(BadInput):
        lab.do(service.acknowledge, release, "whatever")
    first = lab.do(service.acknowledge, release, "noted", "will repeat")
    assert lab.do(service.acknowledge, release, "noted") == first
    assert lab.ask(queries.inbox) == []
    view = lab.ask(queries.release, release)
    assert [(a.by, a.action, a.note) for a in view.acknowledged] == [("Thabo Mbeki", "noted", "will repeat")]
    assert (view.recipients, view.waiting_for, view.latest) == (("Thabo Mbeki",), (), True)
    assert len(lab.heard(ResultAcknowledged)) == 1


def test_a_corrected_result_strikes_the_old_one_and_asks_again(lab: Laboratory) -> None:
    patient = lab.patient()
    order, result, release = lab.released(patient, "5.6")
    lab.do(service.acknowledge, release, "noted")
    for value, reason, says in [("5.6", "typo", "the value that was released"), ("4.6", " ", "Say why")]:
        with pytest.raises(BadInput, match=says):
            lab.do(service.correct_result, result, Decimal(value), reason, who=lab.verifier)
    with pytest.raises(NotAllowed):
        lab.do(service.correct_result, result, Decimal("4.6"), "wrong tube", who=lab.technologist)
    fixed = lab.do(service.correct_result, result, Decimal("4.6"), "wrong tube", who=lab.verifier)
    assert lab.heard(ResultCorrected)[0].replaced == result
    assert lab.row(LabResult, fixed).status == "corrected"
    with pytest.raises(Refused, match="replaced already"):
        lab.do(service.correct_result, result, Decimal("4.7"), "again", who=lab.verifier)
    with pytest.raises(Refused, match="not verified technically"):
        lab.do(service.release, order, who=lab.verifier)
    lab.do(service.verify, [fixed], who=lab.second)
    third = lab.ask(queries.sheet, order)
    assert third.changed and third.released == 1
    lab.add(SiteSetting, site="", key="lab.separate_duties", value=False)
    lab.do(service.validate, [fixed], who=lab.verifier)
    again = lab.do(service.release, order, who=lab.verifier)
    assert [(r.release, r.corrected, r.version) for r in lab.ask(queries.inbox)] == [(again, True, 2)]
    with pytest.raises(Refused, match="Open the newer version"):
        lab.do(service.acknowledge, release, "noted")
    view = lab.ask(queries.release, again)
    assert [(v.value, v.reason) for v in view.values] == [(Decimal("4.6"), "wrong tube")]
    assert [v.value for v in view.struck.values()] == [Decimal("5.6")]
    shown = lab.ask(queries.chart_results, patient)[0]
    assert (shown.value, shown.struck, shown.reason) == (Decimal("4.6"), Decimal("5.6"), "wrong tube")
    assert not lab.ask(queries.release, release).latest


def test_a_correction_typed_over_before_it_goes_out_still_strikes_what_was_released(lab: Laboratory) -> None:
    patient = lab.patient()
    order, result, release = lab.released(patient, "5.6")
    lab.do(service.correct_result, result, Decimal("4.6"), "wrong tube", who=lab.verifier)
    specimen = lab.row(LabResult, result).specimen
    last = lab.entered(specimen, order, K="4.7")[0]
    assert (lab.row(LabResult, last).status, lab.row(LabResult, last).reason) == ("corrected", "wrong tube")
    lab.verified(last)
    view = lab.ask(queries.release, lab.do(service.release, order, who=lab.verifier))
    assert [(v.value, view.struck[v.id].value) for v in view.values] == [(Decimal("4.7"), Decimal("5.6"))]
    shown = lab.ask(queries.chart_results, patient)[0]
    assert (shown.value, shown.struck, shown.reason) == (Decimal("4.7"), Decimal("5.6"), "wrong tube")
    assert not lab.ask(queries.release, release).latest


def test_a_correction_that_was_a_mistake_leaves_the_released_value_standing(lab: Laboratory) -> None:
    order, result, release = lab.released(lab.patient(), "5.6")
    wrong = lab.do(service.correct_result, result, Decimal("4.6"), "wrong tube", who=lab.verifier)
    lab.do(service.void_result, wrong, "it was the right tube", who=lab.technologist)
    line = lab.sheet(order).lines[0]
    assert line.result is not None and line.result.id == result and not lab.sheet(order).changed
    assert [(o.value, o.voided) for o in line.older] == [(Decimal("4.6"), "it was the right tube")]
    with pytest.raises(Refused, match="already released"):
        lab.do(service.release, order, who=lab.verifier)
    other = by_role("Nomsa Khumalo", "lab_verifier")
    again = lab.do(service.correct_result, result, Decimal("4.5"), "diluted", who=other)
    lab.verified(again)
    view = lab.ask(queries.release, lab.do(service.release, order, who=lab.verifier))
    assert [(v.value, view.struck[v.id].id) for v in view.values] == [(Decimal("4.5"), result)]
    assert view.version == 2 and not lab.ask(queries.release, release).latest


def test_a_value_typed_over_before_release_is_no_correction(lab: Laboratory) -> None:
    order = lab.ordered(lab.patient())
    specimen = lab.received(order)
    lab.entered(specimen, order, K="4.1")
    second = lab.entered(specimen, order, K="4.4")[0]
    lab.verified(second)
    view = lab.ask(queries.release, lab.do(service.release, order, who=lab.verifier))
    assert view.struck == {} and not view.corrected


def test_what_is_released_is_not_typed_over_or_voided(lab: Laboratory) -> None:
    order, result, _release = lab.released(lab.patient())
    specimen = lab.row(LabResult, result).specimen
    with pytest.raises(Refused, match="Correct it instead"):
        lab.entered(specimen, order, K="5.0")
    with pytest.raises(Refused, match="Correct it instead"):
        lab.do(service.void_result, result, "wrong", who=lab.technologist)
    unreleased = lab.ordered(lab.patient("Other"))
    made = lab.entered(lab.received(unreleased), unreleased, K="4.0")[0]
    with pytest.raises(Refused, match="not released yet"):
        lab.do(service.correct_result, made, Decimal(5), "x", who=lab.verifier)


def test_a_voided_value_stands_for_nothing_and_stays_readable(lab: Laboratory) -> None:
    order = lab.ordered(lab.patient())
    specimen = lab.received(order)
    made = lab.entered(specimen, order, K="7.9")[0]
    with pytest.raises(BadInput):
        lab.do(service.void_result, made, " ", who=lab.technologist)
    lab.do(service.void_result, made, "wrong tube", who=lab.technologist)
    lab.do(service.void_result, made, "wrong tube", who=lab.technologist)
    line = lab.sheet(order).lines[0]
    assert line.result is None
    assert [(o.value, o.voided) for o in line.older] == [(Decimal("7.9"), "wrong tube")]
    assert lab.ask(queries.critical_open, who=lab.technologist) == []


def test_a_result_of_a_revoked_order_asks_for_a_decision(lab: Laboratory) -> None:
    order = lab.ordered(lab.patient())
    result = lab.entered(lab.received(order), order, K="4.2")[0]
    lab.verified(result)
    lab.do(ehr.revoke_order, order, "transferred")
    assert [r.results for r in lab.ask(queries.revoked_with_result, [order])] == [(result,)]
    with pytest.raises(Refused, match=r"was cancelled \(transferred\)"):
        lab.do(service.release, order, who=lab.verifier)
    lab.do(service.release, order, although_revoked="Dr Mbeki wants it", who=lab.verifier)
    assert lab.row(Order, order).status == "revoked"
    assert lab.ask(queries.revoked_with_result, [lab.ordered(lab.patient("Other"))]) == []


def test_two_benches_that_entered_one_value_are_told(lab: Laboratory) -> None:
    order = lab.ordered(lab.patient())
    specimen = lab.received(order)
    one = lab.entered(specimen, order, K="4.2")[0]
    row = lab.row(LabResult, one)
    other: UUID = lab.add(
        LabResult,
        order=order,
        specimen=specimen,
        patient=row.patient,
        test="K",
        definition=row.definition,
        version=1,
        value=Decimal("4.4"),
        unit="mmol/L",
        flag="N",
        critical=False,
        delta_exceeded=False,
        status="preliminary",
        entered_by=lab.second.person.id,
        resulted_at=lab.later(minutes=1),
    )
    line = lab.sheet(order).lines[0]
    assert line.result is not None and {line.result.id, *(r.id for r in line.rivals)} == {one, other}
    with pytest.raises(Refused, match="entered on two benches"):
        lab.do(service.verify, [one], who=lab.second)
    lab.do(service.void_result, other, "second run", who=lab.technologist)
    lab.verified(one)
    lab.do(service.release, order, who=lab.verifier)
    assert len(lab.rows(select(ResultRelease.id))) == 1
