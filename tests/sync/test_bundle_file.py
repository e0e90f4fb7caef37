# SPDX-License-Identifier: Apache-2.0
"""The file itself: whatever stands in it is read within limits, and one that does not hold together is refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from hms_desktop.core.errors import BadInput, ClinicError, Damaged, Unavailable
from hms_desktop.security import sealing
from hms_desktop.sync import bundle_file
from hms_desktop.sync.bundle_file import FORMAT, BundleReader, BundleWriter, Head, Header, bundle_to, file_name
from hms_desktop.sync.bundle_line import HELLO, PULL, SNAPSHOT, BundleLine
from hms_desktop.sync.protocol import (
    Hello,
    LeaseGiven,
    LeaseWanted,
    Manifest,
    Page,
    PageWanted,
    Pull,
    Pulled,
    SnapshotWanted,
    TablePart,
    Welcome,
)

NOBODY = UUID(int=7).bytes
HEADER = Header(FORMAT, NOBODY, NOBODY, NOBODY, b"", 1, True, 0)
RECEIVER, SENDER = X25519PrivateKey.generate(), Ed25519PrivateKey.generate()
WELCOME = Welcome("", NOBODY, b"", 0, 3, [], [], 2, "Riverbend", "UTC", "ZAR", True)


def made(path: Path, *messages: tuple[Head, Any], heads: list[Head] | None = None) -> Path:
    """A bundle of these messages; with `heads` its list says something else."""
    path.unlink(missing_ok=True)
    with bundle_to(path, HEADER, RECEIVER.public_key().public_bytes_raw(), SENDER) as writer:
        for head, message in messages:
            writer.add(head, message)
        if heads is not None:
            writer._heads = heads
    return path


@contextmanager
def opened(path: Path) -> Iterator[BundleReader]:
    """The same, believed and unsealed."""
    with BundleReader(path) as bundle:
        bundle.must_be_from(SENDER.public_key().public_bytes_raw())
        bundle.unseal(RECEIVER)
        yield bundle


def parts(*raw: bytes) -> bytes:
    """A file of raw parts, as a forger would write it."""
    return b"HMSBUNDL" + b"".join(len(part).to_bytes(4, "big") + part for part in raw)


def outside(**changes: Any) -> bytes:
    """The first part, with a header that says something else."""
    return msgspec.msgpack.encode([msgspec.structs.replace(HEADER, **changes), b"key"])


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (parts(b"\xc1"), "another version"),
        (parts(outside(format=9)), "another version"),
        (parts(outside(clinic=b"short")), "does not hold together"),
        (parts(bytes(5000)), "does not hold together"),
        (parts(outside())[:-3], "ends too soon"),
        (parts(outside()), "ends too soon"),
        (parts(outside(), b"part")[:-2], "ends too soon"),
        (parts(outside()) + b"\xff\xff\xff\xff", "does not hold together"),
        (parts(outside(), b"part", b"") + bytes(70), "does not hold together"),
        (parts(outside(), b"") + bytes(64), "ends too soon"),
    ],
)
def test_what_is_no_whole_file_is_refused(tmp_path: Path, raw: bytes, words: str) -> None:
    (tmp_path / "file").write_bytes(raw)
    with pytest.raises(Damaged, match=words):
        BundleReader(tmp_path / "file")


def test_a_signed_file_whose_parts_do_not_fit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    with opened(made(path, (Head(HELLO), WELCOME))) as bundle:
        assert bundle.header == HEADER and bundle.first(HELLO, Welcome) == WELCOME
        assert bundle.first("another", Welcome) is None
        with pytest.raises(BadInput):
            bundle.message(0, Pulled)
    odd: Any = [7]
    for heads, words in (([], "does not hold together"), (odd, "another version")):
        made(path, (Head(HELLO), WELCOME), heads=heads)
        with pytest.raises(Damaged, match=words), opened(path):
            pass
    seal = sealing.lock
    monkeypatch.setattr(
        sealing, "lock", lambda secret, plain, **about: seal(secret, plain, **{**about, "context": b"?"})
    )
    made(path, (Head(HELLO), WELCOME))
    monkeypatch.undo()
    with pytest.raises(Damaged, match="does not hold together"), opened(path):
        pass


def test_a_road_of_a_file_answers_what_is_in_it_and_nothing_else(tmp_path: Path) -> None:
    path, progress = tmp_path / "file", list[tuple[int, int]]()

    made(path)
    with opened(path) as bundle, pytest.raises(Damaged, match="no word of the server"):
        BundleLine(bundle, 1, lambda done, of: None)
    made(path, (Head(HELLO), WELCOME), (Head(PULL, number=2, reaches=3), Pulled([], 3, 0)))
    with opened(path) as bundle:
        assert not BundleLine(bundle, 1, lambda done, of: None).fills({"patient"})
    whole = Manifest(b"i", 3, [TablePart("patient", 0, 0), TablePart("task", 0, 0)], [], [(1, "task", "waits")], [])
    pulled = (Head(PULL, number=2, reaches=3), Pulled([], 3, 0))
    made(path, (Head(HELLO), WELCOME), (Head(SNAPSHOT), whole), pulled)
    with opened(path) as bundle:
        line = BundleLine(bundle, 1, lambda done, of: progress.append((done, of)))
        assert (line.begins, line.ends, line.delivered()) == (2, 3, (2, None)) and line.fills({"patient"})
        assert line.greet(Hello(1, 1, b"", 0)) == WELCOME
        assert line.send("/v1/pull", Pull(2), Pulled).position == 3 and progress == [(1, 3)]
        assert line.send("/v1/pull", Pull(8), Pulled) == Pulled([], 8, 0)
        part = line.send("/v1/snapshot", SnapshotWanted(["patient"], 3), Manifest)
        assert [one.table for one in part.parts] == ["patient"] and part.held == []
        late = SnapshotWanted(["patient"], 4)
        for message, kind in ((late, Manifest), (LeaseWanted([]), LeaseGiven), (PageWanted(b"", "patient", 0), Page)):
            with pytest.raises(Unavailable, match="answers no questions"):
                line.send("/v1/odd", message, kind)


def test_what_is_written_is_not_there_before_its_end(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with (
        pytest.raises(ClinicError, match="stopped"),
        bundle_to(path, HEADER, RECEIVER.public_key().public_bytes_raw(), SENDER) as writer,
    ):
        assert isinstance(writer, BundleWriter) and not path.exists()
        raise ClinicError("stopped")
    assert list(tmp_path.iterdir()) == []


def test_a_computers_name_of_any_letters_makes_a_file_name_that_fits() -> None:
    name = file_name("Аптека-" * 17, "दवाखाना" * 17, 10**9)
    assert len(f".{name}.1234567-140000000000000.new".encode()) <= 255 and name.endswith(".hmsbundle")


def test_a_file_of_endless_parts_is_refused_before_it_is_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle_file, "_MOST_PARTS", 3)
    (tmp_path / "file").write_bytes(parts(outside(), *[b"part"] * 4, b"") + bytes(64))
    with pytest.raises(Damaged, match="does not hold together"):
        BundleReader(tmp_path / "file")
