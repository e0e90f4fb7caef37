# SPDX-License-Identifier: Apache-2.0
"""Chain ends signed, countersigned and crossed: what is written anew, cut off or put back on either side is named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from hms_desktop.core.errors import Damaged
from hms_desktop.security.accounts import Device
from hms_desktop.security.receipts import ChainEnd
from hms_desktop.security.signing import Forged
from hms_desktop.storage.ends import BLOCK, KeptEnd, keep_ends, kept_ends
from hms_desktop.storage.store import Store
from hms_desktop.storage.unit import Unit
from hms_desktop.sync import receipts
from hms_desktop.sync.protocol import Push
from hms_desktop.sync.verify import Verified, verify
from hms_desktop.sync.verify_words import answer_of, lines_of
from tests.sync.world import World, WorldDesk
from tests.sync.writes import at_random


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


@pytest.fixture
def desk(world: World) -> Iterator[WorldDesk]:
    """A known desk of three change sets, all of which the server has, and has countersigned."""
    made = world.desk(world.person("thabo", "receptionist"))

    def introduce(unit: Unit) -> None:
        unit.action = "server.device"
        place = made.store.station
        unit.add(
            Device, id=place.device, author=place.author, name=place.name, site=place.site, kind=place.kind,
            signing_public=made.signing.public_key().public_bytes_raw(), status="approved", reduced_protection=False,
        )  # fmt: skip

    world.centre.store.act(introduce, world.centre.worker)
    for seed in range(3):
        made.do(at_random(seed))
    made.sync()
    yield made
    made.store.close()


def checked(world: World, store: Store, *, own: int | None = None, quick: bool = False) -> Verified:
    with store.reading() as connection:
        return verify(connection, world.trust.server_public, world.trust.clinic, own=own, quick=quick)


def harm(store: Store, *statements: str) -> None:
    with store.writing() as connection:
        for sql in statements:
            connection.execute(text(sql))


def test_both_sides_keep_the_receipt_and_show_what_came_since(world: World, desk: WorldDesk) -> None:
    here, there = checked(world, desk.store, own=1), checked(world, world.centre.store, quick=True)
    assert (here.broken, there.broken) == ((), ()) and here.ends and there.ends
    assert here.signatures and there.signatures == 0 and there.whole >= here.whole
    number = here.windows[0].number
    assert [(w.author, w.since, w.at_ms) for w in here.windows] == [(1, 0, world.clock.ms)]
    desk.do(at_random(7))
    (window,) = checked(world, desk.store, own=1).windows
    assert (window.number, window.since, window.station) == (number, 1, "Desk 1")
    answer = answer_of(checked(world, desk.store, own=1), "-")
    assert f"Desk 1: receipt to {number} of 2026-11-23 07:00:00 UTC; 1 change sets since." in lines_of(answer)


def test_who_never_met_the_server_has_no_receipt(world: World) -> None:
    new = world.desk(world.person("zanele", "receptionist"))
    new.do(at_random(1))
    found = checked(world, new.store, own=1)
    assert [(w.number, w.since) for w in found.windows] == [(0, 1)]
    assert any(line.endswith("no receipt yet; 1 change sets without one.") for line in lines_of(answer_of(found, "")))
    new.store.close()


CUT = (
    "DELETE FROM own_change_log WHERE author = 1 AND number = "
    "(SELECT max(number) FROM own_change_log WHERE author = 1)",
    "UPDATE own_author_state SET number = number - 1, root = (SELECT root FROM own_change_log WHERE author = 1 "
    "ORDER BY number DESC LIMIT 1) WHERE author = 1",
)


@pytest.mark.parametrize("side", ["here", "there"])
def test_a_tail_that_was_cut_off_with_its_end_is_older_than_the_receipt(
    world: World, desk: WorldDesk, side: str
) -> None:
    store, own = (desk.store, 1) if side == "here" else (world.centre.store, None)
    harm(store, *CUT)
    (broken,) = checked(world, store, own=own, quick=True).broken
    assert "older than the receipt of 2026-11-23 07:00 UTC" in str(broken) and "(Desk 1)" in str(broken)


def test_a_server_that_was_put_back_hears_of_it_from_the_workstation(world: World, desk: WorldDesk) -> None:
    """Its file is yesterday's, receipts and all; the next greeting brings the receipt that it gave since."""
    harm(world.centre.store, *CUT, "DELETE FROM own_chain_end")
    assert checked(world, world.centre.store, quick=True).broken == ()
    desk.exchange.greet()
    (broken,) = checked(world, world.centre.store, quick=True).broken
    assert "older than the receipt" in str(broken)


def test_a_chain_written_anew_by_who_has_its_keys_is_named(world: World, desk: WorldDesk) -> None:
    """The person's own key signs another history of the same length; the receipt names the one that the server had."""
    harm(desk.store, *CUT)
    desk.do(at_random(99))
    found = checked(world, desk.store, own=1, quick=True)
    assert [str(link).rpartition(": ")[2] for link in found.broken] == ["the receipt names another change"]


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("UPDATE own_chain_end SET receipt = x'00' WHERE author = 1", "its signed end does not hold"),
        ("UPDATE own_chain_end SET receipt = CAST(substr(receipt, 1, length(receipt) - 1) || 'x' AS BLOB) "
         "WHERE author = 1", "its signed end does not hold"),
        ("UPDATE own_chain_end SET root = zeroblob(32) WHERE author = 1", "its signed end is another one's"),
        ("UPDATE own_chain_end SET number = number - 1 WHERE author = 1", "its signed end is another one's"),
    ],
)  # fmt: skip
def test_a_kept_end_that_was_changed_is_named(world: World, desk: WorldDesk, sql: str, told: str) -> None:
    harm(desk.store, sql)
    found = checked(world, desk.store, own=1, quick=True)
    assert [str(link).rpartition(": ")[2] for link in found.broken] == [told]


def test_a_receipt_is_the_servers_and_for_this_end(world: World, desk: WorldDesk) -> None:
    with desk.store.reading() as connection:
        good = receipts.last_receipt(connection, 1)
    assert good is not None
    other = Ed25519PrivateKey.generate()
    with pytest.raises(Damaged, match="not this clinic's server's"), desk.store.writing() as connection:
        receipts.take(connection, good.signed_by(other), world.trust.server_public)
    elsewhere = msgspec.structs.replace(good.end, at_ms=1)
    with pytest.raises(Damaged), desk.store.writing() as connection:
        receipts.take(connection, good, world.trust.server_public, elsewhere)


def test_the_server_countersigns_only_what_it_holds_and_the_device_signed(world: World, desk: WorldDesk) -> None:
    device = desk.line._device
    ahead = ChainEnd(1, 900, bytes(32), 1).signed_by(desk.signing)
    assert world.centre.push(device, Push([], ahead)).receipt is None
    with pytest.raises(Forged):
        world.centre.push(device, Push([], ahead.signed_by(Ed25519PrivateKey.generate())))
    with pytest.raises(Forged):
        world.centre.push(device, Push([], msgspec.structs.replace(ahead, author=2).signed_by(desk.signing)))


def test_one_end_is_kept_for_a_block_and_the_newest(desk: WorldDesk) -> None:
    with desk.store.writing() as connection:
        for number in (1, 5, BLOCK - 1, BLOCK, BLOCK + 3):
            keep_ends(connection, KeptEnd(77, number, bytes(32), number, b"r"))
        assert [end.number for end in kept_ends(connection, 77)] == [BLOCK - 1, BLOCK + 3]
