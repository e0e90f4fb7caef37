# SPDX-License-Identifier: Apache-2.0
"""The head of a specimen's detail: its steps, number, container, hand-overs, who ordered, priority and chips."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from hms_desktop.core.text import _
from hms_desktop.ui.lab import words
from hms_desktop.ui.lab.bench_facts import BenchFacts
from hms_desktop.ui.widgets.card import Card
from hms_desktop.ui.widgets.chip import Chip, ChipFace, as_of, conflict, saved_here
from hms_desktop.ui.widgets.flow import FlowRow
from hms_desktop.ui.widgets.labels import Fact, Text
from hms_desktop.ui.widgets.step_trail import StepTrail
from hms_desktop.ui.widgets.theme import theme

_AT = {"collected": 1, "in-transit": 1, "received": 2, "entering": 2, "critical": 2, "verify": 3, "release": 4,
       "released": 5}  # fmt: skip


class SpecimenCard(Card):
    """Shows one specimen; nothing in it can be changed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.setAccessibleName(_("Specimen"))
        self.steps = StepTrail((), 0)
        self.chips = FlowRow()
        self.facts = FlowRow(theme.space(6), theme.space(3))
        self.reason = Text("", "body", "critical", wrap=True)
        head = QHBoxLayout()
        head.setSpacing(theme.space(4))
        head.addWidget(self.steps, 1)
        head.addWidget(self.chips, 0, Qt.AlignmentFlag.AlignTop)
        self.add(head)
        self.add(self.facts)
        self.add(self.reason)

    def show_specimen(self, facts: BenchFacts, now: datetime) -> None:
        """Show this specimen as it is."""
        bench = facts.bench
        steps = (_("Collected"), _("Received"), _("Results"), _("Verify"), _("Released"))
        self.steps.show_steps(steps, _AT.get(bench.state, 1))
        self.facts.fill(_facts(facts, now))
        self.chips.fill([Chip.of(face) for face in _faces(facts, now)])
        self.chips.setMinimumWidth(min(self.chips.sizeHint().width(), theme.grow(260)))
        stop = _stop_words(facts, now)
        self.reason.setText(stop)
        self.reason.setVisible(bool(stop))


def _facts(facts: BenchFacts, now: datetime) -> list[QWidget]:
    bench = facts.bench
    steps = {step.step: step for step in bench.custody}
    tube = _("{type}, {container}").format(type=bench.type, container=bench.container)
    shown: list[QWidget] = [
        Fact(_("Sample"), bench.accession, figures="identifiers", wrap=False),
        Fact(_("Specimen"), f"{tube[:1].upper()}{tube[1:]}", wrap=False),
    ]
    for step in ("collected", "received"):
        if found := steps.get(step):
            value = _("{time}, {name}").format(time=words.moment_words(found.at, now), name=found.by)
            shown.append(Fact(words.custody_words(step), value, wrap=False))
    ordered = ", ".join(dict.fromkeys(s.order.requester_name for s in bench.sheets if s.order.requester_name))
    if ordered:
        shown.append(Fact(_("Ordered by"), ordered, wrap=False))
    reasons = ", ".join(dict.fromkeys(s.order.reason for s in bench.sheets if s.order.reason))
    if reasons:
        shown.append(Fact(_("Reason"), reasons, wrap=False))
    return shown


def _faces(facts: BenchFacts, now: datetime) -> list[ChipFace]:
    bench = facts.bench
    faces = []
    if bench.priority in ("stat", "asap", "urgent"):
        status = "critical" if bench.priority == "stat" else "warning"
        faces.append(ChipFace(status, words.priority_words(bench.priority), "lightning-fill"))
    if bench.contested:
        faces.append(conflict(_("Two versions")))
    if bench.saved_here or any(row.saved_here for row in facts.results):
        faces.append(saved_here())
    if any(s.released and s.changed for s in bench.sheets):
        faces.append(ChipFace("warning", _("Changed since release"), "pencil-simple"))
    if bench.state in ("released", "rejected", "revoked") and bench.custody:
        faces.append(as_of(words.moment_words(max(step.at for step in bench.custody), now)))
    return faces


def _stop_words(facts: BenchFacts, now: datetime) -> str:
    bench = facts.bench
    last = bench.custody[-1] if bench.custody else None
    if bench.state == "rejected" and last is not None:
        at = words.moment_words(last.at, now)
        words_ = _("Rejected {time} by {name}: {reason}. Its orders wait for a new specimen.")
        return words_.format(time=at, name=last.by, reason=last.reason or "")
    if bench.state == "revoked":
        why = "; ".join(s.order.stop_reason or "" for s in bench.sheets)
        words_ = _("The order was cancelled ({reason}). Ask who cancelled it before anything is released.")
        return words_.format(reason=why)
    if bench.state == "replaced":
        return _("This label was replaced. Work with the new one on the tube.")
    return ""
