# SPDX-License-Identifier: Apache-2.0
"""What verifying the trail costs: a million access events by hash chain and signed ends, and signature by signature."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from functools import partial
from hashlib import sha256
from pathlib import Path
from uuid import UUID, uuid5

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hms_desktop.core.clock import stamp
from hms_desktop.security.receipts import ChainEnd
from hms_desktop.security.signing import sign_root, verify_root
from hms_desktop.storage.change_sets import (
    NO_ROOT,
    Details,
    Leaf,
    body_hash,
    encode_details,
    encode_leaf,
    root_of,
)
from hms_desktop.storage.ends import BLOCK
from hms_desktop.storage.store import Store
from hms_desktop.sync import receipts
from hms_desktop.sync.verify import Verified, verify
from tests.bench.figures import Figure
from tests.desk import MONDAY_09_00, NAMES, Desk, person

AUTHOR, SIGNED = 1, 20_000
_LOG = (
    "INSERT INTO own_change_log (author, number, stamp, prev, details, leaves, signature, root, state, received_ms) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?)"
)


def measure(folder: Path, rows: int) -> Iterator[Figure]:
    """A log of ten times `rows` events: the quick check beside a bare read and hash, and the full one beside it."""
    desk = Desk(folder / "trail", person("Zanele", set()), author=AUTHOR)
    server, device, author = (Ed25519PrivateKey.generate() for _each in range(3))
    events = rows * 10
    _pour(desk.store, events, server, device, author)
    least = _bare(desk.store)
    begun, work = time.perf_counter(), _work()
    found = _checked(desk.store, server)
    seconds, work = time.perf_counter() - begun, _work() - work
    assert not found.broken and found.whole == events, found.broken[:1]
    what = f"verify {events:,} events, hash chain and {found.ends} signed ends"
    yield Figure(what, seconds, least, "read and hash the bytes", f"({work:.2f} s of work)", most=5.0)
    one = _one_signature(author)
    yield Figure(
        f"verify {events:,} events, every single signature", seconds + one * events, seconds, "the quick check"
    )
    desk.store.close()


def _work() -> float:
    """Seconds of CPU so far, of the processes that walked beside this one too."""
    return sum(os.times()[:4])


def _checked(store: Store, server: Ed25519PrivateKey) -> Verified:
    with store.reading() as connection:
        return verify(connection, server.public_key().public_bytes_raw(), UUID(int=1), own=AUTHOR, quick=True)


def _pour(
    store: Store, events: int, server: Ed25519PrivateKey, device: Ed25519PrivateKey, author: Ed25519PrivateKey
) -> None:
    """Change sets of one look each, chained; the first are signed, the end of each block is countersigned."""
    who, prev = uuid5(NAMES, "Zanele").bytes, NO_ROOT
    sign = partial(sign_root, author)
    with store.writing() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        batch = []
        for number in range(1, events + 1):
            at = MONDAY_09_00 + number * 60
            values = {"kind": "chart", "by": who, "at": at, "patient": os.urandom(16), "purpose": "treatment",
                      "count": 1}  # fmt: skip
            leaf = encode_leaf(Leaf(os.urandom(16), "access_event", os.urandom(16), values))
            details = encode_details(Details(who, "ehr.open_chart", at))
            name = stamp(at, 0, AUTHOR)
            root = root_of(AUTHOR, number, name, prev, body_hash(details, [leaf]))
            signature = sign(root) if number <= SIGNED else bytes(64)
            batch.append((AUTHOR, number, name, prev, details, msgspec.msgpack.encode([leaf]), signature, root, at))
            prev = root
            if len(batch) == 5000 or number == events:
                driver.executemany(_LOG, batch)
                batch = []
            if number % BLOCK == BLOCK - 1 or number == events:
                end = ChainEnd(AUTHOR, number, root, at).signed_by(device)
                if batch:
                    driver.executemany(_LOG, batch)
                    batch = []
                receipts.give(connection, end, device.public_key().public_bytes_raw(), (0, server), at)
        connection.exec_driver_sql("DELETE FROM own_chain_end WHERE author = 0")
        connection.exec_driver_sql(
            "INSERT INTO own_author_state (author, number, stamp, root) VALUES (?, ?, ?, ?)",
            (AUTHOR, events, name, root),
        )


def _bare(store: Store) -> float:
    """Seconds to read the same columns and hash their bytes once, with nothing checked."""
    begun = time.perf_counter()
    with store.reading() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        cursor = driver.execute("SELECT number, stamp, prev, details, leaves, root FROM own_change_log ORDER BY pos")
        while rows := cursor.fetchmany(2000):
            for _number, _stamp, prev, details, leaves, root in rows:
                sha256(prev + details + leaves + root).digest()
    return time.perf_counter() - begun


def _one_signature(author: Ed25519PrivateKey) -> float:
    """Seconds for one signature, measured over some thousands."""
    public, root = author.public_key().public_bytes_raw(), os.urandom(32)
    signature = sign_root(author, root)
    begun = time.perf_counter()
    for _each in range(5000):
        verify_root(public, root, signature)
    return (time.perf_counter() - begun) / 5000
