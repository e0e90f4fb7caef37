# SPDX-License-Identifier: Apache-2.0
"""A record that differs at a workstation, from the spoilt row to what the console shows of it."""

from __future__ import annotations

from uuid import UUID

from playwright.sync_api import Page, expect

from hms_desktop.security.stations import grants
from hms_desktop.storage.engine import connect
from hms_desktop.sync.digest_wire import DIFFERS, MENDED
from hms_desktop.sync.runner import SyncRunner
from sync_server.defects import Defects
from tests.server.console.scene import Eyes
from tests.server.process import until
from tests.sync.world import dump


def spoilt_and_mended(eyes: Eyes, anele: Page) -> None:
    """Spoil a row past the program, press the button, and find it mended, in the books and on three pages."""
    scene, bench = eyes.scene, eyes.scene.desk
    held, here = grants("front_desk").read - {"admin_event"}, bench.store  # the page itself writes those
    bench.exchange.catch_up()
    kept = dump(here, held)
    spoilt = bytes(kept["patient"][0][0])
    with here.reading() as connection:
        past_the_program = connect(*connection.connection.driver_connection.opened)
    past_the_program.execute("UPDATE patient SET family = 'Spoilt' WHERE id = ?", (spoilt,))
    past_the_program.close()
    assert dump(here, held) != kept
    eyes.see(anele, f"devices/{scene.device('Front desk 1')}")
    anele.get_by_text("Diagnostics, filling anew").click()
    anele.get_by_role("button", name="Compare Front desk 1 now").click()
    books, runner = Defects(scene.book, here.clock), SyncRunner(bench.exchange)
    runner.start()
    try:
        until(lambda: books.count() == 1)
    finally:
        runner.stop()
    (defect,) = books.latest()
    assert (defect.table, defect.record, defect.kind, defect.became) == (
        "patient", UUID(bytes=spoilt), DIFFERS, MENDED,
    )  # fmt: skip
    assert dump(here, held) == kept == dump(scene.home.store, held)
    eyes.see(anele, "sync")
    row = anele.locator("section[aria-labelledby=defects] tbody tr")
    for words in ("Front desk 1", "patient", str(defect.record), "it differed", "mended from the log"):
        expect(row).to_contain_text(words)
    eyes.see(anele, f"devices/{scene.device('Front desk 1')}")
    expect(anele.locator("dl.facts")).to_contain_text("1 record differed")
    anele.get_by_text("Diagnostics, filling anew").click()
    expect(anele.locator("details.more")).to_contain_text(", done ")
    eyes.see(anele, "audit?area=administration")
    expect(anele.locator("tbody")).to_contain_text("Device differed from the server")
    expect(anele.locator("tbody")).to_contain_text("Comparing a device ordered")
