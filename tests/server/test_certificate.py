# SPDX-License-Identifier: Apache-2.0
"""The server's certificate is renewed before it ends, by itself, and workstations notice nothing of it."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from hms_desktop.core.errors import Damaged
from sync_server.authority import RENEW_DAYS, SERVER_DAYS, Issued, issue_server
from sync_server.home import CERTIFICATE_FILE, KEY_FILE, Home, renew_certificate
from sync_server.serve import _renew, serve
from tests.server.process import ServerProcess


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    made = ServerProcess(tmp_path / "server")
    yield made
    made.close()


def holds(home: Home, days: int) -> bytes:
    """Put a certificate there that holds for so many days from now (less than none: it has ended)."""
    issued = datetime.now(UTC) + timedelta(days=days - SERVER_DAYS)
    authority = Issued(home.authority, home.keys.authority_key)
    made = issue_server(authority, home.facts.hosts, issued, home.keys.server_key).certificate
    (home.folder / CERTIFICATE_FILE).write_bytes(made)
    return made


def trusting(home: Home) -> ssl.SSLContext:
    """What a workstation trusts: the clinic's authority and nothing else."""
    return ssl.create_default_context(cadata=home.authority.decode())


def shown(home: Home, context: ssl.SSLContext) -> x509.Certificate:
    """What a server with this context shows to a workstation that connects."""
    here, there = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = trusting(home).wrap_bio(here, there, server_hostname="127.0.0.1")
    answers = context.wrap_bio(there, here, server_side=True)
    for side in (client, answers, client, answers):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
    told = client.getpeercert(binary_form=True)
    assert told is not None
    return x509.load_der_x509_certificate(told)


def test_a_server_whose_certificate_has_ended_starts_with_a_new_one_for_the_same_key(server: ServerProcess) -> None:
    ended = x509.load_pem_x509_certificate(holds(server.home, -1))
    server.start()
    plain = socket.create_connection(("127.0.0.1", server.port), timeout=60)
    with trusting(server.home).wrap_socket(plain, server_hostname="127.0.0.1") as line:
        told = line.getpeercert(binary_form=True)
    assert told is not None
    now = x509.load_der_x509_certificate(told)
    assert (now.not_valid_after_utc - datetime.now(UTC)).days >= SERVER_DAYS - 1
    assert now.public_key() == ended.public_key() and now.serial_number != ended.serial_number


def test_who_connects_after_the_renewal_is_shown_the_new_certificate(server: ServerProcess) -> None:
    home = server.home
    soon = x509.load_pem_x509_certificate(holds(home, RENEW_DAYS - 1))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(home.folder / CERTIFICATE_FILE, home.folder / KEY_FILE)
    assert shown(home, context) == soon
    _renew(home, context)
    assert shown(home, context).not_valid_after_utc > soon.not_valid_after_utc + timedelta(days=700)
    kept = (home.folder / CERTIFICATE_FILE).read_bytes()
    _renew(home, context)
    assert (home.folder / CERTIFICATE_FILE).read_bytes() == kept


def test_a_certificate_made_by_a_clock_that_ran_ahead_is_made_anew(server: ServerProcess) -> None:
    holds(server.home, SERVER_DAYS + 1000)
    assert renew_certificate(server.home)
    assert not renew_certificate(server.home)


def test_a_certificate_that_cannot_be_read_is_named_and_nothing_is_served(server: ServerProcess) -> None:
    (server.home.folder / CERTIFICATE_FILE).write_bytes(b"no certificate")
    with pytest.raises(Damaged, match=f"{CERTIFICATE_FILE} can't be read. Put it back"):
        serve(server.home, "127.0.0.1", server.port)
