# SPDX-License-Identifier: Apache-2.0
"""A security key in software: it speaks CTAP 2.0 with ES256, touch and hmac-secret, as hardware does.

It knows nothing of the product; the library that speaks to real keys speaks to it over the same bytes.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2 import cbor
from fido2.cose import ES256, CoseKey
from fido2.ctap import STATUS, CtapDevice, CtapError
from fido2.ctap2.pin import PinProtocolV1
from fido2.hid import CAPABILITY, CTAPHID

AAGUID = bytes(16)
MAKE, ASSERT, INFO, PIN = 1, 2, 4, 6
PRESENT, ATTESTED, EXTENDED = 0x01, 0x40, 0x80


@dataclass
class _Credential:
    rp_id: str
    private: ec.EllipticCurvePrivateKey
    secret: bytes


@dataclass
class SoftKey(CtapDevice):
    """One key. `touched` False is a key that nobody touches; `keeps_secrets` False one without hmac-secret."""

    touched: bool = True
    keeps_secrets: bool = True
    counter: int = 0
    credentials: dict[bytes, _Credential] = field(default_factory=dict)
    _agreement: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def capabilities(self) -> int:
        """It speaks CBOR."""
        return int(CAPABILITY.CBOR)

    def save(self, file: Path) -> None:
        """Keep the key where another process can plug it in."""
        held = {
            id: (one.rp_id, one.private.private_numbers().private_value.to_bytes(32, "big"), one.secret)
            for id, one in self.credentials.items()
        }
        file.write_bytes(cbor.encode(held))

    @classmethod
    def load(cls, file: Path) -> SoftKey:
        """A key that was kept."""
        held = cbor.decode(file.read_bytes())
        assert isinstance(held, Mapping)
        made = {
            id: _Credential(rp_id, ec.derive_private_key(int.from_bytes(raw, "big"), ec.SECP256R1()), secret)
            for id, (rp_id, raw, secret) in held.items()
        }
        return cls(credentials=made)

    @classmethod
    def list_devices(cls) -> Iterator[CtapDevice]:
        """None: a test says which keys are plugged in."""
        return iter(())

    def call(
        self,
        cmd: int,
        data: bytes = b"",
        event: Event | None = None,
        on_keepalive: Callable[[STATUS], None] | None = None,
    ) -> bytes:
        """Answer one command."""
        assert cmd == CTAPHID.CBOR
        try:
            return b"\x00" + cbor.encode(self._answer(data[0], cbor.decode(data[1:]) if data[1:] else {}))
        except CtapError as error:
            return bytes([error.code])

    def _answer(self, command: int, asked: Mapping[int, Any]) -> Mapping[int, Any]:
        if command == INFO:
            extensions = ["hmac-secret"] if self.keeps_secrets else []
            return {1: ["FIDO_2_0"], 2: extensions, 3: AAGUID, 4: {"rk": False, "up": True}, 6: [1]}
        if command == PIN:
            return {1: self._agreement_key()}
        if command == MAKE:
            return self._make(asked)
        if command == ASSERT:
            return self._assert(asked)
        raise CtapError(CtapError.ERR.INVALID_COMMAND)

    def _agreement_key(self) -> Mapping[int, Any]:
        numbers = self._agreement.public_key().public_numbers()
        return {1: 2, 3: -25, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}

    def _make(self, asked: Mapping[int, Any]) -> Mapping[int, Any]:
        rp_id = asked[2]["id"]
        known = (self.credentials.get(one["id"]) for one in asked.get(5, ()))
        if any(one is not None and one.rp_id == rp_id for one in known):
            raise CtapError(CtapError.ERR.CREDENTIAL_EXCLUDED)
        self._wait_for_touch()
        id, private = os.urandom(32), ec.generate_private_key(ec.SECP256R1())
        self.credentials[id] = _Credential(rp_id, private, os.urandom(32))
        public = cbor.encode(dict(ES256.from_cryptography_key(private.public_key())))
        secret = bool(asked.get(6, {}).get("hmac-secret")) and self.keeps_secrets
        data = self._auth_data(
            rp_id, ATTESTED, AAGUID + struct.pack(">H", len(id)) + id + public, {"hmac-secret": True} if secret else {}
        )
        return {1: "none", 2: data, 3: {}}

    def _assert(self, asked: Mapping[int, Any]) -> Mapping[int, Any]:
        listed = [one["id"] for one in asked.get(3, ())]
        id = next((one for one in listed if one in self.credentials and self.credentials[one].rp_id == asked[1]), None)
        if asked.get(5, {}).get("up", True):
            self._wait_for_touch()
        if id is None:
            raise CtapError(CtapError.ERR.NO_CREDENTIALS)
        credential = self.credentials[id]
        wanted = asked.get(4, {}).get("hmac-secret")
        extensions = {"hmac-secret": self._secret(credential, wanted)} if wanted and self.keeps_secrets else {}
        data = self._auth_data(asked[1], 0, b"", extensions)
        signature = credential.private.sign(data + asked[2], ec.ECDSA(SHA256()))
        return {1: {"id": id, "type": "public-key"}, 2: data, 3: signature}

    def _secret(self, credential: _Credential, wanted: Mapping[int, Any]) -> bytes:
        protocol = PinProtocolV1()
        peer = CoseKey.parse(wanted[1])
        numbers = ec.EllipticCurvePublicNumbers(
            int.from_bytes(peer[-2], "big"), int.from_bytes(peer[-3], "big"), ec.SECP256R1()
        )
        shared = protocol.kdf(self._agreement.exchange(ec.ECDH(), numbers.public_key()))
        if not hmac.compare_digest(protocol.authenticate(shared, wanted[2]), wanted[3]):
            raise CtapError(CtapError.ERR.EXTENSION_FIRST)
        salt = protocol.decrypt(shared, wanted[2])
        return protocol.encrypt(shared, hmac.digest(credential.secret, salt[:32], "sha256"))

    def _auth_data(self, rp_id: str, flags: int, attested: bytes, extensions: Mapping[str, Any]) -> bytes:
        self.counter += 1
        flags |= PRESENT | (EXTENDED if extensions else 0)
        head = hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + struct.pack(">I", self.counter)
        return head + attested + (cbor.encode(extensions) if extensions else b"")

    def _wait_for_touch(self) -> None:
        if not self.touched:
            raise CtapError(CtapError.ERR.USER_ACTION_TIMEOUT)
