# SPDX-License-Identifier: Apache-2.0
"""Splitting a JSON text into its resources, each with its place, without holding all of them open at once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from hms_desktop.core.text import _
from hms_desktop.interop.fhir.results import Fault, Limits

RESOURCE_TYPES = Path(__file__).resolve().parents[3] / "resources" / "code_sets" / "fhir_r4_resources.txt"
BUNDLE_TYPES = {
    "document",
    "message",
    "transaction",
    "transaction-response",
    "batch",
    "batch-response",
    "searchset",
    "collection",
}
DEEPEST_BUNDLE = 3
BOM = b"\xef\xbb\xbf"
LONGEST_NUMBER = 300
"""Digits before or after the point: the examples of the standard have 245, a chart can't draw more than 308."""
ATTACHED = "data"
"""The element of a scan or picture (Attachment.data): never kept, and as long as the file lets it be."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_BYTE = re.compile(r" ?\(byte (\d+)\)")
Json = dict[str, Any]


_Any = msgspec.Raw
_UNREAD = msgspec.Raw()


class _Request(msgspec.Struct):
    method: str | None = None


class _Entry(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """All that a Bundle.entry may hold; only the first three are read."""

    full_url: str | None = None
    resource: msgspec.Raw = _UNREAD
    request: _Request | None = None
    id: _Any = _UNREAD
    link: _Any = _UNREAD
    search: _Any = _UNREAD
    response: _Any = _UNREAD
    extension: _Any = _UNREAD
    modifier_extension: _Any = _UNREAD


class _Shell(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """All that a Bundle may hold; only type and entry are read."""

    type: str
    resource_type: str
    entry: list[_Entry] | None = None
    id: _Any = _UNREAD
    meta: _Any = _UNREAD
    implicit_rules: _Any = _UNREAD
    language: _Any = _UNREAD
    identifier: _Any = _UNREAD
    timestamp: _Any = _UNREAD
    total: _Any = _UNREAD
    link: _Any = _UNREAD
    signature: _Any = _UNREAD


class _Identifier(msgspec.Struct):
    system: str | None = None
    value: str | None = None


class _Head(msgspec.Struct, rename={"resource_type": "resourceType"}):
    resource_type: str
    id: str | None = None
    identifier: list[_Identifier] | _Identifier | None = None


@dataclass(frozen=True)
class Entry:
    """One resource: its JSON bytes (opened by `resource`), type, id, identifiers as (system, value), and place.

    `known_as` is the key under which its record stands already, when that is not its own.
    """

    kind: str
    id: str | None
    full_url: str | None
    identifiers: tuple[tuple[str, str], ...]
    raw: bytes | memoryview
    name: str
    place: str
    known_as: str = ""

    def resource(self, limits: Limits) -> Json:
        """The resource as Python values, numbers with a fraction as Decimal; checked for depth and long texts."""
        found: Json = _decoded(self.raw, self.name, self.place)
        _check_size(found, limits, self)
        return found

    def fault(self, reason: str, element: str = "") -> Fault:
        """The fault that refuses the file because of this entry."""
        return Fault(self.name, f"{self.place}, {element}" if element else self.place, reason)


def entries(data: bytes, name: str, limits: Limits) -> list[Entry]:
    """All resources of a text: of a bundle, of lines of JSON, or the single one; raises Fault."""
    if other := _other_format(data):
        raise Fault(name, "", other)
    text = data.removeprefix(BOM)
    found = list(_lines(text, name) if name.lower().endswith(".ndjson") else _document(text, name))
    if len(found) > limits.resources:
        reason = _("The file holds {count} resources; at most {limit} are read at a time. Split it.")
        raise Fault(name, "", reason.format(count=len(found), limit=limits.resources))
    return found


def _other_format(data: bytes) -> str:
    """Why a text that is no JSON in UTF-8 is none, by how it begins; empty when it may be."""
    if data.removeprefix(BOM).lstrip()[:1] == b"<":
        return _("This is XML. FHIR is read as JSON: export it as JSON.")
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _("This is a zip under another name. Let its name end in .zip.")
    if data.startswith(b"\x1f\x8b"):
        return _("The file is packed with gzip. Unpack it first.")
    if data.startswith((b"\xff\xfe", b"\xfe\xff", b"{\x00", b"\x00{")):
        return _("The text is in UTF-16. Save it as UTF-8.")
    return ""


@cache
def resource_types() -> frozenset[str]:
    """The names of all resources of FHIR R4 and R4B."""
    lines = RESOURCE_TYPES.read_text("utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def _document(text: bytes, name: str) -> Iterator[Entry]:
    if not text.strip():
        raise Fault(name, "", _("The file is empty."))
    head: _Head = _decode(_heads, text, name, "")
    if head.resource_type == "Bundle":
        yield from _bundle(text, name, "", 0)
    else:
        yield _entry(text, None, name, _("line 1"))


def _bundle(raw: bytes | msgspec.Raw, name: str, outer: str, depth: int) -> Iterator[Entry]:
    """The entries of a bundle, and of bundles in it such as the answers of a batch."""
    shell: _Shell = _decode(_shells, raw, name, outer)
    if shell.type not in BUNDLE_TYPES or depth > DEEPEST_BUNDLE:
        raise Fault(
            name,
            f"{outer}, Bundle.type" if outer else "Bundle.type",
            _(
                "A bundle of type “{type}” is not a set of records. Export a collection, searchset or transaction."
            ).format(type=shell.type[:40]),
        )
    _no_resource_lost(raw, shell, name, outer)
    for number, entry in enumerate(shell.entry or (), 1):
        place = f"{outer} > " * bool(outer) + _("entry {number}").format(number=number)
        if entry.request is not None and entry.request.method in {"DELETE", "PATCH"}:
            raise Fault(name, place, _("The bundle asks to delete or patch; an import only adds."))
        if bytes(memoryview(entry.resource)[:5]) in {b"", b"null"}:
            continue
        found = _entry(entry.resource, entry.full_url, name, place)
        if found.kind == "Bundle":
            yield from _bundle(entry.resource, name, place, depth + 1)
        else:
            yield found


def _no_resource_lost(raw: bytes | msgspec.Raw, shell: _Shell, name: str, outer: str) -> None:
    """Raise Fault when an element of the bundle comes twice, for then only the last would be read.

    The quick look: is the word "resource" outside of the resources more often than there are entries that hold one?
    """
    word = b'"resource"'
    inside = [bytes(held) for entry in shell.entry or () if (held := entry.resource)]
    if bytes(memoryview(raw)).count(word) > sum(held.count(word) for held in inside) + len(inside):
        _decoded(bytes(memoryview(raw)), name, outer)


def _lines(text: bytes, name: str) -> Iterator[Entry]:
    for number, line in enumerate(text.split(b"\n"), 1):
        if not line.strip():
            continue
        entry = _entry(line, None, name, _("line {number}").format(number=number))
        if entry.kind == "Bundle":
            yield from _bundle(line, name, _("line {number}").format(number=number), 0)
        else:
            yield entry


def _entry(raw: bytes | memoryview | msgspec.Raw, url: str | None, name: str, place: str) -> Entry:
    head: _Head = _decode(_heads, raw, name, place)
    if head.resource_type not in resource_types():
        raise Fault(
            name,
            place,
            _("“{type}” is no resource of FHIR R4. Is it a file of another FHIR version?").format(
                type=head.resource_type[:60]
            ),
        )
    listed = head.identifier if isinstance(head.identifier, list) else [head.identifier] if head.identifier else []
    identifiers = tuple((one.system or "", one.value) for one in listed if one.value)
    who = f"{head.resource_type}/{head.id}" if head.id else head.resource_type
    return Entry(head.resource_type, head.id, url, identifiers, memoryview(raw), name, f"{place}, {who}")


def _decode(decoder: msgspec.json.Decoder[Any], raw: bytes | memoryview | msgspec.Raw, name: str, place: str) -> Any:
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError as error:
        raise Fault(name, place, _("This is not FHIR JSON: {reason}.").format(reason=error)) from error
    except msgspec.DecodeError as error:
        raise _malformed(error, raw, name, place) from error
    except (UnicodeDecodeError, RecursionError, InvalidOperation) as error:
        raise Fault(name, place, _("The JSON can't be read: {reason}.").format(reason=error)) from error


def _decoded(raw: bytes | memoryview, name: str, place: str) -> Json:
    """Open one resource; the standard library's reader is used because it can tell when a name comes twice."""
    try:
        found = json.loads(bytes(raw), parse_float=Decimal, parse_constant=_no_number, object_pairs_hook=_once_each)
    except (ValueError, RecursionError, InvalidOperation) as error:
        raise Fault(name, place, _("The JSON can't be read: {reason}.").format(reason=error)) from error
    if not isinstance(found, dict):
        raise Fault(name, place, _("A resource is an object in braces; this is not."))
    return found


def _once_each(pairs: list[tuple[str, Any]]) -> Json:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [pair[0] for pair in pairs]
        twice = next(one for one in names if names.count(one) > 1)
        raise ValueError(_("the element “{name}” is given twice").format(name=twice[:60]))
    return found


def _no_number(said: str) -> Any:
    raise ValueError(_("{number} is no number").format(number=said))


def _malformed(error: Exception, raw: bytes | memoryview | msgspec.Raw, name: str, place: str) -> Fault:
    found = _BYTE.search(str(error))
    said = _BYTE.sub("", str(error)).removeprefix("JSON is malformed: ")
    reason = _("The JSON is broken: {reason}.").format(reason=said)
    if found is None:
        lines = bytes(memoryview(raw)).count(b"\n") + 1
        return Fault(name, place or _("at its end, line {line}").format(line=lines), reason)
    before = bytes(memoryview(raw)[: int(found.group(1))])
    line, column = before.count(b"\n") + 1, len(before) - (before.rfind(b"\n") + 1) + 1
    where = _("line {line}, column {column}").format(line=line, column=column)
    return Fault(name, f"{place}, {where}" if place else where, reason)


def _check_size(resource: Json, limits: Limits, entry: Entry) -> None:
    level: list[Any] = [resource]
    for _depth in range(limits.depth):
        deeper: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                deeper += (held for name, held in value.items() if name != ATTACHED or not isinstance(held, str))
            elif isinstance(value, list):
                deeper += value
            else:
                _check_value(value, limits, entry)
        if not deeper:
            return
        level = deeper
    raise entry.fault(_("The elements are nested more than {depth} deep.").format(depth=limits.depth))


def _check_value(value: Any, limits: Limits, entry: Entry) -> None:
    if isinstance(value, str) and len(value) > limits.text:
        raise entry.fault(
            _("A text of {count} characters is too long; at most {limit} are read.").format(
                count=len(value), limit=limits.text
            )
        )
    if isinstance(value, str) and _CONTROL.search(value):
        raise entry.fault(_("A text holds a control character, which FHIR does not allow."))
    if isinstance(value, Decimal) and (
        not value.is_finite()
        or not -LONGEST_NUMBER < value.adjusted() < LONGEST_NUMBER
        or len(value.as_tuple().digits) > LONGEST_NUMBER
    ):
        raise entry.fault(
            _("The number {number} has more digits than anything that is measured.").format(number=str(value)[:40])
        )
    if isinstance(value, int) and abs(value) >= 10**LONGEST_NUMBER:
        raise entry.fault(_("The file holds a whole number of more than {count} digits.").format(count=LONGEST_NUMBER))


_shells = msgspec.json.Decoder(_Shell)
_heads = msgspec.json.Decoder(_Head)
