# SPDX-License-Identifier: Apache-2.0
"""The compliance report tells what holds on this server: each control that is broken turns exactly its own line."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pypdfium2 import PdfDocument
from sqlalchemy import select, text

from hms_desktop.core.errors import BadInput, Damaged
from hms_desktop.security import totp
from hms_desktop.security.accounts import Account, Device
from hms_desktop.security.kdf import FLOOR
from hms_desktop.storage.unit import Unit
from installer.pin import ROOT, requirements_file
from sync_server import devices
from sync_server.commands.app import app
from sync_server.compliance import checks, report
from sync_server.compliance.parts import Part, installed_parts
from sync_server.compliance.policy import against_policy, pinned, read_policy
from sync_server.hazards import read_hazards
from sync_server.home import Home
from sync_server.people import NewPerson, add_person
from tests import stores
from tests.server.process import CHEAP, PASSWORD, ServerProcess


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A served clinic in which everything that can hold does: an administrator with a second factor."""
    made = ServerProcess(tmp_path_factory.mktemp("sound") / "server", training=False)
    chief = NewPerson("chief", "The Chief", ("administrator",), PASSWORD, totp.new_seed())
    add_person(made.home, chief, FLOOR)
    made.start()
    yield made
    made.close()


def recorded(folder: Path, **about: Any) -> Path:
    """What a test run leaves, saying that one number and one hazard are proven and another is not."""
    said = {"commit": "a" * 40, "changed_since_commit": False, **about}
    numbers = {"SEC-08": {"t": "passed"}, "SEC-03": {"t": "passed", "u": "failed"}}
    (folder / "acceptance.json").write_text(json.dumps({**said, "numbers": numbers}))
    (folder / "hazards.json").write_text(json.dumps({**said, "numbers": {"H44": {"t": "passed"}}}))
    return folder


def clauses(rules: Iterable[str]) -> set[str]:
    """Every clause that a rule of the map names: `ISO 27001 A.5.15-5.18` are four, `IEC 62304 5.4-5.5 units` two."""
    found = set()
    for rule in rules:
        frame, letters, first, last, rest = re.fullmatch(
            r"(HIPAA|ISO 27001|SOC 2|IEC 62304|ASVS 5) (A\.|CC|A|V)?([\d.]+)(?:-([\d.]+))?(.*)", rule
        ).groups()  # type: ignore[union-attr]
        if frame == "HIPAA" or last is None:
            found.add(f"{frame} {letters or ''}{first}{rest if frame == 'HIPAA' else ''}")
            continue
        head, _dot, number = first.rpartition(".")
        found |= {f"{frame} {letters or ''}{head}.{n}" for n in range(int(number), int(last.rpartition(".")[2]) + 1)}
    return found


def every_clause() -> set[str]:
    """What SEC-17 asks a map to: 45 CFR 164.312, Annex A of ISO/IEC 27001:2022, the common criteria, IEC 62304.

    And what is promised beside that: 45 CFR 164.308 and each chapter of ASVS 5.
    """
    organised = (
        "(a)(1)(ii)(A) (a)(1)(ii)(B) (a)(1)(ii)(C) (a)(1)(ii)(D) (a)(2) (a)(3) (a)(4) (a)(5) (a)(6) (a)(7) (a)(8) (b)"
    )
    safeguards = "(a)(1) (a)(2)(i) (a)(2)(ii) (a)(2)(iii) (a)(2)(iv) (b) (c)(1) (c)(2) (d) (e)(1) (e)(2)(i) (e)(2)(ii)"
    annex, common = {5: 37, 6: 8, 7: 14, 8: 34}, {1: 5, 2: 3, 3: 4, 4: 2, 5: 3, 6: 8, 7: 5, 8: 1, 9: 2}
    return {
        *(f"HIPAA 164.312{clause}" for clause in safeguards.split()),
        *(f"HIPAA 164.308{clause}" for clause in organised.split()),
        *(f"ASVS 5 V{chapter}" for chapter in range(1, 18)),
        *(f"ISO 27001 A.{part}.{n}" for part, most in annex.items() for n in range(1, most + 1)),
        *(f"SOC 2 CC{part}.{n}" for part, most in common.items() for n in range(1, most + 1)),
        *(f"IEC 62304 {clause}" for clause in ("4", *(f"5.{n}" for n in range(1, 9)), "6", "7", "8", "9")),
    }


def squeezed(words: str) -> str:
    """Words without what a line break on paper changes."""
    return "".join(words.split())


@pytest.mark.accepts("SEC-17")
def test_the_command_says_what_is_evidenced_on_screen_on_paper_and_signed(sound: ServerProcess, tmp_path: Path) -> None:
    pdf, signed = tmp_path / "report.pdf", tmp_path / "report.json"
    words = ("compliance", "--tests", str(recorded(tmp_path)), "--pdf", str(pdf), "--json-file", str(signed))
    said = sound.command(*words)
    assert [name for name, found in said["checks"].items() if not found["holds"]] == ["backups"]
    states = {row["rule"]: row["state"] for row in said["rows"]}
    assert clauses(states) >= every_clause(), sorted(every_clause() - clauses(states))
    assert states["HIPAA 164.312(e)(1)"] == report.EVIDENCED
    assert states["HIPAA 164.312(a)(2)(i)"] == report.LACKING, "one of its tests failed"
    assert states["HIPAA 164.308(b)"] == report.CLINIC and states["ASVS 5 V17 WebRTC"] == report.ABSENT
    assert not any("nothing shows it yet" in row["lacks"] for row in said["rows"])
    with PdfDocument(pdf) as paper:
        printed = squeezed("".join(page.get_textpage().get_text_range() for page in paper))
    assert all(squeezed(row["rule"]) in printed for row in said["rows"])
    kept = json.loads(signed.read_text(encoding="utf-8"))
    made_of = {part["name"]: part["version"] for part in kept["parts"]}
    assert "sqlalchemy" in made_of and squeezed(f"sqlalchemy {made_of['sqlalchemy']}") in printed
    signature = bytes.fromhex(kept["signature"])
    plain = json.dumps({**kept, "signature": ""}, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    Ed25519PublicKey.from_public_bytes(sound.home.server_facts.signing_public).verify(signature, plain.encode())
    lines = sound.run("compliance").stdout
    assert "does not hold: test-record. No record of a test run was given." in lines
    assert sound.run("compliance", "--tests", str(tmp_path / "none")).returncode == 2


def change_person(home: Home, **values: object) -> None:
    """Write values over the first account, as no command of ours would."""

    def write(unit: Unit) -> None:
        unit.action = "server.person"
        unit.change(Account, unit.rows(select(Account.id))[0].id, **values)

    home.store.act(write, home.worker)


def stand(home: Home, status: str, reduced: bool) -> None:
    """A workstation in some state."""

    def write(unit: Unit) -> None:
        unit.action = "server.device"
        unit.add(
            Device, author=7, name="Bench 1", site="Main", kind="lab", signing_public=bytes(32), status=status,
            reduced_protection=reduced,
        )  # fmt: skip

    home.store.act(write, home.worker)


def weak_password(home: Home) -> None:
    add_person(home, NewPerson("weak", "Weak", ("receptionist",), PASSWORD), CHEAP)


def same_name(home: Home) -> None:
    add_person(home, NewPerson("chieftain", "Second", ("receptionist",), PASSWORD), FLOOR)
    rows = home.store.read(lambda reader: reader.rows(select(Account.id, Account.login)), home.worker)
    second = next(row.id for row in rows if row.login == "chieftain")
    home.store.act(partial(rename, second), home.worker)


def rename(person: UUID, unit: Unit) -> None:
    """Give somebody a name that somebody has."""
    unit.action = "server.person"
    unit.change(Account, person, login="Chief")


def altered(home: Home) -> None:
    """A byte of the log is another."""
    with home.store.writing() as connection:
        connection.execute(text("update own_change_log set signature = :none where number = 1"), {"none": bytes(64)})


BREAKS: dict[str, Callable[[Home], None]] = {
    "second-factor": lambda home: change_person(home, sealed_totp=None),
    "password-cost": weak_password,
    "own-names": same_name,
    "chains": altered,
    "keyrings": lambda home: stand(home, "approved", True),
    "devices": lambda home: stand(home, "pending", False),
}


@pytest.mark.parametrize("control", BREAKS)
def test_a_broken_control_turns_its_own_line_and_no_other(tmp_path: Path, control: str) -> None:
    made = ServerProcess(tmp_path / "server", training=False)
    add_person(made.home, NewPerson("chief", "The Chief", ("administrator",), PASSWORD, totp.new_seed()), FLOOR)
    BREAKS[control](made.home)
    found = report.make_report(made.home, report.TestRecord()).checks
    made.close()
    assert {name for name, finding in found.items() if not finding.holds} == {
        control, "backups", "transport", report.TEST_RECORD,
    }  # fmt: skip


@stores.files_only("another key and a readable head are a file's")
def test_a_store_that_lies_readable_or_opens_with_any_key_is_said(
    sound: ServerProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "store.db").write_bytes(b"SQLite format 3\x00" + bytes(100))
    readable = Home(tmp_path, sound.home.facts, sound.home.keys, sound.home.store, sound.home.worker)
    assert not checks.store_encrypted(readable).holds
    monkeypatch.setattr(checks.os, "urandom", lambda _count: sound.home.keys.store)
    assert checks.store_encrypted(sound.home).words == "The store opens with any key."


def test_what_waits_in_quarantine_for_months_is_said(sound: ServerProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import UTC, datetime

    from sync_server.quarantine import Quarantined

    old = Quarantined("A 1", "Bench", "x", "chief", datetime(2020, 1, 1, tzinfo=UTC), "schema", "odd")
    monkeypatch.setattr(checks, "quarantine", lambda _home: [old])
    assert checks.held_back(sound.home) == checks.Finding(False, "In quarantine: 1, for more than 30 days: 1.")


def test_rows_and_records_that_do_not_fit_are_named(tmp_path: Path) -> None:
    for words, named in (
        ("rows: [{rule: R, asks: a, checks: [wishes]}]", "wishes"),
        ("rows: [{rule: R, asks: a, prove: [SEC-01]}]", "does not have the fields"),
    ):
        (tmp_path / "rows.yaml").write_text(words)
        with pytest.raises(Damaged, match=named):
            report.read_rows(tmp_path / "rows.yaml")
    (tmp_path / "acceptance.json").write_text("[]")
    with pytest.raises(BadInput, match="holds no record"):
        report.read_record(tmp_path)
    dirty = report.read_record(recorded(tmp_path, changed_since_commit=True))
    assert not dirty.finding().holds and dirty.proves("H44") and not dirty.proves("SEC-99")


@pytest.mark.accepts("SEC-17")
def test_the_bill_of_materials_is_valid_and_names_every_part(sound: ServerProcess, tmp_path: Path) -> None:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator  # builds 39 grammars, seconds that only this test needs

    out = tmp_path / "bom.json"
    named = {part["name"]: part for part in sound.command("parts", "--out", str(out))["parts"]}
    assert {"sqlalchemy", "starlette", "markupsafe"} <= named.keys(), "what is asked for, and what that asks for"
    bom = json.loads(out.read_text(encoding="utf-8"))
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(bom)) is None
    assert {part["name"] for part in bom["components"]} | {"hms"} == named.keys()
    assert {part.name for part in installed_parts(("desktop",))} >= named.keys() | {"pyside6-essentials"}


@pytest.mark.accepts("SEC-17")
def test_what_is_installed_and_pinned_keeps_to_the_dependency_policy(tmp_path: Path) -> None:
    policy = read_policy()
    for name, extras in (("server", ()), ("postgresql", ("postgresql",)), ("desktop", ("desktop",))):
        found = against_policy(installed_parts(extras), policy, pinned(requirements_file(name)))
        assert found == [], name
    odd = Part("odd", "1.0", "AGPL-3.0-only", ())
    either = Part("either", "1.0", "GPL-2.0-only OR LGPL-3.0-only", ())
    assert against_policy([odd, either], policy, {"odd": {"1.1"}}) == [
        "odd is under AGPL-3.0-only", "odd is 1.0, pinned is 1.1", "either is not pinned by hash",
    ]  # fmt: skip
    assert pinned(tmp_path / "none") == {}
    (tmp_path / "policy.yaml").write_text("may_be_under: MIT")
    with pytest.raises(Damaged, match="no dependency policy"):
        read_policy(tmp_path / "policy.yaml")


@pytest.mark.accepts("SEC-17")
def test_threats_and_incidents_name_proofs_and_commands_that_there_are() -> None:
    """Each threat of the model is met and shown by something that exists; each act of the runbook is a command."""
    page = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    threats = re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", page, re.MULTILINE)[1:]
    assert len(threats) >= 12
    hazards = {hazard.id for hazard in read_hazards()}
    for threat, met, shown in threats:
        proofs = [proof.strip() for proof in shown.split(",")]
        assert met.strip() and proofs, threat
        for proof in proofs:
            number = re.fullmatch(r"[A-Z]{1,3}-\d\d", proof)
            assert number or proof in hazards or (ROOT / proof).exists(), (threat, proof)
    runbook = page.partition("## When something has happened")[2].partition("\n## ")[0]
    assert len(re.findall(r"^- \*\*", runbook, re.MULTILINE)) >= 6
    known: Any = typer.main.get_command(app)
    named = set(re.findall(r"`hms-server ([a-z-]+)", page))
    assert named and named <= known.commands.keys(), sorted(named - known.commands.keys())


@pytest.mark.accepts("SEC-17")
def test_what_is_called_shown_names_tests_and_programs_that_there_are() -> None:
    page = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    shown = page.partition("## What is shown, by which command")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", shown, re.MULTILINE)[1:]
    assert len(rows) >= 12
    for what, by in rows:
        files = [(ROOT / name).read_text(encoding="utf-8") for name in re.findall(r"tests/\S+?\.py", by)]
        programs = re.findall(r"-m (\S+)", by)
        assert files or programs, what
        assert all(find_spec(name.strip("`")) for name in programs), what
        for words in re.findall(r'-k (?:"([^"]+)"|([\w]+))', by):
            for word in "".join(words).split(" or "):
                assert any(re.search(rf"def test_\w*{word}", text) for text in files), (what, word)


def test_a_server_that_speaks_older_tls_or_another_certificate_is_said(
    sound: ServerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    for answers, words in (([True], "speaks TLS 1.2"), ([False, False], "does not speak TLS 1.3")):
        said = iter(answers)
        monkeypatch.setattr(checks, "_answers", lambda *_about, said=said: next(said))
        found = checks.transport(sound.home)
        assert not found.holds and words in found.words
    assert devices.codes_open(sound.home) == 0
