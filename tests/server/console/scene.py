# SPDX-License-Identifier: Apache-2.0
"""A served clinic with work in it that names a patient, two administrators, and Chromium to look at its console."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from pathlib import Path

import pyotp
from axe_playwright_python.sync_playwright import Axe
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import Browser, BrowserContext, Page, Response, sync_playwright
from sqlalchemy import update

from hms_desktop.clinic.patients import service
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.commands.bench import Bench
from hms_desktop.core.ids import author_code
from hms_desktop.security.accounts import Account
from hms_desktop.storage.unit import Unit
from hms_desktop.sync.client import pinned_session
from hms_desktop.sync.enrol import Enrolment
from sync_server import console_access as access
from sync_server import notebook
from sync_server.administration import COMMAND, By
from sync_server.console.sessions import COOKIE, form_token
from sync_server.notebook import open_notebook
from sync_server.people import NewPerson, add_person
from tests.server.process import CHEAP, PASSWORD, ServerProcess

PLANTED = ("Quombazi", "Thandeka", "0825551234", "Vlakfontein", "1979-03-14")
SPOKEN = Registration(
    family=PLANTED[0], given=PLANTED[1], sex="female", born=PLANTED[4], phone=PLANTED[2], city=PLANTED[3]
)
CHROMIUM = "/usr/bin/chromium"
PAGES = (
    "overview", "devices", "devices/enrol", "sync", "sync/policy", "conflicts", "quarantine", "people", "people/new",
    "requests", "review", "audit", "backups", "settings", "find?q=a",
)  # fmt: skip


class Scene:
    """Front desk 1 with a conflict and held work, Bench 9 pending; Anele and Bongani at the console."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server = ServerProcess(folder / "server")
        self.home = self.server.home
        self.book = open_notebook(self.home)
        self.seeds = {login: pyotp.random_base32() for login in ("anele", "bongani")}
        for login, seed in self.seeds.items():
            add_person(self.home, NewPerson(login, login.title(), ("administrator",), PASSWORD), CHEAP)
            person, by = access.colleague_called(self.home, login), By(self.home.facts.id, "Sync server", COMMAND)
            access.give_access(self.home, self.book, by, person, PASSWORD, seed, CHEAP)
        self.server.person("zanele", "receptionist")
        self.server.person("thabo", "doctor")
        self.server.start()
        self.address = f"https://localhost:{self.server.port}"
        self.desk = self._station("Front desk 1", "front_desk", "zanele")
        self.desk.exchange.catch_up()
        for _twice in (1, 2):  # somebody who may be two persons: a conflict at the server
            self.desk.store.act(partial(service.register, written=SPOKEN), self.desk.acting)
        self.desk.exchange.catch_up()
        self.held = self._held_back()
        self.words = self.pending("Bench 9")

    def _station(self, name: str, kind: str, login: str) -> Bench:
        self.server.enrol(self.folder / name, name, kind)
        return self.server.bench(self.folder / name, login)

    def pending(self, name: str) -> tuple[str, ...]:
        """A workstation that waits for approval; the words on its screen."""
        _applied, words = Enrolment(self.server.address, self.server.code(name)).apply(reduced_protection=False)
        return words

    def device(self, name: str) -> str:
        """What addresses call a workstation."""
        from sync_server.devices import find_device

        return find_device(self.home, name).id.hex

    def roles(self, login: str, *roles: str) -> None:
        """Give somebody these roles, as it was decided elsewhere."""
        person = access.colleague_called(self.home, login).id

        def write(unit: Unit) -> None:
            unit.action = "server.person"
            unit.change(Account, person, roles=list(roles))

        self.home.store.act(write, self.home.worker)

    def _held_back(self) -> str:
        """A patient registered by somebody whose role was taken before: refused for the role, twice over."""
        self.roles("zanele", "lab_technician")
        for n in (1, 2, 3):
            spoken = Registration(family=f"{PLANTED[0]}-{n}", given=PLANTED[1], sex="female", born=PLANTED[4])
            self.desk.store.act(partial(service.register, written=spoken), self.desk.acting)
        self.desk.exchange.catch_up()
        self.roles("zanele", "receptionist")
        return author_code(self.desk.store.station.author)

    def code(self, login: str) -> str:
        """A code that was not used yet, without waiting half a minute for the next one."""
        table, person = notebook.access, access.colleague_called(self.home, login).id
        with self.book.writing() as connection:
            connection.execute(update(table).where(table.c.person == person.bytes).values(last_step=-1))
        return str(pyotp.TOTP(self.seeds[login]).now())

    def patient_is_there(self, count: int) -> bool:
        """Whether the server holds so many patients."""
        from sqlalchemy import func, select

        from hms_desktop.clinic.patients.model import Patient

        found = self.home.store.read(lambda r: r.scalar(select(func.count(Patient.rid))), self.home.worker)
        return bool(found == count)

    def close(self) -> None:
        """Everybody goes home."""
        self.desk.shut()
        self.book.close()
        self.server.close()


class Eyes:
    """A browser that trusts this server's certificate, and whoever looks through it."""

    def __init__(self, scene: Scene, browser: Browser) -> None:
        self.scene, self._browser = scene, browser
        self.axe = Axe()

    def opened(self, **how: object) -> tuple[BrowserContext, Page]:
        """A browser of somebody's own; what its pages complain of fails the test."""
        context = self._browser.new_context(reduced_motion="reduce", **how)  # type: ignore[arg-type]
        return context, context.new_page()

    def sign_in(self, page: Page, login: str) -> None:
        """By keyboard alone: name, password, code, Enter."""
        self._go(page, "")
        page.locator("#login").focus()
        for words in (login, PASSWORD, self.scene.code(login)):
            page.keyboard.type(words)
            page.keyboard.press("Tab" if not words.isdigit() else "Enter")
        page.wait_for_url("**/console/overview")

    def _go(self, page: Page, path: str) -> Response | None:
        """Told that it was faster than people are, a browser waits for as long as it is told."""
        answer = page.goto(f"{self.scene.address}/console/{path}")
        while answer is not None and answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            page.wait_for_timeout(1000 * int(answer.headers["retry-after"]))
            answer = page.goto(f"{self.scene.address}/console/{path}")
        return answer

    def see(self, page: Page, path: str) -> str:
        """Go to a page of the console; its whole text as sent."""
        answer = self._go(page, path)
        assert answer is not None and answer.status == HTTPStatus.OK, f"{path}: {answer and answer.status}"
        return answer.text()

    def faults(self, page: Page, *rules: str) -> list[str]:
        """What axe finds wrong with a page."""
        options = {"resultTypes": ["violations"], **({"runOnly": list(rules)} if rules else {})}
        long = page.url.endswith("/policy")  # the same table for each module: the first two tell of all
        parts = {"exclude": [["main > section:nth-of-type(n+4)"]]} if long else None
        found = self.axe.run(page, context=parts, options=options).response["violations"]
        return [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found]


class Hand:
    """Somebody signed in without a browser: what a form sends, and what a page says."""

    def __init__(self, scene: Scene, login: str) -> None:
        self._scene, self.where = scene, f"{scene.server.address}/console/"
        self._http = pinned_session(scene.home.authority.decode())
        self.login, self._token = login, self._form(self.sees("sign-in"))
        code = scene.code(login)
        self.sends("sign-in", login=login, password=PASSWORD, code=code)
        self._token = form_token(self.session)

    @staticmethod
    def _form(text: str) -> str:
        found = re.search(r'name="form_token" value="(\w+)"', text)
        assert found is not None
        return found.group(1)

    @property
    def session(self) -> str:
        """What the browser would send to be known again."""
        return str(self._http.cookies.get(COOKIE))

    def sees(self, path: str) -> str:
        """The text of a page."""
        answer = self._http.get(self.where + path, timeout=30)
        assert answer.status_code == 200, (path, answer.text)
        return answer.text

    def sends(self, path: str, expected: int = 200, **fields: object) -> str:
        """Send a form; what is answered."""
        headers = {"Origin": self._scene.server.address, "Sec-Fetch-Site": "same-origin"}
        data = {"form_token": self._token, **fields}
        answer = self._http.post(self.where + path, data=data, headers=headers, timeout=30)
        assert answer.status_code == expected, (path, answer.status_code, answer.text)
        return answer.text

    def proves(self, path: str, expected: int = 200, **fields: object) -> str:
        """Send a form with a fresh code."""
        return self.sends(path, expected, code=self._scene.code(self.login), **fields)

    def door(self) -> None:
        """From now on as somebody who has no session."""
        self._http.cookies.clear()
        self._token = self._form(self.sees("join"))


def fingerprint(certificate: bytes) -> str:
    """What Chromium knows a certificate by that it shall trust."""
    key = x509.load_pem_x509_certificates(certificate)[0].public_key()
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(der).digest()).decode()


@contextmanager
def looking(folder: Path) -> Iterator[Eyes]:
    """The scene with an open browser."""
    scene = Scene(folder)
    try:
        trusted = fingerprint((scene.home.folder / "server.pem").read_bytes())
        flags = ["--no-sandbox", f"--ignore-certificate-errors-spki-list={trusted}"]
        with sync_playwright() as tool, tool.chromium.launch(executable_path=CHROMIUM, args=flags) as browser:
            yield Eyes(scene, browser)
    finally:
        scene.close()
