# SPDX-License-Identifier: Apache-2.0
"""The access report and the accounting of disclosures as the clinic holds them, put on paper."""

from __future__ import annotations

from uuid import UUID

from hms_desktop.clinic.patients.queries_people import one_person
from hms_desktop.clinic.privacy.queries import DisclosureRow, disclosures, for_the_patient, looks_at
from hms_desktop.clinic.privacy.rules import basis_word, recipient_word
from hms_desktop.clinic.privacy.words import look_word, purpose_word
from hms_desktop.core.text import _
from hms_desktop.documents import access_report as paper
from hms_desktop.documents.identity import PrintRun
from hms_desktop.documents.of_patient import Drawn, sender, whose
from hms_desktop.security.roles import policy
from hms_desktop.storage.reader import Reader


def access_report(reader: Reader, subject: UUID, run: PrintRun) -> Drawn:
    """Everybody who looked at a patient's record in six years."""
    report, zone = for_the_patient(reader, looks_at(reader, subject)), reader.clinic.zone
    looks = tuple(
        paper.Looked(
            look.at.astimezone(zone), _who(look.name, look.roles), look.station, look_word(look.kind, look.detail),
            purpose_word(look.purpose),
        )
        for look in report.looks
    )  # fmt: skip
    made = paper.AccessPaper(sender(reader), whose(reader, report.patient), run, looks, report.people)
    return Drawn(report.patient, _("Who looked at this record"), made, paper.render_access)


def accounting(reader: Reader, subject: UUID, run: PrintRun) -> Drawn:
    """What left the clinic of a patient's record in six years."""
    patient = one_person(reader, subject).survivor
    rows = disclosures(reader, patient)
    counted, others = ([_left(reader, row) for row in rows if row.counted is wanted] for wanted in (True, False))
    made = paper.AccountingPaper(sender(reader), whose(reader, patient), run, tuple(counted), tuple(others))
    return Drawn(patient, _("Accounting of disclosures"), made, paper.render_accounting)


def _left(reader: Reader, row: DisclosureRow) -> paper.Left:
    whom = ", ".join(part for part in (row.name or recipient_word(row.recipient), row.address) if part)
    why = ": ".join(part for part in (basis_word(row.basis), row.why) if part)
    return paper.Left(row.at.astimezone(reader.clinic.zone), whom, look_word("document", row.what), why)


def _who(name: str, roles: tuple[str, ...]) -> str:
    known = policy().roles
    titles = ", ".join(known[role].title for role in roles if role in known)
    return ", ".join(part for part in (name or _("Unknown"), titles) if part)
