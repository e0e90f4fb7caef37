# SPDX-License-Identifier: Apache-2.0
"""What comes next at the bench: the main button's step, verifying, collecting, and where the keyboard goes for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from uuid import UUID

from PySide6.QtCore import Qt

from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.lab.bench_acts import BenchActs
from hms_desktop.ui.lab.bench_facts import BenchFacts, Line
from hms_desktop.ui.lab.detail import BenchDetail
from hms_desktop.ui.lab.scan_desk import ScanDesk


class BenchSteps:
    """`line_of` names the line of the list that is current, or of a patient; `calls` goes to the open call."""

    def __init__(
        self, desk: Desk, detail: BenchDetail, acts: BenchActs, scans: ScanDesk,
        line_of: Callable[[UUID | None], Line | None], calls: Callable[[], object],
    ) -> None:  # fmt: skip
        self._desk, self._detail, self._acts, self._scans = desk, detail, acts, scans
        self._line_of, self._calls = line_of, calls

    def finish(self) -> None:
        """Do the next step of what is shown; inside a call, record the call."""
        call, facts = self._detail.call, self._detail.facts
        if call is not None and call.has_keyboard:
            call.finish()
        elif facts is None:
            self.collect()
        elif self._detail.step.holds is not None:
            self._detail.say_refusal(self._detail.step.holds)
        else:
            self._do(facts)

    def _do(self, facts: BenchFacts) -> None:
        bench, acts = facts.bench, self._acts
        doings: dict[str, Callable[[], object]] = {
            "receive": partial(self._scans.expect, bench.patient, bench.accession), "save": acts.save,
            "enter": self._detail.grid.take_focus, "call": self._calls, "verify": self.verify,
            "validate": self.verify, "release": acts.release, "report": acts.show_report,
            "collect": partial(self._collect_from, bench.patient), "none": lambda: None,
        }  # fmt: skip
        doings[self._detail.step.act]()

    @property
    def verifies(self) -> bool:
        """Whether the next step is to stand for values."""
        return self._detail.facts is not None and self._detail.step.act in ("verify", "validate")

    def verify(self) -> None:
        """Stand for the values that are next: all normal ones together, the others one by one."""
        step = self._detail.step
        if step.holds is not None:
            self._detail.say_refusal(step.holds)
        else:
            self._acts.verify(step.act, step.results)

    def collect(self) -> None:
        """Collect from the patient of the current line, when orders wait there."""
        line = self._line_of(None)
        if line is not None and line.plan is not None:
            self._acts.collect(line.plan)
        elif self._detail.facts is not None:
            self._collect_from(self._detail.facts.bench.patient)

    def _collect_from(self, patient: UUID) -> None:
        line = self._line_of(patient)
        if line is not None and line.plan is not None:
            self._acts.collect(line.plan)
        else:
            self._detail.say_refusal(_("No order of this patient waits for a specimen."))

    def take_focus(self) -> None:
        """The keyboard to the first value to type, to a call, else to the next step."""
        step, call = self._detail.step.act, self._detail.call
        if step == "receive":
            self.finish()
        elif step == "call" and call is not None:
            call.take_focus()
        elif step not in ("enter", "save") or not self._detail.grid.take_focus():
            self._detail.main.setFocus(Qt.FocusReason.OtherFocusReason)

    def value_typed(self) -> None:
        """A critical value is saved as soon as it is typed: the phone must not wait for the rest."""
        if self._detail.grid.critical_typed() and self._desk.may("result.enter"):
            self._acts.save_usable()

    def offered(self, facts: BenchFacts) -> list[tuple[str, str, str, str]]:
        """The buttons beside the main one, as name, words, icon and key."""
        may, bench = self._desk.may, facts.bench
        active = bench.status in ("collected", "in-transit", "available") and bench.state != "released"
        offered = [
            ("reject", _("Reject sample"), "x-circle", "R", active and may("specimen.reject")),
            ("label", _("Label"), "printer", "Ctrl+L", active and may("specimen.collect")),
            ("report", _("Report"), "file-text", "Ctrl+P", bool(facts.releases) and may("document.print")),
        ]
        return [(name, said, icon, key) for name, said, icon, key, on in offered if on]

    def further(self, name: str) -> None:
        """One of the offered acts."""
        {"reject": self._acts.reject, "label": self._acts.print_label, "report": self._acts.show_report}[name]()
