# SPDX-License-Identifier: Apache-2.0
"""What can go wrong, as sentences that name the object and the remedy."""

from __future__ import annotations

from uuid import UUID


class ClinicError(Exception):
    """An error that a person may read: `str(error)` names the object and says what to do next."""

    code = "error"


class NotFound(ClinicError):
    """The record asked for is not held here, or does not exist."""

    code = "not-found"


class NotAllowed(ClinicError):
    """The signed-in person may not do this; `permission` names the right that is missing.

    `wanted` is the action that was asked for and `patient` whom it was about, for the audit trail.
    """

    code = "not-allowed"

    def __init__(self, message: str, permission: str = "", patient: UUID | None = None) -> None:
        super().__init__(message)
        self.permission = permission
        self.patient = patient
        self.wanted = ""


class Restricted(NotAllowed):
    """The patient (its chart's id) is restricted and this person has no care relation: the glass must be broken."""

    code = "restricted"

    def __init__(self, message: str, patient: UUID) -> None:
        super().__init__(message, "glass.break", patient)


class Refused(ClinicError):
    """A rule of the clinic says no; nothing was changed."""

    code = "refused"


class BadInput(ClinicError):
    """What was typed or read can't be understood; `field` names where."""

    code = "bad-input"

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class Unavailable(ClinicError):
    """Something outside (server, printer, disk) can't be reached now; the work is safe here."""

    code = "unavailable"


class Damaged(ClinicError):
    """Stored or received bytes fail their check; the message names the first broken place."""

    code = "damaged"
