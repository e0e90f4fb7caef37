# SPDX-License-Identifier: Apache-2.0
"""The checks of a medicine as a person meets them: stops with a fix first, checks in place, what was not checked."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from hms_desktop.clinic.ehr.rules_medicines import Alert, Checks
from hms_desktop.clinic.ehr.service import Overriding
from hms_desktop.core.text import _
from hms_desktop.ui.widgets.alerts import AlertAct, AlertFace, CheckBar, StopPanel
from hms_desktop.ui.widgets.choice_field import ChoiceField, Option, finds_in
from hms_desktop.ui.widgets.detail_rows import CheckRow
from hms_desktop.ui.widgets.field import Field
from hms_desktop.ui.widgets.labels import Text
from hms_desktop.ui.widgets.text_fields import TextField
from hms_desktop.ui.widgets.theme import theme


def check_reasons() -> tuple[str, ...]:
    """The short list of reasons for going past a check."""
    return (
        _("Benefit outweighs the risk"),
        _("Replaces the other medicine"),
        _("Taken before without harm"),
        _("Short course, will be watched"),
        _("Patient told what to look for"),
    )


class AlertList(QWidget):
    """Shows the findings of a check. `changed` when a reason was given or taken back, `another` when the person wants
    another medicine instead."""

    changed = Signal()
    another = Signal()

    def __init__(self, may_override: bool, colleagues: Sequence[Option] = (), *, second_person: bool = False) -> None:
        super().__init__()
        self._may, self._colleagues, self._second = may_override, list(colleagues), second_person
        self._found: Checks | None = None
        self._alerts: tuple[Alert, ...] = ()
        self._reasons: dict[str, str] = {}
        self._fields: dict[str, tuple[Field, Field | None]] = {}
        self.parts: dict[str, QWidget] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.space(3))
        self.hide()

    def use_policy(self, colleagues: Sequence[Option], second_person: bool) -> None:
        """Who may stand beside the prescriber, and whether somebody must."""
        self._colleagues, self._second = list(colleagues), second_person

    def show_checks(self, found: Checks | None) -> None:
        """Show findings; what is already shown stays as it is, with the reasons given for it."""
        if found == self._found:
            return
        self._found = found
        self._clear()
        self._alerts = found.alerts if found else ()
        keys = {alert.key for alert in self._alerts}
        self._reasons = {key: reason for key, reason in self._reasons.items() if key in keys}
        for place, alert in enumerate(self._alerts, start=1):
            self._put(alert.key, self._face(alert, place))
        for line in found.not_checked if found else ():
            self._put(line, Text(line, "label", "secondary", wrap=True))
        if found and found.version:
            said = _("Checked with {version}.").format(version=found.version)
            self._put("version", Text(said, "caption", "tertiary", wrap=True))
        self.setVisible(found is not None)
        self.changed.emit()

    def standing(self) -> list[Alert]:
        """Findings that nobody has gone past yet."""
        return [alert for alert in self._alerts if not self._reason(alert.key)]

    def overrides(self) -> list[Overriding]:
        """Reasons by finding, with who stands beside."""
        return [
            Overriding(alert.key, self._reason(alert.key), self._beside(alert.key))
            for alert in self._alerts
            if self._reason(alert.key)
        ]

    def take_focus(self) -> None:
        """Put the keyboard on the first stop."""
        first = next((part for part in self.parts.values() if isinstance(part, StopPanel)), None)
        if first is not None:
            first.take_focus()

    def go_past(self, key: str) -> None:
        """Open the field for why a stop is passed."""
        if key in self._fields:
            self._fields[key][0].take_focus()
            return
        why = TextField(f"why:{key}", _("Why go on in spite of it"), required=True)
        why.edited.connect(self.changed)
        beside: Field | None = None
        if self._second:
            beside = ChoiceField(f"second:{key}", _("Second person"), finds_in(self._colleagues), required=True)
            beside.edited.connect(self.changed)
        self._fields[key] = why, beside
        at = self._column.indexOf(self.parts[key]) + 1
        for field in filter(None, (beside, why)):
            self._column.insertWidget(at, field)
            field.show()
        why.take_focus()
        self.changed.emit()

    def give_reason(self, key: str, reason: str) -> None:
        """A check was seen and passed for a reason from the short list."""
        self._reasons[key] = reason
        alert = next(a for a in self._alerts if a.key == key)
        said = CheckRow("neutral", alert.title, _("Passed: {reason}").format(reason=reason), icon="check")
        self._column.replaceWidget(self.parts[key], said)
        self.parts[key].hide()
        self.parts[key].deleteLater()
        self.parts[key] = said
        self.changed.emit()

    def _face(self, alert: Alert, place: int) -> QWidget:
        where = _("{n} of {count} alerts").format(n=place, count=len(self._alerts)) if len(self._alerts) > 1 else ""
        if alert.tier == "check":
            acts = (AlertAct("reason", _("Seen, give reason")),)
            bar = CheckBar(AlertFace(alert.title, ". ".join(alert.facts), acts=acts))
            bar.acted.connect(lambda _name, key=alert.key, bar=bar: self._offer_reasons(key, bar))
            return bar
        ways = [AlertAct("other", _("Choose another medicine"), "primary", "arrows-left-right")]
        if self._may:
            ways.append(AlertAct("go", _("Prescribe anyway…"), "quiet"))
        note = _("Going on needs a reason.") if self._may else _("Going on needs a prescriber with that right.")
        if self._second:
            note = _("Going on needs a reason and a second person.")
        facts = tuple(_split(fact) for fact in alert.facts)
        panel = StopPanel(AlertFace(_("Stop: {title}").format(title=alert.title), "", facts, tuple(ways), note, where))
        panel.acted.connect(lambda name, key=alert.key: self.another.emit() if name == "other" else self.go_past(key))
        return panel

    def _offer_reasons(self, key: str, bar: CheckBar) -> None:
        menu = QMenu(self)
        for reason in check_reasons():
            menu.addAction(reason).triggered.connect(lambda _on=False, r=reason: self.give_reason(key, r))
        button = bar.buttons[0]
        menu.popup(button.mapToGlobal(QPoint(0, button.height())))

    def _reason(self, key: str) -> str:
        if key in self._fields:
            why, beside = self._fields[key]
            complete = beside is None or not beside.is_empty()
            return str(why.typed()).strip() if complete else ""
        return self._reasons.get(key, "")

    def _beside(self, key: str) -> UUID | None:
        beside = self._fields[key][1] if key in self._fields else None
        return UUID(str(beside.value())) if beside is not None and beside.value() else None

    def _put(self, key: str, part: QWidget) -> None:
        self.parts[key] = part
        self._column.addWidget(part)

    def _clear(self) -> None:
        old: list[QWidget] = [*self.parts.values(), *(f for pair in self._fields.values() for f in pair if f)]
        for part in old:
            self._column.removeWidget(part)
            part.hide()
            part.deleteLater()
        self.parts.clear()
        self._fields.clear()


def _split(fact: str) -> tuple[str, str]:
    label, colon, value = fact.partition(": ")
    return (label, value) if colon else ("", fact)
