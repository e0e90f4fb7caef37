# SPDX-License-Identifier: Apache-2.0
"""What a scan at the bench does: opens a specimen, takes it in, or says what the code is and stops when it must."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from uuid import UUID

from PySide6.QtCore import QObject, Qt

from hms_desktop.clinic.lab import service
from hms_desktop.core.errors import ClinicError
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.lab.bench_facts import Scanned, look_up_scan
from hms_desktop.ui.lab.bench_list import BenchListCard
from hms_desktop.ui.widgets.alerts import AlertAct


class ScanDesk(QObject):
    """Takes codes. `opens(specimen, received)` shows a specimen, `rejects(specimen)` asks for the label mismatch."""

    def __init__(
        self, desk: Desk, card: BenchListCard, opens: Callable[[UUID, bool], object], rejects: Callable[[UUID], object]
    ) -> None:
        super().__init__(card)
        self._desk, self._card, self._opens, self._rejects = desk, card, opens, rejects
        self.expected: UUID | None = None
        self._last: Scanned | None = None
        card.scanned.connect(self.take)
        card.said_acted.connect(self._acted)

    def expect(self, patient: UUID, accession: str) -> None:
        """The next scan must be a specimen of this patient: their request is open."""
        self.expected = patient
        self._card.scan.setPlaceholderText(_("Scan the label of {code}").format(code=accession))
        self._card.scan.setFocus(Qt.FocusReason.OtherFocusReason)

    def expect_any(self) -> None:
        """Any specimen may come next."""
        self.expected = None
        self._card.scan.setPlaceholderText(_("Scan a sample label, or type a number"))

    def take(self, code: str) -> None:
        """Look the code up; a stop must be settled before the next scan counts."""
        if not self._card.stopped:
            look = partial(look_up_scan, scanned=code)
            self._desk.tasks.read(look, partial(self._found, code), self._desk.show_error, owner=self, replaces="scan")

    def _found(self, code: str, scan: Scanned) -> None:
        self._last = scan
        self._card.say_nothing()
        if scan.specimen is not None and scan.status == "available" and self.expected in (None, scan.patient):
            self._open(scan.specimen, received=False)
            return
        act = partial(service.receive, scanned=code, expected=self.expected)
        self._desk.tasks.run(act, self._received, partial(self._refused, scan), owner=self)

    def _received(self, specimen: UUID) -> None:
        self._desk.toast(_("Received"))
        self._open(specimen, received=True)

    def _refused(self, scan: Scanned, error: ClinicError) -> None:
        known = scan.specimen is not None
        if known and self.expected is not None and scan.patient != self.expected:
            again = AlertAct("again", _("Scan the right label"))
            reject = AlertAct("reject", _("Reject it"), "danger", icon="x-circle")
            acts = (again, reject) if self._desk.may("specimen.reject") else (again,)
            self._card.stop(_("Another patient's sample"), str(error), acts)
            return
        look = AlertAct("open", _("Open it"))
        self._card.say(str(error), acts=(look,) if known and self._desk.may("lab.read") else ())
        self._card.scan.setFocus(Qt.FocusReason.OtherFocusReason)

    def _open(self, specimen: UUID, *, received: bool) -> None:
        self.expect_any()
        self._opens(specimen, received)

    def _acted(self, name: str) -> None:
        scan = self._last
        self._card.say_nothing()
        self._card.scan.setFocus(Qt.FocusReason.OtherFocusReason)
        if scan is None or scan.specimen is None:
            return
        if name == "open":
            self._opens(scan.specimen, False)
        elif name == "reject":
            self.expect_any()
            self._rejects(scan.specimen)
