# SPDX-License-Identifier: Apache-2.0
"""The look in use: theme, text size and density as colours, fonts and sizes, with live switching."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from hms_desktop.ui.widgets import tokens
from hms_desktop.ui.widgets.stylesheet import stylesheet

Mode = Literal["light", "dark", "high-contrast", "system"]
Density = Literal["compact", "default", "comfortable"]
Figures = Literal["", "tables", "identifiers"]

SCALES = tuple(float(step) for step in tokens.tokens()["scale"])
# Where words stand inside, the size grows with the text; hairlines and gaps stay.
_FIXED_SIZES = frozenset({"targetMin", "portalMaxWidth"})
_NARROW_ROOM = 1.5


class Theme(QObject):
    """One look for the whole program. Use the module's `theme`; screens listen to `changed`."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.mode: Mode = "light"
        self.name = "light"
        self.scale = 1.0
        self.density: Density = "default"
        self._installed = False
        self._dressed: tuple[str, float, Density] | None = None

    def install(self, app: QApplication, mode: Mode = "system", scale: float = 1.0) -> None:
        """Load the bundled fonts and dress the application, before the first window; again only switches the look."""
        if not self._installed:
            for file in sorted((tokens.RESOURCES / "fonts").glob("*.ttf")):
                QFontDatabase.addApplicationFont(str(file))
            app.setStyle("Fusion")
            app.styleHints().colorSchemeChanged.connect(self._system_changed)
            app.styleHints().accessibility().contrastPreferenceChanged.connect(self._system_changed)
        self._installed = True
        self.use(mode=mode, scale=scale)

    def use(self, *, mode: Mode | None = None, scale: float | None = None, density: Density | None = None) -> None:
        """Switch theme, text size (1.0 to 2.0) or density at once in every window; what is so already costs nothing."""
        self.mode = mode or self.mode
        self.scale = min(2.0, max(1.0, scale or self.scale))
        self.density = density or self.density
        self.name = _system_theme() if self.mode == "system" else self.mode
        app = QApplication.instance()
        if isinstance(app, QApplication) and self._dressed != (self.name, self.scale, self.density):
            self._dressed = self.name, self.scale, self.density
            _font.cache_clear()
            self._dress(app)
            self.changed.emit()

    def code(self, path: str) -> str:
        """A colour as `#RRGGBB`, for style sheets and SVG."""
        return tokens.colour_code(self.name, path)

    def colour(self, path: str) -> QColor:
        """A colour by its token path, such as `status.critical.solid` or `chart.0`."""
        return QColor(self.code(path))

    def space(self, step: int) -> int:
        """Distance of a step (0 to 9) in pixels."""
        return int(tokens.look_up(f"space.{step}"))

    def radius(self, name: str) -> int:
        """Corner radius in pixels: control, chip, card, dialog or pill."""
        return int(tokens.look_up(f"radius.{name}"))

    def size(self, name: str) -> int:
        """A size in pixels, grown with the text: railWidth, topBar, strip, control, icon …"""
        pixels = int(tokens.look_up(f"size.{name}"))
        return pixels if name in _FIXED_SIZES else self.grow(pixels)

    def grow(self, pixels: float) -> int:
        """Pixels drawn for 100 % text, at the text size in use."""
        return round(pixels * self.scale)

    def row_height(self, two_lines: bool = False) -> int:
        """Height of a table row in pixels at the density in use."""
        one = self.grow(tokens.look_up(f"density.{self.density}.row"))
        return one + self.grow(9 if self.density != "compact" else 14) if two_lines else one

    def control_height(self) -> int:
        """Height of a button or field in pixels at the density in use."""
        return self.grow(tokens.look_up(f"density.{self.density}.control"))

    def font(self, role: str, figures: Figures = "", *, mono: bool = False) -> QFont:
        """The font of a type role (`heading`, `body`, `label` …), optionally with table or identifier figures."""
        return _font(role, figures, mono, self.scale)

    def line_height(self, role: str) -> int:
        """Line height of a type role in pixels."""
        return self.grow(tokens.look_up(f"type.{role}.line"))

    def milliseconds(self, name: str) -> int:
        """A time from the tokens in milliseconds: toastSeconds, undoSeconds, spinnerDelayMs, skeletonDelayMs …"""
        amount = int(tokens.look_up(f"timing.{name}"))
        return amount if name.endswith("Ms") else amount * 1000

    def narrow(self, width: int) -> bool:
        """Whether a pane of this width (pixels) is too narrow for list and detail side by side."""
        return self.scale >= _NARROW_ROOM or width < self.grow(900)

    def _dress(self, app: QApplication) -> None:
        app.setFont(self.font("body"))
        app.setPalette(self.palette())
        app.setStyleSheet(stylesheet(self))

    def palette(self) -> QPalette:
        """The theme's colours for whatever Qt draws by itself."""
        palette = QPalette()
        for role, path in _PALETTE.items():
            palette.setColor(role, self.colour(path))
        for role in (QPalette.ColorRole.Text, QPalette.ColorRole.WindowText, QPalette.ColorRole.ButtonText):
            palette.setColor(QPalette.ColorGroup.Disabled, role, self.colour("text.disabled"))
        return palette

    def _system_changed(self) -> None:
        if self.mode == "system":
            self.use()


_ROLE = QPalette.ColorRole
_PALETTE = {
    _ROLE.Window: "bg.app",
    _ROLE.WindowText: "text.primary",
    _ROLE.Base: "bg.surface",
    _ROLE.AlternateBase: "bg.zebra",
    _ROLE.Text: "text.primary",
    _ROLE.PlaceholderText: "text.tertiary",
    _ROLE.Button: "bg.surface",
    _ROLE.ButtonText: "text.primary",
    _ROLE.BrightText: "status.critical.fg",
    _ROLE.Highlight: "primary.base",
    _ROLE.HighlightedText: "text.onPrimary",
    _ROLE.Link: "text.link",
    _ROLE.LinkVisited: "text.link",
    _ROLE.ToolTipBase: "text.primary",
    _ROLE.ToolTipText: "bg.surface",
    _ROLE.Light: "bg.raised",
    _ROLE.Midlight: "border.subtle",
    _ROLE.Mid: "border.strong",
    _ROLE.Dark: "border.control",
    _ROLE.Accent: "primary.base",
}


@lru_cache(maxsize=256)
def _font(role: str, figures: Figures, mono: bool, scale: float) -> QFont:
    kind = tokens.look_up(f"type.{role}")
    names = tokens.tokens()["font"]
    font = QFont()
    font.setFamilies([*names["mono" if mono else "family"], *names["rtl"]])
    font.setPixelSize(round(kind["px"] * scale))
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    font.setWeight(QFont.Weight(kind["weight"]))
    for feature in names["features"][figures] if figures else ():
        font.setFeature(QFont.Tag(feature), 1)
    return font


def _system_theme() -> str:
    hints = QGuiApplication.styleHints()
    if hints.accessibility().contrastPreference() == Qt.ContrastPreference.HighContrast:
        return "high-contrast"
    return "dark" if hints.colorScheme() == Qt.ColorScheme.Dark else "light"


theme = Theme()
