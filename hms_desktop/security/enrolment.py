# SPDX-License-Identifier: Apache-2.0
"""How a computer joins a clinic: a one-time code that carries the CA's fingerprint, a proof, and words to compare.

The code is 16 base32 characters (80 random bits) followed by 26 for the first 128 bits of the SHA-256 of the CA
certificate and one check character. The server keeps only what it derived from the code, never the code.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hms_desktop.core.errors import BadInput, NotAllowed
from hms_desktop.core.ids import BASE32, READ_ALIKE, check_character, check_fits, is_clear
from hms_desktop.core.text import _
from hms_desktop.security.sealing import derive, framed

CODE_MINUTES = 15
CODE_TRIES = 5
CODE_CHARACTERS = 16
FINGERPRINT_BYTES = 16
WORDS_SHOWN = 6
WORD_FILE = Path(__file__).resolve().parents[2] / "resources" / "compare_words.txt"
_FINGERPRINT_CHARACTERS = 26
_ROUNDS = 100_000
_BETWEEN = str.maketrans(dict.fromkeys(" -\t\n"))


@dataclass(frozen=True, slots=True)
class EnrolmentCode:
    """The secret that an administrator hands over, and the CA (first 16 bytes of its SHA-256) it is good for."""

    secret: str
    ca: bytes

    def text(self) -> str:
        """The code for paper, screen or QR: groups of four capitals with dashes, check character last."""
        whole = self.body + check_character(self.body)
        return "-".join(whole[i : i + 4] for i in range(0, len(whole), 4))

    @property
    def body(self) -> str:
        """The code without its check character."""
        return self.secret + base64.b32encode(self.ca).decode().rstrip("=")

    @property
    def name(self) -> str:
        """What the server finds the code by; tells nothing about the code."""
        return derive(self.secret.encode(), "enrolment code name", b"")[:8].hex()

    @property
    def proof_key(self) -> bytes:
        """What the server keeps to check a proof (32 bytes)."""
        return derive(self.secret.encode(), "enrolment proof", b"")

    def must_fit(self, ca_certificate: bytes) -> None:
        """Raise NotAllowed unless this CA certificate (DER) is the one that the code names."""
        if not hmac.compare_digest(fingerprint(ca_certificate), self.ca):
            raise NotAllowed(
                _("This server is not the one that the code is for. Check the address, or ask for a new code.")
            )


def fingerprint(ca_certificate: bytes) -> bytes:
    """The first 128 bits of the SHA-256 of a certificate (DER), as codes carry it."""
    return hashlib.sha256(ca_certificate).digest()[:FINGERPRINT_BYTES]


def new_code(ca_certificate: bytes) -> EnrolmentCode:
    """A fresh code for this clinic's CA certificate (DER): one of which every single wrong sign is found."""
    ca = fingerprint(ca_certificate)
    while True:
        code = EnrolmentCode(base64.b32encode(secrets.token_bytes(10)).decode(), ca)
        if is_clear(code.body):
            return code


def read_code(typed: str) -> EnrolmentCode:
    """The code as a person typed or pasted it: case, dashes, blanks and 0/1/8 for O/I/B do not matter."""
    whole = typed.upper().strip().translate(_BETWEEN)
    body, check = whole[:-1].translate(READ_ALIKE), whole[-1:]
    if len(body) != CODE_CHARACTERS + _FINGERPRINT_CHARACTERS or not BASE32.issuperset(body):
        raise BadInput(_("The code is not complete: it has 43 letters and digits, in groups of four."), "code")
    if not check_fits(body, check):
        raise BadInput(_("The code has a typing mistake. Compare it group by group."), "code")
    ca = base64.b32decode(body[CODE_CHARACTERS:] + "======")
    return EnrolmentCode(body[:CODE_CHARACTERS], ca)


def ticket(address: str, code: str) -> str:
    """What the QR of a code holds: where the server is (https://…) and the code, in capitals for a dense QR."""
    return f"{address} {code}".upper()


def read_ticket(scanned: str) -> tuple[str, str]:
    """Address and code of what a scanner typed or a person pasted; the address is empty when only a code was given."""
    parts = scanned.split()
    where = [part.lower() for part in parts if part.lower().startswith("https://")]
    return where[0] if where else "", " ".join(part for part in parts if not part.lower().startswith("https://"))


def prove(proof_key: bytes, ca_certificate: bytes, device_public: bytes, nonce: bytes) -> bytes:
    """The device's proof that it holds the code: nobody in between can put another key in its place."""
    content = framed(b"hms enrolment", hashlib.sha256(ca_certificate).digest(), device_public, nonce)
    return hmac.digest(proof_key, content, "sha256")


def check_proof(proof_key: bytes, ca_certificate: bytes, device_public: bytes, nonce: bytes, proof: bytes) -> None:
    """Raise NotAllowed unless the proof was made with the code, for this CA, key and nonce."""
    if not hmac.compare_digest(prove(proof_key, ca_certificate, device_public, nonce), proof):
        raise NotAllowed(_("The enrolment code is wrong, used or too old. Ask for a new one."))


def compare_words(device_public: bytes, server_public: bytes) -> tuple[str, ...]:
    """Six words that both screens show when both hold the same two keys; slow on purpose, against made-to-fit keys."""
    pair = framed(b"hms compare words", device_public, server_public)
    digest = hashlib.pbkdf2_hmac("sha256", pair, b"compare words", _ROUNDS, WORDS_SHOWN)
    return tuple(word_list()[byte] for byte in digest)


@cache
def word_list() -> tuple[str, ...]:
    """The 256 plain words, in their frozen order."""
    lines = WORD_FILE.read_text("utf-8").splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))
