# SPDX-License-Identifier: Apache-2.0
"""What the cash desk brings to the window: its screen, its place on the rail, acts on a patient."""

from __future__ import annotations

from hms_desktop.core.text import _
from hms_desktop.ui.billing.account_facts import LISTED_TABLES, count_to_finish
from hms_desktop.ui.billing.invoice_screen import BillingPage
from hms_desktop.ui.billing.refill import refill_payment
from hms_desktop.ui.desk import Folder, PatientAct, RailEntry
from hms_desktop.ui.routes import BillingDesk


def folder() -> Folder:
    """The cash desk."""
    entry = RailEntry(
        _("Billing"), "invoice", BillingDesk(), 80, frozenset({"invoice.read"}), "B", count_to_finish, LISTED_TABLES
    )
    account = PatientAct(_("Open the account"), "invoice", lambda p: BillingDesk(patient=p), "invoice.read")
    return Folder(screens={BillingDesk: BillingPage}, rail=(entry,), patient_acts=(account,), refills=(refill_payment,))
