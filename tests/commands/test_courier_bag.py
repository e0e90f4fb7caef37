# SPDX-License-Identifier: Apache-2.0
"""A session's side of the courier: what lies sealed before a commit is told, and what is taken in at the opening."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from hms_desktop.clinic.patients.service import give_task
from hms_desktop.commands.bench import Bench, open_bench
from hms_desktop.core.errors import Unavailable
from hms_desktop.storage.reader import meta_value
from hms_desktop.storage.unit import set_meta
from hms_desktop.sync import pull
from hms_desktop.sync.gathered import Whence
from hms_desktop.sync.protocol import Pulled
from hms_desktop.sync.sealed import open_boxes
from hms_desktop.sync.sheet import DELIVERED_FILE, Delivered, write_note
from tests.ui.shell.enrolled import enrol, unlock

SERVER, EPOCH = UUID(int=5), b"e" * 16
CENTRE = X25519PrivateKey.generate()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An enrolled workstation."""
    return enrol(tmp_path / "desk")


@pytest.fixture
def bench(folder: Path) -> Iterator[Bench]:
    """Somebody at work there, in touch with a server once and filled up to position 3."""
    made = open_bench(unlock(folder))
    with made.store.writing() as connection:
        for key, value in {
            "server": SERVER.bytes,
            "epoch": EPOCH,
            "generation": b"g" * 16,
            "granted": ["task"],
        }.items():
            set_meta(connection, key, value)
        pull.set_cursors(connection, SERVER, frozenset({"task"}), 3)
    yield made
    made.shut()


def works(bench: Bench) -> None:
    """One act."""
    task = partial(give_task, title="Call back", role="receptionist", subject=None, subject_table=None)
    bench.store.act(task, bench.acting)


def heard(bench: Bench) -> None:
    """The centre's key is known."""
    bench.bag._centre = CENTRE.public_key().public_bytes_raw()


def at(bench: Bench) -> int:
    """How far this file has followed the server."""
    with bench.store.reading() as connection:
        return pull.cursors(connection, SERVER)["task"]


def test_what_is_saved_lies_sealed_before_who_saved_goes_on_and_again_when_the_disk_had_no_room(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    works(bench)
    assert bench.bag._spool.numbers() == [], "no key to seal it to"
    heard(bench)
    works(bench)
    assert bench.bag._spool.numbers() == [1, 2]

    def full(_box: Any) -> None:
        raise OSError("no room")

    with monkeypatch.context() as disk:
        disk.setattr(bench.bag._spool, "put", full)
        works(bench)
    assert bench.bag._spool.numbers() == [1, 2] and "could not be laid out" in capfd.readouterr().out
    works(bench)
    boxes = bench.bag._spool.batch(10, 10_000_000)
    opened = open_boxes(CENTRE, bench.opened.profile.station.device, boxes)
    assert [one.number for one in opened.sets] == [1, 2, 3, 4] and not opened.unreadable


def test_what_the_courier_delivered_is_known_at_the_next_opening(folder: Path, bench: Bench) -> None:
    heard(bench)
    works(bench)
    works(bench)
    device = bench.opened.profile.station.device
    write_note(folder, DELIVERED_FILE, bench.opened.device, device, Delivered(acknowledged=9, at_ms=77))
    bench.bag._note_delivered()
    counts, contact = bench.exchange.counts(), bench.exchange.last_contact()
    assert (counts.waiting, contact.push_ms) == (0, 77) and not (folder / DELIVERED_FILE).exists()
    bench.bag._pack()
    assert bench.bag._spool.numbers() == []


def gathered(bench: Bench, after: int, position: int) -> None:
    """A page that came while nobody was signed in."""
    public = bench.bag._key.public_key().public_bytes_raw()
    bench.bag._inbox.put(Whence(SERVER.bytes, EPOCH, after, position), Pulled([], position, 0), public)


def test_pages_are_applied_in_order_and_one_that_does_not_fit_is_dropped(bench: Bench) -> None:
    gathered(bench, 3, 5)
    gathered(bench, 5, 9)
    gathered(bench, 11, 12)
    bench.exchange.take_gathered()
    assert at(bench) == 9 and not list(bench.bag._inbox.pages())


def test_one_that_cant_be_applied_is_dropped_and_a_full_disk_keeps_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fails(error: Exception) -> Callable[..., Any]:
        def take(*_page: Any) -> Any:
            raise error

        return take

    gathered(bench, 3, 5)
    with monkeypatch.context() as full:
        full.setattr(bench.exchange, "_take", fails(Unavailable("full")))
        with pytest.raises(Unavailable):
            bench.exchange.take_gathered()
    assert len(list(bench.bag._inbox.pages())) == 1
    bench.exchange.take_gathered(lambda: True)
    assert len(list(bench.bag._inbox.pages())) == 1
    with monkeypatch.context() as odd:
        odd.setattr(bench.exchange, "_take", fails(ValueError("odd")))
        bench.exchange.take_gathered()
    assert at(bench) == 3 and not list(bench.bag._inbox.pages())
    assert "could not be applied" in capfd.readouterr().out


def test_the_key_of_the_pages_lies_in_the_file_and_stays(folder: Path, bench: Bench) -> None:
    key = bench.bag._key.private_bytes_raw()
    with bench.store.reading() as connection:
        assert bytes(meta_value(connection, "pages key")) == key
    assert not any(key in file.read_bytes() for file in folder.rglob("*") if file.is_file())
