# SPDX-License-Identifier: Apache-2.0
"""What guards every answer and every form: headers, our own host, where a form came from, cookies.

OWASP ASVS 5.0 chapter 3: a strict content policy without inline parts, `__Host-` cookies, and for each change of state
a token of the session beside the browser's own word (Origin, Sec-Fetch-Site) that the form is ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from hms_desktop.core.errors import NotAllowed
from hms_desktop.core.text import _
from sync_server.console.sessions import COOKIE, DOOR

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), publickey-credentials-get=(self)",
    "Strict-Transport-Security": "max-age=31536000",
    "Cache-Control": "no-store",
}


def dressed(response: Response, **more: str) -> Response:
    """The answer with the headers that every one of ours carries."""
    for name, value in {**HEADERS, **more}.items():
        response.headers.setdefault(name, value)
    return response


def slowed(seconds: int) -> Response:
    """Too many requests: when to come again."""
    words = _("Too many requests from here. Try again in {seconds} s.").format(seconds=seconds)
    return dressed(PlainTextResponse(words, 429), **{"Retry-After": str(seconds)})


def must_be_our_host(hosts: Sequence[str], request: Request) -> None:
    """Raise NotAllowed for a name that is not this server's: another site's name that was pointed here."""
    name = (request.url.hostname or "").casefold()
    if name not in {host.casefold() for host in hosts} | {"localhost"} and not _is_loopback(name):
        raise NotAllowed(_("This server is not called so. Open the console under the server's own name."), "host")


def _is_loopback(name: str) -> bool:
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def must_come_from_us(request: Request) -> None:
    """Raise NotAllowed unless the browser says that a page of ours sent this; one that says nothing is refused."""
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    ours = f"https://{request.headers.get('host', '')}"
    said = [origin == ours] if origin is not None else []
    said += [site == "same-origin"] if site is not None else []
    if not said or not all(said):
        raise NotAllowed(_("This form was not sent by a page of the console. Nothing was changed."), "origin")


def door_token(request: Request) -> str:
    """The token of whoever stands at the sign-in, empty without one."""
    return request.cookies.get(DOOR, "")


def set_cookie(response: Response, name: str, token: str) -> None:
    """A cookie for this host alone, for TLS alone, hidden from scripts and from other sites, gone with the browser."""
    response.set_cookie(name, token, path="/", secure=True, httponly=True, samesite="strict")


def drop_cookies(response: Response) -> None:
    """Take both cookies back and have the browser forget everything of this site."""
    for name in (COOKIE, DOOR):
        response.delete_cookie(name, path="/", secure=True, httponly=True, samesite="strict")
    response.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
