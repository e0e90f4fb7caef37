# SPDX-License-Identifier: Apache-2.0
"""The clinic's own certificate authority, and the server certificate that it signs (X.509, ECDSA P-256)."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hms_desktop.core.errors import BadInput

CA_YEARS = 20
SERVER_DAYS = 825
RENEW_DAYS = 90
"""So long before its end a server's certificate is renewed."""


@dataclass(frozen=True)
class Issued:
    """A certificate and its private key, both PEM."""

    certificate: bytes
    key: bytes


def make_authority(clinic: str, now: datetime | None = None) -> Issued:
    """A new authority for a clinic; its key signs server and hub certificates and nothing else."""
    now = now or datetime.now(UTC)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{clinic[:40]} clinic authority")])
    builder = (
        _builder(name, name, key.public_key(), now, timedelta(days=365 * CA_YEARS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
        .add_extension(_usage(sign_certificates=True), critical=True)
    )
    return Issued(_pem(builder.sign(key, hashes.SHA256())), _key_pem(key))


def issue_server(
    authority: Issued, hosts: Sequence[str], now: datetime | None = None, own_key: bytes | None = None
) -> Issued:
    """A certificate for a server that is reached under these names and IP addresses, for its own key if it has one."""
    key = _private(own_key) if own_key else ec.generate_private_key(ec.SECP256R1())
    return Issued(issue_for(authority, hosts, key.public_key(), now), _key_pem(key))


def make_key() -> Issued:
    """A key for a hub's certificate: its public half (DER) instead of a certificate, and the key (PEM)."""
    key = ec.generate_private_key(ec.SECP256R1())
    return Issued(_public_der(key), _key_pem(key))


def public_of(key: bytes) -> bytes:
    """The public half (DER) of a key (PEM)."""
    return _public_der(_private(key))


def read_public(public: bytes) -> ec.EllipticCurvePublicKey:
    """The public half of a hub's key from DER; BadInput when it is none of the right kind."""
    try:
        key = serialization.load_der_public_key(public)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadInput("The hub's key can't be read.") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise BadInput("A hub's key is one of the curve P-256.")
    return key


def issue_for(
    authority: Issued, hosts: Sequence[str], public: ec.EllipticCurvePublicKey, now: datetime | None = None
) -> bytes:
    """A certificate (PEM, the authority's behind it) for whoever holds the private half and is reached there."""
    now = now or datetime.now(UTC)
    ca = x509.load_pem_x509_certificate(authority.certificate)
    ca_key = _private(authority.key)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0][:60])])
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key())
    builder = (
        _builder(name, ca.subject, public, now, timedelta(days=SERVER_DAYS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(sign_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(identifier, critical=False)
        .add_extension(x509.SubjectAlternativeName([_name(host) for host in hosts]), critical=False)
    )
    return _pem(builder.sign(ca_key, hashes.SHA256())) + authority.certificate


def is_due(certificate: bytes, now: datetime) -> bool:
    """Whether a server's certificate ends soon, or does not hold yet: a clock ran ahead when it was made."""
    held = x509.load_pem_x509_certificate(certificate)
    return not held.not_valid_before_utc <= now < held.not_valid_after_utc - timedelta(days=RENEW_DAYS)


def der(certificate: bytes) -> bytes:
    """The first certificate of a PEM file as DER."""
    return x509.load_pem_x509_certificate(certificate).public_bytes(serialization.Encoding.DER)


def _builder(
    subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey, now: datetime, life: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _usage(*, sign_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=sign_certificates,
        crl_sign=sign_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _private(pem: bytes) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(pem, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _public_der(key: ec.EllipticCurvePrivateKey) -> bytes:
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.DER, spki)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
