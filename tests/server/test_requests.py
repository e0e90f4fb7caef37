# SPDX-License-Identifier: Apache-2.0
"""The wire: only approved workstations with their own key, once each, over TLS 1.3 to this clinic's authority."""

from __future__ import annotations

import socket
import ssl
import warnings
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hms_desktop.core.errors import ClinicError, Damaged, Unavailable
from hms_desktop.security.signing import Request, sign_request
from hms_desktop.sync import protocol
from hms_desktop.sync.client import HttpTransport, pinned_context, pinned_session
from hms_desktop.sync.enrol import Enrolled
from hms_desktop.sync.protocol import Hello, Problem, Pull, Welcome, pack, unpack
from sync_server.authority import make_authority
from tests.server.process import ServerProcess

HELLO = Hello(protocol.VERSION, 1, b"g" * 16, 0)


@pytest.fixture(scope="module")
def desk(server: ServerProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Enrolled]:
    """An enrolled workstation."""
    yield server.enrol(tmp_path_factory.mktemp("desk") / "w", "Requests", "front_desk")


class Wire:
    """Requests of a workstation, made by hand so that each part can be wrong."""

    def __init__(self, desk: Enrolled) -> None:
        self.address = desk.profile.server.addresses[0]
        self.http = pinned_session(desk.profile.server.ca_pem)
        self.device, self.key = desk.profile.station.device, desk.device.signing
        self.session = ""

    def greet(self) -> None:
        self.session = unpack(self.send("/v1/hello", pack(HELLO), 1).content, Welcome).session

    def send(self, path: str, body: bytes, counter: int, /, **wrong: object) -> requests.Response:
        signed = Request("POST", path, body, self.device, self.session, counter)
        key = wrong.get("key", self.key)
        assert isinstance(key, Ed25519PrivateKey)
        headers = {
            "X-HMS-Device": str(wrong.get("device", self.device.hex)),
            "X-HMS-Session": str(wrong.get("session", self.session)),
            "X-HMS-Counter": str(wrong.get("counter", counter)),
            "X-HMS-Signature": str(wrong.get("signature", sign_request(key, signed))),
        }
        sent = wrong.get("body", body)
        assert isinstance(sent, bytes)
        return self.http.post(self.address + str(wrong.get("path", path)), data=sent, headers=headers, timeout=20)


def problem(response: requests.Response) -> Problem:
    assert response.status_code != 200
    return unpack(response.content, Problem)


def test_a_request_is_answered_once(desk: Enrolled) -> None:
    wire = Wire(desk)
    wire.greet()
    body = pack(Pull(0))
    assert wire.send("/v1/pull", body, 1).status_code == 200
    assert problem(wire.send("/v1/pull", body, 1)).code == "replayed"
    assert wire.send("/v1/pull", body, 2).status_code == 200


@pytest.mark.accepts("SEC-08")
@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"body": pack(Pull(7))}, "forged"),
        ({"path": "/v1/push"}, "forged"),
        ({"counter": 99}, "forged"),
        ({"session": "another"}, "forged"),
        ({"key": Ed25519PrivateKey.generate()}, "forged"),
        ({"signature": "AAAA"}, "forged"),
        ({"signature": "\xff"}, "forged"),
        ({"device": uuid4().hex}, "forged"),
        ({"device": "not a device"}, "bad-input"),
        ({"counter": "x"}, "bad-input"),
    ],
)
def test_a_request_with_one_part_changed_is_refused_by_name(
    desk: Enrolled, wrong: dict[str, object], code: str
) -> None:
    wire = Wire(desk)
    wire.greet()
    assert problem(wire.send("/v1/pull", pack(Pull(0)), 3, **wrong)).code == code


def test_a_session_of_one_workstation_is_no_use_to_another(
    server: ServerProcess, desk: Enrolled, tmp_path: Path
) -> None:
    other = Wire(server.enrol(tmp_path / "other", "Other", "lab"))
    first = Wire(desk)
    first.greet()
    other.session = first.session
    assert problem(other.send("/v1/pull", pack(Pull(0)), 1)).code == "replayed"


def test_what_is_not_a_message_is_refused_with_a_reason(desk: Enrolled) -> None:
    wire = Wire(desk)
    wire.greet()
    for counter, body in enumerate([b"", b"nonsense", pack(HELLO)], 1):
        assert "is not a Pull" in problem(wire.send("/v1/pull", body, counter)).message


def test_a_body_over_the_limit_is_refused(desk: Enrolled) -> None:
    wire = Wire(desk)
    wire.greet()
    body = bytes(protocol.MAX_BODY + 1)
    assert "at most 32 MB" in problem(wire.send("/v1/push", body, 1)).message


def test_nothing_answers_to_get_and_nothing_else_is_there(desk: Enrolled) -> None:
    wire = Wire(desk)
    assert wire.http.get(wire.address + "/v1/pull", timeout=10).status_code == 405
    assert wire.http.get(wire.address + "/", timeout=10).status_code == 404
    assert "server" not in wire.http.get(wire.address + "/", timeout=10).headers


@pytest.mark.accepts("SEC-08")
def test_only_tls_13_is_spoken_and_plain_http_is_not(server: ServerProcess) -> None:
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with socket.create_connection(("127.0.0.1", server.port), 10) as line, pytest.raises(OSError):
        old.wrap_socket(line, server_hostname="127.0.0.1")
    with pytest.raises(requests.RequestException):
        requests.get(f"http://127.0.0.1:{server.port}/v1/pull", timeout=10)


def shaken_hands(server: ServerProcess, context: ssl.SSLContext, name: str = "127.0.0.1") -> dict[str, object]:
    """What both sides agreed on."""
    with socket.create_connection(("127.0.0.1", server.port), 10) as line, context.wrap_socket(
        line, server_hostname=name
    ) as made:  # fmt: skip
        chain = x509.load_der_x509_certificate(made.getpeercert(True) or b"")
        return {"version": made.version(), "cipher": made.cipher(), "squeezed": made.compression(), "leaf": chain}


@pytest.mark.accepts("SEC-08")
def test_a_line_is_what_scanners_of_tls_look_for(server: ServerProcess) -> None:
    """What sslyze finds: the versions, the suites, the chain, the names, the key, the days, no compression."""
    ca = server.home.authority.decode()
    agreed = shaken_hands(server, pinned_context(ca))
    assert agreed["version"] == "TLSv1.3" and agreed["squeezed"] is None
    cipher, leaf = agreed["cipher"], agreed["leaf"]
    assert isinstance(cipher, tuple) and cipher[0] in ("TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256")
    assert isinstance(leaf, x509.Certificate) and isinstance(leaf.signature_hash_algorithm, hashes.SHA256)
    key = leaf.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey) and key.key_size >= 256
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc < timedelta(days=827)
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    for name in ("another.example", "10.9.8.7"):
        with pytest.raises(ssl.SSLCertVerificationError):
            shaken_hands(server, pinned_context(ca), name)
    with pytest.raises(ssl.SSLCertVerificationError):
        shaken_hands(server, ssl.create_default_context())
    for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2):
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            old.minimum_version = old.maximum_version = version
        old.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.raises(OSError):
            shaken_hands(server, old)


@pytest.mark.accepts("SEC-08")
def test_a_server_of_another_authority_is_not_this_clinics(desk: Enrolled) -> None:
    stranger = make_authority("Elsewhere").certificate.decode()
    address = desk.profile.server.addresses[0]
    transport = HttpTransport(address, stranger, desk.profile.station.device, desk.device.signing)
    with pytest.raises(Damaged, match="not this clinic's"):
        transport.greet(HELLO)


@pytest.mark.accepts("SEC-08")
def test_an_authority_that_every_browser_trusts_is_not_this_clinics_either(
    desk: Enrolled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    public = tmp_path / "public authorities.pem"
    public.write_text(desk.profile.server.ca_pem)
    monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(public))
    pinned = make_authority("This clinic").certificate.decode()
    address = desk.profile.server.addresses[0]
    transport = HttpTransport(address, pinned, desk.profile.station.device, desk.device.signing)
    with pytest.raises(Damaged, match="not this clinic's"):
        transport.greet(HELLO)


def test_nobody_at_the_address_is_said_plainly(desk: Enrolled) -> None:
    transport = HttpTransport("https://127.0.0.1:9", desk.profile.server.ca_pem, UUID(int=1), desk.device.signing)
    with pytest.raises(Unavailable, match="Your changes are safe here"):
        transport.greet(HELLO)


def test_a_protocol_of_later_is_told_to_update_the_server(desk: Enrolled) -> None:
    wire = Wire(desk)
    old = pack(Hello(99, 1, b"g" * 16, 0))
    assert "update" in problem(wire.send("/v1/hello", old, 1)).message


def test_a_workstation_is_given_no_table_that_it_is_not_granted(server: ServerProcess, tmp_path: Path) -> None:
    enrolled = server.enrol(tmp_path / "bench", "Lab bench", "lab")
    profile = enrolled.profile
    transport = HttpTransport(
        profile.server.addresses[0], profile.server.ca_pem, profile.station.device, enrolled.device.signing
    )
    welcome = transport.greet(HELLO)
    assert "coverage" not in welcome.read and "lab_result" in welcome.read
    with pytest.raises(ClinicError, match="granted"):
        transport.send("/v1/snapshot", protocol.SnapshotWanted(["coverage"]), protocol.Manifest)
