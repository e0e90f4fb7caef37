# SPDX-License-Identifier: Apache-2.0
"""The dependency policy held against what is installed: an allowed licence, and the version that is pinned by hash."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Annotated

import msgspec
import yaml

from hms_desktop.core.errors import Damaged
from sync_server.compliance.parts import OWN, Part

ROOT = Path(__file__).resolve().parents[2]
POLICY_FILE = ROOT / "resources" / "safety" / "dependencies.yaml"
PINS_FILE = ROOT / "installer" / "requirements-server.txt"
_PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)==(\S+)(?: ; .+?)? \\\n    --hash=sha256:[0-9a-f]{64}", re.MULTILINE)
_EITHER, _BOTH = re.compile(r"\s+OR\s+|\s*/\s*"), re.compile(r"\s+AND\s+")
Word = Annotated[str, msgspec.Meta(min_length=2)]


class Stated(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The licence of a part that does not state it plainly, and why it is that one."""

    licence: Word
    why: Word


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Beginnings of the names of licences that a part may be under, or never; `stated_otherwise` by part."""

    may_be_under: tuple[Word, ...]
    stated_otherwise: Mapping[str, Stated]
    never: tuple[Word, ...]

    def allows(self, part: Part) -> bool:
        """Whether a part may be taken under one of the licences that it offers."""
        stated = self.stated_otherwise.get(part.name)
        offered = _EITHER.split(stated.licence if stated else part.license)
        return any(all(map(self._good, _BOTH.split(one))) for one in offered)

    def _good(self, licence: str) -> bool:
        return licence.startswith(self.may_be_under) and not licence.startswith(self.never)


def read_policy(path: Path = POLICY_FILE) -> Policy:
    """The policy; Damaged when the file is not one."""
    try:
        return msgspec.convert(yaml.safe_load(path.read_text(encoding="utf-8")), Policy)
    except msgspec.ValidationError as odd:
        raise Damaged(f"{path.name} is no dependency policy: {odd}.") from odd


def pinned(path: Path = PINS_FILE) -> dict[str, set[str]]:
    """The versions (one for each kind of machine) that each part is pinned to by hash; empty without the list."""
    pins: dict[str, set[str]] = {}
    for name, version in _PIN.findall(path.read_text(encoding="utf-8")) if path.is_file() else ():
        pins.setdefault(name, set()).add(version)
    return pins


def against_policy(parts: Iterable[Part], policy: Policy, pins: Mapping[str, Collection[str]]) -> list[str]:
    """What does not keep to the policy, each in a few words."""
    found = []
    for part in parts:
        if part.name == OWN:
            continue
        if not policy.allows(part):
            found.append(f"{part.name} is under {part.license or 'no licence that it states'}")
        if part.name not in pins:
            found.append(f"{part.name} is not pinned by hash")
        elif part.version not in pins[part.name]:
            found.append(f"{part.name} is {part.version}, pinned is {', '.join(sorted(pins[part.name]))}")
    return found
