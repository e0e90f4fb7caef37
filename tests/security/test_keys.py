# SPDX-License-Identifier: Apache-2.0
"""Private keys leave a process only wrapped, and open only for their owner's password."""

from __future__ import annotations

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hms_desktop.security import kdf, keys, sealing
from hms_desktop.security.kdf import KdfCost
from tests.security.conftest import CHEAP

OWNER = keys.PersonKeys.generate()
PERSON = uuid4()


@given(st.text(max_size=40))
def test_any_password_wraps_and_unwraps(password: str) -> None:
    assert keys.unwrap(keys.wrap(OWNER, password, PERSON, CHEAP), password, PERSON).public == OWNER.public


def test_a_wrong_password_or_person_opens_nothing() -> None:
    wrapped = keys.wrap(OWNER, "right", PERSON, CHEAP)
    for password, person in (("Right", PERSON), ("right ", PERSON), ("right", uuid4())):
        with pytest.raises(sealing.WontOpen):
            keys.unwrap(wrapped, password, person)


def test_every_changed_byte_is_noticed() -> None:
    wrapped = keys.wrap(OWNER, "right", PERSON, CHEAP)
    for at in range(len(wrapped)):
        changed = bytearray(wrapped)
        changed[at] ^= 1
        if at in (5, 6):  # a cost that would take minutes instead is no other password
            continue
        with pytest.raises(sealing.WontOpen):
            keys.unwrap(bytes(changed), "right", PERSON)


@pytest.mark.parametrize("length", [0, 1, 25, 26, 40])
def test_cut_bytes_are_refused(length: int) -> None:
    with pytest.raises(sealing.WontOpen):
        keys.unwrap(keys.wrap(OWNER, "right", PERSON, CHEAP)[:length], "right", PERSON)


def test_a_cost_that_would_hang_the_computer_is_refused() -> None:
    wrapped = keys.wrap(OWNER, "right", PERSON, CHEAP)
    greedy = wrapped[:4] + (0xFFFFFFFF).to_bytes(4, "big") + wrapped[8:]
    with pytest.raises(sealing.WontOpen):
        keys.unwrap(greedy, "right", PERSON)


def test_keys_do_not_show_themselves() -> None:
    assert OWNER.private_bytes().hex() not in repr(OWNER)
    assert "exchange" not in repr(OWNER)


@pytest.mark.parametrize("cost", [(64 * 1024 - 1, 3), (64 * 1024, 2)])
def test_the_product_has_a_floor(cost: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="guards no password"):
        KdfCost(*cost)


@pytest.mark.parametrize("cost", [(2 * 1024 * 1024, 3, 2), (64 * 1024, 65, 2), (64 * 1024, 3, 17), (8, 1, 2)])
def test_a_cost_out_of_bounds_is_refused(cost: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="out of bounds"):
        KdfCost(*cost, below_floor=True)


def ticking(*seconds: float) -> object:
    """A clock that says that one run after the other took so long."""
    moments = [m for s in seconds for m in (0.0, s)]
    return iter(moments).__next__


def test_a_slow_machine_stays_at_the_floor() -> None:
    assert kdf.calibrate(ticking(0.8)) == kdf.FLOOR  # type: ignore[arg-type]


def test_a_fast_machine_takes_memory_first_and_then_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kdf, "password_key", lambda *_: b"")
    assert kdf.calibrate(ticking(0.2, 0.4)) == KdfCost(128 * 1024, 3, 2)  # type: ignore[arg-type]
    assert kdf.calibrate(ticking(0.05, 0.2, 0.4)) == KdfCost(256 * 1024, 6, 2)  # type: ignore[arg-type]


def test_an_instant_clock_ends_at_the_ceiling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kdf, "password_key", lambda *_: b"")
    assert kdf.calibrate(lambda: 0.0).passes == kdf.CEILING_PASSES
