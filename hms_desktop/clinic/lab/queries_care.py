# SPDX-License-Identifier: Apache-2.0
"""Who has to do with a patient by a result: whoever received it and has not yet said what follows from it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from uuid import UUID

from sqlalchemy import select

from hms_desktop.clinic.lab.model import ResultAcknowledgement, ResultRecipient, ResultRelease
from hms_desktop.clinic.patients.queries_restricted import register_care
from hms_desktop.clinic.patients.rules_restricted import Tie
from hms_desktop.security.queries import query
from hms_desktop.storage.reader import Reader


@register_care
@query("result.read", "lab.read")
def answered_for(reader: Reader, charts: Collection[UUID]) -> Iterator[Tie]:
    """One tie for each released result that its recipient has not acknowledged: an order is open until then."""
    seen = select(ResultAcknowledgement.id).where(
        ResultAcknowledgement.release == ResultRelease.id, ResultAcknowledgement.by == ResultRecipient.person
    )
    waiting = (
        select(ResultRecipient.person)
        .join(ResultRelease, ResultRelease.id == ResultRecipient.release)
        .where(ResultRelease.patient.in_(charts), ~seen.exists())
    )
    for row in reader.rows(waiting):
        yield Tie(frozenset({row.person}))
