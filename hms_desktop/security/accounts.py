# SPDX-License-Identifier: Apache-2.0
"""People and workstations as the server announces them: who exists, what they are, and which public keys are theirs.

Only the server writes these tables. Each workstation holds them, so that it can check signatures, let colleagues in
without asking, and name an author offline.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Mapped

from hms_desktop.core.errors import NotFound
from hms_desktop.core.text import _
from hms_desktop.security.granted import GrantedPerson
from hms_desktop.security.own_keys import PARTS
from hms_desktop.storage.columns import choice, data, flag, instant, link, secret, text, whole
from hms_desktop.storage.reader import Reader
from hms_desktop.storage.records import LAST_WRITER, Fact, Record

DEVICE_STATES = ("pending", "approved", "blocked", "wipe", "wiped")


class Account(
    Record,
    table="account",
    server_owned=True,
    groups={"person": LAST_WRITER, "access": LAST_WRITER, "keys": LAST_WRITER, "code": LAST_WRITER},
):
    """A person who may sign in; the record's id is the person id that change sets carry.

    `statement` is the server's signed word on the public keys (statements.py), `former` those before it, `wrapped` the
    private keys under the person's password, `must_change` that somebody else made that password, `sealed_totp` the
    authenticator seed sealed to the person, `second` their recovery codes and security keys (granted.py).
    """

    login: Mapped[str] = text(group="person", index=True)
    name: Mapped[str] = text(group="person")
    practitioner: Mapped[UUID | None] = link(group="person", optional=True)
    roles: Mapped[list[Any]] = data(group="access")
    active: Mapped[bool] = flag(group="access")
    needs_code: Mapped[bool] = flag(group="access")
    statement: Mapped[bytes] = secret(group="keys")
    wrapped: Mapped[bytes] = secret(group="keys")
    must_change: Mapped[bool | None] = flag(group="keys", optional=True)
    former: Mapped[bytes | None] = secret(group="keys", optional=True)
    sealed_totp: Mapped[bytes | None] = secret(group="code", optional=True)
    second: Mapped[bytes | None] = secret(group="code", optional=True)


ACCOUNT_EVENTS = (*PARTS, "password reset", "second factor reset", "overtaken")


class AccountEvent(Fact, table="account_event", server_owned=True):
    """A change to how a person signs in: what, when, and at which workstation; none when it was done at the server,
    there `by` an administrator."""

    person: Mapped[UUID] = link(index=True)
    by: Mapped[UUID | None] = link(optional=True)
    what: Mapped[str] = choice(*ACCOUNT_EVENTS)
    at: Mapped[datetime] = instant()
    device: Mapped[UUID | None] = link(optional=True)


class Device(Record, table="device", server_owned=True, groups={"place": LAST_WRITER, "trust": LAST_WRITER}):
    """An enrolled workstation or server worker; its author number is never used again.

    `signing_public` is its Ed25519 key (32 bytes), `former` those before a recovery (key_history.py);
    `reduced_protection` says that its secret lies in a file.
    """

    author: Mapped[int] = whole(group="trust", index=True)
    name: Mapped[str] = text(group="place")
    site: Mapped[str] = text(group="place")
    kind: Mapped[str] = text(group="place")
    signing_public: Mapped[bytes] = secret(group="trust")
    status: Mapped[str] = choice(*DEVICE_STATES, group="trust")
    reduced_protection: Mapped[bool] = flag(group="trust")
    former: Mapped[bytes | None] = secret(group="trust", optional=True)


class SiteSetting(Record, table="site_setting", server_owned=True, groups={"setting": LAST_WRITER}):
    """One setting of the clinic or of a site (`site` empty: the whole clinic); the value is JSON."""

    site: Mapped[str] = text()
    key: Mapped[str] = text(index=True)
    value: Mapped[Any] = data()


def granted_people(reader: Reader) -> list[GrantedPerson]:
    """Everyone with an account, as `people.admit` takes them."""
    return [as_granted(row) for row in reader.rows(select(Account.__table__).order_by(Account.login))]


def as_granted(row: Any) -> GrantedPerson:
    """One account as workstations are told of it."""
    return GrantedPerson(
        person=row.id,
        login=row.login,
        name=row.name,
        roles=tuple(row.roles),
        active=row.active,
        needs_code=row.needs_code,
        wrapped=row.wrapped,
        statement=row.statement,
        sealed_totp=row.sealed_totp,
        must_change=bool(row.must_change),
        second=row.second,
        former=row.former,
    )


@dataclass(frozen=True)
class AccountNews:
    """One change to how a person signs in, as they are shown it; `station` is empty for the server."""

    what: str
    at: datetime
    station: str


def account_news(reader: Reader, person: UUID, limit: int = 20) -> list[AccountNews]:
    """The latest changes to how a person signs in, newest first."""
    question = (
        select(AccountEvent.what, AccountEvent.at, Device.name)
        .select_from(AccountEvent.__table__.outerjoin(Device.__table__, Device.id == AccountEvent.device))
        .where(AccountEvent.person == person)
        .order_by(AccountEvent.at.desc())
        .limit(limit)
    )
    return [AccountNews(row.what, row.at, row.name or "") for row in reader.rows(question)]


def person_name(reader: Reader, person: UUID) -> str:
    """The name of who did something; NotFound when this workstation was never told of them."""
    found = reader.find(Account, person)
    if found is None:
        raise NotFound(
            _("The person {id} is not known on this workstation. Sync, then look again.").format(id=str(person)[-12:])
        )
    return str(found.name)


def setting(reader: Reader, key: str, default: Any = None) -> Any:
    """A setting as it holds here: the site's own, else the clinic's, else the default."""
    question = select(SiteSetting.site, SiteSetting.value).where(
        SiteSetting.key == key, SiteSetting.site.in_(("", reader.station.site))
    )
    found = {row.site: row.value for row in reader.rows(question)}
    return found.get(reader.station.site, found.get("", default))
