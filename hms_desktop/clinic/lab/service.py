# SPDX-License-Identifier: Apache-2.0
"""Everything that can be done in the laboratory, one verb each; the acts themselves live by subject beside this."""

from __future__ import annotations

from hms_desktop.clinic.lab.service_release import (
    ACTIONS,
    WAYS,
    Told,
    ValuesChanged,
    acknowledge,
    could_not_reach,
    open_critical,
    open_result,
    record_call,
    release,
)
from hms_desktop.clinic.lab.service_results import correct_result, enter_results, validate, verify, void_result
from hms_desktop.clinic.lab.service_specimens import (
    Collected,
    collect,
    hand_over,
    open_specimen,
    publish_catalogue,
    receive,
    reject,
    relabel,
)

__all__ = [
    "ACTIONS",
    "WAYS",
    "Collected",
    "Told",
    "ValuesChanged",
    "acknowledge",
    "collect",
    "correct_result",
    "could_not_reach",
    "enter_results",
    "hand_over",
    "open_critical",
    "open_result",
    "open_specimen",
    "publish_catalogue",
    "receive",
    "record_call",
    "reject",
    "relabel",
    "release",
    "validate",
    "verify",
    "void_result",
]
