# SPDX-License-Identifier: Apache-2.0
"""A clinic in which every word that anybody wrote looks like an order: every screen shows it, and does nothing of it.

The words are written into the file of the workstation as another one's changes would bring them, past every form.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from PySide6.QtCore import QModelIndex, QtMsgType, qInstallMessageHandler
from PySide6.QtGui import QGuiApplication, QTextDocument
from PySide6.QtGui import Qt as QtWords
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QApplication, QLabel, QMenu, QTextEdit, QWidget
from sqlalchemy import text

from hms_desktop.storage.indexes import LOCAL_INDEXES
from hms_desktop.storage.records import REGISTRY, Table
from hms_desktop.storage.rows import gate_open
from hms_desktop.ui.routes import LabWorklist, PatientChart, PatientRecord, Privacy
from hms_desktop.ui.widgets.labels import PlainLabel
from hms_desktop.ui.widgets.print_preview import PrintPreview
from installer.day import hands
from tests.payloads import CODE, CONTROL, FORMULAS, LONG, MARKUP, PAPER, SCRIPTS
from tests.promises import doors
from tests.promises.conftest import CutOff
from tests.promises.places import every_place, settled
from tests.sweep import Sweep
from tests.ui.papers import office_printer

FREE = {
    "action", "address", "asked_by", "batch_reason", "bed", "brand", "city", "comment", "container", "counselling",
    "detail", "display", "district", "excluded", "family", "given", "label_text", "licence", "line", "local_script",
    "lot", "member_id", "name", "note", "outcome", "override_reason", "package", "payer", "plan", "postcode",
    "preferred", "prefix", "reaction", "reason", "recipient", "reference", "service", "shelf", "speciality",
    "status_reason", "stop_reason", "substance", "text", "text_value", "title", "told", "value", "value_text", "what",
    "why", "words",
}  # fmt: skip
"""Columns of words that people write; the others hold codes, keys, numbers and days."""
OF_QT = ("propagateSizeHints", "OpenType support missing")
"""What Qt says of windows without a display, and before it takes the next font for a script that one lacks."""
PLANTED = ("Okonkwo", "Amara", "Naidoo", "Priya", "A09123456", "27825550101", "Anaphylaxis", "Hard of hearing")
"""Whom and what the furnished clinic knows."""
WORDS = (*MARKUP, *PAPER, *CODE, *FORMULAS, *SCRIPTS, *CONTROL, *LONG[:2])


def free_columns(table: Table) -> list[str]:
    """The columns of a table that hold people's words."""
    return [name for name, kind in table.kinds.items()
            if name in FREE and kind.name == "text" and name not in table.choices]  # fmt: skip


def spoil(at: CutOff) -> int:
    """Give every word in the file a tail that looks like an order; returns how many."""
    words, count = itertools.cycle(WORDS), 0
    with at.seat.workstation.bench.store.writing() as connection, gate_open(connection):
        for name, table in sorted(REGISTRY.items()):
            for column in free_columns(table):
                found = connection.execute(text(f'SELECT rid, "{column}" FROM "{name}" WHERE "{column}" > \'\'')).all()
                for rid, said in found:
                    tail = f"{said} {next(words)}" + (f" {LONG[2]}" if name == "note_section" else "")
                    connection.execute(
                        text(f'UPDATE "{name}" SET "{column}" = :said WHERE rid = :rid'), {"said": tail, "rid": rid}
                    )
                    count += 1
        for index in LOCAL_INDEXES:
            index.rebuild(connection)
    return count


@contextmanager
def qt_heard(said: list[str]) -> Iterator[None]:
    """Note what Qt has to complain about meanwhile."""

    def hear(kind: QtMsgType, _where: Any, words: str) -> None:
        if kind != QtMsgType.QtDebugMsg and not any(one in words for one in OF_QT):
            said.append(words)

    before = qInstallMessageHandler(hear)
    try:
        yield
    finally:
        qInstallMessageHandler(before)


def obeyed(front: QWidget) -> list[str]:
    """Parts that take words for markup, and tips that would."""
    found = []
    for label in front.findChildren(QLabel):
        if label.text() and label.textFormat() != QtWords.TextFormat.PlainText:
            found.append(f"{type(label).__name__} is not plain: {label.text()[:80]!r}")
        assert not label.text() or isinstance(label, PlainLabel), label
    found += [f"{type(part).__name__} is rich" for part in front.findChildren(QTextEdit)]
    found += [f"{type(part).__name__}: a menu or button lost a letter" for part in front.findChildren(QAbstractButton)
              if not isinstance(part.parentWidget(), QMenu) and "&<" in part.text().replace("&&", "")]  # fmt: skip
    tips = [part.toolTip() for part in front.findChildren(QWidget)]
    for view in front.findChildren(QAbstractItemView):
        model = view.model()
        for row in range(min(model.rowCount(QModelIndex()), 50) if model is not None else 0):
            tips.append(str(model.index(row, 0).data(QtWords.ItemDataRole.ToolTipRole) or ""))
    return found + [f"a tip is obeyed: {words[:80]!r}" for words in tips if _is_obeyed(words)]


def _is_obeyed(words: str) -> bool:
    """Whether Qt would show other letters than were written."""
    if not QtWords.mightBeRichText(words):
        return False
    document = QTextDocument()
    document.setHtml(words)
    return not QtWords.mightBeRichText(document.toPlainText())


@pytest.fixture(scope="module")
def spoilt(made: CutOff) -> tuple[CutOff, dict[Any, Any]]:
    """The furnished clinic, its words spoilt; and the ways to what opens over its places."""
    ways = dict(doors.ways_in(made.visit, doors.more_life(made.seat, made.visit)))
    assert spoil(made) > 300
    return made, ways


def shown_words(front: QWidget) -> str:
    """Everything that labels show and rows say."""
    said = [label.text() for label in front.findChildren(QLabel)]
    for view in front.findChildren(QAbstractItemView):
        model = view.model()
        across = getattr(view, "rows", None)
        wide = len(across.columns) if across is not None and hasattr(across, "columns") else 1
        for row, column in itertools.product(range(min(model.rowCount(QModelIndex()), 30)), range(wide)):
            said.append(str(model.index(row, column).data() or ""))
    return " | ".join(said)


@pytest.mark.hazard("H44")
def test_every_screen_shows_what_was_written_and_obeys_nothing(spoilt: tuple[CutOff, dict[Any, Any]]) -> None:
    at, _ways = spoilt
    said: list[str] = []
    wrong: list[tuple[Any, str]] = []
    shown: list[str] = []
    with qt_heard(said):
        for place in every_place(at.seat, at.visit):
            settled(at.seat, place)
            front = QApplication.activeModalWidget() or at.seat.window
            wrong += [(place, fault) for fault in obeyed(front)]
            shown.append(shown_words(front))
            if front is not at.seat.window:
                front.close()
                at.seat.sit_down()
    assert not wrong, "\n".join(map(str, wrong))
    assert not said, said
    everything = " ".join(shown)
    missing = [words for words in (*MARKUP, *PAPER, *CODE) if words not in everything]
    assert len(missing) < len((*MARKUP, *PAPER, *CODE)) / 4, missing


@pytest.mark.accepts("SEC-13")
@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_nobody_is_named_in_logs_files_names_of_files_titles_queues_and_the_clipboard(
    made: CutOff, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seat, sweep = made.seat, Sweep(PLANTED)
    for sensible in (*PLANTED, "Hard of hearing"):
        assert sweep.said("", f"so it is found: {sensible}") and sweep.names("", sensible.upper())
        assert sweep.said("", f"/find?q={quote(sensible)}&x") and sweep.said("", sensible.encode("utf-16-le"))
    seat.sit_down()
    QGuiApplication.clipboard().clear()  # what another test of this process copied
    queue, found = office_printer(tmp_path, monkeypatch), []
    for place in (PatientRecord(made.visit.patient), PatientChart(made.visit.patient), Privacy()):
        settled(seat, place)
        found += sweep.names("title", *(window.windowTitle() for window in QApplication.topLevelWidgets()))
    settled(seat, LabWorklist(made.visit.specimen))
    hands.press("Ctrl+L")
    hands.until(lambda: isinstance(QApplication.activeModalWidget(), PrintPreview), "the preview opens")
    preview: Any = QApplication.activeModalWidget()
    hands.put_in_front(preview)
    found += sweep.names("title", preview.windowTitle()) + sweep.names("suggested file", preview.out.shown.title)
    hands.press("Ctrl+P")
    hands.until(lambda: QApplication.activeModalWidget() is not preview, "the preview is done")
    seat.sit_down()
    assert len(queue) == 1
    found += sweep.names("print queue", *(job.docName() for job in queue))
    found += sweep.said("clipboard", QGuiApplication.clipboard().text())
    log = made.clinic.server.log.read_text(encoding="utf-8")
    assert "serving" in log
    files = {path.relative_to(made.clinic.folder).parts for path in made.clinic.folder.rglob("*") if path.is_file()}
    assert any(parts[-1].endswith(".db") for parts in files) and any("outbox" in parts for parts in files)
    found += sweep.said("log of the server", log) + sweep.files(made.clinic.folder)
    assert found == [] and sweep.looked > 2 * len(files)


@pytest.mark.proof
@pytest.mark.hazard("H44")
def test_every_form_and_question_shows_what_was_written(spoilt: tuple[CutOff, dict[Any, Any]]) -> None:
    at, ways = spoilt
    at.seat.sit_down()
    said: list[str] = []
    wrong: list[tuple[Any, str]] = []
    with qt_heard(said):
        for place, ways_there in ways.items():
            settled(at.seat, place)
            for way in ways_there:
                dialog = doors.go_in(at.seat, way)
                wrong += [((place, way), fault) for fault in obeyed(dialog)]
                doors.go_out(at.seat)
    assert not wrong, "\n".join(map(str, wrong))
    assert not said, said
