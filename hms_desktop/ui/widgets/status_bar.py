# SPDX-License-Identifier: Apache-2.0
"""The status bar: the true state of sync in fixed words, key hints, the place and the time to lock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QWidget

from hms_desktop.core.text import _, ngettext
from hms_desktop.ui.widgets import icons
from hms_desktop.ui.widgets.labels import KeyHint, Text, appear, dress
from hms_desktop.ui.widgets.reading import from_start, mirrored, turned, write
from hms_desktop.ui.widgets.theme import theme
from hms_desktop.ui.widgets.tips import tip

Network = Literal["connecting", "online", "hub", "syncing", "offline", "paused"]
PartName = Literal["training", "trust", "network", "waiting", "held_back", "last_sync", "conflicts", "place", "lock"]

_FOLDED = ("lock", "conflicts", "held_back", "waiting", "network", "trust", "training")
"""What becomes short, first to last, once nothing is left to leave out."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class TrustSign:
    """How far this workstation is trusted, where that is less than usual: icon, words, status colour, short words."""

    icon: str
    words: str
    status: str
    short: str


@dataclass(frozen=True)
class SyncState:
    """What the status bar tells. Times are in the clinic's zone; `today` is the clinic's date.

    `waiting` counts changes the server has not acknowledged, `held_back` those it refused; `last_success` is the last
    sync that went through whole, not the last try. `progress` (done, of) belongs to `syncing`, `since` to
    `offline`. `training` stands for as long as the data is: no strip that is folded away or replaced takes it along.
    """

    network: Network
    today: date
    waiting: int = 0
    held_back: int = 0
    conflicts: int = 0
    last_success: datetime | None = None
    since: datetime | None = None
    progress: tuple[int, int] | None = None
    place: str = ""
    lock_seconds: int | None = None
    training: bool = False
    trust: TrustSign | None = None


@dataclass(frozen=True)
class PartFace:
    """One part of the bar: icon, words and the status whose colour it wears ("" = quiet).

    `short` is what it says where large text on a small screen leaves no room for its words: never less than the fact.
    """

    icon: str
    words: str
    status: str = ""
    short: str = ""


def training_face(state: SyncState) -> PartFace:
    """That the data is for practice only; empty words in a real clinic."""
    return PartFace("graduation-cap", _("Training data") if state.training else "", "warning", _("Training"))


def trust_face(state: SyncState) -> PartFace:
    """That less is trusted than usual; empty words when all is well."""
    sign = state.trust
    return PartFace(sign.icon, sign.words, sign.status, sign.short) if sign else PartFace("", "")


def network_face(state: SyncState) -> PartFace:
    """The network word."""
    if state.network == "offline":
        words = _("Offline since {time}").format(time=_clock(state.since, state.today)) if state.since else _("Offline")
        return PartFace("wifi-slash", words, "local", _("Offline"))
    if state.network == "connecting":
        return PartFace("arrows-clockwise", _("Connecting"), "neutral")
    if state.network == "syncing":
        return PartFace("arrows-clockwise", _syncing(state.progress), "info", _("Syncing"))
    if state.network == "paused":
        return PartFace("pause", _("Paused while locked"), "neutral", _("Paused"))
    words = _("Online (clinic hub)") if state.network == "hub" else _("Online")
    return PartFace("cloud-check", words, "success", _("Online"))


def _syncing(progress: tuple[int, int] | None) -> str:
    if progress is None:
        return _("Syncing")
    return _("Syncing {done} of {total}").format(done=progress[0], total=progress[1])


def waiting_face(state: SyncState) -> PartFace:
    """How many changes the server does not have yet."""
    words = ngettext("{count} change waiting", "{count} changes waiting", state.waiting).format(count=state.waiting)
    return PartFace("hard-drives", words, "local" if state.waiting else "", str(state.waiting))


def held_back_face(state: SyncState) -> PartFace:
    """How many changes the server refused and a person must look at; empty words at none."""
    count = state.held_back
    words = ngettext("{count} needs attention", "{count} need attention", count).format(count=count)
    return PartFace("warning-fill", words if state.held_back else "", "warning", str(count))


def last_sync_face(state: SyncState) -> PartFace:
    """When the last sync went through: hh:mm today, the date with it otherwise."""
    if state.last_success is None:
        return PartFace("", _("No sync yet"))
    return PartFace("", _("Last sync {time}").format(time=_clock(state.last_success, state.today)))


def conflicts_face(state: SyncState) -> PartFace:
    """How many conflicts wait for a person; empty words at none."""
    count = state.conflicts
    words = ngettext("{count} conflict to review", "{count} conflicts to review", count).format(count=count)
    return PartFace("git-merge", words if count else "", "warning", str(count))


def lock_face(state: SyncState) -> PartFace:
    """Time to automatic lock, m:ss; empty words when nothing locks."""
    if state.lock_seconds is None:
        return PartFace("lock-simple", "")
    minutes, seconds = divmod(max(0, state.lock_seconds), 60)
    time = f"{minutes}:{seconds:02}"
    return PartFace("lock-simple", _("Locks in {time}").format(time=time), short=time)


def _clock(moment: datetime, today: date) -> str:
    time = f"{moment:%H:%M}"
    if moment.date() == today:
        return time
    return f"{moment.day:02}-{_MONTHS[moment.month - 1]}-{moment.year} {time}"


class StatusBar(QWidget):
    """The bar at the foot of the window. Each part is a button; `opened` tells which one was pressed."""

    opened = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        dress(self, surface="plain")
        self.setAccessibleName(_("Status"))
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(theme.space(3), 1, theme.space(3), 0)
        self._row.setSpacing(0)
        self.parts: dict[str, StatusPart] = {}
        for name in ("training", "trust", "network", "waiting", "held_back", "last_sync", "conflicts"):
            self._add_part(name, rule="after")
        self._row.addStretch(1)
        self._hints: list[QWidget] = []
        self._hints_at = self._row.count()
        for name in ("place", "lock"):
            self._add_part(name, rule="before")

    def _add_part(self, name: str, rule: str) -> None:
        part = StatusPart(rule, self)
        part.clicked.connect(lambda: self.opened.emit(name))
        part.hide()
        self.parts[name] = part
        self._row.addWidget(part)

    def show_state(self, state: SyncState) -> None:
        """Show another state; never takes the focus."""
        faces = {
            "training": training_face(state),
            "trust": trust_face(state),
            "network": network_face(state),
            "waiting": waiting_face(state),
            "held_back": held_back_face(state),
            "last_sync": last_sync_face(state),
            "conflicts": conflicts_face(state),
            "place": PartFace("", state.place),
            "lock": lock_face(state),
        }
        for name, face in faces.items():
            self.parts[name].show_face(face)
        self._make_room()

    def show_keys(self, hints: list[tuple[str, str]]) -> None:
        """Show up to three key hints: (key, what it does)."""
        for old in self._hints:
            self._row.removeWidget(old)
            old.deleteLater()
        self._hints = [_Hint(keys, words) for keys, words in hints[:3]]
        for at, hint in enumerate(self._hints):
            self._row.insertWidget(self._hints_at + at, hint)
        self._make_room()

    def sizeHint(self) -> QSize:
        """The bar's height; its width is the window's."""
        return QSize(theme.grow(600), theme.size("statusBar"))

    def minimumSizeHint(self) -> QSize:
        """May become narrow: it leaves out and shortens."""
        return QSize(theme.grow(320), theme.size("statusBar"))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Drop what is least needed when the window is narrow."""
        super().resizeEvent(event)
        self._make_room()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A hairline above the bar."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("bg.surface"))
        painter.fillRect(QRect(0, 0, self.width(), 1), theme.colour("border.subtle"))

    def changeEvent(self, event: QEvent) -> None:
        """Words in another size need other room."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._make_room()

    def _make_room(self) -> None:
        """Leave out hints, the place, then the last sync; then shorten one part after the other."""
        shown = [part for part in self.parts.values() if part.words]
        for part in shown:
            part.be_short(False)
        needed = sum(part.sizeHint().width() for part in [*shown, *self._hints]) + 2 * theme.space(3)
        droppable: list[QWidget] = [*reversed(self._hints), self.parts["place"], self.parts["last_sync"]]
        for one in droppable:
            fits = needed <= self.width()
            appear(one, fits and (not isinstance(one, StatusPart) or bool(one.words)))
            needed -= 0 if fits or (isinstance(one, StatusPart) and not one.words) else one.sizeHint().width()
        for part in (self.parts[name] for name in _FOLDED if self.parts[name].words):
            if needed > self.width():
                needed -= part.sizeHint().width()
                part.be_short(True)
                needed += part.sizeHint().width()


class _Hint(QWidget):
    def __init__(self, keys: str, words: str) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.space(3), 0, theme.space(3), 0)
        row.setSpacing(theme.space(3) - 2)
        row.addWidget(KeyHint(keys))
        row.addWidget(Text(words, "label", "secondary"))


class StatusPart(QAbstractButton):
    """One part of the bar: icon and words, a hairline beside it."""

    def __init__(self, rule: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rule = rule
        self._face = PartFace("", "")
        self._short = False
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)

    @property
    def words(self) -> str:
        """What it says; empty when it is hidden."""
        return self._face.words

    def show_face(self, face: PartFace) -> None:
        """Show other words."""
        if face == self._face:
            return
        self._face = face
        self.setAccessibleName(face.words)
        self._explain()
        self.setVisible(bool(face.words))
        self.updateGeometry()
        self.update()

    def be_short(self, short: bool) -> None:
        """Show the fact alone; the whole words stay for a screen reader and under the pointer."""
        if short != self._short:
            self._short = short
            self._explain()
            self.updateGeometry()
            self.update()

    def _explain(self) -> None:
        self.setToolTip(tip(self._face.words if self._short else ""))

    @property
    def written(self) -> str:
        """What is painted of its words."""
        return self._face.short or self._face.words if self._short else self._face.words

    def sizeHint(self) -> QSize:
        """Room for icon and words."""
        icon = theme.size("iconSmall") + theme.space(3) if self._face.icon else 0
        words = QFontMetrics(self._words_font()).horizontalAdvance(self.written)
        return QSize(icon + words + 2 * theme.space(4) + theme.space(2), theme.size("statusBar") - 1)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint hairline, icon and words."""
        painter = QPainter(self)
        rtl = mirrored(self)
        if self.underMouse():
            painter.fillRect(self.rect(), theme.colour("bg.hover"))
        at_right = (self._rule == "after") != rtl
        painter.fillRect(self.width() - 1 if at_right else 0, 0, 1, self.height(), theme.colour("border.subtle"))
        ink = f"status.{self._face.status}.fg" if self._face.status else "text.secondary"
        inner = self.rect().adjusted(theme.space(4), 0, -theme.space(4), 0)
        if self._face.icon:
            side = theme.size("iconSmall")
            square = QRect(inner.left(), (self.height() - side) // 2, side, side)
            icons.paint_icon(painter, turned(square, inner, rtl), self._face.icon, ink)
            inner = turned(inner.adjusted(side + theme.space(3), 0, 0, 0), inner, rtl)
        painter.setPen(theme.colour(ink))
        painter.setFont(self._words_font())
        write(painter, inner, from_start(rtl), self.written)

    def _words_font(self) -> QFont:
        font = QFont(theme.font("label", "tables"))
        if self._face.status:
            font.setWeight(QFont.Weight.DemiBold)
        return font
