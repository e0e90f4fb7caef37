# SPDX-License-Identifier: Apache-2.0
"""The steps of a thing (Collected, Received, Results, Verify, Released): done, now and to come by shape and weight."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QHBoxLayout, QWidget

from hms_desktop.core.text import _
from hms_desktop.ui.widgets.flow import FlowRow
from hms_desktop.ui.widgets.labels import Glyph, Text
from hms_desktop.ui.widgets.theme import theme


class StepTrail(FlowRow):
    """Shows the words of the steps; `now` is the position of the present one, past the end when all are done."""

    def __init__(self, steps: Sequence[str], now: int, parent: QWidget | None = None) -> None:
        super().__init__(theme.space(3), theme.space(2), parent)
        self.show_steps(steps, now)

    def show_steps(self, steps: Sequence[str], now: int) -> None:
        """Show other steps."""
        parts: list[QWidget] = []
        for at, words in enumerate(steps):
            done, present = at < now, at == now
            shape = "check-circle-fill" if done else "circle-half-fill" if present else "circle"
            role = "status.success.fg" if done else "primary.base" if present else "text.tertiary"
            tone = "primary" if at <= now else "secondary"
            parts.append(_step(Glyph(shape, role, 14), Text(words, "bodyStrong" if present else "body", tone)))
            if at < len(steps) - 1:
                parts.append(Glyph("minus", "border.strong", 18))
        self.fill(parts)
        here = steps[now] if now < len(steps) else _("all done")
        self.setAccessibleName(
            _("Step {number} of {count}: {step}").format(number=min(now + 1, len(steps)), count=len(steps), step=here)
        )


def _step(sign: Glyph, words: Text) -> QWidget:
    """Sign and word go together to the next line."""
    step = QWidget()
    row = QHBoxLayout(step)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(theme.space(3))
    row.addWidget(sign)
    row.addWidget(words)
    return step
