# SPDX-License-Identifier: Apache-2.0
"""How pages are looked at in a browser: widths, themes, what axe finds, and what in a page is none of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Literal
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, Route
from sqlalchemy import select

from hms_desktop.clinic.patients.model import Patient
from tests.server.console.scene import PAGES, PLANTED, Eyes, Hand, Scene
from tests.server.console.spoilt import Spoilt

Look = tuple[int, Literal["light", "dark"], Literal["more", "no-preference"]]
WIDTHS = (1440, 720, 390, 320)
"""A desk, the same with text twice as large, a telephone, and what WCAG 2.2 wants to be read without scrolling."""
LOOKS: tuple[Look, ...] = (
    (1440, "light", "no-preference"), (390, "dark", "no-preference"), (1440, "dark", "more"),
    (390, "light", "no-preference"), (1440, "dark", "no-preference"), (390, "dark", "more"),
)  # fmt: skip
STRAY = """(() => {
  const ours = [...document.scripts].every(s => new URL(s.src).pathname.startsWith('/console/static/') && !s.text);
  const odd = document.querySelectorAll('b,i,img,font,para,iframe,object,embed,style,base,meta[http-equiv]');
  const acting = [...document.querySelectorAll('*')].filter(e => [...e.attributes].some(
    a => a.name.startsWith('on') || a.name === 'style' || /^\\s*javascript:/i.test(a.value)));
  return [...odd, ...acting].map(e => e.outerHTML.slice(0, 120)).concat(ours ? [] : ['a script'],
    document.querySelectorAll('h1').length > 1 ? ['a heading'] : []);
})()"""
"""What stands in a page that none of ours has."""
INJECTED = """new Promise(done => {
  document.addEventListener('securitypolicyviolation', event => done(event.effectiveDirective), {once: true});
  const script = document.createElement('script');
  script.text = 'window.obeyed = 1';
  document.body.append(script);
})"""


@contextmanager
def heard(page: Page, said: list[str]) -> Iterator[None]:
    """Note what the browser says of the pages meanwhile: errors, refused scripts, questions."""
    hear = {
        "console": lambda message: said.append(f"{page.url}: {message.text}"),
        "pageerror": lambda error: said.append(f"{page.url}: {error}"),
        "dialog": lambda dialog: said.append(f"{page.url} asks {dialog.message}"),
    }
    for event, note in hear.items():
        page.on(event, note)  # type: ignore[call-overload]
    try:
        yield
    finally:
        for event, note in hear.items():
            page.remove_listener(event, note)


def answer_from(at: Spoilt, said: list[str], route: Route) -> None:
    """Answer a browser as that office would; notes what it asks of anybody else."""
    where = urlsplit(route.request.url)
    if where.netloc != "localhost":
        said.append(f"somebody else is asked: {route.request.url}")
        return route.abort()
    sent = parse_qs(route.request.post_data or "", keep_blank_values=True)
    answer = at.asks(route.request.method, f"{where.path}?{where.query}".removeprefix("/console").rstrip("?"), sent)
    return route.fulfill(status=answer.status, headers=dict(answer.headers), body=answer.body)


def seen(eyes: Eyes) -> list[str]:
    """Every page, with those of single things."""
    desk, person = eyes.scene.device("Front desk 1"), eyes.scene.desk.acting.person.id.hex
    shown = [path for path in PAGES if not path.startswith("find?")]  # that takes its words by a form: `look_for`
    return [*shown, f"devices/{desk}", f"devices/{desk}/block", f"devices/{desk}/wipe", f"people/{person}",
            f"audit?device={desk}"]  # fmt: skip


def look_for(page: Page, field: str, words: str) -> str:
    """Type words into a field of the page that is shown and send its form; the text of what comes."""
    page.fill(field, words)
    with page.expect_navigation():
        page.press(field, "Enter")
    return page.content()


def faults(eyes: Eyes, page: Page, path: str, looks: Iterable[Look]) -> Iterator[str]:
    """What is wrong with the page that is shown: what it names, how wide it is at every width, what axe finds."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            yield f"{path} is {wide} wide at {width}"
    for width, scheme, contrast in looks:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme, contrast=contrast)
        yield from (f"{path} {width} {scheme} {contrast}: {fault}" for fault in eyes.faults(page))


def whole(eyes: Eyes, page: Page, looks: Callable[[int], Iterable[Look]]) -> None:
    """Walk every page in its looks; fails for what is wrong, for a patient who is named, and for what browsers say."""
    said: list[str] = []
    with heard(page, said):
        for number, path in enumerate(seen(eyes)):
            text = eyes.see(page, path).replace(PLANTED[0][:4], "").casefold()
            said += [f"{path} tells {word}" for word in PLANTED if word.casefold() in text]
            said += faults(eyes, page, path, looks(number))
        for field in ("#q", "#find"):
            eyes.see(page, "audit")
            text = look_for(page, field, PLANTED[0][:4]).replace(PLANTED[0][:4], "").casefold()
            said += [f"{field} tells {word}" for word in PLANTED if word.casefold() in text]
            said += faults(eyes, page, page.url, looks(0) if field == "#find" else [])
    page.emulate_media(color_scheme="light", contrast="no-preference")
    page.set_viewport_size({"width": 1440, "height": 900})
    assert not said, "\n".join(said)


def whose_record(scene: Scene, hand: Hand) -> None:
    """Who did what with a record is found by its number, which stands in no address; that this was asked is kept."""
    number = scene.home.store.read(lambda r: r.scalar(select(Patient.mrn).where(Patient.family == PLANTED[0])),
                                   scene.home.worker)  # fmt: skip
    found = hand.sends("audit", record=number.lower())
    assert number in found and "Register a patient" in found and "Front desk 1" in found
    assert "Nothing fits" in hand.sends("audit", record="MRN-000-00000-0")
    assert "Audit of a record looked up" in hand.sees(f"audit?record={number}"), "an address looks for nobody"
