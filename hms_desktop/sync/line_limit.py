# SPDX-License-Identifier: Apache-2.0
"""How much of the line a workstation's exchange may take: chosen for the clinic or a site, and at a workstation itself.

Of both the smaller holds. It is told in kbit/s for each direction; 0 is no limit.
"""

from __future__ import annotations

from hms_desktop.core.changes import Changes
from hms_desktop.core.errors import BadInput
from hms_desktop.core.text import _
from hms_desktop.security.accounts import setting
from hms_desktop.storage.reader import Reader
from hms_desktop.storage.store import Store
from hms_desktop.storage.unit import set_meta

LINE_KBIT = "line_kbit"
"""The setting."""
CHOSEN_HERE = "own_line_limit"
"""The notice that it was chosen at this workstation."""
LEAST_KBIT, MOST_KBIT = 64, 1_000_000
_NOTE = "line kbit chosen here"


def checked(kbit: int) -> int:
    """The limit as given; BadInput for one at which no exchange gets anywhere."""
    if kbit and not LEAST_KBIT <= kbit <= MOST_KBIT:
        message = _("The limit is 0 for none, or from {least} to {most} kbit/s. Nothing was changed.")
        raise BadInput(message.format(least=LEAST_KBIT, most=MOST_KBIT), "value")
    return kbit


def limit_of(reader: Reader) -> int:
    """The limit that holds at this workstation."""
    return min(filter(None, (int(setting(reader, LINE_KBIT, 0)), int(reader.meta(_NOTE, 0)))), default=0)


def choose_here(store: Store, kbit: int) -> None:
    """Choose the limit of this workstation; BadInput as for `checked`."""
    checked(kbit)
    with store.writing() as connection:
        set_meta(connection, _NOTE, kbit)
    store.tell(Changes(frozenset({CHOSEN_HERE})))
