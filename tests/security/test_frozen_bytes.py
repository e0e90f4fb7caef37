# SPDX-License-Identifier: Apache-2.0
"""Bytes that lie on disks and travel: what this version wrote once, every later version must still read."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hms_desktop.security import enrolment, keys, sealing, signing, slots, statements, totp

FROZEN: dict[str, str] = json.loads((Path(__file__).parent / "frozen.json").read_text())
PERSON = UUID("018f0000-0000-7000-8000-000000000001")
DEVICE = UUID("018f0000-0000-7000-8000-000000000002")
CLINIC = UUID("018f0000-0000-7000-8000-000000000003")
OWNER = keys.PersonKeys.from_bytes(bytes(range(64)))
SERVER = Ed25519PrivateKey.from_private_bytes(bytes([7]) * 32)
SERVER_PUBLIC = SERVER.public_key().public_bytes_raw()


def frozen(name: str) -> bytes:
    return bytes.fromhex(FROZEN[name])


def test_wrapped_keys_open_with_the_password_in_any_unicode_form() -> None:
    for password in ("korrekt pferd Ångström", "korrekt pferd A\u030angstro\u0308m"):
        assert keys.unwrap(frozen("wrapped"), password, PERSON).private_bytes() == bytes(range(64))


def test_a_slot_opens() -> None:
    place = slots.SlotPlace(DEVICE, PERSON, 3)
    assert slots.open_slot(frozen("slot"), OWNER.exchange, bytes([9]) * 32, place) == bytes([5]) * 32


def test_a_seed_opens() -> None:
    assert totp.open_seed(frozen("seed"), OWNER.exchange, PERSON) == "JBSWY3DPEHPK3PXP"


def test_a_locked_box_opens() -> None:
    assert sealing.unlock(bytes([9]) * 32, frozen("locked"), purpose="sample", context=b"here") == b"plain"


def test_a_statement_is_written_and_read_the_same() -> None:
    statement = statements.KeyStatement(CLINIC, PERSON, OWNER.public, 1_790_000_000_000)
    assert statements.sign_statement(SERVER, statement) == frozen("statement")
    assert statements.read_statement(frozen("statement"), SERVER_PUBLIC, CLINIC) == statement


def test_a_change_set_is_signed_the_same() -> None:
    assert signing.sign_root(OWNER.signing, bytes(range(32))) == frozen("root_signature")


def test_a_request_is_written_and_signed_the_same() -> None:
    request = signing.Request("post", "/sync/push?after=7", b"body", DEVICE, "s-1", 42)
    assert request.canonical() == frozen("request_canonical")
    assert signing.sign_request(SERVER, request) == FROZEN["request_signature"]


def test_an_enrolment_code_is_written_and_proven_the_same() -> None:
    code = enrolment.read_code(FROZEN["code"])
    assert (code.secret, code.text(), code.name) == ("ABCDEFGHIJKLMNOP", FROZEN["code"], FROZEN["code_name"])
    assert code.proof_key == frozen("proof_key")
    assert enrolment.prove(code.proof_key, b"a certificate", bytes(32), b"nonce") == frozen("proof")


def test_the_words_to_compare_are_the_same() -> None:
    assert " ".join(enrolment.compare_words(bytes(32), bytes([1]) * 32)) == FROZEN["words"]


@pytest.mark.parametrize("name", ["wrapped", "slot", "seed", "locked"])
def test_another_make_does_not_open(name: str) -> None:
    changed = b"HMX\x02" + frozen(name)[4:]
    with pytest.raises(sealing.WontOpen):
        if name == "wrapped":
            keys.unwrap(changed, "korrekt pferd Ångström", PERSON)
        elif name == "slot":
            slots.open_slot(changed, OWNER.exchange, bytes([9]) * 32, slots.SlotPlace(DEVICE, PERSON, 3))
        elif name == "seed":
            totp.open_seed(changed, OWNER.exchange, PERSON)
        else:
            sealing.unlock(bytes([9]) * 32, changed, purpose="sample", context=b"here")
