# SPDX-License-Identifier: Apache-2.0
"""Finding a patient by the keyboard: results as typed, look-alikes pointed out, every search written down."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from PySide6.QtWidgets import QLabel
from sqlalchemy import event, select

from hms_desktop.clinic.patients import service
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.security.audit import AccessEvent
from hms_desktop.ui.patients.record_screen import RecordScreen
from hms_desktop.ui.patients.register_screen import RegisterPage
from hms_desktop.ui.patients.search_screen import SearchPage, search_rows
from hms_desktop.ui.routes import DayView, PatientSearch
from tests.ui.reception import KEYS, Reception, unnamed

AMARA: dict[str, Any] = {"family": "Okonkwo", "given": "Amara", "sex": "female", "born": "1979-03-14"}
ADAEZE: dict[str, Any] = {"family": "Okonkwo", "given": "Adaeze", "sex": "female", "born": "2011-03-14"}


@pytest.fixture
def page(reception: Reception) -> SearchPage:
    """The search, with two people of one name in the register."""
    reception.register(**AMARA)
    reception.register(**ADAEZE)
    return reception.open(PatientSearch(), SearchPage)


def names(page: SearchPage) -> list[str]:
    """Who is listed."""
    return [row.hit.name.given or "" for row in page._shown()]


def looks(reception: Reception) -> list[tuple[str, int]]:
    """Kinds and counts of the access events, in order."""
    rows = reception.ask(lambda r: r.rows(select(AccessEvent.__table__).order_by(AccessEvent.rid)))
    return [(row.kind, row._mapping["count"]) for row in rows]


def test_typing_finds_and_enter_opens_the_record(reception: Reception, page: SearchPage) -> None:
    assert reception.focus() is page.line
    reception.write("amara okon")
    reception.until(lambda: names(page) == ["Amara"])
    reception.key(KEYS.Key_Return)
    assert reception.page(RecordScreen).patient is not None
    assert looks(reception) == [("search", 1), ("chart", 1)]


def test_what_is_typed_while_a_search_is_under_way_is_searched_after_it(reception: Reception, page: SearchPage) -> None:
    reception.write("okon")
    page.refresh()
    reception.write("kwo ama")
    page.refresh()
    reception.write("ra")
    page.refresh()
    reception.until(lambda: names(page) == ["Amara"])
    reception.settle()
    assert looks(reception) == [("search", 2), ("search", 1)]


def test_many_results_ask_the_store_no_more_than_one_does(reception: Reception) -> None:
    """What every row of a list shows is read at once for all of them."""

    def questions_for(text: str) -> int:
        asked: list[str] = []
        engine = reception.desk.store._writer

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            asked.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        found = reception.do(partial(search_rows, text=text))
        event.remove(engine, "before_cursor_execute", note)
        assert len(found.rows) == (1 if text == "single" else 12)
        return len(asked)

    reception.register(family="Single", given="One", sex="male", born="1960-02-01")
    for number in range(12):
        reception.register(family="Several", given=f"N{chr(97 + number)}ma", sex="male", born=f"19{60 + number}-05-06")
    questions_for("single")
    assert questions_for("several") <= questions_for("single")


def test_arrows_choose_among_look_alikes_with_a_warning(reception: Reception, page: SearchPage) -> None:
    reception.write("okon 14/3")
    reception.until(lambda: len(names(page)) == 2)
    assert page.alert.isVisible() and page.alert.accessibleName().startswith("Two patients share")
    reception.key(KEYS.Key_Down)
    reception.key(KEYS.Key_Down)
    second = names(page)[1]
    reception.key(KEYS.Key_Return)
    shown = reception.page(RecordScreen)
    reception.until(lambda: reception.window.frame.banner.isVisible())
    assert second in reception.window.frame.banner.accessibleName() or shown.patient is not None


def test_nobody_found_offers_to_register_with_what_was_typed(reception: Reception, page: SearchPage) -> None:
    reception.write("Zebrowski Jan")
    reception.until(lambda: "Zebrowski" in page.table.nothing_yet.sentence)
    assert page.table.nothing_yet.button == "Register new patient" and page.table.nothing_yet.act is not None
    page.table.nothing_yet.act()
    reception.settle()
    form = reception.page(RegisterPage)
    reception.until(lambda: form.form is not None)
    assert form.form is not None and form.form.written().family == "Zebrowski"


def test_one_letter_is_not_searched_and_nothing_is_written(reception: Reception, page: SearchPage) -> None:
    reception.write("o")
    reception.qtbot.wait(250)
    reception.settle()
    assert names(page) == [] and looks(reception) == []


def test_results_say_birth_date_number_and_allergies(reception: Reception, page: SearchPage) -> None:
    reception.write("amara")
    reception.until(lambda: names(page) == ["Amara"])
    row = page._shown()[0]
    spoken = " ".join(column.of(row).words for column in page.table.rows.columns)
    for words in ("OKONKWO, Amara", "MRN-", "14-Mar-1979", "47 y", "Female", "Allergies "):
        assert words in spoken


def test_a_scanned_number_is_searched_for(reception: Reception, page: SearchPage) -> None:
    number = reception.ask(lambda r: r.rows(select_number())).pop().mrn
    assert page.scanned(number)
    reception.until(lambda: len(names(page)) == 1)


def select_number() -> Any:
    """Every record number."""
    from hms_desktop.clinic.patients.model import Patient

    return select(Patient.mrn)


def test_every_control_has_a_name(reception: Reception, page: SearchPage) -> None:
    reception.write("okon")
    reception.until(lambda: len(names(page)) == 2)
    assert not unnamed(page)


def test_a_search_that_is_carried_in_stands_in_the_line_and_enter_searches_at_once(
    reception: Reception, page: SearchPage
) -> None:
    assert not page.visit(DayView()), "another place has its own screen"
    reception.workstation.desk.routes.open(PatientSearch("adaeze"))
    reception.until(lambda: names(page) == ["Adaeze"])
    reception.write(" okon")
    reception.key(KEYS.Key_Return)  # before the pause after which typing is searched for
    reception.until(lambda: names(page) == ["Adaeze"] and page.line.text() == "adaeze okon")
    assert reception.page(SearchPage) is page
    written = Registration(**ADAEZE | {"given": "Adaora"})
    patient = page._shown()[0].hit.patient
    reception.do(partial(service.change_details, patient=patient, written=written, reason="Misspelt"))
    reception.until(lambda: "Adaora" in words_of(page))


def words_of(page: SearchPage) -> str:
    """Everything that the page says beside its list."""
    return " ".join(label.text() for label in page.findChildren(QLabel))
