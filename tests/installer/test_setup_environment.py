# SPDX-License-Identifier: Apache-2.0
"""`.venv` is made once, made again when what it was made from changed, and a failure says what to do."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from installer import setup_environment


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what the set-up reads, in a folder with a space in its name."""
    root = tmp_path / "my clinic"
    (root / "installer").mkdir(parents=True)
    shutil.copy(setup_environment.ROOT / "pyproject.toml", root)
    for name in setup_environment.INCLUDED:
        shutil.copy(setup_environment.requirements(name), root / "installer")
    monkeypatch.setattr(setup_environment, "ROOT", root)
    monkeypatch.setattr(setup_environment, "VENV", root / ".venv")
    monkeypatch.setattr(setup_environment, "PYTHON", root / ".venv" / "bin" / "python")
    monkeypatch.setattr(setup_environment, "NEEDS", dict.fromkeys(setup_environment.INCLUDED, ()))
    return root


def pretend_installed(name: str) -> None:
    setup_environment.PYTHON.parent.mkdir(parents=True)
    setup_environment.PYTHON.touch()
    setup_environment.stamp(name).write_text(setup_environment.fingerprint(name), encoding="ascii")


def test_a_ready_environment_is_used_as_it_is(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pretend_installed("desktop")
    assert setup_environment.ensure("desktop") == setup_environment.PYTHON
    assert "ready" in capsys.readouterr().out


def test_the_whole_set_serves_the_desktop_but_not_the_other_way_round() -> None:
    assert "desktop" in setup_environment.INCLUDED["test"] and "test" not in setup_environment.INCLUDED["desktop"]


def test_new_pins_make_it_again(project: Path) -> None:
    pretend_installed("desktop")
    with (project / "installer" / "requirements-desktop.txt").open("a", encoding="utf-8") as pins:
        pins.write("# one more\n")
    assert not setup_environment.is_ready("desktop")


def test_a_moved_folder_makes_it_again(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend_installed("desktop")
    monkeypatch.setattr(setup_environment, "ROOT", project.rename(project.with_name("elsewhere")))
    assert not setup_environment.is_ready("desktop")


def test_a_half_made_environment_is_not_taken_for_a_whole_one(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "installer" / "requirements-server.txt").write_text(
        "no-such-package-here==1.0 --hash=sha256:00\n", encoding="utf-8"
    )
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(SystemExit) as stopped:
        setup_environment.ensure("server")
    assert stopped.value.code == setup_environment.PACKAGES_NOT_FETCHED
    assert "run this again" in capsys.readouterr().err
    assert setup_environment.PYTHON.exists() and not setup_environment.is_ready("server")


def test_what_the_machine_lacks_stops_before_anything_is_made(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("installer.system_packages.provide", lambda _needs, _say: "This machine lacks sense.")
    with pytest.raises(SystemExit) as stopped:
        setup_environment.ensure("server")
    assert stopped.value.code == setup_environment.MACHINE_LACKS_SOMETHING
    assert "lacks sense" in capsys.readouterr().err and not setup_environment.VENV.exists()


@pytest.mark.parametrize("command", ["run.py", "test.py"])
def test_both_commands_explain_themselves_from_any_folder(command: str, tmp_path: Path) -> None:
    path = Path(__file__).parents[2] / "installer" / command
    said = subprocess.run([sys.executable, str(path), "--help"], cwd=tmp_path, capture_output=True, text=True)
    assert said.returncode == 0 and "usage:" in said.stdout
