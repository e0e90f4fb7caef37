# SPDX-License-Identifier: Apache-2.0
"""The history of results: every version of a value, what it was before, who wrote it, when, where and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from hms_desktop.clinic.lab.model import LabResult, LabResultVoid, ResultRelease, SpecimenOrder
from hms_desktop.security.queries import query
from hms_desktop.security.versions import Versions, chain_versions, newest_first, record_versions
from hms_desktop.storage.reader import Reader


@query("result.read", "lab.read")
def reported_versions(reader: Reader, release: UUID, test: str = "") -> Versions:
    """The versions of the values of a report, of one test or of all, newest first; mistakes included."""
    return _versions(reader, [reader.get(ResultRelease, release).order], test)


@query("result.read", "lab.read")
def specimen_versions(reader: Reader, specimen: UUID) -> Versions:
    """The versions of every value that was measured for the orders of a specimen, newest first."""
    served = reader.rows(select(SpecimenOrder.order).where(SpecimenOrder.specimen == specimen))
    return _versions(reader, [row.order for row in served], "")


def _versions(reader: Reader, orders: Collection[UUID], test: str) -> Versions:
    question = select(LabResult.id, LabResult.order, LabResult.test).where(LabResult.order.in_(orders))
    if test:
        question = question.where(LabResult.test == test)
    chains: dict[tuple[UUID, str], list[UUID]] = defaultdict(list)
    for row in reader.rows(question.order_by(LabResult.version, LabResult.k)):
        chains[row.order, row.test].append(row.id)
    written = [id for chain in chains.values() for id in chain]
    voids = reader.rows(select(LabResultVoid.id).where(LabResultVoid.result.in_(written)))
    found = [chain_versions(reader, LabResult, chain) for chain in chains.values()]
    found.append(record_versions(reader, [(LabResultVoid, row.id) for row in voids]))
    return newest_first((row for some in found for row in some), *found)
