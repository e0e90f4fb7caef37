# SPDX-License-Identifier: Apache-2.0
"""The icons: Phosphor shapes (and a few of our own) from resources/icons, tinted by the theme when painted."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QGuiApplication, QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from hms_desktop.ui.widgets.theme import theme
from hms_desktop.ui.widgets.tokens import RESOURCES

_NAMES = """
ambulance archive arrow-bend-up-left arrow-clockwise arrow-counter-clockwise arrow-down arrow-down-bold
arrow-fat-up arrow-left arrow-right arrow-square-out arrow-u-up-left arrow-up arrow-up-bold arrows-clockwise
arrows-left-right at baby bandaids bank barcode barricade basket bed bell book-open bookmark-simple bug
building-apartment buildings calculator calendar-blank calendar-check calendar-dots calendar-plus calendar-x
caret-down caret-left caret-right caret-up caret-up-down chart-bar chart-line chart-line-up chat-text
chats-circle check check-bold check-circle check-circle-fill circle circle-dashed circle-fill circle-half
circle-half-fill clipboard clipboard-text clock clock-counter-clockwise cloud cloud-arrow-up cloud-check
cloud-slash coins columns command computer-tower copy credit-card cube database desktop device-mobile door
door-open dots-three dots-three-vertical download-simple drop envelope-simple envelope-simple-open export eye
eye-slash eyedropper file-text fingerprint first-aid first-aid-kit flag flag-banner flag-fill flask footprints
frame-corners funnel gear gender-female gender-male git-merge globe graduation-cap hand hand-coins hard-drives
heart heartbeat hospital hourglass hourglass-medium house identification-badge identification-card image
imaging info info-fill invoice key keyboard lifebuoy lightning lightning-fill link link-break list
list-bullets list-checks lock-simple lock-simple-open magnifying-glass map-pin megaphone minus money monitor
moon note note-pencil notebook package palette paper-plane-tilt paperclip password pause pen-nib pencil-simple
pencil-simple-line percent person person-arms-spread phone pill play plug plugs plugs-connected plus printer
prohibit pulse push-pin qr-code question question-fill radio-button radio-button-fill radioactive receipt rows
ruler scales scan shield-check shield-warning shopping-cart sidebar-simple sign-in sign-out signature siren
sliders-horizontal snowflake sort-ascending sort-descending spinner spinner-gap squares-four stack stamp star
star-fill steps stethoscope stop storefront sun syringe table tag test-tube text-aa thermometer-cold
thermometer-simple timer tooth translate trash tray tree-structure trend-down trend-up truck upload-simple usb
user user-circle user-focus user-plus user-switch users users-three virus wallet warehouse warning
warning-circle warning-circle-fill warning-fill warning-octagon warning-octagon-fill wheelchair wifi-high
wifi-slash x x-bold x-circle x-circle-fill
"""
NAMES = frozenset(_NAMES.split())
# Arrows that point along the reading direction turn round in right-to-left languages.
_MIRRORED = """
arrow-left arrow-right caret-left caret-right arrow-bend-up-left arrow-u-up-left sign-in sign-out
arrow-square-out list-bullets sidebar-simple
"""
MIRRORED = frozenset(_MIRRORED.split())


def icon(name: str, role: str = "text.secondary") -> QIcon:
    """The icon in a colour of the theme (`role` is a token path); it follows a theme switch by itself."""
    return QIcon(_TintedShape(_known(name), role))


def paint_icon(painter: QPainter, rect: QRect, name: str, role: str) -> None:
    """Paint an icon into a square of `rect`, centred, in the role's colour."""
    side = min(rect.width(), rect.height())
    square = QRect(0, 0, side, side)
    square.moveCenter(rect.center())
    device = painter.device()
    painter.drawPixmap(square.topLeft(), pixmap(name, role, side, device.devicePixelRatio()))


def pixmap(name: str, role: str, side: int, ratio: float = 1.0) -> QPixmap:
    """The icon as a square picture of `side` logical pixels for a screen of this pixel ratio."""
    mirrored = name in MIRRORED and QGuiApplication.isRightToLeft()
    return _drawn(_known(name), theme.code(role), side, ratio, mirrored)


class _TintedShape(QIconEngine):
    """Paints one shape in the colour its role has at that moment."""

    def __init__(self, name: str, role: str) -> None:
        super().__init__()
        self._name = name
        self._role = role

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        """Paint into `rect`; a disabled icon takes the disabled text colour."""
        paint_icon(painter, rect, self._name, "text.disabled" if mode == QIcon.Mode.Disabled else self._role)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """The shape on a transparent ground."""
        role = "text.disabled" if mode == QIcon.Mode.Disabled else self._role
        return pixmap(self._name, role, min(size.width(), size.height()))

    def clone(self) -> QIconEngine:
        """A copy, as QIcon asks when it is detached."""
        return _TintedShape(self._name, self._role)


def _known(name: str) -> str:
    if name not in NAMES:
        raise KeyError(f"no icon “{name}”: add its SVG to resources/icons and its name to icons.NAMES")
    return name


@lru_cache(maxsize=256)
def _shape(name: str) -> str:
    return (RESOURCES / "icons" / f"{name}.svg").read_text(encoding="utf-8")


@lru_cache(maxsize=1024)
def _drawn(name: str, code: str, side: int, ratio: float, mirrored: bool) -> QPixmap:
    pixels = max(1, round(side * ratio))
    picture = QPixmap(pixels, pixels)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    if mirrored:
        painter.translate(QPoint(pixels, 0))
        painter.scale(-1, 1)
    svg = _shape(name).replace("currentColor", code)
    QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(0, 0, pixels, pixels))
    painter.end()
    picture.setDevicePixelRatio(ratio)
    return picture
