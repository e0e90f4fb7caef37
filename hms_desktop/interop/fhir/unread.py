# SPDX-License-Identifier: Apache-2.0
"""Which elements of a resource our mapping reads, so that every other one can be counted and named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cache
from typing import Any

from hms_desktop.interop.fhir.entries import Json

SILENT = frozenset({"resourceType", "id"})


def concept(path: str) -> tuple[str, ...]:
    """The parts of a CodeableConcept that are read."""
    return (f"{path}.text", *coding(f"{path}.coding"))


def coding(path: str) -> tuple[str, ...]:
    """The parts of a Coding that are read."""
    return tuple(f"{path}.{part}" for part in ("system", "code", "display", "userSelected"))


def reference(path: str) -> tuple[str, ...]:
    """The parts of a Reference that are read."""
    return tuple(f"{path}.{part}" for part in ("reference", "type", "display", "identifier.system", "identifier.value"))


def period(path: str) -> tuple[str, ...]:
    """The parts of a Period."""
    return f"{path}.start", f"{path}.end"


def quantity(path: str) -> tuple[str, ...]:
    """The parts of a Quantity."""
    return tuple(f"{path}.{part}" for part in ("value", "comparator", "unit", "system", "code"))


def kept(*paths: str | Iterable[str]) -> frozenset[str]:
    """A set of element paths, from single ones and groups."""
    return frozenset(one for path in paths for one in ((path,) if isinstance(path, str) else path))


def unread(resource: Json, read: frozenset[str]) -> Counter[str]:
    """Element paths of a resource that are not read, with their number; extensions by the end of their address."""
    found: Counter[str] = Counter()
    kind = str(resource["resourceType"])
    for name, value in resource.items():
        if name not in SILENT:
            _walk(name, value, read, _stems(read), found)
    return Counter({f"{kind}.{path}": count for path, count in found.items()})


def _walk(path: str, value: Any, read: frozenset[str], stems: frozenset[str], found: Counter[str]) -> None:
    if isinstance(value, list):
        for one in value:
            _walk(path, one, read, stems, found)
    elif path in read:
        return
    elif path in stems and isinstance(value, dict):
        for name, inner in value.items():
            _walk(f"{path}.{name}", inner, read, stems, found)
    elif path.endswith(("extension", "modifierExtension")) and isinstance(value, dict):
        found[f"{path} {str(value.get('url', '')).rstrip('/').rsplit('/', 1)[-1]}".strip()] += 1
    else:
        found[path] += 1


@cache
def _stems(read: frozenset[str]) -> frozenset[str]:
    """Every path on the way to a path that is read."""
    return frozenset(path[:index] for path in read for index, letter in enumerate(path) if letter == ".")
