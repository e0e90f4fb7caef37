# SPDX-License-Identifier: Apache-2.0
"""A session process at a pharmacy counter: hands over one tablet after the other and says `saved` as the window does.

The first by keys, said when the window says that it is handed over; the others as fast as the window's writer can.
`python -m tests.promises.counter_process FOLDER PRESCRIPTION`. It never ends by itself; it is killed.
"""

from __future__ import annotations

import sys
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from PySide6.QtWidgets import QApplication
from sqlalchemy import select

from hms_desktop.app import Opened, open_workstation
from hms_desktop.clinic.pharmacy.model import Dispense
from hms_desktop.clinic.pharmacy.service import HandOver, dispense
from hms_desktop.core.errors import ClinicError
from hms_desktop.front import profile_keychain
from hms_desktop.security import sign_in
from hms_desktop.ui.routes import PharmacyQueue
from hms_desktop.ui.shell.toast_box import ToastBox
from hms_desktop.ui.widgets.look import install_look
from installer.day import hands
from tests.promises.forms import asked
from tests.promises.seats import words_of
from tests.server.process import PASSWORD
from tests.shaking import shake_this_process


def supplies_of(workstation: Opened) -> set[UUID]:
    """Every hand-over that another connection to the file finds."""
    question = select(Dispense.id)
    return {row.id for row in workstation.bench.store.read(lambda r: r.rows(question), workstation.bench.acting)}


def by_hand(workstation: Opened, prescription: UUID) -> UUID:
    """One tablet by keys; returns it when the window has said so."""
    window: Any = workstation.window
    before = supplies_of(workstation)
    hands.put_in_front(window)
    assert workstation.desk.routes.open(PharmacyQueue(prescription))
    page = window.shown
    hands.until(lambda: any(row.isVisible() for row in page.pane.lines.rows), "the line is shown")
    workstation.tasks.settle()
    to_line(page)
    hands.press("S")
    asked("Supply part of")
    hands.type_text("1")
    hands.press("Ctrl+Return")
    hands.until(lambda: prescription in page.prepared and QApplication.activeModalWidget() is None, "it is picked")
    hands.put_in_front(window)
    to_line(page)
    hands.press("Ctrl+Return")
    asked("Hand over to")
    hands.tab()
    hands.press("Space")
    hands.until(lambda: any("handed over" in words_of(t) for t in window.findChildren(ToastBox)), "the window says so")
    (made,) = supplies_of(workstation) - before
    return made


def to_line(page: Any) -> None:
    """The keyboard on the line."""
    page.pane.lines.take_focus()
    hands.until(lambda: any(row.hasFocus() for row in page.pane.lines.rows), "the line has the keyboard")


def main() -> None:
    """Open the window as the pharmacist and work without pause."""
    shake_this_process()
    folder, prescription = Path(sys.argv[1]), UUID(sys.argv[2])
    app = QApplication(sys.argv[:1])
    install_look(app)
    opened = sign_in.unlock(folder, "naledi", PASSWORD, keychain=profile_keychain(folder))
    workstation = open_workstation(opened)
    workstation.show()
    one = HandOver(prescription=prescription, quantity=Decimal(1), override_reason="The line is down")

    def saved(id: UUID) -> None:
        sys.stdout.write(f"saved {id}\n")
        sys.stdout.flush()
        again()

    def refused(error: ClinicError) -> None:
        sys.stdout.write(f"refused {error}\n")
        sys.stdout.flush()

    def again() -> None:
        workstation.tasks.run(partial(dispense, hand_over=one), done=saved, failed=refused, owner=workstation.window)

    saved(by_hand(workstation, prescription))
    app.exec()


if __name__ == "__main__":
    main()
