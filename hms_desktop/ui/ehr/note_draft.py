# SPDX-License-Identifier: Apache-2.0
"""The draft of a note that goes into the record: it is forgotten, and what was typed on meanwhile stays upon it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any
from uuid import UUID

from hms_desktop.core.text import _
from hms_desktop.ui.desk import Drafts

Forget = Callable[[], object]


def note_key(visit: UUID) -> str:
    """Where the words of a visit's note are kept that are not in the record yet."""
    return f"note:{visit.hex}"


def keep_note(drafts: Drafts, key: str, typed: Mapping[str, Any]) -> None:
    """Keep what is typed: `texts`, what they were typed on (`seen`), and the templates they were `begun` from."""
    drafts.save(key, typed, _("Visit note"))


def sent_note(drafts: Drafts, key: str, texts: Mapping[str, str], begun: Collection[UUID]) -> Forget:
    """The act that forgets the draft, as it is now, once these texts are in the record.

    A draft that was typed on stays: its words stand on these texts then, so they don't meet them as a colleague's.
    """
    state, used = drafts.state(key), {template.hex for template in begun}

    def stand_on(now: int, kept: dict[str, Any] | None) -> None:
        if kept and now == drafts.state(key):
            rest = [template for template in kept.get("begun", ()) if template not in used]
            keep_note(drafts, key, {"texts": kept["texts"], "seen": dict(texts), "begun": rest})

    def forget() -> None:
        if drafts.state(key) == state:
            drafts.drop(key)
        else:
            drafts.load(key, partial(stand_on, drafts.state(key)))

    return forget
