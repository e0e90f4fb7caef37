# SPDX-License-Identifier: Apache-2.0
"""Tables of visits that turned out to be one: opened at two desks that knew nothing of each other."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Mapped

from hms_desktop.storage.columns import link, ref, text
from hms_desktop.storage.records import Fact


class VisitLink(Fact, table="visit_link", phi=True):
    """Two visits were one: `survivor` goes on, `replaced` keeps all that was written in it and is not charged again."""

    survivor: Mapped[UUID] = ref("encounter")
    replaced: Mapped[UUID] = ref("encounter")
    reason: Mapped[str] = text(phi=True)
    by: Mapped[UUID] = link()


class VisitLinkVoid(Fact, table="visit_link_void", phi=True):
    """They were two visits after all: both count again."""

    visit_link: Mapped[UUID] = ref("visit_link")
    reason: Mapped[str] = text(phi=True)
    by: Mapped[UUID] = link()
