# SPDX-License-Identifier: Apache-2.0
"""What the machine lacks is found by asking the loader, installed where we may, and else said in one line to paste."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from installer import system_packages
from installer.system_packages import Need, library_loads, module_exists, program_exists

ABSENT = Need("libnosuchthing.so.9", library_loads, ("libnosuchthing9t64", "libnosuchthing9"))


@pytest.fixture
def apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Programs `apt-get` and `apt-cache` of our own, first on the path; returns the log of what they were asked."""
    monkeypatch.setattr("sys.platform", "linux")
    log = tmp_path / "asked"
    log.touch()

    def known(package: str) -> Path:
        scripts = {
            "apt-cache": f'#!/bin/sh\necho "cache $*" >> "{log}"\ntest "$2" = "{package}"\n',
            "apt-get": f'#!/bin/sh\necho "get $*" >> "{log}"\n',
        }
        for name, script in scripts.items():
            (tmp_path / name).write_text(script, encoding="ascii")
            (tmp_path / name).chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
        return log

    return known


def test_what_is_there_is_not_missed() -> None:
    here = [
        Need("libc.so.6", library_loads, ("libc6",)),
        Need("json", module_exists, ("python3",)),
        Need("sh", program_exists, ("dash",)),
    ]
    assert system_packages.missing(here) == []
    assert system_packages.missing([ABSENT, *here]) == [ABSENT]


def test_nothing_is_said_or_done_when_nothing_lacks(apt: Callable[[str], Path]) -> None:
    log = apt("any")
    said: list[str] = []
    assert system_packages.provide([], said.append) is None
    assert not said and not log.read_text()


@pytest.mark.parametrize("known", ["libnosuchthing9t64", "libnosuchthing9"])
def test_a_person_who_may_not_install_gets_one_line_for_this_release(
    known: str, apt: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    log = apt(known)
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    sentence = system_packages.provide([ABSENT], lambda _text: None)
    assert sentence is not None and "lacks libnosuchthing.so.9" in sentence
    assert sentence.splitlines()[-1].strip() == (
        f"sudo apt-get update && sudo apt-get install -y --no-install-recommends {known}"
    )
    assert "get " not in log.read_text()


def test_root_gets_it_installed_after_the_lists_are_fresh(
    apt: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    log, found = apt("libnosuchthing9"), iter([False, True])
    monkeypatch.setattr("os.geteuid", lambda: 0)
    need = Need(ABSENT.what, lambda _name: next(found), ABSENT.packages)
    assert system_packages.provide([need], lambda _text: None) is None
    asked = [line for line in log.read_text().splitlines() if line.startswith("get")]
    assert asked[0].startswith("get update") and asked[1].endswith("libnosuchthing9")


def test_what_apt_could_not_bring_is_said(apt: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    apt("libnosuchthing9")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert "apt-get install" in (system_packages.provide([ABSENT], lambda _text: None) or "")


def test_a_machine_without_apt_is_told_the_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr("shutil.which", lambda _name: None)
    assert "libnosuchthing9)" in (system_packages.provide([ABSENT], lambda _text: None) or "")


def test_the_names_are_those_of_the_reference_system() -> None:
    done = subprocess.run(["sh", "-c", ". /etc/os-release; echo $ID$VERSION_ID"], capture_output=True, text=True)
    if done.stdout.strip() != "debian12":
        pytest.skip("the names are checked on Debian 12")
    names = {need.packages[-1] for need in system_packages.WINDOWS + system_packages.TESTS}
    shown = subprocess.run(["apt-cache", "show", *names], capture_output=True, text=True).stdout
    known = {line.removeprefix("Package: ") for line in shown.splitlines() if line.startswith("Package: ")}
    assert not names - known
