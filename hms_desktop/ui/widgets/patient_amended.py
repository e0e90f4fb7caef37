# SPDX-License-Identifier: Apache-2.0
"""What of a listed patient was written anew, in words: the same on the banner, in lists, searches and choices."""

from __future__ import annotations

from collections.abc import Collection

from hms_desktop.clinic.patients.queries_people import PatientName
from hms_desktop.clinic.patients.rules import sex_word
from hms_desktop.core.text import _

SHOWN = ("name", "birth")
"""What a list shows of a patient: the name, and the birth date or the age that follows from it."""


def amended_words(amended: Collection[str]) -> str:
    """`Corrected: birth date, name`."""
    named = {
        "birth": _("birth date"),
        "death": _("death"),
        "language": _("language"),
        "name": _("name"),
        "sex": _("sex"),
    }
    return _("Corrected: {what}").format(what=", ".join(named[group] for group in sorted(set(amended) & named.keys())))


def corrected(name: PatientName | None, *shown: str) -> str:
    """What of the `shown` groups (name and birth if none is named) was written anew; empty when nothing was."""
    found = name.amended & set(shown or SHOWN) if name is not None else frozenset()
    return amended_words(found) if found else ""


def list_name(name: PatientName) -> str:
    """`Okonkwo, Amara`, and that it was corrected, for titles and sentences."""
    return _marked(name, "name", name.listed)


def full_name(name: PatientName) -> str:
    """`OKONKWO, Amara (Mrs)`, and that it was corrected."""
    return _marked(name, "name", name.full)


def birth_day(name: PatientName) -> str:
    """`14-Mar-1979`, and that it was corrected."""
    return _marked(name, "birth", name.birth)


def sex_words(name: PatientName) -> str:
    """`Female`, and that it was corrected."""
    return _marked(name, "sex", sex_word(name.sex))


def _marked(name: PatientName, group: str, words: str) -> str:
    return _("{words} [corrected]").format(words=words) if words and group in name.amended else words
