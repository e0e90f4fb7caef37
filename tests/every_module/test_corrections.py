# SPDX-License-Identifier: Apache-2.0
"""Nothing clinical or financial is deleted: every such table has its own road for what was wrong, with a reason."""

from __future__ import annotations

import re

import pytest

from hms_desktop.security.permissions import ACTIONS
from hms_desktop.storage.records import REGISTRY, Fact, Table
from hms_desktop.storage.unit import Unit
from tests.every_module import everything
from tests.every_module.source import ROOT, listed, sources

MODULES = ("appointments", "billing", "ehr", "inventory", "lab", "pharmacy")
STATES = {
    "allergy": ("verification_status", "ehr.review_allergy"),
    "appointment": ("status", "appointments.enter_in_error"),
    "condition": ("verification_status", "ehr.change_problem"),
    "encounter": ("status", "ehr.void_visit"),
    "prescription": ("status", "ehr.void_prescription"),
    "service_order": ("status", "ehr.void_order"),
}
"""The state in which an entry was entered in error, and the action that brings it there."""
VOIDS = {
    "bed_stay": ("bed_stay_end", "ehr.undo_admission"),
    "charge": ("charge_void", "billing.void_charge"),
    "dispense": ("dispense_void", "pharmacy.reverse"),
    "invoice": ("credit_note", "billing.credit_invoice"),
    "lab_result": ("lab_result_void", "lab.void_result"),
    "no_known_allergy": ("no_known_allergy_void", "ehr.void_no_allergies"),
    "note": ("note_void", "ehr.void_note"),
    "observation": ("observation_void", "ehr.void_observation"),
    "payment": ("payment_void", "billing.void_payment"),
    "procedure": ("procedure_void", "ehr.void_procedure"),
    "visit_link": ("visit_link_void", "ehr.part_visits"),
}
"""The fact that says so of another one, and the action that writes it."""
CONTRA = {
    "stock_move": "inventory.adjust_stock",
    "batch": "inventory.change_batch_state",
    "specimen": "lab.reject",
    "cash_session": "billing.close_drawer",
    "register_entry": "inventory.adjust_stock",
}
"""What is put right by a further entry with a reason, as books and shelves are."""
BELONGS = {
    "alert_override": "prescription", "bed_night": "encounter", "cash_close": "cash_session", "check_in": "appointment",
    "controlled_register": "register_entry", "critical_call": "lab_result", "credit_note": "invoice",
    "invoice_line": "invoice", "invoice_share": "invoice", "note_addendum": "note", "note_beginning": "note",
    "note_section": "note", "note_signature": "note", "queue_call": "appointment",
    "result_acknowledgement": "lab_result", "register_release": "register_entry",
    "result_recipient": "lab_result", "result_release": "lab_result",
    "result_verification": "lab_result", "specimen_order": "specimen", "specimen_step": "specimen",
}  # fmt: skip
"""Parts that stand and fall with their entry."""
FROM_ELSEWHERE = {"diagnostic_report", "immunization"}
"""Imported and never written here: their source corrects them, and a new import keeps what it says."""
LISTS = {
    "entry_form", "item", "item_version", "lab_test", "note_phrase", "note_template", "price", "procedure_type",
}  # fmt: skip
"""Catalogues: a new version with a date, none is written over."""


@pytest.fixture(autouse=True, scope="module")
def everything_loaded() -> None:
    everything.load()


def records() -> list[Table]:
    """Clinical and financial tables, without conflicts and without the facts that say that something was wrong."""
    said = {void for void, _action in VOIDS.values()}
    ours = [t for t in REGISTRY.values() if t.module in MODULES and "_conflict" not in t.name and t.name not in said]
    return [table for table in ours if table.record.__module__.startswith("hms_desktop.")]


def test_every_clinical_and_financial_table_has_a_road_for_what_was_wrong() -> None:
    known = {*STATES, *VOIDS, *CONTRA, *BELONGS, *FROM_ELSEWHERE, *LISTS}
    assert not (missing := {table.name for table in records()} - known), f"no road for {sorted(missing)}"
    assert not (parts := set(BELONGS.values()) - known), parts


def test_an_entry_in_error_keeps_its_row_its_reason_and_its_author() -> None:
    wrong = []
    for name, (column, action) in STATES.items():
        if "entered-in-error" not in REGISTRY[name].choices[column] or action not in ACTIONS:
            wrong.append(f"{name}: no state “entered-in-error” in {column}, or no {action}")
    for name, (void, action) in VOIDS.items():
        table = REGISTRY[void]
        if not issubclass(table.record, Fact) or not {"reason", "by"} <= set(table.kinds) or action not in ACTIONS:
            wrong.append(f"{name}: {void} is no fact with a reason and an author, or there is no {action}")
    wrong += [f"{name}: no {action}" for name, action in CONTRA.items() if action not in ACTIONS]
    assert not wrong, listed(wrong)


def test_nothing_in_the_clinic_can_delete_a_row() -> None:
    offered = [name for name in dir(Unit) if not name.startswith("_") and ("delete" in name or "remove" in name)]
    assert not offered, f"a unit of work offers {offered}"
    found = [
        f"{source.path}: takes rows out"
        for folder in ("hms_desktop/clinic", "hms_desktop/ui", "hms_desktop/documents", "hms_desktop/interop")
        for source in sources(folder)
        if deletes((ROOT / source.path).read_text(encoding="utf-8"))
    ]
    assert not found, listed(found)


def deletes(text: str) -> bool:
    """Whether code takes rows out of synced tables; a search index of a device's own it may rebuild."""
    tables = re.findall(r'DELETE FROM "?(\w+)', text)
    return "delete_row" in text or "import delete" in text or bool(set(tables) & set(REGISTRY))
