# SPDX-License-Identifier: Apache-2.0
"""Security keys (FIDO2, WebAuthn level 2): asking one to register or to sign in, and checking what it answers.

The relying party is the clinic's server by its host name, so that one key serves the console in a browser and a
workstation, where the program itself speaks to the key. Both sides are checked by the same functions.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fido2.client import ClientError, DefaultClientDataCollector, Fido2Client, UserInteraction
from fido2.ctap import CtapDevice
from fido2.ctap2.extensions import HmacSecretExtension
from fido2.hid import CtapHidDevice
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    UserVerificationRequirement,
)

from hms_desktop.core.errors import BadInput, Unavailable
from hms_desktop.core.text import _
from hms_desktop.security.granted import SecurityKey

SECONDS = 30
"""So long a key waits to be touched."""
Devices = Callable[[], Iterable[CtapDevice]]


@dataclass(frozen=True)
class Asked:
    """A question to a key, good once: what the browser or the workstation hands it, and what the checker keeps."""

    options: Any
    state: Any


def checker(host: str, name: str, origins: Sequence[str] = ()) -> Fido2Server:
    """Checks for a server of this host name; `origins` are further https origins that a browser may name."""
    allowed = {f"https://{host}", *origins}
    entity = PublicKeyCredentialRpEntity(name=name, id=host)
    server = Fido2Server(entity, verify_origin=lambda origin: origin in allowed)
    server.timeout = SECONDS * 1000  # type: ignore[assignment]
    return server


def ask_registration(server: Fido2Server, person: UUID, login: str, keys: Sequence[SecurityKey]) -> Asked:
    """A question to register a key that is not one of those."""
    user = PublicKeyCredentialUserEntity(name=login, id=person.bytes, display_name=login)
    options, state = server.register_begin(
        user,
        credentials=[_credential(key) for key in keys],
        user_verification=UserVerificationRequirement.DISCOURAGED,
        extensions={"hmacCreateSecret": True},
    )
    return Asked(options, state)


def registered(server: Fido2Server, asked: Asked, response: Any, name: str, now_ms: int) -> SecurityKey:
    """The key, if the answer fits the question; BadInput otherwise."""
    try:
        found = server.register_complete(asked.state, response)
    except (ValueError, KeyError, TypeError) as wrong:
        raise BadInput(_("The security key's answer does not fit. Try again."), "key") from wrong
    assert found.credential_data is not None
    secret = bool((found.extensions or {}).get("hmac-secret"))
    return SecurityKey(bytes(found.credential_data), name.strip()[:60], now_ms, secret)


def ask_sign_in(
    server: Fido2Server, keys: Sequence[SecurityKey], salt: bytes | None = None, challenge: bytes | None = None
) -> Asked:
    """A question to one of those keys; with a `salt` (32 bytes) also for its secret under that salt.

    `challenge` (32 bytes) is what the key signs; a random one where nothing is bound by it.
    """
    extensions = {"hmacGetSecret": {"salt1": salt}} if salt else None
    options, state = server.authenticate_begin(
        [_credential(key) for key in keys],
        user_verification=UserVerificationRequirement.DISCOURAGED,
        challenge=challenge or secrets.token_bytes(32),
        extensions=extensions,
    )
    return Asked(options, state)


def signed_in_by(
    server: Fido2Server, asked: Asked, response: AuthenticationResponse | Mapping[str, Any], keys: Sequence[SecurityKey]
) -> SecurityKey | None:
    """Which of the keys gave this answer to this question, or None when none of them did."""
    try:
        used = server.authenticate_complete(asked.state, [_credential(key) for key in keys], response)
    except (ValueError, KeyError, TypeError):
        return None
    return next(key for key in keys if _credential(key).credential_id == used.credential_id)


def packed_answer(response: AuthenticationResponse) -> bytes:
    """A key's answer as it is kept beside what it signed (WebAuthn, JSON)."""
    return json.dumps(dict(response)).encode()


def signed_over(host: str, challenge: bytes, packed: bytes, keys: Sequence[SecurityKey]) -> bool:
    """Whether one of the keys, registered with the server of this host name, gave this answer to this challenge."""
    server = checker(host, host)
    try:
        answer = json.loads(packed)
    except ValueError:
        return False
    asked = ask_sign_in(server, keys, challenge=challenge)
    return isinstance(answer, dict) and signed_in_by(server, asked, answer, keys) is not None


def _credential(key: SecurityKey) -> AttestedCredentialData:
    return AttestedCredentialData(key.credential)


class _Quiet(UserInteraction):
    """Asks nothing: the window says that the key waits to be touched, and no PIN of a key is taken here."""


class KeyReader:
    """Speaks to the security keys that are plugged in at this workstation. `devices` replaces those of the system."""

    def __init__(self, host: str, devices: Devices | None = None) -> None:
        self._origin = f"https://{host}"
        self._devices = devices or _plugged_in

    def present(self) -> bool:
        """Whether a security key is plugged in now."""
        return any(True for _one in self._found())

    def register(self, asked: Asked) -> RegistrationResponse:
        """Let a key register; Unavailable without one, or when nobody touched it in time."""
        answer: RegistrationResponse = self._ask(lambda client: client.make_credential(asked.options.public_key))
        return answer

    def sign_in(self, asked: Asked) -> tuple[AuthenticationResponse, bytes | None]:
        """A key's answer, and its secret where one was asked for and the key keeps one."""

        def ask(client: Fido2Client) -> AuthenticationResponse:
            return client.get_assertion(asked.options.public_key).get_response(0)

        answer = self._ask(ask)
        told = answer.client_extension_results.hmac_get_secret
        return answer, bytes(told.output1) if told is not None else None

    def _ask(self, question: Callable[[Fido2Client], Any]) -> Any:
        found = list(self._found())
        if not found:
            raise Unavailable(_("No security key is plugged in. Plug yours in, or use a code instead."))
        refused: ClientError | None = None
        for device in found:
            collector = DefaultClientDataCollector(
                self._origin, verify=lambda rp_id, origin: origin == f"https://{rp_id}"
            )
            extensions = [HmacSecretExtension(allow_hmac_secret=True)]  # type: ignore[no-untyped-call]
            try:
                return question(Fido2Client(device, collector, _Quiet(), extensions))
            except ClientError as error:
                refused = error
            finally:
                device.close()
        raise _refusal(refused) from refused

    def _found(self) -> Iterable[CtapDevice]:
        try:
            return self._devices()
        except OSError:
            return ()


def _refusal(error: ClientError | None) -> Exception:
    code = error.code if error is not None else None
    if code == ClientError.ERR.DEVICE_INELIGIBLE:
        return BadInput(_("This security key is not the one that is asked for, or it is registered already."), "key")
    if code == ClientError.ERR.TIMEOUT:
        return Unavailable(_("The security key was not touched in time. Try again."))
    return Unavailable(_("The security key did not answer. Plug it in again, or use a code instead."))


def _plugged_in() -> Iterable[CtapDevice]:
    return list(CtapHidDevice.list_devices())
