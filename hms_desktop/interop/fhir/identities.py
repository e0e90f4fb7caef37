# SPDX-License-Identifier: Apache-2.0
"""Which record a resource is, and which record a reference means (FHIR R4, sections 2.3 References and 3.1.7 Bundles).

A resource's key is its absolute address, else `Type/id`, else (unnamed) the digest of its content. The record id is
UUIDv5 of the key, so a reference to something that comes in a later file already gets the right id.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from hms_desktop.core.ids import named_id
from hms_desktop.core.text import _
from hms_desktop.interop.fhir.entries import Entry, Json, resource_types

SHARED = ("Organization", "Location", "Practitioner", "PractitionerRole", "Medication", "Patient")
LOCAL = ("urn:uuid:", "urn:oid:")


@dataclass(frozen=True, slots=True)
class Target:
    """What a reference means: resource type, key and record id; `entry` when it is in the same file."""

    kind: str
    key: str
    id: UUID
    entry: Entry | None = None


@dataclass
class Directory:
    """What a run has met so far of the resources that many files share: identifiers and what was read of them."""

    keys: dict[tuple[str, str, str], str] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    facts: dict[str, Any] = field(default_factory=dict)

    def meet(self, kind: str, key: str, identifiers: Iterable[tuple[str, str]]) -> None:
        """Remember a shared resource by its identifiers; the first to claim an identifier keeps it."""
        self.seen.add(key)
        for system, value in identifiers:
            self.keys.setdefault((kind, system, value), key)


class Names:
    """The entries of one file by every name by which a reference can call them."""

    def __init__(self, entries: list[Entry], directory: Directory) -> None:
        self._directory = directory
        self._by_key: dict[str, Entry] = {}
        self._by_identifier: dict[tuple[str, str, str], str] = {}
        for entry in entries:
            key = key_of(entry)
            self._by_key.setdefault(key, entry)
            for name in (entry.full_url, f"{entry.kind}/{entry.id}" if entry.id else None):
                if name:
                    self._by_key.setdefault(name, entry)
            for system, value in entry.identifiers:
                self._by_identifier.setdefault((entry.kind, system, value), key)

    def target(self, reference: Json | None, source: Entry) -> Target | None:
        """What a Reference element of an entry means; None for contained resources and for mere words."""
        if not reference:
            return None
        words = reference.get("reference")
        if isinstance(words, str) and not words.startswith("#"):
            return self._by_words(words.split("/_history/")[0], source)
        logical = reference.get("identifier")
        if isinstance(logical, dict) and logical.get("value") and isinstance(reference.get("type"), str):
            return self._by_identity(reference["type"], logical.get("system") or "", logical["value"], known=True)
        return None

    def _by_words(self, words: str, source: Entry) -> Target | None:
        kind, mark, query = words.partition("?")
        if mark and "/" not in kind:
            asked = parse_qs(query).get("identifier", [""])[0]
            system, _sep, value = asked.rpartition("|")
            return self._by_identity(kind, system, value, known=False)
        base = _base(source)
        entry = (self._by_key.get(base + words) if base and "://" not in words else None) or self._by_key.get(words)
        if entry is not None:
            return Target(entry.kind, key_of(entry), record_id(key_of(entry)), entry)
        if words.startswith(LOCAL):
            raise source.fault(_lost(words))
        key = words if "://" in words else (base or "") + words
        kind = words.rstrip("/").split("/")[-2] if "/" in words else ""
        return Target(kind, key, record_id(key)) if kind in resource_types() else None

    def _by_identity(self, kind: str, system: str, value: str, known: bool) -> Target | None:
        name = (kind, system, value)
        key = self._by_identifier.get(name) or self._directory.keys.get(name)
        if key is None and known:
            return None
        key = key or f"{kind}?identifier={system}|{value}"
        return Target(kind, key, record_id(key), self._by_key.get(key))


def key_of(entry: Entry) -> str:
    """The key of an entry's resource."""
    url = entry.full_url or ""
    if url.startswith(LOCAL):
        return f"{entry.kind}/{entry.id}" if entry.id and url.endswith(entry.id) else url
    if "://" in url:
        return url
    if entry.id:
        return f"{entry.kind}/{entry.id}"
    return f"{entry.kind}/sha256:{sha256(entry.raw).hexdigest()}"


def record_id(key: str, part: str = "") -> UUID:
    """The id of the record of a key, or of a part of it such as one identifier or component."""
    return named_id("fhir", key, part) if part else named_id("fhir", key)


def _base(source: Entry) -> str:
    """The server address before Type/id in an entry's own address, with its slash; empty when it has none."""
    url = source.full_url or ""
    return url.rsplit("/", 2)[0] + "/" if "://" in url and url.count("/") >= 4 else ""


def _lost(words: str) -> str:
    return _("The reference {reference} points to nothing in this file. The bundle is not whole.").format(
        reference=words[:80]
    )
