# SPDX-License-Identifier: Apache-2.0
"""What may be written anew, one by one: who changes a group of a table says how it is marked and where its history is.

A new `unit.change`, a new table whose rows replace others and a screen that names a patient without the mark fail here;
that the marks and histories are seen is proven through windows by `tests/promises/test_amended_places.py`.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from hms_desktop.security.permissions import ACTIONS
from hms_desktop.storage.records import REGISTRY, Table
from tests.every_module import everything
from tests.every_module.source import FUNCTION, Source, listed, sources

WALK = "tests/promises/test_amended_places.py"
ANEW = "tests/promises/test_amendments.py"
WRONG = "tests/promises/test_mistakes.py"
TILL = "tests/promises/test_cash_desk.py"


@dataclass(frozen=True)
class Kept:
    """How a change is seen: the function that draws its mark, the query that tells its history, and who proves it."""

    mark: str
    history: str
    proof: str


_PERSON = Kept("patient_amended:corrected", "queries_history:versions", WALK)
_RECORD = Kept("record_side:_identifiers", "queries_history:versions", ANEW)
_ENTRY = "ehr/queries_versions:entry_versions"
_RESULT = Kept("result_sheet:value_cell", "lab/queries_versions:reported_versions", WALK)
_TOLD = "billing/queries_versions:document_versions"
_ASKED = Kept("requests_pane:state_chip", "privacy/queries:requests", "tests/promises/test_privacy.py")
CHANGES: dict[tuple[str, str], Kept] = {
    ("allergy", "state"): Kept("allergy_sheet:_faces", _ENTRY, WRONG),
    ("allergy", "what"): Kept("allergy_sheet:_faces", _ENTRY, ANEW),
    ("appointment", "slot"): Kept("appointments/words:time_cell", "queries_versions:booking_versions", WALK),
    ("appointment", "state"): Kept("appointments/words:status_chip", "queries_history:timeline", WRONG),
    ("batch", "state"): Kept("inventory/words:state_cell", "inventory/queries_versions:batch_versions", WALK),
    ("condition", "state"): Kept("mistakes:_problem_state", _ENTRY, WALK),
    ("coverage", "cover"): Kept("record_side:_covers", "queries_history:versions", "tests/promises/test_shares.py"),
    ("encounter", "state"): Kept("sections:_visit_state", _ENTRY, WRONG),
    ("note_section", "words"): Kept("sections:note_chip", _ENTRY, WALK),
    ("patient", "birth"): _PERSON,
    ("patient", "death"): Kept("patient_facts:_shown", "queries_history:versions", WALK),
    ("patient", "language"): Kept("record_side:_and_mark", "queries_history:versions", WALK),
    ("patient", "name"): _PERSON,
    ("patient", "number"): Kept("patient_facts:_standing", "queries_history:versions", ANEW),
    ("patient", "sex"): _PERSON,
    ("patient", "status"): Kept("record_side:_joined", "queries_history:versions", WALK),
    ("patient_contact", "contact"): Kept("record_side:_anew", "queries_history:versions", WALK),
    ("patient_flag", "flag"): _RECORD,
    ("patient_identifier", "value"): _RECORD,
    ("practitioner", "work"): Kept("sessions_screen:_name_cell", "queries_versions:staff_versions", WALK),
    ("prescription", "dose"): Kept("ehr/words:medicine_face", _ENTRY, WALK),
    ("prescription", "reason"): Kept("ehr/words:medicine_face", _ENTRY, WALK),
    ("prescription", "state"): Kept("ehr/words:medicine_chip", _ENTRY, WRONG),
    ("prescription", "what"): Kept("ehr/words:medicine_chip", _ENTRY, WRONG),
    ("privacy_request", "disagreement"): _ASKED,
    ("privacy_request", "extension"): _ASKED,
    ("privacy_request", "state"): _ASKED,
    ("service_order", "state"): Kept("ehr/words:order_chip", _ENTRY, WRONG),
    ("service_order", "what"): Kept("ehr/words:order_chip", _ENTRY, WRONG),
    ("session_template", "session"): Kept("sessions_screen:_capacity_cell", "queries_versions:staff_versions", WALK),
    ("session_template", "validity"): Kept("sessions_screen:_valid_cell", "queries_versions:staff_versions", ANEW),
    ("specimen", "state"): Kept("lab/words:state_chip", "lab/queries:bench", WALK),
    ("specimen", "where"): Kept("lab/words:state_chip", "lab/queries:bench", WALK),
    ("task", "owner"): Kept("record_words:task_state", "patients/queries:tasks", ANEW),
    ("task", "state"): Kept("record_words:task_state", "patients/queries:tasks", ANEW),
}  # fmt: skip
"""Every group of a table that an action writes anew."""
UNNAMED = {"appointments", "ehr", "patients", "staff"}
"""Modules in which a whole group is handed on by `**values`: their groups are all named above."""
REPLACING = {
    "lab_result": _RESULT,
    "invoice": Kept("billing/words:document_chip", _TOLD, TILL),
    "service_order": Kept("ehr/words:order_chip", _ENTRY, WRONG),
    "specimen": Kept("lab/words:state_chip", "lab/queries:bench", WALK),
}
"""Tables whose rows say which earlier row they stand for."""
TAKEN_BACK = {
    "charge_void": Kept("billing/words:document_words", _TOLD, "tests/ui/billing/test_invoice_screen.py"),
    "credit_note": Kept("billing/words:document_chip", _TOLD, TILL),
    "payment_void": Kept("billing/words:document_chip", _TOLD, TILL),
}
"""Tables of the cash desk whose rows take back a document: how it is seen on it, and what tells who, when and why."""
NAMES = {"listed", "full", "birth"}
MARKING = {"corrected", "list_name", "full_name", "birth_day", "amended", "_marked"}
SEARCHES = {"casefold", "born_known"}
TAKES_BACK = ("change_", "correct_", "credit_", "end_", "lower_", "move", "reverse", "stop_", "take_back",
              "unlink", "void_")  # fmt: skip
WITHOUT_REASON = {
    "appointments.take_back_no_show": "the patient came after all, which the next check-in tells",
    "patients.end_glass": "whoever broke it needs the record no longer",
    "ehr.move_bed": "a further stay in another bed; the one before keeps its bed and its end",
}


@pytest.fixture(autouse=True, scope="module")
def everything_loaded() -> None:
    everything.load()


def changes() -> Iterator[tuple[str, str, str]]:
    """Table, group and place of every change in the clinic; the group is empty when it is handed on whole."""
    tables = {table.record.__name__: table for table in REGISTRY.values()}
    for source in sources("hms_desktop/clinic"):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "change" and len(node.args) == 2:
                table = tables.get(getattr(node.args[0], "id", ""))
                for keyword in node.keywords if table is not None else ():
                    assert table is not None
                    yield table.name, _group(table, keyword.arg), source.at(node)


def _group(table: Table, column: str | None) -> str:
    return table.group_of(column).name if column else ""


def test_every_change_is_in_the_inventory_with_its_mark_and_its_history() -> None:
    found = list(changes())
    missing = [
        f"{at}: {table}.{group} has no mark and no history here"
        for table, group, at in found
        if (table, group) not in CHANGES and (group or REGISTRY[table].module not in UNNAMED)
    ]
    assert not missing, listed(missing)
    assert not (gone := {table for table, _group in CHANGES} - {table for table, _g, _at in found}), gone


def test_every_table_whose_rows_replace_others_is_in_the_inventory() -> None:
    found = {table.name for table in REGISTRY.values() if "replaces" in table.kinds and _is_ours(table)}
    assert found == set(REPLACING)


def test_every_table_of_the_cash_desk_that_takes_back_is_in_the_inventory() -> None:
    money = [table for table in REGISTRY.values() if table.module == "billing"]
    found = {table.name for table in money if table.name.endswith(("_void", "_note"))}
    assert found == set(TAKEN_BACK)


def _is_ours(table: Table) -> bool:
    return table.record.__module__.startswith("hms_desktop.clinic.")


EVERY = {*CHANGES.values(), *REPLACING.values(), *TAKEN_BACK.values()}


@pytest.mark.parametrize("kept", sorted(EVERY, key=repr), ids=lambda k: k.mark)
def test_mark_and_history_are_there_and_a_screen_shows_them(kept: Kept) -> None:
    assert _defines(kept.mark, "hms_desktop/ui"), f"nothing draws {kept.mark}"
    assert _defines(kept.history, "hms_desktop/clinic"), f"nothing tells {kept.history}"
    query = kept.history.partition(":")[2]
    shown = [s for s in sources("hms_desktop/ui", "hms_desktop/documents") if query in s.text]
    assert shown, f"no screen opens {query}"
    assert any(str(source.path) == kept.proof for source in sources("tests")), kept.proof


def _defines(place: str, folder: str) -> bool:
    """Whether a module below a folder whose path ends so defines this name."""
    module, _colon, name = place.partition(":")
    kinds = (*FUNCTION, ast.ClassDef)
    return any(
        str(source.path).endswith(f"/{module}.py")
        and any(isinstance(node, kinds) and node.name == name for node in ast.walk(source.tree))
        for source in sources(folder)
    )


def test_no_screen_names_a_patient_without_the_mark() -> None:
    bare = [
        f"{source.at(node)}: .{node.attr} is shown without its mark"
        for source in sources("hms_desktop/ui")
        for function in _functions(source)
        for node in ast.walk(function)
        if isinstance(node, ast.Attribute) and node.attr in NAMES and not _says_mark(function)
    ]  # fmt: skip
    assert not bare, listed(bare)


def _functions(source: Source) -> Iterator[ast.AST]:
    """The functions of a file that hold no other one."""
    for node in ast.walk(source.tree):
        if isinstance(node, FUNCTION) and sum(isinstance(part, FUNCTION) for part in ast.walk(node)) == 1:
            yield node


def _says_mark(function: ast.AST) -> bool:
    """Whether a function marks what it shows, or only searches and sorts by it."""
    said = (getattr(node, name, None) for node in ast.walk(function) for name in ("id", "attr", "arg"))
    return bool((MARKING | SEARCHES) & set(filter(None, said)))


def test_what_takes_something_back_or_changes_it_asks_why() -> None:
    silent = [f"{name} is no action" for name in WITHOUT_REASON if name not in ACTIONS]
    for name, act in ACTIONS.items():
        verb = name.partition(".")[2]
        if verb.startswith(TAKES_BACK) and name not in WITHOUT_REASON:
            reasons = {"reason", "why", "because"} & set(inspect.signature(act.function).parameters)
            silent += [] if reasons else [f"{name} takes no reason"]
    assert not silent, listed(silent)
