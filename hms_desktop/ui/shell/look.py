# SPDX-License-Identifier: Apache-2.0
"""How the windows look and listen for one person: language, text size, theme, density, single-letter keys, locking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, get_args

from babel.numbers import get_decimal_symbol

from hms_desktop.core.text import use_language
from hms_desktop.ui.widgets.theme import SCALES, Density, Mode, theme

LANGUAGES: Final = {"en": "English", "en-ZA": "English (South Africa)"}


@dataclass(frozen=True)
class Look:
    """One person's choices; `scale` is text size, 1.0 to 2.0; `key_locks`: pulling out their security key locks."""

    language: str = "en"
    scale: float = 1.0
    mode: Mode = "system"
    density: Density = "default"
    single_letters: bool = True
    key_locks: bool = True

    def use(self) -> None:
        """Dress every window of this process so."""
        mark = get_decimal_symbol(self.language.replace("-", "_"), numbering_system="latn")  # from Unicode CLDR
        use_language(self.language, mark=mark)
        theme.use(mode=self.mode, scale=self.scale, density=self.density)

    def as_json(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)


def look_from(kept: Mapping[str, Any]) -> Look:
    """A look from what was kept; what is missing or strange falls back to the usual."""
    usual = Look()
    scale = kept.get("scale")
    return Look(
        language=_one_of(kept.get("language"), tuple(LANGUAGES), usual.language),
        scale=scale if isinstance(scale, float | int) and 1.0 <= scale <= 2.0 else usual.scale,
        mode=_one_of(kept.get("mode"), get_args(Mode), usual.mode),
        density=_one_of(kept.get("density"), get_args(Density), usual.density),
        single_letters=kept.get("single_letters", True) is True,
        key_locks=kept.get("key_locks", True) is True,
    )


def next_scale(scale: float) -> float:
    """The next larger text size, or the smallest after the largest."""
    larger = [step for step in SCALES if step > scale + 0.001]
    return larger[0] if larger else SCALES[0]


def _one_of(value: Any, allowed: tuple[Any, ...], usual: Any) -> Any:
    return value if value in allowed else usual
