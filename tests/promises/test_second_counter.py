# SPDX-License-Identifier: Apache-2.0
"""A prescription is brought to the other counter: with the line it is lent there at once, without it as before."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from PySide6.QtWidgets import QApplication
from sqlalchemy import select

from hms_desktop.clinic.ehr.model import Prescription
from hms_desktop.clinic.pharmacy.queries import lent_here
from hms_desktop.clinic.pharmacy.service import HandOver, call_for_rest, dispense
from hms_desktop.core.errors import BadInput
from hms_desktop.storage.leases import Lease, LeaseSpend
from hms_desktop.storage.reader import Reader
from hms_desktop.ui.routes import PharmacyQueue
from installer.day import hands
from tests.promises.pharmacy_scene import STOCK, make_pharmacy
from tests.promises.seats import Seat, served, words_of


def lent(seat: Seat, prescription: UUID) -> Decimal:
    """What this counter may hand over without asking."""
    return seat.ask(lambda reader: lent_here(reader, [prescription])).get(prescription, Decimal(0))


def shelf(seat: Seat) -> dict[UUID, Decimal]:
    """What this counter was lent of its shelf and has not given away."""

    def read(reader: Reader) -> dict[UUID, Decimal]:
        mine = select(Lease.id, Lease.subject, Lease.amount).where(Lease.device == reader.station.device)
        left: dict[UUID, Decimal] = defaultdict(Decimal)
        for lease in reader.rows(mine.where(Lease.kind == "stock")):
            spent = reader.rows(select(LeaseSpend.amount).where(LeaseSpend.lease == lease.id))
            left[lease.subject] += lease.amount - sum((row.amount for row in spent), Decimal(0))
        return dict(left)

    return seat.ask(read)


def given_back(reader: Reader) -> Any:
    """What has been given back of anything lent."""
    return reader.rows(select(LeaseSpend.id))


def test_the_second_counter_is_lent_what_the_first_does_not_use(tmp_path: Path, qapp: QApplication) -> None:
    with served(tmp_path, qapp) as clinic:
        for login in ("naledi", "mpho"):
            clinic.person(login, "pharmacist")
        prescription = make_pharmacy(clinic.server)
        clinic.server.start()
        clinic.station("one", "pharmacy", "naledi")
        first = clinic.sit("one", "naledi")
        hands.until(lambda: lent(first, prescription) > 0, "the first counter is lent the rest")
        alone = shelf(first)
        assert list(alone.values()) == [STOCK], "and all of the shelf, being alone"
        clinic.station("two", "pharmacy", "mpho")
        halves = {subject: amount // 2 for subject, amount in alone.items()}
        hands.until(lambda: shelf(first) == halves, "the first gives half of the shelf back once it knows the second")
        patient = first.ask(lambda reader: reader.get(Prescription, prescription)).patient
        home = clinic.server.home
        hands.until(lambda: bool(home.store.read(given_back, home.worker)), "the server has heard of it")
        clinic.leaves(first)
        second = clinic.sit("two", "mpho")
        hands.until(lambda: shelf(second) == halves, "the second is lent the other half")
        second.in_step()
        assert lent(second, prescription) == 0
        second.do(partial(call_for_rest, patient=patient, prescription=prescription))
        second.in_step()
        assert lent(second, prescription) == 0, "nobody can answer for a station that is locked"
        first = clinic.sit("one", "naledi")
        hands.until(lambda: lent(second, prescription) > 0, "who signs in there answers the call that waits")
        first.do(partial(call_for_rest, patient=patient, prescription=prescription))
        hands.until(lambda: lent(first, prescription) > 0, "and may call it back")
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
