# SPDX-License-Identifier: Apache-2.0
"""Finding the JSON texts in files, folders and zips, in the order in which what is shared comes first."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import ROUND_FLOOR
from pathlib import Path, PurePosixPath
from typing import IO

from hms_desktop.core.quantities import show_size
from hms_desktop.core.text import _
from hms_desktop.interop.fhir.results import Fault, Limits

ENDINGS = (".json", ".ndjson")
PEEK = 4096
_FIRST_TYPE = re.compile(rb'"resourceType"\s*:\s*"([A-Za-z]+)"')
_SHARED = {
    kind: rank
    for rank, kind in enumerate(
        ("Organization", "Location", "Practitioner", "PractitionerRole", "Medication", "Patient", "Bundle")
    )
}


@dataclass(frozen=True)
class Source:
    """One text to read: its name, its size in bytes, and how to get it; `fault` or `passed_over` if it is not read."""

    name: str
    size: int
    read: Callable[[], bytes]
    rank: int = len(_SHARED)
    fault: Fault | None = None
    passed_over: str = ""


def sources(paths: Iterable[Path], limits: Limits) -> list[Source]:
    """Every text under these files and folders; shared resources and patients before what belongs to them."""
    found = [source for path in paths for source in _under(path, limits)]
    return sorted(found, key=lambda source: source.rank)


def _under(path: Path, limits: Limits) -> Iterator[Source]:
    if path.is_dir():
        for child in sorted(path.rglob("*")):
            if child.is_file():
                yield from _file(child, limits, str(child.relative_to(path.parent)))
    else:
        yield from _file(path, limits, path.name)


def _file(path: Path, limits: Limits, name: str) -> Iterator[Source]:
    try:
        size = path.stat().st_size
        if path.suffix.lower() == ".zip":
            yield from _members(path, limits, name)
        elif path.suffix.lower() not in ENDINGS:
            yield _refused(name, _("FHIR is read as .json, .ndjson or .zip. Export it as one of these."), size)
        elif size > limits.file_bytes:
            yield _refused(name, _too_large(size, limits), size)
        else:
            with path.open("rb") as opened:
                yield Source(name, size, path.read_bytes, _rank(opened.read(PEEK)))
    except OSError as error:
        yield _refused(name, _("The file can't be read: {reason}.").format(reason=error.strerror or error))


def _members(path: Path, limits: Limits, name: str) -> Iterator[Source]:
    try:
        with zipfile.ZipFile(path) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
            if len(infos) > limits.members:
                yield _refused(name, _("The zip holds more than {count} files. Split it.").format(count=limits.members))
                return
            yield from [_member(archive, path, info, limits, name) for info in sorted(infos, key=lambda i: i.filename)]
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError, ValueError) as error:
        yield _refused(name, _("The zip is broken or cut short: {reason}.").format(reason=error))


def _member(archive: zipfile.ZipFile, path: Path, info: zipfile.ZipInfo, limits: Limits, zip_name: str) -> Source:
    name = f"{zip_name} > {info.filename}"
    inner = PurePosixPath(info.filename)
    if inner.suffix.lower() not in ENDINGS or inner.name.startswith(".") or "__MACOSX" in inner.parts:
        return Source(name, 0, bytes, passed_over=_("not a FHIR file"))
    if info.flag_bits & 0x1:
        return _refused(name, _("The file is locked with a password. Unlock the zip first."))
    if info.file_size > limits.file_bytes:
        return _refused(name, _too_large(info.file_size, limits))
    if info.file_size > limits.ratio * max(info.compress_size, 1) + 1_000_000:
        return _refused(name, _("The file unpacks to far more than its size, as a trap would."))
    try:
        with archive.open(info) as opened:
            rank = _rank(opened.read(PEEK))
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
        return _refused(name, _broken_member(error))
    return Source(name, info.file_size, lambda: _read_member(path, info, limits, name), rank)


def _read_member(path: Path, info: zipfile.ZipInfo, limits: Limits, name: str) -> bytes:
    try:
        with zipfile.ZipFile(path) as archive, archive.open(info) as opened:
            return _bounded(opened, limits, name)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
        raise Fault(name, "", _broken_member(error)) from error


def _bounded(opened: IO[bytes], limits: Limits, name: str) -> bytes:
    data = opened.read(limits.file_bytes + 1)
    if len(data) > limits.file_bytes:
        raise Fault(name, "", _too_large(len(data), limits))
    return data


def _rank(start: bytes) -> int:
    """Where a file comes in the order; what does not name its type at the start comes last."""
    found = _FIRST_TYPE.search(start)
    return _SHARED.get(found.group(1).decode(), len(_SHARED)) if found else len(_SHARED)


def _refused(name: str, reason: str, size: int = 0) -> Source:
    return Source(name, size, bytes, fault=Fault(name, "", reason))


def _broken_member(error: Exception) -> str:
    return _("The zip is broken at this file: {reason}.").format(reason=error)


def _too_large(size: int, limits: Limits) -> str:
    return _("The file has {size}; at most {limit} are read at a time. Split it.").format(
        size=show_size(size), limit=show_size(limits.file_bytes, ROUND_FLOOR)
    )
