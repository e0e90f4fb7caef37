# SPDX-License-Identifier: Apache-2.0
"""The fields of a person, as registering and completing use them, and what they say as a registration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from hms_desktop.clinic.patients.births import Birth
from hms_desktop.clinic.patients.identifiers import SYSTEMS, system_name
from hms_desktop.clinic.patients.phones import parse_phone, show_phone
from hms_desktop.clinic.patients.queries import RecordPage
from hms_desktop.clinic.patients.rules import SEXES, Registration, sex_word
from hms_desktop.clinic.patients.typed import take_apart
from hms_desktop.core.errors import BadInput
from hms_desktop.core.text import _
from hms_desktop.ui.patients.birth_field import birth_field, kept_birth
from hms_desktop.ui.widgets.choice_field import ChoiceField, Option, RadioField, finds_in
from hms_desktop.ui.widgets.field import Doubt
from hms_desktop.ui.widgets.form import Form, OnDraft
from hms_desktop.ui.widgets.text_fields import TextField, TickField

ENTRY_SYSTEMS = ("national", "za-id", "nhs", "passport", "insurer", "driver", "old-chart")


@dataclass(frozen=True)
class Here:
    """What the form must know of the clinic: the day, and the region whose telephones need no country code."""

    today: Callable[[], date]
    region: str


class PersonForm(Form):
    """Name, sex, birth, and in full also telephone, address, next of kin, identifier and language."""

    def __init__(self, here: Here, on_draft: OnDraft | None = None, *, full: bool = True) -> None:
        super().__init__(on_draft)
        self._here = here
        self._full = full
        self.unknown = TickField("unknown", "", _("Name not known"))
        self.add_row(
            TextField("family", _("&Family name"), longest=120), TextField("given", _("&Given names"), longest=120)
        )
        self.add_row(
            TextField("prefix", _("&Title"), optional=True, longest=30),
            TextField("preferred", _("Preferred name"), optional=True, longest=120),
            self.unknown,
        )
        self.add_row(
            birth_field(here.today),
            RadioField("sex", _("&Sex"), [Option(code, sex_word(code)) for code in SEXES], required=True),
            shares=(2, 3),
        )
        if full:
            self._add_reach()
        self.add_row(
            TextField("local_script", _("Name in local script"), optional=True, longest=120),
            TextField("language", _("&Language"), optional=True, longest=40),
            TickField("interpreter", "", _("Needs an interpreter")),
        )

    def _add_reach(self) -> None:
        self.add_row(
            TextField("phone", _("Tele&phone"), optional=True, reads=self._phone),
            TextField("email", _("&E-mail"), optional=True, longest=120),
        )
        self.add_row(
            TextField("line", _("&Address"), optional=True),
            TextField("city", _("&City"), optional=True, longest=80),
            shares=(2, 1),
        )
        self.add_row(
            ChoiceField("system", _("&Identifier"), finds_in(system_options()), optional=True),
            TextField("value", _("&Number"), optional=True, longest=100, figures="identifiers"),
        )
        self.add(TextField("guardian", _("Next of &kin or guardian"), optional=True, longest=120))

    def _phone(self, typed: str) -> str:
        return parse_phone(typed, self._here.region)

    def written(self) -> Registration:
        """Everything that can be understood now; what is empty or wrong is left out."""
        return registration({key: self._safely(key) for key in self.fields})

    def _safely(self, key: str) -> Any:
        try:
            return self.fields[key].value()
        except (BadInput, Doubt):
            return None

    def finish(self) -> bool:
        """A name is needed unless it is marked unknown, and an identifier has a system and a number."""
        known = not self.unknown.typed()
        named = any(not self.fields[key].is_empty() for key in ("family", "given"))
        self.fields["family"].required = known and not named
        if self._full:
            self._pair_identifier()
        return super().finish()

    def _pair_identifier(self) -> None:
        system, value = self.fields["system"], self.fields["value"]
        system.required, value.required = not value.is_empty(), not system.is_empty()

    def show_person(self, page: RecordPage) -> None:
        """Put in what is known of a patient."""
        top, name = page.banner, page.banner.name
        self.set_values(
            {
                "family": name.family, "given": name.given, "prefix": name.prefix, "preferred": top.preferred,
                "unknown": not name.name_known, "sex": name.sex, "local_script": page.local_script,
                "born": kept_birth(name.born, name.born_estimated, name.age),
                "language": top.language, "interpreter": top.interpreter,
            }
        )  # fmt: skip

    def put_typed(self, typed: str) -> None:
        """Carry over what was searched for: names, a birth date, a telephone."""
        found = take_apart(typed, self._here.today())
        family, given = _names(typed, found.names)
        births = [b[0] for b in found.births if b and not b[0].startswith("-")]
        phones = [n for n in found.numbers if n.isdigit() and len(n) >= 9]
        values: dict[str, Any] = {"family": family, "given": given}
        if births:
            values["born"] = births[0]
        if phones and self._full:
            values["phone"] = show_phone(phones[0], self._here.region)
        self.set_values(values)


def _names(typed: str, names: tuple[str, ...]) -> tuple[str, str]:
    """Family and given name as typed: parted by a comma, else the first word is the family name, as lists show it."""
    words = [w for w in typed.replace(",", " , ").split() if w == "," or w.casefold().strip("'’-").isalpha()]
    if not names:
        return "", ""
    at = words.index(",") if "," in words else 1
    bare = [w for w in words if w != ","]
    return " ".join(map(_capital, bare[:at])), " ".join(map(_capital, bare[at:]))


def _capital(word: str) -> str:
    return word.capitalize() if word.islower() else word


def system_options() -> list[Option]:
    """The systems that a desk may enter, with an example of each."""
    return [Option(code, system_name(code), SYSTEMS[code].example) for code in ENTRY_SYSTEMS]


def registration(values: dict[str, Any]) -> Registration:
    """The values of the form as the register takes them."""
    birth = values.get("born")
    born = birth if isinstance(birth, Birth) else Birth(None)
    system, value = values.get("system"), values.get("value")
    return Registration(
        family=values.get("family"), given=values.get("given"), prefix=values.get("prefix"),
        preferred=values.get("preferred"), local_script=values.get("local_script"),
        name_known=not values.get("unknown"), sex=values.get("sex"), born=born.born, born_estimated=born.estimated,
        phone=values.get("phone"), email=values.get("email"), line=values.get("line"), city=values.get("city"),
        guardian=values.get("guardian"), language=values.get("language"),
        interpreter=values.get("interpreter") or None,
        identifiers=((system, value),) if system and value else (),
    )  # fmt: skip
