# SPDX-License-Identifier: Apache-2.0
"""What a guess costs: Argon2id over the normalised password, calibrated to the machine and never below a floor."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from argon2.low_level import Type, hash_secret_raw

MIB = 1024
FLOOR_KIB = 64 * MIB
FLOOR_PASSES = 3
CEILING_KIB = 1024 * MIB
CEILING_PASSES = 64
CEILING_LANES = 16
LEAST_SECONDS = 0.3
AIM_SECONDS = 0.4
CALIBRATED_CEILING_KIB = 256 * MIB


@dataclass(frozen=True, slots=True)
class KdfCost:
    """Memory in KiB, passes and lanes of Argon2id (RFC 9106). `below_floor` is for tests only and must be said."""

    memory_kib: int = FLOOR_KIB
    passes: int = FLOOR_PASSES
    lanes: int = 2
    below_floor: bool = False

    def __post_init__(self) -> None:
        weak = self.memory_kib < FLOOR_KIB or self.passes < FLOOR_PASSES
        if weak and not self.below_floor:
            raise ValueError(f"Argon2id below {FLOOR_KIB // MIB} MiB and {FLOOR_PASSES} passes guards no password")
        if not (8 * self.lanes <= self.memory_kib <= CEILING_KIB and 1 <= self.passes <= CEILING_PASSES):
            raise ValueError(f"Argon2id cost out of bounds: {self.memory_kib} KiB, {self.passes} passes")
        if not 1 <= self.lanes <= CEILING_LANES:
            raise ValueError(f"Argon2id cost out of bounds: {self.lanes} lanes")


FLOOR = KdfCost()


def normalised(password: str) -> bytes:
    """The password as bytes that do not depend on keyboard or system: Unicode NFKC, UTF-8 (NIST SP 800-63B)."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


def password_key(password: str, salt: bytes, cost: KdfCost) -> bytes:
    """32 bytes out of a password and a 16-byte salt; takes the time that `cost` says."""
    return hash_secret_raw(normalised(password), salt, cost.passes, cost.memory_kib, cost.lanes, 32, Type.ID)


def calibrate(timer: Callable[[], float] = time.perf_counter) -> KdfCost:
    """The cost at which this machine takes 300 to 500 ms, memory before passes; the floor if it is slower than that."""
    cost, seconds = FLOOR, _measure(FLOOR, timer)
    while seconds < LEAST_SECONDS and cost.passes < CEILING_PASSES:
        cost = _dearer(cost, AIM_SECONDS / max(seconds, 0.001))
        seconds = _measure(cost, timer)
    return cost


def _dearer(cost: KdfCost, times: float) -> KdfCost:
    """A cost about `times` dearer, by memory up to a quarter of a GiB and then by passes."""
    memory = min(int(cost.memory_kib * max(times, 1.05)) // MIB * MIB, CALIBRATED_CEILING_KIB)
    if memory > cost.memory_kib:
        return KdfCost(memory, cost.passes, cost.lanes)
    passes = min(max(cost.passes + 1, round(cost.passes * times)), CEILING_PASSES)
    return KdfCost(cost.memory_kib, passes, cost.lanes)


def _measure(cost: KdfCost, timer: Callable[[], float]) -> float:
    started = timer()
    password_key("how long does this take here", b"\0" * 16, cost)
    return timer() - started
