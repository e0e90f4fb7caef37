# SPDX-License-Identifier: Apache-2.0
"""Which record a resource is, and which record a reference means (FHIR R4, sections 2.3 References and 3.1.7 Bundles).

A resource's key is its absolute address, else `Type/id`, else (unnamed) the digest of its content. The record id is
UUIDv5 of the key, so a reference to something that comes in a later file already gets the right id.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Protocol
from urllib.parse import parse_qs
from uuid import UUID

from hms_desktop.core.ids import named_id
from hms_desktop.core.text import _
from hms_desktop.interop.fhir.entries import Entry, Json, resource_types

SHARED = ("Organization", "Location", "Practitioner", "PractitionerRole", "Medication", "Patient")
PROMISED = "Practitioner"
LOCAL = ("urn:uuid:", "urn:oid:")


@dataclass(frozen=True, slots=True)
class Target:
    """What a reference means: resource type, key and record id; `entry` when it is in the same file."""

    kind: str
    key: str
    id: UUID
    entry: Entry | None = None


class Memory(Protocol):
    """What was met before of the resources that many files share."""

    def key(self, kind: str, system: str, value: str) -> str | None:
        """The key of the resource that has this identifier."""

    def stands_as(self, key: str) -> str | None:
        """The key under which the record of a resource stands, when that is not the resource's own key."""

    def fact(self, kind: str, key: str) -> Any:
        """What was read of it that others need: the name of an organization, the practitioner of a role."""


@dataclass
class Directory:
    """What is met of shared resources in a file or a run: identifiers, names, facts; `before` knows what came earlier.

    A practitioner may be referred to by a number before their file comes. The record then stands under that number, and
    the practitioner who brings the number later is that record.
    """

    before: Memory | None = None
    keys: dict[tuple[str, str, str], str] = field(default_factory=dict)
    standing: dict[str, str] = field(default_factory=dict)
    facts: dict[tuple[str, str], Any] = field(default_factory=dict)

    def key(self, kind: str, system: str, value: str) -> str | None:
        """The key of the resource that has this identifier, met here or before."""
        found = self.keys.get((kind, system, value))
        return found if found or self.before is None else self.before.key(kind, system, value)

    def stands_as(self, key: str) -> str | None:
        """The key under which the record of a resource stands, when that is not its own."""
        found = self.standing.get(key)
        return found if found or self.before is None else self.before.stands_as(key)

    def fact(self, kind: str, key: str) -> Any:
        """What was read of a resource that others need; None when nothing was."""
        found = self.facts.get((kind, key))
        return found if found is not None or self.before is None else self.before.fact(kind, key)

    def meet(self, kind: str, key: str, identifiers: Iterable[tuple[str, str]]) -> str:
        """Remember a shared resource by its identifiers, the first to claim one keeps it; the key it stands under."""
        numbers = list(identifiers)
        stands = (self.stands_as(key) if kind == PROMISED else None) or key
        if kind == PROMISED and stands == key:
            promised = (found for one in numbers if (found := self.key(kind, *one)) and found == searched(kind, *one))
            stands = next(promised, key)
        if stands != key:
            self.standing[key] = stands
        for system, value in numbers:
            if self.key(kind, system, value) is None:
                self.keys[kind, system, value] = stands
        return stands

    def promise(self, kind: str, system: str, value: str) -> str:
        """The key for a resource that is known by a number only so far."""
        key = searched(kind, system, value)
        if kind == PROMISED:
            self.keys[kind, system, value] = key
        return key

    def take(self, other: Directory) -> None:
        """Remember what another directory met."""
        self.keys.update(other.keys)
        self.standing.update(other.standing)
        self.facts.update(other.facts)


def searched(kind: str, system: str, value: str) -> str:
    """The key of a resource that is known by a number only, as a conditional reference writes it."""
    return f"{kind}?identifier={system}|{value}"


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
                    self._by_key.setdefault(_plain(name), entry)
            for system, value in entry.identifiers:
                self._by_identifier.setdefault((entry.kind, system, value), key)

    def target(self, reference: Json | None, source: Entry, kind: str = "") -> Target | None:
        """What a Reference element of an entry means; None for contained resources and for mere words.

        `kind` is the resource type that the element is about, for a reference by identifier that names none.
        """
        if not reference:
            return None
        words = reference.get("reference")
        if isinstance(words, str) and not words.startswith("#"):
            return self._by_words(words.strip().split("/_history/")[0], source)
        logical, named = reference.get("identifier"), reference.get("type") or kind
        if isinstance(logical, dict) and logical.get("value") and isinstance(named, str) and named:
            return self._by_identity(named, logical.get("system") or "", logical["value"], known=True)
        return None

    def _by_words(self, words: str, source: Entry) -> Target | None:
        kind, mark, query = words.partition("?")
        if mark and "/" not in kind:
            asked = parse_qs(query).get("identifier", [""])[0]
            system, _sep, value = asked.rpartition("|")
            return self._by_identity(kind, system, value, known=False) if value else None
        base, words = _base(source), _plain(words)
        entry = (self._by_key.get(base + words) if base and "://" not in words else None) or self._by_key.get(words)
        if entry is not None:
            return Target(entry.kind, key_of(entry), record_id(key_of(entry)), entry)
        if words.startswith(LOCAL):
            raise source.fault(_lost(words))
        key = words if "://" in words else (base or "") + words
        kind, _slash, id = words.rstrip("/").rpartition("/")
        kind = kind.rpartition("/")[2]
        if not id or kind not in resource_types():
            return None
        key = (self._directory.stands_as(key) if kind == PROMISED else None) or key
        return Target(kind, key, record_id(key))

    def _by_identity(self, kind: str, system: str, value: str, known: bool) -> Target | None:
        key = self._by_identifier.get((kind, system, value)) or self._directory.key(kind, system, value)
        if key is None and known:
            return None
        key = key or self._directory.promise(kind, system, value)
        return Target(kind, key, record_id(key), self._by_key.get(key))


def key_of(entry: Entry) -> str:
    """The key under which the record of an entry's resource stands."""
    return entry.known_as or own_key(entry)


def own_key(entry: Entry) -> str:
    """The key that an entry's resource has of itself."""
    url = entry.full_url or ""
    if url.startswith(LOCAL):
        return f"{entry.kind}/{entry.id}" if entry.id and url.endswith(entry.id) else _plain(url)
    if "://" in url:
        return url
    if entry.id:
        return f"{entry.kind}/{entry.id}"
    return f"{entry.kind}/sha256:{sha256(entry.raw).hexdigest()}"


def record_id(key: str, part: str = "") -> UUID:
    """The id of the record of a key, or of a part of it such as one identifier or component."""
    return named_id("fhir", key, part) if part else named_id("fhir", key)


def _plain(name: str) -> str:
    """A name in one spelling: the digits of a UUID may be written large or small."""
    return name.lower() if name[:9].lower() == "urn:uuid:" else name


def _base(source: Entry) -> str:
    """The server address before Type/id in an entry's own address, with its slash; empty when it has none."""
    url = source.full_url or ""
    return url.rsplit("/", 2)[0] + "/" if "://" in url and url.count("/") >= 4 else ""


def _lost(words: str) -> str:
    return _("The reference {reference} points to nothing in this file. The bundle is not whole.").format(
        reference=words[:80]
    )
