# SPDX-License-Identifier: Apache-2.0
"""A cash drawer belongs to one station, which counts it; that of a dead computer is taken over with why."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from sqlalchemy import select

from hms_desktop.clinic.billing.model import (
    CashSession,
    Payment,
    PaymentVoid,
)
from hms_desktop.clinic.billing.queries_drawer import counted_drawers
from hms_desktop.clinic.billing.service_drawer import close_drawer, open_drawer, take_over_drawer
from hms_desktop.clinic.staff.model import Place
from hms_desktop.core.errors import Refused
from hms_desktop.storage.owners import OwnerChange
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.form_dialog import FormDialog
from installer.day import hands
from tests.clinic.meeting import write
from tests.promises.forms import gone
from tests.promises.seats import words_of
from tests.promises.till import (
    Clinic,
    agree,
    finish,
    key,
    rows,
    served_till,
    settle,
    take,
)


@pytest.fixture
def clinic(tmp_path: Path, qapp: QApplication) -> Iterator[Clinic]:
    """Two billing stations that know one patient and the price list."""
    with served_till(tmp_path, qapp) as made:
        made.second_desk()
        yield made


def test_a_drawer_belongs_to_the_station_that_opened_it(clinic: Clinic) -> None:
    clinic.made.setup(write(Place, name="Till", kind="room", active=True))
    first = clinic.made.sit("a", "zanele")
    first.in_step()
    clinic.charge(first, "VISIT")
    page = clinic.account(first)
    key(first, "D")
    hands.await_field("Till")
    hands.press("Space")
    hands.tab_to("Float")
    hands.type_text("500")
    hands.press("Ctrl+Return")
    hands.until(lambda: page.view.account.drawer is not None, "the drawer is open")
    settle(first)
    first.sit_down()
    take(first, "F7", "400")
    finish(first)
    (paid,) = rows(first, Payment)
    assert paid.drawer == rows(first, CashSession)[0].id
    first.in_step()
    _another_station_posts_nothing_into_it(clinic, paid.number)
    clinic.made.server.kill()
    first.sit_down()
    key(first, "D")
    hands.await_field("Counted")
    hands.type_text("890")
    hands.press("Ctrl+Return")
    hands.await_field("Reason, if it differs")
    hands.type_text("a note was torn")
    hands.press("Ctrl+Return")
    hands.until(lambda: page.view.account.drawer is None, "the drawer is counted and closed")
    (closed,) = first.ask(counted_drawers)
    assert (closed.expected, closed.difference, closed.reason) == (90_000, -1_000, "a note was torn")


def test_the_drawer_of_a_dead_computer_is_taken_over_with_why_and_counted(clinic: Clinic) -> None:
    place = clinic.made.setup(write(Place, name="Till", kind="room", active=True))
    first = clinic.made.sit("a", "zanele")
    hands.until(lambda: first.ask(lambda r: r.find(Place, place)) is not None, "the till is known")
    first.do(partial(open_drawer, place=place, float_amount=50_000))
    first.in_step()
    clinic.made.leaves(first)
    other = clinic.made.sit("b", "zanele")
    clinic.made.meet(other)
    clinic.charge(other, "VISIT")
    page = clinic.account(other)
    hands.until(lambda: bool(page.view.account.elsewhere), "the drawer is known")
    (held,) = page.view.account.elsewhere
    with pytest.raises(Refused, match="a is in use: count its drawer there"):
        other.do(partial(take_over_drawer, session=held.session, reason="its disk broke"))
    assert "Take over" not in words_of(page.view.drawer)
    clinic.made.server.command("block", "a")
    hands.until(lambda: "a is out of use" in words_of(page.view.drawer), "the blocked station is told")
    button = next(b for b in page.view.drawer.findChildren(Button) if b.words == "Take over the drawer of a")
    button.setFocus()
    key(other, "Space")
    hands.await_field("Reason")
    hands.type_text("its disk broke")
    hands.press("Ctrl+Return")
    gone(other)
    hands.until(lambda: page.view.account.drawer is not None, "the drawer is here")
    hands.until(lambda: "Taken over from a: its disk broke" in words_of(page.view.drawer), "from where and why is said")
    other.sit_down()
    key(other, "D")
    hands.await_field("Counted")
    hands.type_text("500")
    hands.press("Ctrl+Return")
    gone(other)
    hands.until(lambda: page.view.account.drawer is None, "the drawer is counted and closed")
    other.in_step()
    assert "attention" not in other.says("held_back")
    (counted,) = clinic.made.at_server(counted_drawers)
    assert (counted.station_name, counted.expected, counted.difference) == ("b", 50_000, 0)
    (passed,) = clinic.made.at_server(lambda r: r.rows(select(OwnerChange.__table__)))
    assert (passed.before, passed.reason) == (held.station, "its disk broke")


def _another_station_posts_nothing_into_it(clinic: Clinic, number: str) -> None:
    other = clinic.made.sit("b", "zanele")
    clinic.made.meet(other)
    page = clinic.account(other)
    hands.until(lambda: bool(page.view.account.elsewhere), "the other drawer is known")
    assert "Open at a with Zanele: only that station posts into it." in words_of(page.view.drawer)
    page.view.earlier.table.select(rows(other, Payment)[0].id)
    page.view.earlier.table.view.setFocus()
    key(other, "V")
    hands.await_field("Reason")
    hands.type_text("mistake")
    hands.press("Ctrl+Return")
    form = QApplication.activeModalWidget()
    assert isinstance(form, FormDialog)
    hands.until(lambda: form.wrong.isVisible(), "the refusal")
    assert form.wrong.text() == f"The cash of receipt {number} is in the open drawer of a: void it at a."
    hands.press("Esc")
    agree(other, "Throw away")
    other.sit_down()
    clinic.charge(other, "CUFF")
    settle(other)
    take(other, "F7", "349")
    finish(other)
    assert rows(other, PaymentVoid) == [] and rows(other, Payment)[-1].drawer is None
    with pytest.raises(Refused, match="only a posts into it"):
        other.do(partial(close_drawer, session=rows(other, CashSession)[0].id, counted=0))
    clinic.made.leaves(other)
