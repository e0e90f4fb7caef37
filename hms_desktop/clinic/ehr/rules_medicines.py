# SPDX-License-Identifier: Apache-2.0
"""Checks of a medicine against allergies and current medicines, from a versioned table of classes.

No finding is not "safe": what the table doesn't know is named as not checked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal
from uuid import UUID

from hms_desktop.clinic.ehr.rules_allergies import AllergyFacts, stands
from hms_desktop.core.text import _

Tier = Literal["stop", "check"]
SUBSTANCES = "urn:hms:allergy-classes"
"""The code system of substances that this table knows; others come with the records that are imported."""
_FILLER = frozenset(
    {
        "allergy",
        "allergies",
        "allergic",
        "to",
        "of",
        "the",
        "a",
        "an",
        "and",
        "or",
        "product",
        "products",
        "class",
        "drug",
        "drugs",
        "medicine",
        "medicines",
        "antibiotic",
        "antibiotics",
        "substance",
        "intolerance",
        "hypersensitivity",
        "adverse",
        "reaction",
        "containing",
        "based",
    }
)


@dataclass(frozen=True)
class Knowledge:
    """The table of classes as loaded: ingredient -> classes, words -> classes, crosses, and its version."""

    version: str
    source: str
    valid_until: date
    names: Mapping[str, str]
    classes_of: Mapping[str, frozenset[str]]
    class_words: Mapping[str, str]
    crosses: Mapping[str, frozenset[str]]
    same: Mapping[str, str]
    elsewhere: frozenset[str]


@dataclass(frozen=True)
class Medicine:
    """What is about to be given: `ingredients` are INN names, `classes` those that the item itself declares."""

    display: str
    ingredients: frozenset[str]
    classes: frozenset[str] = frozenset()
    id: UUID | None = None


@dataclass(frozen=True)
class Current:
    """A medicine that the patient already takes."""

    prescription: UUID
    display: str
    ingredients: frozenset[str]
    classes: frozenset[str]


@dataclass(frozen=True)
class Alert:
    """One finding. `key` names the decision it belongs to, so that it fires once; `subject` is what it is about."""

    tier: Tier
    kind: Literal["allergy", "allergy-class", "cross-reactivity", "duplicate", "same-class"]
    title: str
    facts: tuple[str, ...]
    subject: UUID
    key: str


@dataclass(frozen=True)
class Checks:
    """What a check found, what it could not check and why, and the table it used (empty: there was none)."""

    alerts: tuple[Alert, ...]
    not_checked: tuple[str, ...]
    version: str

    @property
    def stops(self) -> tuple[Alert, ...]:
        """The findings that need a reason and a right to go on."""
        return tuple(alert for alert in self.alerts if alert.tier == "stop")


@dataclass(frozen=True)
class _Meaning:
    """What an allergy's words mean to the table: ingredients, classes, and words nobody understood."""

    ingredients: frozenset[str]
    classes: frozenset[str]
    unknown: str = field(default="")


def read_knowledge(data: Mapping[str, Any]) -> Knowledge:
    """The table from its TOML form; KeyError or ValueError when it is not whole."""
    classes_of: dict[str, set[str]] = {}
    words: dict[str, str] = {}
    same = {_plain(k): _plain(v) for k, v in data["same"].items()}
    for entry in data["class"]:
        for word in entry["words"]:
            words[_plain(word)] = entry["id"]
        for member in entry["members"]:
            found = classes_of.setdefault(same.get(_plain(member), _plain(member)), set())
            if not entry.get("alone"):
                found.add(entry["id"])
    return Knowledge(
        version=data["version"],
        source=data["source"],
        valid_until=date.fromisoformat(data["valid_until"]),
        names={entry["id"]: entry["name"] for entry in data["class"]},
        classes_of={member: frozenset(found) for member, found in classes_of.items()},
        class_words=words,
        crosses={entry["id"]: frozenset(entry.get("crosses", ())) for entry in data["class"]},
        same=same,
        elsewhere=frozenset(_plain(word) for word in data["elsewhere"]["words"]),
    )


def substance_code(name: str, knowledge: Knowledge | None) -> str | None:
    """The table's code of a substance that it knows by exactly this name, in the system SUBSTANCES; else None."""
    if knowledge is None:
        return None
    plain = _plain(name)
    inn = knowledge.same.get(plain, plain)
    if plain in knowledge.class_words:
        return f"class:{knowledge.class_words[plain]}"
    if inn in knowledge.classes_of:
        return f"inn:{inn}"
    return f"other:{plain}" if plain in knowledge.elsewhere else None


def known_substances(knowledge: Knowledge | None) -> list[str]:
    """Every name that the table can code, by name, for picking while typing."""
    if knowledge is None:
        return []
    names = {*knowledge.class_words, *knowledge.classes_of, *knowledge.same, *knowledge.elsewhere}
    return sorted(name[:1].upper() + name[1:] for name in names)


def ingredients_in(text: str, knowledge: Knowledge | None) -> frozenset[str]:
    """The known ingredients that a medicine's own words name, in their INN spelling."""
    if knowledge is None:
        return frozenset()
    names = set(knowledge.classes_of) | set(knowledge.same)
    found = (_find(_plain(text).split(), names))[0]
    return frozenset(knowledge.same.get(name, name) for name in found)


def medicine_facts(
    display: str, ingredients: str | None, classes: str | None, knowledge: Knowledge | None, id: UUID | None = None
) -> Medicine:
    """A medicine as the checks see it; lists are parted by semicolons, without a list the display is read."""
    listed = frozenset(_plain(part) for part in (ingredients or "").split(";") if part.strip())
    same = knowledge.same if knowledge else {}
    named = frozenset(same.get(name, name) for name in listed) or ingredients_in(display, knowledge)
    known: set[str] = set()
    for name in named:
        known |= knowledge.classes_of.get(name, frozenset()) if knowledge else frozenset()
    own = {part.strip().casefold().replace(" ", "-") for part in (classes or "").split(";") if part.strip()}
    return Medicine(display, named, frozenset(known | own), id)


def check_medicine(
    medicine: Medicine,
    allergies: Iterable[AllergyFacts],
    current: Iterable[Current],
    knowledge: Knowledge | None,
    today: date,
) -> Checks:
    """Every finding for a medicine, stop tier first; without a valid table all class checks are named as not made."""
    usable = knowledge is not None and knowledge.valid_until >= today
    alerts: list[Alert] = []
    missing = _gaps(medicine, knowledge, today)
    for allergy in (entry for entry in allergies if stands(entry)):
        meaning = _meaning(allergy.substance, knowledge if usable else None)
        if meaning.unknown:
            missing.append(
                _("Not checked against the allergy to {substance}: the table does not know it.").format(
                    substance=allergy.substance
                )
            )
        if alert := _allergy_alert(medicine, allergy, meaning, knowledge if usable else None):
            alerts.append(alert)
    alerts += [alert for taken in current if (alert := _duplicate_alert(medicine, taken, knowledge))]
    missing.append(_("Not checked: interactions, dose limits, kidney function, pregnancy."))
    ordered = tuple(sorted(alerts, key=lambda a: (a.tier != "stop", a.kind, a.title)))
    return Checks(ordered, tuple(missing), knowledge.version if usable and knowledge else "")


def _gaps(medicine: Medicine, knowledge: Knowledge | None, today: date) -> list[str]:
    if knowledge is None:
        return [_("Not checked: the table of allergy classes is missing on this device.")]
    if knowledge.valid_until < today:
        return [
            _("Not checked: the table of allergy classes ({version}) is out of date.").format(version=knowledge.version)
        ]
    unknown = sorted(name for name in medicine.ingredients if name not in knowledge.classes_of)
    if unknown and not medicine.classes:
        return [_("Allergy classes not checked: the table does not know {names}.").format(names=", ".join(unknown))]
    if not medicine.ingredients and not medicine.classes:
        return [_("Not checked: {medicine} has no ingredient on record.").format(medicine=medicine.display)]
    return []


def _allergy_alert(
    medicine: Medicine, allergy: AllergyFacts, meaning: _Meaning, knowledge: Knowledge | None
) -> Alert | None:
    mild = allergy.criticality == "low" or allergy.type == "intolerance"
    tier: Tier = "check" if mild else "stop"
    said = _said(allergy)
    exact = medicine.ingredients & meaning.ingredients or _plain(allergy.substance) in medicine.ingredients
    if exact:
        title = _("{medicine}: the patient is allergic to it").format(medicine=medicine.display)
        return Alert(tier, "allergy", title, said, allergy.id, f"allergy:{allergy.id.hex}")
    if knowledge is None:
        return None
    shared = medicine.classes & (meaning.classes | _classes(meaning.ingredients, knowledge))
    if shared:
        name = knowledge.names.get(min(shared), min(shared))
        title = _("{medicine} is in the class of a known allergy: {name}").format(medicine=medicine.display, name=name)
        return Alert(tier, "allergy-class", title, said, allergy.id, f"allergy:{allergy.id.hex}")
    crossing = {
        c
        for known in meaning.classes | _classes(meaning.ingredients, knowledge)
        for c in knowledge.crosses.get(known, frozenset())
    }
    if medicine.classes & crossing:
        title = _("{medicine} may react like a known allergy: {substance}").format(
            medicine=medicine.display, substance=allergy.substance
        )
        return Alert("check", "cross-reactivity", title, said, allergy.id, f"cross:{allergy.id.hex}")
    return None


def _duplicate_alert(medicine: Medicine, taken: Current, knowledge: Knowledge | None) -> Alert | None:
    if shared := medicine.ingredients & taken.ingredients:
        title = _("The patient already takes {names}").format(names=", ".join(sorted(shared)))
        return Alert(
            "check", "duplicate", title, (taken.display,), taken.prescription, f"duplicate:{taken.prescription.hex}"
        )
    if shared := medicine.classes & taken.classes:
        name = min(shared)
        shown = knowledge.names.get(name, name) if knowledge else name
        title = _("The patient already takes a medicine of this class: {name}").format(name=shown)
        return Alert(
            "check", "same-class", title, (taken.display,), taken.prescription, f"class:{taken.prescription.hex}"
        )
    return None


def _said(allergy: AllergyFacts) -> tuple[str, ...]:
    facts = [_("Allergy: {substance}").format(substance=allergy.substance)]
    if allergy.reaction:
        facts.append(_("Reaction: {reaction}").format(reaction=allergy.reaction))
    words = {
        "high": _("Danger if given again: High"),
        "low": _("Danger if given again: Low"),
        "unable-to-assess": _("Danger if given again: Can't be assessed"),
        None: _("Danger if given again: Not recorded"),
    }
    facts.append(words[allergy.criticality])
    if allergy.verification_status == "unconfirmed":
        facts.append(_("Not confirmed yet"))
    if allergy.contested:
        facts.append(_("Two entries of this allergy differ: settle them first"))
    return tuple(facts)


def _classes(ingredients: Iterable[str], knowledge: Knowledge) -> frozenset[str]:
    return frozenset(c for name in ingredients for c in knowledge.classes_of.get(name, frozenset()))


def _meaning(substance: str, knowledge: Knowledge | None) -> _Meaning:
    words = _plain(substance).split()
    if knowledge is None:
        return _Meaning(frozenset(), frozenset(), substance)
    named, rest = _find(words, set(knowledge.classes_of) | set(knowledge.same))
    classes, rest = _find(rest, set(knowledge.class_words))
    classes_too, _unused = _find(words, set(knowledge.class_words))
    _other, rest = _find(rest, set(knowledge.elsewhere))
    left = [word for word in rest if word not in _FILLER]
    ingredients = frozenset(knowledge.same.get(name, name) for name in named)
    meant = frozenset(knowledge.class_words[word] for word in [*classes, *classes_too])
    return _Meaning(ingredients, meant, " ".join(left))


def _find(words: list[str], names: set[str]) -> tuple[list[str], list[str]]:
    """Names found as runs of whole words, longest first, and the words that are left."""
    longest = max((len(name.split()) for name in names), default=0)
    found: list[str] = []
    rest = list(words)
    for size in range(longest, 0, -1):
        place = 0
        while place + size <= len(rest):
            run = " ".join(rest[place : place + size])
            if run in names:
                found.append(run)
                del rest[place : place + size]
            else:
                place += 1
    return found, rest


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^\w'-]+", " ", text.casefold()).split())
