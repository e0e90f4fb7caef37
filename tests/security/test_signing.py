# SPDX-License-Identifier: Apache-2.0
"""A signature holds for one key, one purpose and one content; a request's counter is good once."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hms_desktop.security import signing
from hms_desktop.security.keys import PersonKeys
from hms_desktop.security.signing import Counters, Forged, Replayed, Request
from hms_desktop.security.statements import KeyStatement, read_statement, sign_statement

KEY = Ed25519PrivateKey.generate()
PUBLIC = KEY.public_key().public_bytes_raw()
OTHER = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
ROOT = bytes(range(32))
REQUEST = Request("POST", "/push", b"rows", uuid4(), "session", 5)


def test_a_root_is_signed_by_one_person_only() -> None:
    signature = signing.sign_root(KEY, ROOT)
    signing.verify_root(PUBLIC, ROOT, signature)
    for public, root, made in ((OTHER, ROOT, signature), (PUBLIC, bytes(32), signature), (PUBLIC, ROOT, bytes(64))):
        with pytest.raises(Forged):
            signing.verify_root(public, root, made)


def test_a_signature_for_one_purpose_is_none_for_another() -> None:
    with pytest.raises(Forged):
        signing.verify(PUBLIC, signing.REQUEST, ROOT, signing.sign_root(KEY, ROOT))


@pytest.mark.parametrize("public", [b"", bytes(31), bytes(33)])
def test_bytes_that_are_no_key_verify_nothing(public: bytes) -> None:
    with pytest.raises(Forged):
        signing.verify_root(public, ROOT, signing.sign_root(KEY, ROOT))


@pytest.mark.parametrize(
    "changed",
    [
        {"method": "GET"},
        {"target": "/push?x=1"},
        {"target": "/pull"},
        {"body": b"rowz"},
        {"device": uuid4()},
        {"session": "another"},
        {"session": ""},
        {"counter": 6},
    ],
)
def test_no_part_of_a_request_can_be_changed(changed: dict[str, object]) -> None:
    signature = signing.sign_request(KEY, REQUEST)
    signing.verify_request(PUBLIC, REQUEST, signature)
    with pytest.raises(Forged):
        signing.verify_request(PUBLIC, replace(REQUEST, **changed), signature)  # type: ignore[arg-type]


def test_parts_of_a_request_can_not_run_into_each_other() -> None:
    moved = replace(REQUEST, method="POST/", target="push")
    assert moved.canonical() != REQUEST.canonical()


@pytest.mark.parametrize("signature", ["", "?", "AAAA", "ü" * 88, "A" * 88])
def test_a_signature_that_is_none_is_refused(signature: str) -> None:
    with pytest.raises(Forged):
        signing.verify_request(PUBLIC, REQUEST, signature)


def test_each_counter_is_good_once_in_any_near_order() -> None:
    for seed in range(50):
        late = Random(seed)
        order = [n for _, n in sorted((n + late.random() * 30, n) for n in range(1, 200))]
        counters = Counters()
        for counter in order:
            counters.take(counter)
        for counter in order:
            with pytest.raises(Replayed):
                counters.take(counter)


def test_a_counter_behind_the_window_is_refused_though_never_seen() -> None:
    counters = Counters()
    counters.take(65)
    counters.take(2)
    with pytest.raises(Replayed):
        counters.take(1)


@pytest.mark.parametrize("counter", [0, -1])
def test_counters_start_at_one(counter: int) -> None:
    with pytest.raises(Replayed):
        Counters().take(counter)


def test_a_far_leap_forgets_nothing_that_counts() -> None:
    counters = Counters()
    for counter in (1, 10_000_000, 9_999_999):
        counters.take(counter)
    for counter in (1, 9_999_999, 10_000_000):
        with pytest.raises(Replayed):
            counters.take(counter)


def test_a_statement_is_believed_from_its_server_and_clinic_only() -> None:
    clinic = uuid4()
    statement = KeyStatement(clinic, uuid4(), PersonKeys.generate().public, 1)
    signed = sign_statement(KEY, statement)
    assert read_statement(signed, PUBLIC, clinic) == statement
    for bytes_, public, where in ((signed, OTHER, clinic), (signed, PUBLIC, uuid4()), (signed[:-1], PUBLIC, clinic)):
        with pytest.raises(Forged):
            read_statement(bytes_, public, where)


def test_no_byte_of_a_statement_can_be_changed() -> None:
    clinic = uuid4()
    signed = sign_statement(KEY, KeyStatement(clinic, uuid4(), PersonKeys.generate().public, 1))
    for at in range(len(signed)):
        changed = bytearray(signed)
        changed[at] ^= 1
        with pytest.raises(Forged):
            read_statement(bytes(changed), PUBLIC, clinic)
