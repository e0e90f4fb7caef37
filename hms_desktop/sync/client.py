# SPDX-License-Identifier: Apache-2.0
"""The way to a server: TLS 1.3 pinned to the clinic's own authority, every request signed by this device."""

from __future__ import annotations

import ssl
import threading
from typing import Any, NamedTuple, Protocol, TypeVar
from uuid import UUID

import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from requests.adapters import HTTPAdapter

from hms_desktop.core.clock import SystemClock, instant
from hms_desktop.core.errors import ClinicError, Damaged, NotAllowed, Unavailable
from hms_desktop.core.text import _
from hms_desktop.security.signing import Request, sign_request
from hms_desktop.sync.lanes import HEAD_BYTES, PIECE, Lanes, Sending
from hms_desktop.sync.protocol import Hello, Problem, Welcome, pack, unpack

T = TypeVar("T")
CONNECT_SECONDS = 4.0
ANSWER_SECONDS = 40.0
_ENDS = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)


class Transport(Protocol):
    """What the engine needs of the way out: one message there, one back. Raises Unavailable when nobody answers."""

    def greet(self, hello: Hello) -> Welcome:
        """Open a session."""

    def send(self, path: str, message: Any, answer: type[T]) -> T:
        """Send a message within the session."""


class ServerRefused(ClinicError):
    """The server answered that it won't; `code` is its short name for why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.code = problem.code


class _Socket(ssl.SSLSocket):
    """Closes itself when the server goes before a word was said; the standard library leaves it to be collected."""

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        """Read; a connection that was reset is closed at once."""
        try:
            return super().recv(buflen, flags)
        except ConnectionError:
            self.close()
            raise

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Send; a line that stalls is given as long for each piece as for an answer."""
        self.settimeout(ANSWER_SECONDS)
        super().sendall(data, flags)


def pinned_context(ca_certificate: str) -> ssl.SSLContext:
    """What a connection to the clinic's server (CA as PEM) is held to: its own authority, TLS 1.3."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.sslsocket_class = _Socket
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_verify_locations(cadata=ca_certificate)
    return context


class _PinnedAdapter(HTTPAdapter):
    """Trusts only the clinic's authority, and nothing below TLS 1.3."""

    def __init__(self, ca_certificate: str) -> None:
        self._context = pinned_context(ca_certificate)
        super().__init__(pool_maxsize=4)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> Any:
        """Every connection is made with the pinned context."""
        return super().init_poolmanager(*args, ssl_context=self._context, **kwargs)

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """As the context says: requests would add every public authority to it with the first connection."""
        conn.cert_reqs = "CERT_REQUIRED"


def pinned_session(ca_certificate: str) -> requests.Session:
    """An HTTP session for one server, deaf to proxies and other settings of the environment."""
    session = requests.Session()
    session.trust_env = False
    session.mount("https://", _PinnedAdapter(ca_certificate))
    session.mount("http://", _Refuse())
    return session


class _Refuse(HTTPAdapter):
    def send(self, *args: Any, **kwargs: Any) -> Any:
        """There is no plain HTTP mode."""
        raise NotAllowed(_("The server's address must begin with https://. Correct it in the settings."))


_NOT_YET_OR_NO_MORE = (9, 10)
"""X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED, as OpenSSL numbers them."""


def clock_words(failed: BaseException, address: str) -> str:
    """What to say where a certificate fits in all but its time; empty where something else is wrong with it."""
    error: BaseException | None = failed
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    if error is None or error.verify_code not in _NOT_YET_OR_NO_MORE:
        return ""
    message = _(
        "The certificate of the server at {address} does not hold at the time of this computer's clock, {now} (UTC). "
        "Set the clock right; if it is right, tell the administrator. Your changes are safe here."
    )
    return message.format(address=address, now=f"{instant(SystemClock().now_ms()):%Y-%m-%d %H:%M}")


def _broke_off(error: BaseException) -> bool:
    """Whether the line ended under TLS, which is no word about the certificate; libraries wrap that into each other."""
    if isinstance(error, _ENDS):
        return True
    return any(
        _broke_off(inner)
        for inner in (*error.args, error.__cause__, error.__context__)
        if isinstance(inner, BaseException)
    )


class _Answer(NamedTuple):
    """An HTTP answer that came whole."""

    status_code: int
    content: bytes


class HttpTransport:
    """Signed requests to one server. Safe to use from the pushing and the waiting thread at once."""

    def __init__(
        self, address: str, ca_certificate: str, device: UUID, key: Ed25519PrivateKey, lanes: Lanes | None = None
    ) -> None:
        self._address = address.rstrip("/")
        self.lanes = lanes or Lanes()
        self._http = pinned_session(ca_certificate)
        self._device = device
        self._key = key
        self._lock = threading.Lock()
        self._session = ""
        self._counter = 0

    def greet(self, hello: Hello) -> Welcome:
        """Open a session; requests that follow are counted within it."""
        with self._lock:
            self._session, self._counter = "", 0
        welcome = self.send("/v1/hello", hello, Welcome)
        with self._lock:
            self._session, self._counter = welcome.session, 0
        return welcome

    def send(self, path: str, message: Any, answer: type[T]) -> T:
        """One signed request. Unavailable: nobody answered. ServerRefused: somebody did, and won't."""
        body = pack(message)
        with self._lock:
            self._counter += 1
            request = Request("POST", path, body, self._device, self._session, self._counter)
        headers = {
            "Content-Type": "application/x-hms",
            "X-HMS-Device": self._device.hex,
            "X-HMS-Session": request.session,
            "X-HMS-Counter": str(request.counter),
            "X-HMS-Signature": sign_request(self._key, request),
        }
        return self._read(self._post(path, body, headers), answer)

    def _post(self, path: str, body: bytes, headers: dict[str, str]) -> _Answer:
        """Message and answer go and come piece by piece, each in its lane."""
        try:
            with self._sent(path, body, headers) as response, self.lanes.carrying(path):
                content = bytearray()
                for piece in response.iter_content(PIECE):
                    content += piece
                    self.lanes.down(path, len(piece))
                self.lanes.down(path, HEAD_BYTES)
                return _Answer(response.status_code, bytes(content))
        except requests.RequestException as error:
            if isinstance(error, requests.exceptions.SSLError) and not _broke_off(error):
                if words := clock_words(error, self._address):
                    raise Unavailable(words) from error
                message = _("The server at {address} is not this clinic's: its certificate does not fit.")
                raise Damaged(message.format(address=self._address)) from error
            message = _("The server at {address} can't be reached. Your changes are safe here.")
            raise Unavailable(message.format(address=self._address)) from error

    def _sent(self, path: str, body: bytes, headers: dict[str, str]) -> requests.Response:
        """The head of the answer to what was sent; its content is still on the way."""
        self.lanes.up(path, HEAD_BYTES)
        with Sending(self.lanes, path, body) as sending:
            return self._http.post(
                self._address + path,
                data=sending if body else b"",
                headers=headers,
                timeout=(CONNECT_SECONDS, ANSWER_SECONDS),
                allow_redirects=False,
                stream=True,
            )

    def _read(self, response: _Answer, answer: type[T]) -> T:
        if response.status_code == 200:
            return unpack(response.content, answer, 256 * 1024 * 1024)
        if response.status_code >= 500 and not response.content:
            raise Unavailable(_("The server is starting or busy. Your changes are safe here."))
        raise ServerRefused(unpack(response.content, Problem))

    def knock(self) -> bool:
        """Whether a server of the clinic answers there; nothing is asked in anybody's name."""
        try:
            return self._post("/v1/authority", b"", {}).status_code == 200
        except ClinicError:
            return False

    def close(self) -> None:
        """Drop the connections."""
        self._http.close()
