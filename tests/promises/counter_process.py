# SPDX-License-Identifier: Apache-2.0
"""A session process at a pharmacy counter: hands over one tablet after the other and says `saved` as the window would.

`python -m tests.promises.counter_process FOLDER PRESCRIPTION`. It never ends by itself; it is killed.
"""

from __future__ import annotations

import sys
from decimal import Decimal
from functools import partial
from pathlib import Path
from uuid import UUID

from PySide6.QtWidgets import QApplication

from hms_desktop.app import open_workstation
from hms_desktop.clinic.pharmacy.service import HandOver, dispense
from hms_desktop.core.errors import ClinicError
from hms_desktop.front import profile_keychain
from hms_desktop.security import sign_in
from hms_desktop.ui.widgets.look import install_look
from tests.server.process import PASSWORD


def main() -> None:
    """Open the window as the pharmacist and work without pause."""
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

    again()
    app.exec()


if __name__ == "__main__":
    main()
