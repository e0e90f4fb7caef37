# SPDX-License-Identifier: Apache-2.0
"""Notes: their sections, their state (FHIR Composition.status), what a signature covers, who needs a countersign."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from typing import Literal
from uuid import UUID

from hms_desktop.core.text import _

SECTIONS = ("symptoms", "examination", "assessment", "plan")
NoteStatus = Literal["preliminary", "final", "amended"]
VISIT_NOTE = "visit-note"
AUTHOR, IN_TRAINING, COSIGNER = "author", "author-in-training", "cosigner"
TRAINEE_ROLES = frozenset({"trainee_doctor"})
Texts = Mapping[str, str | None]


def note_title(title: str) -> str:
    """A note's title for people: ours in the language in use, an imported one as it came."""
    return _("Visit note") if title == VISIT_NOTE else title


def section_name(section: str) -> str:
    """A section's heading, in the language in use."""
    return {
        "symptoms": _("Symptoms"),
        "examination": _("Examination"),
        "assessment": _("Assessment"),
        "plan": _("Plan"),
    }[section]


def signed_text(patient: UUID, encounter: UUID | None, texts: Texts) -> dict[str, str]:
    """What a signature covers: whose note it is, of which visit, and every section as it reads."""
    return {
        "patient": str(patient),
        "encounter": str(encounter or ""),
        **{name: texts.get(name) or "" for name in SECTIONS},
    }


def digest_of(text: Mapping[str, str]) -> str:
    """SHA-256, in hex, of the text as UTF-8 JSON with sorted keys and no spaces."""
    packed = json.dumps(dict(text), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(packed.encode()).hexdigest()


def is_empty(texts: Texts) -> bool:
    """Whether no section has a word in it."""
    return not any((texts.get(name) or "").strip() for name in SECTIONS)


def moved_sections(seen: Texts, now: Texts, wanted: Texts) -> dict[str, str]:
    """Sections that somebody else changed since they were read and that are about to be overwritten: their text now."""
    return {
        name: now.get(name) or ""
        for name, text in wanted.items()
        if (now.get(name) or "") not in ((seen.get(name) or ""), (text or ""))
    }


def fill_empty(texts: Mapping[str, str], template: Mapping[str, str]) -> dict[str, str]:
    """The texts with a template in every section that is empty; nothing typed is touched."""
    return {name: text if text.strip() else template[name] for name, text in texts.items()}


def needs_cosign(roles: Collection[str]) -> bool:
    """Whether what a person with these roles signs waits for a countersignature: only roles of training, no other."""
    return bool(roles) and all(role in TRAINEE_ROLES for role in roles)


def note_status(signatures: Collection[str], addenda: int) -> NoteStatus:
    """The state that follows from the meanings of the signatures and the number of addenda."""
    if AUTHOR not in signatures and COSIGNER not in signatures:
        return "preliminary"
    return "amended" if addenda else "final"
