# SPDX-License-Identifier: Apache-2.0
"""Finding the JSON texts in files, folders and zips, in the order in which what is shared comes first."""

from __future__ import annotations

import lzma
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import ROUND_FLOOR
from itertools import islice
from pathlib import Path, PurePath, PurePosixPath
from typing import IO

from hms_desktop.core.quantities import show_size
from hms_desktop.core.text import _
from hms_desktop.interop.fhir.results import Fault, Limits

ENDINGS = (".json", ".ndjson")
PACKED = (".zip", ".gz", ".tgz", ".tar", ".bz2", ".xz", ".7z", ".rar")
PEEK = 16_384
BROKEN = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, NotImplementedError)
_TYPE = re.compile(rb'"resourceType"\s*:\s*"([A-Za-z]+)"')
_SHARED = {
    kind: rank
    for rank, kind in enumerate(
        ("Organization", "Location", "Practitioner", "PractitionerRole", "Medication", "Patient", "Bundle")
    )
}
_STAFF = ("Organization", "Location", "Practitioner", "PractitionerRole")


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
    """Every text under these files and folders; shared resources and patients before what belongs to them.

    A bundle comes where its first resource would: staff and organizations exported apart come before the patients.
    """
    found = [source for path in paths for source in _under(path, limits)]
    return sorted(found, key=lambda source: source.rank)


def _under(path: Path, limits: Limits) -> Iterator[Source]:
    if not path.is_dir():
        yield from _file(path, limits, path.name)
        return
    found = [child for child in sorted(path.rglob("*")) if not child.is_dir()]
    if not found:
        yield _refused(path.name, _("The folder is empty."))
    for child in found:
        name = str(child.relative_to(path.parent))
        if _is_no_fhir(child) and child.suffix.lower() != ".zip":
            yield Source(name, 0, bytes, passed_over=_why_not(child))
        else:
            yield from _file(child, limits, name)


def _is_no_fhir(path: PurePath) -> bool:
    """Whether a name in a folder or zip is no FHIR text: a readme, a picture, what systems leave behind."""
    return path.suffix.lower() not in ENDINGS or path.name.startswith(".") or "__MACOSX" in path.parts


def _why_not(path: PurePath) -> str:
    ending = path.suffix.lower()
    if ending in PACKED and not path.name.startswith("."):
        return _("packed files in a zip or folder are not opened; unpack it first")
    return _("XML is not read; export it as JSON") if ending == ".xml" else _("not a FHIR file")


def _file(path: Path, limits: Limits, name: str) -> Iterator[Source]:
    try:
        about = path.stat()
        size = about.st_size
        if not stat.S_ISREG(about.st_mode):
            yield _refused(name, _("This is no file: it is a device, a pipe or the like."))
        elif path.suffix.lower() == ".zip":
            yield from _members(path, limits, name)
        elif path.suffix.lower() not in ENDINGS:
            yield _refused(name, _("FHIR is read as .json, .ndjson or .zip. Export it as one of these."), size)
        elif size > limits.file_bytes:
            yield _refused(name, _too_large(size, limits), size)
        else:
            with path.open("rb") as opened:
                yield Source(name, size, lambda: _read_file(path, limits, name), _rank(opened.read(PEEK)))
    except OSError as error:
        yield _refused(name, _("The file can't be read: {reason}.").format(reason=error.strerror or error))


def _members(path: Path, limits: Limits, name: str) -> Iterator[Source]:
    try:
        with zipfile.ZipFile(path) as archive:
            infos = [info for info in archive.infolist() if not info.filename.endswith("/")]
            if not infos:
                yield _refused(name, _("The zip is empty."))
            if len(infos) > limits.members:
                yield _refused(name, _("The zip holds more than {count} files. Split it.").format(count=limits.members))
                return
            yield from [_member(archive, path, info, limits, name) for info in sorted(infos, key=lambda i: i.filename)]
    except (zipfile.BadZipFile, NotImplementedError, ValueError, LookupError, struct.error) as error:
        yield _refused(name, _("The zip is broken or cut short: {reason}.").format(reason=error))


def _member(archive: zipfile.ZipFile, path: Path, info: zipfile.ZipInfo, limits: Limits, zip_name: str) -> Source:
    name = f"{zip_name} > {info.filename}"
    inner = PurePosixPath(info.filename)
    if _is_no_fhir(inner):
        return Source(name, 0, bytes, passed_over=_why_not(inner))
    if info.flag_bits & 0x1:
        return _refused(name, _("The file is locked with a password. Unlock the zip first."))
    if info.file_size > limits.file_bytes:
        return _refused(name, _too_large(info.file_size, limits))
    if info.file_size > limits.ratio * max(info.compress_size, 1) + 1_000_000:
        return _refused(name, _("The file unpacks to far more than its size, as a trap would."))
    try:
        with archive.open(info) as opened:
            rank = _rank(opened.read(PEEK))
    except BROKEN as error:
        return _refused(name, _broken_member(error))
    return Source(name, info.file_size, lambda: _read_member(path, info, limits, name), rank)


def _read_file(path: Path, limits: Limits, name: str) -> bytes:
    with path.open("rb") as opened:
        return _bounded(opened, limits, name)


def _read_member(path: Path, info: zipfile.ZipInfo, limits: Limits, name: str) -> bytes:
    try:
        with zipfile.ZipFile(path) as archive, archive.open(info) as opened:
            return _bounded(opened, limits, name)
    except BROKEN as error:
        raise Fault(name, "", _broken_member(error)) from error


def _bounded(opened: IO[bytes], limits: Limits, name: str) -> bytes:
    data = opened.read(limits.file_bytes + 1)
    if len(data) > limits.file_bytes:
        raise Fault(name, "", _too_large(len(data), limits))
    return data


def _rank(start: bytes) -> int:
    """Where a file comes in the order; what does not name its type at the start comes last."""
    types = [found.group(1).decode() for found in islice(_TYPE.finditer(start), 2)]
    first = types[1] if types[:1] == ["Bundle"] and types[1:] and types[1] in _STAFF else (types or [""])[0]
    return _SHARED.get(first, len(_SHARED))


def _refused(name: str, reason: str, size: int = 0) -> Source:
    return Source(name, size, bytes, fault=Fault(name, "", reason))


def _broken_member(error: Exception) -> str:
    return _("The zip is broken at this file: {reason}.").format(reason=error)


def _too_large(size: int, limits: Limits) -> str:
    return _("The file has {size}; at most {limit} are read at a time. Split it.").format(
        size=show_size(size), limit=show_size(limits.file_bytes, ROUND_FLOOR)
    )
