# SPDX-License-Identifier: Apache-2.0
"""A prescription is brought to the other counter: with the line it is lent there at once, without it as before."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
from PySide6.QtWidgets import QApplication

from hms_desktop.clinic.pharmacy.queries import lent_here
from hms_desktop.clinic.pharmacy.service import HandOver, dispense
from hms_desktop.core.errors import BadInput
from hms_desktop.ui.routes import PharmacyQueue
from installer.day import hands
from tests.promises.pharmacy_scene import make_pharmacy
from tests.promises.seats import Seat, served, words_of


def lent(seat: Seat, prescription: UUID) -> Decimal:
    """What this counter may hand over without asking."""
    return seat.ask(lambda reader: lent_here(reader, [prescription])).get(prescription, Decimal(0))


def test_the_second_counter_is_lent_what_the_first_does_not_use(tmp_path: Path, qapp: QApplication) -> None:
    with served(tmp_path, qapp) as clinic:
        for login in ("naledi", "mpho"):
            clinic.person(login, "pharmacist")
        prescription = make_pharmacy(clinic.server)
        clinic.server.start()
        for name, login in (("one", "naledi"), ("two", "mpho")):
            clinic.station(name, "pharmacy", login)
        first = clinic.sit("one", "naledi")
        hands.until(lambda: lent(first, prescription) > 0, "the first counter is lent the rest")
        second = clinic.sit("two", "mpho")
        second.in_step()
        assert lent(second, prescription) == 0
        supply = partial(dispense, hand_over=HandOver(prescription, Decimal(5)))
        page = second.sit_down().goes_to(PharmacyQueue(prescription))
        hands.until(lambda: page._line() is not None, "the line is current")
        hands.until(lambda: "not lent here" in words_of(page), "the line says that it is lent elsewhere")
        page.on_line(page.picking.by_eye)
        hands.until(lambda: lent(second, prescription) > 0, "picking at the second counter brings the lease")
        hands.until(lambda: "not lent here" not in words_of(page), "the screen says so")
        second.do(supply)
        assert lent(first, prescription) == 0
        clinic.server.kill()
        for seat in (first, second):
            seat.offline()
        page = first.sit_down().goes_to(PharmacyQueue(prescription))
        hands.until(lambda: page._line() is not None, "the line is current")
        page.on_line(page.picking.by_eye)
        with pytest.raises(BadInput, match="Type why it is handed over all the same"):
            first.do(supply)
        second.do(supply)
