# SPDX-License-Identifier: Apache-2.0
"""An office in which every word that anybody wrote looks like an order, and its pages as the server would send them."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.webauthn import AttestedCredentialData
from sqlalchemy import insert
from starlette.applications import Starlette

from hms_desktop.security.accounts import Account, Device, SiteSetting
from hms_desktop.storage.unit import Unit
from hms_desktop.sync.facts import PUT_AWAY, Refusal, RefusalQuestion, RefusalSettled
from sync_server import access_review, notebook, two_person
from sync_server.administration import noted
from sync_server.console.app import Console, Place
from sync_server.console.pages.all import PLACES
from sync_server.console.pages.audit import EXPORT
from sync_server.console.sessions import COOKIE, DOOR, form_token
from sync_server.wishes import FILL_ANEW
from tests.payloads import CONTROL, EVERY, LONG, MARKUP
from tests.server.console.office import Office

HOST = "https://localhost"
FIELDS = (
    "q", "login", "name", "reason", "password", "code", "word", "seed", "again", "words", "typed_name", "kind", "site",
    "question", "why", "note", "what", "value", "key", "since", "until", "person", "device", "area", "begin0", "end0",
    "silent_hours", "answer",
)  # fmt: skip
"""What any form of the console sends."""


@dataclass(frozen=True)
class Answer:
    """What came back: status, headers by name, and the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The page."""
        return self.body.decode()


class Spoilt:
    """Anele at the console of such an office; no line, no browser."""

    def __init__(self, desk: Office) -> None:
        self.desk = desk
        self.devices = desk.home.store.act(self._records, desk.home.worker)
        self._notes()
        clinic = f"{desk.home.facts.clinic_name} {MARKUP[3]}"
        desk.home = replace(desk.home, facts=msgspec.structs.replace(desk.home.facts, clinic_name=clinic))
        self.console = Console(desk.home, desk.book, desk.contacts, desk.console.centre)
        self.console.pace = _NoPace()  # type: ignore[assignment]
        self.app = Starlette(routes=[self.console.mounted(PLACES)])
        self.session = self._signed_in()
        self._loop, self._away = asyncio.new_event_loop(), ThreadPoolExecutor(1)  # a browser holds that of this thread

    def _records(self, unit: Unit) -> list[UUID]:
        """A workstation for each payload; people, settings, held changes and acts of administrators with them."""
        unit.action, words = "server.device", itertools.cycle(EVERY)
        made = [
            unit.add(
                Device, author=10 + n, name=name, site=next(words), kind="front_desk", signing_public=b"k" * 32,
                status=("approved", "pending", "blocked")[n % 3], reduced_protection=bool(n % 2),
            )
            for n, name in enumerate(EVERY)
        ]  # fmt: skip
        desk = self.desk
        for person in (desk.anele, desk.bongani, desk.zanele):
            unit.change(Account, person.id, name=f"{person.name} {' '.join(MARKUP)} {CONTROL[3]}")
        unit.add(SiteSetting, site=MARKUP[3], key="permit_days", value=MARKUP[4])
        for n, said in enumerate(EVERY):
            noted(desk.by(desk.anele), said if n % 2 else "device.blocked", made[n], said)(unit)
            unit.add(
                Refusal, author=10 + n, number=1, root=b"r" * 32, check=said[:60], reason=said, owner=desk.anele.id,
                with_it=[],
            )  # fmt: skip
            unit.add(RefusalQuestion, author=10 + n, number=1, words=said, by=desk.bongani.id)
        unit.add(RefusalSettled, author=10, number=1, choice=PUT_AWAY, reason=MARKUP[3], by=desk.anele.id, at=unit.now)
        return made

    def _notes(self) -> None:
        """What workstations said of themselves; requests, reviews, keys and sessions."""
        desk, words = self.desk, itertools.cycle(EVERY)
        with desk.book.writing() as connection:
            for device in self.devices:
                values = {"device": device.bytes, "seen_ms": desk.clock.ms, "told_ms": desk.clock.ms, "waiting": 3,
                          "address": next(words)[:60], "version": next(words)[:40], "system": next(words)[:60],
                          "person": desk.zanele.id.bytes, "position": 1}  # fmt: skip
                connection.execute(insert(notebook.contact).values(values))
            key = {"id": b"k" * 16, "person": desk.anele.id.bytes, "name": MARKUP[6], "credential": _credential()}
            connection.execute(insert(notebook.passkey).values(key))
        for said in (*MARKUP, *LONG[:2]):
            two_person.ask(
                desk.home, desk.book, desk.by(desk.bongani), EXPORT.name, said, reason=said[:400], payload={"q": said}
            )
            mine = two_person.ask(desk.home, desk.book, desk.by(desk.anele), EXPORT.name, said, reason=said[:400])
            two_person.decline(desk.home, desk.book, desk.by(desk.bongani), mine, said)
        people = {line.id: "keep" for line in access_review.lines(desk.home, desk.book)}
        access_review.finish(desk.home, desk.book, desk.by(desk.anele), people, " ".join(MARKUP)[:400])
        desk.contacts.wishes.ask(self.devices[0], FILL_ANEW, desk.anele.id, MARKUP[3])

    def _signed_in(self) -> str:
        """A session by security key, which stands for every code for a while."""
        for agent in MARKUP:
            token = self.console.sessions.open(self.desk.anele.id, "key", "10.0.4.7", agent)
        return token

    def asks(self, method: str, path: str, fields: Mapping[str, Any] | None = None, *, known: bool = True) -> Answer:
        """One request of Anele's browser, or of one that nobody has signed in with."""
        token = self.session if known else "d" * 32
        sent = urlencode({"form_token": form_token(token), **(fields or {})}, doseq=True).encode()
        headers = {"host": "localhost", "cookie": f"{COOKIE if known else DOOR}={token}", "origin": HOST,
                   "sec-fetch-site": "same-origin", "content-type": "application/x-www-form-urlencoded"}  # fmt: skip
        return self._away.submit(self._loop.run_until_complete, asked(self.app, method, path, headers, sent)).result()

    def close(self) -> None:
        """End what answers."""
        self._away.submit(self._loop.run_until_complete, self._loop.shutdown_default_executor()).result()
        self._away.shutdown()
        self._loop.close()

    def sends_everywhere(self, words: str) -> Iterator[tuple[Place, Answer]]:
        """Every form with these words in each of its fields, from inside and, where it opens, from outside."""
        ids = {"id": self.devices[3].hex, "ref": "ff", "name": "f" * 12, "author": "13", "number": "1"}
        fields = dict.fromkeys(FIELDS, words) | {"role": [words, "nurse"]}
        for place in PLACES:
            if place.method == "POST" and place.path != "/sign-out":
                path = place.path.replace("/people/{id}", f"/people/{self.desk.zanele.id.hex}").format(**ids)
                yield from ((place, self.asks("POST", path, fields, known=way)) for way in {True, not place.open})

    def pages(self) -> Iterator[str]:
        """Every page, with those of single things."""
        one = {"id": self.devices[3].hex, "quarter": access_review.quarter_of(self.desk.home)}
        for place in PLACES:
            if place.method == "GET" and place.path not in ("/sign-in", "/devices/{id}/diagnostics", "/devices/live"):
                path = place.path.replace("/people/{id}", f"/people/{self.desk.zanele.id.hex}")
                yield path.format(**one)
        yield from ("/quarantine?show=all", "/devices?show=blocked")


def _credential() -> bytes:
    """A key as a browser registers it."""
    public = ES256.from_cryptography_key(ec.generate_private_key(ec.SECP256R1()).public_key())
    return bytes(AttestedCredentialData.create(bytes(16), b"k" * 16, public))


class _NoPace:
    """Nobody is told to wait."""

    def wait_seconds(self, _address: str) -> int:
        """None."""
        return 0


async def asked(app: Starlette, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
    where, _mark, query = f"/console{path}".partition("?")
    scope: dict[str, Any] = {
        "type": "http", "http_version": "1.1", "method": method, "scheme": "https", "path": where, "root_path": "",
        "raw_path": where.encode(), "query_string": query.encode(), "client": ("10.0.4.7", 1),
        "server": ("localhost", 8443), "headers": [(n.encode(), v.encode()) for n, v in headers.items()],
    }  # fmt: skip
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    named = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Answer(int(sent[0]["status"]), named, b"".join(part.get("body", b"") for part in sent[1:]))
