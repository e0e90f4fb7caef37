# SPDX-License-Identifier: Apache-2.0
"""A second person signs beside the one at work: who they are is proven by their own password, here and offline."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from hms_desktop.core.errors import BadInput
from hms_desktop.core.text import _
from hms_desktop.security.accounts import granted_people
from hms_desktop.security.granted import GrantedPerson
from hms_desktop.security.keys import unwrap
from hms_desktop.security.people import same_login
from hms_desktop.security.roles import permissions_of
from hms_desktop.security.sealing import WontOpen
from hms_desktop.storage.reader import Reader


def signing_person(reader: Reader, login: str, password: str, rights: Collection[str]) -> UUID:
    """The colleague with this name and password who holds one of these rights; takes as long as a sign-in.

    BadInput, which says only that the two don't fit, when anything of it is wrong or it is the person at work.
    """
    wrong = BadInput(_("Name or password is wrong, or this person may not sign here."), "password")
    found = _active(reader, login)
    if found is None or found.person == reader.person.id or not permissions_of(found.roles) & set(rights):
        raise wrong
    try:
        unwrap(found.wrapped, password, found.person)
    except WontOpen as error:
        raise wrong from error
    return found.person


def _active(reader: Reader, login: str) -> GrantedPerson | None:
    wanted = same_login(login)
    return next((p for p in granted_people(reader) if p.active and same_login(p.login) == wanted), None)


def require_own_password(reader: Reader, password: str) -> None:
    """Raise BadInput unless this is the password of the person at work; takes as long as a sign-in."""
    wrong = BadInput(_("This is not your password. Type it again."), "password")
    own = next((p for p in granted_people(reader) if p.active and p.person == reader.person.id), None)
    if own is None:
        raise wrong
    try:
        unwrap(own.wrapped, password, own.person)
    except WontOpen as error:
        raise wrong from error
