# SPDX-License-Identifier: Apache-2.0
"""A server's folder that is wrong, damaged or in use: named with its remedy, and never made anew over what is gone."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hms_desktop.core.errors import BadInput, Damaged, Refused, Unavailable
from hms_desktop.storage.durable import held_alone
from installer.day.server import free_port
from sync_server.home import Home, Plan, make, open_home
from sync_server.serve import SERVING_LOCK, serve

GOOD = Plan("Riverbend", "UTC", "ZAR", "Main", ("localhost", "127.0.0.1", "::1", "clinic.example.org"), 8443)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A server's folder."""
    made = tmp_path_factory.mktemp("home") / "server"
    make(made, GOOD).store.close()
    return made


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    """A copy of it to damage."""
    return Path(shutil.copytree(folder, tmp_path / "server"))


@pytest.fixture
def opened(copy: Path) -> Iterator[Home]:
    """A copy of it, open."""
    home = open_home(copy)
    yield home
    home.store.close()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"hosts": ("",)}, "neither a host name"),
        ({"hosts": ("two words",)}, "neither a host name"),
        ({"hosts": ("münchen.example",)}, "neither a host name"),
        ({"hosts": ()}, "at least one host name"),
        ({"port": 0}, "0 is no port"),
        ({"port": 65536}, "65536 is no port"),
        ({"clinic": " "}, "Give the clinic a name"),
        ({"site": "x" * 121}, "Give the site a name"),
        ({"zone": "Mars/Base"}, "no time zone"),
        ({"currency": "zar"}, "not a currency code"),
    ],
)
def test_a_server_is_not_made_of_what_can_not_be(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    plan = {name: getattr(GOOD, name) for name in GOOD.__dataclass_fields__} | changes
    with pytest.raises(BadInput, match=said):
        make(tmp_path / "server", Plan(**plan))
    assert not (tmp_path / "server").exists()


def test_a_store_that_is_gone_is_never_made_anew(copy: Path) -> None:
    for gone in (Path.unlink, lambda path: path.touch()):
        gone(copy / "store.db")
        with pytest.raises(Damaged, match="Put it back from a backup"):
            open_home(copy)
    assert (copy / "store.db").stat().st_size == 0


def test_facts_and_keys_that_do_not_fit_are_damage(copy: Path) -> None:
    facts = json.loads((copy / "server.json").read_text())
    (copy / "server.json").write_text(json.dumps({**facts, "zone": "Mars/Base"}))
    with pytest.raises(Damaged, match="can't be read"):
        open_home(copy)
    (copy / "server.json").write_text("{}")
    with pytest.raises(Damaged, match="can't be read"):
        open_home(copy)


def test_keys_of_another_version_are_said_to_be_that(copy: Path) -> None:
    kept = (copy / "service.keys").read_bytes()
    written = msgspec.msgpack.decode(kept)
    del written["exchange"]
    (copy / "service.keys").write_bytes(msgspec.msgpack.encode(written))
    with pytest.raises(Refused, match=r"another version .* Nothing was changed"):
        open_home(copy)
    for spoilt in (kept[:40], msgspec.msgpack.encode([1])):
        (copy / "service.keys").write_bytes(spoilt)
        with pytest.raises(Damaged, match="can't be read"):
            open_home(copy)


def test_a_missing_or_spoilt_certificate_is_named(opened: Home, copy: Path) -> None:
    (copy / "ca.pem").unlink()
    with pytest.raises(Damaged, match=r"ca\.pem"):
        _ = opened.authority
    (copy / "server.key").write_text("spoilt")
    with pytest.raises(Damaged, match=r"server\.pem or its key"):
        serve(opened, "127.0.0.1", free_port())


def test_a_folder_is_served_by_one_process_alone(opened: Home) -> None:
    with held_alone(opened.folder / SERVING_LOCK) as first, pytest.raises(Unavailable, match="Stop that server first"):
        assert first
        serve(opened, "127.0.0.1", free_port())
    with held_alone(opened.folder / SERVING_LOCK) as again:
        assert again


def test_an_address_that_is_taken_or_none_is_named(opened: Home) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(Unavailable, match="Does another server run there"):
            serve(opened, "127.0.0.1", taken.getsockname()[1])
    with pytest.raises(BadInput, match="no address of this computer"):
        serve(opened, "300.1.1.1", 8443)
    with pytest.raises(BadInput, match="99999 is no port"):
        serve(opened, "127.0.0.1", 99999)
