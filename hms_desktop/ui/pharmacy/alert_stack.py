# SPDX-License-Identifier: Apache-2.0
"""What must be settled before picking: allergies nobody asked about, two versions, stop alerts, things to check."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtWidgets import QVBoxLayout, QWidget

from hms_desktop.clinic.pharmacy.queries_counter import Counter, CounterLine, LineAlert
from hms_desktop.core.tall_man import tall_man
from hms_desktop.core.text import _
from hms_desktop.ui.pharmacy.prepared import open_lines
from hms_desktop.ui.widgets.alerts import AlertAct, AlertFace, CheckBar, StopPanel
from hms_desktop.ui.widgets.clearing import clear
from hms_desktop.ui.widgets.theme import theme

Act = Callable[[str], object]


@dataclass(frozen=True)
class Standing:
    """One thing that stands in the way: its panel's face, whether it is solid red, and what each way on does."""

    face: AlertFace
    stop: bool
    status: str
    act: Act


class AlertStack(QWidget):
    """All of them, one below the other; the first one's ways on have the keys 1, 2, 3."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.space(4))
        self.standing: Sequence[Standing] = ()

    def show_alerts(self, standing: Sequence[Standing]) -> None:
        """Show these; only the first stop is solid red."""
        self.standing = standing
        clear(self._column)
        red = False
        for one in standing:
            panel: Any = StopPanel(one.face) if one.stop and not red else CheckBar(one.face, one.status)
            red = red or one.stop
            panel.acted.connect(one.act)
            self._column.addWidget(panel)
        self.setVisible(bool(standing))

    def answer(self, number: int) -> None:
        """Do the first alert's way on of this number, from 1."""
        acts = self.standing[0].face.acts if self.standing else ()
        if 1 <= number <= len(acts):
            self.standing[0].act(acts[number - 1].name)


@dataclass(frozen=True)
class Ways:
    """What the counter offers: each takes the line (and alert) it is about."""

    ask: Callable[[CounterLine], object]
    go_on: Callable[[CounterLine, LineAlert], object]
    settle: Callable[[CounterLine], object]
    none_known: Callable[[], object]
    record: Callable[[], object]
    could_not_ask: Callable[[], object]


def standing_of(counter: Counter, prescribers: str, ways: Ways) -> list[Standing]:
    """Everything that stands in the way of this patient's lines, the gravest first."""
    lines = open_lines(counter.lines)
    found = [_contested(line, ways) for line in lines if line.contested]
    stops = [(line, alert) for line in lines for alert in line.stops]
    checks = [(line, alert) for line in lines for alert in line.to_answer if alert.alert.tier == "check"]
    total = len(stops) + len(checks)
    shown = [_stop(line, alert, at, total, prescribers, ways) for at, (line, alert) in enumerate(stops, 1)]
    shown += [_check(line, alert, ways, key="" if stops else "1") for line, alert in checks]
    if counter.blocked_by_allergies and lines:
        shown.insert(0, _unasked(counter, ways))
    return [*found, *shown]


def _contested(line: CounterLine, ways: Ways) -> Standing:
    doses = _(" or ").join(option.line for option in line.medicine.doses) or _("two versions stand")
    face = AlertFace(
        _("Two people changed {medicine}").format(medicine=tall_man(line.medicine.display)),
        _("{doses}. Nothing is handed over until somebody has chosen.").format(doses=doses),
        acts=(AlertAct("settle", _("Open the conflict"), "secondary", "git-merge"),),
    )
    return Standing(face, False, "warning", lambda _name: ways.settle(line))


def _stop(line: CounterLine, alert: LineAlert, at: int, total: int, prescriber: str, ways: Ways) -> Standing:
    facts = tuple(_split(fact) for fact in alert.alert.facts)
    who = line.medicine.requester or prescriber
    face = AlertFace(
        _("Stop: {medicine}").format(medicine=tall_man(line.medicine.display)),
        alert.alert.title,
        facts,
        (
            AlertAct("ask", _("Ask {name} to change").format(name=who), "primary", "phone", "1"),
            AlertAct("go_on", _("Dispense anyway…"), "quiet", "", "2"),
        ),
        _("Dispensing anyway needs a pharmacist, a reason and a second person's sign-off."),
        _("{number} of {total} alerts").format(number=at, total=total) if total > 1 else "",
    )

    def act(name: str) -> None:
        if name == "ask":
            ways.ask(line)
        else:
            ways.go_on(line, alert)

    return Standing(face, True, "critical", act)


def _check(line: CounterLine, alert: LineAlert, ways: Ways, key: str) -> Standing:
    face = AlertFace(
        _("Check: {medicine}").format(medicine=tall_man(line.medicine.display)),
        alert.alert.title,
        acts=(AlertAct("go_on", _("Seen, give reason"), key=key),),
    )
    return Standing(face, False, "warning", lambda _name: ways.go_on(line, alert))


def _unasked(counter: Counter, ways: Ways) -> Standing:
    if counter.allergies.state == "unavailable":
        face = AlertFace(_("Allergies can't be seen here"), counter.allergies.why)
        return Standing(face, False, "critical", lambda _name: None)
    face = AlertFace(
        _("Allergies are not recorded"),
        _("Ask the patient now. Nothing is handed over before."),
        acts=(
            AlertAct("none", _("None known"), "primary", "", "1"),
            AlertAct("record", _("Record one"), "secondary", "", "2"),
            AlertAct("could_not", _("Could not ask"), "secondary", "", "3"),
        ),
    )
    acts = {"none": ways.none_known, "record": ways.record, "could_not": ways.could_not_ask}
    return Standing(face, False, "warning", lambda name: acts[name]())


def _split(fact: str) -> tuple[str, str]:
    label, _colon, value = fact.partition(": ")
    return (label, value) if value else (_("Note"), fact)
