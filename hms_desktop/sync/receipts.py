# SPDX-License-Identifier: Apache-2.0
"""Giving and keeping receipts: both sides remember where a chain ended when the other said that it has it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, bindparam, select

from hms_desktop.core.errors import ClinicError, Damaged
from hms_desktop.core.text import _
from hms_desktop.security.receipts import ChainEnd, Receipt
from hms_desktop.security.signing import Forged
from hms_desktop.storage import ledger
from hms_desktop.storage.change_sets import ChangeSet, change_set_root
from hms_desktop.storage.ends import KeptEnd, keep_ends, last_end
from hms_desktop.sync import outbox
from hms_desktop.sync.vectors import chain_end

_LOG, _ENDS = ledger.change_log, ledger.chain_end
_ROOT = select(_LOG.c.root).where(_LOG.c.author == bindparam("of"), _LOG.c.number == bindparam("nth"))
_encode = msgspec.msgpack.Encoder().encode
_receipt = msgspec.msgpack.Decoder(Receipt).decode


def end_of(batch: Sequence[ChangeSet], device: Ed25519PrivateKey, now_ms: int) -> ChainEnd:
    """Where the chain ends with the last of a batch, signed by the device that wrote it."""
    last = batch[-1]
    return ChainEnd(last.author, last.number, change_set_root(last), now_ms).signed_by(device)


def give(
    connection: Connection, end: ChainEnd, device_public: bytes, server: tuple[int, Ed25519PrivateKey], now_ms: int
) -> Receipt | None:
    """The server's receipt for an end, kept by it too; None while its log does not hold the chain so far.

    `server` is its own author number and the key of its statements. Forged when the device did not sign the end.
    """
    end.verify(device_public)
    author, key = server
    if root_at(connection, end.author, end.number) != end.root:
        return None
    own = chain_end(connection, author)
    mine = ChainEnd(author, own.number or 1, own.root, now_ms)
    receipt = Receipt(end, now_ms, mine).signed_by(key)
    _keep(connection, receipt)
    return receipt


def take(connection: Connection, receipt: Receipt, server_public: bytes, expected: ChainEnd | None = None) -> None:
    """Keep a receipt of the server's; Damaged when it is not the server's, or for another end than `expected`."""
    try:
        receipt.verify(server_public)
    except Forged as forged:
        raise _wrong(receipt) from forged
    if expected is not None and receipt.end != expected:
        raise _wrong(receipt)
    _keep(connection, receipt)


def note_delivered(connection: Connection, author: int, told: tuple[int, Receipt | None], server_public: bytes) -> None:
    """What somebody else brought to the server, and its word for it: `told` is the number reached and the receipt.

    A server may know of more than was ever written in this file: no further than its own chain goes.
    """
    acknowledged, receipt = told
    if sent := min(acknowledged, chain_end(connection, author).number):
        outbox.note_sent(connection, sent)
    if receipt is not None and root_at(connection, author, receipt.end.number) == receipt.end.root:
        with suppress(ClinicError):  # another's receipt is none; what was sent is asked for again by `verify`
            take(connection, receipt, server_public)


def _wrong(receipt: Receipt) -> Damaged:
    message = _("The receipt for change {number} is not this clinic's server's. Tell the administrator at once.")
    return Damaged(message.format(number=receipt.end.number))


def _keep(connection: Connection, receipt: Receipt) -> None:
    both = (receipt.end, receipt.own)
    said = _encode(receipt)
    keep_ends(connection, *(KeptEnd(end.author, end.number, end.root, receipt.at_ms, said) for end in both))


def last_receipt(connection: Connection, author: int) -> Receipt | None:
    """The newest receipt for an author's chain, or None."""
    kept = last_end(connection, author)
    return read_receipt(kept) if kept else None


def read_receipt(kept: KeptEnd) -> Receipt:
    """The receipt of a kept end; Damaged when it can't be read."""
    try:
        return _receipt(kept.receipt)
    except msgspec.MsgspecError as odd:
        raise Damaged(_("A kept receipt can't be read.")) from odd


def roots_at_ends(connection: Connection) -> dict[tuple[int, int], bytes]:
    """The roots of the change sets in this log at which kept ends lie, by author and number."""
    at_end = (_LOG.c.author == _ENDS.c.author) & (_LOG.c.number == _ENDS.c.number)
    question = select(_LOG.c.author, _LOG.c.number, _LOG.c.root).join(_ENDS, at_end)
    return {(row.author, row.number): bytes(row.root) for row in connection.execute(question)}


def root_at(connection: Connection, author: int, number: int) -> bytes | None:
    """The root of a change set in this log, or None."""
    found = connection.execute(_ROOT, {"of": author, "nth": number}).scalar()
    return bytes(found) if found is not None else None
