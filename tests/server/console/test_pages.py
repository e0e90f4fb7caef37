# SPDX-License-Identifier: Apache-2.0
"""The console in Chromium: every page whole, by keyboard, without scripts, at both widths; nothing names a patient."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from unittest.mock import Mock

import pyotp
import pytest
import requests
from playwright.sync_api import Page, expect
from sqlalchemy import select
from structlog.testing import capture_logs

from hms_desktop.commands.diagnostics import packed
from hms_desktop.security.administration import AdminEvent
from hms_desktop.sync.client import pinned_session
from hms_desktop.sync.report import held_sets
from hms_desktop.ui.shell.sync_link import AtWork, RunnerLink
from sync_server import console_access as access
from sync_server.console.guard import CONTENT_POLICY
from sync_server.console.sessions import form_token
from tests.payloads import CODE, CONTROL, EVERY, LONG, MARKUP
from tests.server.console.comparing import spoilt_and_mended
from tests.server.console.looks import INJECTED, LOOKS, STRAY, answer_from, faults, heard, look_for, whole, whose_record
from tests.server.console.office import Office
from tests.server.console.scene import PLANTED, Eyes, Hand, looking
from tests.server.console.spoilt import HOST, Spoilt
from tests.server.process import PASSWORD, until


@pytest.fixture(scope="module")
def eyes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Eyes]:
    """The served clinic and a browser."""
    with looking(tmp_path_factory.mktemp("console")) as made:
        yield made


@pytest.fixture(scope="module")
def anele(eyes: Eyes) -> Iterator[Page]:
    """Anele's browser, signed in."""
    context, page = eyes.opened()
    eyes.sign_in(page, "anele")
    yield page
    context.close()


@pytest.fixture(scope="module")
def bongani(eyes: Eyes) -> Iterator[Page]:
    """Bongani's browser, signed in."""
    context, page = eyes.opened()
    eyes.sign_in(page, "bongani")
    yield page
    context.close()


def test_every_page_is_whole_in_a_look_of_its_own_at_every_width_and_names_no_patient(eyes: Eyes, anele: Page) -> None:
    whole(eyes, anele, lambda number: [LOOKS[number % len(LOOKS)]])


@pytest.mark.proof
def test_every_page_is_whole_in_every_look(eyes: Eyes, anele: Page) -> None:
    whole(eyes, anele, lambda _number: LOOKS)


def test_the_keyboard_alone_reaches_and_shows_everything(eyes: Eyes, anele: Page) -> None:
    eyes.see(anele, "devices?show=pending")
    anele.keyboard.press("Tab")
    expect(anele.get_by_text("Skip to the page")).to_be_focused()
    reachable = anele.evaluate(
        "document.querySelectorAll('a[href],button,input:not([type=hidden]),select,summary').length"
    )
    rings, stops = 0, 0
    for _step in range(reachable + 5):
        anele.keyboard.press("Tab")
        ring = anele.evaluate(
            "(() => { const e = document.activeElement, f = e.closest('.find') || e; const s = getComputedStyle(f);"
            " return e === document.body ? null : [s.outlineStyle, s.outlineWidth]; })()"
        )
        stops += ring is not None
        rings += ring is not None and ring[0] != "none" and ring[1] != "0px"
    assert stops > 20 and rings == stops
    anele.locator("h1").click()
    anele.keyboard.press("/")
    expect(anele.locator("#find")).to_be_focused()


def test_a_workstation_is_approved_by_keyboard_with_the_words_of_its_screen(eyes: Eyes, anele: Page) -> None:
    where = f"devices/{eyes.scene.device('Bench 9')}"
    for words in (("wrong",) * 6, eyes.scene.words):
        eyes.see(anele, where)
        anele.locator("#words").focus()
        anele.keyboard.type(" ".join(words))
        with anele.expect_navigation():
            anele.keyboard.press("Enter")
        refused = "Somebody may be in between" in anele.inner_text("main")
        assert refused == (words[0] == "wrong")
    expect(anele.locator("tr.chosen")).to_contain_text("Not seen yet")


def test_without_scripts_everything_is_read_and_sent(eyes: Eyes) -> None:
    context, page = eyes.opened(java_script_enabled=False)
    eyes.sign_in(page, "bongani")
    eyes.see(page, "devices/enrol")
    page.fill("#name", "Ward PC 1")
    page.select_option("#kind", "nurse")
    page.get_by_role("button", name="Make a code").click()
    assert re.fullmatch(r"([A-Z2-7]{4}-){10}[A-Z0-9]{3,4}", page.inner_text("#code"))
    eyes.see(page, "audit?area=administration")
    expect(page.locator("tbody tr").first).to_contain_text("Code for a new device")
    page.get_by_role("button", name="Check every chain now").click()
    expect(page.locator("main")).to_contain_text("All whole.")
    with page.expect_response("**/sign-out") as left:
        page.get_by_role("button", name="Sign out").click()
    assert "cookies" in left.value.all_headers()["clear-site-data"]
    page.goto(f"{eyes.scene.address}/console/devices")
    assert page.url.endswith("/sign-in")
    context.close()


@pytest.mark.accepts("SYN-14")
@pytest.mark.accepts("SEC-04")
def test_a_security_key_signs_in_and_stands_for_the_code(eyes: Eyes) -> None:
    context, page = eyes.opened()
    tool = context.new_cdp_session(page)
    tool.send("WebAuthn.enable")
    key = {"protocol": "ctap2", "transport": "usb", "hasResidentKey": True, "hasUserVerification": True,
           "isUserVerified": True, "automaticPresenceSimulation": True}  # fmt: skip
    tool.send("WebAuthn.addVirtualAuthenticator", {"options": key})
    eyes.sign_in(page, "bongani")
    eyes.see(page, "settings")
    page.get_by_role("button", name="Add a security key").click()
    page.wait_for_url("**/settings?done=kept")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")
    page.get_by_role("button", name="Sign in with security key").click()
    page.wait_for_url("**/overview")
    expect(page.locator("header")).to_contain_text("Signed in with security key")
    eyes.see(page, f"devices/{eyes.scene.device('Front desk 1')}")
    page.get_by_text("Diagnostics, filling anew").click()
    page.get_by_role("button", name="Fill Front desk 1 anew").click()
    expect(page.locator("dl.facts").first).to_contain_text("Front desk")
    eyes.see(page, "settings")
    page.get_by_role("button", name="Remove Key").click()
    expect(page.locator("main")).to_contain_text("None: you sign in with password and code.")
    context.close()
    scene = eyes.scene
    scene.desk.exchange.catch_up()
    assert scene.desk.exchange.missing_tables() == [], "what was ordered was filled anew"


@pytest.mark.accepts("SYN-14")
def test_held_changes_are_tried_again_asked_about_and_put_away(eyes: Eyes, anele: Page) -> None:
    def act(number: int, button: str, **typed: str) -> str:
        eyes.see(anele, "quarantine")
        card = anele.locator("section.card").nth(number)
        card.locator("summary").click()
        for name, words in typed.items():
            card.locator(f"form:has(button:has-text('{button}')) input[name={name}]").fill(words)
        with anele.expect_navigation():
            card.get_by_role("button", name=re.compile(button)).click()
        return anele.inner_text("main")

    scene = eyes.scene
    assert "role" in act(0, "Ask", question="Which desk was it?")
    scene.desk.exchange.catch_up()
    with scene.desk.store.reading() as connection:
        held = held_sets(connection, scene.desk.store.station.author)
    assert ("Which desk was it?",) in [one.questions for one in held]
    scene.roles("zanele", "lab_technician")
    assert "still refused (role)" in act(0, "Try", code=scene.code("anele"))
    assert scene.patient_is_there(2)
    scene.roles("zanele", "receptionist")
    assert "checked again and taken" in act(0, "Try", code=scene.code("anele"))
    assert scene.patient_is_there(3)
    assert "put away" in act(0, "Put", reason="typed twice", code=scene.code("anele"))
    text = eyes.see(anele, "quarantine?show=all")
    assert "put away" in text and "done again" in text and not [word for word in PLANTED if word in text]


@pytest.mark.accepts("SYN-14")
@pytest.mark.accepts("SEC-15")
def test_an_export_takes_two_persons_and_names_no_patient(eyes: Eyes, anele: Page, bongani: Page) -> None:
    eyes.see(anele, "audit?area=changes")
    anele.fill("#reason", "the auditor asks")
    anele.get_by_role("button", name="Ask to export").click()
    expect(anele.locator("main")).to_contain_text("Another administrator has to approve")
    eyes.see(bongani, "requests")
    bongani.locator("form:has(button:has-text('Approve: Export')) input[name=code]").fill(eyes.scene.code("bongani"))
    bongani.get_by_role("button", name=re.compile("Approve: Export")).click()
    expect(bongani.get_by_role("button", name=re.compile("Approve: Export"))).to_have_count(0)
    eyes.see(anele, "audit")
    with anele.expect_download() as loaded:
        anele.get_by_role("button", name="Download once").click()
    text = loaded.value.path().read_text("utf-8")
    assert "patients.register" in text and "family" in text and not [word for word in PLANTED if word in text]
    assert "Download once" not in eyes.see(anele, "audit")


@pytest.mark.accepts("X-06")
def test_merge_classes_of_every_table_are_shown(eyes: Eyes, anele: Page) -> None:
    from hms_desktop.storage.records import REGISTRY

    eyes.see(anele, "sync/policy")
    held_by = anele.locator("dl.facts dd").all_inner_texts()
    tests = [re.search(r"tests/[\w/]+\.py", words) for words in held_by]
    assert len(tests) == 6 and all(found and Path(found.group()).is_file() for found in tests)
    classes = anele.evaluate("[...document.querySelectorAll('[data-class]')].map(r => r.dataset.class)")
    assert {"append-only", "field-merge", "server-arbitrated", "manual", "single-owner"} <= set(classes)
    shown = anele.evaluate("[...document.querySelectorAll('[data-policy]')].map(r => r.dataset.policy)")
    ours = [t for t in REGISTRY.values() if t.record.__module__.startswith("hms_desktop.")]
    assert sorted(shown) == sorted(f"{t.name}.{g}" for t in ours for g in t.groups)


@pytest.mark.accepts("SYN-06")
@pytest.mark.accepts("SYN-14")
def test_open_conflicts_are_listed_by_record_and_whose_they_are(eyes: Eyes, anele: Page) -> None:
    eyes.see(anele, "conflicts")
    expect(anele.locator("tbody tr").first).to_contain_text("person twice")
    expect(anele.locator("tbody tr").first).to_contain_text("Receptionist")
    expect(anele.locator("tbody tr").first).to_contain_text("MRN-001-0000")


@pytest.mark.accepts("SYN-14")
def test_live_figures_tell_what_the_workstation_said_of_itself(eyes: Eyes, anele: Page) -> None:
    scene = eyes.scene
    scene.desk.exchange.greet()
    eyes.see(anele, "devices")
    live = json.loads(eyes.see(anele, "devices/live"))["rows"][scene.device("Front desk 1")]
    assert live["words"] == "Online" and live["waiting"] == f"{scene.desk.exchange.counts().waiting}"
    eyes.see(anele, "sync")
    anele.get_by_text("Show as table").click()
    rows = anele.locator("section:has(#chart) tbody tr").all_inner_texts()
    received, _sent, refused = (sum(int(row.split("\t")[n]) for row in rows) for n in (1, 2, 3))
    assert received >= 5 and refused >= 1, "change sets were received and refused within this day"
    eyes.see(anele, f"devices/{scene.device('Front desk 1')}")
    expect(anele.locator("tr.chosen")).to_contain_text("Zanele")
    expect(anele.locator("tr.chosen")).to_contain_text("Debian")


@pytest.mark.accepts("SYN-14")
def test_blocking_wants_the_name_and_the_second_factor(eyes: Eyes, anele: Page) -> None:
    scene = eyes.scene
    scene.pending("Ward PC 9")
    where = scene.device("Ward PC 9")
    for name, code in (("Front desk 1", scene.code("anele")), ("Ward PC 9", "000000")):
        eyes.see(anele, f"devices/{where}/block")
        anele.fill("#typed_name", name)
        anele.locator("input[name=code]").fill(code)
        anele.get_by_role("button", name="Block Ward PC 9").click()
        expect(anele.locator("h1")).to_have_text("Not done")
    refused = eyes.see(anele, "audit?area=refused")
    assert "Refused at the console" in refused and "/devices/{id}/block code" in refused, "a wrong code is in the trail"
    eyes.see(anele, f"devices/{where}/block")
    anele.fill("#typed_name", "ward pc 9")
    anele.locator("input[name=code]").fill(scene.code("anele"))
    anele.get_by_role("button", name="Block Ward PC 9").click()
    anele.wait_for_url(f"**/devices/{where}")
    expect(anele.locator("tr.chosen")).to_contain_text("Blocked")
    anele.get_by_role("link", name="Wipe…").click()
    anele.fill("#typed_name", "Ward PC 9")
    anele.locator("input[name=code]").fill(scene.code("anele"))
    anele.get_by_role("button", name="Wipe Ward PC 9").click()
    expect(anele.locator("tr.chosen")).to_contain_text("Blocked, wipe pending")
    history = eyes.see(anele, f"audit?device={where}")
    assert "Device blocked" in history and "Wiping ordered" in history, "what was done to it is part of its history"


def test_a_record_spoilt_at_a_workstation_is_found_mended_counted_and_shown(eyes: Eyes, anele: Page) -> None:
    spoilt_and_mended(eyes, anele)


@pytest.mark.accepts("OPS-08")
def test_a_person_at_the_workstation_agrees_before_its_diagnostics_are_seen(eyes: Eyes, anele: Page) -> None:
    scene, bench = eyes.scene, eyes.scene.desk
    link = RunnerLink(
        bench.runner, bench.store.reading, AtWork(0, bench.acting.person.id), Mock(), partial(packed, bench)
    )
    bench.runner.start()
    try:
        until(lambda: bench.runner.state.network == "online")
        for agreed in (False, True):
            eyes.see(anele, f"devices/{scene.device('Front desk 1')}")
            anele.get_by_text("Diagnostics, filling anew").click()
            anele.get_by_role("button", name="Ask for diagnostics").click()
            until(lambda: link.facts().asked_by == "Anele")
            link.tell_how_it_stands(agreed)
            assert not link.facts().asked_by
            eyes.see(anele, f"devices/{scene.device('Front desk 1')}")
            anele.get_by_text("Diagnostics, filling anew").click()
            if not agreed:
                expect(anele.locator("details.more")).to_contain_text("The person there said no")
    finally:
        bench.runner.stop()
    with anele.expect_download() as loaded:
        anele.get_by_role("link", name=re.compile("Download what was sent")).click()
    told = loaded.value.path().read_text("utf-8")
    assert json.loads(told)["rows"]["patient"] == 2 or json.loads(told)["rows"]["patient"] > 2
    assert not [word for word in (*PLANTED, "Zanele") if word.casefold() in told.casefold()]


@pytest.mark.accepts("SEC-15")
def test_joining_moving_and_leaving_go_their_ways(eyes: Eyes) -> None:
    scene = eyes.scene
    asks, decides = Hand(scene, "anele"), Hand(scene, "bongani")

    def approve(part: str) -> str:
        text = decides.sees("requests")
        (wish,) = {w for w in re.findall(r"requests/(\w{32})/approve", text) if part in text.split(w)[1][:3000]}
        return decides.proves(f"requests/{wish}/approve")

    asks.sends("people/new", login="sipho", name="Sipho", role=["nurse"], reason="starts on Monday")
    password = re.search(r'class="code">([a-z2-7-]{19})<', approve("Sipho"))
    sipho = access.colleague_called(scene.home, "sipho").id.hex
    assert password is not None and "sipho" in asks.sees(f"people/{sipho}")
    asks.proves(f"people/{sipho}/roles", role=["nurse", "administrator"], reason="helps with the devices")
    assert "Another administrator" in asks.sees("requests")
    approve("Sipho changes")
    asks.sends(f"people/{sipho}/console", reason="helps with the devices")
    told = re.search(r'class="code">([0-9a-f-]{23})<', approve("open the console"))
    assert told is not None
    for what in ("password", "factor"):
        asks.sends(f"people/{sipho}/reset", what=what, reason="forgot it")
        approve("Sipho")
    asks.sends("backups/export", reason="another vendor")
    approve("Export of every record")
    wish = re.search(r"--request ([0-9a-f-]{36})", asks.sees("backups"))
    assert wish is not None
    target = scene.folder / "records.zip"
    assert scene.server.command("export", "--request", wish.group(1), "--out", str(target))["tables"]["patient"] >= 2
    assert scene.server.run("export", "--request", wish.group(1), "--out", f"{target}.2").returncode == 1
    guest = Hand(scene, "bongani")
    guest.door()
    guest.sends("join", 403, word="wrong-wrong")
    seed = re.search(r'name="seed" value="(\w+)"', guest.sends("join", word=told.group(1)))
    assert seed is not None
    filled = {"word": told.group(1), "seed": seed.group(1), "password": PASSWORD, "again": PASSWORD}
    guest.sends("join", 400, code="000000", **filled)
    guest.sends("join", code=pyotp.TOTP(seed.group(1)).now(), **filled)
    assert access.has_access(scene.book, access.colleague_called(scene.home, "sipho").id)
    asks.sends(f"people/{sipho}/sessions/end")
    asks.proves(f"people/{sipho}/console/close")
    asks.proves(f"people/{sipho}/leave", 400, typed_name="somebody")
    asks.proves(f"people/{sipho}/leave", typed_name="sipho")
    assert "has left" in asks.sees(f"people/{sipho}") and "Sipho" in asks.sees("people?show=left")


def session_names(hand: Hand) -> set[str]:
    """The sessions of somebody that their settings offer to end."""
    return set(re.findall(r"settings/sessions/(\w{12})/end", hand.sees("settings")))


@pytest.mark.accepts("SEC-13")
@pytest.mark.accepts("SEC-15")
def test_settings_reviews_keys_and_what_is_found(eyes: Eyes) -> None:
    scene = eyes.scene
    hand = Hand(scene, "anele")
    before = session_names(hand)
    other = Hand(scene, "anele")
    people = re.findall(r'name="p(\w{32})"', hand.sees("review"))
    hand.proves("review", 400, **{f"p{id}": "keep" for id in people[1:]})
    report = hand.proves("review", note="all looked at", **{f"p{id}": "keep" for id in people})
    assert "Digest in the server" in report and f"{len(people)} kept" in report
    hand.sends("settings/opening", begin0="08:00", end0="16:00", silent_hours="3")
    hand.sends("settings/opening", 400, begin0="late", end0="16:00", silent_hours="3")
    hand.sends("settings/choose", key="lab.critical_call_minutes", value="20")
    assert 'value="16:00"' in hand.sees("settings") and ">20<" in hand.sees("settings")
    (newest,) = session_names(hand) - before  # the browser of the other tests stays signed in
    hand.sends(f"settings/sessions/{newest}/end")
    hand.sends(f"settings/sessions/{newest}/end", 404)
    assert "Console password" in other.sees("overview"), "that session was ended"
    hand.sends("backups")
    desk = scene.device("Front desk 1")
    assert re.search(r'class="code">[\w -]{8,}<', hand.proves(f"devices/{desk}/permit-code"))
    hand.sends(f"devices/{desk}/new-key", reason="a laptop was left open")
    found = hand.sends("find", q="front")
    assert "Front desk 1" in found and "Front desk 1" not in hand.sees("find?q=front"), "an address names nothing"
    assert "Front desk 1" in hand.sends("audit", q="Front desk 1") and "Front desk 1" in hand.sends("audit", q="front")
    whose_record(scene, hand)
    hand.sends("devices/nonsense/approve", 404)
    hand.sends(f"devices/{desk}/approve", 409, words="x")
    hand.sends("audit/export", 400, since="yesterday", reason="x")
    assert hand.sees("devices?show=nonsense") and hand.sees("audit?person=&device=&since=2026-11-01")
    hand.sends("sign-out")


@pytest.fixture
def spoilt(desk: Office) -> Iterator[Spoilt]:
    """An office in which every word looks like an order."""
    made = Spoilt(desk)
    yield made
    made.close()


@pytest.mark.hazard("H44")
def test_no_word_that_anybody_wrote_runs_or_becomes_part_of_a_page(eyes: Eyes, spoilt: Spoilt) -> None:
    said = list[str]()
    context, page = eyes.opened()
    page.route("**/*", partial(answer_from, spoilt, said))
    with heard(page, said):
        for path in spoilt.pages():
            answer = page.goto(f"{HOST}/console{path}")
            assert answer is not None and answer.status == 200, path
            said += [f"{path} has {stray}" for stray in page.evaluate(STRAY)]
            said += faults(eyes, page, path, [])
        for field in ("#q", "#find"):
            page.goto(f"{HOST}/console/audit")
            look_for(page, field, MARKUP[3])
            said += [f"{field} has {stray}" for stray in page.evaluate(STRAY)]
    assert not said, "\n".join(said)
    page.goto(f"{HOST}/console/devices")
    names = page.locator(".list tbody th a").all_text_contents()
    assert set(names) == {re.sub("\r\n?", "\n", words).replace("\x00", "") for words in EVERY}
    assert page.evaluate(INJECTED) == "script-src-elem" and page.evaluate("window.obeyed") is None
    context.close()


def test_every_form_takes_any_words_for_words(spoilt: Spoilt) -> None:
    with capture_logs():
        for words in (MARKUP[6], CONTROL[0] + CODE[0], LONG[2][:1500]):
            for place, answer in spoilt.sends_everywhere(words):
                assert answer.status < 500, (place.path, words[:40], answer.text)
                assert answer.headers["content-security-policy"] == CONTENT_POLICY
                shown = answer.text if answer.headers.get("content-type", "").startswith("text/html") else ""
                assert MARKUP[6] not in shown, place.path


def browserless(eyes: Eyes) -> tuple[requests.Session, str]:
    """A client that is no browser, at the door, with the token of the form there."""
    session = pinned_session(eyes.scene.home.authority.decode())
    page = session.get(f"{eyes.scene.server.address}/console/sign-in", timeout=20)
    found = re.search(r'name="form_token" value="(\w+)"', page.text)
    assert found is not None
    return session, found.group(1)


def test_headers_and_cookies_are_strict(eyes: Eyes) -> None:
    session, _token = browserless(eyes)
    answer = session.get(f"{eyes.scene.server.address}/console/sign-in", timeout=20)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff" and answer.headers["Cache-Control"] == "no-store"
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-") and all(
        w in cookie for w in ("Secure", "HttpOnly", "SameSite=strict", "Path=/")
    )
    assert "Domain" not in cookie and "style=" not in answer.text and "onclick" not in answer.text
    other = session.get(f"{eyes.scene.server.address}/console/sign-in", headers={"Host": "evil.example"}, timeout=20)
    assert other.status_code == 403


def test_a_form_from_elsewhere_changes_nothing(eyes: Eyes) -> None:
    session, token = browserless(eyes)
    where = eyes.scene.server.address
    ours = {"Origin": where, "Sec-Fetch-Site": "same-origin"}
    stray = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    fields = {"login": "anele", "password": PASSWORD, "code": eyes.scene.code("anele"), "form_token": token}
    matrix = [
        (stray, fields), ({}, fields), ({**ours, "Origin": "null"}, fields), ({"Sec-Fetch-Site": "same-site"}, fields),
        (ours, {**fields, "form_token": ""}), (ours, {**fields, "form_token": form_token("another")}),
    ]  # fmt: skip
    for headers, sent in matrix:
        answer = session.post(f"{where}/console/sign-in", data=sent, headers=headers, timeout=20, allow_redirects=False)
        assert answer.status_code == 403 and "__Host-hms-console" not in answer.headers.get("Set-Cookie", "")
    multipart = session.post(f"{where}/console/sign-in", files={"login": b"x"}, headers=ours, timeout=20)
    assert multipart.status_code == 400
    assert session.get(f"{where}/console/sign-out", timeout=20).status_code == 405, "nothing changes by a GET"
    door = session.cookies.get("__Host-hms-door")
    session.cookies.set("__Host-hms-console", "f" * 32)  # somebody else's idea of a session
    good = session.post(f"{where}/console/sign-in", data=fields, headers=ours, timeout=20, allow_redirects=False)
    given = re.search(r"__Host-hms-console=(\w{32})", good.headers["Set-Cookie"])
    assert good.status_code == 303 and given is not None and given.group(1) not in (door, "f" * 32)


@pytest.mark.accepts("SEC-04")
@pytest.mark.accepts("SEC-09")
def test_wrong_tries_are_answered_alike_and_wait(eyes: Eyes) -> None:
    session, token = browserless(eyes)
    where, answers = eyes.scene.server.address, []
    for login in ("carla", "nobody-there"):
        for _try in range(5):
            sent = {"login": login, "password": "no such words here", "code": "123456", "form_token": token}
            headers = {"Origin": where}
            answer = session.post(f"{where}/console/sign-in", data=sent, headers=headers, timeout=20)
            answers.append(answer.status_code)
        said = "Name, password or code is wrong." in answer.text
        sent["password"] = PASSWORD
        late = session.post(f"{where}/console/sign-in", data=sent, headers=headers, timeout=20)
        assert said and late.status_code == 429 and "Too many tries" in late.text
    assert set(answers) == {403}
    told = select(AdminEvent.by).where(AdminEvent.kind == "console.wrong_try")
    home = eyes.scene.home
    by = [row.by for row in home.store.read(lambda reader: reader.rows(told), home.worker)]
    assert by.count(home.facts.id) >= 10, "every wrong try is in the trail, of a name that nobody has too"
