# SPDX-License-Identifier: Apache-2.0
"""Workstations without a store: keys, the end of a chain and a place in the server's order, over the product's line."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar
from uuid import UUID, uuid4

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import func, select

from hms_desktop.clinic.ehr.model import Observation
from hms_desktop.core.clock import instant, next_stamp
from hms_desktop.core.errors import Unavailable
from hms_desktop.core.version import program_version, system_name
from hms_desktop.security.accounts import Device
from hms_desktop.storage.acting import Acting
from hms_desktop.storage.change_sets import (
    NO_ROOT,
    SCHEMA,
    ChangeSet,
    Details,
    Leaf,
    change_set_root,
    encode_details,
    encode_leaf,
)
from hms_desktop.storage.unit import Unit
from hms_desktop.sync import protocol, receipts
from hms_desktop.sync.client import HttpTransport
from hms_desktop.sync.copies import Mark
from hms_desktop.sync.protocol import Hello, Pull, Pulled, Push, Pushed
from hms_desktop.sync.vectors import ChainEnd
from sync_server.home import Home
from tests.bench.push import reading

T = TypeVar("T")
AGAIN_SECONDS = (0.5, 1.5)
PUSH, PULL, HELLO = "/v1/push", "/v1/pull", "/v1/hello"


@dataclass(frozen=True)
class Request:
    """One question and its answer: the bytes of both, and how long it took until somebody answered."""

    sent: int
    came: int
    seconds: float = 0.0


class NotedLine(HttpTransport):
    """The product's line, which notes each request."""

    requests: list[Request]
    missed = 0

    def send(self, path: str, message: Any, answer: type[T]) -> T:
        """The same, and once more until somebody answers, as a workstation does after a pause."""
        begun = time.perf_counter()
        while True:
            try:
                answered = super().send(path, message, answer)
            except Unavailable:
                self.missed += 1
                time.sleep(random.uniform(*AGAIN_SECONDS))
            else:
                self.requests[-1] = replace(self.requests[-1], seconds=time.perf_counter() - begun)
                return answered

    def _post(self, path: str, body: bytes, headers: dict[str, str]) -> Any:
        answer = super()._post(path, body, headers)
        self.requests.append(Request(len(body), len(answer.content)))
        return answer


class _Sheet:
    """Takes the place of a unit of work: what an action writes here becomes a change set and nothing else."""

    def __init__(self, acting: Acting, now_ms: int) -> None:
        self.person, self.now, self.action = acting.person, instant(now_ms), ""
        self.leaves: list[bytes] = []

    def add(self, record: type[Any], **values: Any) -> UUID:
        """A row."""
        id, packed = uuid4(), record.spec.pack(values)
        written = {name: value for name, value in packed.items() if value is not None}
        self.leaves.append(encode_leaf(Leaf(os.urandom(16), record.spec.name, id.bytes, written)))
        return id


@dataclass
class ThinDesk:
    """One workstation; `at` is the place up to which it has followed the server."""

    author: int
    key: Ed25519PrivateKey
    acting: Acting
    line: NotedLine
    at: int = 0
    end: ChainEnd = field(default_factory=lambda: ChainEnd(0, 0, NO_ROOT))
    mark: Mark = field(default_factory=lambda: Mark(0, b"", b""))
    pages: bytes = field(default_factory=lambda: X25519PrivateKey.generate().public_key().public_bytes_raw())
    generation: bytes = field(default_factory=lambda: os.urandom(16))

    def greet(self) -> None:
        """Open a session."""
        self.mark = Mark(self.mark.count + 1, self.mark.now, os.urandom(16))
        now_ms = time.time_ns() // 1_000_000
        self.line.greet(
            Hello(
                protocol.VERSION, SCHEMA, self.generation, self.end.number, program_version(), now_ms, 0, 0,
                self.acting.person.id.bytes, system_name(), 1 << 26, b"", None,
                self.mark.count, self.mark.before, self.mark.now, self.pages,
            )
        )  # fmt: skip

    def follow(self) -> None:
        """Take everything up to the end of the server's order."""
        while self.pull().left:
            pass

    def pull(self, wait_ms: int = 0) -> Pulled:
        """The next page; waits for one where there is none."""
        page = self.line.send(PULL, Pull(self.at, protocol.MAX_PAGE, wait_ms, 0, 0, []), Pulled)
        self.at = page.position
        return page

    def hears(self) -> float:
        """Wait for news; when they came (s of this run)."""
        while not self.pull(protocol.MAX_WAIT_MS).entries:
            pass
        return time.perf_counter()

    def made(self, patients: Sequence[UUID]) -> list[ChangeSet]:
        """A blood pressure and what goes with it for each of these patients: five rows, signed by the person."""
        return [self._made(patient) for patient in patients]

    def _made(self, patient: UUID) -> ChangeSet:
        now_ms = time.time_ns() // 1_000_000
        sheet: Any = _Sheet(self.acting, now_ms)
        reading(patient, sheet)
        details = encode_details(Details(self.acting.person.id.bytes, sheet.action, now_ms))
        stamp = next_stamp(self.end.stamp, self.author, now_ms)
        unsigned = ChangeSet(self.author, self.end.number + 1, stamp, self.end.root, details, sheet.leaves, b"")
        root = change_set_root(unsigned)
        self.end = ChainEnd(unsigned.number, stamp, root)
        return msgspec.structs.replace(unsigned, signature=self.acting.sign(root))

    def push(self, sets: list[ChangeSet]) -> int:
        """Send these; the place of the server's order after them. Fails unless all are taken."""
        end = receipts.end_of(sets, self.key, time.time_ns() // 1_000_000)
        answer = self.line.send(PUSH, Push(sets, end), Pushed)
        assert answer.acknowledged == sets[-1].number
        assert all(verdict.state == "repeated" for verdict in answer.verdicts), answer.verdicts
        return answer.position


def enlist(home: Home, count: int, acting: Acting) -> list[ThinDesk]:
    """So many approved workstations, all of them this person's."""
    keys = [Ed25519PrivateKey.generate() for _desk in range(count)]
    return home.store.act(partial(_stand, home, keys, acting), home.worker)


def _stand(home: Home, keys: Sequence[Ed25519PrivateKey], acting: Acting, unit: Unit) -> list[ThinDesk]:
    unit.action = "server.device"
    last = int(unit.scalar(select(func.max(Device.author))))
    desks = []
    for author, key in enumerate(keys, last + 1):
        id = unit.add(
            Device, author=author, name=f"Desk {author}", site=home.facts.site, kind="all", status="approved",
            signing_public=key.public_key().public_bytes_raw(), reduced_protection=False,
        )  # fmt: skip
        line = NotedLine(home.facts.addresses[0], home.authority.decode(), id, key)
        line.requests = []
        desks.append(ThinDesk(author, key, acting, line))
    return desks


def at_once(crowd: ThreadPoolExecutor, desks: Sequence[Any], does: Any) -> list[Any]:
    """Let all of them do this, each on a thread of its own, from the same moment on."""
    gate = threading.Barrier(len(desks))

    def one(desk: Any) -> Any:
        gate.wait(60)
        return does(desk)

    return list(crowd.map(one, desks))


def rows_of(sets: Sequence[ChangeSet]) -> list[Mapping[str, Any]]:
    """The rows that these change sets make, as they are stored."""
    leaves = [msgspec.msgpack.decode(leaf, type=Leaf) for one in sets for leaf in one.leaves]
    columns = dict.fromkeys(Observation.spec.kinds)
    return [{"id": leaf.record, **columns, **leaf.values} for leaf in leaves]
