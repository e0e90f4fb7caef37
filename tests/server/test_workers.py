# SPDX-License-Identifier: Apache-2.0
"""A server in four processes: they share nothing but the database, and each is an author of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select, text

from hms_desktop.core.clock import SetClock
from hms_desktop.core.errors import BadInput, Damaged
from hms_desktop.security.accounts import Device
from hms_desktop.security.signing import Replayed
from hms_desktop.storage.change_sets import ChangeSet
from hms_desktop.sync.protocol import Pull
from installer.day.server import free_port
from sync_server.contacts import Contacts
from sync_server.crew import CREW_FILE, crew, member
from sync_server.home import Home, Plan, make, open_as
from sync_server.notebook import Notebook, open_notebook
from sync_server.places import place_of
from sync_server.sync_api.pace import RATE, Bounds, SharedPace
from sync_server.sync_api.sessions import SharedSessions
from sync_server.together import serve_together
from tests import stores
from tests.desk import MONDAY_09_00
from tests.server.process import ServerProcess, until
from tests.server.test_cut_off import add, families

PLAN = Plan("Riverbend", "UTC", "ZAR", "Main", ("127.0.0.1",), 8443)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A server's folder."""
    made = make(tmp_path_factory.mktemp("crew") / "server", PLAN, SetClock(MONDAY_09_00))
    yield made
    made.store.close()


@pytest.fixture
def books(home: Home) -> Iterator[tuple[Notebook, Notebook]]:
    """The notebook as two processes have it open."""
    pair = open_notebook(home), open_notebook(home)
    yield pair
    for book in pair:
        book.close()


def test_a_session_opened_at_one_process_is_good_at_the_others_and_a_counter_once(
    home: Home, books: tuple[Notebook, Notebook]
) -> None:
    one, two = (SharedSessions(book, home.store.clock) for book in books)
    device = uuid4()
    name = one.open(device)
    for counter, other in ((1, one), (2, two), (65, two), (66, one)):
        other.use(name, device, counter)
    for counter, other in ((2, one), (66, two), (1, one)):
        with pytest.raises(Replayed):
            other.use(name, device, counter)
    with pytest.raises(Replayed, match="Greet the server again"):
        two.use(name, uuid4(), 70)
    two.end(device)
    with pytest.raises(Replayed, match="Greet the server again"):
        one.use(name, device, 70)


def test_the_pace_of_a_workstation_is_one_whichever_process_it_asks(books: tuple[Notebook, Notebook]) -> None:
    now, device = [10_000.0], uuid4()
    one, two = (SharedPace(book, lambda: now[0], Bounds(3, 1), Bounds(3, 1)) for book in books)
    sets = [ChangeSet(1, number, number, bytes(32), b"", [], b"") for number in (1, 2)]
    assert (one.taken(device, sets), two.taken(device, sets)) == ((2, ""), (1, RATE))
    assert (one.is_news(device), two.is_news(device)) == (True, False)
    now[0] += 2
    assert one.taken(device, sets) == (2, "")


def test_what_two_processes_heard_of_a_workstation_is_one_contact_and_one_count(
    home: Home, books: tuple[Notebook, Notebook]
) -> None:
    one, two = (Contacts(book, home.store.clock, shared=True) for book in books)
    device = uuid4()
    one.heard(device, "10.0.0.1")
    one.pulled(device, Pull(5, waiting=3))
    one.count(received=2)
    two.heard(device, "10.0.0.2")
    two.pulled(device, Pull(9))
    two.count(received=5)
    for process in (one, two, one):
        process.flush()
    assert [(c.waiting, c.position) for c in (one.of(device), two.of(device))] == [(3, 9), (3, 9)]
    assert [slot.received for slot in two.slots(0)] == [7]


@pytest.mark.parametrize("workers", [0, 17, 2])
def test_a_file_is_served_by_one_process(home: Home, workers: int) -> None:
    with pytest.raises(BadInput, match="process"):
        serve_together(home, "127.0.0.1", free_port(), workers, lambda: None)


def test_every_worker_is_an_author_of_its_own_and_a_new_one_after_a_restore(home: Home) -> None:
    first = crew(home, 2)
    assert crew(home, 3)[:2] == first and member(home, 2) == first[1]
    with open_as(home, first[0]) as own:
        assert own.store.station.author == first[0].author != home.facts.author
    rows = home.store.read(lambda reader: reader.rows(select(Device.author, Device.kind)), home.worker)
    assert sorted(row.author for row in rows) == [0, 1, 2, 3] and {row.kind for row in rows} == {"server"}
    with pytest.raises(Damaged, match="names no worker 9"):
        member(home, 9)
    file = home.folder / CREW_FILE
    kept = file.read_bytes()
    file.write_bytes(b"odd")
    with pytest.raises(Damaged, match="take it away"):
        crew(home, 1)
    file.write_bytes(kept.replace(b"\xa6beside\x00", b"\xa6beside\x07"))
    assert crew(home, 1)[0].author == 4, "whoever wrote beside another author writes no more"


@pytest.mark.proof  # three more processes from nothing: seconds of both processors
@pytest.mark.skipif(not stores.there(), reason=stores.MISSING)
def test_four_processes_serve_one_clinic(tmp_path: Path) -> None:
    plan = Plan("Riverbend", "UTC", "ZAR", "Main", ("127.0.0.1",), free_port(), True, stores.cluster().empty(), True)
    make(tmp_path / "server", plan).store.close()
    server = ServerProcess(tmp_path / "server")
    server.person("zanele", "receptionist")
    server.start("--workers", "4")
    with ExitStack() as benches:
        desks = []
        for name in ("one", "two", "three"):
            server.enrol(tmp_path / name, f"Desk {name}", "front_desk")
            bench = server.bench(tmp_path / name, "zanele")
            benches.callback(bench.store.close)
            bench.exchange.catch_up()
            desks.append(bench)
        for number, bench in enumerate(desks):
            add(bench, f"Person {number}")
            bench.exchange.catch_up()
        for bench in desks:
            bench.exchange.catch_up()
        assert [families(bench) for bench in desks] == [["Person 0", "Person 1", "Person 2"]] * 3
    place = place_of(plan.database)
    assert place is not None
    engine = place.readers()
    with engine.connect() as connection:
        asked = text("SELECT count(DISTINCT client_port || pid::text) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'")
        until(lambda: connection.execute(asked).scalar() == 4)
    engine.dispose()
    assert not server.command("verify")["broken"]
    server.close()
