# SPDX-License-Identifier: Apache-2.0
"""Wires a workstation: profile, keys, store, sync engine and windows. The only file that knows everything.

The process that is always there, sign-in and lock, is wired in `front`, which knows nothing of all this.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from hms_desktop.clinic.patients.service import give_task
from hms_desktop.commands import filling
from hms_desktop.commands.attendance import Attendance
from hms_desktop.commands.bench import Bench, open_bench
from hms_desktop.commands.carrying import make_file, take_file
from hms_desktop.commands.diagnostics import packed
from hms_desktop.commands.door import SessionDoor
from hms_desktop.commands.second_copy import SecondCopy, keep_at
from hms_desktop.core.changes import Changes
from hms_desktop.core.clock import Clock, milliseconds
from hms_desktop.core.faults import keep_faults
from hms_desktop.core.logs import begin_log, level_asked_for
from hms_desktop.core.text import _
from hms_desktop.documents.printers import printers_of
from hms_desktop.front import dressed_application, profile_keychain
from hms_desktop.security import quick_keys, roles, sign_in
from hms_desktop.security.accounts import granted_people
from hms_desktop.security.device_keys import SecretPlace
from hms_desktop.security.granted import GrantedPerson
from hms_desktop.security.key_ports import KeyPorts
from hms_desktop.security.own_account import OwnAccount
from hms_desktop.security.process_guard import guard_this_process
from hms_desktop.security.profile import trusted_profile
from hms_desktop.security.second_factor import BY_TOUCH, sign_in_keys
from hms_desktop.security.sign_in import OpenProfile
from hms_desktop.storage.acting import Acting
from hms_desktop.storage.database import DiskFull
from hms_desktop.storage.reserve import RESERVE
from hms_desktop.storage.store import Store
from hms_desktop.sync.beside import PagesBeside
from hms_desktop.sync.older import fetch_older
from hms_desktop.sync.quarantine import note_done_again
from hms_desktop.sync.report import HeldSet
from hms_desktop.ui.desk import Folder, Place, SignedIn
from hms_desktop.ui.shell.drafts import KeptForm
from hms_desktop.ui.shell.lines import ParentLink
from hms_desktop.ui.shell.look import Look
from hms_desktop.ui.shell.screen_room import fit_to_screen
from hms_desktop.ui.shell.session_end import SessionChild
from hms_desktop.ui.shell.standing_feed import StandingFeed
from hms_desktop.ui.shell.sync_facts import SyncDoor
from hms_desktop.ui.shell.sync_link import AtWork, Carries, RunnerLink, Stands
from hms_desktop.ui.shell.workstation import Rooms, Workstation
from hms_desktop.ui.tasks import Tasks

T = TypeVar("T")


class SignedStore:
    """A store as one person at work uses it: what `ui.tasks` calls."""

    def __init__(self, store: Store, acting: Acting) -> None:
        self._store, self._acting = store, acting

    def act(self, action: Callable[[Any], T]) -> T:
        """Run an action as this person."""
        return self._store.act(action, self._acting)

    def read(self, query: Callable[[Any], T]) -> T:
        """Answer a query as this person."""
        return self._store.read(query, self._acting)

    def on_changes(self, told: Callable[[Changes], None]) -> object:
        """Tell of every commit and apply."""
        return self._store.on_changes(told)


class OwnShelf:
    """One person's drafts in the store."""

    def __init__(self, store: Store, person: UUID, done_again: Callable[[int], object] = lambda number: None) -> None:
        self._drafts, self._person, self._done_again = store.drafts, person, done_again

    def save(self, key: str, body: Mapping[str, Any]) -> None:
        """Keep it."""
        self._drafts.save(self._person, key, dict(body))

    def load(self, key: str) -> dict[str, Any] | None:
        """What was kept, or None."""
        kept = self._drafts.load(self._person, key)
        return kept.body if kept else None

    def drop(self, key: str, held: int = 0) -> None:
        """Forget it; what the server held back and was done again with it needs no attention any more."""
        self._drafts.drop(self._person, key)
        if held:
            self._done_again(held)

    def kept(self) -> list[KeptForm]:
        """All of them, latest first."""
        found = self._drafts.all(self._person)
        return [KeptForm(d.key, str(d.body.get("title", "")), milliseconds(d.saved_at)) for d in found]


class Opened(Workstation):
    """An open workstation with what lies under its windows: store, exchange and runner."""

    bench: Bench
    attendance: Attendance

    def going(self, then: str) -> None:
        """The session is about to end: it locks, unless the person signs out or gives the place to a colleague."""
        self.attendance.locks = not then
        if then == "sign-out":
            opened = self.bench.opened
            quick_keys.forbid(
                opened.folder, opened.device, opened.profile.station.device, opened.granted.person,
                self.bench.store.clock.now_ms(),
            )  # fmt: skip


def open_workstation(
    opened: OpenProfile,
    *,
    clock: Clock | None = None,
    look: Look | None = None,
    sync: SyncDoor | None = None,
    folders: Sequence[Folder] | None = None,
    answers_commands: bool = False,
) -> Opened:
    """Open the store and the window of a person who signed in; needs a dressed QApplication (`install_look`).

    Several may be open in one process (tests, the tour). Idle time is counted only after `on_leaving`. With a `sync` of
    the caller's own the engine is not started; with `answers_commands` the `hms` command may ask this session.
    """
    bench = open_bench(opened, clock)
    bench.exchange.beside = partial(PagesBeside, filling.COMMAND, bench.store)
    tasks = Tasks(SignedStore(bench.store, bench.acting))
    carries = Carries(partial(make_file, bench), partial(take_file, bench), partial(keep_at, bench))
    link = sync or RunnerLink(
        bench.runner, bench.store.reading, _at_work(bench), _asker(tasks), partial(packed, bench), carries
    )
    door, attendance = SessionDoor(bench) if answers_commands else None, Attendance(bench)
    copy = SecondCopy(bench) if sync is None else None
    shelf, kinds = OwnShelf(bench.store, bench.acting.person.id, partial(_done_again, bench)), bench.acting.person.roles
    workstation = Opened(
        Rooms(tasks, shelf, link, partial(_close, bench, door, attendance, copy), _account(bench),
              _key_ports(opened), roles.key_locks(kinds)),
        _signed_in(bench.acting), _place(opened), bench.store.clock, look or Look(),
        idle_minutes=roles.idle_minutes(kinds), needs_code=opened.granted.needs_code or roles.needs_code(kinds),
        folders=folders,
    )  # fmt: skip
    workstation.bench, workstation.attendance = bench, attendance
    workstation.desk.printers = printers_of(opened.folder)
    workstation.desk.older = partial(fetch_older, bench.exchange)
    _leave_when_put_out(workstation)
    _tell_of_a_full_disk(workstation)
    shown = link if isinstance(link, RunnerLink) else None
    feed = StandingFeed(bench.watch, partial(_stands, bench), shown, workstation)
    feed.leaving.connect(workstation.window.leaving)
    feed.look()
    if copy is not None:
        bench.runner.start()
        copy.start()
    return workstation


def run_session(folder: Path) -> int:
    """A session process: hears name and password on stdin, shows the window, ends at lock. Returns an exit code."""
    guard_this_process()
    keep_faults(folder)
    begin_log(level_asked_for())
    link = ParentLink()
    app = dressed_application()
    keychain = profile_keychain(folder)

    def open_one(login: str, password: str, code: str, look: Look) -> Workstation:
        opened = _opened(folder, keychain, login, password, code)
        look.use()
        workstation = open_workstation(opened, look=look, answers_commands=True)
        workstation.attendance.came(keychain, _way_in(opened))
        fit_to_screen(workstation.window)
        return workstation

    child = SessionChild(link, open_one)
    child.setParent(app)
    link.start()
    return app.exec()


def _close(bench: Bench, door: SessionDoor | None, attendance: Attendance, running: SecondCopy | None) -> None:
    if door is not None:
        door.close()
    if running is not None:
        running.stop()
        bench.runner.stop()
    attendance.went()
    bench.shut()


def _stands(bench: Bench) -> Stands:
    trust, emergency = bench.watch.trust(), bench.watch.emergency
    return Stands(
        permit_ms=trust.permit.until_ms,
        permit_soon=trust.permit.ends_soon,
        emergency=emergency,
        permit_again=emergency and not trust.permit.ended,
        exposed=trust.exposed_ms > 0,
        behind=bench.watch.behind,
        read_only=bench.old,
    )


def _opened(folder: Path, keychain: SecretPlace, login: str, password: str, code: str) -> OpenProfile:
    """Whoever signs in at the window: with a code or a security key, or by the touch of one alone."""
    profile, device = trusted_profile(folder, keychain)
    touch = sign_in_keys(profile, device)
    if code == BY_TOUCH:
        return sign_in.unlock_by_touch(folder, keychain=keychain, touch=touch)
    return sign_in.unlock(folder, login, password, code or None, keychain=keychain, touch=touch, takes_first_steps=True)


def _key_ports(opened: OpenProfile) -> KeyPorts | None:
    """Where to see that a security key was pulled out, for a person who has one."""
    return KeyPorts() if opened.granted.factors.keys else None


def _way_in(opened: OpenProfile) -> str:
    """By what somebody signed in, as the audit trail says it."""
    if opened.used.code is not None:
        return "window, recovery code"
    return "window, security key" if opened.used.key is not None else "window"


def _account(bench: Bench) -> OwnAccount:
    opened = bench.opened
    keys = sign_in_keys(opened.profile, opened.device)
    return OwnAccount(opened, clock=bench.store.clock, keys=keys, told=bench.runner.send_soon)


def _asker(tasks: Tasks) -> Callable[[HeldSet, str], None]:
    def ask(held: HeldSet, role: str) -> None:
        title = _("The server held back change {number}: {reason}").format(number=held.number, reason=held.reason)
        table, record = held.records[0] if held.records else (None, None)
        tasks.run(partial(give_task, title=title, role=role, subject=record, subject_table=table))

    return ask


def _at_work(bench: Bench) -> AtWork:
    return AtWork(bench.store.station.author, bench.acting.person.id)


def _done_again(bench: Bench, number: int) -> None:
    bench.store.act(partial(note_done_again, author=bench.store.station.author, number=number), bench.acting)


def _leave_when_put_out(workstation: Workstation) -> None:
    """A person whose access was ended keeps no window open: the session ends once this workstation hears of it."""
    own = workstation.desk.person.id

    def look(people: list[GrantedPerson]) -> None:
        if any(person.person == own and not person.active for person in people):
            workstation.window.leaving.emit("sign-out")

    def changed(changes: Changes) -> None:
        if changes.touch("account"):
            workstation.tasks.read(granted_people, look, owner=workstation)

    workstation.tasks.changed.connect(changed)


def _tell_of_a_full_disk(workstation: Workstation) -> None:
    """A disk without room is said at once and stays on the screen: reading and the trail of it go on meanwhile."""

    def changed(changes: Changes) -> None:
        if changes.touch(*RESERVE):
            workstation.desk.show_error(DiskFull(_(
                "The disk is full, or almost. What you do is still saved, in room that was kept back for this; it does "
                "not last long. Free some space on this computer now, or call support."
            )))  # fmt: skip

    workstation.tasks.changed.connect(changed)


def _signed_in(acting: Acting) -> SignedIn:
    person = acting.person
    known = roles.policy().roles
    titles = [known[name].title for name in sorted(person.roles) if name in known]
    return SignedIn(
        person.id, person.name, person.login, tuple(sorted(person.roles)), person.permissions, ", ".join(titles)
    )


def _place(opened: OpenProfile) -> Place:
    clinic, station = opened.profile.clinic, opened.profile.station
    return Place(
        clinic.name, station.name, station.site, station.kind, clinic.currency, ZoneInfo(clinic.zone), clinic.training
    )
