# SPDX-License-Identifier: Apache-2.0
"""The line is cut in the middle of a shift: the bench goes on, the orderer gets each result once, true to its time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from PySide6.QtWidgets import QApplication
from sqlalchemy import select

from hms_desktop.clinic.conflicts.queries import inbox as conflicts
from hms_desktop.clinic.conflicts.rules import RESULT_FOR_REVOKED
from hms_desktop.clinic.ehr.model import Order
from hms_desktop.clinic.lab.queries import inbox
from hms_desktop.clinic.lab.service_results import SEPARATE_DUTIES
from hms_desktop.security.accounts import setting
from hms_desktop.ui.ehr.words import when
from hms_desktop.ui.routes import ConflictInbox, MyDay, PatientChart
from installer.day import hands
from tests.promises import bench_scene as scene
from tests.promises.places import settled
from tests.promises.seats import Seat, ServedClinic, rows_of, words_of


@pytest.fixture
def clinic(tmp_path: Path, qapp: QApplication) -> Iterator[ServedClinic]:
    """A bench, an office and a server that runs."""
    with scene.bench_and_office(tmp_path, qapp) as made:
        yield made


@pytest.mark.accepts("LAB-11")
@pytest.mark.accepts("LAB-24")
def test_a_shift_goes_on_without_the_line_and_nothing_comes_twice(clinic: ServedClinic) -> None:
    office = clinic.sit(scene.OFFICE, scene.ORDERER)
    patient, orders = scene.ordered(office, "Okonkwo", ("K", "HBA1C", "CRP"))
    other, (withdrawn,) = scene.ordered(office, "Naidoo", ("K",))
    office.in_step()
    bench = scene.at_bench(clinic, scene.ENTERS)
    tubes = [scene.collected(bench, [order]) for order in orders]
    doubtful = scene.collected(bench, [withdrawn])
    clinic.meet(bench, office)
    clinic.server.kill()
    bench.sit_down().offline()

    for tube, value in zip((*tubes, doubtful), ("4.2", "6.1", "12", "5.9"), strict=True):
        scene.types_values(bench, tube, [value])
        assert scene.custody_of(bench, tube) == ["collected", "received"]
    revoke_at_the_chart(office.sit_down(), other)
    clinic.leaves(bench)
    through_both_steps(clinic, (*tubes, doubtful))
    bench = scene.at_bench(clinic, scene.ENTERS)
    bench.offline()
    measured = {row.order: row.resulted_at for tube in tubes for row in scene.results_of(bench, tube)}
    sent = [row.order for row in scene.releases_of(bench, orders)]
    assert sent == orders and scene.releases_of(office, orders) == []

    clinic.server.start()
    clinic.meet(bench, office)
    office.sit_down()
    once_in_order_and_true_to_time(office, patient, orders, measured)
    somebody_decides(clinic, bench, withdrawn)
    one_person_may_where_the_clinic_says_so(clinic, office)


def revoke_at_the_chart(office: Seat, patient: object) -> None:
    """The doctor takes the order back, for a reason, while the bench can't hear of it."""
    settled(office, PatientChart(patient, "orders"))  # type: ignore[arg-type]
    hands.to_list("Orders")
    hands.row_of("Potassium")
    hands.press("Return")
    scene.dialog()
    hands.type_text("Wrong patient")
    hands.press("Ctrl+Return")
    scene.no_dialog(office)
    revoked = lambda r: r.rows(select(Order.id).where(Order.patient == patient, Order.status == "revoked"))  # noqa: E731
    hands.until(lambda: len(office.ask(revoked)) == 1, "the order is revoked")


def through_both_steps(clinic: ServedClinic, tubes: tuple[str, ...]) -> None:
    """Without the line: a colleague verifies technically, the physician medically, and the reports go out."""
    for login, acts in ((scene.VERIFIES, ("verify",)), (scene.RELEASES, ("validate", "release"))):
        bench = scene.at_bench(clinic, login)
        bench.offline()
        for tube in tubes:
            scene.takes_steps(bench, tube, *acts)
        clinic.leaves(bench)


def once_in_order_and_true_to_time(office: Seat, patient: Any, orders: list[Any], measured: dict[Any, Any]) -> None:
    """One line each in the orderer's inbox, in the order of the releases; the chart says when it was measured."""
    hands.until(lambda: len(scene.releases_of(office, orders)) == 3, "every result came", 60)
    assert [row.order for row in scene.releases_of(office, orders)] == orders
    assert sorted(row.order for row in office.ask(inbox) if row.order in orders) == sorted(orders)
    day = settled(office.sit_down(), MyDay())
    shown = [row for row in rows_of(day.results) if "Okonkwo" in row]
    assert len(shown) == 3, shown
    chart = settled(office, PatientChart(patient, "results"))
    zone = office.workstation.desk.place.zone
    said = rows_of(chart._sections["results"].table)
    for order, at in measured.items():
        test = office.ask(lambda r, o=order: r.get(Order, o)).display  # type: ignore[misc]
        assert any(test in row and when(at, zone) in row for row in said), (test, when(at, zone), said)


def somebody_decides(clinic: ServedClinic, bench: Seat, order: UUID) -> None:
    """The result of the order that was taken back waits for the laboratory's physician, who decides with a reason."""
    hands.until(lambda: [one.kind for one in bench.ask(conflicts)] == [RESULT_FOR_REVOKED], "it waits for a person", 60)
    clinic.leaves(bench)
    physician = clinic.sit(scene.BENCH, scene.RELEASES)
    page: Any = settled(physician, ConflictInbox())
    hands.until(lambda: page.pane is not None, "the decision is open")
    told = ("a result came for an order that was cancelled", "5.9", "The result counts, the order is done")
    hands.until(lambda: all(words in words_of(page) for words in told), "what came, and what can be decided")
    page.list.setFocus()
    hands.press("2")
    hands.until(lambda: page.pane.reason.line.hasFocus(), "a reason is asked for")
    hands.type_text("The doctor asked for it again by phone")
    hands.press("Ctrl+Return")
    hands.until(lambda: not physician.ask(conflicts), "it is decided", 60)
    row = physician.ask(lambda r: r.get(Order, order))
    assert (row.status, physician.ask(lambda r: r.heads(Order, order))) == ("completed", {})
    assert {v.values.get("status") for v in physician.ask(lambda r: r.history(Order, order))} >= {
        "revoked",
        "completed",
    }


def one_person_may_where_the_clinic_says_so(clinic: ServedClinic, office: Seat) -> None:
    """An administrator lets one person do it all, by a command; the bench follows with its next sync."""
    _patient, (order,) = scene.ordered(office.sit_down(), "Hendricks", ("CRP",))
    bench = scene.at_bench(clinic, scene.ENTERS)
    tube = scene.collected(bench, [order])
    scene.types_values(bench, tube, ["3"])
    detail = bench.window.shown.detail
    hands.until(lambda: detail.step.act == "verify" and detail.step.holds is not None, "not one's own, so far")
    clinic.server.command("settings", "set", "lab.separate_duties", "no")
    hands.until(lambda: bench.ask(lambda r: setting(r, SEPARATE_DUTIES)) is False, "the bench has heard of it")
    bench.window.shown.refresh()
    hands.until(lambda: detail.step.holds is None, "one's own may be verified")
    scene.takes_steps(bench, tube, "verify", "validate", "release")
    assert len(scene.releases_of(bench, [order])) == 1
