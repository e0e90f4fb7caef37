# SPDX-License-Identifier: Apache-2.0
"""Old access events are put away sealed and chained; the chain, the reports and the check go on without a gap."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, text

from hms_desktop.core.errors import Damaged
from hms_desktop.security.audit import AccessEvent, note_coming_or_going
from hms_desktop.security.roles import policy
from hms_desktop.storage.chain import BrokenLink
from hms_desktop.sync import segments
from hms_desktop.sync.segments import FOLDER, check_segments, read_segment, seal_everything_old, seal_old
from hms_desktop.sync.verify import verify
from hms_desktop.sync.verify_words import answer_of, lines_of
from sync_server.nightly import run_if_due
from tests.desk import MONDAY_09_00, Desk, person

YEAR_MS = 366 * 86_400_000
AUTHOR = 1


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Five looks of three years ago, and one of today."""
    made = Desk(tmp_path, person("Zanele", policy().permissions), author=AUTHOR)
    made.clock.ms = MONDAY_09_00 - 3 * YEAR_MS  # type: ignore[attr-defined]
    for _each in range(5):
        made.do(lambda unit: note_coming_or_going(unit, kind="lock"))
    made.clock.ms = MONDAY_09_00  # type: ignore[attr-defined]
    made.do(lambda unit: note_coming_or_going(unit, kind="sign-in"))
    yield made
    made.store.close()


def checked(desk: Desk) -> list[str]:
    with desk.store.reading() as connection:
        found = check_segments(connection, desk.store.path.parent, AUTHOR)
        return [str(one) for one in found if isinstance(one, BrokenLink)]


def test_what_is_old_is_put_away_and_everything_still_holds(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = desk.store.path.parent
    monkeypatch.setattr(segments, "MOST", 3)
    assert seal_everything_old(desk.store, desk.acting, folder) == 2
    assert seal_old(desk.store, desk.acting, folder) is None
    assert sorted(file.name for file in (folder / FOLDER).iterdir()) == ["000001.sealed", "000002.sealed"]
    assert b"lock" not in (folder / FOLDER / "000001.sealed").read_bytes()
    assert len(desk.ask(lambda reader: reader.rows(select(AccessEvent.id)))) == 6, "the rows of reports stay"
    with desk.store.reading() as connection:
        whole = connection.execute(text("SELECT count(*) FROM own_change_log WHERE length(details) != 32")).scalar_one()
        assert whole == 3, "today's look, and the two facts that name the segments"
        found = verify(connection, b"", desk.store.station.device, own=AUTHOR, quick=True, trail=(folder, AUTHOR))
        assert (found.broken, found.whole, found.segments) == ((), 8, 2)
        assert "2 sealed segments of the old trail hold." in lines_of(answer_of(found, ""))
        assert [one.number for one in read_segment(connection, folder, 2)] == [4, 5]


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (lambda file: file.unlink(), "segment 1 of the trail is missing"),
        (lambda file: file.write_bytes(file.read_bytes()[:-1] + b"x"), "was changed after it was sealed"),
    ],
)
def test_a_segment_that_is_gone_or_changed_is_named(desk: Desk, harm: object, told: str) -> None:
    folder = desk.store.path.parent
    made = seal_old(desk.store, desk.acting, folder)
    assert made is not None and made.sets == 5 and checked(desk) == []
    harm(made.file)  # type: ignore[operator]
    (broken,) = checked(desk)
    assert told in broken
    with desk.store.reading() as connection, pytest.raises(Damaged, match="Put its file back"):
        read_segment(connection, folder, 1)


def test_a_segment_whose_key_is_gone_or_that_holds_something_else_is_named(desk: Desk) -> None:
    seal_old(desk.store, desk.acting, desk.store.path.parent)
    with desk.store.writing() as connection:
        connection.execute(text("UPDATE own_change_log SET root = zeroblob(32) WHERE number = 2"))
    assert "holds another change" in checked(desk)[0]
    with desk.store.writing() as connection:
        connection.execute(text("DELETE FROM own_meta WHERE key = 'trail keys'"))
    assert "can't be opened" in checked(desk)[0]


def test_another_authors_segments_are_not_looked_for_here(desk: Desk) -> None:
    seal_old(desk.store, desk.acting, desk.store.path.parent)
    with desk.store.reading() as connection:
        assert list(check_segments(connection, desk.store.path.parent, 9)) == []


def test_the_server_puts_away_at_night(desk: Desk) -> None:
    assert run_if_due(desk.store, desk.acting)
    assert (desk.store.path.parent / FOLDER / "000001.sealed").is_file() and checked(desk) == []
