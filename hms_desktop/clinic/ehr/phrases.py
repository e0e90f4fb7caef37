# SPDX-License-Identifier: Apache-2.0
"""Templates and phrases for notes, as they ship; none when the file is missing or broken."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from hms_desktop.clinic.ehr.rules_notes import SECTIONS

NOTE_PHRASES = Path(__file__).resolve().parents[3] / "resources" / "clinical" / "note_phrases.toml"


@dataclass(frozen=True)
class NoteTemplate:
    """A named beginning for every section."""

    name: str
    texts: dict[str, str]


@dataclass(frozen=True)
class NotePhrase:
    """A named piece of text."""

    name: str
    text: str


@dataclass(frozen=True)
class NoteWords:
    """What a clinic offers for its notes."""

    templates: tuple[NoteTemplate, ...] = ()
    phrases: tuple[NotePhrase, ...] = ()


@lru_cache(maxsize=4)
def note_words(path: Path = NOTE_PHRASES) -> NoteWords:
    """The templates and phrases of a file."""
    try:
        data = tomllib.loads(path.read_text("utf-8"))
        templates = [NoteTemplate(t["name"], {s: str(t.get(s, "")) for s in SECTIONS}) for t in data["template"]]
        phrases = [NotePhrase(p["name"], p["text"]) for p in data["phrase"]]
    except (OSError, ValueError, KeyError, TypeError):
        return NoteWords()
    return NoteWords(tuple(templates), tuple(phrases))


def fill_empty(texts: dict[str, str], template: NoteTemplate) -> dict[str, str]:
    """The texts with a template in every section that is empty; nothing typed is touched."""
    return {name: text if text.strip() else template.texts[name] for name, text in texts.items()}
