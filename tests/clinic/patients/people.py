# SPDX-License-Identifier: Apache-2.0
"""Invented people for the tests of the register, and a desk at which a receptionist registers them."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from hms_desktop.clinic.patients import search_index, service
from hms_desktop.clinic.patients.rules import Registration
from tests.desk import Desk, person, rights_of

INDEX = search_index.PatientIndex
AMARA: dict[str, Any] = {
    "family": "Okonkwo",
    "given": "Amara",
    "prefix": "Mrs",
    "sex": "female",
    "born": "1979-03-14",
    "phone": "082 555 0147",
}
AMARA_ROW: dict[str, Any] = {
    "family": "Okonkwo", "given": "Amara", "name_known": True, "born": "1979-03-14", "born_estimated": False,
    "sex": "female", "mrn": "MRN-1", "temporary": False, "active": True,
}  # fmt: skip
"""The columns of her row, for a scene that needs no registration."""
ADAEZE: dict[str, Any] = {"family": "Okonkwo", "given": "Adaeze", "sex": "female", "born": "2011-03-14"}
CHIDI: dict[str, Any] = {"family": "Okonjo", "given": "Chidi", "sex": "male", "born": "1984-12-03"}
JOSE: dict[str, Any] = {"family": "O’Brien-Nuñez", "given": "José María", "sex": "male", "born": "1950"}


def reception(folder: Path, *roles: str, author: int = 1) -> Desk:
    """A front desk with a person who has these roles (receptionist if none is named)."""
    return Desk(folder, person("Zanele Ndlovu", rights_of(roles or ["receptionist"]), roles), author=author)


def written(**changes: Any) -> Registration:
    """A whole registration, with changes."""
    return Registration(**{**AMARA, **changes})


def register(desk: Desk, **who: Any) -> UUID:
    """Register somebody at a desk."""
    return desk.do(partial(service.register, written=Registration(**who)))
