# SPDX-License-Identifier: Apache-2.0
"""Who a server is to its clinic."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class ServerFacts:
    """The server's id, its clinic, the public key under which it states keys, and the names that it is reached by."""

    id: UUID
    clinic: UUID
    signing_public: bytes
    hosts: tuple[str, ...] = ()
