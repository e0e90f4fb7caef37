# SPDX-License-Identifier: Apache-2.0
"""The acts on the specimen that is shown: save, verify, release, correct, reject, print; each refusal said in place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtWidgets import QMenu, QWidget

from hms_desktop.clinic.lab import service
from hms_desktop.clinic.lab.queries import CollectPlan
from hms_desktop.clinic.lab.queries_sheets import OrderSheet
from hms_desktop.clinic.lab.service import Collected
from hms_desktop.core.errors import BadInput, ClinicError, Refused
from hms_desktop.core.text import _, ngettext
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.lab import dialogs, words
from hms_desktop.ui.lab.bench_facts import BenchFacts, read_bench
from hms_desktop.ui.lab.detail import BenchDetail
from hms_desktop.ui.lab.label_check import LabelCheck
from hms_desktop.ui.lab.next_step import lacks
from hms_desktop.ui.lab.result_row import ResultLine
from hms_desktop.ui.widgets.confirm import ask_first
from hms_desktop.ui.widgets.paper import show_paper
from hms_desktop.ui.widgets.patient_amended import full_name

MISMATCH = "RM"


class BenchActs(QObject):
    """Acts for a page; `read_again` is called after each that changed something, `opens` shows a new specimen."""

    def __init__(
        self,
        desk: Desk,
        page: QWidget,
        detail: BenchDetail,
        read_again: Callable[[], object],
        opens: Callable[[UUID], object],
    ) -> None:
        super().__init__(page)
        self._desk, self._page, self._detail = desk, page, detail
        self._read_again, self._opens = read_again, opens

    @property
    def _shown(self) -> BenchFacts:
        """The specimen that is shown: the acts on it are offered only while there is one."""
        assert self._detail.facts is not None
        return self._detail.facts

    @staticmethod
    def draft_key(specimen: UUID) -> str:
        """Where half-typed results of a specimen are kept."""
        return f"lab-entry {specimen}"

    # values

    def save(self) -> None:
        """Enter what is typed; a value that can't be is put right first."""
        wrong = self._detail.grid.first_wrong()
        if wrong is not None:
            wrong.value.setFocus(Qt.FocusReason.OtherFocusReason)
            wrong.value.left.emit()
            return
        self.save_usable()

    def save_usable(self) -> None:
        """Enter every typed value that can be entered."""
        facts, values = self._detail.facts, self._detail.grid.values()
        if facts is None:
            return
        comment, specimen = self._detail.comment.typed().strip() or None, facts.bench.specimen
        state = self._desk.drafts.state(self.draft_key(specimen))
        for order, typed in values.items():
            act = partial(service.enter_results, specimen=specimen, order=order, values=typed, comment=comment)
            self._desk.tasks.run(act, partial(self._saved, specimen, state), self._refusal(), owner=self)

    def _saved(self, specimen: UUID, state: int, made: Sequence[UUID]) -> None:
        count = len(made)
        self._desk.drafts.drop(self.draft_key(specimen), state)
        self.keep_draft()
        if self._specimen() == specimen:
            self._detail.say_refusal("")
            self._detail.comment.start_over()
        self._desk.toast(ngettext("{count} result saved", "{count} results saved", count).format(count=count))
        self._read_again()

    def keep_draft(self) -> None:
        """Keep what is typed and not saved."""
        facts = self._detail.facts
        if facts is None:
            return
        key, typed = self.draft_key(facts.bench.specimen), self._detail.typed()
        if typed:
            title = _("Results of {code}").format(code=facts.bench.accession)
            self._desk.drafts.save(key, typed, title)
            self._detail.show_draft(words.moment_words(self._desk.now(), self._desk.now()))
        else:
            self._desk.drafts.discard(key)
            self._detail.show_draft("")

    # verification and release

    def on_result(self, name: str, line: ResultLine) -> None:
        """A button of a line: verify, validate, correct, void."""
        if name == "void":
            rival = line.analyte.rivals[0]
            dialogs.ask_mistake(self._desk, self._page, rival, lambda _none: self._read_again())
            return
        assert line.row is not None  # a line without a value has no button
        if name == "correct":
            dialogs.ask_correct(self._desk, self._page, line.analyte, line.row, lambda _id: self._corrected())
        else:
            self.verify(name, (line.row.id,))

    def verify(self, name: str, results: tuple[UUID, ...]) -> None:
        """Stand for these values, technically or medically; a refusal names the value and the colleague needed."""
        act = service.verify if name == "verify" else service.validate
        said = _("Verified technically") if name == "verify" else _("Verified medically")
        self._run(partial(act, result_ids=results), said)

    def correct_again(self, draft: str) -> bool:
        """Open the correction that is kept under this name; False while the value that it corrects is not shown."""
        facts = self._detail.facts
        lines = [line for sheet in facts.bench.sheets for line in sheet.lines] if facts is not None else []
        for line in lines:
            if line.result is not None and dialogs.correction_key(line.result.id) == draft:
                done = lambda _id: self._corrected()  # noqa: E731
                dialogs.ask_correct(self._desk, self._page, line, line.result, done, draft)
                return True
        return False

    def _corrected(self) -> None:
        self._desk.toast(_("Corrected: verify and release it"))
        self._read_again()

    def reopen(self) -> None:
        """Correct the released value that has the keyboard, or let a verified one be typed over."""
        lines = self._detail.grid.lines
        line = self._detail.grid.focused() or next((n for n in lines if n.row is not None), None)
        if line is None or line.row is None:
            self._detail.say_refusal(_("No value is entered here yet."))
            return
        missing = lacks(self._desk, "result.correct" if line.row.released else "result.enter")
        if missing is not None:
            self._detail.say_refusal(missing)
        elif line.row.released:
            self.on_result("correct", line)
        else:
            line.reopen()

    def release(self) -> None:
        """Ask, naming patient and tests, then send the reports out."""
        facts = self._shown
        ready = [sheet for sheet in facts.bench.sheets if not sheet.released or sheet.changed]
        revoked = next((sheet for sheet in ready if sheet.order.status == "revoked"), None)
        if revoked is not None:
            order, seen = revoked.order, _values(revoked)
            done = lambda _id: self._released()  # noqa: E731
            dialogs.ask_although_revoked(
                self._desk, self._page, order.id, order.display, order.stop_reason or "", done, seen
            )
            return
        who = full_name(facts.patient) if facts.patient else ""
        tests = ", ".join(sheet.test.display for sheet in ready)
        title = _("Release {tests} of {name}?").format(tests=tests, name=who)
        text = _("The report goes to who ordered it and can't be taken back. A mistake is corrected by a new version.")
        ask_first(self._page, title, text, _("Release the report"), lambda: self._send(ready), facts=_told(ready))

    def _send(self, ready: Sequence[OrderSheet]) -> None:
        for sheet in ready:
            act = partial(service.release, order=sheet.order.id, seen=_values(sheet))
            not_released = partial(self._not_released, self._refusal())
            self._desk.tasks.run(act, lambda _id: self._released(), not_released, owner=self)

    def _not_released(self, refused: Callable[[ClinicError], None], error: ClinicError) -> None:
        refused(error)
        if isinstance(error, service.ValuesChanged):
            self._read_again()

    def _released(self) -> None:
        self._desk.toast(_("Released"))
        self._detail.say_refusal("")
        self._read_again()

    # specimen

    def collect(self, plan: CollectPlan) -> None:
        """Collect from a patient, then label and check."""
        dialogs.ask_collect(self._desk, self._page, plan, self._collected)

    def _collected(self, tubes: Sequence[Collected]) -> None:
        self._opens(tubes[0].specimen)
        check = LabelCheck(self._desk, self._page, tubes, lambda tube: self.reject_specimen(tube.specimen))
        check.finished.connect(lambda _result: self._opens(check.tubes[0].specimen))
        check.ask()

    def reject(self) -> None:
        """Reject the specimen that is shown."""
        dialogs.ask_reject(self._desk, self._page, self._shown.bench, lambda _none: self._rejected())

    def reject_specimen(self, specimen: UUID) -> None:
        """Reject a specimen because its label does not match, whether it is shown or not."""

        def ask(facts: BenchFacts) -> None:
            done = lambda _none: self._rejected()  # noqa: E731
            dialogs.ask_reject(self._desk, self._page, facts.bench, done, MISMATCH)

        self._desk.tasks.read(partial(read_bench, specimen=specimen), ask, self._refusal(), owner=self)

    def _rejected(self) -> None:
        self._desk.toast(_("Rejected. A new specimen is asked for."))
        self._read_again()

    def relabel(self) -> None:
        """Give the tube that is shown a new label."""
        bench = self._shown.bench
        dialogs.ask_relabel(
            self._desk, self._page, bench.specimen, bench.accession, lambda tube: self._collected((tube,))
        )

    def hand_over(self) -> None:
        """The tube is on its way to the bench."""
        self._run(partial(service.hand_over, specimen=self._shown.bench.specimen), _("Handed over"))

    # paper

    def print_label(self) -> None:
        """Preview the label of the specimen that is shown."""
        show_paper(self._desk, self._page, "specimen-label", self._shown.bench.specimen)

    def show_report(self) -> None:
        """Preview the newest report; with several orders, one is chosen."""
        out = [(s.test.display, s.release) for s in self._shown.bench.sheets if s.release is not None]
        if len(out) == 1:
            show_paper(self._desk, self._page, "lab-report", out[0][1])
        else:
            self._choose_report(out)

    def _choose_report(self, out: Sequence[tuple[str, UUID]]) -> None:
        menu = QMenu(self._page)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for name, release in out:
            show = partial(show_paper, self._desk, self._page, "lab-report", release)
            menu.addAction(name.replace("&", "&&")).triggered.connect(lambda _on=False, do=show: do())
        menu.popup(self._detail.main.mapToGlobal(QPoint(0, self._detail.main.height())))

    def _run(self, act: Any, said: str) -> None:
        def done(_result: Any) -> None:
            self._detail.say_refusal("")
            self._desk.toast(said)
            self._read_again()

        self._desk.tasks.run(act, done, self._refusal(), owner=self)

    def _refusal(self) -> Callable[[ClinicError], None]:
        """Says a refusal at the specimen that is shown now; when another one is shown by then, in the frame."""
        asked = self._specimen()

        def refused(error: ClinicError) -> None:
            if self._specimen() == asked and isinstance(error, Refused | BadInput):
                self._detail.say_refusal(str(error))
            else:
                self._desk.show_error(error)

        return refused

    def _specimen(self) -> UUID | None:
        """The specimen that is shown."""
        facts = self._detail.facts
        return facts.bench.specimen if facts is not None else None


def _values(sheet: OrderSheet) -> tuple[UUID, ...]:
    """The versions of values that stand in a sheet: these go out with it, and nothing else."""
    return tuple(line.result.id for line in sheet.lines if line.result is not None)


def _told(ready: Sequence[OrderSheet]) -> list[tuple[str, str]]:
    results = [line.result for sheet in ready for line in sheet.lines if line.result is not None]
    told = [(row.display, f"{words.measured_words(row)}  {words.flag_of(row.flag)}".strip()) for row in results]
    return told[:8]
