# SPDX-License-Identifier: Apache-2.0
"""What can go wrong, as sentences that name the object and the remedy."""

from __future__ import annotations


class ClinicError(Exception):
    """An error that a person may read: `str(error)` names the object and says what to do next."""

    code = "error"


class NotFound(ClinicError):
    """The record asked for is not held here, or does not exist."""

    code = "not-found"


class NotAllowed(ClinicError):
    """The signed-in person may not do this; `permission` names the right that is missing."""

    code = "not-allowed"

    def __init__(self, message: str, permission: str = "") -> None:
        super().__init__(message)
        self.permission = permission


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
