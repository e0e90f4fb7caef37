# SPDX-License-Identifier: Apache-2.0
"""Twenty and more ways to tamper with what a workstation sends, over the wire: none is accepted, each is named.

Twenty tries of each here, a thousand under `--proof`; the place of each change is drawn anew.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
import requests
import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from hms_desktop.commands.bench import Bench
from hms_desktop.core.errors import BadInput
from hms_desktop.security.accounts import Account
from hms_desktop.security.signing import Forged, Request, verify_request
from hms_desktop.storage.change_sets import ChangeSet, decode_leaf, encode_leaf
from hms_desktop.storage.records import REGISTRY
from hms_desktop.sync.enrol import Enrolled
from hms_desktop.sync.protocol import MAX_BODY, LeaseWanted, Problem, Pull, Push, Pushed, pack, unpack
from tests.server.process import ServerProcess
from tests.server.test_requests import Wire
from tests.sync.forger import Forger, a_patient, leaf
from tests.sync.world import dump

FEW, MANY = 20, 1000
PULL, LEASE = pack(Pull(0)), pack(LeaseWanted([]))
ZEROS = zstandard.ZstdCompressor().compress(bytes(MAX_BODY + 1))
EVERYTHING = frozenset(REGISTRY) - {"refusal"}
"""Each table but the one that holds what was refused, for those who can mend it."""
Tamper = Callable[["Attacker"], tuple[str, str]]


class Attacker:
    """An enrolled workstation with a person's keys, of which each request is spoilt in one thing."""

    def __init__(
        self, server: ServerProcess, enrolled: Enrolled, bench: Bench, other: Enrolled, stranger: UUID
    ) -> None:
        self.chance = random.Random(20261123)
        self.server, self.wire, self.other = server, Wire(enrolled), Wire(other)
        self.wire.greet()
        self.other.greet()
        self.stranger = stranger
        self.counter, self.sent = 0, requests.Response()
        world: Any = SimpleNamespace(centre=server.home, clock=SimpleNamespace(ms=bench.store.clock.now_ms()))
        self.forger = Forger(SimpleNamespace(store=bench.store, acting=bench.acting, world=world, line=None))  # type: ignore[arg-type]

    def next(self) -> int:
        """A counter that was not used."""
        self.counter += 1
        return self.counter

    def says(self, path: str, body: bytes, counter: int | None = None, /, **wrong: object) -> tuple[str, str]:
        """The code and the words with which the server refuses a request; `accepted` when it does not."""
        response = self.wire.send(path, body, counter or self.next(), **wrong)
        if response.status_code == 200:
            return "accepted", ""
        problem = unpack(response.content, Problem)
        return problem.code, problem.message

    def pushes(self, *sets: ChangeSet) -> tuple[str, str]:
        """The same of change sets within a request that is right: the verdict on the first of them."""
        response = self.wire.send("/v1/push", pack(Push(list(sets))), self.next())
        if response.status_code != 200:
            problem = unpack(response.content, Problem)
            return problem.code, problem.message
        verdicts = unpack(response.content, Pushed).verdicts
        return (verdicts[0].state, verdicts[0].reason) if verdicts else ("accepted", "")

    def made(self, *leaves: Any, **wrong: Any) -> ChangeSet:
        """A change set of a new patient, or of other records, that is right but for what is wrong."""
        return self.forger.made(*(leaves or (leaf("patient", a_patient()),)), **wrong)

    def flipped(self, content: bytes) -> bytes:
        """One bit turned somewhere."""
        spoilt = bytearray(content)
        spoilt[self.chance.randrange(len(spoilt))] ^= 1 << self.chance.randrange(8)
        return bytes(spoilt)


def body(at: Attacker) -> tuple[str, str]:
    whole = pack(Push([at.made()]))
    return at.says("/v1/push", whole, body=at.flipped(whole))


def another_body(at: Attacker) -> tuple[str, str]:
    return at.says("/v1/pull", PULL, body=pack(Pull(at.chance.randrange(1, 1 << 40))))


def path(at: Attacker) -> tuple[str, str]:
    where = at.chance.choice(("/v1/push", "/v1/snapshot", "/v1/page", "/v1/lease", "/v1/hello", "/v1/diagnostics"))
    return at.says("/v1/pull", PULL, path=where)


def query(at: Attacker) -> tuple[str, str]:
    return at.says("/v1/pull", PULL, path=f"/v1/pull?after={at.chance.randrange(1 << 30)}")


def counter_of_another(at: Attacker) -> tuple[str, str]:
    return at.says("/v1/pull", PULL, **{"counter": at.next() + at.chance.randrange(1, 1 << 50)})  # type: ignore[arg-type]


def impossible_counter(at: Attacker) -> tuple[str, str]:
    return at.says("/v1/pull", PULL, **{"counter": -at.chance.randrange(1, 1 << 70)})  # type: ignore[arg-type]


def no_counter(at: Attacker) -> tuple[str, str]:
    return at.says("/v1/pull", PULL, **{"counter": at.chance.choice(("x", "1e3", "0x1", "", "1.0", "1 1", "--1"))})  # type: ignore[arg-type]


def session(at: Attacker) -> tuple[str, str]:
    return at.says("/v1/pull", PULL, session=f"{at.chance.getrandbits(144):x}")


def key(at: Attacker) -> tuple[str, str]:
    return at.says("/v1/pull", PULL, key=Ed25519PrivateKey.generate())


def key_of_another_workstation(at: Attacker) -> tuple[str, str]:
    return at.says("/v1/pull", PULL, key=at.other.key)


def signature(at: Attacker) -> tuple[str, str]:
    spoilt = base64.urlsafe_b64encode(at.chance.randbytes(64)).decode()
    return at.says("/v1/pull", PULL, signature=spoilt)


def cut_signature(at: Attacker) -> tuple[str, str]:
    spoilt = base64.urlsafe_b64encode(at.chance.randbytes(at.chance.randrange(64))).decode()
    return at.says("/v1/pull", PULL, signature=spoilt)


def device(at: Attacker) -> tuple[str, str]:
    return at.says("/v1/pull", PULL, device=uuid4().hex)


def another_workstation(at: Attacker) -> tuple[str, str]:
    return at.says("/v1/pull", PULL, device=at.other.device.hex)


def no_device(at: Attacker) -> tuple[str, str]:
    return at.says("/v1/pull", PULL, device=at.chance.choice(("", "'; --", "../x", "{}", "7" * 31, "g" * 32)))


def replayed(at: Attacker) -> tuple[str, str]:
    number = at.next()
    assert at.wire.send("/v1/lease", LEASE, number).status_code == 200
    return at.says("/v1/lease", LEASE, number)


def replayed_batch(at: Attacker) -> tuple[str, str]:
    """A batch that was taken, in a request of its own: known, and nothing is written twice."""
    taken = at.taken
    return at.pushes(taken)


def old_counter(at: Attacker) -> tuple[str, str]:
    newest = at.counter = at.counter + 100
    assert at.wire.send("/v1/lease", LEASE, newest).status_code == 200
    return at.says("/v1/lease", LEASE, newest - at.chance.randrange(64, 99))


def session_of_another(at: Attacker) -> tuple[str, str]:
    own, at.wire.session = at.wire.session, at.other.session
    try:
        return at.says("/v1/pull", PULL)
    finally:
        at.wire.session = own


def cut_message(at: Attacker) -> tuple[str, str]:
    whole = pack(Push([at.made()]))
    return at.says("/v1/push", whole[: at.chance.randrange(len(whole))])


def trailing(at: Attacker) -> tuple[str, str]:
    return at.says("/v1/push", pack(Push([])) + at.chance.randbytes(at.chance.randrange(1, 40)))


def bomb(at: Attacker) -> tuple[str, str]:
    """A few bytes that unpack to more than any message holds."""
    return at.says(at.chance.choice(("/v1/push", "/v1/pull")), ZEROS)


def noise(at: Attacker) -> tuple[str, str]:
    return at.says("/v1/push", b"\xc1" + at.chance.randbytes(at.chance.randrange(200)))


def value(at: Attacker) -> tuple[str, str]:
    """A value is changed after the person signed."""
    good = at.made()
    first = decode_leaf(good.leaves[0])
    name = f"Mallory {at.chance.random()}"
    spoilt = msgspec.structs.replace(first, values={**first.values, "family": name})
    return at.pushes(msgspec.structs.replace(good, leaves=[encode_leaf(spoilt)]))


def signed_bytes(at: Attacker) -> tuple[str, str]:
    good = at.made()
    return at.pushes(msgspec.structs.replace(good, signature=at.flipped(good.signature)))


def person(at: Attacker) -> tuple[str, str]:
    """Somebody who is none of the clinic's people."""
    return at.pushes(at.made(person=uuid4().bytes))


def another_person(at: Attacker) -> tuple[str, str]:
    """Another person's name on it, who has the right, over one's own signature."""
    return at.pushes(at.made(person=at.stranger.bytes))


def forged_person(at: Attacker) -> tuple[str, str]:
    return at.pushes(at.made(key=Ed25519PrivateKey.generate()))


def author(at: Attacker) -> tuple[str, str]:
    """As if another workstation had made it."""
    return at.pushes(at.made(author=at.forger.author + at.chance.randrange(1, 100)))


def rights(at: Attacker) -> tuple[str, str]:
    """Edited offline to be another role's work."""
    return at.pushes(at.made(action=at.chance.choice(("billing.void_receipt", "ehr.sign_visit", "server.person"))))


def servers_own(at: Attacker) -> tuple[str, str]:
    """An account for oneself, with every role."""
    row = {"login": f"mallory{at.chance.random()}", "name": "M", "roles": '["administrator"]', "active": 1}
    return at.pushes(at.made(leaf("account", row)))


def beyond_the_grant(at: Attacker) -> tuple[str, str]:
    return at.pushes(at.made(leaf("lab_result", {})))


def chain(at: Attacker) -> tuple[str, str]:
    """A history in which something was taken out."""
    return at.pushes(at.made(prev=at.chance.randbytes(32)))


def second_history(at: Attacker) -> tuple[str, str]:
    """Another change set under a number that was used."""
    return at.pushes(at.made(number=at.taken.number))


def column(at: Attacker) -> tuple[str, str]:
    extra = at.chance.choice(("k", "rid", "id", 'family"=1;--', "g_name", "shoe_size"))
    return at.pushes(at.made(leaf("patient", a_patient(**{extra: at.chance.randrange(99)}))))


def table(at: Attacker) -> tuple[str, str]:
    name = at.chance.choice(("own_meta", "sqlite_master", 'patient"; DROP TABLE patient;--', "own_change_log", ""))
    return at.pushes(at.made(leaf(name, a_patient())))


FORGED, BAD, OVER, REFUSED = "forged", "bad-input", "replayed", "refused"
KINDS: dict[Tamper, tuple[str, str]] = {
    body: (FORGED, ""), another_body: (FORGED, ""), path: (FORGED, ""), query: (FORGED, ""),
    counter_of_another: (FORGED, ""), impossible_counter: (FORGED, "counter"), no_counter: (BAD, "which workstation"),
    session: (FORGED, ""), key: (FORGED, ""), key_of_another_workstation: (FORGED, ""), signature: (FORGED, ""),
    cut_signature: (FORGED, ""), device: (FORGED, "not known here"), another_workstation: (FORGED, ""),
    no_device: (BAD, "which workstation"), replayed: (OVER, "already answered"), old_counter: (OVER, ""),
    session_of_another: (OVER, "session is over"), cut_message: (BAD, "is not a Push"),
    bomb: (BAD, "unpacks to more"), trailing: (BAD, "is not a Push"), noise: (BAD, "is not a Push"),
    replayed_batch: ("repeated", ""),
    value: (REFUSED, "not signed by the person"), signed_bytes: (REFUSED, "not signed by the person"),
    person: (REFUSED, "among the clinic's people"), another_person: (REFUSED, "not signed by the person"),
    forged_person: (REFUSED, "not signed by the person"), author: ("*", "another device"), rights: (REFUSED, ""),
    servers_own: (REFUSED, "Only the server writes account"), beyond_the_grant: (REFUSED, "granted lab_result"),
    chain: ("*", "does not follow"), second_history: ("*", "came twice and differs"),
    column: (REFUSED, "has no column"), table: (REFUSED, "is not known here"),
}  # fmt: skip
"""What is tampered with, and the code and words of the answer."""


@pytest.fixture(scope="module")
def attacker(server: ServerProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """At a front desk, beside another workstation."""
    folder = tmp_path_factory.mktemp("attack")
    enrolled = server.enrol(folder / "w", "Attacked", "front_desk")
    bench = server.bench(folder / "w", "zanele")
    bench.exchange.catch_up()
    home = server.home
    thabo = home.store.read(lambda r: r.one(select(Account.id).where(Account.login == "thabo")), home.worker).id
    at: Any = Attacker(server, enrolled, bench, server.enrol(folder / "o", "Beside", "lab"), thabo)
    at.taken = at.made()
    assert at.pushes(at.taken) == ("accepted", "")
    yield at
    bench.store.close()


def state(server: ServerProcess) -> Any:
    """Every row that a request could have changed."""
    return dump(server.home.store, EVERYTHING)


def tampered(at: Attacker, times: int) -> None:
    """Each kind so many times: none accepted, all named, and nothing is other than before."""
    before = state(at.server)
    answers: dict[str, set[str]] = {}
    for tamper, (code, words) in KINDS.items():
        for _time in range(times):
            got, said = tamper(at)
            assert got != "accepted" and got != "server", (tamper.__name__, got, said)
            assert code in (got, "*") and words in said, (tamper.__name__, got, said)
            assert said or got == "repeated", tamper.__name__
            answers.setdefault(tamper.__name__, set()).add(got)
    assert len(answers) >= 20
    assert state(at.server) == before, "something was taken"
    good = at.made()
    assert at.pushes(good) == ("accepted", ""), "what is right goes on"


@pytest.mark.hazard("H24")
@pytest.mark.accepts("SEC-16")
def test_tampered_requests_are_refused_by_name_and_change_nothing(attacker: Attacker) -> None:
    tampered(attacker, FEW)


@pytest.mark.proof
@pytest.mark.timeout(3600)
def test_a_thousand_tampered_requests_of_each_kind(attacker: Attacker) -> None:
    tampered(attacker, MANY)


def test_what_unpacks_to_too_much_or_is_followed_by_more_is_no_message() -> None:
    for wrong in (ZEROS, PULL + b"x", PULL + PULL, zstandard.ZstdCompressor().compress(bytes(2000))):
        with pytest.raises(BadInput, match="is not a Pull of at most 1000 bytes"):
            unpack(wrong, Pull, 1000)
    assert unpack(PULL, Pull, 1000) == Pull(0)


@pytest.mark.parametrize("counter", [-1, 1 << 63, 1 << 80])
def test_a_counter_that_there_can_not_be_is_forged(counter: int) -> None:
    with pytest.raises(Forged, match="counter"):
        verify_request(b"p" * 32, Request("POST", "/v1/pull", b"", UUID(int=1), "", counter), "")
