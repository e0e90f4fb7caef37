# SPDX-License-Identifier: Apache-2.0
"""The words of the log: what an act of an administrator, a look and any other action is called."""

from __future__ import annotations

import re
from functools import cache

from hms_desktop.clinic.privacy.words import kind_word
from hms_desktop.core.text import _
from sync_server.actions import known_actions

_FIRST_CLAUSE = re.compile(r"[;:.]")


def kind_words(kind: str) -> str:
    """What an act of an administrator is called; one that has no words yet keeps its own name."""
    words = {
        "console.signed_in": _("Signed in to the console"), "console.signed_out": _("Signed out of the console"),
        "console.access": _("Access to the console set up"), "console.closed": _("Access to the console ended"),
        "console.session_ended": _("Session ended"), "console.sessions_ended": _("Sessions ended"),
        "console.key_added": _("Security key added"), "console.key_removed": _("Security key removed"),
        "device.code": _("Code for a new device"), "device.approved": _("Device approved"),
        "device.blocked": _("Device blocked"), "device.wipe_ordered": _("Wiping ordered"),
        "device.permit_code": _("Permit code shown"), "device.new_key": _("New file key ordered"),
        "device.fill_anew": _("Filling anew ordered"), "device.diagnostics_asked": _("Diagnostics asked for"),
        "device.diagnostics_read": _("Diagnostics read"), "device.silent": _("Device silent in opening hours"),
        "device.delayed": _("Work of a device taken slowly"),
        "device.compare": _("Comparing a device ordered"), "device.differed": _("Device differed from the server"),
        "metrics.token": _("Token for the monitoring made"),
        "device.second_copy": _("Second copy of a device turned away"),
        "person.joined": _("Person joined"), "person.moved": _("Roles changed"), "person.left": _("Person left"),
        "person.new_keys": _("New keys for a person"), "person.new_factor": _("Second factor reset"),
        "request.asked": _("Two-person request asked"), "request.approved": _("Request approved"),
        "request.declined": _("Request declined"), "request.withdrawn": _("Request taken back"),
        "request.failed": _("Request failed"), "request.used": _("Request used"),
        "quarantine.replayed": _("Held change tried again and taken"),
        "quarantine.asked": _("Owner of a held change asked"),
        "quarantine.put_away": _("Held change put away"), "audit.checked": _("Chains checked"),
        "audit.exported": _("Audit log exported"), "access.reviewed": _("Access review finished"),
        "audit.looked_up": _("Audit of a record looked up"), "console.wrong_try": _("Wrong try at the console"),
        "console.denied": _("Refused at the console"), "request.alone": _("Asked with nobody to approve"),
        "request.done_alone": _("Request carried out alone"), "request.expired": _("Request expired"),
        "person.revoked": _("Access ended at once"), "device.kind": _("Device made another kind"),
        "backup.noted": _("Backup noted"), "bundle.made": _("File for a workstation made, to be carried"),
        "bundle.taken": _("File of a workstation taken in"),
        "backup.made": _("Backup made and tried"),
        "backup.drilled": _("Restore drill done"), "backup.escrow": _("Sealed keys written"),
        "server.restored": _("Server put back from a backup"), "patient.history": _("A patient's history written out"),
        "records.exported": _("Every record exported"), "settings.opening": _("Opening hours changed"),
        "settings.chosen": _("Setting changed"), "server.device": _("Device record changed"),
        "server.person": _("Account changed"), "server.person_keys": _("Keys of a person changed by themselves"),
        "server.recovery_key": _("Recovery key stated"), "server.import": _("Records imported"),
        "server.replay": _("Held change tried again"), "server.question": _("Owner of a held change asked"),
        "server.put_away": _("Held change put away"), "sync.follow_up": _("What follows where histories meet"),
        "sync.state": _("Refusals told to their owners"), "server.begin": _("Server made"),
        "server.setting": _("Setting changed"), "server.worker": _("Worker of the server enlisted"),
        "database.volume": _("Database said to lie on an encrypted volume"),
    }  # fmt: skip
    return words.get(kind, kind)


def what_words(action: str, access: str) -> str:
    """What was done: a look by its kind (`access`), an act of an administrator by its words, else by its summary."""
    if access:
        return kind_word(access)
    said = kind_words(action)
    return said if said != action else _summary(action)


@cache
def _summary(action: str) -> str:
    """What an action of the clinic does, as it says itself, up to the first stop."""
    declared = known_actions().get(action)
    return _FIRST_CLAUSE.split(declared.summary)[0] if declared is not None and declared.ours else action
