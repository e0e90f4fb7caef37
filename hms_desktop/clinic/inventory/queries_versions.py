# SPDX-License-Identifier: Apache-2.0
"""The history of a batch: every state it had, who changed it, when, from which station and why."""

from __future__ import annotations

from uuid import UUID

from hms_desktop.clinic.inventory.model import Batch
from hms_desktop.security.queries import query
from hms_desktop.security.versions import Versions, record_versions
from hms_desktop.storage.reader import Reader


@query("stock.read")
def batch_versions(reader: Reader, batch: UUID) -> Versions:
    """Every version of a batch that this device still holds the log of, newest first."""
    return record_versions(reader, [(Batch, batch)])
