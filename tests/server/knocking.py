# SPDX-License-Identifier: Apache-2.0
"""Knocks at the server's addresses in this process: a request goes in, a status and where it leads come out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route


def addresses(routes: list[BaseRoute], above: str = "") -> set[tuple[str, str]]:
    """Every method and path that an application answers to."""
    found: set[tuple[str, str]] = set()
    for route in routes:
        if isinstance(route, Mount):
            found |= addresses(list(route.routes), above + route.path)
        elif isinstance(route, Route):
            found |= {(method, above + route.path) for method in (route.methods or set()) - {"HEAD"}}
    return found


def knock(
    app: Starlette, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b""
) -> tuple[int, str]:
    """Status and Location of the answer to one request."""
    named = {"host": "localhost", **(headers or {})}
    scope: dict[str, Any] = {
        "type": "http", "http_version": "1.1", "method": method, "scheme": "https", "path": path, "root_path": "",
        "raw_path": path.encode(), "query_string": b"", "client": ("10.0.4.7", 1), "server": ("localhost", 8443),
        "headers": [(name.lower().encode(), value.encode()) for name, value in named.items()],
    }  # fmt: skip
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    told = dict(sent[0]["headers"])
    return int(sent[0]["status"]), told.get(b"location", b"").decode()
