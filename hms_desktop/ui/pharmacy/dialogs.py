# SPDX-License-Identifier: Apache-2.0
"""The small forms of the counter: go on in spite of an alert, part supply, a reason, a question, an allergy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtWidgets import QWidget

from hms_desktop.clinic.ehr import service_allergies as allergies
from hms_desktop.clinic.inventory.rules import unit_words
from hms_desktop.clinic.pharmacy import service
from hms_desktop.clinic.pharmacy.queries_counter import CounterLine, LineAlert
from hms_desktop.clinic.pharmacy.service import HandOver
from hms_desktop.core.errors import BadInput
from hms_desktop.core.tall_man import tall_man
from hms_desktop.core.text import _
from hms_desktop.security.second_person import signing_person
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.pharmacy.prepared import largest_part
from hms_desktop.ui.pharmacy.words import amount
from hms_desktop.ui.widgets.choice_field import Option, RadioField
from hms_desktop.ui.widgets.form_dialog import FormDialog
from hms_desktop.ui.widgets.number_field import Limits, NumberField
from hms_desktop.ui.widgets.second_person import add_second_person, witnessed
from hms_desktop.ui.widgets.text_fields import TextField

Done = Callable[[Any], object]
MAY_SIGN = frozenset({"dispense.override", "medicine.override"})
MAY_WITNESS = frozenset({"dispense.supply", "register.keep"})


def short_reasons() -> tuple[str, ...]:
    """The reasons that are offered for an alert that only asks for a look."""
    return (
        _("Prescriber knows and wants it"),
        _("Patient took it before without trouble"),
        _("The other medicine is stopped"),
        _("Short treatment, benefit outweighs"),
    )


def ask_go_on(
    desk: Desk, parent: QWidget, line: CounterLine, alert: LineAlert, second_needed: bool, done: Done
) -> FormDialog:
    """Go on in spite of an alert: a reason, and for a stop the name and password of a second person."""
    stop = alert.alert.tier == "stop"
    name = tall_man(line.medicine.display)
    title = _("Dispense {medicine} in spite of the stop?") if stop else _("Go on with {medicine}?")

    def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
        return partial(
            _answer, prescription=line.medicine.id, kind=alert.alert.kind, title=alert.alert.title,
            reason=values.get("other") or values["reason"], login=values.get("login") or "",
            password=values.get("password") or "",
        )  # fmt: skip

    dialog = FormDialog(
        desk, parent, title.format(medicine=name), _("Dispense anyway") if stop else _("Go on"), acts, done,
        text=alert.alert.title, kind="destroy" if stop else "primary",
    )  # fmt: skip
    if not stop:
        options = [Option(words, words) for words in (*short_reasons(), _("Other"))]
        dialog.form.add(RadioField("reason", _("Reason"), options, required=True))
        dialog.form.add(TextField("other", _("&Other reason"), optional=True))
        return dialog.ask()
    dialog.form.add(TextField("reason", _("&Reason"), required=True))
    if second_needed:
        add_second_person(dialog.form)
    return dialog.ask()


def _answer(unit: Any, *, prescription: UUID, kind: str, title: str, reason: str, login: str, password: str) -> UUID:
    if reason == _("Other"):
        raise BadInput(_("Type the other reason."), "other")
    second = signing_person(unit, login, password, MAY_SIGN) if login else None
    return service.answer_alert(unit, prescription=prescription, kind=kind, title=title, reason=reason, second=second)


def ask_part(desk: Desk, parent: QWidget, line: CounterLine, take: Callable[[Decimal], object]) -> FormDialog:
    """How much of a line to supply now; the rest stays owing."""
    most = largest_part(line)

    def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
        quantity: Decimal = values["quantity"]
        return lambda _unit: quantity

    title = _("Supply part of {medicine}").format(medicine=tall_man(line.medicine.display))
    text = _("{owing} are owing, the shelf has {shelf}. The rest stays owing on the same prescription.").format(
        owing=amount(line.fill.owing, line), shelf=amount(most, line)
    )
    dialog = FormDialog(desk, parent, title, _("Pick this part"), acts, take, text=text)
    unit = unit_words(line.item.unit, Decimal(2)) if line.item else ""
    limits = Limits(lowest=Decimal("0.1"), highest=max(sum((s.free for s in line.stock), Decimal(0)), Decimal(1)))
    dialog.form.add(NumberField("quantity", _("&Quantity now"), unit, limits, required=True))
    return dialog.ask()


def ask_batch_reason(
    desk: Desk, parent: QWidget, line: CounterLine, lot: str, done: Callable[[str], object]
) -> FormDialog:
    """Why another batch than the first to expire is taken."""

    def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
        reason: str = values["reason"]
        return lambda _unit: reason

    title = _("Take batch {lot} of {medicine}?").format(lot=lot, medicine=tall_man(line.medicine.display))
    dialog = FormDialog(desk, parent, title, _("Take this batch"), acts, done, text=_("Another batch expires first."))
    dialog.form.add(TextField("reason", _("&Reason"), required=True))
    return dialog.ask()


def ask_override(
    desk: Desk, parent: QWidget, whys: Sequence[str], make: Callable[[str], Sequence[HandOver]], done: Done
) -> FormDialog:
    """Hand over although it is not certain to remain: the reason stays with the hand-over."""

    def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
        return partial(service.dispense_several, hand_overs=make(values["reason"]))

    dialog = FormDialog(
        desk, parent, _("Hand over all the same?"), _("Hand over"), acts, done,
        text=" ".join(dict.fromkeys(whys)) + " " + _("What is handed over is always recorded, and looked at later."),
    )  # fmt: skip
    dialog.form.add(TextField("reason", _("&Reason"), required=True))
    return dialog.ask()


def ask_witness(
    desk: Desk, parent: QWidget, who: str, facts: Sequence[tuple[str, str]], whys: Sequence[str],
    make: Callable[[str | None], Sequence[HandOver]], done: Done,
) -> FormDialog:  # fmt: skip
    """Hand over when a controlled medicine is among it: a second person signs; `whys` ask for a reason as well."""

    def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
        act = partial(_with_witness, asked=make(values.get("reason")))
        return witnessed(act, values, MAY_WITNESS)

    text = _("A controlled medicine: each line goes into the register with both your names.")
    dialog = FormDialog(
        desk, parent, _("Hand over to {name}?").format(name=who), _("Hand over"), acts, done,
        text=" ".join((*dict.fromkeys(whys), text)), facts=facts,
    )  # fmt: skip
    if whys:
        dialog.form.add(TextField("reason", _("&Reason"), required=True))
    add_second_person(dialog.form)
    return dialog.ask()


def _with_witness(unit: Any, *, asked: Sequence[HandOver], witness: UUID | None = None) -> list[UUID]:
    return service.dispense_several(unit, hand_overs=[replace(one, witness=witness) for one in asked])


def ask_prescriber(desk: Desk, parent: QWidget, line: CounterLine, done: Done) -> FormDialog:
    """A question to the prescriber, as a task."""

    def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
        return partial(service.ask_prescriber, prescription=line.medicine.id, question=values["question"])

    title = _("Ask about {medicine}").format(medicine=tall_man(line.medicine.display))
    dialog = FormDialog(desk, parent, title, _("Send the question"), acts, done)
    dialog.form.add(TextField("question", _("&Question"), required=True, longest=300))
    return dialog.ask()


def ask_allergy(desk: Desk, parent: QWidget, patient: UUID, done: Done) -> FormDialog:
    """Record an allergy that the patient tells of."""

    def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
        return partial(
            allergies.record_allergy, patient=patient, substance=values["substance"], reaction=values["reaction"],
            criticality=values["criticality"],
        )  # fmt: skip

    dialog = FormDialog(desk, parent, _("Record an allergy"), _("Record"), acts, done)
    dialog.form.add(TextField("substance", _("&Substance"), required=True))
    dialog.form.add(TextField("reaction", _("&Reaction"), optional=True))
    danger = [Option("high", _("High")), Option("low", _("Low")), Option("unable-to-assess", _("Can't be assessed"))]
    dialog.form.add(RadioField("criticality", _("Danger if given again"), danger, required=True))
    return dialog.ask()


def ask_could_not(desk: Desk, parent: QWidget, prescription: UUID, done: Done) -> FormDialog:
    """Why nobody could ask about allergies."""

    def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
        return partial(service.could_not_ask, prescription=prescription, reason=values["reason"])

    dialog = FormDialog(desk, parent, _("Allergies could not be asked"), _("Go on"), acts, done)
    dialog.form.add(TextField("reason", _("&Reason"), required=True))
    return dialog.ask()


def ask_take_back(
    desk: Desk, parent: QWidget, dispense: UUID, what: str, done: Done, *, controlled: bool = False
) -> FormDialog:
    """Take a hand-over back: where the medicine is now, and why; a controlled one with a second person."""

    def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
        act = partial(
            service.reverse, dispense=dispense, reason=values["reason"],
            returned_to_stock=values["where"] == "counter",
        )  # fmt: skip
        return witnessed(act, values, MAY_WITNESS)

    title = _("Take back {supply}?").format(supply=what)
    dialog = FormDialog(desk, parent, title, _("Take it back"), acts, done, kind="danger")
    where = [Option("counter", _("It never left the counter")), Option("left", _("It left the counter"))]
    dialog.form.add(RadioField("where", _("Where it is"), where, required=True))
    dialog.form.add(TextField("reason", _("&Reason"), required=True))
    if controlled:
        add_second_person(dialog.form)
    return dialog.ask()
