# SPDX-License-Identifier: Apache-2.0
"""The small forms of the bench: collect, reject, label anew, correct, mark a mistake, release a cancelled order."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtWidgets import QWidget

from hms_desktop.clinic.lab import service
from hms_desktop.clinic.lab.queries import Bench, CollectPlan
from hms_desktop.clinic.lab.queries_results import ResultRow
from hms_desktop.clinic.lab.queries_sheets import AnalyteLine
from hms_desktop.clinic.lab.rules_results import ANY_WORDS
from hms_desktop.clinic.lab.rules_specimens import identifier_names, reject_reasons
from hms_desktop.clinic.patients.rules import sex_word
from hms_desktop.core.quantities import shown_unit
from hms_desktop.core.text import _, ngettext
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.lab.ticks_field import TicksField
from hms_desktop.ui.lab.words import measured_words, priority_words
from hms_desktop.ui.widgets.choice_field import ChoiceField, Option, RadioField, finds_in
from hms_desktop.ui.widgets.field import Field
from hms_desktop.ui.widgets.form_dialog import FormDialog
from hms_desktop.ui.widgets.labels import Text
from hms_desktop.ui.widgets.number_field import NumberField
from hms_desktop.ui.widgets.patient_amended import corrected, full_name
from hms_desktop.ui.widgets.text_fields import TextField

Done = Callable[[Any], object]


def ask_collect(desk: Desk, parent: QWidget, plan: CollectPlan, done: Done) -> FormDialog:
    """Take specimens of one patient: which orders, which tubes, and what was checked with the patient."""
    name = plan.patient

    def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
        orders = tuple(UUID(key) for key in values["orders"] or ())
        return partial(service.collect, orders=orders, identified=values["identified"] or ())

    born = ", ".join(part for part in (name.birth, name.age, corrected(name)) if part)
    dialog = FormDialog(
        desk, parent, _("Collect from {name}").format(name=full_name(name)), _("Collect and label"), acts, done,
        text=_("Ask the patient to say their name and birth date, and compare."),
        facts=[(_("Born"), born), (_("Sex"), sex_word(name.sex)), (_("Record"), name.mrn)],
    )  # fmt: skip
    options = [Option(str(o.id), o.display, priority_words(o.priority)) for o in plan.orders]
    orders = TicksField("orders", _("Orders to collect for now"), options, required=True)
    orders.type_in([option.key for option in options])
    checked = [Option(key, words) for key, words in identifier_names().items()]
    identified = TicksField("identified", _("Checked with the patient, at least two"), checked, required=True)
    tubes = Text("", "bodyStrong", wrap=True)
    dialog.form.add(identified)
    dialog.form.add(orders)
    dialog.form.add_widget(tubes)

    def say() -> None:
        tubes.setText(tube_words(plan, {UUID(key) for key in orders.typed()}))

    orders.edited.connect(say)
    say()
    return dialog.ask()


def tube_words(plan: CollectPlan, chosen: set[UUID]) -> str:
    """The fewest tubes for the chosen orders, as a sentence."""
    tubes = [f"{t.container} ({t.specimen_type})" for t in plan.tubes if chosen & set(t.orders)]
    if not tubes:
        return _("No tube: choose an order.")
    count = ngettext("{count} tube", "{count} tubes", len(tubes)).format(count=len(tubes))
    return _("{count}: {tubes}").format(count=count, tubes=", ".join(tubes))


def ask_reject(desk: Desk, parent: QWidget, bench: Bench, done: Done, code: str = "") -> FormDialog:
    """Say for a coded reason that a specimen can't be used."""

    def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
        return partial(service.reject, specimen=bench.specimen, code=values["code"], comment=values["comment"] or "")

    dialog = FormDialog(
        desk, parent, _("Reject sample {code}?").format(code=bench.accession), _("Reject the sample"), acts, done,
        text=_("Its orders wait for a new specimen, and who ordered them is told the reason."), kind="danger",
    )  # fmt: skip
    reasons = [Option(key, words) for key, words in reject_reasons().items()]
    dialog.form.add(RadioField("code", _("Reason"), reasons, required=True))
    dialog.form.add(TextField("comment", _("&Comment"), optional=True, longest=200))
    if code:
        dialog.form.set_values({"code": code})
    return dialog.ask()


def ask_relabel(desk: Desk, parent: QWidget, specimen: UUID, accession: str, done: Done) -> FormDialog:
    """Give a tube a new label; the old number stays known."""

    def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
        return partial(service.relabel, specimen=specimen, reason=values["reason"])

    dialog = FormDialog(
        desk, parent, _("New label for {code}").format(code=accession), _("Make a new label"), acts, done,
        text=_("The old number is kept: whoever scans it is told that it was replaced."),
    )  # fmt: skip
    dialog.form.add(TextField("reason", _("&Why"), required=True, longest=200))
    return dialog.ask()


def correction_key(result: UUID) -> str:
    """Where a correction of this value is kept that the server had refused."""
    return f"lab-correct {result}"


def ask_correct(
    desk: Desk, parent: QWidget, line: AnalyteLine, row: ResultRow, done: Done, draft: str = ""
) -> FormDialog:
    """Replace a released value; the old one stays struck beside it and everyone who got it is told again.

    What is kept under `draft` stands in the form.
    """
    code = line.test.code

    def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
        return partial(service.correct_result, result_id=row.id, value=values[code], reason=values["reason"])

    dialog = FormDialog(
        desk, parent, _("Correct {test}").format(test=row.display), _("Correct the result"), acts, done,
        text=_("The released value stays readable, struck. The new one is verified and released like any other, and "
               "everyone who got the old one must acknowledge it again."),
        facts=[(_("Released value"), measured_words(row))],
    )  # fmt: skip
    dialog.form.add(_value_field(line, row))
    dialog.form.add(TextField("reason", _("&Reason, shown beside the old value"), required=True, longest=200))
    dialog.ask().take_up(draft)
    return dialog


def _value_field(line: AnalyteLine, row: ResultRow) -> Field:
    label = _("Right &value")
    if any(text == ANY_WORDS for text, _flag in line.test.answers):
        return TextField(line.test.code, label, required=True, longest=200)
    if line.test.answers:
        answers = [Option(text, text) for text, _flag in line.test.answers]
        return ChoiceField(line.test.code, label, finds_in(answers), required=True)
    return NumberField(line.test.code, label, shown_unit(row.unit), required=True)


def ask_mistake(desk: Desk, parent: QWidget, row: ResultRow, done: Done) -> FormDialog:
    """Mark a value that is not released as entered in error."""

    def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
        return partial(service.void_result, result_id=row.id, reason=values["reason"])

    title = _("Mark {test} {value} as a mistake?").format(test=row.display, value=measured_words(row))
    dialog = FormDialog(desk, parent, title, _("Mark as mistake"), acts, done, kind="danger")
    dialog.form.add(TextField("reason", _("&Reason"), required=True, longest=200))
    return dialog.ask()


def ask_although_revoked(
    desk: Desk, parent: QWidget, order: UUID, name: str, why: str, done: Done, seen: tuple[UUID, ...] | None = None
) -> FormDialog:
    """Release the result of an order that was called off, as it was `seen`, for a reason."""

    def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
        return partial(service.release, order=order, although_revoked=values["reason"], seen=seen)

    dialog = FormDialog(
        desk, parent, _("{name} was cancelled").format(name=name), _("Release it all the same"), acts, done,
        text=_("Reason given: {reason}. Ask who cancelled it first.").format(reason=why or _("none")),
    )  # fmt: skip
    dialog.form.add(TextField("reason", _("&Why the result goes out"), required=True, longest=200))
    return dialog.ask()
