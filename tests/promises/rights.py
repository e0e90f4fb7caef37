# SPDX-License-Identifier: Apache-2.0
"""Which rights a screen asks for: one that asks for the same and gets the same answers is the same screen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from hms_desktop.security import roles
from hms_desktop.ui.routes import Route
from tests.promises.seats import Seat

Answers = frozenset[tuple[str, bool]]


class Rights(frozenset[str]):
    """What somebody may do; notes what was asked for."""

    asked: set[str]

    def __contains__(self, right: object) -> bool:
        self.asked.add(str(right))
        return super().__contains__(right)

    def __rand__(self, rights: Any) -> frozenset[str]:
        self.asked |= set(rights)
        return frozenset(right for right in rights if super(Rights, self).__contains__(right))

    def __sub__(self, rights: Any) -> Rights:
        """What only an emergency gives is taken off; what is asked of the rest is noted here."""
        rest = Rights(super().__sub__(rights))
        rest.asked = self.asked
        return rest

    def answers(self, asked: set[str] | frozenset[str]) -> Answers:
        """Each of these rights with whether it is held."""
        return frozenset((right, super(Rights, self).__contains__(right)) for right in asked)


class Seen:
    """Places as they were opened, with the answers they got."""

    def __init__(self) -> None:
        self._seen: dict[Route, set[Answers]] = {}

    def before(self, seat: Seat, place: Route) -> bool:
        """Whether somebody whose rights answer the same was at this place."""
        own = rights_of(seat)
        return any(own.answers({right for right, _may in one}) == one for one in self._seen.get(place, ()))

    @contextmanager
    def noted(self, seat: Seat, place: Route) -> Iterator[None]:
        """Note what is asked for while a place is opened."""
        own = rights_of(seat)
        own.asked.clear()
        yield
        self._seen.setdefault(place, set()).add(own.answers(own.asked | ALWAYS))


ALWAYS = frozenset({"chart.read", "allergy.read", "allergy.record", "dispense.read"})
"""Asked for by an intersection that begins with a plain set, which asks nobody."""


def rights_of(seat: Seat) -> Rights:
    """The rights of who sits there."""
    held = seat.workstation.desk.person.permissions
    assert isinstance(held, Rights)
    return held


@contextmanager
def same_rights() -> Iterator[Seen]:
    """Whoever signs in meanwhile has rights that note what is asked for."""

    def noting(names: Any) -> Rights:
        rights = Rights(given(names))
        rights.asked = set()
        return rights

    given = roles.permissions_of
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(roles, "permissions_of", noting)
        yield Seen()
