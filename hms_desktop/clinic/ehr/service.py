# SPDX-License-Identifier: Apache-2.0
"""Everything that can be done to the record of care, one verb each; the acts themselves live by subject beside this."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from hms_desktop.clinic.ehr import service_orders, service_prescriptions
from hms_desktop.clinic.ehr.model import Encounter
from hms_desktop.clinic.ehr.rules_notes import Texts, is_empty
from hms_desktop.clinic.ehr.service_allergies import (
    change_problem,
    describe_allergy,
    record_allergy,
    record_problem,
    reverify_allergies,
    review_allergy,
    state_no_allergies,
    void_no_allergies,
)
from hms_desktop.clinic.ehr.service_notes import (
    WrittenMeanwhile,
    add_addendum,
    cosign_note,
    digest_now,
    is_signed,
    sign,
    void_note,
    write_note,
)
from hms_desktop.clinic.ehr.service_orders import (
    OrderedAlready,
    complete_order,
    draft_order,
    drop_order,
    hold_order,
    place_order,
    resume_order,
    revoke_order,
    void_order,
)
from hms_desktop.clinic.ehr.service_prescriptions import (
    AlertsStand,
    AllergiesNotAsked,
    Overriding,
    change_dose,
    draft_prescription,
    drop_prescription,
    hold_medicine,
    prescribe,
    resume_medicine,
    stop_medicine,
    void_prescription,
)
from hms_desktop.clinic.ehr.service_visits import (
    begin_visit,
    cancel_visit,
    finish_visit,
    open_chart,
    open_encounter,
    open_visit,
    part_visits,
    pause_visit,
    triage_visit,
    void_visit,
)
from hms_desktop.clinic.ehr.service_vitals import SecondLook, record_vitals, void_observation
from hms_desktop.clinic.inventory.service_controlled import sign_controlled
from hms_desktop.core.errors import Refused
from hms_desktop.core.text import _
from hms_desktop.security.permissions import action
from hms_desktop.storage.unit import Unit

__all__ = [
    "AlertsStand",
    "AllergiesNotAsked",
    "BasketChanged",
    "OrderedAlready",
    "Overriding",
    "SecondLook",
    "Signed",
    "WrittenMeanwhile",
    "add_addendum",
    "begin_visit",
    "cancel_visit",
    "change_dose",
    "change_problem",
    "complete_order",
    "cosign_note",
    "describe_allergy",
    "draft_order",
    "draft_prescription",
    "drop_order",
    "drop_prescription",
    "finish_visit",
    "hold_medicine",
    "hold_order",
    "open_chart",
    "open_encounter",
    "open_visit",
    "part_visits",
    "pause_visit",
    "place_order",
    "prescribe",
    "record_allergy",
    "record_problem",
    "record_vitals",
    "resume_medicine",
    "resume_order",
    "reverify_allergies",
    "review_allergy",
    "revoke_order",
    "sign_visit",
    "state_no_allergies",
    "stop_medicine",
    "triage_visit",
    "void_no_allergies",
    "void_note",
    "void_observation",
    "void_order",
    "void_prescription",
    "void_visit",
    "write_note",
]


@dataclass(frozen=True)
class Signed:
    """What one signing did: the signature (None when there was no note), orders placed and medicines prescribed."""

    signature: UUID | None
    orders: tuple[UUID, ...]
    prescriptions: tuple[UUID, ...]


class BasketChanged(Refused):
    """Something was put into the basket or taken out after the signer was asked."""

    def __init__(self) -> None:
        super().__init__(
            _("The orders of this visit changed since you were asked. Look at them again, then sign what you see.")
        )


@action("ehr.sign_visit", needs="note.sign")
def sign_visit(
    unit: Unit,
    encounter: UUID,
    seen_digest: str = "",
    *,
    texts: Texts | None = None,
    seen: Texts | None = None,
    basket: Collection[UUID] | None = None,
    begun: Sequence[UUID] = (),
) -> Signed:
    """Sign a visit's note and place everything in its basket, in one act: all of it holds or none of it.

    `seen_digest` is the digest of the note as the signer read it (`NoteView.digest`); a note that changed since is not
    signed. With `texts` (every section as typed, over `seen` as read, with the templates it was
    `begun` from) the note is saved first, in the same act. With
    `basket`, the drafts that the signer was shown, BasketChanged is raised when others wait by now. Orders need the
    right to order, prescriptions the right to prescribe, controlled ones a second factor (SecondFactorNeeded).
    """
    unit.get(Encounter, encounter)
    if texts is not None and not is_empty(texts):
        write_note(unit, encounter, texts, seen=seen, begun=begun)
        seen_digest = digest_now(unit, encounter)
    orders, medicines = service_orders.drafts(unit, encounter), service_prescriptions.drafts(unit, encounter)
    if basket is not None and {row.id for row in (*orders, *medicines)} != set(basket):
        raise BasketChanged
    alone = texts is None and bool(orders or medicines) and is_signed(unit, encounter)
    signature = None if alone else sign(unit, encounter, seen_digest)
    if signature is None and not orders and not medicines:
        raise Refused(_("There is nothing to sign: the note is empty and no order waits."))
    if orders:
        unit.check("order.place")
    for row in orders:
        service_orders.place(unit, row, unit.now)
    if medicines:
        unit.check("medicine.prescribe")
    for row in medicines:
        service_prescriptions.activate(unit, row)
    sign_controlled(unit, map(service_prescriptions.as_signed, medicines))
    return Signed(signature, tuple(row.id for row in orders), tuple(row.id for row in medicines))
