# SPDX-License-Identifier: Apache-2.0
"""Hubs at the centre: the certificate that each serves with, and which of them a workstation may turn to."""

from __future__ import annotations

from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import Connection, select

from hms_desktop.core.clock import instant
from hms_desktop.core.errors import BadInput, NotAllowed
from hms_desktop.security.accounts import Device
from hms_desktop.storage.reader import meta_value
from hms_desktop.storage.unit import set_meta
from hms_desktop.sync.facts import HUB
from hms_desktop.sync.protocol import HubPlace
from hms_desktop.sync.relaying import CertificateGiven, CertificateWanted
from sync_server.authority import Issued, issue_for, read_public
from sync_server.home import Home, must_be_reachable

MOST_ADDRESSES = 8
_ADDRESSES = "addresses of hubs"


def give_certificate(home: Home, device: UUID, kind: str, wanted: CertificateWanted) -> CertificateGiven:
    """Sign a hub's key for the names at which it serves, and remember its addresses for the workstations of its site.

    NotAllowed for whoever is no hub, and for a name that is the centre's or another hub's.
    """
    if kind != HUB:
        raise NotAllowed("Only a hub is given a certificate.", "hub.certificate")
    hosts = _hosts(wanted.addresses)
    with home.store.reading() as connection:
        noted: dict[str, list[str]] = meta_value(connection, _ADDRESSES, {})
    taken = {host for hub, addresses in noted.items() if hub != device.hex for host in _hosts(addresses)}
    for host in hosts:
        if host in taken | set(home.facts.hosts):
            raise NotAllowed(f"“{host}” is the name of another server: a hub serves under its own.", "hub.certificate")
    authority = Issued(home.authority, home.keys.authority_key)
    certificate = issue_for(authority, hosts, read_public(wanted.public), instant(home.store.clock.now_ms()))
    with home.store.writing() as connection:
        noted = meta_value(connection, _ADDRESSES, {})
        set_meta(connection, _ADDRESSES, {**noted, device.hex: list(wanted.addresses)})
    return CertificateGiven(certificate)


def _hosts(addresses: list[str]) -> tuple[str, ...]:
    parts = [urlsplit(address) for address in addresses]
    if not 0 < len(parts) <= MOST_ADDRESSES or any(one.scheme != "https" or not one.hostname for one in parts):
        raise BadInput(f"A hub names 1 to {MOST_ADDRESSES} addresses that begin with https://.")
    hosts = tuple(str(one.hostname) for one in parts)
    for one in parts:
        must_be_reachable(hosts, one.port or 443)
    return hosts


def places(connection: Connection, site: str) -> list[HubPlace]:
    """The hubs of a site that are in use and have a certificate."""
    noted: dict[str, list[str]] = meta_value(connection, _ADDRESSES, {})
    if not noted:
        return []
    approved = select(Device.id).where(Device.kind == HUB, Device.site == site, Device.status == "approved")
    found = [row.id for row in connection.execute(approved.order_by(Device.author))]
    return [HubPlace(id.bytes, noted[id.hex]) for id in found if id.hex in noted]
