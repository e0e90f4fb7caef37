# SPDX-License-Identifier: Apache-2.0
"""What two sides wrote is read as the screens say it: no yes and no, no codes, nothing that only the program knows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from hms_desktop.clinic.billing.rules import way_word
from hms_desktop.clinic.conflicts.queries_values import move_words, state_words
from hms_desktop.clinic.conflicts.queries_words import group_label, group_words, groups_said, thing_words, written_words
from tests.desk import Desk, person

DAY = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    made = Desk(tmp_path_factory.mktemp("words"), person("Dr A", {"conflict.read", "sync.mend"}))
    yield made
    made.store.close()


SAID: tuple[tuple[str, str, dict[str, Any], str], ...] = (
    ("patient", "number", {"mrn": "MRN-1", "temporary": False, "source": None}, "MRN-1"),
    ("patient", "number", {"mrn": "MRN-1", "temporary": True}, "MRN-1, temporary record"),
    ("patient", "status", {"active": True}, "In use"),
    ("patient", "status", {"active": False}, "Out of use"),
    ("patient", "sex", {"sex": "female"}, "Female"),
    ("patient", "birth", {"born": "1979-03", "born_estimated": True}, "about Mar-1979"),
    ("patient", "death", {"deceased_on": "2026-11-02"}, "02-Nov-2026"),
    ("patient", "language", {"language": "Igbo", "interpreter": True}, "Igbo, needs an interpreter"),
    ("patient", "language", {"language": None, "interpreter": False}, "Needs no interpreter"),
    ("patient_identifier", "value", {"patient": uuid4(), "system": "Passport", "value": "A1", "active": True},
     "Passport, A1"),
    ("patient_contact", "contact",
     {"kind": "phone", "value": "+27825550199", "use": "mobile", "rank": 1, "confirmed": DAY, "active": False},
     "Telephone, +27825550199, mobile, confirmed 23-Nov-2026, no longer in use"),
    ("patient_flag", "flag", {"kind": "safety", "text": "Fall risk", "active": True}, "Safety, Fall risk"),
    ("patient_flag", "flag", {"kind": "note", "text": "Bring the book", "active": True}, "Bring the book"),
    ("task", "task", {"kind": "call", "title": "Call again", "role": "receptionist", "due": None},
     "Call again, for the receptionist"),
    ("task", "task", {"kind": "call", "title": "Call again", "role": "night_porter"},
     "Call again, for the night porter"),
    ("coverage", "cover",
     {"payer": "Protea", "member_id": "PH 1", "order": 1, "valid_from": "2026-01", "patient_share_percent": Decimal(20),
      "copay": 5000, "cap": 90000, "cap_period": "month", "excluded": "CUFF; kind:dispense", "package": "VISIT"},
     "Protea, member PH 1, pays as number 1, from Jan-2026, the patient pays 20 %, co-pay ZAR 50.00, "
     "pays at most ZAR 900.00, a month, not covered: CUFF, all medicines, paid whole: VISIT"),
    ("appointment", "slot", {"service": "General practice", "starts": DAY, "minutes": 20, "firm": False},
     "General practice, 23-Nov-2026 09:30, 20 minutes, to be confirmed"),
    ("appointment", "slot", {"service": "General practice", "minutes": 1, "firm": True, "lease": uuid4()},
     "General practice, 1 minute, firm"),
    ("appointment", "state", {"status": "noshow", "asked_by": "patient"}, "Did not come"),
    ("appointment", "state", {"status": "cancelled", "status_reason": "Ill"}, "Cancelled: Ill"),
    ("allergy", "what",
     {"substance": "Penicillin", "system": "SNOMED", "type": "allergy", "category": "medication",
      "criticality": "high", "reaction": "Anaphylaxis"},
     "Penicillin, allergy, medicine, danger if given again high, reaction Anaphylaxis"),
    ("allergy", "state", {"clinical_status": "active", "verification_status": "unconfirmed", "verified_at": DAY},
     "Active, not confirmed yet, checked 23-Nov-2026"),
    ("condition", "state", {"onset": "2019", "abatement": "2020-02", "clinical_status": "resolved"},
     "Since 2019, until Feb-2020, resolved"),
    ("condition", "what", {"code": "I10", "system": "ICD-10", "display": "Hypertension"}, "Hypertension"),
    ("service_order", "what", {"category": "laboratory", "display": "Potassium", "priority": "stat", "parts": ["K"]},
     "Potassium, STAT"),
    ("service_order", "what", {"display": "Potassium", "priority": "urgent", "system": "LOINC"}, "Potassium, urgent"),
    ("prescription", "what", {"display": "amlodipine", "form": "tablet", "system": "ATC"}, "amLODIPine, tablet"),
    ("note_section", "what", {"note": uuid4(), "section": "plan"}, "Plan"),
    ("note_section", "words", {"text": "rest at home"}, "rest at home"),
    ("batch", "batch", {"lot": "A25", "expires": date(2027, 9, 19)}, "Lot A25, expires 19-Sep-2027"),
    ("session_template", "session", {"weekday": 0, "starts": "08:00", "slot_minutes": 15, "capacity": 2},
     "Monday, 08:00, 15 minutes, 2 patients"),
    ("session_template", "validity", {"valid_from": date(2026, 1, 5), "valid_to": None}, "From 05-Jan-2026"),
    ("specimen", "what", {"accession": "ACC-1", "collected_at": DAY, "patient": uuid4()}, "ACC-1, 23-Nov-2026 09:30"),
    ("service_order", "state", {"status": "some-new-code"}, "Some-new-code"),
    ("appointment", "who", {"patient": uuid4(), "source": "import"}, "not recorded"),
)  # fmt: skip


@pytest.mark.parametrize(("table", "group", "values", "said"), SAID)
def test_a_group_is_said_in_plain_words(desk: Desk, table: str, group: str, values: dict[str, Any], said: str) -> None:
    assert desk.ask(lambda reader: group_words(reader, table, group, values)) == said


def test_codes_of_money_and_stock_are_words() -> None:
    assert [way_word(code) for code in ("cash", "mobile", "shells")] == ["Cash", "Mobile money", "shells"]
    assert [move_words(code) for code in ("dispense", "transfer", "lend")] == ["Handed over", "Moved", "lend"]
    assert state_words("preliminary") == "entered"


def test_what_was_written_leaves_out_what_nobody_typed(desk: Desk) -> None:
    told = desk.ask(
        lambda reader: written_words(
            reader,
            [
                ("patient", {"family": "Okonkwo", "sex": "female", "active": True, "source": "desk"}),
                ("encounter", {"patient": uuid4(), "class_code": "AMB"}),
                ("timeline_entry", {"title": "Registered"}),
            ],
        )
    )
    assert told == [("patient", (("Name", "Okonkwo"), ("Sex", "Female")))]
    assert group_label("patient", "number") == "Record number"
    assert group_label("device", "some_thing") == "Some thing"


MONEY: tuple[tuple[str, dict[str, Any], dict[str, str]], ...] = (
    ("payment",
     {"number": "RCT-1", "ordinal": 1, "way": "cash", "amount": 4500, "currency": "ZAR", "tendered": 5000,
      "change": 500, "patient": uuid4(), "at": DAY},
     {"Receipt": "RCT-1", "Amount": "ZAR 45.00", "Paid by": "Cash", "Given": "ZAR 50.00", "Change": "ZAR 5.00",
      "Taken by": "Dr A", "Taken": "23-Nov-2026 09:30"}),
    ("payment_void", {"reason": "Counted twice"}, {"Reason": "Counted twice", "Voided by": "Dr A"}),
    ("invoice", {"number": "INV-1", "currency": "ZAR", "total": 40000, "payer_total": 30000, "patient_total": 10000},
     {"Invoice": "INV-1", "Total": "ZAR 400.00", "Scheme pays": "ZAR 300.00", "Patient pays": "ZAR 100.00",
      "Issued by": "Dr A"}),
    ("invoice_line", {"display": "Visit", "amount": 40000, "ordinal": 1}, {"Line": "Visit", "Amount": "ZAR 400.00"}),
    ("invoice_share", {"payer": "Bonitas", "amount": 30000}, {"Scheme": "Bonitas", "Amount": "ZAR 300.00"}),
    ("credit_note", {"number": "CRN-1", "amount": 40000, "reason": "Wrong patient"},
     {"Credit note": "CRN-1", "Amount": "ZAR 400.00", "Reason": "Wrong patient", "Issued by": "Dr A"}),
    ("cash_session", {"float_amount": 20000, "currency": "ZAR"}, {"Float": "ZAR 200.00", "Opened by": "Dr A"}),
    ("cash_close", {"counted": 21000}, {"Counted": "ZAR 210.00", "Closed by": "Dr A"}),
)  # fmt: skip


@pytest.mark.parametrize(("table", "values", "said"), MONEY)
def test_money_that_was_written_is_said_as_the_cash_desk_says_it(
    desk: Desk, table: str, values: dict[str, Any], said: dict[str, str]
) -> None:
    by_whom = {} if table.startswith("invoice_") else {"by": desk.acting.person.id}
    told = desk.ask(lambda reader: written_words(reader, [(table, {**values, **by_whom})]))
    assert told == [(table, tuple(said.items()))]


def test_a_title_says_the_thing_and_what_changed_in_it() -> None:
    assert groups_said("prescription", ["dose"]) == "dose"
    assert groups_said("patient", ["name", "birth", "sex"], opens=True) == "Name, birth date and sex"
    medicine, allergy = SimpleNamespace(display="amlodipine"), SimpleNamespace(substance="Penicillin")
    assert (thing_words("prescription", medicine), thing_words("allergy", allergy)) == ("amLODIPine", "Penicillin")
    assert thing_words("patient", SimpleNamespace()) == ""
