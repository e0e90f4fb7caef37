# SPDX-License-Identifier: Apache-2.0
"""Bad files by the hundred at every import: each refused by place and reason, none half in, nothing outside touched."""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from hms_desktop.core.errors import BadInput
from hms_desktop.interop.fhir.reader import read_files
from hms_desktop.storage.records import REGISTRY
from sync_server import catalogue_files
from sync_server.catalogue import bring_in
from sync_server.importing import Importer
from sync_server.reading.reference import read_catalogue_apart
from tests.server import bad_files
from tests.server.process import ServerProcess
from tests.sync.world import dump

EVERYTHING = frozenset(REGISTRY)
SAMPLE = 12
"""Every so many-th file goes through the whole command as well."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server's folder; nobody serves it."""
    made = ServerProcess(tmp_path_factory.mktemp("bad") / "server")
    yield made
    made.close()


def written(folder: Path, files: Iterator[bad_files.Bad]) -> list[Path]:
    """The files in a folder."""
    folder.mkdir()
    found = []
    for name, content in files:
        found.append(folder / name)
        found[-1].write_bytes(content)
    return found


@pytest.mark.hazard("H51")
def test_every_bad_file_is_refused_by_place_and_reason(tmp_path: Path) -> None:
    paths = written(tmp_path / "bad", bad_files.fhir())
    assert len(paths) >= 500
    for path in paths:
        results = list(read_files([path]))
        assert results, path.name
        for result in results:
            assert result.fault is not None, (path.name, result.kept)
            assert not result.rows and not result.kept, path.name
            told = str(result.fault)
            assert told.startswith(path.name[:20]) and told.endswith("Nothing of this file was imported."), told
            assert result.fault.reason and "Traceback" not in told and len(told) < 2000, told


@pytest.mark.hazard("H51")
def test_the_import_refuses_a_sample_in_its_cage_and_writes_nothing(store: ServerProcess, tmp_path: Path) -> None:
    paths = written(tmp_path / "bad", bad_files.fhir())[::SAMPLE]
    before = dump(store.home.store, EVERYTHING)
    report = Importer(store.home).run(paths)
    assert len(report.refused) >= len(paths) - 1 and report.imported == 0 and not report.rows_new
    assert dump(store.home.store, EVERYTHING) == before


@pytest.mark.hazard("H51")
def test_what_is_no_file_and_what_lies_elsewhere_is_left_alone(store: ServerProcess, tmp_path: Path) -> None:
    folder, outside = tmp_path / "in", tmp_path / "outside"
    folder.mkdir()
    outside.mkdir()
    os.mkfifo(folder / "pipe.json")
    (folder / "zero.json").symlink_to("/dev/zero")
    (folder / "gone.json").symlink_to(folder / "nowhere.json")
    (folder / "loop.json").symlink_to(folder / "loop.json")
    (folder / "secret.json").symlink_to("/etc/passwd")
    (folder / "up.zip").write_bytes(bad_files.zipped({"../outside/got-out.json": bad_files.WHOLE[:-9]}))
    before = dump(store.home.store, EVERYTHING)
    done = store.run("import", "fhir", str(folder))
    assert done.returncode == 1 and "Traceback" not in done.stderr
    for name in ("pipe.json", "zero.json", "gone.json", "loop.json", "secret.json", "got-out.json"):
        assert f"{name}" in done.stdout, name
    assert "root:" not in done.stdout + done.stderr, "what it points at is not told"
    assert not list(outside.iterdir()) and dump(store.home.store, EVERYTHING) == before


def test_a_name_that_leads_elsewhere_is_only_a_name(tmp_path: Path) -> None:
    path = tmp_path / "names.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in bad_files.NAMES:
            archive.writestr(name, bad_files.WHOLE)
    assert sum(
        result.kept == {"Patient": 1, "Observation": 1, "AllergyIntolerance": 1} for result in read_files([path])
    )
    assert sorted(one.name for one in tmp_path.iterdir()) == ["names.zip"]


@pytest.mark.hazard("H51")
def test_bad_reference_data_is_refused_whole_with_file_and_line(store: ServerProcess, tmp_path: Path) -> None:
    before = dump(store.home.store, EVERYTHING)
    paths = written(tmp_path / "bad", bad_files.catalogue())
    entries, faults = read_catalogue_apart(paths, date(2126, 1, 1))
    assert entries == catalogue_files.read_files(paths, date(2126, 1, 1))[0]
    for path in paths:
        assert any(fault.startswith(path.name) for fault in faults), path.name
    with pytest.raises(BadInput, match=re.escape(paths[-1].name)):
        bring_in(store.home, paths[-1:], date(2126, 1, 1))
    assert dump(store.home.store, EVERYTHING) == before
    done = store.run("import", "catalogue", str(paths[0]))
    assert done.returncode != 0 and paths[0].name in done.stderr and "Traceback" not in done.stderr
