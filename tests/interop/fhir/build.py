# SPDX-License-Identifier: Apache-2.0
"""Small FHIR files for tests, and reading them through the real door."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from hms_desktop.interop.fhir.reader import read_files
from hms_desktop.interop.fhir.results import FileResult, Limits, MappedRow

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data" / "fhir"
SYNTHEA, EXAMPLES = SHARED / "synthea-r4-smart-a.zip", SHARED / "hl7-r4-examples-4.0.1.zip"
ANN: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "ann",
    "gender": "female",
    "birthDate": "1979-03-14",
    "name": [{"use": "official", "family": "Okonkwo", "given": ["Amara", "Ann"], "prefix": ["Mrs"]}],
}
SUBJECT = {"reference": "Patient/ann"}


def need(path: Path) -> Path:
    """The shared file, or skip the test where the shared data is not beside the project."""
    if not path.exists():
        pytest.skip(f"{path.name} is not beside the project")
    return path


def bundle(*resources: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A collection of resources."""
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in resources], **more}


def write(folder: Path, content: Any, name: str = "file.json") -> Path:
    """A file of this content: bytes as they are, all else as JSON."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def pack(folder: Path, members: dict[str, Any], name: str = "files.zip") -> Path:
    """A zip of members."""
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members.items():
            archive.writestr(member, content if isinstance(content, bytes) else json.dumps(content))
    return path


def read(folder: Path, content: Any, name: str = "file.json", **more: Any) -> FileResult:
    """The one result of reading one file."""
    (result,) = read_files([write(folder, content, name)], **more)
    return result


def rows(folder: Path, table: str, *resources: dict[str, Any], **more: Any) -> list[MappedRow]:
    """The rows of one table from a bundle of Ann and these resources; the file must be good."""
    result = read(folder, bundle(ANN, *resources), **more)
    assert result.fault is None, str(result.fault)
    return [row for row in result.rows if row.table == table]


def only(folder: Path, table: str, *resources: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The values of the single row of a table."""
    (row,) = rows(folder, table, *resources, **more)
    return dict(row.values)


def refusal(folder: Path, content: Any, name: str = "file.json", limits: Limits | None = None) -> str:
    """The message with which a file is refused; nothing of it may come through."""
    result = read(folder, content, name, limits=limits)
    assert result.fault is not None
    assert not result.rows and not result.kept
    return str(result.fault)
