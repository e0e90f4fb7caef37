# SPDX-License-Identifier: Apache-2.0
"""Paper without a server: seen first, written down before it leaves, a copy the second time, honest about promises."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
from PySide6.QtPrintSupport import QPrinter
from PySide6.QtWidgets import QApplication
from sqlalchemy import select

from hms_desktop.core.clock import stamp_author
from hms_desktop.documents import raster
from hms_desktop.security.audit import AccessEvent
from hms_desktop.security.prints import PaperPrint
from hms_desktop.storage.reader import Reader
from hms_desktop.ui.routes import LabWorklist, Route, SettingsPage
from hms_desktop.ui.widgets.print_preview import PrintPreview
from installer.day import hands
from tests.documents import samples
from tests.documents.label_peer import LabelPeer, label_peer
from tests.documents.zpl_reader import read_zpl
from tests.promises.conftest import CutOff
from tests.promises.doors import booked_some_day
from tests.promises.places import press_on, settled
from tests.promises.seats import Seat
from tests.ui.papers import office_printer

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
NAME = "Bench labels"


@pytest.fixture
def peer() -> Iterator[LabelPeer]:
    """A label printer that is on, at the end of a real line."""
    with label_peer() as found:
        yield found


@pytest.fixture
def queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[QPrinter]:
    """A printer of this computer whose paper is a file; what was made for each job."""
    return office_printer(tmp_path, monkeypatch)


def previewed(seat: Seat, place: Route, key: str) -> PrintPreview:
    """The preview that a key opens at a place."""
    settled(seat, place)
    hands.press(key)
    hands.until(lambda: isinstance(QApplication.activeModalWidget(), PrintPreview), "the preview opens")
    preview = QApplication.activeModalWidget()
    assert isinstance(preview, PrintPreview)
    hands.put_in_front(preview)
    return preview


def done(seat: Seat, preview: PrintPreview) -> None:
    """Wait until the preview is gone."""
    hands.until(lambda: QApplication.activeModalWidget() is not preview, "the preview is done")
    seat.sit_down()


def printed(reader: Reader, subject: UUID) -> list[tuple[str, str, UUID, UUID, int]]:
    """What left of this: how and what it says, of whom, by whom, at which workstation."""
    rows = reader.rows(
        select(AccessEvent.__table__)
        .where(AccessEvent.kind.in_(("print", "export")), AccessEvent.detail.contains(str(subject)))
        .order_by(AccessEvent.at, AccessEvent.id)
    )
    said = [f"{row.kind}: {row.detail.replace(str(subject), '…')}" for row in rows]
    return [
        (words, row.purpose, row.patient, row.by, stamp_author(row.k)) for words, row in zip(said, rows, strict=True)
    ]


def counted(reader: Reader, subject: UUID) -> int:
    """How often it counts as printed."""
    return len(reader.rows(select(PaperPrint.id).where(PaperPrint.subject == subject)))


def know_the_label_printer(seat: Seat, peer: LabelPeer) -> None:
    """Somebody types the address of the printer into the settings."""
    settled(seat, SettingsPage())
    press_on(seat.window, "Add a label printer")
    hands.until(lambda: QApplication.activeModalWidget() is not None, "the form opens")
    hands.type_text(NAME)
    hands.tab_to("Address")
    hands.type_text(f"127.0.0.1:{peer.printer.port}")
    hands.tab_to("203 dpi")
    hands.press("Space", "Ctrl+Return")
    book = seat.workstation.desk.printers
    hands.until(lambda: book.label_printer(NAME) is not None, "the printer is known")
    seat.sit_down()
    press_on(seat.window, f"Print a test label on {NAME}")
    hands.until(lambda: bool(peer.jobs), "the test label is at its printer")
    assert read_zpl(peer.job())[0].words[0] == "Test label"


@pytest.mark.accepts("X-14")
def test_a_label_is_zpl_at_its_printer_then_a_copy_then_a_file_when_that_is_off(
    cut_off: CutOff, peer: LabelPeer, tmp_path: Path
) -> None:
    seat, tube = cut_off.seat, cut_off.visit.specimen
    seat.offline()
    know_the_label_printer(seat, peer)
    for number, edge in ((1, []), (2, ["COPY 1", "first printed"])):
        preview = previewed(seat, LabWorklist(tube), "Ctrl+L")
        assert preview.printers.currentText() == NAME and bool(preview.out.shown.copy) is (number > 1)
        hands.press("Ctrl+P")
        hands.until(lambda n=number: len(peer.jobs) > n, "the label is at its printer")  # type: ignore[misc]
        (label,) = read_zpl(peer.job(number))
        assert any("OKONKWO, Amara" in words.upper() or "OKONKWO" in words for words in label.words)
        turned = [one.words for one in label.items if one.upright]
        assert all(any(part in words for words in turned) for part in edge) and ("COPY" in str(turned)) is bool(edge)
        done(seat, preview)
    peer.close()
    preview = previewed(seat, LabWorklist(tube), "Ctrl+L")
    hands.press("Ctrl+P")
    hands.until(lambda: "does not answer" in preview.error.text(), "why it was not printed")
    assert seat.ask(partial(counted, subject=tube)) == 2
    hands.answer_file_dialog(tmp_path / "label.pdf")
    hands.press("Ctrl+S")
    hands.until((tmp_path / "label.pdf").exists, "it is saved in place of that")
    assert "COPY2" in samples.whole((tmp_path / "label.pdf").read_bytes()).replace(" ", "")
    hands.until(lambda: preview.of_what.text().startswith("Copy 3"), "it is shown as it would leave now")
    hands.put_in_front(preview)
    hands.press("Esc")
    done(seat, preview)
    who = ("treatment", cut_off.visit.patient, seat.workstation.desk.person.id, seat.ask(lambda r: r.station.author))
    assert seat.ask(partial(printed, subject=tube)) == [
        ("print: specimen-label … original", *who),
        ("print: specimen-label … copy 1", *who),
        ("export: specimen-label … copy 2", *who),
    ]


@pytest.mark.accepts("X-14")
def test_sheets_and_roll_print_offline_and_a_promise_without_a_lease_says_so(
    cut_off: CutOff, queue: list[QPrinter], tmp_path: Path
) -> None:
    seat, visit = cut_off.seat, cut_off.visit
    seat.offline()
    slip = booked_some_day(seat, visit.other)
    assert slip.appointment is not None
    preview = previewed(seat, slip, "Ctrl+P")
    for size, wide in (("A4", 210), ("A5", 148), ("80mm", 80)):
        preview.sizes.activated.emit(preview.sizes.findData(size))
        hands.until(lambda s=size: preview.out.shown.size == s, size)  # type: ignore[misc]
        shown = preview.out.shown
        words = samples.whole(shown.pdf)
        assert "Provisional, to be confirmed" in words and "COPY" not in words
        assert round(raster.page_sizes(shown.pdf)[0].width) == wide
    hands.press("Ctrl+P")
    done(seat, preview)
    preview = previewed(seat, slip, "Ctrl+P")
    assert preview.out.shown.size == "80mm" and "COPY 1" in samples.whole(preview.out.shown.pdf), "paper and copy"
    assert preview.of_what.text().startswith("Copy 1 of the print of")
    hands.press("Ctrl+P")
    done(seat, preview)
    jobs = [(tmp_path / f"job-{number}.pdf").read_bytes() for number in (0, 1)]
    assert [round(raster.page_sizes(job)[0].width) for job in jobs] == [80, 80]
    assert [one.docName() for one in queue] == ["Document"] * 2, "a queue shows it to everybody"
    said = [words for words, *_rest in seat.ask(partial(printed, subject=slip.appointment))]
    assert said == [f"print: appointment-slip … {which}" for which in ("original", "copy 1")]
