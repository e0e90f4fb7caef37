# SPDX-License-Identifier: Apache-2.0
"""Tables of restricted patients: the restriction and its end, and each breaking of the glass with its review."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped

from hms_desktop.clinic.patients.rules_restricted import GLASS_REASONS, NO_PERMIT, RESTRICTIONS, VERDICTS
from hms_desktop.storage.columns import choice, instant, link, ref, text
from hms_desktop.storage.records import Fact


class PatientRestriction(Fact, table="patient_restriction", phi=True):
    """From now on only who cares for this patient sees who it is; `owner` answers for it and hears of broken glass."""

    patient: Mapped[UUID] = ref("patient")
    kind: Mapped[str] = choice(*RESTRICTIONS, phi=True)
    reason: Mapped[str] = text(phi=True)
    owner: Mapped[UUID] = link()
    by: Mapped[UUID] = link()


class PatientRestrictionEnd(Fact, table="patient_restriction_end", phi=True):
    """A restriction was lifted, with the reason."""

    restriction: Mapped[UUID] = ref("patient_restriction")
    reason: Mapped[str] = text(phi=True)
    by: Mapped[UUID] = link()


class BrokenGlass(Fact, table="broken_glass", phi=True):
    """One person looks at one restricted patient without a care relation, until a moment, for a reason."""

    patient: Mapped[UUID] = ref("patient")
    by: Mapped[UUID] = link(index=True)
    reason: Mapped[str] = choice(*GLASS_REASONS, NO_PERMIT)
    words: Mapped[str] = text(phi=True)
    until: Mapped[datetime] = instant()


class BrokenGlassEnd(Fact, table="broken_glass_end", phi=True):
    """The person ended it before the hour was over."""

    glass: Mapped[UUID] = ref("broken_glass")
    by: Mapped[UUID] = link()


class BrokenGlassReview(Fact, table="broken_glass_review", phi=True):
    """What a privacy officer found on looking at it."""

    glass: Mapped[UUID] = ref("broken_glass")
    verdict: Mapped[str] = choice(*VERDICTS)
    words: Mapped[str] = text(phi=True)
    by: Mapped[UUID] = link()
