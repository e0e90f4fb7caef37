# SPDX-License-Identifier: Apache-2.0
"""Settling many alike at once: one rule and one reason for all, never where somebody may be harmed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtWidgets import QWidget

from hms_desktop.clinic.conflicts import service
from hms_desktop.clinic.conflicts.queries import Entry
from hms_desktop.clinic.conflicts.rules import RIGHT_TO_SETTLE, SAFETY, VALUES
from hms_desktop.clinic.conflicts.service import Chosen
from hms_desktop.core.text import _, ngettext
from hms_desktop.ui.conflicts.inbox_facts import InboxFacts
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.widgets.choice_field import ChoiceField, Option, finds_in
from hms_desktop.ui.widgets.form_dialog import FormDialog
from hms_desktop.ui.widgets.text_fields import TextField

LATEST, EARLIEST = "latest", "earliest"


def alike(desk: Desk, facts: InboxFacts | None, entry: Entry) -> tuple[Entry, ...]:
    """The open line and those about the same parts of the same kind of record, where one rule may settle them all."""
    if facts is None or entry.kind != VALUES or entry.gravity == SAFETY:
        return ()
    if not desk.may(RIGHT_TO_SETTLE.get(entry.conflicts[0].module, "")):
        return ()
    return tuple(one for one in facts.choices if one.kind == VALUES and _about(one) == _about(entry))


def _about(entry: Entry) -> frozenset[tuple[str, str | None]]:
    return frozenset((one.table, one.group) for one in entry.conflicts)


def chosen_by(rule: str, entry: Entry) -> tuple[Chosen, ...]:
    """What a rule chooses in each part of one line."""
    pick = max if rule == LATEST else min
    return tuple(
        Chosen(one.group or "", pick(m for m in one.standing if isinstance(m, int))) for one in entry.conflicts
    )


def ask_for_all(desk: Desk, parent: QWidget, entries: tuple[Entry, ...], done: Callable[[Any], object]) -> FormDialog:
    """Which value is to stand in all of these, and why; they are settled in one act."""

    def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
        rule = values["rule"]
        first, *others = entries
        rest = tuple((one.conflicts[0].id, chosen_by(rule, one)) for one in others)
        return partial(service.choose, conflict=first.conflicts[0].id, chosen=chosen_by(rule, first),
                       reason=values["reason"], alike=rest)  # fmt: skip

    count = len(entries)
    title = ngettext("Settle {n} line by one rule", "Settle {n} lines by one rule", count).format(n=count)
    text = _("{what}, and all others of this kind. The other values stay in the history, each with its author.")
    dialog = FormDialog(desk, parent, title, _("Settle them"), acts, done,
                        text=text.format(what=entries[0].title.what))  # fmt: skip
    options = [Option(LATEST, _("The value written last")), Option(EARLIEST, _("The value written first"))]
    dialog.form.add(ChoiceField("rule", _("&Keep"), finds_in(options), required=True))
    dialog.form.add(TextField("reason", _("&Reason"), required=True, longest=200))
    return dialog.ask()
