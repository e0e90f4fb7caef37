# SPDX-License-Identifier: Apache-2.0
"""The form of a cover: every term by its field, days known in part, corrections that begin with what is kept."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import partial
from uuid import UUID

import pytest
from PySide6.QtTest import QTest

from hms_desktop.clinic.billing import service as billing
from hms_desktop.clinic.patients import service_cover
from hms_desktop.clinic.patients.model import Coverage
from hms_desktop.clinic.patients.queries import Cover
from hms_desktop.clinic.patients.rules_cover import CoverTerms
from hms_desktop.storage.unit import Unit
from hms_desktop.ui.patients.cover_dialog import reads_part
from hms_desktop.ui.patients.cover_words import cover_lines
from hms_desktop.ui.widgets.form_dialog import FormDialog
from tests.promises.seats import words_of
from tests.ui.patients.test_record_screen import AMARA, finish, record
from tests.ui.reception import KEYS, Reception

TERMS = CoverTerms(
    payer="Protea", patient_share_percent=Decimal(20), valid_from="2026", valid_to="2026-11", cap=30_000,
    cap_period="invoice", deductible=5_000, deductible_period="month", excluded=("kind:dispense", "CUFF", "GONE"),
)  # fmt: skip


@pytest.fixture
def patient(reception: Reception) -> UUID:
    """A patient, and one item on the price list."""
    price = partial(billing.set_price, code="CUFF", display="Arm cuff", amount=34_900, valid_from=date(2026, 1, 1))
    reception.do(price)
    return reception.register(**AMARA)


def test_a_correction_begins_with_what_is_kept_and_is_marked(reception: Reception, patient: UUID) -> None:
    reception.do(partial(service_cover.record_coverage, patient=patient, terms=TERMS))
    page = record(reception, patient)
    reception.until(lambda: "Not covered: All medicines, Arm cuff, GONE" in words_of(page.side))
    assert page._page is not None
    page._acts().correct_cover(page._page.covers[0])
    form = reception.dialog(FormDialog).form
    assert form.fields["excluded"].shown() == "All medicines, Arm cuff, GONE"
    assert (form.fields["cap"].value(), form.fields["cap_period"].value()) == (Decimal(300), "invoice")
    assert form.fields["valid_from"].value() == "2026" and form.fields["valid_to"].value() == "2026-11"
    finish(reception, cap="250", reason="Letter of the fund")
    reception.until(lambda: "Pays at most ZAR 250.00 an invoice" in words_of(page.side))
    assert "Protea corrected, show its history" in words_of(page.side)
    page._acts().history()
    assert page.tabs.current() == "history"


def test_a_new_cover_pays_after_the_others_and_its_field_says_what_is_wrong(
    reception: Reception, patient: UUID
) -> None:
    reception.do(partial(service_cover.record_coverage, patient=patient, terms=TERMS))
    page = record(reception, patient)
    page._acts().add_cover()
    dialog = finish(reception, payer="Second", patient_share_percent="0", deductible="0")
    reception.until(lambda: "A deductible is more than zero" in dialog.form.fields["deductible"].error)
    assert dialog.form.fields["order"].value() == 2
    excluded = dialog.form.fields["excluded"]
    excluded.take_focus()
    QTest.keyClicks(excluded.control, "arm")
    reception.until(lambda: excluded.list.lines == ["Arm cuff   CUFF, ZAR 349.00"])
    reception.key(KEYS.Key_Return)
    finish(reception, deductible="")
    reception.until(lambda: page._page is not None and len(page._page.covers) == 2)
    assert page._page is not None and page._page.covers[1].excluded == ("CUFF",)


def test_two_versions_of_a_cover_are_told_where_it_stands(
    reception: Reception, patient: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    reception.do(partial(service_cover.record_coverage, patient=patient, terms=TERMS))
    heads = Unit.heads
    monkeypatch.setattr(
        "hms_desktop.storage.reader.Reader.heads",
        lambda self, record, id: {"cover": []} if record is Coverage else heads(self, record, id),
    )
    page = record(reception, patient)
    assert "Two versions of this cover" in words_of(page.side)


@pytest.mark.parametrize(("days", "said"), [
    ((None, None), []),
    (("2026-01-01", None), ["From 01-Jan-2026"]),
    ((None, "2026-11"), ["Until Nov-2026"]),
    (("2026", "2027"), ["2026 to 2027"]),
])  # fmt: skip
def test_the_days_of_a_cover_are_told_as_far_as_they_are_known(
    days: tuple[str | None, str | None], said: list[str]
) -> None:
    first, last = days
    cover = Cover(id=UUID(int=1), payer="P", patient_share_percent=Decimal(10), valid_from=first, valid_to=last)
    assert cover_lines(cover, "ZAR", {}) == [*said, "Patient pays 10 %"]


def test_a_day_that_is_known_in_part_is_typed_as_it_is() -> None:
    reads = reads_part(lambda: date(2026, 11, 23))
    assert [reads(typed).value for typed in ("2026", "2026-11", "1/12/2026")] == ["2026", "2026-11", "2026-12-01"]
