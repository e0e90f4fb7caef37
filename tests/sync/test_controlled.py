# SPDX-License-Identifier: Apache-2.0
"""A controlled medicine goes out with its signer's second factor beside it, or the server holds it back by name."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from hms_desktop.clinic.ehr import service as ehr
from hms_desktop.clinic.ehr.model import NoKnownAllergy, Prescription
from hms_desktop.clinic.ehr.rules_doses import Dose
from hms_desktop.clinic.inventory.model import ItemVersion
from hms_desktop.clinic.patients.model import Patient
from hms_desktop.core.clock import instant
from hms_desktop.core.errors import NotAllowed
from hms_desktop.security import fido
from hms_desktop.security.accounts import Account
from hms_desktop.security.granted import SecondFactors
from hms_desktop.security.step_up import APP, CODE, FRESH_MS, KEY, SecondFactorNeeded, StepUp, challenge, showing
from hms_desktop.security.totp import STEP_MS
from hms_desktop.storage.change_sets import change_set_root
from tests.clinic.meeting import change, medicine, write
from tests.factors import shown_by, signing
from tests.security.soft_key import SoftKey
from tests.sync.forger import Forger, leaf
from tests.sync.world import World

TABLET = {"form": "tablet", "strength": "10 mg", "unit": "tablet", "classes": "", "active": True}
DOSE = Dose(Decimal(10), "mg", "oral", "two", Decimal(2), 5)
HOST = "riverbend.example"


class Ward(World):
    """A centre with morphine and paracetamol on its list, a patient and a doctor's room."""

    def __init__(self, folder: Any) -> None:
        super().__init__(folder)
        self.morphine = self.setup(medicine(
            code="M", display="morphine", ingredient="morphine", schedule="Schedule 6", **TABLET))  # fmt: skip
        self.free = self.setup(medicine(code="P", display="paracetamol", ingredient="paracetamol", **TABLET))
        self.patient = self.someone()
        self.doctor = self.person("thabo", "doctor")
        self.room = self.desk(self.doctor, "doctor")

    def setup(self, act: Any) -> Any:
        """Write at the centre."""
        return self.centre.store.act(act, self.centre.worker)

    def someone(self) -> UUID:
        """A patient without allergies."""
        flags = {"born_estimated": False, "active": True, "temporary": False, "name_known": True, "sex": "unknown"}
        patient = self.setup(write(Patient, mrn="MRN-1", family="Naidoo", family_key="naidoo", **flags))
        self.setup(write(NoKnownAllergy, patient=patient, at=instant(self.clock.ms), by=None))
        return patient  # type: ignore[no-any-return]

    def draft(self, item: UUID | None, words: str | None = None) -> UUID:
        """A medicine in somebody's basket."""
        patient = self.someone()
        self.room.sync()
        asked = partial(ehr.draft_prescription, patient=patient, dose=DOSE, medicine=item, words=words,
                        quantity=Decimal(10), quantity_unit="tablet")  # fmt: skip
        return self.room.do(asked)

    def later(self) -> None:
        """Some minutes go by everywhere: codes of an app are new."""
        self.clock.ms = self.room.clock.ms = max(self.clock.ms, self.room.clock.ms) + 10 * STEP_MS


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    made = Ward(tmp_path_factory.mktemp("ward"))
    yield made
    made.close()


def at_centre(ward: Ward, prescription: UUID) -> str:
    """The state of a prescription at the centre."""
    row = ward.centre.store.read(lambda reader: reader.get(Prescription, prescription), ward.centre.worker)
    return str(row.status)


def proofs(ward: Ward) -> list[Any]:
    """Every second factor that was shown, as the centre holds them."""
    return ward.centre.store.read(lambda r: r.rows(select(StepUp.__table__)), ward.centre.worker)


def test_signing_a_controlled_medicine_asks_last_and_stands_in_the_record(ward: Ward) -> None:
    ward.later()
    drug, free = ward.draft(ward.morphine), ward.draft(ward.free)
    ward.room.do(partial(ehr.prescribe, prescription=free))
    prescribe = partial(ehr.prescribe, prescription=drug)
    with pytest.raises(SecondFactorNeeded, match="morphine") as asked:
        ward.room.do(prescribe)
    assert asked.value.subjects == {drug}
    shown = shown_by(ward.doctor.person.id, ward.room.clock.ms, drug)
    for wrong in (
        shown_by(uuid4(), ward.room.clock.ms, drug),
        shown_by(ward.doctor.person.id, ward.room.clock.ms, free),
        shown_by(ward.doctor.person.id, ward.room.clock.ms - FRESH_MS - 1, drug),
    ):
        with pytest.raises(SecondFactorNeeded):
            ward.room.do(showing(wrong, prescribe))
    ward.room.do(showing(shown, prescribe))
    with pytest.raises(SecondFactorNeeded):  # what was shown for one act is good for no other
        ward.room.do(showing(shown, partial(ehr.change_dose, prescription=drug, dose=DOSE, reason="pain")))
    ward.room.sync()
    assert at_centre(ward, drug) == at_centre(ward, free) == "active"
    (proof,) = [row for row in proofs(ward) if row.id == shown.id]
    assert (proof.by, proof.factor, proof.subjects, proof.step) == (
        ward.doctor.person.id, APP, [drug.hex], shown.step,
    )  # fmt: skip


def test_another_dose_and_typed_words_of_a_controlled_medicine_ask_too(ward: Ward) -> None:
    ward.later()
    drug, typed, other = ward.draft(ward.morphine), ward.draft(None, "Morphine syrup"), ward.draft(None, "zinc syrup")
    ward.room.do(partial(ehr.prescribe, prescription=other))
    with pytest.raises(SecondFactorNeeded):
        ward.room.do(partial(ehr.prescribe, prescription=typed))
    ward.room.do(signing(ward.room, partial(ehr.prescribe, prescription=drug), drug))
    more = partial(ehr.change_dose, prescription=drug, dose=DOSE, reason="pain", quantity=Decimal(20))
    with pytest.raises(SecondFactorNeeded):
        ward.room.do(more)
    ward.room.clock.ms += STEP_MS
    ward.room.do(signing(ward.room, more, drug))
    ward.room.do(partial(ehr.hold_medicine, prescription=drug, reason="drowsy"))
    ward.room.do(partial(ehr.resume_medicine, prescription=drug))
    ward.room.sync()
    assert at_centre(ward, drug) == "active" and at_centre(ward, typed) == "draft"


@pytest.fixture(scope="module")
def forger(ward: Ward) -> Forger:
    """Another doctor's room, whose program was changed."""
    return Forger(ward.desk(ward.person("mallory", "doctor"), "doctor"))


def edition(ward: Ward, item: UUID) -> bytes:
    """The version of an item that is in force."""
    question = select(ItemVersion.id).where(ItemVersion.item == item)
    return bytes(ward.centre.store.read(lambda reader: reader.one(question), ward.centre.worker).id.bytes)


def asked(ward: Ward, item: UUID | None, **values: Any) -> dict[str, Any]:
    """A prescription as stored on the wire, in force."""
    made = {"patient": ward.patient.bytes, "display": "morphine", "written": ward.clock.ms, "prn": 0,
            "status": "active", **values}  # fmt: skip
    return made if item is None else {**made, "medicine": item.bytes, "edition": edition(ward, item)}


def proof(ward: Ward, forger: Forger, *subjects: UUID, **values: Any) -> Any:
    """A second factor as stored on the wire."""
    now = ward.clock.ms
    listed = "[" + ",".join(f'"{one.hex}"' for one in subjects) + "]"
    facts = {"by": forger.desk.acting.person.id.bytes, "at": now, "factor": APP, "step": now // STEP_MS,
             "subjects": listed, **values}  # fmt: skip
    return leaf("step_up", {name: value for name, value in facts.items() if value is not None})


def test_a_changed_program_signs_nothing_controlled_without_one(ward: Ward, forger: Forger) -> None:
    ward.later()
    drug, other = uuid4(), uuid4()
    row = leaf("prescription", asked(ward, ward.morphine), id=drug)
    how = {"action": "ehr.prescribe"}
    for leaves, words in (
        ([row], "nobody showed a second factor"),
        ([leaf("prescription", asked(ward, None), id=drug)], "nobody showed a second factor"),
        ([leaf("prescription", {k: v for k, v in asked(ward, ward.morphine).items() if k != "edition"}, id=drug)],
         "nobody showed a second factor"),
        ([row, proof(ward, forger, drug), proof(ward, forger, drug, step=1)], "names several"),
        ([row, proof(ward, forger, drug, by=ward.doctor.person.id.bytes)], "names somebody else"),
        ([row, proof(ward, forger, drug, factor="halo")], "not one of the codes"),
        ([row, proof(ward, forger, drug, at=ward.clock.ms - FRESH_MS - 1)], "was not shown when this was signed"),
        ([row, proof(ward, forger, drug, at=ward.clock.ms + 1)], "was not shown when this was signed"),
        ([row, proof(ward, forger, other)], "was shown for something else"),
        ([row, proof(ward, forger, subjects='["rubbish"]')], "can't be read"),
        ([row, proof(ward, forger, subjects='"rubbish"')], "was shown for something else"),
        ([row, proof(ward, forger, drug, step=None)], "not one of the time"),
        ([row, proof(ward, forger, drug, step=7)], "not one of the time"),
        ([row, proof(ward, forger, drug, factor=KEY, step=None, answer=b"-")], "No security key"),
    ):  # fmt: skip
        assert words in forger.refused(*leaves, **how), words
    assert forger.push(forger.made(row, proof(ward, forger, drug), **how)).verdicts == []


def test_a_code_signs_once_in_the_whole_clinic(ward: Ward, forger: Forger) -> None:
    """Two workstations that can't hear of each other take the same code; the server takes it once."""
    ward.later()
    how, again, third = {"action": "ehr.prescribe"}, uuid4(), uuid4()
    row = leaf("prescription", asked(ward, ward.morphine), id=again)
    assert forger.push(forger.made(row, proof(ward, forger, again), **how)).verdicts == []
    row = leaf("prescription", asked(ward, ward.morphine), id=third)
    assert "signed something else before" in forger.refused(row, proof(ward, forger, third), **how)
    by_code = partial(proof, ward, forger, factor=CODE, step=None, answer=b"h" * 32)
    assert forger.push(forger.made(row, by_code(third), **how)).verdicts == []
    fourth = uuid4()
    row = leaf("prescription", asked(ward, ward.morphine), id=fourth)
    assert "signed something else before" in forger.refused(row, by_code(fourth), **how)
    fifth, sixth = uuid4(), uuid4()
    with_one = partial(proof, ward, forger, factor=CODE, step=None, answer=b"g" * 32)
    first = forger.made(leaf("prescription", asked(ward, ward.morphine), id=fifth), with_one(fifth), **how)
    goes_on = {"number": first.number + 1, "prev": change_set_root(first), "stamp": first.stamp + (1 << 14)}
    row = leaf("prescription", asked(ward, ward.morphine), id=sixth)
    answer = forger.push(first, forger.made(row, with_one(sixth), **goes_on, **how))
    assert [verdict.reason for verdict in answer.verdicts] == ["The code beside it signed something else before."]


def test_what_was_put_into_a_draft_is_looked_at_when_it_goes_out(ward: Ward, forger: Forger) -> None:
    ward.later()
    drug, how = uuid4(), {"action": "ehr.prescribe"}
    made = forger.made(leaf("prescription", asked(ward, ward.morphine, status="draft"), id=drug), **how)
    assert forger.push(made).verdicts == []
    out = {"status": "active"}
    assert "nobody showed" in forger.refused(leaf("prescription", out, {"state": [made.stamp]}, drug), **how)
    ward.later()
    signed = forger.made(leaf("prescription", out, {"state": [made.stamp]}, drug), proof(ward, forger, drug), **how)
    assert forger.push(signed).verdicts == []
    dosed = leaf("prescription", {"dose": "90", "prn": 0}, {"dose": [made.stamp]}, drug)
    assert "nobody showed" in forger.refused(dosed, action="ehr.change_dose")
    assert "nobody showed" in forger.refused(dosed, action="conflicts.choose"), "who chooses signs"
    stopped = leaf("prescription", {"status": "stopped"}, {"state": [signed.stamp]}, drug)
    assert forger.push(forger.made(stopped, action="ehr.stop_medicine")).verdicts == []


def test_a_hand_over_of_a_controlled_medicine_takes_one(ward: Ward) -> None:
    counter = Forger(ward.desk(ward.person("naledi", "pharmacist"), "pharmacy"))
    ward.later()
    drug = uuid4()
    ward.setup(lambda unit: (setattr(unit, "action", "test.setup"), unit.add(
        Prescription, id=drug, patient=ward.patient, display="morphine", medicine=ward.morphine, status="active",
        written=unit.now, prn=False))[1])  # fmt: skip
    handed = {"prescription": drug.bytes, "patient": ward.patient.bytes, "item": ward.morphine.bytes, "firm": 1,
              "edition": edition(ward, ward.morphine), "quantity": "6", "unit": "tablet", "at": ward.clock.ms,
              "by": counter.desk.acting.person.id.bytes, "place": uuid4().bytes, "owing": "0",
              "batches": "[]"}  # fmt: skip
    out = leaf("dispense", handed)
    assert "nobody showed" in counter.refused(out, action="pharmacy.dispense")
    beside = proof(ward, counter, drug)
    assert counter.push(counter.made(out, beside, action="pharmacy.dispense")).verdicts == []


def test_the_server_checks_what_a_security_key_signed(ward: Ward, forger: Forger) -> None:
    ward.later()
    person, key, now = forger.desk.acting.person.id, SoftKey(), ward.clock.ms
    server = fido.checker(HOST, "Riverbend")
    reader = fido.KeyReader(HOST, lambda: [key])
    begun = fido.ask_registration(server, person, "mallory", ())
    held = fido.registered(server, begun, reader.register(begun), "Blue", now)
    ward.setup(change(Account, person, second=SecondFactors((), (held,)).packed()))
    ward.centre._facts = type(ward.centre._facts)(*(getattr(ward.centre._facts, f) for f in (
        "id", "clinic", "signing_public")), hosts=("other.example", HOST))  # fmt: skip
    drug, how = uuid4(), {"action": "ehr.prescribe"}
    row = leaf("prescription", asked(ward, ward.morphine), id=drug)

    def answer(*what: UUID) -> bytes:
        question = fido.ask_sign_in(server, (held,), challenge=challenge(person, now, what))
        return fido.packed_answer(reader.sign_in(question)[0])

    beside = partial(proof, ward, forger, drug, factor=KEY, step=None)
    for wrong in (answer(uuid4()), b"{}", None):
        assert "No security key of who signed" in forger.refused(row, beside(answer=wrong), **how)
    assert forger.push(forger.made(row, beside(answer=answer(drug)), **how)).verdicts == []


def test_nobody_prescribes_by_a_second_factor_alone(ward: Ward) -> None:
    nurse = ward.desk(ward.person("nandi", "nurse"), "nurse")
    with pytest.raises(NotAllowed):
        nurse.do(signing(nurse, partial(ehr.prescribe, prescription=uuid4())))
