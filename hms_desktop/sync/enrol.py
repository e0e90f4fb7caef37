# SPDX-License-Identifier: Apache-2.0
"""Enrolling this computer: from a typed code to an approved workstation with an empty encrypted file."""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import requests
import urllib3
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from hms_desktop.core.errors import BadInput, Damaged, NotAllowed, Unavailable
from hms_desktop.core.text import _
from hms_desktop.security.device_keys import DeviceKeys, SecretPlace
from hms_desktop.security.enrolment import EnrolmentCode, compare_words, prove, read_code
from hms_desktop.security.profile import Profile
from hms_desktop.security.sign_in import set_up
from hms_desktop.security.signing import Request, sign_request
from hms_desktop.sync.client import ANSWER_SECONDS, CONNECT_SECONDS, ServerRefused, clock_words, pinned_session
from hms_desktop.sync.enrolling import Application, Applied, Asked, Authority, Decision
from hms_desktop.sync.protocol import Problem, pack, unpack

T = TypeVar("T")


@dataclass(frozen=True)
class Enrolled:
    """A workstation that was approved: its profile, its keys, and the key of its new file."""

    profile: Profile
    device: DeviceKeys
    file_key: bytes


class Enrolment:
    """One application: `apply`, show the words, `ask` until approved. Nothing is written before approval.

    With `device` a workstation that was recovered shows the key that it has now.
    """

    def __init__(self, address: str, typed_code: str, device: DeviceKeys | None = None) -> None:
        if not address.startswith("https://"):
            raise BadInput(_("The server's address must begin with https://."), "address")
        self._address = address.rstrip("/")
        self._code = read_code(typed_code)
        self._device = device or DeviceKeys.generate()
        self._ca = self._trusted_authority(self._code)
        self._http = pinned_session(self._ca)
        self._id: UUID | None = None
        self._server_public = b""

    def _trusted_authority(self, code: EnrolmentCode) -> str:
        """The server's CA (PEM): fetched unseen, then held against the fingerprint inside the code."""
        with requests.Session() as unseen:
            unseen.trust_env = False
            unseen.mount("https://", _Unverified())
            response = _post(unseen, self._address + "/v1/authority", b"", {})
        certificate = unpack(response.content, Authority).certificate
        code.must_fit(certificate)
        return x509.load_der_x509_certificate(certificate).public_bytes(Encoding.PEM).decode()

    def apply(self, reduced_protection: bool) -> tuple[Applied, tuple[str, ...]]:
        """Apply with the code; returns what the device will be called and the words to compare on both screens."""
        nonce = os.urandom(16)
        certificate = x509.load_pem_x509_certificate(self._ca.encode()).public_bytes(Encoding.DER)
        proof = prove(self._code.proof_key, certificate, self._device.public, nonce)
        message = Application(self._code.name, self._device.public, nonce, proof, reduced_protection)
        applied = self._send("/v1/enroll", message, Applied)
        self._id, self._server_public = applied.device, applied.server_public
        return applied, compare_words(self._device.public, applied.server_public)

    def ask(self) -> Decision:
        """Whether the administrator has decided; NotAllowed when the application was turned down."""
        assert self._id is not None
        decision = self._send("/v1/enrolled", Asked(self._id), Decision)
        if decision.status == "blocked":
            raise NotAllowed(_("The administrator did not approve this computer. Ask for a new code."))
        return decision

    def finish(self, decision: Decision, folder: Path, keychain: SecretPlace, where: str, reduced: bool) -> Enrolled:
        """Make the workstation's folder; everyone granted can sign in from now on, server or no server.

        Damaged when the approval does not say for what, NotAllowed when another server speaks than was compared.
        """
        if decision.clinic is None or decision.station is None or decision.server is None:
            raise Damaged(
                _("The server approved this computer and did not say as what. Update the server, then enrol.")
            )
        if decision.server.signing_public != self._server_public:
            raise NotAllowed(_("The server is not the one whose words were compared. Ask for a new code."))
        profile = Profile(
            clinic=decision.clinic,
            station=decision.station,
            server=decision.server,
            secret_in=where,
            reduced_protection=reduced,
        )
        file_key = set_up(folder, profile, self._device, decision.people, keychain)
        return Enrolled(profile, self._device, file_key)

    def _send(self, path: str, message: Any, answer: type[T]) -> T:
        body = pack(message)
        request = Request("POST", path, body, self._id or UUID(int=0), "", 1)
        headers = {"X-HMS-Signature": sign_request(self._device.signing, request)}
        return unpack(_post(self._http, self._address + path, body, headers).content, answer)


class _Unverified(requests.adapters.HTTPAdapter):
    """Looks at a certificate nobody vouches for yet; used once, for the authority that the code then proves."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> Any:
        """TLS 1.3 without a trust anchor."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return super().init_poolmanager(*args, ssl_context=context, assert_hostname=False, **kwargs)

    def send(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Send without verifying; the warning is for those who would go on talking."""
        kwargs["verify"] = False
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        return super().send(request, *args, **kwargs)


def _post(http: requests.Session, url: str, body: bytes, headers: dict[str, str]) -> requests.Response:
    try:
        response = http.post(url, data=body, headers=headers, timeout=(CONNECT_SECONDS, ANSWER_SECONDS))
    except requests.RequestException as error:
        message = _("The server can't be reached at {url}. Check the address and the network, then try again.")
        address = url.rsplit("/v1", 1)[0]
        raise Unavailable(clock_words(error, address) or message.format(url=address)) from error
    if response.status_code != 200:
        raise ServerRefused(unpack(response.content, Problem))
    return response
