# SPDX-License-Identifier: Apache-2.0
"""Stopping or holding a medicine and cancelling an order: each asks why, and is taken up again when it was refused."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtWidgets import QWidget

from hms_desktop.clinic.ehr import queries, queries_medicines, service
from hms_desktop.clinic.ehr.queries import OrderRow
from hms_desktop.clinic.ehr.queries_medicines import MedicineRow
from hms_desktop.core.tall_man import tall_man
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.ehr.why import ask_why

STOP, HOLD, REVOKE = "stop", "hold", "revoke"
"""What the name of a draft begins with: it says which of these forms it belongs to."""

Done = Callable[[Any], object]


def stop_key(kind: str, number: int, subject: UUID) -> str:
    """The name of the draft of a refused change set by which this medicine or order was stopped."""
    return f"{kind}:{number}:{subject.hex}"


def ask_stop(desk: Desk, parent: QWidget, row: MedicineRow, done: Done, draft: str = "") -> None:
    """Stop a medicine."""
    title = _("Stop {medicine}?").format(medicine=tall_man(row.display))
    act = partial(service.stop_medicine, prescription=row.id)
    ask_why(desk, parent, title, _("Stop the medicine"), act, done, draft)


def ask_hold(desk: Desk, parent: QWidget, row: MedicineRow, done: Done, draft: str = "") -> None:
    """Let a medicine wait."""
    title = _("Hold {medicine}?").format(medicine=tall_man(row.display))
    act = partial(service.hold_medicine, prescription=row.id)
    ask_why(desk, parent, title, _("Hold the medicine"), act, done, draft)


def ask_revoke(desk: Desk, parent: QWidget, row: OrderRow, done: Done, draft: str = "") -> None:
    """Cancel an order that is pending."""
    title = _("Cancel {order}?").format(order=row.display)
    act = partial(service.revoke_order, order=row.id)
    ask_why(desk, parent, title, _("Cancel the order"), act, done, draft)


def take_up_stop(desk: Desk, parent: QWidget, draft: str, done: Done) -> None:
    """Open the form that a refused stop came from, with its reason."""
    kind, _number, subject = draft.split(":")
    if kind == REVOKE:
        opened: Callable[[Any], object] = lambda row: ask_revoke(desk, parent, row, done, draft)  # noqa: E731
        desk.tasks.read(partial(queries.order, id=UUID(subject)), opened, desk.show_error, owner=parent)
        return
    ask = ask_stop if kind == STOP else ask_hold
    query = partial(queries_medicines.medicine, prescription=UUID(subject))
    desk.tasks.read(query, lambda row: ask(desk, parent, row, done, draft), desk.show_error, owner=parent)
