# SPDX-License-Identifier: Apache-2.0
"""The one Qt style sheet, generated from the tokens of the look in use."""

from __future__ import annotations

from typing import Protocol

from hms_desktop.ui.widgets import tokens


class Look(Protocol):
    """The look in use as a style sheet needs it: colours as `#RRGGBB`, everything else in pixels."""

    @property
    def scale(self) -> float:
        """Text size, 1.0 to 2.0."""

    def code(self, path: str) -> str:
        """A colour by its token path."""

    def space(self, step: int) -> int:
        """A distance."""

    def radius(self, name: str) -> int:
        """The corner of a control, chip, card, dialog or pill."""

    def size(self, name: str) -> int:
        """A size, grown with the text."""

    def grow(self, pixels: float) -> int:
        """Pixels drawn for 100 % text, at the text size in use."""

    def control_height(self) -> int:
        """Height of a button or field."""


TONES = {
    "primary": "text.primary",
    "secondary": "text.secondary",
    "tertiary": "text.tertiary",
    "disabled": "text.disabled",
    "link": "text.link",
    "on-primary": "text.onPrimary",
    **{f"{status}": f"status.{status}.fg" for status in ("critical", "warning", "success", "info", "neutral", "local")},
    **{f"on-{status}": f"status.{status}.onSolid" for status in ("critical", "warning", "success", "info", "local")},
}


def stylesheet(look: Look) -> str:
    """The whole sheet as text."""
    parts = (_words, _surfaces, _fields, _tables, _scroll_bars, _menus, _choices, _tabs)
    return "\n".join(part(look) for part in parts)


def _words(look: Look) -> str:
    rules = ["QLabel { background: transparent; border: none; }"]
    for role, kind in tokens.tokens()["type"].items():
        size = round(kind["px"] * look.scale)
        rules.append(f'QLabel[type="{role}"] {{ font-size: {size}px; font-weight: {kind["weight"]}; }}')
    rules += [f'QLabel[tone="{tone}"] {{ color: {look.code(path)}; }}' for tone, path in TONES.items()]
    rules.append(
        f"QToolTip {{ background: {look.code('text.primary')}; color: {look.code('bg.surface')};"
        f" border: 1px solid {look.code('border.strong')}; padding: 4px 8px; font-size: {look.grow(12)}px; }}"
    )
    return "\n".join(rules)


def _surfaces(look: Look) -> str:
    line, card, dialog = look.code("border.subtle"), look.radius("card"), look.radius("dialog")
    surface, app = look.code("bg.surface"), look.code("bg.app")
    return f"""
QMainWindow, QDialog, QMessageBox {{ background: {app}; }}
QWidget[surface="app"] {{ background: {app}; }}
QWidget[surface="plain"] {{ background: {surface}; }}
QWidget[surface="sunken"] {{ background: {look.code("bg.sunken")}; }}
QFrame[surface="card"] {{ background: {surface}; border: 1px solid {line}; border-radius: {card}px; }}
QFrame[surface="dialog"] {{ background: {look.code("bg.raised")}; border: 1px solid {look.code("border.strong")};
  border-radius: {dialog}px; }}
QFrame[surface="rule"] {{ background: {line}; border: none; min-height: 1px; max-height: 1px; }}
QFrame[surface="rule-upright"] {{ background: {line}; border: none; min-width: 1px; max-width: 1px; }}
QScrollArea, QScrollArea > QWidget > QWidget[surface="scroll"] {{ background: transparent; border: none; }}
QStackedWidget {{ background: transparent; }}
QSplitter::handle {{ background: transparent; }}
QSplitter::handle:hover {{ background: {look.code("border.strong")}; }}
"""


def _fields(look: Look) -> str:
    base, radius = look.code("bg.surface"), look.radius("control")
    kinds = ("QLineEdit", "QPlainTextEdit", "QTextEdit", "QAbstractSpinBox")
    every = ", ".join(kinds)
    focus = ", ".join(f"{kind}:focus" for kind in kinds)
    shut = ", ".join(f"{kind}:disabled, {kind}:read-only" for kind in kinds[:3])
    wrong = ", ".join(f'{kind}[state="error"]' for kind in kinds)
    doubtful = ", ".join(f'{kind}[state="warning"]' for kind in kinds)
    bare = ", ".join(f'{kind}[kind="bare"], {kind}[kind="bare"]:focus' for kind in kinds)
    soft, chosen = look.code("primary.soft"), look.code("text.primary")
    return f"""
{every} {{ background: {base}; color: {look.code("text.primary")}; border: 1px solid {look.code("border.control")};
  border-radius: {radius}px; padding: 3px {look.space(3) + 1}px;
  selection-background-color: {look.code("primary.base")}; selection-color: {look.code("text.onPrimary")};
  placeholder-text-color: {look.code("text.tertiary")}; font-size: {look.grow(13)}px; }}
QLineEdit {{ min-height: {look.control_height() - 8}px; }}
QLineEdit[figures="number"] {{ font-weight: 600; }}
QPlainTextEdit, QTextEdit {{ padding: 6px 8px; }}
{wrong} {{ border: 2px solid {look.code("status.critical.solid")}; padding: 2px {look.space(3)}px; }}
{doubtful} {{ border: 1px solid {look.code("status.warning.fg")}; }}
{focus} {{ border: 2px solid {look.code("focus")}; padding: 2px {look.space(3)}px; }}
QPlainTextEdit:focus, QTextEdit:focus {{ padding: 5px 7px; }}
{shut} {{ background: {look.code("bg.sunken")}; color: {look.code("text.secondary")}; }}
QLineEdit[kind="search"] {{ background: {look.code("bg.app")}; }}
{bare} {{ background: transparent; border: none; padding: 0; }}
QListView[kind="choices"] {{ background: {look.code("bg.raised")}; border: 1px solid {look.code("border.strong")};
  border-radius: {radius}px; padding: 4px; outline: none; }}
QListView[kind="choices"]::item {{ min-height: {look.control_height() - 4}px; padding: 0 8px; border-radius: 4px; }}
QListView[kind="choices"]::item:selected {{ background: {soft}; color: {chosen}; }}
QListView[kind="choices"]::item:hover {{ background: {look.code("bg.hover")}; color: {chosen}; }}
"""


def _tables(look: Look) -> str:
    line = look.code("border.subtle")
    return f"""
QTableView, QTreeView, QListView {{ background: {look.code("bg.surface")}; border: none; outline: none;
  gridline-color: {line}; selection-background-color: {look.code("bg.selected")};
  selection-color: {look.code("text.primary")}; }}
QHeaderView {{ background: {look.code("bg.surface")}; border: none; }}
QHeaderView::section {{ background: {look.code("bg.surface")}; color: {look.code("text.secondary")};
  border: none; border-bottom: 1px solid {look.code("border.strong")}; padding: 0 {look.space(3)}px;
  font-size: {look.grow(11)}px; font-weight: 600; min-height: {look.grow(30)}px; }}
QHeaderView::section:hover {{ background: {look.code("bg.hover")}; }}
QAbstractScrollArea::corner {{ background: transparent; border: none; }}
QTableCornerButton::section {{ background: {look.code("bg.surface")}; border: none; }}
"""


def _scroll_bars(look: Look) -> str:
    handle, room = look.code("border.strong"), look.code("border.control")
    return f"""
QScrollBar {{ background: transparent; border: none; margin: 0; }}
QScrollBar:vertical {{ width: 10px; }}
QScrollBar:horizontal {{ height: 10px; }}
QScrollBar::handle {{ background: {handle}; border-radius: 3px; margin: 2px; }}
QScrollBar::handle:vertical {{ min-height: 32px; }}
QScrollBar::handle:horizontal {{ min-width: 32px; }}
QScrollBar::handle:hover {{ background: {room}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
"""


def _menus(look: Look) -> str:
    return f"""
QMenu {{ background: {look.code("bg.raised")}; color: {look.code("text.primary")};
  border: 1px solid {look.code("border.strong")}; padding: 4px; font-size: {look.grow(13)}px; }}
QMenu::item {{ padding: 6px 24px 6px 12px; border-radius: 4px; }}
QMenu::item:selected {{ background: {look.code("bg.selected")}; color: {look.code("text.primary")}; }}
QMenu::item:disabled {{ color: {look.code("text.disabled")}; }}
QMenu::separator {{ height: 1px; background: {look.code("border.subtle")}; margin: 4px 8px; }}
QMenu::icon {{ padding-left: 8px; }}
"""


def _choices(look: Look) -> str:
    return f"""
QCheckBox, QRadioButton {{ color: {look.code("text.primary")}; spacing: {look.space(3)}px;
  font-size: {look.grow(13)}px; }}
QCheckBox:disabled, QRadioButton:disabled {{ color: {look.code("text.disabled")}; }}
QProgressBar {{ background: {look.code("bg.sunken")}; border: 1px solid {look.code("border.strong")};
  border-radius: 4px; height: {look.grow(8)}px; text-align: center; }}
QProgressBar::chunk {{ background: {look.code("primary.base")}; border-radius: 3px; }}
"""


def _tabs(look: Look) -> str:
    return f"""
QTabWidget::pane {{ border: none; }}
QTabBar {{ background: transparent; border: none; }}
QTabBar::tab {{ background: transparent; color: {look.code("text.secondary")}; border: none;
  border-bottom: 2px solid transparent; padding: 8px 12px; font-size: {look.grow(13)}px; font-weight: 500; }}
QTabBar::tab:selected {{ color: {look.code("text.link")}; border-bottom: 2px solid {look.code("primary.base")}; }}
QTabBar::tab:hover {{ color: {look.code("text.primary")}; }}
"""
