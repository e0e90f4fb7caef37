# SPDX-License-Identifier: Apache-2.0
"""The way to a server holds when the server goes in the worst moment: nothing is left open behind it."""

from __future__ import annotations

import gc
import select
import socket
import struct
import warnings

import pytest

from hms_desktop.sync.client import pinned_context
from sync_server.authority import make_authority

RESET_AT_CLOSE = struct.pack("ii", 1, 0)


def reset_by_its_server() -> socket.socket:
    """A connection whose server was killed between its answer to the call and the first word of TLS."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        answered, _address = server.accept()
        answered.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_CLOSE)
        answered.close()
    select.select([client], [], [], 60)
    return client


def test_a_connection_reset_before_its_first_word_is_closed() -> None:
    context = pinned_context(make_authority("Hillside").certificate.decode())
    with warnings.catch_warnings(record=True) as left_open:
        warnings.simplefilter("always", ResourceWarning)
        with pytest.raises(ConnectionResetError):
            context.wrap_socket(reset_by_its_server(), server_hostname="127.0.0.1")
        gc.collect()
    assert [str(warning.message) for warning in left_open] == []
