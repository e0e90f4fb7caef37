# SPDX-License-Identifier: Apache-2.0
"""Codes of an authenticator app (TOTP, RFC 6238: SHA-1, 6 digits, 30 s); a person's seed is sealed to that person."""

from __future__ import annotations

import hmac
from uuid import UUID

import pyotp
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from hms_desktop.security import sealing

STEP_MS = 30_000
DRIFT_STEPS = 1
DIGITS = 6
_PURPOSE = "authenticator seed"


def new_seed() -> str:
    """A random 160-bit seed in base32."""
    return pyotp.random_base32()


def app_address(seed: str, login: str, clinic: str) -> str:
    """The otpauth address that an authenticator app reads from a QR code."""
    return pyotp.TOTP(seed).provisioning_uri(name=login, issuer_name=clinic)


def matching_step(seed: str, code: str, now_ms: int, after: int = -1) -> int | None:
    """The time step whose code this is, one step of drift either way, or None; steps up to `after` are used up.

    Every candidate is compared, so that the time taken tells nothing.
    """
    typed = "".join(code.split()).encode()
    step = now_ms // STEP_MS
    app = pyotp.TOTP(seed, digits=DIGITS)
    found = None
    for candidate in range(step - DRIFT_STEPS, step + DRIFT_STEPS + 1):
        fits = hmac.compare_digest(app.generate_otp(candidate).encode(), typed)
        if fits and candidate > after:
            found = candidate
    return found


def seal_seed(seed: str, person_public: bytes, person: UUID) -> bytes:
    """The seed, sealed to the person's X25519 public key."""
    return sealing.seal_to(person_public, seed.encode(), purpose=_PURPOSE, context=person.bytes)


def open_seed(sealed: bytes, private: X25519PrivateKey, person: UUID) -> str:
    """The seed again; raises WontOpen for another person."""
    return sealing.open_sealed(private, sealed, purpose=_PURPOSE, context=person.bytes).decode()
