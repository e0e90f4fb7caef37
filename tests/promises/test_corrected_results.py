# SPDX-License-Identifier: Apache-2.0
"""A released result is corrected: struck and readable everywhere, told again to all who had it and to who covers.

The same for a culture, whose organism is a word. There is no portal here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

import pytest
from sqlalchemy import select

from hms_desktop.clinic.ehr import service as ehr
from hms_desktop.clinic.lab import queries, service
from hms_desktop.clinic.lab.model import LabResult, ResultRelease, Specimen
from hms_desktop.clinic.lab.queries_catalogue import orderable
from hms_desktop.documents.printing import preview
from hms_desktop.storage.unit import Unit
from hms_desktop.ui.lab.result_row import Struck
from hms_desktop.ui.routes import LabWorklist, MyDay, PatientChart
from installer.day import hands
from tests.documents import samples
from tests.promises import bench_scene as scene
from tests.promises.conftest import CutOff
from tests.promises.places import settled
from tests.promises.seats import Seat, rows_of, words_of
from tests.promises.whole_visit import DOCTOR, SECOND, STATION, THIRD

T = TypeVar("T")
COVERS = "t.mbeki"


def as_person(cut_off: CutOff, login: str, act: Callable[[Unit], T]) -> T:
    """Somebody acts at the same workstation for a moment."""
    bench = cut_off.clinic.server.bench(cut_off.clinic.folder / STATION, login)
    try:
        return bench.store.act(act, bench.acting)
    finally:
        bench.store.close()


@pytest.mark.hazard("H12", "H13")
def test_a_corrected_value_is_struck_told_again_and_reaches_who_covers(cut_off: CutOff) -> None:
    seat, visit = cut_off.seat, cut_off.visit
    seat.do(lambda unit: service.acknowledge(unit, visit.release, "noted"))
    seat.do(lambda unit: ehr.finish_visit(unit, visit.encounter))
    accession = seat.ask(lambda r: r.get(Specimen, visit.specimen)).accession
    corrected_at_the_bench(cut_off, accession, "Potassium", "4.6", "Tubes were mixed up", "5.6 mmol/L")
    release = newest(seat, visit.order)
    assert release.corrected and release.version == 2
    versions = seat.ask(lambda r: r.rows(select(LabResult.__table__).where(LabResult.order == visit.order)))
    assert [(str(v.value), v.status) for v in versions] == [("5.6", "preliminary"), ("4.6", "corrected")]

    told_again(cut_off, COVERS, release.id, "Potassium, ordered by Dr Nadia Haddad")
    told_again(cut_off, DOCTOR, release.id, "Potassium")
    struck_in_sheet_and_acknowledged(seat.sit_down(), release.id, "5.6", "Tubes were mixed up")
    chart: Any = settled(seat, PatientChart(visit.patient, "results"))
    assert "was 5.6, Tubes were mixed up" in " ".join(rows_of(chart._sections["results"].table))
    struck_on_paper(seat, release.id, "5.6", "Tubes were mixed up")


def test_a_corrected_culture_is_told_again(cut_off: CutOff) -> None:
    seat, visit = cut_off.seat.sit_down(), cut_off.visit
    test = next(test for test in seat.ask(orderable) if test.code == "UCULT")
    draft = partial(ehr.draft_order, category="laboratory", code="UCULT", display=test.display, definition=test.id)
    order = seat.do(lambda unit: draft(unit, visit.patient))
    seat.do(partial(ehr.place_order, order=order))
    tube = seat.do(lambda unit: service.collect(unit, [order], identified=("name", "born")))[0].accession
    culture_at_the_bench(cut_off, tube, ("Citrobacter koseri", "more than 100,000 CFU/mL", "nitrofurantoin S"))
    verified(cut_off, order, DOCTOR, THIRD)
    first = as_person(cut_off, THIRD, lambda unit: service.release(unit, order))
    report = samples.whole(seat.do(partial(preview, kind="lab-report", subject=first)).pdf)
    for words in ("Organism", "Citrobacter koseri", "nitrofurantoin S"):
        assert words in report, report

    corrected_at_the_bench(cut_off, tube, "Organism", "Klebsiella pneumoniae", "Named anew", "Citrobacter koseri")
    release = newest(seat, order)
    assert release.corrected and release.version == 2
    told_again(cut_off, DOCTOR, release.id, "Urine culture")
    struck_in_sheet_and_acknowledged(seat.sit_down(), release.id, "Citrobacter koseri", "Named anew")
    struck_on_paper(seat, release.id, "Citrobacter koseri", "Named anew")


def newest(seat: Seat, order: UUID) -> Any:
    """The last release of an order."""
    question = select(ResultRelease.__table__).where(ResultRelease.order == order)
    return seat.ask(lambda r: r.rows(question.order_by(ResultRelease.version)))[-1]


def at_bench(cut_off: CutOff, login: str) -> Seat:
    """Somebody sits down at the same workstation, at its bench."""
    bench = cut_off.clinic.sit(STATION, login)
    bench.goes_to(LabWorklist())
    return bench


def culture_at_the_bench(cut_off: CutOff, accession: str, words: tuple[str, ...]) -> None:
    """An organism that is not listed is typed; the other answers too."""
    bench = at_bench(cut_off, SECOND)
    scene.types_values(bench, accession, words)
    assert {row.text_value for row in scene.results_of(bench, accession)} == set(words)
    cut_off.clinic.leaves(bench)


def verified(cut_off: CutOff, order: UUID, technically: str, medically: str) -> None:
    """Both steps by two people who did not enter the values."""
    for line in cut_off.seat.ask(lambda r: queries.sheet(r, order)).lines:
        result = line.result
        if result is not None and not result.released:
            as_person(cut_off, technically, lambda unit, id=result.id: service.verify(unit, [id]))  # type: ignore[misc]
            as_person(cut_off, medically, lambda unit, id=result.id: service.validate(unit, [id]))  # type: ignore[misc]


def corrected_at_the_bench(cut_off: CutOff, accession: str, test: str, right: str, reason: str, old: str) -> None:
    """E on the value, the right one, the reason; the old one stays struck below it; verified and released again."""
    bench = at_bench(cut_off, THIRD)
    scene.scan(bench, accession)
    detail = bench.window.shown.detail
    line = next(one for one in detail.grid.lines if one.analyte.test.display == test)
    order = line.analyte.order
    hands.tab_to(f"Correct: {test}")
    hands.press("E")
    box = scene.dialog()
    assert "Correct" in box.accessibleName() and test in box.accessibleName()
    hands.type_text(right)
    hands.tab_to("Reason, shown beside the old value")
    hands.type_text(reason)
    hands.press("Ctrl+Return")
    scene.no_dialog(bench)
    hands.until(lambda: detail.facts.bench.sheets[0].changed, "the new version stands", 60)
    struck = line._older[0]
    assert struck.accessibleName().startswith(f"{old} no longer stands: corrected")
    assert struck.accessibleName().endswith(reason) and struck.findChild(Struck) is not None
    verified(cut_off, order, SECOND, DOCTOR)
    bench.window.shown.refresh()
    hands.until(lambda: detail.step.words == "Release corrected report" and detail.step.holds is None, "it may go", 60)
    scene.takes_steps(bench, accession, "release")
    cut_off.clinic.leaves(bench)


def told_again(cut_off: CutOff, login: str, release: UUID, what: str) -> None:
    """The inbox of this person has the corrected report, whether or not they acknowledged the one before."""
    seat = cut_off.seat.sit_down() if login == DOCTOR else cut_off.clinic.sit(STATION, login)
    day: Any = settled(seat, MyDay())
    hands.until(lambda: any(row.release == release for row in seat.ask(queries.inbox)), "it is there")
    hands.press("T", "F5")  # rows are brought in where nobody works in the list
    hands.until(lambda: any(what in row and "Corrected" in row for row in rows_of(day.results)), f"{what} in the list")
    if login != DOCTOR:
        cut_off.clinic.leaves(seat)


def struck_in_sheet_and_acknowledged(seat: Seat, release: UUID, old: str, reason: str) -> None:
    """Enter opens the report: the old value struck, the reason over it; then it is acknowledged anew."""
    settled(seat, MyDay())
    hands.press("E")
    hands.until(lambda: hands.focused_name().startswith("Results to review"), "the list has the keyboard")
    hands.press("Ctrl+Home", "Return")
    box: Any = scene.dialog()
    assert box.view.id == release
    said = words_of(box)
    assert "This report was corrected" in said and reason in said, said
    assert any("\N{COMBINING LONG STROKE OVERLAY}".join(old) in row for row in rows_of(box.table)), rows_of(box.table)
    hands.press("Ctrl+Return")
    scene.dialog()
    hands.choose("Seen, nothing follows")
    hands.press("Ctrl+Return")
    hands.until(lambda: all(row.release != release for row in seat.ask(queries.inbox)), "it is acknowledged", 60)
    scene.no_dialog(seat)


def struck_on_paper(seat: Seat, release: UUID, old: str, reason: str) -> None:
    """The report says that it is corrected, from what, by whom and why."""
    page = samples.whole(seat.do(partial(preview, kind="lab-report", subject=release)).pdf)
    for words in ("Corrected", "Version 2", f"Corrected from {old}", reason):
        assert words in page, page
