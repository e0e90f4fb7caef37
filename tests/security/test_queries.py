# SPDX-License-Identifier: Apache-2.0
"""A query asks for its right before it reads, on a real store; what it asks of others is part of it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from hms_desktop.core.errors import NotAllowed
from hms_desktop.security import queries
from hms_desktop.security.audit import AccessEvent, note_coming_or_going
from hms_desktop.security.queries import QUERIES, query
from hms_desktop.storage.reader import Reader
from tests.desk import NAMES, Desk, person


@pytest.fixture(autouse=True)
def own_queries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Queries declared by a test are gone after it."""
    monkeypatch.setattr(queries, "QUERIES", {})


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path, person("Dora", {"chart.read"}))
    yield made
    made.store.close()


def declared() -> tuple[object, ...]:
    @query("result.release")
    def secret(reader: Reader, patient: UUID) -> UUID:
        """What few may see."""
        return patient

    @query("result.read", "chart.read")
    def shown(reader: Reader, patient: UUID) -> UUID:
        """What shows some of it."""
        return secret(reader, patient)

    return secret, shown


def test_the_outermost_query_is_asked_and_what_it_asks_is_part_of_it(desk: Desk) -> None:
    secret, shown = declared()
    assert desk.ask(partial(shown, patient=NAMES)) == NAMES  # type: ignore[arg-type]
    with pytest.raises(NotAllowed, match=r"Dora may not see this: it needs the right result\.release") as refused:
        desk.ask(partial(secret, patient=NAMES))  # type: ignore[arg-type]
    assert (refused.value.wanted, refused.value.patient) == ("tests.secret", NAMES)
    denied = desk.ask(lambda reader: reader.rows(select(AccessEvent.kind, AccessEvent.patient, AccessEvent.detail)))
    assert [(row.kind, row.patient) for row in denied] == [("denied", NAMES)], "who asked for what is on record"
    assert "tests.secret" in denied[0].detail


def test_each_query_of_a_reading_is_asked_also_after_one_that_failed(desk: Desk) -> None:
    secret, shown = declared()

    def both(reader: Reader) -> None:
        shown(reader, NAMES)  # type: ignore[operator]
        for _twice in (1, 2):
            with pytest.raises(NotAllowed):
                secret(reader, NAMES)  # type: ignore[operator]
        assert reader.depth == 0

    desk.ask(both)


def test_inside_an_action_a_query_is_part_of_the_action(desk: Desk) -> None:
    secret, _shown = declared()

    def act(unit: Reader) -> None:
        unit.depth += 1
        assert secret(unit, NAMES) == NAMES  # type: ignore[operator]
        unit.depth -= 1
        note_coming_or_going(unit, kind="sign-in")  # type: ignore[arg-type]

    desk.do(act)


def test_a_query_names_a_right_that_there_is_says_what_it_answers_and_is_called_so_alone() -> None:
    for needs in ((), ("chart.read", "chart.devour")):
        with pytest.raises(ValueError, match="needs a right"):
            query(*needs)
    declared()
    with pytest.raises(ValueError, match="two queries are called"):
        declared()

    def mute(reader: Reader) -> None:
        pass

    with pytest.raises(ValueError, match="no docstring"):
        query("chart.read")(mute)
    assert QUERIES is not queries.QUERIES and not any(declared.ours for declared in queries.QUERIES.values())
