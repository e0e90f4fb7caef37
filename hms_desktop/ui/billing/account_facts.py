# SPDX-License-Identifier: Apache-2.0
"""What the cash desk shows, each gathered in one reading: the list of who is to be billed, and one person's account."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from hms_desktop.clinic.billing import queries, queries_account, queries_documents
from hms_desktop.clinic.billing.queries import Cover, Estimate, EstimateLine
from hms_desktop.clinic.billing.queries_account import AccountDocument
from hms_desktop.clinic.billing.queries_documents import InvoicePage
from hms_desktop.clinic.billing.queries_drawer import Drawer, drawer, drawers_elsewhere
from hms_desktop.clinic.patients import queries_people
from hms_desktop.clinic.patients.queries_people import PatientName
from hms_desktop.clinic.patients.rules_cover import KIND

LISTED_TABLES = frozenset(
    {"charge", "charge_void", "invoice", "invoice_line", "credit_note", "payment", "payment_void", "patient",
     "patient_link", "patient_link_void"}
)  # fmt: skip
ACCOUNT_TABLES = LISTED_TABLES | {
    "price", "coverage", "invoice_share", "cash_session", "cash_close", "owner_change", "device", "own_outbox",
}  # fmt: skip


@dataclass(frozen=True)
class BillLine:
    """One person in the list: how many charges wait for an invoice, and what is owed (minor units)."""

    name: PatientName
    charges: int
    outstanding: int
    since: datetime | None

    @property
    def patient(self) -> UUID:
        """Whose line it is."""
        return self.name.patient

    @property
    def stage(self) -> str:
        """`to_invoice` while work waits for an invoice, else `to_pay`."""
        return "to_invoice" if self.charges else "to_pay"


@dataclass(frozen=True)
class Account:
    """One person's account.

    `draft` is what is on no invoice yet, `aside` its lines that stay off the next one, `page` the invoice that is shown
    instead of it; `known_since` tells for each cover when it was last written down, `items` what price codes that
    covers name are called.
    """

    name: PatientName
    draft: Estimate
    aside: tuple[EstimateLine, ...]
    page: InvoicePage | None
    documents: tuple[AccountDocument, ...]
    known_since: dict[UUID, datetime]
    credit: int
    outstanding: int
    drawer: Drawer | None
    elsewhere: tuple[Drawer, ...]
    saved_here: frozenset[UUID]
    currency: str
    items: dict[str, str]

    @property
    def covers(self) -> tuple[Cover, ...]:
        """The covers in force, the first payer first."""
        return self.draft.covers


def read_list(reader: Any) -> tuple[BillLine, ...]:
    """Everybody with charges or debts, the longest waiting first; charts that are one person are one line."""
    merged: dict[UUID, list[Any]] = {}
    found = queries_documents.to_bill(reader)
    people = queries_people.people(reader, [line.patient for line in found])
    for line in found:
        merged.setdefault(people[line.patient].survivor, []).append(line)
    names = queries_people.names(reader, merged)
    return tuple(
        BillLine(
            names[patient],
            sum(line.open_charges for line in lines),
            sum(line.outstanding for line in lines),
            min((line.since for line in lines if line.since), default=None),
        )
        for patient, lines in merged.items()
        if patient in names
    )


def count_to_finish(reader: Any) -> int:
    """How many people have work that is on no invoice yet: the badge on the rail."""
    return len({patient for patient, _at in queries.everyones_open_charges(reader)})


def read_account(
    reader: Any, patient: UUID, invoice: UUID | None, *, left_out: frozenset[UUID] = frozenset(), use_cover: bool = True
) -> Account:
    """The account of the person behind a chart; with `invoice` that document is shown, else what is to be invoiced."""
    survivor = queries_people.one_person(reader, patient).survivor
    waiting = {charge.id for charge in queries.open_charges(reader, survivor)}
    draft = queries.estimate(reader, survivor, waiting - left_out, use_cover=use_cover)
    aside = queries.estimate(reader, survivor, waiting & left_out, use_cover=False).lines
    documents = tuple(queries_account.account_documents(reader, survivor))
    shown = invoice or _to_show(waiting, documents)
    known = {cover.id: queries_account.cover_known_since(reader, cover.id) for cover in draft.covers}
    subjects = {document.subject for document in documents} | waiting
    return Account(
        queries_people.names(reader, [survivor])[survivor],
        draft,
        aside,
        queries_documents.invoice_page(reader, shown) if shown else None,
        documents,
        {id: at for id, at in known.items() if at is not None},
        queries_documents.credit(reader, survivor),
        queries_documents.outstanding(reader, survivor),
        drawer(reader),
        drawers_elsewhere(reader),
        frozenset(reader.local_only(subjects)),
        reader.clinic.currency,
        queries.item_words(reader, _named(draft.covers), reader.now.astimezone(reader.clinic.zone).date()),
    )


def _named(covers: Iterable[Cover]) -> set[str]:
    """The price codes that covers leave out or pay whole."""
    entries = {entry for cover in covers for entry in (*cover.terms.excluded, *cover.terms.package)}
    return {entry for entry in entries if not entry.startswith(KIND)}


def _to_show(waiting: set[UUID], documents: tuple[AccountDocument, ...]) -> UUID | None:
    """What waits for an invoice comes first, then the oldest invoice that is owed, then the latest one."""
    if waiting:
        return None
    issued = [document for document in documents if document.kind == "invoice"]
    owed = [document for document in issued if document.outstanding]
    return owed[-1].subject if owed else issued[0].subject if issued else None
