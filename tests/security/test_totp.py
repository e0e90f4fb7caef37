# SPDX-License-Identifier: Apache-2.0
"""Codes of an authenticator app: RFC 6238's own figures, one step of drift, each step once."""

from __future__ import annotations

import base64
from uuid import uuid4

import pyotp
import pytest

from hms_desktop.security import totp
from hms_desktop.security.keys import PersonKeys
from hms_desktop.security.sealing import WontOpen

RFC_SEED = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037")],
)
def test_the_samples_of_rfc_6238(seconds: int, code: str) -> None:
    assert totp.matching_step(RFC_SEED, code, seconds * 1000) == seconds // 30


@pytest.mark.parametrize(("steps", "good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_one_step_of_drift(steps: int, good: bool) -> None:
    code = pyotp.TOTP(RFC_SEED).generate_otp(1000 + steps)
    assert (totp.matching_step(RFC_SEED, code, 1000 * totp.STEP_MS) is not None) is good


def test_a_step_is_used_up() -> None:
    code = pyotp.TOTP(RFC_SEED).generate_otp(1000)
    assert totp.matching_step(RFC_SEED, code, 1000 * totp.STEP_MS, after=999) == 1000
    assert totp.matching_step(RFC_SEED, code, 1000 * totp.STEP_MS, after=1000) is None


def test_a_code_may_be_typed_in_groups() -> None:
    assert totp.matching_step(RFC_SEED, " 287 082 ", 59_000) == 1


@pytest.mark.parametrize("code", ["", "28708", "2870822", "٢٨٧٠٨٢", "abcdef", "287082; drop"])
def test_anything_else_is_no_code(code: str) -> None:
    assert totp.matching_step(RFC_SEED, code, 59_000) is None


def test_an_app_can_read_the_address() -> None:
    seed = totp.new_seed()
    read = pyotp.parse_uri(totp.app_address(seed, "z.ndlovu", "Riverbend Clinic"))
    assert (read.secret, read.name, read.issuer) == (seed, "z.ndlovu", "Riverbend Clinic")
    assert len(base64.b32decode(seed)) == 20


def test_a_seed_is_sealed_to_its_person() -> None:
    owner, person = PersonKeys.generate(), uuid4()
    sealed = totp.seal_seed(RFC_SEED, owner.public.exchange, person)
    assert totp.open_seed(sealed, owner.exchange, person) == RFC_SEED
    for keys, who in ((PersonKeys.generate(), person), (owner, uuid4())):
        with pytest.raises(WontOpen):
            totp.open_seed(sealed, keys.exchange, who)
